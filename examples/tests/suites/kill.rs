//! `kill -9` of the real program, 200 times at random moments, with faults on the way to both services.
//!
//! `KILLS=1000` kills more often, `KILL_SEED=7` begins elsewhere.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::time::{Duration, Instant};

use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_http::Chance;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, When};

use crate::support::{Program, Running, Stage};

/// Resets before and after the effect, 429, 5xx, cut answers: some of a hundred calls each.
fn weather(seed: u64) -> FaultPlan {
    let kinds = [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TooManyRequests { retry_after: Some("1".to_owned()) },
        Fault::Status { status: 503, acted: false },
        Fault::Status { status: 502, acted: true },
        Fault::Truncate { at: 40 },
    ];
    let plan = FaultPlan::seeded(seed);
    let slow = FaultRule::new(Fault::Latency { ms: 15 }).when(When::PerMille(300));
    kinds
        .into_iter()
        .fold(plan.rule(slow), |plan, fault| plan.rule(FaultRule::new(fault).when(When::PerMille(12))))
}

#[allow(clippy::disallowed_methods)] // a program outside is waited for: real time
pub fn kills_leave_what_a_run_without_faults_leaves(program: &Program, kills: u64, seed: u64) {
    let chance = Chance::seeded(seed);
    let stage = Stage::over_weeks(program, weather(seed)).company(40);
    let begun = Instant::now();
    let (mut killed, mut early) = (0, 0);
    while killed < kills {
        for _ in 0..chance.u64() % 4 {
            stage.act(&chance);
        }
        let mut running = Running::start(stage.sync());
        let longest = if chance.u64().is_multiple_of(3) { 900_000 } else { 250_000 };
        std::thread::sleep(Duration::from_micros(chance.u64() % longest));
        // A run that was quicker than its killer is one more run, not a kill.
        if running.has_ended() {
            early += 1;
            let ended = running.wait();
            assert!(ended.code.is_some_and(|code| code < 2), "after {killed} kills: {ended:?}");
            assert!(early < 20 * kills, "the program is never caught");
            // More work, so that the next one takes longer.
            (0..4).for_each(|number| drop(stage.invoice(number)));
            continue;
        }
        running.kill();
        killed += 1;
        if killed % 20 == 0 {
            // Reads and checks the whole file.
            drop(
                SqliteLedger::open(stage.ledger())
                    .unwrap_or_else(|error| panic!("after {killed} kills: {error}")),
            );
            eprintln!("{killed} kills, {early} runs ended before theirs, {} s", begun.elapsed().as_secs());
        }
    }
    stage.calm();
    let ended = stage.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    stage.assert_as_without_faults(&format!("seed {seed}, {kills} kills"));
    let again = stage.run();
    assert_eq!(again.code, Some(0), "{again:?}");
    let settled = again.report();
    assert_eq!(
        settled["documents"].as_array().map(Vec::len),
        Some(0),
        "a further run does nothing: {settled}"
    );
    assert_eq!(settled["requests"]["anrok"], 0, "{settled}");
    eprintln!(
        "{} invoices, {} faults, {} transactions in {} s",
        stage.ordway.count("invoices"),
        stage.faults_fired(),
        stage.anrok.transactions().len(),
        begun.elapsed().as_secs()
    );
}
