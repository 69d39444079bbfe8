//! What if we are wrong? A whole life of the sync under every alternative of every assumed rule of both fakes: it ends
//! right, or it says what is not right and what to do about it. It never records a wrong or a double thing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::collections::BTreeMap;

use ordway_anrok::{Report, SyncError};
use ordway_anrok_sandbox::anrok::{StoredTransaction, TransactionState};
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, When};
use ordway_anrok_sandbox::ordway::{Address, Line};
use ordway_anrok_sandbox::rule::Assumption;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use support::{Oracle, World};

/// Where the sync cannot end right: the documents that it holds or fails, and the word it has for it.
const TOLD: &[(&str, &[(&str, &str)])] = &[
    ("credits-are-processed=draft-first", &[("CR-00003", "unknown-status"), ("CR-00004", "unknown-status")]),
    ("tax-write-on-invoice=nowhere", &[("INV-BHD", "write-refused")]),
    ("tax-write-on-invoice=own-path", &[("INV-BHD", "write-refused")]),
    ("tax-write-by-line-no=header-only", &[("INV-BHD", "write-not-effective")]),
    ("tax-write-by-line-no=needs-product", &[("INV-BHD", "write-refused")]),
    // Our own write took the products off one draft; no other was written to.
    (
        "tax-write-by-line-no=replaces-lines",
        &[("INV-00001", "line-without-product"), ("INV-BHD", "write-damages")],
    ),
    ("tax-write-takes-effect=ignored", &[("INV-BHD", "write-not-effective")]),
    ("tax-moves-header-totals=stale", &[("INV-BHD", "write-not-effective")]),
    ("tax-decimals-of-currency=two-at-most", &[("INV-BHD", "write-refused")]),
    ("tax-decimals-of-currency=cut-to-two", &[("INV-BHD", "write-not-effective")]),
    (
        "currency-list=few",
        &[
            ("INV-00013", "currencyCodeNotSupported"),
            ("INV-BHD", "currencyCodeNotSupported"),
            ("INV-KWD", "currencyCodeNotSupported"),
        ],
    ),
    // Nothing new may be dated into the locked month. What was negated there is recorded anew in an open one; what was never
    // recorded waits for a person.
    ("frozen-by-accounting-date=new-ids-too", &[("INV-LATE", "frozen-without-record")]),
];

/// Known gaps: what is not right and not told either. Take a line out with the mend.
const GAPS: &[(&str, &str)] = &[
    // Only the doctor looks for drafts with status=Draft.
    ("drafts-are-listed=hidden", "INV-BHD"),
];

/// Alternatives under which the oracle's own questions would be refused or answered otherwise: it asks by the defaults.
const ASKED_BY_DEFAULT: &[&str] = &["currency-list=few", "ephemeral-new-customer=refused"];

/// A life: drafts, posting, edits, credits, reversals, locked periods, lost answers.
async fn live(world: &World) -> Result<Report, SyncError> {
    let company = &world.ordway;
    let kuwait = Address::new("Al Shuhada St", "Kuwait City", "", "13001", "Kuwait");
    world.customer("C-KWD", "KWD", &kuwait);
    world.customer("C-BHD", "BHD", &support::berlin());
    company.invoice("C-KWD").id("INV-KWD").line(Line::new("P-00001", "12.345")).create().unwrap();
    company.invoice("C-BHD").id("INV-BHD").line(Line::new("P-00001", "12.345")).create().unwrap();
    for (id, price) in [("INV-EDIT", "100.00"), ("INV-BACK", "200.00"), ("INV-TWICE", "300.00")] {
        let line = Line::new("P-00001", price);
        company.invoice("C-00001").id(id).date("2026-02-10").status("Posted").line(line).create().unwrap();
    }
    world.try_sync(None).await?;
    Demo::second_act(company, &world.anrok).unwrap();
    world.pass_the_look_back().await;
    world.try_sync(None).await?;
    // Every answer is lost once from here on, whether or not the server acted.
    let lost = FaultRule::new(Fault::ResetAfter).when(When::OncePerCall);
    let lost = || world.faults(FaultPlan::seeded(1).rule(lost.clone()));
    // The same happens before and after the period is locked.
    company.edit_lines("INV-EDIT", |lines| lines[0]["effective_price"] = json!("101.00")).unwrap();
    company.reverse_invoice("INV-TWICE", "2026-03-10").unwrap();
    world.try_sync(Some(&lost())).await?;
    world.pass_the_look_back().await;
    world.anrok.freeze_month("2026-02");
    company.edit_lines("INV-EDIT", |lines| lines[0]["effective_price"] = json!("102.00")).unwrap();
    company.reverse_invoice("INV-BACK", "2026-03-10").unwrap();
    company.credit_invoice("INV-EDIT", "7").unwrap();
    company.pay_invoice("INV-EDIT", "20").unwrap();
    world.try_sync(Some(&lost())).await?;
    // Edited once more in a locked period: the next id.
    company.edit_lines("INV-EDIT", |lines| lines[0]["effective_price"] = json!("103.00")).unwrap();
    // Backdated into the locked period.
    let line = Line::new("P-00001", "50.00");
    company
        .invoice("C-00001")
        .id("INV-LATE")
        .date("2026-02-11")
        .status("Posted")
        .line(line)
        .create()
        .unwrap();
    world.pass_the_look_back().await;
    world.try_sync(Some(&lost())).await?;
    world.try_sync(None).await
}

/// Everything that counts for a document adds up to the document or to nothing, and at most one version of it counts.
fn sums(world: &World) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<StoredTransaction>> = BTreeMap::new();
    for transaction in world.anrok.transactions() {
        if transaction.state != TransactionState::Void {
            let rest = transaction.id.strip_prefix("ordway:").expect("our prefix");
            let id = rest.strip_prefix("credit:").unwrap_or(rest).split(':').next().unwrap();
            groups.entry(id.to_owned()).or_default().push(transaction);
        }
    }
    let mut wrong = Vec::new();
    for (id, group) in &groups {
        let document =
            ["invoices", "credits"].into_iter().find_map(|of| Some((of, world.ordway.get(of, id)?)));
        let Some((of, document)) = document else {
            wrong.push(format!("{id} counts and is not in Ordway"));
            continue;
        };
        let expected = if document["status"] == "Reversed" { 0 } else { minor_units(&document) };
        let expected = if of == "credits" { -expected } else { expected };
        let sum: i64 = group.iter().map(|transaction| transaction.input_amount).sum();
        if sum != expected && sum != 0 {
            wrong.push(format!("{id} counts with {sum}, it is worth {expected}: {group:?}"));
        }
    }
    wrong
}

fn minor_units(document: &Value) -> i64 {
    let currency = document["currency"].as_str().unwrap();
    let exponent = iso_currency::Currency::from_code(currency).unwrap().exponent().unwrap();
    let subtotal: Decimal = document["subtotal"].as_str().unwrap().parse().unwrap();
    (subtotal * Decimal::from(10_u64.pow(exponent.into()))).try_into().unwrap()
}

/// Lives under an assumption and checks that it ends right or says what is not.
async fn check(assumption: Assumption) {
    let name = assumption.to_string();
    let mut world = World::demo();
    // One after another: where a write does harm, its victim is always the same draft.
    world.settings.in_flight = 1;
    assumption.apply(&world.ordway, &world.anrok);
    world.pass_the_look_back().await;
    let report = live(&world).await.unwrap_or_else(|error| panic!("{name}: {error}"));

    let gap = GAPS.iter().find(|(of, _)| *of == name).map(|(_, document)| *document);
    let open = report.held().chain(report.failed());
    let mut told: BTreeMap<String, String> =
        open.map(|document| (document.id, document.code.unwrap_or_default())).collect();
    told.retain(|id, _| gap != Some(id.as_str()));
    let expected = TOLD.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, documents)| documents);
    let expected = expected.iter().map(|(id, code)| ((*id).to_owned(), (*code).to_owned()));
    assert_eq!(told, expected.collect(), "{name}: {report:#?}");
    for document in report.held().chain(report.failed()) {
        let says = |text: &Option<String>| text.as_deref().is_some_and(|text| text.len() > 20);
        assert!(says(&document.reason) && says(&document.remedy), "{name}: {document:?}");
    }
    assert!(report.problems.is_empty(), "{name}: {:?}", report.problems);

    assert_eq!(sums(&world), [""; 0], "{name}: what counts is wrong");
    assert_eq!(world.watch.bad_writes(), [""; 0], "{name}: written to although no draft");

    if ASKED_BY_DEFAULT.contains(&name.as_str()) {
        world.anrok.assume_default(assumption.rule());
    }
    let is_told = |problem: &String| {
        problem.starts_with("held ")
            || problem.starts_with("failed: ")
            || told
                .keys()
                .map(String::as_str)
                .chain(gap)
                .any(|id| problem.contains(&format!("invoices {id}: ")))
    };
    let mut problems = Oracle::new(&world).compare(&report);
    problems.retain(|problem| !is_told(problem));
    if name == "total-is-sum-of-lines=a-cent-more" {
        // The engine's total is what counts, so the last line of the draft bears the difference: 2346 and 1.
        problems.retain(|problem| !problem.contains("INV-BHD"));
        let tax = world.ordway.get("invoices", "INV-BHD").unwrap()["invoice_tax"].clone();
        assert_eq!(tax, "2.347");
    }
    if name == "frozen-by-accounting-date=new-ids-too" {
        // Recorded anew in the open month, at the rates of its own day.
        problems.retain(|problem| {
            !problem.contains("INV-EDIT: accountingDate is \"2026-03-10\"")
                && !problem.contains("INV-EDIT: taxDate = \"2026-02-10\"")
        });
    }
    assert_eq!(problems, [""; 0], "{name}");
    if ASKED_BY_DEFAULT.contains(&name.as_str()) {
        assumption.apply(&world.ordway, &world.anrok);
    }

    let (transactions, drafts) = (world.anrok.history().len(), world.ordway.all("invoices").len());
    world.sync().await;
    assert_eq!(world.anrok.history().len(), transactions, "{name}: a further sync records nothing");
    assert_eq!(world.ordway.all("invoices").len(), drafts);
}

/// Every fourth alternative: four programs can share the work.
async fn share(part: usize) {
    for (_, assumption) in Assumption::all().enumerate().filter(|(number, _)| number % 4 == part) {
        check(assumption).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_under_every_fourth_alternative_ends_right_or_says_what_is_not() {
    share(0).await;
}

#[tokio::test(start_paused = true)]
async fn the_second_fourth_ends_right_or_says_what_is_not() {
    share(1).await;
}

#[tokio::test(start_paused = true)]
async fn the_third_fourth_ends_right_or_says_what_is_not() {
    share(2).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_fourth_ends_right_or_says_what_is_not() {
    share(3).await;
}

#[test]
fn what_is_expected_is_about_alternatives_that_there_are() {
    let names = TOLD.iter().map(|(name, _)| *name).chain(GAPS.iter().map(|(name, _)| *name));
    for name in names.chain(ASKED_BY_DEFAULT.iter().copied()) {
        assert!(name.parse::<Assumption>().is_ok(), "{name}");
    }
}

/// Without lost answers a refused new id is held, not taken for done.
#[tokio::test(start_paused = true)]
async fn a_new_id_refused_in_a_locked_period_is_held() {
    let world = World::small();
    world.anrok.assume(ordway_anrok_sandbox::anrok::Quirk::NewIdsFrozenToo);
    world.anrok.freeze_month("2026-02");
    let line = Line::new("P-1", "50.00");
    world
        .ordway
        .invoice("C-1")
        .id("INV-LATE")
        .date("2026-02-11")
        .status("Posted")
        .line(line)
        .create()
        .unwrap();
    for _ in 0..3 {
        let report = world.sync().await;
        assert_eq!(support::outcome(&report, "INV-LATE"), "held", "{report:#?}");
        world.pass_the_look_back().await;
    }
    assert_eq!(world.anrok.transactions().len(), 0);
}
