//! Addresses as Anrok takes them: no empty strings, by construction.

use serde::Serialize;

use crate::wire::{debug_hiding, filled};

/// Where a product is delivered or used, or shipped from. Blank parts cannot get in: Anrok refuses empty strings.
///
/// Must settle the top-level jurisdiction, else the call answers `customerAddressCouldNotResolve`; for the US
/// give the country and at least the state or ZIP code. `Debug` prints nothing of it.
///
/// ```
/// use anrok_client::Address;
///
/// let address = Address::builder().country("US").region("NY").city(" ").postal_code("10001").build();
/// assert_eq!(address.city(), None);
/// assert_eq!(serde_json::to_string(&address)?, r#"{"country":"US","region":"NY","postalCode":"10001"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
}

debug_hiding!(Address {} hides { country, line1, city, region, postal_code });

impl Address {
    /// An address to be filled part by part.
    pub fn builder() -> AddressBuilder {
        AddressBuilder::default()
    }

    /// Country: its full name or two-letter code.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// Street and number. Anrok has no second line: join it into this one.
    pub fn line1(&self) -> Option<&str> {
        self.line1.as_deref()
    }

    /// City or town.
    pub fn city(&self) -> Option<&str> {
        self.city.as_deref()
    }

    /// State, province or county.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Postal or ZIP code.
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// Whether no part is filled.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Collects the parts of an [`Address`]; spaces around them and blank parts are dropped.
#[derive(Clone, Default)]
#[must_use]
pub struct AddressBuilder(Address);

impl std::fmt::Debug for AddressBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddressBuilder").finish_non_exhaustive()
    }
}

impl AddressBuilder {
    /// Country: its full name or two-letter code. Give it always for US addresses.
    pub fn country(mut self, country: impl AsRef<str>) -> Self {
        self.0.country = filled(country.as_ref()).map(str::to_owned);
        self
    }

    /// Street and number.
    pub fn line1(mut self, line1: impl AsRef<str>) -> Self {
        self.0.line1 = filled(line1.as_ref()).map(str::to_owned);
        self
    }

    /// City or town.
    pub fn city(mut self, city: impl AsRef<str>) -> Self {
        self.0.city = filled(city.as_ref()).map(str::to_owned);
        self
    }

    /// State, province or county.
    pub fn region(mut self, region: impl AsRef<str>) -> Self {
        self.0.region = filled(region.as_ref()).map(str::to_owned);
        self
    }

    /// Postal or ZIP code.
    pub fn postal_code(mut self, postal_code: impl AsRef<str>) -> Self {
        self.0.postal_code = filled(postal_code.as_ref()).map(str::to_owned);
        self
    }

    /// The address.
    pub fn build(self) -> Address {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_never_get_in() {
        let address = Address::builder().country("").line1(" \t").city("  Bonn ").build();
        assert_eq!(serde_json::to_string(&address).unwrap(), r#"{"city":"Bonn"}"#);
        assert!(Address::builder().region(" ").build().is_empty());
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let builder = Address::builder().country("CANARY").line1("CANARY").city("CANARY");
        let printed =
            format!("{builder:?} {:?}", builder.clone().region("CANARY").postal_code("CANARY").build());
        assert!(!printed.contains("CANARY"), "{printed}");
    }
}
