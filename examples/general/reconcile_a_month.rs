//! Do Ordway, the ledger and Anrok say the same of every document of a month?
//!
//! Without keys both systems are faked in this process: a company is synced, then differences of every kind are planted,
//! found, mended, and found gone. With the variables ORDWAY_COMPANY, ORDWAY_USER_EMAIL, ORDWAY_USER_TOKEN,
//! ORDWAY_API_KEY and ANROK_API_KEY the same program compares real accounts. It reads only (the demo mends its own fakes).
//!
//! Look at: what each finding says to do, the sums per jurisdiction, and that another system's transactions on the same
//! Anrok account are counted apart.
//!
//! Exit code: 0 in step (or the demo), 1 something differs, 2 it could not be made (ledger in use, credentials).

use std::path::PathBuf;
use std::process::ExitCode;

use anrok_client::transactions::{Line as AnrokLine, Transaction};
use anrok_client::{Address as AnrokAddress, Client as Anrok};
use clap::Parser;
use jiff::ToSpan as _;
use jiff::civil::Date;
use ordway_anrok::Bridge;
use ordway_anrok::reconcile::{Figures, FindingKind, Method, Reconciliation, Scope};
use ordway_anrok_examples::{Accounts, Fakes, Rates, Seed, existing_ledger, has_accounts, table};
use ordway_anrok_http::{Clock as _, SystemClock};
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line, Refusal};
use serde_json::json;

/// Compares Ordway with the ledger and, where the account has it, with Anrok's own list. Changes nothing.
#[derive(Debug, Parser)]
#[command(name = "reconcile_a_month")]
struct Arguments {
    /// First day. Default: the first of this month.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// First day no longer in it. Default: one month after the first day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Only this currency; may be given several times.
    #[arg(long, value_name = "CODE")]
    currency: Vec<String>,
    /// Only what is taxed there (DE, US, US-NY); may be given several times.
    #[arg(long, value_name = "PLACE")]
    jurisdiction: Vec<String>,
    /// Print one JSON object.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print the findings as CSV.
    #[arg(long)]
    csv: bool,
    /// The ledger file of the sync. Default: the one that the sync example makes in this folder.
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
}

impl Arguments {
    fn scope(&self, today: Date) -> Scope {
        let from = self.from.unwrap_or_else(|| today.first_of_month());
        let to = self.to.unwrap_or_else(|| from.saturating_add(1.month()));
        let scope = Scope::between(from, to);
        let scope = self.currency.iter().fold(scope, Scope::currency);
        self.jurisdiction.iter().fold(scope, Scope::jurisdiction)
    }

    /// Whether a person reads the output.
    fn is_prose(&self) -> bool {
        !self.json && !self.csv
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("the reconciliation could not be made: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let today = SystemClock::new().now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let scope = arguments.scope(today);
    if !has_accounts() {
        return demo(arguments, &scope, today).await.map(|()| 0);
    }
    let accounts = Accounts::from_env(Rates::default())?;
    let ledger = existing_ledger(&accounts, arguments.state.as_deref())?;
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).ledger(ledger).connect().await?;
    let result = bridge.reconcile(&scope).await?;
    show(arguments, &result)?;
    Ok(result.exit_code())
}

fn show(arguments: &Arguments, result: &Reconciliation) -> anyhow::Result<()> {
    if arguments.json {
        println!("{}", serde_json::to_string(result)?);
    } else if arguments.csv {
        print!("{}", result.to_csv());
    } else {
        tables(result);
    }
    Ok(())
}

fn tables(result: &Reconciliation) {
    let mut sums = table(&[
        "month",
        "",
        "where",
        "documents",
        "amount: Ordway | ledger | Anrok",
        "tax: Ordway | ledger | Anrok",
    ]);
    for row in &result.totals {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        sums.add_row([
            text(&row.month),
            text(&row.currency),
            text(&row.jurisdiction),
            row.documents.to_string(),
            figures(&row.amount, row.currency.as_deref()),
            figures(&row.tax, row.currency.as_deref()),
        ]);
    }
    println!("{sums}");
    if !result.findings.is_empty() {
        let mut findings = table(&["finding", "document", "what was found", "what to do"]);
        for finding in &result.findings {
            findings.add_row([finding.kind.as_str(), &finding.document.id, &finding.text, &finding.remedy]);
        }
        println!("{findings}");
    }
    for own in &result.reprocessed {
        println!("{}: Anrok made {} by itself; all adds up.", own.document, own.transactions.join(", "));
    }
    for other in &result.others {
        println!("Not ours: {} of {} (for instance {}).", other.transactions, other.prefix, other.example);
    }
    if result.unplaced > 0 {
        println!("{} documents were left out: nobody knows their currency or jurisdiction.", result.unplaced);
    }
    let with = match result.method {
        Method::Ledger => "the ledger alone, because Anrok's list is not enabled for this account",
        _ => "the ledger and Anrok's own list",
    };
    println!(
        "{} documents compared with {with}: {} in step, {} findings. {} requests to Ordway and {} to Anrok, all of them reads.\n",
        result.documents,
        result.in_step,
        result.findings.len(),
        result.requests.ordway,
        result.requests.anrok
    );
}

fn figures(figures: &Figures, currency: Option<&str>) -> String {
    let exponent = currency.and_then(ordway_anrok::map::money::exponent).unwrap_or(0);
    let text = |minor: Option<i64>| {
        minor.map_or_else(|| "-".to_owned(), |minor| ordway_anrok::map::money::text(minor, exponent))
    };
    format!("{} | {} | {}", text(figures.ordway), text(figures.ledger), text(figures.anrok))
}

/// The demo: in step, damaged, found, mended, in step.
async fn demo(arguments: &Arguments, scope: &Scope, today: Date) -> anyhow::Result<()> {
    let accounts = Accounts::fakes(Seed::Empty, Rates { anrok: Some(0), ..Rates::default() })?;
    let Some(fakes) = accounts.fakes.clone() else { anyhow::bail!("the demo runs on the fakes") };
    fakes.anrok.configure(|config| config.rate_limit = None);
    let anrok = accounts.anrok.clone();
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).connect().await?;
    company(&fakes).map_err(refused)?;
    bridge.sync().await?;
    post(&fakes.ordway).map_err(refused)?;
    bridge.sync().await?;
    let whole = Scope::all();
    anyhow::ensure!(bridge.reconcile(&whole).await?.is_in_step(), "the company begins in step");

    say(
        arguments,
        "Both systems are faked in this process. A month was synced and is in step; then this happens:\n",
    );
    for line in STORY {
        say(arguments, &format!("  * {line}"));
    }
    say(arguments, "");
    plant(&fakes, &anrok, today).await?;
    let found = bridge.reconcile(&whole).await?;
    for kind in FindingKind::ALL {
        anyhow::ensure!(found.of(*kind).next().is_some(), "no finding of the kind {kind}");
    }
    show(arguments, &bridge.reconcile(scope).await?)?;

    mend(&fakes, &anrok).await?;
    bridge.sync().await?;
    say(arguments, "Now people undo in Anrok and Ordway what nobody meant, and a sync does the rest:\n");
    let mended = bridge.reconcile(&whole).await?;
    anyhow::ensure!(mended.is_in_step(), "{mended}");
    if arguments.is_prose() {
        tables(&mended);
        println!(
            "With real accounts the exit code of the first reconciliation would be {}.",
            found.exit_code()
        );
    }
    Ok(())
}

const STORY: &[&str] = &[
    "INV-1 is posted after the last sync",
    "INV-2 gets another price after it was recorded",
    "INV-3 is reversed",
    "INV-4 gets another date",
    "INV-5 turns out to be in Canadian dollars",
    "INV-6 is recorded a second time by hand, as ordway:INV-6:r1",
    "INV-7 is computed anew by Anrok, because somebody ended the registration in the United Kingdom",
    "INV-8 gets a status that nobody has seen before",
    "INV-9 is negated and made anew by Anrok itself, in a locked period",
    "INV-404 is recorded by hand and unknown to Ordway; another system records stripe:in_1",
];

#[allow(clippy::needless_pass_by_value)] // as map_err gives it
fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow::anyhow!("the fake refuses: {refusal:?}")
}

fn company(fakes: &Fakes) -> Result<(), Refusal> {
    let Fakes { ordway, anrok, .. } = fakes;
    for (product, category) in [("P-1", "physicalGoods"), ("P-2", "professionalServices")] {
        ordway.product(product, product);
        anrok.add_product(product, category);
    }
    let usa = "United States of America";
    for (id, currency, address) in [
        ("C-1", "USD", Address::new("11 W 42nd St", "New York", "NY", "10036", usa)),
        ("C-2", "GBP", Address::new("30 Cannon St", "London", "", "EC4M 6XH", "United Kingdom")),
        ("C-3", "EUR", Address::new("Hohe Str. 52", "Köln", "", "50667", "Germany")),
    ] {
        ordway.customer(id).id(id).currency(currency).bill_to(address).create()?;
    }
    // Services are not taxed in New York: what is edited there changes no tax.
    for (number, customer, product) in [
        (1, "C-1", "P-1"),
        (2, "C-1", "P-2"),
        (3, "C-3", "P-1"),
        (4, "C-3", "P-1"),
        (5, "C-1", "P-2"),
        (6, "C-1", "P-1"),
        (7, "C-2", "P-1"),
        (8, "C-3", "P-1"),
        (9, "C-1", "P-1"),
    ] {
        ordway.invoice(customer).id(&format!("INV-{number}")).line(Line::new(product, "100.00")).create()?;
    }
    Ok(())
}

fn post(ordway: &FakeOrdway) -> Result<(), Refusal> {
    (2..=9).try_for_each(|number| ordway.post_invoice(&format!("INV-{number}")).map(drop))
}

async fn plant(fakes: &Fakes, anrok: &Anrok, today: Date) -> anyhow::Result<()> {
    let ordway = &fakes.ordway;
    ordway.post_invoice("INV-1").map_err(refused)?;
    ordway
        .edit_lines("INV-2", |lines| {
            if let Some(line) = lines.first_mut() {
                line["effective_price"] = json!("130.00");
            }
        })
        .map_err(refused)?;
    ordway.reverse_invoice("INV-3", &today.to_string()).map_err(refused)?;
    // Another day of the same month.
    let other = if today.day() == 1 { today.saturating_add(1.day()) } else { today.saturating_sub(1.day()) };
    let edits = [
        ("INV-4", "invoice_date", other.to_string()),
        ("INV-5", "currency", "CAD".to_owned()),
        ("INV-8", "status", "Parked".to_owned()),
    ];
    for (id, member, text) in edits {
        ordway.edit_invoice(id, |invoice| invoice[member] = json!(text)).map_err(refused)?;
    }
    for id in ["ordway:INV-6:r1", "ordway:INV-404", "stripe:in_1"] {
        let address = AnrokAddress::builder().country("US").region("NY").postal_code("10036").build();
        let mut transaction = Transaction::new("USD".parse()?, address, today);
        transaction.lines.push(AnrokLine::new("P-1", 100_00));
        anrok.transactions().create_or_update(&id.into(), &transaction).await?;
    }
    fakes.anrok.set_not_collecting("gb");
    fakes.anrok.reprocess("ordway:INV-7");
    fakes.anrok.freeze_month(&today.strftime("%Y-%m").to_string());
    fakes.anrok.reprocess("ordway:INV-9");
    fakes.anrok.unfreeze();
    Ok(())
}

async fn mend(fakes: &Fakes, anrok: &Anrok) -> anyhow::Result<()> {
    for id in ["ordway:INV-6:r1", "ordway:INV-404"] {
        anrok.transactions().void(&id.into(), None).await?;
    }
    fakes.ordway.edit_invoice("INV-8", |invoice| invoice["status"] = json!("Posted")).map_err(refused)?;
    fakes.anrok.set_collecting("gb");
    fakes.anrok.reprocess("ordway:INV-7");
    Ok(())
}

fn say(arguments: &Arguments, text: &str) {
    if arguments.is_prose() {
        println!("{text}");
    }
}
