//! The report as people look at it.

use std::fmt::Write as _;
use std::path::Path;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use ordway_anrok::{Outcome, Plan, Report};

/// Documents without a note that are listed.
const PLAIN_ROWS: usize = 100;

/// Everything of a report that a person wants to see.
pub fn render(title: &str, report: &Report) -> String {
    let counts = &report.counts;
    let mut text = format!("{title}{}\n", if report.dry_run { " (dry run: nothing is written)" } else { "" });
    let mut sums = table(&[
        "calculated",
        "written",
        "recorded",
        "updated",
        "voided",
        "negated",
        "credited",
        "unchanged",
        "held",
        "failed",
    ]);
    sums.add_row([
        counts.calculated,
        counts.written,
        counts.recorded,
        counts.updated,
        counts.voided,
        counts.negated,
        counts.credited,
        counts.unchanged,
        counts.held,
        counts.failed,
    ]);
    let _ = writeln!(text, "{sums}");
    let mut rows = table(&["document", "outcome", "tax", "note"]);
    let (mut plain, mut left) = (0, 0);
    for document in report.documents.iter().filter(|document| !is_open(document.outcome)) {
        let note = if document.warnings.is_empty() {
            document.reason.unwrap_or_default()
        } else {
            document.warnings.join("\n")
        };
        // What says no more than that it went well need not be read line by line.
        plain += usize::from(note.is_empty());
        if note.is_empty() && plain > PLAIN_ROWS {
            left += 1;
            continue;
        }
        let tax = document.tax.as_deref().zip(document.currency.as_deref());
        let tax = tax.map(|(tax, currency)| format!("{tax} {currency}")).unwrap_or_default();
        rows.add_row([document.id, document.outcome.to_string(), tax, note]);
    }
    if rows.row_count() > 0 {
        let _ = writeln!(text, "{rows}");
    }
    if left > 0 {
        let _ = writeln!(text, "and {left} more that went through without a note (--json lists them all)");
    }
    let open: Vec<_> = report.documents.iter().filter(|d| is_open(d.outcome)).collect();
    if !open.is_empty() {
        let mut rows = table(&["document", "", "why", "who acts", "what to do"]);
        for document in open {
            rows.add_row([
                document.id,
                format!("{}{}", document.outcome, if document.late { ", late" } else { "" }),
                document.reason.unwrap_or_default(),
                document.disposition.map(|disposition| disposition.to_string()).unwrap_or_default(),
                document.remedy.unwrap_or_default(),
            ]);
        }
        let _ = writeln!(text, "{rows}");
    }
    beside_documents(&mut text, report);
    let _ =
        writeln!(text, "{} requests to Ordway, {} to Anrok", report.requests.ordway, report.requests.anrok);
    text
}

/// What a run has to say beside its documents.
fn beside_documents(text: &mut String, report: &Report) {
    if report.archived > 0 {
        let _ = writeln!(text, "{} documents are set aside (archived)", report.archived);
    }
    if let Some(watch) = &report.watch {
        let hints = &watch.hints;
        let _ = writeln!(
            text,
            "{} full passes, {} polls, {} tries of what was due; {} webhooks: {} settled, {} echoes, {} unknown",
            watch.full, watch.polls, watch.due, hints.received, hints.settled, hints.echoes, hints.unknown
        );
    }
    for total in
        report.amounts.iter().filter(|total| total.tax_shown != total.tax || !is_zero(&total.tax_borne))
    {
        let _ = writeln!(
            text,
            "tax in {}: {} to collect, {} shown to customers, {} borne by you",
            total.currency, total.tax, total.tax_shown, total.tax_borne
        );
    }
    for total in &report.placeholders {
        let _ = writeln!(
            text,
            "placeholders in {}: {} documents of {} show {} tax that Anrok has not computed",
            total.currency, total.documents, total.amount, total.tax
        );
    }
    for outside in &report.outside {
        let _ = writeln!(text, "{} {} ({}): {}", outside.what, outside.id, outside.shown_by, outside.reason);
    }
    for change in &report.changed_by_others {
        let _ = writeln!(text, "{change}");
    }
    for problem in &report.problems {
        let _ = writeln!(text, "{}: {}\n  {}", problem.service, problem.reason, problem.remedy);
    }
}

fn is_zero(amount: &str) -> bool {
    !amount.contains(|digit: char| digit.is_ascii_digit() && digit != '0')
}

/// Every call of a plan, and what all of them come to.
pub fn plan(plan: &Plan, path: &Path) -> String {
    let mut text = format!("Plan, written to {}; nothing was done yet\n", path.display());
    let mut rows = table(&["document", "call", "before tax", "tax now", "tax then", ""]);
    for row in plan.rows() {
        let note = if row.only_if_locked { "only if its return is locked" } else { "" };
        rows.add_row([&row.document, &row.what, &row.amount, &row.tax_before, &row.tax_after, note]);
    }
    let _ = writeln!(text, "{rows}");
    for (currency, total) in plan.totals() {
        let _ = writeln!(text, "{}", total.in_words(&currency));
    }
    text
}

fn is_open(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Held | Outcome::Failed)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if table.width().is_none() {
        table.set_width(140);
    }
    table
}
