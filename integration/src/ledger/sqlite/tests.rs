//! Settings, locked databases and full disks: what only the inside can see.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::fingerprint::{Fingerprint, FingerprintKey};
use crate::ledger::{Link, LinkKind, Operation, Recording};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn invoice(number: usize) -> Entry {
    let mut entry = Entry::new(DocumentKey::invoice(format!("INV-{number:05}")));
    entry.customer = Some("x".repeat(200));
    entry
}

async fn pragma(ledger: &SqliteLedger, name: &'static str) -> String {
    let read = move |store: &mut Store| {
        let value =
            store.connection().pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        Ok(format!("{:?}", value.unwrap()))
    };
    ledger.call(read).await.unwrap()
}

#[tokio::test]
async fn the_settings_are_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path().join("ledger.db")).unwrap();
    for (name, value) in [
        ("journal_mode", "Text(\"wal\")"),
        ("synchronous", "Integer(2)"),
        ("foreign_keys", "Integer(1)"),
        ("busy_timeout", "Integer(10000)"),
        ("mmap_size", "Integer(0)"),
        ("application_id", "Integer(1330790734)"),
        ("user_version", "Integer(2)"),
        ("trusted_schema", "Integer(0)"),
    ] {
        assert_eq!(pragma(&ledger, name).await, value, "{name}");
    }
    assert_eq!(ledger.schema_version().await.unwrap(), 2);
}

#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open_waiting(&path, Duration::from_millis(50)).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = ledger.settle(&fence, &invoice(1)).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Storage { reason } if reason.contains("locked")), "{error}");
    // Looking is not kept out.
    ledger.still_mine(&fence).await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(ledger.entry(&fence, &invoice(1).key).await.unwrap(), None);
    ledger.settle(&fence, &invoice(1)).await.unwrap();
}

#[tokio::test]
async fn a_refused_claim_frees_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let open = || SqliteLedger::open_waiting(&path, Duration::from_millis(50)).unwrap();
    let (first, second) = (open(), open());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(first.claim("s1", "first", NOW).await, Err(LedgerError::Storage { .. })));
    other.execute_batch("ROLLBACK").unwrap();
    second.claim("s1", "second", NOW).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let limit = |pages: u32| {
        move |store: &mut Store| {
            store.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
            Ok(())
        }
    };
    ledger.call(limit(30)).await.unwrap();
    let mut stored = 0;
    let error = loop {
        match ledger.settle(&fence, &invoice(stored)).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, LedgerError::Storage { reason } if reason.contains("full")), "{error}");
    assert!(stored > 0);
    let all = ledger.entries(&fence, EntryFilter::All, None, usize::MAX).await.unwrap();
    assert_eq!(all, (0..stored).map(invoice).collect::<Vec<_>>());
    ledger.call(limit(u32::MAX)).await.unwrap();
    ledger.settle(&fence, &invoice(stored)).await.unwrap();
}

#[tokio::test]
async fn a_claim_that_nobody_waits_for_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (first, second) = (SqliteLedger::open(&path).unwrap(), SqliteLedger::open(&path).unwrap());
    for round in 0..50 {
        let mut claim = first.claim("s1", "impatient", NOW);
        let _ = claim.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
        if round % 2 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(claim);
        // Jobs go in order: when this one is done, so is the claim, and at the next one its return.
        first.schema_version().await.unwrap();
        first.schema_version().await.unwrap();
        let fence = second.claim("s1", "patient", NOW).await.unwrap();
        second.release(&fence).await.unwrap();
    }
}

#[tokio::test]
async fn a_panic_on_the_thread_is_an_error_and_frees_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let result: Result<(), _> = ledger.call(|_| panic!("on purpose")).await;
    assert!(matches!(result, Err(LedgerError::Storage { .. })));
    assert!(matches!(ledger.still_mine(&fence).await, Err(LedgerError::Storage { .. })));
    let again = SqliteLedger::open(&path).unwrap();
    while again.claim("s1", "test", NOW).await.is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(unix)]
#[test]
fn paths_are_escaped_for_sqlite() {
    let uri = schema::uri(Path::new("/a b/100%?#&é.db"), Some(Path::new("/l")));
    assert_eq!(uri, "file:/a%20b/100%25%3F%23%26%C3%A9.db?modeof=/l");
}

#[test]
fn futures_can_be_polled_to_the_end_without_an_executor_of_tokio() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path().join("ledger.db")).unwrap();
    let mut claim = ledger.claim("s1", "test", NOW);
    let fence = loop {
        if let Poll::Ready(fence) = claim.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break fence.unwrap();
        }
    };
    assert_eq!(fence.number, 1);
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_is_carried_over_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let key = FingerprintKey::new([7; 32]);
    let mut entry = Entry::new(DocumentKey::invoice("INV-1"));
    entry.recording = Recording::Live {
        transaction: "ordway:INV-1".into(),
        version: Some(2),
        fingerprint: Fingerprint::from_text("sent"),
    };
    entry.tax_minor = Some(870);
    entry.intent = Some(Intent::new(Operation::Void, "ordway:INV-1", None, NOW));
    {
        let old = Connection::open(&path).unwrap();
        old.execute_batch(include_str!("tests/schema_1.sql")).unwrap();
        old.execute_batch("PRAGMA application_id = 1330790734; PRAGMA user_version = 1").unwrap();
        old.execute("INSERT INTO meta VALUES ('fingerprint_key', ?1)", [[7u8; 32].as_slice()]).unwrap();
        old.execute("INSERT INTO seller VALUES ('s1', 4, NULL, ?1, ?1)", [NOW.to_string()]).unwrap();
        let fence = Fence::new("s1", 4);
        let pen = row::Pen { fence: &fence, number: 4, key: &key };
        let bare = Entry { intent: None, ..entry.clone() };
        old.execute(
            "INSERT INTO document (seller, kind, id, state, txn_id, txn_version, fingerprint, generation, tax_minor, \
             fence, seal) VALUES ('s1', 'invoice', 'INV-1', 'live', 'ordway:INV-1', 2, 'sent', 0, 870, 4, ?1)",
            [pen.seal("document", &bare).unwrap_or_default()],
        )
        .unwrap();
        old.execute(
            "INSERT INTO intent VALUES ('s1', 'invoice', 'INV-1', 'void', 'ordway:INV-1', NULL, ?1, 4, ?2)",
            (NOW.to_string(), pen.seal("intent", &(&entry.key, &entry.intent)).unwrap_or_default()),
        )
        .unwrap();
    }
    for _ in 0..2 {
        let ledger = SqliteLedger::open(&path).unwrap();
        assert_eq!(ledger.schema_version().await.unwrap(), 2);
        let fence = ledger.claim("s1", "test", NOW).await.unwrap();
        assert!(fence.number > 4);
        assert_eq!(ledger.entry(&fence, &entry.key).await.unwrap(), Some(entry.clone()));
        entry.chain = chain_of_one();
        ledger.settle(&fence, &entry).await.unwrap();
    }
}

fn chain_of_one() -> Vec<Link> {
    vec![Link::new("ordway:INV-1", LinkKind::Original, 10_000, NOW)]
}

#[tokio::test]
async fn the_chain_can_be_added_up_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let fence = ledger.claim("s1", "test", NOW).await.unwrap();
    let mut entry = invoice(1);
    let link = |id: &str, kind, amount| Link::new(id, kind, amount, NOW);
    entry.chain = vec![
        Link { voided: true, ..link("a", LinkKind::Original, 500) },
        link("b", LinkKind::Recreation, 100),
        link("b:neg", LinkKind::Negation, -100),
        link("c", LinkKind::Recreation, 90),
    ];
    ledger.settle(&fence, &entry).await.unwrap();
    let sum = |store: &mut Store| {
        let sql = "SELECT sum(amount_minor) FROM transactions WHERE NOT voided";
        Ok(store.connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap())
    };
    assert_eq!(ledger.call(sum).await.unwrap(), 90);
}
