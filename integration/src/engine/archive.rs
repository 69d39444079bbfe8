//! Documents that a person set aside: left alone until their inputs change.

use serde::{Deserialize, Serialize};

use crate::document::{Document, DocumentKey};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::ledger::Entry;
use crate::map::address::PostalAddress;

use super::{Run, Stop};

/// What the ledger remembers of a document that was set aside, as a fact of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetAside {
    /// What the person wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Fingerprint of the document as it was; `None` where it could not be read then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) inputs: Option<Fingerprint>,
}

impl SetAside {
    /// The name of the fact.
    pub(crate) fn fact(key: &DocumentKey) -> String {
        format!("archived/{}/{}", key.kind, key.id)
    }

    /// Reads a fact's text; an empty one was taken back.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Everything of a document that decides its tax. Payments, notes and Ordway's own stamps are not in it.
    pub(crate) fn fingerprint(fingerprints: &FingerprintKey, document: &Document) -> Fingerprint {
        let address = |address: &Option<PostalAddress>| {
            address
                .as_ref()
                .map(|a| [&a.street, &a.street2, &a.city, &a.state, &a.zip, &a.country].map(Clone::clone))
        };
        let lines: Vec<_> = document
            .lines
            .iter()
            .map(|line| {
                (
                    &line.line_no,
                    &line.product_id,
                    line.amount.map(|a| a.normalize().to_string()),
                    line.quantity,
                )
            })
            .collect();
        let whose = (
            &document.customer_id,
            &document.tax_id,
            address(&document.shipping),
            address(&document.billing),
        );
        let subtotal = document.subtotal.map(|subtotal| subtotal.normalize().to_string());
        let what = (
            format!("{:?}", document.standing),
            document.date,
            &document.currency,
            subtotal,
            &document.applied_to,
        );
        fingerprints.of("archived.v1", &(what, whose, lines))
    }
}

impl Run<'_> {
    /// Whether a document that was set aside is still the one that was.
    pub(super) async fn stays_archived(&self, document: &Document, entry: &Entry) -> Result<bool, Stop> {
        let Some(archived_at) = entry.problem.as_ref().and_then(|problem| problem.archived_at) else {
            return Ok(false);
        };
        // A write whose outcome is not known is cleared up in any case.
        if entry.intent.is_some() {
            return Ok(false);
        }
        let fact = self.ledger.fact(&self.fence, &SetAside::fact(&entry.key)).await?;
        let inputs = fact.as_deref().and_then(SetAside::read).and_then(|aside| aside.inputs);
        Ok(match inputs {
            Some(inputs) => inputs == SetAside::fingerprint(&self.fingerprints, document),
            // Not known as it was: what Ordway changed since then comes back, whatever it was.
            None => document.updated.is_some_and(|updated| updated <= archived_at),
        })
    }
}
