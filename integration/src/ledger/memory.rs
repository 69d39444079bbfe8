//! A ledger that lives as long as the process: for tests, demos and dry runs.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Entry, EntryFilter, Fence, Intent, Ledger, LedgerError, Stream};
use crate::document::DocumentKey;
use crate::fingerprint::{Fingerprint, FingerprintKey};

/// A ledger in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<Sellers>>);

type Sellers = HashMap<String, Seller>;

#[derive(Default)]
struct Seller {
    fence: u64,
    holder: Option<String>,
    checkpoints: HashMap<&'static str, Timestamp>,
    entries: BTreeMap<DocumentKey, Entry>,
    customers: HashMap<String, Fingerprint>,
    facts: HashMap<String, String>,
}

impl Seller {
    fn page(&self, filter: &EntryFilter, after: Option<&DocumentKey>, limit: usize) -> Vec<Entry> {
        let later = |key: &DocumentKey| after.is_none_or(|after| key > after);
        let wanted = self.entries.iter().filter(|(key, entry)| later(key) && filter.matches(entry));
        wanted.take(limit).map(|(_, entry)| entry.clone()).collect()
    }
}

impl MemoryLedger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    /// Frees every claim, as the end of the process that holds it does for a ledger in a file. For tests that drop a
    /// running sync and go on with another one; a dropped run that still lives is fenced off by the next claim.
    pub fn end_claims(&self) {
        for seller in self.lock().values_mut() {
            seller.holder = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sellers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, fence: &Fence, act: impl FnOnce(&mut Seller) -> T) -> Result<T, LedgerError> {
        let mut sellers = self.lock();
        match sellers.get_mut(&fence.seller) {
            Some(seller) if seller.fence == fence.number => Ok(act(seller)),
            _ => Err(LedgerError::FencedOff),
        }
    }
}

impl fmt::Debug for MemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLedger").field("sellers", &self.lock().len()).finish()
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn claim(&self, seller: &str, holder: &str, _now: Timestamp) -> Result<Fence, LedgerError> {
        let mut sellers = self.lock();
        let state = sellers.entry(seller.to_owned()).or_default();
        if let Some(holder) = &state.holder {
            return Err(LedgerError::InUse { holder: holder.clone() });
        }
        state.holder = Some(holder.to_owned());
        state.fence += 1;
        Ok(Fence::new(seller, state.fence))
    }

    async fn release(&self, fence: &Fence) -> Result<(), LedgerError> {
        self.with(fence, |seller| seller.holder = None)
    }

    async fn still_mine(&self, fence: &Fence) -> Result<(), LedgerError> {
        self.with(fence, |_| ())
    }

    async fn fingerprint_key(&self) -> Result<FingerprintKey, LedgerError> {
        // Lives and dies with the process, so nobody can take it away with the fingerprints.
        Ok(FingerprintKey::new(*b"fingerprints of a memory ledger."))
    }

    async fn checkpoint(&self, fence: &Fence, stream: Stream) -> Result<Option<Timestamp>, LedgerError> {
        self.with(fence, |seller| seller.checkpoints.get(stream.as_str()).copied())
    }

    async fn advance(&self, fence: &Fence, stream: Stream, to: Timestamp) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            let at = seller.checkpoints.entry(stream.as_str()).or_insert(to);
            *at = (*at).max(to);
        })
    }

    async fn entry(&self, fence: &Fence, key: &DocumentKey) -> Result<Option<Entry>, LedgerError> {
        self.with(fence, |seller| seller.entries.get(key).cloned())
    }

    async fn begin(&self, fence: &Fence, key: &DocumentKey, intent: &Intent) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            let entry = seller.entries.entry(key.clone()).or_insert_with(|| Entry::new(key.clone()));
            entry.intent = Some(intent.clone());
        })
    }

    async fn settle(&self, fence: &Fence, entry: &Entry) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            seller.entries.insert(entry.key.clone(), entry.clone());
        })
    }

    async fn forget(&self, fence: &Fence, key: &DocumentKey) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            seller.entries.remove(key);
        })
    }

    async fn entries(
        &self,
        fence: &Fence,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.with(fence, |seller| seller.page(&filter, after, limit))
    }

    async fn peek(
        &self,
        seller: &str,
        filter: EntryFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let sellers = self.lock();
        let Some(seller) = sellers.get(seller) else { return Ok(Vec::new()) };
        Ok(seller.page(&filter, after, limit))
    }

    async fn peek_fact(&self, seller: &str, name: &str) -> Result<Option<String>, LedgerError> {
        Ok(self.lock().get(seller).and_then(|seller| seller.facts.get(name).cloned()))
    }

    async fn customer_mark(&self, fence: &Fence, customer: &str) -> Result<Option<Fingerprint>, LedgerError> {
        self.with(fence, |seller| seller.customers.get(customer).cloned())
    }

    async fn mark_customer(
        &self,
        fence: &Fence,
        customer: &str,
        mark: &Fingerprint,
    ) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            seller.customers.insert(customer.to_owned(), mark.clone());
        })
    }

    async fn fact(&self, fence: &Fence, name: &str) -> Result<Option<String>, LedgerError> {
        self.with(fence, |seller| seller.facts.get(name).cloned())
    }

    async fn remember(&self, fence: &Fence, name: &str, value: &str) -> Result<(), LedgerError> {
        self.with(fence, |seller| {
            seller.facts.insert(name.to_owned(), value.to_owned());
        })
    }
}
