//! Pacing: requests leave evenly spaced, and a refusal pauses everybody.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Requests per second, in thousandths, so that no float is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// `n` requests a second.
    pub const fn per_second(n: u32) -> Self {
        Self(n.saturating_mul(1000))
    }

    /// `n` thousandths of a request a second: `9_500` is 9.5/s.
    pub const fn milli(n: u32) -> Self {
        Self(n)
    }

    /// Thousandths of a request a second.
    pub const fn as_milli(self) -> u32 {
        self.0
    }

    /// No limit.
    pub const UNLIMITED: Self = Self(u32::MAX);

    /// The time between two requests.
    pub fn spacing(self) -> Duration {
        if self == Self::UNLIMITED {
            return Duration::ZERO;
        }
        Duration::from_micros(1_000_000_000 / u64::from(self.0.max(1)))
    }

    fn percent(self, percent: u64) -> Self {
        Self(u32::try_from(u64::from(self.0) * percent / 100).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}/s", self.0 / 1000, self.0 % 1000 / 10)
    }
}

/// How a [`Pacer`] starts and learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// The rate at the start.
    pub start: Rate,
    /// The rate it learns up to.
    pub ceiling: Rate,
    /// Added after every clean `step_every`.
    pub step: Rate,
    /// How long must pass without a refusal before a step up.
    pub step_every: Duration,
    /// At most this many sends in any second, counted from real send times. `None`: spacing alone.
    pub window: Option<usize>,
    /// Of ten consecutive slots, how many interactive calls may take while others wait.
    pub interactive_share: u32,
}

impl Pace {
    /// For a limit of `limit` requests in any second: starts at 95 % of it, learns up to 99.2 %.
    pub fn for_limit(limit: u32) -> Self {
        let full = Rate::per_second(limit.max(1));
        Self {
            start: full.percent(95),
            ceiling: Rate(u32::try_from(u64::from(full.0) * 992 / 1000).unwrap_or(u32::MAX)),
            // Two seconds from the start to the ceiling: what is lost on the way counts in short runs.
            step: Rate(full.0 / 50),
            step_every: Duration::from_secs(1),
            window: usize::try_from(limit).ok(),
            interactive_share: 8,
        }
    }

    /// For a service whose limit is unknown: starts low, climbs while nothing is refused.
    pub fn unknown(start: Rate, ceiling: Rate) -> Self {
        Self {
            start,
            ceiling,
            step: Rate::milli(250),
            step_every: Duration::from_secs(5),
            window: None,
            interactive_share: 8,
        }
    }

    /// As fast as calls are made; a refusal still pauses everybody.
    pub fn unlimited() -> Self {
        Self::fixed(Rate::UNLIMITED)
    }

    /// Exactly this rate, never faster; slower after a refusal.
    pub fn fixed(rate: Rate) -> Self {
        Self { start: rate, ceiling: rate, ..Self::unknown(rate, rate) }
    }
}

/// Who waits for a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// A person waits for the answer: goes first, up to the interactive share.
    Interactive,
    /// Everything else.
    #[default]
    Background,
}

/// Spaces requests evenly for everybody who shares it. Cheap to clone; clones share one schedule.
///
/// Take a slot with [`Pacer::acquire`] right before the bytes go out, for retries too. A refusal reported with
/// [`Pacer::refused`] pauses all clones and lowers the rate.
#[derive(Clone)]
pub struct Pacer(Option<Arc<Shared>>);

struct Shared {
    clock: Arc<dyn Clock>,
    pace: Pace,
    state: Mutex<State>,
    background: tokio::sync::Mutex<()>,
    interactive: tokio::sync::Mutex<()>,
}

struct State {
    rate: Rate,
    ceiling: Rate,
    next: Duration,
    paused_until: Duration,
    clean_since: Duration,
    sends: VecDeque<Duration>,
    interactive_waiting: u32,
    interactive_run: u32,
    sent: u64,
    refusals: u64,
    /// The first refusal after the last request that got through.
    refused_since: Option<Duration>,
}

/// Slack on top of the one-second window, for the jitter of timers and of the path to the server.
const WINDOW_SLACK: Duration = Duration::from_millis(3);
/// A schedule that fell behind by more than this starts afresh instead of catching up in a burst.
const CATCH_UP: Duration = Duration::from_millis(5);

impl Pacer {
    /// A pacer on this clock.
    pub fn new(pace: Pace, clock: Arc<dyn Clock>) -> Self {
        let now = clock.monotonic();
        let state = State {
            rate: pace.start,
            ceiling: pace.ceiling,
            next: now,
            paused_until: now,
            clean_since: now,
            sends: VecDeque::new(),
            interactive_waiting: 0,
            interactive_run: 0,
            sent: 0,
            refusals: 0,
            refused_since: None,
        };
        Self(Some(Arc::new(Shared {
            clock,
            pace,
            state: Mutex::new(state),
            background: tokio::sync::Mutex::new(()),
            interactive: tokio::sync::Mutex::new(()),
        })))
    }

    /// No schedule at all: neither spacing nor shared pauses. [`Pace::unlimited`] keeps the pauses.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// Waits for the next slot and takes it.
    ///
    /// # Errors
    /// [`Paused`] where the service asked for a longer pause than `patience`, or has refused everything for that
    /// long: nothing was sent, and waiting would only hold the caller up.
    pub async fn acquire(&self, priority: Priority, patience: Duration) -> Result<(), Paused> {
        let Some(shared) = &self.0 else { return Ok(()) };
        let queue = match priority {
            Priority::Interactive => &shared.interactive,
            Priority::Background => &shared.background,
        };
        let _waiting = (priority == Priority::Interactive).then(|| Waiting::register(shared));
        // First come, first served within one priority: the queue is held while waiting for the slot.
        let _turn = queue.lock().await;
        loop {
            let now = shared.clock.monotonic();
            let wait = {
                let mut state = shared.lock();
                state.is_worth_waiting(now, patience)?;
                state.try_take(now, priority, &shared.pace)
            };
            match wait {
                None => return Ok(()),
                Some(wait) => shared.clock.sleep(wait).await,
            }
        }
    }

    /// Nobody sends before `wait` has passed.
    pub fn pause(&self, wait: Duration) {
        if let Some(shared) = &self.0 {
            let until = shared.clock.monotonic().saturating_add(wait);
            let mut state = shared.lock();
            state.paused_until = state.paused_until.max(until);
        }
    }

    /// The service refused a request for its rate: pauses everybody for `wait` and goes 5 % slower.
    pub fn refused(&self, wait: Duration) {
        if let Some(shared) = &self.0 {
            let now = shared.clock.monotonic();
            let mut state = shared.lock();
            // Refusals of requests that were in flight together are one piece of news.
            let news = now >= state.paused_until;
            state.refusals += 1;
            state.refused_since.get_or_insert(now);
            state.paused_until = state.paused_until.max(now.saturating_add(wait));
            state.clean_since = state.paused_until;
            if news {
                state.ceiling = state.rate.percent(99);
                state.rate = state.rate.percent(95);
            }
        }
        // Without a schedule there is nobody to slow down.
    }

    /// A request got through.
    pub fn accepted(&self) {
        if let Some(shared) = &self.0 {
            shared.lock().refused_since = None;
        }
    }

    /// For how long nothing but refusals has come back.
    pub(crate) fn refused_for(&self) -> Duration {
        self.0.as_ref().map_or(Duration::ZERO, |shared| {
            let now = shared.clock.monotonic();
            shared.lock().refused_since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
        })
    }

    /// What has happened so far.
    pub fn stats(&self) -> PacerStats {
        self.0.as_ref().map_or_else(PacerStats::default, |shared| {
            let state = shared.lock();
            PacerStats { sent: state.sent, refusals: state.refusals, rate: Some(state.rate) }
        })
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(_) => self.stats().fmt(f),
            None => f.write_str("Pacer(unlimited)"),
        }
    }
}

/// Figures of a [`Pacer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacerStats {
    /// Slots taken.
    pub sent: u64,
    /// 429 answers reported.
    pub refusals: u64,
    /// The present rate; `None` when unlimited.
    pub rate: Option<Rate>,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn register(shared: &'a Shared) -> Self {
        shared.lock().interactive_waiting += 1;
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.interactive_waiting = state.interactive_waiting.saturating_sub(1);
    }
}

/// The service keeps everybody waiting for longer than the caller is willing to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service asked for a pause that lasts another {} seconds", remaining.as_secs().max(1))]
pub struct Paused {
    /// What is left of the pause.
    pub remaining: Duration,
}

impl State {
    fn is_worth_waiting(&self, now: Duration, patience: Duration) -> Result<(), Paused> {
        let remaining = self.paused_until.saturating_sub(now);
        let refused_for = self.refused_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if remaining > patience || (remaining > Duration::ZERO && refused_for >= patience) {
            return Err(Paused { remaining });
        }
        Ok(())
    }

    /// Takes the slot if it is due, else says how long to wait before asking again.
    fn try_take(&mut self, now: Duration, priority: Priority, pace: &Pace) -> Option<Duration> {
        let mut due = self.next.max(self.paused_until);
        if let Some(window) = pace.window {
            while self.sends.len() > window {
                self.sends.pop_front();
            }
            if self.sends.len() == window
                && let Some(oldest) = self.sends.front()
            {
                due = due.max(oldest.saturating_add(Duration::from_secs(1)).saturating_add(WINDOW_SLACK));
            }
        }
        if due > now {
            return Some(due.saturating_sub(now));
        }
        if priority == Priority::Background
            && self.interactive_waiting > 0
            && self.interactive_run < pace.interactive_share
        {
            return Some(Duration::from_millis(1));
        }
        self.interactive_run = match priority {
            Priority::Interactive => self.interactive_run.saturating_add(1),
            Priority::Background => 0,
        };
        self.learn(now, pace);
        let behind = now.saturating_sub(due);
        let base = if behind <= CATCH_UP { due } else { now };
        self.next = base.saturating_add(self.rate.spacing());
        if pace.window.is_some() {
            self.sends.push_back(now);
        }
        self.sent += 1;
        None
    }

    fn learn(&mut self, now: Duration, pace: &Pace) {
        // A refusal may have been a slow moment of this machine: after a clean minute the ceiling gives way a little.
        if self.rate >= self.ceiling
            && self.ceiling < pace.ceiling
            && now.saturating_sub(self.clean_since) >= Duration::from_secs(60)
        {
            self.ceiling = Rate(self.ceiling.0.saturating_add(pace.step.0)).min(pace.ceiling);
        }
        if self.rate < self.ceiling && now.saturating_sub(self.clean_since) >= pace.step_every {
            self.rate = Rate(self.rate.0.saturating_add(pace.step.0)).min(self.ceiling);
            self.clean_since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    async fn send_times(pacer: &Pacer, clock: &dyn Clock, n: usize) -> Vec<Duration> {
        let mut times = Vec::new();
        for _ in 0..n {
            pacer.acquire(Priority::Background, Duration::MAX).await.unwrap();
            times.push(clock.monotonic());
        }
        times
    }

    fn most_in_a_second(times: &[Duration]) -> usize {
        times
            .iter()
            .map(|start| {
                times.iter().filter(|t| **t >= *start && **t < *start + Duration::from_secs(1)).count()
            })
            .max()
            .unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn it_uses_99_percent_of_the_limit_and_never_more_than_the_limit_in_any_second() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::for_limit(10), Arc::clone(&clock));
        let times = send_times(&pacer, &*clock, 2000).await;
        assert!(most_in_a_second(&times) <= 10);
        let warm = &times[1000..];
        let took = warm[999].saturating_sub(warm[0]);
        // 999 gaps at 9.9/s take 100.9 s.
        assert!(took <= Duration::from_millis(100_910), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_pauses_every_clone_and_slows_down() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::for_limit(10), Arc::clone(&clock));
        let before = pacer.stats().rate.unwrap();
        send_times(&pacer, &*clock, 3).await;
        let clone = pacer.clone();
        pacer.refused(Duration::from_secs(7));
        pacer.refused(Duration::from_secs(1));
        let at = clock.monotonic();
        clone.acquire(Priority::Background, Duration::MAX).await.unwrap();
        assert!(clock.monotonic().saturating_sub(at) >= Duration::from_secs(7));
        assert_eq!(pacer.stats().refusals, 2);
        assert_eq!(pacer.stats().rate.unwrap(), before.percent(95));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_queues_behind_a_pause_that_is_too_long_or_a_service_that_refuses_everything() {
        let patience = Duration::from_secs(60);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::unlimited(), Arc::clone(&clock));
        pacer.refused(Duration::from_secs(3600));
        assert!(pacer.acquire(Priority::Background, patience).await.is_err());
        let pacer = Pacer::new(Pace::for_limit(10), Arc::clone(&clock));
        let begun = clock.monotonic();
        while pacer.acquire(Priority::Background, patience).await.is_ok() {
            pacer.refused(Duration::from_secs(25));
        }
        assert!(clock.monotonic().saturating_sub(begun) < Duration::from_secs(90));
        pacer.accepted();
        assert!(pacer.acquire(Priority::Background, patience).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_leaves_no_burst_behind() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::for_limit(10), Arc::clone(&clock));
        send_times(&pacer, &*clock, 5).await;
        clock.sleep(Duration::from_secs(60)).await;
        let times = send_times(&pacer, &*clock, 50).await;
        assert!(times.windows(2).all(|w| w[1].saturating_sub(w[0]) >= Duration::from_millis(95)));
    }

    #[tokio::test(start_paused = true)]
    async fn interactive_calls_go_first_but_do_not_starve_the_rest() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::fixed(Rate::per_second(10)), Arc::clone(&clock));
        pacer.acquire(Priority::Background, Duration::MAX).await.unwrap();
        let order = Arc::new(Mutex::new(String::new()));
        let mut tasks = Vec::new();
        for (mark, priority, n) in [('b', Priority::Background, 4), ('i', Priority::Interactive, 20)] {
            for _ in 0..n {
                let (pacer, order) = (pacer.clone(), Arc::clone(&order));
                tasks.push(tokio::spawn(async move {
                    pacer.acquire(priority, Duration::MAX).await.unwrap();
                    order.lock().unwrap().push(mark);
                }));
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap().clone();
        assert!(order.starts_with("ii"), "{order}");
        assert!(order[..12].contains('b'), "{order}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_held_against_the_service_for_ever() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pacer = Pacer::new(Pace::for_limit(10), Arc::clone(&clock));
        send_times(&pacer, &*clock, 200).await;
        for _ in 0..5 {
            pacer.refused(Duration::from_secs(1));
            send_times(&pacer, &*clock, 20).await;
        }
        let lowered = pacer.stats().rate.unwrap();
        send_times(&pacer, &*clock, 20_000).await;
        assert!(lowered < Rate::milli(9_500) && pacer.stats().rate == Some(Rate::milli(9_920)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_limit_is_learned_upwards() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let pace = Pace::unknown(Rate::per_second(4), Rate::per_second(10));
        let pacer = Pacer::new(pace, Arc::clone(&clock));
        send_times(&pacer, &*clock, 1000).await;
        assert_eq!(pacer.stats().rate, Some(Rate::per_second(10)));
    }
}
