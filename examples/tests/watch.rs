//! `sync --watch` as a program of its own, against the sandbox: webhooks, lost webhooks, signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/watch.rs"]
mod suite;
mod support;

use support::Program;

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_enough_and_sigterm_ends_it_with_a_report() {
    suite::a_webhook_is_enough_and_sigterm_ends_it_with_a_report(&Program::real()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_is_found_by_polling_and_ctrl_c_ends_it() {
    suite::a_lost_webhook_is_found_by_polling_and_ctrl_c_ends_it(&Program::real()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nobody_listens() {
    suite::without_a_secret_nobody_listens(&Program::real()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_started_during_an_outage_outlives_it() {
    suite::one_that_is_started_during_an_outage_outlives_it(&Program::real()).await;
}
