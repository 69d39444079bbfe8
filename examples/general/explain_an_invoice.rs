//! Why is the tax of this invoice what it is?
//!
//! Without keys both systems are faked in this process, and five documents of the demo company are explained: a draft, one
//! that is held, one that Anrok refuses, a reversed one, a credit. With the variables ORDWAY_COMPANY,
//! ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN, ORDWAY_API_KEY and ANROK_API_KEY name a document of your own:
//! `cargo run --example explain_an_invoice -- INV-00042`. It reads only.
//!
//! Look at: which address is taxed and why the other is not, the rate or the reason beside each jurisdiction, and the last
//! paragraph: what a sync does next.
//!
//! Exit code: 0 explained, 2 not (no such document, credentials, ledger in use).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ordway_anrok::Bridge;
use ordway_anrok::document::DocumentKey;
use ordway_anrok_examples::{Accounts, Rates, Seed, existing_ledger, has_accounts};
use ordway_anrok_sandbox::demo::Demo;

/// Explains the tax of one document. Changes nothing.
#[derive(Debug, Parser)]
#[command(name = "explain_an_invoice")]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
struct Arguments {
    /// The document's id, as Ordway shows it.
    #[arg(required_if_eq_any([("credit", "true"), ("debit_memo", "true")]))]
    id: Option<String>,
    /// The id is that of a credit.
    #[arg(long, conflicts_with = "debit_memo")]
    credit: bool,
    /// The id is that of a debit memo.
    #[arg(long)]
    debit_memo: bool,
    /// Print one JSON object per document.
    #[arg(long)]
    json: bool,
    /// Show street, customer name and tax ids.
    #[arg(long)]
    reveal: bool,
    /// The ledger file of the sync. Default: the one that the sync example makes in this folder.
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("not explained: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let asked = arguments.id.as_deref().map(|id| match arguments {
        Arguments { credit: true, .. } => DocumentKey::credit(id),
        Arguments { debit_memo: true, .. } => DocumentKey::debit_memo(id),
        _ => DocumentKey::invoice(id),
    });
    if !has_accounts() {
        return demo(arguments, asked).await;
    }
    let key = asked.ok_or_else(|| anyhow::anyhow!("name a document, for instance INV-00042"))?;
    let accounts = Accounts::from_env(Rates::default())?;
    let ledger = existing_ledger(&accounts, arguments.state.as_deref())?;
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).ledger(ledger).connect().await?;
    explain(arguments, &bridge, &key).await
}

async fn demo(arguments: &Arguments, asked: Option<DocumentKey>) -> anyhow::Result<()> {
    let accounts = Accounts::fakes(Seed::Demo, Rates::default())?;
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).connect().await?;
    bridge.sync().await?;
    if let Some(key) = asked {
        return explain(arguments, &bridge, &key).await;
    }
    for key in [
        DocumentKey::invoice("INV-00002"),
        DocumentKey::invoice(Demo::BAD_ADDRESS),
        DocumentKey::invoice(Demo::UNMAPPED),
        DocumentKey::invoice(Demo::REVERSED),
        DocumentKey::credit(Demo::CREDIT),
    ] {
        explain(arguments, &bridge, &key).await?;
    }
    let unknown = DocumentKey::invoice("INV-99999");
    match bridge.explain(&unknown).await {
        Err(error) if !arguments.json => println!("And one that does not exist: {error}."),
        Err(_) => {}
        Ok(_) => anyhow::bail!("{unknown} does not exist and was explained"),
    }
    Ok(())
}

async fn explain(arguments: &Arguments, bridge: &Bridge, key: &DocumentKey) -> anyhow::Result<()> {
    let mut explanation = bridge.explain(key).await?;
    if arguments.reveal {
        explanation = explanation.reveal();
    }
    if arguments.json {
        println!("{}", serde_json::to_string(&explanation)?);
    } else {
        println!("{explanation}\n");
    }
    Ok(())
}
