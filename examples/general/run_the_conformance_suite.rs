//! Does my account (or my own fake) do what this SDK takes for granted?
//!
//! Look at: `Subject`, which is the fakes in process here, and the accounts that the environment names otherwise; and `read_only`,
//! without which the suite creates customers, invoices and transactions. A failed check of an assumed rule is news about the real
//! system: tell us, the fakes have to learn.
//!
//! `--json` prints the report for programs. `ORDWAY_BASE_URL`, `ORDWAY_COMPANY`, `ORDWAY_USER_EMAIL`, `ORDWAY_USER_TOKEN` and
//! `ORDWAY_API_KEY` point at an Ordway, `ANROK_API_KEY` (and `ANROK_BASE_URL`) at an Anrok.

use std::env;
use std::process::ExitCode;

use anyhow::Context;
use ordway_anrok_sandbox::Fakes;
use ordway_anrok_sandbox::conformance::{OrdwayAccess, Subject, Suite};

/// The accounts that the environment names; none where it names none.
fn accounts() -> anyhow::Result<Option<Subject>> {
    let mut subject = None;
    if let Ok(base_url) = env::var("ORDWAY_BASE_URL") {
        let read = |name: &str| env::var(name).with_context(|| format!("set {name}"));
        let access = OrdwayAccess::new(
            read("ORDWAY_COMPANY")?,
            read("ORDWAY_USER_EMAIL")?,
            read("ORDWAY_USER_TOKEN")?,
            read("ORDWAY_API_KEY")?,
        );
        subject = Some(Subject::default().ordway_at(&base_url, access)?);
    }
    if let Ok(key) = env::var("ANROK_API_KEY") {
        let base_url = env::var("ANROK_BASE_URL").unwrap_or_else(|_| "https://api.anrok.com".to_owned());
        subject = Some(subject.unwrap_or_default().anrok_at(&base_url, key)?);
    }
    Ok(subject)
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let report = match accounts()? {
        Some(subject) => Suite::new().read_only().run(&subject).await,
        None => Suite::new().run(&Subject::of(&Fakes::empty())).await,
    };
    if env::args().any(|argument| argument == "--json") {
        println!("{}", report.to_json());
    } else {
        println!("{report}");
    }
    Ok(if report.is_passed() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
