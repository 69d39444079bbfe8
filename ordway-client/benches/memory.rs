//! Peak memory of reading 1,000, 10,000 and 50,000 invoices: must not grow with their number.
//!
//! `cargo bench -p ordway-client --bench memory`, on Linux. Every figure is the peak (`VmHWM`) of a process of its
//! own; the server is in the process that starts them. Prints a table; asserts nothing.
#![allow(clippy::print_stdout)] // a program whose result is its output

use std::env;
use std::error::Error;
use std::num::NonZeroUsize;
use std::process::Command;

use jiff::Timestamp;
use ordway_client::invoices::ListInvoices;
use ordway_client::{Client, Credentials, Pacer, SeekFrom};

mod pages;

const COUNTS: [usize; 3] = [1_000, 10_000, 50_000];
/// How a child is told what to do: the way of reading and the server's address.
const WAY: &str = "ORDWAY_BENCH_WAY";
const BASE: &str = "ORDWAY_BENCH_BASE";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    if let (Ok(way), Ok(base)) = (env::var(WAY), env::var(BASE)) {
        return child(&way, &base);
    }
    // `cargo test --benches` and test runners that list tests start this program too.
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    println!("peak memory of a process that reads and drops n invoices, KiB\n");
    println!("{:<24}{:>10}{:>10}{:>10}{:>14}", "n =", COUNTS[0], COUNTS[1], COUNTS[2], "last / first");
    let mut bases = Vec::new();
    for count in COUNTS {
        bases.push(pages::serve(move |target| {
            let since = pages::parameter(target, "updated_date>").and_then(|at| at.parse::<Timestamp>().ok());
            pages::page(since.map_or(0, pages::first_since), pages::page_number(target), count).into()
        })?);
    }
    for way in ["pager", "pager, 4 in flight", "seek"] {
        print!("{way:<24}");
        let mut peaks = Vec::new();
        for (base, count) in bases.iter().zip(COUNTS) {
            let output = Command::new(env::current_exe()?).env(WAY, way).env(BASE, base).output()?;
            let text = String::from_utf8(output.stdout)?;
            let (read, peak) = text.trim().split_once(' ').ok_or("the child said nothing")?;
            let short = if read.parse() == Ok(count) { "" } else { "!" };
            print!("{:>10}", format!("{peak}{short}"));
            peaks.push(peak.parse::<u64>().unwrap_or(0));
        }
        let (first, last) = (peaks.first().copied().unwrap_or(0), peaks.last().copied().unwrap_or(0));
        let percent = last * 100 / first.max(1);
        println!("{:>11}.{:02} x", percent / 100, percent % 100);
    }
    println!("\n! = not all were read. A seek remembers at most 65,536 rows, as 16-byte fingerprints.");
    Ok(())
}

/// Reads everything and prints how many there were and the peak.
fn child(way: &str, base: &str) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let credentials = Credentials::new("Bench Company", "bench@example.com", "token".into(), "key".into());
    let client = Client::builder(credentials).pacer(Pacer::unlimited()).base_url(base).build()?;
    let read = runtime.block_on(async {
        match way {
            "seek" => seek(&client).await,
            "pager" => page(&client, 1).await,
            _ => page(&client, 4).await,
        }
    })?;
    println!("{read} {}", peak().unwrap_or(0));
    Ok(())
}

async fn page(client: &Client, in_flight: usize) -> Outcome<usize> {
    let in_flight = NonZeroUsize::new(in_flight).unwrap_or(NonZeroUsize::MIN);
    let mut invoices = client.invoices().list(ListInvoices::default()).pages_in_flight(in_flight);
    let mut count = 0;
    while invoices.try_next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

async fn seek(client: &Client) -> Outcome<usize> {
    let mut invoices = client.invoices().seek(SeekFrom::start());
    let mut count = 0;
    while let Some(page) = invoices.next_page().await? {
        count += page.items.len();
    }
    Ok(count)
}

/// The most memory this process ever had, in KiB; `None` where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let row = status.lines().find_map(|row| row.strip_prefix("VmHWM:"))?;
    row.split_whitespace().next()?.parse().ok()
}
