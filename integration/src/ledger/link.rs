//! The transactions of a document's chain; what is done with them is in [`super::chain`].

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One transaction that was written for a document. The links that count sum to what is on record, whatever
/// happened on the way: `ordway:INV-1` +100, `ordway:INV-1:neg` −100, `ordway:INV-1:r1` +90.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The transaction's id.
    pub transaction: String,
    /// What it is.
    pub kind: LinkKind,
    /// Amount before tax, minor units, signed as on record.
    pub amount_minor: i64,
    /// Tax to collect, minor units, signed as on record; `None` where the answer was lost.
    pub tax_minor: Option<i64>,
    /// Its version at our last write.
    pub version: Option<i64>,
    /// Our last write to it.
    pub at: Timestamp,
    /// Voided: it counts no longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
    /// What it put on record per product, while it counts; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SentLine>,
    /// An accounting date of its own, of a delta or of a document recorded anew into an open period: a repetition sends the
    /// same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

impl Link {
    /// A transaction in force, of unknown tax and version.
    pub fn new(transaction: impl Into<String>, kind: LinkKind, amount_minor: i64, at: Timestamp) -> Self {
        Self {
            transaction: transaction.into(),
            kind,
            amount_minor,
            tax_minor: None,
            version: None,
            at,
            voided: false,
            lines: Vec::new(),
            date: None,
        }
    }
}

/// What a transaction of a document's chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkKind {
    /// The document, as first recorded.
    Original,
    /// The exact inverse of an earlier link (`:neg`).
    Negation,
    /// The document again, after a negation or a void (`:r1`, `:r2`…).
    Recreation,
    /// The difference between what is on record and the document as it is now (`:d1`, `:d2`…).
    Delta,
}

/// What is on record of one product, tax-included lines apart: enough to compute a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SentLine {
    /// Anrok product.
    pub product: String,
    /// Minor units, signed as sent.
    pub amount_minor: i64,
    /// Whether the amount includes tax.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tax_included: bool,
}

impl SentLine {
    /// A product's amount.
    pub fn new(product: impl Into<String>, amount_minor: i64, tax_included: bool) -> Self {
        Self { product: product.into(), amount_minor, tax_included }
    }
}
