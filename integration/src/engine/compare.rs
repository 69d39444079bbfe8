//! The net under the checkpoints: everything that changed within a year, read and compared again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ordway_client::SeekFrom;
use serde::{Deserialize, Serialize};

use crate::document::DocumentKey;
use crate::ledger::{Entry, EntryFilter, Recording, Stream};

use super::reading::Reading;
use super::{Run, Stop, lock};

/// The fact that tells when the last comparison that came to its end had begun.
const COMPARED: &str = "full_compare";
/// The fact that tells how far the present one has come; empty between two.
const COMPARING: &str = "full_compare_progress";
/// How far back a comparison goes.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How far a comparison has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Comparing {
    begun: Timestamp,
    /// List → what is behind it.
    #[serde(default)]
    reached: BTreeMap<String, Timestamp>,
    /// Lists that were read to their end.
    #[serde(default)]
    done: BTreeSet<String>,
}

impl Comparing {
    fn beginning(now: Timestamp) -> Self {
        Self { begun: now, reached: BTreeMap::new(), done: BTreeSet::new() }
    }

    /// Takes note that everything of a list up to `to` is settled.
    pub(super) fn reach(&mut self, stream: Stream, to: Timestamp) {
        let reached = self.reached.entry(stream.as_str().to_owned()).or_insert(to);
        *reached = to.max(*reached);
    }

    fn from(&self, stream: Stream) -> Timestamp {
        let start = self.begun.checked_sub(YEAR).unwrap_or(Timestamp::UNIX_EPOCH);
        self.reached.get(stream.as_str()).copied().map_or(start, |reached| reached.max(start))
    }
}

impl Run<'_> {
    /// Whether it is time to compare, or a comparison is under way. A ledger without the fact has just read everything,
    /// or comes from an earlier version: its first interval begins now.
    pub(super) async fn compare_is_due(&self) -> bool {
        let Some(interval) = self.settings.full_compare else { return false };
        if self.is_stopping() {
            return false;
        }
        if interval.is_zero() {
            return true;
        }
        if self.settings.dry_run {
            return false;
        }
        let due = async {
            if self.comparing().await?.is_some() {
                return Ok(true);
            }
            let known = self.ledger.fact(&self.fence, COMPARED).await?;
            let Some(last) = known.and_then(|text| text.parse::<Timestamp>().ok()) else {
                self.ledger.remember(&self.fence, COMPARED, &self.begun.to_string()).await?;
                return Ok(false);
            };
            // One that ended in the future says that a clock was wrong: nobody knows when it was.
            let age = Duration::try_from(self.begun.duration_since(last)).ok();
            Ok::<_, Stop>(age.is_none_or(|age| age >= interval))
        };
        due.await.unwrap_or_else(|stop| {
            self.stop(stop);
            false
        })
    }

    async fn comparing(&self) -> Result<Option<Comparing>, Stop> {
        let text = self.ledger.fact(&self.fence, COMPARING).await?;
        let known: Option<Comparing> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(known.filter(|comparing| comparing.begun <= self.begun))
    }

    /// Goes on with a comparison, or begins one; `true` once it has come to its end. One that is broken off (a stop, an
    /// outage, the time that it may take) is gone on with by a later run, where it stopped.
    pub(super) async fn compare(&self, until: Option<Duration>) -> bool {
        let progress = match self.comparing().await {
            Ok(progress) => progress.unwrap_or_else(|| Comparing::beginning(self.begun)),
            Err(stop) => {
                self.stop(stop);
                return false;
            }
        };
        let in_one_run = progress == Comparing::beginning(self.begun);
        let progress = std::sync::Mutex::new(progress);
        for stream in self.streams() {
            let from = {
                let progress = lock(&progress);
                if progress.done.contains(stream.as_str()) {
                    continue;
                }
                progress.from(stream)
            };
            let reading = Reading::Compare { until, progress: &progress };
            if !self.read_from(stream, SeekFrom::new(Some(from), Duration::ZERO), &reading).await {
                return false;
            }
            let now = {
                let mut progress = lock(&progress);
                progress.done.insert(stream.as_str().to_owned());
                progress.clone()
            };
            self.keep_progress(&now).await;
        }
        let begun = lock(&progress).begun;
        if in_one_run {
            self.look_for_the_deleted(begun.checked_sub(YEAR).unwrap_or(Timestamp::UNIX_EPOCH)).await;
        }
        if self.is_stopping() || self.settings.dry_run {
            return !self.is_stopping();
        }
        let ended = async {
            if !self.look_for_changes_by_others().await? {
                return Ok(false);
            }
            self.ledger.remember(&self.fence, COMPARED, &begun.to_string()).await?;
            self.ledger.remember(&self.fence, COMPARING, "").await?;
            Ok::<_, Stop>(true)
        };
        ended.await.unwrap_or_else(|stop| {
            self.stop(stop);
            false
        })
    }

    /// Documents on record that changed since `from`, and that no list has brought: the lists do not show what was deleted.
    /// Only a run that has read all of them can tell.
    async fn look_for_the_deleted(&self, from: Timestamp) {
        let mut after: Option<DocumentKey> = None;
        while let Some(batch) = self.batch(EntryFilter::All, after.as_ref()).await {
            let Some(last) = batch.last() else { return };
            after = Some(last.key.clone());
            let is_missing = |entry: &Entry| {
                matches!(entry.recording, Recording::Live { .. })
                    && entry.updated.is_some_and(|updated| updated >= from)
                    && lock(&self.report).outcome(&entry.key).is_none()
            };
            self.look_at(batch.into_iter().filter(is_missing).map(|entry| entry.key).collect()).await;
        }
    }

    /// Stores how far a comparison has come.
    pub(super) async fn keep_progress(&self, progress: &Comparing) {
        if self.settings.dry_run || self.is_stopping() {
            return;
        }
        let text = serde_json::to_string(progress).unwrap_or_default();
        if let Err(error) = self.ledger.remember(&self.fence, COMPARING, &text).await {
            self.stop(Stop::Ledger(error));
        }
    }
}
