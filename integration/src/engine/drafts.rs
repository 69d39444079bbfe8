//! Drafts: compute the tax, put it on the draft, and see it there.

use std::time::Duration;

use anrok_client::Conflict;
use anrok_client::transactions::Calculation;
use ordway_anrok_http::{CallOptions, WriteState};
use ordway_client::InvoiceId;
use ordway_client::invoices::Invoice;

use crate::document::{Document, DocumentKey, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{DraftTax, Entry, Intent, Operation, Problem};
use crate::map::request::TaxRequest;
use crate::map::write_back::{self, DraftWrite, TaxAnswer};
use crate::report::Outcome;
use crate::settings::{ExemptPolicy, WriteBack};

use super::damage::Damage;
use super::failure::Failure;
use super::outage::Service;
use super::settling::{Next, Prepared};
use super::standing_in::trued_up;
use super::{Run, Stop, anrok, lock, ordway};

/// The fact by which the ledger remembers that the tax write does harm.
const DAMAGED: &str = "write_damages";
/// The fact by which it remembers a draft that came back from a write with fewer lines.
const SUSPECTED: &str = "write_suspected";

/// What is told of the first draft that came back with fewer lines.
const SHORTER: &str = "it had more lines right before its tax was written: somebody took some off in that moment, or the write did. Look \
                       whether they are missing";

/// Tries to get the tax onto a draft while Ordway has passing faults.
const WRITE_TRIES: u32 = 5;

impl Run<'_> {
    /// Computes the tax of a draft and writes it where it differs.
    pub(super) async fn calculate(&self, prepared: &Prepared, mut entry: Entry) -> Result<Next, Stop> {
        let Ok((request, fingerprint)) = &prepared.request else { return Ok(Next::Done) };
        // The tax of the lines that are left may well be right.
        if let Some(damage) = self.known_damage().await?
            && damage.victim == entry.key.id
            && damage.is_there(&prepared.document)
        {
            return self.left(entry, self.failed(Failure::WriteDamages, damage.reason()), prepared).await;
        }
        let answer = match self.preview(request).await {
            Ok(answer) => answer,
            Err(problem) => return self.without_tax(prepared, entry, *problem).await,
        };
        #[cfg(feature = "deliberate-bugs")]
        let answer = crate::deliberate::spoil_answer(self.settings.bug, answer);
        let write = match write_back::draft_write(request, &answer) {
            Ok(write) => write,
            Err(mismatch) => {
                let problem = self.failed(Failure::AnswerMismatch, mismatch.to_string());
                return self.left(entry, problem, prepared).await;
            }
        };
        self.did(Outcome::Calculated);
        let mut warnings = warnings(&prepared.document, &write);
        if let (ExemptPolicy::Hold, Some(line)) =
            (self.settings.exempt, taxed_though_exempt(&prepared.document, &write))
        {
            let problem = self.held(&[Hold::TaxedThoughExempt(line)]);
            return self.left(entry, problem, prepared).await;
        }
        let in_place = write_back::already_there(&write, &prepared.document);
        self.plan_draft(prepared, &entry, &write, in_place);
        if !self.is_planned_tax(&entry.key, request, write.total()) {
            return Ok(Next::Done);
        }
        let writes = self.settings.write_back.writes() && !self.settings.dry_run && !in_place;
        let outcome = if writes {
            if let Some(problem) = self.in_vain(&entry, fingerprint) {
                return self.left(entry, problem, prepared).await;
            }
            match self.put_on_draft(prepared, &write, entry.clone()).await? {
                Written::Seen(updated) => {
                    self.did(Outcome::Written);
                    entry.updated = updated.max(entry.updated);
                    Outcome::Written
                }
                Written::Changed(document) => return Ok(Next::Reread(document, None)),
                Written::Shorter(document) => return Ok(Next::Reread(document, Some(SHORTER.to_owned()))),
                Written::Gone => {
                    self.let_go(self.entry(&entry.key).await?).await?;
                    return Ok(Next::Done);
                }
                Written::No(problem) => {
                    if problem.code == Failure::WriteNotEffective.code() {
                        self.kept.had_no_effect(&entry.key, fingerprint);
                    }
                    return self.left(self.entry(&entry.key).await?, *problem, prepared).await;
                }
            }
        } else {
            Outcome::Calculated
        };
        let mut draft = DraftTax::new(fingerprint.clone(), write.per_line(), writes || in_place);
        draft.place = Some(self.draft_place(request));
        entry.draft = Some(draft);
        entry.tax_minor = Some(write.total());
        entry.borne_minor = Some(write.amounts().borne);
        lock(&self.report).amounts(&entry.key, &request.currency, &write);
        entry.amount_minor = Some(request.amount());
        entry.currency = Some(request.currency.clone());
        entry.date = Some(request.accounting_date);
        entry.customer.clone_from(&prepared.document.customer_id);
        warnings.extend(self.mixed_places(&prepared.document, request, write.total()).await);
        if writes || in_place {
            warnings.extend(trued_up(&mut entry, &prepared.document, Some(write.total())));
        }
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// The problem of a draft on which this very tax did not stay; `None` where it may be written. One whose time has come
    /// is tried once more.
    fn in_vain(&self, entry: &Entry, fingerprint: &Fingerprint) -> Option<Problem> {
        let not_effective = Failure::WriteNotEffective;
        let known = entry.problem.as_ref().filter(|problem| problem.code == not_effective.code());
        let waits_until = known.and_then(|problem| problem.next_attempt_at);
        if self.kept.is_in_vain(&entry.key, fingerprint) && waits_until.is_none_or(|at| at > self.clock.now())
        {
            let reason = known.map_or_else(
                || {
                    "write not effective: the tax was written several times, and something takes it off the draft again"
                        .to_owned()
                },
                |problem| problem.reason.clone(),
            );
            let mut problem = self.failed(not_effective, reason);
            problem.next_attempt_at = waits_until;
            return Some(problem);
        }
        let stood =
            entry.draft.as_ref().is_some_and(|draft| draft.written && draft.fingerprint == *fingerprint);
        if stood {
            self.kept.written_again(&entry.key, fingerprint);
        }
        None
    }

    /// Asks for the tax without recording anything.
    pub(super) async fn preview(&self, request: &TaxRequest) -> Result<TaxAnswer, Box<Problem>> {
        self.calculation(request).await.map(|calculation| anrok::answer(&calculation))
    }

    /// [`Run::preview`] with everything that Anrok said.
    pub(super) async fn calculation(&self, request: &TaxRequest) -> Result<Calculation, Box<Problem>> {
        self.anrok_ready().await?;
        let mut transaction = match anrok::transaction(request) {
            Ok(transaction) => transaction,
            Err(hold) => return Err(Box::new(self.held(&[hold]))),
        };
        let mut result = self.anrok_outcome(self.anrok.transactions().create_ephemeral(&transaction).await);
        let unknown_customer = matches!(
            result.as_ref().err().and_then(|error| error.api()).and_then(|api| api.conflict()),
            Some(Conflict::CustomerIdNotFound)
        );
        if unknown_customer {
            // A customer that Anrok has not met has no certificates to lose (reference 5.7, assumed).
            transaction.customer_id = None;
            result = self.anrok_outcome(self.anrok.transactions().create_ephemeral(&transaction).await);
        }
        result.map_err(|error| Box::new(self.anrok_problem(&error, Some(request))))
    }

    /// Writes the tax onto the draft and looks whether it stands there.
    ///
    /// Every try begins by reading the draft: an earlier try whose answer was lost may have taken effect, and
    /// somebody may have posted or edited the invoice meanwhile. Only a draft with the very inputs that were
    /// calculated is written to.
    pub(super) async fn put_on_draft(
        &self,
        prepared: &Prepared,
        write: &DraftWrite,
        entry: Entry,
    ) -> Result<Written, Stop> {
        let Ok((_, fingerprint)) = &prepared.request else { return Ok(Written::Gone) };
        let key = &prepared.document.key;
        // The first write of a run goes alone: what it does to its draft decides about the others.
        let mut alone = Some(self.proving_write.lock().await);
        if alone.as_ref().is_some_and(|proven| **proven) {
            alone = None;
        }
        if let Some(victims) = self.damaged_draft().await? {
            let reason =
                format!("the tax write took lines or products off {victims}; this draft was not written to");
            return Ok(Written::No(Box::new(self.failed(Failure::WriteDamages, reason))));
        }
        let mut last = None;
        for attempt in 0..WRITE_TRIES {
            if attempt > 0 {
                self.clock.sleep(Duration::from_millis(250u64 << attempt)).await;
            }
            if let Err(problem) = self.check_up(Service::Ordway) {
                return Ok(Written::No(problem));
            }
            let fresh = match self.fetch(key).await {
                Ok(Some(fresh)) => fresh,
                Ok(None) => return Ok(Written::Gone),
                Err(problem) => return Ok(Written::No(problem)),
            };
            if fresh.standing != Standing::Draft || !self.same_inputs(&fresh, prepared, &entry).await {
                return Ok(Written::Changed(Box::new(fresh)));
            }
            if write_back::already_there(write, &fresh) {
                return Ok(Written::Seen(fresh.updated));
            }
            let intent =
                Intent::new(Operation::WriteTax, &key.id, Some(fingerprint.clone()), self.clock.now());
            self.ledger.begin(&self.fence, key, &intent).await?;
            if !on_purpose!(self.settings, NoLeaseCheck) {
                self.ledger.still_mine(&self.fence).await?;
            }
            match self.ordway_write_outcome(self.send_tax(&fresh, write).await) {
                Ok(answer) => {
                    let answered = answer
                        .map(|invoice| ordway::invoice_by(self.settings, &invoice))
                        .filter(|document| document.key == *key);
                    let unread = answered.is_none();
                    let written = self.seen_on_draft(prepared, write, &entry, &fresh, answered).await?;
                    // An answer without the record may be a gateway's page: Ordway has not seen the write then.
                    if let (Written::Seen(_), Some(proven)) = (&written, &mut alone) {
                        **proven = self.is_above_suspicion(&fresh).await?;
                    }
                    match written {
                        Written::No(problem) if unread && attempt == 0 => last = Some(*problem),
                        written => return Ok(written),
                    }
                }
                Err(failure) if failure.0.is_worth_retrying_later() => {
                    if failure.0.write_state() == WriteState::Refused
                        && let Some(wait) = failure.0.retry_after()
                    {
                        self.clock.sleep(wait.min(Duration::from_secs(60))).await;
                    }
                    last = Some(failure.problem(self));
                }
                Err(failure) => return Ok(self.refused_or_changed(prepared, &entry, &failure.0).await),
            }
        }
        let problem = last
            .unwrap_or_else(|| self.unavailable(Service::Ordway, "the tax could not be written".to_owned()));
        Ok(Written::No(Box::new(problem)))
    }

    /// One try of the write, as the settings say; the invoice where the answer shows it.
    async fn send_tax(
        &self,
        draft: &Document,
        write: &DraftWrite,
    ) -> Result<Option<Invoice>, ordway_client::Error> {
        let ordway = self.ordway.with(CallOptions::single_attempt());
        match &self.settings.write_back {
            WriteBack::Custom(contract) => {
                let answer = ordway.raw(contract.call(draft, write)).await?;
                Ok(serde_json::from_value(answer).ok())
            }
            WriteBack::Write | WriteBack::ReportOnly => {
                let id = InvoiceId::from(draft.key.id.as_str());
                ordway.invoices().write_tax(&id, &ordway::tax_write(write)).await
            }
        }
    }

    /// Whether the tax stands on the draft after a write that was answered.
    async fn seen_on_draft(
        &self,
        prepared: &Prepared,
        write: &DraftWrite,
        entry: &Entry,
        before: &Document,
        answered: Option<Document>,
    ) -> Result<Written, Stop> {
        if let Some(document) = answered
            && write_back::already_there(write, &document)
            && !lost_lines(before, &document)
        {
            // An edit that slipped in between the look and the write shows in the answer.
            if document.standing == Standing::Draft && !self.same_inputs(&document, prepared, entry).await {
                return Ok(Written::Changed(Box::new(document)));
            }
            return Ok(Written::Seen(document.updated));
        }
        let document = match self.fetch(&prepared.document.key).await {
            Ok(Some(document)) => document,
            Ok(None) => return Ok(Written::Gone),
            Err(problem) => return Ok(Written::No(problem)),
        };
        if document.standing == Standing::Draft && lost_lines(before, &document) {
            return self.damaged(&Damage::of(before, &document)).await;
        }
        let is_draft = document.standing == Standing::Draft;
        if is_draft && document.lines.len() < before.lines.len() {
            let mut damage = Damage::of(before, &document);
            damage.first = self.suspected_before(&damage).await?;
            if damage.first.is_none() {
                return Ok(Written::Shorter(Box::new(document)));
            }
            return self.damaged(&damage).await;
        }
        if is_draft && !self.same_inputs(&document, prepared, entry).await {
            return Ok(Written::Changed(Box::new(document)));
        }
        if write_back::already_there(write, &document) {
            return Ok(Written::Seen(document.updated));
        }
        if !is_draft {
            return Ok(Written::Changed(Box::new(document)));
        }
        let reason = "write not effective: Ordway answered the tax write with success, but the tax does not stand on the invoice";
        Ok(Written::No(Box::new(self.failed(Failure::WriteNotEffective, reason.to_owned()))))
    }

    async fn damaged(&self, damage: &Damage) -> Result<Written, Stop> {
        self.ledger.remember(&self.fence, DAMAGED, &damage.fact(&self.damage_mark())).await?;
        Ok(Written::No(Box::new(self.failed(Failure::WriteDamages, damage.reason()))))
    }

    /// One draft that comes back from a write with fewer lines may have been edited in that very moment; a second one is no
    /// chance. Gives the first.
    async fn suspected_before(&self, suspected: &Damage) -> Result<Option<String>, Stop> {
        let known = self.ledger.fact(&self.fence, SUSPECTED).await?;
        let known = known.and_then(|fact| Damage::read(&fact, &self.damage_mark()));
        if let Some(first) = known.filter(|first| first.is_another_of_the_day(suspected)) {
            return Ok(Some(first.victim));
        }
        self.ledger.remember(&self.fence, SUSPECTED, &suspected.fact(&self.damage_mark())).await?;
        Ok(None)
    }

    /// Whether a write that went well says that all do: not of the draft that is suspected, nor where there is no line to lose.
    async fn is_above_suspicion(&self, draft: &Document) -> Result<bool, Stop> {
        let known = self.ledger.fact(&self.fence, SUSPECTED).await?;
        let Some(suspected) = known.and_then(|fact| Damage::read(&fact, &self.damage_mark())) else {
            return Ok(true);
        };
        let says_nothing = suspected.victim == draft.key.id || draft.lines.len() < 2;
        if says_nothing && suspected.is_of_the_day(&Damage::of(draft, draft)) {
            return Ok(false);
        }
        self.ledger.remember(&self.fence, SUSPECTED, "").await?;
        Ok(true)
    }

    /// The draft that a write of the present settings has damaged, in this run or an earlier one. Once its lines are
    /// whole again, or it is gone, a write is tried once more: somebody has been there.
    async fn damaged_draft(&self) -> Result<Option<String>, Stop> {
        let Some(damage) = self.known_damage().await? else { return Ok(None) };
        match self.fetch(&DocumentKey::invoice(&damage.victim)).await {
            Ok(Some(draft)) if damage.is_there(&draft) => Ok(Some(damage.victims())),
            Err(_) => Ok(Some(damage.victims())),
            Ok(_) => {
                self.ledger.remember(&self.fence, DAMAGED, "").await?;
                Ok(None)
            }
        }
    }

    async fn known_damage(&self) -> Result<Option<Damage>, Stop> {
        let known = self.ledger.fact(&self.fence, DAMAGED).await?;
        Ok(known.and_then(|fact| Damage::read(&fact, &self.damage_mark())))
    }

    /// What the memory of a damage begins with: the way of writing that did it.
    fn damage_mark(&self) -> String {
        let way = self.fingerprints.of("write_back.v1", &format!("{:?}", self.settings.write_back));
        format!("{} ", way.as_str())
    }

    /// Ordway refuses the write: because the draft was posted, edited or deleted right after the look at it?
    async fn refused_or_changed(
        &self,
        prepared: &Prepared,
        entry: &Entry,
        refusal: &ordway_client::Error,
    ) -> Written {
        if refusal.status() != Some(401) {
            match self.fetch(&prepared.document.key).await {
                Ok(None) => return Written::Gone,
                Ok(Some(now))
                    if now.standing != Standing::Draft || !self.same_inputs(&now, prepared, entry).await =>
                {
                    return Written::Changed(Box::new(now));
                }
                Ok(Some(_)) | Err(_) => {}
            }
        }
        Written::No(Box::new(self.write_refused(refusal)))
    }

    fn write_refused(&self, error: &ordway_client::Error) -> Problem {
        self.failed(Failure::WriteRefused, error.to_string())
    }

    /// Whether `fresh` would be asked about in the same words as the calculated one.
    async fn same_inputs(&self, fresh: &Document, prepared: &Prepared, entry: &Entry) -> bool {
        let Ok((_, fingerprint)) = &prepared.request else { return false };
        match Box::pin(self.prepare(fresh.clone(), entry)).await {
            Ok(again) => again.request.as_ref().is_ok_and(|(_, now)| now == fingerprint),
            Err(_) => false,
        }
    }

    /// Leaves a document with a problem.
    pub(super) async fn left(
        &self,
        entry: Entry,
        mut problem: Problem,
        prepared: &Prepared,
    ) -> Result<Next, Stop> {
        problem.reason = prepared.document.without_personal_data(&problem.reason);
        self.leave(entry, problem, prepared.warnings.clone()).await?;
        Ok(Next::Done)
    }
}

/// Whether all lines, or their products or amounts, went missing. People change lines; they do not empty them.
fn lost_lines(before: &Document, after: &Document) -> bool {
    let emptied = before.lines.iter().zip(&after.lines).any(|(before, after)| {
        (before.product_id.is_some() && after.product_id.is_none())
            || (before.amount.is_some() && after.amount.is_none())
    });
    emptied || (after.lines.is_empty() && !before.lines.is_empty())
}

/// What came of a write.
pub(super) enum Written {
    /// The tax stands on the draft, last changed at this time.
    Seen(Option<jiff::Timestamp>),
    /// The document is another one now.
    Changed(Box<Document>),
    /// It came back with fewer lines than it was written to with.
    Shorter(Box<Document>),
    /// The draft was deleted.
    Gone,
    /// It does not stand there.
    No(Box<Problem>),
}

/// What a person should look at although the tax was computed.
fn warnings(document: &Document, write: &DraftWrite) -> Vec<String> {
    let mut warnings = Vec::new();
    if write.corrected != 0 {
        warnings.push(format!(
            "Anrok's lines and its total differ by {} minor units; the total was taken and the lines made to fit",
            write.corrected
        ));
    }
    if let Some(line) = taxed_though_exempt(document, write) {
        warnings.push(told_though_exempt(&line));
    }
    warnings
}

pub(super) fn told_though_exempt(line: &str) -> String {
    format!(
        "Anrok taxes {line}, which Ordway calls not taxable or exempt: an exemption certificate or another product category may be \
         missing in Anrok"
    )
}

pub(super) fn taxed_though_exempt(document: &Document, write: &DraftWrite) -> Option<String> {
    let taxed = |line: &write_back::DraftWriteLine| line.tax != 0;
    if document.tax_exempt && write.lines.iter().any(taxed) {
        return Some("the customer".to_owned());
    }
    let lines: Vec<&str> = document
        .lines
        .iter()
        .zip(&write.lines)
        .filter(|(line, written)| line.taxable == Some(false) && taxed(written))
        .map(|(_, written)| written.line_no.as_str())
        .collect();
    (!lines.is_empty()).then(|| format!("line {}", lines.join(", ")))
}
