//! `kill -9` of the real program, 200 times at random moments, with faults on the way to both services.
//!
//! `KILLS=1000` kills more often, `KILL_SEED=7` begins elsewhere.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/kill.rs"]
mod suite;
mod support;

use support::Program;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn two_hundred_kills_leave_what_a_run_without_faults_leaves() {
    let (kills, seed) = (number("KILLS", 200), number("KILL_SEED", 1));
    suite::kills_leave_what_a_run_without_faults_leaves(&Program::real(), kills, seed);
}
