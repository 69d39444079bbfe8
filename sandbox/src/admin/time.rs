//! `/admin/clock…`: the fakes' present time. Sleeps, rate limits and sockets follow the machine's clock all the while.

use http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use ordway_anrok_http::Clock;
use serde_json::{Value, json};

use super::{Admin, Answer, Call, Outcome, Problem};

/// `GET /admin/clock`.
pub(super) fn show(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.no_query()?;
    Ok(Answer::Json(reading(admin)))
}

/// `POST /admin/clock/set`: `now` is RFC 3339. A running clock runs on from there.
pub(super) fn set(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["now"])?;
    let text = call.required("now")?;
    let now: Timestamp = text
        .parse()
        .map_err(|_| Problem::bad(format!("{text} is no time"), "write it like 2026-03-31T23:59:00Z"))?;
    moved(admin, now)
}

/// `POST /admin/clock/advance`: `by` is a span like `30 days`, `1 month`, `-2h` or `P1D`, in the calendar of UTC.
pub(super) fn advance(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&["by"])?;
    let text = call.required("by")?;
    let remedy = "write it like \"30 days\" or \"P1M\", within the years 1 to 9999";
    let by: Span = text.parse().map_err(|_| Problem::bad(format!("{text} is no span of time"), remedy))?;
    let now = admin.clock.now().to_zoned(TimeZone::UTC).checked_add(by);
    let now = now.map_err(|_| Problem::bad(format!("{text} leads beyond the calendar"), remedy))?;
    moved(admin, now.timestamp())
}

/// `POST /admin/clock/freeze`.
pub(super) fn freeze(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    movable(admin)?;
    admin.clock.freeze();
    show(admin, call)
}

/// `POST /admin/clock/run`.
pub(super) fn run(admin: &Admin, call: &Call<'_>) -> Outcome {
    call.only(&[])?;
    movable(admin)?;
    admin.clock.run();
    show(admin, call)
}

/// `{"now", "frozen"}`.
pub(super) fn reading(admin: &Admin) -> Value {
    json!({"now": format!("{:.3}", admin.clock.now()), "frozen": admin.clock.is_frozen()})
}

fn moved(admin: &Admin, now: Timestamp) -> Outcome {
    movable(admin)?;
    if admin.clock.set(now) {
        return Ok(Answer::Json(reading(admin)));
    }
    Err(Problem::bad("the clock cannot reach that time", "choose one between the years 1 and 9999"))
}

fn movable(admin: &Admin) -> Result<(), Problem> {
    if admin.owns_clock {
        return Ok(());
    }
    let error = "the fakes were handed in with a clock of their own";
    Err(Problem::new(
        StatusCode::CONFLICT,
        error,
        "give them a SandboxClock and name it in SandboxBuilder::sandbox_clock",
    ))
}
