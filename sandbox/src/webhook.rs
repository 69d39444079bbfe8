//! Webhooks that really arrive: what is registered at the fake Ordway gets HTTP requests.

mod courier;
mod post;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

pub(crate) use courier::{Courier, Means};
pub(crate) use post::address;

/// Newest deliveries kept.
const KEPT: usize = 2_000;

/// How Ordway delivers. The timeout is documented; number and spacing of further attempts are assumptions (grade D).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookConfig {
    /// Attempts after the first one, as long as the receiver answers other than 2xx. Default 3 (assumed).
    pub retries: u32,
    /// Time between attempts, on the sandbox's clock. Default 30 minutes (assumed).
    pub retry_after: Duration,
    /// An attempt ends after so much real time. Default 60 seconds (documented).
    pub timeout: Duration,
    /// Receivers may be anywhere, not only on this machine. Plain http all the same. Default off.
    pub anywhere: bool,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            retries: 3,
            retry_after: Duration::from_secs(30 * 60),
            timeout: Duration::from_secs(60),
            anywhere: false,
        }
    }
}

/// One attempt to deliver an event, as Ordway's webhook log shows it. Neither headers nor body are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// Number in the log, counted from 1.
    pub seq: u64,
    /// When the attempt ended, by the sandbox's clock.
    #[serde(serialize_with = "crate::request_log::shown")]
    pub at: Timestamp,
    /// Name of the webhook.
    pub webhook: String,
    /// The receiver, without the query.
    pub url: String,
    /// Class of the record: `Invoice`, `Credit`…
    pub class: &'static str,
    /// Id of the record.
    pub id: String,
    /// `create`, `edit` or `remove`.
    pub verb: &'static str,
    /// Which attempt, counted from 1.
    pub attempt: u32,
    /// What the receiver answered; none where it did not, or was never asked.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub failure: Option<&'static str>,
    /// The fault of the plan that hit it ([`WebhookFault::kind`](crate::fault::WebhookFault::kind)).
    pub fault: Option<&'static str>,
    /// Milliseconds the attempt took.
    pub ms: u64,
}

impl Delivery {
    /// Whether the receiver took it: any 2xx (assumed).
    pub fn arrived(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Why nothing can be delivered to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebhookUrlError {
    /// Not a URL, or not `http://host…`.
    #[error("the webhook's URL must begin with http:// and name a host; the sandbox speaks no TLS")]
    NotHttp,
    /// Another machine.
    #[error(
        "the webhook's URL leads to another machine; use 127.0.0.1 or localhost, or allow receivers anywhere"
    )]
    NotLoopback,
}

/// The ring of the newest deliveries.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveryLog(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    last: u64,
    ring: VecDeque<Delivery>,
}

impl DeliveryLog {
    pub(crate) fn rows(&self) -> Vec<Delivery> {
        self.lock().ring.iter().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().ring.len()
    }

    pub(crate) fn clear(&self) {
        self.lock().ring.clear();
    }

    fn push(&self, mut row: Delivery) {
        let mut rows = self.lock();
        rows.last += 1;
        row.seq = rows.last;
        if rows.ring.len() == KEPT {
            rows.ring.pop_front();
        }
        rows.ring.push_back(row);
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
