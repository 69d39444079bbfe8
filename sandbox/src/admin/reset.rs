//! `/admin/reset`: another day.

use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome, Problem};
use crate::contents::Contents;

/// `POST /admin/reset`: both fakes forget everything and are filled anew: `"demo"`, `"empty"`, or what the sandbox was started
/// with where `seed` is missing. Request log and
/// deliveries are emptied; credentials, clock, registered webhooks and the fault plan
/// stay, outages end.
pub(super) fn reset(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["seed"])?;
    let contents = match call.body.get("seed") {
        None | Some(Value::Null) => admin.contents.clone(),
        Some(Value::String(name)) if name == "demo" => Contents::Demo,
        Some(Value::String(name)) if name == "empty" => Contents::Empty,
        Some(_) => {
            return Err(Problem::bad("seed is not known", "use \"demo\" or \"empty\", or leave it out"));
        }
    };
    let webhooks = admin.ordway.all("webhooks");
    admin.ordway.clear();
    admin.anrok.clear();
    admin.log.clear();
    admin.courier.forget();
    admin.faults.mend();
    contents
        .fill(&admin.ordway, &admin.anrok)
        .map_err(|error| Problem::bad(error.to_string(), "mend the seed; the sandbox holds nothing now"))?;
    for webhook in webhooks {
        admin.ordway.insert("webhooks", webhook);
    }
    Ok(Answer::Json(
        json!({"invoices": admin.ordway.count("invoices"), "credits": admin.ordway.count("credits")}),
    ))
}
