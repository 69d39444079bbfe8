//! The one-method seam to the network, and what a failure says about the request.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// Sends one HTTP request and reads the whole answer.
///
/// `ReqwestTransport` is the real one. The sandbox's fakes implement it in process,
/// `ScriptedTransport` replays a script. An implementation sends exactly
/// once: no redirects, no retries, no cookies.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends `exchange.request` and returns the answer with its body complete and decoded.
    ///
    /// Any HTTP status is an answer, not an error.
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError>;
}

/// A request together with the bounds that hold for this one attempt.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// What to send. Credential headers are marked sensitive.
    pub request: http::Request<Bytes>,
    /// The attempt ends after this long, body included.
    pub timeout: Duration,
    /// Decoded bytes of the answer beyond this are refused ([`FailureKind::TooLarge`]).
    pub max_response_bytes: usize,
}

impl Exchange {
    /// An exchange with the default bounds: 30 seconds, 32 MiB.
    pub fn new(request: http::Request<Bytes>) -> Self {
        Self { request, timeout: Duration::from_secs(30), max_response_bytes: 32 << 20 }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither URI nor headers nor body: any of them may name a person or carry a secret.
        f.debug_struct("Exchange")
            .field("method", self.request.method())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why no answer came back, in the terms that decide whether a write may have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The request could not even be built (bad header value, bad URL). Nothing was sent.
    Unsendable,
    /// Name resolution, connection refused or unreachable, connect timeout. Nothing was sent.
    Connect,
    /// TLS handshake or certificate failure. Nothing was sent.
    Tls,
    /// The attempt's time ran out after the connection was made. The server may have acted.
    Timeout,
    /// The connection broke while sending or reading. The server may have acted.
    Interrupted,
    /// The answer grew beyond the cap and was dropped. The server has acted.
    TooLarge,
}

impl FailureKind {
    /// Whether the server may have received the request and acted on it.
    pub fn may_have_been_sent(self) -> bool {
        match self {
            Self::Unsendable | Self::Connect | Self::Tls => false,
            Self::Timeout | Self::Interrupted | Self::TooLarge => true,
        }
    }
}

/// A request that got no usable answer. Its text and source never hold the URL.
#[derive(Debug)]
pub struct TransportError {
    kind: FailureKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// A failure of this kind without a deeper cause.
    pub fn new(kind: FailureKind) -> Self {
        Self { kind, source: None }
    }

    /// A failure of this kind with its cause. The caller has removed URLs and secrets from the cause.
    pub fn with_source(kind: FailureKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::Unsendable => "the request could not be built",
            FailureKind::Connect => "no connection to the server",
            FailureKind::Tls => "the TLS handshake failed",
            FailureKind::Timeout => "no answer in time",
            FailureKind::Interrupted => "the connection broke before the answer was complete",
            FailureKind::TooLarge => "the answer is larger than allowed",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
