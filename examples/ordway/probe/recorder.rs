//! A transport that keeps what was answered, redacted, and never what was sent in headers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use ordway_anrok_http::{Exchange, Transport, TransportError, http};
use serde_json::{Value, json};

use crate::redact::{masked, redacted};

/// Headers of an answer that tell how the service works and nothing about anybody.
const KEPT_HEADERS: &[&str] =
    &["content-type", "cache-control", "warden", "retry-after", "x-request-id", "server", "allow", "date"];

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as JSON, where it is JSON.
    pub body: Option<Value>,
    /// Its length in bytes.
    pub bytes: usize,
}

/// Wraps the transport that really sends.
#[derive(Debug)]
pub struct Recorder {
    inner: Arc<dyn Transport>,
    out: PathBuf,
    label: Mutex<String>,
    last: Mutex<Option<Answer>>,
}

impl Recorder {
    /// Writes fixtures below `out`.
    pub fn new(inner: Arc<dyn Transport>, out: PathBuf) -> Self {
        Self { inner, out, label: Mutex::default(), last: Mutex::default() }
    }

    /// The file name of the next answers.
    pub fn begin(&self, label: &str) {
        label.clone_into(&mut self.label.lock().unwrap_or_else(PoisonError::into_inner));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The last answer since [`Recorder::begin`].
    pub fn last(&self) -> Option<Answer> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(
        &self,
        method: &str,
        uri: &http::Uri,
        sent: &Bytes,
        response: &http::Response<Bytes>,
    ) -> std::io::Result<()> {
        let label = self.label.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let body: Option<Value> = serde_json::from_slice(response.body()).ok();
        let kept = response.headers().iter().filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()));
        let headers: Value = kept
            .map(|(name, value)| (name.to_string(), Value::from(value.to_str().unwrap_or_default())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let sent: Option<Value> = serde_json::from_slice(sent).ok();
        let fixture = json!({
            "request": { "method": method, "path": masked_path(uri), "body": sent.as_ref().map(redacted) },
            "status": response.status().as_u16(),
            "headers": headers,
            "body": body.as_ref().map_or_else(
                || Value::from(masked(&String::from_utf8_lossy(response.body()).chars().take(2000).collect::<String>())),
                redacted,
            ),
        });
        std::fs::create_dir_all(&self.out)?;
        std::fs::write(self.out.join(format!("{label}.json")), format!("{fixture:#}\n"))?;
        let answer = Answer { status: response.status().as_u16(), body, bytes: response.body().len() };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Ok(())
    }
}

/// Collections stay, ids are masked: `/invoices/XXX-11111`.
fn masked_path(uri: &http::Uri) -> String {
    let path: Vec<String> = uri
        .path()
        .split('/')
        .map(|part| {
            if part.chars().any(|c| c.is_ascii_digit()) && part != "v1" {
                masked(part)
            } else {
                part.to_owned()
            }
        })
        .collect();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", path.join("/"))
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError> {
        let method = exchange.request.method().to_string();
        let uri = exchange.request.uri().clone();
        let sent = exchange.request.body().clone();
        let response = self.inner.send(exchange).await?;
        if let Err(error) = self.keep(&method, &uri, &sent, &response) {
            eprintln!("the answer could not be kept in {}: {error}", self.out.display());
        }
        Ok(response)
    }
}
