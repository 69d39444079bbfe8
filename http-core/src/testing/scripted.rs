//! A transport that replays a script.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::transport::{Exchange, FailureKind, Transport, TransportError};

/// Answers requests from a script, in order, and keeps what was sent. Works under tokio's paused clock.
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: VecDeque<Result<http::Response<Bytes>, FailureKind>>,
    sent: Vec<Sent>,
}

/// A request that a [`ScriptedTransport`] received.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// HTTP method.
    pub method: http::Method,
    /// Full address with query.
    pub uri: http::Uri,
    /// Headers, credentials included.
    pub headers: http::HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
    /// The attempt's time limit.
    pub timeout: std::time::Duration,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("method", &self.method).finish_non_exhaustive()
    }
}

impl ScriptedTransport {
    /// An empty script: every request breaks with [`FailureKind::Interrupted`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Then answer with this status and body.
    #[must_use]
    pub fn answer(self, status: u16, body: impl Into<Bytes>) -> Self {
        self.answer_with(status, &[], body)
    }

    /// Then answer with this status, headers and body.
    #[must_use]
    pub fn answer_with(self, status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
        for (name, value) in headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(*name, value);
            }
        }
        self.push(Ok(response))
    }

    /// Then fail without an answer.
    #[must_use]
    pub fn fail(self, kind: FailureKind) -> Self {
        self.push(Err(kind))
    }

    /// What has been sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// Steps of the script not yet used.
    pub fn left(&self) -> usize {
        self.lock().answers.len()
    }

    fn push(self, step: Result<http::Response<Bytes>, FailureKind>) -> Self {
        self.lock().answers.push_back(step);
        self
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.lock();
        f.debug_struct("ScriptedTransport")
            .field("left", &script.answers.len())
            .field("sent", &script.sent.len())
            .finish()
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError> {
        let Exchange { request, timeout, .. } = exchange;
        let (parts, body) = request.into_parts();
        let mut script = self.lock();
        script.sent.push(Sent {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            timeout,
        });
        match script.answers.pop_front() {
            Some(Ok(response)) => Ok(response),
            Some(Err(kind)) => Err(TransportError::new(kind)),
            None => Err(TransportError::with_source(FailureKind::Interrupted, "the script is at its end")),
        }
    }
}
