//! A stateful fake of Ordway's REST API v1.
//!
//! [`FakeOrdway`] answers requests as Ordway would, from data that it keeps. It is a
//! [`Transport`], so a client uses it in place of the network, and [`Sandbox`](crate::Sandbox) serves it over HTTP.
//! What each of its rules rests on is listed in [`FakeOrdway::RULES`].

mod action;
mod builder;
mod clear;
mod collections;
mod config;
mod control;
mod customer;
mod event;
mod invoice;
mod money;
#[cfg(feature = "server")]
mod newest;
mod query;
mod quirk;
mod refusal;
mod render;
mod route;
mod rules;
mod seed;
mod settlement;
mod store;
#[cfg(feature = "server")]
mod webhook;
mod work;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use ordway_anrok_http::{Clock, Exchange, FailureKind, Transport, TransportError};
use serde_json::Value;

pub use builder::{Address, CreditBuilder, CustomerBuilder, InvoiceBuilder, Line};
pub use config::{OrdwayConfig, TaxWrite};
pub use event::{Event, Verb};
#[cfg(feature = "server")]
pub(crate) use money::exponent;
pub use quirk::Quirk;
pub use refusal::Refusal;
#[cfg(feature = "server")]
pub(crate) use webhook::Target;

use route::Reply;
use store::Store;
use work::Work;

/// Where the records of a seed file go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeedCollection {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
}

/// The collection a seed file is named after.
pub(crate) fn seed_collection(name: &str) -> Option<SeedCollection> {
    let spec = collections::SPECS.iter().find(|spec| spec.name == name)?;
    Some(SeedCollection { name: spec.name, key: spec.key })
}

/// Newest requests and writes kept; the counters go on.
const LOG_KEPT: usize = 100_000;

/// Called for every event, after the change is stored and outside the fake's lock.
type Hook = Arc<dyn Fn(&Event) + Send + Sync>;

/// A fake Ordway company. A clone is another handle to the same company.
///
/// ```
/// use std::sync::Arc;
/// use ordway_anrok_http::SystemClock;
/// use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let ordway = FakeOrdway::new(Arc::new(SystemClock::new()));
/// let address = Address::new("1 Awesome Street", "Baltimore", "MD", "21202", "United States of America");
/// let customer = ordway.customer("Acme").bill_to(address).create()?;
/// let invoice = ordway.invoice(&customer).line(Line::new("P-00001", "12.00")).create()?;
/// ordway.post_invoice(&invoice)?;
/// assert_eq!(ordway.get("invoices", &invoice).unwrap()["status"], "Posted");
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone)]
pub struct FakeOrdway {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    config: OrdwayConfig,
    store: Store,
    hooks: Vec<Hook>,
    requests: u64,
    log: VecDeque<RequestLogEntry>,
    writes: VecDeque<Write>,
    /// Arrival times of the last second, for the rate limit.
    window: VecDeque<Duration>,
}

/// One request as the fake saw it. `Debug` leaves the query out: a filter may name a person.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLogEntry {
    /// When it arrived.
    pub at: Timestamp,
    /// GET, POST, PUT or DELETE.
    pub method: Method,
    /// The path as sent, with `/api/v1`.
    pub path: String,
    /// The query string as sent, `""` for none.
    pub query: String,
    /// The status it was answered with.
    pub status: u16,
}

impl fmt::Debug for RequestLogEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.method, self.path, self.status)
    }
}

/// A PUT, POST or DELETE as the fake received it, refused ones included. `Debug` leaves the body out.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Write {
    /// When it arrived.
    pub at: Timestamp,
    /// POST, PUT or DELETE.
    pub method: Method,
    /// The path as sent, with `/api/v1`.
    pub path: String,
    /// The body; `null` where it was empty or not JSON.
    pub body: Value,
    /// The status it was answered with.
    pub status: u16,
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.method, self.path, self.status)
    }
}

impl FakeOrdway {
    /// An empty company with the default settings.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_config(clock, OrdwayConfig::default())
    }

    /// An empty company with settings of your own.
    pub fn with_config(clock: Arc<dyn Clock>, config: OrdwayConfig) -> Self {
        let mut store = Store::default();
        store.follow(&config);
        let state = State {
            config,
            store,
            hooks: Vec::new(),
            requests: 0,
            log: VecDeque::new(),
            writes: VecDeque::new(),
            window: VecDeque::new(),
        };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Answers one request. Paths begin with `/api/v1`; the host is not looked at.
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let now = self.clock.now();
        let monotonic = self.clock.monotonic();
        self.locked(|state| {
            state.requests += 1;
            let number = state.requests;
            // rule credentials-come-first
            let reply = if state.over_limit(monotonic) {
                Reply::too_many(&state.config)
            } else if let Some(refused) = route::check_path_first(request, &state.config) {
                refused
            } else if let Some(refused) = route::check_credentials(request.headers(), &state.config) {
                refused
            } else {
                let actor = state.config.user_email.clone();
                let mut work = Work { store: &mut state.store, config: &state.config, now, actor: &actor };
                route::run(&mut work, request)
            };
            state.note(now, request, reply.status);
            reply.into_response(number)
        })
    }

    /// Runs `change` under the lock and tells the hooks about its events afterwards.
    fn locked<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        let events = state.store.take_fresh();
        let hooks = if events.is_empty() { Vec::new() } else { state.hooks.clone() };
        drop(state);
        for event in &events {
            for hook in &hooks {
                hook(event);
            }
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sliding second of arrivals (rule rate-limit-is-429).
    fn over_limit(&mut self, now: Duration) -> bool {
        let Some(limit) = self.config.rate_limit else { return false };
        while self.window.front().is_some_and(|at| now.saturating_sub(*at) >= Duration::from_secs(1)) {
            self.window.pop_front();
        }
        if self.window.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return true;
        }
        self.window.push_back(now);
        false
    }

    fn note(&mut self, at: Timestamp, request: &Request<Bytes>, status: u16) {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if method != Method::GET {
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            let write = Write { at, method: method.clone(), path: path.clone(), body, status };
            keep(&mut self.writes, write);
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        keep(&mut self.log, RequestLogEntry { at, method, path, query, status });
    }
}

fn keep<T>(log: &mut VecDeque<T>, entry: T) {
    if log.len() == LOG_KEPT {
        log.pop_front();
    }
    log.push_back(entry);
}

#[async_trait]
impl Transport for FakeOrdway {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let response = self.handle(&exchange.request);
        if response.body().len() > exchange.max_response_bytes {
            return Err(TransportError::new(FailureKind::TooLarge));
        }
        Ok(response)
    }
}

impl fmt::Debug for FakeOrdway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("FakeOrdway")
            .field("company", &state.config.company)
            .field("requests", &state.requests)
            .finish_non_exhaustive()
    }
}
