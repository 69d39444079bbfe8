//! How a run begins, what ends it early, and what it leaves alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::{Bridge, SyncError, WriteBack};
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};

use support::{Calls, World, outcome};

#[tokio::test(start_paused = true)]
async fn wrong_credentials_stop_at_once() {
    let world = World::demo();
    let (ordway, anrok) = world.clients(None);
    world.ordway.reconfigure(|config| config.user_token = "another".to_owned());
    let bridge = || Bridge::builder(ordway.clone(), anrok.clone()).settings(world.settings.clone());
    let error = bridge().connect().await.unwrap_err();
    assert_eq!(error.service(), "ordway");
    let said = error.to_string();
    let right =
        ["user e-mail or user token", "ORDWAY_USER_TOKEN"].into_iter().all(|text| said.contains(text));
    assert!(right && !said.contains("ORDWAY_COMPANY"), "{said}");
    assert_eq!(world.ordway.requests_served(), 1, "no repeated tries");
    assert!(matches!(bridge().unchecked().sync().await, Err(SyncError::Refused { .. })));
    assert_eq!((world.ordway.requests_served(), world.anrok.request_log().len()), (2, 0));

    let world = World::demo();
    let (ordway, anrok) = world.clients(None);
    world.anrok.revoke_api_key();
    let bridge = Bridge::builder(ordway, anrok).settings(world.settings.clone());
    let error = bridge.connect().await.unwrap_err();
    assert_eq!((error.service(), world.anrok.request_log().len()), ("anrok", 1));
    assert!(world.ordway.writes().is_empty() && world.anrok.transactions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_revoked_midway_stops_the_run_and_loses_nothing() {
    for (service, after) in [(Service::Anrok, 5), (Service::Ordway, 4), (Service::Ordway, 9)] {
        let world = World::demo();
        let rule = FaultRule::new(Fault::Unauthorized).service(service).when(When::After(after));
        let faults = world.faults(FaultPlan::seeded(1).rule(rule));
        let error = world.try_sync(Some(&faults)).await.unwrap_err();
        let SyncError::Refused { report, .. } = &error else { panic!("{error:?}") };
        assert!(!report.is_settled());
        let refused = faults.fired().len();
        assert!(refused <= world.settings.in_flight, "{refused} tries");
        world.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_in_use_is_named() {
    let world = World::demo();
    let slow = world.always(Fault::Latency { ms: 1000 });
    let first = world.bridge_with(Some(&slow), world.ledger.clone());
    let second = world.bridge_with(None, world.ledger.clone());
    let served = || (world.ordway.requests_served(), world.anrok.requests_served());
    let (one, other) = tokio::join!(first.sync(), async {
        world.pass(Duration::from_secs(2)).await;
        let before = served();
        let other = second.sync().await;
        assert_eq!(before, served(), "not a single request");
        other
    });
    assert_eq!(one.unwrap().counts.failed, 0);
    let error = other.unwrap_err().to_string();
    assert!(error.contains("in use by another process"), "{error}");
    second.sync().await.unwrap();
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_process_whose_claim_was_taken_over_sends_nothing_more() {
    let world = World::demo();
    let slow = world.always(Fault::Latency { ms: 1000 });
    let first = world.bridge_with(Some(&slow), world.ledger.clone());
    let (one, _) = tokio::join!(first.sync(), async {
        world.pass(Duration::from_millis(4500)).await;
        world.ledger.end_claims();
        world.sync().await
    });
    let error = one.unwrap_err();
    assert!(matches!(error, SyncError::Ledger { .. }), "{error}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_anywhere() {
    let mut world = World::demo();
    world.settings.dry_run = true;
    let report = world.sync().await;
    assert!(report.dry_run && report.documents.len() > 10);
    assert_eq!(report.counts.failed, 0, "{report:#?}");
    let calls = Calls::of(&world);
    assert_eq!((calls.record, calls.void, calls.negate, calls.write), (0, 0, 0, 0));
    world.settings.dry_run = false;
    world.check().await;
    Demo::second_act(&world.ordway, &world.anrok).unwrap();
    world.settings.dry_run = true;
    let before = Calls::of(&world);
    let first = world.sync().await;
    let again = world.sync().await;
    let calls = Calls::of(&world).since(&before);
    assert_eq!((calls.record, calls.void, calls.negate, calls.write), (0, 0, 0, 0));
    assert_eq!((first.counts, &first.documents), (again.counts, &again.documents), "and remembers nothing");
    world.settings.dry_run = false;
    assert!(world.check().await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn premium_calls_may_be_off() {
    let world = World::demo();
    world.anrok.configure(|config| {
        config.list_transactions_enabled = false;
        config.list_filings_enabled = false;
        config.tax_id_validation_enabled = false;
        config.certificate_requests_enabled = false;
    });
    let (ordway, anrok) = world.clients(None);
    let bridge = Bridge::builder(ordway, anrok).ledger(world.ledger.clone()).connect().await.unwrap();
    bridge.sync().await.unwrap();
    Demo::second_act(&world.ordway, &world.anrok).unwrap();
    assert!(world.check().await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_says_so() {
    let world = World::demo();
    let bridge = world.bridge_with(None, world.ledger.clone());
    let canceller = bridge.canceller();
    world.watch.hook(move |seen| {
        if seen.number == 8 {
            canceller.cancel();
        }
    });
    let report = bridge.sync().await.unwrap();
    assert!(!report.is_settled(), "{report:#?}");
    world.watch.unhook();
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_per_run() {
    let world = World::demo();
    let bridge = world.bridge_with(None, world.ledger.clone());
    let mut sum = (0, 0);
    for _ in 0..3 {
        let report = bridge.sync().await.unwrap();
        sum = (sum.0 + report.requests.ordway, sum.1 + report.requests.anrok);
    }
    let logged = u64::try_from(world.anrok.request_log().len()).unwrap();
    assert_eq!(sum, (world.ordway.requests_served(), logged));
}

#[tokio::test(start_paused = true)]
async fn report_only_writes_nothing_to_drafts() {
    let mut world = World::small();
    world.settings.write_back = WriteBack::ReportOnly;
    world.invoice("INV-1", "Draft", "100.00");
    let report = world.sync().await;
    assert_eq!((outcome(&report, "INV-1").as_str(), report.counts.calculated), ("calculated", 1));
    let (_, calls) = world.sync_counting().await;
    assert_eq!((calls.effects(), world.ordway.writes().len()), (0, 0));
    world.settings.write_back = WriteBack::Write;
    world.ordway.touch("invoices", "INV-1").unwrap();
    world.check().await;
}
