//! Runs both fakes on fixed ports of the loopback interface until it is interrupted.
#![allow(clippy::print_stdout)] // a program, and printing the environment is its purpose

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ordway_anrok_sandbox::Sandbox;
use ordway_anrok_sandbox::fault::FaultPlan;

/// Fake Ordway and fake Anrok on this machine, to try the SDK without an account.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Port of the fake Ordway; 0 takes a free one
    #[arg(long, default_value_t = 4010)]
    ordway_port: u16,
    /// Port of the fake Anrok; 0 takes a free one
    #[arg(long, default_value_t = 4011)]
    anrok_port: u16,
    /// Start with recorded Ordway pages (NAME-pageN.json) of this folder instead of the demo company
    #[arg(long, value_name = "DIR", conflicts_with = "empty")]
    seed: Option<PathBuf>,
    /// Start with no data at all
    #[arg(long)]
    empty: bool,
    /// What goes wrong: a fault plan as JSON
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
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

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let mut builder = Sandbox::builder().ports(options.ordway_port, options.anrok_port);
    if let Some(path) = options.faults {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        builder = builder.faults(FaultPlan::from_json(&text)?);
    }
    if options.empty {
        builder = builder.empty();
    }
    if let Some(folder) = options.seed {
        builder = builder.seed_folder(folder);
    }
    let sandbox = builder.start().await?;
    println!("# Both fakes are running. Paste this into another shell; Ctrl-C ends them.");
    for (name, value) in sandbox.env() {
        println!("export {name}='{}'", value.replace('\'', r"'\''"));
    }
    tokio::signal::ctrl_c().await?;
    let (served, fired) = (sandbox.ordway().requests_served(), sandbox.faults().fired().len());
    println!(
        "# Ordway answered {served} requests, Anrok {}; {fired} faults fired.",
        sandbox.anrok().requests_served()
    );
    Ok(())
}
