//! Two programs on one ledger: the second one says so and ends, or waits; a program that stands still still owns it.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::time::Duration;

use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service};
use serde_json::json;

use crate::support::{Program, Running, Stage, until};

/// So slow that a run takes some seconds.
fn slow(program: &Program) -> Stage {
    let rule = FaultRule::new(Fault::Latency { ms: 250 }).service(Service::Anrok);
    Stage::new(program, FaultPlan::seeded(1).rule(rule)).company(60)
}

fn is_recording(stage: &Stage) -> bool {
    stage.anrok.transactions().len() > 2
}

pub fn the_second_one_ends_with_code_2_or_waits(program: &Program) {
    let stage = slow(program);
    let first = Running::start(stage.sync());
    until("the first one records", || is_recording(&stage));
    let refused = stage.run();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("in use by another process"), "{refused:?}");
    let mut waiting = stage.sync();
    waiting.arg("--wait");
    let waiting = Running::start(waiting);
    let first = first.wait();
    assert_eq!(first.code, Some(0), "{first:?}");
    let waited = waiting.wait();
    assert_eq!(waited.code, Some(0), "{waited:?}");
    assert!(waited.stderr.contains("waiting for"), "{waited:?}");
    assert_eq!(
        waited.count("recorded") + waited.count("calculated"),
        0,
        "nothing was left to do: {waited:?}"
    );
    stage.assert_as_without_faults("two at once");
}

pub fn one_that_stands_still_owns_the_ledger_until_it_ends(program: &Program) {
    let stage = slow(program);
    let mut first = Running::start(stage.sync());
    until("the first one records", || is_recording(&stage));
    first.signal("-STOP");
    let id = stage.ordway.all("invoices")[1]["id"].as_str().unwrap().to_owned();
    stage.ordway.edit_lines(&id, |lines| lines[0]["effective_price"] = json!("4.35")).unwrap();
    for _ in 0..3 {
        std::thread::sleep(Duration::from_secs(2));
        let refused = stage.run();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("in use by another process"), "{refused:?}");
    }
    assert!(!first.has_ended(), "the first one was still at work");
    first.signal("-CONT");
    let first = first.wait();
    assert_eq!(first.code, Some(0), "{first:?}");
    let last = stage.run();
    assert_eq!(last.code, Some(0), "{last:?}");
    stage.assert_as_without_faults("stood still");
}

/// Stopped before it had claimed the ledger, it is not in anybody's way: the second one does all the work, and what the
/// first one does after it woke up is to find nothing left.
pub fn one_that_stands_still_while_connecting_is_overtaken_and_harms_nothing(program: &Program) {
    let rule = FaultRule::new(Fault::Latency { ms: 1500 }).service(Service::Ordway).operation("customers");
    let stage = Stage::new(
        program,
        FaultPlan::seeded(1).rule(rule.when(ordway_anrok_sandbox::fault::When::First(1))),
    );
    let stage = stage.company(20);
    let first = Running::start(stage.sync());
    until("the first one connects", || stage.faults_fired() > 0);
    first.signal("-STOP");
    let second = stage.run();
    assert_eq!(second.code, Some(0), "{second:?}");
    let id = stage.ordway.all("invoices")[1]["id"].as_str().unwrap().to_owned();
    stage.ordway.edit_lines(&id, |lines| lines[0]["effective_price"] = json!("8.20")).unwrap();
    first.signal("-CONT");
    let first = first.wait();
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.count("recorded"), 0, "{first:?}");
    assert_eq!(first.count("updated"), 1, "{first:?}");
    stage.assert_as_without_faults("overtaken while connecting");
}
