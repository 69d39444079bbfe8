//! `/admin/faults…`: what goes wrong between a program and the fakes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome, Problem};
use crate::fault::{FaultPlan, Outage, Preset, Service};

/// Newest fired faults shown.
const FIRED_SHOWN: usize = 100;
/// Longest outage that ends by itself.
const LONGEST_SECONDS: u64 = 24 * 60 * 60;

/// `GET /admin/faults`.
pub(super) fn show(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    let fired = admin.faults.fired();
    let newest: Vec<Value> = fired
        .iter()
        .skip(fired.len().saturating_sub(FIRED_SHOWN))
        .map(|one| {
            let at = format!("{:.3}", one.at);
            json!({"at": at, "rule": one.rule, "service": one.service, "operation": one.operation, "fault": one.fault})
        })
        .collect();
    Ok(Answer::Json(json!({
        "plan": admin.faults.plan(), "outages": outages(admin), "presets": Preset::ALL,
        "fired": fired.len(), "newest": newest,
    })))
}

/// `PUT /admin/faults`: the JSON of a [`FaultPlan`]. Counts, draws and windows begin now; its frozen months are locked.
pub(super) fn replace(admin: &Admin, call: &Call<'_>) -> Outcome {
    let plan = FaultPlan::from_value(Value::Object(call.body.clone())).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Problem::bad(format!("{error}{cause}"), "see \"Fault plans\" in the sandbox's README")
    })?;
    for month in &plan.frozen_months {
        admin.anrok.freeze_month(month);
    }
    admin.faults.replace(plan);
    show(admin, call)
}

/// `DELETE /admin/faults`: everything passes. Locked months stay locked.
pub(super) fn clear(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    admin.faults.replace(FaultPlan::default());
    admin.faults.mend();
    show(admin, call)
}

/// `POST /admin/faults/break`: an [`Outage`] on top of the plan. `service` is `ordway`, `anrok` or missing for both; without
/// `seconds` it lasts until mended.
pub(super) fn break_network(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["preset", "service", "seconds"])?;
    let unknown = |name: &str, value: &str, remedy| Problem::bad(format!("{value} is no {name}"), remedy);
    let preset = call.text("preset")?.unwrap_or("offline");
    let known: Preset = serde_json::from_value(Value::from(preset))
        .map_err(|_| unknown("preset", preset, "use one of the presets in GET /admin/faults"))?;
    let mut outage = Outage::new(known);
    if let Some(service) = call.text("service")? {
        let known: Service = serde_json::from_value(Value::from(service))
            .map_err(|_| unknown("service", service, "use ordway or anrok, or leave it out for both"))?;
        outage = outage.service(known);
    }
    match call.body.get("seconds") {
        None | Some(Value::Null) => {}
        Some(seconds) => {
            let seconds = seconds
                .as_u64()
                .filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds))
                .ok_or_else(|| {
                    Problem::bad("seconds must be a number from 1 to 86400", "leave it out to mend by hand")
                })?;
            outage = outage.lasts(Duration::from_secs(seconds));
        }
    }
    admin.faults.break_network(outage);
    Ok(Answer::Json(json!({"outages": outages(admin)})))
}

/// `POST /admin/faults/mend`.
pub(super) fn mend(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    admin.faults.mend();
    Ok(Answer::Json(json!({"outages": outages(admin)})))
}

/// The outages at work, with the seconds left.
pub(super) fn outages(admin: &Admin) -> Value {
    let shown = admin.faults.outages().into_iter().map(|outage| {
        let left = outage.lasts.map(|left| left.as_millis().div_ceil(1000));
        json!({"preset": outage.preset, "service": outage.service, "seconds_left": left})
    });
    shown.collect()
}
