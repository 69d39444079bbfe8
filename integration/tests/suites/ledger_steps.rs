//! The n-th operation of the ledger fails, or is the last thing that the process does, for every n.

use ordway_anrok::SyncError;
use ordway_anrok::deliberate::Bug;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use super::{Verdict, case, with};
use crate::support::{Calls, Meddle, Meddling, Oracle, World, berlin};

/// Drafts, posted invoices, a credit, one that is held: every kind of step is taken in one run.
fn company(on_file: bool, bug: Option<Bug>) -> World {
    let mut world = with(World::small(), bug);
    if on_file {
        world = world.on_file();
    }
    world.settings.in_flight = 1;
    world.customer("C-2", "EUR", &berlin());
    world.invoice("INV-1", "Draft", "100.00");
    world.invoice("INV-2", "Posted", "35.55");
    world
        .ordway
        .invoice("C-2")
        .id("INV-3")
        .status("Posted")
        .line(Line::new("P-2", "19.99"))
        .create()
        .unwrap();
    world.ordway.credit_invoice("INV-3", "5").unwrap();
    let unmapped = world.ordway.invoice("C-1").id("INV-4").status("Posted");
    unmapped.line(Line::new("P-UNMAPPED", "8.00")).create().unwrap();
    world
}

fn second_act(world: &World) {
    world.ordway.post_invoice("INV-1").unwrap();
    world.ordway.edit_lines("INV-2", |lines| lines[0]["effective_price"] = json!("36.15")).unwrap();
    world.ordway.reverse_invoice("INV-3", &world.today()).unwrap();
    world.anrok.add_product("P-UNMAPPED", "saasBusiness");
}

/// A ledger in memory: dying and failing, before and after the operation took effect.
pub fn memory(bug: Option<Bug>) -> Verdict {
    let all = [Meddling::DieBefore, Meddling::DieAfter, Meddling::FailBefore, Meddling::FailAfter];
    at_every_operation(false, &all, bug)
}

/// A ledger in a file: the process that died is gone, and the next one opens what it left.
pub fn file(bug: Option<Bug>) -> Verdict {
    at_every_operation(true, &[Meddling::DieAfter, Meddling::FailAfter], bug)
}

fn at_every_operation(on_file: bool, all: &[Meddling], bug: Option<Bug>) -> Verdict {
    for act in [0, 1] {
        let operations = case("counting", async {
            let world = company(false, None);
            if act == 1 {
                world.sync().await;
                second_act(&world);
            }
            let meddle = Meddle::default();
            world.meddled_bridge(&meddle).sync().await.map_err(|error| error.to_string())?;
            Ok(meddle.operations())
        })?;
        assert!(operations > 20, "{operations}");
        for n in 1..=operations {
            for meddling in all {
                let name = format!("act {act}, operation {n} of {operations}, {meddling:?}, file {on_file}");
                case(&name, meddled(on_file, act, n, *meddling, bug))?;
            }
        }
    }
    Ok(())
}

async fn meddled(
    on_file: bool,
    act: usize,
    n: u64,
    meddling: Meddling,
    bug: Option<Bug>,
) -> Result<(), String> {
    let world = company(on_file, bug);
    if act == 1 {
        world.try_sync(None).await.map_err(|error| error.to_string())?;
        second_act(&world);
    }
    let meddle = Meddle::at(n, meddling);
    let bridge = world.meddled_bridge(&meddle);
    // What is sent after the ledger has failed would be forgotten.
    let sent_since = std::sync::Arc::new(std::sync::Mutex::new(0u32));
    let (failing, counted) = (meddle.clone(), std::sync::Arc::clone(&sent_since));
    world.watch.hook(move |seen| {
        let writes = !seen.operation.starts_with("GET") && !seen.operation.ends_with("createEphemeral");
        if failing.happened() && writes {
            *counted.lock().unwrap() += 1;
        }
    });
    let ended = tokio::select! {
        biased;
        ended = bridge.sync() => Some(ended),
        () = meddle.died() => None,
    };
    drop(bridge);
    world.watch.unhook();
    world.ledger.end_claims();
    if !meddle.happened() {
        return Err("it did not come so far".to_owned());
    }
    let fails = matches!(meddling, Meddling::FailBefore | Meddling::FailAfter);
    match ended {
        None => {}
        Some(Err(SyncError::Ledger { .. })) if fails => {
            let sent = *sent_since.lock().unwrap();
            if sent > 0 {
                return Err(format!("{sent} writes were sent after the ledger had failed"));
            }
        }
        // Looking up the invoice of a credit may fail: the credit waits then, and says so.
        Some(Ok(report)) if fails && !report.is_settled() => {}
        Some(ended) => return Err(format!("a ledger that failed was not noticed: {ended:?}")),
    }
    let ahead = Oracle::new(&world).checkpoint_problems(&*world.store()).await;
    if !ahead.is_empty() {
        return Err(format!("{ahead:#?}"));
    }
    if act == 0 {
        world.try_sync(None).await.map_err(|error| error.to_string())?;
        second_act(&world);
    }
    let before = Calls::of(&world);
    let report = world.verdict().await?;
    let calls = Calls::of(&world).since(&before);
    if report.is_settled() { Ok(()) } else { Err(format!("not settled after {calls:?}: {report:#?}")) }
}
