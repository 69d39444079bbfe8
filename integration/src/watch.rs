//! Keeping two accounts in step for as long as a program runs: polling finds everything, hints make it quick.
//!
//! There is no server in here: whoever receives webhooks puts them into an [`Intake`].

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, Either};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, SyncError};
use crate::engine::{Ended, Kept, Pass, Stop};
use crate::intake::{HintCounts, Intake};
use crate::ledger::{Fence, LedgerError};
use crate::outside::Change;
use crate::progress::Progress;
use crate::report::{Counts, Report, Requests, RunProblem};

/// When a watch looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchSettings {
    /// Time between the end of a poll and the next: what changed in Ordway, and what is due to be tried again. Each wait
    /// is up to a tenth longer or shorter, so that several watches do not fall into step.
    pub poll: Duration,
    /// Time between full passes: what a [`Bridge::sync`] does, with all customers and everything that is held. In between,
    /// the customer of a document that is new or about to be recorded is read anew; that a tax id was changed is seen by the
    /// drafts of the customer with the next full pass, or with a webhook for the customer.
    pub full: Duration,
    /// After a poll that met an outage the wait doubles, up to this.
    pub outage_cap: Duration,
    /// How long the comparison of a year may keep a poll waiting ([`Settings::full_compare`](crate::Settings)).
    pub compare_slice: Duration,
    /// Ends by itself after this time; `None`: when it is asked to.
    pub end_after: Option<Duration>,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(60),
            full: Duration::from_secs(3600),
            outage_cap: Duration::from_secs(900),
            compare_slice: Duration::from_secs(30),
            end_after: None,
        }
    }
}

/// Which pass of a watch a report is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PassKind {
    /// Everything, as a [`Bridge::sync`] does.
    Full,
    /// What changed, and what was due.
    Poll,
    /// What was due to be tried again.
    Due,
    /// What hints named.
    Hints,
    /// A share of the comparison of a year.
    Compare,
}

/// How often a watch did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WatchTotals {
    /// Full passes.
    pub full: u64,
    /// Polls.
    pub polls: u64,
    /// Passes over what was due to be tried again.
    pub due: u64,
    /// Passes for hints between polls. (Hints that come during another pass are worked on in it.)
    pub hints_passes: u64,
    /// Shares of comparisons of a year.
    pub compares: u64,
    /// Polls and full passes that met an outage.
    pub outages: u64,
    /// What became of the hints.
    pub hints: HintCounts,
}

/// No two passes begin closer to each other, whatever the settings and the times in the ledger say.
const SHORTEST: Duration = Duration::from_millis(200);
/// How soon a poll follows on hints that found the queue full.
const AFTER_OVERFLOW: Duration = Duration::from_secs(1);
/// The fact by which people see in the ledger that a watch is alive.
const WATCHED: &str = "watched_at";

/// What is to come, on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Schedule {
    poll: Duration,
    full: Duration,
    /// When something in the ledger is due to be tried again.
    due: Option<Duration>,
    /// A comparison is under way.
    comparing: bool,
    /// The services are down: nothing but polls until they answer.
    outage: bool,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    Pass(PassKind),
    /// Nothing until then, unless a hint comes (`true`: hints are listened to).
    Wait(Duration, bool),
}

impl Schedule {
    /// Full passes before polls, hints before tries, and the comparison where nothing else is to be done.
    fn turn(&self, now: Duration, hints_wait: bool) -> Turn {
        if now >= self.poll {
            // A full pass is a poll as well; in an outage it is one for the time after.
            return Turn::Pass(if now >= self.full { PassKind::Full } else { PassKind::Poll });
        }
        if self.outage {
            return Turn::Wait(self.poll, false);
        }
        if now >= self.full {
            return Turn::Pass(PassKind::Full);
        }
        if hints_wait {
            return Turn::Pass(PassKind::Hints);
        }
        if self.due.is_some_and(|due| now >= due) {
            return Turn::Pass(PassKind::Due);
        }
        if self.comparing {
            return Turn::Pass(PassKind::Compare);
        }
        let next = self.due.map_or(self.poll, |due| due.min(self.poll)).min(self.full);
        Turn::Wait(next, true)
    }
}

/// `wait`, up to a tenth longer or shorter.
fn jittered(wait: Duration, draw: u64) -> Duration {
    let wait = wait.max(SHORTEST);
    let tenth = u64::try_from((wait / 10).as_millis()).unwrap_or(u64::MAX / 4);
    let shift = Duration::from_millis(draw % (tenth * 2 + 1));
    (wait.saturating_sub(wait / 10) + shift).max(SHORTEST)
}

/// The wait after `outages` polls in a row that met an outage.
fn pause(settings: &WatchSettings, outages: u32) -> Duration {
    let doubled =
        settings.poll.max(SHORTEST).saturating_mul(1u32.checked_shl(outages.min(31)).unwrap_or(u32::MAX));
    if outages == 0 { settings.poll } else { doubled.min(settings.outage_cap.max(settings.poll)) }
}

impl Bridge {
    /// Keeps both accounts in step until it is asked to end ([`Bridge::canceller`]).
    ///
    /// Polls find everything; hints in `intake` make it quick: a webhook's document is read by its id and settled within
    /// a second or so, beside whatever else is being done, one version of a document at a time. Documents that failed are
    /// tried again when their time has come ([`RetryTimes`](crate::RetryTimes)), credits when their invoice is recorded,
    /// and everything once in every full pass, with which it begins.
    ///
    /// The ledger is claimed for as long as it runs. In an outage the polls become rarer, and hints wait. Every pass is
    /// told to the observer ([`Progress::Pass`]). Asked to end, it finishes the calls in flight, stores what they did,
    /// gives back the claim, and reports.
    ///
    /// The report sums up: what was done in all passes, what is held and failed now ([`Report::watch`] says how often
    /// what was done). It does not list the documents that are done, so memory does not grow with time.
    ///
    /// With [`Settings::dry_run`](crate::Settings) every poll plans anew, because nothing is remembered.
    ///
    /// # Errors
    /// [`SyncError`]: credentials that are refused end a watch at once, and so does a ledger that cannot be written.
    pub async fn watch(&self, settings: &WatchSettings, intake: &Intake) -> Result<Report, SyncError> {
        let plain = |source| SyncError::Ledger { source, report: None };
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await.map_err(plain)?;
        let outcome = Box::pin(Watch::new(self, settings, intake, fence.clone()).keep_on()).await;
        self.give_back(&fence, outcome).await
    }
}

struct Watch<'a> {
    bridge: &'a Bridge,
    settings: &'a WatchSettings,
    intake: &'a Intake,
    fence: Fence,
    kept: Arc<Kept>,
    schedule: Schedule,
    outages: u32,
    began: Duration,
    run: String,
    counts: Counts,
    requests: Requests,
    totals: WatchTotals,
    hints_before: HintCounts,
    /// What kept the last poll from being whole.
    problems: Vec<RunProblem>,
    changed_by_others: Vec<Change>,
    compare_until: Duration,
}

impl<'a> Watch<'a> {
    fn new(bridge: &'a Bridge, settings: &'a WatchSettings, intake: &'a Intake, fence: Fence) -> Self {
        let now = bridge.clock.monotonic();
        Self {
            bridge,
            settings,
            intake,
            fence,
            kept: Arc::default(),
            schedule: Schedule { poll: now, full: now, due: None, comparing: false, outage: false },
            outages: 0,
            began: now,
            run: bridge.clock.now().to_string(),
            counts: Counts::default(),
            requests: Requests::default(),
            totals: WatchTotals::default(),
            hints_before: intake.counts(),
            problems: Vec::new(),
            changed_by_others: Vec::new(),
            compare_until: now,
        }
    }

    fn now(&self) -> Duration {
        self.bridge.clock.monotonic()
    }

    async fn keep_on(mut self) -> Result<Report, SyncError> {
        loop {
            let end = self.settings.end_after.map(|after| self.began + after);
            if self.bridge.cancel.is_asked() || end.is_some_and(|end| self.now() >= end) {
                return self.total(None).await;
            }
            if self.intake.take_overflow() {
                tracing::warn!("the queue of hints was full; polling finds what they told of");
                self.schedule.poll = self.schedule.poll.min(self.now() + AFTER_OVERFLOW);
            }
            match self.schedule.turn(self.now(), !self.intake.is_empty()) {
                Turn::Pass(kind) => {
                    let ended = self.pass(kind).await;
                    let stop = match ended {
                        Ok(ended) => self.take_in(kind, ended),
                        Err(source) => Some(Stop::Ledger(source)),
                    };
                    if let Some(stop) = stop {
                        return self.total(Some(stop)).await;
                    }
                }
                Turn::Wait(until, listening) => {
                    let until = end.map_or(until, |end| end.min(until));
                    self.wait(until, listening).await;
                }
            }
        }
    }

    /// Waits until then, or until a hint comes, or until it is asked to end.
    async fn wait(&self, until: Duration, listening: bool) {
        let time = self.bridge.clock.sleep(until.saturating_sub(self.now()));
        let asked = std::pin::pin!(self.bridge.cancel.asked());
        let filled = std::pin::pin!(async {
            if listening {
                self.intake.filled().await;
            } else {
                future::pending::<()>().await;
            }
        });
        match future::select(future::select(time, asked), filled).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    async fn pass(&mut self, kind: PassKind) -> Result<Ended, LedgerError> {
        let now = self.now();
        let pass = match kind {
            PassKind::Full => Pass::Full { compare: false },
            PassKind::Poll => Pass::Poll,
            PassKind::Due => Pass::Due,
            PassKind::Hints => Pass::Hints,
            PassKind::Compare => {
                self.compare_until = now + self.settings.compare_slice.max(SHORTEST);
                Pass::Compare { until: self.compare_until }
            }
        };
        // A full pass reads all customers; in between one is read with the first document that needs it.
        if kind == PassKind::Full {
            self.kept = Arc::default();
        }
        if matches!(kind, PassKind::Full | PassKind::Poll) && !self.bridge.settings.dry_run {
            // A commit that moves the claim's heartbeat, too.
            let now = self.bridge.clock.now().to_string();
            self.bridge.ledger.remember(&self.fence, WATCHED, &now).await?;
        }
        let kept = Arc::clone(&self.kept);
        self.bridge.run(self.fence.clone(), &pass, Some(self.intake), kept).await
    }

    /// Adds what a pass did, and plans what comes next.
    fn take_in(&mut self, kind: PassKind, ended: Ended) -> Option<Stop> {
        let Ended { report, stop, next_due, outage, compared, compare_due, .. } = ended;
        let now = self.now();
        self.counts.add_done(&report.counts);
        self.requests.ordway += report.requests.ordway;
        self.requests.anrok += report.requests.anrok;
        if matches!(kind, PassKind::Full | PassKind::Poll) {
            self.counts.unchanged = report.counts.unchanged;
        }
        let count = match kind {
            PassKind::Full => &mut self.totals.full,
            PassKind::Poll => &mut self.totals.polls,
            PassKind::Due => &mut self.totals.due,
            PassKind::Hints => &mut self.totals.hints_passes,
            PassKind::Compare => &mut self.totals.compares,
        };
        *count += 1;
        // A dry run remembers nothing: what was due stays due.
        let next_due = next_due.filter(|_| !self.bridge.settings.dry_run);
        let due = next_due.map(|at| now + until(self.bridge.clock.now(), at).max(SHORTEST));
        match kind {
            PassKind::Full | PassKind::Poll => {
                self.outages = if outage { self.outages.saturating_add(1) } else { 0 };
                self.totals.outages += u64::from(outage);
                self.schedule.outage = outage;
                // That a pass was asked to stop is no problem of a watch.
                self.problems = report.problems.iter().filter(|p| p.service != "run").cloned().collect();
                let wait = pause(self.settings, self.outages);
                self.schedule.poll = now + jittered(wait, self.bridge.chance.u64());
                // These passes have looked at everything that is open.
                self.schedule.due = due;
                if kind == PassKind::Full {
                    self.schedule.full = now + jittered(self.settings.full, self.bridge.chance.u64());
                    self.schedule.comparing = compare_due;
                }
            }
            PassKind::Due => self.schedule.due = due,
            PassKind::Hints => {
                self.schedule.due = match (self.schedule.due, due) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            PassKind::Compare => {
                // What ran out of time goes on after whatever else is to be done; what broke off, with the next full pass.
                self.schedule.comparing = !compared && !outage && now >= self.compare_until;
                if compared {
                    // What is not told any more was answered.
                    self.changed_by_others.clone_from(&report.changed_by_others);
                }
            }
        }
        if let Some(observer) = &self.bridge.observer {
            observer.on(&Progress::Pass { kind, report: Arc::new(report) });
        }
        stop
    }

    /// What was done, and what is open now.
    async fn total(mut self, stop: Option<Stop>) -> Result<Report, SyncError> {
        let told = self.bridge.run(self.fence.clone(), &Pass::Tell, None, Arc::default()).await;
        let mut report = match told {
            Ok(ended) => ended.report,
            // The ledger cannot be read, which `stop` says, or what is open is not known.
            Err(source) if stop.is_none() => return Err(SyncError::Ledger { source, report: None }),
            Err(_) => Report::default(),
        };
        self.counts.held = report.counts.held;
        self.counts.failed = report.counts.failed;
        report.counts = self.counts;
        report.run = self.run;
        report.requests = self.requests;
        report.problems = self.problems;
        report.changed_by_others = self.changed_by_others;
        self.totals.hints = self.intake.counts().since(&self.hints_before);
        report.watch = Some(self.totals);
        match stop {
            None => Ok(report),
            Some(stop) => {
                let problem = stop.problem().filter(|problem| !report.problems.contains(problem));
                report.problems.extend(problem);
                Err(SyncError::stopped(stop, report))
            }
        }
    }
}

/// The time from `now` to `at`; none where it has passed.
fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn schedule() -> Schedule {
        Schedule { poll: second(60), full: second(3600), due: None, comparing: false, outage: false }
    }

    #[test]
    fn what_comes_first() {
        let mut plan = schedule();
        assert_eq!(plan.turn(second(0), false), Turn::Wait(second(60), true));
        assert_eq!(plan.turn(second(0), true), Turn::Pass(PassKind::Hints));
        assert_eq!(plan.turn(second(60), true), Turn::Pass(PassKind::Poll));
        plan.due = Some(second(10));
        assert_eq!(plan.turn(second(0), false), Turn::Wait(second(10), true));
        assert_eq!(plan.turn(second(10), false), Turn::Pass(PassKind::Due));
        plan.comparing = true;
        assert_eq!(plan.turn(second(5), false), Turn::Pass(PassKind::Compare));
        plan.outage = true;
        assert_eq!(plan.turn(second(5), true), Turn::Wait(second(60), false), "nobody knocks in an outage");
        assert_eq!(plan.turn(second(3600), true), Turn::Pass(PassKind::Full));
    }

    #[test]
    fn outages_make_polls_rarer_and_one_success_ends_that() {
        let settings = WatchSettings::default();
        let waits: Vec<u64> = (0..7).map(|outages| pause(&settings, outages).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 900, 900, 900]);
        let rare = WatchSettings { poll: second(3600), ..settings };
        assert_eq!(pause(&rare, 9), second(3600), "never more often than without an outage");
    }

    proptest! {
        #[test]
        fn no_wait_is_in_the_past(now in 0u64..10_000, poll in 0u64..10_000, full in 0u64..10_000,
                                  due in proptest::option::of(0u64..10_000), hints: bool, comparing: bool, outage: bool) {
            let plan = Schedule {
                poll: second(poll), full: second(full), due: due.map(second), comparing, outage,
            };
            if let Turn::Wait(until, _) = plan.turn(second(now), hints) {
                prop_assert!(until > second(now));
                prop_assert!(until <= second(poll));
            }
        }

        #[test]
        fn jitter_is_a_tenth(wait in 0u64..10_000_000, draw: u64) {
            let wait = Duration::from_millis(wait);
            let drawn = jittered(wait, draw);
            let base = wait.max(SHORTEST);
            prop_assert!(drawn >= SHORTEST && drawn <= base + base / 10 + Duration::from_millis(1));
            prop_assert!(drawn + Duration::from_millis(2) >= base.saturating_sub(base / 10));
        }
    }
}
