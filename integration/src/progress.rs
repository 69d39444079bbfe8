//! What a run tells while it works, for progress bars and logs.

use std::fmt;
use std::sync::Arc;

use crate::document::DocumentKey;
use crate::report::{Outcome, Report};
use crate::watch::PassKind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// A page of a list was read.
    Page {
        /// `customers`, `invoices`, `credits`.
        list: &'static str,
        /// Records on it.
        records: usize,
    },
    /// A document was settled.
    Document {
        /// Which.
        key: DocumentKey,
        /// What became of it.
        outcome: Outcome,
    },
    /// A pass of a watch has ended.
    Pass {
        /// Which.
        kind: PassKind,
        /// What it did.
        report: Arc<Report>,
    },
}

/// Listens to a run. Called from inside the run: be quick.
pub trait Observer: Send + Sync + fmt::Debug {
    /// Something happened.
    fn on(&self, progress: &Progress);
}
