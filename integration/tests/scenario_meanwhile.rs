//! What happens to a draft between the calculation of its tax and the write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test that fails may panic

mod support;

use ordway_anrok_sandbox::ordway::Quirk;
use serde_json::json;

use support::{World, berlin};

fn tax(world: &World, id: &str) -> String {
    world.ordway.get("invoices", id).unwrap()["invoice_tax"].as_str().unwrap().to_owned()
}

/// What happens between the calculation of a draft and its write, right before the call named `at`.
async fn meanwhile(
    at: &'static str,
    nth: usize,
    quirk: Option<Quirk>,
    act: impl Fn(&World) + Send + 'static,
) -> World {
    let world = World::small();
    if let Some(quirk) = quirk {
        world.ordway.reconfigure(|config| *config = config.clone().with(quirk));
    }
    world.invoice("INV-1", "Draft", "100.00");
    let (inside, mut met) = (world.clone(), 0);
    world.watch.hook(move |seen| {
        if seen.operation.starts_with(at) {
            met += 1;
            if met == nth {
                act(&inside);
            }
        }
    });
    let report = world.sync().await;
    world.watch.unhook();
    assert!(report.is_settled(), "{report:#?}");
    world.check().await;
    world
}

const WRITE: &str = "PUT /api/v1/invoices/INV-1";
const LOOK: &str = "GET /api/v1/invoices/INV-1";
const PREVIEW: &str = "POST /v1/seller/transactions/createEphemeral";

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_posted_meanwhile_is_recorded_and_not_written() {
    for at in [PREVIEW, LOOK] {
        let world = meanwhile(at, 1, None, |world| drop(world.ordway.post_invoice("INV-1").unwrap())).await;
        assert!(world.ordway.writes().is_empty(), "{at}");
        assert_eq!(world.anrok.transactions().len(), 1);
    }
    let world = meanwhile(WRITE, 1, None, |world| drop(world.ordway.post_invoice("INV-1").unwrap())).await;
    assert_eq!(world.watch.refused_writes().len(), 1, "too late for us, and Ordway refuses");
    assert_eq!(world.anrok.transactions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_edited_meanwhile_gets_the_tax_of_the_new_version() {
    for quirk in [None, Some(Quirk::EmptyPutAnswer)] {
        for at in [PREVIEW, LOOK, WRITE] {
            let edit = |world: &World| {
                let twice =
                    |lines: &mut Vec<serde_json::Value>| lines[0]["effective_price"] = json!("200.00");
                drop(world.ordway.edit_lines("INV-1", twice).unwrap());
            };
            let world = meanwhile(at, 1, quirk, edit).await;
            assert_eq!(tax(&world, "INV-1"), "17.75", "{at}");
            let moved = |world: &World| drop(world.ordway.repair_address("INV-1", &berlin()).unwrap());
            let world = meanwhile(at, 1, quirk, moved).await;
            assert_eq!(tax(&world, "INV-1"), "19.00", "{at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_deleted_meanwhile_is_forgotten() {
    for at in [PREVIEW, LOOK, WRITE] {
        let world = meanwhile(at, 1, None, |world| assert!(world.ordway.remove("invoices", "INV-1"))).await;
        assert!(world.anrok.transactions().is_empty(), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_posted_and_reversed_meanwhile_is_not_recorded() {
    for at in [PREVIEW, LOOK, WRITE] {
        let world = meanwhile(at, 1, None, |world| {
            world.ordway.post_invoice("INV-1").unwrap();
            drop(world.ordway.reverse_invoice("INV-1", &world.today()).unwrap());
        })
        .await;
        assert!(world.anrok.transactions().is_empty(), "{at}");
    }
}
