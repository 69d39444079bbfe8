//! A clock that a test, or a person at the page, stops, sets and moves while programs run against the sandbox.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ordway_anrok_http::{Clock, SystemClock};

use crate::pulse::Pulse;

/// The present time of a sandbox. A clone is another handle to the same clock.
///
/// Only the calendar ([`Clock::now`]) can be stopped and moved. [`Clock::monotonic`] and [`Clock::sleep`] are those of the
/// clock below and always go on, so that sockets, rate limits and slow answers never hang on a calendar that stands still.
///
/// ```
/// use std::sync::Arc;
/// use ordway_anrok_http::{Clock, SystemClock};
/// use ordway_anrok_sandbox::SandboxClock;
///
/// let clock = SandboxClock::over(Arc::new(SystemClock::new()));
/// clock.freeze();
/// assert!(clock.set("2026-03-10T12:00:00Z".parse().unwrap()));
/// assert!(clock.advance(jiff::SignedDuration::from_hours(24)));
/// assert_eq!(clock.now().to_string(), "2026-03-11T12:00:00Z");
/// ```
#[derive(Clone)]
pub struct SandboxClock {
    below: Arc<dyn Clock>,
    reading: Arc<Mutex<Reading>>,
    pulse: Pulse,
}

#[derive(Clone, Copy, Debug)]
enum Reading {
    /// As the clock below, so much later.
    Running(SignedDuration),
    Frozen(Timestamp),
}

impl SandboxClock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::over(Arc::new(SystemClock::new()))
    }

    /// A clock that reads as `below` until it is moved.
    pub fn over(below: Arc<dyn Clock>) -> Self {
        let reading = Arc::new(Mutex::new(Reading::Running(SignedDuration::ZERO)));
        Self { below, reading, pulse: Pulse::new() }
    }

    /// Sets the present time; a running clock runs on from there. False where the time cannot be reached.
    pub fn set(&self, now: Timestamp) -> bool {
        let below = self.below.now();
        let offset = now.duration_since(below);
        let reachable = below.checked_add(offset).is_ok();
        if reachable {
            self.change(|reading| {
                *reading = match reading {
                    Reading::Running(_) => Reading::Running(offset),
                    Reading::Frozen(_) => Reading::Frozen(now),
                }
            });
        }
        reachable
    }

    /// Moves the present time by `by`, back where it is negative. False where the time cannot be reached.
    pub fn advance(&self, by: SignedDuration) -> bool {
        self.now().checked_add(by).is_ok_and(|moved| self.set(moved))
    }

    /// The calendar stands still from now on.
    pub fn freeze(&self) {
        let now = self.now();
        self.change(|reading| *reading = Reading::Frozen(now));
    }

    /// The calendar goes on from where it stands.
    pub fn run(&self) {
        let offset = self.now().duration_since(self.below.now());
        self.change(|reading| *reading = Reading::Running(offset));
    }

    /// Whether the calendar stands still.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.lock(), Reading::Frozen(_))
    }

    /// Beats when somebody stops, starts or moves the clock.
    #[cfg(feature = "server")]
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.lock());
        self.pulse.beat();
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        match *self.lock() {
            Reading::Running(offset) => {
                let below = self.below.now();
                below.checked_add(offset).unwrap_or(below)
            }
            Reading::Frozen(now) => now,
        }
    }

    fn monotonic(&self) -> Duration {
        self.below.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.below.sleep(duration).await;
    }
}

impl fmt::Debug for SandboxClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxClock")
            .field("now", &self.now())
            .field("frozen", &self.is_frozen())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ordway_anrok_http::VirtualClock;

    fn clock() -> SandboxClock {
        SandboxClock::over(Arc::new(VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap())))
    }

    #[tokio::test(start_paused = true)]
    async fn a_frozen_calendar_stands_while_time_passes() {
        let clock = clock();
        let before = clock.monotonic();
        clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(clock.now().to_string(), "2026-03-10T12:00:05Z");
        clock.freeze();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(clock.now().to_string(), "2026-03-10T12:00:05Z");
        assert_eq!(
            clock.monotonic().checked_sub(before),
            Some(Duration::from_secs(65)),
            "sleeps do not hang"
        );
        clock.run();
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(clock.now().to_string(), "2026-03-10T12:00:06Z", "it goes on where it stood");
    }

    #[tokio::test(start_paused = true)]
    async fn setting_keeps_a_clock_running_and_moving_keeps_it_frozen() {
        let clock = clock();
        assert!(clock.set("2020-02-29T00:00:00Z".parse().unwrap()));
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(clock.now().to_string(), "2020-02-29T00:00:01Z");
        clock.freeze();
        assert!(clock.advance(SignedDuration::from_hours(-24)));
        assert_eq!(clock.now().to_string(), "2020-02-28T00:00:01Z");
        assert!(clock.is_frozen());
        assert!(!clock.advance(SignedDuration::MAX), "no such time");
        assert_eq!(clock.now().to_string(), "2020-02-28T00:00:01Z");
    }
}
