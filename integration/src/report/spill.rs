//! Documents of a report that memory need not hold: a private temporary file, gone with the report.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Row as Found, params};

use super::Outcome;
use super::row::Row;
use crate::document::{DocumentKey, DocumentKind};

/// Rows read at a time.
const PAGE: i64 = 256;

/// The system's word.
type Fault = rusqlite::Error;

/// A table in a file without a name, which `SQLite` makes where the system keeps temporary files (`TMPDIR`) and which no
/// other program sees.
pub(super) struct Spill {
    file: Mutex<Connection>,
    /// Something in it could not be read.
    lost: AtomicBool,
}

impl fmt::Debug for Spill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spill")
    }
}

impl Spill {
    /// `None` where the system refuses: nothing is lost by it.
    pub(super) fn open() -> Option<Self> {
        let open = || {
            let file = Connection::open("")?;
            // The journal is needed for a write that is refused halfway, not for a crash: the file is gone then.
            file.execute_batch(
                "PRAGMA cache_size = -1024; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
                 CREATE TABLE document (kind INTEGER, id TEXT, outcome TEXT, row TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;",
            )?;
            Ok(file)
        };
        let file = Mutex::new(told(open(), "a report stays in memory: no temporary file")?);
        Some(Self { file, lost: AtomicBool::new(false) })
    }

    /// Takes over all of these, or none and answers `false`. `None` is a document that is no longer part of the report.
    pub(super) fn keep(&self, rows: &BTreeMap<DocumentKey, Option<Row>>) -> bool {
        let keep = || {
            let mut file = self.file();
            let change = file.transaction()?;
            {
                let mut put = change.prepare_cached("INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)")?;
                let mut remove = change.prepare_cached("DELETE FROM document WHERE kind = ? AND id = ?")?;
                for (key, row) in rows {
                    let Some(row) = row else {
                        remove.execute(params![rank(key.kind), key.id])?;
                        continue;
                    };
                    let text = serde_json::to_string(row)
                        .map_err(|error| Fault::ToSqlConversionFailure(error.into()))?;
                    let outcome = row.outcome().map(Outcome::as_str);
                    put.execute(params![rank(key.kind), key.id, outcome, text])?;
                }
            }
            change.commit()
        };
        told(keep(), "a report stays in memory from here on: its temporary file takes no more").is_some()
    }

    pub(super) fn row(&self, key: &DocumentKey) -> Option<Row> {
        let row = || {
            let file = self.file();
            let mut find = file.prepare_cached("SELECT row FROM document WHERE kind = ? AND id = ?")?;
            let mut found = find.query_map(params![rank(key.kind), key.id], |found| read(found, 0))?;
            found.next().transpose()
        };
        self.read(row())
    }

    /// The next rows after this document, with this outcome where one is asked for; none at the end.
    pub(super) fn page(
        &self,
        after: Option<&DocumentKey>,
        outcome: Option<Outcome>,
    ) -> Vec<(DocumentKey, Row)> {
        let page = || {
            let file = self.file();
            let mut find = file.prepare_cached(
                "SELECT kind, id, row FROM document
                 WHERE (kind, id) > (?1, ?2) AND (?3 IS NULL OR outcome = ?3) ORDER BY kind, id LIMIT ?4",
            )?;
            let (kind, id) = after.map_or((-1, ""), |key| (rank(key.kind), key.id.as_str()));
            let document = |found: &Found<'_>| {
                let kind = found.get_ref(0)?.as_i64()?;
                let kind = DocumentKind::ALL.into_iter().find(|known| rank(*known) == kind);
                let kind = kind.ok_or(Fault::InvalidQuery)?;
                Ok((DocumentKey::new(kind, found.get::<_, String>(1)?), read(found, 2)?))
            };
            find.query_map(params![kind, id, outcome.map(Outcome::as_str), PAGE], document)?.collect()
        };
        self.read(page())
    }

    /// Whether something that was kept could not be read.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn refuse_writes(&self) {
        self.file().pragma_update(None, "query_only", true).unwrap();
    }

    #[cfg(test)]
    pub(super) fn lose(&self) {
        self.file().execute_batch("DROP TABLE document").unwrap();
    }

    fn read<T: Default>(&self, answer: Result<T, Fault>) -> T {
        told(answer, "the temporary file of a report cannot be read").unwrap_or_else(|| {
            self.lost.store(true, Ordering::Relaxed);
            T::default()
        })
    }

    fn file(&self) -> MutexGuard<'_, Connection> {
        // A change is whole or rolled back, whoever panicked while it was made.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told<T>(answer: Result<T, Fault>, what: &'static str) -> Option<T> {
    answer.inspect_err(|error| tracing::warn!(%error, "{what}")).ok()
}

/// Documents are listed in the order of their kinds, as [`DocumentKind`] orders them.
fn rank(kind: DocumentKind) -> i64 {
    kind as i64
}

fn read(found: &Found<'_>, column: usize) -> Result<Row, Fault> {
    let text = found.get_ref(column)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| Fault::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into()))
}
