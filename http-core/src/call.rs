//! The pipeline: what happens between "call this endpoint" and a value or an [`Error`].

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;
use tracing::Instrument as _;

use crate::base_url::BaseUrl;
use crate::clock::{Chance, Clock, SystemClock};
use crate::decode::{self, DecodeError};
use crate::endpoint::{Bulk, Call, Endpoint, EndpointInfo, Method, Safety, bind_path, encode_query};
use crate::error::{ApiError, Error, ErrorKind, Inner, Nature, RequestId as _, kind_of_status};
use crate::limit::{Pacer, Paused, Priority};
use crate::raw_call::RawCall;
use crate::redact::{Secrets, excerpt, is_page};
use crate::retry::{
    Decision, Happened, RetryBudget, RetryPolicy, WriteState, decide, retry_after, throttle_pause,
};
use crate::skew::clock_skew;
use crate::transport::{Exchange, Transport, TransportError};

/// Settings of single calls. `Default` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// Attempts in all, in place of the policy's.
    pub attempts: Option<u32>,
    /// Time for all attempts and delays, in place of the policy's.
    pub deadline: Option<Duration>,
    /// Allows repeating a [`Safety::Once`] call after an unknown outcome. Only where a second effect is harmless.
    pub repeatable: bool,
    /// Who waits for the answer.
    pub priority: Priority,
}

impl CallOptions {
    /// One attempt, whatever happens.
    pub fn single_attempt() -> Self {
        Self { attempts: Some(1), ..Self::default() }
    }

    /// A person waits: takes the next pacing slot before background calls.
    pub fn interactive() -> Self {
        Self { priority: Priority::Interactive, ..Self::default() }
    }

    /// At most `attempts` attempts.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts.max(1));
        self
    }

    /// At most this long, attempts and delays together.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The caller vouches that a second effect is harmless.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

/// What every client of this workspace is made of: a base URL, credentials, a transport, pacing and retries.
///
/// Cheap to clone; clones share pacer, budget and counters. `E` reads the API's error bodies.
pub struct Core<E> {
    shared: Arc<Shared>,
    options: CallOptions,
    api: PhantomData<fn() -> E>,
}

struct Shared {
    base: BaseUrl,
    headers: HeaderMap,
    secrets: Secrets,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    chance: Chance,
    policy: RetryPolicy,
    budget: RetryBudget,
    pacer: Pacer,
    routes: HashMap<String, (Method, String)>,
    sent: AtomicU64,
    skew: Mutex<Option<SignedDuration>>,
    #[cfg(any(test, feature = "testing"))]
    stub: Option<crate::testing::Stub>,
}

/// Collects what a [`Core`] is made of.
pub struct CoreBuilder {
    base: BaseUrl,
    headers: HeaderMap,
    secrets: Secrets,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    chance: Chance,
    policy: RetryPolicy,
    pacer: Pacer,
    routes: HashMap<String, (Method, String)>,
    #[cfg(any(test, feature = "testing"))]
    stub: Option<crate::testing::Stub>,
}

impl CoreBuilder {
    /// A core that sends to `base` through `transport`.
    pub fn new(base: BaseUrl, transport: Arc<dyn Transport>) -> Self {
        Self {
            base,
            headers: HeaderMap::new(),
            secrets: Secrets::default(),
            transport,
            clock: Arc::new(SystemClock::new()),
            chance: Chance::system(),
            policy: RetryPolicy::default(),
            pacer: Pacer::unlimited(),
            routes: HashMap::new(),
            #[cfg(any(test, feature = "testing"))]
            stub: None,
        }
    }

    /// Headers of every request; mark credentials sensitive.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// What must be blanked out of every answer before it is shown.
    #[must_use]
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// Time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Chance, for jitter.
    #[must_use]
    pub fn chance(mut self, chance: Chance) -> Self {
        self.chance = chance;
        self
    }

    /// How often and how long calls are tried.
    #[must_use]
    pub fn policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The pacer, possibly shared with other clients of the same account.
    #[must_use]
    pub fn pacer(mut self, pacer: Pacer) -> Self {
        self.pacer = pacer;
        self
    }

    /// Sends the operation `name` with another method or to another path template with the same ids.
    #[must_use]
    pub fn route(mut self, name: impl Into<String>, method: Method, path: impl Into<String>) -> Self {
        self.routes.insert(name.into(), (method, path.into()));
        self
    }

    /// Answers calls from a stub: nothing is ever sent.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn stub(mut self, stub: crate::testing::Stub) -> Self {
        self.stub = Some(stub);
        self
    }

    /// The core.
    pub fn build<E: ApiError>(self) -> Core<E> {
        let Self { base, headers, secrets, transport, clock, chance, policy, pacer, routes, .. } = self;
        Core {
            shared: Arc::new(Shared {
                base,
                headers: with_defaults(headers),
                secrets,
                transport,
                clock,
                chance,
                policy,
                budget: RetryBudget::default(),
                pacer,
                routes,
                sent: AtomicU64::new(0),
                skew: Mutex::new(None),
                #[cfg(any(test, feature = "testing"))]
                stub: self.stub,
            }),
            options: CallOptions::default(),
            api: PhantomData,
        }
    }
}

impl fmt::Debug for CoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No header values: whether each credential was marked sensitive is not known here.
        f.debug_struct("CoreBuilder")
            .field("base", &self.base)
            .field("headers", &self.headers.len())
            .field("policy", &self.policy)
            .field("pacer", &self.pacer)
            .finish_non_exhaustive()
    }
}

fn with_defaults(mut headers: HeaderMap) -> HeaderMap {
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!(
        "ordway-anrok-sdk/",
        env!("CARGO_PKG_VERSION"),
        " (rust)"
    )));
    headers
}

impl<E> Clone for Core<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), options: self.options.clone(), api: PhantomData }
    }
}

impl<E> fmt::Debug for Core<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("base", &self.shared.base)
            .field("pacer", &self.shared.pacer)
            .finish_non_exhaustive()
    }
}

/// An attempt that did not give a value.
struct Failure<E> {
    happened: Happened,
    kind: ErrorKind,
    status: Option<u16>,
    request_id: Option<String>,
    api: Option<E>,
    server_wait: Option<Duration>,
    excerpt: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What stays the same over all attempts of one call.
struct Prepared<'a> {
    name: Cow<'static, str>,
    template: &'a str,
    method: Method,
    safety: Safety,
    bulk: Bulk,
    uri: http::Uri,
    body: Bytes,
}

impl<E: ApiError> Core<E> {
    /// A clone whose calls use these options.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { options, ..self.clone() }
    }

    /// Requests sent so far by this core and its clones, retries included.
    pub fn requests_sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// How far the service's clock was ahead of this machine's (negative: behind) by the `Date` of the last answer
    /// that had one; zero where the answer's own time explains the difference. `None` before the first such answer.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        *self.shared.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pacer, to be shared with other clients of the same account.
    pub fn pacer(&self) -> &Pacer {
        &self.shared.pacer
    }

    /// The clock of this client.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// The address that calls go to.
    pub fn base_url(&self) -> &BaseUrl {
        &self.shared.base
    }

    /// Calls `endpoint`.
    ///
    /// In this order: bind the path, encode the body once, then per attempt take a pacing slot, send with
    /// min(attempt timeout, time left), classify, decide, wait max(server's word, jitter).
    ///
    /// # Errors
    /// [`Error`]; its [`write_state`](Error::write_state) says whether a write may have happened.
    pub async fn call<Q, R>(&self, endpoint: &Endpoint<Q, R>, call: Call<'_, Q>) -> Result<R, Error<E>>
    where
        Q: Serialize + Clone + Sync + 'static,
        R: Send + 'static,
    {
        #[cfg(any(test, feature = "testing"))]
        if let Some(stub) = &self.shared.stub {
            return stub.answer(endpoint, &call);
        }
        let info = endpoint.info();
        let (method, template) = self.route(&info);
        let body = if method.carries_body() { encode(call.input) } else { Ok(Bytes::new()) };
        let body = body.map_err(|e| Error::config(E::SERVICE, info.name, e))?;
        let name = Cow::Borrowed(info.name);
        let prepared =
            self.prepare(name, method, template, info.safety, info.bulk, &call.ids, &call.query, body)?;
        let mut value = None;
        self.run(&prepared, &mut |bytes| endpoint.decode(bytes).map(|read| value = Some(read))).await?;
        value.ok_or_else(|| Error::config(E::SERVICE, info.name, "no answer was decoded"))
    }

    /// Calls something this SDK does not list, through the same pipeline.
    ///
    /// `path` is a template below the base URL; `ids` fill its braces. A body of `null` sends none.
    ///
    /// # Errors
    /// As [`Core::call`].
    pub async fn raw(&self, raw: RawCall) -> Result<Value, Error<E>> {
        let RawCall { method, path, ids, query, body, safety } = raw;
        let name: Cow<'static, str> = Cow::Owned(format!("{method} {path}"));
        #[cfg(any(test, feature = "testing"))]
        if self.shared.stub.is_some() {
            let advice = "a stub answers endpoint constants only: test raw calls on a ScriptedTransport";
            return Err(Error::unstubbed(E::SERVICE, name, advice));
        }
        let bytes = if method.carries_body() { encode(&body) } else { Ok(Bytes::new()) };
        let bytes = bytes.map_err(|e| Error::config(E::SERVICE, name.clone(), e))?;
        let prepared = self.prepare(name, method, &path, safety, Bulk::List, &ids, &query, bytes)?;
        let mut value = Value::Null;
        self.run(&prepared, &mut |bytes| decode::any(bytes).map(|read| value = read)).await?;
        Ok(value)
    }

    fn route<'a>(&'a self, info: &EndpointInfo) -> (Method, &'a str) {
        self.shared
            .routes
            .get(info.name)
            .map_or((info.method, info.path), |(method, path)| (*method, path.as_str()))
    }

    #[allow(clippy::too_many_arguments)] // the parts of a request; a struct would only rename them
    fn prepare<'a>(
        &self,
        name: Cow<'static, str>,
        method: Method,
        template: &'a str,
        safety: Safety,
        bulk: Bulk,
        ids: &[String],
        query: &[(String, String)],
        body: Bytes,
    ) -> Result<Prepared<'a>, Error<E>> {
        let path = bind_path(template, ids).map_err(|e| Error::config(E::SERVICE, name.clone(), e))?;
        let uri = self
            .shared
            .base
            .uri(&path, &encode_query(query))
            .map_err(|e| Error::config(E::SERVICE, name.clone(), e))?;
        let safety =
            if self.options.repeatable && safety == Safety::Once { Safety::Repeatable } else { safety };
        Ok(Prepared { name, template, method, safety, bulk, uri, body })
    }

    async fn run(&self, call: &Prepared<'_>, read: &mut Read<'_>) -> Result<(), Error<E>> {
        let span = tracing::debug_span!(
            "http.call",
            otel.name = %call.name,
            otel.kind = "client",
            service = E::SERVICE,
            http.request.method = call.method.as_str(),
            url.template = call.template,
            http.response.status_code = tracing::field::Empty,
            attempts = tracing::field::Empty,
            outcome = tracing::field::Empty,
            write_state = tracing::field::Empty,
        );
        let ended = self.attempts(call, read).instrument(span.clone()).await;
        match &ended {
            Ok(()) => {
                span.record("outcome", "answered");
            }
            Err(error) => {
                span.record("outcome", tracing::field::debug(error.kind()));
                span.record("attempts", error.attempts());
                span.record("write_state", tracing::field::debug(error.write_state()));
                if let Some(status) = error.status() {
                    span.record("http.response.status_code", status);
                }
            }
        }
        ended
    }

    async fn attempts(&self, call: &Prepared<'_>, read: &mut Read<'_>) -> Result<(), Error<E>> {
        let shared = &*self.shared;
        let policy = &shared.policy;
        let deadline = self.options.deadline.unwrap_or(policy.deadline);
        let allowed = self.options.attempts.unwrap_or(policy.attempts);
        let (mut attempts, mut throttles, mut garbled, mut spent_tokens) = (0u32, 0u32, 0u32, 0u32);
        let mut acted = WriteState::NotSent;
        let (mut spent, mut paused) = (Duration::ZERO, Duration::ZERO);
        let mut delay = None;
        loop {
            if let Err(pause) = shared.pacer.acquire(self.options.priority, policy.max_retry_after).await {
                return Err(give_up(call, Failure::of_pause(pause), None, acted, attempts, false, spent));
            }
            let begun = shared.clock.monotonic();
            let timeout = policy.attempt_timeout.min(deadline.saturating_sub(spent));
            attempts += 1;
            let outcome = self.attempt(call, timeout, read).await;
            spent += shared.clock.monotonic().saturating_sub(begun);
            let Err(failure) = outcome else {
                tracing::debug!(attempts, "answered");
                shared.pacer.accepted();
                shared.budget.give_back(spent_tokens);
                return Ok(());
            };
            let happened = failure.happened;
            tracing::debug!(attempts, status = failure.status, ?happened, "attempt failed");
            let decision = decide(happened, call.safety);
            // That the last attempt had no effect says nothing about the ones before it.
            if acted != WriteState::Unknown {
                acted = happened.write_state();
            }
            let end = |failure: Failure<E>, kind: Option<ErrorKind>, not_repeated: bool| {
                Err(give_up(call, failure, kind, acted, attempts, not_repeated, spent))
            };
            if happened == Happened::Throttled {
                throttles += 1;
                attempts -= 1;
                let wait = throttle_pause(failure.server_wait, throttles);
                // Without time left the next attempt could only end in an outcome that nobody knows.
                if paused.saturating_add(wait) > policy.max_retry_after
                    || throttles > policy.max_throttles
                    || shared.pacer.refused_for() >= policy.max_retry_after
                    || spent >= deadline
                    || self.options.attempts == Some(1)
                {
                    shared.pacer.refused(wait.min(LONGEST_PAUSE));
                    attempts += 1;
                    return Err(give_up(call, failure, None, acted, attempts, false, spent));
                }
                let jitter = shared.chance.between(Duration::ZERO, Duration::from_millis(250));
                paused = paused.saturating_add(wait);
                shared.pacer.refused(wait.saturating_add(jitter));
                if shared.pacer.stats().rate.is_none() {
                    shared.clock.sleep(wait.saturating_add(jitter)).await;
                }
                continue;
            }
            if happened == Happened::Refused {
                // A business refusal is the answer of a service that works.
                shared.pacer.accepted();
                shared.budget.give_back(spent_tokens);
            }
            garbled += u32::from(happened == Happened::Garbled);
            let again = match decision {
                Decision::Again => true,
                Decision::AgainOnce => garbled <= 1,
                Decision::Return => return end(failure, None, call.safety == Safety::Once),
            };
            if !again || attempts >= allowed {
                return end(failure, None, false);
            }
            let next =
                policy.backoff(delay, &shared.chance).max(failure.server_wait.unwrap_or(Duration::ZERO));
            if next > policy.max_retry_after || spent.saturating_add(next) >= deadline {
                return end(failure, None, false);
            }
            let cost = RetryBudget::cost(happened);
            if !shared.budget.take(cost) {
                return end(failure, Some(ErrorKind::BudgetSpent), false);
            }
            spent_tokens += cost;
            shared.clock.sleep(next).await;
            spent += next;
            delay = Some(next);
        }
    }

    async fn attempt(
        &self,
        call: &Prepared<'_>,
        timeout: Duration,
        read: &mut Read<'_>,
    ) -> Result<(), Failure<E>> {
        let exchange = self.exchange(call, timeout);
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let begun = self.shared.clock.now();
        let response = self.shared.transport.send(exchange).await.map_err(Failure::of_transport)?;
        if let Some(skew) = clock_skew(response.headers(), begun, self.shared.clock.now()) {
            *self.shared.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
        }
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        if parts.status.is_success() {
            return read(&body).map_err(|e| self.garbled(status, &parts.headers, &body, e));
        }
        Err(self.refused(status, &parts.headers, &body))
    }

    fn exchange(&self, call: &Prepared<'_>, timeout: Duration) -> Exchange {
        let mut request = http::Request::new(call.body.clone());
        *request.method_mut() = call.method.into();
        *request.uri_mut() = call.uri.clone();
        *request.headers_mut() = self.shared.headers.clone();
        if !call.body.is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else if call.method.carries_body() {
            // HTTP libraries leave it out, and some gateways answer 411 then.
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut exchange = Exchange::new(request);
        exchange.timeout = timeout;
        exchange.max_response_bytes = call.bulk.max_bytes();
        exchange
    }

    /// A success status whose body is not the promised one.
    fn garbled(&self, status: u16, headers: &HeaderMap, body: &[u8], error: DecodeError) -> Failure<E> {
        let page = is_page(body);
        Failure {
            happened: if page { Happened::ServerTrouble } else { Happened::Garbled },
            kind: if page { ErrorKind::Interrupted } else { ErrorKind::Decode },
            status: Some(status),
            request_id: self.request_id(headers),
            api: None,
            server_wait: None,
            excerpt: excerpt(&self.shared.secrets.scrub_bytes(body)),
            source: Some(Box::new(error)),
        }
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        headers.request_id().map(|id| self.shared.secrets.scrub(id))
    }

    fn refused(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure<E> {
        // Scrubbed before it is cut: half a secret would not be found.
        let mut body = self.shared.secrets.scrub_bytes(body);
        body.truncate(64 << 10);
        let api = E::read(status, headers, &body);
        let (happened, kind) = match (api.nature(), status) {
            (Nature::Auth, _) => (Happened::Refused, ErrorKind::Auth),
            (Nature::PassingFault, _) => (Happened::PassingFault, ErrorKind::Server),
            (Nature::AsStatus, 429) => (Happened::Throttled, ErrorKind::RateLimited),
            (Nature::AsStatus, 408 | 500 | 502 | 503 | 504) => {
                (Happened::ServerTrouble, kind_of_status(status))
            }
            (Nature::AsStatus, _) => (Happened::Refused, kind_of_status(status)),
        };
        let now = self.shared.clock.now();
        Failure {
            happened,
            kind,
            status: Some(status),
            request_id: self.request_id(headers),
            api: Some(api),
            server_wait: headers.get(RETRY_AFTER).and_then(|v| retry_after(v.to_str().ok()?, now)),
            excerpt: excerpt(&body),
            source: None,
        }
    }
}

/// A longer `Retry-After` is taken for a mistake.
const LONGEST_PAUSE: Duration = Duration::from_secs(86_400);

type Read<'a> = dyn FnMut(&[u8]) -> Result<(), DecodeError> + Send + 'a;

impl<E> Failure<E> {
    /// Nothing was sent: the service keeps everybody waiting.
    fn of_pause(pause: Paused) -> Self {
        Self {
            happened: Happened::Throttled,
            kind: ErrorKind::RateLimited,
            status: None,
            request_id: None,
            api: None,
            server_wait: Some(pause.remaining),
            excerpt: None,
            source: Some(Box::new(pause)),
        }
    }

    fn of_transport(error: TransportError) -> Self {
        let happened = Happened::from(error.kind());
        let kind = match happened {
            Happened::NotSent => ErrorKind::Connect,
            Happened::Unsendable => ErrorKind::Config,
            Happened::TooLarge => ErrorKind::Decode,
            _ if error.kind() == crate::transport::FailureKind::Timeout => ErrorKind::Timeout,
            _ => ErrorKind::Interrupted,
        };
        Self {
            happened,
            kind,
            status: None,
            request_id: None,
            api: None,
            server_wait: None,
            excerpt: None,
            source: Some(Box::new(error)),
        }
    }
}

fn give_up<E: ApiError>(
    call: &Prepared<'_>,
    failure: Failure<E>,
    kind: Option<ErrorKind>,
    write_state: WriteState,
    attempts: u32,
    not_repeated: bool,
    elapsed: Duration,
) -> Error<E> {
    let Failure { happened, kind: own, status, request_id, api, server_wait, excerpt, source } = failure;
    Error::from_inner(Inner {
        service: E::SERVICE,
        operation: call.name.clone(),
        kind: kind.unwrap_or(own),
        status,
        request_id,
        api: if kind.is_some() { None } else { api },
        write_state,
        reads_only: call.safety == Safety::Read,
        attempts,
        not_repeated,
        retry_after: server_wait,
        elapsed,
        excerpt,
        detail: source.as_ref().filter(|_| happened == Happened::Garbled).map(ToString::to_string),
        source,
    })
}

/// The body's bytes; none for `()` and `null`.
fn encode<Q: Serialize + ?Sized>(input: &Q) -> Result<Bytes, serde_json::Error> {
    let bytes = serde_json::to_vec(input)?;
    Ok(if bytes == b"null" { Bytes::new() } else { Bytes::from(bytes) })
}
