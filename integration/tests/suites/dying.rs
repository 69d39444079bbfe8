//! Dying at every single step: the n-th remote call, before and after its effect, while the world goes on.

use ordway_anrok::deliberate::Bug;
use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use super::{Verdict, case, with};
use crate::support::{Death, Meddle, Meddled, Oracle, World};

/// Runs a sync that ends, by its own end or by death. Whether it died.
async fn run_until_death(world: &World) -> Result<bool, String> {
    let bridge = world.bridge_with(None, Meddled::new(world.store(), Meddle::default()));
    let died = tokio::select! {
        biased;
        report = bridge.sync() => report.map(|_| false).map_err(|error| error.to_string()),
        () = world.watch.died() => Ok(true),
    };
    drop(bridge);
    world.watch.live_on();
    world.ledger.end_claims();
    died
}

pub fn scene_two(world: &World) {
    Demo::second_act(&world.ordway, &world.anrok).unwrap();
    // Beyond the demo: a locked period with an edit and a reversal in it.
    world.anrok.freeze_month("2026-02");
    let edit = |lines: &mut Vec<serde_json::Value>| lines[0]["effective_price"] = json!("11.00");
    world.ordway.edit_lines("INV-00007", edit).unwrap();
    world.ordway.reverse_invoice("INV-00008", &world.today()).unwrap();
}

/// Dies once, at any call of the given act of the demo (0 or 1), and at every `step`-th only where that is more than 1.
pub fn once(act: usize, step: u64, bug: Option<Bug>) -> Verdict {
    let calls = case("counting", async {
        let world = World::demo();
        world.sync().await;
        let first = world.watch.calls();
        if act == 0 {
            return Ok(first);
        }
        scene_two(&world);
        world.sync().await;
        Ok(world.watch.calls() - first)
    })?;
    assert!(calls > 20, "{calls}");
    for n in (1..=calls).step_by(usize::try_from(step).unwrap()) {
        for death in [Death::Before, Death::After] {
            case(&format!("act {act}, call {n}, {death:?}"), dies_at(act, n, death, bug))?;
        }
    }
    Ok(())
}

async fn dies_at(act: usize, n: u64, death: Death, bug: Option<Bug>) -> Result<(), String> {
    let world = with(World::demo(), bug);
    if act == 1 {
        world.try_sync(None).await.map_err(|error| error.to_string())?;
        scene_two(&world);
    }
    world.watch.die_at(n, death);
    if !run_until_death(&world).await? {
        return Err("it lived".to_owned());
    }
    let ahead = Oracle::new(&world).checkpoint_problems(&*world.store()).await;
    if !ahead.is_empty() {
        return Err(format!("{ahead:#?}"));
    }
    if act == 0 {
        // The world goes on while nobody watches.
        scene_two(&world);
    }
    let report = world.verdict().await?;
    if report.is_settled() { Ok(()) } else { Err(format!("not settled: {report:#?}")) }
}

type Change = fn(&World);

const CHANGES: [Change; 6] = [
    |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("7.00")).unwrap();
    },
    |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("100.00")).unwrap();
    },
    |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = json!("P-UNMAPPED")).unwrap();
    },
    |world| {
        world.ordway.reverse_invoice("INV-1", &world.today()).unwrap();
    },
    |world| assert!(world.anrok.freeze_through("2026-03-31")),
    |_| {},
];

/// Dies twice, at every pair of calls of one document's life, and the document changes between.
pub fn twice(recorded: bool, bug: Option<Bug>) -> Verdict {
    for first in 0..CHANGES.len() {
        for second in 0..CHANGES.len() {
            for third in 0..CHANGES.len() {
                for deaths in [
                    [Death::After, Death::After],
                    [Death::After, Death::Before],
                    [Death::Before, Death::After],
                ] {
                    let name = format!("recorded {recorded}, changes {first} {second} {third}, {deaths:?}");
                    let changes = [first, second, third].map(|number| CHANGES[number]);
                    case(&name, lives(recorded, changes, deaths, bug))?;
                }
            }
        }
    }
    Ok(())
}

async fn lives(
    recorded: bool,
    changes: [Change; 3],
    deaths: [Death; 2],
    bug: Option<Bug>,
) -> Result<(), String> {
    let world = with(World::small(), bug);
    let invoice = world.ordway.invoice("C-1").id("INV-1").status("Posted");
    invoice.line(Line::new("P-1", "100.00")).create().unwrap();
    if recorded {
        world.try_sync(None).await.map_err(|error| error.to_string())?;
    }
    let reversed = |world: &World| world.ordway.get("invoices", "INV-1").unwrap()["status"] == "Reversed";
    let change = |change: Change| {
        if !reversed(&world) {
            change(&world);
        }
    };
    let [first, second, last] = changes;
    for (act, death) in [first, second].into_iter().zip(deaths) {
        change(act);
        // The first call to Anrok, where one is made.
        let (inside, mut met) = (world.clone(), false);
        world.watch.hook(move |seen| {
            if !met && seen.operation.contains("/transactions/") {
                met = true;
                inside.watch.die_at(0, death);
            }
        });
        run_until_death(&world).await?;
        world.watch.unhook();
    }
    change(last);
    world.verdict().await.map(drop)
}
