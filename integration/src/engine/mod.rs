//! The run: reads both systems, asks the planner, takes its steps, writes down what came of them.
//!
//! `pass` says what a run looks at, `reading` finds documents, `hints` takes what webhooks name, `compare` reads a year
//! again, `archive` knows what people set aside. `settling` walks one document through the planner, `drafts` and
//! `recording` make the remote writes, `outage` knows when to stop knocking.

mod anrok;
mod answering;
mod archive;
mod compare;
mod credits;
mod damage;
mod drafts;
pub(crate) mod examining;
pub(crate) mod failure;
mod hints;
mod kept;
mod mixed_places;
pub(crate) mod ordway;
mod others;
mod outage;
mod pass;
mod planning;
pub(crate) mod reading;
mod recording;
mod settling;
mod standing_in;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordway_anrok_http::{CallOptions, Chance, Clock};

use crate::connect;
use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::FingerprintKey;
use crate::hold::{Disposition, Hold};
use crate::key_set::KeySet;
use crate::ledger::{Entry, Fence, Ledger, LedgerError, Problem, ProblemKind};
use crate::map::address::PostalAddress;
use crate::plan::PlannedDocument;
use crate::progress::{Observer, Progress};
use crate::report::{DocumentReport, Outcome, ReportBuilder, Requests, RunProblem};
use crate::settings::Settings;

use failure::{Broken, Failure};
use ordway::CustomerFacts;
use outage::{Outages, Service};
use reading::FreshCustomers;

pub(crate) use answering::{Answering, How};
pub(crate) use archive::SetAside;
pub(crate) use kept::Kept;
pub(crate) use pass::{Ended, Pass};

/// What ends a run for all documents.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A service refuses the credentials.
    Refused { service: &'static str, reason: String },
    /// The ledger cannot be trusted to remember.
    Ledger(LedgerError),
}

impl Stop {
    /// What a report says of it; a ledger's error is told by the run's own error.
    pub(crate) fn problem(&self) -> Option<RunProblem> {
        let Self::Refused { service, reason } = self else { return None };
        Some(Broken::Refused(service).problem(reason))
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Everything one run works with.
pub(crate) struct Run<'a> {
    pub(crate) ordway: ordway_client::Client,
    pub(crate) anrok: anrok_client::Client,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) settings: &'a Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<&'a dyn Observer>,
    pub(crate) cancel: &'a AtomicBool,
    fence: Fence,
    fingerprints: FingerprintKey,
    outages: Outages,
    report: Mutex<ReportBuilder>,
    /// Failed in this run for a reason that may have passed by now.
    transient: Mutex<HashSet<DocumentKey>>,
    kept: Arc<Kept>,
    fresh_customers: Mutex<FreshCustomers>,
    /// Drafts that Anrok could not be asked about.
    untaxed: Mutex<HashSet<DocumentKey>>,
    /// Trying again has not helped: the outage policy decides now.
    standing_in: Mutex<bool>,
    /// Where lines ship to, as far as it was read.
    places: Mutex<HashMap<mixed_places::Origin, Option<PostalAddress>>>,
    /// Credits that invoices of this run show as applied, with the invoice.
    seen_credits: Mutex<HashMap<String, String>>,
    /// What a dry run would do.
    planned: Mutex<BTreeMap<DocumentKey, PlannedDocument>>,
    /// The plan that is being executed.
    applying: Option<HashMap<DocumentKey, PlannedDocument>>,
    plans: bool,
    /// A document whose change by others is answered.
    answering: Option<Answering>,
    /// Returns with their lock, read once where a plan needs them.
    filings: tokio::sync::OnceCell<Vec<(Date, Date, bool)>>,
    locks: Mutex<HashMap<DocumentKey, Arc<tokio::sync::Mutex<()>>>>,
    /// The turns of the credits of one invoice.
    credits: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Whether the Anrok key has been seen to work; asked once, right before the first call that needs it.
    anrok_proven: &'a AtomicBool,
    proving: tokio::sync::Mutex<()>,
    stopped: Mutex<Option<Stop>>,
    chance: &'a Chance,
    /// The earliest time at which something is due again.
    next_due: Mutex<Option<Timestamp>>,
    /// Invoices that this run did something to: what waits for them can go on.
    settled_invoices: Mutex<KeySet>,
    stopping: AtomicBool,
    /// Whether a tax write of this run has been seen to do what it should.
    proving_write: tokio::sync::Mutex<bool>,
    begun: Timestamp,
    requests_before: Requests,
}

/// What a run is made with; see [`Run`].
pub(crate) struct Setup<'a> {
    pub(crate) ordway: &'a ordway_client::Client,
    pub(crate) anrok: &'a anrok_client::Client,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) settings: &'a Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<&'a dyn Observer>,
    pub(crate) cancel: &'a AtomicBool,
    pub(crate) anrok_proven: &'a AtomicBool,
    pub(crate) fence: Fence,
    pub(crate) requests_before: Requests,
    pub(crate) chance: &'a Chance,
    /// What an earlier run of the same watch hands on.
    pub(crate) kept: Arc<Kept>,
    /// Only these, exactly so.
    pub(crate) applying: Option<Vec<PlannedDocument>>,
    /// In a dry run: what comes before a document is worked out with it.
    pub(crate) plans: bool,
    /// A change by others that is answered.
    pub(crate) answering: Option<Answering>,
}

/// One call with its retries: short enough that a service that swallows requests is found out in minutes.
const CALL_DEADLINE: Duration = Duration::from_secs(60);
/// The fact by which the ledger remembers whose documents it holds.
const COMPANY: &str = "company";

impl<'a> Run<'a> {
    pub(crate) async fn new(setup: Setup<'a>) -> Result<Self, LedgerError> {
        let Setup {
            ordway,
            anrok,
            ledger,
            settings,
            clock,
            observer,
            cancel,
            anrok_proven,
            fence,
            requests_before,
            chance,
            kept,
            applying,
            plans,
            answering,
        } = setup;
        let applying = applying
            .map(|planned| planned.into_iter().map(|planned| (planned.key.clone(), planned)).collect());
        let fingerprints = ledger.fingerprint_key().await?;
        keep_to_one_company(ledger, &fence, &fingerprints, ordway.company(), settings).await?;
        let ordway = ordway.with(CallOptions::default().deadline(CALL_DEADLINE));
        let anrok = anrok.with(CallOptions::default().deadline(CALL_DEADLINE));
        let begun = clock.now();
        Ok(Self {
            ordway,
            anrok,
            ledger,
            settings,
            clock,
            observer,
            cancel,
            fence,
            fingerprints,
            outages: Outages::default(),
            report: Mutex::default(),
            transient: Mutex::default(),
            kept,
            fresh_customers: Mutex::default(),
            untaxed: Mutex::default(),
            standing_in: Mutex::default(),
            places: Mutex::default(),
            seen_credits: Mutex::default(),
            planned: Mutex::default(),
            applying,
            plans,
            answering,
            filings: tokio::sync::OnceCell::new(),
            locks: Mutex::default(),
            credits: Mutex::default(),
            anrok_proven,
            proving: tokio::sync::Mutex::default(),
            stopped: Mutex::default(),
            chance,
            next_due: Mutex::default(),
            settled_invoices: Mutex::default(),
            stopping: AtomicBool::new(false),
            proving_write: tokio::sync::Mutex::default(),
            begun,
            requests_before,
        })
    }

    fn today(&self) -> Date {
        self.settings.today.unwrap_or_else(|| self.clock.now().to_zoned(TimeZone::UTC).date())
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.cancel.load(Ordering::Relaxed)
    }

    /// Ends the run for all documents; the first reason counts.
    fn stop(&self, stop: Stop) {
        if let Some(problem) = stop.problem() {
            lock(&self.report).problem(problem);
        }
        lock(&self.stopped).get_or_insert(stop);
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// One document at a time, first come, first served.
    fn turn(&self, key: &DocumentKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = lock(&self.locks);
        if locks.len() > 4096 {
            locks.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(locks.entry(key.clone()).or_default())
    }

    fn customer(&self, id: &str) -> Option<CustomerFacts> {
        lock(&self.kept.customers).get(id).cloned()
    }

    /// Ends the run; what that leaves with the document at hand.
    fn stopped_by(&self, stop: Stop) -> Box<Problem> {
        self.stop(stop);
        Box::new(self.unavailable(Service::Ordway, "the run was stopped".to_owned()))
    }

    fn did(&self, outcome: Outcome) {
        lock(&self.report).did(outcome);
    }

    fn reports(&self, key: &DocumentKey, report: DocumentReport) {
        let outcome = report.outcome;
        if outcome != Outcome::Failed {
            lock(&self.transient).remove(key);
        }
        let done = [Outcome::Recorded, Outcome::Updated, Outcome::Voided, Outcome::Negated];
        if key.kind == DocumentKind::Invoice && done.contains(&outcome) {
            lock(&self.settled_invoices).insert(key);
        }
        lock(&self.report).document(key, report);
        if let Some(observer) = self.observer {
            observer.on(&Progress::Document { key: key.clone(), outcome });
        }
    }

    /// Stores a problem with its document and reports it.
    async fn leave(&self, mut entry: Entry, problem: Problem, warnings: Vec<String>) -> Result<(), Stop> {
        let key = entry.key.clone();
        let mut problem = problem.after(entry.problem.as_ref());
        let now = self.clock.now();
        if problem.next_attempt_at.is_none_or(|at| at <= now) {
            problem.next_attempt_at = self.settings.retry.next_attempt(&problem, now, self.chance.u64());
        }
        self.due(problem.next_attempt_at);
        let mut report = self.problem_report(&key, &problem);
        let outcome = report.outcome;
        report.warnings = warnings;
        if outcome == Outcome::Failed && problem.disposition == Disposition::RetryLater {
            lock(&self.transient).insert(key.clone());
        }
        entry.problem = Some(problem);
        if !on_purpose!(self.settings, HoldsForgotten) {
            self.store(&entry).await?;
        }
        self.reports(&key, report);
        Ok(())
    }

    /// Takes note that something is to be tried at `at`.
    fn due(&self, at: Option<Timestamp>) {
        if let Some(at) = at {
            let mut next = lock(&self.next_due);
            *next = Some(next.map_or(at, |next| next.min(at)));
        }
    }

    fn problem_report(&self, key: &DocumentKey, problem: &Problem) -> DocumentReport {
        let outcome = match problem.kind {
            ProblemKind::Held => Outcome::Held,
            ProblemKind::Failed => Outcome::Failed,
            ProblemKind::Outside => Outcome::Outside,
        };
        let mut report = DocumentReport::new(key, outcome);
        report.reason = Some(problem.reason.clone());
        report.remedy = Some(problem.remedy.clone());
        report.code = Some(problem.code.clone());
        report.disposition = Some(problem.disposition);
        let is_late = self.settings.retry.is_late(problem.first_at, self.clock.now());
        report.late = problem.kind == ProblemKind::Failed && is_late;
        report
    }

    async fn store(&self, entry: &Entry) -> Result<(), Stop> {
        if !self.settings.dry_run {
            self.ledger.settle(&self.fence, entry).await?;
        }
        Ok(())
    }

    async fn entry(&self, key: &DocumentKey) -> Result<Entry, Stop> {
        let known = self.ledger.entry(&self.fence, key).await?;
        Ok(known.unwrap_or_else(|| Entry::new(key.clone())))
    }

    /// The problem that these holds are. The first names it, all are told.
    fn held(&self, holds: &[Hold]) -> Problem {
        let now = self.clock.now();
        let unnamed =
            Hold::Unreadable { path: ".".to_owned(), reason: "nothing is known about it".to_owned() };
        // A date that comes by itself names the problem only where nothing else is wrong.
        let is_date = |hold: &&Hold| matches!(hold, Hold::NotDueYet { .. });
        let first = holds.iter().find(|hold| !is_date(hold)).or(holds.first()).unwrap_or(&unnamed);
        let all = |text: fn(&Hold) -> String| {
            let mut texts: Vec<String> = Vec::new();
            for hold in holds {
                let text = text(hold);
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            texts
        };
        let reason = all(ToString::to_string).join("; ");
        let remedy = all(Hold::remedy).join(" ");
        let outside = holds.iter().all(Hold::is_outside_tax) && !holds.is_empty();
        let kind = if outside { ProblemKind::Outside } else { ProblemKind::Held };
        let mut problem = Problem::new(kind, first.code(), reason, remedy, first.disposition(), now);
        problem.next_attempt_at = match holds {
            _ if outside => now.checked_add(SignedDuration::from_hours(24)).ok(),
            [Hold::NotDueYet { from, .. }] => from.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()),
            _ => None,
        };
        problem
    }

    fn failed(&self, failure: Failure, reason: String) -> Problem {
        let (code, remedy, disposition) = (failure.code(), failure.remedy(), failure.disposition());
        Problem::new(ProblemKind::Failed, code, reason, remedy, disposition, self.clock.now())
    }

    /// A service that does not answer.
    fn unavailable(&self, service: Service, reason: String) -> Problem {
        self.failed(Failure::Unavailable(service), reason)
    }

    /// Says at once that a service is down, without asking it again.
    fn check_up(&self, service: Service) -> Result<(), Box<Problem>> {
        if self.outages.is_down(service) {
            let reason = format!("{} does not answer at the moment", service.name());
            return Err(Box::new(self.unavailable(service, reason)));
        }
        Ok(())
    }

    /// Whether Anrok may be asked now. The key is tried once before it is used by many documents at the same time; a
    /// run that needs nothing of Anrok does not call it at all.
    async fn anrok_ready(&self) -> Result<(), Box<Problem>> {
        self.check_up(Service::Anrok)?;
        if self.anrok_proven.load(Ordering::Relaxed) {
            return Ok(());
        }
        let _one = self.proving.lock().await;
        self.check_up(Service::Anrok)?;
        if self.anrok_proven.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.is_stopping() {
            let reason = "the run was stopped before it could ask Anrok".to_owned();
            return Err(Box::new(self.unavailable(Service::Anrok, reason)));
        }
        match self.anrok_outcome(self.anrok.check().await) {
            Err(error) if error.is_auth() || error.is_worth_retrying_later() => {
                self.outages.down(Service::Anrok, self.clock.monotonic());
                let mut problem = self.anrok_problem(&error, None);
                // What was asked to find that out has nothing to do with the document.
                problem.reason = format!("Anrok could not be asked: {}", problem.reason);
                Err(Box::new(problem))
            }
            // Whatever else the check says, the document's own call will say it better.
            _ => {
                self.anrok_proven.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Writes down how a call to Ordway ended, and what the failure means for the document.
    fn ordway_outcome<T>(&self, result: Result<T, ordway_client::Error>) -> Result<T, OrdwayFailure> {
        match result {
            Ok(value) => {
                self.outages.succeeded(Service::Ordway);
                Ok(value)
            }
            Err(error) => Err(self.ordway_failure(error)),
        }
    }

    /// The same of a write: a user who may read and not write is refused there, and only there.
    fn ordway_write_outcome<T>(&self, result: Result<T, ordway_client::Error>) -> Result<T, OrdwayFailure> {
        match result {
            Err(error) if error.status() == Some(403) => {
                self.outages.succeeded(Service::Ordway);
                Err(OrdwayFailure(error))
            }
            other => self.ordway_outcome(other),
        }
    }

    fn ordway_failure(&self, error: ordway_client::Error) -> OrdwayFailure {
        if error.is_auth() {
            let reason = connect::of_ordway("customers", &error).to_string();
            self.stop(Stop::Refused { service: "ordway", reason });
        } else if error.is_worth_retrying_later() && !error.is_decode() {
            self.outages.failed(Service::Ordway, self.clock.monotonic());
        } else {
            self.outages.succeeded(Service::Ordway);
        }
        OrdwayFailure(error)
    }

    fn anrok_outcome<T>(&self, result: Result<T, anrok_client::Error>) -> Result<T, anrok_client::Error> {
        match &result {
            Err(error) if error.is_auth() => {
                self.stop(Stop::Refused { service: "anrok", reason: connect::of_anrok(error).to_string() });
            }
            Err(error) if error.is_worth_retrying_later() && !error.is_decode() => {
                self.outages.failed(Service::Anrok, self.clock.monotonic());
            }
            _ => self.outages.succeeded(Service::Anrok),
        }
        result
    }

    /// What a failed Anrok call leaves with the document.
    fn anrok_problem(
        &self,
        error: &anrok_client::Error,
        request: Option<&crate::map::request::TaxRequest>,
    ) -> Problem {
        match error.api() {
            _ if error.is_auth() => self.failed(Failure::AnrokKey, error.to_string()),
            Some(answer) if !error.is_worth_retrying_later() => self.held(&[anrok::refused(answer, request)]),
            _ => self.unavailable(Service::Anrok, error.to_string()),
        }
    }
}

/// A failed Ordway call, already counted.
#[derive(Debug)]
struct OrdwayFailure(ordway_client::Error);

impl OrdwayFailure {
    /// The problem of a document that could not be read. The service's own words are left out: they may name the customer,
    /// and without the document nobody can tell.
    fn unread(&self, run: &Run<'_>) -> Problem {
        let error = &self.0;
        let mut problem = self.problem(run);
        if error.api().is_some() {
            problem.reason = format!("{} and gave no record", self.without_words());
        }
        problem
    }

    /// What happened, without the service's own words where it has any.
    fn without_words(&self) -> String {
        let error = &self.0;
        if error.api().is_none() {
            return error.to_string();
        }
        let status = error.status().map(|status| format!(" with HTTP {status}")).unwrap_or_default();
        format!("{} answered {}{status}", error.service(), error.operation())
    }

    fn problem(&self, run: &Run<'_>) -> Problem {
        let error = &self.0;
        if error.is_worth_retrying_later() {
            return run.unavailable(Service::Ordway, error.to_string());
        }
        let failure = if error.is_auth() { Failure::OrdwayCredentials } else { Failure::OrdwayRefused };
        run.failed(failure, error.to_string())
    }
}

/// As a run keeps to one company, without remembering anything: for those who only read.
pub(crate) async fn same_company(
    ledger: &dyn Ledger,
    fence: &Fence,
    company: &str,
    settings: &Settings,
) -> Result<(), LedgerError> {
    let settings = Settings { dry_run: true, ..settings.clone() };
    let fingerprints = ledger.fingerprint_key().await?;
    keep_to_one_company(ledger, fence, &fingerprints, company, &settings).await
}

/// Ids are derived from Ordway's ids: another company's documents under the same prefix would replace this one's.
async fn keep_to_one_company(
    ledger: &dyn Ledger,
    fence: &Fence,
    fingerprints: &FingerprintKey,
    company: &str,
    settings: &Settings,
) -> Result<(), LedgerError> {
    let mark = fingerprints.of("company.v1", &company);
    match ledger.fact(fence, COMPANY).await? {
        Some(known) if known != mark.as_str() && !settings.adopt_company => Err(LedgerError::OtherOwner {
            found: "another Ordway company".to_owned(),
            wanted: format!("the company {company:?}"),
        }),
        Some(known) if known == mark.as_str() => Ok(()),
        _ if settings.dry_run => Ok(()),
        _ => ledger.remember(fence, COMPANY, mark.as_str()).await,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
