//! What goes wrong, and when: a plan that can be written as JSON.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::delivery::WebhookRule;

/// Which of the two remote systems a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Service {
    /// Ordway.
    Ordway,
    /// Anrok.
    Anrok,
}

/// Faults to inject, decided by the seed and the order of the calls alone.
///
/// ```
/// use ordway_anrok_sandbox::fault::FaultPlan;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = FaultPlan::from_json(r#"{"seed": 7, "rules": [
///     {"service": "anrok", "operation": "createOrUpdate", "when": {"nth": 3}, "fault": {"kind": "reset_after"}},
///     {"when": {"per_mille": 20}, "fault": {"kind": "status", "status": 503}},
///     {"when": "once_per_call", "fault": {"kind": "too_many_requests", "retry_after": "1"}}]}"#)?;
/// assert_eq!(plan.rules.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// Seed of the draws of [`When::PerMille`].
    #[serde(default)]
    pub seed: u64,
    /// The first rule that fires decides; latencies of several rules add up.
    #[serde(default)]
    pub rules: Vec<FaultRule>,
    /// Months (`YYYY-MM`) whose returns are locked at Anrok. [`Sandbox`](crate::Sandbox) locks them when the plan begins;
    /// who uses [`Faults`](super::Faults) alone calls [`FakeAnrok::freeze_month`](crate::anrok::FakeAnrok::freeze_month).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frozen_months: Vec<String>,
    /// What happens to webhooks on their way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<WebhookRule>,
}

/// One fault and the calls it hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Only calls to this service; both where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Only calls whose `METHOD /path` holds this text; all where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which of the matching calls; every one where missing.
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub fault: Fault,
}

/// Which of the calls that match a rule it hits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// Every one.
    #[default]
    Always,
    /// The first sending of each distinct call (method, path, query, body): its repetition passes.
    OncePerCall,
    /// The n-th, counted from 1.
    Nth(u64),
    /// The first n.
    First(u64),
    /// All after the first n.
    After(u64),
    /// So many of a thousand, drawn by the seed.
    PerMille(u16),
    /// Those that arrive within a window, counted from the creation of the [`Faults`](super::Faults).
    Between {
        /// Start, in milliseconds.
        from_ms: u64,
        /// End (exclusive), in milliseconds.
        to_ms: u64,
    },
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes later. Longer than the attempt's timeout: the server acts, the caller sees a timeout.
    Latency {
        /// How much later, in milliseconds.
        ms: u64,
    },
    /// 429 without the server acting.
    TooManyRequests {
        /// The text of `Retry-After`, sane or not (`"2"`, `"0"`, `"-1"`, a date, `"999999999"`); no header where missing.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// An HTTP error with an HTML page, as a proxy gives it.
    Status {
        /// 400 to 599.
        status: u16,
        /// Whether the server acts before.
        #[serde(default)]
        acted: bool,
    },
    /// The connection breaks and the server has not seen the call.
    ResetBefore,
    /// The server acts, then the connection breaks.
    ResetAfter,
    /// The server acts, then no answer comes until the attempt's time is up.
    TimeoutAfter,
    /// The server acts; its answer is cut.
    Truncate {
        /// Bytes that are left. At least one is missing, however long the answer is.
        at: usize,
    },
    /// Status 200 with an HTML page in place of the answer.
    HtmlPage {
        /// Whether the server acts before.
        #[serde(default)]
        acted: bool,
    },
    /// Anrok's 409 `externalServiceError`, without the server acting.
    ExternalServiceError,
    /// No connection. Over HTTP, where the listener cannot refuse one caller, the connection closes at once.
    ConnectRefused,
    /// 401, as after the key was revoked.
    Unauthorized,
}

impl Fault {
    /// The name of the fault in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Status { .. } => "status",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::TimeoutAfter => "timeout_after",
            Self::Truncate { .. } => "truncate",
            Self::HtmlPage { .. } => "html_page",
            Self::ExternalServiceError => "external_service_error",
            Self::ConnectRefused => "connect_refused",
            Self::Unauthorized => "unauthorized",
        }
    }
}

/// Why a plan was refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FaultPlanError {
    /// Not JSON, or not the JSON of a plan.
    #[error("the fault plan cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// A rule that makes no sense.
    #[error("rule {rule} of the fault plan: {problem}")]
    Senseless {
        /// Which rule, counted from 0.
        rule: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A webhook rule that makes no sense.
    #[error("webhook rule {rule} of the fault plan: {problem}")]
    SenselessWebhook {
        /// Which rule, counted from 0.
        rule: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not a month.
    #[error("frozen_months of the fault plan: {month:?} is no month; write it as YYYY-MM")]
    NotAMonth {
        /// What stands there.
        month: String,
    },
}

impl FaultPlan {
    /// A plan without rules.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Locks the returns of a month (`YYYY-MM`) at Anrok.
    #[must_use]
    pub fn frozen_month(mut self, month: &str) -> Self {
        self.frozen_months.push(month.to_owned());
        self
    }

    /// Adds a rule for webhooks.
    #[must_use]
    pub fn webhook(mut self, rule: WebhookRule) -> Self {
        self.webhooks.push(rule);
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// Text that is not the JSON of a plan, a status outside 400 to 599, a share above 1000, an empty window, a month that
    /// is none.
    pub fn from_json(text: &str) -> Result<Self, FaultPlanError> {
        Self::checked(serde_json::from_str(text).map_err(FaultPlanError::Unreadable)?)
    }

    /// Reads a plan that is JSON already. Errors as [`FaultPlan::from_json`].
    pub fn from_value(value: serde_json::Value) -> Result<Self, FaultPlanError> {
        Self::checked(serde_json::from_value(value).map_err(FaultPlanError::Unreadable)?)
    }

    fn checked(plan: Self) -> Result<Self, FaultPlanError> {
        for (rule, content) in plan.rules.iter().enumerate() {
            if let Some(problem) = content.problem() {
                return Err(FaultPlanError::Senseless { rule, problem });
            }
        }
        for (rule, content) in plan.webhooks.iter().enumerate() {
            if let Some(problem) = content.when.problem() {
                return Err(FaultPlanError::SenselessWebhook { rule, problem });
            }
        }
        let is_month =
            |month: &&String| month.len() == 7 && format!("{month}-01").parse::<jiff::civil::Date>().is_ok();
        if let Some(month) = plan.frozen_months.iter().find(|month| !is_month(month)) {
            return Err(FaultPlanError::NotAMonth { month: month.clone() });
        }
        Ok(plan)
    }
}

impl FaultRule {
    /// The fault for every call to either service.
    pub fn new(fault: Fault) -> Self {
        Self { service: None, operation: None, when: When::Always, fault }
    }

    /// Only for calls to one service.
    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Only for calls whose `METHOD /path` holds `text`.
    #[must_use]
    pub fn operation(mut self, text: &str) -> Self {
        self.operation = Some(text.to_owned());
        self
    }

    /// Only for some of the matching calls.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    fn problem(&self) -> Option<&'static str> {
        match (&self.fault, &self.when) {
            (Fault::Status { status, .. }, _) if !(400..600).contains(status) => {
                Some("status must be 400 to 599")
            }
            (Fault::TooManyRequests { retry_after: Some(text) }, _)
                if http::HeaderValue::from_str(text).is_err() =>
            {
                Some("retry_after must be printable ASCII")
            }
            (_, when) => when.problem(),
        }
    }
}

impl When {
    fn problem(&self) -> Option<&'static str> {
        match self {
            Self::PerMille(share) if *share > 1000 => Some("per_mille must be at most 1000"),
            Self::Between { from_ms, to_ms } if from_ms >= to_ms => {
                Some("to_ms must be greater than from_ms")
            }
            Self::Nth(0) => Some("nth counts from 1"),
            _ => None,
        }
    }
}
