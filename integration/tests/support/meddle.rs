//! Stands between the engine and its ledger: counts the operations, and at one of them the process dies, the disk fails
//! or the worker is stopped for a while.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::fingerprint::{Fingerprint, FingerprintKey};
use ordway_anrok::ledger::{Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Stream};
use tokio::sync::Notify;

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    DieBefore,
    DieAfter,
    /// The store says no, and has not stored it.
    FailBefore,
    /// The store says no although it has stored it.
    FailAfter,
    /// The worker stands still after the operation until it is thawed. Never right after the lease check itself: what
    /// is between that and the first byte, no client can guard.
    FreezeAfter,
}

/// Plan and record of one worker's ledger operations. Clones share it.
#[derive(Clone, Default)]
pub struct Meddle(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    died: Notify,
    frozen: Notify,
    thawed: Notify,
}

#[derive(Default)]
struct State {
    operations: u64,
    plan: Option<(u64, Meddling)>,
    happened: bool,
}

impl fmt::Debug for Meddle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meddle")
    }
}

impl Meddle {
    /// At the `n`-th operation from now on, counted from 1.
    pub fn at(n: u64, meddling: Meddling) -> Self {
        let meddle = Self::default();
        meddle.lock().plan = Some((n, meddling));
        meddle
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Whether the run came so far.
    pub fn happened(&self) -> bool {
        self.lock().happened
    }

    pub async fn died(&self) {
        self.0.died.notified().await;
    }

    pub async fn frozen(&self) {
        self.0.frozen.notified().await;
    }

    pub fn thaw(&self) {
        self.0.thawed.notify_one();
    }

    /// What is to happen at this operation, once.
    fn next(&self, name: &str) -> Option<Meddling> {
        let mut state = self.lock();
        state.operations += 1;
        let (at, meddling) = state.plan?;
        let due = match meddling {
            Meddling::FreezeAfter => state.operations >= at && name != "still_mine",
            _ => state.operations == at,
        };
        if !due {
            return None;
        }
        state.plan = None;
        state.happened = true;
        Some(meddling)
    }

    async fn before(&self, name: &str) -> Result<Option<Meddling>, LedgerError> {
        // A ledger in a file lets others go on meanwhile.
        tokio::task::yield_now().await;
        let meddling = self.next(name);
        match meddling {
            Some(Meddling::DieBefore) => {
                self.die().await;
                Ok(None)
            }
            Some(Meddling::FailBefore) => Err(failure()),
            _ => Ok(meddling),
        }
    }

    async fn after(&self, meddling: Option<Meddling>) -> Result<(), LedgerError> {
        match meddling {
            Some(Meddling::DieAfter) => {
                self.die().await;
                Ok(())
            }
            Some(Meddling::FailAfter) => Err(failure()),
            Some(Meddling::FreezeAfter) => {
                self.0.frozen.notify_one();
                self.0.thawed.notified().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn die(&self) {
        self.0.died.notify_one();
        std::future::pending::<()>().await;
    }
}

fn failure() -> LedgerError {
    LedgerError::Storage { reason: "the disk of the test is full".to_owned() }
}

/// A ledger with somebody meddling.
#[derive(Clone, Debug)]
pub struct Meddled {
    inner: Arc<dyn Ledger>,
    meddle: Meddle,
}

impl Meddled {
    pub fn new(inner: Arc<dyn Ledger>, meddle: Meddle) -> Self {
        Self { inner, meddle }
    }
}

macro_rules! meddled {
    ($self:ident, $name:literal, $call:expr) => {{
        let meddling = $self.meddle.before($name).await?;
        let result = $call.await;
        $self.meddle.after(meddling).await?;
        result
    }};
}

#[async_trait]
impl Ledger for Meddled {
    async fn claim(&self, seller: &str, holder: &str, now: Timestamp) -> Result<Fence, LedgerError> {
        meddled!(self, "claim", self.inner.claim(seller, holder, now))
    }

    async fn release(&self, fence: &Fence) -> Result<(), LedgerError> {
        meddled!(self, "release", self.inner.release(fence))
    }

    async fn still_mine(&self, fence: &Fence) -> Result<(), LedgerError> {
        meddled!(self, "still_mine", self.inner.still_mine(fence))
    }

    async fn fingerprint_key(&self) -> Result<FingerprintKey, LedgerError> {
        meddled!(self, "fingerprint_key", self.inner.fingerprint_key())
    }

    async fn checkpoint(&self, fence: &Fence, stream: Stream) -> Result<Option<Timestamp>, LedgerError> {
        meddled!(self, "checkpoint", self.inner.checkpoint(fence, stream))
    }

    async fn advance(&self, fence: &Fence, stream: Stream, to: Timestamp) -> Result<(), LedgerError> {
        meddled!(self, "advance", self.inner.advance(fence, stream, to))
    }

    async fn entry(&self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError> {
        meddled!(self, "entry", self.inner.entry(fence, key))
    }

    async fn begin(&self, fence: &Fence, key: &DocumentKey, intent: &Intent) -> Result<(), LedgerError> {
        meddled!(self, "begin", self.inner.begin(fence, key, intent))
    }

    async fn settle(&self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError> {
        meddled!(self, "settle", self.inner.settle(fence, entry))
    }

    async fn forget(&self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError> {
        meddled!(self, "forget", self.inner.forget(fence, key))
    }

    async fn entries(
        &self,
        fence: &Fence,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        meddled!(self, "entries", self.inner.entries(fence, filter, after, limit))
    }

    async fn customer_mark(&self, fence: &Fence, customer: &str) -> Result<Option<Fingerprint>, LedgerError> {
        meddled!(self, "customer_mark", self.inner.customer_mark(fence, customer))
    }

    async fn mark_customer(
        &self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError> {
        meddled!(self, "mark_customer", self.inner.mark_customer(fence, customer, mark))
    }

    async fn fact(&self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError> {
        meddled!(self, "fact", self.inner.fact(fence, name))
    }

    async fn remember(&self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError> {
        meddled!(self, "remember", self.inner.remember(fence, name, value))
    }
}
