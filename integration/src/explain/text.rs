//! An explanation as plain text, for support.

use std::fmt::{self, Write as _};

use rust_decimal::Decimal;

use super::Explanation;
use super::parts::{
    AddressExplained, Amounts, HoldExplained, JurisdictionExplained, LineExplained, ProblemExplained,
    Remembered,
};

/// Where the text of a section begins.
const INDENT: usize = 12;
/// Lines are broken before this column.
const WIDTH: usize = 112;

/// Paragraphs under a heading in the margin.
struct Sections {
    text: String,
}

impl Sections {
    /// One paragraph; the heading stands in the margin of its first line.
    fn say(&mut self, heading: &str, paragraph: &str) {
        let mut line = format!("{heading:INDENT$}");
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.end(&line);
                line = " ".repeat(INDENT);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.end(&line);
    }

    fn end(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sections = Sections { text: String::new() };
        self.head(&mut sections);
        self.lines.iter().for_each(|line| say_line(&mut sections, line, self.code()));
        if !self.lines.is_empty() {
            sections.gap();
        }
        self.figures(&mut sections);
        self.notes.iter().for_each(|note| sections.say("Note", note));
        f.write_str(sections.text.trim_end())
    }
}

impl Explanation {
    fn code(&self) -> &str {
        self.currency.as_deref().unwrap_or("(no currency)")
    }

    fn head(&self, sections: &mut Sections) {
        let date = self.date.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        let title = format!("{}: {}, {date}, {}", self.document, self.status, self.code());
        sections.end(&title);
        sections.gap();
        let customer = &self.customer;
        let mut who = customer.id.clone().unwrap_or_else(|| "none".to_owned());
        if let Some(id) = &customer.anrok_id {
            let _ = write!(who, ", at Anrok {id}");
        }
        if !customer.name.is_empty() {
            let _ = write!(who, ", name {}", customer.name);
        }
        let ids: Vec<&str> = customer.tax_ids.iter().map(super::parts::Personal::as_str).collect();
        let ids = if ids.is_empty() { "no tax id".to_owned() } else { format!("tax id {}", ids.join(", ")) };
        let _ = write!(who, ", {ids}");
        if customer.exempt_in_ordway {
            who.push_str(", called exempt in Ordway");
        }
        sections.say("Customer", &who);
        sections.say("Address", &address(&self.address));
        sections.say("", &self.address.why);
        sections.gap();
    }

    fn figures(&self, sections: &mut Sections) {
        let code = self.code();
        match &self.sent {
            Some(sent) => {
                let rates = sent.tax_date.map(|day| format!(" at the rates of {day}")).unwrap_or_default();
                let known = if sent.unchanged {
                    "the inputs the ledger remembers"
                } else {
                    "inputs new to the ledger"
                };
                let lines =
                    if sent.lines == 1 { "1 line".to_owned() } else { format!("{} lines", sent.lines) };
                let text = format!(
                    "as {}: {} {code} before tax ({} minor units) on {lines}, accounting date {}{rates}; {known}.",
                    sent.transaction, sent.amount, sent.amount.minor, sent.accounting_date
                );
                sections.say("Sent", &text);
            }
            None if self.holds.is_empty() => sections.say("Sent", "Nothing is sent."),
            None => sections.say("Sent", "Nothing can be sent."),
        }
        self.holds.iter().for_each(|hold| say_hold(sections, hold));
        if let Some(answer) = &self.answer {
            sections.say("Came back", &format!("{}.", amounts(&answer.tax, code, true)));
            if let Some(mismatch) = &answer.mismatch {
                sections.say(
                    "",
                    &format!("The answer does not fit the question: {mismatch}. Nothing is written by it."),
                );
            }
        } else if let Some(problem) = &self.no_answer {
            sections.say("Came back", &format!("No tax: {}.", problem.reason));
            sections.say("", &format!("What to do: {}", problem.remedy));
        } else {
            sections.say("Came back", "Anrok was not asked.");
        }
        let in_ordway = &self.in_ordway;
        let figure =
            |figure: Option<Decimal>| figure.map_or_else(|| "none".to_owned(), |figure| figure.to_string());
        let (subtotal, tax) = (figure(in_ordway.subtotal), figure(in_ordway.tax));
        sections.say("In Ordway", &format!("{subtotal} {code} before tax, tax {tax}. {}", in_ordway.note));
        match &self.remembered {
            Some(remembered) => say_remembered(sections, remembered, code),
            None => sections.say("Ledger", "It has never met this document."),
        }
        sections.say("Next", &format!("{}: {} {}", self.next.step, self.next.what, self.next.why));
    }
}

fn address(address: &AddressExplained) -> String {
    let street = (!address.street.is_empty()).then(|| format!("street {}", address.street));
    let parts =
        [street, address.city.clone(), address.state.clone(), address.zip.clone(), address.country.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let place = if parts.is_empty() { "empty".to_owned() } else { parts.join(", ") };
    match (&address.used, &address.country_sent) {
        (Some(used), Some(country)) if Some(country) != address.country.as_ref() => {
            format!("{used}: {place} (sent as {country})")
        }
        (Some(used), _) => format!("{used}: {place}"),
        (None, _) => format!("not usable: {place}"),
    }
}

/// `tax to collect 0.00 USD (0 minor units); the breakdown shows 16.50, 16.50 of it borne by the seller`. In full: the
/// parts that are zero too.
fn amounts(tax: &Amounts, code: &str, in_full: bool) -> String {
    let mut text = format!(
        "tax to collect {} {code} ({} minor units); the breakdown shows {}",
        tax.to_collect,
        tax.to_collect.minor,
        tax.shown.normalize()
    );
    for (amount, what) in
        [(tax.included, "included in the price"), (tax.borne_by_seller, "borne by the seller")]
    {
        if in_full || !amount.is_zero() {
            let _ = write!(text, ", {} of it {what}", amount.normalize());
        }
    }
    text
}

fn say_line(sections: &mut Sections, line: &LineExplained, code: &str) {
    let product = line.product.as_deref().unwrap_or("no product");
    let name = line.product_name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
    let at_anrok = line.anrok_product.as_ref().map(|id| format!(", at Anrok {id}")).unwrap_or_default();
    let category = line.category.as_ref().map(|id| format!(", category {id}")).unwrap_or_default();
    sections.say(&format!("Line {}", line.line), &format!("{product}{name}{at_anrok}{category}"));
    let amount = line.amount.map_or_else(|| "no amount".to_owned(), |amount| format!("{amount} {code}"));
    let sent = line.sent.as_ref().map(|sent| format!(", sent as {} ({} minor units)", sent, sent.minor));
    let included = if line.tax_included { ", tax included" } else { "" };
    sections.say("", &format!("{amount}{}{included}", sent.unwrap_or_default()));
    line.jurisdictions.iter().for_each(|juris| say_jurisdiction(sections, juris));
    if let Some(tax) = &line.tax {
        sections.say("", &format!("= {}", amounts(tax, code, false)));
    }
    let stands = line.tax_in_ordway.map_or_else(|| "no tax".to_owned(), |tax| format!("tax {tax}"));
    let write = line.tax_to_write.as_ref().map(|tax| format!(", {tax} belongs there")).unwrap_or_default();
    sections.say("", &format!("in Ordway: {stands}{write}"));
    line.rounding.iter().for_each(|note| sections.say("", &format!("rounding: {note}")));
}

fn say_jurisdiction(sections: &mut Sections, juris: &JurisdictionExplained) {
    if juris.taxes.is_empty() {
        return sections.say("", &format!("- {}: {}", juris.name, juris.why));
    }
    for tax in &juris.taxes {
        let figure =
            |figure: Option<Decimal>| figure.map_or_else(|| "?".to_owned(), |f| f.normalize().to_string());
        let percent = tax.rate.and_then(|rate| rate.checked_mul(Decimal::ONE_HUNDRED));
        let text = format!(
            "- {}: {} {} % of {} is {}",
            juris.name,
            tax.name,
            figure(percent),
            figure(tax.base),
            figure(tax.tax)
        );
        sections.say("", &text);
    }
}

fn say_hold(sections: &mut Sections, hold: &HoldExplained) {
    sections.say("Held", &format!("{} ({})", hold.reason, hold.code));
    sections.say("", &format!("What to do: {}", hold.remedy));
}

fn say_remembered(sections: &mut Sections, remembered: &Remembered, code: &str) {
    let mut text = remembered.state.clone();
    if let Some(transaction) = &remembered.transaction {
        let _ = write!(text, " as {transaction}");
    }
    if let Some(version) = remembered.version {
        let _ = write!(text, ", version {version}");
    }
    if let Some(negation) = &remembered.negation {
        let _ = write!(text, ", negated by {negation}");
    }
    for (figure, what) in [(&remembered.amount, "before tax"), (&remembered.tax, "tax")] {
        if let Some(figure) = figure {
            let _ = write!(text, ", {figure} {code} {what}");
        }
    }
    if let Some(invoice) = &remembered.credited_invoice {
        let _ = write!(text, ", counted against invoice {invoice}");
    }
    if remembered.placeholder {
        text.push_str(", its tax only a stand-in");
    }
    sections.say("Ledger", &format!("{text}."));
    for link in &remembered.chain {
        let counts = if link.voided { ", voided" } else { "" };
        sections.say("", &format!("- {}: {} minor units{counts}", link.transaction, link.amount_minor));
    }
    if let Some(unfinished) = &remembered.unfinished {
        sections.say("", &format!("Begun and not known to be finished: {unfinished}."));
    }
    if let Some(problem) = &remembered.problem {
        say_problem(sections, problem);
    }
}

fn say_problem(sections: &mut Sections, problem: &ProblemExplained) {
    let times = if problem.attempts == 1 { "once".to_owned() } else { format!("{} times", problem.attempts) };
    let when = format!("seen {times}, first {}, last {}", problem.first_at, problem.last_at);
    sections.say("", &format!("Left by the last run: {} ({}; {when}).", problem.reason, problem.code));
    sections.say("", &format!("What to do: {}", problem.remedy));
    if let Some(at) = problem.archived_at {
        sections.say("", &format!("Set aside by a person at {at}."));
    }
}
