//! Drafts while Anrok is down: held by default; stand-ins where the policy allows them, tracked and trued up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use ordway_anrok::ledger::{EntryFilter, Ledger as _, PlaceholderKind};
use ordway_anrok::{DocumentReport, OutageAction, OutagePolicy, OutageRule, Report, WriteBack};
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Faults, Service, When};
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use support::{Death, World, berlin, code, outcome};

/// Anrok is out of reach.
fn down(world: &World) -> Faults {
    world.faults(FaultPlan::seeded(1).rule(FaultRule::new(Fault::ConnectRefused).service(Service::Anrok)))
}

fn tax(world: &World, id: &str) -> String {
    world.ordway.get("invoices", id).unwrap()["invoice_tax"].as_str().unwrap().to_owned()
}

fn document(report: &Report, id: &str) -> DocumentReport {
    report.documents.iter().find(|document| document.id == id).unwrap()
}

fn zero() -> World {
    let mut world = World::small();
    world.settings.outage = OutagePolicy::always(OutageAction::ZeroPlaceholder);
    world
}

/// Total of stand-ins: documents, amount, tax.
fn exposed(report: &Report, currency: &str) -> Option<(u64, String, String)> {
    let total = report.placeholders.iter().find(|total| total.currency == currency)?;
    Some((total.documents, total.amount.clone(), total.tax.clone()))
}

async fn tracked(world: &World) -> Vec<(String, PlaceholderKind, i64)> {
    let fence = world.ledger.claim("s1fake/ordway", "the test", jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    let entries = world.ledger.entries(&fence, EntryFilter::Placeholders, None, 100).await.unwrap();
    world.ledger.release(&fence).await.unwrap();
    let stand_in = |entry: &ordway_anrok::ledger::Entry| entry.placeholder.clone().unwrap();
    entries.iter().map(|e| (e.key.id.clone(), stand_in(e).kind, stand_in(e).tax_minor)).collect()
}

#[tokio::test(start_paused = true)]
async fn by_default_drafts_are_held_and_nothing_is_written() {
    let world = World::small();
    world.invoice("INV-1", "Draft", "100.00");
    let report = world.sync_through(&down(&world)).await;
    assert_eq!((code(&report, "INV-1").as_str(), world.ordway.writes().len()), ("unavailable", 0));
    assert!(report.placeholders.is_empty() && !report.is_settled());
    assert!(world.check().await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_is_listed_in_every_run_until_the_true_tax_takes_its_place() {
    let world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.sync().await;
    let true_tax = tax(&world, "INV-1");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("200.00")).unwrap();
    world.invoice("INV-2", "Draft", "50.00");
    for run in 0..3 {
        let report = world.sync_through(&down(&world)).await;
        for id in ["INV-1", "INV-2"] {
            assert_eq!(
                (outcome(&report, id).as_str(), code(&report, id).as_str()),
                ("failed", "placeholder"),
                "{run}"
            );
            assert_eq!(document(&report, id).placeholder.as_deref(), Some("0.00"), "{report:#?}");
            assert_eq!(tax(&world, id), "0.00", "stale tax does not stay");
        }
        assert_eq!(exposed(&report, "USD"), Some((2, "250.00".into(), "0.00".into())));
        assert!(!report.is_settled());
        world.pass_the_look_back().await;
    }
    assert_eq!(tracked(&world).await.len(), 2);
    let report = world.sync().await;
    assert!(report.is_settled() && report.placeholders.is_empty(), "{report:#?}");
    assert!(
        document(&report, "INV-1")
            .warnings
            .join(" ")
            .contains("the placeholder of 0.00 USD tax was replaced")
    );
    assert_ne!(tax(&world, "INV-1"), true_tax, "the tax of the present amount");
    assert!(tracked(&world).await.is_empty());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_passes_within_the_run_leaves_no_placeholder() {
    let world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    let rule = FaultRule::new(Fault::ConnectRefused).service(Service::Anrok).when(When::First(7));
    let faults = world.faults(FaultPlan::seeded(1).rule(rule));
    let report = world.sync_through(&faults).await;
    assert_eq!(outcome(&report, "INV-1"), "written", "{report:#?}");
    assert_eq!(world.ordway.writes().len(), 1);
    assert!(report.is_settled());
}

#[tokio::test(start_paused = true)]
async fn posted_with_a_placeholder_it_is_recorded_with_its_true_tax_and_the_difference_is_named() {
    let world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.sync_through(&down(&world)).await;
    world.ordway.post_invoice("INV-1").unwrap();
    let report = world.sync_through(&down(&world)).await;
    assert_eq!(code(&report, "INV-1"), "unavailable", "recordings wait, whatever the policy");
    assert_eq!(exposed(&report, "USD"), Some((1, "100.00".into(), "0.00".into())), "still exposed");
    assert!(world.anrok.transactions().is_empty());
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    let recorded = world.anrok.transaction("ordway:INV-1").unwrap().tax_amount_to_collect;
    assert!(recorded > 0);
    let warning = document(&report, "INV-1").warnings.join("; ");
    let difference = format!("{}.{:02} USD are yours", recorded / 100, recorded % 100);
    assert!(
        warning.contains("posted with a placeholder of 0.00 USD") && warning.contains(&difference),
        "{warning}"
    );
    assert!(report.is_settled() && tracked(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_whose_true_tax_was_lost_on_the_way_is_told_all_the_same() {
    let world = zero();
    let draft = world.ordway.invoice("C-1").id("INV-1").date("2026-02-10");
    draft.line(Line::new("P-1", "100.00")).create().unwrap();
    world.sync_through(&down(&world)).await;
    world.ordway.post_invoice("INV-1").unwrap();
    let lost = FaultRule::new(Fault::ResetAfter)
        .service(Service::Anrok)
        .operation("createOrUpdate")
        .when(When::Always);
    world.sync_through(&world.faults(FaultPlan::seeded(1).rule(lost))).await;
    world.anrok.freeze_month("2026-02");
    let report = world.sync().await;
    let warnings = document(&report, "INV-1").warnings.join("; ");
    assert!(
        warnings.contains("placeholder of 0.00 USD") && warnings.contains("look it up in Anrok"),
        "{report:#?}"
    );
    assert!(tracked(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_reversed_or_deleted_takes_its_placeholder_with_it() {
    let world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Draft", "100.00");
    world.sync_through(&down(&world)).await;
    world.ordway.edit_invoice("INV-1", |invoice| invoice["status"] = json!("Reversed")).unwrap();
    world.ordway.remove("invoices", "INV-2");
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    assert!(tracked(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_known_tax_stands_in_where_place_and_customer_are_the_same() {
    let mut world = World::small();
    world.settings.outage = OutagePolicy::always(OutageAction::LastKnownTax);
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-MOVED", "Draft", "100.00");
    world.sync().await;
    let before: rust_decimal::Decimal = tax(&world, "INV-1").parse().unwrap();
    for id in ["INV-1", "INV-MOVED"] {
        world.ordway.edit_lines(id, |lines| lines[0]["effective_price"] = json!("200.00")).unwrap();
    }
    world.ordway.repair_address("INV-MOVED", &berlin()).unwrap();
    world.invoice("INV-NEW", "Draft", "10.00");
    let report = world.sync_through(&down(&world)).await;
    assert_eq!(code(&report, "INV-1"), "placeholder", "{report:#?}");
    assert_eq!(tax(&world, "INV-1").parse::<rust_decimal::Decimal>().unwrap(), before + before);
    assert_eq!(code(&report, "INV-MOVED"), "unavailable", "another place has another rate");
    assert_eq!(code(&report, "INV-NEW"), "unavailable", "nothing is known");
    let line = &world.ordway.get("invoices", "INV-1").unwrap()["line_items"][0];
    assert_eq!(line["tax_lines"][0]["name"], "Provisional tax");
    assert!(matches!(tracked(&world).await[..], [(_, PlaceholderKind::LastKnown, _)]));
    // It happened to be right. It is confirmed all the same, and written with its jurisdictions' names only if it differs.
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn amount_country_and_class_decide() {
    let mut world = World::small();
    world.settings.outage.class_field = Some("segment".to_owned());
    world.settings.outage.rules = vec![
        OutageRule::new(OutageAction::Hold).of_class("enterprise"),
        OutageRule::new(OutageAction::ZeroPlaceholder).up_to("USD", 100.into()).in_country("US"),
    ];
    world.customer("C-DE", "USD", &berlin());
    world
        .ordway
        .customer("C-BIG")
        .id("C-BIG")
        .currency("USD")
        .bill_to(support::new_york())
        .with("custom_fields", json!({"segment": "Enterprise"}))
        .create()
        .unwrap();
    let draft = |id: &str, customer: &str, price: &str| {
        world.ordway.invoice(customer).id(id).line(Line::new("P-1", price)).create().unwrap();
    };
    draft("INV-SMALL", "C-1", "100.00");
    draft("INV-LARGE", "C-1", "100.01");
    draft("INV-DE", "C-DE", "1.00");
    draft("INV-BIG", "C-BIG", "1.00");
    // The class of the invoice itself comes first.
    let line = Line::new("P-1", "1.00");
    let own = world.ordway.invoice("C-BIG").id("INV-OWN").line(line);
    own.with("custom_fields", json!({"segment": "small"})).create().unwrap();
    let report = world.sync_through(&down(&world)).await;
    let codes = ["INV-SMALL", "INV-LARGE", "INV-DE", "INV-BIG", "INV-OWN"].map(|id| code(&report, id));
    assert_eq!(
        codes,
        ["placeholder", "unavailable", "unavailable", "unavailable", "placeholder"],
        "{report:#?}"
    );
    assert!(world.check().await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn nothing_stands_in_where_nothing_is_written() {
    let mut world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.settings.dry_run = true;
    let report = world.sync_through(&down(&world)).await;
    assert_eq!(code(&report, "INV-1"), "unavailable");
    world.settings.dry_run = false;
    world.settings.write_back = WriteBack::ReportOnly;
    let report = world.sync_through(&down(&world)).await;
    assert_eq!(code(&report, "INV-1"), "unavailable");
    assert!(world.ordway.writes().is_empty() && tracked(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_placeholder_that_is_no_longer_written_over_stays_listed() {
    let mut world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.sync_through(&down(&world)).await;
    // From now on nothing is written: the zero stays on the draft, so it stays in the report.
    world.settings.write_back = WriteBack::ReportOnly;
    for _ in 0..2 {
        let report = world.sync().await;
        assert_eq!(exposed(&report, "USD"), Some((1, "100.00".into(), "0.00".into())));
        assert_eq!(code(&report, "INV-1"), "placeholder", "{report:#?}");
        assert!(!report.is_settled());
    }
    world.settings.write_back = WriteBack::Write;
    assert!(world.check().await.is_settled());
}

#[tokio::test(start_paused = true)]
async fn an_ordway_that_refuses_the_placeholder_has_none() {
    let world = zero();
    world.invoice("INV-1", "Draft", "100.00");
    world.sync().await;
    let stood = tax(&world, "INV-1");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("200.00")).unwrap();
    let refused = FaultRule::new(Fault::Status { status: 422, acted: false }).operation("PUT");
    let anrok = FaultRule::new(Fault::ConnectRefused).service(Service::Anrok);
    let faults = world.faults(FaultPlan::seeded(1).rule(anrok).rule(refused));
    let report = world.sync_through(&faults).await;
    assert_eq!(code(&report, "INV-1"), "write-refused", "{report:#?}");
    assert_eq!(tax(&world, "INV-1"), stood);
    assert!(report.placeholders.is_empty() && tracked(&world).await.is_empty());
    assert!(world.check().await.is_settled());
}

/// Killed at any call: a zero that stands on a draft is never unknown to the ledger.
#[tokio::test(start_paused = true)]
async fn a_kill_at_any_call_never_leaves_a_placeholder_untracked() {
    for death in [Death::Before, Death::After] {
        for at in 1.. {
            let world = zero();
            world.invoice("INV-1", "Draft", "100.00");
            world.sync().await;
            world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("200.00")).unwrap();
            let stale = tax(&world, "INV-1");
            world.watch.die_at(at, death);
            let faults = down(&world);
            let died = tokio::select! {
                report = world.sync_through(&faults) => { assert!(!report.is_settled()); false }
                () = world.watch.died() => true,
            };
            world.watch.live_on();
            world.ledger.end_claims();
            if tax(&world, "INV-1") != stale {
                let tracked = tracked(&world).await;
                assert!(
                    matches!(&tracked[..], [(id, PlaceholderKind::Zero, 0)] if id == "INV-1"),
                    "{at} {death:?}"
                );
            }
            let report = world.sync_through(&down(&world)).await;
            assert_eq!(
                (code(&report, "INV-1").as_str(), tax(&world, "INV-1").as_str()),
                ("placeholder", "0.00")
            );
            assert!(world.check().await.is_settled(), "{at} {death:?}");
            if !died {
                break;
            }
        }
    }
}
