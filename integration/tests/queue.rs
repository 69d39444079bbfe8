//! What is not settled: when it is tried, who sees it, how it is set aside; and the comparison of a year.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::dead_letters::{DeadLetterError, DeadLetterFilter, to_csv, to_json};
use ordway_anrok::document::DocumentKey;
use ordway_anrok::hold::Disposition;
use ordway_anrok::ledger::{Ledger as _, LedgerError, MemoryLedger, SqliteLedger};
use ordway_anrok::{Bridge, SyncError};
use ordway_anrok_http::Clock;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service};
use serde_json::json;

use support::{Calls, World, code, new_york, outcome};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn held_world() -> (World, DocumentKey) {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = json!("P-UNMAPPED")).unwrap();
    (world, DocumentKey::invoice("INV-1"))
}

fn bridge(world: &World) -> Bridge {
    world.bridge_with(None, world.ledger.clone())
}

#[tokio::test(start_paused = true)]
async fn a_sync_tries_everything_whatever_its_next_time_is() {
    let (world, _) = held_world();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "held");
    let letters = bridge(&world).dead_letters(&DeadLetterFilter::open()).await.unwrap();
    assert!(letters[0].next_attempt_at.is_some_and(|at| at > world.clock.now()));
    world.pass_the_look_back().await;
    world.invoice("INV-2", "Posted", "10.00");
    world.sync().await;
    world.pass(Duration::from_secs(700)).await;
    world.anrok.add_product("P-UNMAPPED", "saasBusiness");
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_day_of_failing_is_marked_as_late() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let mut down = FaultRule::new(Fault::Status { status: 503, acted: false });
    down.service = Some(Service::Anrok);
    let faults = world.faults(FaultPlan::seeded(1).rule(down));
    let report = world.sync_through(&faults).await;
    let late =
        |report: &ordway_anrok::Report| report.failed().map(|document| document.late).collect::<Vec<_>>();
    assert_eq!(late(&report), [false]);
    assert!(!serde_json::to_string(&report).unwrap().contains("\"late\""));
    world.pass(DAY).await;
    let report = world.sync_through(&faults).await;
    assert_eq!(late(&report), [true]);
    assert_eq!(report.failed().next().unwrap().disposition, Some(Disposition::RetryLater));
    let mut filter = DeadLetterFilter::open();
    filter.late = true;
    let letters = bridge(&world).dead_letters(&filter).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].attempts >= 2, "{letters:?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn listed_tried_set_aside_and_taken_back() {
    let (world, key) = held_world();
    world.sync().await;
    let bridge = bridge(&world);
    let letters = bridge.dead_letters(&DeadLetterFilter::open()).await.unwrap();
    assert_eq!((letters.len(), letters[0].document.clone()), (1, key.clone()));
    assert_eq!(
        (letters[0].code.as_str(), letters[0].disposition),
        ("productExternalIdUnknown", Disposition::FixData)
    );

    // Tried alone: one document, one report.
    world.invoice("INV-2", "Posted", "10.00");
    let report = bridge.retry(&key).await.unwrap();
    assert_eq!((report.documents.len(), outcome(&report, "INV-1").as_str()), (1, "held"));
    assert!(world.anrok.transaction("ordway:INV-2").is_none());

    bridge.archive(&key, Some("=never billed, says Ada")).await.unwrap();
    assert!(bridge.dead_letters(&DeadLetterFilter::open()).await.unwrap().is_empty());
    let archived = bridge.dead_letters(&DeadLetterFilter::archived()).await.unwrap();
    assert_eq!(archived[0].note.as_deref(), Some("=never billed, says Ada"));
    let (report, calls) = world.sync_counting().await;
    assert!(report.is_settled(), "neither held nor failed: {report:#?}");
    assert_eq!((report.archived, outcome(&report, "INV-1").as_str()), (1, "unchanged"));
    assert_eq!(calls.record, 1, "only INV-2 was sent");

    bridge.unarchive(&key).await.unwrap();
    let report = world.sync().await;
    assert_eq!((report.archived, outcome(&report, "INV-1").as_str()), (0, "held"));

    bridge.archive(&key, None).await.unwrap();
    world.anrok.add_product("P-UNMAPPED", "saasBusiness");
    assert_eq!(outcome(&world.sync().await, "INV-1"), "unchanged", "what is set aside is not tried");
    let report = bridge.retry(&key).await.unwrap();
    assert_eq!(outcome(&report, "INV-1"), "recorded", "asking for it takes it back");
    assert!(bridge.dead_letters(&DeadLetterFilter::archived()).await.unwrap().is_empty());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_comes_back_when_its_inputs_change_and_not_before() {
    let (world, key) = held_world();
    world.sync().await;
    bridge(&world).archive(&key, None).await.unwrap();
    world.pass(Duration::from_secs(60)).await;
    world.ordway.edit_invoice("INV-1", |invoice| invoice["notes"] = json!("call them")).unwrap();
    world.ordway.touch("invoices", "INV-1").unwrap();
    let report = world.sync().await;
    assert_eq!((report.archived, report.counts.held), (1, 0), "a note is no change");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("90.00")).unwrap();
    let report = world.sync().await;
    assert_eq!((report.archived, outcome(&report, "INV-1").as_str()), (0, "held"), "an amount is");
}

#[tokio::test(start_paused = true)]
async fn only_what_is_open_can_be_set_aside() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    let bridge = bridge(&world);
    for id in ["INV-1", "INV-NONE"] {
        let refused = bridge.archive(&DocumentKey::invoice(id), None).await;
        assert!(matches!(refused, Err(DeadLetterError::NotOpen(_))), "{refused:?}");
        assert!(bridge.unarchive(&DocumentKey::invoice(id)).await.is_err());
    }
    let report = bridge.retry(&DocumentKey::invoice("INV-NONE")).await.unwrap();
    assert!(report.is_settled() && report.documents.is_empty());
}

#[tokio::test(start_paused = true)]
async fn exports_are_whole_and_safe() {
    let (world, key) = held_world();
    world.customer("C-9", "USD", &new_york());
    world.sync().await;
    let bridge = bridge(&world);
    bridge.archive(&key, Some("=1+1, \"quoted\"")).await.unwrap();
    let letters = bridge.dead_letters(&DeadLetterFilter::archived()).await.unwrap();
    let csv = to_csv(&letters);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.starts_with("document_kind,document,problem,code,reason,remedy,disposition,attempts,"));
    assert!(csv.contains("\"'=1+1, \"\"quoted\"\"\""), "{csv}");
    let json: Vec<ordway_anrok::dead_letters::DeadLetter> = serde_json::from_str(&to_json(&letters)).unwrap();
    assert_eq!(json, letters);
}

#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_read_beside_a_claim_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (world, key) = held_world();
    let owner = world.bridge_with(None, SqliteLedger::open(&path).unwrap());
    owner.sync().await.unwrap();
    owner.archive(&key, Some("later")).await.unwrap();
    // Another handle, as another process has it, while the first one holds the claim.
    let holding = SqliteLedger::open(&path).unwrap();
    let stream = format!("{}/ordway", owner.anrok().seller_id());
    drop(owner);
    let fence = holding.claim(&stream, "the sync", world.clock.now()).await.unwrap();
    let reader = world.bridge_with(None, SqliteLedger::open(&path).unwrap());
    let letters = reader.dead_letters(&DeadLetterFilter::archived()).await.unwrap();
    assert_eq!(letters[0].note.as_deref(), Some("later"));
    let refused = reader.unarchive(&key).await;
    assert!(
        matches!(&refused, Err(DeadLetterError::Ledger(LedgerError::InUse { holder })) if holder == "the sync"),
        "{refused:?}"
    );
    let refused = reader.retry(&key).await;
    assert!(matches!(refused, Err(SyncError::Ledger { source: LedgerError::InUse { .. }, .. })));
    holding.release(&fence).await.unwrap();
}

/// A row whose `updated_date` is older than the look-back: committed late in Ordway.
fn commit_late(world: &World, id: &str, age: Duration) {
    world.invoice(id, "Posted", "50.00");
    let long_ago = world.clock.now().checked_sub(age).unwrap().to_string();
    let mut record = world.ordway.get("invoices", id).unwrap();
    record["id"] = json!(format!("{id}-LATE"));
    record["updated_date"] = json!(long_ago);
    world.ordway.insert("invoices", record);
}

#[tokio::test(start_paused = true)]
async fn a_late_commit_is_found_by_the_comparison_of_a_year() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.pass(DAY).await;
    commit_late(&world, "INV-2", Duration::from_secs(30 * 3600));
    let on_record = || world.anrok.transaction("ordway:INV-2-LATE").is_some();
    world.pass(Duration::from_secs(1)).await;
    world.sync().await;
    assert!(!on_record(), "older than the look-back");
    world.pass(DAY * 5).await;
    world.sync().await;
    assert!(!on_record(), "not yet a week");
    world.pass(DAY * 2).await;
    let (_, calls) = world.sync_counting().await;
    assert!(on_record());
    // What is unchanged costs no call; the other one asks what others changed.
    assert_eq!((calls.record, calls.anrok_other, calls.anrok()), (1, 1, 2));
    let (_, calls) = world.sync_counting().await;
    assert_eq!(calls.effects(), 0);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn it_can_be_asked_for_and_goes_on_where_it_was_broken_off() {
    let mut world = World::small();
    world.ordway.reconfigure(|config| config.page_cap = 2);
    for n in 1..=9 {
        world.invoice(&format!("INV-{n}"), "Posted", "10.00");
        world.pass(Duration::from_secs(60)).await;
    }
    world.sync().await;
    world.pass(DAY).await;
    commit_late(&world, "INV-X", Duration::from_secs(30 * 3600));
    world.sync().await;
    assert!(world.anrok.transaction("ordway:INV-X-LATE").is_none());
    world.settings.full_compare = Some(Duration::ZERO);
    let before = Calls::of(&world);
    let report = world.sync().await;
    assert!(report.is_settled());
    assert!(world.anrok.transaction("ordway:INV-X-LATE").is_some());
    let whole = Calls::of(&world).since(&before);

    // Broken off by the process's end in the middle of its pages, it goes on with a later page.
    world.watch.die_at(u64::try_from(whole.list).unwrap() - 4, support::Death::Before);
    let bridge = world.bridge_with(None, world.ledger.clone());
    tokio::select! {
        ended = bridge.sync() => panic!("{ended:?}"),
        () = world.watch.died() => {}
    }
    drop(bridge);
    world.watch.live_on();
    world.ledger.end_claims();
    let before = Calls::of(&world);
    world.sync().await;
    let rest = Calls::of(&world).since(&before);
    assert!(rest.list < whole.list, "{rest:?} of {whole:?}");
    world.settings.full_compare = None;
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stays_so_and_says_where() {
    let world = World::small();
    world.invoice("INV-0", "Posted", "1.00");
    world.invoice("INV-1", "Posted", "100.00");
    let odd = |invoice: &mut serde_json::Value| invoice["line_items"][0]["quantity"] = json!("lots");
    world.ordway.edit_invoice("INV-1", odd).unwrap();
    for run in 0..3 {
        let report = world.sync().await;
        let held = report.held().next().unwrap_or_else(|| panic!("run {run}: {report:#?}"));
        assert_eq!(held.code.as_deref(), Some("unreadable"), "run {run}");
        let reason = held.reason.unwrap();
        assert!(reason.contains("at line_items[0].quantity"), "{reason}");
        world.pass(DAY).await;
    }
    world.ordway.edit_invoice("INV-1", |invoice| invoice["line_items"][0]["quantity"] = json!(1.0)).unwrap();
    assert!(world.sync().await.is_settled());
    world.check().await;
}

/// Lists do not show what was deleted: what is on record, and in no list of the whole year, is.
#[tokio::test(start_paused = true)]
async fn what_was_deleted_after_it_was_recorded_is_found_by_the_comparison() {
    let mut world = World::small();
    for id in ["INV-1", "INV-2"] {
        world.invoice(id, "Posted", "100.00");
    }
    world.sync().await;
    world.pass(DAY).await;
    let record = world.ordway.get("invoices", "INV-1").unwrap();
    world.ordway.remove("invoices", "INV-1");
    assert!(world.sync().await.is_settled(), "nothing tells");
    world.settings.full_compare = Some(DAY);
    let report = world.sync().await;
    assert_eq!((code(&report, "INV-1").as_str(), report.held().count()), ("deleted", 1), "{report:#?}");
    // It was a mistake and comes back.
    world.pass(DAY * 2).await;
    world.ordway.insert("invoices", record);
    let (report, calls) = world.sync_counting().await;
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!((calls.record, world.anrok.transactions().len()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_comparison_dated_in_the_future_is_due() {
    let mut world = World::small();
    world.settings.full_compare = Some(DAY);
    world.invoice("INV-1", "Posted", "100.00");
    world.skew_by(jiff::SignedDuration::from_hours(24 * 300));
    world.sync().await;
    world.skew_by(jiff::SignedDuration::ZERO);
    world.pass(DAY).await;
    commit_late(&world, "INV-2", DAY * 3);
    world.sync().await;
    assert!(world.anrok.transaction("ordway:INV-2-LATE").is_some());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_and_nobody_compare_by_the_calendar() {
    let mut world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.pass(DAY * 30).await;
    commit_late(&world, "INV-2", DAY * 31);
    world.settings.full_compare = None;
    world.sync().await;
    assert!(world.anrok.transaction("ordway:INV-2-LATE").is_none());
    world.settings.full_compare = Some(DAY);
    world.settings.dry_run = true;
    let bridge = world.bridge_with(None, MemoryLedger::new());
    bridge.sync().await.unwrap();
    assert_eq!(code(&bridge.sync().await.unwrap(), "INV-1"), "");
}
