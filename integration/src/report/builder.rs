//! A report while it is made: documents are told as they are settled, in any order and more than once.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::Documents;
use super::row::{Code, Computed, Row};
use super::{
    Counts, CurrencyAmounts, DocumentReport, LineReport, Outcome, OutsideTax, PlaceholderTotal, Report,
    Requests, RunProblem,
};
use crate::document::DocumentKey;
use crate::key_set::KeySet;
use crate::ledger::Placeholder;
use crate::map::amounts::TaxAmounts;
use crate::map::money;
use crate::map::write_back::{DraftWrite, DraftWriteLine};
use crate::outside::Change;

/// Stand-ins of one currency, minor units.
#[derive(Debug, Default)]
struct Standing {
    documents: u64,
    amount: i64,
    tax: i64,
}

/// Collects a report while documents are settled, each counted once however often it is read.
#[derive(Debug, Default)]
pub(crate) struct ReportBuilder {
    counts: Counts,
    documents: Documents,
    /// A company has millions of documents, and nearly all of them are unchanged.
    unchanged: KeySet,
    archived: u64,
    problems: Vec<RunProblem>,
    placeholders: BTreeMap<String, Standing>,
    outside: BTreeSet<OutsideTax>,
    changed_by_others: Vec<Change>,
    /// Lists whose reading broke off, each with its last problem.
    unread: BTreeMap<&'static str, RunProblem>,
}

impl ReportBuilder {
    /// Counts something that was done on the way to the outcome.
    pub(crate) fn did(&mut self, outcome: Outcome) {
        if let Some(count) = self.counts.of(outcome) {
            *count += 1;
        }
    }

    /// Stores what became of a document; a later word replaces an earlier one, but "unchanged" replaces only
    /// "held" and "failed": what this run did stays visible.
    pub(crate) fn document(&mut self, key: &DocumentKey, report: DocumentReport) {
        if report.outcome != Outcome::Unchanged {
            self.unchanged.remove(key);
            self.documents.change(key, |row| row.tell(key, report));
            return;
        }
        match self.known(key) {
            None => self.unchanged.insert(key),
            Some(Outcome::Held | Outcome::Failed | Outcome::Outside) => {
                self.documents.remove(key);
                self.unchanged.insert(key);
            }
            Some(_) => {}
        }
    }

    /// Takes note of the amounts of a tax that was computed; they are told if the document goes through with it.
    pub(crate) fn amounts(&mut self, key: &DocumentKey, currency: &str, write: &DraftWrite) {
        // Amounts were computed in a currency of the table, so its code has three letters.
        let Some(currency) = Code::of(currency) else { return };
        let says_more = write.lines.iter().any(|line| line.amounts.differ());
        let line = |line: &DraftWriteLine| LineReport {
            line: line.line_no.clone(),
            tax: write.text(line.amounts.to_collect),
            tax_shown: write.text(line.amounts.shown),
            tax_borne: write.text(line.amounts.borne),
        };
        let lines = if says_more { write.lines.iter().map(line).collect() } else { Box::default() };
        let computed = Computed { currency, exponent: write.exponent, amounts: write.amounts(), lines };
        self.documents.change(key, |row| row.compute(computed));
    }

    /// Adds up a stand-in that is in place.
    pub(crate) fn placeholder(&mut self, key: &DocumentKey, currency: Option<&str>, shown: &Placeholder) {
        let currency = currency.unwrap_or_default();
        let total = self.placeholders.entry(currency.to_owned()).or_default();
        total.documents = total.documents.saturating_add(1);
        total.amount = total.amount.saturating_add(shown.amount_minor);
        total.tax = total.tax.saturating_add(shown.tax_minor);
        if self.known(key).is_some() {
            let tax = money::text(shown.tax_minor, exponent(currency));
            self.documents.change(key, |row| row.stand_in(key, tax, currency));
        }
    }

    /// The tax of what went through, by currency.
    fn amounts_by_currency(&self) -> Vec<CurrencyAmounts> {
        let mut totals: BTreeMap<Code, (u32, u64, TaxAmounts)> = BTreeMap::new();
        for (_, row) in self.documents.rows(None) {
            let Some(computed) = row.computed() else { continue };
            let new = (computed.exponent, 0, TaxAmounts::default());
            let (_, documents, sum) = totals.entry(computed.currency).or_insert(new);
            *documents = documents.saturating_add(1);
            *sum = sum.plus(computed.amounts);
        }
        let total =
            |(currency, (exponent, documents, sum)): (Code, (u32, u64, TaxAmounts))| CurrencyAmounts {
                currency: currency.text(),
                documents,
                tax: money::text(sum.to_collect, exponent),
                tax_shown: money::text(sum.shown, exponent),
                tax_borne: money::text(sum.borne, exponent),
            };
        totals.into_iter().map(total).collect()
    }

    pub(crate) fn outcome(&self, key: &DocumentKey) -> Option<Outcome> {
        let unchanged = self.unchanged.contains(key).then_some(Outcome::Unchanged);
        self.known(key).or(unchanged)
    }

    /// What became of a document that is listed.
    fn known(&self, key: &DocumentKey) -> Option<Outcome> {
        self.documents.row(key).as_ref().and_then(Row::outcome)
    }

    pub(crate) fn failed(&self) -> Vec<DocumentKey> {
        self.documents.rows(Some(Outcome::Failed)).map(|(key, _)| key).collect()
    }

    /// A document that is set aside.
    pub(crate) fn archived(&mut self) {
        self.archived += 1;
    }

    pub(crate) fn problem(&mut self, problem: RunProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(crate) fn outside(&mut self, outside: OutsideTax) {
        self.outside.insert(outside);
    }

    /// Somebody else changed a transaction of ours.
    pub(crate) fn changed_by_others(&mut self, change: Change) {
        self.changed_by_others.push(change);
    }

    /// The reading of a list broke off.
    pub(crate) fn unread(&mut self, list: &'static str, problem: RunProblem) {
        self.unread.insert(list, problem);
    }

    /// The list was read to its end after all.
    pub(crate) fn read(&mut self, list: &'static str) {
        self.unread.remove(list);
    }

    /// Whether a list was not read to its end.
    pub(crate) fn is_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    pub(crate) fn finish(mut self, run: String, requests: Requests, dry_run: bool) -> Report {
        for problem in std::mem::take(&mut self.unread).into_values() {
            self.problem(problem);
        }
        // Of some only amounts are known: their call was never answered, or they turned out to be as they were.
        let untold: Vec<DocumentKey> = self
            .documents
            .rows(None)
            .filter(|(_, row)| row.outcome().is_none())
            .map(|(key, _)| key)
            .collect();
        for key in untold {
            self.documents.remove(&key);
        }
        let amounts = self.amounts_by_currency();
        let standing = |(currency, total): (String, Standing)| PlaceholderTotal {
            documents: total.documents,
            amount: money::text(total.amount, exponent(&currency)),
            tax: money::text(total.tax, exponent(&currency)),
            currency,
        };
        let placeholders = std::mem::take(&mut self.placeholders).into_iter().map(standing).collect();
        let mut counts = self.counts;
        counts.unchanged = count(self.unchanged.len());
        let with = |outcome| count(self.documents.rows(Some(outcome)).count());
        counts.held = with(Outcome::Held);
        counts.failed = with(Outcome::Failed);
        if self.documents.is_incomplete() {
            self.problem(RunProblem::new(
                "run",
                "documents of this report are missing: its temporary file could not be read",
                "Check the disk of the folder for temporary files (TMPDIR). What was done is in the ledger; documents that are held or failed are told by the next run.",
            ));
        }
        let Self { documents, problems, archived, outside, changed_by_others, .. } = self;
        let outside = outside.into_iter().collect();
        Report {
            run,
            counts,
            requests,
            documents,
            amounts,
            placeholders,
            problems,
            archived,
            watch: None,
            outside,
            changed_by_others,
            dry_run,
        }
    }
}

fn exponent(currency: &str) -> u32 {
    money::exponent(currency).unwrap_or(2)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(key: &DocumentKey, outcome: Outcome) -> DocumentReport {
        DocumentReport::new(key, outcome)
    }

    #[test]
    fn a_document_is_counted_once_however_often_it_is_read() {
        let key = DocumentKey::invoice("INV-1");
        let mut builder = ReportBuilder::default();
        builder.document(&key, report(&key, Outcome::Failed));
        builder.did(Outcome::Calculated);
        builder.did(Outcome::Written);
        builder.document(&key, report(&key, Outcome::Written));
        builder.document(&key, report(&key, Outcome::Unchanged));
        let done = builder.finish("r".into(), Requests::default(), false);
        assert_eq!((done.counts.written, done.counts.unchanged, done.counts.failed), (1, 0, 0));
        assert_eq!(done.documents.len(), 1);
        assert!(done.is_settled());
    }

    #[test]
    fn a_hold_that_is_resolved_leaves_the_report() {
        let key = DocumentKey::credit("CR-1");
        let mut builder = ReportBuilder::default();
        builder.document(&key, report(&key, Outcome::Held));
        builder.document(&key, report(&key, Outcome::Unchanged));
        let done = builder.finish("r".into(), Requests::default(), false);
        assert_eq!((done.counts.held, done.counts.unchanged, done.documents.len()), (0, 1, 0));
    }

    #[test]
    fn the_json_has_the_documented_members() {
        let key = DocumentKey::invoice("INV-00042");
        let mut builder = ReportBuilder::default();
        builder.document(&key, report(&key, Outcome::Held));
        let json = serde_json::to_value(builder.finish("r".into(), Requests::new(1, 2), false)).unwrap();
        assert_eq!(json["documents"][0]["id"], "INV-00042");
        assert_eq!(json["documents"][0]["kind"], "invoice");
        assert_eq!(json["documents"][0]["outcome"], "held");
        assert!(json["documents"][0]["reason"].is_null());
        assert_eq!(json["requests"], serde_json::json!({"ordway": 1, "anrok": 2}));
        let names = [
            "calculated",
            "written",
            "recorded",
            "updated",
            "voided",
            "negated",
            "credited",
            "unchanged",
            "held",
            "failed",
        ];
        assert_eq!(json["counts"].as_object().unwrap().len(), names.len());
        assert!(names.iter().all(|name| json["counts"][name].is_u64()));
    }
}
