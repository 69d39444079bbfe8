//! Routing, credentials, the rate limit and the texts of a 400.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod anrok_support;

use std::time::Duration;

use anrok_support::{Desk, new_york, with, with_null};
use ordway_anrok_http::{Exchange, FailureKind, Transport};
use ordway_anrok_sandbox::anrok::Quirk;
use serde_json::{Value, json};

const CATEGORIES: &str = "/v1/seller/productTaxCategories/list";

// covers: routing-before-auth double-slash-tolerated
#[test]
fn routing_and_method_come_before_credentials() {
    let desk = Desk::new();
    for path in
        ["/", "/v1/seller", "/v1/seller/transactions/createRefund", "/v1/seller/transactions/id:x/get"]
    {
        let answer = desk.send("POST", path, None, "{}");
        assert_eq!(answer.content_type, "text/plain; charset=utf-8");
        assert_eq!(answer.fault(), "No API endpoint matches the given URL");
    }
    assert_eq!(desk.send("GET", CATEGORIES, None, "").fault(), "Expecting HTTP method \"POST\"");
    assert_eq!(desk.post("//v1/seller/productTaxCategories/list", &json!({})).status, 200);
    assert_eq!(desk.anrok.requests_served(), 1);
    assert_eq!(desk.anrok.request_log()[0].operation, "unknown");
}

// covers: auth-faults-are-400 wrong-key-status
#[test]
fn credentials_are_refused_as_on_the_wire() {
    let desk = Desk::new();
    let auth = |header: Option<&str>| desk.send("POST", CATEGORIES, header, "{}");
    assert_eq!(auth(None).fault(), "Missing \"Authorization\" header");
    assert_eq!(auth(Some("Basic abc")).fault(), "Invalid \"Authorization\" header");
    assert_eq!(auth(Some("Bearer ")).fault(), "Invalid \"Authorization\" header");
    assert_eq!(auth(Some("Bearer abc")).fault(), "Invalid token: Expecting 2 \"/\" characters");
    assert!(auth(Some("Bearer x1/sa1/secret.a")).fault().starts_with("Invalid token: Seller ID"));
    assert_eq!(auth(Some("Bearer s1fake/sa1fake/secret.other")).status, 401);
    assert_eq!(auth(Some("bearer s1fake/sa1fake/secret.fake")).status, 200);
    desk.anrok.revoke_api_key();
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 401);
    desk.anrok.assume(Quirk::WrongKeyIs403);
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 403);
    desk.anrok.restore_api_key();
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200);
}

// covers: rate-limit-sliding-second refused-requests-do-not-count limit-after-auth
#[tokio::test(start_paused = true)]
async fn ten_requests_in_any_second() {
    let desk = Desk::with(|config| config.rate_limit = Some(10));
    assert_eq!(desk.send("POST", CATEGORIES, None, "{}").status, 400, "takes no slot");
    for _ in 0..5 {
        assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200);
    }
    tokio::time::advance(Duration::from_millis(600)).await;
    for _ in 0..5 {
        assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200);
    }
    let refused = desk.post(CATEGORIES, &json!({}));
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("1")));
    assert_eq!(refused.content_type, "text/plain; charset=utf-8");
    assert_eq!(refused.body, "You've exceeded your API limit of 10 per second");
    tokio::time::advance(Duration::from_millis(400)).await;
    for _ in 0..5 {
        assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200, "the first five are a second old");
    }
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 429, "the second five are not");
    assert_eq!((desk.anrok.requests_served(), desk.anrok.refused_429()), (15, 2));
}

#[tokio::test(start_paused = true)]
async fn refused_requests_can_be_made_to_count() {
    let desk = Desk::with(|config| {
        config.rate_limit = Some(1);
        config.assume(Quirk::RefusedRequestsCount);
    });
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200);
    for _ in 0..5 {
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!(desk.post(CATEGORIES, &json!({})).status, 429);
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(desk.post(CATEGORIES, &json!({})).status, 200);
}

// covers: bad-request-text empty-line-items-refused amount-range empty-address-strings-refused legacy-us-address
// covers: accounting-date-or-time unknown-keys-refused line-limit
#[test]
fn a_bad_body_is_told_by_path_and_message() {
    let desk = Desk::new();
    let line = "/lineItems/0";
    let cases: Vec<(Value, &str)> = vec![
        (with(new_york(), "/lineItems", Value::Null), r#""lineItems": Required."#),
        (
            with(new_york(), "/lineItems", json!([])),
            r#""lineItems": Array must contain at least 1 element(s)."#,
        ),
        (with(new_york(), "/lineItems", json!("x")), r#""lineItems": Expected array, received string."#),
        (with(new_york(), line, json!(1)), r#""lineItems": 0: Expected object, received number."#),
        (
            with(new_york(), "/lineItems/0/productExternalId", Value::Null),
            r#""lineItems": 0: "productExternalId": Required."#,
        ),
        (with(new_york(), "/lineItems/0/amount", Value::Null), r#""lineItems": 0: "amount": Required."#),
        (
            with(new_york(), "/lineItems/0/amount", json!("1")),
            r#""lineItems": 0: "amount": Expected number, received string."#,
        ),
        (
            with(new_york(), "/lineItems/0/amount", json!(0.5)),
            r#""lineItems": 0: "amount": Expected integer, received float."#,
        ),
        (
            with(new_york(), "/lineItems/0/amount", json!(100_000_000_001_i64)),
            r#""lineItems": 0: "amount": Number must be less than or equal to 100000000000."#,
        ),
        (
            with(new_york(), "/lineItems/0/amount", json!(-100_000_000_001_i64)),
            r#""lineItems": 0: "amount": Number must be greater than or equal to -100000000000."#,
        ),
        (
            with(new_york(), "/lineItems/0/amount", json!(1e300)),
            r#""lineItems": 0: "amount": Number must be less than or equal to 100000000000."#,
        ),
        (
            with(new_york(), "/lineItems/0/isTaxIncludedInAmount", json!("yes")),
            r#""lineItems": 0: "isTaxIncludedInAmount": Expected boolean, received string."#,
        ),
        (
            with(new_york(), "/lineItems/0/quantity", json!("many")),
            r#""lineItems": 0: "quantity": Invalid decimal."#,
        ),
        (
            with(new_york(), "/currencyCode", json!("US")),
            r#""currencyCode": String must contain exactly 3 character(s)."#,
        ),
        (with(new_york(), "/customerAddress", Value::Null), r#""customerAddress": Invalid input."#),
        (
            with(new_york(), "/customerAddress/city", json!("")),
            r#""customerAddress": "city": String must contain at least 1 character(s)."#,
        ),
        (
            with(new_york(), "/customerAddress", json!({ "state": "NY", "zipCode": "10001" })),
            r#""customerAddress": Unrecognized key(s) in object: 'state', 'zipCode'."#,
        ),
        (
            with(new_york(), "/customerName", json!("")),
            r#""customerName": String must contain at least 1 character(s)."#,
        ),
        (
            with(new_york(), "/customerTaxIds", json!([{ "type": "ssn", "value": "1" }])),
            r#""customerTaxIds": 0: "type": Invalid enum value."#,
        ),
        (
            with(new_york(), "/accountingDate", json!("2026-8-1")),
            r#""accountingDate": Invalid format; expecting "YYYY-MM-DD"."#,
        ),
        (
            with(new_york(), "/taxDate", json!("2026-02-30")),
            r#""taxDate": Invalid format; expecting "YYYY-MM-DD"."#,
        ),
        (with(new_york(), "/accountingTime", json!("noon")), r#""accountingTime": Invalid datetime."#),
        (
            with(new_york(), "/accountingTimeZone", json!("UTC")),
            "Cannot specify both accountingDate and accountingTimeZone.",
        ),
        (
            with(new_york(), "/accountingDate", Value::Null),
            "Must specify either accountingDate or accountingTimeZone.",
        ),
        (with(new_york(), "/notes", json!("x")), "Unrecognized key(s) in object: 'notes'."),
        (with_null(new_york(), "/accountingDate"), r#""accountingDate": Expected string, received null."#),
        (json!([]), "Expected object, received array."),
    ];
    for (body, expected) in cases {
        let answer = desk.ephemeral(&body);
        assert_eq!(answer.content_type, "application/json; charset=utf-8", "{expected}");
        assert_eq!(answer.fault(), format!("Request body: {expected}"));
    }
    let lines = vec![new_york()["lineItems"][0].clone(); 1201];
    let many = with(new_york(), "/lineItems", json!(lines));
    assert!(desk.ephemeral(&many).fault().contains("at most 1200"));
    desk.anrok.configure(|config| config.line_limit = None);
    assert_eq!(desk.ephemeral(&many).status, 200);
    assert_eq!(desk.ephemeral(&with(new_york(), "/lineItems/0/amount", json!(10.0))).status, 200);
    desk.anrok.assume(Quirk::UnknownKeysIgnored);
    assert_eq!(desk.ephemeral(&with(new_york(), "/notes", json!("x"))).status, 200);
}

// covers: body-must-be-json bad-request-content-type
#[test]
fn content_types_of_a_400_differ_by_operation() {
    let desk = Desk::new();
    let auth = format!("Bearer {}", desk.anrok.api_key());
    for (call, json) in [
        ("transactions/createEphemeral", true),
        ("transactions/createOrUpdate", true),
        ("transactions/createNegation", true),
        ("transactions/id:x/void", false),
        ("transactions/list", false),
        ("products/create", true),
        ("products/externalId:x/get", false),
        ("productTaxCategories/list", false),
        ("integrations/id:si1/productIdMapping/list", false),
        ("integrations/id:si1/productIdMapping/add", false),
        ("certificates/create", true),
        ("certificates/id:x/get", false),
        ("certificates/id:x/archive", false),
        ("certificates/list", false),
        ("certificateRequests/create", false),
        ("taxId/validate", true),
        ("filings/list", false),
    ] {
        let answer = desk.send("POST", &format!("/v1/seller/{call}"), Some(&auth), "{");
        assert_eq!(answer.content_type.starts_with("application/json"), json, "{call}");
        assert_eq!(answer.fault(), "Request body: Invalid JSON.");
    }
}

#[test]
fn ids_in_paths_are_decoded() {
    let desk = Desk::new();
    desk.record("a/b c:1", new_york()).ok();
    desk.void("a%2Fb%20c%3A1", &json!({})).ok();
    assert_eq!(desk.void("a/b", &json!({})).status, 400, "a raw slash makes another path");
}

#[test]
fn nothing_private_is_logged_or_shown() {
    let desk = Desk::new();
    let mut body = new_york();
    body["customerAddress"]["line1"] = json!("1 Hidden Lane");
    body["customerName"] = json!("Hidden Name");
    body["customerTaxIds"] = json!([{ "type": "euVrn", "value": "HIDDENID" }]);
    desk.record("t1", body).ok();
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        desk.anrok,
        desk.anrok.request_log(),
        desk.anrok.transactions(),
        desk.anrok.history(),
        ordway_anrok_sandbox::anrok::AnrokConfig::default(),
    );
    for secret in ["idden", "HIDDEN", "secret."] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let log = desk.anrok.request_log();
    assert_eq!((log[0].operation, log[0].status), ("transactions.createOrUpdate", 200));
    assert_eq!(log[0].body["lineItems"][0]["amount"], 10_000);
}

#[tokio::test]
async fn it_is_a_transport() {
    let desk = Desk::new();
    let request = || {
        http::Request::post(format!("https://api.anrok.com{CATEGORIES}"))
            .header("authorization", format!("Bearer {}", desk.anrok.api_key()))
            .body("{}".into())
            .unwrap()
    };
    assert_eq!(desk.anrok.send(Exchange::new(request())).await.unwrap().status(), 200);
    let mut small = Exchange::new(request());
    small.max_response_bytes = 10;
    assert_eq!(desk.anrok.send(small).await.unwrap_err().kind(), FailureKind::TooLarge);
}

#[test]
fn the_log_forgets_the_oldest() {
    let desk = Desk::with(|config| config.log_limit = 2);
    for id in ["a", "b", "c"] {
        desk.void(id, &json!({})).reason();
    }
    let paths: Vec<String> = desk.anrok.request_log().into_iter().map(|r| r.path).collect();
    assert_eq!(paths, ["/v1/seller/transactions/id:b/void", "/v1/seller/transactions/id:c/void"]);
}
