//! How do I read a long list, stop in the middle, and go on later?
//!
//! Look at: `checkpoint()`, which is text to keep anywhere, and `resume()`. The checkpoint is the page whose records are
//! being handed out, so going on repeats a few records and never skips one: keep what you store keyed by id.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::process::ExitCode;

use ordway_anrok_examples::{Rates, exit_code, ordway_or_demo, table};
use ordway_client::Checkpoint;
use ordway_client::invoices::{Invoice, ListInvoices};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (ordway, _) = ordway_or_demo(Rates::default())?;
    // Small pages, so that the demo company has several of them.
    let query = ListInvoices { size: Some(4), ..ListInvoices::default() };
    let mut kept: BTreeMap<String, Invoice> = BTreeMap::new();

    let ahead = NonZeroUsize::MIN.saturating_add(1);
    let mut invoices = ordway.invoices().list(query.clone()).pages_in_flight(ahead);
    for _ in 0..6 {
        let Some(invoice) = invoices.try_next().await? else { break };
        kept.insert(invoice.id.to_string(), invoice);
    }
    let Some(checkpoint) = invoices.checkpoint().map(Checkpoint::to_string) else {
        println!("All {} invoices were read before there was anything to resume.", kept.len());
        return Ok(());
    };
    let before = kept.len();
    drop(invoices);
    println!("Stopped after {before} invoices; the checkpoint to keep is {checkpoint:?}.");

    let mut repeated = 0;
    let mut invoices = ordway.invoices().list(query).resume(checkpoint.parse()?);
    while let Some(invoice) = invoices.try_next().await? {
        repeated += usize::from(kept.insert(invoice.id.to_string(), invoice).is_some());
    }
    println!("Went on to the end: {} invoices in all, {repeated} of them read twice.\n", kept.len());

    let mut rows = table(&["invoice", "customer", "status", "date", "amount", "currency"]);
    for (id, invoice) in kept.iter().take(25) {
        rows.add_row([
            id.clone(),
            invoice.customer_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            invoice.status.as_ref().map(ToString::to_string).unwrap_or_default(),
            invoice.invoice_date.as_ref().map(ToString::to_string).unwrap_or_default(),
            invoice.invoice_amount.map(|amount| amount.to_string()).unwrap_or_default(),
            invoice.currency.clone().unwrap_or_default(),
        ]);
    }
    println!("{rows}");
    Ok(())
}
