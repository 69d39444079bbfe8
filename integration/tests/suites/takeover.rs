//! Two workers on one seller: the first stands still at any operation of its ledger, its claim is taken over, the
//! documents change, the second one does the work, and the first wakes up.

use std::pin::pin;

use ordway_anrok::deliberate::Bug;
use serde_json::json;

use super::simulation::woken;
use super::{Verdict, case, with};
use crate::support::{Calls, Meddle, Meddling, World};

fn company(bug: Option<Bug>) -> World {
    let mut world = with(World::small(), bug);
    world.settings.in_flight = 1;
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Posted", "35.55");
    world.invoice("INV-3", "Posted", "19.99");
    world
}

pub fn at_every_operation(bug: Option<Bug>) -> Verdict {
    let operations = case("counting", async {
        let meddle = Meddle::default();
        company(None).meddled_bridge(&meddle).sync().await.map_err(|error| error.to_string())?;
        Ok(meddle.operations())
    })?;
    assert!(operations > 20, "{operations}");
    for n in 1..=operations {
        case(&format!("standing still after operation {n} of {operations}"), taken_over(n, bug))?;
    }
    Ok(())
}

async fn taken_over(n: u64, bug: Option<Bug>) -> Result<(), String> {
    let world = company(bug);
    let meddle = Meddle::at(n, Meddling::FreezeAfter);
    let bridge = world.meddled_bridge(&meddle);
    let mut first = pin!(bridge.sync());
    tokio::select! {
        biased;
        ended = &mut first => return ended.map(drop).map_err(|error| error.to_string()),
        () = meddle.frozen() => {}
    }
    for (id, price) in [("INV-1", "4.35"), ("INV-2", "8.20")] {
        world.ordway.edit_lines(id, |lines| lines[0]["effective_price"] = json!(price)).unwrap();
    }
    world.ordway.reverse_invoice("INV-3", &world.today()).unwrap();
    world.ledger.end_claims();
    world.try_sync(None).await.map_err(|error| error.to_string())?;
    let before = Calls::of(&world);
    meddle.thaw();
    woken(first.await, Calls::of(&world).since(&before))?;
    world.verdict().await.map(drop)
}
