//! What holds for every sequence of faults.

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{CallOptions, FailureKind, Safety, WriteState};
use proptest::prelude::*;

use crate::rig::{ALL, GOOD, Slow, Step, ask, core, millis, secs};

/// Steps and what is known about their effect; `None` for success.
const STEPS: &[(Step, Option<WriteState>)] = &[
    (Step::Answer(200, GOOD), None),
    (Step::Answer(200, "{"), Some(WriteState::Unknown)),
    (Step::Answer(200, "<html>"), Some(WriteState::Unknown)),
    (Step::Answer(409, "frozen"), Some(WriteState::Refused)),
    (Step::Answer(409, "passing"), Some(WriteState::Refused)),
    (Step::Answer(429, ""), Some(WriteState::Refused)),
    (Step::Answer(500, ""), Some(WriteState::Unknown)),
    (Step::Answer(503, ""), Some(WriteState::Unknown)),
    (Step::Fail(FailureKind::Connect), Some(WriteState::NotSent)),
    (Step::Fail(FailureKind::Interrupted), Some(WriteState::Unknown)),
    (Step::Fail(FailureKind::Timeout), Some(WriteState::Unknown)),
    (Step::Fail(FailureKind::TooLarge), Some(WriteState::Unknown)),
];

proptest! {
    #[test]
    fn no_call_acts_twice_by_accident_nor_denies_what_it_may_have_done(
        steps in proptest::collection::vec(proptest::sample::select(STEPS), 20),
        endpoint in proptest::sample::select(&ALL[..]),
        attempts in 1u32..6,
        takes in 0u64..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let origin = tokio::time::Instant::now();
            let script = steps.iter().fold(ScriptedTransport::new(), |script, (step, _)| step.onto(script));
            let network = Slow::new(script, secs(takes));
            let result = ask(&core(network.clone()).with(CallOptions::default().attempts(attempts)), &endpoint).await;

            let limits: Vec<_> = network.script.sent().iter().map(|sent| sent.timeout).collect();
            // What the caller cannot see: an answer that came too late counts as lost.
            let seen: Vec<Option<WriteState>> = limits
                .iter()
                .zip(&steps)
                .map(|(limit, (_, state))| if secs(takes) > *limit { Some(WriteState::Unknown) } else { *state })
                .collect();
            let may_have_acted = |state: &&Option<WriteState>| matches!(state, None | Some(WriteState::Unknown));
            if endpoint.info().safety == Safety::Once {
                assert!(seen.iter().filter(may_have_acted).count() <= 1, "{seen:?}");
            }
            assert!(limits.iter().all(|limit| *limit > millis(0)), "{limits:?}");
            let throttled = steps[..seen.len()].iter().filter(|s| matches!(s.0, Step::Answer(429, _))).count();
            assert!(seen.len() <= attempts as usize + throttled, "{seen:?}");
            // Attempts and delays stay within the deadline; pauses after a 429 come on top.
            assert!(origin.elapsed() <= secs(91) + secs(31) * u32::try_from(throttled).unwrap());
            match result {
                Ok(_) => assert_eq!(seen.last(), Some(&None)),
                Err(error) => {
                    assert!(seen.last().is_some_and(Option::is_some), "{error}: {seen:?}");
                    let unknown = seen.contains(&Some(WriteState::Unknown));
                    assert_eq!(error.write_state() == WriteState::Unknown, unknown, "{error}: {seen:?}");
                }
            }
        });
    }
}
