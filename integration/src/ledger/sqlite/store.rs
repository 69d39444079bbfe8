//! The ledger's work on its one connection. Runs on the ledger's own thread.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, ToSql, Transaction, TransactionBehavior};

use super::fault::{Fault, storage};
use super::lock::OwnerLock;
use super::row::{self, Pen};
use super::schema::{Opened, uri};
use crate::document::{DocumentKey, DocumentKind};
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::ledger::{Entry, EntryFilter, Fence, Intent, LedgerError, Stream};

/// In the order of [`DocumentKey`].
const KINDS: [DocumentKind; 3] = [DocumentKind::Invoice, DocumentKind::Credit, DocumentKind::DebitMemo];

// The clock of this machine, for people who look; nothing is decided by it.
const FENCED: &str = "\
    UPDATE seller SET heartbeat = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE seller = ?1 AND fence = ?2";

/// The open file and what this handle holds of it.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    connection: Connection,
    key: FingerprintKey,
    /// Seller → fence number of the claims given out here.
    held: HashMap<String, i64>,
    // After the connection: the next owner starts when everything here is closed.
    lock: OwnerLock,
    #[cfg(feature = "deliberate-bugs")]
    bug: Option<crate::deliberate::Bug>,
}

impl Store {
    pub(super) fn new(opened: Opened) -> Self {
        let Opened { path, connection, lock, key } = opened;
        Self {
            path,
            connection,
            key,
            held: HashMap::new(),
            lock,
            #[cfg(feature = "deliberate-bugs")]
            bug: None,
        }
    }

    #[cfg(feature = "deliberate-bugs")]
    pub(super) fn spoil(&mut self, bug: Option<crate::deliberate::Bug>) {
        self.bug = bug;
    }

    pub(super) fn fingerprint_key(&self) -> FingerprintKey {
        self.key.clone()
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn claim(&mut self, seller: &str, holder: &str, now: Timestamp) -> Result<Fence, LedgerError> {
        let taken = on_purpose!(self, NoFileLock)
            || self.lock.try_take(holder).map_err(|error| storage(self.lock.path(), error))?;
        if !taken || self.held.contains_key(seller) {
            let holder = self.holder(seller).map_err(|fault| fault.at(&self.path))?;
            return Err(LedgerError::InUse { holder });
        }
        let number = self.raise(seller, holder, now);
        #[cfg(feature = "deliberate-bugs")]
        let number = match number {
            Err(fault) if fault.is_full_disk() && on_purpose!(self, FullDiskIgnored) => {
                let sql = "SELECT fence FROM seller WHERE seller = ?1";
                self.connection.query_row(sql, [seller], |row| row.get(0)).map_err(Fault::from)
            }
            other => other,
        };
        if number.is_err() && self.held.is_empty() {
            self.lock.free();
        }
        let number = number.map_err(|fault| fault.at(&self.path))?;
        self.held.insert(seller.to_owned(), number);
        Ok(Fence::new(seller, number.unsigned_abs()))
    }

    fn raise(&mut self, seller: &str, holder: &str, now: Timestamp) -> Result<i64, Fault> {
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let number = tx.query_row(
            "INSERT INTO seller (seller, fence, holder, claimed_at, heartbeat) VALUES (?1, 1, ?2, ?3, ?3) \
             ON CONFLICT (seller) DO UPDATE SET fence = fence + 1, holder = excluded.holder, \
                 claimed_at = excluded.claimed_at, heartbeat = excluded.heartbeat \
             RETURNING fence",
            (seller, holder, now.to_string()),
            |row| row.get(0),
        )?;
        tx.commit()?;
        Ok(number)
    }

    /// Who has the lock, as far as it left its name: on this seller, else on another one of the file.
    fn holder(&self, seller: &str) -> Result<String, Fault> {
        let name = self.connection.query_row(
            "SELECT holder FROM seller WHERE holder IS NOT NULL ORDER BY seller = ?1 DESC, heartbeat DESC LIMIT 1",
            [seller],
            |row| row.get(0),
        );
        Ok(name.optional()?.unwrap_or_else(|| "one that has just started".to_owned()))
    }

    pub(super) fn release(&mut self, fence: &Fence) -> Result<(), LedgerError> {
        let released = self.writing(fence, |tx, pen| {
            tx.execute("UPDATE seller SET holder = NULL WHERE seller = ?1", [&pen.fence.seller])?;
            Ok(())
        });
        if self.held.get(&fence.seller).copied() == Some(number(fence)) {
            self.held.remove(&fence.seller);
        }
        if self.held.is_empty() {
            self.lock.free();
        }
        released
    }

    pub(super) fn still_mine(&mut self, fence: &Fence) -> Result<(), LedgerError> {
        self.reading(fence, |_, _| Ok(()))
    }

    pub(super) fn checkpoint(
        &mut self,
        fence: &Fence,
        stream: Stream,
    ) -> Result<Option<Timestamp>, LedgerError> {
        self.reading(fence, |tx, pen| checkpoint(tx, pen, stream))
    }

    pub(super) fn advance(
        &mut self,
        fence: &Fence,
        stream: Stream,
        to: Timestamp,
    ) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            if checkpoint(tx, pen, stream)?.is_some_and(|at| at >= to) {
                return Ok(());
            }
            let seal = pen.seal("stream", &(stream.as_str(), to))?;
            tx.prepare_cached(
                "INSERT INTO stream (seller, name, checkpoint, fence, seal) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (seller, name) DO UPDATE SET checkpoint = excluded.checkpoint, \
                     fence = excluded.fence, seal = excluded.seal",
            )?
            .execute((&pen.fence.seller, stream.as_str(), to.to_string(), pen.number, seal))?;
            Ok(())
        })
    }

    pub(super) fn entry(&mut self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError> {
        self.reading(fence, |tx, pen| {
            let sql = format!("{} WHERE d.seller = ?1 AND d.kind = ?2 AND d.id = ?3", row::SELECT);
            let mut select = tx.prepare_cached(&sql)?;
            let mut rows = select.query((&pen.fence.seller, key.kind.as_str(), &key.id))?;
            rows.next()?.map(|found| row::read(pen, found)).transpose()
        })
    }

    pub(super) fn begin(
        &mut self,
        fence: &Fence,
        key: &DocumentKey,
        intent: &Intent,
    ) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            row::put(tx, pen, &Entry::new(key.clone()), false)?;
            row::put_intent(tx, pen, key, Some(intent))
        })
    }

    pub(super) fn settle(&mut self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            row::put(tx, pen, entry, true)?;
            row::put_intent(tx, pen, &entry.key, entry.intent.as_ref())
        })
    }

    pub(super) fn forget(&mut self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            tx.prepare_cached("DELETE FROM document WHERE seller = ?1 AND kind = ?2 AND id = ?3")?
                .execute((&pen.fence.seller, key.kind.as_str(), &key.id))?;
            Ok(())
        })
    }

    pub(super) fn entries(
        &mut self,
        fence: &Fence,
        filter: &EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.reading(fence, |tx, pen| pages(tx, pen, filter, after, limit))
    }

    /// As `entries`, beside whoever has the claim: the write-ahead log lets readers in at any time.
    pub(super) fn peek(
        &mut self,
        seller: &str,
        filter: &EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.looking(seller, |tx, pen| pages(tx, pen, filter, after, limit))
    }

    /// As `fact`, beside whoever has the claim.
    pub(super) fn peek_fact(&mut self, seller: &str, name: &str) -> Result<Option<String>, LedgerError> {
        self.looking(seller, |tx, pen| fact(tx, pen, name))
    }

    pub(super) fn customer_mark(
        &mut self,
        fence: &Fence,
        customer: &str,
    ) -> Result<Option<Fingerprint>, LedgerError> {
        self.reading(fence, |tx, pen| {
            let found: Option<(String, String)> = tx
                .prepare_cached("SELECT mark, seal FROM customer WHERE seller = ?1 AND id = ?2")?
                .query_row((&pen.fence.seller, customer), |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((mark, seal)) = found else { return Ok(None) };
            pen.check("customer", &(customer, &mark), &seal)?;
            Ok(Some(Fingerprint::from_text(mark)))
        })
    }

    pub(super) fn fact(&mut self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError> {
        self.reading(fence, |tx, pen| fact(tx, pen, name))
    }

    pub(super) fn remember(&mut self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            let seal = pen.seal("fact", &(name, value))?;
            tx.prepare_cached(
                "INSERT INTO fact (seller, name, value, fence, seal) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (seller, name) DO UPDATE SET value = excluded.value, fence = excluded.fence, \
                     seal = excluded.seal",
            )?
            .execute((&pen.fence.seller, name, value, pen.number, seal))?;
            Ok(())
        })
    }

    pub(super) fn mark_customer(
        &mut self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError> {
        self.writing(fence, |tx, pen| {
            let seal = pen.seal("customer", &(customer, mark))?;
            tx.prepare_cached(
                "INSERT INTO customer (seller, id, mark, fence, seal) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (seller, id) DO UPDATE SET mark = excluded.mark, fence = excluded.fence, \
                     seal = excluded.seal",
            )?
            .execute((&pen.fence.seller, customer, mark.as_str(), pen.number, seal))?;
            Ok(())
        })
    }

    pub(super) fn schema_version(&self) -> Result<i64, LedgerError> {
        let version = self.connection.pragma_query_value(None, "user_version", |row| row.get(0));
        version.map_err(|error| Fault::from(error).at(&self.path))
    }

    pub(super) fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        let to = std::path::absolute(to).map_err(|error| storage(to, error))?;
        if std::fs::symlink_metadata(&to).is_ok() {
            return Err(storage(&to, "it is there already; name a new file for the backup"));
        }
        let copied = self.connection.execute("VACUUM INTO ?1", [uri(&to, Some(&self.path))]);
        if let Err(error) = copied {
            // Half a copy must not be taken for a backup; there was nothing under this name before.
            let _ = std::fs::remove_file(&to);
            return Err(Fault::from(error).at(&to));
        }
        let on_disk = std::fs::OpenOptions::new().write(true).open(&to).and_then(|file| file.sync_all());
        on_disk.map_err(|error| storage(&to, error))
    }

    /// One commit under the claim's fence number, or nothing.
    fn writing(
        &mut self,
        fence: &Fence,
        act: impl FnOnce(&Transaction<'_>, Pen<'_>) -> Result<(), Fault>,
    ) -> Result<(), LedgerError> {
        #[cfg(feature = "deliberate-bugs")]
        let ignored = on_purpose!(self, FullDiskIgnored);
        let Self { connection, key, path, .. } = self;
        let pen = Pen { fence, number: number(fence), key };
        let commit = || {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if tx.prepare_cached(FENCED)?.execute((&fence.seller, pen.number))? == 0 {
                return Err(LedgerError::FencedOff.into());
            }
            act(&tx, pen)?;
            tx.commit()?;
            Ok(())
        };
        let committed = commit();
        #[cfg(feature = "deliberate-bugs")]
        if ignored && committed.as_ref().is_err_and(Fault::is_full_disk) {
            return Ok(());
        }
        committed.map_err(|fault: Fault| fault.at(path))
    }

    /// One consistent look without a claim.
    fn looking<T>(
        &mut self,
        seller: &str,
        act: impl FnOnce(&Transaction<'_>, Pen<'_>) -> Result<T, Fault>,
    ) -> Result<T, LedgerError> {
        let Self { connection, key, path, .. } = self;
        let fence = Fence::new(seller, 0);
        let look = || act(&connection.transaction()?, Pen { fence: &fence, number: 0, key });
        look().map_err(|fault: Fault| fault.at(path))
    }

    /// One consistent look under the claim's fence number.
    fn reading<T>(
        &mut self,
        fence: &Fence,
        act: impl FnOnce(&Transaction<'_>, Pen<'_>) -> Result<T, Fault>,
    ) -> Result<T, LedgerError> {
        let Self { connection, key, path, .. } = self;
        let pen = Pen { fence, number: number(fence), key };
        let look = || {
            let tx = connection.transaction()?;
            let mut mine = tx.prepare_cached("SELECT 1 FROM seller WHERE seller = ?1 AND fence = ?2")?;
            if !mine.exists((&fence.seller, pen.number))? {
                return Err(LedgerError::FencedOff.into());
            }
            act(&tx, pen)
        };
        look().map_err(|fault: Fault| fault.at(path))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // For people who look at the table; the lock is what counts, and it is freed in any case.
        for (seller, fence) in &self.held {
            let free = "UPDATE seller SET holder = NULL WHERE seller = ?1 AND fence = ?2";
            let _ = self.connection.execute(free, (seller, fence));
        }
    }
}

/// The number as `SQLite` counts; one that it cannot have was never given out.
fn number(fence: &Fence) -> i64 {
    i64::try_from(fence.number).unwrap_or(-1)
}

fn checkpoint(tx: &Transaction<'_>, pen: Pen<'_>, stream: Stream) -> Result<Option<Timestamp>, Fault> {
    let found: Option<(String, String)> = tx
        .prepare_cached("SELECT checkpoint, seal FROM stream WHERE seller = ?1 AND name = ?2")?
        .query_row((&pen.fence.seller, stream.as_str()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((at, seal)) = found else { return Ok(None) };
    let at = row::timestamp("checkpoint", &at)?;
    pen.check("stream", &(stream.as_str(), at), &seal)?;
    Ok(Some(at))
}

fn fact(tx: &Transaction<'_>, pen: Pen<'_>, name: &str) -> Result<Option<String>, Fault> {
    let found: Option<(String, String)> = tx
        .prepare_cached("SELECT value, seal FROM fact WHERE seller = ?1 AND name = ?2")?
        .query_row((&pen.fence.seller, name), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((value, seal)) = found else { return Ok(None) };
    pen.check("fact", &(name, &value), &seal)?;
    Ok(Some(value))
}

/// Entries of all kinds in key order.
fn pages(
    tx: &Transaction<'_>,
    pen: Pen<'_>,
    filter: &EntryFilter,
    after: Option<&DocumentKey>,
    limit: usize,
) -> Result<Vec<Entry>, Fault> {
    let mut found = Vec::new();
    for kind in KINDS {
        let passed = after.is_some_and(|after| kind < after.kind);
        let wanted = !matches!(filter, EntryFilter::Kind(only) if *only != kind);
        if passed || !wanted {
            continue;
        }
        let after = after.filter(|after| after.kind == kind).map(|after| after.id.as_str());
        page(tx, pen, filter, (kind, after), limit, &mut found)?;
    }
    Ok(found)
}

/// Adds the entries of one kind, after an id, until `limit` are found.
fn page(
    tx: &Transaction<'_>,
    pen: Pen<'_>,
    filter: &EntryFilter,
    (kind, after): (DocumentKind, Option<&str>),
    limit: usize,
    found: &mut Vec<Entry>,
) -> Result<(), Fault> {
    // Narrows what is read; `EntryFilter::matches` decides.
    let narrowed = match filter {
        EntryFilter::All | EntryFilter::Kind(_) => "",
        EntryFilter::Problems => " AND d.problem_kind IS NOT NULL",
        EntryFilter::DueAt(_) => {
            " AND d.id IN (SELECT id FROM document WHERE seller = ?1 AND kind = ?2 AND problem_kind IS NOT NULL \
              UNION ALL SELECT id FROM intent WHERE seller = ?1 AND kind = ?2)"
        }
        EntryFilter::DraftsOf(_) => " AND d.draft IS NOT NULL AND d.customer = ?4",
        EntryFilter::CreditsOf(_) => " AND d.credited_invoice = ?4",
        EntryFilter::Placeholders => " AND d.placeholder IS NOT NULL",
    };
    let beyond = if after.is_some() { ">" } else { ">=" };
    let select = row::SELECT;
    let sql =
        format!("{select} WHERE d.seller = ?1 AND d.kind = ?2 AND d.id {beyond} ?3{narrowed} ORDER BY d.id");
    let (kind, after) = (kind.as_str(), after.unwrap_or_default());
    let mut params: Vec<&dyn ToSql> = vec![&pen.fence.seller, &kind, &after];
    if let EntryFilter::DraftsOf(id) | EntryFilter::CreditsOf(id) = filter {
        params.push(id);
    }
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query(params.as_slice())?;
    while found.len() < limit {
        let Some(next) = rows.next()? else { break };
        let entry = row::read(pen, next)?;
        if filter.matches(&entry) {
            found.push(entry);
        }
    }
    Ok(())
}
