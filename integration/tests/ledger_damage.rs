//! Flipped bytes, cut files and cut journals: refused, or read correctly; never a panic, never silently empty.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::fingerprint::Fingerprint;
use ordway_anrok::hold::Disposition;
use ordway_anrok::ledger::{
    DraftTax, Entry, EntryFilter, Intent, Ledger, LedgerError, Operation, Problem, ProblemKind, Recording,
    SqliteLedger, Stream,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const SELLER: &str = "s1";

fn entry(number: i64) -> Entry {
    let id = format!("INV-{number:05}");
    let transaction = format!("ordway:{id}");
    let fingerprint = Fingerprint::from_text(format!("{number:064x}"));
    let mut entry = Entry::new(DocumentKey::invoice(id));
    entry.amount_minor = Some(1000 + number);
    entry.customer = Some(format!("C-{}", number % 7));
    match number % 3 {
        0 => entry.recording = Recording::Live { transaction, version: Some(number), fingerprint },
        1 => entry.draft = Some(DraftTax::new(fingerprint, vec![("1".to_owned(), number)], true)),
        _ => {
            let (reason, remedy) = ("it has no date".to_owned(), "Set it.".to_owned());
            let held = Problem::new(ProblemKind::Held, "no-date", reason, remedy, Disposition::FixData, NOW);
            entry.problem = Some(held);
            entry.intent = Some(Intent::new(Operation::Record, &transaction, Some(fingerprint), NOW));
        }
    }
    entry
}

async fn filled(path: &Path, count: i64) -> SqliteLedger {
    let ledger = SqliteLedger::open(path).unwrap();
    let fence = ledger.claim(SELLER, "test", NOW).await.unwrap();
    for number in 0..count {
        ledger.settle(&fence, &entry(number)).await.unwrap();
    }
    ledger.advance(&fence, Stream::Invoices, NOW).await.unwrap();
    ledger.mark_customer(&fence, "C-1", &Fingerprint::from_text("mark")).await.unwrap();
    ledger
}

/// Whether everything could be read. What could must be right.
async fn reads_correctly(path: &Path, count: i64) -> bool {
    let right = async || -> Result<(), LedgerError> {
        let ledger = SqliteLedger::open(path)?;
        let fence = ledger.claim(SELLER, "test", NOW).await?;
        let all: Vec<_> = (0..count).map(entry).collect();
        assert_eq!(ledger.entries(&fence, EntryFilter::All, None, usize::MAX).await?, all);
        for filter in
            [EntryFilter::Problems, EntryFilter::DueAt(NOW), EntryFilter::DraftsOf("C-1".to_owned())]
        {
            let wanted: Vec<_> = all.iter().filter(|entry| filter.matches(entry)).cloned().collect();
            assert_eq!(ledger.entries(&fence, filter, None, usize::MAX).await?, wanted);
        }
        for entry in &all {
            assert_eq!(ledger.entry(&fence, &entry.key).await?.as_ref(), Some(entry));
        }
        assert_eq!(ledger.checkpoint(&fence, Stream::Invoices).await?, Some(NOW));
        assert_eq!(ledger.customer_mark(&fence, "C-1").await?, Some(Fingerprint::from_text("mark")));
        Ok(())
    };
    match right().await {
        Ok(()) => true,
        Err(LedgerError::Damaged { .. } | LedgerError::NewerSchema { .. }) => false,
        // A header that says "read only" or asks for an unknown format.
        Err(LedgerError::Storage { reason }) if !reason.contains("thread") => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn flipped_bytes() {
    const COUNT: i64 = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(filled(&path, COUNT).await);
    let whole = fs::read(&path).unwrap();
    assert!(reads_correctly(&path, COUNT).await);
    let damaged = folder.path().join("damaged.db");
    let (mut refused, mut read) = (0, 0);
    // The header closely, the rest in steps that meet every part of a page.
    for offset in (0..100).step_by(3).chain((100..whole.len()).step_by(397)) {
        let mut bytes = whole.clone();
        *bytes.get_mut(offset).unwrap() ^= if offset % 2 == 0 { 0xff } else { 1 << (offset % 8) };
        fs::write(&damaged, &bytes).unwrap();
        if reads_correctly(&damaged, COUNT).await {
            read += 1;
        } else {
            refused += 1;
        }
        for rest in ["damaged.db", "damaged.db-wal", "damaged.db-shm", "damaged.db-journal"] {
            let _ = fs::remove_file(folder.path().join(rest));
        }
    }
    eprintln!("{refused} flips refused, {read} without effect, file of {} bytes", whole.len());
    assert!(refused > 20 && read > 20);
}

#[tokio::test]
async fn refusing_to_open_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(filled(&path, 40).await);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes.get_mut(middle..middle + 4096).unwrap().fill(0xee);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(SqliteLedger::open(&path), Err(LedgerError::Damaged { .. })));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn cut_files() {
    const COUNT: i64 = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(filled(&path, COUNT).await);
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(1021).chain((0..whole.len()).step_by(4096)) {
        fs::write(&path, whole.get(..length).unwrap()).unwrap();
        assert!(!reads_correctly(&path, COUNT).await, "{length}");
    }
}

#[tokio::test]
async fn cut_journals_open_with_a_prefix() {
    const COUNT: i64 = 12;
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = filled(&path, COUNT).await;
    // As a kill leaves them: the journal not carried over.
    let (database, journal) =
        (fs::read(&path).unwrap(), fs::read(folder.path().join("ledger.db-wal")).unwrap());
    drop(ledger);
    let frames = (journal.len() - HEADER) / FRAME;
    assert!(frames > 50, "{frames}");
    let mut before = 0;
    for frame in 0..=frames {
        for rest in [0, FRAME / 2] {
            let length = (HEADER + frame * FRAME + rest).min(journal.len());
            let copy = tempfile::tempdir().unwrap();
            let path = copy.path().join("ledger.db");
            fs::write(&path, &database).unwrap();
            fs::write(copy.path().join("ledger.db-wal"), journal.get(..length).unwrap()).unwrap();
            let ledger = SqliteLedger::open(&path).unwrap();
            let fence = ledger.claim(SELLER, "test", NOW).await.unwrap();
            let found = ledger.entries(&fence, EntryFilter::All, None, usize::MAX).await.unwrap();
            let stored = i64::try_from(found.len()).unwrap();
            assert_eq!(found, (0..stored).map(entry).collect::<Vec<_>>());
            assert!(stored >= before, "{stored} after {before}");
            before = stored;
        }
    }
    assert_eq!(before, COUNT);
}
