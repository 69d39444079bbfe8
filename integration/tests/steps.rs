//! Dying at every single step: the n-th remote call, before and after its effect, and the n-th step of the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod suites;
mod support;

use suites::{Verdict, corrections, dying, ledger_steps};

fn holds(verdict: Verdict) {
    if let Err(violation) = verdict {
        panic!("{violation}");
    }
}

#[test]
fn dying_at_any_call_of_the_first_act_is_made_good() {
    holds(dying::once(0, 1, None));
}

#[test]
fn dying_at_any_call_of_the_second_act_is_made_good() {
    holds(dying::once(1, 1, None));
}

#[test]
fn dying_twice_while_a_new_document_changes_is_made_good() {
    holds(dying::twice(false, None));
}

#[test]
fn dying_twice_while_a_recorded_document_changes_is_made_good() {
    holds(dying::twice(true, None));
}

#[test]
fn any_operation_of_the_ledger_may_fail_or_be_the_last() {
    holds(ledger_steps::memory(None));
}

#[test]
fn any_operation_of_a_ledger_file_may_fail_or_be_the_last() {
    holds(ledger_steps::file(None));
}

#[test]
fn a_correction_broken_off_after_any_step_is_finished() {
    holds(corrections::broken_off(None));
}
