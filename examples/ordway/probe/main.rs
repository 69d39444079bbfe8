//! What does my Ordway account really do where nothing is documented?
//!
//! Runs the probes that settle this SDK's assumptions, in a safe order, and keeps every answer as a redacted fixture: the
//! shape stays, names, ids, amounts and links go. Without keys it probes the fake, so that you see what comes out.
//!
//! Reading only, unless `--draft INV-…` names a draft invoice of a SANDBOX account: then the tax write is tried on it
//! (one cent more on its first line, read again, and put back).
//!
//! Look at: the column "What it settles"; the fixtures in the folder that is named at the end.

mod recorder;
mod redact;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use ordway_anrok_examples::{Accounts, Rates, Seed, exit_code, table, variable};
use ordway_anrok_http::{BaseUrl, ReqwestTransport, RetryPolicy, Transport};
use ordway_client::invoices::Invoice;
use ordway_client::{Client, Credentials, InvoiceId, Method, RawCall, Safety};
use recorder::{Answer, Recorder};
use serde_json::json;

/// Settles what is assumed about an Ordway account.
#[derive(Debug, Parser)]
#[command(name = "probe")]
struct Arguments {
    /// Where the redacted fixtures go.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A draft invoice of a sandbox account on which the tax write is tried.
    #[arg(long, value_name = "INV-…")]
    draft: Option<String>,
}

/// The account under the probe.
struct Subject {
    recorder: Arc<Recorder>,
    credentials: [String; 4],
    base_url: Option<String>,
    draft: Option<String>,
}

impl Subject {
    /// A client whose credentials are right but for the one numbered `wrong`.
    fn client(&self, wrong: Option<usize>) -> anyhow::Result<Client> {
        let value =
            |n: usize| if wrong == Some(n) { "wrong".to_owned() } else { self.credentials[n].clone() };
        let credentials = Credentials::new(value(0), value(1), value(2).into(), value(3).into());
        // Each probe is one request: what a service says at once is what is to be seen.
        let mut once = RetryPolicy::default();
        once.attempts = 1;
        let mut client = Client::builder(credentials).transport(self.recorder.clone()).retry_policy(once);
        if let Some(url) = &self.base_url {
            client = client.base_url(url);
        }
        Ok(client.build()?)
    }

    /// Makes a call and gives its answer, whatever it is.
    async fn ask(&self, label: &str, call: RawCall, wrong: Option<usize>) -> anyhow::Result<Option<Answer>> {
        self.recorder.begin(label);
        let client = self.client(wrong)?;
        // A refusal is an answer too: the recorder has it. Only silence is an error.
        match client.raw(call).await {
            Err(error) if self.recorder.last().is_none() => Err(error.into()),
            _ => Ok(self.recorder.last()),
        }
    }

    async fn get(&self, label: &str, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Option<Answer>> {
        let mut call = RawCall::new(Method::Get, path, Safety::Read);
        for (name, value) in query {
            call = call.query(*name, *value);
        }
        self.ask(label, call, None).await
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let subject = subject(&arguments, scratch.path().join("fixtures"))?;
    let mut rows = table(&["Probe", "Answer", "What it settles"]);
    let mut row = |probe: &str, answer: Option<&Answer>, settles: String| {
        let answer = answer.map_or_else(
            || "no answer".to_owned(),
            |answer| format!("{}, {} bytes", answer.status, answer.bytes),
        );
        rows.add_row([probe.to_owned(), answer, settles]);
    };

    let names = ["ORDWAY_COMPANY", "ORDWAY_USER_EMAIL", "ORDWAY_USER_TOKEN", "ORDWAY_API_KEY"];
    let one = || RawCall::new(Method::Get, "/customers", Safety::Read).query("size", "1").query("page", "1");
    let right = subject.ask("credentials-right", one(), None).await?;
    anyhow::ensure!(
        right.as_ref().is_some_and(|answer| answer.status < 300),
        "the account does not accept the credentials ({}); probing further would tell nothing",
        right.map_or_else(|| "no answer".to_owned(), |answer| answer.status.to_string())
    );
    for (number, name) in names.into_iter().enumerate() {
        let label = format!("credentials-wrong-{}", name.to_ascii_lowercase());
        let answer = subject.ask(&label, one(), Some(number)).await?;
        let accepted = answer.as_ref().is_some_and(|answer| answer.status < 300);
        let settles = if accepted { "this host does not check it" } else { "how a wrong one is refused" };
        row(&format!("wrong {name}"), answer.as_ref(), settles.to_owned());
    }

    let list = subject.get("invoices-list", "/invoices", &[("size", "2"), ("page", "1")]).await?;
    row("invoices, two a page", list.as_ref(), envelope(list.as_ref()));
    let drafts = subject
        .get("invoices-drafts", "/invoices", &[("size", "50"), ("page", "1"), ("status", "Draft")])
        .await?;
    row("invoices with status=Draft", drafts.as_ref(), drafts_are_listed(drafts.as_ref()));
    let large = subject.get("invoices-size-1000", "/invoices", &[("size", "1000"), ("page", "1")]).await?;
    row(
        "invoices, 1000 a page",
        large.as_ref(),
        format!("the cap of a page: {} records came", records(large.as_ref())),
    );
    let beyond = subject.get("invoices-page-9999", "/invoices", &[("size", "50"), ("page", "9999")]).await?;
    row("invoices, page 9999", beyond.as_ref(), format!("how a list ends: {}", envelope(beyond.as_ref())));
    let sorted = subject
        .get("invoices-sorted", "/invoices", &[("size", "50"), ("page", "1"), ("sort", "updated_date,id")])
        .await?;
    row("sort=updated_date,id", sorted.as_ref(), ascending(sorted.as_ref()));
    let missing = subject.get("invoice-missing", "/invoices/NOPE", &[]).await?;
    row("an invoice that is not there", missing.as_ref(), "the body of a 404".to_owned());
    for (label, path) in [
        ("usages", "/usages"),
        ("debit-memos", "/debit_memos"),
        ("webhooks", "/webhooks"),
        ("credits", "/credits"),
    ] {
        let answer = subject.get(label, path, &[("size", "2"), ("page", "1")]).await?;
        row(path, answer.as_ref(), envelope(answer.as_ref()));
    }
    if let Some(draft) = &subject.draft {
        for (probe, answer, settles) in tax_write(&subject, draft).await? {
            row(&probe, answer.as_ref(), settles);
        }
    }
    println!("{rows}");
    if subject.draft.is_none() {
        println!("\nThe tax write was not tried: name a draft of a sandbox account with --draft.");
    }
    match &arguments.out {
        Some(out) => println!("\nRedacted fixtures: {}. Read one before you pass it on.", out.display()),
        None => println!("\nThe redacted fixtures were not kept: name a folder with --out."),
    }
    Ok(())
}

/// The account that the environment names, else the fake.
fn subject(arguments: &Arguments, scratch: PathBuf) -> anyhow::Result<Subject> {
    let out = arguments.out.clone().unwrap_or(scratch);
    let value = |name: &str| variable(name).with_context(|| format!("{name} is not set"));
    if variable("ORDWAY_COMPANY").is_some() || variable("ORDWAY_BASE_URL").is_some() {
        let credentials = [
            value("ORDWAY_COMPANY")?,
            value("ORDWAY_USER_EMAIL")?,
            value("ORDWAY_USER_TOKEN")?,
            value("ORDWAY_API_KEY")?,
        ];
        let base_url = value("ORDWAY_BASE_URL").context(
            "name the account's address, for a sandbox https://sandbox.ordwaylabs.com/api/v1, so that production is \
             never probed by accident",
        )?;
        let inner: Arc<dyn Transport> = Arc::new(ReqwestTransport::new(&BaseUrl::parse(&base_url)?)?);
        let recorder = Arc::new(Recorder::new(inner, out));
        return Ok(Subject {
            recorder,
            credentials,
            base_url: Some(base_url),
            draft: arguments.draft.clone(),
        });
    }
    let Some(fakes) = Accounts::fakes(Seed::Demo, Rates::default())?.fakes else {
        anyhow::bail!("the fakes are missing")
    };
    let config = fakes.ordway.config();
    let credentials = [config.company, config.user_email, config.user_token, config.api_key];
    println!("No account in the environment: probing the fake.\n");
    let draft = arguments.draft.clone().or_else(|| {
        let drafts = fakes.ordway.all("invoices").into_iter();
        drafts
            .filter(|invoice| invoice["status"] == "Draft")
            .find_map(|draft| Some(draft["id"].as_str()?.to_owned()))
    });
    let recorder = Arc::new(Recorder::new(Arc::new(fakes.ordway), out));
    Ok(Subject { recorder, credentials, base_url: None, draft })
}

/// Whether the default tax write takes effect: one cent more on the first line, and back again.
async fn tax_write(subject: &Subject, draft: &str) -> anyhow::Result<Vec<(String, Option<Answer>, String)>> {
    let read = || RawCall::new(Method::Get, "/invoices/{id}", Safety::Read).id(draft);
    let before = subject.ask("draft-before", read(), None).await?;
    let invoice = before.as_ref().and_then(|answer| answer.body.clone());
    let invoice: Invoice = serde_json::from_value(invoice.context("the draft cannot be read")?)?;
    anyhow::ensure!(
        invoice.status == Some(ordway_client::invoices::InvoiceStatus::Draft),
        "{draft} is no draft; nothing was written"
    );
    let stands: Vec<(String, rust_decimal::Decimal)> = invoice
        .line_items
        .iter()
        .map(|line| Some((line.line_no.clone()?, line.line_tax.unwrap_or_default())))
        .collect::<Option<_>>()
        .context("a line without number")?;
    let mut other = stands.clone();
    other.first_mut().context("the draft has no line")?.1 += rust_decimal::Decimal::new(1, 2);
    let mut rows = vec![("the draft".to_owned(), before, format!("it has {} lines", stands.len()))];
    for (label, taxes) in [("tax-write", &other), ("tax-write-undone", &stands)] {
        let lines: Vec<_> = taxes
            .iter()
            .map(|(line_no, tax)| json!({"line_no": line_no, "line_tax": format!("{tax:.2}"), "tax_lines": []}))
            .collect();
        let write = RawCall::new(Method::Put, "/invoices/{id}", Safety::Repeatable)
            .id(draft)
            .body(json!({ "line_items": lines }));
        let answer = subject.ask(label, write, None).await?;
        let after = subject.client(None)?.invoices().get(&InvoiceId::from(draft)).await?;
        let shows: Vec<_> = after
            .line_items
            .iter()
            .map(|line| (line.line_no.clone().unwrap_or_default(), line.line_tax.unwrap_or_default()))
            .collect();
        let products = |invoice: &Invoice| -> Vec<_> {
            invoice.line_items.iter().map(|line| (line.product_id.clone(), line.effective_price)).collect()
        };
        let settles = if products(&after) != products(&invoice) {
            format!(
                "DANGER: the default tax write changes the lines themselves; restore {draft}, use a write of your own"
            )
        } else if shows == *taxes {
            "the default tax write works: the tax stands there".to_owned()
        } else {
            "the default tax write does NOT work here: the tax does not stand there; use a write of your own"
                .to_owned()
        };
        let damaged = settles.starts_with("DANGER");
        rows.push((label.replace('-', " "), answer, settles));
        if damaged {
            break;
        }
    }
    Ok(rows)
}

fn records(answer: Option<&Answer>) -> usize {
    let body = answer.and_then(|answer| answer.body.as_ref());
    body.map_or(0, |body| body.as_array().or_else(|| body.get("data")?.as_array()).map_or(0, Vec::len))
}

fn envelope(answer: Option<&Answer>) -> String {
    match answer.and_then(|answer| answer.body.as_ref()) {
        Some(serde_json::Value::Array(items)) => format!("a bare array of {}", items.len()),
        Some(serde_json::Value::Object(members)) => {
            format!("an object with {}", members.keys().cloned().collect::<Vec<_>>().join(", "))
        }
        Some(_) => "neither array nor object".to_owned(),
        None => "no JSON".to_owned(),
    }
}

fn drafts_are_listed(answer: Option<&Answer>) -> String {
    match answer.and_then(|answer| answer.body.as_ref()).and_then(|body| body.as_array()) {
        None => "whether drafts can be listed: not this way".to_owned(),
        Some(items) if items.is_empty() => "no draft came: make one and probe again".to_owned(),
        Some(items) if items.iter().all(|item| item["status"] == "Draft") => {
            "drafts are listed, and the filter is honoured".to_owned()
        }
        Some(_) => "the filter on status is not honoured".to_owned(),
    }
}

fn ascending(answer: Option<&Answer>) -> String {
    let Some(items) = answer.and_then(|answer| answer.body.as_ref()).and_then(|body| body.as_array()) else {
        return "sorting is refused".to_owned();
    };
    let dates: Vec<&str> = items.iter().filter_map(|item| item["updated_date"].as_str()).collect();
    if dates.is_sorted() { "ascending: a sync can seek" } else { "NOT in order: tell the authors" }.to_owned()
}
