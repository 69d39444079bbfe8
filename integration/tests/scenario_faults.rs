//! Every fault alone, at every call; whole outages; strange answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::{Bridge, Report};
use ordway_anrok_http::Clock;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};

use support::World;

/// Everything that a single call may meet and that passes.
fn passing() -> Vec<Fault> {
    let mut faults = vec![
        Fault::TooManyRequests { retry_after: Some("1".to_owned()) },
        Fault::TooManyRequests { retry_after: None },
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TimeoutAfter,
        Fault::ConnectRefused,
        Fault::HtmlPage { acted: false },
        Fault::HtmlPage { acted: true },
        Fault::ExternalServiceError,
        Fault::Latency { ms: 700 },
        Fault::Latency { ms: 31_000 },
    ];
    for status in [500, 502, 503, 504] {
        for acted in [false, true] {
            faults.push(Fault::Status { status, acted });
        }
    }
    faults.extend([0, 1, 2, 17, 200, 100_000].map(|at| Fault::Truncate { at }));
    faults
}

/// Both acts of the demo with this rule at work; the second one must end with nothing left.
async fn both_acts(world: &World, rule: &FaultRule) {
    let plan = || world.faults(FaultPlan::seeded(world.seed).rule(rule.clone()));
    let faults = plan();
    let report = world.sync_through(&faults).await;
    assert_eq!((report.counts.failed, report.problems.len()), (0, 0), "{rule:?} {report:#?}");
    assert_eq!(report.counts.held, 2, "{rule:?} {report:#?}");
    assert!(!faults.fired().is_empty());
    Demo::second_act(&world.ordway, &world.anrok).unwrap();
    let report = world.sync_through(&plan()).await;
    assert!(report.is_settled(), "{rule:?} {report:#?}");
    assert!(world.check().await.is_settled(), "{rule:?}");
}

#[tokio::test(start_paused = true)]
async fn a_single_fault_of_every_call_is_ridden_out_within_the_run() {
    for fault in passing() {
        let world = World::demo();
        let mut rule = FaultRule::new(fault.clone()).when(When::OncePerCall);
        if fault == Fault::ExternalServiceError {
            rule = rule.service(Service::Anrok);
        }
        both_acts(&world, &rule).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_fault_of_every_call_is_ridden_out_at_a_pace_too() {
    for fault in [Fault::ResetAfter, Fault::TooManyRequests { retry_after: Some("2".to_owned()) }] {
        let mut world = World::demo();
        world.paced = true;
        world.anrok.configure(|config| config.rate_limit = Some(10));
        both_acts(&world, &FaultRule::new(fault).when(When::OncePerCall)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn odd_waiting_times_are_survived() {
    for word in
        ["0", "-1", "-999999999999", "Tue, 10 Mar 2026 12:00:05 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "soon"]
    {
        let fault = Fault::TooManyRequests { retry_after: Some(word.to_owned()) };
        both_acts(&World::demo(), &FaultRule::new(fault).when(When::OncePerCall)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_reason_is_not_waited_out() {
    for paced in [false, true] {
        for word in ["3600", "999999999", "99999999999999999999999"] {
            for service in [Service::Ordway, Service::Anrok] {
                let mut world = World::demo();
                world.paced = paced;
                let fault = Fault::TooManyRequests { retry_after: Some(word.to_owned()) };
                let rule = FaultRule::new(fault).service(service);
                let faults = world.faults(FaultPlan::seeded(1).rule(rule));
                ends_in_time(&world, || async { Some(world.sync_through(&faults).await) }).await;
                world.check().await;
            }
        }
    }
}

/// Under five minutes of virtual time, and not settled.
async fn ends_in_time<F: Future<Output = Option<Report>>>(world: &World, run: impl FnOnce() -> F) {
    let begun = world.clock.monotonic();
    let report = run().await;
    let took = world.clock.monotonic().saturating_sub(begun);
    assert!(took <= Duration::from_secs(300), "it took {took:?}: {report:#?}");
    if let Some(report) = report {
        assert!(!report.is_settled(), "{report:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_outage_ends_within_five_minutes_and_a_later_run_completes() {
    let kinds = [
        Fault::ConnectRefused,
        Fault::TimeoutAfter,
        Fault::Status { status: 503, acted: false },
        Fault::Status { status: 504, acted: true },
        Fault::ResetAfter,
        Fault::TooManyRequests { retry_after: None },
        Fault::HtmlPage { acted: false },
        Fault::Truncate { at: 10 },
    ];
    for (number, fault) in kinds.into_iter().enumerate() {
        for service in [Some(Service::Ordway), Some(Service::Anrok), None] {
            for after in [0, 4, 9] {
                for second in [false, true] {
                    let mut world = World::demo();
                    world.seed = u64::try_from(number).unwrap() + after;
                    if second {
                        world.sync().await;
                        Demo::second_act(&world.ordway, &world.anrok).unwrap();
                    }
                    let mut rule = FaultRule::new(fault.clone()).when(When::After(after));
                    rule.service = service;
                    let faults = world.faults(FaultPlan::seeded(1).rule(rule));
                    let case = format!("{fault:?} {service:?} {after} {second}");
                    ends_in_time(&world, || async {
                        // As the program does it: connect, then sync.
                        let (ordway, anrok) = world.clients(Some(&faults));
                        let bridge = Bridge::builder(ordway, anrok).ledger(world.ledger.clone());
                        let bridge = bridge.clock(std::sync::Arc::new(world.clock.clone()));
                        match bridge.settings(world.settings.clone()).connect().await {
                            Ok(bridge) => Some(bridge.sync().await.unwrap()),
                            Err(error) => {
                                let garbled = matches!(fault, Fault::Truncate { .. });
                                assert!(garbled || error.is_worth_retrying_later(), "{case}: {error}");
                                None
                            }
                        }
                    })
                    .await;
                    ends_in_time(&world, || async { Some(world.sync_through(&faults).await) }).await;
                    world.check().await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_one_operation_is_told_and_made_good() {
    for operation in [
        "GET /api/v1/customers",
        "GET /api/v1/invoices",
        "GET /api/v1/credits",
        "GET /api/v1/invoices/INV",
        "PUT",
        "createEphemeral",
        "createOrUpdate",
    ] {
        for fault in [Fault::ResetBefore, Fault::Status { status: 503, acted: false }] {
            let world = World::demo();
            let faults = world.faults(FaultPlan::seeded(1).rule(FaultRule::new(fault).operation(operation)));
            let begun = world.clock.monotonic();
            let report = world.sync_through(&faults).await;
            let took = world.clock.monotonic().saturating_sub(begun);
            assert!(took <= Duration::from_secs(300), "{operation}: {took:?}");
            assert!(report.counts.failed > 0 || !report.problems.is_empty(), "{operation}: {report:#?}");
            world.check().await;
            Demo::second_act(&world.ordway, &world.anrok).unwrap();
            world.sync_through(&faults).await;
            assert!(world.check().await.is_settled());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_could_not_be_read_is_not_hidden_by_one_that_could() {
    let world = World::demo();
    let down = |operation: &str, when| {
        FaultRule::new(Fault::Status { status: 503, acted: false }).operation(operation).when(when)
    };
    // Both lists fail for three rounds; in the last one only the credits come back.
    let plan = FaultPlan::seeded(1)
        .rule(down("GET /api/v1/invoices", When::Always))
        .rule(down("GET /api/v1/credits", When::Between { from_ms: 0, to_ms: 15_000 }));
    let report = world.sync_through(&world.faults(plan)).await;
    assert!(!report.is_settled(), "{report:#?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn answers_cut_at_any_byte_never_count_as_success() {
    let world = World::small();
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Posted", "100.00");
    for at in (0..400).step_by(23) {
        let faults = world.always(Fault::Truncate { at });
        let report = world.sync_through(&faults).await;
        assert!(!report.is_settled(), "cut at {at}: {report:#?}");
    }
    assert!(world.check().await.is_settled());
}
