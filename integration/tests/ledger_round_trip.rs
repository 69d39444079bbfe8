//! Whatever an entry holds comes back as it was, from each ledger.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use ordway_anrok::document::{DocumentKey, DocumentKind};
use ordway_anrok::fingerprint::Fingerprint;
use ordway_anrok::hold::Disposition;
use ordway_anrok::ledger::{
    DraftTax, Entry, EntryFilter, Intent, Ledger, LedgerError, MemoryLedger, Operation, Problem, ProblemKind,
    Recording,
};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Option<Runtime>> = LazyLock::new(|| Builder::new_current_thread().build().ok());

fn key() -> impl Strategy<Value = DocumentKey> {
    let kind = prop_oneof![Just(DocumentKind::Invoice), Just(DocumentKind::Credit)];
    (kind, any::<String>()).prop_map(|(kind, id)| DocumentKey::new(kind, id))
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    let seconds = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
    (seconds, 0..1_000_000_000).prop_map(|(s, n)| Timestamp::new(s, n).unwrap_or(Timestamp::MAX))
}

fn date() -> impl Strategy<Value = Date> {
    (-9999..=9999_i16, 1..=12_i8, 1..=31_i8)
        .prop_filter_map("a day that exists", |(y, m, d)| Date::new(y, m, d).ok())
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    any::<String>().prop_map(Fingerprint::from_text)
}

fn recording() -> impl Strategy<Value = Recording> {
    let live = (any::<String>(), any::<Option<i64>>(), fingerprint()).prop_map(
        |(transaction, version, fingerprint)| Recording::Live { transaction, version, fingerprint },
    );
    let ended = (any::<String>(), any::<Option<String>>())
        .prop_map(|(transaction, negation)| Recording::Ended { transaction, negation });
    prop_oneof![Just(Recording::None), live, ended]
}

fn draft() -> impl Strategy<Value = DraftTax> {
    (fingerprint(), vec(any::<(String, i64)>(), 0..4), any::<bool>())
        .prop_map(|(fingerprint, lines, written)| DraftTax::new(fingerprint, lines, written))
}

fn problem() -> impl Strategy<Value = Problem> {
    let kind = prop_oneof![Just(ProblemKind::Held), Just(ProblemKind::Failed)];
    let disposition = prop_oneof![
        Just(Disposition::RetryLater),
        Just(Disposition::FixData),
        Just(Disposition::FixConfiguration),
        Just(Disposition::WaitForOther),
        Just(Disposition::Review),
    ];
    let times = (timestamp(), timestamp(), of(timestamp()));
    (kind, any::<[String; 3]>(), disposition, any::<u32>(), times).prop_map(
        |(kind, [code, reason, remedy], disposition, attempts, (first, last, next))| {
            let mut problem = Problem::new(kind, &code, reason, remedy, disposition, first);
            problem.attempts = attempts;
            problem.last_at = last;
            problem.next_attempt_at = next;
            problem
        },
    )
}

fn intent() -> impl Strategy<Value = Intent> {
    let operation = prop_oneof![
        Just(Operation::WriteTax),
        Just(Operation::Record),
        Just(Operation::Void),
        Just(Operation::Negate),
    ];
    (operation, any::<String>(), of(fingerprint()), timestamp())
        .prop_map(|(operation, transaction, sent, at)| Intent::new(operation, &transaction, sent, at))
}

fn entry() -> impl Strategy<Value = Entry> {
    let states = (recording(), any::<u32>(), of(draft()), of(problem()), of(intent()));
    let texts = any::<[Option<String>; 3]>();
    let amounts = any::<[Option<i64>; 2]>();
    let dates = (of(date()), of(date()), of(timestamp()));
    (key(), states, texts, amounts, dates).prop_map(|(key, states, texts, amounts, dates)| {
        let mut entry = Entry::new(key);
        (entry.recording, entry.generation, entry.draft, entry.problem, entry.intent) = states;
        [entry.currency, entry.credited_invoice, entry.customer] = texts;
        [entry.amount_minor, entry.tax_minor] = amounts;
        (entry.date, entry.tax_date, entry.updated) = dates;
        entry
    })
}

/// Stores all, and reads each and every list.
async fn round_trip(ledger: &dyn Ledger, entries: &[Entry]) -> Result<(), TestCaseError> {
    let broken = |error: LedgerError| TestCaseError::fail(error.to_string());
    let fence = ledger.claim("s1", "test", Timestamp::UNIX_EPOCH).await.map_err(broken)?;
    for entry in entries {
        // Over another one of the same key, with everything in it.
        ledger.settle(&fence, entry).await.map_err(broken)?;
        ledger.settle(&fence, &Entry::new(entry.key.clone())).await.map_err(broken)?;
        ledger.settle(&fence, entry).await.map_err(broken)?;
    }
    for entry in entries {
        let read = ledger.entry(&fence, &entry.key).await.map_err(broken)?;
        prop_assert_eq!(read.as_ref(), Some(entry));
    }
    let due = entries.iter().filter_map(|e| e.problem.as_ref()?.next_attempt_at).map(EntryFilter::DueAt);
    let drafts = entries.iter().filter_map(|e| e.customer.clone()).map(EntryFilter::DraftsOf);
    let filters = [EntryFilter::All, EntryFilter::Problems, EntryFilter::Kind(DocumentKind::Credit)];
    for filter in filters.into_iter().chain(due).chain(drafts) {
        let wanted: Vec<_> = entries.iter().filter(|entry| filter.matches(entry)).cloned().collect();
        let after = wanted.first().map(|entry| entry.key.clone());
        let read = ledger.entries(&fence, filter.clone(), None, usize::MAX).await.map_err(broken)?;
        prop_assert_eq!(&read, &wanted);
        let read = ledger.entries(&fence, filter, after.as_ref(), 2).await.map_err(broken)?;
        prop_assert!(read.iter().eq(wanted.iter().skip(1).take(2)));
    }
    Ok(())
}

fn check(ledger: &dyn Ledger, entries: &[Entry]) -> Result<(), TestCaseError> {
    let runtime = RUNTIME.as_ref().ok_or_else(|| TestCaseError::fail("no runtime"))?;
    runtime.block_on(round_trip(ledger, entries))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_field_comes_back(entries in btree_map(key(), entry(), 1..6)) {
        let entries: Vec<_> = entries.into_iter().map(|(key, mut entry)| { entry.key = key; entry }).collect();
        check(&MemoryLedger::new(), &entries)?;
        #[cfg(feature = "sqlite")]
        {
            let folder = tempfile::tempdir()?;
            let ledger = ordway_anrok::ledger::SqliteLedger::open(folder.path().join("ledger.db"))
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            check(&ledger, &entries)?;
        }
    }
}
