//! Reading in order of change while the data changes.
//!
//! Paging by number loses a row whenever an earlier one is edited and moves to the end. A seek always asks for
//! page 1 and moves the inclusive filter `updated_date>` up. Higher pages are asked for only where the filter cannot
//! move (more rows of one instant than fit a page) or where the server's order is not exact.
//!
//! The filter moves to a row shortly before the page's end, not to the last one: recorded lists were not in exact
//! order, and one outlier at the end of a page would skip everything between. The rows behind it come again, are seen
//! to be followed by later ones only, and are not delivered twice. Where they are not, all is walked.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hash};
use std::time::Duration;

use jiff::Timestamp;
use ordway_anrok_http::{Core, Endpoint, Reject};

use crate::error::{OrdwayError, Result};
use crate::list::{ListQuery, Listable, Listed, Sort, fetch};

/// How many rows are remembered so as not to deliver them twice. Beyond it rows come again, none is lost.
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
    /// A page of a filter under which the order is not exact: on to the empty page.
    Walk(u32),
    /// Back towards page 1, then with the filter `to` or to the end: rows that slipped to a lower page while
    /// going up are met here.
    Back { page: u32, to: Option<Timestamp> },
    /// Nothing more.
    Done,
}

/// What one answer says about the way on.
struct Sight {
    /// An empty page, or the page before once more (the server ignores the page number).
    ended: bool,
    /// Every row has an instant, none before the filter, each at or after the one before it.
    exact: bool,
    /// Nothing new, and room for more.
    stale: bool,
    /// The instant that the filter may move to.
    confirmed: Option<Timestamp>,
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
    /// The longest page so far.
    longest: usize,
    /// Page 1 was as long as a page can be.
    first_full: bool,
    last_signature: Option<u64>,
    /// The newest instant of the page below, on the way up.
    below: Option<Timestamp>,
    seen: Seen,
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
        longest: 0,
        first_full: false,
        last_signature: None,
        below: None,
        seen: Seen::default(),
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
                Step::Done if self.untold => return Ok(Some(self.deliver(Listed::new(Vec::new())))),
                Step::Done => return Ok(None),
            };
            self.query.updated_since = self.filter;
            let listed = fetch(&self.core, &self.endpoint, &[], &self.query, page).await?;
            let fresh = self.advance(listed, page);
            if !fresh.is_empty() {
                return Ok(Some(self.deliver(fresh)));
            }
        }
    }

    fn deliver(&mut self, fresh: Listed<T>) -> SeekPage<T> {
        self.untold = false;
        SeekPage { items: fresh.items, rejects: fresh.rejects, checkpoint: self.checkpoint }
    }

    /// Takes one answer in: what of it is new, and what to ask next.
    fn advance(&mut self, listed: Listed<T>, page: u32) -> Listed<T> {
        let signature = listed.signature();
        let repeated = self.last_signature.replace(signature) == Some(signature);
        let ended = listed.is_empty() || repeated;
        // A server may give less than it is asked for.
        let enough = if self.longest == 0 { usize::MAX } else { self.longest };
        let full = listed.len() >= enough.min(self.query.page_size::<T>());
        self.longest = self.longest.max(listed.len());
        let stamps: Vec<_> = listed.items.iter().map(stamp).collect();
        let top = stamps.iter().flatten().max().copied();
        let exact = is_exact(&stamps, self.filter.max(self.below));
        let confirmed = confirmed(&stamps).or(self.below);
        // Rows met on the way back do not move the newest instant: others of their time may not have been read.
        if !matches!(self.step, Step::Back { .. }) {
            self.below = top.max(self.below);
            if top > self.newest {
                self.newest = top;
                self.seen.forget_tie();
            }
        }
        if page == 1 {
            self.first_full = full;
        }
        let fresh = self.seen.only_new(listed, self.newest);
        self.step = self.following(&Sight { ended, exact, stale: fresh.is_empty() && !full, confirmed });
        fresh
    }

    fn following(&mut self, sight: &Sight) -> Step {
        let confirmed = sight.confirmed.filter(|at| Some(*at) > self.filter);
        match self.step {
            Step::Done => Step::Done,
            Step::First if sight.ended => self.finish(),
            Step::First if !sight.exact => self.walk_from(2),
            Step::First if sight.stale => Step::Tie(2),
            Step::First => confirmed.map_or(Step::Tie(2), |at| self.move_to(at)),
            Step::Tie(page) | Step::Walk(page) if sight.ended => self.turn_back(page),
            Step::Tie(page) if !sight.exact => self.walk_from(page.saturating_add(1)),
            Step::Tie(page) if confirmed.is_some() => Step::Back { page: page - 1, to: confirmed },
            Step::Tie(page) => Step::Tie(page.saturating_add(1)),
            Step::Walk(page) => Step::Walk(page.saturating_add(1)),
            Step::Back { page, to } if page > 1 => Step::Back { page: page - 1, to },
            Step::Back { to: Some(at), .. } => self.move_to(at),
            Step::Back { to: None, .. } => self.finish(),
        }
    }

    /// Everything before `at` has been delivered: the filter moves there.
    fn move_to(&mut self, at: Timestamp) -> Step {
        self.filter = Some(at);
        self.last_signature = None;
        self.below = None;
        self.settle(Some(at));
        Step::First
    }

    /// The order is not exact. What earlier pages seemed to cover may have been skipped: walk all of it.
    fn walk_from(&mut self, page: u32) -> Step {
        if self.filter == self.start {
            return Step::Walk(page);
        }
        self.filter = self.start;
        self.last_signature = None;
        self.below = None;
        Step::Walk(1)
    }

    /// From `page`, which ended the way up, back to page 1. Into a page that was not full nothing can have slipped.
    fn turn_back(&mut self, page: u32) -> Step {
        if page <= 1 || (page == 2 && !self.first_full) {
            return self.finish();
        }
        Step::Back { page: page - 1, to: None }
    }

    fn finish(&mut self) -> Step {
        self.settle(self.newest);
        Step::Done
    }

    fn settle(&mut self, at: Option<Timestamp>) {
        if at > self.checkpoint {
            self.checkpoint = at;
            self.untold = true;
        }
    }
}

fn stamp<T: Listable>(item: &T) -> Option<Timestamp> {
    item.updated()?.timestamp()
}

/// The instant of a row with at least one row, and a tenth of the page, behind it.
fn confirmed(stamps: &[Option<Timestamp>]) -> Option<Timestamp> {
    let behind = (stamps.len() / 10).max(1);
    *stamps.get(stamps.len().checked_sub(1 + behind)?)?
}

fn is_exact(stamps: &[Option<Timestamp>], filter: Option<Timestamp>) -> bool {
    let mut last = filter;
    stamps.iter().all(|at| {
        let ordered = at.is_some() && *at >= last;
        last = *at;
        ordered
    })
}

/// What was delivered, as fingerprints of id and instant.
#[derive(Default)]
struct Seen {
    hashers: [RandomState; 2],
    /// Everything of the newest instant: the inclusive filter brings it again.
    tie: HashSet<u128>,
    /// The latest of the rest, for walks.
    recent: HashSet<u128>,
}

impl Seen {
    fn forget_tie(&mut self) {
        self.tie.clear();
    }

    /// Drops what was delivered already with nothing changed since, and remembers the rest.
    fn only_new<T: Listable>(&mut self, mut listed: Listed<T>, newest: Option<Timestamp>) -> Listed<T> {
        listed.items.retain(|item| {
            let print = self.fingerprint((item.key(), item.updated()));
            self.is_new(print, newest.is_some() && stamp(item) == newest)
        });
        listed.rejects.retain(|reject| {
            let print = self.fingerprint((&reject.id, reject.record.to_string()));
            self.is_new(print, false)
        });
        listed
    }

    fn fingerprint(&self, of: impl Hash) -> u128 {
        let [a, b] = self.hashers.each_ref().map(|hasher| hasher.hash_one(&of));
        (u128::from(a) << 64) | u128::from(b)
    }

    fn is_new(&mut self, print: u128, in_tie: bool) -> bool {
        let known = self.recent.contains(&print) || self.tie.contains(&print);
        if in_tie {
            self.tie.insert(print);
        }
        if self.recent.len() >= REMEMBERED {
            self.recent.clear();
        }
        self.recent.insert(print);
        !known
    }
}
