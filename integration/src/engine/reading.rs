//! Where documents come from: what changed in Ordway, what is open in the ledger, what invoices mention.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::stream;
use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use ordway_client::customers::Customer;
use ordway_client::invoices::Invoice;
use ordway_client::{
    CreditId, CustomerId, DebitMemoId, InvoiceId, Listable, OnBadRecord, Reject, SeekFrom, SeekReader,
};

use crate::document::{Document, DocumentKey, DocumentKind, Standing};
use crate::hold::{Disposition, Hold, NOT_DUE_YET, UNREADABLE};
use crate::ledger::{Entry, EntryFilter, Problem, ProblemKind, Recording, Stream};
use crate::progress::Progress;
use crate::settings::DebitMemos;

use super::compare::Comparing;
use super::failure::Broken;
use super::ordway::{self, CustomerFacts};
use super::outage::Service;
use super::{OrdwayFailure, Run, Stop, lock};

/// Entries read from the ledger at a time.
const BATCH: usize = 200;

/// Something on a page.
enum Work {
    Document(Box<Document>),
    Unreadable(DocumentKind, Reject),
}

/// Pages whose documents are not all settled yet, oldest first.
#[derive(Default)]
struct Pages(VecDeque<OpenPage>);

struct OpenPage {
    number: u64,
    left: usize,
    checkpoint: Option<Timestamp>,
}

impl Pages {
    /// Takes note that a document of page `number` is settled; gives the newest checkpoint that is safe now.
    fn settled(&mut self, number: u64) -> Option<Timestamp> {
        if let Some(page) = self.0.iter_mut().find(|page| page.number == number) {
            page.left = page.left.saturating_sub(1);
        }
        self.done()
    }

    fn done(&mut self) -> Option<Timestamp> {
        let mut safe = None;
        while self.0.front().is_some_and(|page| page.left == 0) {
            safe = self.0.pop_front().and_then(|page| page.checkpoint).max(safe);
        }
        safe
    }
}

/// Whether the refusal of a list of debit memos means that the account has none.
pub(crate) fn has_no_debit_memos(policy: DebitMemos, refusal: &ordway_client::Error) -> bool {
    let refused = matches!(refusal.status(), Some(400 | 403 | 404 | 405 | 410 | 422 | 501));
    refused && policy == DebitMemos::WhereReadable
}

/// Customers that were read by this run, not by an earlier one of the same watch.
#[derive(Debug, Default)]
pub(super) struct FreshCustomers {
    all: bool,
    some: HashSet<String>,
}

impl FreshCustomers {
    fn holds(&self, id: &str) -> bool {
        self.all || self.some.contains(id)
    }
}

/// Why a stream is read.
pub(super) enum Reading<'a> {
    /// For what is new; the checkpoint moves.
    News,
    /// To compare it again, until a time of the monotonic clock; the comparison's own progress moves.
    Compare { until: Option<Duration>, progress: &'a Mutex<Comparing> },
}

impl Reading<'_> {
    fn is_over(&self, now: Duration) -> bool {
        matches!(self, Self::Compare { until: Some(until), .. } if now >= *until)
    }
}

impl Run<'_> {
    /// Reads what changed of a stream and settles it; `false` where the reading broke off.
    pub(super) async fn read_stream(&self, which: Stream) -> bool {
        let checkpoint = match self.ledger.checkpoint(&self.fence, which).await {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.stop(Stop::Ledger(error));
                return false;
            }
        };
        let mut from = SeekFrom::new(checkpoint, self.settings.look_back);
        if on_purpose!(self.settings, NoLookBack) {
            from.look_back = Duration::ZERO;
        }
        self.read_from(which, from, &Reading::News).await
    }

    /// Reads a stream from somewhere and settles it; `false` where the reading broke off.
    pub(super) async fn read_from(&self, which: Stream, from: SeekFrom, reading: &Reading<'_>) -> bool {
        match which {
            Stream::Invoices => {
                let reader = self.ordway.invoices().seek(from);
                let invoice = |invoice: &Invoice| self.invoice(invoice);
                self.read_pages((which, DocumentKind::Invoice), reader, invoice, reading).await
            }
            Stream::Credits => {
                let reader = self.ordway.credits().seek(from);
                self.read_pages((which, DocumentKind::Credit), reader, ordway::credit, reading).await
            }
            Stream::DebitMemos => {
                let reader = self.ordway.debit_memos().seek(from);
                self.read_pages((which, DocumentKind::DebitMemo), reader, ordway::debit_memo, reading).await
            }
        }
    }

    /// Documents flow from the pages into as many hands as allowed; the next page is read while they are worked on.
    /// A checkpoint moves when its page and all pages before it are settled.
    async fn read_pages<T: Listable>(
        &self,
        (which, kind): (Stream, DocumentKind),
        reader: SeekReader<T>,
        document: impl Fn(&T) -> Document + Send + Sync,
        reading: &Reading<'_>,
    ) -> bool {
        let open = Mutex::new(Pages::default());
        let complete = Mutex::new(true);
        let (open_pages, read_to_the_end, document) = (&open, &complete, &document);
        let next = |(mut reader, number): (SeekReader<T>, u64)| async move {
            if self.is_stopping() {
                return None;
            }
            if reading.is_over(self.clock.monotonic()) {
                *lock(read_to_the_end) = false;
                return None;
            }
            let read = reader.next_page().await;
            if let Err(error) = &read
                && self.goes_without(which, error)
            {
                return None;
            }
            let page = match self.ordway_outcome(read) {
                Ok(page) => page?,
                Err(failure) => {
                    if matches!(reading, Reading::News) {
                        self.reading_broke(which.as_str(), &failure);
                    } else {
                        tracing::warn!(list = which.as_str(), error = %failure.0, "the comparison of a year goes on later");
                    }
                    *lock(read_to_the_end) = false;
                    return None;
                }
            };
            self.tell_page(which.as_str(), page.items.len());
            if on_purpose!(self.settings, CheckpointBeforeOutcome) {
                self.advance(which, page.checkpoint, reading).await;
            }
            let left = page.items.len() + page.rejects.len();
            lock(open_pages).0.push_back(OpenPage { number, left, checkpoint: page.checkpoint });
            let documents = page.items.iter().map(|item| Work::Document(Box::new(document(item))));
            let unreadable = page.rejects.into_iter().map(|reject| Work::Unreadable(kind, reject));
            let work: Vec<(u64, Work)> = documents.chain(unreadable).map(|work| (number, work)).collect();
            Some((stream::iter(work), (reader, number + 1)))
        };
        // Boxed, so that the compiler can see that a whole sync may be spawned.
        let pages = stream::unfold((reader, 0u64), |state| next(state).boxed()).boxed();
        let settle = |(number, work)| async move {
            match work {
                Work::Document(document) => Box::pin(self.settle(*document)).await,
                Work::Unreadable(kind, reject) => self.unreadable(kind, &reject).await,
            }
            number
        };
        let settled = pages.flatten().map(|work| settle(work).boxed());
        let mut settled = settled.buffer_unordered(self.settings.in_flight.max(1)).boxed();
        while let Some(number) = settled.next().await {
            let safe = lock(&open).settled(number);
            self.advance(which, safe, reading).await;
        }
        let safe = lock(&open).done();
        self.advance(which, safe, reading).await;
        let complete = *lock(&complete);
        if complete && matches!(reading, Reading::News) {
            lock(&self.report).read(which.as_str());
        }
        complete && !self.is_stopping()
    }

    async fn advance(&self, stream: Stream, to: Option<Timestamp>, reading: &Reading<'_>) {
        if let (Some(to), Reading::Compare { progress, .. }) = (to, reading) {
            let now = {
                let mut progress = lock(progress);
                progress.reach(stream, to);
                progress.clone()
            };
            return self.keep_progress(&now).await;
        }
        let to = if on_purpose!(self.settings, CheckpointFromClock) { Some(self.clock.now()) } else { to };
        // A stopped run leaves documents of this page unsettled.
        if let Some(to) = to
            && !self.is_stopping()
            && !self.settings.dry_run
            && let Err(error) = self.ledger.advance(&self.fence, stream, to).await
        {
            self.stop(Stop::Ledger(error));
        }
    }

    /// Accounts without debit memos, and users who may not see them, answer with a refusal: most companies have none.
    fn goes_without(&self, which: Stream, error: &ordway_client::Error) -> bool {
        which == Stream::DebitMemos && has_no_debit_memos(self.settings.debit_memos, error)
    }

    fn reading_broke(&self, list: &'static str, failure: &OrdwayFailure) {
        lock(&self.report).unread(list, Broken::Reading(list).problem(&failure.without_words()));
    }

    fn tell_page(&self, list: &'static str, records: usize) {
        if let Some(observer) = self.observer {
            observer.on(&Progress::Page { list, records });
        }
    }

    async fn unreadable(&self, kind: DocumentKind, reject: &Reject) {
        let id = reject.id.clone().unwrap_or_else(|| format!("(no id, {})", reject.path));
        let key = DocumentKey::new(kind, id);
        // Its place on the page says nothing to anybody.
        let inside = reject.path.split_once("].").map_or(reject.path.as_str(), |(_, inside)| inside);
        let unreadable = Hold::Unreadable { path: inside.to_owned(), reason: reject.reason.clone() };
        let held = async {
            let entry = self.entry(&key).await?;
            self.leave(entry, self.held(&[unreadable]), Vec::new()).await
        };
        if let Err(stop) = held.await {
            self.stop(stop);
        }
    }

    /// All customers, for their tax ids and exemptions. A list of customers takes no filter that is sure to be
    /// honoured, so it is read in full, fifty at a time.
    ///
    /// False where it broke off: customers not read here are read one by one where a document needs them, but that one of the
    /// others has changed is not seen.
    pub(super) async fn read_customers(&self) -> bool {
        const LIST: &str = "customers";
        let query = ordway_client::customers::ListCustomers::default();
        let mut pager = self.ordway.customers().list(query).on_bad_record(OnBadRecord::Collect);
        loop {
            match self.ordway_outcome(pager.next_page().await) {
                Ok(Some(page)) => {
                    self.tell_page(LIST, page.items.len());
                    let mut customers = lock(&self.kept.customers);
                    for customer in &page.items {
                        customers.insert(customer.id.to_string(), self.customer_facts(customer));
                    }
                }
                Ok(None) => {
                    lock(&self.fresh_customers).all = true;
                    lock(&self.report).read(LIST);
                    return true;
                }
                Err(failure) => {
                    self.reading_broke(LIST, &failure);
                    return false;
                }
            }
        }
    }

    fn invoice(&self, record: &Invoice) -> Document {
        ordway::invoice_by(self.settings, record)
    }

    fn customer_facts(&self, customer: &Customer) -> CustomerFacts {
        ordway::customer(customer, self.settings.outage.class_field.as_deref())
    }

    pub(super) async fn read_customer(&self, id: &str) -> Result<CustomerFacts, Box<Problem>> {
        self.check_up(Service::Ordway)?;
        let read = self.ordway.customers().get(&CustomerId::from(id)).await;
        let facts = match read {
            Err(error) if error.is_not_found() => CustomerFacts::default(),
            other => self.customer_facts(
                &self.ordway_outcome(other).map_err(|failure| Box::new(failure.unread(self)))?,
            ),
        };
        lock(&self.fresh_customers).some.insert(id.to_owned());
        lock(&self.kept.customers).insert(id.to_owned(), facts.clone());
        Ok(facts)
    }

    /// Before a document is taxed or recorded for the first time, facts that an earlier run read of its customer are
    /// forgotten: a tax id may have been entered since.
    pub(super) fn look_at_customer_anew(&self, document: &Document, entry: &Entry) {
        let Some(id) = &document.customer_id else { return };
        let first = entry.recording == Recording::None
            && entry.problem.is_none()
            && (entry.draft.is_none() || document.standing == Standing::Live);
        if first && !lock(&self.fresh_customers).holds(id) {
            lock(&self.kept.customers).remove(id);
        }
    }

    /// One document as it is now; `None` where Ordway does not have it.
    pub(super) async fn fetch(&self, key: &DocumentKey) -> Result<Option<Document>, Box<Problem>> {
        self.check_up(Service::Ordway)?;
        let document = match key.kind {
            DocumentKind::Invoice => self
                .ordway
                .invoices()
                .get(&InvoiceId::from(key.id.as_str()))
                .await
                .map(|record| self.invoice(&record)),
            DocumentKind::Credit => self
                .ordway
                .credits()
                .get(&CreditId::from(key.id.as_str()))
                .await
                .map(|record| ordway::credit(&record)),
            DocumentKind::DebitMemo => self
                .ordway
                .debit_memos()
                .get(&DebitMemoId::from(key.id.as_str()))
                .await
                .map(|record| ordway::debit_memo(&record)),
        };
        match document {
            Err(error) if error.is_not_found() => Ok(None),
            other => self.ordway_outcome(other).map(Some).map_err(|failure| Box::new(failure.unread(self))),
        }
    }

    /// Held and failed documents and open intents of earlier runs, though Ordway may not have changed: all of them, or
    /// those whose time has come.
    pub(super) async fn take_up_open_documents(&self, only_due: bool) {
        let now = self.clock.now();
        if only_due {
            let waits_for_time = |entry: &Entry| {
                entry.problem.as_ref().is_none_or(|problem| problem.next_attempt_at.is_some())
            };
            let wanted =
                |entry: &Entry| self.is_unseen(entry) && (entry.intent.is_some() || waits_for_time(entry));
            return self.take_up(EntryFilter::DueAt(now), wanted).await;
        }
        // What is dated too far ahead is not asked about before its day, however often somebody runs a sync.
        let is_early = |problem: &Problem| {
            problem.code == NOT_DUE_YET && problem.next_attempt_at.is_some_and(|at| at > now)
        };
        let wanted = |entry: &Entry| {
            let waits = entry.intent.is_none() && entry.problem.as_ref().is_some_and(is_early);
            self.is_unseen(entry) && !waits
        };
        self.take_up(EntryFilter::DueAt(Timestamp::MAX), wanted).await;
    }

    /// Credits that waited for an invoice which this run has settled.
    pub(super) async fn take_up_what_waited(&self) {
        let invoices = std::mem::take(&mut *lock(&self.settled_invoices));
        if invoices.is_empty() {
            return;
        }
        let waited = |entry: &Entry| {
            let waits = entry.problem.as_ref().is_some_and(|problem| {
                problem.disposition == Disposition::WaitForOther && problem.archived_at.is_none()
            });
            let invoice = entry.credited_invoice.as_deref().map(DocumentKey::invoice);
            let other = invoice.is_some_and(|invoice| !invoices.contains(&invoice));
            waits && !other
        };
        let mut after: Option<DocumentKey> = None;
        while let Some(batch) = self.batch(EntryFilter::Problems, after.as_ref()).await {
            let Some(last) = batch.last() else { return };
            after = Some(last.key.clone());
            self.look_at(batch.into_iter().filter(waited).map(|entry| entry.key).collect()).await;
        }
    }

    /// Drafts of customers whose tax id or exemption changed.
    pub(super) async fn take_up_customers(&self) {
        if self.settings.dry_run {
            return;
        }
        let mut customers: Vec<(String, CustomerFacts)> =
            lock(&self.kept.customers).iter().map(|(id, facts)| (id.clone(), facts.clone())).collect();
        customers.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (id, facts) in customers {
            if self.is_stopping() {
                return;
            }
            self.take_up_customer(&id, &facts, false).await;
        }
    }

    /// The drafts of a customer, where its tax id or exemption is not what it was; `again`: those too that this run has
    /// settled, before it learnt of that.
    pub(super) async fn take_up_customer(&self, id: &str, facts: &CustomerFacts, again: bool) {
        let mark = self.fingerprints.of("customer.v1", &(&facts.tax_id, facts.exempt));
        let known = match self.ledger.customer_mark(&self.fence, id).await {
            Ok(known) => known,
            Err(error) => return self.stop(Stop::Ledger(error)),
        };
        let plain = facts.tax_id.is_none() && !facts.exempt;
        // A customer without a mark was a plain one until now.
        if known.as_ref() == Some(&mark) || (known.is_none() && plain) {
            return;
        }
        let wanted = |entry: &Entry| again || self.is_unseen(entry);
        self.take_up(EntryFilter::DraftsOf(id.to_owned()), wanted).await;
        if self.is_stopping() {
            return;
        }
        if let Err(error) = self.ledger.mark_customer(&self.fence, id, &mark).await {
            self.stop(Stop::Ledger(error));
        }
    }

    async fn take_up(&self, filter: EntryFilter, wanted: impl Fn(&Entry) -> bool) {
        let mut after: Option<DocumentKey> = None;
        while let Some(batch) = self.batch(filter.clone(), after.as_ref()).await {
            let Some(last) = batch.last() else { return };
            after = Some(last.key.clone());
            self.look_at(batch.into_iter().filter(&wanted).map(|entry| entry.key).collect()).await;
        }
    }

    /// What this run has settled already needs no second look.
    fn is_unseen(&self, entry: &Entry) -> bool {
        lock(&self.report).outcome(&entry.key).is_none()
    }

    /// Some entries; `None` once the run stops.
    pub(super) async fn batch(&self, filter: EntryFilter, after: Option<&DocumentKey>) -> Option<Vec<Entry>> {
        if self.is_stopping() {
            return None;
        }
        match self.ledger.entries(&self.fence, filter, after, BATCH).await {
            Ok(batch) => Some(batch),
            Err(error) => {
                self.stop(Stop::Ledger(error));
                None
            }
        }
    }

    /// Once more over what failed in this run for a reason that may have passed.
    pub(super) async fn try_again_what_failed(&self) {
        let transient = std::mem::take(&mut *lock(&self.transient));
        let failed: Vec<DocumentKey> =
            lock(&self.report).failed().into_iter().filter(|key| transient.contains(key)).collect();
        self.look_at(failed).await;
    }

    pub(super) async fn look_at(&self, keys: Vec<DocumentKey>) {
        let looks = stream::iter(keys).map(|key| self.look(key).boxed());
        looks.buffer_unordered(self.settings.in_flight.max(1)).boxed().collect::<()>().await;
    }

    /// Reads one document and settles it.
    pub(super) async fn look(&self, key: DocumentKey) {
        if self.is_stopping() {
            return;
        }
        let looked = async {
            match self.fetch(&key).await {
                Ok(Some(document)) => {
                    Box::pin(self.settle(document)).await;
                    Ok(())
                }
                Ok(None) => self.gone(&key).await,
                Err(problem) => {
                    let entry = self.entry(&key).await?;
                    // What the list could not be read for says more than a single read that fails.
                    let known = entry.problem.clone().filter(|known| known.code == UNREADABLE);
                    self.leave(entry, known.unwrap_or(*problem), Vec::new()).await
                }
            }
        };
        if let Err(stop) = Box::pin(looked).await {
            self.stop(stop);
        }
    }

    /// Ordway no longer has a document that the ledger knows.
    pub(super) async fn gone(&self, key: &DocumentKey) -> Result<(), Stop> {
        let entry: Entry = self.entry(key).await?;
        let shown_by = lock(&self.seen_credits).get(&key.id).cloned();
        let unreadable = entry.problem.as_ref().is_some_and(|problem| problem.code == "credit-unreadable");
        if let (DocumentKind::Credit, Some(invoice)) = (key.kind, shown_by) {
            let hold = Hold::CreditUnreadable { invoice };
            return self.leave(entry, self.held(&[hold]), Vec::new()).await;
        }
        if unreadable {
            let mut same = entry.problem.clone();
            if let Some(problem) = &mut same {
                problem.last_at = self.clock.now();
            }
            return match same {
                Some(problem) => self.leave(entry, problem, Vec::new()).await,
                None => Ok(()),
            };
        }
        match (&entry.recording, &entry.intent) {
            (Recording::Live { transaction, .. }, _) => {
                let transaction = transaction.clone();
                self.leave(entry, self.held(&[Hold::Deleted { transaction }]), Vec::new()).await
            }
            (_, Some(intent)) if intent.operation != crate::ledger::Operation::WriteTax => {
                let transaction = intent.transaction.clone();
                self.leave(entry, self.held(&[Hold::Deleted { transaction }]), Vec::new()).await
            }
            _ => self.let_go(entry).await,
        }
    }

    /// A document that Ordway no longer has, and of which nothing counts, is forgotten. Ids that were used stay known: one that
    /// was voided is never used again, should the document come back.
    pub(super) async fn let_go(&self, mut entry: Entry) -> Result<(), Stop> {
        if self.settings.dry_run {
            return Ok(());
        }
        if entry.recording == Recording::None && entry.chain.is_empty() {
            return Ok(self.ledger.forget(&self.fence, &entry.key).await?);
        }
        (entry.problem, entry.intent, entry.draft, entry.placeholder) = (None, None, None, None);
        self.store(&entry).await
    }

    /// Credits that invoices show as applied but that no list has brought.
    pub(super) async fn take_up_applied_credits(&self) {
        let mut missing = Vec::new();
        let seen: Vec<String> = lock(&self.seen_credits).keys().cloned().collect();
        for id in seen {
            let key = DocumentKey::credit(id);
            if lock(&self.report).outcome(&key).is_some() {
                continue;
            }
            match self.ledger.entry(&self.fence, &key).await {
                Ok(None) => missing.push(key),
                // Of what an invoice that is read again shows, nothing may be outside any longer.
                Ok(Some(Entry { problem: Some(Problem { kind: ProblemKind::Outside, .. }), .. })) => {
                    missing.push(key);
                }
                Ok(Some(_)) => {}
                Err(error) => return self.stop(Stop::Ledger(error)),
            }
        }
        missing.sort();
        self.look_at(missing).await;
    }
}
