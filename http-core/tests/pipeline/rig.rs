//! One service with one endpoint per retry safety, on a scripted network.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ordway_anrok_http::bytes::Bytes;
use ordway_anrok_http::http::{HeaderMap, Response};
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{
    ApiError, BaseUrl, Call, Chance, Clock, Core, CoreBuilder, Endpoint, Error, Exchange, FailureKind,
    Nature, Safety, Transport, TransportError, VirtualClock,
};
use serde::{Deserialize, Serialize};

/// An API whose error bodies are the words `auth`, `passing`, or anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Api(pub(crate) String);

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "refused" } else { &self.0 })
    }
}

impl ApiError for Api {
    const SERVICE: &'static str = "shop";

    fn read(_status: u16, _headers: &HeaderMap, body: &[u8]) -> Self {
        Self(String::from_utf8_lossy(body).into_owned())
    }

    fn nature(&self) -> Nature {
        match self.0.as_str() {
            "auth" => Nature::Auth,
            "passing" => Nature::PassingFault,
            _ => Nature::AsStatus,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) count: u32,
}

pub(crate) const LOOK: Endpoint<Thing, Thing> =
    Endpoint::post("things.look", "/things/{id}/look", Safety::Read);
pub(crate) const STORE: Endpoint<Thing, Thing> =
    Endpoint::put("things.store", "/things/{id}", Safety::Repeatable);
pub(crate) const ADD: Endpoint<Thing, Thing> =
    Endpoint::post("things.add", "/things/{id}/more", Safety::Once);
pub(crate) const ALL: [Endpoint<Thing, Thing>; 3] = [LOOK, STORE, ADD];

pub(crate) const GOOD: &str = r#"{"id":"T-1","count":1}"#;
/// The wall clock of every test at its start.
pub(crate) const START: &str = "1994-11-06T08:49:30Z";

pub(crate) fn builder(transport: impl Transport + 'static) -> CoreBuilder {
    let base = BaseUrl::parse("https://shop.example/api/v1").unwrap();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(START.parse().unwrap()));
    CoreBuilder::new(base, Arc::new(transport)).clock(clock).chance(Chance::seeded(7))
}

pub(crate) fn core(transport: impl Transport + 'static) -> Core<Api> {
    builder(transport).build()
}

pub(crate) async fn ask(core: &Core<Api>, endpoint: &Endpoint<Thing, Thing>) -> Result<Thing, Error<Api>> {
    let input = Thing { id: "T-1".into(), count: 1 };
    core.call(endpoint, Call::new(&input).id("T-1")).await
}

/// One step of a script.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Fail(FailureKind),
    Answer(u16, &'static str),
}

impl Step {
    pub(crate) fn onto(self, script: ScriptedTransport) -> ScriptedTransport {
        match self {
            Self::Fail(kind) => script.fail(kind),
            Self::Answer(status, body) => script.answer(status, body),
        }
    }

    pub(crate) fn times(self, n: usize) -> ScriptedTransport {
        (0..n).fold(ScriptedTransport::new(), |script, _| self.onto(script))
    }
}

/// A network that takes its time, obeys the attempt's time limit and keeps when each request left.
#[derive(Clone, Debug)]
pub(crate) struct Slow {
    pub(crate) script: ScriptedTransport,
    pub(crate) takes: Duration,
    pub(crate) sent_at: Arc<Mutex<Vec<Duration>>>,
    origin: tokio::time::Instant,
}

impl Slow {
    pub(crate) fn new(script: ScriptedTransport, takes: Duration) -> Self {
        Self { script, takes, sent_at: Arc::default(), origin: tokio::time::Instant::now() }
    }

    pub(crate) fn sent_at(&self) -> Vec<Duration> {
        self.sent_at.lock().unwrap().clone()
    }

    /// Time between one request leaving and the next, less the time the answer took.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.sent_at().windows(2).map(|w| (w[1] - w[0]).saturating_sub(self.takes)).collect()
    }
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        self.sent_at.lock().unwrap().push(self.origin.elapsed());
        let limit = exchange.timeout;
        let answer = self.script.send(exchange).await;
        tokio::time::sleep(self.takes.min(limit)).await;
        if self.takes > limit { Err(TransportError::new(FailureKind::Timeout)) } else { answer }
    }
}

pub(crate) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}
