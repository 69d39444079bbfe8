//! Corrections of several steps that are taken up from the queue, not from what Ordway's lists bring: broken off after any
//! operation of the ledger, before and after any remote call. The lists bring the document no more, so what is forgotten
//! of it stays as it is for ever.

use std::sync::Arc;
use std::time::Duration;

use ordway_anrok::deliberate::Bug;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::outside::Answer;
use ordway_anrok::{Bridge, FrozenPolicy};
use ordway_anrok_sandbox::fault::Fault;
use ordway_anrok_sandbox::ordway::Line;
use serde_json::json;

use super::{Verdict, case, with};
use crate::support::chain::entry;
use crate::support::{Death, Meddle, Meddling, World, berlin};

/// How a document comes to need more than one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Correction {
    /// Its return is locked, and the policy was to report only when it changed.
    NegateAndRecreate,
    /// Two differences are on record; then it moves, which no difference can express.
    TwoDifferencesUndone,
    /// The same document is reversed while Anrok does not answer.
    Reversed,
    /// Somebody voided it at Anrok, and the answer is to send it again.
    SentAgain,
}

const ALL: [Correction; 4] = [
    Correction::NegateAndRecreate,
    Correction::TwoDifferencesUndone,
    Correction::Reversed,
    Correction::SentAgain,
];

#[derive(Clone, Copy, Debug)]
enum End {
    Call(u64, Death),
    Operation(u64, Meddling),
}

pub fn broken_off(bug: Option<Bug>) -> Verdict {
    for correction in ALL {
        let (calls, operations) = case("counting", async {
            let world = begun(correction, None).await?;
            let (meddle, before) = (Meddle::default(), world.watch.calls());
            correct(&world.meddled_bridge(&meddle), correction).await?;
            Ok((world.watch.calls() - before, meddle.operations()))
        })?;
        assert!(calls >= 4 && operations > 10, "{correction:?}: {calls} {operations}");
        let ends = (1..=calls).flat_map(|n| [Death::Before, Death::After].map(|death| End::Call(n, death)));
        let all = [Meddling::DieBefore, Meddling::DieAfter, Meddling::FailBefore, Meddling::FailAfter];
        let operations = (1..=operations).flat_map(|n| all.map(|meddling| End::Operation(n, meddling)));
        for end in ends.chain(operations) {
            case(&format!("{correction:?}, {end:?}"), is_finished_later(correction, end, bug))?;
        }
    }
    Ok(())
}

/// A world in which the document waits in the queue, and everything else of Ordway's lists is far behind.
async fn begun(correction: Correction, bug: Option<Bug>) -> Result<World, String> {
    let mut world = with(World::small(), bug);
    world.settings.frozen = match correction {
        Correction::TwoDifferencesUndone | Correction::Reversed => FrozenPolicy::Delta,
        Correction::NegateAndRecreate | Correction::SentAgain => FrozenPolicy::Report,
    };
    world.anrok.configure(|config| config.get_transaction_enabled = true);
    let line = Line::new("P-1", "100.00");
    let invoice = world.ordway.invoice("C-1").id("INV-1").date("2026-02-10").status("Posted");
    invoice.line(line).create().unwrap();
    sync(&world).await?;
    let price = |price: &str| {
        world.ordway.edit_lines("INV-1", |lines| lines[0]["effective_price"] = json!(price)).unwrap();
    };
    if correction != Correction::SentAgain {
        world.anrok.freeze_month("2026-02");
    }
    match correction {
        Correction::NegateAndRecreate => price("90.00"),
        Correction::TwoDifferencesUndone | Correction::Reversed => {
            for amount in ["90.00", "95.00"] {
                price(amount);
                sync(&world).await?;
            }
            if correction == Correction::Reversed {
                world.ordway.reverse_invoice("INV-1", &world.today()).unwrap();
            } else {
                world.ordway.repair_address("INV-1", &berlin()).unwrap();
                world.settings.frozen = FrozenPolicy::Report;
            }
        }
        Correction::SentAgain => {
            let (_, anrok) = world.clients(None);
            anrok.transactions().void(&"ordway:INV-1".into(), None).await.map_err(|e| e.to_string())?;
        }
    }
    waits(&world, correction).await?;
    // What is newer takes the checkpoint past it.
    world.pass(Duration::from_secs(2 * 3600)).await;
    world.invoice("INV-9", "Posted", "1.00");
    waits(&world, correction).await?;
    world.pass(Duration::from_secs(2 * 3600)).await;
    if correction != Correction::Reversed {
        world.settings.frozen = FrozenPolicy::NegateAndRecreate;
    }
    Ok(world)
}

/// A run that leaves the document in the queue.
async fn waits(world: &World, correction: Correction) -> Result<(), String> {
    if correction != Correction::Reversed {
        return sync(world).await;
    }
    let down = world.always(Fault::Status { status: 503, acted: false });
    let (ordway, _) = world.clients(None);
    let (_, anrok) = world.clients(Some(&down));
    let builder = Bridge::builder(ordway, anrok).ledger(world.ledger.clone());
    let builder = builder.settings(world.settings.clone()).clock(Arc::new(world.clock.clone()));
    builder.unchecked().sync().await.map(drop).map_err(|error| error.to_string())
}

async fn sync(world: &World) -> Result<(), String> {
    world.try_sync(None).await.map(drop).map_err(|error| error.to_string())
}

async fn correct(bridge: &Bridge, correction: Correction) -> Result<(), String> {
    if correction == Correction::SentAgain {
        let key = DocumentKey::invoice("INV-1");
        let looked = bridge.outside_changes_of(&key).await.map_err(|error| error.to_string())?;
        let change = looked.changes.first().ok_or("the change was not seen")?;
        return bridge.answer(change, Answer::Resend).await.map(drop).map_err(|error| error.to_string());
    }
    bridge.sync().await.map(drop).map_err(|error| error.to_string())
}

async fn is_finished_later(correction: Correction, end: End, bug: Option<Bug>) -> Result<(), String> {
    let world = begun(correction, bug).await?;
    let meddle = match end {
        End::Operation(n, meddling) => Meddle::at(n, meddling),
        End::Call(n, death) => {
            world.watch.die_at(n, death);
            Meddle::default()
        }
    };
    let bridge = world.meddled_bridge(&meddle);
    tokio::select! {
        biased;
        // A ledger that fails is told; what it leaves is what counts.
        _ = correct(&bridge, correction) => {}
        () = meddle.died() => {}
        () = world.watch.died() => {}
    }
    drop(bridge);
    world.watch.live_on();
    world.ledger.end_claims();
    if matches!(end, End::Operation(..)) && !meddle.happened() {
        return Err("it did not come so far".to_owned());
    }
    // Days later, and behind the look-back.
    world.pass(Duration::from_secs(24 * 3600)).await;
    sync(&world).await?;
    let known = entry(&world, &DocumentKey::invoice("INV-1")).await;
    if correction == Correction::SentAgain && known.generation == 0 {
        // Broken off before the answer was taken: the change is told again, as it was.
        return correct(&world.meddled_bridge(&Meddle::default()), correction).await;
    }
    let report = world.verdict().await?;
    if report.is_settled() { Ok(()) } else { Err(format!("not settled: {report:#?}")) }
}
