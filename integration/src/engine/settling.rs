//! One document: ask the planner, take its step, ask again, until nothing is left to do.

use crate::document::{Document, DocumentKind, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{Entry, Problem, Recording, SentLine};
use crate::map::request::{self, CreditedInvoice, TaxRequest};
use crate::map::{money, write_back};
use crate::plan::{Facts, NoDifference, Step, difference, plan};
use crate::report::{DocumentReport, Outcome};
use crate::settings::{FrozenPolicy, MixedAddresses};

use super::failure::Failure;
use super::{Run, Stop};

/// What a step led to.
pub(super) enum Next {
    /// The step was taken; ask the planner again with this entry.
    Planner(Box<Entry>, Outcome),
    /// This transaction can no longer be changed; ask the planner again, knowing that.
    Locked(Box<Entry>, String),
    /// The document is another one now; begin again with it, and tell this.
    Reread(Box<Document>, Option<String>),
    /// The document is left with a problem or is done; all is written down.
    Done,
}

/// More rounds than any chain of steps needs (negate, re-create, and two edits in between).
const ROUNDS: usize = 8;

/// A document with what would be sent for it.
pub(super) struct Prepared {
    pub(super) document: Document,
    pub(super) request: Result<(TaxRequest, Fingerprint), Vec<Hold>>,
    pub(super) credited: Option<CreditedInvoice>,
    /// Fingerprint of everything but the lines.
    pub(super) place: Option<Fingerprint>,
    pub(super) warnings: Vec<String>,
}

impl Run<'_> {
    /// Brings one document in step. Whatever happens to it is in the ledger and the report afterwards.
    pub(super) async fn settle(&self, document: Document) {
        let turn = self.turn(&document.key);
        let _turn = turn.lock().await;
        if self.is_stopping() {
            return;
        }
        if let Err(stop) = Box::pin(self.settle_in_turn(document)).await {
            self.stop(stop);
        }
    }

    /// The same for a caller that has the document's turn.
    pub(super) async fn settle_in_turn(&self, mut document: Document) -> Result<(), Stop> {
        let key = document.key.clone();
        let mut outcome = None;
        let mut entry = self.entry(&key).await?;
        if entry.updated > document.updated && document.updated.is_some() {
            // Read before a newer version was settled, or committed after it under an earlier date: Ordway knows which.
            document = match self.fetch(&key).await {
                Ok(Some(present)) if !on_purpose!(self.settings, EarlierDateIsStale) => present,
                Ok(Some(_)) => {
                    self.reports(&key, DocumentReport::new(&key, Outcome::Unchanged));
                    return Ok(());
                }
                Ok(None) => return self.gone(&key).await,
                Err(problem) => return self.leave(entry, *problem, Vec::new()).await,
            };
        }
        // The credits of one invoice one by one: together they must not take back more than was recorded.
        let turns = self.credits_turns(&document, &entry);
        let mut held = Vec::with_capacity(turns.len());
        for turn in &turns {
            held.push(turn.lock().await);
        }
        if self.is_stopping() {
            return Ok(());
        }
        if self.stays_archived(&document, &entry).await? {
            return Ok(());
        }
        self.look_at_customer_anew(&document, &entry);
        self.note_credits(&document);
        self.note_refunds(&document);
        let mut locked = self.known_locked(&entry);
        locked.extend(self.answer(&mut entry).await?);
        let mut notes: Vec<String> = Vec::new();
        // A chain of deltas takes two rounds each to be undone.
        for _ in 0..ROUNDS + 2 * entry.chain.len() {
            let mut prepared = match self.prepare(document, &entry).await {
                Ok(prepared) => prepared,
                Err(problem) => return self.leave(entry, *problem, Vec::new()).await,
            };
            let step = self.next_step(&prepared, &entry, &locked);
            if let Some(why) = self.instead_of_delta(&prepared, &entry, &step)
                && !notes.contains(&why)
            {
                notes.push(why);
            }
            prepared.warnings.extend(notes.iter().cloned());
            tracing::debug!(document = %key, ?step, "planned");
            if self.settings.dry_run && !matches!(step, Step::Nothing | Step::Hold(_) | Step::Calculate) {
                return self.would(&prepared, &entry).await;
            }
            if !matches!(step, Step::Hold(_)) && !self.is_planned(&prepared, &entry, &step, &locked) {
                return Ok(());
            }
            let next = match step {
                Step::Nothing => return self.in_step(prepared, entry, outcome).await,
                Step::Hold(holds) => {
                    waits_for(&mut entry, &holds);
                    return self.leave(entry, self.held(&holds), prepared.warnings).await;
                }
                Step::Calculate => self.calculate(&prepared, entry).await?,
                Step::Record { transaction } | Step::Update { transaction } => {
                    self.record(&prepared, entry, &transaction).await?
                }
                Step::Delta { transaction, lines } => {
                    self.delta(&prepared, entry, &transaction, &lines).await?
                }
                Step::Adopt { transaction } => self.adopt(&prepared, entry, &transaction).await?,
                Step::Void { transaction } => self.void(&prepared, entry, &transaction).await?,
                Step::Negate { transaction, negation } => {
                    self.negate(&prepared, entry, &transaction, &negation).await?
                }
            };
            match next {
                Next::Done => return Ok(()),
                Next::Planner(next, what) => {
                    outcome = Some(what);
                    entry = *next;
                    document = prepared.document;
                }
                Next::Locked(same, transaction) => {
                    locked.push(transaction);
                    entry = *same;
                    document = prepared.document;
                }
                Next::Reread(fresh, note) => {
                    notes.extend(note);
                    entry = self.entry(&key).await?;
                    document = *fresh;
                }
            }
        }
        let reason = "it kept changing in Ordway while it was being settled".to_owned();
        let problem = self.failed(Failure::KeptChanging, reason);
        self.leave(entry, problem, Vec::new()).await
    }

    pub(super) fn next_step(&self, prepared: &Prepared, entry: &Entry, locked: &[String]) -> Step {
        let transaction = self.settings.rules.prefix.transaction_id(&prepared.document.key, entry.generation);
        #[cfg(feature = "deliberate-bugs")]
        let transaction = crate::deliberate::spoil_id(self.settings.bug, transaction, entry);
        let request = match &prepared.request {
            Ok((_, fingerprint)) => Ok(fingerprint),
            Err(holds) => Err(holds.as_slice()),
        };
        let difference = prepared.difference(entry);
        let mut facts = Facts::new(&prepared.document, request, entry, &transaction);
        facts.writes_back = self.settings.write_back.writes();
        facts.locked = locked;
        facts.frozen = self.settings.frozen;
        facts.difference = difference.as_deref().map_err(|why| *why);
        facts.tax_in_place = match (&entry.draft, &prepared.request) {
            (Some(draft), Ok((request, _))) => {
                write_back::stands_on(&draft.lines, request.exponent, &prepared.document)
            }
            _ => false,
        };
        plan(&facts)
    }

    /// Why a changed document is undone although the policy is to record differences.
    pub(super) fn instead_of_delta(&self, prepared: &Prepared, entry: &Entry, step: &Step) -> Option<String> {
        let undoes = matches!(step, Step::Void { .. } | Step::Negate { .. });
        let in_force = prepared.document.standing == Standing::Live && entry.intent.is_none();
        if self.settings.frozen != FrozenPolicy::Delta || !undoes || !in_force {
            return None;
        }
        let why = prepared.difference(entry).err()?;
        Some(format!("it is negated and recorded anew instead of by a difference: {why}"))
    }

    /// Completes a document from its customer and the invoice it credits, and builds what would be sent.
    pub(super) async fn prepare(
        &self,
        mut document: Document,
        entry: &Entry,
    ) -> Result<Prepared, Box<Problem>> {
        self.complete_from_customer(&mut document).await?;
        let needs_invoice = document.key.kind == DocumentKind::Credit && document.standing == Standing::Live;
        let (credited, wait) =
            if needs_invoice { self.credited_invoice(&document, entry).await? } else { (None, None) };
        // Where addresses are compared, that is done once, with the tax.
        let unseen = self.settings.mixed_addresses == MixedAddresses::Tell;
        let mut warnings = if unseen { mixed_addresses(&document) } else { Vec::new() };
        let built = request::build(&document, credited.as_ref(), &self.settings.rules, self.today());
        #[cfg(feature = "deliberate-bugs")]
        let built = crate::deliberate::spoil_request(self.settings.bug, built, &document);
        let request = match (wait, built) {
            (Some(wait), Ok(_)) => Err(vec![wait]),
            (Some(wait), Err(_)) if wait.is_outside_tax() => Err(vec![wait]),
            (Some(wait), Err(mut holds)) => {
                holds.push(wait);
                Err(holds)
            }
            (None, built) => built.map(|request| {
                let fingerprint = self.fingerprints.of("request.v1", &request);
                (request, fingerprint)
            }),
        };
        if request.as_ref().is_ok_and(|(request, _)| request.rounded) {
            warnings.push(
                "its lines had more decimals than the currency and were rounded to its subtotal".to_owned(),
            );
        }
        let sending = request.as_ref().ok().and_then(|(request, _)| request.sending().ok());
        warnings.extend(sending.and_then(|sending| sending.told()));
        let request = match (request, &credited) {
            (Ok((request, fingerprint)), Some(credited)) => {
                match self.too_much(&document, entry, &request, credited).await? {
                    Err(hold) => Err(vec![hold]),
                    Ok(told) => {
                        warnings.extend(told);
                        Ok((request, fingerprint))
                    }
                }
            }
            (request, _) => request,
        };
        let place = request.as_ref().ok().map(|(request, _)| {
            let without_lines = TaxRequest { lines: Vec::new(), ..request.clone() };
            self.fingerprints.of("place.v1", &without_lines)
        });
        Ok(Prepared { document, request, credited, place, warnings })
    }

    /// The document is as it should be: remember that, and say what this run did to it.
    async fn in_step(
        &self,
        prepared: Prepared,
        mut entry: Entry,
        outcome: Option<Outcome>,
    ) -> Result<(), Stop> {
        let key = entry.key.clone();
        let mut report = DocumentReport::new(&key, outcome.unwrap_or(Outcome::Unchanged));
        if outcome.is_some() {
            let exponent = entry.currency.as_deref().and_then(money::exponent);
            report.tax = entry.tax_minor.zip(exponent).map(|(tax, exponent)| money::text(tax, exponent));
            report.currency.clone_from(&entry.currency);
            report.warnings = prepared.warnings;
            report.reason = report.warnings.first().cloned();
        }
        // Recorded or undone: what stands on it is no stand-in any more.
        let stood_in = prepared.document.standing != Standing::Draft && entry.placeholder.take().is_some();
        // An entry that says nothing new is not written: an unchanged document costs no commit.
        let news = entry.problem.is_some() || entry.intent.is_some() || outcome.is_some() || stood_in;
        if news {
            entry.problem = None;
            entry.intent = None;
            entry.updated = prepared.document.updated.max(entry.updated);
            self.store(&entry).await?;
        }
        self.reports(&key, report);
        Ok(())
    }

    /// Tax id and exemption come with the customer unless the document carries them itself.
    async fn complete_from_customer(&self, document: &mut Document) -> Result<(), Box<Problem>> {
        let Some(id) = document.customer_id.clone() else { return Ok(()) };
        if document.standing == Standing::Reversed {
            return Ok(());
        }
        let facts = match self.customer(&id) {
            Some(facts) => facts,
            None => self.read_customer(&id).await?,
        };
        document.tax_exempt = facts.exempt;
        if document.tax_id.is_none() {
            document.tax_id.clone_from(&facts.tax_id);
        }
        if document.customer_name.is_none() {
            document.customer_name = facts.name;
        }
        if document.class.is_none() {
            document.class = facts.class;
        }
        Ok(())
    }
}

impl Prepared {
    /// What a delta would add to what is on record, or why there can be none.
    pub(super) fn difference(&self, entry: &Entry) -> Result<Vec<SentLine>, NoDifference> {
        match (&self.request, &self.place) {
            (Ok((request, _)), Some(place)) => difference(entry, request, place),
            _ => Err(NoDifference::UnknownRecord),
        }
    }
}

/// Why an invoice is not on record.
pub(super) fn why_not_recorded(known: Option<&Entry>, invoice: Option<&Document>) -> String {
    match (known, invoice.map(|document| &document.standing)) {
        (Some(Entry { problem: Some(problem), .. }), _) => problem.reason.clone(),
        (_, Some(Standing::Draft)) => "it is still a draft".to_owned(),
        (_, Some(Standing::Reversed)) => "it is reversed".to_owned(),
        _ => "it has not been recorded".to_owned(),
    }
}

/// Notes for which invoice a credit waits, so that it is woken with it.
fn waits_for(entry: &mut Entry, holds: &[Hold]) {
    for hold in holds {
        let (Hold::WaitsForInvoice { invoice: waited_for, .. }
        | Hold::NothingToCredit { invoice: waited_for }) = hold
        else {
            continue;
        };
        if entry.recording == Recording::None {
            entry.credited_invoice = Some(waited_for.clone());
        }
    }
}

/// Lines for other customers than the document's own (bill-to-parent) may ship elsewhere: one transaction has one
/// address, so a person should look.
fn mixed_addresses(document: &Document) -> Vec<String> {
    let header = document.customer_id.as_deref();
    let others: std::collections::BTreeSet<&str> = document
        .lines
        .iter()
        .filter_map(|line| line.customer_id.as_deref())
        .filter(|id| Some(*id) != header)
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let others: Vec<&str> = others.into_iter().collect();
    vec![format!(
        "it bills lines of other customers ({}); all of it is taxed at one address. If they are elsewhere, bill them separately",
        others.join(", ")
    )]
}
