//! What is done about a change of others.

use anrok_client::Available;
use anrok_client::transactions::TransactionId;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::{Change, What};
use crate::Bridge;
use crate::bridge::SyncError;
use crate::engine::{Answering, How, Pass, Run};
use crate::ledger::{Fence, LedgerError};
use crate::report::Report;
use crate::settings::{FrozenPolicy, OutsideChanges, Settings};

/// What can be done about a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The ledger takes over what stands at Anrok; nothing is sent. It stays so until the document changes in Ordway.
    Accept,
    /// What Ordway says is recorded again, under the same id; where the return is locked, negated and recorded anew; where it
    /// was voided, under the next id.
    Resend,
    /// What stands there is taken back by a negation, and what Ordway says is recorded under the next id.
    Negate,
}

/// Why an answer was not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// This change has other answers, or none.
    #[error("{transaction} cannot be answered so: {remedy}")]
    NotOffered {
        /// The transaction.
        transaction: String,
        /// What can be done instead.
        remedy: String,
    },
    /// The ledger has learnt something since the look. Nothing was done.
    #[error("{transaction} was written to since it was looked at: look again before answering")]
    Outdated {
        /// The transaction.
        transaction: String,
    },
    /// The run ended early.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl Bridge {
    /// Answers a change that [`Bridge::outside_changes`] found, and settles its document; the report tells that one.
    ///
    /// [`Answer::Accept`] writes to the ledger only. The others write to Anrok through the planner, with intents: after a crash
    /// the next sync finishes what was begun, and an answer that was not begun may be given again. Where the document is no
    /// longer in force in Ordway, it is undone whatever the answer is.
    ///
    /// # Errors
    /// [`AnswerError`]. A document that is held or failed is no error but part of the report.
    pub async fn answer(&self, change: &Change, answer: Answer) -> Result<Report, AnswerError> {
        if !change.answers.contains(&answer) {
            let (transaction, remedy) = (change.transaction.clone(), change.remedy.clone());
            return Err(AnswerError::NotOffered { transaction, remedy });
        }
        let plain = |source| SyncError::Ledger { source, report: None };
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await.map_err(plain)?;
        let outcome = match self.is_as_looked_at(&fence, change).await {
            Ok(true) => Box::pin(self.answered(&fence, change, answer)).await.map_err(AnswerError::Sync),
            Ok(false) => Err(AnswerError::Outdated { transaction: change.transaction.clone() }),
            Err(source) => Err(plain(source).into()),
        };
        match outcome {
            Ok(report) => Ok(self.give_back(&fence, Ok(report)).await?),
            Err(error) => {
                let released = self.ledger.release(&fence).await;
                released.map_err(plain)?;
                Err(error)
            }
        }
    }

    async fn is_as_looked_at(&self, fence: &Fence, change: &Change) -> Result<bool, LedgerError> {
        let entry = self.ledger.entry(fence, &change.document).await?;
        Ok(entry.is_some_and(|entry| {
            let links = entry.links();
            let link = links.iter().find(|link| link.transaction == change.transaction);
            let same = link.is_some_and(|link| {
                Some(link.amount_minor) == change.amount.ours && link.tax_minor == change.tax.ours
            });
            same && entry.intent.is_none()
        }))
    }

    async fn answered(&self, fence: &Fence, change: &Change, answer: Answer) -> Result<Report, SyncError> {
        let how = match answer {
            Answer::Accept => {
                self.take_over(fence, change).await?;
                return self.one_pass(fence.clone(), &Pass::One(change.document.clone())).await;
            }
            Answer::Resend if change.what.contains(&What::Voided) => How::RecordAnew,
            Answer::Resend => How::Resend,
            Answer::Negate => How::Negate,
        };
        let mut settings = Settings { outside_changes: OutsideChanges::Override, ..self.settings.clone() };
        // A difference to what we remember is none to what stands there.
        if answer == Answer::Negate || settings.frozen == FrozenPolicy::Delta {
            settings.frozen = FrozenPolicy::NegateAndRecreate;
        }
        let mut setup = self.setup(&settings, self.observer.as_deref(), fence.clone());
        setup.answering = Some(Answering {
            document: change.document.clone(),
            transaction: change.transaction.clone(),
            how,
            amount: change.amount.theirs,
            tax: change.tax.theirs,
            version: change.version,
        });
        let run = Run::new(setup).await.map_err(|source| SyncError::Ledger { source, report: None })?;
        let ended = run.execute(&Pass::One(change.document.clone()), None).boxed().await;
        match ended.stop {
            None => Ok(ended.report),
            Some(stop) => Err(SyncError::stopped(stop, ended.report)),
        }
    }

    /// The ledger remembers what stands at Anrok as if we had written it.
    async fn take_over(&self, fence: &Fence, change: &Change) -> Result<(), SyncError> {
        let plain = |source| SyncError::Ledger { source, report: None };
        let mut version = change.version;
        if version.is_none()
            && let Ok(Available::Answer(record)) =
                self.anrok.transactions().get(&TransactionId::from(change.transaction.as_str())).await
        {
            version = record.version;
        }
        if self.settings.dry_run {
            return Ok(());
        }
        let Some(mut entry) = self.ledger.entry(fence, &change.document).await.map_err(plain)? else {
            return Ok(());
        };
        entry.take_over(&change.transaction, change.amount.theirs, change.tax.theirs, version);
        self.ledger.settle(fence, &entry).await.map_err(plain)
    }
}
