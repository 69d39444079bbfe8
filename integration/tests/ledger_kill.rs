//! A process that is killed while it writes: nothing acknowledged is lost, and nothing stale keeps the next one out.
#![cfg(all(feature = "sqlite", unix))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::ledger::{Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Operation, SqliteLedger};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const FOLDER: &str = "LEDGER_KILL_FOLDER";

fn key(number: usize) -> DocumentKey {
    DocumentKey::invoice(format!("INV-{number:06}"))
}

fn settled(number: usize) -> Entry {
    let mut entry = Entry::new(key(number));
    entry.amount_minor = Some(i64::try_from(number).unwrap());
    entry
}

fn intent() -> Intent {
    Intent::new(Operation::Record, "ordway:x", None, NOW)
}

async fn count(ledger: &SqliteLedger, fence: &Fence) -> usize {
    ledger.entries(fence, EntryFilter::All, None, usize::MAX).await.unwrap().len()
}

/// Not a test of its own: what the killed process does.
#[tokio::test]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let ledger = SqliteLedger::open(folder.join("ledger.db")).unwrap();
    let fence = ledger.claim("s1", "the child", NOW).await.unwrap();
    let mut acknowledged =
        fs::OpenOptions::new().append(true).create(true).open(folder.join("acks")).unwrap();
    let mut number = count(&ledger, &fence).await;
    loop {
        ledger.begin(&fence, &key(number), &intent()).await.unwrap();
        acknowledged.write_all(format!("begun {number}\n").as_bytes()).unwrap();
        ledger.settle(&fence, &settled(number)).await.unwrap();
        acknowledged.write_all(format!("settled {number}\n").as_bytes()).unwrap();
        number += 1;
    }
}

/// Kills the child also when an assertion fails.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn killed_while_holding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let acks = folder.path().join("acks");
    let mut fences = 0;
    for round in 0..12_u64 {
        let victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut victim = Victim(victim);
        let before = fs::read_to_string(&acks).unwrap_or_default().len();
        while fs::read_to_string(&acks).unwrap_or_default().len() < before + 200 {
            assert!(victim.0.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::sleep(Duration::from_millis(2));
        }
        let ledger = SqliteLedger::open(&path).unwrap();
        let refusal = ledger.claim("s1", "the parent", NOW).await.unwrap_err();
        assert!(matches!(&refusal, LedgerError::InUse { holder } if holder == "the child"), "{refusal}");
        std::thread::sleep(Duration::from_micros(round * 700));
        victim.0.kill().unwrap();
        victim.0.wait().unwrap();

        let fence = ledger.claim("s1", "the parent", NOW).await.unwrap();
        fences += 2;
        assert_eq!(fence.number, fences);
        let acknowledged = fs::read_to_string(&acks).unwrap();
        let mut last = None;
        for line in acknowledged.lines() {
            let (what, number) = line.split_once(' ').unwrap();
            let number: usize = number.parse().unwrap();
            let entry = ledger.entry(&fence, &key(number)).await.unwrap().unwrap();
            assert!(what != "settled" || entry == settled(number));
            last = Some((what, number, entry));
        }
        // The write that was under way is there as a whole or not at all.
        let (what, number, entry) = last.unwrap();
        let next = ledger.entry(&fence, &key(number + 1)).await.unwrap();
        if what == "begun" {
            assert!(entry == settled(number) || entry.intent == Some(intent()));
            assert_eq!(next, None);
        } else if let Some(next) = next {
            assert_eq!(next.intent, Some(intent()));
        }
        // The child of the next round begins behind what is complete.
        ledger.settle(&fence, &settled(number)).await.unwrap();
        ledger.forget(&fence, &key(number + 1)).await.unwrap();
        assert_eq!(count(&ledger, &fence).await, number + 1);
    }
}
