//! What is held or failed, and what can I do about it?
//!
//! Without keys both systems are faked: a sync leaves two documents open; they are listed, one is tried again, one is set
//! aside, and the list is exported. On real accounts (the variables of the sync example, `--state LEDGER`) it lists, and
//! does what it is told: `--retry invoice:INV-00042`, `--archive credit:CR-00007 --note "never billed"`, `--unarchive …`,
//! `--csv FILE`, `--json FILE`.
//!
//! Look at: the disposition, which says who has to act; that an archived document counts neither as held nor as failed,
//! and comes back when it changes in Ordway; that listing works while a sync runs, and changing does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use ordway_anrok::Bridge;
use ordway_anrok::dead_letters::{DeadLetter, DeadLetterFilter, to_csv, to_json};
use ordway_anrok::document::{DocumentKey, DocumentKind};
use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_examples::{Accounts, exit_code, has_accounts, table};

/// Lists, retries, archives and exports what is held or failed.
#[derive(Debug, Parser)]
#[command(name = "dead_letters")]
struct Arguments {
    /// The ledger file of the sync. Needed on real accounts.
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// List archived documents in place of the open ones.
    #[arg(long)]
    archived: bool,
    /// Try this document now, as KIND:ID (invoice, credit or debit_memo).
    #[arg(long, value_name = "KIND:ID", value_parser = key)]
    retry: Option<DocumentKey>,
    /// Set this document aside until it changes in Ordway.
    #[arg(long, value_name = "KIND:ID", value_parser = key)]
    archive: Option<DocumentKey>,
    /// Why it is set aside (no personal data, please).
    #[arg(long, value_name = "TEXT", requires = "archive")]
    note: Option<String>,
    /// Take this document back.
    #[arg(long, value_name = "KIND:ID", value_parser = key)]
    unarchive: Option<DocumentKey>,
    /// Write the list as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the list as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn key(text: &str) -> Result<DocumentKey, String> {
    let (kind, id) = text.split_once(':').unwrap_or(("invoice", text));
    let kind = DocumentKind::parse(kind).ok_or("the kind is invoice, credit or debit_memo")?;
    if id.is_empty() { Err("the id is missing".to_owned()) } else { Ok(DocumentKey::new(kind, id)) }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()).await)
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let accounts = Accounts::from_env_or_demo()?;
    let builder = Bridge::builder(accounts.ordway, accounts.anrok).anrok_on_demand();
    if has_accounts() {
        let state = arguments.state.as_deref().context("say --state PATH: the ledger file of the sync")?;
        anyhow::ensure!(state.exists(), "there is no ledger at {}", state.display());
        return act(&builder.ledger(SqliteLedger::open(state)?).connect().await?, arguments).await;
    }
    let bridge = builder.connect().await?;
    bridge.sync().await?;
    println!("Both systems are faked in this process. After a sync of the demo company:\n");
    let open = list(&bridge, arguments).await?;
    let [first, second, ..] = open.as_slice() else { anyhow::bail!("the demo leaves two documents open") };

    let report = bridge.retry(&first.document).await?;
    println!("{} tried again: {} held\n", first.document, report.counts.held);
    bridge.archive(&second.document, Some("never billed")).await?;
    let report = bridge.sync().await?;
    println!(
        "{} set aside; the next sync: {} held, {} archived\n",
        second.document, report.counts.held, report.archived
    );
    println!("As CSV:\n{}", to_csv(&bridge.dead_letters(&DeadLetterFilter::archived()).await?));
    bridge.unarchive(&second.document).await?;
    let report = bridge.sync().await?;
    println!("Taken back: {} held, {} archived", report.counts.held, report.archived);
    anyhow::ensure!((report.counts.held, report.archived) == (2, 0), "as at the beginning");
    export(&open, arguments)
}

/// What the flags ask for.
async fn act(bridge: &Bridge, arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(key) = &arguments.retry {
        let report = bridge.retry(key).await?;
        match report.documents.first() {
            Some(document) => {
                println!("{key}: {} {}", document.outcome, document.reason.as_deref().unwrap_or_default());
            }
            None => println!("{key}: nothing to do"),
        }
    }
    if let Some(key) = &arguments.archive {
        bridge.archive(key, arguments.note.as_deref()).await?;
        println!("{key} is set aside until it changes in Ordway");
    }
    if let Some(key) = &arguments.unarchive {
        bridge.unarchive(key).await?;
        println!("{key} is taken back; the next sync tries it");
    }
    let letters = list(bridge, arguments).await?;
    export(&letters, arguments)
}

async fn list(bridge: &Bridge, arguments: &Arguments) -> anyhow::Result<Vec<DeadLetter>> {
    let filter = if arguments.archived { DeadLetterFilter::archived() } else { DeadLetterFilter::open() };
    let letters = bridge.dead_letters(&filter).await?;
    let mut rows = table(&["document", "", "why", "who acts", "what to do", "tries", "since", "next try"]);
    for letter in &letters {
        rows.add_row([
            letter.document.to_string(),
            format!("{}{}", letter.kind.as_str(), if letter.late { ", late" } else { "" }),
            letter.reason.clone(),
            letter.disposition.to_string(),
            letter.remedy.clone(),
            letter.attempts.to_string(),
            format!("{:.0}", letter.first_at),
            letter.next_attempt_at.map(|at| format!("{at:.0}")).unwrap_or_default(),
        ]);
    }
    println!("{rows}");
    Ok(letters)
}

fn export(letters: &[DeadLetter], arguments: &Arguments) -> anyhow::Result<()> {
    let write = |path: &Path, text: String| {
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    if let Some(path) = &arguments.csv {
        write(path, to_csv(letters))?;
    }
    if let Some(path) = &arguments.json {
        write(path, to_json(letters))?;
    }
    Ok(())
}
