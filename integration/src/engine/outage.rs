//! When a service is down for everybody, the rest of the run does not knock on its door document by document.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One of the two remote systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Ordway,
    Anrok,
}

impl Service {
    /// As people write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ordway => "Ordway",
            Self::Anrok => "Anrok",
        }
    }
}

/// Calls in a row that failed for good after all retries, before a service counts as down.
const IN_A_ROW: u32 = 3;

/// Counts failures per service.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    ordway: Mutex<State>,
    anrok: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    since: Option<Duration>,
}

impl Outages {
    fn state(&self, service: Service) -> MutexGuard<'_, State> {
        let state = match service {
            Service::Ordway => &self.ordway,
            Service::Anrok => &self.anrok,
        };
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn succeeded(&self, service: Service) {
        *self.state(service) = State::default();
    }

    pub(crate) fn failed(&self, service: Service, now: Duration) {
        let mut state = self.state(service);
        state.in_a_row = state.in_a_row.saturating_add(1);
        state.since.get_or_insert(now);
    }

    /// One failure that speaks for all.
    pub(crate) fn down(&self, service: Service, now: Duration) {
        let mut state = self.state(service);
        state.in_a_row = IN_A_ROW;
        state.since.get_or_insert(now);
    }

    pub(crate) fn is_down(&self, service: Service) -> bool {
        self.state(service).in_a_row >= IN_A_ROW
    }

    /// Lets single calls through again.
    pub(crate) fn try_again(&self) {
        for service in [Service::Ordway, Service::Anrok] {
            let mut state = self.state(service);
            state.in_a_row = state.in_a_row.min(IN_A_ROW - 1);
        }
    }

    /// How long the longest present outage has lasted.
    pub(crate) fn lasting(&self, now: Duration) -> Duration {
        let since = |service| self.state(service).since;
        let begun = [since(Service::Ordway), since(Service::Anrok)].into_iter().flatten().min();
        begun.map_or(Duration::ZERO, |begun| now.saturating_sub(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_are_an_outage_and_one_success_ends_it() {
        let outages = Outages::default();
        for second in 0..3 {
            assert!(!outages.is_down(Service::Anrok));
            outages.failed(Service::Anrok, Duration::from_secs(second));
        }
        assert!(outages.is_down(Service::Anrok) && !outages.is_down(Service::Ordway));
        assert_eq!(outages.lasting(Duration::from_secs(10)), Duration::from_secs(10));
        outages.try_again();
        assert!(!outages.is_down(Service::Anrok));
        outages.failed(Service::Anrok, Duration::from_secs(11));
        assert!(outages.is_down(Service::Anrok));
        outages.succeeded(Service::Anrok);
        assert_eq!(outages.lasting(Duration::from_secs(12)), Duration::ZERO);
    }
}
