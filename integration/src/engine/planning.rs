//! Plans: what a run would do, found by the same planner, and a run that does exactly what a plan says.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::civil::Date;

use crate::document::{DocumentKey, DocumentKind, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{Entry, Operation, Put, Recording};
use crate::map::money;
use crate::map::request::TaxRequest;
use crate::map::write_back::DraftWrite;
use crate::plan::{Period, PlannedCall, PlannedDocument, PlannedOperation, Step, sent_lines};
use crate::report::{DocumentReport, Outcome, RunProblem};

use super::pass::ROUNDS;
use super::recording::{adopt, pin};
use super::settling::Prepared;
use super::{Run, Stop, lock};

/// More steps than any chain takes.
const STEPS: usize = 64;

/// What the planner would do one after another, if every call went well.
struct Foreseen {
    calls: Vec<PlannedCall>,
    after: Entry,
}

impl Run<'_> {
    /// A dry run: works out the calls for a document, asks Anrok for the tax, and keeps them for the plan.
    pub(super) async fn would(&self, prepared: &Prepared, entry: &Entry) -> Result<(), Stop> {
        let tax = match self.foreseen_tax(prepared, entry).await {
            Ok(tax) => tax,
            Err(problem) => return self.leave(entry.clone(), *problem, prepared.warnings.clone()).await,
        };
        let period = self.period(entry).await;
        let base = live_id(entry).filter(|_| period == Period::Locked);
        let known: Vec<String> = base.into_iter().collect();
        let all: Vec<String> = entry.links().iter().map(|link| link.transaction.clone()).collect();
        let planned = self.foresee(prepared, entry, &known, tax);
        let worst = self.foresee(prepared, entry, &all, tax);
        let if_locked =
            if period == Period::Open || worst.calls == planned.calls { Vec::new() } else { worst.calls };
        let (amount_before, tax_before) = on_record(entry);
        let (amount_after, tax_after) = on_record(&planned.after);
        let mut warnings = prepared.warnings.clone();
        let in_a_locked_return = self.next_step(prepared, entry, &all);
        warnings.extend(self.instead_of_delta(prepared, entry, &in_a_locked_return));
        let document = PlannedDocument {
            key: entry.key.clone(),
            why: why(prepared, entry, period),
            period,
            currency: prepared
                .request
                .as_ref()
                .ok()
                .map(|(r, _)| r.currency.clone())
                .or(entry.currency.clone()),
            amount_before,
            tax_before,
            amount_after,
            tax_after,
            calls: planned.calls,
            if_locked,
            warnings,
            inputs: self.inputs(prepared),
            record: self.record_mark(entry),
        };
        let mut report = DocumentReport::new(&entry.key, Outcome::Planned);
        let calls: Vec<String> = document.calls.iter().map(ToString::to_string).collect();
        report.reason = Some(format!("would {}", calls.join(", then ")));
        report.currency.clone_from(&document.currency);
        let exponent = report.currency.as_deref().and_then(money::exponent);
        report.tax = tax.zip(exponent).map(|(tax, exponent)| money::text(tax, exponent));
        report.warnings.clone_from(&document.warnings);
        lock(&self.planned).insert(entry.key.clone(), document);
        self.reports(&entry.key, report);
        Ok(())
    }

    /// A draft whose tax was computed in a dry run.
    pub(super) fn plan_draft(&self, prepared: &Prepared, entry: &Entry, write: &DraftWrite, in_place: bool) {
        if !self.settings.dry_run {
            return;
        }
        let Ok((request, _)) = &prepared.request else { return };
        let document = &prepared.document;
        let tax_before = document.tax.and_then(|tax| money::exact_minor(tax, request.exponent));
        let id = self.settings.rules.prefix.transaction_id(&document.key, entry.generation);
        let (amount, tax) = (request.amount(), write.total());
        let mut calls = vec![PlannedCall::new(PlannedOperation::Calculate, &id, amount, Some(tax))];
        if !in_place && self.settings.write_back.writes() {
            calls.push(PlannedCall::new(PlannedOperation::WriteTax, &document.key.id, 0, Some(tax)));
        }
        let planned = PlannedDocument {
            key: document.key.clone(),
            why: "it is a draft whose tax is not computed yet, or whose inputs changed since".to_owned(),
            period: Period::Unknown,
            currency: Some(request.currency.clone()),
            amount_before: amount,
            tax_before,
            amount_after: amount,
            tax_after: Some(tax),
            calls,
            if_locked: Vec::new(),
            warnings: prepared.warnings.clone(),
            inputs: self.inputs(prepared),
            record: self.record_mark(entry),
        };
        lock(&self.planned).insert(document.key.clone(), planned);
    }

    /// Whether an invoice is on record once the plan so far is through.
    pub(super) fn planned_on_record(&self, key: &DocumentKey) -> bool {
        lock(&self.planned).get(key).is_some_and(PlannedDocument::ends_on_record)
    }

    /// The tax of what the document's first sending call would put on record.
    async fn foreseen_tax(
        &self,
        prepared: &Prepared,
        entry: &Entry,
    ) -> Result<Option<i64>, Box<crate::ledger::Problem>> {
        let Ok((request, _)) = &prepared.request else { return Ok(None) };
        let step = self.next_step(prepared, entry, &[]);
        let sends = prepared.document.standing == Standing::Live && !matches!(step, Step::Adopt { .. });
        if !sends {
            return Ok(None);
        }
        let answer = self.preview(request).await?;
        Ok(Some(answer.tax_to_collect))
    }

    fn foresee(&self, prepared: &Prepared, entry: &Entry, locked: &[String], tax: Option<i64>) -> Foreseen {
        let (mut entry, mut calls) = (entry.clone(), Vec::new());
        let now = self.clock.now();
        for _ in 0..STEPS {
            let step = self.next_step(prepared, &entry, locked);
            let (before, tax_before) = entry.on_record();
            let request = prepared.request.as_ref().ok();
            match (&step, request) {
                (
                    Step::Record { transaction } | Step::Update { transaction },
                    Some((request, fingerprint)),
                ) => {
                    let put = Put {
                        amount_minor: request.amount(),
                        tax_minor: tax,
                        version: None,
                        lines: sent_lines(request),
                    };
                    entry.put_on_record(transaction, put, fingerprint, now);
                    pin(&mut entry, prepared, request);
                }
                (Step::Delta { transaction, lines }, Some((_, fingerprint))) => {
                    let begun = entry.intent.as_ref().and_then(|intent| intent.fingerprint.clone());
                    let target = begun.unwrap_or_else(|| fingerprint.clone());
                    let date = self.delta_date(&prepared.document);
                    let repeated = target != *fingerprint;
                    entry.begin_link(self.delta_link(transaction, lines, date));
                    // The tax of the difference is what is missing to the whole; Anrok computes it on its own.
                    let missing = tax.zip(tax_before).map(|(all, before)| all.saturating_sub(before));
                    let answer = missing.filter(|_| !repeated).map(|tax| (tax, None));
                    entry.settle_delta(transaction, answer, &target, now);
                }
                (Step::Adopt { transaction }, Some((request, fingerprint))) => {
                    adopt(&mut entry, prepared, request, fingerprint, transaction, now);
                    pin(&mut entry, prepared, request);
                }
                (Step::Void { transaction }, _) => entry.undo(transaction, None, now),
                (Step::Negate { transaction, negation }, _) => entry.undo(transaction, Some(negation), now),
                _ => break,
            }
            let (after, tax_after) = entry.on_record();
            let tax = tax_after.zip(tax_before).map(|(after, before)| after.saturating_sub(before));
            if let Some(call) = call_of(&step, after.saturating_sub(before), tax) {
                calls.push(call);
            }
        }
        Foreseen { calls, after: entry }
    }

    /// What Ordway says of a document, as far as it counts.
    fn inputs(&self, prepared: &Prepared) -> Fingerprint {
        let standing = match &prepared.document.standing {
            Standing::Draft => "draft",
            Standing::Live => "live",
            Standing::Reversed => "reversed",
            Standing::Unknown(_) => "unknown",
        };
        // What is reversed is undone whatever it says.
        let counts = prepared.document.standing != Standing::Reversed;
        let request =
            prepared.request.as_ref().ok().filter(|_| counts).map(|(_, fingerprint)| fingerprint.as_str());
        self.fingerprints.of("plan.inputs.v1", &(standing, request))
    }

    /// What the ledger says of a document, problems and open intents aside.
    fn record_mark(&self, entry: &Entry) -> Fingerprint {
        let plain = (&entry.recording, entry.generation, &entry.chain, &entry.draft);
        self.fingerprints.of("plan.record.v1", &plain)
    }

    /// Whether the returns of the document's day are locked, where the seller may list them.
    async fn period(&self, entry: &Entry) -> Period {
        let Some(live) = live_id(entry) else { return Period::Unknown };
        let Some(date) = entry.own_date(&live).or(entry.date) else { return Period::Unknown };
        let filings = self.filings.get_or_init(|| async { self.read_filings().await }).await;
        let mut of_day = filings
            .iter()
            .filter(|(begin, end, _)| *begin <= date && date <= *end)
            .map(|(_, _, locked)| *locked);
        match of_day.next() {
            Some(true) if of_day.all(|locked| locked) => Period::Locked,
            Some(false) if of_day.all(|locked| !locked) => Period::Open,
            _ => Period::Unknown,
        }
    }

    /// Period and lock of every return; none where the list is not enabled or cannot be read: it is a help, not a need.
    async fn read_filings(&self) -> Vec<(Date, Date, bool)> {
        let mut known = Vec::new();
        if self.anrok_ready().await.is_err() {
            return known;
        }
        let query = anrok_client::filings::ListFilings { limit: Some(100), ..Default::default() };
        let mut filings = self.anrok.filings().list(query);
        while let Ok(Some(filing)) = filings.try_next().await {
            known.extend(day_and_lock(&filing));
        }
        known
    }

    /// Works out the plan of one document, and of the invoice it belongs to.
    pub(crate) async fn plan_one(self, key: &DocumentKey) -> super::Ended {
        self.look(key.clone()).await;
        if lock(&self.report).outcome(key).is_none() && !self.is_stopping() {
            let remedy = "Check the id: it is Ordway's own, such as INV-00042. What was never recorded needs no correction.";
            lock(&self.report).problem(RunProblem::new("ordway", format!("{key} is not in Ordway"), remedy));
        }
        self.finish()
    }

    /// Executes a plan: its documents, its calls, nothing else. Lists are not read, checkpoints not moved.
    pub(crate) async fn apply(self) -> super::Ended {
        let mut documents: Vec<&PlannedDocument> = self.applying.iter().flat_map(HashMap::values).collect();
        documents.sort_by_key(|document| document.rank());
        let (credits, others): (Vec<_>, Vec<_>) = documents
            .into_iter()
            .map(|planned| planned.key.clone())
            .partition(|key| key.kind == DocumentKind::Credit);
        // Credits last: they follow their invoices.
        for keys in [others, credits] {
            let taken = stream::iter(keys).map(|key| self.apply_one(key));
            taken.buffer_unordered(self.settings.in_flight.max(1)).collect::<()>().await;
        }
        for round in 0..ROUNDS {
            let transient = std::mem::take(&mut *lock(&self.transient));
            let patience = self.outages.lasting(self.clock.monotonic()) < self.settings.outage_patience;
            if transient.is_empty() || self.is_stopping() || !patience {
                break;
            }
            self.clock.sleep(std::time::Duration::from_secs(2 << round)).await;
            self.outages.try_again();
            let mut keys: Vec<DocumentKey> = transient.into_iter().collect();
            keys.sort();
            for key in keys {
                self.apply_one(key).await;
            }
        }
        self.finish()
    }

    async fn apply_one(&self, key: DocumentKey) {
        if self.is_stopping() {
            return;
        }
        let applied = async {
            match self.fetch(&key).await {
                Ok(Some(document)) => Box::pin(self.settle(document)).await,
                Ok(None) => self.refuse(&key, "Ordway no longer has it"),
                Err(problem) => {
                    lock(&self.transient).insert(key.clone());
                    self.reports(&key, self.problem_report(&key, &problem));
                }
            }
        };
        Box::pin(applied).await;
    }

    /// Whether the plan that is being applied has this step; without a plan every step is allowed. A refusal is reported
    /// and not remembered: the document is as it was.
    pub(super) fn is_planned(
        &self,
        prepared: &Prepared,
        entry: &Entry,
        step: &Step,
        locked: &[String],
    ) -> bool {
        let Some(plan) = &self.applying else { return true };
        let key = &entry.key;
        // Another document than the plan's, read on the way: left alone.
        let Some(planned) = plan.get(key) else { return false };
        if self.inputs(prepared) != planned.inputs {
            self.refuse(key, "it was changed in Ordway");
            return false;
        }
        let remaining = match step {
            Step::Nothing => return true,
            Step::Calculate => return self.is_on_plan(key, entry, planned),
            _ => self.foresee(prepared, entry, locked, None).calls,
        };
        let next = call_of(step, 0, None);
        let expected = remaining.iter().chain(&next).all(|call| planned.allows(call));
        // Shorter than the plan: some of it was done by an earlier try.
        let begun = entry.intent.is_some()
            || remaining.len() < planned.calls.len()
            || next.as_ref().is_some_and(|next| {
                planned.calls.iter().chain(&planned.if_locked).position(|call| call.is(next)) != Some(0)
            });
        if !expected {
            self.refuse(key, "what is on record changed");
            return false;
        }
        begun || self.is_on_plan(key, entry, planned)
    }

    fn is_on_plan(&self, key: &DocumentKey, entry: &Entry, planned: &PlannedDocument) -> bool {
        let same = self.record_mark(entry) == planned.record;
        if !same {
            self.refuse(key, "what is on record changed");
        }
        same
    }

    /// Whether the tax of a draft is what the plan showed.
    pub(super) fn is_planned_tax(&self, key: &DocumentKey, request: &TaxRequest, tax: i64) -> bool {
        let planned =
            self.applying.as_ref().and_then(|plan| plan.get(key)).and_then(|planned| planned.tax_after);
        match planned {
            Some(planned) if planned != tax => {
                let text = |minor| money::text(minor, request.exponent);
                let what = format!(
                    "Anrok computes {} tax now, the plan shows {}; that changed",
                    text(tax),
                    text(planned)
                );
                self.refuse(key, &what);
                false
            }
            _ => true,
        }
    }

    fn refuse(&self, key: &DocumentKey, what: &str) {
        let problem = self.held(&[Hold::PlanOutdated { what: what.to_owned() }]);
        self.reports(key, self.problem_report(key, &problem));
    }

    /// What the plan already knew to be locked.
    pub(super) fn known_locked(&self, entry: &Entry) -> Vec<String> {
        let planned = self.applying.as_ref().and_then(|plan| plan.get(&entry.key));
        let locked = planned.is_some_and(|planned| planned.period == Period::Locked);
        live_id(entry).filter(|_| locked).into_iter().collect()
    }
}

/// First and last day of a return, and whether it is locked.
fn day_and_lock(filing: &anrok_client::filings::Filing) -> Option<(Date, Date, bool)> {
    let period = filing.period.as_ref()?;
    Some((period.begin.as_ref()?.date()?, period.end_inclusive.as_ref()?.date()?, filing.is_locked()?))
}

/// The call of a step; none where nothing is called and nothing remembered.
fn call_of(step: &Step, amount: i64, tax: Option<i64>) -> Option<PlannedCall> {
    let (operation, transaction) = match step {
        Step::Record { transaction } => (PlannedOperation::Record, transaction),
        Step::Update { transaction } => (PlannedOperation::Update, transaction),
        Step::Delta { transaction, .. } => (PlannedOperation::Delta, transaction),
        Step::Adopt { transaction } => (PlannedOperation::Remember, transaction),
        Step::Void { transaction } => (PlannedOperation::Void, transaction),
        Step::Negate { transaction, .. } => (PlannedOperation::Negate, transaction),
        Step::Nothing | Step::Calculate | Step::Hold(_) => return None,
    };
    let mut call = PlannedCall::new(operation, transaction, amount, tax);
    if let Step::Negate { negation, .. } = step {
        call.negation = Some(negation.clone());
    }
    Some(call)
}

fn live_id(entry: &Entry) -> Option<String> {
    match &entry.recording {
        Recording::Live { transaction, .. } => Some(transaction.clone()),
        Recording::None | Recording::Ended { .. } => None,
    }
}

fn on_record(entry: &Entry) -> (i64, Option<i64>) {
    match &entry.recording {
        Recording::Live { .. } => entry.on_record(),
        Recording::None | Recording::Ended { .. } => (0, Some(0)),
    }
}

/// Why something is to be done, and why that way.
fn why(prepared: &Prepared, entry: &Entry, period: Period) -> String {
    let begun = entry.intent.as_ref().filter(|intent| intent.operation != Operation::WriteTax);
    let what = match (&prepared.document.standing, &entry.recording) {
        _ if begun.is_some() => "an earlier run began it and got no answer: it is finished first",
        (Standing::Reversed, _) => "it was reversed in Ordway",
        (_, Recording::None) => "it is posted and not on record yet",
        (_, Recording::Ended { .. }) => "it counts again: what was on record was undone",
        (_, Recording::Live { .. }) => "it was changed in Ordway after it was recorded",
    };
    let way = match (period, &entry.recording) {
        (_, Recording::None | Recording::Ended { .. }) => "",
        (Period::Open, _) => "; its return is open, so the record itself is changed",
        (Period::Locked, _) => {
            "; its return is locked, so what is on record stays and is corrected beside it"
        }
        (Period::Unknown, _) => {
            "; whether its return is locked, Anrok tells when it is asked (the list of filings is not enabled, or the returns of \
             that day differ)"
        }
    };
    format!("{what}{way}")
}
