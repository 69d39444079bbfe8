//! How do I serve several Ordway companies and several Anrok accounts from one program?
//!
//! One bridge per pair of accounts. Each has its own credentials, its own pace and its own stream in the ledger; nothing
//! is global, so they run side by side. Two companies that share an Anrok account need different id prefixes.
//!
//! Look at: `expect_seller`, which keeps a key out of the wrong place; the prefix in the transaction ids; that one
//! ledger file serves all pairs; that a company whose credentials are refused stops nobody else.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::future::join_all;
use ordway_anrok::ledger::MemoryLedger;
use ordway_anrok::map::transaction_id::IdPrefix;
use ordway_anrok::{Bridge, Report, Settings};
use ordway_anrok_examples::{exit_code, table};
use ordway_anrok_http::{Clock, SystemClock};
use ordway_anrok_sandbox::anrok::{AnrokConfig, FakeAnrok};
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::FakeOrdway;

/// One pair of accounts, as your configuration would name it.
struct Pair {
    name: &'static str,
    prefix: &'static str,
    seller: &'static str,
    ordway: FakeOrdway,
    anrok: FakeAnrok,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let account = |key: &str| {
        let mut config = AnrokConfig::default();
        key.clone_into(&mut config.api_key);
        let anrok = FakeAnrok::with_config(Arc::clone(&clock), config);
        Demo::seed_anrok(&anrok);
        anrok
    };
    let company = || -> anyhow::Result<FakeOrdway> {
        let ordway = FakeOrdway::new(Arc::clone(&clock));
        Demo::seed(&ordway).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        Ok(ordway)
    };
    let (america, europe) = (account("s1us/sa1us/secret.us"), account("s2eu/sa2eu/secret.eu"));
    let pairs = [
        Pair {
            name: "Acme Inc",
            prefix: "acme-us",
            seller: "s1us",
            ordway: company()?,
            anrok: america.clone(),
        },
        Pair { name: "Acme Labs", prefix: "acme-labs", seller: "s1us", ordway: company()?, anrok: america },
        Pair {
            name: "Acme GmbH",
            prefix: "acme-de",
            seller: "s2eu",
            ordway: company()?,
            anrok: europe.clone(),
        },
        Pair { name: "Acme SARL", prefix: "acme-fr", seller: "s2eu", ordway: company()?, anrok: europe },
    ];
    // A refusal of one must not stop the others: the last company's user was locked.
    if let Some(pair) = pairs.last() {
        pair.ordway.reconfigure(|config| "another one by now".clone_into(&mut config.user_token));
    }

    let ledger = MemoryLedger::new();
    let runs = join_all(pairs.iter().map(|pair| sync(pair, ledger.clone()))).await;

    let mut rows = table(&["Company", "Anrok account", "Ids begin with", "Recorded", "Held", "Went wrong"]);
    for (pair, run) in pairs.iter().zip(&runs) {
        let (recorded, held, wrong) = match run {
            Ok(report) => (report.counts.recorded.to_string(), report.counts.held.to_string(), String::new()),
            Err(error) => ("-".to_owned(), "-".to_owned(), format!("{error:#}")),
        };
        rows.add_row([pair.name, pair.seller, pair.prefix, &recorded, &held, &wrong]);
    }
    println!("{rows}");

    let done = runs.iter().filter(|run| run.is_ok()).count();
    anyhow::ensure!(done == 3, "{done} of 3 companies were synced");
    for pair in pairs.iter().take(3) {
        let ours = format!("{}:", pair.prefix);
        let ids = pair.anrok.transactions().into_iter().filter(|stored| stored.id.starts_with(&ours)).count();
        anyhow::ensure!(ids > 0, "nothing of {} is recorded", pair.name);
    }
    Ok(())
}

/// One company's sync. On real accounts the transports are left out and the credentials come from your vault.
async fn sync(pair: &Pair, ledger: MemoryLedger) -> anyhow::Result<Report> {
    let config = FakeOrdway::new(Arc::new(SystemClock::new())).config();
    let credentials = ordway_client::Credentials::new(
        config.company,
        config.user_email,
        config.user_token.into(),
        config.api_key.into(),
    );
    let ordway =
        ordway_client::Client::builder(credentials).transport(Arc::new(pair.ordway.clone())).build()?;
    let anrok = anrok_client::Client::builder(pair.anrok.api_key().parse()?)
        .expect_seller(pair.seller)
        .transport(Arc::new(pair.anrok.clone()))
        .build()?;
    let mut settings = Settings::default();
    settings.rules.prefix = IdPrefix::new(pair.prefix)?;
    let bridge = Bridge::builder(ordway, anrok).ledger(ledger).settings(settings).holder(pair.name);
    let bridge = bridge.connect().await.context(pair.name)?;
    Ok(bridge.sync().await?)
}
