//! Time and chance, injected so that tests own both.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A source of time.
///
/// Everything in this workspace that looks at the time or waits does so through a `Clock`:
/// [`Clock::now`] for calendar questions, [`Clock::monotonic`] for intervals, [`Clock::sleep`] to wait.
#[async_trait]
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall clock, UTC. May jump.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed point. Never goes back.
    fn monotonic(&self) -> Duration;
    /// Returns after `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock; waits with tokio's timer.
///
/// Under tokio's paused test clock, [`Clock::monotonic`] and [`Clock::sleep`] follow the paused time.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: tokio::time::Instant,
}

impl SystemClock {
    /// A clock whose monotonic reading starts at zero now.
    pub fn new() -> Self {
        Self { origin: tokio::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place where the wall clock is read
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A wall clock that starts at a chosen instant and advances with tokio's timer.
///
/// With tokio's paused clock (`start_paused`) this is virtual time: hours pass in microseconds, and the same
/// program sees the same instants every time. [`VirtualClock::advance_wall`] makes the wall clock jump.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    origin: tokio::time::Instant,
    wall: Arc<Mutex<Timestamp>>,
}

impl VirtualClock {
    /// A clock that reads `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { origin: tokio::time::Instant::now(), wall: Arc::new(Mutex::new(start)) }
    }

    /// Moves the wall clock by `by` without any time passing (skew, a jump, "thirty days later").
    pub fn advance_wall(&self, by: jiff::SignedDuration) {
        let mut wall = self.wall.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(moved) = wall.checked_add(by) {
            *wall = moved;
        }
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let wall = *self.wall.lock().unwrap_or_else(PoisonError::into_inner);
        wall.checked_add(self.origin.elapsed()).unwrap_or(wall)
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A source of chance for jitter, seedable for repeatable tests.
#[derive(Clone)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    /// Seeded by the operating system.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::new())))
    }

    /// Repeatable: the same seed gives the same sequence.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// A duration drawn evenly from `low..=high`; `low` where the range is empty.
    pub fn between(&self, low: Duration, high: Duration) -> Duration {
        if high <= low {
            return low;
        }
        let span = u64::try_from(high.saturating_sub(low).as_micros()).unwrap_or(u64::MAX - 1);
        let draw = self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(0..=span);
        low + Duration::from_micros(draw)
    }

    /// A number drawn evenly from all of `u64`.
    pub fn u64(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(..)
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance(..)")
    }
}
