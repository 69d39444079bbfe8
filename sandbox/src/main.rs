//! Runs both fakes and their page on fixed ports of the loopback interface until it is interrupted.
#![allow(clippy::print_stdout)] // a program, and printing the environment is its purpose

#[path = "program/shell.rs"]
mod shell;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;
use ordway_anrok_http::SystemClock;
use ordway_anrok_sandbox::fault::FaultPlan;
use ordway_anrok_sandbox::{Sandbox, SandboxBuilder, SandboxClock, WebhookConfig};
use shell::Shell;

/// Fake Ordway and fake Anrok on this machine, with a page to look at, to try the SDK without an account.
#[derive(Debug, Parser)]
#[command(version)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
struct Options {
    /// Port of the fake Ordway; 0 takes a free one
    #[arg(long, default_value_t = 4010, value_name = "PORT")]
    ordway_port: u16,
    /// Port of the fake Anrok; 0 takes a free one
    #[arg(long, default_value_t = 4011, value_name = "PORT")]
    anrok_port: u16,
    /// Port of the page and the admin endpoints; 0 takes a free one
    #[arg(long, default_value_t = 4012, value_name = "PORT")]
    admin_port: u16,
    /// Start with this data instead of the demo company: a seed document (JSON), or a folder of recorded
    /// Ordway pages (NAME-pageN.json)
    #[arg(long, value_name = "PATH", conflicts_with = "empty")]
    seed: Option<PathBuf>,
    /// Start with no data at all
    #[arg(long)]
    empty: bool,
    /// What goes wrong: a fault plan as JSON
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The fakes' present time at the start, like 2026-03-31T23:59:00Z
    #[arg(long, value_name = "RFC3339")]
    clock: Option<Timestamp>,
    /// The fakes' clock stands still until told otherwise
    #[arg(long)]
    freeze_clock: bool,
    /// Deliver a webhook for every change in Ordway to this URL; may be given several times
    #[arg(long, value_name = "URL")]
    webhook: Vec<String>,
    /// A header for those webhooks, as NAME:VALUE; may be given several times
    #[arg(long, value_name = "HEADER", requires = "webhook", value_parser = header)]
    webhook_header: Vec<(String, String)>,
    /// Attempts after the first one to deliver a webhook
    #[arg(long, value_name = "N", default_value_t = WebhookConfig::default().retries)]
    webhook_retries: u32,
    /// Seconds between those attempts, on the fakes' clock
    #[arg(long, value_name = "SECONDS", default_value_t = WebhookConfig::default().retry_after.as_secs())]
    webhook_retry_after: u64,
    /// Webhooks may go to other machines
    #[arg(long)]
    webhooks_anywhere: bool,
    /// Admin endpoints without the page
    #[arg(long)]
    no_page: bool,
    /// Neither page nor admin endpoints
    #[arg(long)]
    no_admin: bool,
    /// Shell to print the environment for
    #[arg(long, value_enum, default_value_t = Shell::Bash)]
    shell: Shell,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("error: {error}");
            let mut cause = error.source();
            while let Some(deeper) = cause {
                text = format!("{text}\n  because: {deeper}");
                cause = deeper.source();
            }
            #[allow(clippy::print_stderr)] // the one place where the program complains
            {
                eprintln!("{text}");
            }
            ExitCode::from(2)
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stop = Stop::listen()?;
    let builder = builder(&options)?;
    let sandbox = builder.start().await?;
    let headers: Vec<(&str, &str)> =
        options.webhook_header.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for url in &options.webhook {
        sandbox.deliver_webhooks_to(url, &headers)?;
    }
    print_how_to(&sandbox, &options);
    stop.asked_for().await;
    println!(
        "# Ordway answered {} requests, Anrok {}; {} faults fired.",
        sandbox.ordway().requests_served(),
        sandbox.anrok().requests_served(),
        sandbox.faults().fired().len()
    );
    Ok(())
}

fn builder(options: &Options) -> Result<SandboxBuilder, Box<dyn Error + Send + Sync>> {
    let clock = SandboxClock::over(Arc::new(SystemClock::new()));
    if options.clock.is_some_and(|now| !clock.set(now)) {
        return Err("--clock names a time that cannot be reached; choose one of the years 1 to 9999".into());
    }
    if options.freeze_clock {
        clock.freeze();
    }
    let mut webhooks = WebhookConfig::default();
    webhooks.retries = options.webhook_retries;
    webhooks.retry_after = Duration::from_secs(options.webhook_retry_after);
    webhooks.anywhere = options.webhooks_anywhere;
    let mut builder = Sandbox::builder()
        .ports(options.ordway_port, options.anrok_port)
        .sandbox_clock(clock)
        .webhooks(webhooks);
    if let Some(path) = &options.faults {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        builder = builder.faults(FaultPlan::from_json(&text)?);
    }
    if options.empty {
        builder = builder.empty();
    }
    if let Some(path) = &options.seed {
        builder = if path.is_dir() { builder.seed_folder(path) } else { builder.seed_file(path)? };
    }
    if options.no_page {
        builder = builder.without_page();
    }
    if !options.no_admin {
        builder = builder.admin(options.admin_port);
    }
    Ok(builder)
}

/// All but the settings are comments, so that the whole can be pasted or evaluated.
fn print_how_to(sandbox: &Sandbox, options: &Options) {
    println!("# A fake Ordway and a fake Anrok, on this machine only; the credentials open nothing else.");
    if let Some(url) = sandbox.admin_url() {
        let what = if options.no_page { "Admin endpoints" } else { "Page" };
        println!("# {what}: {url}/");
    }
    println!("#");
    println!("# Paste this into another shell:");
    for (name, value) in sandbox.env() {
        println!("{}", options.shell.set(name, &value));
    }
    println!("# Then run the sync there, as often as you like:");
    println!("#   cargo run --example sync -- --state sandbox-ledger.db");
    println!("# (delete sandbox-ledger.db when the fakes start over)");
    println!("# Ctrl-C ends the fakes.");
}

/// `NAME:VALUE`.
fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write it as NAME:VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Ctrl-C, and on Unix the polite signal of a process manager. Listens from the start, so that none is missed.
#[cfg(unix)]
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn asked_for(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C. Listens from the start, so that none is missed.
#[cfg(windows)]
struct Stop(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Stop {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn asked_for(mut self) {
        self.0.recv().await;
    }
}
