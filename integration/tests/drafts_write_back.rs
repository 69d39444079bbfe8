//! How tax reaches a draft: requests of one's own, where it is seen afterwards, and the three amounts of a tax.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::{DocumentReport, Intake, Report, StandingTax, WatchSettings, WriteBack, WriteContract};
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, When};
use ordway_anrok_sandbox::ordway::{Line, Quirk, TaxWrite};
use ordway_client::Method;
use serde_json::{Value, json};

use support::{World, berlin, code, outcome};

/// An Ordway that takes one total by `PATCH /invoices/{id}/taxes`, and shows it in the header only.
fn header_only() -> World {
    let world = World::small();
    world.ordway.reconfigure(|config| {
        let path = "/invoices/{id}/taxes".to_owned();
        *config = config
            .clone()
            .with_tax_write(TaxWrite::At { method: http::Method::PATCH, path })
            .with(Quirk::TaxWriteOnHeader);
    });
    world
}

fn total_by_patch() -> WriteContract {
    WriteContract::new(
        Method::Patch,
        "/invoices/{id}/taxes",
        |_, tax| json!({ "invoice_tax": tax.text(tax.total()) }),
    )
}

fn total_seen_in_header() -> WriteContract {
    total_by_patch().read_back(|invoice| StandingTax::total(invoice.invoice_tax))
}

fn header_tax(world: &World, id: &str) -> String {
    world.ordway.get("invoices", id).unwrap()["invoice_tax"].as_str().unwrap().to_owned()
}

fn document(report: &Report, id: &str) -> DocumentReport {
    report.documents.iter().find(|document| document.id == id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_of_ones_own_writes_and_is_verified_where_it_says() {
    let mut world = header_only();
    world.invoice("INV-1", "Draft", "100.00");
    assert_eq!(code(&world.sync().await, "INV-1"), "write-refused", "the default request has no route here");
    world.settings.write_back = WriteBack::Custom(total_seen_in_header());
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "written", "{report:#?}");
    assert_eq!(Some(header_tax(&world, "INV-1")), document(&report, "INV-1").tax);
    let sent = world.ordway.writes().pop().unwrap();
    assert_eq!((sent.method, sent.path.as_str()), (http::Method::PATCH, "/api/v1/invoices/INV-1/taxes"));
    // What stands in the header is found there again: nothing to do.
    let (_, calls) = world.sync_counting().await;
    assert_eq!((calls.effects(), calls.read), (0, 0));
    // Somebody changes it by hand: it is put right.
    world.ordway.edit_invoice("INV-1", |invoice| invoice["invoice_tax"] = json!("1.00")).unwrap();
    assert_eq!(outcome(&world.sync().await, "INV-1"), "written");
    // Posted: recorded, and the tax that it shows is no difference.
    world.ordway.edit_invoice("INV-1", |invoice| invoice["status"] = json!("Posted")).unwrap();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    assert!(document(&report, "INV-1").warnings.is_empty(), "{report:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_cannot_be_seen_is_not_effective() {
    let mut world = header_only();
    // The same request, but looked for in the lines.
    world.settings.write_back = WriteBack::Custom(total_by_patch());
    world.invoice("INV-1", "Draft", "100.00");
    let report = world.sync().await;
    assert_eq!(code(&report, "INV-1"), "write-not-effective");
    let remedy = document(&report, "INV-1").remedy.clone().unwrap();
    assert!(remedy.contains("WriteBack::Custom"), "{remedy}");
}

/// Every write makes Ordway list the draft as changed: a run that reads on until nothing is new must end all the same.
#[tokio::test(start_paused = true)]
async fn a_write_without_effect_is_not_repeated_by_what_it_changes_itself() {
    let mut world = header_only();
    world.settings.write_back = WriteBack::Custom(total_by_patch());
    world.settings.in_flight = 1;
    world.ordway.reconfigure(|config| config.page_cap = 1);
    for id in ["INV-1", "INV-2"] {
        world.invoice(id, "Draft", "100.00");
    }
    let report = world.sync().await;
    assert_eq!([code(&report, "INV-1"), code(&report, "INV-2")], ["write-not-effective"; 2], "{report:#?}");
    assert_eq!(world.ordway.writes().len(), 2);
    // The next run tries once more: the way of writing may have been corrected.
    world.sync().await;
    assert_eq!(world.ordway.writes().len(), 4);
    // A watch tries when its time has come, not whenever it sees its own write in the list.
    let bridge = world.bridge_with(None, world.ledger.clone());
    let (settings, intake) = (WatchSettings::default(), Intake::default());
    let hours = async {
        world.pass(Duration::from_secs(3 * 3600 + 60)).await;
        bridge.canceller().cancel();
    };
    let (ended, ()) = tokio::join!(bridge.watch(&settings, &intake), hours);
    ended.unwrap();
    let tries = (world.ordway.writes().len() - 4) / 2;
    assert!((2..=8).contains(&tries), "{tries} in three hours");
}

#[tokio::test(start_paused = true)]
async fn a_tax_that_something_takes_off_again_is_put_back_a_few_times() {
    let mut world = World::small();
    world.settings.in_flight = 1;
    world.ordway.reconfigure(|config| config.page_cap = 1);
    for id in ["INV-1", "INV-2"] {
        world.invoice(id, "Draft", "100.00");
    }
    let other = world.clone();
    world.watch.hook(move |seen| {
        let is_list = seen.operation == "GET /api/v1/invoices";
        let taxed = |id: &&str| is_list && header_tax(&other, id) != "0.00";
        for id in ["INV-1", "INV-2"].into_iter().filter(taxed) {
            let none = |lines: &mut Vec<Value>| {
                lines[0]["line_tax"] = json!("0.00");
                lines[0]["tax_lines"] = json!([]);
            };
            other.ordway.edit_lines(id, none).unwrap();
        }
    });
    let report = world.sync().await;
    let given_up = report.documents.iter().find(|d| d.code.as_deref() == Some("write-not-effective"));
    let reason = given_up.unwrap_or_else(|| panic!("{report:#?}")).reason.unwrap();
    assert!(reason.contains("takes it off the draft again"), "{reason}");
    assert!((4..=8).contains(&world.ordway.writes().len()), "{}", world.ordway.writes().len());
    // Whatever it was, it has ended.
    world.watch.unhook();
    world.sync().await;
    world.check().await;
}

/// Three drafts of two lines in an Ordway that answers writes with nothing; after a write, as often as this, a line is missing.
fn losing_lines(times: usize) -> World {
    let world = World::small();
    world.ordway.reconfigure(|config| *config = config.clone().with(Quirk::EmptyPutAnswer));
    for id in ["INV-1", "INV-2", "INV-3"] {
        let draft = world.ordway.invoice("C-1").id(id);
        draft.line(Line::new("P-1", "100.00")).line(Line::new("P-1", "50.00")).create().unwrap();
    }
    let (other, mut written, mut left) = (world.clone(), None, times);
    world.watch.hook(move |seen| {
        if let Some(id) = seen.operation.strip_prefix("PUT /api/v1/invoices/") {
            written = Some(id.to_owned());
        } else if let Some(id) = written.take().filter(|_| left > 0) {
            left -= 1;
            other.ordway.edit_lines(&id, |lines| lines.truncate(1)).unwrap();
        }
    });
    world
}

fn short(world: &World) -> Vec<&'static str> {
    let lines = |id: &str| world.ordway.get("invoices", id).unwrap()["line_items"].as_array().unwrap().len();
    ["INV-1", "INV-2", "INV-3"].into_iter().filter(|id| lines(id) == 1).collect()
}

#[tokio::test(start_paused = true)]
async fn a_write_that_takes_lines_off_drafts_stops_all_others_until_somebody_has_been_there() {
    let world = losing_lines(usize::MAX);
    // Of the first it may be that somebody took the line off in that very moment: it is taxed as it is now.
    let report = world.sync().await;
    assert_eq!((report.counts.failed, report.counts.written), (2, 0), "{report:#?}");
    assert!(report.failed().all(|document| document.code.as_deref() == Some("write-damages")));
    let victims = short(&world);
    assert_eq!(victims.len(), 2);
    let told = report.failed().filter_map(|document| document.reason).collect::<Vec<_>>().join("; ");
    assert!(victims.iter().all(|victim| told.contains(victim)), "{told}");
    world.sync().await;
    assert_eq!(short(&world), victims, "nothing is written to");
    // It is the write no longer, and the drafts were repaired.
    world.watch.unhook();
    let again = |lines: &mut Vec<Value>| {
        lines.push(json!({"line_no": "2", "product_id": "P-1", "quantity": 1.0, "list_price": "50.00",
            "effective_price": "50.00", "line_tax": "0.00", "tax_lines": []}));
    };
    for victim in victims {
        world.ordway.edit_lines(victim, again).unwrap();
    }
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!(report.counts.written, 3);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_somebody_takes_off_in_the_moment_of_a_write_is_no_damage() {
    let world = losing_lines(1);
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!(short(&world).len(), 1);
    assert_eq!(header_tax(&world, short(&world)[0]), "8.88");
    let told = document(&report, short(&world)[0]).warnings.join("; ");
    assert!(told.contains("Look whether they are missing"), "{report:#?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_user_who_may_not_edit_drafts_stops_nothing_else() {
    for (custom, call) in [(false, "PUT /api/v1/invoices"), (true, "PATCH /api/v1/invoices")] {
        let mut world = if custom { header_only() } else { World::small() };
        if custom {
            world.settings.write_back = WriteBack::Custom(total_seen_in_header());
        }
        world.invoice("INV-1", "Draft", "100.00");
        world.invoice("INV-2", "Posted", "100.00");
        let rule = FaultRule::new(Fault::Status { status: 403, acted: false }).operation(call);
        let report = world.sync_through(&world.faults(FaultPlan::seeded(1).rule(rule))).await;
        let both = [code(&report, "INV-1"), outcome(&report, "INV-2")];
        assert_eq!(both, ["write-refused", "recorded"], "{report:#?}");
        let remedy = document(&report, "INV-1").remedy.unwrap();
        assert!(remedy.contains("may edit draft invoices"), "{remedy}");
        assert!(world.sync().await.is_settled());
    }
}

#[tokio::test(start_paused = true)]
async fn lines_can_be_sent_with_all_that_identifies_them() {
    let mut world = World::small();
    world.ordway.assume(Quirk::TaxWriteNeedsProduct);
    world.invoice("INV-1", "Draft", "100.00");
    assert_eq!(code(&world.sync().await, "INV-1"), "write-refused");
    let contract = WriteContract::new(Method::Put, "/invoices/{id}", |draft, tax| {
        let lines = draft.lines.iter().zip(&tax.lines).map(|(line, tax_of)| {
            let parts = tax_of.jurisdictions.iter();
            let parts: Vec<_> = parts.map(|(name, part)| json!({"name": name, "value": tax.text(*part)})).collect();
            json!({"line_no": line.line_no, "product_id": line.product_id, "line_tax": tax.text(tax_of.tax), "tax_lines": parts})
        });
        json!({ "line_items": lines.collect::<Vec<_>>() })
    });
    world.settings.write_back = WriteBack::Custom(contract);
    assert_eq!(outcome(&world.sync().await, "INV-1"), "written");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn every_lost_answer_of_a_request_of_ones_own_is_ridden_out() {
    let faults = [
        Fault::ResetAfter,
        Fault::ResetBefore,
        Fault::HtmlPage { acted: true },
        Fault::HtmlPage { acted: false },
        Fault::Status { status: 503, acted: true },
        Fault::Truncate { at: 17 },
    ];
    for fault in faults {
        let mut world = header_only();
        world.settings.write_back = WriteBack::Custom(total_seen_in_header());
        world.invoice("INV-1", "Draft", "100.00");
        let rule = FaultRule::new(fault.clone()).operation("PATCH").when(When::OncePerCall);
        let faults = world.faults(FaultPlan::seeded(1).rule(rule));
        let report = world.sync_through(&faults).await;
        assert_eq!(outcome(&report, "INV-1"), "written", "{fault:?} {report:#?}");
        assert!(!faults.fired().is_empty(), "{fault:?}");
        assert_ne!(header_tax(&world, "INV-1"), "0.00");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_but_a_draft_is_written_to() {
    let mut world = header_only();
    world.settings.write_back = WriteBack::Custom(total_seen_in_header());
    world.invoice("INV-1", "Draft", "100.00");
    let company = world.ordway.clone();
    // Somebody posts it between the calculation and the write.
    world.watch.hook(move |seen| {
        if seen.operation.contains("createEphemeral") {
            drop(company.post_invoice("INV-1"));
        }
    });
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "recorded");
    assert!(world.ordway.writes().is_empty());
    assert!(document(&report, "INV-1").warnings.join(" ").contains("posted documents are not written to"));
}

#[tokio::test(start_paused = true)]
async fn shown_collected_and_borne_are_three_amounts() {
    let mut world = World::small();
    world.settings.rules.products.tax_included.push("P-2".to_owned());
    world.customer("C-DE", "EUR", &berlin());
    let on_top_and_within = |id: &str| {
        let invoice = world.ordway.invoice("C-DE").id(id).line(Line::new("P-1", "100.00"));
        invoice.line(Line::new("P-2", "119.00")).create().unwrap();
    };
    on_top_and_within("INV-1");
    world.invoice("INV-NY", "Draft", "100.00");
    let report = world.sync().await;
    let told = document(&report, "INV-1");
    let amounts = |told: &DocumentReport| {
        [&told.tax, &told.tax_shown, &told.tax_borne].map(|text| text.clone().unwrap())
    };
    assert_eq!(amounts(&told), ["19.00", "38.00", "0.00"], "{told:#?}");
    let lines: Vec<_> =
        told.lines.iter().map(|l| (l.line.as_str(), l.tax.as_str(), l.tax_shown.as_str())).collect();
    assert_eq!(lines, [("1", "19.00", "19.00"), ("2", "0.00", "19.00")]);
    assert_eq!(header_tax(&world, "INV-1"), "19.00", "only what is collected is ever written");
    assert!(document(&report, "INV-NY").lines.is_empty(), "one amount says it all");
    let totals = |report: &Report, currency: &str| {
        let total = report.amounts.iter().find(|total| total.currency == currency).unwrap().clone();
        (total.documents, total.tax, total.tax_shown, total.tax_borne)
    };
    assert_eq!(totals(&report, "EUR"), (1, "19.00".into(), "38.00".into(), "0.00".into()));
    // From now on the seller bears it: nothing is collected for the line on top, and the report says what it costs.
    world.anrok.set_paid_by_seller("de");
    on_top_and_within("INV-2");
    let report = world.sync().await;
    let told = amounts(&document(&report, "INV-2"));
    assert_eq!((told[0].as_str(), told[2].as_str()), ("0.00", "19.00"), "{report:#?}");
    assert_eq!(header_tax(&world, "INV-2"), "0.00");
    assert_eq!(totals(&report, "EUR").3, "19.00");
    // The same on record.
    world.ordway.post_invoice("INV-2").unwrap();
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-2"), "recorded");
    assert_eq!(document(&report, "INV-2").tax_borne.as_deref(), Some("19.00"));
}
