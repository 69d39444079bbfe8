//! Two programs on one ledger: the second one says so and ends, or waits; a program that stands still still owns it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/two_processes.rs"]
mod suite;
mod support;

use support::Program;

#[test]
fn the_second_one_ends_with_code_2_or_waits() {
    suite::the_second_one_ends_with_code_2_or_waits(&Program::real());
}

#[test]
fn one_that_stands_still_owns_the_ledger_until_it_ends() {
    suite::one_that_stands_still_owns_the_ledger_until_it_ends(&Program::real());
}

#[test]
fn one_that_stands_still_while_connecting_is_overtaken_and_harms_nothing() {
    suite::one_that_stands_still_while_connecting_is_overtaken_and_harms_nothing(&Program::real());
}
