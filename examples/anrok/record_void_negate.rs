//! How is a document recorded, changed, taken back, and taken back once its tax return is locked?
//!
//! Look at: that ids are derived from the document, so a second try cannot record twice; that a locked return turns a
//! void into `transactionFrozenForFiling` and the way out is a negation; and that `create_negation_or_confirm` says
//! whether a negation of an earlier try is the right one.
//!
//! On a real account it needs `--yes`, records two test transactions and takes both back. A return is locked on the fake
//! only.

use std::process::ExitCode;

use anrok_client::transactions::{Calculation, CreateNegation, Line, Transaction, TransactionId};
use anrok_client::{Address, Conflict, Currency, Error, Result};
use jiff::Zoned;
use ordway_anrok_examples::{Rates, anrok_or_demo, consent, exit_code, table};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (anrok, fake) = anrok_or_demo(Rates::default())?;
    consent(fake.is_none(), "record two test transactions of product P-00001 and take them back")?;
    let today = Zoned::now().date();
    let calls = anrok.transactions();
    let sale = |amount| {
        let address = Address::builder().country("US").region("NY").postal_code("10036").build();
        Transaction::new(Currency::USD, address, today).line(Line::new("P-00001", amount).with_id("1"))
    };
    // An id is never used again after a void, so each run of this program has its own.
    let run = Zoned::now().timestamp().as_second();
    let first = TransactionId::new(format!("example:{run}:INV-1"));
    let second = TransactionId::new(format!("example:{run}:INV-2"));
    let mut rows = table(&["step", "transaction", "outcome"]);
    let mut row = |step: &str, id: &TransactionId, outcome: String| {
        rows.add_row([step.to_owned(), id.to_string(), outcome]);
    };

    let recorded = calls.create_or_update(&first, &sale(100_00)).await?;
    row("record", &first, recorded_as(&recorded));
    let again = calls.create_or_update(&first, &sale(120_00)).await?;
    row("the same id with other lines", &first, recorded_as(&again));
    row("void", &first, said(calls.void(&first, again.version).await));

    calls.create_or_update(&second, &sale(80_00)).await?;
    row("record", &second, "recorded".to_owned());
    if let Some(fake) = &fake {
        fake.freeze_through(&today.to_string());
        row("the return is locked", &second, "by the tax team, in Anrok".to_owned());
    }
    let voided = calls.void(&second, None).await;
    let is_locked =
        voided.as_ref().is_err_and(|error| conflict(error) == Some(&Conflict::TransactionFrozenForFiling));
    row("void", &second, said(voided));
    if is_locked {
        let negation = CreateNegation::new(second.as_str(), format!("{second}:neg"));
        let id = negation.new_transaction_id.clone();
        row("negate instead", &id, format!("{:?}", calls.create_negation_or_confirm(&negation).await?));
        row(
            "negate again, as after a crash",
            &id,
            format!("{:?}", calls.create_negation_or_confirm(&negation).await?),
        );
    }
    println!("{rows}");
    println!("{} requests; nothing of it is left in any return.", anrok.requests_sent());
    anyhow::ensure!(
        is_locked == fake.is_some(),
        "the fake locks the return, so a void must be refused there"
    );
    Ok(())
}

fn recorded_as(answer: &Calculation) -> String {
    format!("version {}, tax {} cents", answer.version.unwrap_or_default(), answer.tax_amount_to_collect)
}

fn conflict(error: &Error) -> Option<&Conflict> {
    error.api()?.conflict()
}

fn said(outcome: Result<()>) -> String {
    match outcome {
        Ok(()) => "done".to_owned(),
        Err(error) => match conflict(&error) {
            Some(conflict) => format!("{conflict}: {}", conflict.remedy()),
            None => error.to_string(),
        },
    }
}
