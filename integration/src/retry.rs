//! When a document that is not settled is tried again by itself: a pure function of what is wrong with it.

use std::time::Duration;

use jiff::Timestamp;

use crate::hold::Disposition;
use crate::ledger::Problem;

/// How long a document waits between tries while [`Bridge::watch`](crate::Bridge::watch) runs. A
/// [`sync`](crate::Bridge::sync) does not wait: it tries everything that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryTimes {
    /// Passing faults: the wait after the first failure is at most this, and doubles with every further one.
    pub first: Duration,
    /// Passing faults: no wait is longer.
    pub cap: Duration,
    /// Somebody has to correct something, or another document has to be settled first: no service tells when that has
    /// been done (a product mapped in Anrok changes nothing in Ordway), so it is looked at this often.
    pub slow: Duration,
    /// A document that has failed for this long is marked as late in reports.
    pub late_after: Duration,
}

impl Default for RetryTimes {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(30),
            cap: Duration::from_secs(3600),
            slow: Duration::from_secs(3600),
            late_after: Duration::from_secs(24 * 3600),
        }
    }
}

/// No wait is shorter: a draw near zero must not become a busy loop.
const SHORTEST: Duration = Duration::from_secs(1);

impl RetryTimes {
    /// The wait after the `attempts`-th failure in a row: drawn evenly up to a limit that doubles (full jitter), so
    /// that documents that failed together do not come back together. `draw` is any number.
    pub fn backoff(&self, attempts: u32, draw: u64) -> Duration {
        let doublings = attempts.saturating_sub(1).min(63);
        let limit = self.first.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(self.cap);
        let span = u64::try_from(limit.saturating_sub(SHORTEST).as_millis()).unwrap_or(u64::MAX - 1);
        SHORTEST.saturating_add(Duration::from_millis(draw % span.saturating_add(1)))
    }

    /// When a document with this problem is tried next by itself; `None`: by the next full pass.
    pub fn next_attempt(&self, problem: &Problem, now: Timestamp, draw: u64) -> Option<Timestamp> {
        let wait = match problem.disposition {
            Disposition::RetryLater => self.backoff(problem.attempts, draw),
            Disposition::FixData | Disposition::FixConfiguration | Disposition::WaitForOther => {
                self.slow.max(SHORTEST)
            }
            Disposition::Review => return None,
        };
        now.checked_add(wait).ok()
    }

    /// Whether a problem that began at `since` is late.
    pub fn is_late(&self, since: Timestamp, now: Timestamp) -> bool {
        let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        age >= self.late_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::ProblemKind;
    use proptest::prelude::*;

    fn problem(disposition: Disposition, attempts: u32) -> Problem {
        let (reason, remedy) = ("r".to_owned(), "m".to_owned());
        let mut problem =
            Problem::new(ProblemKind::Failed, "c", reason, remedy, disposition, Timestamp::UNIX_EPOCH);
        problem.attempts = attempts;
        problem
    }

    proptest! {
        #[test]
        fn a_backoff_is_within_its_limits(attempts: u32, draw: u64, first in 0u64..10_000, cap in 0u64..1_000_000) {
            let times = RetryTimes {
                first: Duration::from_secs(first),
                cap: Duration::from_secs(cap),
                ..RetryTimes::default()
            };
            let wait = times.backoff(attempts, draw);
            prop_assert!(wait >= SHORTEST);
            prop_assert!(wait <= times.cap.max(SHORTEST), "{wait:?}");
            if attempts <= 1 {
                prop_assert!(wait <= times.first.max(SHORTEST));
            }
        }

        #[test]
        fn the_longest_wait_doubles_and_all_of_the_range_is_used(attempts in 1u32..7) {
            let times = RetryTimes::default();
            let limit = times.first * 2u32.pow(attempts - 1);
            let span = u64::try_from(limit.saturating_sub(SHORTEST).as_millis()).unwrap();
            prop_assert_eq!(times.backoff(attempts, span), limit);
            prop_assert_eq!(times.backoff(attempts, 0), SHORTEST);
            prop_assert_eq!(times.backoff(attempts, span + 1), SHORTEST);
        }

        #[test]
        fn what_waits_waits_for_a_time_to_come(attempts: u32, draw: u64, seconds in 0i64..4_000_000_000) {
            let now = Timestamp::from_second(seconds).unwrap();
            let times = RetryTimes::default();
            for disposition in [
                Disposition::RetryLater,
                Disposition::FixData,
                Disposition::FixConfiguration,
                Disposition::WaitForOther,
            ] {
                let next = times.next_attempt(&problem(disposition, attempts), now, draw);
                prop_assert!(next.is_some_and(|next| next > now), "{disposition:?}");
            }
            prop_assert_eq!(times.next_attempt(&problem(Disposition::Review, attempts), now, draw), None);
        }
    }

    #[test]
    fn a_day_of_failing_is_late() {
        let times = RetryTimes::default();
        let since = Timestamp::UNIX_EPOCH;
        assert!(!times.is_late(since, since + jiff::SignedDuration::from_hours(23)));
        assert!(times.is_late(since, since + jiff::SignedDuration::from_hours(24)));
        // A clock that jumped back.
        assert!(!times.is_late(since, since - jiff::SignedDuration::from_hours(48)));
    }
}
