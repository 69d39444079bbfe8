//! The `SQLite` ledger as its users meet it: opening, owning, refusing, copying.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::fingerprint::Fingerprint;
use ordway_anrok::ledger::{
    DraftTax, Entry, EntryFilter, Intent, Ledger, LedgerError, Operation, Recording, SqliteLedger, Stream,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

fn reason(error: &LedgerError) -> String {
    error.to_string()
}

#[tokio::test]
async fn what_was_stored_is_there_after_the_last_clone_is_gone() {
    let (_folder, path) = place();
    let entry = Entry::new(DocumentKey::invoice("INV-1"));
    let clone = {
        let ledger = SqliteLedger::open(&path).unwrap();
        let fence = ledger.claim("s1", "first", NOW).await.unwrap();
        ledger.settle(&fence, &entry).await.unwrap();
        ledger.clone()
    };
    let again = SqliteLedger::open(&path).unwrap();
    let refusal = again.claim("s1", "second", NOW).await.unwrap_err();
    assert!(matches!(&refusal, LedgerError::InUse { holder } if holder == "first"), "{refusal}");
    drop(clone);
    let fence = again.claim("s1", "second", NOW).await.unwrap();
    assert_eq!(fence.number, 2);
    assert_eq!(again.entry(&fence, &entry.key).await.unwrap(), Some(entry));
}

#[tokio::test]
async fn a_second_handle_is_refused_however_the_path_is_spelled() {
    let (folder, path) = place();
    let first = SqliteLedger::open(&path).unwrap();
    let fence = first.claim("s1", "first", NOW).await.unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let second = SqliteLedger::open(folder.path().join("sub/../ledger.db")).unwrap();
    assert_eq!(first.path(), second.path());
    for seller in ["s1", "s2"] {
        let refusal = second.claim(seller, "second", NOW).await.unwrap_err();
        assert!(matches!(&refusal, LedgerError::InUse { holder } if holder == "first"), "{refusal}");
    }
    // A handle that is dropped without having had the file frees nothing.
    drop(second);
    let third = SqliteLedger::open(&path).unwrap();
    assert!(third.claim("s1", "third", NOW).await.is_err());
    first.release(&fence).await.unwrap();
    third.claim("s1", "third", NOW).await.unwrap();
    assert!(matches!(first.still_mine(&fence).await, Err(LedgerError::FencedOff)));
    assert!(matches!(first.claim("s1", "first", NOW).await, Err(LedgerError::InUse { .. })));
}

#[tokio::test]
async fn one_handle_holds_several_sellers_and_the_file_until_the_last() {
    let (_folder, path) = place();
    let (first, second) = (SqliteLedger::open(&path).unwrap(), SqliteLedger::open(&path).unwrap());
    let one = first.claim("s1", "first", NOW).await.unwrap();
    let two = first.claim("s2", "first", NOW).await.unwrap();
    first.release(&one).await.unwrap();
    assert!(matches!(second.claim("s1", "second", NOW).await, Err(LedgerError::InUse { .. })));
    first.still_mine(&two).await.unwrap();
    first.release(&two).await.unwrap();
    second.claim("s1", "second", NOW).await.unwrap();
}

#[test]
fn many_at_once_make_one_ledger() {
    let (_folder, path) = place();
    let keys: Vec<Fingerprint> = std::thread::scope(|scope| {
        let open = || {
            let ledger = SqliteLedger::open(&path).unwrap();
            let key = block_on(ledger.fingerprint_key()).unwrap();
            key.of("probe", &1)
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.windows(2).all(|pair| pair.first() == pair.last()));
}

#[tokio::test]
async fn two_ledgers_have_different_keys() {
    let (_one, path_one) = place();
    let (_two, path_two) = place();
    let mut seen = Vec::new();
    for path in [path_one, path_two] {
        let key = SqliteLedger::open(path).unwrap().fingerprint_key().await.unwrap();
        seen.push(key.of("probe", &1));
    }
    assert_ne!(seen.first(), seen.last());
}

#[tokio::test]
async fn odd_names_are_files_of_that_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a b", "100%", "what?mode=ro", "#1&x=y", "Rechnungen-ü", "file:x", "%41", "'q'"] {
        let path = folder.path().join(name);
        let ledger = SqliteLedger::open(&path).unwrap();
        ledger.claim("s1", "test", NOW).await.unwrap();
        assert!(path.is_file(), "{name}");
        let copy = folder.path().join(format!("{name} copy"));
        ledger.backup(&copy).await.unwrap();
        assert!(copy.is_file(), "{name}");
    }
}

#[test]
fn what_cannot_be_a_ledger_file_is_named() {
    let (folder, path) = place();
    let missing = SqliteLedger::open(folder.path().join("no/ledger.db")).unwrap_err();
    assert!(reason(&missing).contains("create it first"), "{missing}");
    let directory = SqliteLedger::open(folder.path()).unwrap_err();
    assert!(reason(&directory).contains("is a folder"), "{directory}");
    assert!(SqliteLedger::open("/").is_err() && SqliteLedger::open("").is_err());
    #[cfg(unix)]
    {
        drop(SqliteLedger::open(&path).unwrap());
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let error = SqliteLedger::open(&link).unwrap_err();
        assert!(reason(&error).contains("symbolic link"), "{error}");
        let error = SqliteLedger::open("/dev/null").unwrap_err();
        assert!(reason(&error).contains("not a regular file"), "{error}");
    }
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let (folder, path) = place();
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1")
        .unwrap();
    for content in
        [b"not a database".to_vec(), vec![0; 4096], b"{}".repeat(9000), fs::read(&foreign).unwrap()]
    {
        fs::write(&path, &content).unwrap();
        let error = SqliteLedger::open(&path).unwrap_err();
        assert!(matches!(&error, LedgerError::Damaged { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_newer_or_incomplete_schema_is_refused() {
    let change = |sql: &str| {
        let (folder, path) = place();
        drop(SqliteLedger::open(&path).unwrap());
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = fs::read(&path).unwrap();
        let opened = SqliteLedger::open(&path);
        if opened.is_err() {
            assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
        }
        drop(folder);
        opened
    };
    let newer = change("PRAGMA user_version = 3").unwrap_err();
    assert!(matches!(newer, LedgerError::NewerSchema { found: 3, known: 2, .. }), "{newer}");
    for sql in [
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 7",
        "DROP TABLE intent",
        "DROP VIEW dead_letters",
        "DROP INDEX document_problem",
        "ALTER TABLE document RENAME COLUMN code TO kode",
        "DELETE FROM meta",
        "UPDATE meta SET value = x'00'",
    ] {
        let error = change(sql).unwrap_err();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{sql}: {error}");
    }
    // A view of one's own does not hurt.
    change("CREATE VIEW mine AS SELECT 1").unwrap();
}

#[tokio::test]
async fn an_empty_file_is_a_new_ledger_unless_there_was_one() {
    let (folder, path) = place();
    fs::write(&path, b"").unwrap();
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.claim("s1", "test", NOW).await.unwrap();
    let journal = fs::read(folder.path().join("ledger.db-wal")).unwrap();
    drop(ledger);
    fs::write(&path, b"").unwrap();
    let emptied = SqliteLedger::open(&path).unwrap_err();
    assert!(matches!(emptied, LedgerError::Damaged { .. }), "{emptied}");

    let other = folder.path().join("other.db");
    fs::write(folder.path().join("other.db-wal"), journal).unwrap();
    let missing = SqliteLedger::open(&other).unwrap_err();
    assert!(matches!(missing, LedgerError::Damaged { .. }), "{missing}");
    assert!(!other.exists());

    // Moving a ledger away makes room for a new one, as the message of a damaged one says.
    fs::remove_file(&path).unwrap();
    SqliteLedger::open(&path).unwrap();
}

#[tokio::test]
async fn a_row_that_was_edited_by_hand_is_refused() {
    let (_folder, path) = place();
    let mut entry = Entry::new(DocumentKey::invoice("INV-1"));
    entry.amount_minor = Some(100);
    for sql in [
        "UPDATE document SET amount_minor = 1000",
        "UPDATE document SET state = 'ended', txn_id = 'x'",
        "UPDATE document SET problem_kind = 'held'",
        "UPDATE intent SET txn_id = 'x'",
    ] {
        let ledger = SqliteLedger::open(&path).unwrap();
        let fence = ledger.claim("s1", "test", NOW).await.unwrap();
        ledger.settle(&fence, &entry).await.unwrap();
        ledger.begin(&fence, &entry.key, &Intent::new(Operation::Record, "t", None, NOW)).await.unwrap();
        ledger.advance(&fence, Stream::Invoices, NOW).await.unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let error = ledger.entry(&fence, &entry.key).await.unwrap_err();
        assert!(matches!(&error, LedgerError::Damaged { .. }), "{sql}: {error}");
        assert!(ledger.entries(&fence, EntryFilter::All, None, 9).await.is_err());
    }
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let later = "UPDATE stream SET checkpoint = '2999-01-01T00:00:00Z'";
    rusqlite::Connection::open(&path).unwrap().execute_batch(later).unwrap();
    assert!(matches!(ledger.checkpoint(&fence, Stream::Invoices).await, Err(LedgerError::Damaged { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, path) = place();
    let check = |wanted: usize| {
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= wanted, "{files:?}");
        for file in files {
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", file.path());
        }
    };
    for widened in [false, true] {
        if widened {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let ledger = SqliteLedger::open(&path).unwrap();
        let fence = ledger.claim("s1", "test", NOW).await.unwrap();
        ledger.settle(&fence, &Entry::new(DocumentKey::invoice("INV-1"))).await.unwrap();
        // The database, its log and shared memory, and the lock.
        check(4);
        if !widened {
            ledger.backup(folder.path().join("backup.db")).await.unwrap();
        }
        drop(ledger);
        check(2);
    }
}

#[tokio::test]
async fn a_backup_is_a_ledger_of_that_moment() {
    let (folder, path) = place();
    let copy = folder.path().join("copy.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let (one, two) = (Entry::new(DocumentKey::invoice("1")), Entry::new(DocumentKey::invoice("2")));
    ledger.settle(&fence, &one).await.unwrap();
    ledger.backup(&copy).await.unwrap();
    ledger.settle(&fence, &two).await.unwrap();

    let copied = SqliteLedger::open(&copy).unwrap();
    let copied_fence = copied.claim("s1", "test", NOW).await.unwrap();
    let all = copied.entries(&copied_fence, EntryFilter::All, None, 9).await.unwrap();
    assert_eq!(all, [one]);
    let before = fs::read(&copy).unwrap();
    for taken in [&copy, &path] {
        let error = ledger.backup(taken).await.unwrap_err();
        assert!(reason(&error).contains("is there already"), "{error}");
    }
    assert_eq!(fs::read(&copy).unwrap(), before);
    let nowhere = ledger.backup(folder.path().join("no/copy.db")).await.unwrap_err();
    assert!(matches!(nowhere, LedgerError::Storage { .. }), "{nowhere}");
}

#[tokio::test]
async fn the_files_hold_nothing_of_what_fingerprints_are_made_of() {
    const CANARIES: [&str; 4] = ["CANARY-KEY-51ab", "Canary Street 7", "DE811907980", "Canary Lastname"];
    let (folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let secret = ledger.fingerprint_key().await.unwrap().of("document", &CANARIES);
    let mut entry = Entry::new(DocumentKey::invoice("INV-VISIBLE"));
    entry.recording = Recording::Live {
        transaction: "ordway:INV-VISIBLE".to_owned(),
        version: Some(1),
        fingerprint: secret.clone(),
    };
    entry.draft = Some(DraftTax::new(secret.clone(), vec![("1".to_owned(), 7)], true));
    ledger.settle(&fence, &entry).await.unwrap();
    let intent = Intent::new(Operation::Void, "ordway:INV-VISIBLE", Some(secret.clone()), NOW);
    ledger.begin(&fence, &entry.key, &intent).await.unwrap();
    ledger.mark_customer(&fence, "C-1", &secret).await.unwrap();
    assert!(!scan(folder.path(), &CANARIES));
    assert!(scan(folder.path(), &["INV-VISIBLE"]));
    assert!(!format!("{ledger:?}").contains("INV-"));
    drop(ledger);
    assert!(!scan(folder.path(), &CANARIES));
    assert!(scan(folder.path(), &["INV-VISIBLE"]));
}

fn scan(folder: &Path, words: &[&str]) -> bool {
    fs::read_dir(folder).unwrap().any(|file| {
        let content = fs::read(file.unwrap().path()).unwrap();
        words.iter().any(|word| content.windows(word.len()).any(|window| window == word.as_bytes()))
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
