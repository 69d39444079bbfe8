//! What the client costs: CPU time per invoice, against reqwest and `serde_json` into the same structs.
//!
//! `cargo bench -p ordway-client --bench overhead`. Prints a table; never fails on time. Each round runs every
//! contestant once, so that other work on the machine meets all of them alike; figures are medians over the rounds.
#![allow(clippy::print_stdout)] // a program whose result is its output

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordway_anrok_http::bytes::Bytes;
use ordway_anrok_http::http::Response;
use ordway_anrok_http::{Exchange, TransportError};
use ordway_client::invoices::{Invoice, ListInvoices};
use ordway_client::{Client, Credentials, Pacer, Transport};
use serde_json::Value;

// Each bench uses its own part.
#[allow(dead_code)]
mod pages;

/// Pages per run; one more, empty, ends the list.
const PAGES: usize = 10;
const INVOICES: usize = PAGES * pages::PAGE;
const ROUNDS: usize = 41;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` and test runners that list tests start this program too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let bodies: Arc<[Arc<str>]> = (1..=PAGES + 1).map(|n| pages::page(0, n, INVOICES).into()).collect();
    let bytes = bodies.iter().map(|body| body.len()).sum::<usize>();
    println!("{INVOICES} invoices on {PAGES} pages, {} bytes each; {ROUNDS} rounds", bytes / INVOICES);
    println!("CPU time of the client's thread, median per invoice\n");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = Arc::clone(&bodies);
    let base = pages::serve(move |target| body_of(&served, target))?;
    let plain = reqwest::Client::builder().no_proxy().build()?;
    let over_http = client().base_url(base.as_str()).build()?;
    let in_process = client().transport(Arc::new(Canned(Arc::clone(&bodies)))).build()?;

    let whole: Vec<Value> = read_all(&bodies)?;
    let typed: Vec<Invoice> = read_all(&bodies)?;
    let mut table = Table::default();
    for _ in 0..ROUNDS {
        table
            .measure("list: plain reqwest + serde_json", || runtime.block_on(list_plainly(&plain, &base)))?;
        table.measure("list: this client", || runtime.block_on(list(&over_http)))?;
        table.measure("list: this client, no HTTP", || runtime.block_on(list(&in_process)))?;
        table.measure("decode: Vec<Value>", || Ok(read_all::<Value>(&bodies)?.len()))?;
        table.measure("decode: Vec<Invoice>", || Ok(read_all::<Invoice>(&bodies)?.len()))?;
        table.measure("encode: Vec<Value>", || Ok(serde_json::to_vec(&whole)?.len()))?;
        table.measure("encode: Vec<Invoice>", || Ok(serde_json::to_vec(&typed)?.len()))?;
    }
    table.print();
    table.compare("client overhead (goal 1.25x)", "list: this client", "list: plain reqwest + serde_json");
    table.compare("decode, typed / untyped", "decode: Vec<Invoice>", "decode: Vec<Value>");
    table.compare("encode, typed / untyped", "encode: Vec<Invoice>", "encode: Vec<Value>");
    Ok(())
}

fn client() -> ordway_client::ClientBuilder {
    let credentials = Credentials::new("Bench Company", "bench@example.com", "token".into(), "key".into());
    Client::builder(credentials).pacer(Pacer::unlimited())
}

async fn list(client: &Client) -> Outcome<usize> {
    let mut invoices = client.invoices().list(ListInvoices::default());
    let mut count = 0;
    while let Some(invoice) = invoices.try_next().await? {
        black_box(&invoice);
        count += 1;
    }
    Ok(count)
}

/// What a user would write without this client.
async fn list_plainly(http: &reqwest::Client, base: &str) -> Outcome<usize> {
    let mut count = 0;
    for page in 1.. {
        let answer = http
            .get(format!("{base}/invoices?size={}&page={page}", pages::PAGE))
            .header("X-User-Company", "Bench Company")
            .header("X-User-Email", "bench@example.com")
            .header("X-User-Token", "token")
            .header("X-API-KEY", "key")
            .send()
            .await?
            .error_for_status()?;
        let invoices: Vec<Invoice> = serde_json::from_slice(&answer.bytes().await?)?;
        if invoices.is_empty() {
            break;
        }
        for invoice in invoices {
            black_box(&invoice);
            count += 1;
        }
    }
    Ok(count)
}

fn read_all<T: serde::de::DeserializeOwned>(bodies: &[Arc<str>]) -> Outcome<Vec<T>> {
    let mut all = Vec::with_capacity(INVOICES);
    for body in bodies {
        all.append(&mut serde_json::from_slice(body.as_bytes())?);
    }
    Ok(all)
}

fn body_of(bodies: &[Arc<str>], target: &str) -> Arc<str> {
    bodies.get(pages::page_number(target).saturating_sub(1)).map_or_else(|| "[]".into(), Arc::clone)
}

/// Answers from memory.
#[derive(Debug)]
struct Canned(Arc<[Arc<str>]>);

#[async_trait]
impl Transport for Canned {
    async fn send(&self, exchange: Exchange) -> Result<Response<Bytes>, TransportError> {
        let body = body_of(&self.0, &exchange.request.uri().to_string());
        Ok(Response::new(Bytes::copy_from_slice(body.as_bytes())))
    }
}

/// CPU times by contestant, in the order of the first round.
#[derive(Default)]
struct Table(Vec<(&'static str, Vec<Duration>)>);

impl Table {
    fn measure(&mut self, name: &'static str, run: impl FnOnce() -> Outcome<usize>) -> Outcome<()> {
        let begun = cpu_time();
        black_box(run()?);
        let took = cpu_time().saturating_sub(begun);
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(took),
            None => self.0.push((name, vec![took])),
        }
        Ok(())
    }

    fn median(&self, name: &str) -> Duration {
        let times = self.0.iter().find(|(known, _)| *known == name).map(|(_, times)| times.clone());
        let mut times = times.unwrap_or_default();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn print(&self) {
        for (name, _) in &self.0 {
            let nanos = self.median(name).as_nanos() / INVOICES as u128;
            println!("{name:<36}{:>8}.{:02} µs", nanos / 1000, nanos % 1000 / 10);
        }
        println!();
    }

    fn compare(&self, what: &str, one: &str, other: &str) {
        let percent = self.median(one).as_nanos() * 100 / self.median(other).as_nanos().max(1);
        println!("{what:<36}{:>8}.{:02} x", percent / 100, percent % 100);
    }
}

/// CPU time of this thread: what other threads and programs do is not in it.
#[cfg(unix)]
fn cpu_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Elapsed time, where there is no better clock.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    use std::sync::OnceLock;

    static ORIGIN: OnceLock<tokio::time::Instant> = OnceLock::new();
    ORIGIN.get_or_init(tokio::time::Instant::now).elapsed()
}
