//! Rows that reach Ordway's tables behind what has been read: transactions that were begun earlier and committed later.

use std::time::Duration;

use ordway_anrok::deliberate::Bug;
use ordway_anrok_http::Clock as _;
use serde_json::json;

use super::{Verdict, case, with};
use crate::support::World;

/// A row is committed so many seconds late, between two runs or while one reads, new or changed.
pub fn commits(bug: Option<Bug>) -> Verdict {
    for seconds in [0, 1, 5, 59, 300, 599] {
        for row in [Row::New, Row::Old, Row::SettledLater] {
            for inside in [false, true] {
                let name = format!("{row:?}, {seconds} s late, while a run reads {inside}");
                case(&name, committed(seconds, row, inside, bug))?;
            }
        }
    }
    Ok(())
}

/// Which row is committed late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// One that nobody has seen.
    New,
    /// One that was last changed an hour ago.
    Old,
    /// One whose latest settled version has a later date than the one that is committed now.
    SettledLater,
}

async fn committed(seconds: u64, row: Row, inside: bool, bug: Option<Bug>) -> Result<(), String> {
    let world = with(World::small(), bug);
    world.ordway.reconfigure(|config| config.page_cap = 2);
    world.invoice("INV-OLD", "Posted", "10.00");
    world.pass(Duration::from_secs(3600)).await;
    for number in 0..5 {
        world.invoice(&format!("INV-{number}"), "Posted", "20.00");
        world.pass(Duration::from_millis(20)).await;
    }
    let commit = move |world: &World| {
        let begun = world.clock.now() - Duration::from_secs(seconds);
        if row == Row::New {
            world.invoice("INV-LATE", "Posted", "30.00");
            world.commit_late("invoices", "INV-LATE", begun);
        } else {
            let id = if row == Row::Old { "INV-OLD" } else { "INV-4" };
            world.ordway.edit_lines(id, |lines| lines[0]["effective_price"] = json!("11.00")).unwrap();
            world.commit_late("invoices", id, begun);
        }
    };
    if inside {
        let (other, mut calls) = (world.clone(), 0);
        world.watch.hook(move |seen| {
            calls += u32::from(seen.operation == "GET /api/v1/invoices");
            if calls == 3 {
                calls += 1;
                commit(&other);
            }
        });
    }
    world.try_sync(None).await.map_err(|error| error.to_string())?;
    world.watch.unhook();
    if !inside {
        commit(&world);
    }
    world.verdict().await.map(drop)
}
