//! Validation of customers' tax ids. A premium feature.

use ordway_anrok_http::{Call, Endpoint, EndpointInfo, Safety, record};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::address::Address;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::wire::{debug_hiding, filled, handle_trait};

/// Tells which tax ids to collect at an address, and which of those given are valid. Saves nothing.
pub const VALIDATE: Endpoint<ValidateTaxIds, TaxIdAnswer> =
    Endpoint::post("taxIds.validate", "/v1/seller/taxId/validate", Safety::Read);

/// The endpoints of this file.
pub const ENDPOINTS: &[EndpointInfo] = &[VALIDATE.info()];

/// The body of `taxId/validate`. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidateTaxIds {
    /// The customer's address: decides the jurisdictions.
    pub customer_address: Address,
    /// The tax ids, without their kinds. Empty to learn which ones to ask for.
    #[serde(serialize_with = "as_values")]
    pub customer_tax_ids: Vec<String>,
}

debug_hiding!(ValidateTaxIds {} hides { customer_address, customer_tax_ids });

fn as_values<S: Serializer>(ids: &[String], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wire<'a> {
        value: &'a str,
    }
    let mut list = serializer.serialize_seq(Some(ids.len()))?;
    for value in ids {
        list.serialize_element(&Wire { value: value.trim() })?;
    }
    list.end()
}

/// A blank tax id, found before any call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tax id {position} to be validated is blank")]
#[non_exhaustive]
pub struct BlankTaxId {
    /// Which one, from 1.
    pub position: usize,
}

record! {
    /// Per jurisdiction that collects tax ids, which ones are valid there.
    pub struct TaxIdAnswer {
        /// The jurisdictions.
        jurises: Vec<TaxIdJuris>,
    }
}

impl TaxIdAnswer {
    /// Whether a tax id that was sent is valid anywhere.
    pub fn is_valid(&self, tax_id: &str) -> bool {
        let wanted = Some(tax_id.trim());
        self.jurises.iter().flat_map(|juris| &juris.valid_tax_ids).any(|id| id.value.as_deref() == wanted)
    }
}

record! {
    /// A jurisdiction that collects tax ids.
    pub struct TaxIdJuris {
        /// Its name, for instance `Canada (federal)`.
        name: Option<String>,
        /// What the id is called there.
        tax_id_names: Option<TaxIdNames> = "taxIdNames",
        /// Those of the sent ids that are valid there.
        valid_tax_ids: Vec<ValidTaxId> = "validTaxIds",
    }
}

record! {
    /// What a tax id is called.
    pub struct TaxIdNames {
        /// For persons, for instance `QST registration number`.
        name: Option<String>,
        /// Short form, where there is one.
        abbreviation: Option<String>,
    }
}

record! {
    /// A tax id that is valid.
    pub struct ValidTaxId {
        /// The number as sent.
        value: Option<String> => personal,
    }
}

/// Calls on tax ids. From [`Client::tax_ids`].
#[derive(Clone, Debug)]
pub struct TaxIds {
    client: Client,
}

impl Client {
    /// Validate tax ids. A premium feature.
    pub fn tax_ids(&self) -> TaxIds {
        TaxIds { client: self.clone() }
    }
}

impl TaxIds {
    /// Tells which tax ids to collect at an address, and which of those given are valid.
    ///
    /// `POST taxId/validate`, a read: repeated freely. First with no ids to learn which to ask for, then with them.
    ///
    /// Errors: `customerAddressCouldNotResolve`, `externalServiceError` (repeated by the client),
    /// `validationNotEnabled`, `validationNotSupportedForCountry` (treat the ids as not checked).
    pub async fn validate(&self, query: &ValidateTaxIds) -> Result<TaxIdAnswer> {
        if let Some(at) = query.customer_tax_ids.iter().position(|id| filled(id).is_none()) {
            return Err(Error::config("anrok", VALIDATE.name(), BlankTaxId { position: at + 1 }));
        }
        self.client.call(&VALIDATE, Call::new(query)).await
    }
}

handle_trait! {
    /// [`TaxIds`] as a trait, for mocking.
    trait TaxIdsApi for TaxIds {
        /// See [`TaxIds::validate`].
        async fn validate(&self, query: &ValidateTaxIds) -> Result<TaxIdAnswer>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_ids_are_not_printed() {
        let query = ValidateTaxIds {
            customer_address: Address::builder().city("CANARY").build(),
            customer_tax_ids: vec!["CANARY".to_owned()],
        };
        let answer: TaxIdAnswer =
            serde_json::from_value(serde_json::json!({"jurises": [{"validTaxIds": [{"value": "CANARY"}]}]}))
                .unwrap();
        assert!(!format!("{query:?} {answer:?}").contains("CANARY"));
        assert!(answer.is_valid(" CANARY") && !answer.is_valid("GB1"));
    }
}
