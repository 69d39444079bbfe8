//! What leaves the machine: address, headers, body; route overrides, raw calls, unusable arguments.

use ordway_anrok_http::http::{HeaderMap, HeaderValue};
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{
    Call, Endpoint, ErrorKind, Method, RawCall, RequestId as _, Safety, WriteState, decode,
};
use serde_json::{Value, json};

use crate::rig::{ADD, GOOD, STORE, Thing, ask, builder, core};

const LIST: Endpoint<(), Value> = Endpoint::get("things.list", "/things", Safety::Read);
const DROP: Endpoint<(), ()> =
    Endpoint::decoded_by("things.drop", Method::Delete, "/things/{id}", Safety::Repeatable, decode::nothing);

#[tokio::test(start_paused = true)]
async fn the_body_is_encoded_once_and_every_attempt_sends_the_same_bytes() {
    let script = ScriptedTransport::new().answer(503, "").answer(429, "").answer(200, "{").answer(200, GOOD);
    ask(&core(script.clone()), &STORE).await.unwrap();
    let sent = script.sent();
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[0].body, r#"{"id":"T-1","count":1}"#);
    for again in &sent[1..] {
        assert_eq!(again.body.as_ptr(), sent[0].body.as_ptr(), "not encoded again");
        assert_eq!(
            (&again.uri, &again.headers, &again.method),
            (&sent[0].uri, &sent[0].headers, &sent[0].method)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_and_headers() {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static("key"));
    let script = ScriptedTransport::new().answer(200, GOOD).answer(200, "[]").answer(204, "");
    let core = builder(script.clone()).headers(headers).build();
    ask(&core, &STORE).await.unwrap();
    core.call(&LIST, Call::new(&()).query("updated_date>", "2020-11-10 x&y").query("page", "1"))
        .await
        .unwrap();
    core.call(&DROP, Call::new(&()).id("a/b c")).await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].uri, "https://shop.example/api/v1/things/T-1");
    assert_eq!(sent[0].headers["content-type"], "application/json");
    assert_eq!(sent[1].uri, "https://shop.example/api/v1/things?updated_date%3E=2020-11-10%20x%26y&page=1");
    assert!(sent[1].body.is_empty() && !sent[1].headers.contains_key("content-type"));
    assert_eq!(sent[2].uri, "https://shop.example/api/v1/things/a%2Fb%20c");
    assert_eq!(sent[2].method, "DELETE");
    for request in sent {
        assert_eq!(request.headers["accept"], "application/json");
        assert_eq!(request.headers["x-api-key"], "key");
        assert!(request.headers["user-agent"].to_str().unwrap().starts_with("ordway-anrok-sdk/"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateways_page_is_not_a_success_even_where_the_answer_does_not_matter() {
    let script = ScriptedTransport::new().answer(200, "<html>maintenance</html>").answer(200, "");
    core(script.clone()).call(&DROP, Call::new(&()).id("T-1")).await.unwrap();
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_route_override_changes_method_and_path_of_one_operation() {
    let script = ScriptedTransport::new().answer(200, GOOD).answer(200, GOOD);
    let core = builder(script.clone()).route("things.store", Method::Post, "/v2/put/{id}").build();
    ask(&core, &STORE).await.unwrap();
    ask(&core, &ADD).await.unwrap();
    let sent = script.sent();
    assert_eq!((sent[0].method.as_str(), sent[0].uri.path()), ("POST", "/api/v1/v2/put/T-1"));
    assert_eq!((sent[1].method.as_str(), sent[1].uri.path()), ("POST", "/api/v1/things/T-1/more"));
}

#[tokio::test(start_paused = true)]
async fn a_route_that_takes_other_ids_is_refused_before_sending() {
    let script = ScriptedTransport::new();
    let core = builder(script.clone()).route("things.store", Method::Put, "/v2/{a}/{b}").build();
    let error = ask(&core, &STORE).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.write_state(), error.attempts()),
        (ErrorKind::Config, WriteState::NotSent, 0)
    );
    assert_eq!(error.to_string(), "shop things.store: /v2/{a}/{b} takes 2 id(s), 1 given");
    assert!(script.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn raw_calls_take_the_same_way() {
    let script = ScriptedTransport::new().answer(503, "").answer(200, r#"{"new":true}"#).answer(204, "");
    let core = core(script.clone());
    let raw = RawCall::new(Method::Post, "/unlisted/{id}/do", Safety::Repeatable)
        .id("a/b")
        .query("q", "ä")
        .body(json!({"x": 1}));
    assert_eq!(core.raw(raw).await.unwrap(), json!({"new": true}));
    assert_eq!(core.raw(RawCall::new(Method::Post, "/ping", Safety::Read)).await.unwrap(), Value::Null);
    let sent = script.sent();
    assert_eq!(sent[1].uri, "https://shop.example/api/v1/unlisted/a%2Fb/do?q=%C3%A4");
    assert_eq!((sent[0].body.as_ref(), sent[1].body.as_ref()), (&br#"{"x":1}"#[..], &br#"{"x":1}"#[..]));
    assert!(sent[2].body.is_empty());
}

#[tokio::test(start_paused = true)]
async fn raw_calls_keep_the_rules() {
    let script = ScriptedTransport::new().answer(500, "");
    let core = core(script.clone());
    let error = core.raw(RawCall::new(Method::Post, "/once", Safety::Once)).await.unwrap_err();
    assert_eq!((script.sent().len(), error.write_state()), (1, WriteState::Unknown));
    assert_eq!(error.operation(), "POST /once");
    for id in ["", ".", "..", "a\nb"] {
        let error = core.raw(RawCall::new(Method::Get, "/x/{id}", Safety::Read).id(id)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{id:?}");
    }
    assert_eq!(script.sent().len(), 1);
}

/// Text right after the host would change the host, and credentials go wherever the request goes.
#[tokio::test(start_paused = true)]
async fn a_path_cannot_move_a_call_to_another_host() {
    for path in ["things", ".evil.example/x", "@evil.example/x", ":8443/x", ""] {
        let script = ScriptedTransport::new().answer(200, GOOD);
        let base = ordway_anrok_http::BaseUrl::parse("https://shop.example").unwrap();
        let core: ordway_anrok_http::Core<crate::rig::Api> =
            ordway_anrok_http::CoreBuilder::new(base, std::sync::Arc::new(script.clone())).build();
        let error = core.raw(RawCall::new(Method::Get, path, Safety::Read)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{path}");
        assert!(script.sent().is_empty(), "{path}: {:?}", script.sent()[0].uri);
    }
}

#[tokio::test(start_paused = true)]
async fn unusable_ids_are_refused_before_sending_and_without_a_slot() {
    let script = ScriptedTransport::new();
    let core = core(script.clone());
    let input = Thing::default();
    for id in ["", ".", "..", "a\u{0}b", "a\u{7f}", "a\u{85}b", &"x".repeat(256)] {
        let error = core.call(&STORE, Call::new(&input).id(id)).await.unwrap_err();
        assert_eq!((error.kind(), error.write_state()), (ErrorKind::Config, WriteState::NotSent));
        assert!(!error.is_worth_retrying_later());
    }
    assert!(script.sent().is_empty() && core.requests_sent() == 0);
}

#[tokio::test(start_paused = true)]
async fn the_request_id_is_found_on_errors_and_results() {
    for (headers, id) in [
        (&[("x-request-id", "req-1"), ("cf-ray", "ray")][..], Some("req-1")),
        (&[("x-amzn-requestid", "amz")][..], Some("amz")),
        (&[("cf-ray", "ray")][..], Some("ray")),
        (&[("x-request-id", "two words"), ("cf-ray", "ray")][..], Some("ray")),
        (&[("x-request-id", "")][..], None),
        (&[][..], None),
    ] {
        for status in [404, 500, 200] {
            let script = ScriptedTransport::new().answer_with(status, headers, "{");
            let result = ask(&core(script), &ADD).await;
            assert_eq!(result.request_id(), id, "{headers:?} {status}");
            assert_eq!(result.unwrap_err().request_id(), id, "{headers:?} {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_compared_with_the_last_answer_that_tells_the_time() {
    let date = |text| [("date", text)];
    let script = ScriptedTransport::new()
        .answer(200, GOOD)
        .answer_with(200, &date("Sun, 06 Nov 1994 08:54:40 GMT"), GOOD)
        .answer_with(404, &date("Sun, 06 Nov 1994 08:49:20 GMT"), "")
        .answer_with(200, &date("soon"), GOOD);
    let core = core(script);
    let mut seen = Vec::new();
    for _ in 0..4 {
        // A refusal tells the time as well.
        let _ = ask(&core, &STORE).await;
        seen.push(core.clone().clock_skew().map(|skew| skew.as_secs()));
    }
    assert_eq!(seen, [None, Some(310), Some(-9), Some(-9)]);
}
