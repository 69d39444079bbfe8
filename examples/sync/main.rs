//! How does a whole sync look, from connecting to the report?
//!
//! Without keys both systems are faked in this process: a demo company is taxed, recorded, corrected and credited.
//! With the variables ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN, ORDWAY_API_KEY and ANROK_API_KEY the same
//! program works on real accounts (ORDWAY_BASE_URL and ANROK_BASE_URL point it elsewhere).
//!
//! Look at: what is held and the remedy beside it; that the second sync ends with nothing held; that a third one, with
//! `--state`, would change nothing.
//!
//! Exit code: 0 nothing held or failed, 1 something is, 2 the sync could not run.

mod bar;
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use ordway_anrok::ledger::{LedgerError, SqliteLedger};
use ordway_anrok::{Bridge, BridgeBuilder, Report, RunProblem, Settings, SyncError};
use ordway_anrok_examples::{Accounts, Fakes, Rates, Seed, has_accounts, variable};
use ordway_anrok_sandbox::demo::Demo;
use sha2::{Digest as _, Sha256};

/// Taxes Ordway's invoices by Anrok and keeps both in step.
#[derive(Debug, Parser)]
#[command(
    name = "sync",
    after_help = "Without account variables in the environment both systems are faked in this process."
)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
struct Arguments {
    /// The ledger file. Default: a file in this folder named after the two accounts; in memory for the fakes.
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// Compute and report, but write nothing anywhere.
    #[arg(long)]
    dry_run: bool,
    /// Print the report as one JSON object, the last line of stdout.
    #[arg(long)]
    json: bool,
    /// Fake both systems, with the recorded Ordway pages (NAME-pageN.json) of this folder as Ordway's data.
    #[arg(long, value_name = "DIR")]
    seed: Option<PathBuf>,
    /// Anrok's limit in requests a second (0: none). Default: 10, as documented.
    #[arg(long, value_name = "N", env = "ANROK_RPS")]
    anrok_rps: Option<u32>,
    /// Ordway requests a second (0: unlimited). Default: starts at 4 and climbs while nothing is refused.
    #[arg(long, value_name = "N", env = "ORDWAY_RPS")]
    ordway_rps: Option<u32>,
    /// The ledger's Ordway company was only renamed: go on with it.
    #[arg(long)]
    adopt_company: bool,
    /// Wait for another process to release the ledger instead of ending with exit code 2.
    #[arg(long)]
    wait: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let mut stop = Stop::listen();
    match run(&arguments, &mut stop).await {
        Ok(report) => {
            if arguments.json {
                println!("{}", serde_json::to_string(&report).unwrap_or_default());
            }
            ExitCode::from(u8::from(!report.is_settled()))
        }
        Err(error) => {
            eprintln!("sync could not run: {}", in_words(&error));
            ExitCode::from(2)
        }
    }
}

/// The error and its causes, each text once.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = if words.is_empty() { text } else { format!("{words}: {text}") };
        }
    }
    words
}

async fn run(arguments: &Arguments, stop: &mut Stop) -> anyhow::Result<Report> {
    let rates = Rates { ordway: arguments.ordway_rps, anrok: arguments.anrok_rps };
    if let Some(folder) = &arguments.seed {
        return once(arguments, Accounts::fakes(Seed::Folder(folder), rates)?, stop).await;
    }
    if has_accounts() {
        return once(arguments, Accounts::from_env(rates)?, stop).await;
    }
    demo(arguments, Accounts::fakes(Seed::Demo, rates)?, stop).await
}

/// One sync.
async fn once(arguments: &Arguments, accounts: Accounts, stop: &mut Stop) -> anyhow::Result<Report> {
    match connect(arguments, &accounts, stop).await? {
        Ok(bridge) => sync(arguments, &bridge, "Sync", stop).await,
        Err(report) => Ok(report),
    }
}

/// The demo: a sync, a day of work in both systems, and another sync.
async fn demo(arguments: &Arguments, accounts: Accounts, stop: &mut Stop) -> anyhow::Result<Report> {
    say(arguments, "Both systems are faked in this process; nothing leaves this machine.\n");
    let Some(Fakes { ordway, anrok }) = accounts.fakes.clone() else {
        anyhow::bail!("the demo runs on the fakes")
    };
    let bridge = match connect(arguments, &accounts, stop).await? {
        Ok(bridge) => bridge,
        Err(report) => return Ok(report),
    };
    let first = sync(arguments, &bridge, "First sync: the company as it stands", stop).await?;
    if arguments.dry_run {
        return Ok(first);
    }
    Demo::second_act(&ordway, &anrok).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    say(
        arguments,
        "\nMeanwhile: drafts are posted, a posted invoice is edited, one is reversed, a credit is given, the bad address \
         is repaired in Ordway, and the unknown product is created in Anrok.\n",
    );
    sync(arguments, &bridge, "Second sync: only what changed, and what was held", stop).await
}

/// The bridge; `Ok(Err(report))` where a service does not answer or somebody stops the program, which are no mistakes.
async fn connect(
    arguments: &Arguments,
    accounts: &Accounts,
    stop: &mut Stop,
) -> anyhow::Result<Result<Bridge, Report>> {
    let mut settings = Settings::default();
    settings.dry_run = arguments.dry_run;
    settings.adopt_company = arguments.adopt_company;
    let builder = Bridge::builder(accounts.ordway.clone(), accounts.anrok.clone())
        .settings(settings)
        .anrok_on_demand()
        .observer(bar::Bar::new());
    let builder = ledger(arguments, accounts, builder)?;
    let connected = tokio::select! {
        connected = builder.connect() => connected,
        () = stop.asked() => {
            let problem = RunProblem::new("run", "it was asked to stop while connecting", "Nothing was done; run again.");
            return Ok(Err(without_documents(arguments, problem)));
        }
    };
    match connected {
        Ok(bridge) => Ok(Ok(bridge)),
        Err(error) if error.is_worth_retrying_later() => {
            let remedy = "Nothing was done. Check the service's status page and the network, then run again.";
            let problem = RunProblem::new(error.service(), error.to_string(), remedy);
            Ok(Err(without_documents(arguments, problem)))
        }
        Err(error) => Err(error.into()),
    }
}

fn ledger(
    arguments: &Arguments,
    accounts: &Accounts,
    builder: BridgeBuilder,
) -> anyhow::Result<BridgeBuilder> {
    let path = match (&arguments.state, &accounts.fakes) {
        (Some(path), _) => path.clone(),
        (None, Some(_)) => return Ok(builder),
        (None, None) => {
            let path = default_state(accounts);
            eprintln!("ledger: {} (choose another with --state)", path.display());
            path
        }
    };
    Ok(builder.ledger(SqliteLedger::open(&path)?))
}

/// Two accounts, one file: another company or seller never meets this one's ledger.
fn default_state(accounts: &Accounts) -> PathBuf {
    let company = variable("ORDWAY_COMPANY").unwrap_or_default();
    let pair = format!("{}\n{company}\n{}", accounts.ordway.base_url(), accounts.anrok.base_url());
    let hash = Sha256::digest(pair);
    let mark = hash.iter().take(4).fold(0u32, |mark, byte| mark << 8 | u32::from(*byte));
    Path::new(".").join(format!("ordway-anrok-{}-{mark:08x}.db", accounts.anrok.seller_id()))
}

async fn sync(
    arguments: &Arguments,
    bridge: &Bridge,
    title: &str,
    stop: &mut Stop,
) -> anyhow::Result<Report> {
    let canceller = bridge.canceller();
    let work = async {
        loop {
            match bridge.sync().await {
                Err(SyncError::Ledger { source: LedgerError::InUse { holder }, .. }) if arguments.wait => {
                    eprintln!("waiting for {holder}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                other => break other,
            }
        }
    };
    let mut work = std::pin::pin!(work);
    let outcome = tokio::select! {
        outcome = &mut work => outcome,
        () = stop.asked() => {
            eprintln!("stopping: requests in flight are finished first");
            canceller.cancel();
            work.await
        }
    };
    match outcome {
        Ok(report) => {
            show(arguments, title, &report);
            Ok(report)
        }
        Err(error) => {
            if let Some(report) = error.report() {
                show(arguments, title, report);
            }
            Err(error).context(title.to_owned())
        }
    }
}

/// Ctrl-C, and SIGTERM where there is one, listened to from the first moment on.
struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Stop {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok());
        Self { signals: both.map(|(interrupt, terminate)| [interrupt, terminate]) }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    /// Returns when somebody asks.
    async fn asked(&mut self) {
        #[cfg(unix)]
        match &mut self.signals {
            Some([interrupt, terminate]) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            None => std::future::pending().await,
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The report of a run that reached no document.
#[allow(clippy::disallowed_methods)] // a program may look at the machine's clock
fn without_documents(arguments: &Arguments, problem: RunProblem) -> Report {
    let mut report = Report::default();
    report.run = jiff::Timestamp::now().to_string();
    report.dry_run = arguments.dry_run;
    report.problems.push(problem);
    show(arguments, "Sync", &report);
    report
}

fn show(arguments: &Arguments, title: &str, report: &Report) {
    if arguments.json {
        for problem in &report.problems {
            eprintln!("{}: {}", problem.service, problem.reason);
        }
    } else {
        println!("{}", tables::render(title, report));
    }
}

fn say(arguments: &Arguments, text: &str) {
    if !arguments.json {
        println!("{text}");
    }
}
