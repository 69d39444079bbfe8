//! Reconciliation: do Ordway, the ledger and Anrok say the same of every document?
//!
//! Ordway is the measure. The ledger always stands beside it; Anrok's own list does too where the account has it (a
//! premium call). What differs is told per document, with what to do about it; sums per month, currency and
//! jurisdiction show where it matters. Nothing is changed anywhere.
//!
//! ```no_run
//! use jiff::civil::date;
//! use ordway_anrok::reconcile::Scope;
//!
//! # async fn run(bridge: ordway_anrok::Bridge) -> Result<(), Box<dyn std::error::Error>> {
//! let result = bridge.reconcile(&Scope::month(date(2026, 9, 1)).currency("USD")).await?;
//! for finding in &result.findings {
//!     println!("{finding}");
//! }
//! std::process::exit(result.exit_code().into());
//! # }
//! ```

mod compare;
pub(crate) mod csv;
mod facts;
mod finding;
mod ids;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod totals;

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Serialize;

pub(crate) use facts::tax_to_collect;
pub use finding::{Figures, Finding, FindingKind, Side};
pub(crate) use ids::owners;
pub use totals::TotalRow;

use crate::Bridge;
use crate::document::DocumentKey;
use crate::hold::Disposition;
use crate::ledger::LedgerError;
use crate::report::Requests;

/// Which documents are reconciled. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Scope {
    /// First day, by the documents' own dates.
    pub from: Option<Date>,
    /// First day no longer in it.
    pub to: Option<Date>,
    /// Only these currencies; empty: all.
    pub currencies: Vec<String>,
    /// Only what is taxed there: a country (`DE`, `US`), a US state (`US-NY`), or a jurisdiction as Anrok's list
    /// names it; empty: everywhere.
    pub jurisdictions: Vec<String>,
}

impl Scope {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// The days from `from` up to, and without, `to`.
    pub fn between(from: Date, to: Date) -> Self {
        Self { from: Some(from), to: Some(to), ..Self::default() }
    }

    /// The month that `day` lies in.
    pub fn month(day: Date) -> Self {
        let first = day.first_of_month();
        Self { from: Some(first), to: first.checked_add(1.month()).ok(), ..Self::default() }
    }

    /// Only this currency, and others that were asked for.
    #[must_use]
    pub fn currency(mut self, code: impl Into<String>) -> Self {
        self.currencies.push(code.into());
        self
    }

    /// Only what is taxed there, and elsewhere as asked for.
    #[must_use]
    pub fn jurisdiction(mut self, place: impl Into<String>) -> Self {
        self.jurisdictions.push(place.into());
        self
    }

    /// Whether `date` lies in the period.
    pub fn contains(&self, date: Date) -> bool {
        self.from.is_none_or(|from| date >= from) && self.to.is_none_or(|to| date < to)
    }
}

/// What Ordway was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// The ledger and Anrok's list.
    AnrokList,
    /// The ledger alone: this account has no `transactions/list`. What was changed in Anrok itself cannot be seen.
    Ledger,
}

/// Transactions that Anrok made by itself for a document (it reprocesses; in a locked period by a negation and a new
/// transaction). They add up with ours, so nothing is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reprocessed {
    /// The document.
    pub document: DocumentKey,
    /// The transactions that this SDK did not write.
    pub transactions: Vec<String>,
}

/// Transactions of another system or company on the same Anrok account. Never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OtherTransactions {
    /// What their ids begin with, up to the first colon; or the billing system that Anrok read them from.
    pub prefix: String,
    /// How many count in the period.
    pub transactions: u64,
    /// One of them.
    pub example: String,
}

/// What a reconciliation gives. Serialises to JSON; `Display` is a short text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reconciliation {
    /// Which documents.
    pub scope: Scope,
    /// What Ordway was compared with.
    pub method: Method,
    /// Documents compared: in force in Ordway, or counting elsewhere. Drafts are none.
    pub documents: u64,
    /// Documents without any finding.
    pub in_step: u64,
    /// What differs, by kind and document.
    pub findings: Vec<Finding>,
    /// Sums.
    pub totals: Vec<TotalRow>,
    /// What Anrok made by itself.
    pub reprocessed: Vec<Reprocessed>,
    /// What others recorded on the same account in this period, whatever its currency and jurisdiction.
    pub others: Vec<OtherTransactions>,
    /// Documents left out because the scope asks for a currency or jurisdiction and nobody knows theirs.
    pub unplaced: u64,
    /// Requests sent, all of them reads.
    pub requests: Requests,
}

impl Reconciliation {
    /// Whether nothing differs.
    pub fn is_in_step(&self) -> bool {
        self.findings.is_empty()
    }

    /// What a program should exit with: 0 in step, 1 where anything differs. (2 is for one that could not be made.)
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.is_in_step())
    }

    /// The findings of this kind.
    pub fn of(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.kind == kind)
    }

    /// The findings as CSV (RFC 4180, a line of names first). Amounts have the currency's decimals; texts that a
    /// spreadsheet would take for formulas are disarmed by an apostrophe.
    pub fn to_csv(&self) -> String {
        csv::findings(&self.findings)
    }

    /// The sums as CSV.
    pub fn totals_to_csv(&self) -> String {
        csv::totals(&self.totals)
    }
}

impl fmt::Display for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { documents, in_step, findings, .. } = self;
        let with = match self.method {
            Method::AnrokList => "the ledger and Anrok's list",
            Method::Ledger => "the ledger (Anrok's list is not enabled for this account)",
        };
        write!(
            f,
            "{documents} documents compared with {with}: {in_step} in step, {} findings",
            findings.len()
        )?;
        for finding in findings {
            write!(f, "\n\n{finding}")?;
        }
        Ok(())
    }
}

/// Why a reconciliation could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// Ordway could not be read to its end.
    #[error(
        "the reconciliation could not be made: reading {what} from Ordway failed. Run it again; if it lasts, check the API user's permissions and Ordway's status"
    )]
    Ordway {
        /// `invoices`, `credits`.
        what: &'static str,
        /// The call's error.
        #[source]
        source: Box<ordway_client::Error>,
    },
    /// Anrok's list could not be read to its end.
    #[error(
        "the reconciliation could not be made: reading the transactions from Anrok failed. Run it again; if it lasts, check ANROK_API_KEY and Anrok's status"
    )]
    Anrok(#[source] Box<anrok_client::Error>),
    /// The ledger cannot be read. [`LedgerError::InUse`] while a sync is at work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ReconcileError {
    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Ordway { source, .. } if source.is_auth() => Disposition::FixConfiguration,
            Self::Anrok(source) if source.is_auth() => Disposition::FixConfiguration,
            Self::Ordway { .. } | Self::Anrok(_) => Disposition::RetryLater,
            Self::Ledger(source) => source.disposition(),
        }
    }

    /// What to do. `Display` says the same with the particulars.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Ordway { .. } => {
                "Run it again; if it lasts, check the API user's permissions and Ordway's status."
            }
            Self::Anrok(_) => "Run it again; if it lasts, check ANROK_API_KEY and Anrok's status.",
            Self::Ledger(source) => source.remedy(),
        }
    }
}

/// What the pure comparison gives.
#[derive(Debug, Default)]
struct Compared {
    documents: u64,
    in_step: u64,
    findings: Vec<Finding>,
    totals: totals::Totals,
    reprocessed: Vec<Reprocessed>,
    unplaced: u64,
}

impl Bridge {
    /// Compares Ordway with the ledger and, where the account has it, with Anrok's own list.
    ///
    /// Reads only, and may be repeated at will: Ordway's invoices and credits page by page (a filter by date is not
    /// sure to be honoured), the ledger in batches, `transactions/list` from 40 days before the first date on. Of a
    /// document a few figures are kept, and only where it belongs to the scope, so memory grows with the period and not
    /// with the company. Where the list is not enabled (409 `listTransactionsApiNotEnabled`) it goes by the ledger and
    /// says so ([`Method::Ledger`]).
    ///
    /// The ledger is claimed as by a sync, for as long as the reading takes: a sync in between would make differences
    /// that are none. While a sync is at work it ends at once with [`LedgerError::InUse`].
    ///
    /// The sum of a document's transactions is what is compared: original, negation (`:neg`), re-creation (`:r1`), delta
    /// (`:d1`).
    ///
    /// # Errors
    /// [`ReconcileError`]. Half a reading is never reported as if it were whole.
    pub async fn reconcile(&self, scope: &Scope) -> Result<Reconciliation, ReconcileError> {
        let before = Requests::new(self.ordway.requests_sent(), self.anrok.requests_sent());
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await?;
        let read = Box::pin(read::read(self, &fence, scope)).await;
        let released = self.ledger.release(&fence).await;
        let read = read?;
        released?;
        let prefix = &self.settings.rules.prefix;
        let compared = compare::compare(read.cases, scope, prefix, read.method);
        let Compared { documents, in_step, findings, totals, reprocessed, unplaced } = compared;
        Ok(Reconciliation {
            scope: scope.clone(),
            method: read.method,
            documents,
            in_step,
            findings,
            totals: totals.into_rows(),
            reprocessed,
            others: read.others,
            unplaced,
            requests: Requests::new(
                self.ordway.requests_sent().saturating_sub(before.ordway),
                self.anrok.requests_sent().saturating_sub(before.anrok),
            ),
        })
    }
}
