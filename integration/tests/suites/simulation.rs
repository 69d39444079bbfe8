//! Random worlds: people work, networks and disks fail, clocks are wrong, processes die or stand still; in the end
//! everything must be as if nothing had.

use std::pin::pin;
use std::time::Duration;

use jiff::SignedDuration;
use ordway_anrok::deliberate::Bug;
use ordway_anrok::ledger::LedgerError;
use ordway_anrok::{Report, SyncError};
use ordway_anrok_http::{Chance, Clock as _};
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Faults, Service, When};
use ordway_anrok_sandbox::ordway::{Address, Line, Quirk};
use serde_json::{Value, json};

use super::{Violation, case, with};
use crate::support::{Calls, Death, Meddle, Meddled, Meddling, Oracle, World, berlin, new_york};

/// Chance in this world.
#[derive(Clone)]
struct Dice(Chance);

impl Dice {
    fn below(&self, n: usize) -> usize {
        usize::try_from(self.0.u64() % u64::try_from(n).unwrap()).unwrap()
    }

    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn company(seed: u64, dice: &Dice, bug: Option<Bug>) -> World {
    let mut world = with(World::small(), bug);
    world.seed = seed;
    // Prices with the tax inside, and a state whose tax the seller bears: what is told differs from what is collected.
    if dice.one_in(3) {
        world.settings.rules.products.tax_included = vec!["P-2".to_owned()];
    }
    if dice.one_in(3) {
        world.anrok.set_paid_by_seller(dice.of::<&str>(&["us-NY", "de"]));
    }
    world.settings.in_flight = *dice.of(&[1, 2, 16]);
    world.paced = dice.one_in(4);
    world.customer("C-2", "EUR", &berlin());
    world.customer("C-3", "JPY", &Address::new("2-7-2 Marunouchi", "Tokyo", "", "100-0005", "Japan"));
    world.customer("C-4", "USD", &Address::blank());
    for quirk in [Quirk::EmptyPutAnswer, Quirk::InexactOrder, Quirk::CoarseTimestamps] {
        if dice.one_in(6) {
            world.ordway.reconfigure(|config| *config = config.clone().with(quirk));
        }
    }
    world.ordway.reconfigure(|config| config.page_cap = *dice.of(&[2, 5, 50]));
    for _ in 0..3 + dice.below(7) {
        new_invoice(&world, dice);
    }
    world
}

fn new_invoice(world: &World, dice: &Dice) -> String {
    let customer = *dice.of(&["C-1", "C-1", "C-2", "C-3", "C-4"]);
    let mut invoice = world.ordway.invoice(customer).status(dice.of::<&str>(&["Draft", "Draft", "Posted"]));
    invoice = invoice.date(dice.of::<&str>(&["2026-01-15", "2026-02-20", "2026-03-09"]));
    for _ in 0..=dice.below(3) {
        let product = *dice.of(&["P-1", "P-1", "P-2", "P-3", "P-9"]);
        let product = if dice.one_in(15) { "P-UNMAPPED" } else { product };
        invoice = invoice.line(Line::new(product, &price(dice, customer == "C-3")));
    }
    invoice.create().unwrap()
}

/// Mostly with cents: many of them are no binary numbers.
fn price(dice: &Dice, yen: bool) -> String {
    let whole = 1 + dice.below(500);
    if yen || dice.one_in(4) { whole.to_string() } else { format!("{whole}.{:02}", dice.below(100)) }
}

/// Something that people or the engine do. What is not allowed at the moment is left alone.
fn act(world: &World, dice: &Dice) {
    let invoices = world.ordway.all("invoices");
    let invoice = dice.of(&invoices);
    let (id, status) = (invoice["id"].as_str().unwrap(), invoice["status"].as_str().unwrap());
    let (draft, reversed) = (status == "Draft", status == "Reversed");
    let today = world.today();
    let lines = |change: &dyn Fn(&mut Vec<Value>)| {
        if !reversed {
            world.ordway.edit_lines(id, |lines| change(lines)).unwrap();
        }
    };
    match dice.below(19) {
        0 => drop(new_invoice(world, dice)),
        1 | 2 => lines(&|lines| {
            lines[0]["effective_price"] = json!(price(dice, invoice["currency"] == "JPY"));
        }),
        3 | 4 => drop(world.ordway.post_invoice(id)),
        5 => drop(world.ordway.reverse_invoice(id, &today)),
        6 => drop(world.ordway.pay_invoice(id, "1")),
        7 => drop(world.ordway.credit_invoice(id, "2")),
        8 => {
            let credits = world.ordway.all("credits");
            if !credits.is_empty() {
                let credit = dice.of(&credits)["id"].as_str().unwrap();
                drop(world.ordway.reverse_credit(credit, &today));
            }
        }
        9 => drop(world.ordway.touch("invoices", id)),
        10 if invoice["customer_id"] == "C-4" => {
            drop(world.ordway.repair_address(id, &new_york()));
        }
        11 if dice.one_in(3) => drop(world.anrok.add_product("P-UNMAPPED", "saasBusiness")),
        12 if dice.one_in(3) => drop(world.anrok.freeze_month(dice.of::<&str>(&["2026-01", "2026-02"]))),
        13 => drop(world.anrok.reprocess(&format!("ordway:{id}"))),
        14 if draft => drop(world.ordway.remove("invoices", id)),
        15 => lines(&|lines| {
            let product = if dice.one_in(4) { "P-UNMAPPED" } else { "P-2" };
            lines[0]["product_id"] = json!(product);
        }),
        // A transaction that was begun minutes ago is committed now, behind what has been read already.
        16 | 17 => {
            let begun = world.clock.now() - Duration::from_secs(dice.0.u64() % 500);
            if !reversed {
                lines(&|lines| {
                    lines[0]["effective_price"] = json!(price(dice, invoice["currency"] == "JPY"));
                });
                world.commit_late("invoices", id, begun);
            }
        }
        18 => {
            let begun = world.clock.now() - Duration::from_secs(dice.0.u64() % 500);
            let id = new_invoice(world, dice);
            world.commit_late("invoices", &id, begun);
        }
        _ => {}
    }
    if world.ordway.count("invoices") == 0 {
        new_invoice(world, dice);
    }
}

fn trouble(dice: &Dice) -> FaultPlan {
    let mut plan = FaultPlan::seeded(dice.0.u64());
    for _ in 0..dice.below(4) {
        let kinds = [
            Fault::ResetBefore,
            Fault::ResetAfter,
            Fault::ResetAfter,
            Fault::TimeoutAfter,
            Fault::ConnectRefused,
            Fault::HtmlPage { acted: true },
            Fault::Truncate { at: 20 },
            Fault::Status { status: 503, acted: true },
            Fault::TooManyRequests { retry_after: Some("1".to_owned()) },
            Fault::Latency { ms: 900 },
        ];
        let fault = dice.of(&kinds);
        let when = match dice.below(5) {
            0 => When::Between { from_ms: dice.0.u64() % 2000, to_ms: 200_000 },
            1 => When::OncePerCall,
            2 => When::PerMille(600),
            _ => When::PerMille(80),
        };
        let mut rule = FaultRule::new(fault.clone()).when(when);
        rule.service = *dice.of(&[None, Some(Service::Ordway), Some(Service::Anrok)]);
        plan = plan.rule(rule);
    }
    if dice.one_in(3) {
        plan = plan.rule(
            FaultRule::new(Fault::ExternalServiceError).service(Service::Anrok).when(When::PerMille(100)),
        );
    }
    if dice.one_in(12) {
        plan = plan.rule(FaultRule::new(Fault::Unauthorized).when(When::After(dice.0.u64() % 20)));
    }
    plan
}

/// What stands in the way of one process.
struct Trouble {
    faults: Faults,
    meddle: Meddle,
}

/// One world from its beginning to its end; every request that reached a fake.
async fn live(seed: u64, bug: Option<Bug>) -> Result<Vec<String>, String> {
    let dice = Dice(Chance::seeded(seed));
    let world = company(seed, &dice, bug);
    for _ in 0..2 + dice.below(4) {
        for _ in 0..dice.below(6) {
            act(&world, &dice);
        }
        if dice.one_in(4) {
            // The machine's clock is wrong, and jumps between two runs.
            let seconds = i64::try_from(dice.below(3 * 86_400)).unwrap() - 86_400;
            world.skew_by(SignedDuration::from_secs(*dice.of(&[0, 90, -90, seconds])));
        }
        if dice.one_in(5) {
            stands_still(&world, &dice).await?;
        } else {
            is_in_trouble(&world, &dice).await?;
        }
        let ahead = Oracle::new(&world).checkpoint_problems(&*world.store()).await;
        if !ahead.is_empty() {
            return Err(format!("{ahead:#?}"));
        }
        world.pass(Duration::from_secs(dice.0.u64() % 3000)).await;
    }
    world.skew_by(SignedDuration::ZERO);
    world.verdict().await?;
    Ok(world.watch.log())
}

/// A process meets faults of the network and the disk, dies perhaps, and people work meanwhile.
async fn is_in_trouble(world: &World, dice: &Dice) -> Result<(), String> {
    let mut trouble = Trouble { faults: world.faults(trouble(dice)), meddle: Meddle::default() };
    match dice.below(8) {
        0..=3 => {
            let death = *dice.of(&[Death::Before, Death::After]);
            world.watch.die_at(1 + dice.0.u64() % 40, death);
        }
        4 => {
            trouble.meddle =
                Meddle::at(1 + dice.0.u64() % 60, *dice.of(&[Meddling::DieBefore, Meddling::DieAfter]));
        }
        5 => {
            trouble.meddle =
                Meddle::at(1 + dice.0.u64() % 60, *dice.of(&[Meddling::FailBefore, Meddling::FailAfter]));
        }
        _ => {}
    }
    if dice.one_in(2) {
        let (inside, dice, mut left) = (world.clone(), dice.clone(), 12);
        world.watch.hook(move |_| {
            if left > 0 && dice.one_in(6) {
                left -= 1;
                act(&inside, &dice);
            }
        });
    }
    let bridge =
        world.bridge_with(Some(&trouble.faults), Meddled::new(world.store(), trouble.meddle.clone()));
    let ended = tokio::select! {
        biased;
        ended = bridge.sync() => Some(ended),
        () = world.watch.died() => None,
        () = trouble.meddle.died() => None,
    };
    drop(bridge);
    world.watch.live_on();
    world.watch.unhook();
    world.ledger.end_claims();
    match ended {
        Some(Err(SyncError::Ledger { .. })) if trouble.meddle.happened() => Ok(()),
        None | Some(Ok(_) | Err(SyncError::Refused { .. })) => Ok(()),
        Some(Err(error)) => Err(error.to_string()),
    }
}

/// A worker stands still at some operation of its ledger; its claim is taken over, the world goes on, and it wakes up.
async fn stands_still(world: &World, dice: &Dice) -> Result<(), String> {
    let mut world = world.clone();
    world.settings.in_flight = 1;
    let meddle = Meddle::at(1 + dice.0.u64() % 60, Meddling::FreezeAfter);
    let bridge = world.meddled_bridge(&meddle);
    let mut first = pin!(bridge.sync());
    let early = tokio::select! {
        biased;
        ended = &mut first => Some(ended),
        () = meddle.frozen() => None,
    };
    if let Some(ended) = early {
        return ended.map(drop).map_err(|error| error.to_string());
    }
    for _ in 0..dice.below(4) {
        act(&world, dice);
    }
    world.ledger.end_claims();
    world.try_sync(None).await.map_err(|error| error.to_string())?;
    let before = Calls::of(&world);
    meddle.thaw();
    woken(first.await, Calls::of(&world).since(&before))
}

/// A worker that was taken over may find out, or may have been done already; it sends nothing more.
pub fn woken(ended: Result<Report, SyncError>, calls: Calls) -> Result<(), String> {
    if calls.record + calls.void + calls.negate + calls.write > 0 {
        return Err(format!("a worker that was taken over sent all the same: {calls:?}"));
    }
    match ended {
        Ok(_) | Err(SyncError::Ledger { source: LedgerError::FencedOff, .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// The world of this seed; every request that reached a fake.
pub fn run(seed: u64, bug: Option<Bug>) -> Result<Vec<String>, Violation> {
    case(&format!("seed {seed}"), live(seed, bug))
}
