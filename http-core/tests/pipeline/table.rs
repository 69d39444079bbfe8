//! The retry table, row by row and for each safety: requests sent, kind, effect.

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{CallOptions, ErrorKind, FailureKind, WriteState};

use crate::rig::{ADD, ALL, GOOD, STORE, Step, ask, core};

const PAGE: &str = "<html><title>502</title></html>";

/// What always happens; requests sent for Read, Repeatable and Once; the error's kind and effect.
const TABLE: &[(Step, [usize; 3], ErrorKind, WriteState)] = {
    use ErrorKind::{Auth, Config, Connect, Decode, Interrupted, RateLimited, Rejected, Server, Timeout};
    use Step::{Answer, Fail};
    use WriteState::{NotSent, Refused, Unknown};
    &[
        (Fail(FailureKind::Connect), [4, 4, 4], Connect, NotSent),
        (Fail(FailureKind::Tls), [4, 4, 4], Connect, NotSent),
        (Fail(FailureKind::Unsendable), [1, 1, 1], Config, NotSent),
        (Fail(FailureKind::Timeout), [4, 4, 1], Timeout, Unknown),
        (Fail(FailureKind::Interrupted), [4, 4, 1], Interrupted, Unknown),
        (Fail(FailureKind::TooLarge), [1, 1, 1], Decode, Unknown),
        (Answer(408, ""), [4, 4, 1], Timeout, Unknown),
        (Answer(500, ""), [4, 4, 1], Server, Unknown),
        (Answer(502, PAGE), [4, 4, 1], Server, Unknown),
        (Answer(503, ""), [4, 4, 1], Server, Unknown),
        (Answer(504, ""), [4, 4, 1], Server, Unknown),
        (Answer(501, ""), [1, 1, 1], Server, Refused),
        (Answer(200, "{\"id\":"), [2, 2, 1], Decode, Unknown),
        (Answer(200, "{\"id\":7,\"count\":1}"), [2, 2, 1], Decode, Unknown),
        (Answer(200, ""), [2, 2, 1], Decode, Unknown),
        (Answer(200, PAGE), [4, 4, 1], Interrupted, Unknown),
        (Answer(301, ""), [1, 1, 1], Rejected, Refused),
        (Answer(307, ""), [1, 1, 1], Rejected, Refused),
        (Answer(400, ""), [1, 1, 1], Rejected, Refused),
        (Answer(400, "auth"), [1, 1, 1], Auth, Refused),
        (Answer(401, ""), [1, 1, 1], Auth, Refused),
        (Answer(403, ""), [1, 1, 1], Auth, Refused),
        (Answer(404, ""), [1, 1, 1], Rejected, Refused),
        (Answer(409, "frozen"), [1, 1, 1], Rejected, Refused),
        (Answer(409, "passing"), [4, 4, 4], Server, Refused),
        (Answer(422, ""), [1, 1, 1], Rejected, Refused),
        (Answer(429, "slow down"), [6, 6, 6], RateLimited, Refused),
    ]
};

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_is_tried_as_often_as_the_table_says() {
    for (step, sends, kind, state) in TABLE {
        for (endpoint, sends) in ALL.iter().zip(sends) {
            let script = step.times(12);
            let core = core(script.clone());
            let error = ask(&core, endpoint).await.unwrap_err();
            let row = format!("{step:?} {endpoint:?}: {error}");
            assert_eq!(script.sent().len(), *sends, "{row}");
            assert_eq!(core.requests_sent(), *sends as u64, "{row}");
            assert_eq!((error.kind(), error.write_state()), (*kind, *state), "{row}");
            let counted = if *kind == ErrorKind::RateLimited { 1 } else { *sends };
            assert_eq!(error.attempts() as usize, counted, "{row}");
            assert_eq!(error.service(), "shop", "{row}");
            assert_eq!(error.operation(), endpoint.name(), "{row}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_fault_is_ridden_out_wherever_a_repeat_is_safe() {
    for (step, sends, ..) in TABLE {
        for (endpoint, sends) in ALL.iter().zip(sends) {
            let script = step.onto(ScriptedTransport::default()).answer(200, GOOD);
            let answer = ask(&core(script.clone()), endpoint).await;
            assert_eq!(answer.is_ok(), *sends > 1, "{step:?} {endpoint:?}");
            assert_eq!(script.sent().len(), (*sends).min(2), "{step:?} {endpoint:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_once_call_that_the_caller_vouches_for_is_repeated_like_a_repeatable_one() {
    for (step, [_, repeatable, _], ..) in TABLE {
        let script = step.times(12);
        let vouched = core(script.clone()).with(CallOptions::default().repeatable());
        ask(&vouched, &ADD).await.unwrap_err();
        assert_eq!(script.sent().len(), *repeatable, "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_garbled_answer_is_repeated_once_in_the_whole_call_not_once_per_fault() {
    let script = Step::Answer(200, "{")
        .onto(ScriptedTransport::default())
        .answer(503, "")
        .answer(200, "{")
        .answer(200, GOOD);
    let error = ask(&core(script.clone()), &STORE).await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!((script.sent().len(), script.left()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn options_limit_the_attempts() {
    for (attempts, sent) in [(1, 1), (2, 2), (7, 7)] {
        let script = Step::Answer(503, "").times(12);
        let core = core(script.clone()).with(CallOptions::default().attempts(attempts));
        assert_eq!(ask(&core, &STORE).await.unwrap_err().attempts(), attempts);
        assert_eq!(script.sent().len(), sent);
    }
    let script = Step::Answer(503, "").times(2);
    ask(&core(script.clone()).with(CallOptions::single_attempt()), &STORE).await.unwrap_err();
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_may_help_later_is_told_apart_from_what_never_will() {
    for (step, _, kind, _) in TABLE {
        let error = ask(&core(step.times(12)), &ADD).await.unwrap_err();
        let later = !matches!(kind, ErrorKind::Config | ErrorKind::Auth | ErrorKind::Rejected);
        assert_eq!(error.is_worth_retrying_later(), later, "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_may_have_acted_is_not_forgotten_when_the_next_one_is_refused() {
    for last in
        [Step::Fail(FailureKind::Connect), Step::Answer(409, "frozen"), Step::Answer(429, "slow down")]
    {
        let script = Step::Fail(FailureKind::Interrupted).times(1);
        let script = (0..12).fold(script, |script, _| last.onto(script));
        let core = core(script);
        let error = ask(&core, &STORE).await.unwrap_err();
        assert_eq!(error.write_state(), WriteState::Unknown, "{error}");
    }
}
