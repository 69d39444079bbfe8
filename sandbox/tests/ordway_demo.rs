//! The demo company holds what it promises, to the cent.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

use std::sync::Arc;

use ordway_anrok_http::{Clock, VirtualClock};
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::FakeOrdway;
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn world() -> (FakeOrdway, FakeAnrok) {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap()));
    let (ordway, anrok) = (FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(clock));
    Demo::seed(&ordway).unwrap();
    Demo::seed_anrok(&anrok);
    (ordway, anrok)
}

fn amount(document: &Value, field: &str) -> Decimal {
    document[field].as_str().unwrap().parse().unwrap()
}

fn decimals(currency: &Value) -> u32 {
    let currency = iso_currency::Currency::from_code(currency.as_str().unwrap()).unwrap();
    u32::from(currency.exponent().unwrap())
}

/// Lines = subtotal, subtotal + tax = amount, totals in the decimals of the currency.
fn check_sums(ordway: &FakeOrdway) {
    for (collection, lines, tax, total) in [
        ("invoices", "line_items", "invoice_tax", "invoice_amount"),
        ("credits", "credit_line_items", "credit_tax", "credit_amount"),
    ] {
        for document in ordway.all(collection) {
            let id = &document["id"];
            let sum: Decimal =
                document[lines].as_array().unwrap().iter().map(|line| amount(line, "effective_price")).sum();
            assert_eq!(sum, amount(&document, "subtotal"), "{id}");
            assert_eq!(
                amount(&document, "subtotal") + amount(&document, tax),
                amount(&document, total),
                "{id}"
            );
            for field in ["subtotal", tax, total] {
                assert_eq!(amount(&document, field).scale(), decimals(&document["currency"]), "{id} {field}");
            }
        }
    }
}

fn status(ordway: &FakeOrdway, id: &str) -> String {
    ordway.get("invoices", id).unwrap()["status"].as_str().unwrap().to_owned()
}

#[test]
fn every_document_adds_up_in_both_acts() {
    let (ordway, anrok) = world();
    check_sums(&ordway);
    Demo::second_act(&ordway, &anrok).unwrap();
    check_sums(&ordway);
}

#[test]
fn the_first_act_has_one_of_everything() {
    let (ordway, anrok) = world();
    assert_eq!((ordway.count("customers"), ordway.count("invoices"), ordway.count("credits")), (14, 21, 2));
    assert_eq!(anrok.products().len(), 5, "one of six is not mapped");
    for draft in Demo::DRAFTS {
        assert_eq!(status(&ordway, draft), "Draft");
    }
    assert_eq!(status(&ordway, Demo::CREDITED_LATER), "Partially paid");
    assert_eq!(status(&ordway, "INV-00011"), "Paid");
    assert_eq!(status(&ordway, Demo::REVERSED), "Reversed");
    assert_eq!(status(&ordway, Demo::CREDITED), "Partially paid");
    assert_eq!(status(&ordway, "INV-00006"), "Posted", "its credit was reversed");
    assert_eq!(ordway.get("credits", Demo::CREDIT).unwrap()["status"], "Processed");
    assert_eq!(ordway.get("credits", Demo::REVERSED_CREDIT).unwrap()["status"], "Reversed");

    let fractional = ordway.get("invoices", Demo::FRACTIONAL).unwrap();
    assert_eq!(
        (&fractional["subtotal"], &fractional["line_items"][0]["effective_price"]),
        (&json!("124.00"), &json!("33.333"))
    );
    assert_eq!(ordway.get("invoices", Demo::NEGATIVE).unwrap()["subtotal"], "-98.00");
    let nowhere = ordway.get("invoices", Demo::BAD_ADDRESS).unwrap();
    assert_eq!(
        (&nowhere["billing_contact"]["country"], &nowhere["shipping_contact"]["zip"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(ordway.get("invoices", "INV-00005").unwrap()["subtotal"], "21900");
    assert_eq!(ordway.get("invoices", "INV-00013").unwrap()["subtotal"], "37.035");
    assert_eq!(ordway.get("invoices", "INV-00004").unwrap()["tax_id"], "DE123456789");
    let shipped = ordway.get("invoices", "INV-00002").unwrap();
    assert_eq!(
        (&shipped["billing_contact"]["state"], &shipped["shipping_contact"]["state"]),
        (&json!("NY"), &json!("CA"))
    );
    assert!(ordway.all("invoices").iter().all(|i| i["invoice_date"].as_str() <= Some("2026-03-10")));
    let products: Vec<Value> =
        ordway.all("invoices").iter().flat_map(|i| i["line_items"].as_array().unwrap().clone()).collect();
    assert!(products.iter().all(|line| !line["product_name"].as_str().unwrap().is_empty()));
}

#[test]
fn the_second_act_leaves_nothing_to_hold() {
    let (ordway, anrok) = world();
    Demo::second_act(&ordway, &anrok).unwrap();
    for posted in Demo::DRAFTS {
        assert_eq!(status(&ordway, posted), "Posted");
    }
    assert_eq!(ordway.get("invoices", Demo::EDITED_LATER).unwrap()["subtotal"], "147.00");
    assert_eq!(status(&ordway, Demo::REVERSED_LATER), "Reversed");
    assert_eq!(ordway.get("credits", Demo::SECOND_CREDIT).unwrap()["credit_amount"], "10.00");
    assert_eq!(ordway.get("invoices", Demo::BAD_ADDRESS).unwrap()["billing_contact"]["state"], "IL");
    assert!(anrok.products().iter().any(|product| product.external_id == Demo::UNMAPPED_PRODUCT));
    assert!(Demo::second_act(&ordway, &anrok).is_err(), "it is played once");
    assert!(Demo::seed(&ordway).is_err(), "and seeded once");
}

/// What Anrok says to an invoice of the demo, mapped as plainly as can be.
fn calculate(anrok: &FakeAnrok, invoice: &Value) -> u16 {
    let exponent = decimals(&invoice["currency"]);
    let lines: Vec<Value> = invoice["line_items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let mut minor = amount(line, "effective_price").round_dp(exponent);
            minor.rescale(exponent);
            let minor = i64::try_from(minor.mantissa()).unwrap();
            json!({"productExternalId": line["product_id"], "amount": minor})
        })
        .collect();
    let contact = &invoice["shipping_contact"];
    let mut address = serde_json::Map::new();
    for (to, from) in [
        ("line1", "address1"),
        ("city", "city"),
        ("region", "state"),
        ("postalCode", "zip"),
        ("country", "country"),
    ] {
        if contact[from] != "" {
            address.insert(to.to_owned(), contact[from].clone());
        }
    }
    let body = json!({"currencyCode": invoice["currency"], "accountingDate": invoice["invoice_date"],
        "customerAddress": address, "lineItems": lines});
    let request = http::Request::post("https://api.anrok.com/v1/seller/transactions/createEphemeral")
        .header("authorization", format!("Bearer {}", anrok.api_key()))
        .body(body.to_string().into())
        .unwrap();
    anrok.handle(&request).status().as_u16()
}

#[test]
fn anrok_refuses_two_invoices_at_first_and_none_in_the_end() {
    let (ordway, anrok) = world();
    anrok.configure(|config| config.rate_limit = None);
    let refused = || -> Vec<String> {
        let invoices = ordway.all("invoices");
        let refused = invoices.iter().filter(|invoice| calculate(&anrok, invoice) != 200);
        refused.map(|invoice| invoice["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(refused(), [Demo::BAD_ADDRESS, Demo::UNMAPPED]);
    Demo::second_act(&ordway, &anrok).unwrap();
    assert_eq!(refused(), [""; 0]);
}
