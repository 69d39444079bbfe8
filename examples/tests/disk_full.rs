//! The disk with the ledger is full: the program stops before it sends what it could not remember, and goes on later.
//!
//! Needs a small file system of its own: Linux, and the right to mount one (root). Says so where it cannot run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/disk_full.rs"]
mod suite;
mod support;

use support::Program;

#[test]
fn stops_before_sending_and_completes_when_there_is_space() {
    suite::stops_before_sending_and_completes_when_there_is_space(&Program::real());
}
