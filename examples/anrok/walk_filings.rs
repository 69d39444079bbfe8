//! Which tax returns are there, which are locked, and which transactions are in them?
//!
//! Look at: `Filing::is_locked`, which decides between an update and a negation; `TransactionFilter::Filing`, which lists
//! what a return holds. Both lists are premium calls: without them the program says whom to ask.
//!
//! It reads only. The fake is given some sales first, because it begins without any.

use std::process::ExitCode;

use anrok_client::filings::{Filing, FilingFilter, ListFilings};
use anrok_client::transactions::{Line, ListTransactions, Transaction, TransactionFilter};
use anrok_client::{Address, Client, Currency, Disposition};
use jiff::civil::Date;
use jiff::{ToSpan as _, Zoned};
use ordway_anrok_examples::{Rates, anrok_or_demo, exit_code, table};
use ordway_anrok_sandbox::anrok::FakeAnrok;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let (anrok, fake) = anrok_or_demo(Rates::default())?;
    let today = Zoned::now().date();
    if let Some(fake) = &fake {
        sell_something(&anrok, fake, today).await?;
    }
    match walk(&anrok, today).await {
        Err(error) => match error.api() {
            // A premium call that is not enabled is a state of the account, not a failure of this program.
            Some(answer) if answer.disposition() == Disposition::FixConfig => {
                println!("{answer}: {}", answer.remedy());
                Ok(())
            }
            _ => Err(error.into()),
        },
        Ok(rows) => {
            println!("Returns whose period ends this year or in the last:\n{rows}");
            Ok(())
        }
    }
}

async fn walk(anrok: &Client, today: Date) -> Result<String, anrok_client::Error> {
    let last_year = today.year().saturating_sub(1);
    let period_ends = format!("{last_year}..{}", today.year()).parse().ok();
    let filter = FilingFilter { period_ends, ..FilingFilter::default() };
    let mut rows = table(&["jurisdiction", "return", "locked", "transactions", "the first of them"]);
    let mut filings = anrok.filings().list(ListFilings { filter, limit: Some(100) });
    while let Some(filing) = filings.try_next().await? {
        let ids = transactions_in(anrok, &filing).await?;
        rows.add_row([
            filing.juris_id.clone().unwrap_or_default(),
            filing.name.clone().or_else(|| filing.juris_filing_id.clone()).unwrap_or_default(),
            filing
                .is_locked()
                .map_or("unknown", |locked| if locked { "yes: negate" } else { "no: update" })
                .to_owned(),
            ids.len().to_string(),
            ids.iter().take(3).cloned().collect::<Vec<_>>().join(", "),
        ]);
    }
    Ok(rows.to_string())
}

/// Ids of the transactions of a return.
async fn transactions_in(anrok: &Client, filing: &Filing) -> Result<Vec<String>, anrok_client::Error> {
    let (Some(juris_id), Some(juris_filing_id)) = (filing.juris_id.clone(), filing.juris_filing_id.clone())
    else {
        return Ok(Vec::new());
    };
    let filter = Some(TransactionFilter::Filing { juris_id, juris_filing_id });
    let mut list = anrok.transactions().list(ListTransactions { filter, limit: Some(20) });
    let mut ids = Vec::new();
    while let Some(transaction) = list.try_next().await? {
        ids.push(transaction.id);
    }
    Ok(ids)
}

/// A few sales on the fake, and a lock on what is two months old.
async fn sell_something(anrok: &Client, fake: &FakeAnrok, today: Date) -> anyhow::Result<()> {
    for (number, (months_ago, region, zip)) in
        [(2, "NY", "10036"), (2, "TX", "78701"), (1, "NY", "10036")].iter().enumerate()
    {
        let address = Address::builder().country("US").region(region).postal_code(zip).build();
        let date = today.saturating_sub(months_ago.months());
        let sale = Transaction::new(Currency::USD, address, date).line(Line::new("P-00001", 100_00));
        anrok.transactions().create_or_update(&format!("example:INV-{number}").into(), &sale).await?;
    }
    let locked = today.saturating_sub(2.months());
    fake.freeze_month(&locked.strftime("%Y-%m").to_string());
    Ok(())
}
