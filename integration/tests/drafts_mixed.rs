//! Consolidated invoices whose lines ship to different places.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use ordway_anrok::{MixedAddresses, Report};
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule};
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use support::{World, berlin, outcome};

fn warnings(report: &Report, id: &str) -> String {
    let found = report.documents.iter().find(|document| document.id == id);
    found.map(|document| document.warnings.join("; ")).unwrap_or_default()
}

/// `C-1` of New York has a subscription that ships there and one that ships to a state without sales tax.
fn two_subscriptions() -> World {
    let world = World::small();
    let portland = json!({"id": "CT-OR", "customer_id": "C-1", "address1": "1 Main St", "city": "Portland",
        "state": "OR", "zip": "97201", "country": support::USA});
    world
        .ordway
        .edit("customers", "C-1", |customer| customer["contacts"].as_array_mut().unwrap().push(portland))
        .unwrap();
    world.ordway.insert("subscriptions", json!({"id": "SUB-NY", "customer_id": "C-1"}));
    let oregon = json!({"id": "SUB-OR", "customer_id": "C-1", "shipping_contact_id": "CT-OR"});
    world.ordway.insert("subscriptions", oregon);
    world
}

fn invoice(world: &World, id: &str, subscriptions: &[&str]) {
    let mut invoice = world.ordway.invoice("C-1").id(id);
    for subscription in subscriptions {
        invoice = invoice.line(Line::new("P-1", "100.00").with("subscription_id", json!(subscription)));
    }
    invoice.create().unwrap();
}

#[tokio::test(start_paused = true)]
async fn lines_of_other_customers_are_told_without_a_call() {
    let world = World::small();
    world.customer("C-2", "USD", &berlin());
    let line = Line::new("P-1", "100.00").with("customer_id", json!("C-2"));
    world.ordway.invoice("C-1").id("INV-1").line(Line::new("P-1", "1.00")).line(line).create().unwrap();
    let (report, calls) = world.sync_counting().await;
    assert!(warnings(&report, "INV-1").contains("other customers (C-2)"), "{report:#?}");
    assert_eq!((calls.preview, calls.write, calls.read), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn subscriptions_that_ship_elsewhere_are_found_by_reading_them() {
    let mut world = two_subscriptions();
    invoice(&world, "INV-1", &["SUB-NY", "SUB-OR", "SUB-NY"]);
    invoice(&world, "INV-SAME", &["SUB-NY", "SUB-NY"]);
    assert_eq!(warnings(&world.sync().await, "INV-1"), "", "nothing is read unless asked for");
    world.settings.mixed_addresses = MixedAddresses::Compare;
    for id in ["INV-1", "INV-SAME"] {
        world.ordway.edit_lines(id, |lines| lines[0]["effective_price"] = json!("50.00")).unwrap();
    }
    let (report, calls) = world.sync_counting().await;
    let told = warnings(&report, "INV-1");
    assert!(told.contains("2 places (lines 1, 3 / 2)") && !told.contains("Main St"), "{told}");
    assert_eq!(warnings(&report, "INV-SAME"), "");
    assert_eq!(calls.preview, 2);
    // On record as well.
    world.ordway.post_invoice("INV-1").unwrap();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    assert!(warnings(&report, "INV-1").contains("2 places"));
}

#[tokio::test(start_paused = true)]
async fn the_difference_is_computed_where_asked_for() {
    let mut world = two_subscriptions();
    world.settings.mixed_addresses = MixedAddresses::Preview;
    invoice(&world, "INV-1", &["SUB-NY", "SUB-OR"]);
    let (report, calls) = world.sync_counting().await;
    let told = warnings(&report, "INV-1");
    assert_eq!(calls.preview, 3, "the document, and each place");
    // Two lines at 8.875 % or, in Oregon, none.
    assert!(told.contains("would be 8.88 USD instead of 17.76"), "{told}");
    assert_eq!(outcome(&report, "INV-1"), "written", "what is written is the tax of the document as it is");
    let (_, calls) = world.sync_counting().await;
    assert_eq!(calls.effects(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stands_in_nobodys_way() {
    let mut world = two_subscriptions();
    world.settings.mixed_addresses = MixedAddresses::Compare;
    invoice(&world, "INV-1", &["SUB-NY", "SUB-OR"]);
    let forbidden = FaultRule::new(Fault::Status { status: 403, acted: false }).operation("/subscriptions");
    let report = world.sync_through(&world.faults(FaultPlan::seeded(1).rule(forbidden))).await;
    assert_eq!(outcome(&report, "INV-1"), "written", "{report:#?}");
    assert!(warnings(&report, "INV-1").contains("could not be read"), "{report:#?}");
}
