//! Explanation: why is the tax of this document what it is?
//!
//! For one document: the address that is taxed and why, product and category, base, rate and reason per line and
//! jurisdiction, what is sent, what comes back, what stands in Ordway, what the ledger remembers, and the step that a
//! sync takes next. `Display` is plain text for support, `Serialize` is JSON for machines.
//!
//! ```no_run
//! use ordway_anrok::document::DocumentKey;
//!
//! # async fn run(bridge: ordway_anrok::Bridge) -> Result<(), Box<dyn std::error::Error>> {
//! let explanation = bridge.explain(&DocumentKey::invoice("INV-00042")).await?;
//! println!("{explanation}");
//! # Ok(())
//! # }
//! ```
//!
//! City, state, ZIP and country are shown, because the jurisdiction follows from them. Street, name and tax ids are
//! hidden until [`Explanation::reveal`]; `Debug` shows none of either.

mod build;
mod next;
mod parts;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use parts::{
    AddressExplained, Amounts, AnswerExplained, CustomerExplained, HoldExplained, InOrdway,
    JurisdictionExplained, LineExplained, Money, Next, Personal, ProblemExplained, Remembered, SentExplained,
    TaxExplained,
};

use jiff::civil::Date;
use serde::Serialize;

use crate::Bridge;
use crate::document::DocumentKey;
use crate::engine::examining::{Examined, NotExamined};
use crate::engine::{Run, Stop};
use crate::ledger::{Entry, LedgerError, Recording};
use crate::settings::Settings;

/// Everything that explains the tax of one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Which document.
    pub document: DocumentKey,
    /// `draft`, `in force`, `reversed`, or Ordway's own word where it is not known.
    pub status: String,
    /// Invoice or credit date.
    pub date: Option<Date>,
    /// Currency of all amounts.
    pub currency: Option<String>,
    /// Whose tax ids and certificates count.
    pub customer: CustomerExplained,
    /// Where it is taxed, and why there.
    pub address: AddressExplained,
    /// The lines, in Ordway's order.
    pub lines: Vec<LineExplained>,
    /// What is sent to Anrok; `None` where nothing can be, or of what is reversed.
    pub sent: Option<SentExplained>,
    /// What stands in the way of sending it.
    pub holds: Vec<HoldExplained>,
    /// What Anrok computes now. Of drafts and documents in force.
    pub answer: Option<AnswerExplained>,
    /// Why Anrok computes nothing, where it was asked in vain.
    pub no_answer: Option<ProblemExplained>,
    /// What stands in Ordway.
    pub in_ordway: InOrdway,
    /// What the ledger remembers; `None` where it has never met the document.
    pub remembered: Option<Remembered>,
    /// What a sync does next.
    pub next: Next,
    /// What else a person should know: rounding, mixed addresses, exemptions that Anrok does not know.
    pub notes: Vec<String>,
}

impl Explanation {
    /// The same with street, customer name and tax ids shown. For whoever may see them.
    #[must_use]
    pub fn reveal(mut self) -> Self {
        let Self { customer, address, .. } = &mut self;
        let personal = [&mut customer.name, &mut address.street].into_iter().chain(&mut customer.tax_ids);
        personal.for_each(Personal::show);
        self
    }
}

/// Why a document could not be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// Ordway does not have it.
    #[error("Ordway has no {document}. {}", remedy_of_unknown(document, recorded_as.as_deref()))]
    NotFound {
        /// What was asked for.
        document: DocumentKey,
        /// The transaction that the ledger remembers for it.
        recorded_as: Option<String>,
    },
    /// A service could not be asked, or refused.
    #[error("{document} could not be read: {reason}. {remedy}")]
    Unreadable {
        /// What was asked for.
        document: DocumentKey,
        /// What happened.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The ledger cannot be read. [`LedgerError::InUse`] while a sync is at work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn remedy_of_unknown(document: &DocumentKey, recorded_as: Option<&str>) -> String {
    match recorded_as {
        None => format!(
            "Check the id as Ordway shows it, whether it is {} {}, and that the API user may read it",
            if document.kind.as_str().starts_with('i') { "an" } else { "a" },
            document.kind.as_str().replace('_', " "),
        ),
        Some(transaction) => format!(
            "The ledger remembers it, recorded as {transaction}: find out why it is gone from Ordway. If it must not count, void \
             {transaction} in Anrok"
        ),
    }
}

impl Bridge {
    /// Explains one document.
    ///
    /// Reads it (`GET /invoices/{id}` or its like, its customer, the invoice of a credit), maps it and plans by the very
    /// code of a sync, asks `createEphemeral` for its tax, which records nothing, and `products/get` once per
    /// product. Nothing is written anywhere; it may be repeated at will.
    ///
    /// Works for drafts, documents in force, held ones and reversed ones. The ledger is claimed as by a sync, for as long as
    /// the reading takes.
    ///
    /// # Errors
    /// [`ExplainError::NotFound`] where Ordway does not have it; [`LedgerError::InUse`] while a sync is at work: ask again
    /// when it is over. What Anrok refuses is no error but part of the explanation.
    pub async fn explain(&self, document: &DocumentKey) -> Result<Explanation, ExplainError> {
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await?;
        let settings = Settings { dry_run: true, ..self.settings.clone() };
        let examined = match Run::new(self.setup(&settings, None, fence.clone())).await {
            Ok(run) => Box::pin(run.examine(document)).await,
            Err(error) => Err(NotExamined::Stopped(Stop::Ledger(error))),
        };
        let released = self.ledger.release(&fence).await;
        let examined = examined.map_err(|why| not_explained(document, why))?;
        released?;
        let categories = self.categories(&examined).await;
        Ok(build::explanation(&examined, &categories, &self.settings))
    }

    /// The tax category of each Anrok product that is sent; what cannot be read is left out.
    async fn categories(&self, examined: &Examined) -> BTreeMap<String, String> {
        let Ok(request) = &examined.request else { return BTreeMap::new() };
        let products: BTreeSet<&str> = request.lines.iter().map(|line| line.product.as_str()).collect();
        let mut categories = BTreeMap::new();
        for product in products {
            let known = self.anrok.products().get(product).await.ok().flatten();
            if let Some(category) = known.and_then(|known| known.tax_category_id) {
                categories.insert(product.to_owned(), category.id);
            }
        }
        categories
    }
}

fn not_explained(document: &DocumentKey, why: NotExamined) -> ExplainError {
    let document = document.clone();
    match why {
        NotExamined::Unknown(entry) => {
            let recorded_as = entry.as_deref().and_then(live_transaction);
            ExplainError::NotFound { document, recorded_as }
        }
        NotExamined::Failed(problem) => {
            ExplainError::Unreadable { document, reason: problem.reason, remedy: problem.remedy }
        }
        NotExamined::Stopped(Stop::Ledger(error)) => ExplainError::Ledger(error),
        NotExamined::Stopped(Stop::Refused { reason, .. }) => {
            let remedy = "Correct the credential".to_owned();
            ExplainError::Unreadable { document, reason, remedy }
        }
    }
}

fn live_transaction(entry: &Entry) -> Option<String> {
    match &entry.recording {
        Recording::Live { transaction, .. } => Some(transaction.clone()),
        Recording::None | Recording::Ended { .. } => None,
    }
}
