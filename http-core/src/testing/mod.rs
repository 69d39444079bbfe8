//! Test doubles: typed stubs, a scripted transport, and (feature `testing-httpmock`) typed httpmock matchers.

#[cfg(feature = "testing-httpmock")]
mod mock_server;
mod scripted;
mod stub;

#[cfg(feature = "testing-httpmock")]
pub use mock_server::MockServerExt;
pub use scripted::{ScriptedTransport, Sent};
pub use stub::{Stub, StubCall, StubError};

use std::fmt;

use http::HeaderMap;

use crate::error::ApiError;

/// An API without errors of its own, for tests of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoApi(String);

impl fmt::Display for NoApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ApiError for NoApi {
    const SERVICE: &'static str = "test";

    fn read(_status: u16, _headers: &HeaderMap, body: &[u8]) -> Self {
        Self(String::from_utf8_lossy(body).chars().take(200).collect())
    }
}
