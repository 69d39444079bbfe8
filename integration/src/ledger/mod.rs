//! The sync's memory: what was sent, what came back, what is open. Never credentials, names, addresses or tax ids.

mod chain;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub(crate) use chain::{Put, by_product};
pub use memory::MemoryLedger;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;

use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::hold::Disposition;

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

/// A remote write that is about to be made. Stored before the first byte leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// Which write.
    pub operation: Operation,
    /// The transaction it is about (for a negation: the original).
    pub transaction: String,
    /// Fingerprint of what is sent, where something is.
    pub fingerprint: Option<Fingerprint>,
    /// When it was stored.
    pub at: Timestamp,
}

impl Intent {
    /// An intent.
    pub fn new(
        operation: Operation,
        transaction: &str,
        fingerprint: Option<Fingerprint>,
        at: Timestamp,
    ) -> Self {
        Self { operation, transaction: transaction.to_owned(), fingerprint, at }
    }
}

/// The remote writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Tax onto a draft in Ordway.
    WriteTax,
    /// `createOrUpdate`.
    Record,
    /// `void`.
    Void,
    /// `createNegation`.
    Negate,
    /// `createOrUpdate` of a difference.
    Delta,
}

/// What Anrok holds for a document, as far as this ledger knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recording {
    /// Nothing.
    #[default]
    None,
    /// A transaction in force.
    Live {
        /// Its id.
        transaction: String,
        /// Its version at our last write.
        version: Option<i64>,
        /// What was sent.
        fingerprint: Fingerprint,
    },
    /// It was voided or negated.
    Ended {
        /// The id of the transaction that no longer counts.
        transaction: String,
        /// The negation's id, where it was negated.
        negation: Option<String>,
    },
}

/// What was calculated for, and written to, a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DraftTax {
    /// The inputs.
    pub fingerprint: Fingerprint,
    /// Line number → minor units, as they must stand on the draft.
    pub lines: Vec<(String, i64)>,
    /// Whether they were written to Ordway (`false`: report only).
    pub written: bool,
    /// Fingerprint of place and customer: whether this tax says anything about a later version of the draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Fingerprint>,
}

impl DraftTax {
    /// Tax for these inputs.
    pub fn new(fingerprint: Fingerprint, lines: Vec<(String, i64)>, written: bool) -> Self {
        Self { fingerprint, lines, written, place: None }
    }
}

/// One transaction that was written for a document. The links that count sum to what is on record, whatever
/// happened on the way: `ordway:INV-1` +100, `ordway:INV-1:neg` −100, `ordway:INV-1:r1` +90.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The transaction's id.
    pub transaction: String,
    /// What it is.
    pub kind: LinkKind,
    /// Amount before tax, minor units, signed as on record.
    pub amount_minor: i64,
    /// Tax to collect, minor units, signed as on record; `None` where the answer was lost.
    pub tax_minor: Option<i64>,
    /// Its version at our last write.
    pub version: Option<i64>,
    /// Our last write to it.
    pub at: Timestamp,
    /// Voided: it counts no longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
    /// What it put on record per product, while it counts; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SentLine>,
    /// A delta's own accounting date: a repetition sends the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

impl Link {
    /// A transaction in force, of unknown tax and version.
    pub fn new(transaction: impl Into<String>, kind: LinkKind, amount_minor: i64, at: Timestamp) -> Self {
        Self {
            transaction: transaction.into(),
            kind,
            amount_minor,
            tax_minor: None,
            version: None,
            at,
            voided: false,
            lines: Vec::new(),
            date: None,
        }
    }
}

/// What a transaction of a document's chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkKind {
    /// The document, as first recorded.
    Original,
    /// The exact inverse of an earlier link (`:neg`).
    Negation,
    /// The document again, after a negation or a void (`:r1`, `:r2`…).
    Recreation,
    /// The difference between what is on record and the document as it is now (`:d1`, `:d2`…).
    Delta,
}

/// What is on record of one product, tax-included lines apart: enough to compute a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SentLine {
    /// Anrok product.
    pub product: String,
    /// Minor units, signed as sent.
    pub amount_minor: i64,
    /// Whether the amount includes tax.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tax_included: bool,
}

impl SentLine {
    /// A product's amount.
    pub fn new(product: impl Into<String>, amount_minor: i64, tax_included: bool) -> Self {
        Self { product: product.into(), amount_minor, tax_included }
    }
}

/// Tax that stands on a draft although Anrok could not be asked. Replaced as soon as it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Placeholder {
    /// Which stand-in.
    pub kind: PlaceholderKind,
    /// The tax it shows, minor units.
    pub tax_minor: i64,
    /// The amount it stands for, before tax, minor units.
    pub amount_minor: i64,
    /// Since when.
    pub since: Timestamp,
}

impl Placeholder {
    /// A stand-in.
    pub fn new(kind: PlaceholderKind, tax_minor: i64, amount_minor: i64, since: Timestamp) -> Self {
        Self { kind, tax_minor, amount_minor, since }
    }
}

/// What stands in for the tax during an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlaceholderKind {
    /// No tax.
    Zero,
    /// The tax that Anrok last answered for this document.
    LastKnown,
}

/// Whether somebody has to act, or only time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Held: data, configuration or another document.
    Held,
    /// Failed: an outage, a broken answer, a write without effect.
    Failed,
    /// Settled without a transaction: nothing of it is a matter of tax. Looked at again now and then.
    Outside,
}

impl ProblemKind {
    /// `held`, `failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Outside => "outside",
        }
    }
}

/// Why a document is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Held or failed.
    pub kind: ProblemKind,
    /// A stable word for machines.
    pub code: String,
    /// One sentence, no personal data.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    pub disposition: Disposition,
    /// How often in a row.
    pub attempts: u32,
    /// First time in a row.
    pub first_at: Timestamp,
    /// Last time.
    pub last_at: Timestamp,
    /// Not tried before this by itself; `None`: on every run.
    pub next_attempt_at: Option<Timestamp>,
    /// Set aside by a person: neither tried nor counted until the document changes or is asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
}

impl Problem {
    /// A problem seen for the first time at `at`.
    pub fn new(
        kind: ProblemKind,
        code: &str,
        reason: String,
        remedy: String,
        disposition: Disposition,
        at: Timestamp,
    ) -> Self {
        let code = code.to_owned();
        Self {
            kind,
            code,
            reason,
            remedy,
            disposition,
            attempts: 1,
            first_at: at,
            last_at: at,
            next_attempt_at: None,
            archived_at: None,
        }
    }

    /// The same problem after `earlier`: counted on, not begun anew.
    #[must_use]
    pub fn after(mut self, earlier: Option<&Self>) -> Self {
        if let Some(earlier) = earlier.filter(|e| e.kind == self.kind && e.code == self.code) {
            self.attempts = earlier.attempts.saturating_add(1);
            self.first_at = earlier.first_at;
        }
        self
    }
}

/// Everything the ledger knows about one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Which document.
    pub key: DocumentKey,
    /// What Anrok holds.
    pub recording: Recording,
    /// How often the document was re-created: the `:rN` of the next or present id.
    pub generation: u32,
    /// What was calculated while it was a draft.
    pub draft: Option<DraftTax>,
    /// Why it is not settled.
    pub problem: Option<Problem>,
    /// A write that was begun and whose outcome is not stored.
    pub intent: Option<Intent>,
    /// Currency of the amounts.
    pub currency: Option<String>,
    /// Amount last sent, minor units.
    pub amount_minor: Option<i64>,
    /// Tax to collect as last answered, minor units.
    pub tax_minor: Option<i64>,
    /// Tax that is due but borne by the seller, as last answered, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub borne_minor: Option<i64>,
    /// Every transaction ever written for the document, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Link>,
    /// What is on record, by product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<SentLine>,
    /// Fingerprint of everything that was sent but the lines: whether a difference alone can correct it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Fingerprint>,
    /// Tax on the draft that is only a stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<Placeholder>,
    /// The document's date.
    pub date: Option<Date>,
    /// Whose rates apply to a recorded credit: pinned, so that a later application is no change.
    pub tax_date: Option<Date>,
    /// The invoice a recorded credit was counted against.
    pub credited_invoice: Option<String>,
    /// Ordway's customer id.
    pub customer: Option<String>,
    /// When Ordway had last changed the version that was settled.
    pub updated: Option<Timestamp>,
}

impl Entry {
    /// Nothing known yet.
    pub fn new(key: DocumentKey) -> Self {
        Self {
            key,
            recording: Recording::None,
            generation: 0,
            draft: None,
            problem: None,
            intent: None,
            currency: None,
            amount_minor: None,
            tax_minor: None,
            borne_minor: None,
            chain: Vec::new(),
            sent: Vec::new(),
            place: None,
            placeholder: None,
            date: None,
            tax_date: None,
            credited_invoice: None,
            customer: None,
            updated: None,
        }
    }

    /// Whether a later run has to look at it even when Ordway does not change.
    pub fn is_open(&self) -> bool {
        self.problem.is_some() || self.intent.is_some()
    }
}

/// Why a ledger cannot do what it is asked. Every arm says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another process works on the same seller.
    #[error(
        "the ledger is in use by another process ({holder}); wait for it to end, or start with waiting allowed"
    )]
    InUse {
        /// Who, as far as it left its name.
        holder: String,
    },
    /// This claim was taken over.
    #[error("another process took over this ledger; this one stopped without sending anything further")]
    FencedOff,
    /// Not a ledger, or damaged. It is never re-created over the old file.
    #[error(
        "the ledger {path} is not readable as a ledger: {reason}. Restore it from a backup, or move it away and \
             start with a new file: ids are derived, so nothing is recorded twice, but what was reversed in Ordway \
             meanwhile must be voided in Anrok by hand"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Written by a newer version.
    #[error("the ledger {path} has schema {found}, this version knows up to {known}; use the newer version")]
    NewerSchema {
        /// The file.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The ledger belongs to other accounts.
    #[error(
        "the ledger belongs to {found}, not to {wanted}: use one file per pair of accounts, and another id prefix where \
         companies share an Anrok seller. Where the company was only renamed, say so (Settings::adopt_company, sync --adopt-company)"
    )]
    OtherOwner {
        /// In the file.
        found: String,
        /// Asked for.
        wanted: String,
    },
    /// Writing failed: disk full, no permission, an I/O error. Nothing was sent after it.
    #[error(
        "the ledger cannot be written or read: {reason}. Free disk space or check permissions, then run again"
    )]
    Storage {
        /// What the store said.
        reason: String,
    },
}

#[cfg(test)]
impl LedgerError {
    /// One of each kind, for the table of errors and remedies.
    pub(crate) fn examples() -> Vec<Self> {
        let path = || "tax-ledger.db".to_owned();
        crate::errors_and_remedies::every!(LedgerError:
            LedgerError::InUse { .. } => LedgerError::InUse { holder: "process 4711".to_owned() },
            LedgerError::FencedOff => LedgerError::FencedOff,
            LedgerError::Damaged { .. } => {
                LedgerError::Damaged { path: path(), reason: "file is not a database".to_owned() }
            },
            LedgerError::NewerSchema { .. } => LedgerError::NewerSchema { path: path(), found: 9, known: 2 },
            LedgerError::OtherOwner { .. } => LedgerError::OtherOwner {
                found: "another Ordway company".to_owned(),
                wanted: "the company \"Example Inc\"".to_owned(),
            },
            LedgerError::Storage { .. } => LedgerError::Storage { reason: "database or disk is full".to_owned() },
        )
    }
}

impl LedgerError {
    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::InUse { .. } => Disposition::RetryLater,
            Self::FencedOff | Self::Damaged { .. } => Disposition::Review,
            Self::NewerSchema { .. } | Self::OtherOwner { .. } | Self::Storage { .. } => {
                Disposition::FixConfiguration
            }
        }
    }

    /// What to do. `Display` says the same with the particulars.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "Wait for the other process to end, or start with waiting allowed.",
            Self::FencedOff => "Find out who else works on this ledger, and let one of them do it.",
            Self::Damaged { .. } => {
                "Restore the ledger from a backup, or move it away and start with a new file."
            }
            Self::NewerSchema { .. } => "Use the newer version of this software.",
            Self::OtherOwner { .. } => {
                "Use one file per pair of accounts, and another id prefix where companies share an Anrok seller."
            }
            Self::Storage { .. } => "Free disk space or check permissions, then run again.",
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
