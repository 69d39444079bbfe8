//! Reading what stands at Anrok.

use std::collections::{BTreeMap, HashMap};

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
use crate::ledger::{Entry, Fence, Ledger, LedgerError};
use crate::map::transaction_id::IdPrefix;
use crate::reconcile::{ReconcileError, owners};
use crate::report::Requests;

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
    /// claimed for as long as the reading takes, as by a sync.
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
        let look = Look {
            anrok: &self.anrok,
            ledger: &*self.ledger,
            fence,
            prefix: &self.settings.rules.prefix,
            begun: self.clock.now(),
        };
        look.at_list(since).await
    }
}

/// Anrok's list and the ledger beside each other, page by page.
pub(crate) struct Look<'a> {
    pub(crate) anrok: &'a anrok_client::Client,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) fence: &'a Fence,
    pub(crate) prefix: &'a IdPrefix,
    /// What we write ourselves from then on is no change of others.
    pub(crate) begun: Timestamp,
}

impl Look<'_> {
    /// What others changed among the transactions modified after `since`.
    pub(crate) async fn at_list(&self, since: Option<Timestamp>) -> Result<Looked, ReconcileError> {
        let filter = since.map(TransactionFilter::LastModifiedAfter);
        let query = ListTransactions { filter, limit: Some(MAX_PAGE) };
        let mut found = Found::default();
        let mut restarts = 0;
        let asked = loop {
            let list = self.anrok.transactions().list(query.clone());
            // What cannot be read cannot be compared; reconcile tells it.
            let mut list = list.on_bad_record(OnBadRecord::Collect);
            let stale = loop {
                match list.next_page().await {
                    Ok(Some(page)) => self.take_in(&page.items, &mut found).await?,
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            match stale.as_ref().map(conflict) {
                None => break true,
                Some(Some(Conflict::ListTransactionsApiNotEnabled)) => break false,
                Some(Some(Conflict::InvalidCursor)) if restarts < RESTARTS => restarts += 1,
                Some(_) => {
                    if let Some(error) = stale {
                        return Err(ReconcileError::Anrok(Box::new(error)));
                    }
                }
            }
        };
        let transactions = u64::try_from(found.seen.len()).unwrap_or(u64::MAX);
        Ok(Looked {
            changes: found.changes.into_values().collect(),
            transactions,
            asked,
            seen_until: found.seen_until.max(since),
            requests: Requests::new(0, 0),
        })
    }

    async fn take_in(&self, page: &[RecordedTransaction], found: &mut Found) -> Result<(), LedgerError> {
        for record in page {
            let theirs = Theirs::of(record);
            found.seen_until = found.seen_until.max(theirs.changed_at);
            let Some(entry) = self.entry_of(&theirs.id).await? else { continue };
            // What changes while the list is read may come twice.
            if found.seen.get(&theirs.id).is_some_and(|known| *known > theirs.changed_at) {
                continue;
            }
            found.seen.insert(theirs.id.clone(), theirs.changed_at);
            let place = (entry.key.clone(), theirs.id.clone());
            let links = entry.links();
            let change = match links.iter().find(|link| link.transaction == theirs.id) {
                Some(link) if link.at > self.begun => None,
                Some(link) => compare(&entry, link, &theirs),
                None => beside(&entry, &theirs),
            };
            match change {
                Some(change) => drop(found.changes.insert(place, change)),
                None => drop(found.changes.remove(&place)),
            }
        }
        Ok(())
    }

    /// The document that a transaction belongs to, where something of it was ever recorded.
    async fn entry_of(&self, transaction: &str) -> Result<Option<Entry>, LedgerError> {
        for key in owners(self.prefix, transaction) {
            let entry = self.ledger.entry(self.fence, &key).await?;
            if let Some(entry) = entry.filter(|entry| !entry.links().is_empty()) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

/// What a look has found so far.
#[derive(Default)]
struct Found {
    /// By document and transaction.
    changes: BTreeMap<(DocumentKey, String), Change>,
    /// Transactions of our documents, and when they changed.
    seen: HashMap<String, Option<Timestamp>>,
    seen_until: Option<Timestamp>,
}

fn conflict(error: &anrok_client::Error) -> Option<&Conflict> {
    error.api()?.conflict()
}
