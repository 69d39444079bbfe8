//! The one line that people read.

use ordway_anrok_http::testing::ScriptedTransport;
use ordway_anrok_http::{Endpoint, Error, FailureKind};

use crate::rig::{ADD, Api, LOOK, STORE, Step, Thing, ask, core};

async fn error(script: ScriptedTransport, endpoint: &Endpoint<Thing, Thing>) -> Error<Api> {
    ask(&core(script), endpoint).await.unwrap_err()
}

#[test]
fn an_error_is_one_pointer_wide() {
    fn sendable<T: Send + Sync + 'static>() {}
    assert_eq!(size_of::<Error<Api>>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error<Api>>>(), size_of::<usize>());
    sendable::<Error<Api>>();
}

#[tokio::test(start_paused = true)]
async fn display() {
    let frozen = ScriptedTransport::new().answer_with(409, &[("x-request-id", "7f3")], "transactionFrozen");
    let busy = ScriptedTransport::new().answer_with(429, &[("retry-after", "900")], "Rate limit exceeded");
    for (script, endpoint, text) in [
        (
            frozen,
            STORE,
            "shop things.store: transactionFrozen (HTTP 409, request 7f3, 1 attempt, write refused)",
        ),
        (
            busy,
            ADD,
            "shop things.add: Rate limit exceeded (HTTP 429, 1 attempt, told to wait 900 s, write refused)",
        ),
        (
            Step::Answer(503, "").times(9),
            STORE,
            "shop things.store: refused (HTTP 503, 4 attempts, outcome unknown)",
        ),
        (
            Step::Answer(503, "").times(9),
            ADD,
            "shop things.add: refused (HTTP 503, 1 attempt, outcome unknown and the call is not repeatable)",
        ),
        (
            Step::Fail(FailureKind::Interrupted).times(9),
            ADD,
            "shop things.add: the connection broke, or a gateway answered in the service's place \
             (1 attempt, outcome unknown and the call is not repeatable)",
        ),
        (
            Step::Fail(FailureKind::Connect).times(9),
            ADD,
            "shop things.add: no connection to the service (4 attempts, nothing sent)",
        ),
        (Step::Fail(FailureKind::Timeout).times(9), LOOK, "shop things.look: no answer in time (4 attempts)"),
        (
            Step::Answer(404, "no such thing").times(1),
            LOOK,
            "shop things.look: no such thing (HTTP 404, 1 attempt)",
        ),
        (
            Step::Answer(200, "{\"id\":\"T-1\",\"count\":\"CANARY\"}").times(2),
            LOOK,
            "shop things.look: cannot read the answer at count: invalid type: string \"…\", expected u32 \
             (HTTP 200, 2 attempts)",
        ),
        (
            Step::Answer(200, "{\"id\":").times(2),
            STORE,
            "shop things.store: cannot read the answer at line 1 column 6: the JSON ends too early \
             (HTTP 200, 2 attempts, outcome unknown)",
        ),
    ] {
        assert_eq!(error(script, &endpoint).await.to_string(), text);
    }
}

#[tokio::test(start_paused = true)]
async fn debug_names_the_facts_and_not_the_body() {
    let script = ScriptedTransport::new().answer_with(400, &[("x-request-id", "7f3")], "no");
    let text = format!("{:?}", error(script, &STORE).await);
    assert_eq!(
        text,
        "Error { service: \"shop\", operation: \"things.store\", kind: Rejected, status: Some(400), \
         request_id: Some(\"7f3\"), api: Some(Api(\"no\")), write_state: Refused, attempts: 1, retry_after: None, \
         elapsed: 0ns, detail: None, source: None, .. }"
    );
}

#[tokio::test(start_paused = true)]
async fn the_message_is_said_once_and_the_cause_is_the_source() {
    let cut = error(Step::Fail(FailureKind::Interrupted).times(1), &ADD).await;
    let source = std::error::Error::source(&cut).unwrap();
    assert_eq!(source.to_string(), "the connection broke before the answer was complete");
    assert!(!cut.to_string().contains(&source.to_string()));
}

#[tokio::test(start_paused = true)]
async fn predicates() {
    assert!(error(Step::Answer(404, "").times(1), &LOOK).await.is_not_found());
    assert!(error(Step::Answer(401, "").times(1), &LOOK).await.is_auth());
    assert!(error(Step::Answer(400, "auth").times(1), &LOOK).await.is_auth());
    assert!(error(Step::Answer(408, "").times(4), &LOOK).await.is_timeout());
    assert!(error(Step::Answer(200, "").times(4), &LOOK).await.is_decode());
    let gone = error(Step::Answer(503, "down for maintenance").times(4), &LOOK).await;
    assert_eq!(gone.body_excerpt(), Some("down for maintenance"));
    assert_eq!(gone.api(), Some(&Api("down for maintenance".into())));
}
