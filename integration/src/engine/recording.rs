//! Posted documents: record, replace, add a difference, void, negate. Every write has its intent in the ledger first.

use anrok_client::transactions::{
    CreateNegation, ListTransactions, MAX_PAGE, TransactionFilter, TransactionId,
};
use anrok_client::{Available, Conflict};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ordway_anrok_http::WriteState;
use rust_decimal::Decimal;

use crate::document::{Document, DocumentKind, Standing};
use crate::hold::{Disposition, Hold};
use crate::ledger::{Entry, Intent, Link, LinkKind, Operation, Problem, Put, Recording, SentLine};
use crate::map::money;
use crate::map::request::TaxRequest;
use crate::map::write_back;
use crate::plan::{Step, dated, delta_request, sent_lines};
use crate::report::Outcome;
use crate::settings::{DeltaDate, OutsideChanges, Redating};

use super::drafts::{taxed_though_exempt, told_though_exempt};
use super::failure::Failure;
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
        let own_date = entry.own_date(transaction);
        let sending = own_date.map_or_else(|| request.clone(), |date| dated(request, date));
        let body = match anrok::transaction(&sending) {
            Ok(body) => body,
            Err(hold) => return self.left(entry, self.held(&[hold]), prepared).await,
        };
        let begun_before = entry.intent.clone();
        // Where an earlier try sent something else, nobody knows any more which of the two stands there.
        let other =
            begun_before.as_ref().is_some_and(|intent| intent.fingerprint.as_ref() != Some(fingerprint));
        let sent = (!other).then(|| fingerprint.clone());
        let intent = Intent::new(Operation::Record, transaction, sent, self.clock.now());
        entry = match (&entry.recording, &prepared.credited, own_date) {
            (Recording::Live { .. }, ..) | (_, None, None) => self.begin(entry, intent).await?,
            (_, credited, _) => {
                // What a credit takes of its invoice is taken from the moment on at which it may be on record.
                if credited.is_some() {
                    pin(&mut entry, prepared, request);
                    entry.amount_minor = Some(request.amount());
                }
                self.begin_with_entry(entry, intent).await?
            }
        };
        let id = TransactionId::from(transaction);
        let result = self.anrok_outcome(self.anrok.transactions().create_or_update(&id, &body).await);
        let calculation = match result {
            Ok(calculation) => calculation,
            Err(error) if conflict(&error) == Some(&Conflict::TransactionFrozenForFiling) => {
                if let Some(date) =
                    self.open_date(prepared, &entry, begun_before.as_ref(), &error, transaction)
                {
                    entry.intent = None;
                    let mut link =
                        Link::new(transaction, LinkKind::Recreation, request.amount(), self.clock.now());
                    link.date = Some(date);
                    entry.begin_link(link);
                    return Box::pin(self.record(prepared, entry, transaction)).await;
                }
                // An earlier attempt of this very call, whose answer was lost, may be what stands there.
                let this = entry.intent.clone().filter(|_| error.write_state() == WriteState::Unknown);
                entry.intent = begun_before.filter(|intent| intent.transaction == transaction).or(this);
                not_on_record(&mut entry, transaction);
                return self.locked(entry, transaction).await;
            }
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        };
        let answer = anrok::answer(&calculation);
        let outcome = first_or_again(&entry, prepared);
        let mut warnings = tax_differs(&prepared.document, Some(answer.tax_to_collect), request.exponent);
        warnings.extend(own_date.filter(|_| outcome != Outcome::Updated).map(|date| {
            format!(
                "its return is locked and takes nothing new: it was recorded anew as {transaction}, dated {date}, at the rates of {}",
                request.tax_date.unwrap_or(request.accounting_date)
            )
        }));
        if let (Recording::Live { version: Some(ours), .. }, Some(theirs)) =
            (&entry.recording, answer.version)
            && theirs > ours + 1
            && begun_before.is_none()
        {
            warnings.push(format!(
                "Anrok or somebody else had changed {transaction} since our last write (version {ours} then, {theirs} now); \
                 what Ordway says was sent again and counts. If the other change was meant, make it in Ordway as well"
            ));
        }
        self.did(outcome);
        let put = Put {
            amount_minor: request.amount(),
            tax_minor: Some(answer.tax_to_collect),
            version: answer.version,
            lines: sent_lines(request),
        };
        entry.put_on_record(transaction, put, fingerprint, self.clock.now());
        pin(&mut entry, prepared, request);
        if let Ok(write) = write_back::draft_write(request, &answer) {
            warnings.extend(
                taxed_though_exempt(&prepared.document, &write).map(|line| told_though_exempt(&line)),
            );
            entry.borne_minor = Some(write.amounts().borne);
            lock(&self.report).amounts(&entry.key, &request.currency, &write);
        }
        let tax = answer.tax_to_collect;
        warnings.extend(self.mixed_places(&prepared.document, request, tax).await);
        warnings.extend(trued_up(&mut entry, &prepared.document, Some(tax)));
        // Recorded for the first time, it has no credits: they wait for it.
        if outcome == Outcome::Updated || entry.chain.len() > 1 {
            warnings.extend(self.credited_beyond(&entry, request.exponent).await?);
        }
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// The date on which a document that was undone is recorded anew, where its locked return is sure to have refused it.
    fn open_date(
        &self,
        prepared: &Prepared,
        entry: &Entry,
        begun_before: Option<&Intent>,
        refusal: &anrok_client::Error,
        transaction: &str,
    ) -> Option<jiff::civil::Date> {
        let was_undone = matches!(&entry.recording, Recording::Ended { .. });
        let sure = refusal.write_state() != WriteState::Unknown && begun_before.is_none();
        let tried = entry.own_date(transaction).is_some();
        let wanted = self.settings.redating == Redating::OpenPeriod;
        (wanted && was_undone && sure && !tried).then(|| self.delta_date(&prepared.document))
    }

    /// `createOrUpdate` of a difference under an id of its own. One that was begun is repeated word for word, with what
    /// it was to put on record then; what changed since follows as the next difference.
    pub(super) async fn delta(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
        lines: &[SentLine],
    ) -> Result<Next, Stop> {
        let Ok((request, fingerprint)) = &prepared.request else { return Ok(Next::Done) };
        if let Err(problem) = self.anrok_ready().await {
            return self.left(entry, *problem, prepared).await;
        }
        let begun_before = entry.intent.clone();
        let known = entry.begun_delta().and_then(|link| link.date);
        let date = known.unwrap_or_else(|| self.delta_date(&prepared.document));
        let target = begun_before.as_ref().and_then(|intent| intent.fingerprint.clone());
        let target = target.unwrap_or_else(|| fingerprint.clone());
        let request = delta_request(request, lines, date);
        let body = match anrok::transaction(&request) {
            Ok(body) => body,
            Err(hold) => return self.left(entry, self.held(&[hold]), prepared).await,
        };
        entry.begin_link(self.delta_link(transaction, lines, date));
        let intent = Intent::new(Operation::Delta, transaction, Some(target.clone()), self.clock.now());
        entry = self.begin_with_entry(entry, intent).await?;
        let id = TransactionId::from(transaction);
        let result = self.anrok_outcome(self.anrok.transactions().create_or_update(&id, &body).await);
        let calculation = match result {
            Ok(calculation) => calculation,
            Err(error) => {
                let nothing_there = begun_before.is_none() && error.write_state() != WriteState::Unknown;
                if nothing_there {
                    entry.intent = None;
                    entry.drop_link(transaction);
                }
                if conflict(&error) != Some(&Conflict::TransactionFrozenForFiling) {
                    return self.not_done(entry, begun_before, &error, prepared).await;
                }
                if nothing_there {
                    let hold = Hold::DeltaLocked { transaction: transaction.to_owned(), date };
                    return self.left(entry, self.held(&[hold]), prepared).await;
                }
                return self.locked(entry, transaction).await;
            }
        };
        let answer = anrok::answer(&calculation);
        self.did(Outcome::Updated);
        entry.settle_delta(
            transaction,
            Some((answer.tax_to_collect, answer.version)),
            &target,
            self.clock.now(),
        );
        let mut warnings =
            vec![format!("its return is locked: the difference was recorded as {transaction}, dated {date}")];
        if target == *fingerprint {
            warnings.extend(tax_differs(&prepared.document, entry.tax_minor, request.exponent));
        }
        warnings.extend(self.credited_beyond(&entry, request.exponent).await?);
        self.settled(prepared, entry, Outcome::Updated, warnings).await
    }

    /// The link of a delta that is about to be sent.
    pub(super) fn delta_link(&self, transaction: &str, lines: &[SentLine], date: jiff::civil::Date) -> Link {
        let amount = lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.amount_minor));
        let mut link = Link::new(transaction, LinkKind::Delta, amount, self.clock.now());
        link.lines = lines.to_vec();
        link.date = Some(date);
        link
    }

    pub(super) fn delta_date(&self, document: &Document) -> jiff::civil::Date {
        let changed = document.updated.map(|at| at.to_zoned(TimeZone::UTC).date());
        match self.settings.delta_date {
            DeltaDate::Today => self.today(),
            DeltaDate::ChangeDate => changed.unwrap_or_else(|| self.today()),
        }
    }

    /// What stands at Anrok is what the document says; the ledger is told, nothing is sent.
    pub(super) async fn adopt(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
    ) -> Result<Next, Stop> {
        let Ok((request, fingerprint)) = &prepared.request else { return Ok(Next::Done) };
        let mut warnings = Vec::new();
        // "Locked" is taken for "ours is in it". Where Anrok lets us look, we look.
        if let Some(intent) = &entry.intent {
            let begun = entry.problem.as_ref().map_or(intent.at, |problem| problem.first_at.min(intent.at));
            match self.stands_at_anrok(transaction, begun).await {
                Some(true) => {}
                Some(false) => {
                    entry.intent = None;
                    let hold =
                        Hold::FrozenWithoutRecord { transaction: transaction.to_owned(), negated: None };
                    return self.left(entry, self.held(&[hold]), prepared).await;
                }
                None => warnings.push(format!(
                    "the answer to its recording was lost, and its return is locked since: it is taken to be in Anrok as \
                     {transaction}; look whether it is"
                )),
            }
        }
        let outcome = adopt(&mut entry, prepared, request, fingerprint, transaction, self.clock.now());
        self.did(outcome);
        pin(&mut entry, prepared, request);
        warnings.extend(trued_up(&mut entry, &prepared.document, None));
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// Whether Anrok has a transaction of this id that was sent after `since`; `None` where it does not say: reading one
    /// is of grade C, the list a premium feature.
    async fn stands_at_anrok(&self, transaction: &str, since: Timestamp) -> Option<bool> {
        match self.anrok.transactions().get(&TransactionId::from(transaction)).await {
            Ok(Available::Answer(_)) => return Some(true),
            Err(error) if conflict(&error) == Some(&Conflict::TransactionIdNotFound) => return Some(false),
            _ => {}
        }
        // A day earlier: the clocks of two systems.
        let from = since.checked_sub(SignedDuration::from_hours(24)).unwrap_or(since);
        let filter = Some(TransactionFilter::LastModifiedAfter(from));
        let mut list = self.anrok.transactions().list(ListTransactions { filter, limit: Some(MAX_PAGE) });
        let mut others = false;
        while let Some(recorded) = list.try_next().await.ok()? {
            if recorded.id == transaction {
                return Some(true);
            }
            others = true;
        }
        // A list without anything tells nothing.
        others.then_some(false)
    }

    /// The return that holds a transaction is locked: the planner is asked again, knowing that.
    async fn locked(&self, entry: Entry, transaction: &str) -> Result<Next, Stop> {
        self.store(&entry).await?;
        Ok(Next::Locked(Box::new(entry), transaction.to_owned()))
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
        let mut result = self.anrok.transactions().void(&id, expected_version(&entry, transaction)).await;
        if matches!(&result, Err(error) if is_other_version(error)) {
            let ours = may_be_ours(&result, begun_before.as_ref(), &entry);
            if self.settings.outside_changes == OutsideChanges::Hold && !ours {
                return self.changed_outside(prepared, entry, begun_before, transaction).await;
            }
            // Ordway's reversal counts whatever version Anrok has made of it by itself.
            if !ours {
                warnings.push(changed_outside(&entry, transaction));
            }
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
                entry.intent = begun_before;
                return self.locked(entry, transaction).await;
            }
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        }
        warnings.extend(self.credits_left(prepared, &entry, transaction).await?);
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
        call.original_transaction_expected_version = expected_version(&entry, transaction);
        let mut result = self.anrok.transactions().create_negation(&call).await;
        if matches!(&result, Err(error) if is_other_version(error)) {
            let ours = may_be_ours(&result, begun_before.as_ref(), &entry);
            if self.settings.outside_changes == OutsideChanges::Hold && !ours {
                return self.changed_outside(prepared, entry, begun_before, transaction).await;
            }
            if !ours {
                warnings.push(changed_outside(&entry, transaction));
            }
            call.original_transaction_expected_version = None;
            result = self.anrok.transactions().create_negation(&call).await;
        }
        match self.anrok_outcome(result) {
            Ok(()) => {}
            // The id is derived from this very transaction: an earlier try of ours took effect.
            Err(error) if conflict(&error) == Some(&Conflict::DuplicateTransactionId) => {}
            // Nothing to take back: the void of an earlier try, whose answer was lost, took effect.
            Err(error)
                if conflict(&error) == Some(&Conflict::TransactionIdNotFound)
                    && begun_before.as_ref().is_some_and(|intent| intent.operation == Operation::Void) =>
            {
                return self.ended(prepared, entry, transaction, None, Outcome::Voided, warnings).await;
            }
            Err(error) => return self.not_done(entry, begun_before, &error, prepared).await,
        }
        warnings.extend(self.credits_left(prepared, &entry, transaction).await?);
        self.ended(prepared, entry, transaction, Some(negation), Outcome::Negated, warnings).await
    }

    /// Somebody else changed what is to be undone, and the policy is to look first.
    async fn changed_outside(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        begun_before: Option<Intent>,
        transaction: &str,
    ) -> Result<Next, Stop> {
        entry.intent = begun_before;
        let hold = Hold::ChangedOutside {
            transaction: transaction.to_owned(),
            version: expected_version(&entry, transaction).map(i64::from),
        };
        self.left(entry, self.held(&[hold]), prepared).await
    }

    /// Credits that stay on record although their invoice no longer is.
    async fn credits_left(
        &self,
        prepared: &Prepared,
        entry: &Entry,
        transaction: &str,
    ) -> Result<Option<String>, Stop> {
        let key = &prepared.document.key;
        let is_base =
            matches!(&entry.recording, Recording::Live { transaction: base, .. } if base == transaction);
        let reversed = prepared.document.standing == Standing::Reversed;
        if key.kind != DocumentKind::Invoice || !is_base || !reversed {
            return Ok(None);
        }
        let mut credits = self.credits_of(&key.id).await?;
        let mut reversed_too = Vec::new();
        for credit in &credits {
            // Reversed together with its invoice, it is undone by this run as well.
            if let Ok(Some(read)) = self.fetch(&credit.key).await
                && read.standing == Standing::Reversed
            {
                reversed_too.push(credit.key.clone());
            }
        }
        credits.retain(|credit| !reversed_too.contains(&credit.key));
        let ids: Vec<&str> = credits.iter().map(|credit| credit.key.id.as_str()).collect();
        Ok((!ids.is_empty()).then(|| {
            format!(
                "its credits stay on record ({}): reverse them in Ordway if they must not count",
                ids.join(", ")
            )
        }))
    }

    async fn ended(
        &self,
        prepared: &Prepared,
        mut entry: Entry,
        transaction: &str,
        negation: Option<&str>,
        outcome: Outcome,
        warnings: Vec<String>,
    ) -> Result<Next, Stop> {
        self.did(outcome);
        entry.undo(transaction, negation, self.clock.now());
        self.settled(prepared, entry, outcome, warnings).await
    }

    /// Stores the entry together with the intent; see [`Run::begin`].
    async fn begin_with_entry(&self, mut entry: Entry, intent: Intent) -> Result<Entry, Stop> {
        entry.intent = Some(intent);
        if !on_purpose!(self.settings, NoIntent) {
            self.ledger.settle(&self.fence, &entry).await?;
        }
        if !on_purpose!(self.settings, NoLeaseCheck) {
            self.ledger.still_mine(&self.fence).await?;
        }
        Ok(entry)
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
        let before = entry.problem.take();
        entry.updated = prepared.document.updated.max(entry.updated);
        // The tax was seen on the draft, or is not to be written: nothing is left to plan.
        let last = outcome == Outcome::Calculated || outcome == Outcome::Written;
        let steps_left = !last && self.next_step(prepared, &entry, &[]) != Step::Nothing;
        if steps_left && !on_purpose!(self.settings, StepsForgotten) {
            entry.problem = Some(self.unfinished().after(before.as_ref()));
        }
        self.store(&entry).await?;
        if last || !warnings.is_empty() {
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
        if last {
            return Ok(Next::Done);
        }
        Ok(Next::Planner(Box::new(entry), outcome))
    }

    /// What keeps a document among those that the next run looks at while steps of its correction are left.
    pub(super) fn unfinished(&self) -> Problem {
        let reason = "the correction was broken off after one of its steps".to_owned();
        self.failed(Failure::Unfinished, reason)
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
            let refused = std::mem::replace(&mut entry.intent, begun_before);
            if let Some(refused) = refused {
                not_on_record(&mut entry, &refused.transaction);
            }
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

/// Of what was begun under a date of its own and refused for certain, nothing is kept.
fn not_on_record(entry: &mut Entry, transaction: &str) {
    let live = matches!(entry.recording, Recording::Live { .. });
    if !live && entry.intent.is_none() && entry.own_date(transaction).is_some() {
        entry.drop_link(transaction);
    }
}

/// What was recorded, so that a later look sees the same document in the same light.
pub(super) fn pin(entry: &mut Entry, prepared: &Prepared, request: &TaxRequest) {
    entry.draft = None;
    entry.currency = Some(request.currency.clone());
    entry.date = Some(request.accounting_date);
    entry.place.clone_from(&prepared.place);
    entry.customer.clone_from(&prepared.document.customer_id);
    if let Some(credited) = &prepared.credited {
        entry.tax_date = credited.date;
        entry.credited_invoice = Some(credited.id.clone());
    }
}

/// The ledger learns what stands at Anrok; what that is to the report.
pub(super) fn adopt(
    entry: &mut Entry,
    prepared: &Prepared,
    request: &TaxRequest,
    fingerprint: &crate::fingerprint::Fingerprint,
    transaction: &str,
    at: Timestamp,
) -> Outcome {
    let Some(intent) = entry.intent.clone() else {
        // What is on record per product is what the document says; only its division into lines is new.
        if let Recording::Live { fingerprint: sent, .. } = &mut entry.recording {
            sent.clone_from(fingerprint);
        }
        return Outcome::Unchanged;
    };
    if intent.operation == Operation::Delta {
        entry.settle_delta(transaction, None, intent.fingerprint.as_ref().unwrap_or(fingerprint), at);
        return Outcome::Updated;
    }
    let outcome = first_or_again(entry, prepared);
    let put =
        Put { amount_minor: request.amount(), tax_minor: None, version: None, lines: sent_lines(request) };
    entry.put_on_record(transaction, put, fingerprint, at);
    outcome
}

fn first_or_again(entry: &Entry, prepared: &Prepared) -> Outcome {
    match (&entry.recording, prepared.document.key.kind) {
        (Recording::Live { .. }, _) => Outcome::Updated,
        (_, DocumentKind::Credit) => Outcome::Credited,
        (_, DocumentKind::Invoice | DocumentKind::DebitMemo) => Outcome::Recorded,
    }
}

fn conflict(error: &anrok_client::Error) -> Option<&Conflict> {
    error.api()?.conflict()
}

fn is_other_version(error: &anrok_client::Error) -> bool {
    conflict(error) == Some(&Conflict::TransactionExpectedVersionMismatch)
}

/// The version of our last write to it; none where its answer was lost.
fn expected_version(entry: &Entry, transaction: &str) -> Option<i32> {
    let links = entry.links();
    let link = links.iter().find(|link| link.transaction == transaction)?;
    link.version.and_then(|version| i32::try_from(version).ok())
}

/// Whether the other version may be what an earlier try of ours made, whose answer was lost: a void or a negation, of this
/// call or of one before, or an update that was begun.
fn may_be_ours<T>(
    refused: &Result<T, anrok_client::Error>,
    begun_before: Option<&Intent>,
    entry: &Entry,
) -> bool {
    let lost = refused.as_ref().is_err_and(|error| error.write_state() == WriteState::Unknown);
    let begun = entry.intent.as_ref().zip(begun_before);
    lost || begun.is_some_and(|(now, before)| now.transaction == before.transaction)
}

fn changed_outside(entry: &Entry, transaction: &str) -> String {
    let then = expected_version(entry, transaction).map(|version| format!(" (version {version} then)"));
    format!(
        "Anrok or somebody else had changed {transaction} since our last write{}; it is undone all the same, because \
         Ordway's word counts",
        then.unwrap_or_default()
    )
}

/// The tax that the customer is charged and the tax that is recorded should be one.
fn tax_differs(document: &Document, recorded: Option<i64>, exponent: u32) -> Vec<String> {
    let Some(recorded) = recorded else { return Vec::new() };
    let sign = if document.key.kind == DocumentKind::Credit { -1 } else { 1 };
    let charged = document.tax.unwrap_or(Decimal::ZERO);
    let recorded = money::to_decimal(recorded.saturating_mul(sign), exponent);
    if charged == recorded {
        return Vec::new();
    }
    vec![format!(
        "it shows {charged} tax in Ordway, Anrok computes {recorded} and has that on record: posted documents are not written to. \
         Bill or credit the difference, or bear it"
    )]
}
