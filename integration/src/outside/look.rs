//! Reading what stands at Anrok.

use std::collections::BTreeMap;

use anrok_client::transactions::{
    ListTransactions, MAX_PAGE, RecordedTransaction, TransactionFilter, TransactionId,
};
use anrok_client::{Available, Conflict, OnBadRecord};
use jiff::Timestamp;
use serde::Serialize;

use super::Change;
use super::change::{Theirs, beside, compare};
use crate::Bridge;
use crate::document::DocumentKey;
use crate::ledger::{Entry, EntryFilter, Fence, LedgerError};
use crate::reconcile::{ReconcileError, owner};
use crate::report::Requests;

/// Ledger entries read at a time.
const BATCH: usize = 500;
/// How often a list whose cursor went stale is read from its beginning again.
const RESTARTS: u32 = 3;

/// What a look at Anrok found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Looked {
    /// What others changed, by document.
    pub changes: Vec<Change>,
    /// Transactions of our documents that were looked at.
    pub transactions: u64,
    /// Whether Anrok could be asked. Where it could not (the list is a premium call, `transactions/get` is not everywhere)
    /// a change is noticed only by what follows: the version of the next update, or the mismatch of a void or negation.
    pub asked: bool,
    /// The newest change seen, whosever it was: a later look may begin here. What is not answered is then told no more.
    pub seen_until: Option<Timestamp>,
    /// Requests sent, all of them reads.
    pub requests: Requests,
}

impl Bridge {
    /// What others changed at Anrok since our last writes, among the transactions modified after `since` (`None`: all).
    ///
    /// Reads only, and may be repeated at will: `transactions/list`, a premium call, page by page, and the ledger, which is
    /// claimed for as long as the reading takes, as by a sync. Memory grows with the transactions that are listed.
    ///
    /// # Errors
    /// [`ReconcileError::Anrok`], [`ReconcileError::Ledger`] ([`LedgerError::InUse`] while a sync is at work).
    pub async fn outside_changes(&self, since: Option<Timestamp>) -> Result<Looked, ReconcileError> {
        let before = self.asked_anrok();
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await?;
        let read = Box::pin(self.look_at_list(&fence, since)).await;
        let released = self.ledger.release(&fence).await;
        let (looked, ()) = (read?, released?);
        Ok(Looked { requests: Requests::new(0, self.asked_anrok().saturating_sub(before)), ..looked })
    }

    /// The same for one document, by `transactions/get` (grade C): one read for each of its transactions, versions included.
    ///
    /// # Errors
    /// As from [`Bridge::outside_changes`].
    pub async fn outside_changes_of(&self, document: &DocumentKey) -> Result<Looked, ReconcileError> {
        let before = self.asked_anrok();
        let fence = self.ledger.claim(&self.stream(), &self.holder, self.clock.now()).await?;
        let read = self.ledger.entry(&fence, document).await;
        let released = self.ledger.release(&fence).await;
        let (entry, ()) = (read?, released?);
        let mut looked = Looked {
            changes: Vec::new(),
            transactions: 0,
            asked: true,
            seen_until: None,
            requests: Requests::new(0, 0),
        };
        for link in entry.iter().flat_map(|entry| entry.links().into_owned()) {
            let Some(entry) = &entry else { continue };
            let theirs =
                match self.anrok.transactions().get(&TransactionId::from(link.transaction.as_str())).await {
                    Ok(Available::Answer(record)) => Theirs::of(&record),
                    // The API of this account has no such call.
                    Ok(_) => {
                        looked.asked = false;
                        break;
                    }
                    // What is gone counts no more than what is void.
                    Err(error) if conflict(&error) == Some(&Conflict::TransactionIdNotFound) => {
                        Theirs::default()
                    }
                    Err(error) => return Err(ReconcileError::Anrok(Box::new(error))),
                };
            looked.transactions = looked.transactions.saturating_add(1);
            looked.seen_until = looked.seen_until.max(theirs.changed_at);
            looked.changes.extend(compare(entry, &link, &theirs));
        }
        looked.requests = Requests::new(0, self.asked_anrok().saturating_sub(before));
        Ok(looked)
    }

    fn asked_anrok(&self) -> u64 {
        self.anrok.requests_sent()
    }

    async fn look_at_list(&self, fence: &Fence, since: Option<Timestamp>) -> Result<Looked, ReconcileError> {
        let mut entries = self.recorded(fence).await?;
        let listed = self.listed(since).await?;
        let mut looked = Looked {
            changes: Vec::new(),
            transactions: 0,
            asked: listed.is_some(),
            seen_until: since,
            requests: Requests::new(0, 0),
        };
        let mut by_document: BTreeMap<DocumentKey, Vec<Theirs>> = BTreeMap::new();
        for theirs in listed.into_iter().flatten() {
            looked.seen_until = looked.seen_until.max(theirs.changed_at);
            let key = owner(&self.settings.rules.prefix, &theirs.id, |key| entries.contains_key(key));
            if let Some(key) = key.filter(|key| entries.contains_key(key)) {
                by_document.entry(key).or_default().push(theirs);
            }
        }
        for (key, listed) in by_document {
            let Some(entry) = entries.remove(&key) else { continue };
            let links = entry.links();
            for theirs in listed {
                looked.transactions = looked.transactions.saturating_add(1);
                match links.iter().find(|link| link.transaction == theirs.id) {
                    Some(link) => looked.changes.extend(compare(&entry, link, &theirs)),
                    None => looked.changes.extend(beside(&entry, &theirs)),
                }
            }
        }
        Ok(looked)
    }

    /// Documents of which something was ever recorded.
    async fn recorded(&self, fence: &Fence) -> Result<BTreeMap<DocumentKey, Entry>, LedgerError> {
        let (mut kept, mut after) = (BTreeMap::new(), None::<DocumentKey>);
        loop {
            let batch = self.ledger.entries(fence, EntryFilter::All, after.as_ref(), BATCH).await?;
            let Some(last) = batch.last() else { return Ok(kept) };
            after = Some(last.key.clone());
            let recorded = batch.into_iter().filter(|entry| !entry.links().is_empty());
            kept.extend(recorded.map(|entry| (entry.key.clone(), entry)));
        }
    }

    /// What Anrok lists; `None` where the account has no list. By id: what changes meanwhile may come twice.
    async fn listed(&self, since: Option<Timestamp>) -> Result<Option<Vec<Theirs>>, ReconcileError> {
        let filter = since.map(TransactionFilter::LastModifiedAfter);
        let query = ListTransactions { filter, limit: Some(MAX_PAGE) };
        let mut rows: BTreeMap<String, Theirs> = BTreeMap::new();
        let mut restarts = 0;
        loop {
            let list = self.anrok.transactions().list(query.clone());
            // What cannot be read cannot be compared; reconcile tells it.
            let mut list = list.on_bad_record(OnBadRecord::Collect);
            let stale = loop {
                let page: Vec<RecordedTransaction> = match list.next_page().await {
                    Ok(Some(page)) => page.items,
                    Ok(None) => return Ok(Some(rows.into_values().collect())),
                    Err(error) => break error,
                };
                for record in &page {
                    let theirs = Theirs::of(record);
                    let newer =
                        rows.get(&theirs.id).is_none_or(|known| theirs.changed_at >= known.changed_at);
                    if newer {
                        rows.insert(theirs.id.clone(), theirs);
                    }
                }
            };
            match conflict(&stale) {
                Some(Conflict::ListTransactionsApiNotEnabled) => return Ok(None),
                Some(Conflict::InvalidCursor) if restarts < RESTARTS => restarts += 1,
                _ => return Err(ReconcileError::Anrok(Box::new(stale))),
            }
        }
    }
}

fn conflict(error: &anrok_client::Error) -> Option<&Conflict> {
    error.api()?.conflict()
}
