//! Faults between a client and a fake: slow, refused, lost, cut and wrong answers, on a plan.
//!
//! [`Faulty`] stands in front of any [`Transport`] and does what a [`FaultPlan`] says. The same plan, seed and order
//! of calls give the same faults. [`Sandbox`](crate::Sandbox) puts one in front of each fake.

mod delivery;
mod outage;
mod plan;

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use ordway_anrok_http::{Chance, Clock, Exchange, FailureKind, Transport, TransportError};

pub use delivery::{WebhookFault, WebhookRule};
pub use outage::{Outage, Preset};
pub use plan::{Fault, FaultPlan, FaultPlanError, FaultRule, Service, When};

use crate::ordway::Event;

/// Newest fired faults kept.
const FIRED_KEPT: usize = 100_000;

/// Page of a proxy that got no answer from the server behind it.
const PROXY_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>";

/// A plan at work: counts calls, draws, and keeps the list of what fired. A clone shares all of it, so that one plan
/// covers both services.
#[derive(Clone)]
pub struct Faults {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    /// When the plan began; its windows count from there.
    start: Duration,
    /// The plan without its rules, which are counted below.
    plan: FaultPlan,
    rules: Vec<Counted>,
    /// One for each webhook rule of the plan.
    deliveries: Vec<Counter>,
    broken: Vec<Broken>,
    chance: Chance,
    fired: VecDeque<Fired>,
    off: bool,
}

/// An outage at work.
struct Broken {
    outage: Outage,
    /// Monotonic time of its end.
    until: Option<Duration>,
    counted: Counted,
}

struct Counted {
    rule: FaultRule,
    counter: Counter,
}

/// How often a rule was asked, and about what.
#[derive(Default)]
struct Counter {
    calls: u64,
    seen: HashSet<u64>,
}

/// A fault that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fired {
    /// When.
    pub at: Timestamp,
    /// Number of the rule in the plan, counted from 0; outages come after the rules.
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
    pub fn new(mut plan: FaultPlan, clock: Arc<dyn Clock>) -> Self {
        let state = State {
            start: clock.monotonic(),
            rules: std::mem::take(&mut plan.rules).into_iter().map(Counted::new).collect(),
            deliveries: plan.webhooks.iter().map(|_| Counter::default()).collect(),
            chance: Chance::seeded(plan.seed),
            plan,
            broken: Vec::new(),
            fired: VecDeque::new(),
            off: false,
        };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Puts the plan in front of a transport to `service`.
    pub fn wrap<T: Transport>(&self, service: Service, inner: T) -> Faulty<T> {
        Faulty { inner, service, faults: self.clone() }
    }

    /// What fired so far, in order; the newest 100,000.
    pub fn fired(&self) -> Vec<Fired> {
        self.lock().fired.iter().cloned().collect()
    }

    /// Lets every call pass from now on, as when an outage is over.
    pub fn stop(&self) {
        self.lock().off = true;
    }

    /// Begins another plan in place of the one at work: counts, draws and windows start anew. Outages stay.
    pub fn replace(&self, mut plan: FaultPlan) {
        let start = self.clock.monotonic();
        let mut state = self.lock();
        state.start = start;
        state.rules = std::mem::take(&mut plan.rules).into_iter().map(Counted::new).collect();
        state.deliveries = plan.webhooks.iter().map(|_| Counter::default()).collect();
        state.chance = Chance::seeded(plan.seed);
        state.plan = plan;
        state.off = false;
    }

    /// The plan at work; without rules after [`Faults::stop`].
    pub fn plan(&self) -> FaultPlan {
        let state = self.lock();
        if state.off {
            return FaultPlan::seeded(state.plan.seed);
        }
        let rules = state.rules.iter().map(|counted| counted.rule.clone());
        FaultPlan { rules: rules.collect(), ..state.plan.clone() }
    }

    /// Breaks the network on top of the plan, until [`Faults::mend`] or the end of the outage.
    pub fn break_network(&self, outage: Outage) {
        let now = self.clock.monotonic();
        let until = outage.lasts.map(|lasts| now.saturating_add(lasts));
        let counted = Counted::new(outage.rule());
        let mut state = self.lock();
        state.off = false;
        state.broken.push(Broken { outage, until, counted });
    }

    /// Ends all outages. The plan goes on.
    pub fn mend(&self) {
        self.lock().broken.clear();
    }

    /// The outages at work, each with what is left of it.
    pub fn outages(&self) -> Vec<Outage> {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        state.end_outages(now);
        let left = |broken: &Broken| Outage {
            lasts: broken.until.map(|until| until.saturating_sub(now)),
            ..broken.outage.clone()
        };
        state.broken.iter().map(left).collect()
    }

    /// What the plan does to an event on its way to one webhook, each asked about once. [`Sandbox`](crate::Sandbox) asks
    /// by itself; who delivers the events of a fake in process asks here.
    pub fn of_delivery(&self, event: &Event) -> Option<WebhookFault> {
        let monotonic = self.clock.monotonic();
        let identity = hash(&(event.class, &event.id));
        let mut state = self.lock();
        if state.off {
            return None;
        }
        let elapsed = monotonic.saturating_sub(state.start);
        let State { plan, deliveries, chance, .. } = &mut *state;
        let mut chosen = None;
        for (rule, counter) in plan.webhooks.iter().zip(deliveries) {
            let covers = rule.class.as_deref().is_none_or(|class| class == event.class);
            if covers && counter.fires(&rule.when, chosen.is_none(), identity, elapsed, chance) {
                chosen = Some(rule.fault);
            }
        }
        chosen
    }

    /// The latency and the fault, if any, of a call.
    fn decide(&self, service: Service, request: &Request<Bytes>) -> (Duration, Option<Fault>) {
        let operation = format!("{} {}", request.method(), request.uri().path());
        let identity = identity(service, request);
        let monotonic = self.clock.monotonic();
        let at = self.clock.now();
        let mut state = self.lock();
        let (mut latency, mut chosen) = (Duration::ZERO, None);
        if state.off {
            return (latency, chosen);
        }
        state.end_outages(monotonic);
        let struck = request.extensions().get::<Struck>();
        let elapsed = monotonic.saturating_sub(state.start);
        let State { rules, broken, chance, fired, .. } = &mut *state;
        let broken = broken.iter_mut().map(|broken| &mut broken.counted);
        for (number, counted) in rules.iter_mut().chain(broken).enumerate() {
            if !counted.covers(service, &operation) {
                continue;
            }
            let is_latency = matches!(counted.rule.fault, Fault::Latency { .. });
            let open = chosen.is_none() || is_latency;
            if !counted.counter.fires(&counted.rule.when, open, identity, elapsed, chance) {
                continue;
            }
            match counted.rule.fault {
                Fault::Latency { ms } => latency += Duration::from_millis(ms),
                ref fault => chosen = Some(fault.clone()),
            }
            let fault = counted.rule.fault.kind();
            if let Some(struck) = struck {
                struck.note(fault);
            }
            if fired.len() == FIRED_KEPT {
                fired.pop_front();
            }
            fired.push_back(Fired { at, rule: number, service, operation: operation.clone(), fault });
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

impl State {
    fn end_outages(&mut self, now: Duration) {
        self.broken.retain(|broken| broken.until.is_none_or(|until| now < until));
    }
}

/// The faults that hit one call: rides in its extensions, filled in by [`Faulty`], read by the request log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struck(Arc<Mutex<Vec<&'static str>>>);

impl Struck {
    fn note(&self, kind: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(kind);
    }

    /// [`Fault::kind`] of each, in order.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Counted {
    fn new(rule: FaultRule) -> Self {
        Self { rule, counter: Counter::default() }
    }

    fn covers(&self, service: Service, operation: &str) -> bool {
        self.rule.service.is_none_or(|wanted| wanted == service)
            && self.rule.operation.as_ref().is_none_or(|text| operation.contains(text.as_str()))
    }
}

impl Counter {
    /// Counts a call and says whether the rule fires. Where an earlier rule has decided, nothing is drawn and nothing
    /// used up.
    fn fires(&mut self, when: &When, open: bool, identity: u64, elapsed: Duration, chance: &Chance) -> bool {
        self.calls += 1;
        open && match *when {
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
    hash(&(service, request.method(), request.uri().path_and_query(), request.body()))
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
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
