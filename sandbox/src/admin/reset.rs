//! `/admin/reset`: another day.

use std::fmt::Display;
use std::sync::Arc;

use ordway_anrok_http::Clock;
use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome, Problem};
use crate::anrok::FakeAnrok;
use crate::contents::Contents;
use crate::ordway::FakeOrdway;
use crate::seed::Seed;

const REMEDY: &str = "use \"demo\", \"empty\" or a seed document as the README describes it, or leave it out";

/// `POST /admin/reset`: both fakes forget everything and are filled anew: `"demo"`, `"empty"`, a seed document, or what the
/// sandbox was started with where `seed` is missing. A seed that is refused changes nothing. Request log and deliveries are
/// emptied; credentials, clock, registered webhooks and the fault plan stay, outages end.
pub(super) fn reset(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["seed"])?;
    let contents = match call.body.get("seed") {
        None | Some(Value::Null) => admin.contents.clone(),
        Some(Value::String(name)) if name == "demo" => Contents::Demo,
        Some(Value::String(name)) if name == "empty" => Contents::Empty,
        Some(document @ Value::Object(_)) => {
            Contents::Document(Seed::parse(&document.to_string()).map_err(refuse)?)
        }
        Some(_) => return Err(Problem::bad("seed is not known", REMEDY)),
    };
    // Tried on fakes that nobody sees, so that a seed that is refused leaves everything as it is.
    let clock: Arc<dyn Clock> = Arc::new(admin.clock.clone());
    let trial = FakeOrdway::with_config(Arc::clone(&clock), admin.ordway.config());
    contents.fill(&trial, &FakeAnrok::new(clock)).map_err(refuse)?;
    let webhooks = admin.ordway.all("webhooks");
    admin.ordway.clear();
    admin.anrok.clear();
    admin.log.clear();
    admin.courier.forget();
    admin.faults.mend();
    contents.fill(&admin.ordway, &admin.anrok).map_err(refuse)?;
    for webhook in webhooks {
        admin.ordway.insert("webhooks", webhook);
    }
    Ok(Answer::Json(json!({
        "invoices": admin.ordway.count("invoices"), "credits": admin.ordway.count("credits"),
    })))
}

#[allow(clippy::needless_pass_by_value)] // an error is handed over
fn refuse(error: impl Display) -> Problem {
    Problem::bad(error.to_string(), REMEDY)
}
