//! The reading: both systems and the ledger, reduced to the figures of the documents in scope.

use std::collections::{BTreeMap, BTreeSet};

use anrok_client::Conflict;
use anrok_client::transactions::{ListTransactions, MAX_PAGE, RecordedTransaction, TransactionFilter};
use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use ordway_client::{CreditId, DebitMemoId, InvoiceId, Listable, OnBadRecord, SeekFrom, SeekReader};

use super::facts::{Case, InLedger, InOrdway, Listed};
use super::{Method, OtherTransactions, ReconcileError, Scope, ids};
use crate::Bridge;
use crate::document::{Document, DocumentKey, DocumentKind};
use crate::engine;
use crate::engine::reading::has_no_debit_memos;
use crate::ledger::{EntryFilter, Fence, LedgerError};
use crate::settings::DebitMemos;

/// Ledger entries read at a time.
const BATCH: usize = 500;
/// Anrok takes dates up to 31 days ahead, so what is dated in a period was recorded no earlier than that before it.
const AHEAD_DAYS: i64 = 40;
/// How often a list whose cursor went stale is read from its beginning again.
const RESTARTS: u32 = 3;

/// Everything that was read.
pub(super) struct Read {
    pub(super) cases: Vec<Case>,
    pub(super) method: Method,
    pub(super) others: Vec<OtherTransactions>,
}

pub(super) async fn read(bridge: &Bridge, fence: &Fence, scope: &Scope) -> Result<Read, ReconcileError> {
    engine::same_company(&*bridge.ledger, fence, bridge.ordway.company(), &bridge.settings).await?;
    let mut reading = Reading { bridge, scope, ordway: BTreeMap::new(), credited: BTreeMap::new() };
    reading
        .list(
            "invoices",
            DocumentKind::Invoice,
            bridge.ordway.invoices().seek(SeekFrom::start()),
            |invoice| engine::ordway::invoice_by(&bridge.settings, invoice),
        )
        .await?;
    reading
        .list(
            "credits",
            DocumentKind::Credit,
            bridge.ordway.credits().seek(SeekFrom::start()),
            engine::ordway::credit,
        )
        .await?;
    reading.debit_memos().await?;
    let mut ledger = reading.ledger(fence).await?;
    let anrok = reading.anrok(&ledger).await?;
    let known: BTreeSet<DocumentKey> = ledger.keys().cloned().collect();
    let (mut listed, others, method) = match anrok {
        Some(transactions) => {
            let (listed, others) = reading.sort(transactions, &known);
            (Some(listed), others, Method::AnrokList)
        }
        None => (None, Vec::new(), Method::Ledger),
    };
    reading.look_up_strays(&known, listed.as_ref()).await?;
    reading.place_credits().await?;
    let mut keys = known;
    if bridge.settings.debit_memos == DebitMemos::Ignore {
        keys.retain(|key| key.kind != DocumentKind::DebitMemo);
        if let Some(listed) = &mut listed {
            listed.retain(|key, _| key.kind != DocumentKind::DebitMemo);
        }
    }
    keys.extend(reading.ordway.keys().cloned());
    keys.extend(listed.iter().flat_map(BTreeMap::keys).cloned());
    let cases = keys.into_iter().map(|key| Case {
        ordway: reading.ordway.remove(&key),
        ledger: ledger.remove(&key),
        anrok: listed.as_mut().map(|listed| listed.remove(&key).unwrap_or_default()),
        key,
    });
    Ok(Read { cases: cases.collect(), method, others })
}

struct Reading<'a> {
    bridge: &'a Bridge,
    scope: &'a Scope,
    ordway: BTreeMap<DocumentKey, InOrdway>,
    /// Credits without an address of their own → the invoice they are applied to.
    credited: BTreeMap<DocumentKey, String>,
}

impl Reading<'_> {
    /// Reads a list in full; what is dated in the period is kept.
    async fn list<T: Listable>(
        &mut self,
        what: &'static str,
        kind: DocumentKind,
        mut reader: SeekReader<T>,
        document: impl Fn(&T) -> Document + Send + Sync,
    ) -> Result<(), ReconcileError> {
        let failed = |source| ReconcileError::Ordway { what, source: Box::new(source) };
        while let Some(page) = reader.next_page().await.map_err(failed)? {
            for item in &page.items {
                let document = document(item);
                // A later version of the same document replaces the earlier one, in or out of the period.
                self.ordway.remove(&document.key);
                if document.date.is_none_or(|date| self.scope.contains(date)) {
                    self.keep(&document);
                }
            }
            for reject in page.rejects {
                let id = reject.id.unwrap_or_else(|| format!("(no id, {what} {})", reject.path));
                let unreadable = InOrdway::unreadable(&reject.path, &reject.reason);
                self.ordway.insert(DocumentKey::new(kind, id), unreadable);
            }
        }
        Ok(())
    }

    /// As a sync reads them: most accounts have none, and refuse to list them.
    async fn debit_memos(&mut self) -> Result<(), ReconcileError> {
        let policy = self.bridge.settings.debit_memos;
        if policy == DebitMemos::Ignore {
            return Ok(());
        }
        let reader = self.bridge.ordway.debit_memos().seek(SeekFrom::start());
        match self.list("debit memos", DocumentKind::DebitMemo, reader, engine::ordway::debit_memo).await {
            Err(ReconcileError::Ordway { source, .. }) if has_no_debit_memos(policy, &source) => Ok(()),
            other => other,
        }
    }

    fn keep(&mut self, document: &Document) {
        let facts = InOrdway::of(document, &self.bridge.settings.rules);
        if facts.place.is_none()
            && let Some(invoice) = document.applied_to.first()
        {
            self.credited.insert(document.key.clone(), invoice.clone());
        }
        self.ordway.insert(document.key.clone(), facts);
    }

    /// The entries of documents in scope, and of others that the ledger dates inside.
    async fn ledger(&self, fence: &Fence) -> Result<BTreeMap<DocumentKey, InLedger>, LedgerError> {
        let (mut kept, mut after) = (BTreeMap::new(), None::<DocumentKey>);
        loop {
            let batch = self.bridge.ledger.entries(fence, EntryFilter::All, after.as_ref(), BATCH).await?;
            let Some(last) = batch.last() else { return Ok(kept) };
            after = Some(last.key.clone());
            for entry in &batch {
                let facts = InLedger::of(entry);
                let inside = facts.date.is_none_or(|date| self.scope.contains(date));
                let stray = inside && (facts.live.is_some() || facts.problem.is_some());
                if stray || self.ordway.contains_key(&entry.key) {
                    kept.insert(entry.key.clone(), facts);
                }
            }
        }
    }

    /// All transactions that can belong to the scope; `None` where the account has no list.
    async fn anrok(
        &self,
        ledger: &BTreeMap<DocumentKey, InLedger>,
    ) -> Result<Option<Vec<RecordedRow>>, ReconcileError> {
        let filter = TransactionFilter::LastModifiedAfter(self.since(ledger));
        let query = ListTransactions { filter: Some(filter), limit: Some(MAX_PAGE) };
        // By id: a transaction that changes while the list is read may come twice.
        let mut rows: BTreeMap<String, RecordedRow> = BTreeMap::new();
        let mut restarts = 0;
        'again: loop {
            let mut list =
                self.bridge.anrok.transactions().list(query.clone()).on_bad_record(OnBadRecord::Collect);
            loop {
                let page = match list.next_page().await {
                    Ok(Some(page)) => page,
                    Ok(None) => return Ok(Some(rows.into_values().collect())),
                    Err(error) => match error.api().and_then(|api| api.conflict()) {
                        Some(Conflict::ListTransactionsApiNotEnabled) => return Ok(None),
                        Some(Conflict::InvalidCursor) if restarts < RESTARTS => {
                            restarts += 1;
                            continue 'again;
                        }
                        _ => return Err(ReconcileError::Anrok(Box::new(error))),
                    },
                };
                for record in &page.items {
                    let row = RecordedRow::of(record);
                    let newer = rows.get(&row.listed.id).is_none_or(|known| row.modified >= known.modified);
                    if newer {
                        rows.insert(row.listed.id.clone(), row);
                    }
                }
                for reject in page.rejects {
                    let id = reject.id.unwrap_or_else(|| format!("(no id, {})", reject.path));
                    let listed = Listed::unreadable(id.clone(), &reject.path, &reject.reason);
                    rows.entry(id).or_insert(RecordedRow { listed, modified: None, source: None });
                }
            }
        }
    }

    /// Before anything of these documents can have been recorded.
    fn since(&self, ledger: &BTreeMap<DocumentKey, InLedger>) -> Timestamp {
        let remembered =
            ledger.iter().filter(|(key, _)| self.ordway.contains_key(key)).filter_map(|(_, l)| l.date);
        let first = self.scope.from.and_then(|from| remembered.chain([from]).min());
        // Without a beginning, Anrok's first day.
        let day = first.unwrap_or(date(1999, 1, 1)).checked_sub(AHEAD_DAYS.days()).unwrap_or(Date::MIN);
        let day = day.max(date(1970, 1, 2));
        day.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp())
    }

    /// Transactions by the document they are about, and those of others counted.
    fn sort(
        &self,
        rows: Vec<RecordedRow>,
        known: &BTreeSet<DocumentKey>,
    ) -> (BTreeMap<DocumentKey, Vec<Listed>>, Vec<OtherTransactions>) {
        let is_known = |key: &DocumentKey| self.ordway.contains_key(key) || known.contains(key);
        let mut ours: BTreeMap<DocumentKey, Vec<Listed>> = BTreeMap::new();
        let mut others: BTreeMap<String, OtherTransactions> = BTreeMap::new();
        for row in rows {
            let listed = row.listed;
            if let Some(key) = ids::owner(&self.bridge.settings.rules.prefix, &listed.id, is_known) {
                ours.entry(key).or_default().push(listed);
                continue;
            }
            if !listed.counts || !listed.date.is_some_and(|date| self.scope.contains(date)) {
                continue;
            }
            let prefix =
                row.source.or_else(|| listed.id.split_once(':').map(|(prefix, _)| prefix.to_owned()));
            let prefix = prefix.unwrap_or_else(|| "(no prefix)".to_owned());
            let other = others.entry(prefix.clone()).or_insert_with(|| OtherTransactions {
                prefix,
                transactions: 0,
                example: listed.id,
            });
            other.transactions += 1;
        }
        let inside =
            |listed: &Listed| listed.counts && listed.date.is_none_or(|date| self.scope.contains(date));
        ours.retain(|key, listed| is_known(key) || listed.iter().any(inside));
        (ours, others.into_values().collect())
    }

    /// What the ledger or Anrok count in the period and Ordway's lists did not show there: Ordway may date it elsewhere,
    /// or not have it. Asked one by one, because "Ordway does not have it" is a grave word.
    async fn look_up_strays(
        &mut self,
        known: &BTreeSet<DocumentKey>,
        listed: Option<&BTreeMap<DocumentKey, Vec<Listed>>>,
    ) -> Result<(), ReconcileError> {
        let of_anrok = listed.into_iter().flat_map(BTreeMap::keys);
        let strays: BTreeSet<DocumentKey> =
            known.iter().chain(of_anrok).filter(|key| !self.ordway.contains_key(key)).cloned().collect();
        for key in strays {
            let policy = self.bridge.settings.debit_memos;
            let is_memo = key.kind == DocumentKind::DebitMemo;
            if is_memo && policy == DebitMemos::Ignore {
                continue;
            }
            match self.fetch(&key).await {
                Ok(Some(document)) => self.keep(&document),
                Ok(None) => {}
                // On record once, and not readable any more.
                Err(ReconcileError::Ordway { source, .. })
                    if is_memo && has_no_debit_memos(policy, &source) =>
                {
                    let unreadable =
                        InOrdway::unreadable(".", "Ordway does not let this user read debit memos");
                    self.ordway.insert(key, unreadable);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn fetch(&self, key: &DocumentKey) -> Result<Option<Document>, ReconcileError> {
        let ordway = &self.bridge.ordway;
        let (what, read) = match key.kind {
            DocumentKind::Invoice => {
                let read = ordway.invoices().get(&InvoiceId::from(key.id.as_str())).await;
                ("invoices", read.map(|record| engine::ordway::invoice_by(&self.bridge.settings, &record)))
            }
            DocumentKind::Credit => {
                let read = ordway.credits().get(&CreditId::from(key.id.as_str())).await;
                ("credits", read.map(|record| engine::ordway::credit(&record)))
            }
            DocumentKind::DebitMemo => {
                let read = ordway.debit_memos().get(&DebitMemoId::from(key.id.as_str())).await;
                ("debit memos", read.map(|record| engine::ordway::debit_memo(&record)))
            }
        };
        match read {
            Ok(document) => Ok(Some(document)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(source) => Err(ReconcileError::Ordway { what, source: Box::new(source) }),
        }
    }

    /// A credit without an address is taxed where its invoice is.
    async fn place_credits(&mut self) -> Result<(), ReconcileError> {
        for (credit, invoice) in std::mem::take(&mut self.credited) {
            let parent = DocumentKey::invoice(invoice);
            let known = self.ordway.get(&parent).map(|facts| facts.place.clone());
            let place = if let Some(place) = known {
                place
            } else {
                let document = self.fetch(&parent).await?;
                document.and_then(|document| InOrdway::of(&document, &self.bridge.settings.rules).place)
            };
            if let Some(facts) = self.ordway.get_mut(&credit) {
                facts.place = place;
            }
        }
        Ok(())
    }
}

/// A transaction of the list, with what is needed to sort it.
struct RecordedRow {
    listed: Listed,
    modified: Option<Timestamp>,
    /// The billing system that Anrok read it from.
    source: Option<String>,
}

impl RecordedRow {
    fn of(record: &RecordedTransaction) -> Self {
        let source = record.source_billing_system.as_ref().and_then(|source| source.name.clone());
        Self {
            listed: Listed::of(record),
            modified: record.anrok_modified_time.as_ref().and_then(anrok_client::wire::Moment::timestamp),
            source,
        }
    }
}
