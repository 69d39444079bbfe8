//! Taxes, and the life of a transaction.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod anrok_support;

use anrok_support::{Desk, new_york, sale, with};
use jiff::ToSpan;
use ordway_anrok_sandbox::anrok::{Cause, Quirk, TransactionState};
use serde_json::{Value, json};

/// Tax to collect and the outcome per jurisdiction: `name rate+rate` or `name reason`.
fn outcome(answer: &Value) -> (i64, Vec<String>) {
    let jurises = answer["lineItems"][0]["jurises"].as_array().unwrap().iter().map(|juris| {
        let name = juris["name"].as_str().unwrap();
        let Some(taxes) = juris["taxes"].as_array() else {
            let reason = &juris["notTaxedReason"];
            let detail = reason["reason"]["type"].as_str().or(reason["type"].as_str()).unwrap();
            return format!("{name} {detail}");
        };
        let rates: Vec<&str> = taxes.iter().map(|t| t["taxRate"].as_str().unwrap()).collect();
        format!("{name} {}", rates.join("+"))
    });
    (answer["taxAmountToCollect"].as_i64().unwrap(), jurises.collect())
}

// covers: transactions-get
#[test]
fn one_transaction_is_read_with_its_version_where_that_is_offered() {
    let desk = Desk::new();
    desk.record("t-1", new_york()).ok();
    desk.record("t-1", new_york()).ok();
    let get = |id: &str| desk.seller(&format!("transactions/id:{id}/get"), &json!({}));
    assert!(get("t-1").fault().contains("No API endpoint matches"));
    desk.anrok.configure(|config| config.get_transaction_enabled = true);
    let read = get("t-1").ok();
    let listed = desk.seller("transactions/list", &json!({})).ok();
    assert_eq!((&read["version"], &read["body"]), (&json!(2), &listed["transactions"][0]["body"]));
    assert_eq!(get("t-2").reason(), "transactionIdNotFound");
    desk.void("t-1", &json!({})).ok();
    let read = get("t-1").ok();
    assert!(read["type"] == "void" && read.get("body").is_none(), "{read}");
}

// covers: tax-table-is-a-sample country-by-name-or-code us-needs-state-or-zip home-rule-only-when-taxing
// covers: partial-taxable-base seller-not-registered category-ids
#[test]
fn places_and_products() {
    let desk = Desk::new();
    let us = |region: &str| json!({ "country": "US", "region": region });
    let country = |name: &str| json!({ "country": name });
    let cases: Vec<(&str, Value, i64, &[&str])> = vec![
        (
            "saasBusiness",
            json!({ "country": "us", "postalCode": "10001" }),
            888,
            &["New York 0.04+0.045+0.00375"],
        ),
        ("saasBusiness", us("new york"), 400, &["New York 0.04"]),
        ("professionalServices", us("NY"), 0, &["New York productNotTaxed"]),
        ("saasBusiness", us("CA"), 0, &["California productNotTaxed"]),
        ("physicalGoods", us("California"), 725, &["California 0.0725"]),
        ("saasBusiness", json!({ "country": "USA", "postalCode": "73301" }), 500, &["Texas 0.0625"]),
        ("digitalGoods", us("TX"), 625, &["Texas 0.0625"]),
        ("saasBusiness", us("OR"), 0, &["Oregon jurisHasNoTax"]),
        ("saasBusiness", us("NV"), 0, &["Nevada notCollecting"]),
        ("saasBusiness", us("OH"), 575, &["Ohio 0.0575"]),
        ("saasPersonal", us("OH"), 0, &["Ohio productNotTaxed"]),
        (
            "saasBusiness",
            json!({ "country": "United States of America", "city": "denver", "region": "Colorado" }),
            481,
            &["Colorado productNotTaxed", "Denver (local) 0.0481"],
        ),
        (
            "professionalServices",
            json!({ "country": "United States", "region": "CO", "postalCode": "80204" }),
            0,
            &["Colorado productNotTaxed"],
        ),
        ("saasBusiness", country("Puerto Rico"), 0, &["Puerto Rico notCollecting"]),
        ("saasBusiness", country("germany"), 1900, &["Germany 0.19"]),
        ("nonTaxable", country("DE"), 0, &["Germany productNotTaxed"]),
        ("professionalServices", country("FR"), 2000, &["France 0.2"]),
        ("saasBusiness", country("ENGLAND"), 2000, &["United Kingdom 0.2"]),
        ("saasBusiness", country("UK"), 2000, &["United Kingdom 0.2"]),
        ("saasBusiness", country("AU"), 1000, &["Australia 0.1"]),
        ("saasBusiness", country("Japan"), 1000, &["Japan 0.1"]),
        ("saasBusiness", country("CA"), 500, &["Canada (federal) 0.05"]),
        (
            "saasBusiness",
            json!({ "country": "Canada", "postalCode": "M5V 2T6" }),
            1300,
            &["Canada (federal) 0.13"],
        ),
        (
            "saasBusiness",
            json!({ "country": "CA", "region": "Quebec" }),
            1498,
            &["Canada (federal) 0.05", "Quebec 0.09975"],
        ),
        ("saasBusiness", country("Kuwait"), 0, &["Kuwait jurisHasNoTax"]),
        ("saasBusiness", country("Brazil"), 0, &["Brazil notCollecting"]),
    ];
    for (product, address, tax, jurises) in cases {
        let answer = desk.ephemeral(&sale(product, address.clone())).ok();
        assert_eq!(outcome(&answer), (tax, jurises.iter().map(|j| (*j).to_owned()).collect()), "{address}");
    }
    let legacy = json!({ "country": "us", "state": "NY", "zipCode": "10001" });
    assert_eq!(desk.ephemeral(&sale("saasBusiness", legacy)).ok()["taxAmountToCollect"], 888);
    for unresolved in [
        json!({}),
        us("Bavaria"),
        country("US"),
        country("USA!"),
        country("XX"),
        json!({ "postalCode": "10001" }),
    ] {
        let reason = desk.ephemeral(&sale("saasBusiness", unresolved.clone())).reason();
        assert_eq!(reason, "customerAddressCouldNotResolve", "{unresolved}");
    }
    // covers: juris-not-found
    assert_eq!(desk.ephemeral(&sale("saasBusiness", country("Antarctica"))).reason(), "jurisNotFound");
}

#[test]
fn rates_change_with_the_tax_date() {
    let desk = Desk::new();
    let on = |day: &str| {
        let body = with(sale("saasBusiness", json!({ "country": "Estonia" })), "/taxDate", json!(day));
        desk.ephemeral(&body).ok()["taxAmountToCollect"].as_i64().unwrap()
    };
    assert_eq!([on("2025-06-30"), on("2025-07-01"), on("1999-01-01")], [2200, 2400, 2200]);
}

// covers: reverse-charge origin-of-sale tax-id-by-format-only not-taxed-reasons
#[test]
fn businesses_abroad_account_for_the_tax_themselves() {
    let desk = Desk::new();
    let sold = |id: &str, country: &str| {
        let body = sale("saasBusiness", json!({ "country": country }));
        with(body, "/customerTaxIds", json!([{ "type": "genericVatNumber", "value": id }]))
    };
    let tax = |body: &Value| outcome(&desk.ephemeral(body).ok()).1[0].clone();
    assert_eq!(tax(&sold("DE 123 456 789", "DE")), "Germany reverseCharge");
    assert_eq!(tax(&sold("123456789", "DE")), "Germany reverseCharge");
    assert_eq!(tax(&sold("DE12345678", "DE")), "Germany 0.19");
    assert_eq!(tax(&sold("000000000", "DE")), "Germany 0.19");
    assert_eq!(tax(&sold("FR123456789", "DE")), "Germany 0.19");
    assert_eq!(tax(&sold("EL123456789", "GR")), "Greece reverseCharge");
    assert_eq!(tax(&sold("NL123456789B01", "NL")), "Netherlands reverseCharge");
    assert_eq!(tax(&sold("T1234567890123", "JP")), "Japan reverseCharge");
    assert_eq!(tax(&sold("12345678901", "AU")), "Australia reverseCharge");
    let from_berlin = with(sold("DE123456789", "DE"), "/shipFromAddress", json!({ "country": "Germany" }));
    assert_eq!(tax(&from_berlin), "Germany 0.19", "no border is crossed");
    desk.anrok.configure(|config| config.seller_country = "DE".to_owned());
    assert_eq!(tax(&sold("DE123456789", "DE")), "Germany 0.19");
}

// covers: inclusive-lines line-rounding total-is-sum-of-lines
#[test]
fn inclusive_lines_and_rounding() {
    let desk = Desk::new();
    let denver = json!({ "country": "US", "region": "CO", "postalCode": "80204" });
    let line = |amount: i64, inclusive: bool| json!({ "productExternalId": "saasBusiness", "amount": amount, "isTaxIncludedInAmount": inclusive });
    let body = with(
        sale("saasBusiness", denver),
        "/lineItems",
        json!([line(31_000, true), line(15_000, false), line(-15_000, false)]),
    );
    let answer = desk.ephemeral(&body).ok();
    assert_eq!(answer["lineItems"][0]["preTaxAmount"], "29577.3304");
    assert_eq!(answer["lineItems"][0]["taxAmountToCollect"], 0);
    assert_eq!(answer["lineItems"][0]["jurises"][1]["taxes"][0]["taxAmount"], "1422.6696");
    assert_eq!(answer["lineItems"][1]["taxAmountToCollect"], 722, "721.5");
    assert_eq!(answer["lineItems"][2]["taxAmountToCollect"], -722, "a credit gives back what was charged");
    assert_eq!(answer["lineItems"][0]["id"], Value::Null);
    assert_eq!(answer["taxAmountToCollect"], 0);

    // 112.5: up by default, to the even neighbour when flipped.
    let even = with(
        sale("digitalGoods", json!({ "country": "US", "region": "TX" })),
        "/lineItems/0/amount",
        json!(1800),
    );
    assert_eq!(desk.ephemeral(&even).ok()["taxAmountToCollect"], 113);
    desk.anrok.assume(Quirk::HalfToEven);
    assert_eq!(desk.ephemeral(&even).ok()["taxAmountToCollect"], 112);
    desk.anrok.assume(Quirk::TotalACentMore);
    let flipped = desk.ephemeral(&even).ok();
    assert_eq!(
        (&flipped["taxAmountToCollect"], &flipped["lineItems"][0]["taxAmountToCollect"]),
        (&json!(113), &json!(112))
    );
}

#[test]
fn several_taxes_inside_one_amount_add_up_to_it() {
    let desk = Desk::new();
    for amount in [1, 99, 10_001, 100_000_000_000_i64] {
        let mut body = with(new_york(), "/lineItems/0/amount", json!(amount));
        body["lineItems"][0]["isTaxIncludedInAmount"] = json!(true);
        let answer = desk.ephemeral(&body).ok();
        let decimal = |v: &Value| v.as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
        let line = &answer["lineItems"][0];
        let taxes = line["jurises"][0]["taxes"].as_array().unwrap();
        let tax: rust_decimal::Decimal = taxes.iter().map(|t| decimal(&t["taxAmount"])).sum();
        assert_eq!(decimal(&line["preTaxAmount"]) + tax, amount.into());
    }
}

// covers: paid-by-seller
#[test]
fn tax_borne_by_the_seller_is_told_and_not_collected() {
    let desk = Desk::new();
    desk.anrok.set_paid_by_seller("us-NY");
    let answer = desk.ephemeral(&new_york()).ok();
    assert_eq!(outcome(&answer), (0, vec!["New York 0.04+0.045+0.00375".to_owned()]));
    desk.anrok.set_not_collecting("us-NY");
    assert_eq!(outcome(&desk.ephemeral(&new_york()).ok()).1, ["New York notCollecting"]);
    desk.anrok.set_collecting("us-NY");
    assert_eq!(outcome(&desk.ephemeral(&new_york()).ok()).1, ["New York 0.04+0.045+0.00375"]);
}

// covers: tax-date-range today-is-utc time-zone-of-seller
#[test]
fn dates_and_time_zones() {
    let desk = Desk::new();
    let dated = |day: &str| desk.ephemeral(&with(new_york(), "/accountingDate", json!(day)));
    assert_eq!(dated("1998-12-31").reason(), "taxDateTooFarInPast");
    assert_eq!(dated("1999-01-01").status, 200);
    assert_eq!(dated("2026-09-15").status, 200, "31 days ahead");
    assert_eq!(dated("2026-09-16").reason(), "taxDateTooFarInFuture");
    let tax_dated =
        with(with(new_york(), "/accountingDate", json!("2027-01-01")), "/taxDate", json!("2026-08-01"));
    assert_eq!(desk.ephemeral(&tax_dated).status, 200, "only the tax date is limited");

    let timed = with(
        with(new_york(), "/accountingDate", Value::Null),
        "/accountingTime",
        json!("2026-08-01T03:30:00Z"),
    );
    let zoned = |zone: &str| with(timed.clone(), "/accountingTimeZone", json!(zone));
    let day = |id: &str, body: Value| {
        desk.record(id, body).ok();
        desk.anrok.transaction(id).unwrap().accounting_date.to_string()
    };
    assert_eq!(day("utc", timed.clone()), "2026-08-01");
    assert_eq!(day("la", zoned("America/Los_Angeles")), "2026-07-31");
    assert_eq!(desk.ephemeral(&zoned("Asia/Kolkata")).reason(), "accountingTimeZoneNotSupported");
    desk.anrok.configure(|config| config.seller_time_zone = Some("America/New_York".to_owned()));
    assert_eq!(day("seller", timed.clone()), "2026-07-31");
    desk.anrok.configure(|config| config.seller_time_zone = None);
    assert_eq!(desk.ephemeral(&timed).reason(), "accountingTimeZoneNotSetForSeller");
    assert_eq!(desk.ephemeral(&zoned("UTC")).status, 200);
}

// covers: currency-list unknown-product-names-one external-service-error category-not-supported conflict-order
#[test]
fn conflicts_of_a_calculation() {
    let desk = Desk::new();
    assert_eq!(
        desk.ephemeral(&with(new_york(), "/currencyCode", json!("xts"))).reason(),
        "currencyCodeNotSupported"
    );
    assert_eq!(desk.ephemeral(&with(new_york(), "/currencyCode", json!("jpy"))).status, 200);
    let unknown = json!([
        { "productExternalId": "A", "amount": 1 },
        { "productExternalId": "B", "amount": 1 },
    ]);
    let answer = desk.ephemeral(&with(new_york(), "/lineItems", unknown));
    assert_eq!(answer.body, json!({ "type": "productExternalIdUnknown", "productExternalId": "A" }));
    desk.anrok.fail_external_service(2);
    assert_eq!(desk.ephemeral(&new_york()).reason(), "externalServiceError");
    assert_eq!(desk.record("t", new_york()).reason(), "externalServiceError");
    assert!(desk.anrok.transaction("t").is_none());
    assert_eq!(desk.record("t", new_york()).status, 200);
    desk.anrok.set_category_unsupported("saasBusiness", "us-NY");
    assert_eq!(desk.ephemeral(&new_york()).reason(), "productTaxCategoryNotSupportedForJuris");
    // Everything wrong at once: the date is told first, then the customer.
    let mut all = with(sale("A", json!({})), "/currencyCode", json!("XTS"));
    all["customerId"] = json!("nobody");
    all["taxDate"] = json!("1990-01-01");
    assert_eq!(desk.ephemeral(&all).reason(), "taxDateTooFarInPast");
    all["taxDate"] = json!("2026-08-01");
    assert_eq!(desk.ephemeral(&all).reason(), "customerIdNotFound");
}

// covers: customer-created-by-name ephemeral-new-customer ephemeral-not-stored
#[test]
fn customers_come_with_their_first_transaction() {
    let desk = Desk::new();
    let known = with(new_york(), "/customerId", json!("ordway:C1"));
    let named = with(known.clone(), "/customerName", json!("Acme"));
    assert_eq!(desk.ephemeral(&known).reason(), "customerIdNotFound");
    assert_eq!(desk.record("t", known.clone()).reason(), "customerIdNotFound");
    assert_eq!(desk.ephemeral(&named).status, 200);
    assert!(desk.anrok.customers().is_empty() && desk.anrok.transactions().is_empty());
    desk.anrok.assume(Quirk::EphemeralRefusesNewCustomer);
    assert_eq!(desk.ephemeral(&named).reason(), "customerIdNotFound");
    desk.record("t", named).ok();
    assert_eq!(desk.anrok.customers(), ["ordway:C1"]);
    assert_eq!(desk.ephemeral(&known).status, 200);
    assert_eq!(desk.record("t", known).ok()["version"], 2);
}

// covers: version-rises update-after-void void-makes-a-version void-twice expected-version
#[test]
fn replace_and_void() {
    let desk = Desk::new();
    assert_eq!(desk.void("t", &json!({})).reason(), "transactionIdNotFound");
    assert_eq!(desk.record("t", new_york()).ok()["version"], 1);
    assert_eq!(desk.record("t", new_york()).ok()["version"], 2, "the same body again");
    let expect = |version: i64| desk.void("t", &json!({ "transactionExpectedVersion": version }));
    assert_eq!(expect(1).reason(), "transactionExpectedVersionMismatch");
    assert_eq!(expect(2).ok(), json!({}));
    let stored = desk.anrok.transaction("t").unwrap();
    assert_eq!((stored.state, stored.version, stored.cause), (TransactionState::Void, 3, Cause::Voided));
    assert_eq!(desk.void("t", &json!({})).ok(), json!({}));
    assert_eq!(expect(2).reason(), "transactionExpectedVersionMismatch");
    desk.anrok.configure(|config| {
        config.assume(Quirk::VoidTwiceNotFound);
        config.assume(Quirk::VoidEndsTheId);
    });
    assert_eq!(desk.void("t", &json!({})).reason(), "transactionIdNotFound");
    assert_eq!(desk.record("t", new_york()).reason(), "transactionFrozenForFiling");
    desk.anrok.assume_default("update-after-void");
    assert_eq!(desk.record("t", new_york()).ok()["version"], 4);
    assert_eq!(desk.anrok.transaction("t").unwrap().state, TransactionState::Live);
    let causes: Vec<Cause> = desk.anrok.history().iter().map(|v| v.cause).collect();
    assert_eq!(causes, [Cause::Created, Cause::Updated, Cause::Voided, Cause::Updated]);
}

// covers: frozen-refuses-update frozen-refuses-void frozen-by-accounting-date
#[test]
fn frozen_periods() {
    let desk = Desk::new();
    desk.record("aug", new_york()).ok();
    desk.record("jul", with(new_york(), "/accountingDate", json!("2026-07-31"))).ok();
    assert!(desk.anrok.freeze_through("2026-07-31"));
    assert_eq!(desk.record("jul", new_york()).reason(), "transactionFrozenForFiling");
    assert_eq!(desk.void("jul", &json!({})).reason(), "transactionFrozenForFiling");
    assert_eq!(desk.record("aug", new_york()).ok()["version"], 2);
    desk.record("late", with(new_york(), "/accountingDate", json!("2026-07-30"))).ok();
    desk.anrok.unfreeze();
    assert!(desk.anrok.freeze_month("2026-08"));
    assert_eq!(desk.void("aug", &json!({})).reason(), "transactionFrozenForFiling");
    desk.void("jul", &json!({})).ok();
    assert!(!desk.anrok.freeze_month("August") && !desk.anrok.freeze_through("31.7.2026"));
}

// covers: negation-is-the-inverse negation-not-negated negation-twice negation-of-void negation-date
// covers: update-of-negation
#[test]
fn negations() {
    let desk = Desk::new();
    assert_eq!(desk.negate("t", "t:neg").reason(), "transactionIdNotFound");
    let july = with(new_york(), "/accountingDate", json!("2026-07-31"));
    desk.record("t", july).ok();
    desk.anrok.freeze_through("2026-07-31");
    let body = json!({ "originalTransactionId": "t", "newTransactionId": "t:neg", "originalTransactionExpectedVersion": 7 });
    assert_eq!(
        desk.seller("transactions/createNegation", &body).reason(),
        "transactionExpectedVersionMismatch"
    );
    assert_eq!(desk.negate("t", "t:neg").ok(), json!({}));
    assert_eq!(desk.negate("t", "t:neg").reason(), "duplicateTransactionId");
    assert_eq!(desk.negate("t", "t").reason(), "duplicateTransactionId");
    assert_eq!(desk.seller("transactions/createNegation", &body).reason(), "duplicateTransactionId");
    assert_eq!(desk.negate("t:neg", "t:neg:neg").reason(), "transactionIsAlreadyANegation");
    let (original, negation) =
        (desk.anrok.transaction("t").unwrap(), desk.anrok.transaction("t:neg").unwrap());
    assert_eq!(negation.negates.as_deref(), Some("t"));
    assert_eq!((negation.state, negation.version), (TransactionState::Negation, 1));
    assert_eq!(negation.input_amount, -original.input_amount);
    assert_eq!(negation.tax_amount_to_collect, -original.tax_amount_to_collect);
    assert!((negation.tax_amount + original.tax_amount).is_zero());
    assert!((negation.pre_tax_amount + original.pre_tax_amount).is_zero());
    assert_eq!(negation.body["lineItems"][0]["amount"], -10_000);
    assert_eq!(negation.response["lineItems"][0]["jurises"][0]["taxes"][0]["taxAmount"], "-400");
    assert_eq!(negation.accounting_date.to_string(), "2026-08-15", "today, in an open period");
    assert_eq!(negation.tax_date.to_string(), "2026-07-31");

    desk.anrok.assume(Quirk::NegationKeepsDate);
    desk.negate("t", "t:neg2").ok();
    assert_eq!(desk.anrok.transaction("t:neg2").unwrap().accounting_date.to_string(), "2026-07-31");

    desk.record("v", new_york()).ok();
    desk.void("v", &json!({})).ok();
    assert_eq!(desk.negate("v", "v:neg").reason(), "transactionIdNotFound");
    assert_eq!(desk.record("t:neg", new_york()).ok()["version"], 2);
    assert_eq!(desk.anrok.transaction("t:neg").unwrap().state, TransactionState::Live);
}

// covers: engine-reprocesses engine-reprocesses-frozen
#[test]
fn the_engine_makes_versions_of_its_own() {
    let desk = Desk::new();
    desk.record("t", new_york()).ok();
    desk.anrok.set_not_collecting("us-NY");
    desk.anrok.fail_external_service(1);
    assert_eq!(desk.anrok.reprocess("t"), Some(2));
    assert_eq!(desk.ephemeral(&new_york()).reason(), "externalServiceError", "kept for the next call");
    let stored = desk.anrok.transaction("t").unwrap();
    assert_eq!((stored.cause, stored.tax_amount_to_collect), (Cause::Reprocessed, 0));
    assert_eq!(
        desk.void("t", &json!({ "transactionExpectedVersion": 1 })).reason(),
        "transactionExpectedVersionMismatch"
    );
    desk.anrok.set_collecting("us-NY");
    desk.anrok.freeze_through("2026-08-10");
    assert_eq!(desk.anrok.reprocess("t"), Some(1));
    let all = desk.anrok.transactions();
    assert_eq!(all.len(), 3);
    assert_eq!(all.iter().map(|t| t.tax_amount_to_collect).sum::<i64>(), 888);
    assert_eq!(all.iter().map(|t| t.input_amount).sum::<i64>(), 10_000);
    assert!(desk.anrok.reprocess("nobody").is_none());
}

#[test]
fn clones_share_the_account_and_times_are_kept() {
    let desk = Desk::new();
    desk.record("t", new_york()).ok();
    desk.clock.advance_wall(jiff::SignedDuration::from_hours(24));
    desk.record("t", new_york()).ok();
    let stored = desk.anrok.clone().transaction("t").unwrap();
    assert!(stored.modified_at >= stored.created_at + 24.hours());
}
