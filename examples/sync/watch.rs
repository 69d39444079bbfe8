//! Keeping two accounts in step until somebody asks it to end.

use std::time::Duration;

use anyhow::Context as _;
use ordway_anrok::ledger::LedgerError;
use ordway_anrok::{Bridge, Intake, Observer, PassKind, Progress, Report, SyncError, WatchSettings};
use ordway_anrok_examples::{Accounts, Fakes};

use crate::arguments::Arguments;
use crate::listener;
use crate::pretend;
use crate::show::{say, show};
use crate::stop::Stop;

/// One line for every pass that did something.
#[derive(Debug)]
pub struct Passes;

impl Observer for Passes {
    fn on(&self, progress: &Progress) {
        let Progress::Pass { kind, report } = progress else { return };
        let counts = report.counts;
        let done = [
            ("calculated", counts.calculated),
            ("written", counts.written),
            ("recorded", counts.recorded),
            ("updated", counts.updated),
            ("voided", counts.voided),
            ("negated", counts.negated),
            ("credited", counts.credited),
        ];
        let mut words: Vec<String> =
            done.into_iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} {what}")).collect();
        words
            .extend(report.problems.iter().map(|problem| format!("{}: {}", problem.service, problem.reason)));
        if !words.is_empty() || *kind == PassKind::Full {
            let open = counts.held + counts.failed;
            eprintln!("{} {}: {} ({open} held or failed)", report.run, word(*kind), list(&words));
        }
    }
}

fn word(kind: PassKind) -> &'static str {
    match kind {
        PassKind::Full => "full pass",
        PassKind::Poll => "poll",
        PassKind::Due => "tried again",
        PassKind::Hints => "webhook",
        PassKind::Compare => "comparison",
        _ => "pass",
    }
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "nothing to do".to_owned() } else { words.join(", ") }
}

/// Watches until it is asked to end, and shows what was done in all.
pub async fn watch(
    arguments: &Arguments,
    accounts: &Accounts,
    bridge: &Bridge,
    stop: &mut Stop,
) -> anyhow::Result<Report> {
    let mut settings = WatchSettings::default();
    settings.poll = Duration::from_secs(arguments.poll);
    #[cfg(feature = "deliberate-bugs")]
    if crate::bug::is(ordway_anrok::deliberate::Bug::NeverPolls) {
        settings.poll = Duration::from_secs(86_400);
    }
    settings.end_after = arguments.r#for.map(Duration::from_secs);
    let intake = Intake::default();
    let listening = match &arguments.listen {
        Some(address) => Some(listener::start(address, arguments.webhook_header.as_deref(), &intake).await?),
        None => None,
    };
    // Without accounts there is nobody who would change anything.
    let life = match &accounts.fakes {
        Some(Fakes { ordway, anrok }) if arguments.seed.is_none() => {
            say(
                arguments,
                "Both systems are faked in this process, and somebody works in them every few seconds.",
            );
            Some(tokio::spawn(pretend::work(ordway.clone(), anrok.clone(), intake.clone())))
        }
        _ => None,
    };
    eprintln!("watching; Ctrl-C or SIGTERM ends it");
    let mut work = std::pin::pin!(async {
        loop {
            match bridge.watch(&settings, &intake).await {
                Err(SyncError::Ledger { source: LedgerError::InUse { holder }, .. }) if arguments.wait => {
                    eprintln!("waiting for {holder}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                other => break other,
            }
        }
    });
    let outcome = tokio::select! {
        outcome = &mut work => outcome,
        () = stop.asked() => {
            eprintln!("stopping: requests in flight are finished first; once more ends at once");
            bridge.canceller().cancel();
            tokio::select! {
                outcome = &mut work => outcome,
                () = stop.asked() => std::process::exit(130),
            }
        }
    };
    if let Some(life) = life {
        life.abort();
    }
    if let Some(listening) = listening {
        listening.abort();
    }
    match outcome {
        Ok(report) => {
            show(arguments, "In all", &report);
            Ok(report)
        }
        Err(error) => {
            if let Some(report) = error.report() {
                show(arguments, "Until it ended", report);
            }
            Err(error).context("watch")
        }
    }
}
