//! The real transport: reqwest with everything hidden switched off.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::base_url::BaseUrl;
use crate::transport::{Exchange, FailureKind, Transport, TransportError};

/// Sends with reqwest: no redirects, no referer, no hidden retries, no cookies, TLS 1.2 or newer, https only
/// (http for loopback), no proxy for loopback, decoded bytes counted and capped.
#[derive(Clone, Debug)]
pub struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// A transport for `base`, with connect timeout 5 s and read timeout 15 s.
    ///
    /// # Errors
    /// The TLS library cannot be set up (for instance the feature `rustls-no-provider` without a provider).
    pub fn new(base: &BaseUrl) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(15))
            .pool_idle_timeout(Duration::from_secs(30))
            .https_only(!base.is_loopback());
        if base.is_loopback() {
            builder = builder.no_proxy();
        }
        builder
            .build()
            .map(Self)
            .map_err(|e| TransportError::with_source(FailureKind::Unsendable, e.without_url()))
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError> {
        let Exchange { request, timeout, max_response_bytes } = exchange;
        let mut request = reqwest::Request::try_from(request)
            .map_err(|e| TransportError::with_source(FailureKind::Unsendable, e.without_url()))?;
        *request.timeout_mut() = Some(timeout);
        let response = self.0.execute(request).await.map_err(classify)?;
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        // Content-Length is gone after decompression: only counting what arrives bounds the memory.
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|e| {
                let kind = if e.is_timeout() { FailureKind::Timeout } else { FailureKind::Interrupted };
                TransportError::with_source(kind, e.without_url())
            })?;
            if body.len().saturating_add(chunk.len()) > max_response_bytes {
                return Err(TransportError::new(FailureKind::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        *answer.body_mut() = body.freeze();
        Ok(answer)
    }
}

/// Only failures of the connect phase are known not to have reached the server.
fn classify(error: reqwest::Error) -> TransportError {
    let kind = if error.is_builder() {
        FailureKind::Unsendable
    } else if error.is_connect() {
        if mentions_tls(&error) { FailureKind::Tls } else { FailureKind::Connect }
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else {
        FailureKind::Interrupted
    };
    TransportError::with_source(kind, error.without_url())
}

fn mentions_tls(error: &(dyn StdError + 'static)) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string().to_ascii_lowercase();
        if text.contains("certificate") || text.contains("tls") || text.contains("handshake") {
            return true;
        }
        next = cause.source();
    }
    false
}
