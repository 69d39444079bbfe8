//! Documents with more lines than are sent at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use ordway_anrok::Report;
use ordway_anrok_sandbox::ordway::Line;
use rust_decimal::Decimal;
use serde_json::Value;

use support::{World, code, outcome};

/// Lines of three products, some without amount, some negative.
fn lines(count: usize) -> impl Iterator<Item = Line> {
    (0..count).map(|index| {
        let product = ["P-1", "P-2", "P-3"][index % 3];
        let price = match index % 7 {
            0 => "0.00".to_owned(),
            3 => format!("-{index}.05"),
            _ => format!("{index}.37"),
        };
        Line::new(product, &price)
    })
}

fn large_invoice(world: &World, id: &str, count: usize) {
    let mut invoice = world.ordway.invoice("C-1").id(id);
    for line in lines(count) {
        invoice = invoice.line(line);
    }
    invoice.create().unwrap();
}

fn amount(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn warnings(report: &Report, id: &str) -> String {
    report.documents.iter().find(|document| document.id == id).unwrap().warnings.join("; ")
}

/// How many lines the calls named so sent, one number a call.
fn sent(world: &World, operation: &str) -> Vec<usize> {
    let calls = world.anrok.request_log().into_iter().filter(|request| request.operation == operation);
    calls.map(|request| request.body["lineItems"].as_array().unwrap().len()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_draft_beyond_the_limit_is_sent_in_groups_and_taxed_line_by_line() {
    let mut world = World::small();
    world.settings.rules.line_limit = Some(10);
    large_invoice(&world, "INV-1", 40);
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "written");
    assert!(warnings(&report, "INV-1").contains("6 without amount were left out"), "{report:#?}");
    assert_eq!(sent(&world, "transactions.createEphemeral"), [6], "three products, two signs");
    let invoice = world.ordway.get("invoices", "INV-1").unwrap();
    let mut total = Decimal::ZERO;
    for line in invoice["line_items"].as_array().unwrap() {
        let (price, tax) = (amount(&line["effective_price"]), amount(&line["line_tax"]));
        let named: Decimal =
            line["tax_lines"].as_array().unwrap().iter().map(|part| amount(&part["value"])).sum();
        assert_eq!(named, tax, "{line}");
        assert!(tax.is_zero() || tax.is_sign_negative() == price.is_sign_negative(), "{line}");
        total += tax;
    }
    assert_eq!(total, amount(&invoice["invoice_tax"]));
    // Nothing changed: nothing is asked, whatever the limit is now.
    for limit in [Some(10), Some(20), None] {
        world.settings.rules.line_limit = limit;
        let (_, calls) = world.sync_counting().await;
        assert_eq!(calls.effects(), 0, "{limit:?}");
    }
    // Recorded by the same builder, so with the same tax to the cent.
    world.settings.rules.line_limit = Some(10);
    world.ordway.post_invoice("INV-1").unwrap();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    assert_eq!(sent(&world, "transactions.createOrUpdate"), [6]);
    let recorded = world.anrok.transaction("ordway:INV-1").unwrap();
    assert_eq!(Decimal::new(recorded.tax_amount_to_collect, 2), total);
    assert_eq!(Decimal::new(recorded.input_amount, 2), amount(&invoice["subtotal"]));
    let told = warnings(&report, "INV-1");
    assert!(told.contains("by product") && !told.contains("it shows"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_credit_beyond_the_limit_is_grouped_alike() {
    let mut world = World::small();
    world.settings.rules.line_limit = Some(4);
    world.invoice("INV-1", "Posted", "100.00");
    let mut credit = world.ordway.credit("C-1").id("CR-1");
    for price in ["1.10", "2.20", "3.30", "4.40", "0.00"] {
        credit = credit.line(Line::new("P-1", price));
    }
    credit.apply_to("INV-1", "11.00").create().unwrap();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "CR-1"), "credited", "{report:#?}");
    assert_eq!(world.anrok.transaction("ordway:credit:CR-1").unwrap().input_amount, -1100);
    assert_eq!(sent(&world, "transactions.createOrUpdate"), [1, 4], "without the line that has no amount");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_anroks_is_met_by_naming_the_setting() {
    let mut world = World::small();
    world.anrok.configure(|config| config.line_limit = Some(120));
    large_invoice(&world, "INV-1", 150);
    let report = world.sync().await;
    let held = report.held().next().unwrap();
    let remedy = held.remedy.clone().unwrap();
    assert!(remedy.contains("line_limit") && remedy.contains("--line-limit"), "{held:#?}");
    world.settings.rules.line_limit = Some(120);
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "written", "tried again although Ordway did not change");
}

#[tokio::test(start_paused = true)]
async fn products_with_a_cap_are_never_grouped_and_the_document_held_instead() {
    let mut world = World::small();
    world.settings.rules.line_limit = Some(10);
    world.settings.rules.never_group = vec!["P-2".to_owned()];
    large_invoice(&world, "INV-1", 40);
    let report = world.sync().await;
    assert_eq!(code(&report, "INV-1"), "too-many-lines");
    let held = report.held().next().unwrap();
    assert!(held.remedy.as_deref().unwrap().contains("never_group"), "{held:#?}");
    assert!(sent(&world, "transactions.createEphemeral").is_empty());
    world.settings.rules.line_limit = Some(20);
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "written", "{report:#?}");
}
