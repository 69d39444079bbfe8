//! Reading in order of change while the data changes.
//!
//! Paging by number loses a row whenever an earlier one is edited and moves to the end. A seek always asks for
//! page 1 and moves the inclusive filter `updated_date>` to the newest instant seen. Higher pages are asked for only
//! where the filter cannot move (more rows of one instant than fit a page) or where the server's order is not exact.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::time::Duration;

use jiff::Timestamp;
use ordway_anrok_http::{Core, Endpoint, Reject};

use crate::error::{OrdwayError, Result};
use crate::list::{ListQuery, Listable, Listed, Sort, fetch};
use crate::time::OrdwayTime;

/// How many rows a walk remembers so as not to deliver them twice. Beyond it rows come again, none is lost.
const REMEMBERED: usize = 65_536;

/// Where a seek begins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeekFrom {
    /// The instant up to which everything has been settled; `None` reads all.
    pub checkpoint: Option<Timestamp>,
    /// How far before the checkpoint to begin, for rows that were committed late.
    pub look_back: Duration,
    /// Records per page; capped at what the collection gives.
    pub size: Option<u32>,
    /// Pages of one walk beyond which it ends with an error, in place of 20,000.
    pub page_ceiling: Option<u32>,
    /// Further filters as (name, value).
    pub filters: Vec<(String, String)>,
}

impl SeekFrom {
    /// From this checkpoint, beginning `look_back` before it.
    pub fn new(checkpoint: Option<Timestamp>, look_back: Duration) -> Self {
        Self { checkpoint, look_back, size: None, page_ceiling: None, filters: Vec::new() }
    }

    /// Everything.
    pub fn start() -> Self {
        Self::new(None, Duration::ZERO)
    }

    /// Records per page.
    #[must_use]
    pub fn size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }

    /// Adds a filter.
    #[must_use]
    pub fn filter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.push((name.into(), value.into()));
        self
    }
}

/// Some records of a seek.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SeekPage<T> {
    /// The records, oldest change first where the server's order is exact. May be empty.
    pub items: Vec<T>,
    /// The records that could not be read.
    pub rejects: Vec<Reject>,
    /// The newest instant that is safe to store once the items of this page and of all pages before are settled.
    pub checkpoint: Option<Timestamp>,
}

/// What the reader does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Page 1 of the present filter.
    First,
    /// A higher page of one instant that fills pages.
    Tie(u32),
    /// A higher page of a filter under which the order is not exact: on to the empty page.
    Walk(u32),
    /// Back towards page 1: rows that slipped to a lower page while walking up are met here.
    Back {
        page: u32,
        then_done: bool,
    },
    Done,
}

/// Reads a collection in order of change. Owned, `Send`, `'static`; asks for nothing before the first call.
#[must_use = "a reader fetches nothing until it is asked"]
pub struct SeekReader<T: Listable> {
    core: Core<OrdwayError>,
    endpoint: Endpoint<(), Listed<T>>,
    query: ListQuery,
    step: Step,
    /// The filter that this run began with.
    start: Option<Timestamp>,
    /// The present filter.
    filter: Option<Timestamp>,
    newest: Option<Timestamp>,
    checkpoint: Option<Timestamp>,
    /// Whether the checkpoint moved without a page to carry it.
    untold: bool,
    /// Rows delivered: those of the newest instant, or the latest of a walk.
    seen: HashSet<u128>,
    hashers: [RandomState; 2],
    /// The order is not exact: read by walking only.
    inexact: bool,
    /// What page 1 held under the starting filter, and what the page before held.
    first_signature: Option<u64>,
    last_signature: Option<u64>,
}

impl<T: Listable> fmt::Debug for SeekReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeekReader")
            .field("operation", &self.endpoint.name())
            .field("step", &self.step)
            .field("filter", &self.filter)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}

pub(crate) fn seek<T: Listable>(
    core: &Core<OrdwayError>,
    endpoint: Endpoint<(), Listed<T>>,
    from: SeekFrom,
) -> SeekReader<T> {
    let SeekFrom { checkpoint, look_back, size, page_ceiling, filters } = from;
    let start = checkpoint.map(|at| at.checked_sub(look_back).unwrap_or(Timestamp::MIN));
    let sort = Some(Sort::by(T::SEEK_SORT));
    SeekReader {
        core: core.clone(),
        endpoint,
        query: ListQuery { updated_since: start, sort, size, page_ceiling, filters },
        step: Step::First,
        start,
        filter: start,
        newest: None,
        checkpoint,
        untold: false,
        seen: HashSet::new(),
        hashers: [RandomState::new(), RandomState::new()],
        inexact: false,
        first_signature: None,
        last_signature: None,
    }
}

impl<T: Listable> SeekReader<T> {
    /// The newest instant that is safe to store once all delivered items are settled.
    pub fn checkpoint(&self) -> Option<Timestamp> {
        self.checkpoint
    }

    /// The next records, `None` at the end. A page may be empty where only the checkpoint moved.
    ///
    /// # Errors
    /// The call's error; calling again repeats the same step. A page ceiling reached is an error too.
    pub async fn next_page(&mut self) -> Result<Option<SeekPage<T>>> {
        loop {
            let page = match self.step {
                Step::First => 1,
                Step::Tie(page) | Step::Walk(page) | Step::Back { page, .. } => page,
                Step::Done if self.untold => return Ok(Some(self.deliver(Vec::new(), Vec::new()))),
                Step::Done => return Ok(None),
            };
            self.query.updated_since = self.filter;
            let listed = fetch(&self.core, &self.endpoint, &[], &self.query, page).await?;
            let Some(Listed { items, rejects }) = self.advance(listed) else { continue };
            if !items.is_empty() || !rejects.is_empty() {
                return Ok(Some(self.deliver(items, rejects)));
            }
        }
    }

    fn deliver(&mut self, items: Vec<T>, rejects: Vec<Reject>) -> SeekPage<T> {
        self.untold = false;
        SeekPage { items, rejects, checkpoint: self.checkpoint }
    }

    /// Decides from one answer what is new and what to ask next. `None` where the answer is dropped unread.
    fn advance(&mut self, listed: Listed<T>) -> Option<Listed<T>> {
        let signature = listed.signature();
        let repeated = self.last_signature.replace(signature) == Some(signature);
        let stamps: Vec<_> = listed.items.iter().map(|item| item.updated()?.timestamp()).collect();
        let top = stamps.iter().flatten().max().copied();
        let exact = is_exact(&stamps, self.filter);
        match self.step {
            Step::Done => return None,
            Step::First if listed.is_empty() => self.finish(),
            Step::First => {
                if self.filter == self.start && self.first_signature.is_none() {
                    self.first_signature = Some(signature);
                }
                if exact && !self.inexact {
                    if top > self.filter {
                        self.settle(top);
                        let fresh = self.only_new(listed);
                        self.filter = top;
                        return Some(fresh);
                    }
                    self.step = Step::Tie(2);
                } else {
                    self.inexact = true;
                    if self.filter != self.start {
                        // What the exact-looking pages skipped must be read too: walk from the beginning.
                        self.filter = self.start;
                        if self.first_signature != Some(signature) {
                            self.step = Step::Walk(1);
                            self.last_signature = None;
                            return None;
                        }
                    }
                    self.step = Step::Walk(2);
                }
            }
            Step::Tie(page) if listed.is_empty() || repeated => self.turn_back(page, true),
            Step::Tie(page) if exact && top > self.filter => self.turn_back(page, false),
            Step::Tie(page) if exact => self.step = Step::Tie(page + 1),
            Step::Tie(page) => {
                self.inexact = true;
                self.step = Step::Walk(page + 1);
                if self.filter != self.start {
                    self.filter = self.start;
                    self.step = Step::Walk(1);
                    self.last_signature = None;
                    return None;
                }
            }
            Step::Walk(page) if listed.is_empty() || repeated => self.turn_back(page, true),
            Step::Walk(page) => self.step = Step::Walk(page + 1),
            Step::Back { page, then_done } if page > 1 => {
                self.step = Step::Back { page: page - 1, then_done };
                self.last_signature = None;
            }
            Step::Back { then_done: true, .. } => self.finish(),
            Step::Back { .. } => {
                self.filter = self.newest;
                self.settle(self.newest);
                self.step = Step::First;
            }
        }
        Some(self.only_new(listed))
    }

    /// From `page`, which ended the way up, back to page 1; nothing can have slipped below a single page.
    fn turn_back(&mut self, page: u32, then_done: bool) {
        self.step = match page {
            0..=2 if then_done => {
                self.finish();
                return;
            }
            _ => Step::Back { page: page.saturating_sub(1).max(1), then_done },
        };
    }

    fn finish(&mut self) {
        self.settle(self.newest);
        self.step = Step::Done;
    }

    /// Everything before `at` has been delivered.
    fn settle(&mut self, at: Option<Timestamp>) {
        if at > self.checkpoint {
            self.checkpoint = at;
            self.untold = true;
        }
    }

    /// Drops what was delivered already with the same id and instant, and remembers the rest.
    fn only_new(&mut self, mut listed: Listed<T>) -> Listed<T> {
        let top = listed.items.iter().filter_map(|item| item.updated()?.timestamp()).max();
        // Rows met on the way back do not move the newest instant: others of their time may not have been read.
        let on_the_way_up = !matches!(self.step, Step::Back { .. });
        let before = self.newest;
        if on_the_way_up && top > self.newest {
            self.newest = top;
        }
        let fingerprint = |hashers: &[RandomState; 2], item: &T| {
            let [a, b] = hashers.each_ref().map(|h| h.hash_one((item.key(), item.updated())));
            (u128::from(a) << 64) | u128::from(b)
        };
        let hashers = self.hashers.clone();
        let mut kept = Vec::new();
        listed.items.retain(|item| {
            let print = fingerprint(&hashers, item);
            kept.push((print, item.updated().and_then(OrdwayTime::timestamp)));
            !self.seen.contains(&print)
        });
        let seeking = matches!(self.step, Step::First) && !self.inexact;
        if seeking && self.newest > before {
            self.seen.clear();
        }
        for (print, at) in kept {
            if (!seeking || at == self.newest) && (at == self.newest || self.seen.len() < REMEMBERED) {
                self.seen.insert(print);
            }
        }
        listed
    }
}

/// Whether every row has an instant, none before the filter, each at or after the one before it.
fn is_exact(stamps: &[Option<Timestamp>], filter: Option<Timestamp>) -> bool {
    let mut last = filter;
    stamps.iter().all(|at| {
        let ordered = at.is_some() && *at >= last;
        last = *at;
        ordered
    })
}
