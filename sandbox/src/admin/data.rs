//! `/admin/state`, `/admin/seed` and `/admin/summary`: what the fakes hold, whole, to keep, and in short.

use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome};
use crate::dump;

/// `GET /admin/state`: every record of Ordway by collection; products, customers, transactions with their history and
/// locks of Anrok. No credentials, and header values of webhooks are masked.
pub(super) fn state(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    Ok(Answer::Json(dump::state(&admin.ordway, &admin.anrok)))
}

/// `GET /admin/seed`: for `--seed FILE`, `POST /admin/reset` and `SandboxBuilder::seed_json`. What was recorded at Anrok is not
/// part of it; header values of webhooks are masked.
pub(super) fn seed(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    Ok(Answer::Json(dump::seed(&admin.ordway, &admin.anrok)))
}

/// `GET /admin/summary`: a row for each invoice, credit and transaction (the newest 500), locked months, products, clock and network.
pub(super) fn summary(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    let mut summary = dump::summary(&admin.ordway, &admin.anrok);
    if let Some(summary) = summary.as_object_mut() {
        summary.insert("clock".to_owned(), super::time::reading(admin));
        summary.insert("outages".to_owned(), super::network::outages(admin));
        summary.insert("fault_rules".to_owned(), Value::from(admin.faults.plan().rules.len()));
        summary.insert("last_request".to_owned(), json!(admin.log.last()));
        summary.insert("deliveries".to_owned(), json!(admin.courier.log.len()));
        summary.insert("oldest_request".to_owned(), json!(admin.log.oldest()));
    }
    Ok(Answer::Json(summary))
}
