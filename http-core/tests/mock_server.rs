//! httpmock keyed by the endpoint constants (feature `testing-httpmock`).
#![cfg(all(feature = "testing-httpmock", any(feature = "rustls", feature = "native-tls")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;

use httpmock::MockServer;
use ordway_anrok_http::testing::{MockServerExt as _, NoApi};
use ordway_anrok_http::{
    BaseUrl, Call, Core, CoreBuilder, Endpoint, Method, ReqwestTransport, RetryPolicy, Safety, decode,
};
use serde_json::{Value, json};

const LIST: Endpoint<(), Value> = Endpoint::get("things.list", "/things", Safety::Read);
const GET: Endpoint<(), Value> = Endpoint::get("things.get", "/things/{id}", Safety::Read);
const VOID: Endpoint<Value, Value> =
    Endpoint::post("things.void", "/v1/things/id:{id}/void", Safety::Repeatable);
const STORE: Endpoint<Value, Value> = Endpoint::put("things.store", "/things/{id}", Safety::Repeatable);
const DROP: Endpoint<(), ()> =
    Endpoint::decoded_by("things.drop", Method::Delete, "/things/{id}", Safety::Once, decode::nothing);

fn client(url: &str) -> Core<NoApi> {
    let base = BaseUrl::parse(url).unwrap();
    let transport = Arc::new(ReqwestTransport::new(&base).unwrap());
    CoreBuilder::new(base, transport).policy(RetryPolicy::fast()).build()
}

#[tokio::test]
async fn each_constant_matches_its_own_calls_only() {
    let server = MockServer::start_async().await;
    let answer = |name: &'static str| {
        move |_: httpmock::When, then: httpmock::Then| {
            then.status(200).json_body(json!(name));
        }
    };
    let list = server.on("/api/v1", &LIST, answer("list"));
    let get = server.on("/api/v1", &GET, answer("get"));
    let void = server.on("/api/v1", &VOID, answer("void"));
    let store = server.on("/api/v1", &STORE, answer("store"));
    let dropped = server.on("/api/v1", &DROP, answer("drop"));
    let core = client(&server.url("/api/v1"));
    let none = json!({});
    assert_eq!(core.call(&LIST, Call::new(&())).await.unwrap(), "list");
    assert_eq!(core.call(&GET, Call::new(&()).id("a/b %2F.x")).await.unwrap(), "get");
    assert_eq!(core.call(&VOID, Call::new(&none).id("ordway:INV-1:r1")).await.unwrap(), "void");
    assert_eq!(core.call(&STORE, Call::new(&none).id("ä")).await.unwrap(), "store");
    core.call(&DROP, Call::new(&()).id("1")).await.unwrap();
    for mock in [list, get, void, store, dropped] {
        mock.assert_calls(1);
    }
    assert_eq!(client(&server.base_url()).call(&LIST, Call::new(&())).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_sequence_busy_twice_then_fine() {
    let server = MockServer::start_async().await;
    let busy = server.on("", &GET, |_, then| {
        then.status(503).up_to_n_times(2);
    });
    let fine = server.on("", &GET, |_, then| {
        then.status(200).json_body(json!({"id": "T-1"}));
    });
    let core = client(&server.base_url());
    assert_eq!(core.call(&GET, Call::new(&()).id("T-1")).await.unwrap(), json!({"id": "T-1"}));
    busy.assert_calls(2);
    fine.assert_calls(1);
    assert_eq!(core.requests_sent(), 3);
}

#[tokio::test]
async fn a_matcher_can_be_refined() {
    let server = MockServer::start_async().await;
    let two = server.on("/base/", &STORE, |when, then| {
        when.header("content-type", "application/json").json_body(json!({"n": 2}));
        then.status(200).json_body(json!(2));
    });
    let core = client(&server.url("/base"));
    assert_eq!(core.call(&STORE, Call::new(&json!({"n": 2})).id("1")).await.unwrap(), 2);
    assert_eq!(core.call(&STORE, Call::new(&json!({"n": 3})).id("1")).await.unwrap_err().status(), Some(404));
    two.assert_calls(1);
}
