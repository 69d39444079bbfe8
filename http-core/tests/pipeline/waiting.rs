//! Delays, deadlines and time limits of attempts.

use std::time::Duration;

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{CallOptions, ErrorKind, WriteState};

use crate::rig::{ADD, GOOD, STORE, Slow, Step, ask, core, millis, secs};

#[tokio::test(start_paused = true)]
async fn delays_grow_from_the_first_delay_and_stay_under_the_cap() {
    let network = Slow::new(Step::Answer(503, "").times(20), Duration::ZERO);
    let options = CallOptions::default().attempts(20).deadline(secs(10_000));
    ask(&core(network.clone()).with(options), &STORE).await.unwrap_err();
    let waits = network.waits();
    assert_eq!(waits.len(), 19);
    assert!(waits.iter().all(|w| *w >= millis(250) && *w <= secs(15) + millis(2)), "{waits:?}");
    assert!(waits[0] <= millis(752), "{waits:?}");
    assert!(waits.iter().any(|w| *w > secs(2)), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_gets_no_more_time_than_is_left() {
    let network = Slow::new(Step::Answer(200, GOOD).times(9), secs(3600));
    let error = ask(&core(network.clone()), &STORE).await.unwrap_err();
    assert!(error.is_timeout());
    let limits: Vec<Duration> = network.script.sent().iter().map(|s| s.timeout).collect();
    assert_eq!(limits[..2], [secs(30), secs(30)]);
    assert!(limits.len() == 3 && limits[2] < secs(30) && limits[2] > secs(1), "{limits:?}");
    assert!(error.elapsed() <= secs(90) + millis(10), "{:?}", error.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_call_is_kept() {
    let origin = tokio::time::Instant::now();
    let network = Slow::new(Step::Answer(200, GOOD).times(9), secs(3600));
    let error =
        ask(&core(network.clone()).with(CallOptions::default().deadline(secs(5))), &STORE).await.unwrap_err();
    assert_eq!(network.script.sent().len(), 1);
    assert_eq!(network.script.sent()[0].timeout, secs(5));
    assert!(origin.elapsed() < secs(6) && error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_without_time_left_for_an_answer() {
    // The 429 arrives when all time is used up: its pause must not be followed by an attempt of no length,
    // whose outcome nobody could know.
    let script = ScriptedTransport::new().answer_with(429, &[("retry-after", "1")], "").answer(200, GOOD);
    let network = Slow::new(script, secs(10));
    let spent_up = CallOptions::default().deadline(secs(10));
    let error = ask(&core(network.clone()).with(spent_up), &ADD).await.unwrap_err();
    assert_eq!(network.script.sent().len(), 1, "{error}");
    assert_eq!((error.kind(), error.write_state()), (ErrorKind::RateLimited, WriteState::Refused));
}

#[tokio::test(start_paused = true)]
async fn the_servers_delay_is_a_floor_also_for_a_503() {
    let script = ScriptedTransport::new().answer_with(503, &[("retry-after", "20")], "").answer(200, GOOD);
    let network = Slow::new(script, Duration::ZERO);
    ask(&core(network.clone()), &STORE).await.unwrap();
    assert!(network.waits()[0] >= secs(20) && network.waits()[0] < secs(21), "{:?}", network.waits());
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_the_deadline_cannot_hold_is_not_waited_out() {
    let origin = tokio::time::Instant::now();
    for value in ["59", "61", "1000000000", "18446744073709551615", "99999999999999999999999"] {
        let script =
            ScriptedTransport::new().answer_with(503, &[("retry-after", value)], "").answer(200, GOOD);
        let core = core(script.clone()).with(CallOptions::default().deadline(secs(30)));
        let error = ask(&core, &STORE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{value}");
        assert_eq!(script.sent().len(), 1, "{value}");
        assert!(error.retry_after().unwrap() >= secs(59), "{value}");
    }
    assert!(origin.elapsed() < secs(1));
}
