//! 429: everybody pauses, nobody's attempts are used up.

use std::sync::Arc;
use std::time::Duration;

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{CallOptions, Clock as _, ErrorKind, Pace, Pacer, Rate, SystemClock, WriteState};

use crate::rig::{ADD, GOOD, LOOK, STORE, Slow, ask, builder, core, millis, secs};

fn busy(retry_after: Option<&str>) -> ScriptedTransport {
    let headers: Vec<(&'static str, &str)> = retry_after.map(|v| ("retry-after", v)).into_iter().collect();
    ScriptedTransport::new().answer_with(429, &headers, "Rate limit exceeded")
}

/// How long a call waits after one 429 with this header.
async fn wait_after(retry_after: Option<&str>) -> Duration {
    let network = Slow::new(busy(retry_after).answer(200, GOOD), Duration::ZERO);
    ask(&core(network.clone()), &ADD).await.unwrap();
    network.waits()[0]
}

#[tokio::test(start_paused = true)]
async fn retry_after_in_every_form() {
    for (value, least) in [
        (Some("7"), secs(7)),
        (Some(" 7 "), secs(7)),
        (Some("60"), secs(60)),
        (Some("Sun, 06 Nov 1994 08:49:37 GMT"), secs(7)),
        // Useless or missing: one second.
        (Some("0"), secs(1)),
        (Some("-3"), secs(1)),
        (Some("Sun, 06 Nov 1994 08:00:00 GMT"), secs(1)),
        (Some("soon"), secs(1)),
        (Some("1.5"), secs(1)),
        (Some(""), secs(1)),
        (None, secs(1)),
    ] {
        let wait = wait_after(value).await;
        assert!(wait >= least && wait <= least + millis(252), "{value:?}: {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_the_callers_business() {
    for value in [
        "61",
        "1000000000",
        "18446744073709551615",
        "99999999999999999999999",
        "Sat, 06 Nov 2094 08:49:37 GMT",
    ] {
        let origin = tokio::time::Instant::now();
        let script = busy(Some(value)).answer(200, GOOD);
        let error = ask(&core(script.clone()), &ADD).await.unwrap_err();
        assert!(error.is_rate_limited() && error.is_worth_retrying_later(), "{value}");
        assert!(error.retry_after().unwrap() > secs(60), "{value}");
        assert_eq!((script.sent().len(), error.attempts()), (1, 1), "{value}");
        assert_eq!(error.write_state(), WriteState::Refused);
        assert!(origin.elapsed() < secs(1), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_are_not_attempts_unless_only_one_is_wanted() {
    let script = busy(None).answer(429, "").answer(503, "").answer(429, "").answer(503, "").answer(200, GOOD);
    let three = core(script.clone()).with(CallOptions::default().attempts(3));
    ask(&three, &STORE).await.unwrap();
    assert_eq!(script.sent().len(), 6);

    let script = busy(None).answer(200, GOOD);
    let error = ask(&core(script.clone()).with(CallOptions::single_attempt()), &ADD).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!((script.sent().len(), error.attempts()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn without_a_header_the_pause_doubles_and_within_a_minute_the_call_ends() {
    let script = (0..20).fold(ScriptedTransport::new(), |s, _| s.answer(429, ""));
    let network = Slow::new(script, Duration::ZERO);
    let error = ask(&core(network.clone()), &LOOK).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let waits = network.waits();
    assert_eq!(waits.len(), 5, "31 seconds; the next pause would pass the minute");
    for (wait, least) in waits.iter().zip([1, 2, 4, 8, 16]) {
        assert!(*wait >= secs(least) && *wait <= secs(least) + millis(252), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_refusal_pauses_every_clone_and_lowers_the_rate_once() {
    let clock = Arc::new(SystemClock::new());
    let pacer = Pacer::new(Pace::fixed(Rate::per_second(10)), Arc::<SystemClock>::clone(&clock));
    let script = (0..8).fold(busy(Some("20")), |s, _| s.answer(200, GOOD));
    let network = Slow::new(script, Duration::ZERO);
    let core = builder(network.clone()).pacer(pacer.clone()).build();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let core = core.clone();
            tokio::spawn(async move { ask(&core, &STORE).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let sent = network.sent_at();
    assert_eq!(sent.len(), 9);
    assert!(sent[1] - sent[0] >= secs(20), "{sent:?}");
    assert!(sent[1..].windows(2).all(|w| w[1] - w[0] >= millis(100)), "{sent:?}");
    assert_eq!(pacer.stats().refusals, 1);
    assert_eq!(pacer.stats().sent, 9, "retries take slots");
    assert_eq!(pacer.stats().rate, Some(Rate::milli(9_500)));
    assert!(clock.monotonic() < secs(23));
}

#[tokio::test(start_paused = true)]
async fn retries_and_a_second_client_share_one_schedule() {
    let pacer = Pacer::new(Pace::fixed(Rate::per_second(2)), Arc::new(SystemClock::new()));
    let network = Slow::new(
        (0..6).fold(ScriptedTransport::new(), |s, _| s.answer(503, "").answer(200, GOOD)),
        Duration::ZERO,
    );
    let one = builder(network.clone()).pacer(pacer.clone()).build();
    let two = builder(network.clone()).pacer(pacer.clone()).build();
    let (a, b) = tokio::join!(ask(&one, &STORE), ask(&two, &STORE));
    a.unwrap();
    b.unwrap();
    ask(&two, &LOOK).await.unwrap();
    let sent = network.sent_at();
    assert!(sent.len() >= 4 && sent.windows(2).all(|w| w[1] - w[0] >= millis(500)), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_everybody_is_given_up_by_all_within_minutes() {
    let clock = Arc::new(SystemClock::new());
    let pacer = Pacer::new(Pace::for_limit(10), Arc::<SystemClock>::clone(&clock));
    let script =
        (0..5000).fold(ScriptedTransport::new(), |s, _| s.answer_with(429, &[("retry-after", "1")], ""));
    let core = builder(script).clock(clock).pacer(pacer).build();
    let begun = tokio::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(ask(&core, &LOOK).await.unwrap_err().kind(), ErrorKind::RateLimited);
    }
    assert!(begun.elapsed() < secs(100), "{:?}", begun.elapsed());
}
