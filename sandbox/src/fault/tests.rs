//! Each fault at its place, and nowhere else.

use super::*;
use crate::ordway::FakeOrdway;
use ordway_anrok_http::VirtualClock;
use serde_json::Value;

fn world(plan: FaultPlan) -> (FakeOrdway, Faults, Faulty<FakeOrdway>) {
    let clock = Arc::new(VirtualClock::starting_at("2026-03-10T12:00:00Z".parse().unwrap()));
    let fake = FakeOrdway::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let faults = Faults::new(plan, clock);
    let transport = faults.wrap(Service::Ordway, fake.clone());
    (fake, faults, transport)
}

fn one(fault: Fault) -> FaultPlan {
    FaultPlan::seeded(1).rule(FaultRule::new(fault).when(When::Nth(1)))
}

fn create(fake: &FakeOrdway) -> Exchange {
    exchange(fake, "POST", "/customers", r#"{"name":"Acme"}"#)
}

fn exchange(fake: &FakeOrdway, method: &str, path: &str, body: &'static str) -> Exchange {
    let config = fake.config();
    let request = Request::builder()
        .method(method)
        .uri(format!("http://ordway.test/api/v1{path}"))
        .header("X-User-Company", config.company)
        .header("X-User-Email", config.user_email)
        .header("X-User-Token", config.user_token)
        .header("X-API-KEY", config.api_key)
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap();
    Exchange::new(request)
}

/// Sends one create under the fault: what came back, and whether the server acted.
async fn outcome(fault: Fault) -> (Result<Response<Bytes>, FailureKind>, bool) {
    let (fake, faults, transport) = world(one(fault));
    let result = transport.send(create(&fake)).await.map_err(|error| error.kind());
    assert_eq!(faults.fired().len(), 1);
    let acted = fake.count("customers") == 1;
    assert_eq!(transport.send(create(&fake)).await.unwrap().status(), 200, "the next call passes");
    (result, acted)
}

#[tokio::test(start_paused = true)]
async fn lost_connections() {
    for (fault, kind, acts) in [
        (Fault::ResetBefore, FailureKind::Interrupted, false),
        (Fault::ResetAfter, FailureKind::Interrupted, true),
        (Fault::TimeoutAfter, FailureKind::Timeout, true),
        (Fault::ConnectRefused, FailureKind::Connect, false),
        (Fault::Latency { ms: 60_000 }, FailureKind::Timeout, true),
    ] {
        let (result, acted) = outcome(fault.clone()).await;
        assert_eq!((result.unwrap_err(), acted), (kind, acts), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_answers() {
    for (fault, status, acts) in [
        (Fault::Status { status: 503, acted: false }, 503, false),
        (Fault::Status { status: 502, acted: true }, 502, true),
        (Fault::HtmlPage { acted: true }, 200, true),
        (Fault::TooManyRequests { retry_after: None }, 429, false),
        (Fault::ExternalServiceError, 409, false),
        (Fault::Unauthorized, 401, false),
        (Fault::Truncate { at: 10 }, 200, true),
        (Fault::Truncate { at: 1 << 30 }, 200, true),
    ] {
        let (result, acted) = outcome(fault.clone()).await;
        let response = result.unwrap();
        assert_eq!((response.status().as_u16(), acted), (status, acts), "{fault:?}");
        if status == 200 {
            assert!(serde_json::from_slice::<Value>(response.body()).is_err(), "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_sent_as_it_is() {
    for text in ["0", "-5", "Sun, 06 Nov 1994 08:49:37 GMT", "1000000000"] {
        let (result, _) = outcome(Fault::TooManyRequests { retry_after: Some(text.to_owned()) }).await;
        assert_eq!(result.unwrap().headers()[header::RETRY_AFTER], text);
    }
}

#[tokio::test(start_paused = true)]
async fn rules_choose_their_calls() {
    let plan = FaultPlan::seeded(1)
        .rule(FaultRule::new(Fault::ResetBefore).service(Service::Anrok))
        .rule(FaultRule::new(Fault::Unauthorized).operation("/products").when(When::After(1)))
        .rule(FaultRule::new(Fault::ResetBefore).operation("POST /api/v1/customers").when(When::OncePerCall));
    let (fake, faults, transport) = world(plan);
    assert!(transport.send(create(&fake)).await.is_err());
    assert!(transport.send(create(&fake)).await.is_ok(), "the repetition passes");
    let other = exchange(&fake, "POST", "/customers", r#"{"name":"Other"}"#);
    assert!(transport.send(other).await.is_err(), "another call is hit once as well");
    let products = || exchange(&fake, "GET", "/products", "");
    assert_eq!(transport.send(products()).await.unwrap().status(), 200);
    assert_eq!(transport.send(products()).await.unwrap().status(), 401);
    let fired = faults.fired();
    assert_eq!(fired.len(), 3);
    assert_eq!((fired[2].rule, fired[2].operation.as_str()), (1, "GET /api/v1/products"));
    faults.stop();
    assert_eq!(transport.send(products()).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_outage_begins_and_ends() {
    let outage = When::Between { from_ms: 1_000, to_ms: 5_000 };
    let plan = FaultPlan::seeded(1).rule(FaultRule::new(Fault::ConnectRefused).when(outage));
    let (fake, _, transport) = world(plan);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(transport.send(create(&fake)).await.is_ok());
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    assert_eq!(seen, [true, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn the_seed_decides_the_draws() {
    let draws = |seed| async move {
        let plan = FaultPlan::seeded(seed).rule(FaultRule::new(Fault::ResetBefore).when(When::PerMille(300)));
        let (fake, _, transport) = world(plan);
        let mut failed = Vec::new();
        for _ in 0..200 {
            failed.push(transport.send(create(&fake)).await.is_err());
        }
        failed
    };
    let (first, again, other) = (draws(1).await, draws(1).await, draws(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let share = first.iter().filter(|failed| **failed).count();
    assert!((30..90).contains(&share), "{share}");
}

#[test]
fn plans_are_json_and_checked() {
    let plan = FaultPlan::seeded(3)
        .rule(FaultRule::new(Fault::Truncate { at: 5 }).service(Service::Anrok).operation("void"))
        .rule(FaultRule::new(Fault::ResetAfter).when(When::Between { from_ms: 1, to_ms: 2 }));
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(FaultPlan::from_json(&text).unwrap(), plan);
    for (bad, why) in [
        (r#"{"rules":[{"fault":{"kind":"status","status":200}}]}"#, "400 to 599"),
        (r#"{"rules":[{"fault":{"kind":"reset_after"},"when":{"per_mille":1001}}]}"#, "at most 1000"),
        (
            r#"{"rules":[{"fault":{"kind":"reset_after"},"when":{"between":{"from_ms":2,"to_ms":2}}}]}"#,
            "to_ms",
        ),
        (r#"{"rules":[{"fault":{"kind":"meteor"}}]}"#, "cannot be read"),
        (r#"{"rulez":[]}"#, "cannot be read"),
    ] {
        let error = FaultPlan::from_json(bad).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_lies_on_top_of_the_plan_and_ends() {
    let (fake, faults, transport) = world(FaultPlan::default());
    faults.break_network(Outage::new(Preset::Offline).service(Service::Anrok));
    assert_eq!(transport.send(create(&fake)).await.unwrap().status(), 200, "the other service");
    faults.break_network(Outage::new(Preset::Offline).lasts(Duration::from_secs(10)));
    assert_eq!(transport.send(create(&fake)).await.unwrap_err().kind(), FailureKind::Connect);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let left: Vec<_> = faults.outages().iter().map(|outage| (outage.service, outage.lasts)).collect();
    assert_eq!(left, [(Some(Service::Anrok), None), (None, Some(Duration::from_secs(6)))]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(transport.send(create(&fake)).await.unwrap().status(), 200, "it is over");
    assert_eq!(faults.outages().len(), 1);
    faults.mend();
    assert_eq!(faults.outages(), []);
}

#[tokio::test(start_paused = true)]
async fn every_preset_troubles_a_call_and_names_itself() {
    for preset in Preset::ALL {
        let (fake, faults, transport) = world(FaultPlan::seeded(1));
        faults.break_network(Outage::new(*preset));
        for _ in 0..20 {
            transport.send(create(&fake)).await.ok();
        }
        assert!(!faults.fired().is_empty(), "{preset:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_plan_starts_its_counts_and_windows_anew() {
    let (fake, faults, transport) = world(one(Fault::ResetBefore));
    transport.send(create(&fake)).await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let window = When::Between { from_ms: 0, to_ms: 1_000 };
    let plan = FaultPlan::seeded(2).rule(FaultRule::new(Fault::Unauthorized).when(window));
    faults.stop();
    assert_eq!(faults.plan().rules, []);
    faults.replace(plan.clone());
    assert_eq!(faults.plan(), plan);
    assert_eq!(transport.send(create(&fake)).await.unwrap().status(), 401);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(transport.send(create(&fake)).await.unwrap().status(), 200);
    assert_eq!(faults.fired().len(), 2);
}
