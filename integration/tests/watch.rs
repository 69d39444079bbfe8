//! The watch on virtual time: polls, hints, tries, full passes, comparisons, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ordway_anrok::dead_letters::DeadLetterFilter;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::ledger::{Ledger, LedgerError};
use ordway_anrok::{Bridge, Hint, Intake, Observer, PassKind, Progress, Report, SyncError, WatchSettings};
use ordway_anrok_http::{Chance, Clock};
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};
use ordway_anrok_sandbox::ordway::Quirk;
use ordway_client::webhook_receiver::WebhookReceiver;
use serde_json::json;

use support::{Calls, World, code, outcome};

/// What a watch told, pass by pass.
#[derive(Clone, Debug, Default)]
struct Passes(Arc<Mutex<Vec<Told>>>);

type Told = (PassKind, Arc<Report>);

impl Passes {
    fn of(&self, wanted: PassKind) -> usize {
        self.0.lock().unwrap().iter().filter(|(kind, _)| *kind == wanted).count()
    }

    fn outcomes(&self, id: &str) -> Vec<(PassKind, String)> {
        let passes = self.0.lock().unwrap();
        let told = passes.iter().filter(|(_, report)| report.documents.iter().any(|d| d.id == id));
        told.map(|(kind, report)| (*kind, outcome(report, id))).collect()
    }
}

impl Observer for Passes {
    fn on(&self, progress: &Progress) {
        if let Progress::Pass { kind, report } = progress {
            self.0.lock().unwrap().push((*kind, Arc::clone(report)));
        }
    }
}

struct Watched {
    bridge: Bridge,
    intake: Intake,
    passes: Passes,
}

fn settings(poll: u64) -> WatchSettings {
    let mut settings = WatchSettings::default();
    settings.poll = Duration::from_secs(poll);
    settings
}

fn watched(world: &World, faults: Option<&ordway_anrok_sandbox::fault::Faults>) -> Watched {
    let (ordway, anrok) = world.clients(faults);
    let passes = Passes::default();
    let bridge = Bridge::builder(ordway, anrok)
        .ledger(world.ledger.clone())
        .settings(world.settings.clone())
        .clock(Arc::new(world.clock.clone()))
        .chance(Chance::seeded(7))
        .observer(passes.clone())
        .unchecked();
    Watched { bridge, intake: Intake::default(), passes }
}

impl Watched {
    /// Watches while `life` goes on, then asks it to end.
    async fn during(
        &self,
        settings: WatchSettings,
        life: impl Future<Output = ()>,
    ) -> Result<Report, SyncError> {
        let watch = self.bridge.watch(&settings, &self.intake);
        let life = async {
            life.await;
            self.bridge.canceller().cancel();
        };
        tokio::join!(watch, life).0
    }
}

async fn seconds(world: &World, n: u64) {
    world.pass(Duration::from_secs(n)).await;
}

#[tokio::test(start_paused = true)]
async fn polling_finds_what_nobody_told_of_and_a_hint_is_quicker() {
    let world = World::small();
    let it = watched(&world, None);
    let report = it
        .during(settings(60), async {
            seconds(&world, 10).await;
            world.invoice("INV-1", "Posted", "100.00");
            assert!(world.anrok.transaction("ordway:INV-1").is_none());
            it.intake.hint(DocumentKey::invoice("INV-1"));
            seconds(&world, 1).await;
            assert!(world.anrok.transaction("ordway:INV-1").is_some(), "a hint does not wait for the poll");
            world.invoice("INV-2", "Posted", "100.00");
            seconds(&world, 1).await;
            assert!(world.anrok.transaction("ordway:INV-2").is_none());
            seconds(&world, 70).await;
            assert!(
                world.anrok.transaction("ordway:INV-2").is_some(),
                "a lost hint is made good by the poll"
            );
        })
        .await
        .unwrap();
    assert_eq!(report.counts.recorded, 2);
    assert!(report.is_settled(), "{report:#?}");
    let totals = report.watch.unwrap();
    assert_eq!((totals.full, totals.hints.received, totals.hints.settled), (1, 1, 1));
    assert_eq!(it.passes.of(PassKind::Hints), 1);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_idle_between_polls() {
    let world = World::small();
    world.invoice("INV-1", "Draft", "100.00");
    let it = watched(&world, None);
    let mut spent = Calls::default();
    let hours = 24;
    let settings = settings(600);
    it.during(settings, async {
        seconds(&world, 3600).await;
        let before = Calls::of(&world);
        seconds(&world, (hours - 1) * 3600).await;
        spent = Calls::of(&world).since(&before);
    })
    .await
    .unwrap();
    let passes = it.passes.0.lock().unwrap().len();
    assert!((100..200).contains(&passes), "{passes} passes in {hours} hours");
    assert_eq!((spent.effects(), spent.read), (0, 0), "nothing changed, so nothing is asked for");
    assert!(spent.list < 1000, "{spent:?}");
}

#[tokio::test(start_paused = true)]
async fn echoes_of_our_own_writes_and_bursts_cost_nothing() {
    let world = World::small();
    let it = watched(&world, None);
    let receiver = WebhookReceiver::new("X-Secret", "0123456789abcdef".into()).unwrap();
    let deliver = |from: usize| {
        for event in world.ordway.events().split_off(from) {
            let headers = [("X-Secret", b"0123456789abcdef".as_slice())];
            let delivery = receiver.receive(headers, event.payload().to_string().as_bytes()).unwrap();
            it.intake.deliver(&delivery);
        }
    };
    let report = it
        .during(settings(600), async {
            seconds(&world, 5).await;
            let from = world.ordway.events().len();
            world.invoice("INV-1", "Draft", "100.00");
            deliver(from);
            seconds(&world, 5).await;
            assert_eq!(world.ordway.get("invoices", "INV-1").unwrap()["invoice_tax"], "8.88");
            // What our write caused, with everything before it, three times over.
            let before = Calls::of(&world);
            for _ in 0..3 {
                deliver(from);
                seconds(&world, 1).await;
            }
            let calls = Calls::of(&world).since(&before);
            assert_eq!(calls, Calls::default(), "an echo costs no call");
        })
        .await
        .unwrap();
    let hints = report.watch.unwrap().hints;
    assert!(hints.echoes >= 3, "{hints:?}");
    assert_eq!((report.counts.calculated, report.counts.written), (1, 1));
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_without_a_time_costs_one_read_and_no_call_to_anrok() {
    let world = World::small();
    world.ordway.reconfigure(|config| *config = config.clone().with(Quirk::WebhookNamesRecord));
    world.invoice("INV-1", "Draft", "100.00");
    let it = watched(&world, None);
    it.during(settings(600), async {
        seconds(&world, 5).await;
        let before = Calls::of(&world);
        it.intake.hint(DocumentKey::invoice("INV-1"));
        seconds(&world, 5).await;
        let calls = Calls::of(&world).since(&before);
        assert_eq!((calls.read, calls.effects(), calls.list), (1, 0, 0), "{calls:?}");
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn forged_hints_are_dropped_and_leave_nothing_behind() {
    let world = World::small();
    let it = watched(&world, None);
    let report = it
        .during(settings(600), async {
            seconds(&world, 5).await;
            for id in ["INV-NONE", "../customers", "'; --", "INV-NONE"] {
                it.intake.hint(DocumentKey::invoice(id));
            }
            it.intake.hint(DocumentKey::credit("CR-NONE"));
            seconds(&world, 60).await;
        })
        .await
        .unwrap();
    let hints = report.watch.unwrap().hints;
    assert_eq!((hints.received, hints.merged), (5, 1));
    assert_eq!(hints.unknown + hints.unread, 4, "{hints:?}");
    assert!(report.is_settled(), "{report:#?}");
    assert!(it.bridge.dead_letters(&DeadLetterFilter::open()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_falls_back_to_polling() {
    let world = World::small();
    let mut it = watched(&world, None);
    it.intake = Intake::new(1);
    let report = it
        .during(settings(600), async {
            seconds(&world, 5).await;
            for n in 1..=5 {
                let id = world.invoice(&format!("INV-{n}"), "Posted", "10.00");
                it.intake.hint(DocumentKey::invoice(id));
            }
            seconds(&world, 10).await;
            assert_eq!(world.anrok.transactions().len(), 5, "found by a poll that was brought forward");
        })
        .await
        .unwrap();
    assert_eq!(report.watch.unwrap().hints.overflowed, 4);
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_tried_when_its_time_has_come_and_never_in_a_loop() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let broken = FaultRule::new(Fault::Status { status: 503, acted: false });
    let mut broken = broken.when(When::Always);
    broken.service = Some(Service::Anrok);
    let faults = world.faults(FaultPlan::seeded(1).rule(broken));
    let it = watched(&world, Some(&faults));
    let mut rare = settings(24 * 3600);
    rare.full = Duration::from_secs(48 * 3600);
    rare.outage_cap = Duration::from_secs(24 * 3600);
    let report = it
        .during(rare, async {
            seconds(&world, 23 * 3600).await;
        })
        .await
        .unwrap();
    assert_eq!((outcome(&report, "INV-1").as_str(), report.counts.failed), ("failed", 1));
    // In an outage nothing is tried but by polls; there was one in this day.
    assert_eq!((it.passes.of(PassKind::Due), it.passes.of(PassKind::Full)), (0, 1));
    let letters = it.bridge.dead_letters(&DeadLetterFilter::open()).await.unwrap();
    assert!(letters[0].next_attempt_at.is_some() && letters[0].attempts >= 1);

    // The service is back: the next watch settles it at once, for it begins with a full pass.
    let it = watched(&world, None);
    let report = it.during(settings(60), seconds(&world, 5)).await.unwrap();
    assert!(report.is_settled());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_document_that_failed_alone_comes_back_by_itself() {
    let world = World::small();
    // Every preview of the draft is answered with something else, for a quarter of an hour.
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Posted", "100.00");
    let mut broken = FaultRule::new(Fault::Truncate { at: 10 }).when(When::First(12));
    broken.service = Some(Service::Anrok);
    broken.operation = Some("createEphemeral".into());
    let faults = world.faults(FaultPlan::seeded(1).rule(broken));
    let it = watched(&world, Some(&faults));
    let mut rare = settings(6 * 3600);
    rare.full = Duration::from_secs(24 * 3600);
    it.during(rare, seconds(&world, 3 * 3600)).await.unwrap();
    let told = it.passes.outcomes("INV-1");
    assert_eq!(
        told.first().map(|(kind, outcome)| (*kind, outcome.as_str())),
        Some((PassKind::Full, "failed"))
    );
    assert_eq!(
        told.last().map(|(kind, outcome)| (*kind, outcome.as_str())),
        Some((PassKind::Due, "written"))
    );
    assert!(told.len() < 20, "{told:?}");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_credit_is_woken_by_its_invoice_and_is_never_dropped() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = json!("P-UNMAPPED")).unwrap();
    let credit = world.ordway.credit_invoice("INV-1", "10.00").unwrap()["id"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let report = world.sync().await;
        assert_eq!(code(&report, &credit), "waits-for-invoice", "{report:#?}");
        world.pass(Duration::from_secs(200 * 24 * 3600)).await;
    }
    let it = watched(&world, None);
    let mut rare = settings(6 * 3600);
    rare.full = Duration::from_secs(48 * 3600);
    it.during(rare, async {
        seconds(&world, 10).await;
        world.anrok.add_product("P-UNMAPPED", "saasBusiness");
        it.intake.hint(DocumentKey::invoice("INV-1"));
        seconds(&world, 5).await;
        assert!(world.anrok.transaction(&format!("ordway:credit:{credit}")).is_some());
    })
    .await
    .unwrap();
    world.check().await;
}

/// A document that was settled a moment ago, with what its customer was then, is settled again.
#[tokio::test(start_paused = true)]
async fn a_customer_that_changes_while_its_draft_is_settled_counts() {
    let world = World::small();
    world.customer("C-DE", "EUR", &support::berlin());
    world.sync().await;
    world.pass_the_look_back().await;
    let draft = world.ordway.invoice("C-DE").id("INV-1");
    draft.line(ordway_anrok_sandbox::ordway::Line::new("P-1", "100.00")).create().unwrap();
    world.pass_the_look_back().await;
    let slow = FaultRule::new(Fault::Latency { ms: 300 });
    let it = watched(&world, Some(&world.faults(FaultPlan::seeded(1).rule(slow))));
    let (other, intake) = (world.clone(), it.intake.clone());
    // Right after the draft was read back with its tax.
    let mut reads = 0;
    world.watch.hook(move |seen| {
        if seen.operation.starts_with("PUT ") {
            reads += 1;
        }
        if reads == 1 && seen.operation == "GET /api/v1/credits" {
            reads += 1;
            let tax_id = json!({"tax_id": "DE123456789"});
            other.ordway.edit("customers", "C-DE", |customer| customer["custom_fields"] = tax_id).unwrap();
            let customer = ordway_anrok::Subject::Customer("C-DE".to_owned());
            intake.hint(Hint::new(customer));
        }
    });
    it.during(settings(24 * 3600), seconds(&world, 30)).await.unwrap();
    assert_eq!(world.ordway.get("invoices", "INV-1").unwrap()["invoice_tax"], "0.00", "reverse charge");
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_end_it_and_the_report_stands() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    let it = watched(&world, None);
    let ended = it
        .during(settings(60), async {
            seconds(&world, 5).await;
            world.ordway.reconfigure(|config| config.user_token = "another".to_owned());
            seconds(&world, 3600).await;
        })
        .await;
    let Err(SyncError::Refused { report, .. }) = ended else { panic!("{ended:?}") };
    assert_eq!(report.counts.recorded, 1);
    assert!(report.problems.iter().any(|problem| problem.service == "ordway"), "{report:#?}");
    // The claim is given back.
    let now = world.clock.now();
    let stream = format!("{}/ordway", it.bridge.anrok().seller_id());
    assert!(world.ledger.claim(&stream, "next", now).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_claimed_while_it_runs_and_can_be_looked_at() {
    let world = World::small();
    world.invoice("INV-1", "Posted", "100.00");
    world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = json!("P-UNMAPPED")).unwrap();
    let it = watched(&world, None);
    it.during(settings(60), async {
        seconds(&world, 30).await;
        let refused = world.try_sync(None).await;
        assert!(matches!(refused, Err(SyncError::Ledger { source: LedgerError::InUse { .. }, .. })));
        let other = world.bridge_with(None, world.ledger.clone());
        assert_eq!(other.dead_letters(&DeadLetterFilter::open()).await.unwrap().len(), 1);
        let key = DocumentKey::invoice("INV-1");
        assert!(other.archive(&key, None).await.is_err(), "setting aside needs the claim");
    })
    .await
    .unwrap();
    assert!(world.try_sync(None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn outages_make_polls_rarer() {
    let world = World::small();
    let mut down = FaultRule::new(Fault::ConnectRefused);
    down.service = Some(Service::Ordway);
    let faults = world.faults(FaultPlan::seeded(1).rule(down));
    let it = watched(&world, Some(&faults));
    let report = it.during(settings(60), seconds(&world, 4 * 3600)).await.unwrap();
    let totals = report.watch.unwrap();
    assert!(totals.outages >= 4 && totals.outages <= 30, "{totals:?}");
    assert!(!report.problems.is_empty(), "a list that cannot be read is told at the end");
}

#[tokio::test(start_paused = true)]
async fn every_document_is_settled_in_the_end_however_hints_come() {
    for seed in 0..20 {
        let mut world = World::small();
        world.seed = seed;
        let dice = Chance::seeded(seed);
        let it = watched(&world, None);
        it.during(settings(120), async {
            for n in 0..30u64 {
                let id = format!("INV-{}", dice.u64() % 8);
                let price = format!("{}.00", 1 + dice.u64() % 90);
                match world.ordway.get("invoices", &id) {
                    None => drop(world.invoice(&id, "Draft", &price)),
                    Some(invoice) if invoice["status"] == "Draft" && dice.u64().is_multiple_of(2) => {
                        world.ordway.post_invoice(&id).unwrap();
                    }
                    Some(invoice) if invoice["status"] != "Reversed" => {
                        world
                            .ordway
                            .edit_lines(&id, |lines| lines[0]["effective_price"] = json!(price))
                            .unwrap();
                    }
                    Some(_) => {}
                }
                for _ in 0..dice.u64() % 4 {
                    let changed = if dice.u64().is_multiple_of(2) { Some(world.clock.now()) } else { None };
                    let mut hint = Hint::from(DocumentKey::invoice(format!("INV-{}", dice.u64() % 10)));
                    hint.changed = changed;
                    it.intake.hint(hint);
                }
                world.pass(Duration::from_millis(dice.u64() % 5000 + n)).await;
            }
            seconds(&world, 300).await;
        })
        .await
        .unwrap();
        world.check().await;
    }
}
