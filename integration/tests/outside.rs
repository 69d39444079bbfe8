//! What others change at Anrok is seen, told apart, and answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::time::Duration;

use anrok_client::transactions::{Line, Transaction, TransactionId};
use anrok_client::{Address, Currency};
use ordway_anrok::document::DocumentKey;
use ordway_anrok::outside::{Answer, AnswerError, Cause, Change, Looked, What};
use ordway_anrok::{Bridge, FrozenPolicy, Intake, Outcome, WatchSettings};
use ordway_anrok_sandbox::anrok::TransactionState;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule};
use serde_json::json;

use support::{Death, World};

const ID: &str = "ordway:INV-1";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ways in which somebody else changes a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hand {
    Reprocessed,
    Edited,
    Voided,
}

async fn world() -> (World, Bridge) {
    let world = World::small();
    world.anrok.configure(|config| config.get_transaction_enabled = true);
    world.invoice("INV-1", "Posted", "100.00");
    world.invoice("INV-2", "Posted", "50.00");
    world.sync().await;
    let bridge = world.bridge_with(None, world.ledger.clone());
    (world, bridge)
}

async fn changes(world: &World, bridge: &Bridge, hand: Hand) {
    let (calls, id) = (bridge.anrok().transactions(), TransactionId::from(ID));
    match hand {
        Hand::Reprocessed => {
            world.anrok.set_paid_by_seller("us-NY");
            world.anrok.reprocess(ID).unwrap();
        }
        Hand::Edited => {
            let address = Address::builder().country("US").region("NY").postal_code("10036").build();
            let date = world.anrok.transaction(ID).unwrap().accounting_date;
            let mut other = Transaction::new(Currency::USD, address, date);
            other.lines = vec![Line::new("P-1", 7_000)];
            calls.create_or_update(&id, &other).await.unwrap();
        }
        Hand::Voided => calls.void(&id, None).await.unwrap(),
    }
}

fn only(looked: &Looked) -> &Change {
    assert_eq!(looked.changes.len(), 1, "{looked:#?}");
    assert!(looked.asked && looked.requests.anrok > 0 && looked.requests.ordway == 0);
    &looked.changes[0]
}

fn sums(world: &World) -> i64 {
    let all = world.anrok.transactions();
    let live = all.iter().filter(|t| t.id.starts_with(ID) && t.state != TransactionState::Void);
    live.map(|transaction| transaction.input_amount).sum()
}

#[tokio::test(start_paused = true)]
async fn our_own_writes_are_not_told() {
    let world = World::demo();
    world.sync().await;
    ordway_anrok_sandbox::demo::Demo::second_act(&world.ordway, &world.anrok).unwrap();
    world.sync().await;
    let bridge = world.bridge_with(None, world.ledger.clone());
    let looked = bridge.outside_changes(None).await.unwrap();
    assert_eq!(looked.changes, []);
    assert!(looked.transactions > 10 && looked.seen_until.is_some(), "{looked:?}");
}

#[tokio::test(start_paused = true)]
async fn each_hand_is_told_by_the_list_and_by_the_single_read() {
    for (hand, what, cause) in [
        (Hand::Reprocessed, What::Tax, Cause::Reprocessed),
        (Hand::Edited, What::Amount, Cause::SomebodyElse),
        (Hand::Voided, What::Voided, Cause::SomebodyElse),
    ] {
        let (world, bridge) = world().await;
        changes(&world, &bridge, hand).await;
        let listed = bridge.outside_changes(None).await.unwrap();
        let one = bridge.outside_changes_of(&DocumentKey::invoice("INV-1")).await.unwrap();
        for change in [only(&listed), only(&one)] {
            assert_eq!(
                (change.what[0], change.cause, change.transaction.as_str()),
                (what, cause, ID),
                "{hand:?}"
            );
            assert_eq!(change.tax.ours, Some(888), "{change:?}");
            assert!(change.evidence.len() > 20 && change.remedy.len() > 20 && !change.answers.is_empty());
        }
        let text = format!("{} {}", only(&listed), serde_json::to_string(&listed).unwrap());
        for personal in ["W 42nd", "10036", "Customer"] {
            assert!(!text.contains(personal), "{text}");
        }
        // Later looks begin behind it.
        world.pass(Duration::from_secs(5)).await;
        let later = listed.seen_until.unwrap() + Duration::from_secs(1);
        assert_eq!(bridge.outside_changes(Some(later)).await.unwrap().changes, []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_stays_until_ordway_changes() {
    for hand in [Hand::Reprocessed, Hand::Edited] {
        let (world, bridge) = world().await;
        changes(&world, &bridge, hand).await;
        let there = (sums(&world), world.anrok.transaction(ID).unwrap().tax_amount_to_collect);
        let looked = bridge.outside_changes(None).await.unwrap();
        let report = bridge.answer(only(&looked), Answer::Accept).await.unwrap();
        assert!(report.is_settled() && report.documents.is_empty(), "{report:#?}");
        assert_eq!(bridge.outside_changes(None).await.unwrap().changes, []);
        assert!(world.sync().await.documents.is_empty(), "{hand:?}");
        assert_eq!((sums(&world), world.anrok.transaction(ID).unwrap().tax_amount_to_collect), there);
        // A later reversal knows the version: nobody is overridden.
        world.ordway.reverse_invoice("INV-1", "2026-03-10").unwrap();
        let report = world.sync().await;
        let document = report.documents.first().unwrap();
        assert_eq!((document.outcome, document.warnings.len()), (Outcome::Voided, 0), "{report:#?}");
        // Answered once: the ledger has moved on.
        let again = bridge.answer(only(&looked), Answer::Resend).await.unwrap_err();
        assert!(matches!(again, AnswerError::Outdated { .. }), "{again}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_again_is_as_ordway_says_open_locked_or_voided() {
    for hand in [Hand::Reprocessed, Hand::Edited, Hand::Voided] {
        for frozen in [FrozenPolicy::NegateAndRecreate, FrozenPolicy::Delta, FrozenPolicy::Report] {
            for locked in [false, true] {
                let case = format!("{hand:?} {frozen:?} locked {locked}");
                let (mut world, bridge) = world().await;
                changes(&world, &bridge, hand).await;
                world.settings.frozen = frozen;
                if locked {
                    assert!(world.anrok.freeze_through("2026-12-31"));
                }
                let bridge = {
                    drop(bridge);
                    world.bridge_with(None, world.ledger.clone())
                };
                let looked = bridge.outside_changes(None).await.unwrap();
                let report = bridge.answer(only(&looked), Answer::Resend).await.unwrap();
                if locked && frozen == FrozenPolicy::Report && hand != Hand::Voided {
                    assert_eq!(support::code(&report, "INV-1"), "frozen", "{case}: {report:#?}");
                    continue;
                }
                if locked && hand == Hand::Voided {
                    // Not even a new id may go into a locked return.
                    continue;
                }
                assert!(report.is_settled(), "{case}: {report:#?}");
                assert_eq!(sums(&world), 10_000, "{case}");
                assert_eq!(bridge.outside_changes(None).await.unwrap().changes, [], "{case}");
                assert!(world.sync().await.documents.is_empty(), "{case}");
                if hand == Hand::Voided {
                    assert!(
                        world.anrok.transaction("ordway:INV-1:r1").is_some(),
                        "an ended id is never used again"
                    );
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_negated_is_recorded_under_the_next_id() {
    for hand in [Hand::Reprocessed, Hand::Edited] {
        let (world, bridge) = world().await;
        changes(&world, &bridge, hand).await;
        let looked = bridge.outside_changes(None).await.unwrap();
        let report = bridge.answer(only(&looked), Answer::Negate).await.unwrap();
        assert!(report.is_settled(), "{report:#?}");
        assert!(
            world.anrok.transaction("ordway:INV-1:neg").is_some()
                && world.anrok.transaction("ordway:INV-1:r1").is_some()
        );
        assert_eq!(sums(&world), 10_000, "{hand:?}");
        assert!(world.sync().await.documents.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_off_is_finished_or_can_be_given_again() {
    for (hand, answer) in [
        (Hand::Reprocessed, Answer::Resend),
        (Hand::Edited, Answer::Resend),
        (Hand::Voided, Answer::Resend),
        (Hand::Reprocessed, Answer::Negate),
        (Hand::Edited, Answer::Negate),
    ] {
        for n in 1..7 {
            for death in [Death::Before, Death::After] {
                let case = format!("{hand:?} {answer:?} call {n} {death:?}");
                let (world, bridge) = world().await;
                changes(&world, &bridge, hand).await;
                let looked = bridge.outside_changes(None).await.unwrap();
                world.watch.die_at(n, death);
                tokio::select! {
                    report = bridge.answer(only(&looked), answer) => drop(report.unwrap()),
                    () = world.watch.died() => {}
                }
                drop(bridge);
                world.watch.live_on();
                world.ledger.end_claims();
                assert!(world.sync().await.is_settled(), "{case}");
                let bridge = world.bridge_with(None, world.ledger.clone());
                for change in &bridge.outside_changes(None).await.unwrap().changes {
                    // Not begun; or the sync has finished it, and what is over and done with is taken note of.
                    assert_eq!(change.what[0], only(&looked).what[0], "{case}");
                    let wanted = if change.answers.contains(&answer) { answer } else { Answer::Accept };
                    assert!(bridge.answer(change, wanted).await.unwrap().is_settled(), "{case}");
                }
                assert_eq!(sums(&world), 10_000, "{case}");
                assert_eq!(bridge.outside_changes(None).await.unwrap().changes, [], "{case}");
                world.check_chains().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_void_cannot_be_accepted_while_the_sale_stands() {
    let (world, bridge) = world().await;
    changes(&world, &bridge, Hand::Voided).await;
    let looked = bridge.outside_changes(None).await.unwrap();
    let refused = bridge.answer(only(&looked), Answer::Accept).await.unwrap_err().to_string();
    assert!(refused.contains(ID) && refused.contains("reverse the document in Ordway"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_anrok_makes_of_a_locked_period_is_told_beside_ours() {
    let (world, bridge) = world().await;
    assert!(world.anrok.freeze_through("2026-12-31"));
    world.anrok.reprocess(ID).unwrap();
    let looked = bridge.outside_changes(None).await.unwrap();
    assert_eq!(looked.changes.len(), 2, "its negation and its new one: {looked:#?}");
    for change in &looked.changes {
        assert_eq!((change.what.as_slice(), change.cause), (&[What::Beside][..], Cause::Reprocessed));
        assert!(change.answers.is_empty() && change.remedy.contains("reconcile"));
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_list_it_says_so() {
    let (world, bridge) = world().await;
    changes(&world, &bridge, Hand::Edited).await;
    world.anrok.configure(|config| config.list_transactions_enabled = false);
    let looked = bridge.outside_changes(None).await.unwrap();
    assert!(!looked.asked && looked.changes.is_empty());
    let one = DocumentKey::invoice("INV-1");
    only(&bridge.outside_changes_of(&one).await.unwrap());
    world.anrok.configure(|config| config.get_transaction_enabled = false);
    assert!(!bridge.outside_changes_of(&one).await.unwrap().asked);
}

#[tokio::test(start_paused = true)]
async fn the_comparison_of_a_year_tells_what_somebody_changed_until_it_is_answered() {
    for hand in [Hand::Edited, Hand::Voided] {
        let (mut world, bridge) = world().await;
        world.settings.full_compare = Some(DAY * 7);
        world.pass(DAY).await;
        changes(&world, &bridge, hand).await;
        assert!(world.sync().await.is_settled(), "nobody has looked yet");
        for week in 0..3 {
            world.pass(DAY * 8).await;
            world.invoice(&format!("INV-W{week}"), "Posted", "1.00");
            let report = world.sync().await;
            let told: Vec<_> =
                report.changed_by_others.iter().map(|c| (c.transaction.as_str(), c.cause)).collect();
            assert_eq!(told, [(ID, Cause::SomebodyElse)], "week {week}: {report:#?}");
            assert!(!report.is_settled());
            let text = serde_json::to_string(&report).unwrap();
            assert_eq!(serde_json::from_str::<ordway_anrok::Report>(&text).unwrap(), report);
            // Between two comparisons it is as quiet as ever.
            let (report, calls) = world.sync_counting().await;
            assert!(report.is_settled() && calls.anrok() == 0, "{calls:?}");
        }
        let looked = bridge.outside_changes(None).await.unwrap();
        bridge.answer(only(&looked), Answer::Resend).await.unwrap();
        world.pass(DAY * 8).await;
        let report = world.sync().await;
        assert_eq!(report.changed_by_others, []);
        assert!(report.is_settled(), "{report:#?}");
        assert_eq!(sums(&world), 10_000);
    }
}

#[tokio::test(start_paused = true)]
async fn the_comparison_of_a_year_tells_once_what_anrok_made_by_itself() {
    let (mut world, bridge) = world().await;
    world.settings.full_compare = Some(Duration::ZERO);
    world.pass(DAY).await;
    changes(&world, &bridge, Hand::Reprocessed).await;
    let report = world.sync().await;
    assert_eq!(report.changed_by_others.len(), 1, "{report:#?}");
    assert_eq!(report.changed_by_others[0].cause, Cause::Reprocessed);
    assert!(report.is_settled());
    world.pass(DAY).await;
    assert_eq!(world.sync().await.changed_by_others, []);
    // Our own writes of all kinds are nobody's change.
    world.ordway.reverse_invoice("INV-1", &world.today()).unwrap();
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("51.00")).unwrap();
    assert_eq!(world.sync().await.changed_by_others, []);
    world.pass(DAY).await;
    assert_eq!(world.sync().await.changed_by_others, []);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_an_outage_keeps_from_happening_is_made_later() {
    let (mut world, bridge) = world().await;
    world.settings.full_compare = Some(DAY * 7);
    world.pass(DAY * 8).await;
    changes(&world, &bridge, Hand::Edited).await;
    let list = FaultRule::new(Fault::Status { status: 503, acted: false }).operation("transactions/list");
    let report = world.sync_through(&world.faults(FaultPlan::seeded(1).rule(list))).await;
    assert_eq!(report.changed_by_others, []);
    world.pass(DAY).await;
    let (report, calls) = world.sync_counting().await;
    assert_eq!(report.changed_by_others.len(), 1, "{report:#?}");
    assert!(calls.record == 0 && calls.preview == 0, "{calls:?}");
    // An account without the list goes without, and nothing is left open.
    let (mut world, bridge) = self::world().await;
    world.settings.full_compare = Some(DAY * 7);
    world.anrok.configure(|config| config.list_transactions_enabled = false);
    world.pass(DAY * 8).await;
    changes(&world, &bridge, Hand::Voided).await;
    let report = world.sync().await;
    assert!(report.is_settled() && report.changed_by_others.is_empty(), "{report:#?}");
    let (_, calls) = world.sync_counting().await;
    assert_eq!(calls.anrok(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_watch_looks_as_well() {
    let (mut world, bridge) = world().await;
    world.settings.full_compare = Some(DAY * 7);
    world.pass(DAY * 8).await;
    changes(&world, &bridge, Hand::Edited).await;
    drop(bridge);
    let bridge = world.bridge_with(None, world.ledger.clone());
    let (settings, intake) = (WatchSettings::default(), Intake::default());
    let hours = async {
        world.pass(Duration::from_secs(3 * 3600)).await;
        bridge.canceller().cancel();
    };
    let (ended, ()) = tokio::join!(bridge.watch(&settings, &intake), hours);
    let report = ended.unwrap();
    assert_eq!(report.changed_by_others.len(), 1, "{report:#?}");
    assert!(!report.is_settled());
}
