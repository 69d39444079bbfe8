//! The retry budget that all clones of a client share.

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{ErrorKind, FailureKind, WriteState};

use crate::rig::{ADD, GOOD, STORE, Step, ask, core};

#[tokio::test(start_paused = true)]
async fn an_outage_spends_it_and_later_calls_are_not_repeated() {
    let script = Step::Fail(FailureKind::Connect).times(200);
    let core = core(script.clone());
    let mut kinds = Vec::new();
    for _ in 0..40 {
        let error = ask(&core.clone(), &STORE).await.unwrap_err();
        assert_eq!(error.write_state(), WriteState::NotSent);
        kinds.push(error.kind());
    }
    assert_eq!(kinds[0], ErrorKind::Connect);
    assert_eq!(kinds[39], ErrorKind::BudgetSpent);
    // 40 calls, 20 repeats: not 160 requests.
    assert_eq!(script.sent().len(), 60);
    let error = ask(&core, &STORE).await.unwrap_err();
    assert!(error.is_worth_retrying_later() && error.attempts() == 1);
    assert!(error.to_string().contains("the service seems to be down"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn it_recovers_with_the_service() {
    let mut script = Step::Fail(FailureKind::Interrupted).times(30);
    for _ in 0..20 {
        script = script.answer(200, GOOD);
    }
    script = script.answer(503, "").answer(200, GOOD);
    let core = core(script.clone());
    while script.left() > 22 {
        ask(&core, &STORE).await.unwrap_err();
    }
    for _ in 0..20 {
        ask(&core, &STORE).await.unwrap();
    }
    ask(&core, &STORE).await.unwrap();
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_fault_per_call_never_spends_it() {
    for fault in [
        Step::Fail(FailureKind::Timeout),
        Step::Fail(FailureKind::Interrupted),
        Step::Fail(FailureKind::Connect),
        Step::Answer(503, ""),
        Step::Answer(200, "{"),
        Step::Answer(200, "<html>"),
    ] {
        let script = (0..300).fold(ScriptedTransport::new(), |s, _| fault.onto(s).answer(200, GOOD));
        let core = core(script);
        for n in 0..300 {
            ask(&core, &STORE).await.unwrap_or_else(|e| panic!("{fault:?} call {n}: {e}"));
        }
    }
}

/// A business refusal shows that the service is up: a run over many documents that are all held must not end in
/// "the service seems to be down".
#[tokio::test(start_paused = true)]
async fn one_fault_before_each_refusal_never_spends_it() {
    for fault in [Step::Fail(FailureKind::Interrupted), Step::Answer(503, "")] {
        let script =
            (0..300).fold(ScriptedTransport::new(), |s, _| fault.onto(s).answer(409, "unknown product"));
        let core = core(script);
        for n in 0..300 {
            let error = ask(&core, &STORE).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Rejected, "{fault:?} call {n}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_for_the_rate_cost_nothing() {
    let script =
        (0..60).fold(ScriptedTransport::new(), |s, _| s.answer(429, "").answer(429, "").answer(200, GOOD));
    let core = core(script);
    for _ in 0..60 {
        ask(&core, &ADD).await.unwrap();
    }
}
