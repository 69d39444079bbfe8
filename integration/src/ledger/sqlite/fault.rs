//! What `SQLite` says, as a [`LedgerError`].

use std::path::Path;

use rusqlite::ErrorCode;

use crate::ledger::LedgerError;

/// What goes wrong inside the store, before the file's name is added.
#[derive(Debug)]
pub(super) enum Fault {
    /// `SQLite` failed.
    Sql(rusqlite::Error),
    /// A row cannot be what this version wrote.
    Row(String),
    /// A refusal of the ledger's own.
    Refused(LedgerError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}

impl Fault {
    /// Whether the disk had no room for it.
    #[cfg(feature = "deliberate-bugs")]
    pub(super) fn is_full_disk(&self) -> bool {
        matches!(self, Self::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }

    /// The error for the caller.
    pub(super) fn at(self, path: &Path) -> LedgerError {
        match self {
            Self::Refused(error) => error,
            Self::Row(reason) => damaged(path, reason),
            Self::Sql(error) => from_sql(path, &error),
        }
    }
}

/// A ledger that is refused as it stands.
pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> LedgerError {
    LedgerError::Damaged { path: path.display().to_string(), reason: reason.into() }
}

/// Something about this file that is not the ledger's content.
pub(super) fn storage(path: &Path, what: impl std::fmt::Display) -> LedgerError {
    LedgerError::Storage { reason: format!("{}: {what}", path.display()) }
}

fn from_sql(path: &Path, error: &rusqlite::Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => damaged(path, "it is not an SQLite database"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => storage(
            path,
            "the database stayed locked by another program; close the program that has it open for writing",
        ),
        Some(ErrorCode::DiskFull) => storage(path, "the disk is full"),
        // None: no answer of the library, but a column that is missing or of another type than ours.
        Some(ErrorCode::DatabaseCorrupt) | None => damaged(path, error.to_string()),
        Some(_) => storage(path, error),
    }
}
