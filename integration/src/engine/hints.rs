//! Takes what webhooks name: reads it again, and settles it as any other document.

use std::future::Future;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::document::DocumentKey;
use crate::intake::{Hint, Intake, Subject, Taken};

use super::{Run, Stop, lock};

/// Hints worked on at the same time, beside what the run itself does.
const AT_ONCE: usize = 8;

impl Run<'_> {
    /// Works on the hints that wait.
    pub(super) async fn take_waiting_hints(&self, intake: &Intake) {
        let waiting = std::iter::from_fn(|| if self.is_stopping() { None } else { intake.take() });
        stream::iter(waiting).for_each_concurrent(AT_ONCE, |hint| self.take_hint(intake, hint)).await;
    }

    /// Works on hints as they come, until `ended` has come.
    pub(super) async fn take_hints(&self, intake: &Intake, ended: impl Future<Output = ()>) {
        let coming = stream::unfold((), |()| async move {
            loop {
                if self.is_stopping() {
                    return None;
                }
                if let Some(hint) = intake.take() {
                    return Some((hint, ()));
                }
                intake.filled().await;
            }
        });
        // A pass that ends leaves further hints in the queue, for the next one.
        let coming = coming.take_until(ended);
        coming.for_each_concurrent(AT_ONCE, |hint| self.take_hint(intake, hint)).await;
    }

    async fn take_hint(&self, intake: &Intake, hint: Hint) {
        let taken = match &hint.subject {
            Subject::Document(key) => Box::pin(self.hinted(key, &hint)).await,
            Subject::Customer(id) => {
                self.hinted_customer(id).await;
                Ok(Taken::Settled)
            }
        };
        match taken {
            Ok(taken) => intake.count(taken),
            Err(stop) => {
                // Not worked on: the queue keeps it, as long as the process lives. Polling finds it in any case.
                intake.put_back(hint);
                self.stop(stop);
            }
        }
    }

    /// The document is read inside its turn, so that what is settled is never older than what was settled before.
    async fn hinted(&self, key: &DocumentKey, hint: &Hint) -> Result<Taken, Stop> {
        let turn = self.turn(key);
        let _turn = turn.lock().await;
        let known = self.ledger.entry(&self.fence, key).await?;
        let settled = known.as_ref().filter(|entry| !entry.is_open()).and_then(|entry| entry.updated);
        if hint.changed.is_some_and(|changed| settled.is_some_and(|settled| settled >= changed)) {
            return Ok(Taken::Echo);
        }
        match self.fetch(key).await {
            Ok(Some(document)) => {
                Box::pin(self.settle_in_turn(document)).await?;
                Ok(Taken::Settled)
            }
            Ok(None) if known.is_none() => Ok(Taken::Unknown),
            Ok(None) => {
                self.gone(key).await?;
                Ok(Taken::Settled)
            }
            // A forged hint must not leave anything behind; a real one is found by polling.
            Err(_) if known.is_none() => Ok(Taken::Unread),
            Err(problem) => {
                let entry = self.entry(key).await?;
                self.leave(entry, *problem, Vec::new()).await?;
                Ok(Taken::Unread)
            }
        }
    }

    /// A customer's tax id or exemption may have changed.
    async fn hinted_customer(&self, id: &str) {
        lock(&self.kept.customers).remove(id);
        // What cannot be read now is read by the document that needs it, and by the next full pass.
        if let Ok(facts) = self.read_customer(id).await
            && !self.settings.dry_run
        {
            self.take_up_customer(id, &facts, true).await;
        }
    }
}
