//! Which address is taxed, and whether it is enough.

use std::fmt;

use super::country;

/// A postal address as it stands on a document. `Debug` prints which parts are filled, not their content.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostalAddress {
    /// First street line.
    pub street: Option<String>,
    /// Second street line.
    pub street2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province, a code or a name.
    pub state: Option<String>,
    /// ZIP or postal code.
    pub zip: Option<String>,
    /// Country, a code or a name.
    pub country: Option<String>,
}

impl PostalAddress {
    /// An address of these parts; blanks (`""`, `"-"`, spaces) are dropped.
    pub fn new(parts: [Option<&str>; 6]) -> Self {
        let [street, street2, city, state, zip, country] = parts.map(|part| part.and_then(filled));
        Self { street, street2, city, state, zip, country }
    }

    /// Whether any of street, city, state, zip or country is filled.
    pub fn is_present(&self) -> bool {
        [&self.street, &self.city, &self.state, &self.zip, &self.country].iter().any(|part| part.is_some())
    }

    /// Both street lines in one: Anrok's schema has a single one.
    pub fn street_lines(&self) -> Option<String> {
        match (&self.street, &self.street2) {
            (Some(one), Some(two)) => Some(format!("{one}, {two}")),
            (one, two) => one.clone().or_else(|| two.clone()),
        }
    }

    /// The country as it is sent: its ISO code where the name is recognised, else the text itself.
    pub fn country_to_send(&self) -> Option<String> {
        let text = self.country.as_deref()?;
        Some(country::iso_code(text).map_or_else(|| text.to_owned(), str::to_owned))
    }

    /// What is missing to settle the top-level jurisdiction.
    pub fn missing(&self) -> Option<&'static str> {
        let Some(country) = self.country_to_send() else { return Some("country") };
        (country == "US" && self.state.is_none() && self.zip.is_none()).then_some("state or zip")
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for (name, part) in [
            ("street", &self.street),
            ("street2", &self.street2),
            ("city", &self.city),
            ("state", &self.state),
            ("zip", &self.zip),
            ("country", &self.country),
        ] {
            if part.is_some() {
                set.entry(&format_args!("{name}"));
            }
        }
        set.finish()
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.chars().any(|c| c != '-' && !c.is_whitespace())).then(|| text.to_owned())
}

/// Which of a document's addresses was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressSource {
    /// The shipping contact.
    Shipping,
    /// The billing contact.
    Billing,
    /// The address of the invoice that a credit belongs to.
    CreditedInvoice,
}

impl fmt::Display for AddressSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shipping => "shipping address",
            Self::Billing => "billing address",
            Self::CreditedInvoice => "address of the credited invoice",
        })
    }
}

/// Whether another address may stand in for one that is not enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressFallback {
    /// Hold the document: a guessed jurisdiction is a wrong tax.
    #[default]
    Hold,
    /// Take the billing address where the shipping address is not enough (and it is).
    Billing,
}

/// The address that cannot be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressProblem {
    /// Neither address has anything in it.
    None,
    /// The chosen address lacks something.
    Incomplete {
        /// Which one was chosen.
        source: AddressSource,
        /// What is missing.
        missing: &'static str,
    },
}

/// Chooses the address that is taxed: shipping if anything of it is filled, else billing.
///
/// # Errors
/// [`AddressProblem`] where the chosen one is not enough to settle the top-level jurisdiction.
pub fn choose<'a>(
    shipping: Option<&'a PostalAddress>,
    billing: Option<&'a PostalAddress>,
    fallback: AddressFallback,
) -> Result<(AddressSource, &'a PostalAddress), AddressProblem> {
    let shipping = shipping.filter(|a| a.is_present()).map(|a| (AddressSource::Shipping, a));
    let billing = billing.filter(|a| a.is_present()).map(|a| (AddressSource::Billing, a));
    let chosen = shipping.or(billing).ok_or(AddressProblem::None)?;
    match (chosen.1.missing(), fallback, billing) {
        (None, _, _) => Ok(chosen),
        (Some(_), AddressFallback::Billing, Some(other)) if other.1.missing().is_none() => Ok(other),
        (Some(missing), _, _) => Err(AddressProblem::Incomplete { source: chosen.0, missing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(state: &str, zip: &str, country: &str) -> PostalAddress {
        PostalAddress::new([None, None, None, Some(state), Some(zip), Some(country)])
    }

    #[test]
    fn shipping_wins_as_soon_as_anything_of_it_is_filled() {
        let (full, blank) = (address("NY", "10001", "United States"), address("", " ", "-"));
        let billing = address("CA", "", "US");
        let chosen = |s, b| choose(Some(s), Some(b), AddressFallback::Hold).map(|c| c.0);
        assert_eq!(chosen(&full, &billing), Ok(AddressSource::Shipping));
        assert_eq!(chosen(&blank, &billing), Ok(AddressSource::Billing));
        assert_eq!(chosen(&blank, &blank), Err(AddressProblem::None));
    }

    #[test]
    fn a_half_address_is_held_and_not_replaced_by_a_guess() {
        let (half, billing) = (address("", "", "US"), address("CA", "", "US"));
        let problem = AddressProblem::Incomplete { source: AddressSource::Shipping, missing: "state or zip" };
        assert_eq!(choose(Some(&half), Some(&billing), AddressFallback::Hold).map(|c| c.0), Err(problem));
        let chosen = choose(Some(&half), Some(&billing), AddressFallback::Billing).map(|c| c.0);
        assert_eq!(chosen, Ok(AddressSource::Billing));
        assert_eq!(address("CA", "94105", "").missing(), Some("country"));
        assert_eq!(address("", "94105", "United States of America").missing(), None);
        assert_eq!(address("", "", "Germany").missing(), None);
    }

    #[test]
    fn street_lines_are_joined() {
        let address = PostalAddress::new([Some("1 A St"), Some("Suite 2"), None, None, None, None]);
        assert_eq!(address.street_lines().as_deref(), Some("1 A St, Suite 2"));
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?}", address("CANARY", "CANARY", "CANARY"));
        assert_eq!(shown, "{state, zip, country}");
    }

    proptest! {
        #[test]
        fn no_blank_is_ever_kept(parts in prop::array::uniform6(prop::option::of("[ \\-a]{0,4}"))) {
            let parts: [Option<&str>; 6] = std::array::from_fn(|i| parts[i].as_deref());
            let a = PostalAddress::new(parts);
            for part in [&a.street, &a.street2, &a.city, &a.state, &a.zip, &a.country].into_iter().flatten() {
                prop_assert!(part.contains('a'));
            }
        }
    }
}
