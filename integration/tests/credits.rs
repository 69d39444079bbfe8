//! Credits and the invoices they belong to: never more back than was recorded, whoever brings them and however many
//! invoices they are spread over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::sync::Arc;
use std::time::Duration;

use ordway_anrok::document::DocumentKey;
use ordway_anrok::{Bridge, FrozenPolicy, Intake, Outcome, WatchSettings};
use ordway_anrok_sandbox::anrok::TransactionState;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use support::chain::at_anrok;
use support::{World, code, outcome};

#[tokio::test(start_paused = true)]
async fn credits_never_take_back_more_than_was_recorded() {
    for in_flight in [1, 16] {
        let mut world = World::small();
        world.settings.in_flight = in_flight;
        world.invoice("INV-1", "Posted", "100.00");
        world.sync().await;
        for n in 0..4 {
            let line = Line::new("P-1", "30.00");
            let credit = world.ordway.credit("C-1").id(&format!("CR-{n}")).line(line);
            credit.with("invoices", json!([])).create().unwrap();
            world
                .ordway
                .edit("credits", &format!("CR-{n}"), |credit| {
                    credit["invoices"] = json!([{"id": "INV-1", "amount_applied": "30.00"}]);
                })
                .unwrap();
        }
        let report = world.sync().await;
        assert_eq!((report.counts.credited, report.counts.held), (3, 1), "{report:#?}");
        let held = report.held().next().unwrap();
        assert_eq!(held.code.as_deref(), Some("credits-exceed"));
        assert!(held.reason.as_deref().unwrap().contains("100.00 USD recorded, 90.00 credited"), "{held:?}");
        // One is reversed: there is room for the other.
        let credited = (0..4).map(|n| format!("CR-{n}")).find(|id| *id != held.id).unwrap();
        world.ordway.reverse_credit(&credited, "2026-03-10").unwrap();
        world.sync().await;
        assert!(world.sync().await.is_settled());
        world.check_chains().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_credit_of_what_was_not_sold_is_recorded_and_told() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    for (id, product, told) in [("CR-1", "P-1", false), ("CR-2", "P-2", true)] {
        let credit = world.ordway.credit("C-1").id(id).line(Line::new(product, "30.00"));
        credit.apply_to("INV-1", "30.00").create().unwrap();
        let report = world.sync().await;
        let credit = report.documents.iter().find(|document| document.id == id).unwrap();
        let warned = credit
            .warnings
            .iter()
            .any(|w| w.contains("30.00 of P-2, of which 0.00 USD is on record for INV-1"));
        assert_eq!((credit.outcome, warned), (Outcome::Credited, told), "{report:#?}");
        assert!(world.sync().await.documents.is_empty(), "it is told once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credit_of_an_invoice_that_never_counted_is_outside_tax() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let credit = world.ordway.credit_invoice("INV-1", "10").unwrap();
    let credit = credit["id"].as_str().unwrap().to_owned();
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Reversed")).unwrap();
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    let told = report.documents.iter().find(|document| document.id == credit).unwrap();
    assert_eq!((told.outcome, told.code.as_deref()), (Outcome::Outside, Some("nothing-to-credit")));
    assert!(told.reason.as_deref().unwrap().contains("outside tax"));
    assert!(world.anrok.transactions().is_empty());
    // It is posted again: the credit follows.
    world.pass_the_look_back().await;
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Posted")).unwrap();
    let report = world.sync().await;
    assert_eq!((report.counts.recorded, report.counts.credited), (1, 1), "{report:#?}");
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn credits_that_webhooks_bring_at_once_wait_for_one_another() {
    let mut world = World::small();
    world.settings.look_back = Duration::ZERO;
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    let slow = FaultRule::new(Fault::Latency { ms: 300 }).when(When::Always);
    let (ordway, anrok) = world.clients(Some(&world.faults(FaultPlan::seeded(1).rule(slow))));
    let builder = Bridge::builder(ordway, anrok)
        .ledger(support::Meddled::new(world.store(), support::Meddle::default()));
    let bridge = builder.settings(world.settings.clone()).clock(Arc::new(world.clock.clone())).unchecked();
    let intake = Intake::default();
    let mut settings = WatchSettings::default();
    settings.poll = Duration::from_secs(24 * 3600);
    let life = async {
        world.pass(Duration::from_secs(60)).await;
        for id in ["CR-1", "CR-2", "CR-3", "CR-4"] {
            let credit = world.ordway.credit("C-1").id(id).line(Line::new("P-1", "60.00"));
            credit.with("invoices", json!([])).create().unwrap();
            let applied = json!([{"id": "INV-1", "amount_applied": "60.00"}]);
            world.ordway.edit("credits", id, |credit| credit["invoices"] = applied).unwrap();
        }
        for id in ["CR-1", "CR-2", "CR-3", "CR-4"] {
            intake.hint(DocumentKey::credit(id));
        }
        world.pass(Duration::from_secs(60)).await;
        bridge.canceller().cancel();
    };
    let (report, ()) = tokio::join!(bridge.watch(&settings, &intake), life);
    let report = report.unwrap();
    assert_eq!((report.counts.credited, report.counts.held), (1, 3), "{report:#?}");
    assert_eq!(world.anrok.transactions().iter().map(|t| t.input_amount).sum::<i64>(), 4_000);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn an_invoice_that_is_reduced_below_its_credits_is_recorded_and_told() {
    for policy in [None, Some(FrozenPolicy::NegateAndRecreate), Some(FrozenPolicy::Delta)] {
        let mut world = World::small();
        world.settings.frozen = policy.unwrap_or_default();
        let invoice = world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted");
        invoice.line(Line::new("P-1", "100.00")).create().unwrap();
        world.sync().await;
        let credit = world.ordway.credit("C-1").id("CR-1").line(Line::new("P-1", "60.00"));
        credit.apply_to("INV-1", "60.00").create().unwrap();
        world.sync().await;
        if policy.is_some() {
            world.anrok.freeze_month("2026-02");
        }
        for (price, told) in [("60.00", false), ("59.00", true)] {
            world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!(price)).unwrap();
            let report = world.sync().await;
            let invoice = report.documents.iter().find(|document| document.id == "INV-1").unwrap();
            let warned = invoice
                .warnings
                .iter()
                .any(|w| w.contains("its credits (CR-1) take back 60.00, more than the 59.00"));
            assert_eq!(warned, told, "{policy:?} {price}: {invoice:?}");
        }
        assert!(world.sync().await.documents.is_empty(), "it is told once");
        world.check_chains().await;
    }
}

#[tokio::test(start_paused = true)]
async fn credits_that_outlive_their_invoice_are_told_and_those_reversed_with_it_are_not() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    for id in ["CR-1", "CR-2"] {
        let credit = world.ordway.credit("C-1").id(id).line(Line::new("P-1", "10.00"));
        credit.apply_to("INV-1", "10.00").create().unwrap();
    }
    world.sync().await;
    world.ordway.reverse_credit("CR-1", &world.today()).unwrap();
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Reversed")).unwrap();
    let report = world.sync().await;
    let warnings = report.documents.iter().find(|d| d.id == "INV-1").unwrap().warnings.join("; ");
    assert!(warnings.contains("its credits stay on record (CR-2)"), "{report:#?}");
    assert_eq!(outcome(&report, "CR-1"), "voided");
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_in_another_currency_than_its_invoice_is_held() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let credit = world.ordway.credit("C-1").id("CR-1").line(Line::new("P-1", "10.00"));
    credit.apply_to("INV-1", "10.00").create().unwrap();
    world.ordway.edit("credits", "CR-1", |credit| credit["currency"] = json!("EUR")).unwrap();
    let report = world.sync().await;
    let held = report.held().next().unwrap();
    assert_eq!(held.code.as_deref(), Some("credit-currency"), "{report:#?}");
    assert!(
        held.reason.unwrap().contains("it is in EUR, and invoice INV-1")
            && held.remedy.unwrap().contains("USD")
    );
    assert_eq!(world.anrok.transactions().len(), 1);
    world.ordway.edit("credits", "CR-1", |credit| credit["currency"] = json!("USD")).unwrap();
    assert!(world.sync().await.is_settled());
}

/// A credit over both invoices, 100.00 and 80.00; then the first is reversed, before or after it was recorded.
async fn spread(recorded_before: bool, amount: &str) -> World {
    let world = World::small();
    for (id, price) in [("INV-1", "100.00"), ("INV-2", "80.00")] {
        world.invoice(id, "Posted", price);
    }
    if recorded_before {
        world.sync().await;
    }
    world
        .ordway
        .credit("C-1")
        .id("CR-1")
        .line(Line::new("P-1", amount))
        .with("invoices", json!([]))
        .create()
        .unwrap();
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Reversed")).unwrap();
    let applied =
        json!([{"id": "INV-1", "amount_applied": "10.00"}, {"id": "INV-2", "amount_applied": "10.00"}]);
    world.ordway.edit("credits", "CR-1", |credit| credit["invoices"] = applied).unwrap();
    world
}

#[tokio::test(start_paused = true)]
async fn a_credit_of_several_invoices_counts_against_the_one_that_is_left() {
    for recorded_before in [false, true] {
        let world = spread(recorded_before, "70.00").await;
        let report = world.sync().await;
        assert_eq!(outcome(&report, "CR-1"), "credited", "recorded before {recorded_before}: {report:#?}");
        let counted: i64 = world
            .anrok
            .transactions()
            .iter()
            .filter(|t| t.state != TransactionState::Void)
            .map(|t| t.input_amount)
            .sum();
        assert_eq!(counted, 1_000);
        assert!(world.sync().await.documents.is_empty());
        world.check_chains().await;
        // What was undone gives no room.
        let world = spread(recorded_before, "81.00").await;
        assert_eq!(code(&world.sync().await, "CR-1"), "credits-exceed");
        assert!(at_anrok(&world, &DocumentKey::credit("CR-1")).is_empty());
        // The last one is undone too: there is nothing to take back.
        let world = spread(recorded_before, "70.00").await;
        world.ordway.edit("invoices", "INV-2", |invoice| invoice["status"] = json!("Reversed")).unwrap();
        let report = world.sync().await;
        assert_eq!((code(&report, "CR-1").as_str(), report.is_settled()), ("nothing-to-credit", true));
        assert_eq!(at_anrok(&world, &DocumentKey::credit("CR-1")), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_credit_whose_answer_was_lost_is_taken_back_when_its_invoice_is_undone() {
    for frozen in [false, true] {
        let world = World::small();
        let invoice = world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted");
        invoice.line(Line::new("P-1", "100.00")).create().unwrap();
        world.sync().await;
        let credit = world.ordway.credit("C-1").id("CR-1").date("2026-02-12").line(Line::new("P-1", "30.00"));
        credit.apply_to("INV-1", "30.00").create().unwrap();
        let lost = FaultRule::new(Fault::ResetAfter)
            .service(Service::Anrok)
            .operation("createOrUpdate")
            .when(When::Always);
        world.sync_through(&world.faults(FaultPlan::seeded(1).rule(lost))).await;
        let key = DocumentKey::credit("CR-1");
        assert_eq!(at_anrok(&world, &key).iter().map(|t| t.input_amount).sum::<i64>(), -3_000);
        if frozen {
            world.anrok.freeze_month("2026-02");
        }
        world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Reversed")).unwrap();
        for _ in 0..2 {
            world.pass(Duration::from_secs(24 * 3600)).await;
            world.sync().await;
        }
        let report = world.sync().await;
        assert!(report.is_settled(), "{report:#?}");
        assert_eq!(at_anrok(&world, &key).iter().map(|t| t.input_amount).sum::<i64>(), 0, "frozen {frozen}");
        world.check_chains().await;
    }
}
