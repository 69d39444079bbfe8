//! Recorded pages are read whole and written back as they came.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::PathBuf;
use std::sync::Arc;

use ordway_anrok_http::Pacer;
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_client::customers::{Customer, ListCustomers};
use ordway_client::invoices::{Invoice, ListInvoices};
use ordway_client::{Client, Credentials, List, Listable, OrdwayDate, OrdwayTime};
use serde::Serialize;
use serde_json::Value;

fn recorded(name: &str) -> Option<String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures/ordway-recorded"));
    let text = std::fs::read_to_string(path.join(name)).ok();
    if text.is_none() {
        eprintln!("SKIPPED: the recording {name} is not here");
    }
    text
}

fn client(pages: &[String]) -> Client {
    let script = pages.iter().fold(ScriptedTransport::new(), |script, page| script.answer(200, page.clone()));
    Client::builder(Credentials::new("c", "e@example.com", "token".into(), "key".into()))
        .transport(Arc::new(script))
        .pacer(Pacer::unlimited())
        .build()
        .unwrap()
}

/// Reads all pages of a collection through the pager and compares what is written with the recording.
async fn round_trip<T: Listable + Serialize>(name: &str, list: impl Fn(&Client) -> List<T>) {
    let pages: Option<Vec<String>> = (1..=3).map(|n| recorded(&format!("{name}-page{n}.json"))).collect();
    let Some(pages) = pages else { return };
    let mut list = list(&client(&pages));
    let mut written = Vec::new();
    while let Some(page) = list.next_page().await.unwrap() {
        assert!(page.rejects.is_empty(), "{:?}", page.rejects);
        written.extend(page.items.iter().map(|item| serde_json::to_value(item).unwrap()));
    }
    let read: Vec<Value> =
        pages.iter().flat_map(|page| serde_json::from_str::<Vec<Value>>(page).unwrap()).collect();
    assert!(read.len() > 50);
    assert_eq!(written.len(), read.len());
    for (written, read) in written.iter().zip(&read) {
        assert!(written == read, "{} is not written back as it came", read["id"]);
    }
}

#[tokio::test]
async fn customers_round_trip() {
    round_trip::<Customer>("customers", |client| client.customers().list(ListCustomers::default())).await;
}

#[tokio::test]
async fn invoices_round_trip() {
    round_trip::<Invoice>("invoices", |client| client.invoices().list(ListInvoices::default())).await;
}

#[test]
fn recorded_invoices_hold_what_their_types_say() {
    let Some(page) = recorded("invoices-page1.json") else { return };
    let invoices: Vec<Invoice> = serde_json::from_str(&page).unwrap();
    let mut one_time = 0;
    for invoice in &invoices {
        assert!(invoice.status.as_ref().is_some_and(ordway_client::invoices::InvoiceStatus::is_known));
        assert!(invoice.updated_date.as_ref().and_then(OrdwayTime::timestamp).is_some());
        assert!(invoice.invoice_date.as_ref().and_then(OrdwayDate::date).is_some());
        assert!(invoice.invoice_amount.is_some() && invoice.currency.is_some());
        for line in &invoice.line_items {
            assert!(line.quantity.is_some() && line.effective_price.is_some() && line.product_id.is_some());
            assert!(line.applied_tiers.is_empty());
            one_time += usize::from(line.end_date.is_none());
        }
        let unknown: Vec<_> = invoice.extra.keys().collect();
        assert!(
            unknown
                .iter()
                .all(|name| ["quickbooks_id", "stripe_invoice_id", "Notes"].contains(&name.as_str())),
            "{unknown:?}"
        );
    }
    assert!(one_time > 0, "one-time lines end with a dash");
}
