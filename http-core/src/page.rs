//! Lists, page by page or item by item, owned and resumable.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use serde_json::Value;

use crate::error::{ApiError, Error};

/// Where a list continues. Opaque text: keep it anywhere, [`Pager::resume`] with it later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint(String);

impl Checkpoint {
    /// A checkpoint of this text, made by a client.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Checkpoint {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(text))
    }
}

/// A record of a page that could not be read. The rest of the page lives.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Reject {
    /// The record's id, where it has one.
    pub id: Option<String>,
    /// Its place in the page and inside the record: `[3].line_items[0].quantity`.
    pub path: String,
    /// What is wrong, without the content.
    pub reason: String,
    /// The record as it came. May hold personal data: not printed by `Debug`.
    pub record: Value,
}

impl Reject {
    /// A rejected record.
    pub fn new(
        id: Option<String>,
        path: impl Into<String>,
        reason: impl Into<String>,
        record: Value,
    ) -> Self {
        Self { id, path: path.into(), reason: reason.into(), record }
    }
}

impl fmt::Debug for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, path, reason, .. } = self;
        f.debug_struct("Reject")
            .field("id", id)
            .field("path", path)
            .field("reason", reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "record {} is unreadable at {}: {}",
            self.id.as_deref().unwrap_or("(no id)"),
            self.path,
            self.reason
        )
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in the server's order.
    pub items: Vec<T>,
    /// The records that could not be read.
    pub rejects: Vec<Reject>,
    /// Where the list continues; `None` at its end.
    pub next: Option<Checkpoint>,
    /// A hash of the ids on the page. Two pages in a row with the same one mean that the server ignores the
    /// page parameter: the second is dropped and the list ends.
    pub signature: Option<u64>,
}

impl<T> Page<T> {
    /// A page.
    pub fn new(items: Vec<T>, rejects: Vec<Reject>, next: Option<Checkpoint>) -> Self {
        Self { items, rejects, next, signature: None }
    }

    /// Adds the hash of the page's ids.
    #[must_use]
    pub fn signed(mut self, signature: u64) -> Self {
        self.signature = Some(signature);
        self
    }
}

/// What a [`Pager`] does with a record that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnBadRecord {
    /// Return an error in its place; the call after that goes on with the next record.
    #[default]
    Fail,
    /// Put it aside: [`Pager::take_rejects`].
    Collect,
}

type Fetch<T, E> = Box<dyn Fn(Checkpoint) -> BoxFuture<'static, Result<Page<T>, Error<E>>> + Send + Sync>;
type Asked<T, E> = BoxFuture<'static, (Checkpoint, Result<Page<T>, Error<E>>)>;
type Following = fn(&Checkpoint) -> Option<Checkpoint>;

/// A list that is read on demand. Owned, `Send`, `'static`; nothing is fetched before the first call.
#[must_use = "a pager fetches nothing until it is asked"]
pub struct Pager<T, E> {
    operation: &'static str,
    fetch: Fetch<T, E>,
    following: Option<Following>,
    in_flight: usize,
    pending: FuturesOrdered<Asked<T, E>>,
    /// The next page to ask for.
    ask: Option<Checkpoint>,
    /// The page whose items are being handed out; resuming here repeats rather than skips.
    resume_at: Option<Checkpoint>,
    items: VecDeque<T>,
    errors: VecDeque<Reject>,
    rejects: Vec<Reject>,
    on_bad: OnBadRecord,
    last_signature: Option<u64>,
}

impl<T, E> fmt::Debug for Pager<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("operation", &self.operation)
            .field("resume_at", &self.resume_at)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static, E: ApiError> Pager<T, E> {
    /// A pager that begins at `start` and asks `fetch` for every page.
    pub fn new(
        operation: &'static str,
        start: Checkpoint,
        fetch: impl Fn(Checkpoint) -> BoxFuture<'static, Result<Page<T>, Error<E>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            operation,
            fetch: Box::new(fetch),
            following: None,
            in_flight: 1,
            pending: FuturesOrdered::new(),
            ask: Some(start.clone()),
            resume_at: Some(start),
            items: VecDeque::new(),
            errors: VecDeque::new(),
            rejects: Vec::new(),
            on_bad: OnBadRecord::Fail,
            last_signature: None,
        }
    }

    /// A list that cannot be read: its first page fails with what `error` makes.
    pub fn failing(operation: &'static str, error: fn() -> Error<E>) -> Self {
        Self::new(operation, Checkpoint::new(""), move |_| Box::pin(std::future::ready(Err(error()))))
    }

    /// Tells which page follows another without having read it: page numbers know, cursors do not.
    pub fn predictable(mut self, following: fn(&Checkpoint) -> Option<Checkpoint>) -> Self {
        self.following = Some(following);
        self
    }

    /// Keeps up to `n` pages requested ahead, in order. Only lists with page numbers can; others ignore it.
    pub fn pages_in_flight(mut self, n: NonZeroUsize) -> Self {
        self.in_flight = n.get();
        self
    }

    /// Continues where [`Pager::checkpoint`] of an earlier pager of the same list stood.
    pub fn resume(mut self, at: Checkpoint) -> Self {
        self.pending = FuturesOrdered::new();
        self.ask = Some(at.clone());
        self.resume_at = Some(at);
        self
    }

    /// What to do with records that cannot be read.
    pub fn on_bad_record(mut self, on_bad: OnBadRecord) -> Self {
        self.on_bad = on_bad;
        self
    }

    /// Where to resume: the page whose items are being handed out. Items of it may come again, none is skipped.
    /// `None` once the list is finished.
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.resume_at.as_ref()
    }

    /// The unreadable records put aside so far ([`OnBadRecord::Collect`]).
    pub fn take_rejects(&mut self) -> Vec<Reject> {
        std::mem::take(&mut self.rejects)
    }

    /// The next page, `None` at the end of the list. Do not mix with [`Pager::try_next`] inside one page.
    ///
    /// # Errors
    /// The call's error. The pager stays where it is: calling again asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Page<T>>, Error<E>> {
        loop {
            self.fill();
            let Some((at, outcome)) = self.pending.next().await else {
                self.resume_at = None;
                return Ok(None);
            };
            let page = match outcome {
                Ok(page) => page,
                Err(error) => {
                    self.pending = FuturesOrdered::new();
                    self.ask = Some(at);
                    return Err(error);
                }
            };
            let repeated = page.signature.is_some() && page.signature == self.last_signature;
            self.last_signature = page.signature;
            if page.next.is_none() || repeated {
                self.pending = FuturesOrdered::new();
                self.ask = None;
            } else if self.following.is_none() {
                if page.next.as_ref() == Some(&at) {
                    self.ask = None;
                } else {
                    self.ask.clone_from(&page.next);
                }
            }
            self.resume_at = Some(at);
            if repeated || (page.items.is_empty() && page.rejects.is_empty()) {
                continue;
            }
            return Ok(Some(page));
        }
    }

    /// The next item, `None` at the end of the list.
    ///
    /// # Errors
    /// The call's error, or with [`OnBadRecord::Fail`] a record that cannot be read; calling again goes on.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error<E>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Some(item));
            }
            if let Some(reject) = self.errors.pop_front() {
                return Err(Error::unreadable_record(E::SERVICE, self.operation, &reject));
            }
            let Some(page) = self.next_page().await? else { return Ok(None) };
            self.items = page.items.into();
            match self.on_bad {
                OnBadRecord::Fail => self.errors = page.rejects.into(),
                OnBadRecord::Collect => self.rejects.extend(page.rejects),
            }
        }
    }

    /// The items as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<T, Error<E>>> + Send + 'static {
        futures_util::stream::unfold(Some(self), |pager| async move {
            let mut pager = pager?;
            match pager.try_next().await {
                Ok(Some(item)) => Some((Ok(item), Some(pager))),
                Ok(None) => None,
                Err(error) => Some((Err(error), Some(pager))),
            }
        })
    }

    fn fill(&mut self) {
        let room = if self.following.is_some() { self.in_flight } else { 1 };
        while self.pending.len() < room {
            let Some(at) = self.ask.take() else { return };
            self.ask = self.following.and_then(|following| following(&at));
            let page = (self.fetch)(at.clone());
            self.pending.push_back(Box::pin(async move { (at, page.await) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NoApi;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Numbers = Pager<u32, NoApi>;

    fn plus_one(at: &Checkpoint) -> Option<Checkpoint> {
        at.as_str().parse::<u32>().ok().map(|n| Checkpoint::new((n + 1).to_string()))
    }

    /// Pages of two until `last`, then empty pages for ever.
    fn numbers(last: u32) -> Numbers {
        Pager::new("numbers.list", Checkpoint::new("1"), move |at| {
            Box::pin(async move {
                let page: u32 = at.as_str().parse().unwrap();
                let items: Vec<u32> = (2 * page - 1..=2 * page).filter(|n| *n <= last).collect();
                let next = if items.is_empty() { None } else { plus_one(&at) };
                Ok(Page::new(items, Vec::new(), next))
            })
        })
    }

    async fn all(mut pager: Numbers) -> Vec<u32> {
        let mut items = Vec::new();
        while let Some(item) = pager.try_next().await.unwrap() {
            items.push(item);
        }
        items
    }

    #[tokio::test]
    async fn items_come_in_order_whatever_is_in_flight() {
        for n in 1..8 {
            let pager = numbers(11).predictable(plus_one).pages_in_flight(NonZeroUsize::new(n).unwrap());
            assert_eq!(all(pager).await, (1..=11).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn resuming_repeats_rather_than_skips() {
        for stop in 0..=9 {
            let mut pager = numbers(9);
            let mut seen = Vec::new();
            for _ in 0..stop {
                seen.push(pager.try_next().await.unwrap().unwrap());
            }
            let at = pager.checkpoint().unwrap().clone();
            drop(pager);
            let rest = all(numbers(9).resume(at)).await;
            assert!(rest.first().is_none_or(|first| *first <= stop + 1), "{stop}: {rest:?}");
            assert_eq!(rest.last(), Some(&9));
        }
    }

    #[tokio::test]
    async fn a_server_that_ignores_the_page_ends_the_list() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let pager: Numbers = Pager::new("numbers.list", Checkpoint::new("1"), move |at| {
            counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(Page::new(vec![1, 2], Vec::new(), plus_one(&at)).signed(7)) })
        });
        assert_eq!(all(pager).await, [1, 2]);
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_repeated_cursor_ends_the_list() {
        let pager: Numbers = Pager::new("numbers.list", Checkpoint::new("x"), |at| {
            Box::pin(async move { Ok(Page::new(vec![1], Vec::new(), Some(at))) })
        });
        assert_eq!(all(pager).await, [1]);
    }

    #[tokio::test]
    async fn a_failed_page_is_asked_again_and_nothing_is_lost() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let mut pager: Numbers = Pager::new("numbers.list", Checkpoint::new("1"), move |at| {
            let call = counted.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                if call == 1 {
                    return Err(Error::config("test", "numbers.list", "broken"));
                }
                let n: u32 = at.as_str().parse().unwrap();
                Ok(Page::new(
                    if n < 4 { vec![n] } else { vec![] },
                    vec![],
                    (n < 4).then(|| plus_one(&at)).flatten(),
                ))
            })
        });
        assert_eq!(pager.try_next().await.unwrap(), Some(1));
        assert!(pager.try_next().await.is_err());
        assert_eq!(pager.try_next().await.unwrap(), Some(2));
        assert_eq!(pager.try_next().await.unwrap(), Some(3));
        assert_eq!(pager.try_next().await.unwrap(), None);
        assert!(pager.checkpoint().is_none());
    }

    #[tokio::test]
    async fn a_bad_record_does_not_lose_its_page() {
        let make = || -> Numbers {
            Pager::new("numbers.list", Checkpoint::new("1"), |_| {
                Box::pin(async {
                    let bad = Reject::new(Some("N-2".into()), "[1].n", "not a number", "CANARY".into());
                    Ok(Page::new(vec![1, 3], vec![bad], None))
                })
            })
        };
        let mut strict = make();
        assert_eq!(strict.try_next().await.unwrap(), Some(1));
        assert_eq!(strict.try_next().await.unwrap(), Some(3));
        let error = strict.try_next().await.unwrap_err();
        assert!(error.to_string().contains("N-2") && !format!("{error:?}").contains("CANARY"));
        assert_eq!(strict.try_next().await.unwrap(), None);
        let mut lenient = make().on_bad_record(OnBadRecord::Collect);
        while lenient.try_next().await.unwrap().is_some() {}
        let rejects = lenient.take_rejects();
        assert_eq!(rejects.len(), 1);
        assert!(!format!("{rejects:?}").contains("CANARY"));
    }

    #[tokio::test]
    async fn pagers_can_be_spawned_and_streamed() {
        let task = tokio::spawn(async { numbers(5).into_stream().collect::<Vec<_>>().await });
        assert_eq!(task.await.unwrap().len(), 5);
    }
}
