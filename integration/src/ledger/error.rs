//! What a ledger refuses, and what to do about it.

use crate::hold::Disposition;

/// Why a ledger cannot do what it is asked. Every arm says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another process works on the same seller.
    #[error(
        "the ledger is in use by another process ({holder}); wait for it to end, or start with waiting allowed (sync --wait)"
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
        "the ledger {path} is not readable as a ledger: {reason}. Restore it from a backup. Without one, move it \
             away, start with a new file, and reconcile before the next return is filed: a document that was recorded once has \
             the same id again, but one that was recorded anew (an id ending in :r1 or :d1) or reversed meanwhile must be put \
             right in Anrok by hand"
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
            Self::InUse { .. } => {
                "Wait for the other process to end, or start with waiting allowed (sync --wait)."
            }
            Self::FencedOff => "Find out who else works on this ledger, and let one of them do it.",
            Self::Damaged { .. } => {
                "Restore the ledger from a backup; or move it away, start with a new file, and reconcile before the next return \
                 is filed."
            }
            Self::NewerSchema { .. } => "Use the newer version of this software.",
            Self::OtherOwner { .. } => {
                "Use one file per pair of accounts, and another id prefix where companies share an Anrok seller."
            }
            Self::Storage { .. } => "Free disk space or check permissions, then run again.",
        }
    }
}
