//! The pre-flight check: what would hold documents up, or tax them wrongly, found before the first sync.
//!
//! It asks both accounts, changes nothing in them, and says what to do about each finding.

mod catalogue;
pub(crate) mod code;
mod connection;
mod customers;
mod features;
mod ledger;

use std::collections::BTreeSet;
use std::fmt;

use ordway_client::{List, Listable, OnBadRecord};
use serde::Serialize;

use crate::Bridge;
use crate::connect::ConnectError;
use code::Code;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Good to know; nothing has to be done.
    Info,
    /// Will hold documents up, or may tax them wrongly, sooner or later.
    Warning,
    /// Holds documents up now, or makes a sync impossible.
    Error,
}

impl Severity {
    /// The word in JSON and text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that the checkup found. Names records by their ids; holds no names, addresses or tax ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable word for machines.
    pub code: &'static str,
    /// What it is about: `product P-00006`, `customers`, `Anrok`.
    pub subject: String,
    /// What was found, in sentences.
    pub text: String,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: String,
}

impl Finding {
    fn new(
        severity: Severity,
        code: &'static str,
        subject: impl Into<String>,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity, code, subject: subject.into(), text: text.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, subject, text, remedy } = self;
        write!(f, "{severity}: {subject} ({code})\n  {text}")?;
        if remedy.is_empty() { Ok(()) } else { write!(f, "\n  What to do: {remedy}") }
    }
}

/// What a [checkup](Bridge::doctor) found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checkup {
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Checkup {
    fn new(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Self { findings }
    }

    /// The severity of the worst finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The findings of this severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// The findings with this code.
    pub fn with_code<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |finding| finding.code == code)
    }

    /// What a program should exit with: 1 where there is an error, else 0. (2 is for a checkup that could not be made.)
    pub fn exit_code(&self) -> u8 {
        u8::from(self.worst() == Some(Severity::Error))
    }
}

impl fmt::Display for Checkup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |severity, one| counted(self.of(severity).count(), one);
        let (errors, warnings) = (count(Severity::Error, "error"), count(Severity::Warning, "warning"));
        write!(f, "{errors}, {warnings}, {}", count(Severity::Info, "note"))?;
        for finding in &self.findings {
            write!(f, "\n\n{finding}")?;
        }
        Ok(())
    }
}

/// How far a checkup goes. What lies beyond a limit is not looked at, and the checkup says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Products looked up in Anrok, one request each; those on invoices come first.
    pub products: usize,
    /// Invoices read, each of drafts and of the latest changed.
    pub invoices: usize,
    /// Customers read.
    pub customers: usize,
    /// Ids named in one finding; the rest is counted.
    pub examples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { products: 500, invoices: 200, customers: 10_000, examples: 10 }
    }
}

impl Bridge {
    /// Looks both accounts over before a sync: credentials, products, addresses, currencies, the `tax_id` field,
    /// webhooks, clocks, Anrok's premium features, the official integration, the ledger.
    ///
    /// Reads only: list and get calls, and tax previews (`createEphemeral`, which stores nothing) to ask whether Anrok
    /// takes a currency. The ledger is claimed and released as by a sync. With the default [`Limits`] it
    /// costs about one request per product and per fifty customers or invoices, and may be repeated at will.
    ///
    /// ```no_run
    /// # async fn run(bridge: ordway_anrok::Bridge) -> Result<(), Box<dyn std::error::Error>> {
    /// let checkup = bridge.doctor().await?;
    /// println!("{checkup}");
    /// std::process::exit(checkup.exit_code().into());
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ConnectError`] where neither account can be used, so that there was nothing to look at; it is Ordway's.
    /// Everything else that fails, one account's refusal included, is a finding.
    pub async fn doctor(&self) -> Result<Checkup, ConnectError> {
        self.doctor_within(&Limits::default()).await
    }

    /// [`Bridge::doctor`] with limits of your own.
    ///
    /// # Errors
    /// As [`Bridge::doctor`].
    pub async fn doctor_within(&self, limits: &Limits) -> Result<Checkup, ConnectError> {
        let mut doctor = Doctor { bridge: self, limits, findings: Vec::new() };
        let open = doctor.connection().await?;
        let invoices = if open.ordway { doctor.invoices().await } else { catalogue::Invoices::default() };
        let mut products = catalogue::Products::default();
        if open.ordway {
            products = doctor.products(&invoices).await;
            doctor.customers().await;
            doctor.webhooks().await;
            doctor.debit_memos().await;
        }
        if open.anrok {
            let mapped = doctor.mapped_products(&products, &invoices).await;
            doctor.currencies(&invoices, mapped.as_deref()).await;
            doctor.premium_features().await;
            doctor.official_integration(&products.known).await;
        }
        doctor.clocks();
        doctor.ledger().await;
        Ok(Checkup::new(doctor.findings))
    }
}

struct Doctor<'a> {
    bridge: &'a Bridge,
    limits: &'a Limits,
    findings: Vec<Finding>,
}

impl Doctor<'_> {
    fn found(
        &mut self,
        severity: Severity,
        code: Code<'_>,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) {
        self.findings.push(Finding::new(severity, code.as_str(), subject, text, code.remedy()));
    }

    /// One check could not be made; the others go on.
    fn failed(&mut self, severity: Severity, what: &str, error: &impl fmt::Display) {
        let text = format!("The {what} could not be checked: {error}.");
        self.found(severity, Code::CheckFailed, what, text);
    }

    /// Reads a list up to `limit` records, page by page. What cannot be read becomes a finding; `true` where records
    /// may be left unread.
    async fn read<T: Listable>(
        &mut self,
        what: &'static str,
        list: List<T>,
        limit: usize,
        mut visit: impl FnMut(T) + Send,
    ) -> bool {
        let mut list = list.on_bad_record(OnBadRecord::Collect);
        let (mut count, mut unreadable) = (0, BTreeSet::new());
        let more = loop {
            if count >= limit {
                break true;
            }
            match list.next_page().await {
                Ok(Some(page)) => {
                    count += page.items.len() + page.rejects.len();
                    page.items.into_iter().for_each(&mut visit);
                    let id = |id: Option<String>| id.unwrap_or_else(|| "(no id)".to_owned());
                    unreadable.extend(page.rejects.into_iter().map(|reject| id(reject.id)));
                }
                Ok(None) => break false,
                Err(error) => {
                    self.failed(Severity::Warning, what, &error);
                    break true;
                }
            }
        };
        if !unreadable.is_empty() {
            let text =
                format!("These {what} cannot be read and are held by a sync: {}.", self.some(&unreadable));
            self.found(Severity::Warning, Code::RecordUnreadable, what, text);
        }
        more
    }

    /// The first few of many, and how many more there are.
    fn some<T: fmt::Display>(&self, items: impl IntoIterator<Item = T>) -> String {
        let mut items = items.into_iter();
        let shown: Vec<String> =
            items.by_ref().take(self.limits.examples.max(1)).map(|i| i.to_string()).collect();
        match items.count() {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// `1 customer`, `2 customers`.
fn counted(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkup(severities: &[Severity]) -> Checkup {
        let finding = |s: &Severity| Finding::new(*s, "code", "subject", "Text.", "");
        Checkup::new(severities.iter().map(finding).collect())
    }

    #[test]
    fn the_worst_comes_first_and_decides_the_exit_code() {
        use Severity::{Error, Info, Warning};
        assert_eq!((checkup(&[]).worst(), checkup(&[]).exit_code()), (None, 0));
        assert_eq!(
            (checkup(&[Info, Warning]).worst(), checkup(&[Info, Warning]).exit_code()),
            (Some(Warning), 0)
        );
        let all = checkup(&[Info, Error, Warning]);
        assert_eq!(all.findings.iter().map(|f| f.severity).collect::<Vec<_>>(), [Error, Warning, Info]);
        assert_eq!(all.exit_code(), 1);
        assert_eq!(all.of(Warning).count(), 1);
    }

    #[test]
    fn text_and_json() {
        let mut checkup = checkup(&[Severity::Error]);
        checkup.findings[0].remedy = "Do it.".to_owned();
        assert_eq!(
            checkup.to_string(),
            "1 error, 0 warnings, 0 notes\n\nerror: subject (code)\n  Text.\n  What to do: Do it."
        );
        assert_eq!(
            serde_json::to_value(&checkup).unwrap(),
            serde_json::json!({"findings": [{"severity": "error", "code": "code", "subject": "subject",
                "text": "Text.", "remedy": "Do it."}]})
        );
    }
}
