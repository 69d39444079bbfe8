//! The real transport against servers on loopback: what goes over the wire, and what must not.
#![cfg(any(feature = "rustls", feature = "native-tls"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod hidden_retries;
mod paths;
mod proxies;
mod redirects;
mod server;

use std::sync::Arc;

use ordway_anrok_http::http::{HeaderMap, HeaderValue};
use ordway_anrok_http::testing::NoApi;
use ordway_anrok_http::{BaseUrl, Core, CoreBuilder, Endpoint, ReqwestTransport, RetryPolicy, Safety};
use serde_json::Value;

const GET: Endpoint<(), Value> = Endpoint::get("things.get", "/things/{id}", Safety::Read);
const STORE: Endpoint<Value, Value> = Endpoint::put("things.store", "/things/{id}", Safety::Repeatable);
const ADD: Endpoint<Value, Value> = Endpoint::post("things.add", "/things/{id}/more", Safety::Once);

/// A client with credentials, attempts as by default, delays of milliseconds.
fn client(url: &str) -> Core<NoApi> {
    let base = BaseUrl::parse(url).unwrap();
    let transport = Arc::new(ReqwestTransport::new(&base).unwrap());
    let mut headers = HeaderMap::new();
    for name in ["x-api-key", "x-user-token", "authorization"] {
        let mut value = HeaderValue::from_static("CANARY-credential");
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    CoreBuilder::new(base, transport).headers(headers).policy(RetryPolicy::fast()).build()
}
