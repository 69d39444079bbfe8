//! Products, mappings, certificates, tax ids, and the paged lists.
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
use ordway_anrok_sandbox::anrok::Quirk;
use serde_json::{Value, json};

fn product(id: &str) -> Value {
    let category = json!({ "type": "standard", "id": "saasBusiness" });
    json!({ "externalId": id, "taxCategoryId": category, "name": "Pro plan", "description": null })
}

// covers: external-id-format minted-ids
#[test]
fn products() {
    let desk = Desk::new();
    for id in ["sku-1001", "A b.c_d:e", "P-00001"] {
        desk.seller("products/create", &product(id)).ok();
    }
    for id in ["", " a", "a ", "a  b", "a/b", "\u{fc}ber"] {
        let answer = desk.seller("products/create", &product(id));
        assert!(answer.body["message"].as_str().unwrap().starts_with("External ID"), "{id}");
        assert_eq!(answer.reason(), "externalIdInvalid", "{id}");
    }
    assert_eq!(desk.seller("products/create", &product("sku-1001")).reason(), "externalIdAlreadyExists");
    let custom = with(product("x"), "/taxCategoryId", json!({ "type": "standard", "id": "sptc95hf85bdcd" }));
    assert_eq!(desk.seller("products/create", &custom).reason(), "taxCategoryIdNotFound");
    let got = desk.seller("products/externalId:A%20b.c_d:e/get", &json!({})).ok();
    assert_eq!((&got["externalId"], &got["description"]), (&json!("A b.c_d:e"), &json!("")));
    assert_eq!(desk.seller("products/externalId:none/get", &json!({})).reason(), "productExternalIdNotFound");
    let stored = desk.anrok.products();
    let stored = stored.iter().find(|p| p.external_id == "P-00001").unwrap();
    assert!(stored.internal_id.starts_with("sp") && stored.category_id == "saasBusiness");
    assert!(!desk.anrok.add_product("x", "no such category"));
    let listed = desk.seller("productTaxCategories/list", &json!({})).ok();
    assert_eq!(listed["productTaxCategories"][0]["name"], "SaaS - General, B2B");
}

// covers: mapping-target-either-id mapping-overwrite
#[test]
fn mappings() {
    let desk = Desk::new();
    desk.anrok.add_integration("si1");
    let internal = desk.anrok.products()[0].internal_id.clone();
    let add = |body: Value| desk.seller("integrations/id:si1/productIdMapping/add", &body);
    add(json!({ "sourceId": "b", "targetId": "saasBusiness" })).ok();
    add(json!({ "sourceId": "a", "targetId": "saasBusiness" })).ok();
    assert_eq!(add(json!({ "sourceId": "a", "targetId": internal })).reason(), "sourceIdAlreadyMapped");
    add(json!({ "sourceId": "a", "targetId": internal, "shouldOverwrite": true })).ok();
    assert_eq!(add(json!({ "sourceId": "c", "targetId": "none" })).reason(), "targetIdNotFound");
    let listed = desk.seller("integrations/id:si1/productIdMapping/list", &json!({})).ok();
    assert_eq!(listed, json!([{ "a": internal }, { "b": "saasBusiness" }]));
    assert_eq!(
        desk.seller("integrations/id:si2/productIdMapping/list", &json!({})).reason(),
        "integrationIdNotFound"
    );
}

fn certificate(customer: &str, jurises: &Value) -> Value {
    json!({
        "customerId": customer,
        "customerName": "Acme",
        "effectiveDateBegin": "2026-01-01",
        "certificateFile": { "name": "cert.PDF", "contentsBase64": "Y2VydC5wbmc=" },
        "jurises": jurises,
    })
}

// covers: certificate-exempts certificate-reprocesses archive-twice effective-date-endi
#[test]
fn certificates_exempt_their_customer() {
    let desk = Desk::new();
    let denver = json!({ "country": "US", "region": "CO", "postalCode": "80204" });
    let mut body = sale("physicalGoods", denver);
    body["customerId"] = json!("c1");
    body["customerName"] = json!("Acme");
    let tax = || desk.anrok.transaction("t").unwrap().tax_amount_to_collect;
    assert_eq!(desk.record("t", body.clone()).ok()["taxAmountToCollect"], 771);
    let jurises = json!([{ "jurisId": "us-CO", "effectiveDateEndi": "2026-08-10" }, { "jurisId": "us-NY" }]);
    let id = desk.seller("certificates/create", &certificate("c1", &jurises)).ok()["id"].clone();
    let id = id.as_str().unwrap();
    assert!(id.starts_with("ctec"));
    assert_eq!((tax(), desk.anrok.transaction("t").unwrap().version), (0, 2), "the engine did it again");
    let exempt = &desk.anrok.transaction("t").unwrap().response["lineItems"][0]["jurises"][1];
    let reason = json!({ "type": "exempt", "reason": { "type": "customerExempt" } });
    assert_eq!(exempt["notTaxedReason"], reason, "the city follows the state");
    for (day, tax) in [("2025-12-31", 771), ("2026-01-01", 0), ("2026-08-10", 0), ("2026-08-11", 771)] {
        let answer = desk.ephemeral(&with(body.clone(), "/taxDate", json!(day))).ok();
        assert_eq!(answer["taxAmountToCollect"], tax, "{day}");
    }
    let anonymous = with(body.clone(), "/customerId", Value::Null);
    assert_eq!(desk.ephemeral(&anonymous).ok()["taxAmountToCollect"], 771);

    let shown = desk.seller(&format!("certificates/id:{id}/get"), &json!({})).ok();
    assert_eq!((&shown["status"], &shown["expiryDate"]), (&json!("active"), &json!("2026-08-10")));
    assert_eq!(shown["jurises"][0]["effectiveDateEndi"], "2026-08-10");
    assert_eq!(shown["jurises"][1]["effectiveDateEndi"], Value::Null);
    for _ in 0..2 {
        desk.seller(&format!("certificates/id:{id}/archive"), &json!({})).ok();
    }
    assert_eq!((tax(), desk.anrok.transaction("t").unwrap().version), (771, 3));

    // A frozen transaction is left alone.
    desk.anrok.freeze_month("2026-08");
    desk.seller("certificates/create", &certificate("c1", &jurises)).ok();
    assert_eq!(desk.anrok.transaction("t").unwrap().version, 3);
}

// covers: certificate-status certificate-not-idempotent certificate-jurisdictions certificate-file-types
#[test]
fn certificates_by_status() {
    let desk = Desk::new();
    let create = |jurises: Value| {
        let answer = desk.seller("certificates/create", &certificate("c1", &jurises)).ok();
        answer["id"].as_str().unwrap().to_owned()
    };
    let status = |id: &str| {
        desk.seller(&format!("certificates/id:{id}/get"), &json!({})).ok()["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let until = |day: &str| json!([{ "jurisId": "us-MA", "effectiveDateEndi": day }]);
    assert_eq!(status(&create(until("2026-08-14"))), "expired");
    assert_eq!(status(&create(until("2026-08-15"))), "expiringSoon", "valid on its last day");
    assert_eq!(status(&create(until("2026-10-13"))), "expiringSoon");
    assert_eq!(status(&create(until("2026-10-14"))), "active", "60 days and the day itself");
    let twin = create(json!([{ "jurisId": "us-MA" }]));
    assert_ne!(twin, create(json!([{ "jurisId": "us-MA" }])));
    let listed = |filter: Value| {
        let all = desk.seller("certificates/list", &json!({ "filter": filter })).ok();
        all["certificates"].as_array().unwrap().len()
    };
    assert_eq!(listed(json!({ "status": "active" })), 3);
    assert_eq!(listed(json!({ "customerId": "c1" })), 6);
    assert_eq!(listed(json!({ "customerId": "c1", "status": "archived" })), 0);
    let fault = |body: Value| desk.seller("certificates/create", &body).reason();
    let base = certificate("c1", &json!([{ "jurisId": "us-MA" }]));
    assert_eq!(fault(certificate("c1", &json!([{ "jurisId": "de" }]))), "jurisNotFound");
    assert_eq!(
        fault(certificate("c1", &json!([{ "jurisId": "us-MA" }, { "jurisId": "us-MA" }]))),
        "duplicateJurisIds"
    );
    for name in ["cert", "cert.exe"] {
        assert_eq!(fault(with(base.clone(), "/certificateFile/name", json!(name))), "fileTypeNotSupported");
    }
}

// covers: certificate-request-emails email-shape premium-switches
#[test]
fn certificate_requests() {
    let desk = Desk::new();
    let request = |email: &str, send: bool| {
        let body =
            json!({ "customerId": "c1", "customerName": "Acme", "emailAddress": email, "sendEmail": send });
        desk.seller("certificateRequests/create", &body)
    };
    let made = request("a@b.example", true).ok();
    let link = made["requestLink"].as_str().unwrap();
    assert!(link.ends_with(made["requestId"].as_str().unwrap()));
    request("a@b.example", false).ok();
    assert_eq!(desk.anrok.emails_sent(), 1);
    for bad in ["", "a", "@b.example", "a@b", "a@b@c.example", "a b@c.example"] {
        assert_eq!(request(bad, true).reason(), "invalidEmailAddress", "{bad}");
    }
    desk.anrok.configure(|config| config.certificate_requests_enabled = false);
    assert_eq!(request("a@b.example", true).reason(), "featureNotEnabled");
}

/// All pages of a list, and how many there were.
fn pages(desk: &Desk, call: &str, key: &str, limit: usize, filter: Option<Value>) -> (Vec<Value>, usize) {
    let (mut items, mut count) = (Vec::new(), 0);
    let mut body = json!({ "limit": limit });
    if let Some(filter) = filter {
        body["filter"] = filter;
    }
    loop {
        let page = desk.seller(call, &body).ok();
        count += 1;
        items.extend(page[key].as_array().unwrap().clone());
        if page["hasMore"] == false {
            assert!(page["nextCursor"].is_null());
            return (items, count);
        }
        body = json!({ "limit": limit, "cursor": page["nextCursor"] });
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

// covers: list-order list-limits cursor-or-filter invalid-cursor next-cursor-absent-at-the-end
// covers: last-modified-needs-milliseconds list-source-is-null
#[test]
fn transactions_by_pages() {
    let desk = Desk::new();
    for number in 0..25 {
        desk.record(&format!("t{number:02}"), new_york()).ok();
    }
    desk.clock.advance_wall(jiff::SignedDuration::from_hours(1));
    desk.record("t03", new_york()).ok();
    desk.void("t04", &json!({})).ok();
    let list = |limit, filter| pages(&desk, "transactions/list", "transactions", limit, filter);
    let (all, count) = list(20, None);
    assert_eq!((all.len(), count), (25, 2));
    assert_eq!(ids(&all)[23..], ["t03", "t04"], "the last changed come last");
    assert_eq!((&all[24]["type"], all[24].get("body")), (&json!("void"), None));
    assert_eq!(all[0]["sourceBillingSystem"], Value::Null);
    assert_eq!(list(5, None).1, 5);
    let after = |at: &str| Some(json!({ "type": "lastModifiedAfter", "value": at }));
    let (late, count) = list(1, after("2026-08-15T12:30:00.000Z"));
    assert_eq!((ids(&late), count), (vec!["t03", "t04"], 2), "the cursor keeps the filter");
    let first = desk.seller("transactions/list", &json!({})).ok();
    assert_eq!(first["transactions"].as_array().unwrap().len(), 10);

    let both = json!({ "cursor": first["nextCursor"], "filter": after("2026-08-15T12:30:00.000Z") });
    assert!(desk.seller("transactions/list", &both).fault().ends_with("cannot both be provided."));
    for limit in [0, 21] {
        assert!(desk.seller("transactions/list", &json!({ "limit": limit })).fault().contains("\"limit\""));
    }
    for cursor in ["", "zz", "7b7d", "\u{20ac}\u{20ac}"] {
        let body = json!({ "cursor": cursor });
        assert_eq!(desk.seller("transactions/list", &body).reason(), "invalidCursor", "{cursor}");
    }
    let foreign = json!({ "cursor": first["nextCursor"] });
    assert_eq!(desk.seller("filings/list", &foreign).reason(), "invalidCursor");
    for bad in ["2026-08-15T12:30:00Z", "2026-08-15", "2026-13-15T12:30:00.000Z"] {
        let body = json!({ "filter": after(bad) });
        assert!(
            desk.seller("transactions/list", &body).fault().contains("YYYY-MM-DDTHH:mm:ss.dddZ"),
            "{bad}"
        );
    }
    for bad in [json!("x"), json!({}), json!({ "type": "other" })] {
        let fault = desk.seller("transactions/list", &json!({ "filter": bad })).fault();
        assert_eq!(fault, "Request body: \"filter\": Invalid input.");
    }
    desk.anrok.assume(Quirk::ListNewestFirst);
    let (newest, _) = list(7, None);
    let mut expected = ids(&all);
    expected.reverse();
    assert_eq!(ids(&newest), expected);
}

// covers: filing-info-filter juris-id-in-filter filings-are-monthly eu-oss-filing filing-locked-means-filed
// covers: filing-period-range
#[test]
fn filings_and_what_is_in_them() {
    let desk = Desk::new();
    let dated = |body: Value, day: &str| with(body, "/accountingDate", json!(day));
    let to = |country: &str| sale("saasBusiness", json!({ "country": country }));
    desk.record("ny-jul", dated(new_york(), "2026-07-31")).ok();
    desk.record("ny-aug", new_york()).ok();
    desk.record("de", to("DE")).ok();
    desk.record("fr", to("FR")).ok();
    desk.record("kw", to("KW")).ok();
    desk.record("gone", to("AU")).ok();
    desk.void("gone", &json!({})).ok();
    desk.anrok.freeze_through("2026-07-31");
    let (filings, count) = pages(&desk, "filings/list", "filings", 1, None);
    let shown: Vec<(&str, &str, bool)> = filings
        .iter()
        .map(|f| {
            let open = f["isAutomaticallyUpdatedForTransactionChanges"].as_bool().unwrap();
            assert_eq!(f["isFiled"], !open);
            (f["jurisId"].as_str().unwrap(), f["jurisFilingId"].as_str().unwrap(), open)
        })
        .collect();
    assert_eq!(shown, [("us-NY", "2026-07", false), ("eu-oss", "2026-08", true), ("us-NY", "2026-08", true)]);
    assert_eq!(count, 3);
    assert_eq!(filings[0]["name"], "July 2026");
    assert_eq!(filings[0]["period"], json!({ "begin": "2026-07-01", "endInclusive": "2026-07-31" }));
    let found = |filter: Value| pages(&desk, "filings/list", "filings", 10, Some(filter)).0.len();
    assert_eq!(found(json!({ "jurisId": "us-NY" })), 2);
    for (range, expected) in
        [("2026", 3), ("2026-07", 1), ("2026-07..2026-08", 3), ("2026-07-01..2026-07-30", 0), ("2025", 0)]
    {
        assert_eq!(found(json!({ "periodEndDateRangeInclusive": range })), expected, "{range}");
    }
    for bad in ["July", "2026-08..2026-07", "2026-02-30"] {
        let body = json!({ "filter": { "periodEndDateRangeInclusive": bad } });
        assert!(
            desk.seller("filings/list", &body).fault().contains("Invalid period end date range"),
            "{bad}"
        );
    }
    let in_filing = |juris: &str, month: &str| {
        let value =
            json!({ "filingAssociationStatus": "associated", "jurisId": juris, "jurisFilingId": month });
        let filter = Some(json!({ "type": "filingInfo", "value": value }));
        let found = pages(&desk, "transactions/list", "transactions", 20, filter).0;
        found.iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(in_filing("us-NY", "2026-07"), ["ny-jul"]);
    assert_eq!(in_filing("eu-oss", "2026-08"), ["de", "fr"]);
    assert_eq!(in_filing("de", "2026-08"), ["de"]);
    assert!(in_filing("au", "2026-08").is_empty());
}

#[test]
fn tax_that_would_be_due_is_listed_where_the_seller_does_not_collect() {
    let desk = Desk::new();
    desk.anrok.set_not_collecting("us-WA");
    desk.record("t", sale("saasBusiness", json!({ "country": "US", "region": "WA" }))).ok();
    let listed = desk.seller("transactions/list", &json!({})).ok();
    let calc = &listed["transactions"][0]["body"]["lineItems"][0]["jurises"][0]["calc"];
    assert_eq!(calc["isRemitting"], false);
    assert_eq!(calc["taxesIfWereRemitting"][0]["taxAmount"]["exclusive"], "650");
}

#[test]
fn tax_ids_are_asked_for_and_checked() {
    let desk = Desk::new();
    let ask = |address: Value, ids: &[&str]| {
        let ids: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        desk.seller("taxId/validate", &json!({ "customerAddress": address, "customerTaxIds": ids }))
    };
    let quebec = json!({ "country": "CA", "region": "Quebec" });
    let answer = ask(quebec, &["123456789", "1234567890TQ0001", "x"]).ok();
    assert_eq!(answer["jurises"][0]["validTaxIds"], json!([{ "value": "123456789" }]));
    assert_eq!(answer["jurises"][1]["validTaxIds"], json!([{ "value": "1234567890TQ0001" }]));
    let none = ask(json!({ "country": "Ireland" }), &[]).ok();
    assert_eq!(none["jurises"][0]["validTaxIds"], json!([]));
    let reason = |country: &str| ask(json!({ "country": country, "region": "NY" }), &[]).reason();
    assert_eq!(reason("US"), "validationNotSupportedForCountry");
    assert_eq!(reason("Kuwait"), "validationNotSupportedForCountry");
    assert_eq!(reason("Atlantis"), "customerAddressCouldNotResolve");
}
