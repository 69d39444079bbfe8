//! What a run did, and what it leaves to people.

mod builder;
mod documents;
#[cfg(not(feature = "sqlite"))]
mod no_spill;
mod row;
#[cfg(feature = "sqlite")]
mod spill;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentKey, DocumentKind};
use crate::hold::Disposition;
use crate::outside::{Cause, Change};
use crate::watch::WatchTotals;

pub(crate) use builder::ReportBuilder;
pub use documents::{Documents, DocumentsIter};

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
    /// All documents that are not unchanged, by kind and id.
    pub documents: Documents,
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
    /// What others changed at Anrok, as far as this run looked: with the comparison of a year
    /// ([`Settings::full_compare`](crate::Settings)), where the account has Anrok's list of transactions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changed_by_others: Vec<Change>,
    /// Whether this was a dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub dry_run: bool,
}

impl Report {
    /// The documents that are held.
    pub fn held(&self) -> impl Iterator<Item = DocumentReport> {
        self.documents.with(Outcome::Held)
    }

    /// The documents that failed.
    pub fn failed(&self) -> impl Iterator<Item = DocumentReport> {
        self.documents.with(Outcome::Failed)
    }

    /// Whether nothing is held, failed, left out, shows a stand-in or was changed by somebody else: the exit code 0 of the
    /// `sync` example. What Anrok reprocessed by itself is told and leaves a run settled.
    pub fn is_settled(&self) -> bool {
        let by_hand = |change: &Change| change.cause == Cause::SomebodyElse;
        self.counts.held == 0
            && self.counts.failed == 0
            && self.problems.is_empty()
            && self.placeholders.is_empty()
            && !self.changed_by_others.iter().any(by_hand)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(n: &u64) -> bool {
    *n == 0
}
