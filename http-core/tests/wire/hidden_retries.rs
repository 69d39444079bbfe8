//! What this SDK counts as one request is one request on the wire.

use ordway_anrok_http::{Call, CallOptions, ErrorKind, WriteState};
use serde_json::json;

use crate::server::{Act, Wire, answer, json as ok};
use crate::{ADD, GET, STORE, client};

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_one_request_per_attempt() {
    let server = Wire::start(|_, _| Act::Close).await;
    let core = client(&server.url());
    let once = core.with(CallOptions::single_attempt());
    let error = once.call(&GET, Call::new(&()).id("1")).await.unwrap_err();
    assert_eq!((error.kind(), error.write_state()), (ErrorKind::Interrupted, WriteState::Unknown));
    assert_eq!((server.seen().len(), server.connections()), (1, 1));

    core.call(&GET, Call::new(&()).id("1")).await.unwrap_err();
    assert_eq!((server.seen().len(), core.requests_sent()), (5, 5));
    let error = core.call(&ADD, Call::new(&json!({})).id("1")).await.unwrap_err();
    assert_eq!((server.seen().len(), error.write_state()), (6, WriteState::Unknown));
}

/// HTTP libraries like to repeat a request on a fresh connection when a kept one dies under it.
#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_is_not_repeated_behind_our_back() {
    for _ in 0..20 {
        let server = Wire::start(|n, _| if n % 2 == 1 { Act::Send(ok("{}")) } else { Act::Close }).await;
        let core = client(&server.url()).with(CallOptions::single_attempt());
        core.call(&GET, Call::new(&()).id("1")).await.unwrap();
        let error = core.call(&ADD, Call::new(&json!({})).id("1")).await.unwrap_err();
        assert_eq!(error.write_state(), WriteState::Unknown);
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!(
            (seen[1].connection, server.connections()),
            (1, 1),
            "the second came on the kept connection"
        );
    }
}

#[tokio::test]
async fn refusals_are_one_request_each() {
    for status in
        ["408 Request Timeout", "425 Too Early", "421 Misdirected Request", "503 Service Unavailable"]
    {
        let server = Wire::start(move |_, _| Act::Send(answer(status, &[], ""))).await;
        let core = client(&server.url()).with(CallOptions::single_attempt());
        core.call(&STORE, Call::new(&json!({})).id("1")).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn nobody_listening_means_nothing_was_sent() {
    let gone = {
        let server = Wire::start(|_, _| Act::Close).await;
        server.url()
    };
    tokio::task::yield_now().await;
    let error = client(&gone).call(&ADD, Call::new(&json!({})).id("1")).await.unwrap_err();
    assert_eq!((error.kind(), error.write_state()), (ErrorKind::Connect, WriteState::NotSent));
    assert_eq!(error.attempts(), 4);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_has_received_nothing() {
    let server = Wire::start(|_, _| Act::Close).await;
    let https = server.url().replace("http://", "https://");
    let core =
        client(&https).with(CallOptions::single_attempt().deadline(std::time::Duration::from_millis(700)));
    let error = core.call(&ADD, Call::new(&json!({})).id("1")).await.unwrap_err();
    // The server waits for the rest of a request head, the client for the handshake: a timeout of either kind.
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout), "{error}");
    assert!(server.seen().iter().all(|s| !s.head.contains("CANARY")));
}

#[tokio::test]
async fn writes_carry_a_length_and_reads_carry_no_body() {
    let server = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    let core = client(&server.url());
    core.call(&GET, Call::new(&()).id("1")).await.unwrap();
    core.call(&ADD, Call::new(&json!({"a": 1})).id("1")).await.unwrap();
    core.call(&ADD, Call::new(&serde_json::Value::Null).id("1")).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].body.len(), seen[0].header("content-type")), (0, None));
    assert_eq!((seen[1].body.as_slice(), seen[1].header("content-length")), (&br#"{"a":1}"#[..], Some("7")));
    assert_eq!(seen[2].header("content-length"), Some("0"), "{}", seen[2].head);
    assert_eq!(server.connections(), 1);
}
