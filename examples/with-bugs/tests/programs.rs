//! Guards the guards around the real program: with a bug put in on purpose, the suites that are there to notice it do.
//!
//! One line per suite and bug: what noticed it. Those that need what a machine may lack say that they skip. `SUITE=kill` runs
//! one suite's lines only.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

#[path = "../../tests/suites/mod.rs"]
mod suites;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use ordway_anrok::deliberate::Bug::{self, *};
use suites::{canary, damaged_ledger, kill, two_processes, watch, wrong_clock};
use support::Program;

type Suite = (&'static str, fn(&Program), &'static [Bug]);

/// File of `examples/tests` → the bugs it must notice. More may be noticed; less is a failed test.
const TABLE: &[Suite] = &[
    ("kill", killed, &[FreshIdOnRetry, CheckpointBeforeOutcome]),
    ("two_processes", two_processes::the_second_one_ends_with_code_2_or_waits, &[NoFileLock]),
    ("two_processes", two_processes::one_that_stands_still_owns_the_ledger_until_it_ends, &[NoFileLock]),
    ("disk_full", full, &[FullDiskIgnored]),
    ("canary", canary::no_secret_and_no_personal_data_is_left_anywhere, &[AccountsPrinted]),
    ("damaged_ledger", damaged_ledger::is_refused_and_left_alone, &[DamagedIsReplaced]),
    ("wrong_clock", wrong_clock::loses_nothing, &[CheckpointFromClock]),
    (
        "watch",
        |program| block_on(watch::a_webhook_is_enough_and_sigterm_ends_it_with_a_report(program)),
        &[ForgedWebhookTaken],
    ),
    (
        "watch",
        |program| block_on(watch::a_lost_webhook_is_found_by_polling_and_ctrl_c_ends_it(program)),
        &[NeverPolls],
    ),
];

/// Few kills at a time, so that a finding comes early; other seeds until there is one.
fn killed(program: &Program) {
    (1..=8).for_each(|seed| kill::kills_leave_what_a_run_without_faults_leaves(program, 15, seed));
}

#[cfg(target_os = "linux")]
fn full(program: &Program) {
    suites::disk_full::stops_before_sending_and_completes_when_there_is_space(program);
}

#[cfg(not(target_os = "linux"))]
fn full(_: &Program) {}

fn block_on(suite: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(suite);
}

/// What this machine lacks for a suite.
fn lacks(suite: &str) -> Option<&'static str> {
    match suite {
        "disk_full" if !suites::can_mount() => Some("a tmpfs cannot be mounted here"),
        "wrong_clock" if !wrong_clock::has_faketime() => Some("faketime is not installed"),
        _ => None,
    }
}

fn first_line(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic").lines().next().unwrap_or_default().chars().take(90).collect()
}

#[test]
#[allow(clippy::disallowed_methods)] // how long it really takes is part of what is shown
fn every_suite_notices_the_bugs_it_is_there_for() {
    let mut missed = Vec::new();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {})); // a panic of a suite is its verdict
    let only = std::env::var("SUITE").ok();
    assert!(only.as_ref().is_none_or(|only| TABLE.iter().any(|(suite, ..)| suite == only)), "no such SUITE");
    for (suite, run, bugs) in
        TABLE.iter().filter(|(suite, ..)| only.as_ref().is_none_or(|only| suite == only))
    {
        for bug in *bugs {
            if let Some(lack) = lacks(suite) {
                println!("!! SKIPPED: {suite} with {bug:?}: {lack}");
                continue;
            }
            let name = format!("{bug:?}");
            let program = Program::with_bug(env!("CARGO_BIN_EXE_sync-with-bugs"), Some(name.clone()));
            let begun = Instant::now();
            match catch_unwind(AssertUnwindSafe(|| run(&program))) {
                Err(panic) => {
                    let seconds = begun.elapsed().as_secs();
                    println!("{suite:<16}{name:<26}{seconds:>3} s  noticed by {}", first_line(&*panic));
                }
                Ok(()) => missed.push(format!("{suite} does not notice {bug:?}")),
            }
        }
    }
    std::panic::set_hook(usual);
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What is noticed above is the bug, not this other build of the program. And the suites that no bug is meant for still hold.
#[test]
fn the_same_program_without_a_bug_is_not_complained_about() {
    let program = Program::with_bug(env!("CARGO_BIN_EXE_sync-with-bugs"), None);
    kill::kills_leave_what_a_run_without_faults_leaves(&program, 15, 1);
    for (suite, run, _) in TABLE.iter().filter(|(suite, ..)| *suite != "kill" && lacks(suite).is_none()) {
        eprintln!("{suite} without a bug");
        run(&program);
    }
    two_processes::one_that_stands_still_while_connecting_is_overtaken_and_harms_nothing(&program);
    block_on(watch::without_a_secret_nobody_listens(&program));
    block_on(watch::one_that_is_started_during_an_outage_outlives_it(&program));
}

#[test]
fn every_suite_of_programs_and_every_bug_of_programs_is_in_the_table() {
    let noticed: BTreeSet<Bug> = TABLE.iter().flat_map(|(_, _, bugs)| bugs.iter().copied()).collect();
    assert!(Bug::SEEN_BY_PROGRAMS.iter().all(|bug| noticed.contains(bug)));
    assert!(TABLE.iter().all(|(_, _, bugs)| !bugs.is_empty()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suites");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let suites: BTreeSet<String> = names
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod")
        .collect();
    assert_eq!(suites, TABLE.iter().map(|(suite, _, _)| (*suite).to_owned()).collect());
}
