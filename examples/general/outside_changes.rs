//! Somebody changed a transaction in Anrok. Who, what, and what now?
//!
//! Look at: the evidence beside each change; that our own writes are never told; that an accepted change stays, and a refused
//! one is sent again.

use std::process::ExitCode;

use anrok_client::transactions::{Line, Transaction, TransactionId};
use anrok_client::{Address, Currency};
use anyhow::Context as _;
use ordway_anrok::Bridge;
use ordway_anrok::ledger::MemoryLedger;
use ordway_anrok::outside::{Answer, Cause};
use ordway_anrok_examples::{Accounts, Fakes, Rates, Seed, exit_code, table};

// ANCHOR: answer
/// Anrok's own reprocessing is accepted; what somebody else changed is put right.
async fn look_and_answer(bridge: &Bridge) -> anyhow::Result<usize> {
    let looked = bridge.outside_changes(None).await?; // reads only
    anyhow::ensure!(
        looked.asked,
        "this account has no transactions/list: changes show at the next write only"
    );
    for change in &looked.changes {
        println!("{change}\n");
        let wanted = if change.cause == Cause::Reprocessed { Answer::Accept } else { Answer::Resend };
        if change.answers.contains(&wanted) {
            bridge.answer(change, wanted).await?;
        }
    }
    Ok(looked.changes.len())
}
// ANCHOR_END: answer

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let accounts = Accounts::fakes(Seed::Demo, Rates { ordway: None, anrok: Some(0) })?;
    let Some(Fakes { anrok, .. }) = accounts.fakes else { anyhow::bail!("this example plays on the fakes") };
    let bridge =
        Bridge::builder(accounts.ordway, accounts.anrok).ledger(MemoryLedger::new()).connect().await?;
    bridge.sync().await?;
    println!(
        "Right after a sync {} changes are told: our own writes are none.\n",
        look_and_answer(&bridge).await?
    );

    // Denver's tax is borne by the seller from now on, and Anrok reprocesses; one is edited by hand, one voided.
    let recorded = anrok.transactions().into_iter().filter(|stored| stored.input_amount > 0);
    let (in_denver, elsewhere): (Vec<_>, Vec<_>) =
        recorded.partition(|stored| stored.body["customerAddress"]["region"] == "CO");
    let [reprocessed, ..] = in_denver.as_slice() else { anyhow::bail!("a recorded invoice of Denver") };
    let [edited, voided, ..] = elsewhere.as_slice() else { anyhow::bail!("two recorded invoices elsewhere") };
    anrok.set_paid_by_seller("us-CO-denver");
    anrok.reprocess(&reprocessed.id).context("it is live")?;
    let address = Address::builder().country("US").region("NY").postal_code("10036").build();
    let product = edited.body["lineItems"][0]["productExternalId"].as_str().context("its product")?;
    let mut other = Transaction::new(Currency::USD, address, edited.accounting_date);
    other.lines = vec![Line::new(product, 1_00)];
    let calls = bridge.anrok().transactions();
    calls.create_or_update(&TransactionId::from(edited.id.as_str()), &other).await?;
    calls.void(&TransactionId::from(voided.id.as_str()), None).await?;

    let told = look_and_answer(&bridge).await?;
    let mut rows = table(&["Transaction", "State", "Amount", "Tax"]);
    for stored in anrok.transactions() {
        if [reprocessed, edited, voided].iter().any(|one| stored.id.starts_with(&one.id)) {
            let (amount, tax) = (stored.input_amount.to_string(), stored.tax_amount_to_collect.to_string());
            rows.add_row([stored.id, format!("{:?}", stored.state), amount, tax]);
        }
    }
    println!("{rows}\n{told} changes were told and answered.");
    anyhow::ensure!(told == 3, "{told} changes were told");
    anyhow::ensure!(look_and_answer(&bridge).await? == 0, "everything is answered");
    Ok(())
}
