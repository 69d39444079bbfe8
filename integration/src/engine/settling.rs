//! One document: ask the planner, take its step, ask again, until nothing is left to do.

use crate::document::{Document, DocumentKey, DocumentKind, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{Entry, Problem, Recording};
use crate::map::request::{self, CreditedInvoice, TaxRequest};
use crate::map::{money, write_back};
use crate::plan::{Facts, Step, plan};
use crate::report::{DocumentReport, Outcome};
use crate::settings::MixedAddresses;

use super::failure::Failure;
use super::{Run, Stop, lock};

/// What a step led to.
pub(super) enum Next {
    /// The step was taken; ask the planner again with this entry.
    Planner(Box<Entry>, Outcome),
    /// The document is another one now; begin again with it.
    Reread(Box<Document>),
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
                Ok(_) => {
                    self.reports(&key, DocumentReport::new(&key, Outcome::Unchanged));
                    return Ok(());
                }
                Err(problem) => return self.leave(entry, *problem, Vec::new()).await,
            };
        }
        if self.stays_archived(&document, &entry).await? {
            return Ok(());
        }
        self.look_at_customer_anew(&document, &entry);
        self.note_credits(&document);
        for _ in 0..ROUNDS {
            let prepared = match self.prepare(document, &entry).await {
                Ok(prepared) => prepared,
                Err(problem) => return self.leave(entry, *problem, Vec::new()).await,
            };
            let step = self.next_step(&prepared, &entry);
            tracing::debug!(document = %key, ?step, "planned");
            if self.settings.dry_run && !matches!(step, Step::Nothing | Step::Hold(_) | Step::Calculate) {
                return self.would(&prepared, &entry, step).await;
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
                Next::Reread(fresh) => {
                    entry = self.entry(&key).await?;
                    document = *fresh;
                }
            }
        }
        let reason = "it kept changing in Ordway while it was being settled".to_owned();
        let problem = self.failed(Failure::KeptChanging, reason);
        self.leave(entry, problem, Vec::new()).await
    }

    pub(super) fn next_step(&self, prepared: &Prepared, entry: &Entry) -> Step {
        let transaction = self.settings.rules.prefix.transaction_id(&prepared.document.key, entry.generation);
        #[cfg(feature = "deliberate-bugs")]
        let transaction = crate::deliberate::spoil_id(self.settings.bug, transaction, entry);
        let request = match &prepared.request {
            Ok((_, fingerprint)) => Ok(fingerprint),
            Err(holds) => Err(holds.as_slice()),
        };
        let mut facts = Facts::new(&prepared.document, request, entry, &transaction);
        facts.writes_back = self.settings.write_back.writes();
        facts.tax_in_place = match (&entry.draft, &prepared.request) {
            (Some(draft), Ok((request, _))) => {
                write_back::stands_on(&draft.lines, request.exponent, &prepared.document)
            }
            _ => false,
        };
        plan(&facts)
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
        Ok(Prepared { document, request, credited, warnings })
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

    /// A dry run: what would be done.
    async fn would(&self, prepared: &Prepared, entry: &Entry, step: Step) -> Result<(), Stop> {
        let mut report = DocumentReport::new(&prepared.document.key, Outcome::Planned);
        report.reason = Some(match &step {
            Step::Record { transaction } => format!("would be recorded as {transaction}"),
            Step::Update { transaction } => format!("would replace {transaction}"),
            Step::Void { transaction } => format!("would void {transaction}"),
            Step::Negate { transaction, negation } => format!("would negate {transaction} by {negation}"),
            Step::Nothing | Step::Hold(_) | Step::Calculate => String::new(),
        });
        report.warnings.clone_from(&prepared.warnings);
        if let (Step::Record { .. } | Step::Update { .. }, Ok((request, _))) = (&step, &prepared.request) {
            match self.preview(request).await {
                Ok(answer) => {
                    report.tax = Some(money::text(answer.tax_to_collect, request.exponent));
                    report.currency = Some(request.currency.clone());
                }
                Err(problem) => return self.leave(entry.clone(), *problem, prepared.warnings.clone()).await,
            }
        }
        self.reports(&prepared.document.key, report);
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

    /// The invoice that a credit belongs to, and whether the credit has to wait for it.
    async fn credited_invoice(
        &self,
        credit: &Document,
        entry: &Entry,
    ) -> Result<(Option<CreditedInvoice>, Option<Hold>), Box<Problem>> {
        let recorded = matches!(entry.recording, Recording::Live { .. });
        let invoice =
            if recorded { entry.credited_invoice.clone() } else { credit.applied_to.first().cloned() };
        let Some(invoice) = invoice else { return Ok((None, None)) };
        let needs_address =
            credit.shipping.as_ref().or(credit.billing.as_ref()).is_none_or(|a| !a.is_present());
        let parent = DocumentKey::invoice(&invoice);
        let mut known = self.known(&parent).await?;
        let mut read = None;
        let live = |entry: &Option<Entry>| {
            entry.as_ref().is_some_and(|entry| matches!(entry.recording, Recording::Live { .. }))
        };
        if needs_address || (!recorded && !live(&known)) {
            match self.fetch(&parent).await? {
                Some(document) => read = Some(document),
                None if recorded => {}
                None => {
                    let because = "Ordway does not return it".to_owned();
                    return Ok((None, Some(Hold::WaitsForInvoice { invoice, because })));
                }
            }
        }
        if let Some(document) = &read
            && !recorded
            && !live(&known)
            && !self.settings.dry_run
        {
            // The invoice first: a credit must never be on record without its sale.
            Box::pin(self.settle(document.clone())).await;
            known = self.known(&parent).await?;
        }
        let date = if recorded { entry.tax_date } else { None }
            .or_else(|| known.as_ref().and_then(|entry| entry.date))
            .or_else(|| read.as_ref().and_then(|document| document.date));
        let address = read.as_ref().and_then(|document| {
            let both = (document.shipping.as_ref(), document.billing.as_ref());
            let chosen = crate::map::address::choose(both.0, both.1, self.settings.rules.address_fallback);
            chosen.ok().map(|(_, address)| address.clone())
        });
        let credited = CreditedInvoice { id: invoice.clone(), date, address };
        if recorded || live(&known) || self.settings.dry_run {
            return Ok((Some(credited), None));
        }
        let because = why_not_recorded(known.as_ref(), read.as_ref());
        Ok((Some(credited), Some(Hold::WaitsForInvoice { invoice, because })))
    }

    /// What the ledger knows of another document. A ledger that cannot say ends the run.
    async fn known(&self, key: &DocumentKey) -> Result<Option<Entry>, Box<Problem>> {
        self.ledger.entry(&self.fence, key).await.map_err(|error| {
            let problem = self.failed(Failure::Ledger, error.to_string());
            self.stop(Stop::Ledger(error));
            Box::new(problem)
        })
    }

    fn note_credits(&self, document: &Document) {
        let mut seen = lock(&self.seen_credits);
        for credit in &document.credits {
            seen.entry(credit.clone()).or_insert_with(|| document.key.id.clone());
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
        if let (Hold::WaitsForInvoice { invoice, .. }, Recording::None) = (hold, &entry.recording) {
            entry.credited_invoice = Some(invoice.clone());
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
