//! What is remembered of one document.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Intent, Link, Problem, SentLine};
use crate::document::DocumentKey;
use crate::fingerprint::Fingerprint;

/// What Anrok holds for a document, as far as this ledger knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recording {
    /// Nothing.
    #[default]
    None,
    /// A transaction in force.
    Live {
        /// Its id.
        transaction: String,
        /// Its version at our last write.
        version: Option<i64>,
        /// What was sent.
        fingerprint: Fingerprint,
    },
    /// It was voided or negated.
    Ended {
        /// The id of the transaction that no longer counts.
        transaction: String,
        /// The negation's id, where it was negated.
        negation: Option<String>,
    },
}

/// What was calculated for, and written to, a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DraftTax {
    /// The inputs.
    pub fingerprint: Fingerprint,
    /// Line number → minor units, as they must stand on the draft.
    pub lines: Vec<(String, i64)>,
    /// Whether they were written to Ordway (`false`: report only).
    pub written: bool,
    /// Fingerprint of place and customer: whether this tax says anything about a later version of the draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Fingerprint>,
}

impl DraftTax {
    /// Tax for these inputs.
    pub fn new(fingerprint: Fingerprint, lines: Vec<(String, i64)>, written: bool) -> Self {
        Self { fingerprint, lines, written, place: None }
    }
}

/// Tax that stands on a draft although Anrok could not be asked. Replaced as soon as it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Placeholder {
    /// Which stand-in.
    pub kind: PlaceholderKind,
    /// The tax it shows, minor units.
    pub tax_minor: i64,
    /// The amount it stands for, before tax, minor units.
    pub amount_minor: i64,
    /// Since when.
    pub since: Timestamp,
}

impl Placeholder {
    /// A stand-in.
    pub fn new(kind: PlaceholderKind, tax_minor: i64, amount_minor: i64, since: Timestamp) -> Self {
        Self { kind, tax_minor, amount_minor, since }
    }
}

/// What stands in for the tax during an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlaceholderKind {
    /// No tax.
    Zero,
    /// The tax that Anrok last answered for this document.
    LastKnown,
}

/// Everything the ledger knows about one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Which document.
    pub key: DocumentKey,
    /// What Anrok holds.
    pub recording: Recording,
    /// How often the document was re-created: the `:rN` of the next or present id.
    pub generation: u32,
    /// What was calculated while it was a draft.
    pub draft: Option<DraftTax>,
    /// Why it is not settled.
    pub problem: Option<Problem>,
    /// A write that was begun and whose outcome is not stored.
    pub intent: Option<Intent>,
    /// Currency of the amounts.
    pub currency: Option<String>,
    /// Amount last sent, minor units.
    pub amount_minor: Option<i64>,
    /// Tax to collect as last answered, minor units.
    pub tax_minor: Option<i64>,
    /// Tax that is due but borne by the seller, as last answered, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borne_minor: Option<i64>,
    /// Every transaction ever written for the document, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Link>,
    /// What is on record, by product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<SentLine>,
    /// Fingerprint of everything that was sent but the lines: whether a difference alone can correct it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Fingerprint>,
    /// Tax on the draft that is only a stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Placeholder>,
    /// The document's date.
    pub date: Option<Date>,
    /// Whose rates apply to a recorded credit: pinned, so that a later application is no change.
    pub tax_date: Option<Date>,
    /// The invoice a recorded credit was counted against.
    pub credited_invoice: Option<String>,
    /// Ordway's customer id.
    pub customer: Option<String>,
    /// When Ordway had last changed the version that was settled.
    pub updated: Option<Timestamp>,
}

impl Entry {
    /// Nothing known yet.
    pub fn new(key: DocumentKey) -> Self {
        Self {
            key,
            recording: Recording::None,
            generation: 0,
            draft: None,
            problem: None,
            intent: None,
            currency: None,
            amount_minor: None,
            tax_minor: None,
            borne_minor: None,
            chain: Vec::new(),
            sent: Vec::new(),
            place: None,
            placeholder: None,
            date: None,
            tax_date: None,
            credited_invoice: None,
            customer: None,
            updated: None,
        }
    }

    /// Whether a later run has to look at it even when Ordway does not change.
    pub fn is_open(&self) -> bool {
        self.problem.is_some() || self.intent.is_some()
    }
}
