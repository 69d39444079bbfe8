//! Posted documents: record, replace, void, negate. Every write has its intent in the ledger first.

use anrok_client::Conflict;
use anrok_client::transactions::{CreateNegation, TransactionId};
use ordway_anrok_http::WriteState;
use rust_decimal::Decimal;

use crate::document::{Document, DocumentKind};
use crate::hold::{Disposition, Hold};
use crate::ledger::{Entry, Intent, Operation, Problem, Recording};
use crate::map::money;
use crate::map::request::TaxRequest;
use crate::map::write_back::{self, TaxAnswer};
use crate::report::Outcome;
use crate::settings::FrozenPolicy;

use super::settling::{Next, Prepared};
use super::standing_in::trued_up;
use super::{Run, Stop, anrok, lock};

impl Run<'_> {
    /// `createOrUpdate` under `transaction`.
    pub(super) async fn record(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
    ) -> Result<Next, Stop> {
        let Ok((request, fingerprint)) = &prepared.request else { return Ok(Next::Done) };
        if let Err(problem) = self.anrok_ready().await {
            return self.left(entry, *problem, prepared).await;
        }
        let body = match anrok::transaction(request) {
            Ok(body) => body,
            Err(hold) => return self.left(entry, self.held(&[hold]), prepared).await,
        };
        let begun_before = entry.intent.clone();
        // Where an earlier try sent something else, nobody knows any more which of the two stands there.
        let other =
            begun_before.as_ref().is_some_and(|intent| intent.fingerprint.as_ref() != Some(fingerprint));
        let sent = (!other).then(|| fingerprint.clone());
        let intent = Intent::new(Operation::Record, transaction, sent, self.clock.now());
        entry = self.begin(entry, intent).await?;
        let id = TransactionId::from(transaction);
        let result = self.anrok_outcome(self.anrok.transactions().create_or_update(&id, &body).await);
        let calculation = match result {
            Ok(calculation) => calculation,
            Err(error) if conflict(&error) == Some(&Conflict::TransactionFrozenForFiling) => {
                // An earlier attempt of this very call, whose answer was lost, may be what stands there.
                let this = entry.intent.clone().filter(|_| error.write_state() == WriteState::Unknown);
                let known = begun_before.filter(|intent| intent.transaction == transaction).or(this);
                return self.frozen(prepared, entry, transaction, known).await;
            }
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        };
        let answer = anrok::answer(&calculation);
        let outcome = match (&entry.recording, prepared.document.key.kind) {
            (Recording::Live { .. }, _) => Outcome::Updated,
            (_, DocumentKind::Credit) => Outcome::Credited,
            (_, DocumentKind::Invoice | DocumentKind::DebitMemo) => Outcome::Recorded,
        };
        let mut warnings = tax_differs(&prepared.document, &answer, request.exponent);
        if let (Recording::Live { version: Some(ours), .. }, Some(theirs)) =
            (&entry.recording, answer.version)
            && theirs > ours + 1
            && begun_before.is_none()
        {
            warnings.push(format!(
                "Anrok or somebody else had changed it since our last write (version {ours} then, {theirs} now)"
            ));
        }
        self.did(outcome);
        entry.recording = Recording::Live {
            transaction: transaction.to_owned(),
            version: answer.version,
            fingerprint: fingerprint.clone(),
        };
        pin(&mut entry, prepared, request);
        entry.tax_minor = Some(answer.tax_to_collect);
        if let Ok(write) = write_back::draft_write(request, &answer) {
            entry.borne_minor = Some(write.amounts().borne);
            lock(&self.report).amounts(&entry.key, &request.currency, &write);
        }
        let tax = answer.tax_to_collect;
        warnings.extend(self.mixed_places(&prepared.document, request, tax).await);
        warnings.extend(trued_up(&mut entry, &prepared.document, Some(tax)));
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// The return that holds the transaction is locked.
    async fn frozen(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
        begun_before: Option<Intent>,
    ) -> Result<Next, Stop> {
        let Ok((request, fingerprint)) = &prepared.request else { return Ok(Next::Done) };
        // A try of an earlier run whose answer was lost may have put something else there.
        let begun_otherwise =
            begun_before.as_ref().is_some_and(|intent| intent.fingerprint.as_ref() != Some(fingerprint));
        entry.intent.clone_from(&begun_before);
        if matches!(entry.recording, Recording::Live { .. }) || begun_otherwise {
            return match self.settings.frozen {
                FrozenPolicy::NegateAndRecreate => {
                    let negation = crate::map::transaction_id::negation_id(transaction);
                    self.negate(prepared, entry, transaction, &negation).await
                }
                FrozenPolicy::Report => {
                    let hold = Hold::FrozenByPolicy { transaction: transaction.to_owned() };
                    self.left(entry, self.held(&[hold]), prepared).await
                }
            };
        }
        if begun_before.is_some() {
            // Our own call of an earlier run, whose answer was lost, is what stands there.
            let credit = prepared.document.key.kind == DocumentKind::Credit;
            let outcome = if credit { Outcome::Credited } else { Outcome::Recorded };
            self.did(outcome);
            entry.recording = Recording::Live {
                transaction: transaction.to_owned(),
                version: None,
                fingerprint: fingerprint.clone(),
            };
            pin(&mut entry, prepared, request);
            return self.settled(prepared, entry, outcome, Vec::new()).await;
        }
        let hold = Hold::FrozenWithoutRecord { transaction: transaction.to_owned() };
        self.left(entry, self.held(&[hold]), prepared).await
    }

    /// Takes a recorded document out of returns and totals.
    pub(super) async fn void(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
    ) -> Result<Next, Stop> {
        if let Err(problem) = self.anrok_ready().await {
            return self.left(entry, *problem, prepared).await;
        }
        let begun_before = entry.intent.clone();
        let intent = Intent::new(Operation::Void, transaction, None, self.clock.now());
        entry = self.begin(entry, intent).await?;
        let id = TransactionId::from(transaction);
        let mut warnings = Vec::new();
        let mut result = self.anrok.transactions().void(&id, expected_version(&entry)).await;
        if matches!(&result, Err(error) if conflict(error) == Some(&Conflict::TransactionExpectedVersionMismatch))
        {
            // Ordway's reversal counts whatever version Anrok has made of it by itself.
            warnings.push("Anrok or somebody else had changed it since our last write".to_owned());
            result = self.anrok.transactions().void(&id, None).await;
        }
        match self.anrok_outcome(result) {
            Ok(()) => {}
            Err(error) if conflict(&error) == Some(&Conflict::TransactionIdNotFound) => {
                if matches!(entry.recording, Recording::Live { .. })
                    && begun_before.is_none()
                    && error.attempts() == 1
                {
                    warnings.push(format!("Anrok no longer had {transaction}: somebody else had removed it"));
                }
            }
            Err(error) if conflict(&error) == Some(&Conflict::TransactionFrozenForFiling) => {
                let negation = crate::map::transaction_id::negation_id(transaction);
                entry.intent = begun_before;
                return self.negate(prepared, entry, transaction, &negation).await;
            }
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        }
        self.ended(prepared, entry, transaction, None, Outcome::Voided, warnings).await
    }

    /// Creates the exact inverse of a transaction that can no longer be changed.
    pub(super) async fn negate(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
        negation: &str,
    ) -> Result<Next, Stop> {
        if let Err(problem) = self.anrok_ready().await {
            return self.left(entry, *problem, prepared).await;
        }
        let begun_before = entry.intent.clone();
        let intent = Intent::new(Operation::Negate, transaction, None, self.clock.now());
        entry = self.begin(entry, intent).await?;
        let mut warnings = Vec::new();
        let mut call = CreateNegation::new(transaction, negation);
        call.original_transaction_expected_version = expected_version(&entry);
        let mut result = self.anrok.transactions().create_negation(&call).await;
        if matches!(&result, Err(error) if conflict(error) == Some(&Conflict::TransactionExpectedVersionMismatch))
        {
            warnings.push("Anrok or somebody else had changed it since our last write".to_owned());
            call.original_transaction_expected_version = None;
            result = self.anrok.transactions().create_negation(&call).await;
        }
        match self.anrok_outcome(result) {
            Ok(()) => {}
            // The id is derived from this very transaction: an earlier try of ours took effect.
            Err(error) if conflict(&error) == Some(&Conflict::DuplicateTransactionId) => {}
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        }
        self.ended(prepared, entry, transaction, Some(negation.to_owned()), Outcome::Negated, warnings).await
    }

    async fn ended(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
        negation: Option<String>,
        outcome: Outcome,
        warnings: Vec<String>,
    ) -> Result<Next, Stop> {
        self.did(outcome);
        entry.recording = Recording::Ended { transaction: transaction.to_owned(), negation };
        // An ended id is never used again: whether Anrok would revive it is not documented.
        entry.generation = entry.generation.saturating_add(1);
        entry.tax_minor = None;
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// Stores the intent, and makes sure that this process is still the one that may send.
    async fn begin(&self, mut entry: Entry, intent: Intent) -> Result<Entry, Stop> {
        if !on_purpose!(self.settings, NoIntent) {
            self.ledger.begin(&self.fence, &entry.key, &intent).await?;
        }
        if !on_purpose!(self.settings, NoLeaseCheck) {
            self.ledger.still_mine(&self.fence).await?;
        }
        entry.intent = Some(intent);
        Ok(entry)
    }

    /// Stores what a step did; the planner is asked again.
    pub(super) async fn settled(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        outcome: Outcome,
        warnings: Vec<String>,
    ) -> Result<Next, Stop> {
        entry.intent = None;
        entry.problem = None;
        entry.updated = prepared.document.updated.max(entry.updated);
        self.store(&entry).await?;
        if outcome == Outcome::Calculated || outcome == Outcome::Written || !warnings.is_empty() {
            let mut report = crate::report::DocumentReport::new(&entry.key, outcome);
            report.tax = entry.tax_minor.map(|tax| {
                let exponent = entry.currency.as_deref().and_then(money::exponent).unwrap_or(2);
                money::text(tax, exponent)
            });
            report.currency.clone_from(&entry.currency);
            report.warnings.clone_from(&prepared.warnings);
            report.warnings.extend(warnings);
            report.reason = report.warnings.first().cloned();
            self.reports(&entry.key, report);
        }
        if outcome == Outcome::Calculated || outcome == Outcome::Written {
            // The tax was seen on the draft, or is not to be written: nothing is left to plan.
            return Ok(Next::Done);
        }
        Ok(Next::Planner(Box::new(entry), outcome))
    }

    /// A call that did not end well: the intent stays open where it may have had an effect. One of an earlier try
    /// stays open too: that this try was refused says nothing about that one.
    async fn not_done(
        &self,
        mut entry: Entry,
        begun_before: Option<Intent>,
        error: &anrok_client::Error,
        prepared: &Prepared,
    ) -> Result<Next, Stop> {
        if error.write_state() != WriteState::Unknown || on_purpose!(self.settings, UnknownCountsAsUndone) {
            entry.intent = begun_before;
        }
        let request = prepared.request.as_ref().ok().map(|(request, _)| request);
        let problem: Problem = if error.api().and_then(|api| api.conflict()).is_some_and(|c| !c.is_known()) {
            let hold = Hold::Refused {
                said: None,
                code: error.api().and_then(|api| api.conflict()).map(|c| c.code().to_owned()).unwrap_or_default(),
                remedy: "Anrok gave a reason that this version does not know. Look it up with Anrok support; the document is \
                         tried again by every run."
                    .to_owned(),
                disposition: Disposition::Review,
            };
            self.held(&[hold])
        } else {
            self.anrok_problem(error, request)
        };
        self.left(entry, problem, prepared).await
    }
}

/// What was recorded, so that a later look sees the same document in the same light.
fn pin(entry: &mut Entry, prepared: &Prepared, request: &TaxRequest) {
    entry.draft = None;
    entry.currency = Some(request.currency.clone());
    entry.amount_minor = Some(request.amount());
    entry.date = Some(request.accounting_date);
    entry.customer.clone_from(&prepared.document.customer_id);
    if let Some(credited) = &prepared.credited {
        entry.tax_date = credited.date;
        entry.credited_invoice = Some(credited.id.clone());
    }
}

fn conflict(error: &anrok_client::Error) -> Option<&Conflict> {
    error.api()?.conflict()
}

fn expected_version(entry: &Entry) -> Option<i32> {
    match &entry.recording {
        Recording::Live { version, .. } => version.and_then(|version| i32::try_from(version).ok()),
        _ => None,
    }
}

/// The tax that the customer is charged and the tax that is recorded should be one.
fn tax_differs(document: &Document, answer: &TaxAnswer, exponent: u32) -> Vec<String> {
    let sign = if document.key.kind == DocumentKind::Credit { -1 } else { 1 };
    let charged = document.tax.unwrap_or(Decimal::ZERO);
    let recorded = money::to_decimal(answer.tax_to_collect.saturating_mul(sign), exponent);
    if charged == recorded {
        return Vec::new();
    }
    vec![format!(
        "it shows {charged} tax in Ordway, Anrok computes {recorded}: posted documents are not written to"
    )]
}
