//! What would a sync do to my accounts, before I let it?
//!
//! Look at: `Settings::dry_run`, with which nothing is written anywhere: tax is computed by Anrok's read-only call, and
//! the report says per document what would be done, and what would be held with its remedy.

use std::process::ExitCode;

use ordway_anrok::{Bridge, Outcome, Settings};
use ordway_anrok_examples::{Accounts, exit_code, table};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let accounts = Accounts::from_env_or_demo()?;
    let mut settings = Settings::default();
    settings.dry_run = true;
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).settings(settings).connect().await?;
    let report = bridge.sync().await?;

    let mut plan = table(&["document", "what would happen", "tax", "look at"]);
    let mut held = table(&["document", "why it would be held", "what to do"]);
    for document in &report.documents {
        let (id, reason) = (document.id.clone(), document.reason.clone().unwrap_or_default());
        if matches!(document.outcome, Outcome::Held | Outcome::Failed) {
            held.add_row([id, reason, document.remedy.clone().unwrap_or_default()]);
            continue;
        }
        let tax = document.tax.as_deref().zip(document.currency.as_deref());
        plan.add_row([
            id,
            match document.outcome {
                Outcome::Calculated => "its tax would be written to the draft, where it differs".to_owned(),
                _ => reason,
            },
            tax.map(|(tax, currency)| format!("{tax} {currency}")).unwrap_or_default(),
            document.warnings.join("\n"),
        ]);
    }
    println!("{plan}");
    if held.row_count() > 0 {
        println!("{held}");
    }
    for problem in &report.problems {
        println!("{}: {}\n  {}", problem.service, problem.reason, problem.remedy);
    }
    println!(
        "{} requests to Ordway and {} to Anrok, all of them reads.",
        report.requests.ordway, report.requests.anrok
    );
    if let Some(fakes) = accounts.fakes {
        let writes = fakes.ordway.writes().len() + fakes.anrok.transactions().len();
        anyhow::ensure!(writes == 0, "the fakes noticed {writes} writes");
        println!("The fakes agree: nothing was written.");
    }
    Ok(())
}
