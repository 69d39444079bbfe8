//! Remote writes, remembered before they are made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// A remote write that is about to be made. Stored before the first byte leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// Which write.
    pub operation: Operation,
    /// The transaction it is about (for a negation: the original).
    pub transaction: String,
    /// Fingerprint of what is sent, where something is.
    pub fingerprint: Option<Fingerprint>,
    /// When it was stored.
    pub at: Timestamp,
}

impl Intent {
    /// An intent.
    pub fn new(
        operation: Operation,
        transaction: &str,
        fingerprint: Option<Fingerprint>,
        at: Timestamp,
    ) -> Self {
        Self { operation, transaction: transaction.to_owned(), fingerprint, at }
    }
}

/// The remote writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Tax onto a draft in Ordway.
    WriteTax,
    /// `createOrUpdate`.
    Record,
    /// `void`.
    Void,
    /// `createNegation`.
    Negate,
    /// `createOrUpdate` of a difference.
    Delta,
}
