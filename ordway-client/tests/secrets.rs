//! What must never be printed is never printed.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use ordway_anrok_http::Pacer;
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_client::contacts::{Contact, ContactInput, ContactPatch, ContactSnapshot};
use ordway_client::credits::{Credit, CreditLine, NewCredit};
use ordway_client::customers::{Customer, NewCustomer, UpdateCustomer};
use ordway_client::debit_memos::{DebitLine, DebitMemo};
use ordway_client::embedded::{CreditApplication, EmbeddedCredit, EmbeddedPayment, EmbeddedRefund};
use ordway_client::invoices::{Invoice, LineItem, NewInvoice, RefundRequest, UpdateInvoice};
use ordway_client::products::Product;
use ordway_client::{Client, Credentials, Patch, RetryPolicy};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Members that name a person, open a door, or hold free text.
const PRIVATE: &[&str] = &[
    "name",
    "customer_name",
    "display_name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile",
    "job_title",
    "department",
    "notes",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "county",
    "country",
    "website",
    "billing_contact_email",
    "shipping_contact_email",
    "payment_gateway_id",
    "pay_now_url",
    "update_payment_method_url",
    "open_invoices_url",
    "invoice_pdf_url",
    "credit_pdf_url",
    "debit_pdf_url",
    "account_number",
    "routing_number",
    "bank_name",
    "swift_code",
    "banking_info",
    "reference_number",
    "payment_method",
    "created_by",
    "updated_by",
];

/// Fills every private member of a record, its custom fields and an unknown member, and prints it.
fn leaks<T: DeserializeOwned + Debug>(members: &[&str]) -> Option<String> {
    let mut object: Map<String, Value> = members
        .iter()
        .filter(|name| PRIVATE.contains(name))
        .map(|name| ((*name).to_owned(), json!("CANARY")))
        .collect();
    object.insert("id".into(), json!("ID-1"));
    object.insert("custom_fields".into(), json!({"tax_id": "CANARY"}));
    object.insert("unknown".into(), json!("CANARY"));
    let record: T = serde_json::from_value(Value::Object(object)).unwrap();
    let text = format!("{record:?} {record:#?}");
    text.contains("CANARY").then_some(text)
}

macro_rules! none_leaks {
    ($($record:ident),+ $(,)?) => { $( assert_eq!(leaks::<$record>($record::MEMBERS), None); )+ };
}

#[test]
fn no_record_prints_what_is_private() {
    none_leaks!(
        Contact,
        ContactSnapshot,
        Credit,
        CreditApplication,
        CreditLine,
        Customer,
        DebitLine,
        DebitMemo,
        EmbeddedCredit,
        EmbeddedPayment,
        EmbeddedRefund,
        Invoice,
        LineItem,
    );
    // A product's name is no person's.
    let members: Vec<_> = Product::MEMBERS.iter().copied().filter(|name| *name != "name").collect();
    assert_eq!(leaks::<Product>(&members), None);
}

#[test]
fn no_input_prints_what_is_private() {
    let canary = || Some("CANARY".to_owned());
    let mut extra = Map::new();
    extra.insert("x".into(), json!("CANARY"));
    let contact = ContactInput {
        email: canary(),
        address1: canary(),
        custom_fields: extra.clone(),
        extra: extra.clone(),
        ..ContactInput::default()
    };
    let inputs: [&dyn Debug; 7] = [
        &NewCustomer { contacts: vec![contact.clone()], extra: extra.clone(), ..NewCustomer::new("CANARY") },
        &UpdateCustomer { name: canary(), website: Patch::Set("CANARY".into()), ..UpdateCustomer::default() },
        &ContactPatch { phone: Patch::Set("CANARY".into()), ..ContactPatch::default() },
        &NewCredit { notes: canary(), reference_number: canary(), ..NewCredit::new("C-1") },
        &NewInvoice { notes: canary(), custom_fields: extra.clone(), ..NewInvoice::new("C-1") },
        &UpdateInvoice { notes: Patch::Set("CANARY".into()), ..UpdateInvoice::default() },
        &RefundRequest { notes: canary(), extra, ..RefundRequest::default() },
    ];
    for input in inputs {
        assert!(!format!("{input:?}").contains("CANARY"), "{input:?}");
    }
    assert!(!format!("{contact:?}").contains("CANARY"));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_span_event_error_or_debug_holds_a_credential_or_a_person() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let transport = ScriptedTransport::new()
        .answer(503, "CANARY-token")
        .answer(200, r#"{"id":"INV-1","customer_name":"CANARY","line_items":[{"quantity":"CANARY"}]}"#)
        .answer(200, r#"{"id":"INV-1","customer_name":"CANARY","line_items":[{"quantity":"CANARY"}]}"#)
        .answer(403, r#"{"message":"Forbidden: CANARY-key of canary@example.com"}"#);
    let credentials =
        Credentials::new("CANARY-company", "canary@example.com", "CANARY-token".into(), "CANARY-key".into());
    let builder = Client::builder(credentials)
        .transport(Arc::new(transport))
        .retry_policy(RetryPolicy::fast())
        .pacer(Pacer::unlimited());
    let built_from = format!("{builder:?}");
    let ordway = builder.build().unwrap();
    let unreadable = ordway.invoices().get(&"INV-1".into()).await.unwrap_err();
    assert!(unreadable.to_string().contains("line_items[0].quantity"), "{unreadable}");
    let refused = ordway.check().await.unwrap_err();
    assert!(refused.to_string().contains("ask Ordway support"), "{refused}");
    let excerpt = refused.body_excerpt();
    let printed =
        format!("{built_from} {ordway:?} {unreadable} {unreadable:?} {refused} {refused:?} {excerpt:?}");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("/invoices/{id}"), "the template is logged: {logged}");
    for text in [printed, logged] {
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
}
