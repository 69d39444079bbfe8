//! Recognisable secrets and personal data go through a whole life of the program, and both services quote them back in
//! every refusal: no output, log or file may hold one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "suites/canary.rs"]
mod suite;
mod support;

use support::Program;

#[test]
fn no_secret_and_no_personal_data_is_left_anywhere() {
    suite::no_secret_and_no_personal_data_is_left_anywhere(&Program::real());
}
