//! What is printed, and where.

use ordway_anrok::{Report, RunProblem};

use crate::arguments::Arguments;
use crate::tables;

/// The error and its causes, each text once.
pub fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = if words.is_empty() { text } else { format!("{words}: {text}") };
        }
    }
    words
}

/// The report of a run that reached no document.
#[allow(clippy::disallowed_methods)] // a program may look at the machine's clock
pub fn without_documents(arguments: &Arguments, problem: RunProblem) -> Report {
    let mut report = Report::default();
    report.run = jiff::Timestamp::now().to_string();
    report.dry_run = arguments.dry_run;
    report.problems.push(problem);
    show(arguments, "Sync", &report);
    report
}

/// The report for people, unless the run prints JSON.
pub fn show(arguments: &Arguments, title: &str, report: &Report) {
    if arguments.json {
        for problem in &report.problems {
            eprintln!("{}: {}", problem.service, problem.reason);
        }
    } else {
        println!("{}", tables::render(title, report));
    }
}

/// A line for people.
pub fn say(arguments: &Arguments, text: &str) {
    if !arguments.json {
        println!("{text}");
    }
}
