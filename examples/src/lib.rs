//! What the examples share: real accounts from the environment, or both fakes in this process.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_http::{Clock, Pace, Pacer, SystemClock};
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::FakeOrdway;
use sha2::{Digest as _, Sha256};

/// The environment variables that name real accounts.
pub const ACCOUNT_VARIABLES: [&str; 7] = [
    "ORDWAY_BASE_URL",
    "ORDWAY_COMPANY",
    "ORDWAY_USER_EMAIL",
    "ORDWAY_USER_TOKEN",
    "ORDWAY_API_KEY",
    "ANROK_BASE_URL",
    "ANROK_API_KEY",
];

/// A variable's text; blank counts as not set.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

/// Whether the environment names real accounts. Otherwise the examples run on the fakes.
pub fn has_accounts() -> bool {
    ACCOUNT_VARIABLES.iter().any(|name| variable(name).is_some())
}

/// Requests a second, as a person sets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Ordway; `Some(0)` for no limit, `None` to start at 4 and learn.
    pub ordway: Option<u32>,
    /// Anrok's limit for the account; `Some(0)` for none, `None` for the documented 10.
    pub anrok: Option<u32>,
}

/// Both clients, and the fakes behind them where there are any.
#[derive(Debug)]
pub struct Accounts {
    /// The Ordway client.
    pub ordway: ordway_client::Client,
    /// The Anrok client.
    pub anrok: anrok_client::Client,
    /// The fakes, where these are not real accounts.
    pub fakes: Option<Fakes>,
}

/// Both fakes.
#[derive(Clone, Debug)]
pub struct Fakes {
    /// Ordway.
    pub ordway: FakeOrdway,
    /// Anrok.
    pub anrok: FakeAnrok,
}

/// What the fakes begin with.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum Seed<'a> {
    /// The demo company.
    Demo,
    /// A folder of recorded Ordway pages, `NAME-pageN.json`.
    Folder(&'a Path),
    /// Nothing.
    Empty,
}

impl Accounts {
    /// Real accounts where the environment names any, else the fakes with the demo company.
    pub fn from_env_or_demo() -> anyhow::Result<Self> {
        if has_accounts() {
            Self::from_env(Rates::default())
        } else {
            Self::fakes(Seed::Demo, Rates::default())
        }
    }

    /// The accounts that the environment names. The error lists everything that is missing or malformed.
    pub fn from_env(rates: Rates) -> anyhow::Result<Self> {
        let ordway = ordway_client::Credentials::from_env();
        let anrok = anrok_client::ApiKey::from_env();
        let (ordway, anrok) = match (ordway, anrok) {
            (Ok(ordway), Ok(anrok)) => (ordway, anrok),
            (Err(ordway), Err(anrok)) => anyhow::bail!("{ordway}\n{anrok}"),
            (Err(ordway), Ok(_)) => anyhow::bail!("{ordway}"),
            (Ok(_), Err(anrok)) => anyhow::bail!("{anrok}"),
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ordway = real_ordway(ordway, rates, &clock)?;
        let anrok = real_anrok(anrok, rates, &clock)?;
        Ok(Self { ordway, anrok, fakes: None })
    }

    /// Both fakes in this process, without sockets. Ordway is not paced unless asked for.
    pub fn fakes(seed: Seed<'_>, rates: Rates) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let fakes =
            Fakes { ordway: FakeOrdway::new(Arc::clone(&clock)), anrok: FakeAnrok::new(Arc::clone(&clock)) };
        match seed {
            Seed::Demo => {
                Demo::seed(&fakes.ordway).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
                Demo::seed_anrok(&fakes.anrok);
            }
            Seed::Folder(folder) => {
                fakes.ordway.seed_folder(folder)?;
                Demo::map_products_in_use(&fakes.ordway, &fakes.anrok);
            }
            Seed::Empty => {}
        }
        let rates = Rates { ordway: rates.ordway.or(Some(0)), ..rates };
        let mut anrok = anrok_client::Client::builder(fakes.anrok.api_key().parse()?)
            .transport(Arc::new(fakes.anrok.clone()))
            .clock(Arc::clone(&clock));
        if let Some(pacer) = anrok_pacer(rates, &clock) {
            anrok = anrok.pacer(pacer);
        }
        let config = fakes.ordway.config();
        let credentials = ordway_client::Credentials::new(
            config.company.clone(),
            config.user_email.clone(),
            config.user_token.clone().into(),
            config.api_key.clone().into(),
        );
        let mut ordway = ordway_client::Client::builder(credentials)
            .transport(Arc::new(fakes.ordway.clone()))
            .clock(Arc::clone(&clock));
        if let Some(pacer) = ordway_pacer(rates, &clock) {
            ordway = ordway.pacer(pacer);
        }
        Ok(Self { ordway: ordway.build()?, anrok: anrok.build()?, fakes: Some(fakes) })
    }
}

/// Ordway alone: the account that the environment names, else the fake with the demo company.
pub fn ordway_or_demo(rates: Rates) -> anyhow::Result<(ordway_client::Client, Option<FakeOrdway>)> {
    if is_named("ORDWAY_") {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        return Ok((real_ordway(ordway_client::Credentials::from_env()?, rates, &clock)?, None));
    }
    let accounts = Accounts::fakes(Seed::Demo, rates)?;
    Ok((accounts.ordway, accounts.fakes.map(|fakes| fakes.ordway)))
}

/// Anrok alone: the account that the environment names, else the fake with the products of the demo company.
pub fn anrok_or_demo(rates: Rates) -> anyhow::Result<(anrok_client::Client, Option<FakeAnrok>)> {
    if is_named("ANROK_") {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        return Ok((real_anrok(anrok_client::ApiKey::from_env()?, rates, &clock)?, None));
    }
    let accounts = Accounts::fakes(Seed::Demo, rates)?;
    Ok((accounts.anrok, accounts.fakes.map(|fakes| fakes.anrok)))
}

fn is_named(prefix: &str) -> bool {
    ACCOUNT_VARIABLES.iter().any(|name| name.starts_with(prefix) && variable(name).is_some())
}

fn real_ordway(
    credentials: ordway_client::Credentials,
    rates: Rates,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<ordway_client::Client> {
    let mut ordway = ordway_client::Client::builder(credentials).clock(Arc::clone(clock));
    if let Some(url) = variable("ORDWAY_BASE_URL") {
        ordway = ordway.base_url(url);
    }
    if let Some(pacer) = ordway_pacer(rates, clock) {
        ordway = ordway.pacer(pacer);
    }
    ordway.build().context("Ordway client")
}

fn real_anrok(
    key: anrok_client::ApiKey,
    rates: Rates,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<anrok_client::Client> {
    let mut anrok = anrok_client::Client::builder(key).clock(Arc::clone(clock));
    if let Some(url) = variable("ANROK_BASE_URL") {
        anrok = anrok.base_url(url);
    }
    if let Some(pacer) = anrok_pacer(rates, clock) {
        anrok = anrok.pacer(pacer);
    }
    anrok.build().context("Anrok client")
}

/// The ledger file of `sync` where none is named. Two accounts, one file: another company or seller never meets this
/// one's ledger.
pub fn default_ledger(accounts: &Accounts) -> PathBuf {
    let company = variable("ORDWAY_COMPANY").unwrap_or_default();
    let pair = format!("{}\n{company}\n{}", accounts.ordway.base_url(), accounts.anrok.base_url());
    let hash = Sha256::digest(pair);
    let mark = hash.iter().take(4).fold(0u32, |mark, byte| mark << 8 | u32::from(*byte));
    Path::new(".").join(format!("ordway-anrok-{}-{mark:08x}.db", accounts.anrok.seller_id()))
}

/// The ledger that a sync has made of these accounts, for programs that only read. One that is not there is not created.
pub fn existing_ledger(accounts: &Accounts, path: Option<&Path>) -> anyhow::Result<SqliteLedger> {
    let path = path.map_or_else(|| default_ledger(accounts), Path::to_path_buf);
    anyhow::ensure!(
        path.exists(),
        "there is no ledger at {}: run the sync example first, or name its file with --state",
        path.display()
    );
    Ok(SqliteLedger::open(&path)?)
}

/// A table as all examples print them: fits the terminal, 140 columns where there is none.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if table.width().is_none() {
        table.set_width(140);
    }
    table
}

fn ordway_pacer(rates: Rates, clock: &Arc<dyn Clock>) -> Option<Pacer> {
    rates.ordway.map(|limit| pacer(limit, clock))
}

fn anrok_pacer(rates: Rates, clock: &Arc<dyn Clock>) -> Option<Pacer> {
    rates.anrok.map(|limit| pacer(limit, clock))
}

fn pacer(limit: u32, clock: &Arc<dyn Clock>) -> Pacer {
    let pace = if limit == 0 { Pace::unlimited() } else { Pace::for_limit(limit) };
    Pacer::new(pace, Arc::clone(clock))
}

/// How a program ends: 0, or 1 with one line that says why.
pub fn exit_code(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is about to be written. On a real account it is written only where the caller agrees with `--yes`.
pub fn consent(is_real: bool, what: &str) -> anyhow::Result<()> {
    if is_real && !std::env::args().any(|argument| argument == "--yes") {
        anyhow::bail!("this account is real, and this program would {what}: say --yes to let it");
    }
    println!("On {} account this program will {what}.\n", if is_real { "your" } else { "the faked" });
    Ok(())
}

/// The smallest PNG there is, a transparent pixel in Base64: stands for a scanned certificate.
pub const PIXEL_PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The Rust blocks of the workspace's README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
