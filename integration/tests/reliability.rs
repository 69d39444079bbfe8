//! Takeovers, late commits, wrong clocks, awkward money and answers cut at every byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod suites;
mod support;

use suites::{Verdict, cuts, late, money, skew, takeover};

fn holds(verdict: Verdict) {
    if let Err(violation) = verdict {
        panic!("{violation}");
    }
}

#[test]
fn a_worker_that_was_taken_over_at_any_operation_sends_nothing_more() {
    holds(takeover::at_every_operation(None));
}

#[test]
fn what_is_committed_late_is_found_within_the_look_back() {
    holds(late::commits(None));
}

#[test]
fn a_wrong_and_jumping_clock_loses_nothing() {
    holds(skew::jumps(None));
}

#[test]
fn amounts_stay_exact_in_every_currency() {
    holds(money::to_the_cent(None));
}

#[test]
fn what_is_collected_is_written_not_what_is_explained() {
    holds(money::what_is_collected(None));
}

#[test]
fn a_list_page_cut_at_any_byte_is_ridden_out() {
    holds(cuts::once(cuts::LIST, None));
}

#[test]
fn a_quote_cut_at_any_byte_is_ridden_out() {
    holds(cuts::once(cuts::QUOTE, None));
}

#[test]
fn a_recording_cut_at_any_byte_is_ridden_out() {
    holds(cuts::once(cuts::RECORDING, None));
}

#[test]
fn answers_cut_for_a_whole_run_are_made_good_by_the_next() {
    for cut in [cuts::LIST, cuts::QUOTE, cuts::RECORDING] {
        holds(cuts::for_a_run(cut, 23, None));
    }
}
