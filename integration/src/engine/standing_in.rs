//! Drafts during an outage of Anrok: the stand-in that the policy allows, tracked until the true tax takes its place.

use crate::document::{Document, DocumentKey, Standing};
use crate::fingerprint::Fingerprint;
use crate::ledger::{Entry, EntryFilter, Placeholder, PlaceholderKind, Problem};
use crate::map::money;
use crate::map::request::TaxRequest;
use crate::map::write_back::{self, DraftWrite};
use crate::outage_policy::{LastTax, OutageFacts, StandIn, decide};

use super::drafts::Written;
use super::failure::Failure;
use super::outage::Service;
use super::settling::{Next, Prepared};
use super::{Run, Stop, lock};

impl Run<'_> {
    /// The tax of a draft could not be had. While the run may still try again it is only left for later.
    pub(super) async fn without_tax(
        &self,
        prepared: &Prepared,
        entry: Entry,
        problem: Problem,
    ) -> Result<Next, Stop> {
        let outage = problem.code == Failure::Unavailable(Service::Anrok).code() && !self.is_stopping();
        if !outage || self.settings.dry_run || !self.settings.write_back.writes() {
            return self.left(entry, problem, prepared).await;
        }
        let Ok((request, _)) = &prepared.request else { return Ok(Next::Done) };
        let last_chance = *lock(&self.standing_in);
        let stand_in = if last_chance { self.decided(prepared, request, &entry) } else { None };
        if let Some((kind, write)) = stand_in {
            return self.stand_in(prepared, request, entry, kind, &write).await;
        }
        lock(&self.untaxed).insert(entry.key.clone());
        let problem = match &entry.placeholder {
            Some(placeholder) => self.shows(placeholder, entry.currency.as_deref()),
            None => problem,
        };
        self.left(entry, problem, prepared).await
    }

    fn decided(
        &self,
        prepared: &Prepared,
        request: &TaxRequest,
        entry: &Entry,
    ) -> Option<(PlaceholderKind, DraftWrite)> {
        let mut facts = OutageFacts::new(request.amount(), &request.currency, request.exponent);
        facts.country = request.country.as_deref();
        facts.class = prepared.document.class.as_deref();
        let here = self.draft_place(request);
        let known = entry.draft.as_ref().filter(|draft| draft.place.as_ref() == Some(&here));
        facts.last = known.zip(entry.amount_minor).map(|(draft, amount)| {
            let tax = draft.lines.iter().fold(0i64, |sum, (_, tax)| sum.saturating_add(*tax));
            LastTax::new(tax, amount)
        });
        match decide(&self.settings.outage, &facts)? {
            StandIn::Zero => Some((PlaceholderKind::Zero, DraftWrite::provisional(request, 0)?)),
            StandIn::LastKnown(tax) => {
                Some((PlaceholderKind::LastKnown, DraftWrite::provisional(request, tax)?))
            }
        }
    }

    /// What was asked but lines and dates: another place has another rate.
    pub(super) fn draft_place(&self, request: &TaxRequest) -> Fingerprint {
        let place = (
            &request.currency,
            [&request.country, &request.line1, &request.city, &request.region, &request.postal_code],
            &request.ship_from,
            &request.customer_id,
            &request.tax_ids,
        );
        self.fingerprints.of("draft-place.v1", &place)
    }

    /// Puts a stand-in on the draft. The ledger knows of it before Ordway does.
    async fn stand_in(
        &self,
        prepared: &Prepared,
        request: &TaxRequest,
        mut entry: Entry,
        kind: PlaceholderKind,
        write: &DraftWrite,
    ) -> Result<Next, Stop> {
        let before = entry.placeholder.clone();
        let since = before.as_ref().map_or_else(|| self.clock.now(), |placeholder| placeholder.since);
        let placeholder = Placeholder::new(kind, write.total(), request.amount(), since);
        let problem = self.shows(&placeholder, Some(&request.currency));
        if entry.currency.as_ref() != Some(&request.currency) {
            // What is known in another currency is known of another document.
            entry.currency = Some(request.currency.clone());
            (entry.amount_minor, entry.tax_minor, entry.borne_minor, entry.draft) = (None, None, None, None);
        }
        entry.customer.clone_from(&prepared.document.customer_id);
        entry.placeholder = Some(placeholder);
        self.store(&entry).await?;
        let written = self.put_on_draft(prepared, write, entry.clone()).await?;
        entry = self.entry(&entry.key).await?;
        match written {
            Written::Seen(updated) => {
                entry.intent = None;
                entry.updated = updated.max(entry.updated);
                self.left(entry, problem, prepared).await
            }
            Written::Changed(document) | Written::Shorter(document) => {
                if !write_back::already_there(write, &document) {
                    entry.placeholder = before;
                    self.store(&entry).await?;
                }
                Ok(Next::Reread(document, None))
            }
            Written::Gone => {
                self.let_go(entry).await?;
                Ok(Next::Done)
            }
            Written::No(refused) => {
                // A lost answer may have put it there: it stays tracked until the draft is seen without it.
                if refused.code != Failure::Unavailable(Service::Ordway).code() {
                    entry.placeholder = before;
                }
                self.left(entry, *refused, prepared).await
            }
        }
    }

    /// The problem that a draft with a stand-in is.
    fn shows(&self, placeholder: &Placeholder, currency: Option<&str>) -> Problem {
        let what = match placeholder.kind {
            PlaceholderKind::Zero => "no tax",
            PlaceholderKind::LastKnown => "the tax as last known",
        };
        let reason = format!(
            "Anrok cannot be asked, and the outage policy lets it show {what} for the time being: {} for {}",
            in_words(placeholder.tax_minor, currency),
            in_words(placeholder.amount_minor, currency),
        );
        self.failed(Failure::Placeholder, reason)
    }

    /// Gives drafts that this run could not tax the stand-in that the policy allows. Asked at the end of a run, when
    /// trying again has not helped.
    pub(super) async fn put_stand_ins(&self) {
        let untaxed = std::mem::take(&mut *lock(&self.untaxed));
        if self.settings.outage.only_holds() || self.is_stopping() {
            return;
        }
        let failed = lock(&self.report).failed();
        let keys: Vec<DocumentKey> = failed.into_iter().filter(|key| untaxed.contains(key)).collect();
        *lock(&self.standing_in) = true;
        self.look_at(keys).await;
    }

    /// Every stand-in that still stands is listed, whatever this run did, and its amounts are added up.
    pub(super) async fn tell_placeholders(&self) {
        let mut after: Option<DocumentKey> = None;
        loop {
            let found =
                self.ledger.entries(&self.fence, EntryFilter::Placeholders, after.as_ref(), 500).await;
            let batch = match found {
                Ok(batch) => batch,
                Err(error) => return self.stop(Stop::Ledger(error)),
            };
            let Some(last) = batch.last() else { return };
            after = Some(last.key.clone());
            for entry in &batch {
                let Some(placeholder) = &entry.placeholder else { continue };
                if lock(&self.report).outcome(&entry.key).is_none_or(|outcome| !outcome.is_open()) {
                    let problem = self.shows(placeholder, entry.currency.as_deref());
                    self.reports(&entry.key, self.problem_report(&entry.key, &problem));
                }
                lock(&self.report).placeholder(&entry.key, entry.currency.as_deref(), placeholder);
            }
        }
    }
}

/// The true tax has taken the place of a stand-in: on the draft, or on record where the invoice was posted meanwhile.
pub(super) fn trued_up(entry: &mut Entry, document: &Document, tax_minor: Option<i64>) -> Option<String> {
    let placeholder = entry.placeholder.take()?;
    let currency = entry.currency.as_deref();
    let stood = in_words(placeholder.tax_minor, currency);
    let Some(tax) = tax_minor else {
        return Some(format!(
            "it was posted with a placeholder of {stood} tax, and what tax Anrok recorded is not known here, because that answer \
             was lost: look it up in Anrok; the difference is yours to bill or to credit"
        ));
    };
    let true_tax = in_words(tax, currency);
    match document.standing {
        Standing::Draft => Some(format!("the placeholder of {stood} tax was replaced by {true_tax}")),
        Standing::Live => {
            let difference = tax.saturating_sub(placeholder.tax_minor);
            Some(format!(
                "it was posted with a placeholder of {stood} tax, and its tax is {true_tax}: {} are yours to bill or to credit",
                in_words(difference, currency)
            ))
        }
        Standing::Reversed | Standing::Unknown(_) => None,
    }
}

fn in_words(minor: i64, currency: Option<&str>) -> String {
    let currency = currency.unwrap_or_default();
    format!("{} {currency}", money::text(minor, money::exponent(currency).unwrap_or(2)))
}
