//! How does a whole sync look, from connecting to the report?
//!
//! Without keys both systems are faked in this process: a demo company is taxed, recorded, corrected and credited.
//! With the variables ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN, ORDWAY_API_KEY and ANROK_API_KEY the same
//! program works on real accounts (ORDWAY_BASE_URL and ANROK_BASE_URL point it elsewhere).
//!
//! Look at: what is held and the remedy beside it; that the second sync ends with nothing held; that a third one, with
//! `--state`, would change nothing.
//!
//! `--watch` goes on until Ctrl-C or SIGTERM: it polls, takes webhooks (`--listen`), tries again what failed, and then prints
//! what was done in all.
//!
//! Exit code: 0 nothing held or failed, 1 something is, 2 the sync could not run.

mod arguments;
mod bar;
#[cfg(feature = "deliberate-bugs")]
mod bug;
mod listener;
mod plan;
mod pretend;
mod show;
mod state;
mod stop;
mod tables;
mod watch;

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use ordway_anrok::ledger::LedgerError;
use ordway_anrok::{ApplyError, Bridge, Observer, Plan, Report, RunProblem, SyncError};
use ordway_anrok_examples::{Accounts, Fakes, Seed, has_accounts};
use ordway_anrok_sandbox::demo::Demo;

use arguments::Arguments;
use show::{in_words, say, show, without_documents};
use state::ledger;
use stop::Stop;
use tokio::time::Instant;

/// What a problem names as its service where somebody asked the program to stop.
const STOPPED: &str = "run";
/// Between two tries to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    #[cfg(feature = "deliberate-bugs")]
    bug::print_accounts();
    let mut stop = Stop::listen();
    match run(&arguments, &mut stop).await {
        Ok(report) => {
            if arguments.json
                && let Err(error) = print_json(&report)
            {
                eprintln!("the report could not be printed: {error}");
                return ExitCode::from(2);
            }
            ExitCode::from(u8::from(!report.is_settled()))
        }
        Err(error) => {
            eprintln!("sync could not run: {}", in_words(&error));
            ExitCode::from(2)
        }
    }
}

/// Document by document, so that the text of a large report is never in memory as a whole.
fn print_json(report: &Report) -> std::io::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut out, report)?;
    writeln!(out)?;
    out.flush()
}

async fn run(arguments: &Arguments, stop: &mut Stop) -> anyhow::Result<Report> {
    let rates = arguments.rates();
    if let Some(folder) = &arguments.seed {
        return once(arguments, Accounts::fakes(Seed::Folder(folder), rates)?, stop).await;
    }
    if has_accounts() {
        return once(arguments, Accounts::from_env(rates)?, stop).await;
    }
    let accounts = Accounts::fakes(Seed::Demo, rates)?;
    if arguments.watch {
        once(arguments, accounts, stop).await
    } else {
        demo(arguments, accounts, stop).await
    }
}

/// One sync, or a watch.
async fn once(arguments: &Arguments, accounts: Accounts, stop: &mut Stop) -> anyhow::Result<Report> {
    if arguments.watch {
        return match connect_in_time(arguments, &accounts, stop).await? {
            Ok(bridge) => watch::watch(arguments, &accounts, &bridge, stop).await,
            Err(problem) => Ok(without_documents(arguments, problem)),
        };
    }
    match connect(arguments, &accounts, stop, bar::Bar::new()).await? {
        Ok(bridge) => sync(arguments, &bridge, "Sync", stop).await,
        Err(problem) => Ok(without_documents(arguments, problem)),
    }
}

/// The demo: a sync, a day of work in both systems, and another sync.
async fn demo(arguments: &Arguments, accounts: Accounts, stop: &mut Stop) -> anyhow::Result<Report> {
    say(arguments, "Both systems are faked in this process; nothing leaves this machine.\n");
    let Some(Fakes { ordway, anrok }) = accounts.fakes.clone() else {
        anyhow::bail!("the demo runs on the fakes")
    };
    let bridge = match connect(arguments, &accounts, stop, bar::Bar::new()).await? {
        Ok(bridge) => bridge,
        Err(problem) => return Ok(without_documents(arguments, problem)),
    };
    let first = sync(arguments, &bridge, "First sync: the company as it stands", stop).await?;
    if arguments.dry_run || arguments.plan.is_some() || arguments.apply.is_some() {
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

/// The bridge; `Ok(Err(problem))` where a service does not answer or somebody stops the program, which are no mistakes.
async fn connect(
    arguments: &Arguments,
    accounts: &Accounts,
    stop: &mut Stop,
    observer: impl Observer + 'static,
) -> anyhow::Result<Result<Bridge, RunProblem>> {
    let builder = Bridge::builder(accounts.ordway.clone(), accounts.anrok.clone())
        .settings(arguments.settings())
        .anrok_on_demand()
        .observer(observer);
    let builder = ledger(arguments, accounts, builder).await?;
    let connected = tokio::select! {
        connected = builder.connect() => connected,
        () = stop.asked() => {
            let problem = RunProblem::new(STOPPED, "it was asked to stop while connecting", "Nothing was done; run again.");
            return Ok(Err(problem));
        }
    };
    match connected {
        Ok(bridge) => Ok(Ok(bridge)),
        Err(error) if error.is_worth_retrying_later() => {
            let remedy = "Nothing was done. Check the service's status page and the network, then run again.";
            Ok(Err(RunProblem::new(error.service(), error.to_string(), remedy)))
        }
        Err(error) => Err(error.into()),
    }
}

/// As [`connect`], again and again while a service is down: a watch that is started during an outage outlives it.
async fn connect_in_time(
    arguments: &Arguments,
    accounts: &Accounts,
    stop: &mut Stop,
) -> anyhow::Result<Result<Bridge, RunProblem>> {
    let until = arguments.r#for.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut wait = Duration::from_secs(2);
    loop {
        let problem = match connect(arguments, accounts, stop, watch::Passes).await? {
            Err(problem) if problem.service != STOPPED => problem,
            other => return Ok(other),
        };
        if until.is_some_and(|until| Instant::now() + wait >= until) {
            return Ok(Err(problem));
        }
        eprintln!("{}: {}", problem.service, problem.reason);
        eprintln!("connecting again in {} s; Ctrl-C or SIGTERM ends it", wait.as_secs());
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
            () = stop.asked() => return Ok(Err(problem)),
        }
    }
}

async fn sync(
    arguments: &Arguments,
    bridge: &Bridge,
    title: &str,
    stop: &mut Stop,
) -> anyhow::Result<Report> {
    // A plan that cannot be read is found out before the ledger is touched.
    let plan = arguments.apply.as_deref().map(plan::read).transpose()?;
    let canceller = bridge.canceller();
    let work = async {
        loop {
            match take(arguments, bridge, plan.as_ref()).await {
                Err(ApplyError::Sync(SyncError::Ledger {
                    source: LedgerError::InUse { holder }, ..
                })) if arguments.wait => {
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
            eprintln!("stopping: requests in flight are finished first; once more ends at once");
            canceller.cancel();
            tokio::select! {
                outcome = &mut work => outcome,
                () = stop.asked() => std::process::exit(130),
            }
        }
    };
    match outcome {
        Ok((report, planned)) => {
            if let (Some(path), Some(plan)) = (&arguments.plan, &planned) {
                plan::write(path, plan)?;
                say(arguments, &tables::plan(plan, path));
            }
            show(arguments, title, &report);
            Ok(report)
        }
        Err(ApplyError::Sync(error)) => {
            if let Some(report) = error.report() {
                show(arguments, title, report);
            }
            Err(error).context(title.to_owned())
        }
        Err(error) => Err(error.into()),
    }
}

/// A sync; or only its plan; or only what a plan says.
async fn take(
    arguments: &Arguments,
    bridge: &Bridge,
    plan: Option<&Plan>,
) -> Result<(Report, Option<Plan>), ApplyError> {
    if let Some(plan) = plan {
        return Ok((bridge.apply(plan).await?, None));
    }
    if arguments.plan.is_some() {
        let plan = bridge.plan().await.map_err(ApplyError::Sync)?;
        return Ok((plan.report.clone(), Some(plan)));
    }
    Ok((bridge.sync().await.map_err(ApplyError::Sync)?, None))
}
