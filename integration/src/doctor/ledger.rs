//! Whether the ledger can be used, and what is open in it.

use jiff::Timestamp;

use super::code::Code;
use super::{Doctor, Severity, counted};
use crate::document::DocumentKey;
use crate::ledger::{EntryFilter, Fence, LedgerError};

/// Entries read at a time.
const BATCH: usize = 500;

/// What earlier runs left open.
#[derive(Default)]
struct Open {
    problems: Vec<String>,
    unfinished: Vec<String>,
}

impl Doctor<'_> {
    pub(super) async fn ledger(&mut self) {
        let bridge = self.bridge;
        let claim = bridge.ledger.claim(&bridge.stream(), &bridge.holder, bridge.clock.now()).await;
        let fence = match claim {
            Ok(fence) => fence,
            Err(LedgerError::InUse { holder }) => {
                let text = format!("A sync is at work ({holder}), so the ledger was not looked at.");
                return self.found(Severity::Info, Code::LedgerInUse, "ledger", text);
            }
            Err(error) => return self.broken_ledger(&error),
        };
        let read = self.open_entries(&fence).await;
        let released = bridge.ledger.release(&fence).await;
        match (read, released) {
            (Ok(open), Ok(())) => self.open_documents(&open),
            (Err(error), _) | (_, Err(error)) => self.broken_ledger(&error),
        }
    }

    async fn open_entries(&self, fence: &Fence) -> Result<Open, LedgerError> {
        let (mut open, mut after) = (Open::default(), None::<DocumentKey>);
        loop {
            let everything = EntryFilter::DueAt(Timestamp::MAX);
            let batch = self.bridge.ledger.entries(fence, everything, after.as_ref(), BATCH).await?;
            let Some(last) = batch.last() else { return Ok(open) };
            after = Some(last.key.clone());
            for entry in batch {
                let id = &entry.key.id;
                open.unfinished.extend(entry.intent.map(|_| id.clone()));
                open.problems.extend(entry.problem.map(|problem| format!("{id} ({})", problem.code)));
            }
        }
    }

    fn open_documents(&mut self, open: &Open) {
        let Open { problems, unfinished } = open;
        if !problems.is_empty() {
            let text = format!(
                "Earlier runs left {} held or failed: {}.",
                counted(problems.len(), "document"),
                self.some(problems)
            );
            self.found(Severity::Warning, Code::LedgerOpenProblems, "ledger", text);
        }
        if !unfinished.is_empty() {
            let text = format!(
                "An earlier run ended amid {}, and what came of it is not known: {}.",
                counted(unfinished.len(), "write"),
                self.some(unfinished)
            );
            self.found(Severity::Info, Code::LedgerUnfinished, "ledger", text);
        }
    }

    /// The ledger's errors say themselves what to do.
    fn broken_ledger(&mut self, error: &LedgerError) {
        let text = format!("The ledger cannot be used: {error}.");
        self.found(Severity::Error, Code::LedgerUnusable, "ledger", text);
    }
}
