//! How do I keep the sync's memory in my own database?
//!
//! Implement `Ledger`. Here the store is a journal: a text file to which every change is appended and synced before the
//! method returns, and which is replayed when it is opened. Yours may be PostgreSQL; the rules are the same.
//!
//! Look at: `append`, the one place where something becomes durable; `mine`, which refuses the writes of a claim that was
//! taken over; `contract::check`, which tries every rule on your ledger and names the first one it breaks. Call it in
//! your tests.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use ordway_anrok::Bridge;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::fingerprint::{Fingerprint, FingerprintKey};
use ordway_anrok::ledger::{Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Stream, contract};
use ordway_anrok_examples::{Accounts, Rates, Seed, exit_code};
use serde::{Deserialize, Serialize};

/// A change, one line of the journal.
#[derive(Debug, Serialize, Deserialize)]
enum Change {
    Fence(String, u64),
    Checkpoint(String, String, Timestamp),
    Entry(String, Box<Entry>),
    Forget(String, DocumentKey),
    Customer(String, String, Fingerprint),
    Fact(String, String, String),
}

/// What one seller's lines add up to.
#[derive(Debug, Default)]
struct Seller {
    fence: u64,
    holder: Option<String>,
    checkpoints: BTreeMap<String, Timestamp>,
    entries: BTreeMap<DocumentKey, Entry>,
    customers: BTreeMap<String, Fingerprint>,
    facts: BTreeMap<String, String>,
}

#[derive(Debug)]
struct State {
    file: File,
    sellers: BTreeMap<String, Seller>,
}

/// A ledger in an append-only file. The operating system's lock on it keeps a second process out.
#[derive(Debug)]
struct JournalLedger {
    state: Mutex<State>,
    key: FingerprintKey,
}

impl JournalLedger {
    fn open(path: &Path, key: [u8; 32]) -> Result<Self, LedgerError> {
        let damaged = |reason: String| LedgerError::Damaged { path: path.display().to_string(), reason };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(storage)?;
        file.try_lock().map_err(|_| LedgerError::InUse { holder: "another process".to_owned() })?;
        let mut sellers: BTreeMap<String, Seller> = BTreeMap::new();
        for line in BufReader::new(&file).lines() {
            let line = line.map_err(storage)?;
            // A line that was cut by a crash was never acknowledged; anything else that cannot be read is damage.
            let change = serde_json::from_str(&line).map_err(|error| damaged(error.to_string()))?;
            take(&mut sellers, change);
        }
        Ok(Self { state: Mutex::new(State { file, sellers }), key: FingerprintKey::new(key) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads as the owner of the fence.
    fn read<T>(&self, fence: &Fence, look: impl FnOnce(&Seller) -> T) -> Result<T, LedgerError> {
        let state = self.lock();
        Ok(look(mine(&state, fence)?))
    }

    /// Writes as the owner of the fence: durable first, then visible.
    fn write(&self, fence: &Fence, change: Change) -> Result<(), LedgerError> {
        let mut state = self.lock();
        mine(&state, fence)?;
        append(&mut state, change)
    }
}

fn mine<'a>(state: &'a State, fence: &Fence) -> Result<&'a Seller, LedgerError> {
    let seller = state.sellers.get(&fence.seller).filter(|seller| seller.fence == fence.number);
    seller.ok_or(LedgerError::FencedOff)
}

fn append(state: &mut State, change: Change) -> Result<(), LedgerError> {
    let mut line = serde_json::to_vec(&change).map_err(storage)?;
    line.push(b'\n');
    state.file.write_all(&line).map_err(storage)?;
    state.file.sync_data().map_err(storage)?;
    take(&mut state.sellers, change);
    Ok(())
}

fn take(sellers: &mut BTreeMap<String, Seller>, change: Change) {
    match change {
        Change::Fence(seller, number) => sellers.entry(seller).or_default().fence = number,
        Change::Checkpoint(seller, stream, at) => {
            sellers.entry(seller).or_default().checkpoints.insert(stream, at);
        }
        Change::Entry(seller, entry) => {
            sellers.entry(seller).or_default().entries.insert(entry.key.clone(), *entry);
        }
        Change::Forget(seller, key) => {
            sellers.entry(seller).or_default().entries.remove(&key);
        }
        Change::Customer(seller, id, mark) => {
            sellers.entry(seller).or_default().customers.insert(id, mark);
        }
        Change::Fact(seller, name, value) => {
            sellers.entry(seller).or_default().facts.insert(name, value);
        }
    }
}

fn storage(error: impl std::fmt::Display) -> LedgerError {
    LedgerError::Storage { reason: error.to_string() }
}

#[async_trait]
impl Ledger for JournalLedger {
    async fn claim(&self, seller: &str, holder: &str, _now: Timestamp) -> Result<Fence, LedgerError> {
        let mut state = self.lock();
        let known = state.sellers.entry(seller.to_owned()).or_default();
        if let Some(holder) = &known.holder {
            return Err(LedgerError::InUse { holder: holder.clone() });
        }
        let number = known.fence + 1;
        append(&mut state, Change::Fence(seller.to_owned(), number))?;
        // Only in memory: when the process ends, so does its claim.
        state.sellers.entry(seller.to_owned()).or_default().holder = Some(holder.to_owned());
        Ok(Fence::new(seller, number))
    }

    async fn release(&self, fence: &Fence) -> Result<(), LedgerError> {
        let mut state = self.lock();
        mine(&state, fence)?;
        state.sellers.entry(fence.seller.clone()).or_default().holder = None;
        Ok(())
    }

    async fn still_mine(&self, fence: &Fence) -> Result<(), LedgerError> {
        self.read(fence, |_| ())
    }

    async fn fingerprint_key(&self) -> Result<FingerprintKey, LedgerError> {
        Ok(self.key.clone())
    }

    async fn checkpoint(&self, fence: &Fence, stream: Stream) -> Result<Option<Timestamp>, LedgerError> {
        self.read(fence, |seller| seller.checkpoints.get(stream.as_str()).copied())
    }

    async fn advance(&self, fence: &Fence, stream: Stream, to: Timestamp) -> Result<(), LedgerError> {
        if self.checkpoint(fence, stream).await?.is_some_and(|at| at >= to) {
            return Ok(());
        }
        self.write(fence, Change::Checkpoint(fence.seller.clone(), stream.as_str().to_owned(), to))
    }

    async fn entry(&self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError> {
        self.read(fence, |seller| seller.entries.get(key).cloned())
    }

    async fn begin(&self, fence: &Fence, key: &DocumentKey, intent: &Intent) -> Result<(), LedgerError> {
        let mut entry = self.entry(fence, key).await?.unwrap_or_else(|| Entry::new(key.clone()));
        entry.intent = Some(intent.clone());
        self.settle(fence, &entry).await
    }

    async fn settle(&self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError> {
        self.write(fence, Change::Entry(fence.seller.clone(), Box::new(entry.clone())))
    }

    async fn forget(&self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError> {
        self.write(fence, Change::Forget(fence.seller.clone(), key.clone()))
    }

    async fn entries(
        &self,
        fence: &Fence,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.read(fence, |seller| {
            let later = |key: &DocumentKey| after.is_none_or(|after| key > after);
            let wanted = seller.entries.iter().filter(|(key, entry)| later(key) && filter.matches(entry));
            wanted.take(limit).map(|(_, entry)| entry.clone()).collect()
        })
    }

    async fn customer_mark(&self, fence: &Fence, customer: &str) -> Result<Option<Fingerprint>, LedgerError> {
        self.read(fence, |seller| seller.customers.get(customer).cloned())
    }

    async fn mark_customer(
        &self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError> {
        self.write(fence, Change::Customer(fence.seller.clone(), customer.to_owned(), mark.clone()))
    }

    async fn fact(&self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError> {
        self.read(fence, |seller| seller.facts.get(name).cloned())
    }

    async fn remember(&self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError> {
        self.write(fence, Change::Fact(fence.seller.clone(), name.to_owned(), value.to_owned()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // A key per ledger, kept with the other secrets: fingerprints must not be found by trying.
    let key = *b"from your vault, 32 bytes of it.";
    let place = |name: &str| -> PathBuf { folder.path().join(name) };

    contract::check(&JournalLedger::open(&place("contract"), key)?).await?;
    contract::check_reopening(|| std::future::ready(JournalLedger::open(&place("reopening"), key))).await?;
    println!("The journal keeps every rule of a ledger.\n");

    let accounts = Accounts::fakes(Seed::Demo, Rates::default())?;
    for round in ["first", "second"] {
        let ledger = JournalLedger::open(&place("ledger"), key)?;
        let bridge = Bridge::builder(accounts.ordway.clone(), accounts.anrok.clone()).ledger(ledger);
        let counts = bridge.connect().await?.sync().await?.counts;
        println!(
            "{round} run: {} recorded, {} unchanged, {} held",
            counts.recorded, counts.unchanged, counts.held
        );
        anyhow::ensure!((round == "second") == (counts.recorded == 0), "nothing is recorded twice");
    }
    let lines = std::fs::read_to_string(place("ledger")).context("the journal")?.lines().count();
    println!("The journal has {lines} lines.");
    Ok(())
}
