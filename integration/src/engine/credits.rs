//! Credits and the invoices they belong to: the invoice first, its rates, and never more back than was recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::{Document, DocumentKey, DocumentKind, Standing};
use crate::hold::Hold;
use crate::ledger::{Entry, EntryFilter, Problem, Recording, SentLine, by_product};
use crate::map::money;
use crate::map::request::{CreditedInvoice, TaxRequest};
use crate::plan::sent_lines;
use crate::report::OutsideTax;

use super::failure::Failure;
use super::settling::why_not_recorded;
use super::{Run, Stop, lock};

impl Run<'_> {
    /// The turns that the credits of its invoices take, in an order that all keep to; none for other documents.
    pub(super) fn credits_turns(
        &self,
        document: &Document,
        entry: &Entry,
    ) -> Vec<Arc<tokio::sync::Mutex<()>>> {
        if document.key.kind != DocumentKind::Credit || document.standing != Standing::Live {
            return Vec::new();
        }
        let invoices: BTreeSet<&String> = document.applied_to.iter().chain(&entry.credited_invoice).collect();
        let mut turns = lock(&self.credits);
        if turns.len() > 4096 {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        invoices.into_iter().map(|invoice| Arc::clone(turns.entry(invoice.clone()).or_default())).collect()
    }

    /// The invoice that a credit belongs to, and whether the credit has to wait for it.
    pub(super) async fn credited_invoice(
        &self,
        credit: &Document,
        entry: &Entry,
    ) -> Result<(Option<CreditedInvoice>, Option<Hold>), Box<Problem>> {
        if matches!(entry.recording, Recording::Live { .. }) {
            let Some(invoice) = &entry.credited_invoice else { return Ok((None, None)) };
            return self.credited(credit, Some(entry), invoice).await;
        }
        // Of several invoices the first that was not undone: where one is left, there is something to take back.
        let mut undone = None;
        for invoice in &credit.applied_to {
            match self.credited(credit, None, invoice).await? {
                nothing @ (_, Some(Hold::NothingToCredit { .. })) => undone = undone.or(Some(nothing)),
                other => return Ok(other),
            }
        }
        Ok(undone.unwrap_or_default())
    }

    /// The same of one of its invoices; `on_record`: the credit's entry, where it is on record against that.
    async fn credited(
        &self,
        credit: &Document,
        on_record: Option<&Entry>,
        invoice: &str,
    ) -> Result<(Option<CreditedInvoice>, Option<Hold>), Box<Problem>> {
        let (invoice, recorded) = (invoice.to_owned(), on_record.is_some());
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
            && (!self.settings.dry_run || (self.plans && lock(&self.report).outcome(&parent).is_none()))
        {
            // The invoice first: a credit must never be on record without its sale.
            Box::pin(self.settle(document.clone())).await;
            known = self.known(&parent).await?;
        }
        let date = on_record
            .and_then(|entry| entry.tax_date)
            .or_else(|| known.as_ref().and_then(|entry| entry.date))
            .or_else(|| read.as_ref().and_then(|document| document.date));
        let address = read.as_ref().and_then(|document| {
            let both = (document.shipping.as_ref(), document.billing.as_ref());
            let chosen = crate::map::address::choose(both.0, both.1, self.settings.rules.address_fallback);
            chosen.ok().map(|(_, address)| address.clone())
        });
        let credited = CreditedInvoice { id: invoice.clone(), date, address };
        let follows = self.settings.dry_run && (!self.plans || self.planned_on_record(&parent));
        if recorded || live(&known) || follows {
            return Ok((Some(credited), None));
        }
        let undone = known.as_ref().is_none_or(|entry| entry.intent.is_none());
        if undone && read.as_ref().is_some_and(|document| document.standing == Standing::Reversed) {
            return Ok((Some(credited), Some(Hold::NothingToCredit { invoice })));
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

    /// The credits that are on record, or may be, against an invoice.
    pub(super) async fn credits_of(&self, invoice: &str) -> Result<Vec<Entry>, Stop> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map(|entry: &Entry| entry.key.clone());
            let filter = EntryFilter::CreditsOf(invoice.to_owned());
            let batch = self.ledger.entries(&self.fence, filter, after.as_ref(), 500).await?;
            if batch.is_empty() {
                return Ok(all);
            }
            all.extend(batch);
        }
    }

    /// Whether recording `request` would take back more than is on record of the credited invoices; and what it takes back
    /// of products that were not charged so much, which is told and not held.
    ///
    /// A credit may be spread over several invoices: its limit is what all of them have. Where another credit of this
    /// invoice is, its share in this one is not known, and nothing is held by guess.
    pub(super) async fn too_much(
        &self,
        credit: &Document,
        entry: &Entry,
        request: &TaxRequest,
        credited: &CreditedInvoice,
    ) -> Result<Result<Vec<String>, Hold>, Box<Problem>> {
        let on_record =
            if matches!(entry.recording, Recording::Live { .. }) { entry.on_record().0 } else { 0 };
        if request.amount().unsigned_abs() <= on_record.unsigned_abs() {
            return Ok(Ok(Vec::new()));
        }
        let mut invoices: Vec<&str> = credit.applied_to.iter().map(String::as_str).collect();
        if !invoices.contains(&credited.id.as_str()) {
            invoices.push(&credited.id);
        }
        let mut recorded: i64 = 0;
        let mut on_record_of_one = false;
        // What is on record of the invoices by product; `None` where an entry does not know.
        let mut charged: Option<Vec<SentLine>> = Some(Vec::new());
        let mut others: Vec<Entry> = Vec::new();
        for invoice in invoices {
            let key = DocumentKey::invoice(invoice);
            let known = self.known(&key).await?;
            // Of an invoice that was undone nothing is left to take back; another may still have it.
            if self.was_undone(&key, known.as_ref()).await? {
                continue;
            }
            let Some(known) = known else { return Ok(Ok(Vec::new())) };
            // An entry of an earlier version may not know its amount.
            let (Recording::Live { .. }, Some(_)) = (&known.recording, known.amount_minor) else {
                return Ok(Ok(Vec::new()));
            };
            if let Some(currency) = known.currency.as_ref().filter(|currency| **currency != request.currency)
            {
                return Ok(Err(Hold::CreditCurrency {
                    invoice: invoice.to_owned(),
                    of_invoice: currency.clone(),
                    of_credit: request.currency.clone(),
                }));
            }
            on_record_of_one = true;
            recorded = recorded.saturating_add(known.on_record().0);
            charged = charged.zip(known_lines(&known)).map(|(all, lines)| [all, lines].concat());
            let credits = self.credits_of(invoice).await.map_err(|stop| self.stopped_by(stop))?;
            others.extend(credits.into_iter().filter(|other| other.key != credit.key));
        }
        if !on_record_of_one {
            // That nothing can be credited is said where the invoices are looked up.
            return Ok(Ok(Vec::new()));
        }
        let before = others.iter().fold(0, |sum: i64, other| sum.saturating_add(back(other)));
        let text = |minor: i64| money::text(minor, request.exponent);
        if fits(recorded, before, request.amount()) {
            let given = others.iter().map(known_lines).collect::<Option<Vec<_>>>();
            let (Some(charged), Some(given)) = (charged, given) else { return Ok(Ok(Vec::new())) };
            let beyond = beyond_products(charged, given.concat(), sent_lines(request));
            let told = beyond.into_iter().map(|(product, left, credit)| {
                format!(
                    "it credits {} of {product}, of which {} {} is on record for {}: Anrok gives back tax at that product's \
                     rates. Credit the products that were sold, if that is not meant",
                    text(credit),
                    text(left),
                    request.currency,
                    credited.id
                )
            });
            return Ok(Ok(told.collect()));
        }
        for other in &others {
            let spread = self.fetch(&other.key).await?;
            if spread.is_some_and(|document| document.applied_to.len() > 1) {
                return Ok(Ok(Vec::new()));
            }
        }
        Ok(Err(Hold::CreditsExceed {
            invoice: credited.id.clone(),
            recorded: text(recorded),
            credited: text(before.saturating_neg()),
            credit: text(request.amount().saturating_neg()),
            currency: request.currency.clone(),
        }))
    }

    /// What a person should know of an invoice that was corrected to less than its credits have taken back.
    pub(super) async fn credited_beyond(
        &self,
        invoice: &Entry,
        exponent: u32,
    ) -> Result<Option<String>, Stop> {
        if invoice.key.kind != DocumentKind::Invoice {
            return Ok(None);
        }
        let credits = self.credits_of(&invoice.key.id).await?;
        let back = credits.iter().fold(0, |sum: i64, credit| sum.saturating_add(back(credit)));
        let recorded = invoice.on_record().0;
        if fits(recorded, 0, back) {
            return Ok(None);
        }
        let ids: Vec<&str> = credits.iter().map(|credit| credit.key.id.as_str()).collect();
        Ok(Some(format!(
            "its credits ({}) take back {}, more than the {} that are on record of it now: reverse or correct a credit in Ordway, \
             unless one is applied to other invoices too",
            ids.join(", "),
            money::text(back.saturating_neg(), exponent),
            money::text(recorded, exponent),
        )))
    }

    /// Whether nothing is on record of an invoice, and nothing will be unless it is posted again.
    async fn was_undone(&self, invoice: &DocumentKey, known: Option<&Entry>) -> Result<bool, Box<Problem>> {
        match known {
            Some(Entry { intent: Some(_), .. } | Entry { recording: Recording::Live { .. }, .. }) => {
                Ok(false)
            }
            _ => Ok(self.fetch(invoice).await?.is_some_and(|read| read.standing == Standing::Reversed)),
        }
    }

    /// Remembers the credits that an invoice shows as applied.
    pub(super) fn note_credits(&self, document: &Document) {
        let mut seen = lock(&self.seen_credits);
        for credit in &document.credits {
            seen.entry(credit.clone()).or_insert_with(|| document.key.id.clone());
        }
    }

    /// Refunds move money; the tax is corrected by the credit or the negative invoice they pay out.
    pub(super) fn note_refunds(&self, document: &Document) {
        for refund in &document.refunds {
            lock(&self.report).outside(OutsideTax::refund(refund, &document.key));
        }
    }
}

/// What a credit has taken back, or may have.
fn back(credit: &Entry) -> i64 {
    match &credit.recording {
        Recording::Live { .. } => credit.on_record().0,
        _ => credit.amount_minor.unwrap_or_default(),
    }
}

/// Whether `credit` still fits: with the others it takes back no more than was recorded, and only what was charged.
fn fits(recorded: i64, others: i64, credit: i64) -> bool {
    let left = recorded.saturating_add(others).saturating_add(credit);
    let charges_more = credit.signum() == recorded.signum();
    credit == 0 || charges_more || (recorded != 0 && left.signum() * recorded.signum() >= 0)
}

/// What is on record of a document by product; `None` where that is not known.
fn known_lines(entry: &Entry) -> Option<Vec<SentLine>> {
    let nothing = !matches!(entry.recording, Recording::Live { .. }) && entry.intent.is_none();
    (nothing || !entry.sent.is_empty()).then(|| entry.sent.clone())
}

/// Products of which more is taken back than is left: product, what is left of it, what the credit takes back.
fn beyond_products(
    charged: Vec<SentLine>,
    others: Vec<SentLine>,
    credit: Vec<SentLine>,
) -> Vec<(String, i64, i64)> {
    // Whether a price includes tax makes no difference to how much of a product there is to take back.
    let sums = |lines: Vec<SentLine>| {
        by_product(lines.into_iter().map(|line| SentLine { tax_included: false, ..line }))
    };
    let left = sums([charged, others].concat());
    let left_of =
        |product: &str| left.iter().find(|line| line.product == product).map_or(0, |line| line.amount_minor);
    sums(credit)
        .into_iter()
        .map(|line| (left_of(&line.product), line))
        // A line that charges takes nothing back.
        .filter(|(left, line)| line.amount_minor < 0 && line.amount_minor.saturating_add(*left) < 0)
        .map(|(left, line)| (line.product, left.max(0), line.amount_minor.saturating_neg()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_credit_of_what_was_not_sold_is_told_by_product() {
        let line = |product: &str, amount| SentLine::new(product, amount, false);
        let beyond =
            |credit| beyond_products(vec![line("A", 100), line("B", 50)], vec![line("A", -30)], credit);
        assert_eq!(beyond(vec![line("A", -70), line("B", -50)]), []);
        assert_eq!(beyond(vec![line("A", -71)]), [("A".to_owned(), 70, 71)]);
        assert_eq!(beyond(vec![line("C", -1)]), [("C".to_owned(), 0, 1)]);
        assert_eq!(
            beyond(vec![line("C", 1), SentLine::new("A", -70, true)]),
            [],
            "it charges; a price is a price"
        );
    }

    #[test]
    fn credits_take_back_what_was_charged_and_no_more() {
        assert!(fits(100, 0, -100) && fits(100, -40, -60) && !fits(100, -40, -61));
        assert!(!fits(0, 0, -1), "nothing was charged");
        assert!(fits(-100, 0, 100) && !fits(-100, 0, 101), "what takes back a negative invoice is positive");
        assert!(fits(100, 0, 5), "a credit that charges takes nothing back");
    }

    proptest! {
        /// However many credits come: what is left of the invoice never changes its sign.
        #[test]
        fn the_rest_never_changes_its_sign(recorded in -1000i64..1000, credits in prop::collection::vec(-400i64..400, 0..12)) {
            let mut others = 0;
            for credit in credits {
                if credit.signum() != recorded.signum() && fits(recorded, others, credit) {
                    others += credit;
                }
            }
            prop_assert!((recorded + others).signum() * recorded.signum() >= 0);
        }
    }
}
