//! Everything that the clients offer is answered by the fakes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

use bytes::Bytes;
use http::Request;
use ordway_anrok_http::EndpointInfo;
use ordway_anrok_sandbox::Fakes;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::{Value, json};

/// A company with a record `X-1` in every collection.
fn company() -> Fakes {
    let fakes = Fakes::empty();
    let ordway = fakes.ordway();
    let contact = json!({"id": "X-1", "country": "Germany"});
    ordway.create("customers", &json!({"id": "X-1", "name": "Acme", "contacts": [contact]})).unwrap();
    ordway.product("X-1", "Seat");
    for collection in [
        "plans",
        "subscriptions",
        "orders",
        "usages",
        "debit_memos",
        "refunds",
        "payment_runs",
        "billing_runs",
        "billing_schedules",
        "revenue_schedules",
        "revenue_rules",
        "journal_entries",
        "coupons",
        "customers/X-1/customer_notes",
    ] {
        ordway.insert(collection, json!({"id": "X-1", "status": "Completed", "charges": [{"id": "X-1"}]}));
    }
    for (collection, key) in [
        ("chart_of_accounts", "code"),
        ("statements", "statement_id"),
        ("webhooks", "name"),
        ("customers/X-1/payment_methods", "payment_method_id"),
    ] {
        ordway.insert(collection, json!({key: "X-1"}));
    }
    let line = || Line::new("X-1", "10.00");
    ordway.invoice("X-1").id("X-1").line(line()).create().unwrap();
    ordway.credit("X-1").id("X-1").line(line()).create().unwrap();
    let payment = json!({"id": "X-1", "customer_id": "X-1", "payment_amount": "5.00"});
    ordway.create("payments", &payment).unwrap();
    fakes
}

fn path_of(endpoint: &EndpointInfo) -> String {
    let segment = |segment: &str| -> String {
        match (segment.find('{'), segment.find('}')) {
            (Some(begin), Some(_)) => format!("{}X-1", &segment[..begin]),
            _ => segment.to_owned(),
        }
    };
    endpoint.path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn ask_ordway(fakes: &Fakes, endpoint: &EndpointInfo, body: &Value) -> (u16, Value) {
    let config = fakes.ordway().config();
    let request = Request::builder()
        .method(endpoint.method.to_string().as_str())
        .uri(format!("https://app.ordwaylabs.com/api/v1{}", path_of(endpoint)))
        .header("x-user-company", config.company)
        .header("x-user-email", config.user_email)
        .header("x-user-token", config.user_token)
        .header("x-api-key", config.api_key)
        .body(Bytes::from(if endpoint.method.to_string() == "GET" {
            String::new()
        } else {
            body.to_string()
        }))
        .unwrap();
    let response = fakes.ordway().handle(&request);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

#[test]
fn every_operation_of_the_ordway_client_is_answered() {
    let body = json!({"name": "New", "customer_id": "X-1", "plan_id": "X-1", "reversed_on": "2026-03-10",
        "notification_settings": [], "code": "4000", "payment_amount": "1.00", "credit_amount": "1.00", "payment_id": "X-1"});
    let mut unanswered = Vec::new();
    for endpoint in ordway_client::endpoints() {
        let (status, answer) = ask_ordway(&company(), endpoint, &body);
        if !matches!(status, 200 | 422) {
            unanswered.push(format!("{endpoint}: {status} {answer}"));
        }
    }
    assert!(unanswered.is_empty(), "{}", unanswered.join("\n"));
}

#[test]
fn every_operation_of_the_anrok_client_is_answered() {
    let fakes = company();
    let endpoints = anrok_client::endpoints();
    assert_eq!(endpoints.len(), 17);
    for endpoint in endpoints {
        let request = Request::builder()
            .method(endpoint.method.to_string().as_str())
            .uri(format!("https://api.anrok.com{}", path_of(&endpoint)))
            .header("authorization", format!("Bearer {}", fakes.anrok().api_key()))
            .body(Bytes::from_static(b"{}"))
            .unwrap();
        let response = fakes.anrok().handle(&request);
        let text = String::from_utf8_lossy(response.body()).into_owned();
        assert!(!text.contains("No API endpoint"), "{endpoint}: {text}");
        let called = fakes.anrok().request_log().last().unwrap().operation;
        assert_ne!(called, "unknown", "{endpoint}");
    }
    let seen: std::collections::BTreeSet<_> =
        fakes.anrok().request_log().iter().map(|request| request.operation).collect();
    assert_eq!(seen.len(), 17, "each of its own: {seen:?}");
}
