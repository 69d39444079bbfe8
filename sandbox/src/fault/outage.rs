//! Ready-made trouble, for who wants to break the network without writing a plan.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::{Fault, FaultRule, Service, When};

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preset {
    /// No connection at all.
    Offline,
    /// Every call is answered 429 with `Retry-After: 1`.
    TooManyRequests,
    /// Every second call, by chance, is answered 503.
    ServerErrors,
    /// Every answer takes a second and a half longer.
    Slow,
    /// The first sending of each call is acted upon and its answer lost.
    LostAnswers,
    /// The first answer to each call is cut after 20 bytes.
    CutAnswers,
}

impl Preset {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Offline,
        Self::TooManyRequests,
        Self::ServerErrors,
        Self::Slow,
        Self::LostAnswers,
        Self::CutAnswers,
    ];
}

/// A broken network: what is wrong, with whom, for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outage {
    /// What is wrong.
    pub preset: Preset,
    /// Only this service; both where none.
    pub service: Option<Service>,
    /// Ends by itself after this much real time; lasts until mended where none.
    pub lasts: Option<Duration>,
}

impl Outage {
    /// Both services, until mended.
    pub fn new(preset: Preset) -> Self {
        Self { preset, service: None, lasts: None }
    }

    /// Only one service.
    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Ends by itself.
    #[must_use]
    pub fn lasts(mut self, lasts: Duration) -> Self {
        self.lasts = Some(lasts);
        self
    }

    pub(super) fn rule(&self) -> FaultRule {
        let (fault, when) = match self.preset {
            Preset::Offline => (Fault::ConnectRefused, When::Always),
            Preset::TooManyRequests => {
                (Fault::TooManyRequests { retry_after: Some("1".to_owned()) }, When::Always)
            }
            Preset::ServerErrors => (Fault::Status { status: 503, acted: false }, When::PerMille(500)),
            Preset::Slow => (Fault::Latency { ms: 1_500 }, When::Always),
            Preset::LostAnswers => (Fault::ResetAfter, When::OncePerCall),
            Preset::CutAnswers => (Fault::Truncate { at: 20 }, When::OncePerCall),
        };
        let rule = FaultRule::new(fault).when(when);
        match self.service {
            Some(service) => rule.service(service),
            None => rule,
        }
    }
}
