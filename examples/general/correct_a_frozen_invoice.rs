//! An invoice changed after its tax return was locked. What now?
//!
//! Plan the correction, look at it, apply exactly that. Three policies decide what a correction is: negate and record
//! anew, record the difference, or hold and report.
//!
//! Look at: the calls of each plan with tax before and after; the chain of transactions, which always sums to what the
//! invoice says; that applying a plan whose invoice changed meanwhile is refused.

use std::process::ExitCode;

use anyhow::Context as _;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::ledger::MemoryLedger;
use ordway_anrok::{Bridge, FrozenPolicy, Outcome, Settings};
use ordway_anrok_examples::{Accounts, Fakes, Rates, Seed, exit_code, table};
use ordway_anrok_sandbox::anrok::TransactionState;

// ANCHOR: correct
/// Shows what would bring the invoice in step, and does it.
async fn correct(bridge: &Bridge, invoice: &str) -> anyhow::Result<Outcome> {
    let correction = bridge.correct(&DocumentKey::invoice(invoice)).await?;
    println!("{}", correction.plan()); // every call, with tax before and after; nothing is written yet
    let report = correction.apply().await?; // exactly these calls, or a refusal
    let done = report.documents.iter().find(|document| document.id == invoice);
    Ok(done.map_or(Outcome::Unchanged, |document| document.outcome))
}
// ANCHOR_END: correct

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    for policy in [FrozenPolicy::NegateAndRecreate, FrozenPolicy::Delta, FrozenPolicy::Report] {
        under(policy).await?;
    }
    Ok(())
}

async fn under(policy: FrozenPolicy) -> anyhow::Result<()> {
    println!("\n== FrozenPolicy::{policy:?}\n");
    let accounts = Accounts::fakes(Seed::Demo, Rates { ordway: None, anrok: Some(0) })?;
    let Some(Fakes { ordway, anrok }) = accounts.fakes else {
        anyhow::bail!("this example plays on the fakes")
    };
    let mut settings = Settings::default();
    settings.frozen = policy;
    let bridge =
        Bridge::builder(accounts.ordway, accounts.anrok).settings(settings).ledger(MemoryLedger::new());
    let bridge = bridge.connect().await?;
    bridge.sync().await?;

    // A recorded invoice; its month is locked; then one line becomes 10.00 dearer.
    let recorded = ordway.all("invoices").into_iter().find(|invoice| {
        let id = invoice["id"].as_str().unwrap_or_default();
        let taxed = anrok.transaction(&format!("ordway:{id}"));
        invoice["currency"] == "USD" && invoice["status"] == "Posted" && taxed.is_some()
    });
    let recorded = recorded.context("a posted invoice in dollars")?;
    let id = recorded["id"].as_str().context("its id")?.to_owned();
    let month = recorded["invoice_date"].as_str().and_then(|date| date.get(..7)).context("its month")?;
    anyhow::ensure!(anrok.freeze_month(month), "the month can be locked");
    let dearer = |lines: &mut Vec<serde_json::Value>| {
        if let Some(line) = lines.first_mut() {
            let price: rust_decimal::Decimal =
                line["effective_price"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
            line["effective_price"] = format!("{:.2}", price + rust_decimal::Decimal::TEN).into();
        }
    };
    ordway.edit_lines(&id, dearer).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;

    let before = anrok.transaction(&format!("ordway:{id}")).map_or(0, |stored| stored.input_amount);
    let outcome = correct(&bridge, &id).await?;
    println!("{id}: {outcome}\n");

    let mut rows = table(&["Transaction", "Accounting date", "State", "Amount", "Tax"]);
    let (mut amount, mut tax) = (0, 0);
    for stored in
        anrok.transactions().into_iter().filter(|stored| stored.id.starts_with(&format!("ordway:{id}")))
    {
        let counts = stored.state != TransactionState::Void;
        if counts {
            amount += stored.input_amount;
            tax += stored.tax_amount_to_collect;
        }
        rows.add_row([
            stored.id.clone(),
            stored.accounting_date.to_string(),
            format!("{:?}", stored.state),
            stored.input_amount.to_string(),
            stored.tax_amount_to_collect.to_string(),
        ]);
    }
    println!("{rows}\nWhat counts: {amount} cents, {tax} cents of tax");
    let reported = policy == FrozenPolicy::Report;
    anyhow::ensure!(reported == (outcome == Outcome::Held), "{outcome}");
    let expected = if reported { before } else { before + 10_00 };
    anyhow::ensure!(amount == expected, "{amount} counts, not {expected}");
    Ok(())
}
