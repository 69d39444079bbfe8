//! What a receiver accepts and refuses.

use ordway_client::webhook_receiver::{
    Delivery, DeliveryError, ObjectClass, ReceiverError, Verb, WebhookReceiver,
};
use serde_json::{Value, json};

const SECRET: &str = "CANARY-0123456789";

fn receiver() -> WebhookReceiver {
    WebhookReceiver::new("X-Webhook-Secret", SECRET.into()).unwrap()
}

fn receive(body: &str) -> Result<Delivery, DeliveryError> {
    let headers = [("content-type", b"application/json".as_slice()), ("x-webhook-secret", SECRET.as_bytes())];
    receiver().receive(headers, body.as_bytes())
}

fn said(body: &Value) -> (Option<ObjectClass>, String, Option<Verb>) {
    let delivery = receive(&body.to_string()).unwrap();
    (delivery.class, delivery.id, delivery.verb)
}

#[test]
fn without_a_secret_there_is_no_receiver() {
    let new = |header: &str, secret: &str| WebhookReceiver::new(header, secret.into()).map(|_| ());
    assert_eq!(new("X-Secret", ""), Err(ReceiverError::SecretUnset));
    assert_eq!(new("X-Secret", "   "), Err(ReceiverError::SecretUnset));
    assert_eq!(new("X-Secret", "short"), Err(ReceiverError::SecretTooShort));
    for header in ["", "X Secret", "X:Secret", "X\n", "Ü"] {
        assert_eq!(new(header, SECRET), Err(ReceiverError::HeaderName), "{header}");
    }
    assert!(!format!("{:?}", receiver()).contains("CANARY"));
}

#[test]
fn the_secret_must_be_there_once_and_exactly() {
    let body = br#"{"object":"Invoice","record":{"id":"INV-1"}}"#;
    let with = |headers: &[(&str, &[u8])]| receiver().receive(headers.iter().copied(), body).map(|d| d.id);
    let secret = SECRET.as_bytes();
    assert_eq!(with(&[("X-WEBHOOK-SECRET", secret)]).as_deref(), Ok("INV-1"));
    for headers in [
        vec![],
        vec![("x-webhook-secret", b"".as_slice())],
        vec![("x-webhook-secret", b"CANARY-012345678".as_slice())],
        vec![("x-webhook-secret", b"CANARY-01234567890".as_slice())],
        vec![("x-webhook-secret", b"canary-0123456789".as_slice())],
        vec![("x-webhook-secret", b"\xff\xfe".as_slice())],
        vec![("x-other", secret)],
        vec![("x-webhook-secret", b"wrong".as_slice()), ("x-webhook-secret", secret)],
        vec![("x-webhook-secret", secret), ("X-Webhook-Secret", secret)],
    ] {
        let error = with(&headers).unwrap_err();
        assert_eq!(error, DeliveryError::Unauthorized);
        assert!(error.status() == 401 && !format!("{error} {error:?}").contains("CANARY"));
    }
}

#[test]
fn strangers_learn_nothing_about_the_body() {
    let headers: [(&str, &[u8]); 0] = [];
    assert_eq!(receiver().max_body(1).receive(headers, b"not json at all"), Err(DeliveryError::Unauthorized));
}

#[test]
fn the_body_is_capped() {
    let headers = || [("x-webhook-secret", SECRET.as_bytes())];
    let body = br#"{"id":"INV-1"}"#;
    let error = receiver().max_body(body.len() - 1).receive(headers(), body).unwrap_err();
    assert_eq!((error.clone(), error.status()), (DeliveryError::TooLarge { size: 14, limit: 13 }, 413));
    assert!(receiver().max_body(body.len()).receive(headers(), body).is_ok());
}

#[test]
fn all_envelopes_are_opened() {
    let record = json!({"id": "INV-1", "invoice_amount": "12.00"});
    let invoice = |verb| (Some(ObjectClass::Invoice), "INV-1".to_owned(), verb);
    for (body, verb) in [
        (json!({"object": "Invoice", "record": record}), None),
        (json!({"object": "Invoice", "event": "edit", "record": record}), Some(Verb::Edit)),
        (json!({"event": "invoice.created", "data": record}), Some(Verb::Create)),
        (json!({"event": "edit", "data": record}), Some(Verb::Edit)),
        (json!({"type": "Invoice", "action": "remove", "data": record}), Some(Verb::Remove)),
        (json!({"event_type": "Invoice Updated", "payload": record}), Some(Verb::Edit)),
        (json!({"object": "invoices", "record": record}), None),
        (json!({"invoice": record}), None),
        (json!({"event": "create", "invoice": record}), Some(Verb::Create)),
        (json!([{"object": "Invoice", "record": record}]), None),
        (record, None),
    ] {
        assert_eq!(said(&body), invoice(verb), "{body}");
    }
}

#[test]
fn classes_in_all_spellings() {
    for (word, class) in [
        ("JournalEntry", ObjectClass::JournalEntry),
        ("journal_entries", ObjectClass::JournalEntry),
        ("DebitMemo", ObjectClass::DebitMemo),
        ("debit-memos", ObjectClass::DebitMemo),
        ("CUSTOMER", ObjectClass::Customer),
        ("usages", ObjectClass::Usage),
        ("Meter", ObjectClass::Other("Meter".into())),
    ] {
        assert_eq!(said(&json!({"object": word, "record": {"id": "X-1"}})).0, Some(class), "{word}");
    }
    let account = json!({"object": "ChartOfAccount", "record": {"code": "1200", "name": "Receivables"}});
    assert_eq!(said(&account), (Some(ObjectClass::ChartOfAccount), "1200".to_owned(), None));
    // A bare record's own `type` is not a class.
    assert_eq!(said(&json!({"id": "CHG-1", "type": "Recurring"})), (None, "CHG-1".to_owned(), None));
    assert_eq!(said(&json!({"id": "CR-1", "credit_amount": "1.00"})).0, Some(ObjectClass::Credit));
}

#[test]
fn what_cannot_be_read_again_is_refused() {
    for body in ["", "null", "7", "[]", "[{},{}]", "<html>", "{\"id\":", "\u{feff}{}"] {
        assert_eq!(receive(body), Err(DeliveryError::NotAnObject), "{body}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(receive(&deep), Err(DeliveryError::NotAnObject));
    for id in [
        json!(null),
        json!(""),
        json!("-"),
        json!(".."),
        json!("a\nb"),
        json!({"x": 1}),
        json!("x".repeat(300)),
    ] {
        let body = json!({"object": "Invoice", "record": {"id": id}}).to_string();
        let error = receive(&body).unwrap_err();
        assert_eq!((error.clone(), error.status()), (DeliveryError::NoId, 422), "{body}");
    }
    assert_eq!(receive("{}"), Err(DeliveryError::NoId));
    assert_eq!(said(&json!({"object": "Invoice", "record": {"id": 17}})).1, "17");
}

#[test]
fn repeated_deliveries_have_one_key_and_later_changes_another() {
    let at = |time: &str, verb: &str| {
        let record = json!({"id": "INV-1", "updated_date": time});
        receive(&json!({"object": "Invoice", "event": verb, "record": record}).to_string()).unwrap().key()
    };
    let first = at("2025-09-15T02:36:19.472Z", "edit");
    assert!(first.is_some());
    // The first edit after a creation within one millisecond is the same state.
    assert_eq!(first, at("2025-09-15T02:36:19.472Z", "create"));
    assert_ne!(first, at("2025-09-15T02:36:19.473Z", "edit"));
    assert_eq!(at("", "edit"), None);
    assert_eq!(at("2025-09-15T02:36:19.472Z", "remove"), None);
}
