//! The fake Ordway as a client sees it: credentials, paging, filters, writes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use ordway_anrok_http::VirtualClock;
use ordway_anrok_sandbox::ordway::{FakeOrdway, Line, OrdwayConfig, Quirk, TaxWrite};
use serde_json::{Value, json};

fn fake_with(config: OrdwayConfig) -> FakeOrdway {
    let clock = VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap());
    FakeOrdway::with_config(Arc::new(clock), config)
}

fn fake() -> FakeOrdway {
    fake_with(OrdwayConfig::default())
}

fn request(fake: &FakeOrdway, method: &str, target: &str, body: &Value) -> Request<Bytes> {
    let config = fake.config();
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Request::builder()
        .method(method)
        .uri(format!("http://ordway.test/api/v1{target}"))
        .header("X-User-Company", config.company)
        .header("X-User-Email", config.user_email)
        .header("X-User-Token", config.user_token)
        .header("X-API-KEY", config.api_key)
        .body(body)
        .unwrap()
}

fn call(fake: &FakeOrdway, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let response = fake.handle(&request(fake, method, target, body));
    let json = if response.body().is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(response.body()).unwrap()
    };
    (response.status().as_u16(), json)
}

fn get(fake: &FakeOrdway, target: &str) -> (u16, Value) {
    call(fake, "GET", target, &Value::Null)
}

fn ids(page: &Value) -> Vec<String> {
    page.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn draft(fake: &FakeOrdway) -> String {
    let customer = fake.customer("Acme").create().unwrap();
    fake.invoice(&customer)
        .line(Line::new("P-1", "12.00"))
        .line(Line::new("P-2", "100.00").one_time())
        .create()
        .unwrap()
}

fn tax_body() -> Value {
    json!({"line_items": [
        {"line_no": "1", "line_tax": "0.72", "tax_lines": [{"name": "MD State Tax", "value": "0.72"}]},
        {"line_no": "2", "line_tax": 6, "tax_lines": [{"name": "MD State Tax", "value": "6.00"}]}]})
}

#[test]
fn each_credential_is_checked() {
    let fake = fake();
    for (header, status) in
        [("x-user-company", 401), ("x-user-email", 401), ("x-user-token", 401), ("x-api-key", 403)]
    {
        let mut wrong = request(&fake, "GET", "/customers", &Value::Null);
        wrong.headers_mut().insert(header, "wrong".parse().unwrap());
        let mut missing = request(&fake, "GET", "/customers", &Value::Null);
        missing.headers_mut().remove(header);
        for request in [wrong, missing] {
            let response = fake.handle(&request);
            assert_eq!(response.status(), status, "{header}");
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            if status == 401 {
                assert_eq!(body["error"]["title"], "Invalid Email/Token combination.");
                assert_eq!(response.headers()["warden"], "timeout");
            } else {
                assert_eq!(body, json!({"message": "Forbidden"}));
            }
        }
    }
    let lax = fake_with(OrdwayConfig::default().with(Quirk::ApiKeyNotEnforced));
    let mut request = request(&lax, "GET", "/customers", &Value::Null);
    request.headers_mut().remove("x-api-key");
    assert_eq!(lax.handle(&request).status(), 200);
}

#[test]
fn the_base_path_is_exact() {
    let fake = fake();
    for target in ["/customers", "/api/customers", "/api/v2/customers", "/api/v1", "/api/v1customers"] {
        let mut odd = request(&fake, "GET", "/customers", &Value::Null);
        *odd.uri_mut() = target.parse().unwrap();
        assert_eq!(fake.handle(&odd).status(), 404, "{target}");
    }
    assert_eq!(get(&fake, "/nonsense").0, 404);
    assert_eq!(get(&fake, "/customers/").0, 404);
    assert_eq!(get(&fake, "/invoices/NOPE").1["errors"]["source"], "invoices");
}

#[test]
fn pages_are_capped_and_end_empty() {
    let fake = fake();
    for number in 0..120 {
        fake.insert("products", json!({"name": format!("product {number}")}));
        fake.insert("revenue_schedules", json!({}));
    }
    assert_eq!(get(&fake, "/products?size=1000&page=1").1.as_array().unwrap().len(), 50);
    assert_eq!(get(&fake, "/products").1.as_array().unwrap().len(), 20);
    assert_eq!(get(&fake, "/products?size=50&page=3").1.as_array().unwrap().len(), 20);
    assert_eq!(get(&fake, "/products?size=50&page=4").1, json!([]));
    assert_eq!(get(&fake, "/revenue_schedules?size=500&page=1").1.as_array().unwrap().len(), 120);
    assert_eq!(ids(&get(&fake, "/products?size=2&page=2").1), ["P-00003", "P-00004"]);
}

#[test]
fn the_update_filter_is_inclusive_and_takes_bare_dates() {
    let fake = fake();
    for (id, updated) in [
        ("INV-3", "2026-01-03T00:00:00.000Z"),
        ("INV-1", "2026-01-01T10:00:00.001Z"),
        ("INV-2", "2026-01-02T00:00:00.000Z"),
    ] {
        fake.insert("invoices", json!({"id": id, "updated_date": updated, "status": "Posted"}));
    }
    let list = |query: &str| ids(&get(&fake, &format!("/invoices?size=50&page=1&{query}")).1);
    assert_eq!(list("sort=updated_date,id"), ["INV-1", "INV-2", "INV-3"]);
    assert_eq!(list("sort=updated_date%2Cid%20desc"), ["INV-3", "INV-2", "INV-1"]);
    assert_eq!(list("sort=updated_date,id+asc"), ["INV-1", "INV-2", "INV-3"]);
    assert_eq!(list("sort=updated_date&updated_date%3E=2026-01-02T00%3A00%3A00.000000Z"), ["INV-2", "INV-3"]);
    assert_eq!(list("sort=updated_date&updated_date%3E=2026-01-02"), ["INV-2", "INV-3"]);
    assert_eq!(list("updated_date%3E=2026-01-01T10:00:00.002Z"), ["INV-3", "INV-2"]);
    assert_eq!(list("sort=id"), ["INV-1", "INV-2", "INV-3"]);
    assert_eq!(get(&fake, "/invoices?sort=").0, 500);
    assert_eq!(get(&fake, "/invoices?updated_date%3E=soon").0, 400);
}

#[test]
fn equality_filters_hold_and_drafts_can_hide() {
    let fake = fake();
    fake.insert(
        "invoices",
        json!({"id": "A", "status": "Draft", "customer_id": "C-1", "invoice_date": "2026-01-01"}),
    );
    fake.insert(
        "invoices",
        json!({"id": "B", "status": "Posted", "customer_id": "C-2", "invoice_date": "2026-01-02"}),
    );
    assert_eq!(ids(&get(&fake, "/invoices?status=draft").1), ["A"]);
    assert_eq!(ids(&get(&fake, "/invoices?customer_id=C-2").1), ["B"]);
    assert_eq!(ids(&get(&fake, "/invoices?date=2026-01-02").1), ["B"]);
    assert_eq!(ids(&get(&fake, "/invoices?colour=red").1), ["A", "B"]);
    fake.reconfigure(|config| {
        config.quirks.insert(Quirk::DraftsHidden);
    });
    assert_eq!(ids(&get(&fake, "/invoices").1), ["B"]);
    assert_eq!(ids(&get(&fake, "/invoices?status=Draft").1), ["A"]);
}

#[test]
fn order_can_be_inexact_without_losing_records() {
    let fake = fake_with(OrdwayConfig::default().with(Quirk::InexactOrder));
    for number in 0..60 {
        fake.insert("credits", json!({"id": format!("CR-{number:02}")}));
    }
    let mut seen = ids(&get(&fake, "/credits?sort=updated_date,id&size=50&page=1").1);
    assert_eq!(seen[..2], ["CR-01", "CR-00"]);
    seen.extend(ids(&get(&fake, "/credits?sort=updated_date,id&size=50&page=2").1));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 60);
}

#[test]
fn usages_come_wrapped() {
    let fake = fake();
    assert_eq!(get(&fake, "/usages").1, json!({"usages": [], "total": 0}));
    assert_eq!(call(&fake, "POST", "/usages", &json!({"quantity": 2.0})).0, 200);
    assert_eq!(get(&fake, "/usages?sort=updated_date,id&size=50&page=1").1["total"], 1);
    assert_eq!(call(&fake, "PUT", "/usages/U-00001", &json!({})).0, 404);
    assert_eq!(call(&fake, "DELETE", "/usages/U-00001", &Value::Null).0, 200);
    assert_eq!(call(&fake, "DELETE", "/usages/U-00001", &Value::Null).0, 404);
}

#[test]
fn a_recorded_customer_create_gets_its_defaults() {
    let fake = fake();
    let sent = json!({"id": "C-9", "name": "Organization 4", "parent_customer": null, "auto_pay": null,
        "payment_terms": null, "currency": null, "custom_fields": {"tax_id": "DE1"}});
    let (status, made) = call(&fake, "POST", "/customers", &sent);
    assert_eq!(status, 200);
    assert_eq!(
        (&made["id"], &made["payment_terms"], &made["currency"]),
        (&json!("C-9"), &json!("Net 30"), &json!("USD"))
    );
    assert_eq!(made["parent_customer"], "");
    assert_eq!(made["tax_id"], "DE1", "custom fields are repeated at top level");
    assert_eq!(made["contacts"][0]["display_name"], "Organization 4");
    assert_eq!(made["contacts"][0]["id"], made["billing_contact_id"]);
    assert_eq!(call(&fake, "POST", "/customers", &sent).0, 422, "the id is taken");
    assert_eq!(call(&fake, "POST", "/customers", &json!({})).0, 422);

    let contact = made["billing_contact_id"].as_str().unwrap();
    let path = format!("/customers/C-9/contacts/{contact}");
    assert_eq!(call(&fake, "PUT", &path, &json!({"city": "Bonn"})).1["city"], "Bonn");
    assert_eq!(get(&fake, &path).1["city"], "Bonn");
    assert_eq!(call(&fake, "PUT", &format!("/contacts/{contact}"), &json!({"zip": "1"})).0, 200);
    assert_eq!(call(&fake, "POST", "/customers/C-9/contacts", &json!({})).0, 200);
    assert_eq!(get(&fake, "/customers/C-9/contacts").1.as_array().unwrap().len(), 2);
    assert_eq!(get(&fake, "/customers/C-9/verbose").1["contacts"][0]["zip"], "1");
    let (_, updated) = call(&fake, "PUT", "/customers/C-9", &json!({"tax_id": "DE2", "website": "w"}));
    assert_eq!((&updated["custom_fields"]["tax_id"], &updated["website"]), (&json!("DE2"), &json!("w")));
}

#[test]
fn tax_is_written_to_a_draft_and_moves_the_totals() {
    let fake = fake();
    let id = draft(&fake);
    let before = fake.get("invoices", &id).unwrap();
    assert_eq!(before["line_items"][1]["end_date"], "-");
    let (status, answer) = call(&fake, "PUT", &format!("/invoices/{id}"), &tax_body());
    assert_eq!(status, 200);
    for (field, value) in
        [("subtotal", "112.00"), ("invoice_tax", "6.72"), ("invoice_amount", "118.72"), ("balance", "118.72")]
    {
        assert_eq!(answer[field], value, "{field}");
    }
    assert_eq!(answer["line_items"][1]["line_tax"], "6.00");
    assert_eq!(answer["subtotals"], json!([{"subtotal_name": "MD State Tax", "value": "6.72"}]));
    assert!(answer["updated_date"].as_str() > before["updated_date"].as_str());
    assert_eq!(get(&fake, &format!("/invoices/{id}")).1, answer);
    let writes = fake.writes();
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].body, tax_body());

    let path = format!("/invoices/{id}");
    let wrong = json!({"line_items": [{"line_no": "1", "line_tax": "0.725"}]});
    assert_eq!(call(&fake, "PUT", &path, &wrong).0, 422);
    assert_eq!(call(&fake, "PUT", &path, &json!({"line_items": [{"line_no": "9"}]})).0, 422);
    assert_eq!(call(&fake, "PUT", &path, &json!([])).0, 400);
    fake.post_invoice(&id).unwrap();
    assert_eq!(call(&fake, "PUT", &path, &tax_body()).0, 422);
}

#[test]
fn the_tax_write_can_be_anything() {
    let ignored = fake_with(OrdwayConfig::default().with(Quirk::TaxWriteIgnored));
    let id = draft(&ignored);
    let (status, answer) = call(&ignored, "PUT", &format!("/invoices/{id}"), &tax_body());
    assert_eq!((status, &answer["invoice_tax"]), (200, &json!("0.00")));

    let stale = fake_with(OrdwayConfig::default().with(Quirk::HeaderTotalsStale));
    let id = draft(&stale);
    let (_, answer) = call(&stale, "PUT", &format!("/invoices/{id}"), &tax_body());
    assert_eq!(
        (&answer["invoice_tax"], &answer["line_items"][0]["line_tax"]),
        (&json!("0.00"), &json!("0.72"))
    );

    let silent = fake_with(OrdwayConfig::default().with(Quirk::EmptyPutAnswer));
    let id = draft(&silent);
    assert_eq!(call(&silent, "PUT", &format!("/invoices/{id}"), &tax_body()), (200, Value::Null));
    assert_eq!(silent.get("invoices", &id).unwrap()["invoice_tax"], "6.72");

    let off = fake_with(OrdwayConfig::default().with_tax_write(TaxWrite::Off));
    let id = draft(&off);
    assert_eq!(call(&off, "PUT", &format!("/invoices/{id}"), &tax_body()).0, 404);

    let path = "/invoices/{id}/taxes".to_owned();
    let other = TaxWrite::At { method: http::Method::POST, path };
    let other = fake_with(OrdwayConfig::default().with_tax_write(other));
    let id = draft(&other);
    assert_eq!(call(&other, "PUT", &format!("/invoices/{id}"), &tax_body()).0, 404);
    let (status, answer) = call(&other, "POST", &format!("/invoices/{id}/taxes"), &tax_body());
    assert_eq!((status, &answer["invoice_tax"]), (200, &json!("6.72")));

    let open = fake_with(OrdwayConfig::default().with(Quirk::PostedTaxEditable));
    let id = draft(&open);
    open.post_invoice(&id).unwrap();
    assert_eq!(call(&open, "PUT", &format!("/invoices/{id}"), &tax_body()).0, 200);
}

#[test]
fn invoices_and_credits_are_reversed() {
    let fake = fake();
    let id = draft(&fake);
    let reverse = json!({"reversed_on": "2026-03-11"});
    let path = format!("/invoices/{id}/reverse");
    assert_eq!(call(&fake, "PUT", &path, &reverse).0, 422, "a draft");
    fake.post_invoice(&id).unwrap();
    let credit = fake.credit_invoice(&id, "12").unwrap();
    let invoice = fake.get("invoices", &id).unwrap();
    assert_eq!((&invoice["balance"], &invoice["status"]), (&json!("100.00"), &json!("Partially paid")));
    assert_eq!(invoice["credits"][0]["id"], credit["id"]);
    assert!(invoice["credits"][0].get("credit_line_items").is_none());

    let credit_path = format!("/credits/{}/reverse", credit["id"].as_str().unwrap());
    let (status, reversed) = call(&fake, "PUT", &credit_path, &reverse);
    assert_eq!(
        (status, &reversed["status"], &reversed["auto_apply"]),
        (200, &json!("Reversed"), &json!("-"))
    );
    let invoice = fake.get("invoices", &id).unwrap();
    assert_eq!((&invoice["balance"], &invoice["status"]), (&json!("112.00"), &json!("Posted")));

    assert_eq!(call(&fake, "PUT", &path, &json!({"reversed_on": "tomorrow"})).0, 422);
    let (status, invoice) = call(&fake, "PUT", &path, &reverse);
    assert_eq!(
        (status, &invoice["reversed_on"], &invoice["balance"]),
        (200, &json!("2026-03-11"), &json!("0.00"))
    );
    assert_eq!(call(&fake, "PUT", &path, &reverse).0, 422, "twice");
}

#[test]
fn payments_settle_and_refunds_are_recorded() {
    let fake = fake();
    let id = draft(&fake);
    fake.post_invoice(&id).unwrap();
    let payment = fake.pay_invoice(&id, "12").unwrap();
    assert_eq!(fake.get("invoices", &id).unwrap()["status"], "Partially paid");
    fake.pay_invoice(&id, "").unwrap();
    let invoice = fake.get("invoices", &id).unwrap();
    assert_eq!(
        (&invoice["status"], &invoice["paid_amount"], &invoice["balance"]),
        (&json!("Paid"), &json!("112.00"), &json!("0.00"))
    );
    let path = format!("/payments/{}", payment["id"].as_str().unwrap());
    assert_eq!(call(&fake, "PUT", &format!("{path}/refund"), &json!({"refund_amount": "2.00"})).0, 200);
    let refunds = get(&fake, "/refunds").1;
    assert_eq!((&refunds[0]["payment_id"], &refunds[0]["refund_amount"]), (&payment["id"], &json!("2.00")));
    assert_eq!(call(&fake, "PUT", &format!("{path}/reverse"), &json!({"reversed_on": "2026-03-11"})).0, 422);
}

#[test]
fn the_rate_limit_counts_one_second() {
    let fake = fake_with(OrdwayConfig::default().with_rate_limit(2));
    assert_eq!(get(&fake, "/customers").0, 200);
    assert_eq!(get(&fake, "/customers").0, 200);
    assert_eq!(get(&fake, "/customers").0, 429);
    assert_eq!(fake.requests_served(), 3);
    assert_eq!(fake.request_log()[2].status, 429);
}

#[test]
fn settings_and_small_collections_work() {
    let fake = fake();
    assert_eq!(get(&fake, "/notifications").1["notification_settings"][2]["event_type"], "Billing Run");
    let (status, body) = call(&fake, "PUT", "/notifications", &json!({}));
    assert_eq!(
        (status, body),
        (422, json!({"errors": {"details": {"message": "notification_settings param is required"}}}))
    );
    assert_eq!(call(&fake, "PUT", "/notifications", &json!({"notification_settings": []})).0, 200);
    assert_eq!(get(&fake, "/notifications").1, json!({"notification_settings": []}));

    assert_eq!(call(&fake, "POST", "/webhooks", &json!({"name": "Hook", "url": "https://h.example"})).0, 200);
    assert_eq!(get(&fake, "/webhooks/Hook").1["status"], "active");
    assert_eq!(call(&fake, "POST", "/subscriptions", &json!({"plans": []})).1["id"], "S-00001");
    assert_eq!(call(&fake, "PUT", "/subscriptions/S-00001/activate", &json!({})).1["status"], "Active");
    assert_eq!(
        call(&fake, "PUT", "/subscriptions/S-00001/change?callback_url=x", &json!({})).1["version"],
        2
    );
    assert_eq!(call(&fake, "DELETE", "/subscriptions/S-00001", &Value::Null).0, 422);
    assert_eq!(call(&fake, "PUT", "/subscriptions/S-00001/explode", &json!({})).0, 404);
    assert_eq!(call(&fake, "POST", "/chart_of_accounts", &json!({"code": "1200"})).1["code"], "1200");

    fake.insert("customers", json!({"id": "C/1 %", "name": "odd id"}));
    assert_eq!(get(&fake, "/customers/C%2F1%20%25").1["name"], "odd id");
    let methods = "/customers/C%2F1%20%25/payment_methods";
    let made = call(&fake, "POST", methods, &json!({"token": "tok"})).1;
    let method = made["payment_method_id"].as_str().unwrap();
    assert_eq!(
        call(&fake, "PUT", &format!("{methods}/{method}/set_default"), &Value::Null).1["default"],
        true
    );
    assert_eq!(get(&fake, methods).1.as_array().unwrap().len(), 1);
}
