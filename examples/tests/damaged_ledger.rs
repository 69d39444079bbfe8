//! Ledger files that are damaged, cut, foreign or of a newer version: exit code 2, the remedy, and not a byte changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/damaged_ledger.rs"]
mod suite;
mod support;

use support::Program;

#[test]
fn is_refused_and_left_alone() {
    suite::is_refused_and_left_alone(&Program::real());
}
