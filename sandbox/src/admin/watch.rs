//! `/admin/requests`, `/admin/deliveries` and `/admin/events`: looking on while programs run.

use serde_json::json;

use super::events::Events;
use super::{Admin, Answer, Call, Outcome, Problem};

/// `GET /admin/requests`: rows of the log, oldest first, and the number of the newest.
pub(super) fn requests(admin: &Admin, call: &Call<'_>) -> Outcome {
    let mut after = 0;
    for part in call.query.split('&').filter(|part| !part.is_empty()) {
        after = part.strip_prefix("after=").and_then(|seq| seq.parse().ok()).ok_or_else(|| {
            Problem::bad("the query is not understood", "use ?after=SEQ with the number of a row")
        })?;
    }
    Ok(Answer::Json(json!({"requests": admin.log.after(after), "last": admin.log.last()})))
}

/// `DELETE /admin/requests`: the rows are gone, their numbers go on.
pub(super) fn forget_requests(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    admin.log.clear();
    Ok(Answer::Json(json!({"requests": [], "last": admin.log.last()})))
}

/// `GET /admin/deliveries`: one row for each attempt, oldest first.
pub(super) fn deliveries(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    Ok(Answer::Json(json!({"deliveries": admin.courier.log.rows()})))
}

/// `GET /admin/events`: says `change` at once, then after every change, at most ten times a second.
pub(super) fn events(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    Ok(Answer::Live(Events::start(&admin.pulse)))
}
