//! Hints: what a webhook, or anybody else, says may have changed. A hint wakes a document; the truth is read from Ordway.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use ordway_client::OrdwayTime;
use ordway_client::webhook_receiver::{Delivery, ObjectClass, Verb};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::document::{DocumentKey, DocumentKind};

/// What a hint is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A document.
    Document(DocumentKey),
    /// A customer, by Ordway's id: its drafts are taxed anew where its tax id or exemption changed.
    Customer(String),
}

/// Something may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// What.
    pub subject: Subject,
    /// The `updated_date` that the hint tells. A document settled in this version or a later one is not read again: so an
    /// echo of our own write costs no call. `None`: the document is read in any case.
    pub changed: Option<Timestamp>,
}

impl Hint {
    /// A hint that is worked on in any case.
    pub fn new(subject: Subject) -> Self {
        Self { subject, changed: None }
    }

    /// The hint that a delivery is; `None` where it is about something that has no part in tax (a payment, a plan).
    pub fn of(delivery: &Delivery) -> Option<Self> {
        let subject = match delivery.class.as_ref()? {
            ObjectClass::Invoice => Subject::Document(DocumentKey::new(DocumentKind::Invoice, &delivery.id)),
            ObjectClass::Credit => Subject::Document(DocumentKey::new(DocumentKind::Credit, &delivery.id)),
            ObjectClass::DebitMemo => {
                Subject::Document(DocumentKey::new(DocumentKind::DebitMemo, &delivery.id))
            }
            ObjectClass::Customer => Subject::Customer(delivery.id.clone()),
            _ => return None,
        };
        // A removal may carry the stamp of the last edit.
        let told = delivery.updated_date.as_ref().filter(|_| delivery.verb != Some(Verb::Remove));
        Some(Self { subject, changed: told.and_then(OrdwayTime::timestamp) })
    }
}

impl From<DocumentKey> for Hint {
    fn from(key: DocumentKey) -> Self {
        Self::new(Subject::Document(key))
    }
}

/// What became of a hint that was given to an [`Intake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Received {
    /// It is in the queue.
    Queued,
    /// The same document was waiting already.
    Merged,
    /// It is about nothing that has a part in tax.
    Irrelevant,
    /// The queue is full. Nothing is lost: polling finds what changed, and the next poll is brought forward. Answer a
    /// webhook with 503, so that it may be delivered again.
    Full,
}

/// What became of a hint that was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Taken {
    /// Its document was read and settled.
    Settled,
    /// The version it tells of was settled before: an echo of our own write, or a repetition.
    Echo,
    /// Ordway does not have such a document: forged, or deleted before it was ever seen.
    Unknown,
    /// Ordway could not be asked; polling finds it.
    Unread,
}

/// What became of all hints so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HintCounts {
    /// Hints given.
    pub received: u64,
    /// Of them merged with one that was waiting.
    pub merged: u64,
    /// About nothing that has a part in tax.
    pub irrelevant: u64,
    /// Refused because the queue was full; polling finds what they told of.
    pub overflowed: u64,
    /// Documents and customers read and settled.
    pub settled: u64,
    /// Versions that were settled before: echoes of our own writes, repetitions. They cost no call.
    pub echoes: u64,
    /// Documents that Ordway does not have.
    pub unknown: u64,
    /// Documents that could not be read at the time; polling finds them.
    pub unread: u64,
}

impl HintCounts {
    /// What came since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        Self {
            received: self.received.saturating_sub(earlier.received),
            merged: self.merged.saturating_sub(earlier.merged),
            irrelevant: self.irrelevant.saturating_sub(earlier.irrelevant),
            overflowed: self.overflowed.saturating_sub(earlier.overflowed),
            settled: self.settled.saturating_sub(earlier.settled),
            echoes: self.echoes.saturating_sub(earlier.echoes),
            unknown: self.unknown.saturating_sub(earlier.unknown),
            unread: self.unread.saturating_sub(earlier.unread),
        }
    }
}

/// The queue between whoever receives hints and [`Bridge::watch`](crate::Bridge::watch). Clones share it.
///
/// ```
/// use ordway_anrok::{Intake, Received};
/// use ordway_anrok::document::DocumentKey;
///
/// let intake = Intake::new(1_000);
/// assert_eq!(intake.hint(DocumentKey::invoice("INV-00042")), Received::Queued);
/// assert_eq!(intake.hint(DocumentKey::invoice("INV-00042")), Received::Merged);
/// assert_eq!(intake.counts().received, 2);
/// ```
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    capacity: usize,
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    order: VecDeque<Subject>,
    waiting: HashMap<Subject, Option<Timestamp>>,
    counts: HintCounts,
    overflowed: bool,
}

impl Default for Intake {
    /// Room for 10,000 documents.
    fn default() -> Self {
        Self::new(10_000)
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Intake")
            .field("waiting", &state.order.len())
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}

impl Intake {
    /// An empty queue with room for `capacity` documents, one at least.
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Inner { capacity: capacity.max(1), state: Mutex::default(), filled: Notify::new() }))
    }

    /// Wakes a document. Returns at once; calls nothing. A document that waits already is not queued twice.
    pub fn hint(&self, hint: impl Into<Hint>) -> Received {
        let hint = hint.into();
        let mut state = self.lock();
        state.counts.received += 1;
        let received = state.put(hint, self.0.capacity, false);
        match received {
            Received::Merged => state.counts.merged += 1,
            Received::Full => {
                state.counts.overflowed += 1;
                state.overflowed = true;
            }
            Received::Queued | Received::Irrelevant => {}
        }
        drop(state);
        self.0.filled.notify_one();
        received
    }

    /// Wakes the document that a delivery is about, after
    /// [`WebhookReceiver`](ordway_client::webhook_receiver::WebhookReceiver) has checked its secret.
    pub fn deliver(&self, delivery: &Delivery) -> Received {
        if let Some(hint) = Hint::of(delivery) {
            return self.hint(hint);
        }
        let mut state = self.lock();
        state.counts.received += 1;
        state.counts.irrelevant += 1;
        Received::Irrelevant
    }

    /// What became of all hints so far.
    pub fn counts(&self) -> HintCounts {
        self.lock().counts
    }

    /// How many documents wait.
    pub fn len(&self) -> usize {
        self.lock().order.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hint that has waited longest.
    pub(crate) fn take(&self) -> Option<Hint> {
        let mut state = self.lock();
        let subject = state.order.pop_front()?;
        let changed = state.waiting.remove(&subject).flatten();
        Some(Hint { subject, changed })
    }

    /// A hint that was taken and not worked on.
    pub(crate) fn put_back(&self, hint: Hint) {
        self.lock().put(hint, usize::MAX, true);
    }

    pub(crate) fn count(&self, taken: Taken) {
        let counts = &mut self.lock().counts;
        match taken {
            Taken::Settled => counts.settled += 1,
            Taken::Echo => counts.echoes += 1,
            Taken::Unknown => counts.unknown += 1,
            Taken::Unread => counts.unread += 1,
        }
    }

    /// Whether hints were refused since this was asked last.
    pub(crate) fn take_overflow(&self) -> bool {
        std::mem::take(&mut self.lock().overflowed)
    }

    /// Returns once something may have been put in.
    pub(crate) async fn filled(&self) {
        self.0.filled.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, hint: Hint, capacity: usize, in_front: bool) -> Received {
        if let Some(changed) = self.waiting.get_mut(&hint.subject) {
            // One that does not tell a version is worked on in any case, and so are both together.
            *changed = changed.zip(hint.changed).map(|(one, other)| one.max(other));
            return Received::Merged;
        }
        if self.order.len() >= capacity {
            return Received::Full;
        }
        self.waiting.insert(hint.subject.clone(), hint.changed);
        if in_front {
            self.order.push_front(hint.subject);
        } else {
            self.order.push_back(hint.subject);
        }
        Received::Queued
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn told(id: &str, changed: Option<Timestamp>) -> Hint {
        Hint { changed, ..Hint::from(DocumentKey::invoice(id)) }
    }

    #[test]
    fn a_burst_is_one_hint_of_its_newest_version() {
        let intake = Intake::new(10);
        assert_eq!(intake.hint(told("INV-1", at(5))), Received::Queued);
        assert_eq!(intake.hint(told("INV-2", at(1))), Received::Queued);
        assert_eq!(intake.hint(told("INV-1", at(9))), Received::Merged);
        assert_eq!(intake.hint(told("INV-1", at(7))), Received::Merged);
        assert_eq!(intake.take(), Some(told("INV-1", at(9))));
        intake.hint(told("INV-2", None));
        assert_eq!(intake.take(), Some(told("INV-2", None)), "a hint without version is never an echo");
        assert_eq!(intake.take(), None);
    }

    #[test]
    fn a_full_queue_says_so_and_loses_no_merge() {
        let intake = Intake::new(1);
        intake.hint(DocumentKey::invoice("INV-1"));
        assert_eq!(intake.hint(DocumentKey::invoice("INV-2")), Received::Full);
        assert_eq!(intake.hint(DocumentKey::invoice("INV-1")), Received::Merged);
        assert!(intake.take_overflow() && !intake.take_overflow());
        let taken = intake.take().unwrap();
        intake.hint(DocumentKey::invoice("INV-3"));
        intake.put_back(taken.clone());
        assert_eq!(intake.take(), Some(taken), "what was not worked on comes first again");
        let counts = intake.counts();
        assert_eq!((counts.received, counts.merged, counts.overflowed), (4, 1, 1));
    }

    #[test]
    fn deliveries_are_hints_about_documents_and_customers_only() {
        let receiver =
            ordway_client::webhook_receiver::WebhookReceiver::new("X-Secret", "0123456789abcdef".into())
                .unwrap();
        let deliver = |body: &str| {
            let headers = [("x-secret", b"0123456789abcdef".as_slice())];
            receiver.receive(headers, body.as_bytes()).unwrap()
        };
        let edit = r#"{"object":"Invoice","event":"edit","record":{"id":"INV-1","updated_date":"1970-01-01T00:00:05Z"}}"#;
        assert_eq!(Hint::of(&deliver(edit)), Some(told("INV-1", at(5))));
        let removed = edit.replace("edit", "remove");
        assert_eq!(Hint::of(&deliver(&removed)), Some(told("INV-1", None)));
        let memo = edit.replace("Invoice", "DebitMemo");
        let kind = Hint::of(&deliver(&memo)).map(|hint| hint.subject);
        assert_eq!(kind, Some(Subject::Document(DocumentKey::debit_memo("INV-1"))));
        let payment = edit.replace("Invoice", "Payment");
        assert_eq!(Hint::of(&deliver(&payment)), None);
        let intake = Intake::default();
        assert_eq!(intake.deliver(&deliver(&payment)), Received::Irrelevant);
        assert!(intake.is_empty());
    }

    proptest! {
        #[test]
        fn never_more_than_its_capacity_and_every_document_once(
            ids in proptest::collection::vec(0u8..20, 0..100), capacity in 1usize..30,
        ) {
            let intake = Intake::new(capacity);
            for id in &ids {
                intake.hint(DocumentKey::invoice(format!("INV-{id}")));
            }
            prop_assert!(intake.len() <= capacity);
            let mut seen = std::collections::HashSet::new();
            while let Some(hint) = intake.take() {
                prop_assert!(seen.insert(hint.subject));
            }
            let counts = intake.counts();
            prop_assert_eq!(counts.received, counts.merged + counts.overflowed + seen.len() as u64);
        }
    }
}
