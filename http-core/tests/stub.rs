//! Typed stubs: no network, typed inputs and outputs, loud where something is missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ordway_anrok_http::testing::{NoApi, ScriptedTransport, Stub, StubError};
use ordway_anrok_http::{BaseUrl, Call, Core, CoreBuilder, Endpoint, ErrorKind, Safety, WriteState};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    amount: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Receipt {
    total: i64,
}

const BUY: Endpoint<Order, Receipt> = Endpoint::post("orders.buy", "/orders/{id}/buy", Safety::Once);
const LOOK: Endpoint<(), Receipt> = Endpoint::get("orders.look", "/orders/{id}", Safety::Read);
/// The same name with other types, as after a mistake in a test.
const BUY_OTHERWISE: Endpoint<String, Receipt> =
    Endpoint::post("orders.buy", "/orders/{id}/buy", Safety::Once);
const BUY_FOR_NOTHING: Endpoint<Order, String> =
    Endpoint::post("orders.buy", "/orders/{id}/buy", Safety::Once);

fn stubbed(stub: Stub) -> (Core<NoApi>, ScriptedTransport) {
    let network = ScriptedTransport::new();
    let base = BaseUrl::parse("https://shop.example").unwrap();
    (CoreBuilder::new(base, Arc::new(network.clone())).stub(stub).build(), network)
}

#[tokio::test]
async fn a_typed_answer_computed_from_the_typed_call() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let (core, network) = stubbed(Stub::new().on(&BUY, move |call| {
        count.fetch_add(1, Ordering::SeqCst);
        assert_eq!(call.ids, ["O-1"]);
        assert_eq!(call.query, [("dry".to_owned(), "1".to_owned())]);
        Ok(Receipt { total: call.input.amount * 2 })
    }));
    let order = Order { amount: 21 };
    for core in [&core, &core.clone()] {
        let receipt = core.call(&BUY, Call::new(&order).id("O-1").query("dry", "1")).await.unwrap();
        assert_eq!(receipt, Receipt { total: 42 });
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert!(network.sent().is_empty());
}

#[tokio::test]
async fn a_call_without_a_stub_names_itself_and_never_reaches_the_network() {
    let (core, network) = stubbed(Stub::new().on(&BUY, |_| Ok(Receipt { total: 1 })));
    let error = core.call(&LOOK, Call::new(&()).id("O-1")).await.unwrap_err();
    assert_eq!((error.kind(), error.write_state()), (ErrorKind::NotStubbed, WriteState::NotSent));
    assert_eq!(
        error.to_string(),
        "test orders.look: no stub is set for this call: add `.on(&…)` for its constant"
    );
    assert!(!error.is_worth_retrying_later() && network.sent().is_empty());
}

#[tokio::test]
async fn a_stub_of_other_types_is_no_stub() {
    let (core, _) = stubbed(Stub::new().on(&BUY_OTHERWISE, |_| Ok(Receipt { total: 1 })));
    let error = core.call(&BUY, Call::new(&Order { amount: 1 }).id("1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotStubbed);
    let (core, _) = stubbed(Stub::new().on(&BUY_FOR_NOTHING, |_| Ok(String::new())));
    let error = core.call(&BUY, Call::new(&Order { amount: 1 }).id("1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotStubbed);
}

#[tokio::test]
async fn refusals_and_failures() {
    let (core, _) = stubbed(
        Stub::new()
            .on(&BUY, |_| Err(StubError::Answer(409, "frozen".into())))
            .on(&LOOK, |_| Err(StubError::Failure(ErrorKind::Timeout, WriteState::Unknown))),
    );
    let error = core.call(&BUY, Call::new(&Order { amount: 1 }).id("1")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.kind(), error.write_state()),
        (Some(409), ErrorKind::Rejected, WriteState::Refused)
    );
    assert_eq!(error.to_string(), "test orders.buy: frozen (HTTP 409, 1 attempt, write refused)");
    let error = core.call(&LOOK, Call::new(&()).id("1")).await.unwrap_err();
    assert!(error.is_timeout() && error.write_state() == WriteState::Unknown);
}

#[tokio::test]
async fn a_raw_call_of_a_stubbed_client_never_reaches_the_network_either() {
    let (core, network) = stubbed(Stub::new());
    let raw = ordway_anrok_http::RawCall::new(ordway_anrok_http::Method::Post, "/unlisted", Safety::Once);
    let error = core.raw(raw).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotStubbed);
    assert!(error.to_string().contains("ScriptedTransport"), "{error}");
    assert!(network.sent().is_empty());
}
