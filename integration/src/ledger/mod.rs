//! The sync's memory: what was sent, what came back, what is open. Never credentials, names, addresses or tax ids.

mod chain;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
mod entry;
mod error;
mod intent;
mod link;
mod memory;
mod problem;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

pub(crate) use chain::{Put, by_product};
pub use entry::{DraftTax, Entry, Placeholder, PlaceholderKind, Recording};
pub use error::LedgerError;
pub use intent::{Intent, Operation};
pub use link::{Link, LinkKind, SentLine};
pub use memory::MemoryLedger;
pub use problem::{Problem, ProblemKind};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;

use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::{Fingerprint, FingerprintKey};

/// The right to write for one seller. A later claim raises the number; writes with an older one are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fence {
    /// Anrok seller id together with the id prefix: one stream of documents.
    pub seller: String,
    /// The number of this claim.
    pub number: u64,
}

impl Fence {
    /// A fence of this number.
    pub fn new(seller: impl Into<String>, number: u64) -> Self {
        Self { seller: seller.into(), number }
    }
}

/// A list that is read with a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stream {
    /// Ordway's invoices.
    Invoices,
    /// Ordway's credits.
    Credits,
    /// Ordway's debit memos.
    DebitMemos,
}

impl Stream {
    /// `invoices`, `credits`, `debit_memos`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Credits => "credits",
            Self::DebitMemos => "debit_memos",
        }
    }
}

/// The sync's durable memory.
///
/// One unit of work is one seller's stream, and at most one worker owns it. Every write carries the worker's
/// [`Fence`]; a ledger refuses the writes of a fence that is no longer the newest ([`LedgerError::FencedOff`]).
/// What a method has returned from is durable.
#[async_trait]
pub trait Ledger: Send + Sync + fmt::Debug {
    /// Takes the stream of `seller` for `holder`, raising the fence number.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] while another live process holds it.
    async fn claim(&self, seller: &str, holder: &str, now: Timestamp) -> Result<Fence, LedgerError>;

    /// Gives the stream back.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn release(&self, fence: &Fence) -> Result<(), LedgerError>;

    /// Fails with [`LedgerError::FencedOff`] where the claim was taken over. Asked right before every send.
    ///
    /// # Errors
    /// [`LedgerError::FencedOff`].
    async fn still_mine(&self, fence: &Fence) -> Result<(), LedgerError>;

    /// The key of this ledger's fingerprints; the same for ever.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn fingerprint_key(&self) -> Result<FingerprintKey, LedgerError>;

    /// Up to which `updated_date` everything of a stream is settled or stored as open.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn checkpoint(&self, fence: &Fence, stream: Stream) -> Result<Option<Timestamp>, LedgerError>;

    /// Moves a checkpoint forward (never back). Called once everything behind it is stored.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn advance(&self, fence: &Fence, stream: Stream, to: Timestamp) -> Result<(), LedgerError>;

    /// What is known about a document.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn entry(&self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError>;

    /// Stores an intent, durably, before the call is made.
    ///
    /// # Errors
    /// [`LedgerError`]: the call must not be made.
    async fn begin(&self, fence: &Fence, key: &DocumentKey, intent: &Intent) -> Result<(), LedgerError>;

    /// Replaces the entry, its intent included, in one transaction.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn settle(&self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError>;

    /// Forgets a document that no longer exists and was never recorded.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn forget(&self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError>;

    /// Entries in key order after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn entries(
        &self,
        fence: &Fence,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError>;

    /// Entries in key order after `after`, at most `limit`, for somebody who only looks: no claim is needed. A ledger
    /// that can be read beside its owner overrides this; without that a claim is taken for the time of the reading.
    ///
    /// # Errors
    /// [`LedgerError`]; [`LedgerError::InUse`] where the ledger cannot be read beside its owner.
    async fn peek(
        &self,
        seller: &str,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let fence = self.claim(seller, "a reader", Timestamp::UNIX_EPOCH).await?;
        let entries = self.entries(&fence, filter, after, limit).await;
        self.release(&fence).await?;
        entries
    }

    /// [`Ledger::fact`] for somebody who only looks; see [`Ledger::peek`].
    ///
    /// # Errors
    /// As [`Ledger::peek`].
    async fn peek_fact(&self, seller: &str, name: &str) -> Result<Option<String>, LedgerError> {
        let fence = self.claim(seller, "a reader", Timestamp::UNIX_EPOCH).await?;
        let fact = self.fact(&fence, name).await;
        self.release(&fence).await?;
        fact
    }

    /// What was last seen of a customer's tax identity (a fingerprint).
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn customer_mark(&self, fence: &Fence, customer: &str) -> Result<Option<Fingerprint>, LedgerError>;

    /// Stores what was seen of a customer's tax identity.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn mark_customer(
        &self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError>;

    /// A small thing to remember about the whole stream, by name; see [`Ledger::remember`].
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn fact(&self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError>;

    /// Stores a small thing about the whole stream: whose documents it holds, when all were last compared.
    ///
    /// # Errors
    /// [`LedgerError`].
    async fn remember(&self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError>;
}

/// Which entries are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryFilter {
    /// All.
    All,
    /// Held, failed, or with an open intent, and due at this time. Archived ones are not.
    DueAt(Timestamp),
    /// Held or failed, archived ones included.
    Problems,
    /// Drafts (calculated, not recorded) of this customer.
    DraftsOf(String),
    /// Of this kind.
    Kind(DocumentKind),
    /// Credits that count against this invoice: recorded, or being recorded.
    CreditsOf(String),
    /// Drafts that show a stand-in for their tax.
    Placeholders,
}

impl EntryFilter {
    /// Whether `entry` passes.
    pub fn matches(&self, entry: &Entry) -> bool {
        match self {
            Self::All => true,
            Self::DueAt(now) => {
                entry.intent.is_some()
                    || entry.problem.as_ref().is_some_and(|p| {
                        p.archived_at.is_none() && p.next_attempt_at.is_none_or(|at| at <= *now)
                    })
            }
            Self::Problems => entry.problem.is_some(),
            Self::DraftsOf(customer) => {
                entry.draft.is_some()
                    && entry.recording == Recording::None
                    && entry.customer.as_deref() == Some(customer)
            }
            Self::Kind(kind) => entry.key.kind == *kind,
            Self::CreditsOf(invoice) => {
                let begun = entry.intent.as_ref().is_some_and(|i| i.operation == Operation::Record);
                (begun || matches!(entry.recording, Recording::Live { .. }))
                    && entry.credited_invoice.as_ref() == Some(invoice)
            }
            Self::Placeholders => entry.placeholder.is_some(),
        }
    }
}
