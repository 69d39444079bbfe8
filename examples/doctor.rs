//! Is everything ready for a sync, and if not, what has to be done first?
//!
//! Without keys both systems are faked in this process, and the demo company has flaws on purpose. With the variables
//! ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN, ORDWAY_API_KEY and ANROK_API_KEY the same program looks at real
//! accounts. It reads only, nothing is changed.
//!
//! Look at: the product that is on an invoice and unknown to Anrok (an error, because that invoice would be held), and
//! that every finding comes with a remedy.
//!
//! Exit code: 0 no errors (or the demo), 1 errors, 2 neither account could be used.

use std::process::ExitCode;

use clap::Parser;
use ordway_anrok::Bridge;
use ordway_anrok::doctor::{Checkup, Severity};
use ordway_anrok_examples::{Accounts, table};

/// Looks both accounts over before a sync. Changes nothing.
#[derive(Debug, Parser)]
#[command(name = "doctor")]
struct Arguments {
    /// Print the findings as one JSON object.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("the checkup could not be made: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let accounts = Accounts::from_env_or_demo()?;
    let is_demo = accounts.fakes.is_some();
    // Not `connect`: a refused credential is one of the findings.
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).unchecked();
    let checkup = bridge.doctor().await?;
    if arguments.json {
        println!("{}", serde_json::to_string(&checkup)?);
    } else {
        show(&checkup);
    }
    if !is_demo {
        return Ok(checkup.exit_code());
    }
    if !arguments.json {
        println!(
            "Both systems are faked in this process. The demo company sells a product that Anrok does not know and has a \
             customer without an address; with real accounts the exit code would be {}.",
            checkup.exit_code()
        );
    }
    Ok(0)
}

fn show(checkup: &Checkup) {
    let mut findings = table(&["", "about", "what was found", "what to do"]);
    for finding in &checkup.findings {
        findings.add_row([finding.severity.as_str(), &finding.subject, &finding.text, &finding.remedy]);
    }
    println!("{findings}");
    let count = |severity| checkup.of(severity).count();
    println!(
        "errors: {}, warnings: {}, notes: {}",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    );
}
