//! Answers cut at every byte: never taken for success, never taken for the end of a list.

use ordway_anrok::deliberate::Bug;
use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};

use super::{Verdict, case, with};
use crate::support::{Oracle, World};

/// Which answers are cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub service: Service,
    /// Part of `METHOD /path`.
    pub operation: &'static str,
    /// The status of the one document.
    pub status: &'static str,
}

/// A list page of Ordway, and the answers of Anrok to a question and to a recording.
pub const LIST: Cut = Cut { service: Service::Ordway, operation: "GET /api/v1/invoices", status: "Posted" };
pub const QUOTE: Cut = Cut { service: Service::Anrok, operation: "createEphemeral", status: "Draft" };
pub const RECORDING: Cut = Cut { service: Service::Anrok, operation: "createOrUpdate", status: "Posted" };

/// Cut once: the run rides it out, and everything is right at its end.
pub fn once(cut: Cut, bug: Option<Bug>) -> Verdict {
    let longest = case("measuring", async { Ok(length(cut).await) })?;
    assert!((300..5000).contains(&longest), "{cut:?}: the answer has {longest} bytes");
    for at in 0..longest {
        case(&format!("{} cut at byte {at}", cut.operation), ridden_out(cut, at, bug))?;
    }
    Ok(())
}

/// Cut for the whole of a run, at some bytes: the next run makes it good.
pub fn for_a_run(cut: Cut, step: usize, bug: Option<Bug>) -> Verdict {
    let longest = case("measuring", async { Ok(length(cut).await) })?;
    for at in (0..longest).step_by(step) {
        case(&format!("{} cut at byte {at} for a whole run", cut.operation), made_good(cut, at, bug))?;
    }
    Ok(())
}

fn company(cut: Cut, bug: Option<Bug>) -> World {
    let world = with(World::small(), bug);
    world.invoice("INV-1", cut.status, "4.35");
    world
}

/// How long the answer is.
async fn length(cut: Cut) -> usize {
    let world = company(cut, None);
    world.sync().await;
    world.watch.longest_answer(cut.operation)
}

async fn ridden_out(cut: Cut, at: usize, bug: Option<Bug>) -> Result<(), String> {
    let world = company(cut, bug);
    let rule = FaultRule::new(Fault::Truncate { at }).service(cut.service).operation(cut.operation);
    let faults = world.faults(FaultPlan::seeded(1).rule(rule.when(When::Nth(1))));
    let report = world.try_sync(Some(&faults)).await.map_err(|error| error.to_string())?;
    if faults.fired().is_empty() {
        return Err("nothing was cut".to_owned());
    }
    let problems = Oracle::new(&world).compare(&report);
    if problems.is_empty() && report.is_settled() {
        Ok(())
    } else {
        Err(format!("{problems:#?} {report:#?}"))
    }
}

async fn made_good(cut: Cut, at: usize, bug: Option<Bug>) -> Result<(), String> {
    let world = company(cut, bug);
    let rule = FaultRule::new(Fault::Truncate { at }).service(cut.service).operation(cut.operation);
    let faults = world.faults(FaultPlan::seeded(1).rule(rule));
    let report = world.try_sync(Some(&faults)).await.map_err(|error| error.to_string())?;
    if report.is_settled() {
        return Err(format!("a cut answer counts as success: {report:#?}"));
    }
    let report = world.verdict().await?;
    if report.is_settled() { Ok(()) } else { Err(format!("{report:#?}")) }
}
