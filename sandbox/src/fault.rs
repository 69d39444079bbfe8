//! Faults between a client and a fake: slow, refused, lost, cut and wrong answers, on a plan.
//!
//! [`Faulty`] stands in front of any [`Transport`] and does what a [`FaultPlan`] says. The same plan, seed and order
//! of calls give the same faults. [`Sandbox`](crate::Sandbox) puts one in front of each fake.

mod plan;

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use ordway_anrok_http::{Chance, Clock, Exchange, FailureKind, Transport, TransportError};

pub use plan::{Fault, FaultPlan, FaultPlanError, FaultRule, Service, When};

/// Page of a proxy that got no answer from the server behind it.
const PROXY_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>";

/// A plan at work: counts calls, draws, and keeps the list of what fired. A clone shares all of it, so that one plan
/// covers both services.
#[derive(Clone)]
pub struct Faults {
    clock: Arc<dyn Clock>,
    start: Duration,
    state: Arc<Mutex<State>>,
}

struct State {
    rules: Vec<Counted>,
    chance: Chance,
    fired: Vec<Fired>,
    off: bool,
}

struct Counted {
    rule: FaultRule,
    calls: u64,
    seen: HashSet<u64>,
}

/// A fault that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fired {
    /// When.
    pub at: Timestamp,
    /// Number of the rule in the plan, counted from 0.
    pub rule: usize,
    /// Where the call went.
    pub service: Service,
    /// `METHOD /path` of the call, without the query.
    pub operation: String,
    /// What happened, [`Fault::kind`].
    pub fault: &'static str,
}

impl Faults {
    /// Starts a plan. Its windows count from now.
    pub fn new(plan: FaultPlan, clock: Arc<dyn Clock>) -> Self {
        let rules = plan.rules.into_iter();
        let state = State {
            rules: rules.map(|rule| Counted { rule, calls: 0, seen: HashSet::new() }).collect(),
            chance: Chance::seeded(plan.seed),
            fired: Vec::new(),
            off: false,
        };
        let start = clock.monotonic();
        Self { clock, start, state: Arc::new(Mutex::new(state)) }
    }

    /// Puts the plan in front of a transport to `service`.
    pub fn wrap<T: Transport>(&self, service: Service, inner: T) -> Faulty<T> {
        Faulty { inner, service, faults: self.clone() }
    }

    /// What fired so far, in order.
    pub fn fired(&self) -> Vec<Fired> {
        self.lock().fired.clone()
    }

    /// Lets every call pass from now on, as when an outage is over.
    pub fn stop(&self) {
        self.lock().off = true;
    }

    /// The latency and the fault, if any, of a call.
    fn decide(&self, service: Service, request: &Request<Bytes>) -> (Duration, Option<Fault>) {
        let operation = format!("{} {}", request.method(), request.uri().path());
        let identity = identity(service, request);
        let elapsed = self.clock.monotonic().saturating_sub(self.start);
        let at = self.clock.now();
        let mut state = self.lock();
        let State { rules, chance, fired, off } = &mut *state;
        let (mut latency, mut chosen) = (Duration::ZERO, None);
        if *off {
            return (latency, chosen);
        }
        for (number, counted) in rules.iter_mut().enumerate() {
            if !counted.covers(service, &operation) {
                continue;
            }
            counted.calls += 1;
            let is_latency = matches!(counted.rule.fault, Fault::Latency { .. });
            if (chosen.is_some() && !is_latency) || !counted.fires(identity, elapsed, chance) {
                continue;
            }
            match counted.rule.fault {
                Fault::Latency { ms } => latency += Duration::from_millis(ms),
                ref fault => chosen = Some(fault.clone()),
            }
            let fault = counted.rule.fault.kind();
            fired.push(Fired { at, rule: number, service, operation: operation.clone(), fault });
        }
        (latency, chosen)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Faults")
            .field("rules", &state.rules.len())
            .field("fired", &state.fired.len())
            .finish_non_exhaustive()
    }
}

impl Counted {
    fn covers(&self, service: Service, operation: &str) -> bool {
        self.rule.service.is_none_or(|wanted| wanted == service)
            && self.rule.operation.as_ref().is_none_or(|text| operation.contains(text.as_str()))
    }

    fn fires(&mut self, identity: u64, elapsed: Duration, chance: &Chance) -> bool {
        match self.rule.when {
            When::Always => true,
            When::OncePerCall => self.seen.insert(identity),
            When::Nth(n) => self.calls == n,
            When::First(n) => self.calls <= n,
            When::After(n) => self.calls > n,
            When::PerMille(share) => chance.u64() % 1000 < u64::from(share),
            When::Between { from_ms, to_ms } => {
                (Duration::from_millis(from_ms)..Duration::from_millis(to_ms)).contains(&elapsed)
            }
        }
    }
}

fn identity(service: Service, request: &Request<Bytes>) -> u64 {
    let mut hasher = DefaultHasher::new();
    service.hash(&mut hasher);
    request.method().hash(&mut hasher);
    request.uri().path_and_query().hash(&mut hasher);
    request.body().hash(&mut hasher);
    hasher.finish()
}

/// A transport that lets a plan decide what becomes of each call.
#[derive(Clone, Debug)]
pub struct Faulty<T> {
    inner: T,
    service: Service,
    faults: Faults,
}

impl<T> Faulty<T> {
    /// The transport behind.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    fn refusal(&self, status: u16) -> Response<Bytes> {
        let (kind, text) = match (self.service, status) {
            (Service::Ordway, 401) => {
                (JSON, r#"{"error":{"status":401,"title":"Invalid Email/Token combination."}}"#)
            }
            (Service::Ordway, 429) => (JSON, r#"{"message":"Too Many Requests"}"#),
            (Service::Anrok, 401) => ("text/plain", "Invalid API key"),
            (Service::Anrok, 429) => ("text/plain", "Rate limit exceeded"),
            (_, 409) => (JSON, r#"{"type":"externalServiceError"}"#),
            _ => ("text/html", PROXY_PAGE),
        };
        answer(status, kind, text)
    }
}

const JSON: &str = "application/json; charset=utf-8";

fn answer(status: u16, content_type: &'static str, text: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[async_trait]
impl<T: Transport> Transport for Faulty<T> {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let (latency, fault) = self.faults.decide(self.service, &exchange.request);
        let (clock, timeout) = (Arc::clone(&self.faults.clock), exchange.timeout);
        if latency >= timeout && !latency.is_zero() {
            self.inner.send(exchange).await?;
            clock.sleep(timeout).await;
            return Err(TransportError::new(FailureKind::Timeout));
        }
        if !latency.is_zero() {
            clock.sleep(latency).await;
        }
        let Some(fault) = fault else { return self.inner.send(exchange).await };
        match fault {
            Fault::Latency { .. } => self.inner.send(exchange).await,
            Fault::TooManyRequests { retry_after } => {
                let mut response = self.refusal(429);
                if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(&text).ok()) {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                Ok(response)
            }
            Fault::Status { status, acted } => {
                if acted {
                    self.inner.send(exchange).await?;
                }
                Ok(answer(status, "text/html", PROXY_PAGE))
            }
            Fault::HtmlPage { acted } => {
                if acted {
                    self.inner.send(exchange).await?;
                }
                Ok(answer(200, "text/html", PROXY_PAGE))
            }
            Fault::ResetBefore => Err(TransportError::new(FailureKind::Interrupted)),
            Fault::ResetAfter => {
                self.inner.send(exchange).await?;
                Err(TransportError::new(FailureKind::Interrupted))
            }
            Fault::TimeoutAfter => {
                self.inner.send(exchange).await?;
                clock.sleep(timeout.saturating_sub(latency)).await;
                Err(TransportError::new(FailureKind::Timeout))
            }
            Fault::Truncate { at } => {
                let mut response = self.inner.send(exchange).await?;
                let body = response.body_mut();
                body.truncate(at.min(body.len().saturating_sub(1)));
                response.headers_mut().remove(header::CONTENT_LENGTH);
                Ok(response)
            }
            Fault::ExternalServiceError => Ok(self.refusal(409)),
            Fault::ConnectRefused => Err(TransportError::new(FailureKind::Connect)),
            Fault::Unauthorized => Ok(self.refusal(401)),
        }
    }
}

#[cfg(test)]
#[path = "fault/tests.rs"]
mod tests;
