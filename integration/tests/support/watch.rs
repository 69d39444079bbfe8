//! Stands right before a fake: counts the calls, lets things happen between them, and kills the caller at one of them.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use ordway_anrok_http::{Exchange, Transport, TransportError};
use ordway_anrok_sandbox::fault::Service;
use ordway_anrok_sandbox::ordway::FakeOrdway;
use tokio::sync::Notify;

/// When, relative to the effect of a call, the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    Before,
    After,
}

/// A call as a hook sees it, before the fake does.
#[derive(Clone, Debug)]
pub struct Seen {
    pub number: u64,
    pub service: Service,
    /// `PUT /api/v1/invoices/INV-1`.
    pub operation: String,
}

type Hook = Box<dyn FnMut(&Seen) + Send>;

#[derive(Clone, Default)]
pub struct Watch(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    death: Notify,
}

#[derive(Default)]
struct State {
    calls: u64,
    die_at: Option<(u64, Death)>,
    hook: Option<Hook>,
    log: Vec<String>,
    answers: Vec<(String, usize)>,
    bad_writes: Vec<String>,
    refused_writes: Vec<String>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Watch {
    pub fn around<T: Transport>(&self, service: Service, inner: T, ordway: &FakeOrdway) -> Watched<T> {
        Watched { inner, service, watch: self.clone(), ordway: ordway.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The process ends at the `n`-th call from now on, counted from 1.
    pub fn die_at(&self, n: u64, death: Death) {
        let mut state = self.lock();
        state.die_at = Some((state.calls + n, death));
    }

    pub fn live_on(&self) {
        self.lock().die_at = None;
    }

    /// `hook` is told of every call before the fake is.
    pub fn hook(&self, hook: impl FnMut(&Seen) + Send + 'static) {
        self.lock().hook = Some(Box::new(hook));
    }

    pub fn unhook(&self) {
        self.lock().hook = None;
    }

    /// Returns once the call came at which the process ends.
    pub async fn died(&self) {
        self.0.death.notified().await;
    }

    /// Every call in order, with what was answered.
    pub fn log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// How long the longest answer to an operation with this in its name was, in bytes.
    pub fn longest_answer(&self, operation: &str) -> usize {
        let state = self.lock();
        let lengths =
            state.answers.iter().filter(|(of, _)| of.contains(operation)).map(|(_, length)| *length);
        lengths.max().unwrap_or(0)
    }

    /// Writes that changed something that was no draft.
    pub fn bad_writes(&self) -> Vec<String> {
        self.lock().bad_writes.clone()
    }

    /// Writes to something that was no draft, which Ordway refused.
    pub fn refused_writes(&self) -> Vec<String> {
        self.lock().refused_writes.clone()
    }
}

#[derive(Clone, Debug)]
pub struct Watched<T> {
    inner: T,
    service: Service,
    watch: Watch,
    ordway: FakeOrdway,
}

impl<T: Transport> Watched<T> {
    fn is_draft(&self, operation: &str) -> bool {
        let Some(id) = operation.strip_prefix("PUT /api/v1/invoices/") else { return false };
        self.ordway.get("invoices", id).is_none_or(|invoice| invoice["status"] == "Draft")
    }
}

#[async_trait]
impl<T: Transport> Transport for Watched<T> {
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError> {
        let operation = format!("{} {}", exchange.request.method(), exchange.request.uri().path());
        let whole = exchange.request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let body = String::from_utf8_lossy(exchange.request.body()).into_owned();
        let (number, hook) = {
            let mut state = self.watch.lock();
            state.calls += 1;
            (state.calls, state.hook.take())
        };
        if let Some(mut hook) = hook {
            // Outside the lock: the hook may act on the fakes.
            hook(&Seen { number, service: self.service, operation: operation.clone() });
            self.watch.lock().hook.get_or_insert(hook);
        }
        let death = self.watch.lock().die_at.filter(|(at, _)| *at == number).map(|(_, death)| death);
        if death == Some(Death::Before) {
            self.watch.0.death.notify_one();
            std::future::pending::<()>().await;
        }
        let is_write = self.service == Service::Ordway && !operation.starts_with("GET");
        let fine = !is_write || self.is_draft(&operation);
        let answer = self.inner.send(exchange).await;
        let length = answer.as_ref().map_or(0, |answer| answer.body().len());
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        {
            let mut state = self.watch.lock();
            state.log.push(format!("{whole} {body} -> {status}"));
            state.answers.push((operation.clone(), length));
            if !fine && status == 200 {
                state.bad_writes.push(operation);
            } else if !fine {
                state.refused_writes.push(operation);
            }
        }
        if death == Some(Death::After) {
            self.watch.0.death.notify_one();
            std::future::pending::<()>().await;
        }
        answer
    }
}
