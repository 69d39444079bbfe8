//! What one run looks at, and in which order.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::document::DocumentKey;
use crate::intake::Intake;
use crate::ledger::{EntryFilter, Stream};
use crate::plan::PlannedDocument;
use crate::report::{Report, Requests};
use crate::settings::DebitMemos;

use super::failure::Broken;
use super::{Run, Stop, lock};

/// What a run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Everything that is new, changed or open, and all customers; where `compare` is set, also the year behind once it
    /// is time for that.
    Full { compare: bool },
    /// What changed in Ordway, and what is due.
    Poll,
    /// What is due.
    Due,
    /// What the intake names.
    Hints,
    /// One document, set aside or not.
    One(DocumentKey),
    /// The year behind, until this time of the monotonic clock.
    Compare { until: Duration },
    /// Nothing: only what is open is told.
    Tell,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) report: Report,
    pub(crate) stop: Option<Stop>,
    /// The earliest time at which something that this run saw is due again.
    pub(crate) next_due: Option<Timestamp>,
    /// A service was down at the end.
    pub(crate) outage: bool,
    /// The year behind was read to its end, or was not to be read.
    pub(crate) compared: bool,
    /// It is time to read the year behind, and the pass left that to another one.
    pub(crate) compare_due: bool,
    /// What a dry run would do, in order.
    pub(crate) planned: Vec<PlannedDocument>,
}

/// Rounds over what an outage left behind, after the first.
pub(super) const ROUNDS: u32 = 3;

impl Run<'_> {
    /// Makes the pass, and meanwhile takes what the intake names; ends with what an outage left behind.
    pub(crate) async fn execute(self, pass: &Pass, intake: Option<&Intake>) -> Ended {
        let compared = match intake {
            Some(intake) if *pass == Pass::Hints => {
                Box::pin(self.take_waiting_hints(intake)).await;
                true
            }
            Some(intake) => {
                let ended = Notify::new();
                let work = async {
                    let compared = Box::pin(self.walk(pass)).await;
                    ended.notify_one();
                    compared
                };
                let hints = Box::pin(self.take_hints(intake, ended.notified()));
                future::join(work, hints).await.0
            }
            None => Box::pin(self.walk(pass)).await,
        };
        if !matches!(pass, Pass::Full { .. }) {
            self.take_up_applied_credits().await;
        }
        self.take_up_what_waited().await;
        self.put_stand_ins().await;
        // A single document, or what hints named, is told by itself.
        if !matches!(pass, Pass::Hints | Pass::One(_) | Pass::Compare { .. }) {
            self.tell_what_stays_open().await;
            self.tell_placeholders().await;
        }
        if self.cancel.load(Ordering::Relaxed) {
            lock(&self.report).problem(Broken::Cancelled.problem(""));
        }
        let compare_due = *pass == Pass::Full { compare: false } && self.compare_is_due().await;
        let mut ended = self.finish();
        (ended.compared, ended.compare_due) = (compared, compare_due);
        ended
    }

    async fn walk(&self, pass: &Pass) -> bool {
        match pass {
            Pass::Full { compare } => {
                self.everything(false).await;
                if *compare && self.compare_is_due().await {
                    return self.compare(None).await;
                }
            }
            Pass::Poll => self.everything(true).await,
            Pass::Due => self.take_up_open_documents(true).await,
            Pass::One(key) => self.look(key.clone()).await,
            Pass::Compare { until } => return self.compare(Some(*until)).await,
            Pass::Hints | Pass::Tell => {}
        }
        true
    }

    /// What is new or changed, and what is open: all of it, or what is due.
    async fn everything(&self, only_due: bool) {
        let mut unread = self.streams();
        let mut round = 0;
        // Their list is read by full passes only.
        let mut customers_read = only_due;
        loop {
            let mut failed = Vec::new();
            let all_customers = customers_read;
            if !customers_read && !self.is_stopping() {
                customers_read = self.read_customers().await;
            }
            for stream in unread {
                if !self.is_stopping() && !self.read_stream(stream).await {
                    failed.push(stream);
                }
            }
            unread = failed;
            if round == 0 {
                self.take_up_open_documents(only_due).await;
                self.take_up_applied_credits().await;
            } else {
                self.try_again_what_failed().await;
            }
            if !only_due && (round == 0 || !all_customers) {
                self.take_up_customers().await;
            }
            let left = !customers_read || !unread.is_empty() || !lock(&self.transient).is_empty();
            let patience = self.outages.lasting(self.clock.monotonic()) < self.settings.outage_patience;
            if !left || self.is_stopping() || round == ROUNDS || !patience {
                break;
            }
            self.clock.sleep(Duration::from_secs(2 << round)).await;
            self.outages.try_again();
            round += 1;
        }
    }

    /// The lists that are read.
    pub(super) fn streams(&self) -> Vec<Stream> {
        let mut streams = vec![Stream::Invoices, Stream::Credits];
        if self.settings.debit_memos != DebitMemos::Ignore {
            streams.push(Stream::DebitMemos);
        }
        streams
    }

    /// Problems of earlier runs that this one did not look at are still problems. What is set aside is counted.
    async fn tell_what_stays_open(&self) {
        let mut after: Option<DocumentKey> = None;
        loop {
            let open = self.ledger.entries(&self.fence, EntryFilter::Problems, after.as_ref(), 500).await;
            let batch = match open {
                Ok(batch) => batch,
                Err(error) => return self.stop(Stop::Ledger(error)),
            };
            let Some(last) = batch.last() else { return };
            after = Some(last.key.clone());
            for entry in &batch {
                let Some(problem) = &entry.problem else { continue };
                if problem.archived_at.is_some() {
                    lock(&self.report).archived();
                    continue;
                }
                self.due(problem.next_attempt_at);
                if lock(&self.report).outcome(&entry.key).is_none() {
                    self.reports(&entry.key, self.problem_report(&entry.key, problem));
                }
            }
        }
    }

    pub(super) fn finish(self) -> Ended {
        let requests = Requests::new(
            self.ordway.requests_sent().saturating_sub(self.requests_before.ordway),
            self.anrok.requests_sent().saturating_sub(self.requests_before.anrok),
        );
        let outage = self.outages.lasting(self.clock.monotonic()) > Duration::ZERO;
        let report = self.report.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outage = outage || report.is_unread();
        let report = report.finish(self.begun.to_string(), requests, self.settings.dry_run);
        let stop = self.stopped.into_inner().unwrap_or_else(PoisonError::into_inner);
        let next_due = self.next_due.into_inner().unwrap_or_else(PoisonError::into_inner);
        let planned = self.planned.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut planned: Vec<PlannedDocument> = planned.into_values().collect();
        planned.sort_by_key(PlannedDocument::rank);
        Ended { report, stop, next_due, outage, compared: true, compare_due: false, planned }
    }
}
