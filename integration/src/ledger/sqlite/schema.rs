//! Opening a file: made when it is not there, refused when it is not a whole ledger of a version we know.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::fault::{Fault, damaged, storage};
use super::lock::{OwnerLock, with_suffix};
use crate::fingerprint::FingerprintKey;
use crate::ledger::LedgerError;

/// `ORAN`: tells our files from other programs' databases.
const APPLICATION_ID: i64 = 0x4f52_414e;
/// The schema this version writes. Older ones are migrated, newer ones refused.
pub(super) const VERSION: i64 = 2;
const TABLES: &str = include_str!("schema.sql");
const KEY: &str = "fingerprint_key";

/// An open ledger file, not yet claimed.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) lock: OwnerLock,
    pub(super) key: FingerprintKey,
}

/// Opens or makes the ledger at `path`.
pub(super) fn open(path: &Path, busy: Duration) -> Result<Opened, LedgerError> {
    let path = resolve(path)?;
    let lock = OwnerLock::beside(&path);
    let is_new = is_new(&path, &lock)?;
    if is_new {
        lock.create().map_err(|error| storage(lock.path(), error))?;
    }
    connect(&path, &lock, is_new, busy).map_err(|fault| fault.at(&path)).and_then(|(connection, key)| {
        keep_private(&path).map_err(|error| {
            storage(&path, format!("others may read it, and that cannot be changed: {error}"))
        })?;
        Ok(Opened { path, connection, lock, key })
    })
}

/// The file's real place: one file, one lock, however it is spelled.
fn resolve(path: &Path) -> Result<PathBuf, LedgerError> {
    let Some(name) = path.file_name() else { return Err(storage(path, "it does not name a file")) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder
        .canonicalize()
        .map_err(|error| storage(path, format!("its folder cannot be used, create it first ({error})")))?;
    Ok(folder.join(name))
}

/// Whether a ledger is to be made. A file that lost its content is not new.
fn is_new(path: &Path, lock: &OwnerLock) -> Result<bool, LedgerError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(storage(path, error)),
    };
    if let Some(found) = &found {
        if found.is_symlink() {
            return Err(storage(path, "it is a symbolic link; name the file itself"));
        }
        if found.is_dir() {
            return Err(storage(path, "it is a folder; name a file in it"));
        }
        if !found.is_file() {
            return Err(storage(path, "it is not a regular file"));
        }
        if found.len() > 0 {
            return Ok(false);
        }
        if lock.was_used() {
            return Err(damaged(
                path,
                format!("it is empty, but {} shows that it was not", lock.path().display()),
            ));
        }
    }
    let journal = with_suffix(path, "-wal");
    if fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0) {
        let what = if found.is_some() { "empty" } else { "missing" };
        return Err(damaged(path, format!("it is {what}, but its journal {} is there", journal.display())));
    }
    Ok(true)
}

fn connect(
    path: &Path,
    lock: &OwnerLock,
    is_new: bool,
    busy: Duration,
) -> Result<(Connection, FingerprintKey), Fault> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    if is_new {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let uri = uri(path, is_new.then_some(lock.path()));
    let mut connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(busy)?;
    // Until the file is known to be ours and whole, nothing is carried over from its journal.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if is_new {
        create(&mut connection)?;
    }
    verify(path, &connection)?;
    if migrate(&mut connection)? {
        verify(path, &connection)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    configure(&connection, busy)?;
    let key = read_key(&connection)?;
    Ok((connection, key))
}

/// The connection's settings; the write-ahead log is the file's.
fn configure(connection: &Connection, busy: Duration) -> Result<(), Fault> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    for (pragma, value) in [
        ("synchronous", "FULL"),
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("cell_size_check", "ON"),
        ("mmap_size", "0"),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    // Switching takes the file alone for a moment and does not wait by itself for other connections.
    let mut waited = Duration::ZERO;
    loop {
        let mode =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => {
                let reason =
                    format!("the write-ahead log is not available here, only {mode}; use a local disk");
                return Err(LedgerError::Storage { reason }.into());
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && waited < busy => {
                let pause = Duration::from_millis(10);
                std::thread::sleep(pause);
                waited += pause;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Everything in one transaction: after a crash there is a whole ledger or an empty file.
fn create(connection: &mut Connection) -> Result<(), Fault> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let objects: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects > 0 {
        // Another process was faster.
        return Ok(());
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.execute_batch(TABLES)?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| LedgerError::Storage {
        reason: format!("the operating system gives no random bytes: {error}"),
    })?;
    tx.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", (KEY, key.as_slice()))?;
    tx.commit()?;
    Ok(())
}

/// Carries an older ledger over into this version's tables, all or nothing; says whether there was anything to do.
///
/// Every table is made anew and filled with the columns it had: seals leave out members that have no value, so the
/// rows stay as they were sealed.
fn migrate(connection: &mut Connection) -> Result<bool, Fault> {
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
    };
    if version(connection)? >= VERSION {
        return Ok(false);
    }
    // Renaming must not follow the references of other tables; both settings only take effect outside a transaction.
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    connection.pragma_update(None, "legacy_alter_table", "ON")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&tx)? < VERSION {
        let old = |kind: &str| -> Result<Vec<String>, Fault> {
            let sql = "SELECT name FROM sqlite_schema WHERE type = ?1 AND sql IS NOT NULL";
            let mut select = tx.prepare(sql)?;
            let names = select.query_map([kind], |row| row.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        };
        for kind in ["view", "index"] {
            for name in old(kind)? {
                tx.execute_batch(&format!("DROP {kind} \"{name}\""))?;
            }
        }
        let tables = old("table")?;
        for table in &tables {
            tx.execute_batch(&format!("ALTER TABLE \"{table}\" RENAME TO \"old_{table}\""))?;
        }
        tx.execute_batch(TABLES)?;
        for table in &tables {
            let columns: Vec<String> = tx
                .prepare("SELECT '\"' || name || '\"' FROM pragma_table_info(?1)")?
                .query_map([format!("old_{table}")], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let columns = columns.join(", ");
            tx.execute_batch(&format!(
                "INSERT INTO \"{table}\" ({columns}) SELECT {columns} FROM \"old_{table}\"; DROP TABLE \"old_{table}\""
            ))?;
        }
        tx.pragma_update(None, "user_version", VERSION)?;
    }
    tx.commit()?;
    connection.pragma_update(None, "legacy_alter_table", "OFF")?;
    Ok(true)
}

fn verify(path: &Path, connection: &Connection) -> Result<(), Fault> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let application = number("application_id")?;
    if application != APPLICATION_ID {
        let reason = format!("it is another program's database (application id {application})");
        return Err(damaged(path, reason).into());
    }
    let found = number("user_version")?;
    if found > VERSION {
        return Err(
            LedgerError::NewerSchema { path: path.display().to_string(), found, known: VERSION }.into()
        );
    }
    if found < 1 {
        return Err(damaged(path, format!("it has schema {found}, which never existed")).into());
    }
    // Not `quick_check`, which leaves out the indexes: a damaged one hides documents.
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(damaged(path, verdict).into());
    }
    if found < VERSION {
        // Migrated next, and looked at again as a ledger of this version.
        return Ok(());
    }
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(TABLES)?;
    let found = objects(connection)?;
    for (name, sql) in objects(&ours)? {
        match found.get(&name) {
            Some(found) if *found == sql => {}
            Some(_) => return Err(damaged(path, format!("{name} is not as this schema has it")).into()),
            None => return Err(damaged(path, format!("{name} is missing")).into()),
        }
    }
    Ok(())
}

fn objects(connection: &Connection) -> Result<BTreeMap<String, String>, Fault> {
    let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_key(connection: &Connection) -> Result<FingerprintKey, Fault> {
    let key =
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [KEY], |row| row.get::<_, [u8; 32]>(0));
    match key {
        Ok(key) => Ok(FingerprintKey::new(key)),
        Err(rusqlite::Error::QueryReturnedNoRows) => {
            Err(Fault::Row("its fingerprint key is missing".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Owner only, also where the file was copied here with wider rights.
fn keep_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // By name: opening and closing the database would drop the locks that SQLite has on it.
        for path in [path.to_owned(), with_suffix(path, "-wal"), with_suffix(path, "-shm")] {
            match fs::metadata(&path) {
                Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
                }
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// `path` for `SQLite`. A new file is given the rights of `like`: there is no moment in which others can read it.
#[cfg(unix)]
pub(super) fn uri(path: &Path, like: Option<&Path>) -> String {
    let rights = like.map(|like| format!("?modeof={}", escaped(like))).unwrap_or_default();
    format!("file:{}{rights}", escaped(path))
}

/// `path` for `SQLite`. New files have the rights that the folder passes on.
#[cfg(not(unix))]
pub(super) fn uri(path: &Path, _like: Option<&Path>) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(unix)]
fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
