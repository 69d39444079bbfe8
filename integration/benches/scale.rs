//! A whole sync of 1,000, 10,000 and 100,000 invoices: requests for each document, time, peak memory, and a second run in
//! which nothing changed; and a paced run on loopback: how much of the limit is used, how many refusals it draws.
//!
//! `cargo bench -p ordway-anrok --bench scale`, on Linux. The fakes are in the process that starts the ones measured, so that
//! the memory is the sync's alone (`VmHWM`). Prints tables; asserts nothing. `SCALE=1000,5000` takes other sizes.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // a program whose result is its output, and real time

use std::env;
use std::error::Error;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordway_anrok::Bridge;
use ordway_anrok::ledger::SqliteLedger;
use ordway_anrok_http::{Clock, Pace, Pacer, SystemClock};
use ordway_anrok_sandbox::Sandbox;
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How a child is told what to do: the ledger's path, and requests a second to Anrok (0: as fast as it can).
const LEDGER: &str = "SCALE_BENCH_LEDGER";
const RATE: &str = "SCALE_BENCH_RATE";
/// Posted invoices of the paced run: a minute at ten a second.
const PACED: usize = 600;
/// The pacer starts below the limit and has learnt by then.
const LEARNT: Duration = Duration::from_secs(10);

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if let (Ok(ledger), Ok(rate)) = (env::var(LEDGER), env::var(RATE)) {
        return runtime.block_on(child(&ledger, rate.parse()?));
    }
    // `cargo test --benches` and test runners that list tests start this program too.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let sizes = env::var("SCALE").unwrap_or_else(|_| "1000,10000,100000".to_owned());
    println!("n invoices (every tenth a draft) over loopback, ledger in an SQLite file\n");
    println!(
        "{:>8} {:>6} {:>14} {:>14} {:>9} {:>12} {:>9}",
        "n", "run", "Ordway/doc", "Anrok/doc", "seconds", "documents/s", "peak KiB"
    );
    for size in sizes.split(',') {
        let count: usize = size.trim().parse()?;
        let (sandbox, folder) = (runtime.block_on(company(count, None))?, tempfile::tempdir()?);
        for run in ["first", "second"] {
            let begun = Instant::now();
            let said = measured(&sandbox, folder.path(), 0)?;
            let [ordway, anrok, peak, failed] = said;
            let millis = u64::try_from(begun.elapsed().as_millis())?.max(1);
            let count = u64::try_from(count)?;
            let share = |requests: u64| format!("{}.{:03}", requests / count, requests * 1000 / count % 1000);
            let note = if failed > 0 { format!("  ({failed} not settled)") } else { String::new() };
            println!(
                "{count:>8} {run:>6} {:>14} {:>14} {:>9} {:>12} {peak:>9}{note}",
                share(ordway),
                share(anrok),
                format!("{}.{}", millis / 1000, millis % 1000 / 100),
                count * 1000 / millis,
            );
        }
    }
    let sandbox = runtime.block_on(company(PACED, Some(10)))?;
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    let [_, anrok, ..] = measured(&sandbox, folder.path(), 10)?;
    let millis = u64::try_from(begun.elapsed().as_millis())?.max(1);
    let share = anrok * 1_000_000 / (10 * millis);
    println!(
        "\npaced at 10 a second: {anrok} requests in {}.{} s, {}.{} % of the limit (start and end included), {} refusals",
        millis / 1000,
        millis % 1000 / 100,
        share / 10,
        share % 10,
        sandbox.anrok().refused_429()
    );
    let log = sandbox.anrok().request_log();
    let arrivals: Vec<Duration> = log.iter().map(|request| request.at).collect();
    let first = arrivals.first().copied().unwrap_or_default();
    let later: Vec<Duration> = arrivals.into_iter().filter(|at| *at >= first + LEARNT).collect();
    if let [begun, .., ended] = later.as_slice() {
        let span = u64::try_from(ended.saturating_sub(*begun).as_millis())?.max(1);
        let share = u64::try_from(later.len() - 1)? * 1_000_000 / (10 * span);
        println!("after the first {} s: {}.{} % of the limit", LEARNT.as_secs(), share / 10, share % 10);
    }
    Ok(())
}

/// Requests to Ordway and Anrok, peak memory and what was not settled, of a process of its own.
fn measured(sandbox: &Sandbox, folder: &std::path::Path, rate: u32) -> Outcome<[u64; 4]> {
    let mut command = Command::new(env::current_exe()?);
    command.env(LEDGER, folder.join("ledger.db")).env(RATE, rate.to_string()).envs(sandbox.env());
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let mut next = || -> Outcome<u64> {
        let failed = || format!("the child said: {text}{}", String::from_utf8_lossy(&output.stderr));
        numbers.next().and_then(Result::ok).ok_or_else(|| failed().into())
    };
    Ok([next()?, next()?, next()?, next()?])
}

async fn company(invoices: usize, limit: Option<u32>) -> Outcome<Sandbox> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (ordway, anrok) = (FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(clock));
    anrok.configure(|config| config.rate_limit = limit);
    anrok.add_product("P-1", "saasBusiness");
    ordway.product("P-1", "Seat");
    let address = Address::new("11 W 42nd St", "New York", "NY", "10036", "US");
    // A customer has ten invoices.
    for number in 0..invoices.div_ceil(10) {
        let id = format!("C-{number}");
        let made = ordway.customer(&id).id(&id).currency("USD").bill_to(address.clone()).create();
        made.map_err(|refusal| format!("{refusal:?}"))?;
    }
    for number in 0..invoices {
        let status = if number % 10 == 0 && limit.is_none() { "Draft" } else { "Posted" };
        let invoice = ordway.invoice(&format!("C-{}", number / 10)).status(status);
        let price = format!("{}.{:02}", 1 + number % 400, number % 100);
        invoice.line(Line::new("P-1", &price)).create().map_err(|refusal| format!("{refusal:?}"))?;
    }
    Ok(Sandbox::builder().fakes(ordway, anrok).start().await?)
}

/// One sync; what it cost.
async fn child(ledger: &str, rate: u32) -> Outcome<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let pace = if rate == 0 { Pace::unlimited() } else { Pace::for_limit(rate) };
    let ordway = ordway_client::Client::builder(ordway_client::Credentials::from_env()?)
        .base_url(&env::var("ORDWAY_BASE_URL")?)
        .pacer(Pacer::unlimited())
        .build()?;
    let anrok = anrok_client::Client::builder(anrok_client::ApiKey::from_env()?)
        .base_url(&env::var("ANROK_BASE_URL")?)
        .pacer(Pacer::new(pace, clock))
        .build()?;
    let bridge = Bridge::builder(ordway, anrok).ledger(SqliteLedger::open(ledger)?).anrok_on_demand();
    let report = bridge.connect().await?.sync().await?;
    let open = report.counts.held + report.counts.failed;
    println!("{} {} {} {open}", report.requests.ordway, report.requests.anrok, peak().unwrap_or(0));
    Ok(())
}

/// The most memory this process ever had, in KiB; `None` where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let row = status.lines().find_map(|row| row.strip_prefix("VmHWM:"))?;
    row.split_whitespace().next()?.parse().ok()
}
