//! What is not settled, for the people who settle it: listed, tried again, set aside, exported.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, SyncError};
use crate::document::{Document, DocumentKey, DocumentKind};
use crate::engine::{Pass, SetAside, ordway};
use crate::hold::Disposition;
use crate::ledger::{Entry, EntryFilter, Fence, LedgerError, ProblemKind};
use crate::reconcile::csv::Csv;
use crate::report::Report;

/// A document that is held or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Which document.
    pub document: DocumentKey,
    /// Held or failed.
    pub kind: ProblemKind,
    /// A stable word for machines.
    pub code: String,
    /// What is wrong, in one sentence.
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
    /// When a watch tries it next; `None`: with its next full pass. Every [`Bridge::sync`] tries it.
    pub next_attempt_at: Option<Timestamp>,
    /// It has failed for longer than [`RetryTimes::late_after`](crate::RetryTimes::late_after).
    pub late: bool,
    /// When a person set it aside.
    pub archived_at: Option<Timestamp>,
    /// What the person wrote.
    pub note: Option<String>,
}

/// Which dead letters are wanted. The default is all that are not archived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetterFilter {
    /// Archived ones in place of the others.
    pub archived: bool,
    /// Only held, or only failed ones.
    pub kind: Option<ProblemKind>,
    /// Only this kind of document.
    pub document_kind: Option<DocumentKind>,
    /// Only this code.
    pub code: Option<String>,
    /// Only what waits for this.
    pub disposition: Option<Disposition>,
    /// Only what is late.
    pub late: bool,
}

impl DeadLetterFilter {
    /// All that are not archived.
    pub fn open() -> Self {
        Self::default()
    }

    /// All that are archived.
    pub fn archived() -> Self {
        Self { archived: true, ..Self::default() }
    }

    /// Whether `letter` is wanted.
    pub fn matches(&self, letter: &DeadLetter) -> bool {
        self.archived == letter.archived_at.is_some()
            && self.kind.is_none_or(|kind| kind == letter.kind)
            && self.document_kind.is_none_or(|kind| kind == letter.document.kind)
            && self.code.as_ref().is_none_or(|code| *code == letter.code)
            && self.disposition.is_none_or(|disposition| disposition == letter.disposition)
            && (!self.late || letter.late)
    }
}

/// Why a document could not be set aside or taken back.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeadLetterError {
    /// It is not held or failed, as far as the ledger knows.
    NotOpen(DocumentKey),
    /// The ledger cannot be used; [`LedgerError::InUse`] while a sync or a watch is at work.
    Ledger(LedgerError),
}

impl DeadLetterError {
    /// Who has to act.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::NotOpen(_) => Disposition::FixData,
            Self::Ledger(error) => error.disposition(),
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotOpen(_) => "Compare the id and the kind with the list of dead letters.",
            Self::Ledger(error) => error.remedy(),
        }
    }
}

impl fmt::Display for DeadLetterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen(key) => {
                write!(f, "{key} is neither held nor failed, so there is nothing to set aside")
            }
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DeadLetterError {}

impl From<LedgerError> for DeadLetterError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Entries read from the ledger at a time.
const BATCH: usize = 500;

impl Bridge {
    /// The documents that are held or failed, by kind and id.
    ///
    /// Reads the ledger only, and may be asked while a sync or a watch is at work.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn dead_letters(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, LedgerError> {
        let stream = self.stream();
        let mut letters = Vec::new();
        let mut after: Option<DocumentKey> = None;
        loop {
            let batch = self.ledger.peek(&stream, EntryFilter::Problems, after.as_ref(), BATCH).await?;
            let Some(last) = batch.last() else { return Ok(letters) };
            after = Some(last.key.clone());
            for entry in batch {
                let Some(mut letter) = self.letter(entry) else { continue };
                if !filter.matches(&letter) {
                    continue;
                }
                if letter.archived_at.is_some() {
                    let fact = self.ledger.peek_fact(&stream, &SetAside::fact(&letter.document)).await?;
                    letter.note = fact.as_deref().and_then(SetAside::read).and_then(|aside| aside.note);
                }
                letters.push(letter);
            }
        }
    }

    fn letter(&self, entry: Entry) -> Option<DeadLetter> {
        let problem = entry.problem?;
        let is_late = self.settings.retry.is_late(problem.first_at, self.clock.now());
        Some(DeadLetter {
            document: entry.key,
            kind: problem.kind,
            code: problem.code,
            reason: problem.reason,
            remedy: problem.remedy,
            disposition: problem.disposition,
            attempts: problem.attempts,
            first_at: problem.first_at,
            last_at: problem.last_at,
            next_attempt_at: problem.next_attempt_at,
            late: problem.kind == ProblemKind::Failed && is_late,
            archived_at: problem.archived_at,
            note: None,
        })
    }

    /// Tries one document now, whatever its next time is and whether it is archived or not; reports that one.
    ///
    /// A document that the ledger does not know is read from Ordway and settled all the same. Repeat at will.
    ///
    /// # Errors
    /// [`SyncError`]; [`LedgerError::InUse`] while a sync or a watch is at work (a watch takes an
    /// [`Intake::hint`](crate::Intake::hint) instead).
    pub async fn retry(&self, key: &DocumentKey) -> Result<Report, SyncError> {
        let plain = |source| SyncError::Ledger { source, report: None };
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await.map_err(plain)?;
        let outcome = match self.take_back(&fence, key).await {
            Ok(_) => self.one_pass(fence.clone(), &Pass::One(key.clone())).await,
            Err(source) => Err(plain(source)),
        };
        self.give_back(&fence, outcome).await
    }

    /// Sets a held or failed document aside: it is no longer tried, and counts neither as held nor as failed, until what
    /// decides its tax changes in Ordway, or until [`Bridge::unarchive`] or [`Bridge::retry`].
    ///
    /// Reads the document once from Ordway, so that a later change is seen; where that fails, whatever Ordway changes
    /// brings it back. `note` is stored as it is: no personal data, please.
    ///
    /// # Errors
    /// [`DeadLetterError`].
    pub async fn archive(&self, key: &DocumentKey, note: Option<&str>) -> Result<(), DeadLetterError> {
        let now = self.clock.now();
        let read = self.read_document(key).await;
        let fence = self.ledger.claim(&self.stream(), &self.holder, now).await?;
        let done = async {
            let known = self.ledger.entry(&fence, key).await?;
            let Some(mut entry) = known else { return Err(DeadLetterError::NotOpen(key.clone())) };
            let Some(problem) = &mut entry.problem else { return Err(DeadLetterError::NotOpen(key.clone())) };
            problem.archived_at = Some(now);
            let fingerprints = self.ledger.fingerprint_key().await?;
            let aside = SetAside {
                note: note.map(str::to_owned),
                inputs: read.map(|document| SetAside::fingerprint(&fingerprints, &document)),
            };
            let text = serde_json::to_string(&aside).unwrap_or_default();
            self.ledger.remember(&fence, &SetAside::fact(key), &text).await?;
            Ok(self.ledger.settle(&fence, &entry).await?)
        }
        .await;
        let released = self.ledger.release(&fence).await;
        done?;
        Ok(released?)
    }

    /// Takes an archived document back: the next sync tries it.
    ///
    /// # Errors
    /// [`DeadLetterError`]; one that is not archived is left as it is.
    pub async fn unarchive(&self, key: &DocumentKey) -> Result<(), DeadLetterError> {
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await?;
        let done = self.take_back(&fence, key).await;
        let released = self.ledger.release(&fence).await;
        let was_there = done?;
        released?;
        if was_there { Ok(()) } else { Err(DeadLetterError::NotOpen(key.clone())) }
    }

    /// `false` where the document has no problem.
    async fn take_back(&self, fence: &Fence, key: &DocumentKey) -> Result<bool, LedgerError> {
        let Some(mut entry) = self.ledger.entry(fence, key).await? else { return Ok(false) };
        let Some(problem) = &mut entry.problem else { return Ok(false) };
        if problem.archived_at.take().is_some() {
            problem.next_attempt_at = None;
            self.ledger.settle(fence, &entry).await?;
            self.ledger.remember(fence, &SetAside::fact(key), "").await?;
        }
        Ok(true)
    }

    async fn read_document(&self, key: &DocumentKey) -> Option<Document> {
        let id = key.id.as_str();
        match key.kind {
            DocumentKind::Invoice => self
                .ordway
                .invoices()
                .get(&id.into())
                .await
                .ok()
                .as_ref()
                .map(|invoice| ordway::invoice_by(&self.settings, invoice)),
            DocumentKind::Credit => {
                self.ordway.credits().get(&id.into()).await.ok().as_ref().map(ordway::credit)
            }
            DocumentKind::DebitMemo => {
                self.ordway.debit_memos().get(&id.into()).await.ok().as_ref().map(ordway::debit_memo)
            }
        }
    }
}

/// Dead letters as a JSON array.
pub fn to_json(letters: &[DeadLetter]) -> String {
    serde_json::to_string_pretty(letters).unwrap_or_default()
}

/// Dead letters as CSV (RFC 4180, a line of names first). What a spreadsheet would run as a formula is disarmed by an
/// apostrophe.
pub fn to_csv(letters: &[DeadLetter]) -> String {
    let mut csv = Csv::headed(&[
        "document_kind",
        "document",
        "problem",
        "code",
        "reason",
        "remedy",
        "disposition",
        "attempts",
        "first_at",
        "last_at",
        "next_attempt_at",
        "late",
        "archived_at",
        "note",
    ]);
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    for letter in letters {
        csv.text(letter.document.kind.as_str());
        csv.text(&letter.document.id);
        csv.text(letter.kind.as_str());
        csv.text(&letter.code);
        csv.text(&letter.reason);
        csv.text(&letter.remedy);
        csv.text(letter.disposition.as_str());
        csv.number(&letter.attempts.to_string());
        csv.text(&letter.first_at.to_string());
        csv.text(&letter.last_at.to_string());
        csv.text(&time(letter.next_attempt_at));
        csv.text(if letter.late { "true" } else { "false" });
        csv.text(&time(letter.archived_at));
        csv.text(letter.note.as_deref().unwrap_or_default());
        csv.end();
    }
    csv.into_text()
}
