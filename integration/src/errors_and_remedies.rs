//! Makes `docs/errors-and-remedies.md` from the code: every refusal that a user can meet, and what to do about it.
//!
//! `UPDATE_DOCS=1 cargo test -p ordway-anrok --lib errors_and_remedies` writes the file; without the variable the test
//! compares.

use std::fmt::Write as _;
use std::path::Path;

use anrok_client::{AnrokError, ApiKey, Conflict, Disposition as AnrokDisposition};
use ordway_anrok_http::ApiError as _;
use ordway_anrok_http::http::HeaderMap;
use ordway_client::{CredentialFault, CredentialName, OrdwayError};

use crate::SyncError;
use crate::hold::{Disposition, Hold};
use crate::plan::PlanError;
use crate::reconcile::FindingKind;
use crate::{connect, doctor, engine, ledger};

/// Examples of all variants of an enum. One that is added to the enum does not compile here until it has one; then
/// `UPDATE_DOCS=1` (above) brings it into the table.
macro_rules! every {
    ($type:ty: $($pattern:pat => $example:expr),+ $(,)?) => {{
        let name = |one: &$type| match one { $($pattern => stringify!($pattern),)+ };
        let examples: Vec<$type> = vec![$($example),+];
        let names: Vec<&str> = examples.iter().map(name).collect();
        assert_eq!(names, [$(stringify!($pattern)),+], "each example stands beside its own variant");
        examples
    }};
}
pub(crate) use every;

const REFRESH: &str = "UPDATE_DOCS=1 cargo test -p ordway-anrok --lib errors_and_remedies";

struct Page(String);

impl Page {
    fn section(
        &mut self,
        title: &str,
        text: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) {
        write!(self.0, "\n## {title}\n\n{text}\n\n").unwrap();
        self.row(columns.iter().map(ToString::to_string));
        self.row(columns.iter().map(|_| "---".to_owned()));
        let mut count = 0;
        for row in rows {
            assert_eq!(row.len(), columns.len(), "{title}: {row:?}");
            self.row(row);
            count += 1;
        }
        assert!(count > 0, "{title} is empty");
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect();
        assert!(cells.iter().all(|cell| !cell.contains('\n')), "{cells:?}");
        writeln!(self.0, "| {} |", cells.join(" | ")).unwrap();
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn who(disposition: Disposition) -> String {
    match disposition {
        Disposition::RetryLater => "nobody: tried again by itself",
        Disposition::FixData => "who keeps the data in Ordway or Anrok",
        Disposition::FixConfiguration => "who runs the sync",
        Disposition::WaitForOther => "nobody: waits for another document",
        Disposition::Review => "a person who looks at both systems",
    }
    .to_owned()
}

fn class(disposition: &AnrokDisposition) -> String {
    match disposition {
        AnrokDisposition::Retry => "passing".to_owned(),
        AnrokDisposition::FixData(field) => format!("data: `{field}`"),
        AnrokDisposition::FixConfig => "setting of the account".to_owned(),
        AnrokDisposition::Alternate(operation) => format!("use `{operation}`"),
        AnrokDisposition::Refresh => "read again".to_owned(),
        AnrokDisposition::AlreadyDone => "probably done before".to_owned(),
        AnrokDisposition::Bug => "mistake of the program".to_owned(),
        _ => "unknown: a person looks".to_owned(),
    }
}

fn documents(page: &mut Page) {
    page.section(
        "Documents that are held",
        "Outcome `held` in the report: nothing was sent for the document. It is looked at again by every run, so it goes on by \
         itself once the cause is gone. The words in the examples are made up.",
        &["Code", "Reason", "What to do", "Who acts"],
        Hold::examples()
            .into_iter()
            .map(|hold| vec![code(hold.code()), hold.to_string(), hold.remedy(), who(hold.disposition())]),
    );
    page.section(
        "Documents that failed",
        "Outcome `failed`: tried and not done. The reason quotes the service; the next run tries again.",
        &["Code", "What to do", "Who acts"],
        engine::failure::examples::failures()
            .into_iter()
            .map(|failure| vec![code(failure.code()), failure.remedy(), who(failure.disposition())]),
    );
    page.section(
        "Runs that ended early",
        "`problems` in the report: what stopped the run or a part of it, beyond single documents.",
        &["About", "Reason", "What to do", "Who acts"],
        engine::failure::examples::run_problems()
            .into_iter()
            .map(|problem| vec![problem.service, problem.reason, problem.remedy, who(problem.disposition)]),
    );
}

fn accounts(page: &mut Page) {
    let names = [
        CredentialName::Company,
        CredentialName::UserEmail,
        CredentialName::UserToken,
        CredentialName::ApiKey,
        CredentialName::CompanyToken,
    ];
    page.section(
        "Ordway's credentials",
        "A credential that is missing, blank or cannot be sent is named before any call; its value is never printed.",
        &["Variable", "Credential", "Where it comes from"],
        names.map(|name| vec![code(name.variable()), name.to_string(), name.where_to_find().to_owned()]),
    );
    // Made-up keys, each wrong in one place.
    let keys = ["", "s1/sa2", "k1/sa2/secret.x", "s1/k2/secret.x", "s1/sa2/x", "Bearer s1/sa2/secret.x"];
    page.section(
        "Anrok's API key",
        "Read before any call. The message names the part that is wrong and never the key.",
        &["Message"],
        keys.map(|key| vec![key.parse::<ApiKey>().unwrap_err().to_string()]),
    );
    let sources = connect::DataSourceError::examples().into_iter().map(|error| error.to_string());
    page.section(
        "Connecting",
        "`Bridge::connect` (`ConnectError`) and `DataSource` (`DataSourceError`); programs end with exit code 2. Nothing was written.",
        &["Message, with its remedy"],
        connect::ConnectError::examples()
            .into_iter()
            .map(|error| error.to_string())
            .chain(sources)
            .map(|text| vec![text]),
    );
    let ledger =
        ledger::LedgerError::examples().into_iter().map(|source| SyncError::Ledger { source, report: None });
    let refused = SyncError::Refused {
        reason: "Ordway refuses the credentials: …".to_owned(),
        report: Box::default(),
    };
    let stops: Vec<Vec<String>> = std::iter::once(refused)
        .chain(ledger)
        .map(|error| {
            // A new kind of end does not compile here; it gets its row above.
            let kind = match &error {
                SyncError::Refused { .. } => "credentials",
                SyncError::Ledger { .. } => "ledger",
            };
            vec![kind.to_owned(), error.to_string()]
        })
        .collect();
    page.section(
        "A sync that cannot go on",
        "`SyncError`; exit code 2. What was done before stands in its report; nothing was sent that the ledger does not know of.",
        &["About", "Message, with its remedy"],
        stops,
    );
    page.section(
        "A plan that is not executed",
        "`Bridge::apply` and `Plan::from_json` (`PlanError`); exit code 2. Nothing was sent. A single step that no longer fits is \
         held with the code `plan-outdated`.",
        &["Message, with its remedy"],
        PlanError::examples().into_iter().map(|error| vec![error.to_string()]),
    );
}

/// A new kind does not compile here; it goes into `FindingKind::ALL` as well.
fn difference(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Missing => "in force in Ordway, not on record",
        FindingKind::Extra => "on record under our prefix, and Ordway does not know the document",
        FindingKind::VoidAgainstLive => {
            "undone in Ordway (or a draft again) and still on record, or in force in Ordway and voided at Anrok"
        }
        FindingKind::SeveralLive => "more transactions count for one document than its corrections explain",
        FindingKind::CurrencyDiffers => "recorded in another currency",
        FindingKind::DateDiffers => "recorded under another accounting date: it may stand in another return",
        FindingKind::AmountDiffers => "another amount before tax",
        FindingKind::TaxDiffers => "another tax than the customer is charged",
        FindingKind::NotComparable => "unreadable, of an unknown status, or amid a write",
    }
}

fn services(page: &mut Page) {
    page.section(
        "Reasons of Anrok (409)",
        "Every reason of the API 1.1 document and one that others have met (`anrok_client::Conflict`). A sync holds the document \
         with this code and remedy, unless it can do what is needed by itself.",
        &["Reason", "Class", "What to do"],
        Conflict::all_known().into_iter().map(|conflict| {
            vec![code(conflict.code()), class(&conflict.disposition()), conflict.remedy().into_owned()]
        }),
    );
    // One answer per kind of refusal; `every_kind_of_refusal` in anrok-client's error.rs asks for a new one's here.
    let answers: [(&str, u16, &str); 7] = [
        ("a reason that this version does not know", 409, r#"{"type":"somethingNew"}"#),
        ("the form of the request, a member named", 400, r#"Request body: "customerId": Required."#),
        (
            "the form of the request as a whole",
            400,
            "Request body: cursor and filter cannot both be provided.",
        ),
        ("the API key", 400, "Invalid token: Expecting 2 \"/\" characters"),
        ("the address of the API", 400, "No API endpoint matches the given URL"),
        ("a limit or an outage", 503, ""),
        ("anything else", 422, "no"),
    ];
    page.section(
        "Other refusals by Anrok",
        "`anrok_client::AnrokError`.",
        &["It is about", "Class", "What to do"],
        answers.map(|(about, status, body)| {
            let error = AnrokError::read(status, &HeaderMap::new(), body.as_bytes());
            vec![about.to_owned(), class(&error.disposition()), error.remedy().into_owned()]
        }),
    );
    let statuses = [400, 401, 403, 404, 422, 429, 500].map(|status| {
        vec![status.to_string(), OrdwayError::read(status, &HeaderMap::new(), b"").to_string()]
    });
    let faults = CredentialFault::ALL.into_iter().map(|fault| {
        let suspects: Vec<String> = fault.suspects().iter().map(ToString::to_string).collect();
        vec![format!("credentials: {}", suspects.join(" or ")), fault.remedy().to_owned()]
    });
    page.section(
        "Refusals by Ordway",
        "`ordway_client::OrdwayError`: Ordway's own words stand in the message; where it gives none, these.",
        &["Status", "Meaning, with its remedy"],
        statuses.into_iter().chain(faults),
    );
}

fn page() -> String {
    let mut page = Page(format!(
        "# Errors and remedies\n\nEvery refusal that a user of this SDK can meet, and what to do about it. Made from the code by\n\
         `{REFRESH}`; do not edit.\n"
    ));
    documents(&mut page);
    accounts(&mut page);
    page.section(
        "Findings of the doctor",
        "`Bridge::doctor`, before the first sync. Severity depends on what was found.",
        &["Code", "What it means", "What to do"],
        doctor::code::examples::findings().into_iter().map(|[word, meaning, remedy]| {
            vec![code(&word), meaning, if remedy.is_empty() { "Nothing.".to_owned() } else { remedy }]
        }),
    );
    page.section(
        "Findings of a reconciliation",
        "What differs between Ordway, the ledger and Anrok. Each finding carries the remedy for its own case; most are settled by the \
         next sync.",
        &["Kind", "What it means"],
        FindingKind::ALL.iter().map(|kind| vec![code(kind.as_str()), difference(*kind).to_owned()]),
    );
    services(&mut page);
    page.0
}

#[test]
fn errors_and_remedies() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors-and-remedies.md");
    let (found, page) = (std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n"), page());
    if found != page && std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
        return;
    }
    let changed = |from: &str, to: &str, sign: char| -> String {
        let other: std::collections::BTreeSet<&str> = to.lines().collect();
        from.lines()
            .filter(|line| !other.contains(line))
            .fold(String::new(), |all, line| all + &format!("{sign} {line}\n"))
    };
    assert!(
        found == page,
        "docs/errors-and-remedies.md is not what the code says:\n{}{}Is the new text what a finance engineer should read? Then:\n    {REFRESH}\n",
        changed(&found, &page, '-'),
        changed(&page, &found, '+'),
    );
}

/// Every way to be told no has somebody who acts and something to do: holds, failures, problems of a run, and all errors.
#[test]
fn everything_that_goes_wrong_says_who_acts_and_what_to_do() {
    let mut said: Vec<(String, Disposition, String)> = Vec::new();
    said.extend(Hold::examples().into_iter().map(|h| (format!("{h:?}"), h.disposition(), h.remedy())));
    let failures = engine::failure::examples::failures();
    said.extend(failures.into_iter().map(|f| (format!("{f:?}"), f.disposition(), f.remedy())));
    let problems = engine::failure::examples::run_problems();
    said.extend(problems.into_iter().map(|p| (format!("{p:?}"), p.disposition, p.remedy)));
    let connecting = connect::ConnectError::examples();
    said.extend(connecting.into_iter().map(|e| (format!("{e:?}"), e.disposition(), e.remedy())));
    let sources = connect::DataSourceError::examples();
    said.extend(sources.into_iter().map(|e| (format!("{e:?}"), e.disposition(), e.remedy().to_owned())));
    for source in ledger::LedgerError::examples() {
        said.push((format!("{source:?}"), source.disposition(), source.remedy().to_owned()));
    }
    for source in ledger::LedgerError::examples() {
        let error = SyncError::Ledger { source, report: None };
        said.push((format!("{error:?}"), error.disposition(), error.remedy().to_owned()));
    }
    for source in ledger::LedgerError::examples() {
        let error = crate::dead_letters::DeadLetterError::Ledger(source);
        said.push((format!("{error:?}"), error.disposition(), error.remedy().to_owned()));
    }
    let other = crate::dead_letters::DeadLetterError::NotOpen(crate::document::DocumentKey::invoice("INV-1"));
    said.push((format!("{other:?}"), other.disposition(), other.remedy().to_owned()));
    let refused = SyncError::Refused { reason: "r".to_owned(), report: Box::default() };
    said.push((format!("{refused:?}"), refused.disposition(), refused.remedy().to_owned()));
    for (what, disposition, remedy) in &said {
        assert!(remedy.len() > 10, "{what}: {remedy:?}");
        let word = serde_json::to_value(disposition).unwrap();
        assert_eq!(word, disposition.as_str(), "one word in JSON, CSV and tables");
    }
    // Waiting for time or another document needs nobody: whatever needs somebody must not pass for it.
    let alone = |d: &Disposition| matches!(d, Disposition::RetryLater | Disposition::WaitForOther);
    assert!(said.iter().any(|(_, d, _)| alone(d)) && said.iter().any(|(_, d, _)| !alone(d)));
}

#[test]
fn every_remedy_says_something() {
    for hold in Hold::examples() {
        assert!(hold.remedy().len() > 10 && !hold.to_string().is_empty(), "{hold:?}");
    }
    for failure in engine::failure::examples::failures() {
        assert!(failure.remedy().ends_with('.') && !failure.code().is_empty(), "{failure:?}");
    }
}
