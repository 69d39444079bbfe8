//! The program on a machine whose clock is wrong. What depends on virtual time is in the simulation of `ordway-anrok`; this
//! is the real program, where `faketime` is installed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/wrong_clock.rs"]
mod suite;
mod support;

use support::Program;

#[test]
fn loses_nothing() {
    suite::loses_nothing(&Program::real());
}
