//! How do I get everything out of Ordway, whatever its size?
//!
//! Every list becomes one file of JSON lines, each record as Ordway sent it. Memory holds the pages in flight only.
//!
//! Look at: `copy.rs`, where `pages_in_flight` reads ahead without losing the order, and where a record that does not
//! fit its model is written like all others; the table at the end; that a list which the company does not have costs
//! exit code 1 and nothing else.
//!
//! Lists below a customer or plan (contacts, notes, payment methods, charges) are not exported on their own: contacts
//! and charges come inside their parents.
//!
//! Without keys it exports the demo company of the fake. Exit code: 0 everything is complete, 1 something is not, 2 it
//! could not run.

mod copy;
mod lists;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use clap::builder::PossibleValuesParser;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordway_anrok_examples::{Rates, ordway_or_demo, table};

use crate::copy::{Copied, Job};

/// Exports the lists of an Ordway company as JSON lines.
#[derive(Debug, Parser)]
#[command(
    name = "export",
    after_help = "The account: ORDWAY_BASE_URL, ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN, ORDWAY_API_KEY. \
                  Without them the demo company of the fake is exported. A file is named NAME.jsonl.part until it is \
                  complete."
)]
struct Arguments {
    /// Export this list; may be given several times. Default: all of them.
    #[arg(long = "resource", value_name = "NAME", value_parser = PossibleValuesParser::new(lists::NAMES), hide_possible_values = true)]
    resources: Vec<String>,
    /// The folder to write NAME.jsonl into; it is made where it is missing. Default: `ordway-export`, for the demo
    /// company in the folder for temporary files.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only what changed on this date (its beginning in UTC) or later, or at this instant or later. Ordway decides:
    /// not every list honours it.
    #[arg(long, value_name = "DATE", value_parser = instant)]
    since: Option<Timestamp>,
    /// Pages asked for ahead.
    #[arg(long, value_name = "N", default_value = "4")]
    in_flight: NonZeroUsize,
    /// Ordway requests a second (0: unlimited). Default: starts at 4 and climbs while nothing is refused.
    #[arg(long, value_name = "N", env = "ORDWAY_RPS")]
    ordway_rps: Option<u32>,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC));
    text.parse()
        .or_else(|_| day.map(|day| day.timestamp()))
        .map_err(|_| "a date (2026-01-31) or an instant (2026-01-31T08:00:00Z) is expected".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("the export could not run: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything is complete.
async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let (ordway, fake) = ordway_or_demo(Rates { ordway: arguments.ordway_rps, anrok: None })?;
    let folder = match (&arguments.out, &fake) {
        (Some(folder), _) => folder.clone(),
        (None, None) => PathBuf::from("ordway-export"),
        (None, Some(_)) => std::env::temp_dir().join("ordway-export"),
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    if fake.is_some() {
        println!("Ordway is faked in this process: this is the demo company.");
    }
    let clock = ordway.clock();
    let chosen =
        |name: &&&str| arguments.resources.is_empty() || arguments.resources.iter().any(|n| n == **name);
    let mut rows = table(&["list", "records", "unreadable", "size", "seconds", ""]);
    let mut is_complete = true;
    for name in lists::NAMES.iter().filter(chosen) {
        let begun = clock.monotonic();
        let job = Job { name, folder: folder.clone(), in_flight: arguments.in_flight, bar: bar(name) };
        let bar = job.bar.clone();
        let outcome = lists::export(&ordway, arguments.since, job).await;
        bar.finish_and_clear();
        let seconds = format!("{:.1}", clock.monotonic().saturating_sub(begun).as_secs_f64());
        match outcome {
            Ok(Copied { records, unreadable, first_unreadable, bytes }) => {
                if let Some(first) = &first_unreadable {
                    eprintln!(
                        "warning: {name}: {unreadable} of {records} records do not fit their model and were written as they came; {first}"
                    );
                }
                let size = HumanBytes(bytes).to_string();
                rows.add_row([
                    (*name).to_owned(),
                    records.to_string(),
                    unreadable.to_string(),
                    size,
                    seconds,
                    String::new(),
                ]);
            }
            Err(failure) => {
                is_complete = false;
                eprintln!("{name} was not exported: {failure}");
                rows.add_row([*name, "", "", "", &seconds, "not exported"]);
                if failure.is_refused_user() {
                    println!("{rows}");
                    anyhow::bail!("Ordway refuses the user, so the lists after {name} were not tried");
                }
            }
        }
    }
    println!("{rows}");
    println!("{} requests, files in {}", ordway.requests_sent(), folder.display());
    Ok(is_complete)
}

/// Shows itself on a terminal only.
fn bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
