//! What was asked of the fakes, one row a request, as a test asserts on it and the page shows it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use ordway_anrok_http::{Clock, Exchange, Transport, TransportError};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use crate::fault::{Service, Struck};
use crate::pulse::Pulse;

/// Rows kept where nothing else is said.
const KEPT: usize = 2_000;

/// Query parameters whose values name nobody; all others are shown by name only.
const PLAIN_PARAMETERS: &[&str] = &["page", "size", "sort", "status", "date", "updated_date"];

/// One request to either fake, with what became of it. No header and no body is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedCall {
    /// Number in the log, counted from 1; gaps do not occur.
    pub seq: u64,
    /// When it arrived, by the clock of the log.
    #[serde(serialize_with = "shown")]
    pub at: Timestamp,
    /// Where it went.
    pub service: Service,
    /// `GET`, `POST`…
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query, decoded; values that may name a person are left out.
    pub query: String,
    /// The status answered; none where the connection ended without an answer.
    pub status: Option<u16>,
    /// Milliseconds from arrival to answer.
    pub ms: u64,
    /// The faults that hit it ([`Fault::kind`](crate::fault::Fault::kind)), in order.
    pub faults: Vec<&'static str>,
    /// Bytes of the request's body.
    pub request_bytes: usize,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
    /// The document, transaction or other record it was about, as far as path, body and answer tell.
    pub document: Option<String>,
}

/// A ring of the newest requests. A clone is another handle to the same log.
///
/// [`Sandbox`](crate::Sandbox) keeps one by itself. For fakes in process, put it in front of their transports:
///
/// ```
/// use std::sync::Arc;
/// use ordway_anrok_http::{Exchange, SystemClock, Transport};
/// use ordway_anrok_sandbox::RequestLog;
/// use ordway_anrok_sandbox::fault::Service;
/// use ordway_anrok_sandbox::ordway::FakeOrdway;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let clock = Arc::new(SystemClock::new());
/// let log = RequestLog::new(clock.clone());
/// let transport = log.wrap(Service::Ordway, FakeOrdway::new(clock));
/// let request = http::Request::get("https://ordway.test/api/v1/invoices/INV-00001").body(bytes::Bytes::new())?;
/// transport.send(Exchange::new(request)).await?;
/// let call = log.calls().remove(0);
/// assert_eq!((call.status, call.document.as_deref()), (Some(403), Some("INV-00001")));
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone)]
pub struct RequestLog {
    clock: Arc<dyn Clock>,
    rows: Arc<Mutex<Rows>>,
    pulse: Pulse,
}

#[derive(Debug)]
struct Rows {
    kept: usize,
    last: u64,
    ring: VecDeque<LoggedCall>,
}

impl RequestLog {
    /// An empty log that keeps the newest 2,000 rows.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::beating(clock, Pulse::new())
    }

    /// A log whose rows also beat `pulse`.
    pub(crate) fn beating(clock: Arc<dyn Clock>, pulse: Pulse) -> Self {
        let rows = Rows { kept: KEPT, last: 0, ring: VecDeque::new() };
        Self { clock, rows: Arc::new(Mutex::new(rows)), pulse }
    }

    /// Keeps the newest `rows` only, from now on.
    pub fn keep(&self, rows: usize) {
        let mut all = self.lock();
        all.kept = rows;
        while all.ring.len() > rows {
            all.ring.pop_front();
        }
    }

    /// The rows kept, in order of their answers.
    pub fn calls(&self) -> Vec<LoggedCall> {
        self.after(0)
    }

    /// Rows with a greater number than `seq`.
    pub fn after(&self, seq: u64) -> Vec<LoggedCall> {
        self.lock().ring.iter().filter(|row| row.seq > seq).cloned().collect()
    }

    /// Number of the newest row, 0 for none. Rows no longer kept count.
    pub fn last(&self) -> u64 {
        self.lock().last
    }

    /// Number of the oldest row kept.
    pub fn oldest(&self) -> Option<u64> {
        self.lock().ring.front().map(|row| row.seq)
    }

    /// Forgets the rows. Numbers go on.
    pub fn clear(&self) {
        self.lock().ring.clear();
        self.pulse.beat();
    }

    /// Puts the log in front of a transport to `service`. Around a [`Faulty`](crate::fault::Faulty) one it notes the
    /// faults as well.
    pub fn wrap<T: Transport>(&self, service: Service, inner: T) -> Logged<T> {
        Logged { inner, service, log: self.clone() }
    }

    fn push(&self, mut row: LoggedCall) {
        let mut all = self.lock();
        all.last += 1;
        row.seq = all.last;
        if all.ring.len() >= all.kept {
            all.ring.pop_front();
        }
        if all.kept > 0 {
            all.ring.push_back(row);
        }
        drop(all);
        self.pulse.beat();
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.lock();
        f.debug_struct("RequestLog")
            .field("last", &rows.last)
            .field("kept", &rows.kept)
            .finish_non_exhaustive()
    }
}

/// A transport whose requests are written to a [`RequestLog`].
#[derive(Clone, Debug)]
pub struct Logged<T> {
    inner: T,
    service: Service,
    log: RequestLog,
}

#[async_trait]
impl<T: Transport> Transport for Logged<T> {
    async fn send(&self, mut exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let struck = Struck::default();
        let mut open = Open::new(&self.log, self.service, &exchange.request, struck.clone());
        exchange.request.extensions_mut().insert(struck);
        let result = self.inner.send(exchange).await;
        if let Ok(response) = &result {
            open.answered(response);
        }
        result
    }
}

/// A request under way. It is written when it is dropped, so that one whose caller went away is not lost.
struct Open<'a> {
    log: &'a RequestLog,
    begun: Duration,
    struck: Struck,
    row: Option<LoggedCall>,
}

impl<'a> Open<'a> {
    fn new(log: &'a RequestLog, service: Service, request: &Request<Bytes>, struck: Struck) -> Self {
        let row = LoggedCall {
            seq: 0,
            at: log.clock.now(),
            service,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: plain_query(request.uri().query().unwrap_or_default()),
            status: None,
            ms: 0,
            faults: Vec::new(),
            request_bytes: request.body().len(),
            response_bytes: 0,
            document: document(service, request),
        };
        Self { log, begun: log.clock.monotonic(), struck, row: Some(row) }
    }

    fn answered(&mut self, response: &Response<Bytes>) {
        let Some(row) = &mut self.row else { return };
        row.status = Some(response.status().as_u16());
        row.response_bytes = response.body().len();
        // A created record learns its id from the answer.
        if row.document.is_none() && row.method != Method::GET.as_str() && row.service == Service::Ordway {
            row.document = member(response.body(), &["id"]);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(mut row) = self.row.take() {
            let passed = self.log.clock.monotonic().saturating_sub(self.begun);
            row.ms = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
            row.faults = self.struck.kinds();
            self.log.push(row);
        }
    }
}

/// What a request is about: an id in the path, or at Anrok in the body.
fn document(service: Service, request: &Request<Bytes>) -> Option<String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut segments = request.uri().path().split('/').filter(|segment| !segment.is_empty());
    match service {
        Service::Ordway => segments.nth(3).map(decoded),
        Service::Anrok => segments
            .find_map(|segment| segment.strip_prefix("id:").or_else(|| segment.strip_prefix("externalId:")))
            .map(decoded)
            .or_else(|| member(request.body(), &["id", "newTransactionId", "externalId"])),
    }
}

fn member(body: &[u8], names: &[&str]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    names.iter().find_map(|name| body.get(name)?.as_str().map(str::to_owned))
}

/// The query with the values of all but the plain parameters replaced.
fn plain_query(query: &str) -> String {
    let shown = query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = percent_decode_str(name).decode_utf8_lossy();
        // `updated_date>=…`: the operator belongs to the name.
        if PLAIN_PARAMETERS.contains(&name.trim_end_matches(['<', '>', '!'])) {
            format!("{name}={}", percent_decode_str(value).decode_utf8_lossy())
        } else {
            format!("{name}=…")
        }
    });
    shown.collect::<Vec<_>>().join("&")
}

pub(crate) fn shown<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anrok::FakeAnrok;
    use crate::fault::{Fault, FaultPlan, FaultRule, Faults, When};
    use ordway_anrok_http::VirtualClock;

    fn clock() -> Arc<dyn Clock> {
        Arc::new(VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap()))
    }

    fn void(anrok: &FakeAnrok) -> Exchange {
        let request = Request::post("http://a/v1/seller/transactions/id:ordway%3AINV-1/void?secret=s1")
            .header("authorization", format!("Bearer {}", anrok.api_key()))
            .body(Bytes::from_static(b"{}"))
            .unwrap();
        Exchange::new(request)
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_tells_what_was_asked_and_what_became_of_it() {
        let clock = clock();
        let anrok = FakeAnrok::new(Arc::clone(&clock));
        let plan = FaultPlan::seeded(1)
            .rule(FaultRule::new(Fault::Latency { ms: 40 }))
            .rule(FaultRule::new(Fault::ResetAfter).when(When::Nth(2)));
        let faults = Faults::new(plan, Arc::clone(&clock));
        let log = RequestLog::new(clock);
        let transport = log.wrap(Service::Anrok, faults.wrap(Service::Anrok, anrok.clone()));
        transport.send(void(&anrok)).await.unwrap();
        transport.send(void(&anrok)).await.unwrap_err();
        let [first, second] = log.calls().try_into().unwrap();
        assert_eq!((first.seq, first.status, first.ms), (1, Some(409), 40));
        assert_eq!((first.document.as_deref(), first.request_bytes), (Some("ordway:INV-1"), 2));
        assert_eq!((first.faults, first.query.as_str()), (vec!["latency"], "secret=…"));
        assert!(first.response_bytes > 0);
        assert_eq!((second.seq, second.status), (2, None));
        assert_eq!(second.faults, ["latency", "reset_after"]);
        let key = anrok.api_key();
        let shown = format!("{:?} {}", log.calls(), serde_json::to_string(&log.calls()).unwrap());
        assert!(!shown.contains(&key) && !shown.contains("s1\""), "{shown}");
        assert!(shown.contains("\"at\":\"2026-03-10T12:00:00.000Z\""), "{shown}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_is_logged_and_old_rows_make_room() {
        let clock = clock();
        let anrok = FakeAnrok::new(Arc::clone(&clock));
        let plan = FaultPlan::seeded(1).rule(FaultRule::new(Fault::TimeoutAfter));
        let faults = Faults::new(plan, Arc::clone(&clock));
        let log = RequestLog::new(clock);
        log.keep(2);
        let transport = log.wrap(Service::Anrok, faults.wrap(Service::Anrok, anrok.clone()));
        for _ in 0..3 {
            let limit = Duration::from_millis(100);
            tokio::time::timeout(limit, transport.send(void(&anrok))).await.unwrap_err();
        }
        let seen: Vec<_> = log.calls().iter().map(|row| (row.seq, row.status, row.ms)).collect();
        assert_eq!(seen, [(2, None, 100), (3, None, 100)]);
        assert_eq!((log.after(2).len(), log.last()), (1, 3));
        log.clear();
        assert_eq!((log.calls().len(), log.last()), (0, 3));
    }

    #[test]
    fn names_of_persons_are_not_shown() {
        assert_eq!(
            plain_query("updated_date%3E=2026-01-01T00%3A00%3A00Z&size=50&name=Private%20Person"),
            "updated_date>=2026-01-01T00:00:00Z&size=50&name=…"
        );
        assert_eq!(plain_query(""), "");
    }

    #[test]
    fn ids_come_from_path_or_body() {
        let ordway = |path: &str| {
            document(Service::Ordway, &Request::get(format!("http://o{path}")).body(Bytes::new()).unwrap())
        };
        assert_eq!(ordway("/api/v1/invoices"), None);
        assert_eq!(ordway("/api/v1/invoices/INV%201/reverse").as_deref(), Some("INV 1"));
        let anrok = |body: &'static str| {
            let request = Request::post("http://a/v1/seller/transactions/createNegation");
            document(Service::Anrok, &request.body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        assert_eq!(anrok(r#"{"newTransactionId":"x:neg"}"#).as_deref(), Some("x:neg"));
        assert_eq!(anrok("not json"), None);
    }
}
