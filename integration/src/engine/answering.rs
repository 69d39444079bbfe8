//! A change of others at Anrok is answered: the planner is made to see that what we remember no longer stands there.

use crate::document::DocumentKey;
use crate::fingerprint::Fingerprint;
use crate::ledger::{Entry, Recording};

use super::{Run, Stop};

/// What is to become of a transaction that others changed, and what stands there, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answering {
    pub(crate) document: DocumentKey,
    pub(crate) transaction: String,
    pub(crate) how: How,
    pub(crate) amount: Option<i64>,
    pub(crate) tax: Option<i64>,
    pub(crate) version: Option<i64>,
}

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Sent again under its id.
    Resend,
    /// It was voided: recorded under the next id.
    RecordAnew,
    /// Taken back by a negation, and recorded under the next id.
    Negate,
}

impl Run<'_> {
    /// Where this document is answered: what stands at Anrok is not what we sent. Gives the transaction that is to be treated
    /// as one that can no longer be changed.
    pub(super) async fn answer(&self, entry: &mut Entry) -> Result<Option<String>, Stop> {
        let Some(answer) = self.answering.as_ref().filter(|answer| answer.document == entry.key) else {
            return Ok(None);
        };
        let id = &answer.transaction;
        if !matches!(&entry.recording, Recording::Live { transaction, .. } if transaction == id) {
            return Ok(None);
        }
        if answer.how == How::RecordAnew {
            entry.undo(id, None, self.clock.now());
            entry.problem = Some(self.unfinished().after(entry.problem.as_ref()));
            self.store(entry).await?;
            return Ok(None);
        }
        // Not stored before something is begun: an answer that was not given changes nothing.
        entry.take_over(id, answer.amount, answer.tax, answer.version);
        if let Recording::Live { fingerprint, .. } = &mut entry.recording {
            // No inputs have this fingerprint.
            *fingerprint = Fingerprint::from_text("");
        }
        Ok((answer.how == How::Negate).then(|| id.clone()))
    }
}
