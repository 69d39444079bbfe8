//! Explanations on the fakes: every kind of document, the exact text, and nothing written while looking.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::document::DocumentKey;
use ordway_anrok::explain::{ExplainError, Explanation};
use ordway_anrok::ledger::{Ledger, LedgerError};
use ordway_anrok_http::Clock as _;
use ordway_anrok_sandbox::ordway::{Address, Line};
use serde_json::json;
use support::{Calls, USA, World, berlin};

impl World {
    async fn try_explain(&self, key: &DocumentKey) -> Result<Explanation, ExplainError> {
        self.bridge_with(None, self.ledger.clone()).explain(key).await
    }

    async fn explain(&self, id: &str) -> Explanation {
        self.try_explain(&DocumentKey::invoice(id)).await.unwrap()
    }

    async fn explain_credit(&self, id: &str) -> Explanation {
        self.try_explain(&DocumentKey::credit(id)).await.unwrap()
    }

    /// `C-2`: billed in Berlin with a VAT number, delivered to San Francisco.
    fn two_addresses(&self) {
        self.ordway
            .customer("Zwei Orte GmbH")
            .id("C-2")
            .currency("USD")
            .tax_id("DE123456789")
            .bill_to(berlin())
            .ship_to(Address::new("1 Market St", "San Francisco", "CA", "94105", USA))
            .create()
            .unwrap();
    }
}

/// Exactly this text, as support reads it.
const DRAFT: &str = "\
invoice INV-1: draft, 2026-03-10, USD

Customer    C-2, at Anrok ordway:C-2, name (hidden), tax id (hidden)
Address     shipping address: street (hidden), San Francisco, CA, 94105, United States of America (sent as US)
            The shipping address is taxed where any part of it is filled; the billing address (Berlin, DE) is
            not asked then.

Line 1      P-1 \"P-1\", at Anrok P-1, category saasBusiness
            196.00 USD, sent as 196.00 (19600 minor units)
            - California: not taxed: products of this category are not taxed there
            = tax to collect 0.00 USD (0 minor units); the breakdown shows 0
            in Ordway: tax 0.00, 0.00 belongs there
Line 2      P-3 \"P-3\", at Anrok P-3, category physicalGoods
            100.00 USD, sent as 100.00 (10000 minor units)
            - California: Tax 7.25 % of 100 is 7.25
            = tax to collect 7.25 USD (725 minor units); the breakdown shows 7.25
            in Ordway: tax 0.00, 7.25 belongs there

Sent        as ordway:INV-1: 296.00 USD before tax (29600 minor units) on 2 lines, accounting date 2026-03-10;
            inputs new to the ledger.
Came back   tax to collect 7.25 USD (725 minor units); the breakdown shows 7.25, 0 of it included in the price,
            0 of it borne by the seller.
In Ordway   296.00 USD before tax, tax 0.00. A sync writes the tax to the draft.
Ledger      It has never met this document.
Next        calculate: Its tax is computed and written to the draft, where it differs. Its tax has not been
            calculated yet.";

#[tokio::test(start_paused = true)]
async fn a_draft_before_and_after_a_sync() {
    let world = World::small();
    world.two_addresses();
    let lines = [Line::new("P-1", "49.00").quantity("4"), Line::new("P-3", "25.00").quantity("4")];
    let [one, two] = lines;
    world.ordway.invoice("C-2").id("INV-1").line(one).line(two).create().unwrap();
    let before = Calls::of(&world);
    let explanation = world.explain("INV-1").await;
    assert_eq!(explanation.to_string(), DRAFT);
    let calls = Calls::of(&world).since(&before);
    assert_eq!((calls.write, calls.record, calls.preview), (0, 0, 1), "one preview, nothing written");
    assert_eq!(world.anrok.history().len(), 0);

    world.sync().await;
    let explanation = world.explain("INV-1").await;
    assert_eq!((explanation.next.step.as_str(), explanation.in_ordway.agrees), ("nothing", Some(true)));
    assert!(explanation.sent.unwrap().unchanged);
    assert_eq!(explanation.remembered.unwrap().draft[1].1.minor, 725);

    world.ordway.edit_lines("INV-1", |lines| lines[1]["effective_price"] = json!("200.00")).unwrap();
    let explanation = world.explain("INV-1").await;
    assert_eq!(explanation.next.why, "Its inputs changed since its tax was calculated.");
    assert_eq!(explanation.lines[1].tax_to_write.as_ref().unwrap().minor, 1450);
}

#[tokio::test(start_paused = true)]
async fn json_for_machines() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    let json = serde_json::to_value(world.explain("INV-1").await).unwrap();
    assert_eq!(json["document"], json!({"kind": "invoice", "id": "INV-1"}));
    assert_eq!(json["status"], "in force");
    assert_eq!(
        json["lines"][0]["jurisdictions"][0]["taxes"][0],
        json!({"name": "Tax", "base": "100.00", "rate": "0.04", "tax": "4.00"})
    );
    assert_eq!(json["lines"][0]["sent"], json!({"minor": 10000, "text": "100.00"}));
    assert_eq!(json["sent"]["transaction"], "ordway:INV-1");
    assert_eq!(json["answer"]["tax"]["to_collect"], json!({"minor": 888, "text": "8.88"}));
    assert_eq!(
        (json["remembered"]["state"].as_str(), json["remembered"]["version"].as_i64()),
        (Some("on record"), Some(1))
    );
    assert_eq!(
        json["next"],
        json!({"step": "nothing", "transaction": null, "what": "It is left as it is.",
            "why": "It is on record with these very inputs."})
    );
    // Ordway was never told the tax: it was posted before a sync saw it.
    assert_eq!(json["in_ordway"]["agrees"], false);
}

#[tokio::test(start_paused = true)]
async fn reversed_before_and_after_a_sync() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.ordway.reverse_invoice("INV-1", &world.today()).unwrap();
    let before = Calls::of(&world).preview;
    let explanation = world.explain("INV-1").await;
    assert_eq!(Calls::of(&world).preview, before, "nothing is computed for what is undone");
    assert_eq!((explanation.status.as_str(), explanation.next.step.as_str()), ("reversed", "void"));
    assert_eq!(explanation.next.transaction.as_deref(), Some("ordway:INV-1"));
    assert!(explanation.to_string().contains("Anrok was not asked.") && explanation.sent.is_none());
    world.sync().await;
    let explanation = world.explain("INV-1").await;
    assert_eq!(explanation.next.why, "It is reversed, and nothing of it is on record.");
    assert_eq!(explanation.remembered.unwrap().state, "taken off record");
}

#[tokio::test(start_paused = true)]
async fn held_says_what_is_in_the_way() {
    let world = World::small();
    world.customer("C-9", "USD", &Address::blank());
    world.ordway.invoice("C-9").id("INV-1").status("Posted").line(Line::new("P-1", "1.00")).create().unwrap();
    let explanation = world.explain("INV-1").await;
    assert_eq!((explanation.next.step.as_str(), explanation.sent.is_none()), ("hold", true));
    assert_eq!(explanation.holds[0].code, "no-address");
    assert!(
        explanation.address.used.is_none() && explanation.address.why.contains("neither"),
        "{explanation}"
    );

    world
        .ordway
        .invoice("C-1")
        .id("INV-2")
        .status("Posted")
        .line(Line::new("P-UNMAPPED", "5.00"))
        .create()
        .unwrap();
    world.sync().await;
    let explanation = world.explain("INV-2").await;
    let refusal = explanation.no_answer.as_ref().unwrap();
    assert_eq!(refusal.code, "productExternalIdUnknown");
    assert!(refusal.remedy.contains("P-UNMAPPED") && explanation.lines[0].category.is_none());
    let left = explanation.remembered.as_ref().unwrap().problem.as_ref().unwrap();
    assert_eq!((left.code.as_str(), left.attempts), ("productExternalIdUnknown", 1));
    assert!(explanation.next.what.ends_with("and is tried again."), "{explanation}");
}

#[tokio::test(start_paused = true)]
async fn a_credit_and_its_invoice() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.ordway.credit_invoice("INV-1", "40").unwrap();
    let explanation = world.explain_credit("CR-00001").await;
    assert_eq!(explanation.next.what, "It is recorded as ordway:credit:CR-00001 after its invoice INV-1.");
    assert_eq!(explanation.lines[0].sent.as_ref().unwrap().minor, -4000);
    world.sync().await;
    world.pass(Duration::from_secs(86_400)).await;
    let explanation = world.explain_credit("CR-00001").await;
    assert_eq!(explanation.next.step, "nothing");
    assert_eq!(explanation.remembered.unwrap().credited_invoice.as_deref(), Some("INV-1"));

    // Its address is its invoice's where it has none of its own.
    world.ordway.credit_invoice("INV-1", "10").unwrap();
    world
        .ordway
        .edit("credits", "CR-00002", |credit| {
            for side in ["billing_contact", "shipping_contact"] {
                credit[side] = json!({});
            }
        })
        .unwrap();
    let explanation = world.explain_credit("CR-00002").await;
    assert_eq!(explanation.address.used.as_deref(), Some("address of the credited invoice"));
    assert_eq!(explanation.address.state.as_deref(), Some("NY"));
    assert_eq!(
        explanation.sent.unwrap().tax_date.unwrap().to_string(),
        "2026-03-10",
        "the rates of its invoice"
    );

    // An invoice that never counted holds its credit.
    let id = world.invoice("INV-2", "Posted", "100.00");
    world.ordway.credit_invoice(&id, "40").unwrap();
    world.ordway.edit_invoice(&id, |invoice| invoice["status"] = json!("Reversed")).unwrap();
    let explanation = world.explain_credit("CR-00003").await;
    assert_eq!(
        (explanation.next.step.as_str(), explanation.holds[0].code.as_str()),
        ("hold", "waits-for-invoice")
    );
    assert!(explanation.holds[0].reason.contains("it is reversed"), "{explanation}");
}

#[tokio::test(start_paused = true)]
async fn three_amounts_and_every_reason_for_no_tax() {
    let mut world = World::small();
    world.customer("C-3", "EUR", &berlin());
    let invoice = |id: &str, customer: &str, product: &str, price: &str| {
        world.ordway.invoice(customer).id(id).line(Line::new(product, price)).create().unwrap();
    };
    invoice("INV-1", "C-3", "P-1", "33.33");
    invoice("INV-2", "C-3", "P-9", "33.33");
    // Collected and rounded.
    let explanation = world.explain("INV-1").await;
    let tax = explanation.lines[0].tax.as_ref().unwrap();
    assert_eq!((tax.shown.to_string().as_str(), tax.to_collect.minor), ("6.3327", 633));
    assert!(tax.borne_by_seller.is_zero() && tax.included.is_zero());
    assert_eq!(explanation.lines[0].rounding, ["Anrok rounded the tax 6.3327 to 6.33"]);
    let why = |explanation: &Explanation| explanation.lines[0].jurisdictions[0].clone();
    assert_eq!(why(&world.explain("INV-2").await).not_taxed.as_deref(), Some("productNotTaxed"));
    // Borne by the seller.
    world.anrok.set_paid_by_seller("de");
    let explanation = world.explain("INV-1").await;
    let tax = &explanation.answer.as_ref().unwrap().tax;
    assert_eq!((tax.to_collect.minor, tax.borne_by_seller), (0, tax.shown));
    assert!(explanation.to_string().contains("6.3327 of it borne by"), "{explanation}");
    // Not registered there.
    world.anrok.set_not_collecting("de");
    assert_eq!(why(&world.explain("INV-1").await).not_taxed.as_deref(), Some("notCollecting"));
    world.anrok.set_collecting("de");
    // Reverse charge.
    world
        .ordway
        .edit_invoice("INV-1", |invoice| invoice["custom_fields"] = json!({"tax_id": "DE123456789"}))
        .unwrap();
    let juris = why(&world.explain("INV-1").await);
    assert_eq!(
        (juris.not_taxed.as_deref(), juris.exemption.as_deref()),
        (Some("exempt"), Some("reverseCharge"))
    );
    assert!(juris.why.contains("accounts for the tax"));
    // Included in the price.
    world.ordway.edit_invoice("INV-1", |invoice| invoice["custom_fields"] = json!({"tax_id": ""})).unwrap();
    world.settings.rules.products.tax_included.push("P-1".to_owned());
    let explanation = world.explain("INV-1").await;
    let tax = explanation.lines[0].tax.as_ref().unwrap();
    assert!(explanation.lines[0].tax_included && tax.to_collect.minor == 0 && tax.borne_by_seller.is_zero());
    assert_eq!(tax.included, tax.shown);
    assert!(!tax.shown.is_zero());
}

#[tokio::test(start_paused = true)]
async fn rounding_mapping_and_warnings_are_told() {
    let mut world = World::small();
    world.settings.rules.products.ids.insert("P-OURS".to_owned(), "P-3".to_owned());
    world.ordway.product("P-OURS", "Ours");
    let line = |price: &str| Line::new("P-OURS", price).taxable(false);
    let builder = world.ordway.invoice("C-1").id("INV-1").line(line("33.333")).line(line("33.333"));
    builder.line(line("33.334")).create().unwrap();
    let explanation = world.explain("INV-1").await;
    let first = &explanation.lines[0];
    assert_eq!(
        (first.anrok_product.as_deref(), first.category.as_deref()),
        (Some("P-3"), Some("physicalGoods"))
    );
    assert!(first.rounding[0].starts_with("the amount 33.333 has more decimals"), "{explanation}");
    let sum: i64 = explanation.lines.iter().map(|line| line.sent.as_ref().unwrap().minor).sum();
    assert_eq!(sum, 10_000);
    assert!(explanation.notes.iter().any(|note| note.contains("rounded to its subtotal")), "{explanation}");
    assert!(explanation.notes.iter().any(|note| note.contains("line 1 not taxable")), "{explanation}");
}

#[tokio::test(start_paused = true)]
async fn a_frozen_and_corrected_invoice() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.anrok.freeze_through("2026-03-31");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("200.00")).unwrap();
    let explanation = world.explain("INV-1").await;
    assert_eq!(
        (explanation.next.step.as_str(), explanation.next.transaction.as_deref()),
        ("update", Some("ordway:INV-1"))
    );
    world.sync().await;
    let explanation = world.explain("INV-1").await;
    assert_eq!(explanation.next.step, "nothing");
    let sent = explanation.sent.as_ref().unwrap();
    let remembered = explanation.remembered.as_ref().unwrap();
    assert_eq!(Some(&sent.transaction), remembered.transaction.as_ref());
    assert_ne!(sent.transaction, "ordway:INV-1", "negated and made anew");
}

#[tokio::test(start_paused = true)]
async fn what_ordway_does_not_have() {
    let world = World::small();
    let error = world.try_explain(&DocumentKey::invoice("INV-404")).await.unwrap_err();
    assert!(matches!(&error, ExplainError::NotFound { recorded_as: None, .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "Ordway has no invoice INV-404. Check the id as Ordway shows it, whether it is an invoice, and that the API user may \
         read it"
    );
    world.invoice("INV-1", "Posted", "100.00");
    world.sync().await;
    world.ordway.remove("invoices", "INV-1");
    let error = world.try_explain(&DocumentKey::invoice("INV-1")).await.unwrap_err();
    assert!(error.to_string().contains("recorded as ordway:INV-1"), "{error}");

    // A ledger in use is named, and given back after every failure.
    let fence = world.ledger.claim("s1fake/ordway", "a sync", world.clock.now()).await.unwrap();
    let error = world.try_explain(&DocumentKey::invoice("INV-1")).await.unwrap_err();
    assert!(matches!(&error, ExplainError::Ledger(LedgerError::InUse { .. })), "{error:?}");
    world.ledger.release(&fence).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn personal_data_only_when_asked_for() {
    let world = World::small();
    world.two_addresses();
    world.ordway.invoice("C-2").id("INV-1").line(Line::new("P-3", "1.00")).create().unwrap();
    let explanation = world.explain("INV-1").await;
    let personal = ["Zwei Orte", "1 Market St", "DE123456789", "Unter den Linden"];
    for shown in [explanation.to_string(), serde_json::to_string(&explanation).unwrap()] {
        assert!(!personal.iter().any(|text| shown.contains(text)), "{shown}");
        assert!(
            shown.contains("San Francisco") && shown.contains("94105"),
            "what decides the jurisdiction is shown"
        );
    }
    let debug = format!("{explanation:?}");
    assert!(!personal.iter().chain(&["San Francisco", "94105"]).any(|text| debug.contains(text)), "{debug}");
    let revealed = explanation.reveal();
    for text in personal.iter().take(3) {
        assert!(
            revealed.to_string().contains(text) && serde_json::to_string(&revealed).unwrap().contains(text),
            "{text}"
        );
    }
    assert!(!personal.iter().any(|text| format!("{revealed:?}").contains(text)), "Debug never shows it");
}
