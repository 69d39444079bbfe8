//! Guards the guards: with a bug put in on purpose, the suites that are there to notice it do.
//!
//! One line per suite and bug: which case noticed it. Every suite notices at least one bug, every bug is noticed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)] // tests

mod suites;
mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Once;

use ordway_anrok::deliberate::Bug::{self, *};
use suites::{Verdict, corrections, cuts, dying, late, ledger_steps, money, simulation, skew, takeover};

type Suite = (&'static str, fn(Option<Bug>) -> Verdict, &'static [Bug]);

/// Which suite notices which bug. More may be noticed; less is a failed test.
const TABLE: &[Suite] = &[
    (
        "simulation",
        simulated,
        &[
            CheckpointBeforeOutcome,
            CheckpointFromClock,
            NoLookBack,
            NoLeaseCheck,
            FloatMoney,
            TaxFromBreakdown,
            NoIntent,
            UnknownCountsAsUndone,
            FreshIdOnRetry,
            HoldsForgotten,
        ],
    ),
    ("dying at any call", |bug| dying::once(0, 1, bug), &[CheckpointBeforeOutcome, NoIntent, FreshIdOnRetry]),
    ("dying twice", |bug| dying::twice(false, bug), &[NoIntent, FreshIdOnRetry]),
    ("any operation of the ledger", ledger_steps::memory, &[CheckpointBeforeOutcome, FreshIdOnRetry]),
    ("any operation of a ledger file", ledger_steps::file, &[CheckpointBeforeOutcome]),
    ("corrections broken off", corrections::broken_off, &[StepsForgotten]),
    ("takeover", takeover::at_every_operation, &[NoLeaseCheck]),
    ("late commits", late::commits, &[NoLookBack, EarlierDateIsStale]),
    ("wrong clocks", skew::jumps, &[CheckpointFromClock]),
    ("awkward amounts", money::to_the_cent, &[FloatMoney]),
    ("what is collected", money::what_is_collected, &[TaxFromBreakdown]),
    ("answers cut once", |bug| cuts::once(cuts::LIST, bug), &[FloatMoney]),
    ("answers cut for a run", |bug| cuts::for_a_run(cuts::RECORDING, 97, bug), &[FreshIdOnRetry]),
];

/// As many worlds as it takes, up to this many.
const WORLDS: u64 = 300;

fn simulated(bug: Option<Bug>) -> Verdict {
    (0..WORLDS).try_for_each(|seed| simulation::run(seed, bug).map(drop))
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of a suite that notices something are part of the proof, not of the output.
fn quietly<T>(act: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                usual(panic);
            }
        }));
    });
    QUIET.set(true);
    let result = act();
    QUIET.set(false);
    result
}

fn proves(suites: &[Suite]) {
    let mut missed = Vec::new();
    for (suite, run, bugs) in suites {
        for bug in *bugs {
            match quietly(|| run(Some(*bug))) {
                Err(violation) => {
                    println!("{suite:<32}{:<26}noticed by {}", format!("{bug:?}"), violation.case);
                }
                Ok(()) => missed.push(format!("{suite} does not notice {bug:?}")),
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_simulation_notices_the_bugs_it_is_there_for() {
    proves(&TABLE[..1]);
}

#[test]
fn every_other_suite_notices_the_bugs_it_is_there_for() {
    proves(&TABLE[1..]);
}

#[test]
fn every_suite_and_every_bug_is_in_the_table() {
    let noticed: BTreeSet<Bug> = TABLE.iter().flat_map(|(_, _, bugs)| bugs.iter().copied()).collect();
    // The others: `examples/with-bugs`.
    let here = Bug::ALL.into_iter().filter(|bug| !Bug::SEEN_BY_PROGRAMS.contains(bug));
    assert_eq!(noticed, here.collect());
    assert!(TABLE.iter().all(|(_, _, bugs)| !bugs.is_empty()));
}
