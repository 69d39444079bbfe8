//! A plan on paper: every call that would be made, with tax before and after. Made by reading, executed word for word.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::map::money;
use crate::report::Report;

/// The version of the file format. A plan of a later one is refused.
pub const PLAN_VERSION: u32 = 1;

/// What a sync would do, for people to read and for [`crate::Bridge::apply`] to execute.
///
/// Holds ids, amounts and fingerprints; no names, addresses or tax ids. It belongs to the accounts and the ledger it was
/// made with, and carries a seal: an edited plan is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// Of the format.
    pub version: u32,
    /// Anrok seller and id prefix.
    pub seller: String,
    /// The Ordway company (a fingerprint).
    pub company: Fingerprint,
    /// The ledger (a fingerprint).
    pub ledger: Fingerprint,
    /// When it was made.
    pub made_at: Timestamp,
    /// The documents for which something is to be called, in the order in which they are taken: a credit after its
    /// invoice.
    pub documents: Vec<PlannedDocument>,
    /// What a dry run reports: held documents with their remedies too.
    pub report: Report,
    /// Over everything above.
    pub seal: Fingerprint,
}

/// Whether the return that holds a document can still change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// Not known: the list of filings is a premium feature, or the returns of the day differ. Learnt from Anrok's answer.
    #[default]
    Unknown,
    /// All returns of its day are open.
    Open,
    /// All returns of its day are locked or filed.
    Locked,
}

/// One document of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedDocument {
    /// Which one.
    pub key: DocumentKey,
    /// Why something is to be done, and why that way.
    pub why: String,
    /// Whether its return is locked.
    pub period: Period,
    /// Currency of the amounts.
    pub currency: Option<String>,
    /// On record before (a draft: on the draft), minor units; the amount before tax.
    pub amount_before: i64,
    /// The same for tax; `None` where it is not known.
    pub tax_before: Option<i64>,
    /// On record afterwards.
    pub amount_after: i64,
    /// The same for tax.
    pub tax_after: Option<i64>,
    /// The calls, in order.
    pub calls: Vec<PlannedCall>,
    /// The calls where Anrok says that the return is locked; empty where that makes no difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_locked: Vec<PlannedCall>,
    /// What a person should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What Ordway said (a fingerprint): checked again before anything is sent.
    pub inputs: Fingerprint,
    /// What the ledger said (a fingerprint).
    pub record: Fingerprint,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedCall {
    /// Which.
    pub operation: PlannedOperation,
    /// The transaction (an Ordway invoice for [`PlannedOperation::WriteTax`]).
    pub transaction: String,
    /// The new id of a negation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negation: Option<String>,
    /// What it adds to the record, minor units.
    pub amount: i64,
    /// The tax it adds, as Anrok computes it now; `None` where it is not known.
    pub tax: Option<i64>,
}

/// The calls that a sync makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlannedOperation {
    /// Anrok computes the tax of a draft.
    Calculate,
    /// The tax is written to the draft.
    WriteTax,
    /// A document is recorded.
    Record,
    /// A recorded one is replaced.
    Update,
    /// A difference is recorded.
    Delta,
    /// A transaction is voided.
    Void,
    /// A transaction is negated.
    Negate,
    /// Nothing is sent, the ledger is told what stands there.
    Remember,
}

impl PlannedOperation {
    /// Method and path of the call; Ordway's may be routed elsewhere by the client.
    pub fn call(self) -> &'static str {
        match self {
            Self::Calculate => "POST /v1/seller/transactions/createEphemeral",
            Self::WriteTax => "PUT /invoices/{id}",
            Self::Record | Self::Update | Self::Delta => "POST /v1/seller/transactions/createOrUpdate",
            Self::Void => "POST /v1/seller/transactions/id:{id}/void",
            Self::Negate => "POST /v1/seller/transactions/createNegation",
            Self::Remember => "(no call)",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Calculate => "calculate",
            Self::WriteTax => "write tax to",
            Self::Record => "record",
            Self::Update => "replace",
            Self::Delta => "add the difference",
            Self::Void => "void",
            Self::Negate => "negate",
            Self::Remember => "remember",
        }
    }
}

/// Why a plan is not executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Not a plan, or not as it was written.
    #[error(
        "the plan is damaged or was edited ({reason}). Plan again; a plan is executed as it was made or not at all"
    )]
    Damaged {
        /// What was found.
        reason: String,
    },
    /// Made by a later version.
    #[error(
        "the plan has version {found}, this program knows up to {known}: use the newer program, or plan again"
    )]
    Newer {
        /// The plan's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Made for other accounts.
    #[error(
        "the plan was made for {found}, not for {wanted}: use the accounts it was made for, or plan again"
    )]
    OtherAccounts {
        /// The plan's.
        found: String,
        /// Ours.
        wanted: String,
    },
    /// Made with another ledger.
    #[error(
        "the plan was made with another ledger: use the ledger it was made with (sync: --state PATH, the same for both), or \
         plan again"
    )]
    OtherLedger,
}

/// What a plan is bound to.
#[derive(Clone, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) seller: String,
    pub(crate) company: &'a str,
    pub(crate) key: &'a FingerprintKey,
}

impl Binding<'_> {
    fn company(&self) -> Fingerprint {
        self.key.of("plan.company.v1", &self.company)
    }

    fn ledger(&self) -> Fingerprint {
        self.key.of("plan.ledger.v1", &"")
    }

    /// A sealed plan.
    pub(crate) fn plan(&self, documents: Vec<PlannedDocument>, report: Report, made_at: Timestamp) -> Plan {
        let mut plan = Plan {
            version: PLAN_VERSION,
            seller: self.seller.clone(),
            company: self.company(),
            ledger: self.ledger(),
            made_at,
            documents,
            report,
            seal: Fingerprint::from_text(""),
        };
        plan.seal = self.seal(&plan);
        plan
    }

    fn seal(&self, plan: &Plan) -> Fingerprint {
        let unsealed = Plan { seal: Fingerprint::from_text(""), ..plan.clone() };
        self.key.of("plan.seal.v1", &unsealed)
    }

    /// Whether `plan` is for these accounts and this ledger, and as it was made.
    ///
    /// # Errors
    /// [`PlanError`].
    pub(crate) fn check(&self, plan: &Plan) -> Result<(), PlanError> {
        if plan.version > PLAN_VERSION {
            return Err(PlanError::Newer { found: plan.version, known: PLAN_VERSION });
        }
        if plan.seller != self.seller {
            let (found, wanted) = (format!("seller {}", plan.seller), format!("seller {}", self.seller));
            return Err(PlanError::OtherAccounts { found, wanted });
        }
        if plan.ledger != self.ledger() {
            return Err(PlanError::OtherLedger);
        }
        if plan.company != self.company() {
            let wanted = format!("the company {:?}", self.company);
            return Err(PlanError::OtherAccounts { found: "another Ordway company".to_owned(), wanted });
        }
        if plan.seal != self.seal(plan) {
            return Err(PlanError::Damaged { reason: "its seal does not fit".to_owned() });
        }
        Ok(())
    }
}

impl Plan {
    /// Reads a plan as [`Plan::to_json`] wrote it. [`crate::Bridge::apply`] checks that it fits accounts and ledger.
    ///
    /// # Errors
    /// [`PlanError::Newer`], [`PlanError::Damaged`].
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let damaged = |error: serde_json::Error| PlanError::Damaged { reason: error.to_string() };
        let head: Head = serde_json::from_str(text).map_err(damaged)?;
        if head.version > PLAN_VERSION {
            return Err(PlanError::Newer { found: head.version, known: PLAN_VERSION });
        }
        serde_json::from_str(text).map_err(damaged)
    }

    /// The plan as text for a file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// One row per call, for a table.
    pub fn rows(&self) -> Vec<PlanRow> {
        self.documents.iter().flat_map(PlannedDocument::rows).collect()
    }

    /// Amount and tax on record before and after, per currency; documents whose tax is not known are left out of the tax.
    pub fn totals(&self) -> BTreeMap<String, PlanTotal> {
        let mut totals: BTreeMap<String, PlanTotal> = BTreeMap::new();
        for document in &self.documents {
            let currency = document.currency.clone().unwrap_or_default();
            let total = totals.entry(currency).or_default();
            let add = |sum: &mut i64, part: i64| *sum = sum.saturating_add(part);
            add(&mut total.amount_before, document.amount_before);
            add(&mut total.amount_after, document.amount_after);
            add(&mut total.tax_before, document.tax_before.unwrap_or_default());
            add(&mut total.tax_after, document.tax_after.unwrap_or_default());
        }
        totals
    }
}

/// Sums of one currency, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanTotal {
    /// Before tax, on record now.
    pub amount_before: i64,
    /// Tax on record now.
    pub tax_before: i64,
    /// Before tax, afterwards.
    pub amount_after: i64,
    /// Tax afterwards.
    pub tax_after: i64,
}

impl PlanTotal {
    /// One line for people.
    pub fn in_words(&self, currency: &str) -> String {
        let exponent = money::exponent(currency).unwrap_or(2);
        let text = |minor| money::text(minor, exponent);
        format!(
            "in all: {} with tax {} now, {} with tax {} afterwards ({currency})",
            text(self.amount_before),
            text(self.tax_before),
            text(self.amount_after),
            text(self.tax_after)
        )
    }
}

/// A row of a printed plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanRow {
    /// `invoice INV-00042`.
    pub document: String,
    /// Method and path.
    pub call: &'static str,
    /// What it is about, in words: `negate ordway:INV-1 as ordway:INV-1:neg`.
    pub what: String,
    /// What it adds before tax, with currency.
    pub amount: String,
    /// Tax on record before the whole document is through.
    pub tax_before: String,
    /// Tax afterwards.
    pub tax_after: String,
    /// Only where Anrok says that the return is locked.
    pub only_if_locked: bool,
}

impl PlannedDocument {
    fn text(&self, minor: Option<i64>) -> String {
        let exponent = self.currency.as_deref().and_then(money::exponent).unwrap_or(2);
        minor.map_or_else(|| "unknown".to_owned(), |minor| money::text(minor, exponent))
    }

    fn list(&self, f: &mut fmt::Formatter<'_>, calls: &[PlannedCall]) -> fmt::Result {
        for (n, call) in (1u32..).zip(calls) {
            let (amount, tax) = (self.text(Some(call.amount)), self.text(call.tax));
            writeln!(f, "  {n}. {call}: {amount}, tax {tax} [{}]", call.operation.call())?;
        }
        Ok(())
    }

    fn rows(&self) -> Vec<PlanRow> {
        let row = |call: &PlannedCall, only_if_locked| PlanRow {
            document: self.key.to_string(),
            call: call.operation.call(),
            what: call.to_string(),
            amount: self.text(Some(call.amount)),
            tax_before: self.text(self.tax_before),
            tax_after: self.text(self.tax_after),
            only_if_locked,
        };
        let calls = self.calls.iter().map(|call| row(call, false));
        calls.chain(self.if_locked.iter().map(|call| row(call, true))).collect()
    }

    /// Whether the document is on record once the plan is through.
    pub(crate) fn ends_on_record(&self) -> bool {
        let last = self.calls.last().map(|call| call.operation);
        matches!(
            last,
            Some(
                PlannedOperation::Record
                    | PlannedOperation::Update
                    | PlannedOperation::Delta
                    | PlannedOperation::Remember
            )
        )
    }

    /// Whether this call is part of it.
    pub(crate) fn allows(&self, call: &PlannedCall) -> bool {
        self.calls.iter().chain(&self.if_locked).any(|planned| planned.is(call))
    }

    /// What has to come first: invoices and debit memos before credits.
    pub(crate) fn rank(&self) -> (bool, DocumentKey) {
        (self.key.kind == DocumentKind::Credit, self.key.clone())
    }
}

impl PlannedCall {
    pub(crate) fn new(operation: PlannedOperation, transaction: &str, amount: i64, tax: Option<i64>) -> Self {
        Self { operation, transaction: transaction.to_owned(), negation: None, amount, tax }
    }

    /// Whether it is the same call. A recording whose answer was lost is repeated as a replacement of itself, or found
    /// to stand there.
    pub(crate) fn is(&self, other: &Self) -> bool {
        use PlannedOperation::{Delta, Record, Remember, Update};
        let same = match (self.operation, other.operation) {
            (Record | Update, Record | Update) | (Record | Update | Delta, Remember) => true,
            (one, another) => one == another,
        };
        same && self.transaction == other.transaction && self.negation == other.negation
    }
}

impl fmt::Display for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation.verb(), self.transaction)?;
        self.negation.as_ref().map_or(Ok(()), |negation| write!(f, " as {negation}"))
    }
}

impl fmt::Display for PlannedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = self.currency.as_deref().unwrap_or_default();
        writeln!(
            f,
            "{}: {} with tax {} now, {} with tax {} afterwards ({currency})",
            self.key,
            self.text(Some(self.amount_before)),
            self.text(self.tax_before),
            self.text(Some(self.amount_after)),
            self.text(self.tax_after),
        )?;
        writeln!(f, "  {}", self.why)?;
        self.list(f, &self.calls)?;
        if !self.if_locked.is_empty() {
            writeln!(f, "  where Anrok says that its return is locked:")?;
            self.list(f, &self.if_locked)?;
        }
        for warning in &self.warnings {
            writeln!(f, "  look at: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.documents.is_empty() {
            writeln!(f, "Nothing is to be done.")?;
        }
        for document in &self.documents {
            document.fmt(f)?;
        }
        for (currency, total) in self.totals() {
            writeln!(f, "{}", total.in_words(&currency))?;
        }
        for document in self.report.held().chain(self.report.failed()) {
            let (reason, remedy) = (document.reason.as_deref(), document.remedy.as_deref());
            writeln!(f, "{} {}: {}", document.outcome, document.id, reason.unwrap_or_default())?;
            writeln!(f, "  {}", remedy.unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
impl PlanError {
    /// One of each kind, for the table of errors and remedies.
    pub(crate) fn examples() -> Vec<Self> {
        let word = |text: &str| text.to_owned();
        crate::errors_and_remedies::every!(PlanError:
            PlanError::Damaged { .. } => PlanError::Damaged { reason: word("its seal does not fit") },
            PlanError::Newer { .. } => PlanError::Newer { found: 2, known: PLAN_VERSION },
            PlanError::OtherAccounts { .. } => PlanError::OtherAccounts {
                found: word("seller s1abc/ordway"),
                wanted: word("seller s2def/ordway"),
            },
            PlanError::OtherLedger => PlanError::OtherLedger,
        )
    }
}
