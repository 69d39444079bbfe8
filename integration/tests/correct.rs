//! Corrections: what changes after it was recorded, in open and in locked periods.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr
)] // a test that fails may panic

mod support;

use std::time::Duration;

use ordway_anrok::document::DocumentKey;
use ordway_anrok::ledger::LinkKind;
use ordway_anrok::plan::{Period, PlannedOperation};
use ordway_anrok::{DeltaDate, FrozenPolicy, OutsideChanges, Redating};
use ordway_anrok_http::Chance;
use ordway_anrok_sandbox::anrok::TransactionState;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};
use ordway_anrok_sandbox::ordway::Line;
use ordway_anrok_sandbox::rule::Assumption;
use serde_json::json;

use support::chain::{at_anrok, entry};
use support::{Death, World, berlin, code, outcome};

/// An invoice of February, recorded, and February locked.
async fn locked(policy: FrozenPolicy) -> (World, DocumentKey) {
    let mut world = World::small();
    world.settings.frozen = policy;
    let line = Line::new("P-1", "100.00");
    world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted").line(line).create().unwrap();
    world.sync().await;
    world.anrok.freeze_month("2026-02");
    (world, DocumentKey::invoice("INV-1"))
}

fn price(world: &World, price: &str) {
    world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!(price)).unwrap();
}

fn sums(world: &World, key: &DocumentKey) -> i64 {
    at_anrok(world, key).iter().map(|t| t.input_amount).sum()
}

fn kinds(entry: &ordway_anrok::ledger::Entry) -> Vec<(LinkKind, i64)> {
    entry.chain.iter().map(|link| (link.kind, link.amount_minor)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_chain_explains_a_correction_in_a_locked_period() {
    let (world, key) = locked(FrozenPolicy::NegateAndRecreate).await;
    price(&world, "90.00");
    world.sync().await;
    let chain = kinds(&entry(&world, &key).await);
    assert_eq!(
        chain,
        [(LinkKind::Original, 10_000), (LinkKind::Negation, -10_000), (LinkKind::Recreation, 9_000)]
    );
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn the_difference_is_recorded_in_the_open_period_at_the_old_rates() {
    let (world, key) = locked(FrozenPolicy::Delta).await;
    price(&world, "90.00");
    let report = world.sync().await;
    assert_eq!(outcome(&report, "INV-1"), "updated", "{report:#?}");
    let delta = world.anrok.transaction("ordway:INV-1:d1").expect("the delta");
    assert_eq!(delta.input_amount, -1_000);
    assert_eq!(
        (delta.accounting_date.to_string(), delta.tax_date.to_string()),
        ("2026-03-10".into(), "2026-02-10".into())
    );
    assert!(
        report.documents.first().unwrap().warnings.iter().any(|w| w.contains("ordway:INV-1:d1")),
        "{report:#?}"
    );
    // A second edit follows as a second difference, and nothing is left to do then.
    price(&world, "150.00");
    world.sync().await;
    assert_eq!(world.anrok.transaction("ordway:INV-1:d2").unwrap().input_amount, 6_000);
    let (report, calls) = world.sync_counting().await;
    assert_eq!((calls.effects(), report.is_settled()), (0, true));
    assert_eq!(sums(&world, &key), 15_000);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn the_date_of_a_delta_is_a_policy() {
    let (mut world, _) = locked(FrozenPolicy::Delta).await;
    world.settings.delta_date = DeltaDate::ChangeDate;
    price(&world, "90.00");
    world.pass(Duration::from_secs(3 * 24 * 3600)).await;
    world.sync().await;
    assert_eq!(world.anrok.transaction("ordway:INV-1:d1").unwrap().accounting_date.to_string(), "2026-03-10");
}

#[tokio::test(start_paused = true)]
async fn a_move_is_no_difference_and_said_to_be_none() {
    let (world, key) = locked(FrozenPolicy::Delta).await;
    price(&world, "90.00");
    world.sync().await;
    world.ordway.repair_address("INV-1", &berlin()).unwrap();
    let report = world.sync().await;
    let told = report.documents.first().unwrap().warnings.join(" ");
    assert!(told.contains("instead of by a difference"), "{report:#?}");
    // The delta stood in an open period and is voided, the locked original is negated.
    assert_eq!(world.anrok.transaction("ordway:INV-1:d1").unwrap().state, TransactionState::Void);
    assert!(world.anrok.transaction("ordway:INV-1:neg").is_some());
    assert_eq!(sums(&world, &key), 9_000);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn reversal_undoes_every_link() {
    let (world, key) = locked(FrozenPolicy::Delta).await;
    price(&world, "90.00");
    world.sync().await;
    price(&world, "95.00");
    world.sync().await;
    world.ordway.reverse_invoice("INV-1", "2026-03-10").unwrap();
    world.sync().await;
    assert_eq!(sums(&world, &key), 0);
    assert!(entry(&world, &key).await.in_force().is_empty());
    world.check_chains().await;
    // Posted again: under the next id.
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Posted")).unwrap();
    world.sync().await;
    assert_eq!(world.anrok.transaction("ordway:INV-1:r1").unwrap().input_amount, 9_500);
    assert_eq!(sums(&world, &key), 9_500);
    world.check_chains().await;
}

/// The answer to the `n`-th record call is lost, and so are its repetitions.
fn lost_records(world: &World) -> ordway_anrok_sandbox::fault::Faults {
    let rule = FaultRule::new(Fault::ResetAfter)
        .service(Service::Anrok)
        .operation("createOrUpdate")
        .when(When::Always);
    world.faults(FaultPlan::seeded(1).rule(rule))
}

#[tokio::test(start_paused = true)]
async fn a_delta_whose_answer_was_lost_is_repeated_word_for_word() {
    let (world, key) = locked(FrozenPolicy::Delta).await;
    price(&world, "90.00");
    // The first call finds the period locked and is lost too, so the first two runs stay in between.
    world.sync_through(&lost_records(&world)).await;
    world.sync().await;
    price(&world, "80.00");
    let one_answer = FaultRule::new(Fault::ResetAfter)
        .service(Service::Anrok)
        .operation("createOrUpdate")
        .when(When::After(1));
    world.sync_through(&world.faults(FaultPlan::seeded(1).rule(one_answer))).await;
    price(&world, "70.00");
    world.pass(Duration::from_secs(40 * 24 * 3600)).await;
    world.sync().await;
    world.sync().await;
    assert_eq!(sums(&world, &key), 7_000);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn correct_shows_the_steps_and_applies_exactly_them() {
    let (world, key) = locked(FrozenPolicy::NegateAndRecreate).await;
    price(&world, "90.00");
    let bridge = world.bridge_with(None, world.ledger.clone());
    let history = world.anrok.history().len();
    let correction = bridge.correct(&key).await.unwrap();
    assert_eq!(world.anrok.history().len(), history, "a plan only reads");
    let steps = correction.steps().unwrap();
    assert_eq!(steps.period, Period::Locked, "the list of filings tells");
    let what: Vec<_> =
        steps.calls.iter().map(|call| (call.operation, call.transaction.as_str(), call.amount)).collect();
    assert_eq!(
        what,
        [
            (PlannedOperation::Negate, "ordway:INV-1", -10_000),
            (PlannedOperation::Record, "ordway:INV-1:r1", 9_000)
        ]
    );
    assert!(steps.tax_before.unwrap() > steps.tax_after.unwrap() && steps.tax_after.unwrap() > 0);
    assert!(correction.to_string().contains("its return is locked"), "{correction}");
    let report = correction.apply().await.unwrap();
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!(sums(&world, &key), 9_000);
    let tax: i64 = at_anrok(&world, &key).iter().map(|t| t.tax_amount_to_collect).sum();
    assert_eq!(Some(tax), steps.tax_after);
    // Once more: everything is recognised as done.
    let calls = support::Calls::of(&world);
    let again = correction.apply().await.unwrap();
    assert!(again.is_settled(), "{again:#?}");
    assert_eq!(support::Calls::of(&world).since(&calls).effects(), 0);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn correct_refuses_where_the_inputs_changed() {
    let (world, key) = locked(FrozenPolicy::Delta).await;
    price(&world, "90.00");
    let bridge = world.bridge_with(None, world.ledger.clone());
    let correction = bridge.correct(&key).await.unwrap();
    assert_eq!(correction.steps().unwrap().calls[0].operation, PlannedOperation::Delta);
    price(&world, "91.00");
    let report = correction.apply().await.unwrap();
    assert_eq!(
        (outcome(&report, "INV-1").as_str(), code(&report, "INV-1").as_str()),
        ("held", "plan-outdated")
    );
    assert!(report.documents.first().unwrap().remedy.as_deref().unwrap().contains("Plan again"));
    assert_eq!(sums(&world, &key), 10_000, "nothing was sent");
    assert!(bridge.correct(&key).await.unwrap().apply().await.unwrap().is_settled());
    assert_eq!(sums(&world, &key), 9_100);
    assert!(bridge.correct(&key).await.unwrap().steps().is_none(), "nothing is left to correct");
    let nobody = bridge.correct(&DocumentKey::invoice("INV-404")).await.unwrap();
    assert!(nobody.plan().report.problems[0].reason.contains("not in Ordway"), "{nobody}");
}

#[tokio::test(start_paused = true)]
async fn without_the_list_of_filings_both_ways_are_shown() {
    let (world, key) = locked(FrozenPolicy::NegateAndRecreate).await;
    world.anrok.configure(|config| config.list_filings_enabled = false);
    price(&world, "90.00");
    let bridge = world.bridge_with(None, world.ledger.clone());
    let correction = bridge.correct(&key).await.unwrap();
    let steps = correction.steps().unwrap();
    assert_eq!(steps.period, Period::Unknown);
    assert_eq!((steps.calls.len(), steps.calls[0].operation), (1, PlannedOperation::Update));
    assert_eq!(steps.if_locked.len(), 2, "{correction}");
    assert!(correction.apply().await.unwrap().is_settled());
    assert_eq!(sums(&world, &key), 9_000);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn what_others_changed_is_overridden_or_held_as_the_policy_says() {
    for policy in [OutsideChanges::Override, OutsideChanges::Hold] {
        let mut world = World::small();
        world.settings.outside_changes = policy;
        world.invoice("INV-1", "Posted", "100.00");
        world.sync().await;
        world.anrok.reprocess("ordway:INV-1");
        world.ordway.reverse_invoice("INV-1", "2026-03-10").unwrap();
        let report = world.sync().await;
        let live = sums(&world, &DocumentKey::invoice("INV-1"));
        if policy == OutsideChanges::Hold {
            assert_eq!((code(&report, "INV-1").as_str(), live), ("changed-outside", 10_000));
            world.settings.outside_changes = OutsideChanges::Override;
            assert!(world.sync().await.is_settled());
        } else {
            assert_eq!((outcome(&report, "INV-1").as_str(), live), ("voided", 0));
            assert!(report.documents.first().unwrap().warnings[0].contains("somebody else"), "{report:#?}");
        }
        world.check_chains().await;
    }
}

/// The version that our own lost call made is nobody else's change.
#[tokio::test(start_paused = true)]
async fn a_version_of_our_own_making_is_not_held() {
    for (frozen, when) in
        [(false, When::Always), (true, When::Always), (false, When::OncePerCall), (true, When::OncePerCall)]
    {
        for lost in ["createOrUpdate", "void", "createNegation"] {
            let (mut world, key) = locked(FrozenPolicy::NegateAndRecreate).await;
            world.settings.outside_changes = OutsideChanges::Hold;
            if !frozen {
                assert!(world.anrok.unfreeze_month("2026-02"));
            }
            let rule =
                FaultRule::new(Fault::ResetAfter).service(Service::Anrok).operation(lost).when(when.clone());
            let through = world.faults(FaultPlan::seeded(1).rule(rule));
            price(&world, "90.00");
            world.sync_through(&through).await;
            world.ordway.reverse_invoice("INV-1", "2026-03-10").unwrap();
            let first = world.sync_through(&through).await;
            world.pass_the_look_back().await;
            let second = world.sync().await;
            let case = format!("{lost} lost, frozen {frozen}, {when:?}");
            assert!(world.sync().await.is_settled(), "{case}: {second:#?}");
            assert_eq!(sums(&world, &key), 0, "{case}");
            for document in first.documents.iter().chain(second.documents.iter()) {
                assert_ne!(document.code.as_deref(), Some("changed-outside"), "{case}");
                let blamed = document.warnings.iter().any(|warning| warning.contains("somebody else"));
                assert!(!blamed, "{case}: {document:?}");
            }
            world.check_chains().await;
        }
    }
}

/// An invoice of locked February, in an Anrok that takes nothing new into a locked return either.
async fn closed(redating: Redating) -> (World, DocumentKey) {
    let (mut world, key) = locked(FrozenPolicy::NegateAndRecreate).await;
    world.settings.redating = redating;
    let assumption: Assumption = "frozen-by-accounting-date=new-ids-too".parse().unwrap();
    assumption.apply(&world.ordway, &world.anrok);
    (world, key)
}

fn dates(world: &World, transaction: &str) -> (String, String) {
    let there = world.anrok.transaction(transaction).unwrap();
    (there.accounting_date.to_string(), there.tax_date.to_string())
}

#[tokio::test(start_paused = true)]
async fn what_a_locked_return_does_not_take_is_recorded_anew_in_an_open_one() {
    let (world, key) = closed(Redating::OpenPeriod).await;
    price(&world, "90.00");
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!((sums(&world, &key), outcome(&report, "INV-1").as_str()), (9_000, "recorded"));
    assert_eq!(dates(&world, "ordway:INV-1:r1"), ("2026-03-10".to_owned(), "2026-02-10".to_owned()));
    let told = report.documents.first().unwrap().warnings.join("; ");
    assert!(told.contains("dated 2026-03-10, at the rates of 2026-02-10"), "{told}");
    // It keeps that date, and is replaced under its id while that return is open.
    world.pass(Duration::from_secs(5 * 24 * 3600)).await;
    let (_, calls) = world.sync_counting().await;
    assert_eq!(calls.effects(), 0);
    price(&world, "80.00");
    assert_eq!(outcome(&world.sync().await, "INV-1"), "updated");
    assert_eq!(dates(&world, "ordway:INV-1:r1").0, "2026-03-10");
    // That one is locked as well, and so is the present month: it says so, until there is an open one.
    world.anrok.freeze_month("2026-03");
    price(&world, "70.00");
    let report = world.sync().await;
    let held = report.held().next().unwrap_or_else(|| panic!("{report:#?}"));
    assert_eq!(held.code.as_deref(), Some("frozen-without-record"));
    assert!(held.reason.unwrap().contains("does not count at present"), "{report:#?}");
    assert_eq!(sums(&world, &key), 0);
    world.check_chains().await;
    world.pass(Duration::from_secs(30 * 24 * 3600)).await;
    assert!(world.sync().await.is_settled());
    assert_eq!((sums(&world, &key), dates(&world, "ordway:INV-1:r2").0.as_str()), (7_000, "2026-04-14"));
    world.check_chains().await;
    world.ordway.reverse_invoice("INV-1", "2026-04-14").unwrap();
    world.sync().await;
    assert_eq!(sums(&world, &key), 0);
    world.check_chains().await;
    // What was undone in the open return is posted again: its own is as locked as before.
    world.ordway.edit("invoices", "INV-1", |invoice| invoice["status"] = json!("Posted")).unwrap();
    let report = world.sync().await;
    assert!(report.is_settled(), "{report:#?}");
    assert_eq!((sums(&world, &key), dates(&world, "ordway:INV-1:r3").0.as_str()), (7_000, "2026-04-14"));
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_locked_return_does_not_take_is_held_where_the_policy_says_so() {
    let (world, key) = closed(Redating::Hold).await;
    price(&world, "90.00");
    let report = world.sync().await;
    assert_eq!(code(&report, "INV-1"), "frozen-without-record");
    assert!(report.held().next().unwrap().remedy.unwrap().contains("Redating::OpenPeriod"), "{report:#?}");
    assert_eq!(sums(&world, &key), 0);
    assert!(world.anrok.unfreeze_month("2026-02"));
    assert!(world.sync().await.is_settled());
    assert_eq!((sums(&world, &key), dates(&world, "ordway:INV-1:r1").0.as_str()), (9_000, "2026-02-10"));
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_date_survives_death_and_lost_answers_at_every_call() {
    let count = async |faults: Option<Fault>, death: Option<(u64, Death)>| {
        let (world, key) = closed(Redating::OpenPeriod).await;
        price(&world, "90.00");
        let before = world.watch.calls();
        if let Some((n, death)) = death {
            world.watch.die_at(n, death);
        }
        let rule = faults.map(|fault| FaultRule::new(fault).service(Service::Anrok).when(When::OncePerCall));
        let faults = rule.map(|rule| world.faults(FaultPlan::seeded(1).rule(rule)));
        let bridge = world.bridge_with(faults.as_ref(), world.ledger.clone());
        tokio::select! {
            biased;
            report = bridge.sync() => drop(report.unwrap()),
            () = world.watch.died() => {}
        }
        drop(bridge);
        world.watch.live_on();
        world.ledger.end_claims();
        let calls = world.watch.calls() - before;
        // On another day the date that was begun with is kept.
        world.pass(Duration::from_secs(24 * 3600)).await;
        world.sync().await;
        let report = world.sync().await;
        assert!(report.is_settled(), "{death:?}: {report:#?}");
        assert_eq!(sums(&world, &key), 9_000, "{death:?}");
        let live = at_anrok(&world, &key).into_iter().filter(|t| t.id.ends_with(":r1")).count();
        assert_eq!(live, 1, "{death:?}");
        world.check_chains().await;
        calls
    };
    let calls = count(None, None).await;
    for n in 1..=calls {
        for death in [Death::Before, Death::After] {
            count(None, Some((n, death))).await;
        }
    }
    for fault in [Fault::ResetAfter, Fault::ResetBefore, Fault::Truncate { at: 5 }] {
        count(Some(fault), None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn refunds_are_named_and_never_sent() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world
        .ordway
        .edit("invoices", "INV-1", |invoice| {
            invoice["refunds"] = json!([{"id": "REF-1", "refund_amount": "5.00"}]);
        })
        .unwrap();
    let report = world.sync().await;
    assert_eq!(report.outside.len(), 1);
    assert_eq!((report.outside[0].id.as_str(), report.outside[0].shown_by.as_str()), ("REF-1", "INV-1"));
    assert!(report.outside[0].reason.contains("outside tax") && report.is_settled());
    assert_eq!(world.anrok.transactions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_negative_invoice_is_recorded_edited_and_undone() {
    let world = World::small();
    let line = Line::new("P-1", "-40.00");
    world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted").line(line).create().unwrap();
    world.sync().await;
    let key = DocumentKey::invoice("INV-1");
    assert_eq!(sums(&world, &key), -4_000);
    world.anrok.freeze_month("2026-02");
    price(&world, "-50.00");
    world.sync().await;
    assert_eq!(sums(&world, &key), -5_000);
    world.ordway.reverse_invoice("INV-1", "2026-03-10").unwrap();
    world.sync().await;
    assert_eq!(sums(&world, &key), 0);
    world.check_chains().await;
}

#[tokio::test(start_paused = true)]
async fn a_debit_memo_is_a_positive_document_with_a_life_of_its_own() {
    let world = World::small();
    let customer = world.ordway.get("customers", "C-1").unwrap();
    let contact = world.ordway.invoice("C-1").id("INV-X").line(Line::new("P-1", "1.00")).create().unwrap();
    let contact = world.ordway.get("invoices", &contact).unwrap()["billing_contact"].clone();
    world.ordway.insert(
        "debit_memos",
        json!({"id": "DM-1", "customer_id": customer["id"], "debit_date": "2026-02-10", "status": "Open", "currency": "USD",
            "subtotal": "25.00", "debit_tax": "0.00", "debit_amount": "25.00", "billing_contact": contact,
            "debit_lines": [{"line_no": "1", "product_id": "P-1", "quantity": 1.0, "effective_price": "25.00"}]}),
    );
    let report = world.sync().await;
    assert_eq!(outcome(&report, "DM-1"), "recorded", "{report:#?}");
    let recorded = world.anrok.transaction("ordway:debit:DM-1").unwrap();
    assert_eq!((recorded.input_amount, recorded.tax_date.to_string()), (2_500, "2026-02-10".to_owned()));
    let key = DocumentKey::debit_memo("DM-1");
    world.anrok.freeze_month("2026-02");
    world.ordway.edit("debit_memos", "DM-1", |memo| memo["status"] = json!("Reversed")).unwrap();
    world.sync().await;
    assert_eq!(sums(&world, &key), 0);
    assert!(world.anrok.transaction("ordway:debit:DM-1:neg").is_some());
    world.check_chains().await;
}

struct Dice(Chance);

impl Dice {
    fn below(&self, n: u64) -> u64 {
        self.0.u64() % n
    }
}

/// Edits, moves, freezes, reversals, re-postings, deaths and lost answers in any order: in the end exactly the document
/// is on record, and the chain says so.
#[tokio::test(start_paused = true)]
async fn any_order_of_events_ends_with_the_document_on_record() {
    let seeds = std::env::var("SIM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(120);
    let only: Option<u64> = std::env::var("SIM_SEED").ok().and_then(|n| n.parse().ok());
    for seed in (0..seeds).filter(|seed| only.is_none_or(|only| only == *seed)) {
        eprintln!("seed {seed}");
        let dice = Dice(Chance::seeded(seed));
        let mut world = World::small();
        world.seed = seed;
        world.settings.frozen =
            if dice.below(4) == 0 { FrozenPolicy::NegateAndRecreate } else { FrozenPolicy::Delta };
        let line = Line::new("P-1", "100.00");
        let invoice = world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted");
        invoice.line(line).line(Line::new("P-2", "10.00")).create().unwrap();
        let key = DocumentKey::invoice("INV-1");
        for _ in 0..3 + dice.below(6) {
            for _ in 0..dice.below(3) {
                let reversed = world.ordway.get("invoices", "INV-1").unwrap()["status"] == "Reversed";
                match dice.below(9) {
                    0..=2 if !reversed => price(&world, &format!("{}.00", 1 + dice.below(300))),
                    3 if !reversed => {
                        let product = ["P-1", "P-2", "P-3"][usize::try_from(dice.below(3)).unwrap()];
                        world
                            .ordway
                            .edit_lines("INV-1", |lines| lines[1]["product_id"] = json!(product))
                            .unwrap();
                    }
                    4 if !reversed => {
                        let to = if dice.below(2) == 0 { berlin() } else { support::new_york() };
                        world.ordway.repair_address("INV-1", &to).unwrap();
                    }
                    5 => drop(world.ordway.reverse_invoice("INV-1", &world.today())),
                    6 => {
                        let posted = |invoice: &mut serde_json::Value| invoice["status"] = json!("Posted");
                        drop(world.ordway.edit("invoices", "INV-1", posted));
                    }
                    7 => drop(world.anrok.freeze_month("2026-02")),
                    _ => {
                        world.pass(Duration::from_secs(20 * 24 * 3600)).await;
                        if dice.below(2) == 0 {
                            world.anrok.freeze_month("2026-03");
                        }
                    }
                }
            }
            let mut plan = FaultPlan::seeded(seed);
            if dice.below(2) == 0 {
                let fault = if dice.below(2) == 0 { Fault::ResetAfter } else { Fault::ResetBefore };
                let when = if dice.below(2) == 0 { When::PerMille(700) } else { When::After(dice.below(4)) };
                plan = plan.rule(FaultRule::new(fault).service(Service::Anrok).when(when));
            }
            let faults = world.faults(plan);
            if dice.below(3) == 0 {
                world.watch.die_at(
                    1 + dice.below(20),
                    if dice.below(2) == 0 { Death::Before } else { Death::After },
                );
            }
            let bridge = world.bridge_with(Some(&faults), world.ledger.clone());
            tokio::select! {
                report = bridge.sync() => drop(report.unwrap()),
                () = world.watch.died() => {}
            }
            drop(bridge);
            world.watch.live_on();
            world.ledger.end_claims();
            world.check_chains().await;
        }
        let report = world.sync().await;
        assert!(report.is_settled(), "seed {seed}: {report:#?}");
        let invoice = world.ordway.get("invoices", "INV-1").unwrap();
        let subtotal: rust_decimal::Decimal = invoice["subtotal"].as_str().unwrap().parse().unwrap();
        let counts = invoice["status"] != "Reversed";
        let mut cents = subtotal * rust_decimal::Decimal::from(100);
        cents.rescale(0);
        let wanted = if counts { i64::try_from(cents.mantissa()).unwrap() } else { 0 };
        assert_eq!(sums(&world, &key), wanted, "seed {seed}: {:?}", at_anrok(&world, &key));
        world.check_chains().await;
        // A comparison that was begun weeks ago has just come to its end: the next one is due.
        world.sync().await;
        let (_, calls) = world.sync_counting().await;
        assert_eq!(calls.effects(), 0, "seed {seed}: a further sync is idle");
    }
}
