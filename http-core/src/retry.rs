//! The retry decision: one table, one budget, one back-off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Chance;
use crate::endpoint::Safety;
use crate::transport::FailureKind;

/// What one attempt came to, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Happened {
    /// Nothing reached the server: name resolution, refused connection, TLS handshake.
    NotSent,
    /// The request cannot be built; repeating it cannot help.
    Unsendable,
    /// The server refused to look at it for now (429).
    Throttled,
    /// 408, 500, 502, 503, 504, or a gateway's page in place of an answer: the server may have acted.
    ServerTrouble,
    /// Timeout or broken connection after sending: the server may have acted.
    Lost,
    /// A success status whose body cannot be read: the server has probably acted.
    Garbled,
    /// The answer exceeds the size cap; the next one would too.
    TooLarge,
    /// The API names a passing fault of its own (Anrok's `externalServiceError`): refused, try again.
    PassingFault,
    /// Any other refusal: 3xx, 4xx, a 409 with a business reason.
    Refused,
}

impl From<FailureKind> for Happened {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Connect | FailureKind::Tls => Self::NotSent,
            FailureKind::Unsendable => Self::Unsendable,
            FailureKind::Timeout | FailureKind::Interrupted => Self::Lost,
            FailureKind::TooLarge => Self::TooLarge,
        }
    }
}

/// Whether the effect of a write may exist on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteState {
    /// Nothing left this machine.
    NotSent,
    /// The server said no.
    Refused,
    /// It may have happened. Look before repeating.
    Unknown,
}

impl Happened {
    /// What is known about the effect.
    pub fn write_state(self) -> WriteState {
        match self {
            Self::NotSent | Self::Unsendable => WriteState::NotSent,
            Self::Throttled | Self::PassingFault | Self::Refused => WriteState::Refused,
            Self::ServerTrouble | Self::Lost | Self::Garbled | Self::TooLarge => WriteState::Unknown,
        }
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// Try again after a delay, within the attempts left.
    Again,
    /// Try again at most once more.
    AgainOnce,
    /// Hand the outcome to the caller.
    Return,
}

/// The whole retry policy. Everything else only says how long to wait and how often.
#[allow(clippy::match_same_arms)] // one arm per row of the documented table
pub fn decide(happened: Happened, safety: Safety) -> Decision {
    use Decision::{Again, AgainOnce, Return};
    match (happened, safety) {
        (Happened::NotSent | Happened::Throttled | Happened::PassingFault, _) => Again,
        (Happened::ServerTrouble | Happened::Lost, Safety::Read | Safety::Repeatable) => Again,
        (Happened::Garbled, Safety::Read | Safety::Repeatable) => AgainOnce,
        (Happened::ServerTrouble | Happened::Lost | Happened::Garbled, Safety::Once) => Return,
        (Happened::Unsendable | Happened::TooLarge | Happened::Refused, _) => Return,
    }
}

/// How often and how long a call is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts in all, the first included. 429 answers do not count.
    pub attempts: u32,
    /// Time for all attempts and delays of one call; waiting for the pacer does not count.
    pub deadline: Duration,
    /// Time for one attempt, capped by what is left of the deadline.
    pub attempt_timeout: Duration,
    /// First back-off delay.
    pub first_delay: Duration,
    /// Longest back-off delay.
    pub max_delay: Duration,
    /// How long all 429 answers of one call are waited out together; what goes beyond is returned to the caller.
    pub max_retry_after: Duration,
    /// 429 answers in a row before the call is given up.
    pub max_throttles: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            deadline: Duration::from_secs(90),
            attempt_timeout: Duration::from_secs(30),
            first_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(15),
            max_retry_after: Duration::from_secs(60),
            max_throttles: 8,
        }
    }
}

impl RetryPolicy {
    /// The defaults with delays of a millisecond, for tests against local servers.
    pub fn fast() -> Self {
        Self { first_delay: Duration::from_millis(1), max_delay: Duration::from_millis(5), ..Self::default() }
    }

    /// The delay before the attempt after `previous`: decorrelated jitter, never below `first_delay`.
    pub fn backoff(&self, previous: Option<Duration>, chance: &Chance) -> Duration {
        let base = previous.unwrap_or(self.first_delay);
        chance.between(self.first_delay, base.saturating_mul(3)).min(self.max_delay)
    }
}

/// Retries that a client may still make, shared by its clones, so that an outage does not multiply traffic.
///
/// A retry costs 5, after a timeout 10. A call that succeeds in the end gets its cost back, and one more for
/// every success: single faults never drain the budget, an outage does.
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<Mutex<u32>>);

const BUDGET: u32 = 100;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(BUDGET)))
    }
}

impl RetryBudget {
    pub(crate) fn cost(happened: Happened) -> u32 {
        match happened {
            Happened::Throttled => 0,
            Happened::Lost => 10,
            _ => 5,
        }
    }

    /// Takes `cost` tokens; `false` where not enough are left.
    pub fn take(&self, cost: u32) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match left.checked_sub(cost) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }

    /// Gives tokens back after a success.
    pub fn give_back(&self, spent: u32) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(spent).saturating_add(1).min(BUDGET);
    }

    /// Tokens left.
    pub fn left(&self) -> u32 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A century: nobody waits longer, and adding it to a point in time overflows nowhere.
const LONGEST_WAIT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads `Retry-After`: whole seconds or an HTTP date. A date in the past means now; more than a century is a
/// century; garbage means none.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(value) {
        return Some(value.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT));
    }
    if value.strip_prefix('-').is_some_and(digits) {
        return Some(Duration::ZERO);
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// How long everybody waits after the `nth` 429 in a row (from 1): the server's word where it gave a usable one
/// (at least a little), else one second doubling to thirty.
pub fn throttle_pause(server: Option<Duration>, nth: u32) -> Duration {
    let own = Duration::from_secs(1u64.checked_shl(nth.saturating_sub(1)).unwrap_or(30).min(30));
    match server {
        Some(wait) if wait > Duration::ZERO => wait,
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_decision_table_row_by_row() {
        use Decision::{Again, AgainOnce, Return};
        let table = [
            (Happened::NotSent, [Again, Again, Again], WriteState::NotSent),
            (Happened::Throttled, [Again, Again, Again], WriteState::Refused),
            (Happened::PassingFault, [Again, Again, Again], WriteState::Refused),
            (Happened::ServerTrouble, [Again, Again, Return], WriteState::Unknown),
            (Happened::Lost, [Again, Again, Return], WriteState::Unknown),
            (Happened::Garbled, [AgainOnce, AgainOnce, Return], WriteState::Unknown),
            (Happened::TooLarge, [Return, Return, Return], WriteState::Unknown),
            (Happened::Refused, [Return, Return, Return], WriteState::Refused),
            (Happened::Unsendable, [Return, Return, Return], WriteState::NotSent),
        ];
        for (happened, [read, repeatable, once], state) in table {
            assert_eq!(decide(happened, Safety::Read), read, "{happened:?}");
            assert_eq!(decide(happened, Safety::Repeatable), repeatable, "{happened:?}");
            assert_eq!(decide(happened, Safety::Once), once, "{happened:?}");
            assert_eq!(happened.write_state(), state, "{happened:?}");
        }
    }

    #[test]
    fn a_once_call_is_never_repeated_after_an_unknown_outcome() {
        for happened in [
            Happened::NotSent,
            Happened::Throttled,
            Happened::PassingFault,
            Happened::ServerTrouble,
            Happened::Lost,
            Happened::Garbled,
            Happened::TooLarge,
            Happened::Refused,
            Happened::Unsendable,
        ] {
            if happened.write_state() == WriteState::Unknown {
                assert_eq!(decide(happened, Safety::Once), Decision::Return);
            }
        }
    }

    #[test]
    fn retry_after_in_all_its_forms() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        let read = |text| retry_after(text, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("-5"), Some(Duration::ZERO));
        assert_eq!(read("1000000000"), Some(Duration::from_secs(1_000_000_000)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(read(""), None);
        assert_eq!(read("1.5"), None);
        assert_eq!(read("-"), None);
        assert_eq!(read("18446744073709551615"), Some(LONGEST_WAIT));
        assert_eq!(read("99999999999999999999999"), Some(LONGEST_WAIT));
        assert_eq!(read("-99999999999999999999999"), Some(Duration::ZERO));
    }

    #[test]
    fn a_useless_retry_after_falls_back_to_doubling() {
        let s = Duration::from_secs;
        assert_eq!(throttle_pause(Some(s(3)), 5), s(3));
        assert_eq!(throttle_pause(Some(Duration::ZERO), 1), s(1));
        assert_eq!(throttle_pause(None, 2), s(2));
        assert_eq!(throttle_pause(None, 40), s(30));
        assert_eq!(throttle_pause(None, u32::MAX), s(30));
    }

    #[test]
    fn single_faults_never_drain_the_budget_and_an_outage_does() {
        let budget = RetryBudget::default();
        for _ in 0..1000 {
            assert!(budget.take(5));
            budget.give_back(5);
        }
        assert_eq!(budget.left(), 100);
        let tries = (0..1000).take_while(|_| budget.take(5)).count();
        assert_eq!(tries, 20);
    }

    proptest! {
        #[test]
        fn backoff_stays_between_its_bounds(seed: u64, steps in 1usize..20) {
            let (policy, chance) = (RetryPolicy::default(), Chance::seeded(seed));
            let mut previous = None;
            for _ in 0..steps {
                let delay = policy.backoff(previous, &chance);
                prop_assert!(delay >= policy.first_delay && delay <= policy.max_delay);
                previous = Some(delay);
            }
        }

        #[test]
        fn retry_after_never_panics(text in "\\PC{0,40}") {
            let _ = retry_after(&text, Timestamp::UNIX_EPOCH);
        }
    }
}
