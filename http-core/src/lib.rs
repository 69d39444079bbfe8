//! Engine room of `ordway-client` and `anrok-client`: endpoints, transport, retries, pacing, secrets, paging.
//!
//! Both clients re-export what their users touch; there is no promise for direct use. Start reading at
//! [`Core::call`] (the pipeline), [`decide`] (the retry decision) and [`Pacer`] (the rate).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod base_url;
mod call;
mod clock;
pub mod decode;
mod endpoint;
mod error;
pub mod json;
mod limit;
mod page;
mod raw_call;
mod redact;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
mod reqwest_transport;
mod retry;
mod skew;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;

pub use base_url::{BaseUrl, BaseUrlError};
pub use call::{CallOptions, Core, CoreBuilder};
pub use clock::{Chance, Clock, SystemClock, VirtualClock};
pub use decode::DecodeError;
pub use endpoint::{
    Bulk, Call, Endpoint, EndpointInfo, Grade, Method, PathError, Safety, bind_path, encode_id, encode_query,
};
pub use error::{ApiError, Error, ErrorKind, Nature, RequestId};
pub use limit::{Pace, Pacer, PacerStats, Paused, Priority, Rate};
pub use page::{Checkpoint, OnBadRecord, Page, Pager, Reject};
pub use raw_call::RawCall;
pub use redact::Secrets;
#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
pub use reqwest_transport::ReqwestTransport;
pub use retry::{
    Decision, Happened, RetryBudget, RetryPolicy, WriteState, decide, retry_after, throttle_pause,
};
pub use transport::{Exchange, FailureKind, Transport, TransportError};

#[doc(hidden)]
pub use {bytes, http, jiff, rust_decimal, secrecy, serde, serde_json};
