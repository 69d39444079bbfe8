//! What goes over the wire, call by call, and what every kind of answer becomes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bodies;
mod guards;
mod lists;
mod refusals;
mod seen_before;

use std::sync::Arc;

use anrok_client::transactions::{Line, Transaction};
use anrok_client::{Address, ApiKey, Client, Currency, RetryPolicy};
use ordway_anrok_http::testing::ScriptedTransport;

pub(crate) const SECRET: &str = "CANARY-hush";

pub(crate) fn key() -> ApiKey {
    format!("s1abc/sa2def/secret.{SECRET}").parse().unwrap()
}

/// A client whose requests end in `script`.
pub(crate) fn scripted(script: &ScriptedTransport) -> Client {
    Client::builder(key())
        .transport(Arc::new(script.clone()))
        .retry_policy(RetryPolicy::fast())
        .pacer(anrok_client::Pacer::unlimited())
        .build()
        .unwrap()
}

/// A client of a server on this machine.
pub(crate) fn connected(base_url: &str) -> Client {
    Client::builder(key()).base_url(base_url).retry_policy(RetryPolicy::fast()).build().unwrap()
}

pub(crate) fn invoice() -> Transaction {
    let address = Address::builder().country("US").region("NY").postal_code("10001").build();
    Transaction::new(Currency::USD, address, "2026-08-31".parse::<jiff::civil::Date>().unwrap())
        .line(Line::new("P-1", 4900).with_id("1"))
}

/// The bodies sent so far, as JSON.
pub(crate) fn bodies(script: &ScriptedTransport) -> Vec<serde_json::Value> {
    script.sent().iter().map(|sent| serde_json::from_slice(&sent.body).unwrap()).collect()
}
