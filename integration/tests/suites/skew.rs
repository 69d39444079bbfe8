//! The machine's clock is wrong, by minutes, hours or days, and jumps between and during runs.

use std::time::Duration;

use jiff::SignedDuration;
use ordway_anrok::deliberate::Bug;
use serde_json::json;

use super::{Verdict, case, with};
use crate::support::World;

const SKEWS: [i64; 9] = [-3 * 86_400, -86_400, -3600, -120, 0, 120, 3600, 86_400, 3 * 86_400];

/// Every skew of a first run with every skew of a second one.
pub fn jumps(bug: Option<Bug>) -> Verdict {
    for first in SKEWS {
        for second in SKEWS {
            for within in [false, true] {
                let name = format!("{first} s off, then {second} s, during the run {within}");
                case(&name, jumped(first, second, within, bug))?;
            }
        }
    }
    Ok(())
}

async fn jumped(first: i64, second: i64, within: bool, bug: Option<Bug>) -> Result<(), String> {
    let world = with(World::small(), bug);
    world.ordway.reconfigure(|config| config.page_cap = 2);
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Posted", "50.00");
    world.invoice("INV-3", "Posted", "60.00");
    world.skew_by(SignedDuration::from_secs(first));
    if within {
        let (other, mut calls) = (world.clone(), 0);
        world.watch.hook(move |_| {
            calls += 1;
            if calls == 4 {
                other.skew_by(SignedDuration::from_secs(second));
            }
        });
    }
    world.try_sync(None).await.map_err(|error| error.to_string())?;
    world.watch.unhook();
    world.pass(Duration::from_secs(1800)).await;
    world.skew_by(SignedDuration::from_secs(second));
    world.ordway.post_invoice("INV-1").unwrap();
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("51.00")).unwrap();
    world.invoice("INV-4", "Posted", "70.00");
    world.try_sync(None).await.map_err(|error| error.to_string())?;
    world.skew_by(SignedDuration::ZERO);
    world.pass(Duration::from_secs(1800)).await;
    world.invoice("INV-5", "Posted", "80.00");
    world.verdict().await.map(drop)
}
