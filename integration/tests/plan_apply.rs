//! Plans: made by reading only, executed word for word, refused where the world changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::ledger::{Ledger, MemoryLedger, SqliteLedger, Stream};
use ordway_anrok::plan::{PLAN_VERSION, PlanError, PlannedOperation};
use ordway_anrok::{ApplyError, Outcome, Plan, Report};
use ordway_anrok_http::Clock as _;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};
use serde_json::json;

use support::{Calls, Death, World, code, outcome};

async fn plan(world: &World) -> Plan {
    world.bridge_with(None, world.ledger.clone()).plan().await.unwrap()
}

async fn apply(world: &World, plan: &Plan) -> Report {
    world.bridge_with(None, world.ledger.clone()).apply(plan).await.unwrap()
}

async fn checkpoint(ledger: &MemoryLedger, world: &World) -> Option<jiff::Timestamp> {
    let fence = ledger.claim("s1fake/ordway", "a test", world.clock.now()).await.unwrap();
    let at = ledger.checkpoint(&fence, Stream::Invoices).await.unwrap();
    ledger.release(&fence).await.unwrap();
    at
}

/// What a sync of the same world does to Anrok, without times.
fn deeds(world: &World) -> Vec<(String, i64, i64)> {
    let all = world.anrok.history().into_iter();
    let mut deeds: Vec<_> = all.map(|t| (t.id, t.input_amount, t.tax_amount_to_collect)).collect();
    deeds.sort();
    deeds
}

#[tokio::test(start_paused = true)]
async fn planning_only_reads_and_applying_does_what_a_sync_does() {
    let (planned, synced) = (World::demo(), World::demo());
    for _ in 0..2 {
        let before = (
            planned.anrok.history().len(),
            planned.ordway.writes().len(),
            checkpoint(&planned.ledger, &planned).await,
        );
        let plan = plan(&planned).await;
        let after = (
            planned.anrok.history().len(),
            planned.ordway.writes().len(),
            checkpoint(&planned.ledger, &planned).await,
        );
        assert_eq!(before, after, "a plan only reads");
        assert!(!plan.is_empty() && plan.report.dry_run);
        let report = apply(&planned, &plan).await;
        assert_eq!(report.counts.failed, 0, "{report:#?}");
        assert_eq!(checkpoint(&planned.ledger, &planned).await, before.2, "no checkpoint moves");
        synced.sync().await;
        assert_eq!(deeds(&planned), deeds(&synced));
        let taxes = |world: &World| -> Vec<_> {
            world.ordway.all("invoices").iter().map(|i| (i["id"].clone(), i["invoice_tax"].clone())).collect()
        };
        assert_eq!(taxes(&planned), taxes(&synced));
        // What was planned is what is on record now.
        for document in plan.documents.iter().filter(|d| d.ends_with(PlannedOperation::Record)) {
            let there = support::chain::at_anrok(&planned, &document.key);
            let tax: i64 = there.iter().map(|t| t.tax_amount_to_collect).sum();
            assert_eq!(Some(tax), document.tax_after, "{document}");
        }
        planned.check_chains().await;
        for world in [&planned, &synced] {
            Demo::second_act(&world.ordway, &world.anrok).ok();
        }
    }
    planned.check().await;
}

trait Ends {
    fn ends_with(&self, operation: PlannedOperation) -> bool;
}

impl Ends for ordway_anrok::plan::PlannedDocument {
    fn ends_with(&self, operation: PlannedOperation) -> bool {
        self.calls.last().is_some_and(|call| call.operation == operation)
    }
}

#[tokio::test(start_paused = true)]
async fn a_credit_is_planned_after_its_invoice() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let credit = world.ordway.credit_invoice("INV-1", "10").unwrap()["id"].as_str().unwrap().to_owned();
    let plan = plan(&world).await;
    let keys: Vec<&str> = plan.documents.iter().map(|document| document.key.id.as_str()).collect();
    assert_eq!(keys, ["INV-1", &credit]);
    let totals = plan.totals();
    assert_eq!((totals["USD"].amount_before, totals["USD"].amount_after), (0, 9_000));
    assert!(plan.to_string().contains("createOrUpdate") && plan.rows().len() == 2, "{plan}");
    let report = apply(&world, &plan).await;
    assert_eq!((report.counts.recorded, report.counts.credited), (1, 1), "{report:#?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_of_a_held_invoice_is_not_planned() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = serde_json::Value::Null).unwrap();
    world.ordway.credit_invoice("INV-1", "10").unwrap();
    let plan = plan(&world).await;
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.report.counts.held, 2, "{:#?}", plan.report);
}

#[tokio::test(start_paused = true)]
async fn each_step_is_refused_where_its_document_changed() {
    let world = World::small();
    for id in ["INV-1", "INV-2", "INV-3", "INV-4"] {
        world.invoice(id, if id == "INV-4" { "Draft" } else { "Posted" }, "100.00");
    }
    world.invoice("INV-5", "Draft", "50.00");
    let plan = plan(&world).await;
    assert_eq!(plan.documents.len(), 5);
    let price = |lines: &mut Vec<serde_json::Value>| lines[0]["effective_price"] = json!("90.00");
    world.ordway.edit_lines("INV-1", price).unwrap();
    world.ordway.reverse_invoice("INV-2", "2026-03-10").unwrap();
    world.ordway.edit_lines("INV-4", price).unwrap();
    world.ordway.remove("invoices", "INV-5");
    let report = apply(&world, &plan).await;
    for id in ["INV-1", "INV-2", "INV-4", "INV-5"] {
        assert_eq!(
            (outcome(&report, id).as_str(), code(&report, id).as_str()),
            ("held", "plan-outdated"),
            "{report:#?}"
        );
    }
    assert_eq!(outcome(&report, "INV-3"), "recorded");
    assert_eq!(world.anrok.transactions().len(), 1);
    assert!(world.ordway.writes().is_empty());
    // Nothing of the refusals is remembered.
    assert!(world.sync().await.is_settled());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_step_is_refused_where_the_record_changed() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("90.00")).unwrap();
    let plan = plan(&world).await;
    // Somebody syncs and edits back and forth meanwhile.
    world.sync().await;
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("80.00")).unwrap();
    world.sync().await;
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("90.00")).unwrap();
    let history = world.anrok.history().len();
    let report = apply(&world, &plan).await;
    assert_eq!(code(&report, "INV-1"), "plan-outdated", "{report:#?}");
    assert_eq!(world.anrok.history().len(), history);
}

#[tokio::test(start_paused = true)]
async fn a_draft_whose_tax_is_another_now_is_refused() {
    let world = World::small();
    world.invoice("INV-1", "Draft", "100.00");
    let plan = plan(&world).await;
    // The category of the product is another one now.
    world.anrok.add_product("P-1", "nonTaxable");
    let report = apply(&world, &plan).await;
    assert_eq!(code(&report, "INV-1"), "plan-outdated", "{report:#?}");
    assert!(
        report.documents.first().unwrap().reason.as_deref().unwrap().contains("0.00 tax now"),
        "{report:#?}"
    );
    assert!(world.ordway.writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_plan_goes_on_where_it_was_cut() {
    for death in [Death::Before, Death::After] {
        for n in 1..14 {
            let world = World::small();
            world
                .ordway
                .invoice("C-1")
                .id("INV-1")
                .date("2026-02-10")
                .status("Posted")
                .line(ordway_anrok_sandbox::ordway::Line::new("P-1", "100.00"))
                .create()
                .unwrap();
            world.sync().await;
            world.anrok.freeze_month("2026-02");
            world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("90.00")).unwrap();
            world.invoice("INV-2", "Posted", "10.00");
            world.invoice("INV-3", "Draft", "10.00");
            let plan = plan(&world).await;
            world.watch.die_at(n, death);
            let bridge = world.bridge_with(None, world.ledger.clone());
            tokio::select! {
                report = bridge.apply(&plan) => drop(report.unwrap()),
                () = world.watch.died() => {}
            }
            drop(bridge);
            world.watch.live_on();
            world.ledger.end_claims();
            let report = apply(&world, &plan).await;
            assert!(report.is_settled(), "dead at call {n} ({death:?}): {plan} {report:#?}");
            let calls = Calls::of(&world);
            assert!(apply(&world, &plan).await.is_settled());
            assert_eq!(Calls::of(&world).since(&calls).effects(), 0, "all of it is recognised as done");
            world.check().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_ridden_out_while_applying() {
    let world = World::demo();
    let plan = plan(&world).await;
    let rule = FaultRule::new(Fault::ResetAfter).service(Service::Anrok).when(When::OncePerCall);
    let faults = world.faults(FaultPlan::seeded(3).rule(rule));
    let report = world.bridge_with(Some(&faults), world.ledger.clone()).apply(&plan).await.unwrap();
    assert_eq!((report.counts.failed, report.counts.held), (0, 0), "{report:#?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn plans_are_files_without_personal_data_and_bound_to_accounts_and_ledger() {
    let world = World::demo();
    let plan = plan(&world).await;
    let text = plan.to_json();
    assert_eq!(Plan::from_json(&text).unwrap(), plan);
    for customer in world.ordway.all("customers") {
        let name = customer["name"].as_str().unwrap();
        assert!(!text.contains(name), "{name} stands in the plan");
    }
    for contact in world.ordway.all("invoices").iter().map(|invoice| &invoice["billing_contact"]) {
        let street = contact["address1"].as_str().unwrap_or_default();
        assert!(street.len() < 4 || !text.contains(street), "{street} stands in the plan");
    }
    let refused = |error: Result<Report, ApplyError>| match error {
        Err(ApplyError::Plan(error)) => error,
        other => panic!("{other:?}"),
    };
    let bridge = world.bridge_with(None, world.ledger.clone());
    // Edited by hand.
    let mut edited = plan.clone();
    edited.documents[0].calls[0].amount += 1;
    assert!(matches!(refused(bridge.apply(&edited).await), PlanError::Damaged { .. }));
    // Another ledger.
    let folder = tempfile::tempdir().unwrap();
    let other = world.bridge_with(None, SqliteLedger::open(folder.path().join("other.db")).unwrap());
    assert_eq!(refused(other.apply(&plan).await), PlanError::OtherLedger);
    // Another prefix is another stream.
    let mut prefixed = world.clone();
    prefixed.settings.rules.prefix = ordway_anrok::map::transaction_id::IdPrefix::new("acme").unwrap();
    let other = prefixed.bridge_with(None, world.ledger.clone());
    assert!(matches!(refused(other.apply(&plan).await), PlanError::OtherAccounts { .. }));
    // A later version, and no plan at all.
    let later = text.replacen(&format!("\"version\": {PLAN_VERSION}"), "\"version\": 99, \"new\": 1", 1);
    assert_eq!(Plan::from_json(&later), Err(PlanError::Newer { found: 99, known: PLAN_VERSION }));
    for damaged in ["", "{}", "[1]", &text[..text.len() / 2]] {
        let error = Plan::from_json(damaged).unwrap_err();
        assert!(error.to_string().contains("Plan again"), "{error}");
    }
    assert!(world.anrok.history().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_the_report_of_a_plan() {
    let mut world = World::demo();
    let plan = plan(&world).await;
    world.settings.dry_run = true;
    let dry = world.sync().await;
    assert_eq!(dry.documents, plan.report.documents);
    let planned = dry.documents.iter().filter(|document| document.outcome == Outcome::Planned).count();
    assert!(planned > 0 && world.anrok.history().is_empty());
    assert!(world.ordway.writes().is_empty());
    world.pass(Duration::from_secs(1)).await;
}
