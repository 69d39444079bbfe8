//! How do I test my own code without a network, an account, or a fake server?
//!
//! Look at: `Client::stubbed`, whose answers are typed and keyed by the endpoint's constant; what a stub sees of the call;
//! that a call without a stub fails and names itself. In a project these functions stand in `#[cfg(test)]`, with the
//! feature `testing` of the client in `[dev-dependencies]`.

use std::process::ExitCode;

use anyhow::ensure;
use ordway_anrok_examples::exit_code;
use ordway_client::invoices::{self, Invoice, InvoiceStatus};
use ordway_client::testing::{Stub, StubError};
use ordway_client::{Client, ErrorKind, InvoiceId, Listed};
use rust_decimal::Decimal;

/// The code under test: what a customer owes, as far as it is posted.
async fn owed(ordway: &Client, customer: &str) -> ordway_client::Result<Decimal> {
    let query = invoices::ListInvoices { customer_id: Some(customer.into()), ..Default::default() };
    let mut list = ordway.invoices().list(query);
    let mut sum = Decimal::ZERO;
    while let Some(invoice) = list.try_next().await? {
        if invoice.status == Some(InvoiceStatus::Posted) {
            sum += invoice.balance.unwrap_or_default();
        }
    }
    Ok(sum)
}

fn invoice(id: &str, status: InvoiceStatus, balance: &str) -> Invoice {
    let mut invoice = Invoice::default();
    invoice.id = InvoiceId::from(id);
    invoice.status = Some(status);
    invoice.balance = balance.parse().ok();
    invoice
}

async fn only_posted_invoices_count() -> anyhow::Result<()> {
    let stub = Stub::new().on(&invoices::LIST, |call| {
        let is_first = call.query.contains(&("page".to_owned(), "1".to_owned()));
        let of_customer = call.query.contains(&("customer_id".to_owned(), "C-1".to_owned()));
        Ok(Listed::new(match (is_first, of_customer) {
            (true, true) => vec![
                invoice("INV-1", InvoiceStatus::Posted, "100.10"),
                invoice("INV-2", InvoiceStatus::Draft, "7.00"),
                invoice("INV-3", InvoiceStatus::Posted, "0.25"),
            ],
            _ => Vec::new(),
        }))
    });
    let sum = owed(&Client::stubbed(stub), "C-1").await?;
    ensure!(sum == Decimal::new(100_35, 2), "{sum} is owed");
    Ok(())
}

async fn a_refusal_is_passed_on() -> anyhow::Result<()> {
    let stub = Stub::new().on(&invoices::LIST, |_| {
        Err(StubError::Answer(403, r#"{"error":{"title":"Not allowed"}}"#.to_owned()))
    });
    let refusal = owed(&Client::stubbed(stub), "C-1").await;
    ensure!(refusal.is_err_and(|error| error.is_auth()), "a 403 is about permissions");
    Ok(())
}

async fn a_call_without_a_stub_names_itself() -> anyhow::Result<()> {
    let error = owed(&Client::stubbed(Stub::new()), "C-1").await.err();
    ensure!(
        error.is_some_and(
            |error| error.kind() == ErrorKind::NotStubbed && error.operation() == "invoices.list"
        )
    );
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    only_posted_invoices_count().await?;
    println!("only_posted_invoices_count ... ok");
    a_refusal_is_passed_on().await?;
    println!("a_refusal_is_passed_on ... ok");
    a_call_without_a_stub_names_itself().await?;
    println!("a_call_without_a_stub_names_itself ... ok");
    Ok(())
}
