//! What the command line may say.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use ordway_anrok::Settings;
use ordway_anrok_examples::Rates;

/// Taxes Ordway's invoices by Anrok and keeps both in step.
#[derive(Debug, Parser)]
#[command(
    name = "sync",
    after_help = "Without account variables in the environment both systems are faked in this process."
)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub struct Arguments {
    /// The ledger file. Default: a file in this folder named after the two accounts; in memory for the fakes.
    #[arg(long, value_name = "PATH")]
    pub state: Option<PathBuf>,
    /// Compute and report, but write nothing anywhere.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as one JSON object, the last line of stdout.
    #[arg(long)]
    pub json: bool,
    /// Fake both systems, with the recorded Ordway pages (NAME-pageN.json) of this folder as Ordway's data.
    #[arg(long, value_name = "DIR")]
    pub seed: Option<PathBuf>,
    /// Anrok's limit in requests a second (0: none). Default: 10, as documented.
    #[arg(long, value_name = "N", env = "ANROK_RPS")]
    pub anrok_rps: Option<u32>,
    /// Ordway requests a second (0: unlimited). Default: starts at 4 and climbs while nothing is refused.
    #[arg(long, value_name = "N", env = "ORDWAY_RPS")]
    pub ordway_rps: Option<u32>,
    /// The ledger's Ordway company was only renamed: go on with it.
    #[arg(long)]
    pub adopt_company: bool,
    /// Keep both systems in step until Ctrl-C or SIGTERM: poll, take webhooks, try again what failed.
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,
    /// With --watch: seconds between two polls.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "watch")]
    pub poll: u64,
    /// With --watch: end by itself after this time.
    #[arg(long, value_name = "SECONDS", requires = "watch")]
    pub r#for: Option<u64>,
    /// With --watch: take Ordway's webhooks at this address, for instance 127.0.0.1:8080 (port 0: a free one).
    #[arg(long, value_name = "ADDR", requires_all = ["watch", "webhook_header"])]
    pub listen: Option<String>,
    /// With --listen: the header that the webhook in Ordway sends, and the environment variable with its secret.
    #[arg(long, value_name = "NAME=VARIABLE", requires = "listen")]
    pub webhook_header: Option<String>,
    /// Read and compare everything that changed within a year, whatever the ledger says. Done weekly without being asked.
    #[arg(long)]
    pub full: bool,
    /// Wait for another process to release the ledger instead of ending with exit code 2.
    #[arg(long)]
    pub wait: bool,
}

impl Arguments {
    /// The settings of the bridge.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.dry_run = self.dry_run;
        settings.adopt_company = self.adopt_company;
        if self.full {
            settings.full_compare = Some(Duration::ZERO);
        }
        settings
    }

    /// How fast to call each service.
    pub fn rates(&self) -> Rates {
        Rates { ordway: self.ordway_rps, anrok: self.anrok_rps }
    }
}
