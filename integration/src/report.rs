//! What a run did, and what it leaves to people.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::BuildHasher as _;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentKey, DocumentKind};
use crate::hold::Disposition;
use crate::ledger::Placeholder;
use crate::map::amounts::TaxAmounts;
use crate::map::money;
use crate::map::write_back::{DraftWrite, DraftWriteLine};
use crate::watch::WatchTotals;

/// What became of a document in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// In step already.
    Unchanged,
    /// Tax computed; nothing had to be written, or nothing is written by policy.
    Calculated,
    /// Tax computed, written to the draft and seen there.
    Written,
    /// An invoice recorded for the first time, or again after a re-creation.
    Recorded,
    /// A recorded document replaced with its new inputs.
    Updated,
    /// A recorded document voided.
    Voided,
    /// A recorded document of a locked period negated.
    Negated,
    /// A credit recorded.
    Credited,
    /// Not a matter of tax, and therefore settled: the reason says why.
    Outside,
    /// A dry run would have done something: the reason says what.
    Planned,
    /// Not possible now; somebody or something has to change.
    Held,
    /// Tried and not done; tried again by the next run.
    Failed,
}

impl Outcome {
    /// Whether it waits for somebody or something.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Failed)
    }

    /// Whether a tax was computed and the document went through with it.
    fn is_computed(self) -> bool {
        matches!(
            self,
            Self::Calculated
                | Self::Written
                | Self::Recorded
                | Self::Updated
                | Self::Credited
                | Self::Planned
        )
    }

    /// The word in the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Calculated => "calculated",
            Self::Written => "written",
            Self::Recorded => "recorded",
            Self::Updated => "updated",
            Self::Voided => "voided",
            Self::Negated => "negated",
            Self::Credited => "credited",
            Self::Outside => "outside",
            Self::Planned => "planned",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often each thing was done. A draft that is calculated and written counts in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Tax computations of drafts.
    pub calculated: u64,
    /// Drafts whose tax was written.
    pub written: u64,
    /// Invoices recorded.
    pub recorded: u64,
    /// Recorded documents replaced.
    pub updated: u64,
    /// Voided.
    pub voided: u64,
    /// Negated.
    pub negated: u64,
    /// Credits recorded.
    pub credited: u64,
    /// Documents in step already.
    pub unchanged: u64,
    /// Documents held.
    pub held: u64,
    /// Documents failed.
    pub failed: u64,
}

impl Counts {
    /// Adds what another pass did; what is unchanged, held and failed is no sum but a state.
    pub(crate) fn add_done(&mut self, other: &Self) {
        let Self {
            calculated,
            written,
            recorded,
            updated,
            voided,
            negated,
            credited,
            unchanged: _,
            held: _,
            failed: _,
        } = *other;
        self.calculated += calculated;
        self.written += written;
        self.recorded += recorded;
        self.updated += updated;
        self.voided += voided;
        self.negated += negated;
        self.credited += credited;
    }

    fn of(&mut self, outcome: Outcome) -> Option<&mut u64> {
        Some(match outcome {
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Calculated => &mut self.calculated,
            Outcome::Written => &mut self.written,
            Outcome::Recorded => &mut self.recorded,
            Outcome::Updated => &mut self.updated,
            Outcome::Voided => &mut self.voided,
            Outcome::Negated => &mut self.negated,
            Outcome::Credited => &mut self.credited,
            Outcome::Held => &mut self.held,
            Outcome::Failed => &mut self.failed,
            Outcome::Outside | Outcome::Planned => return None,
        })
    }
}

/// Requests sent, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Requests {
    /// To Ordway.
    pub ordway: u64,
    /// To Anrok.
    pub anrok: u64,
}

impl Requests {
    /// Counts.
    pub fn new(ordway: u64, anrok: u64) -> Self {
        Self { ordway, anrok }
    }
}

/// One document in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentReport {
    /// Ordway's own id.
    pub id: String,
    /// Invoice or credit.
    pub kind: DocumentKind,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it is held or failed; else what a person might want to know.
    pub reason: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// A stable word for the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who has to act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// It has failed for longer than [`RetryTimes::late_after`](crate::RetryTimes::late_after), a day by default.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub late: bool,
    /// Tax to collect in the currency's decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<String>,
    /// Currency of all amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Tax that the customer sees: collected, or contained in prices that include tax.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_shown: Option<String>,
    /// Tax that is due and borne by the seller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax_borne: Option<String>,
    /// The amounts line by line, where they say more than what is collected.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<LineReport>,
    /// The tax that the document shows while Anrok could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub placeholder: Option<String>,
    /// What a person should look at although the document went through.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

impl DocumentReport {
    /// A document with this outcome.
    pub fn new(key: &DocumentKey, outcome: Outcome) -> Self {
        Self {
            id: key.id.clone(),
            kind: key.kind,
            outcome,
            reason: None,
            remedy: None,
            code: None,
            disposition: None,
            late: false,
            tax: None,
            currency: None,
            tax_shown: None,
            tax_borne: None,
            lines: Vec::new(),
            placeholder: None,
            warnings: Vec::new(),
        }
    }
}

/// The tax of one line, in the currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineReport {
    /// The line's number.
    pub line: String,
    /// To collect.
    pub tax: String,
    /// Seen by the customer.
    pub tax_shown: String,
    /// Borne by the seller.
    pub tax_borne: String,
}

/// The tax of all documents of one currency that a run computed, drafts and recordings, each once. Amounts of credits
/// are negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CurrencyAmounts {
    /// ISO 4217.
    pub currency: String,
    /// How many documents.
    pub documents: u64,
    /// To collect.
    pub tax: String,
    /// Seen by customers.
    pub tax_shown: String,
    /// Borne by the seller.
    pub tax_borne: String,
}

/// What stands on drafts, and on invoices posted since, in place of a tax that Anrok could not be asked for: the amount
/// for which no tax is settled, and what is shown in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlaceholderTotal {
    /// ISO 4217.
    pub currency: String,
    /// How many documents.
    pub documents: u64,
    /// Their amounts before tax, added up.
    pub amount: String,
    /// The tax they show.
    pub tax: String,
}

/// Something that Ordway shows and that is not a matter of tax, said so that nobody misses it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutsideTax {
    /// Ordway's id, for instance of a refund.
    pub id: String,
    /// What it is: `refund`.
    pub what: String,
    /// The document that shows it.
    pub shown_by: String,
    /// Why it is outside.
    pub reason: String,
}

impl OutsideTax {
    /// A refund that `document` shows.
    pub fn refund(id: &str, document: &DocumentKey) -> Self {
        Self {
            id: id.to_owned(),
            what: "refund".to_owned(),
            shown_by: document.id.clone(),
            reason: format!(
                "outside tax: a refund pays money back, the tax is corrected by a credit or a negative invoice ({document})"
            ),
        }
    }
}

/// Something that stopped a part of the run, beyond single documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunProblem {
    /// `ordway`, `anrok`; `run` where the run itself was asked to stop.
    pub service: String,
    /// One sentence.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    #[serde(default = "by_itself")]
    pub disposition: Disposition,
}

fn by_itself() -> Disposition {
    Disposition::RetryLater
}

impl RunProblem {
    /// A problem that may pass by itself.
    pub fn new(service: &str, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (service, disposition) = (service.to_owned(), by_itself());
        Self { service, reason: reason.into(), remedy: remedy.into(), disposition }
    }

    /// The same, for somebody to act on.
    #[must_use]
    pub fn for_whom(mut self, disposition: Disposition) -> Self {
        self.disposition = disposition;
        self
    }
}

/// What a run did. Serialises to the JSON report of the `sync` example.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The run: when it began, UTC.
    pub run: String,
    /// How often each thing was done.
    pub counts: Counts,
    /// Requests sent.
    pub requests: Requests,
    /// All documents that are not unchanged.
    pub documents: Vec<DocumentReport>,
    /// Tax by currency.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amounts: Vec<CurrencyAmounts>,
    /// Stand-ins by currency that are still in place, those of earlier runs included.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub placeholders: Vec<PlaceholderTotal>,
    /// What stopped parts of the run.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub problems: Vec<RunProblem>,
    /// Documents that a person set aside ([`Bridge::archive`](crate::Bridge::archive)): not tried, and counted nowhere
    /// else.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub archived: u64,
    /// Of a watch: how often it did what.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub watch: Option<WatchTotals>,
    /// What the documents of this run show that is not a matter of tax.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outside: Vec<OutsideTax>,
    /// Whether this was a dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub dry_run: bool,
}

impl Report {
    /// The documents that are held.
    pub fn held(&self) -> impl Iterator<Item = &DocumentReport> {
        self.documents.iter().filter(|document| document.outcome == Outcome::Held)
    }

    /// The documents that failed.
    pub fn failed(&self) -> impl Iterator<Item = &DocumentReport> {
        self.documents.iter().filter(|document| document.outcome == Outcome::Failed)
    }

    /// Whether nothing is held, failed, left out or shows a stand-in: the exit code 0 of the `sync` example.
    pub fn is_settled(&self) -> bool {
        self.counts.held == 0
            && self.counts.failed == 0
            && self.problems.is_empty()
            && self.placeholders.is_empty()
    }
}

/// The amounts of one computed tax.
#[derive(Debug)]
struct Computed {
    currency: String,
    exponent: u32,
    amounts: TaxAmounts,
    lines: Vec<LineReport>,
}

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
    documents: BTreeMap<DocumentKey, DocumentReport>,
    /// Hashes of the keys: a company has millions of documents, and nearly all of them are unchanged. Two with one
    /// hash (a chance of one in some ten million runs over a million documents) would be counted as one.
    unchanged: HashSet<u64>,
    hashes: RandomState,
    archived: u64,
    problems: Vec<RunProblem>,
    amounts: BTreeMap<DocumentKey, Computed>,
    placeholders: BTreeMap<String, Standing>,
    outside: std::collections::BTreeSet<OutsideTax>,
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
            self.unchanged.remove(&self.hashes.hash_one(key));
            let earlier = self.documents.remove(key);
            let report = merge(earlier, report);
            self.documents.insert(key.clone(), report);
            return;
        }
        match self.documents.get(key).map(|earlier| earlier.outcome) {
            None => {
                self.unchanged.insert(self.hashes.hash_one(key));
            }
            Some(Outcome::Held | Outcome::Failed | Outcome::Outside) => {
                self.documents.remove(key);
                self.unchanged.insert(self.hashes.hash_one(key));
            }
            Some(_) => {}
        }
    }

    /// Takes note of the amounts of a tax that was computed.
    pub(crate) fn amounts(&mut self, key: &DocumentKey, currency: &str, write: &DraftWrite) {
        let says_more = write.lines.iter().any(|line| line.amounts.differ());
        let line = |line: &DraftWriteLine| LineReport {
            line: line.line_no.clone(),
            tax: write.text(line.amounts.to_collect),
            tax_shown: write.text(line.amounts.shown),
            tax_borne: write.text(line.amounts.borne),
        };
        let lines = if says_more { write.lines.iter().map(line).collect() } else { Vec::new() };
        let computed = Computed {
            currency: currency.to_owned(),
            exponent: write.exponent,
            amounts: write.amounts(),
            lines,
        };
        self.amounts.insert(key.clone(), computed);
    }

    /// Adds up a stand-in that is in place.
    pub(crate) fn placeholder(&mut self, key: &DocumentKey, currency: Option<&str>, shown: &Placeholder) {
        let currency = currency.unwrap_or_default();
        let total = self.placeholders.entry(currency.to_owned()).or_default();
        total.documents = total.documents.saturating_add(1);
        total.amount = total.amount.saturating_add(shown.amount_minor);
        total.tax = total.tax.saturating_add(shown.tax_minor);
        if let Some(document) = self.documents.get_mut(key) {
            document.placeholder = Some(money::text(shown.tax_minor, exponent(currency)));
            document.currency = Some(currency.to_owned());
        }
    }

    /// The amounts go to the documents that went through, and are added up.
    fn tell_amounts(&mut self) -> Vec<CurrencyAmounts> {
        let mut totals: BTreeMap<String, (u32, u64, TaxAmounts)> = BTreeMap::new();
        for (key, computed) in std::mem::take(&mut self.amounts) {
            let Some(document) = self.documents.get_mut(&key).filter(|d| d.outcome.is_computed()) else {
                continue;
            };
            let text = |minor| Some(money::text(minor, computed.exponent));
            document.tax_shown = text(computed.amounts.shown);
            document.tax_borne = text(computed.amounts.borne);
            document.lines = computed.lines;
            let (_, documents, sum) =
                totals.entry(computed.currency).or_insert((computed.exponent, 0, TaxAmounts::default()));
            *documents = documents.saturating_add(1);
            *sum = sum.plus(computed.amounts);
        }
        let total =
            |(currency, (exponent, documents, sum)): (String, (u32, u64, TaxAmounts))| CurrencyAmounts {
                currency,
                documents,
                tax: money::text(sum.to_collect, exponent),
                tax_shown: money::text(sum.shown, exponent),
                tax_borne: money::text(sum.borne, exponent),
            };
        totals.into_iter().map(total).collect()
    }

    pub(crate) fn outcome(&self, key: &DocumentKey) -> Option<Outcome> {
        let unchanged = self.unchanged.contains(&self.hashes.hash_one(key)).then_some(Outcome::Unchanged);
        self.documents.get(key).map(|document| document.outcome).or(unchanged)
    }

    pub(crate) fn failed(&self) -> Vec<DocumentKey> {
        let failed = self.documents.iter().filter(|(_, document)| document.outcome == Outcome::Failed);
        failed.map(|(key, _)| key.clone()).collect()
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
        let amounts = self.tell_amounts();
        let standing = |(currency, total): (String, Standing)| PlaceholderTotal {
            documents: total.documents,
            amount: money::text(total.amount, exponent(&currency)),
            tax: money::text(total.tax, exponent(&currency)),
            currency,
        };
        let placeholders = std::mem::take(&mut self.placeholders).into_iter().map(standing).collect();
        let mut counts = self.counts;
        counts.unchanged = count(self.unchanged.len());
        let documents: Vec<DocumentReport> = std::mem::take(&mut self.documents).into_values().collect();
        let with = |outcome| count(documents.iter().filter(|document| document.outcome == outcome).count());
        counts.held = with(Outcome::Held);
        counts.failed = with(Outcome::Failed);
        let Self { problems, archived, outside, .. } = self;
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
            dry_run,
        }
    }
}

/// Warnings of an earlier word on the same document in the same run are kept.
fn merge(earlier: Option<DocumentReport>, mut report: DocumentReport) -> DocumentReport {
    if let Some(earlier) = earlier {
        for warning in earlier.warnings {
            if !report.warnings.contains(&warning) {
                report.warnings.push(warning);
            }
        }
    }
    report
}

fn exponent(currency: &str) -> u32 {
    money::exponent(currency).unwrap_or(2)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(n: &u64) -> bool {
    *n == 0
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
