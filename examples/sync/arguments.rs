//! What the command line may say.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use ordway_anrok::{OutageAction, OutagePolicy, Settings, WriteBack};
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
    /// Write down every call that a sync would make, with tax before and after, and make none of them. Keep the ledger
    /// (--state) for --apply.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "apply", "watch"])]
    pub plan: Option<PathBuf>,
    /// Make exactly the calls of this plan; a step is refused where its document or what is on record changed since.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "watch"])]
    pub apply: Option<PathBuf>,
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
    /// Report the tax of drafts, but do not write it to Ordway. Posted documents are recorded.
    #[arg(long)]
    pub report_only: bool,
    /// Send at most N lines of a document to Anrok: lines without amount are left out, then products grouped.
    #[arg(long, value_name = "N")]
    pub line_limit: Option<std::num::NonZeroUsize>,
    /// What a draft shows while Anrok is down: nothing new, no tax, or the tax as last known. Replaced when it answers.
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = OnOutage::Hold)]
    pub on_outage: OnOutage,
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

/// The outage policy for every draft; finer rules are for programs of your own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum OnOutage {
    /// Drafts wait.
    Hold,
    /// Drafts show no tax for the time being.
    Zero,
    /// Drafts show the last known tax for the time being, where one is known.
    LastKnown,
}

impl Arguments {
    /// The settings of the bridge.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        #[cfg(feature = "deliberate-bugs")]
        {
            settings.bug = crate::bug::chosen();
        }
        settings.dry_run = self.dry_run;
        settings.adopt_company = self.adopt_company;
        if self.full {
            settings.full_compare = Some(Duration::ZERO);
        }
        settings.rules.line_limit = self.line_limit.map(std::num::NonZeroUsize::get);
        if self.report_only {
            settings.write_back = WriteBack::ReportOnly;
        }
        settings.outage = OutagePolicy::always(match self.on_outage {
            OnOutage::Hold => OutageAction::Hold,
            OnOutage::Zero => OutageAction::ZeroPlaceholder,
            OnOutage::LastKnown => OutageAction::LastKnownTax,
        });
        settings
    }

    /// How fast to call each service.
    pub fn rates(&self) -> Rates {
        Rates { ordway: self.ordway_rps, anrok: self.anrok_rps }
    }
}
