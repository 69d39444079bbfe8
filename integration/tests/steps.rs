//! Dying at every single step: the n-th remote call, before and after its effect, and the n-th step of the ledger.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use ordway_anrok_sandbox::demo::Demo;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use support::{Death, Oracle, World};

/// Runs a sync that ends, by its own end or by death. Whether it died.
async fn run_until_death(world: &World) -> bool {
    let bridge = world.bridge_with(None, world.ledger.clone());
    let died = tokio::select! {
        report = bridge.sync() => { report.unwrap(); false }
        () = world.watch.died() => true,
    };
    drop(bridge);
    world.watch.live_on();
    world.ledger.end_claims();
    died
}

fn scene_two(world: &World) {
    Demo::second_act(&world.ordway, &world.anrok).unwrap();
    // Beyond the demo: a locked period with an edit and a reversal in it.
    world.anrok.freeze_month("2026-02");
    let edit = |lines: &mut Vec<serde_json::Value>| lines[0]["effective_price"] = json!("11.00");
    world.ordway.edit_lines("INV-00007", edit).unwrap();
    world.ordway.reverse_invoice("INV-00008", &world.today()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn dying_at_any_call_of_either_act_is_made_good() {
    let calls = {
        let world = World::demo();
        world.sync().await;
        let first = world.watch.calls();
        scene_two(&world);
        world.sync().await;
        [first, world.watch.calls() - first]
    };
    assert!(calls.iter().all(|calls| *calls > 20), "{calls:?}");
    for (act, calls) in calls.into_iter().enumerate() {
        for n in 1..=calls {
            for death in [Death::Before, Death::After] {
                let world = World::demo();
                if act == 1 {
                    world.sync().await;
                    scene_two(&world);
                }
                world.watch.die_at(n, death);
                assert!(run_until_death(&world).await, "act {act}, call {n}: it lived");
                let ahead = Oracle::new(&world).checkpoint_problems(&world.ledger).await;
                assert!(ahead.is_empty(), "act {act}, call {n} {death:?}: {ahead:#?}");
                if act == 0 {
                    // The world goes on while nobody watches.
                    scene_two(&world);
                }
                let report = world.check().await;
                assert!(report.is_settled(), "act {act}, call {n} {death:?}: {report:#?}");
            }
        }
    }
}

/// Dies twice, at every pair of calls of one document's life, and the document changes between.
#[tokio::test(start_paused = true)]
async fn dying_twice_while_the_document_changes_is_made_good() {
    type Change = fn(&World);
    let edit: Change = |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("7.00")).unwrap();
    };
    let back: Change = |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!("100.00")).unwrap();
    };
    let unmap: Change = |world| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["product_id"] = json!("P-UNMAPPED")).unwrap();
    };
    let reverse: Change = |world| {
        world.ordway.reverse_invoice("INV-1", &world.today()).unwrap();
    };
    let freeze: Change = |world| assert!(world.anrok.freeze_through("2026-03-31"));
    let nothing: Change = |_| {};
    let changes = [edit, back, unmap, reverse, freeze, nothing];
    for recorded in [false, true] {
        for first in &changes {
            for second in &changes {
                for third in &changes {
                    for deaths in [
                        [Death::After, Death::After],
                        [Death::After, Death::Before],
                        [Death::Before, Death::After],
                    ] {
                        lives(recorded, [first, second, third], deaths).await;
                    }
                }
            }
        }
    }
}

async fn lives(recorded: bool, changes: [&fn(&World); 3], deaths: [Death; 2]) {
    let world = World::small();
    world
        .ordway
        .invoice("C-1")
        .id("INV-1")
        .status("Posted")
        .line(Line::new("P-1", "100.00"))
        .create()
        .unwrap();
    if recorded {
        world.sync().await;
    }
    let reversed = |world: &World| world.ordway.get("invoices", "INV-1").unwrap()["status"] == "Reversed";
    let change = |change: &fn(&World)| {
        if !reversed(&world) {
            change(&world);
        }
    };
    for (act, death) in changes.iter().zip(deaths) {
        change(act);
        // The first call to Anrok, where one is made.
        let (inside, mut met) = (world.clone(), false);
        world.watch.hook(move |seen| {
            if !met && seen.operation.contains("/transactions/") {
                met = true;
                inside.watch.die_at(0, death);
            }
        });
        run_until_death(&world).await;
        world.watch.unhook();
    }
    change(changes[2]);
    world.check().await;
}
