//! The admin port over real sockets.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

mod wire;

use std::sync::Arc;
use std::time::Duration;

use ordway_anrok_http::{Clock, SystemClock};
use ordway_anrok_sandbox::anrok::FakeAnrok;
use ordway_anrok_sandbox::ordway::FakeOrdway;
use ordway_anrok_sandbox::{Sandbox, SandboxClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::{admin, send};

async fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::builder().admin(0).start().await.unwrap();
    let url = sandbox.admin_url().unwrap();
    (sandbox, url)
}

fn find<'a>(summary: &'a Value, list: &str, id: &str) -> &'a Value {
    summary[list].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap()
}

#[tokio::test]
async fn people_post_edit_credit_pay_and_reverse() {
    let (sandbox, url) = sandbox().await;
    let post = |path: String, body: Value| {
        let url = url.clone();
        async move { admin(&url, "POST", &format!("/admin/ordway/{path}"), &body).await }
    };
    let (status, invoice) = post("invoices/INV-00001/post".into(), json!({})).await;
    assert_eq!((status, &invoice["status"]), (200, &json!("Posted")));
    let (status, answer) = post("invoices/INV-00001/post".into(), json!({})).await;
    assert_eq!((status, &answer["error"]), (422, &json!("only a draft can be posted")));
    assert!(answer["remedy"].as_str().unwrap().contains("/admin/summary"));

    let (status, invoice) = post("invoices/INV-00001/edit".into(), json!({"amount": "12.50"})).await;
    assert_eq!((status, &invoice["subtotal"]), (200, &json!("12.50")));
    for (body, wanted) in [
        (json!({"amount": "12,50"}), 400),
        (json!({"amount": 12.5}), 400),
        (json!({}), 400),
        (json!({"amount": "1", "line_no": "77"}), 422),
        (json!({"amount": "1", "lineno": "1"}), 400),
    ] {
        assert_eq!(post("invoices/INV-00001/edit".into(), body.clone()).await.0, wanted, "{body}");
    }
    let (status, credit) = post("invoices/INV-00001/credit".into(), json!({"amount": "2.50"})).await;
    assert_eq!((status, &credit["credit_amount"]), (200, &json!("2.50")));
    let id = credit["id"].as_str().unwrap();
    assert_eq!(post(format!("credits/{id}/reverse"), json!({})).await.1["status"], "Reversed");
    let (status, payment) = post("invoices/INV-00001/pay".into(), json!({"amount": "1"})).await;
    assert_eq!(status, 200, "{payment}");
    let (status, invoice) = post("invoices/INV-00001/reverse".into(), json!({})).await;
    let today = sandbox.clock().now().strftime("%Y-%m-%d").to_string();
    assert_eq!((status, &invoice["reversed_on"]), (200, &json!(today)));
    assert_eq!(post("invoices/INV-00001/edit".into(), json!({"amount": "1"})).await.0, 422);
    assert_eq!(post("invoices/INV-99999/post".into(), json!({})).await.0, 404);

    let address = json!({"street": "233 S Wacker Dr", "city": "Chicago", "state": "IL", "zip": "60606", "country": "US"});
    let (status, invoice) = post("invoices/INV-00017/address".into(), address).await;
    assert_eq!((status, &invoice["billing_contact"]["state"]), (200, &json!("IL")));
    let (status, customer) = post("records/customers".into(), json!({"name": "Acme"})).await;
    assert_eq!(status, 200, "{customer}");
    assert_eq!(post("records/spoons".into(), json!({})).await.0, 404);
    let (status, played) = post("second-act".into(), json!({})).await;
    assert_eq!((status, &played["error"]), (422, &json!("only a draft can be posted")));
}

#[tokio::test]
async fn the_summary_and_the_dump_show_what_changed() {
    let (sandbox, url) = sandbox().await;
    let (_, mapped) = admin(&url, "POST", "/admin/anrok/products", &json!({"external_id": "P-00006"})).await;
    assert_eq!(mapped["category_id"], "saasBusiness");
    let nowhere = json!({"external_id": "P-1", "category_id": "soup"});
    assert_eq!(admin(&url, "POST", "/admin/anrok/products", &nowhere).await.0, 400);
    let (_, locks) = admin(&url, "POST", "/admin/anrok/freeze", &json!({"month": "2026-08"})).await;
    assert_eq!(locks["frozen_months"], json!(["2026-08"]));
    for month in ["2026-8", "2026-13", "August", "2026-08-01"] {
        assert_eq!(
            admin(&url, "POST", "/admin/anrok/freeze", &json!({"month": month})).await.0,
            400,
            "{month}"
        );
    }
    let (_, summary) = admin(&url, "GET", "/admin/summary", &Value::Null).await;
    assert_eq!(find(&summary, "invoices", "INV-00001")["customer"], "Empire Publishing");
    assert_eq!(find(&summary, "credits", "CR-00001")["status"], "Processed");
    assert!(summary["products"].as_array().unwrap().contains(&json!("P-00006")));
    assert_eq!(summary["frozen_months"], json!(["2026-08"]));
    let (_, state) = admin(&url, "GET", "/admin/state", &Value::Null).await;
    assert_eq!(state, sandbox.dump());
    assert_eq!(state["ordway"]["invoices"].as_array().unwrap().len(), 21);
    let shown = state.to_string() + &summary.to_string();
    for (name, secret) in sandbox.env() {
        if name.ends_with("KEY") || name.ends_with("TOKEN") {
            assert!(!shown.contains(&secret), "{name}");
        }
    }
    assert_eq!(admin(&url, "POST", "/admin/anrok/unfreeze", &json!({"month": "2026-07"})).await.0, 422);
    let (_, locks) = admin(&url, "POST", "/admin/anrok/unfreeze", &json!({"month": "2026-08"})).await;
    assert_eq!(locks["frozen_months"], json!([]));
}

async fn ask_ordway(sandbox: &Sandbox) -> Option<u16> {
    send(&sandbox.ordway_base_url(), "GET", "/invoices?name=Private", &[], "").await.map(|answer| answer.0)
}

#[tokio::test]
async fn the_network_breaks_and_mends_and_the_log_tells() {
    let (sandbox, url) = sandbox().await;
    assert_eq!(ask_ordway(&sandbox).await, Some(403));
    let (status, broken) =
        admin(&url, "POST", "/admin/faults/break", &json!({"preset": "offline", "service": "ordway"})).await;
    assert_eq!((status, &broken["outages"][0]["preset"]), (200, &json!("offline")));
    assert_eq!(ask_ordway(&sandbox).await, None);
    for wrong in
        [json!({"preset": "storm"}), json!({"service": "x"}), json!({"seconds": 0}), json!({"seconds": "9"})]
    {
        assert_eq!(admin(&url, "POST", "/admin/faults/break", &wrong).await.0, 400, "{wrong}");
    }
    admin(&url, "POST", "/admin/faults/mend", &json!({})).await;
    let plan = json!({"rules": [{"fault": {"kind": "too_many_requests"}}], "frozen_months": ["2026-01"]});
    let (status, shown) = admin(&url, "PUT", "/admin/faults", &plan).await;
    assert_eq!((status, &shown["plan"]["rules"][0]["fault"]["kind"]), (200, &json!("too_many_requests")));
    assert_eq!(sandbox.anrok().frozen_months(), ["2026-01"]);
    assert_eq!(ask_ordway(&sandbox).await, Some(429));
    for wrong in [
        json!({"rule": []}),
        json!({"frozen_months": ["soon"]}),
        json!({"rules": [{"fault": {"kind": "x"}}]}),
    ] {
        let (status, answer) = admin(&url, "PUT", "/admin/faults", &wrong).await;
        assert_eq!(status, 400, "{answer}");
    }
    admin(&url, "DELETE", "/admin/faults", &Value::Null).await;
    assert_eq!(ask_ordway(&sandbox).await, Some(403));

    let (_, log) = admin(&url, "GET", "/admin/requests", &Value::Null).await;
    let seen: Vec<_> = log["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["status"].as_u64(), row["faults"].to_string()))
        .collect();
    let wanted = [
        (Some(403), "[]"),
        (None, r#"["connect_refused"]"#),
        (Some(429), r#"["too_many_requests"]"#),
        (Some(403), "[]"),
    ];
    assert_eq!(seen, wanted.map(|(status, faults)| (status, faults.to_owned())));
    assert_eq!(log["requests"][0]["query"], "name=…");
    assert_eq!(sandbox.requests().len(), 4);
    let (_, log) = admin(&url, "GET", "/admin/requests?after=3", &Value::Null).await;
    assert_eq!((log["requests"].as_array().unwrap().len(), &log["last"]), (1, &json!(4)));
    assert_eq!(admin(&url, "GET", "/admin/requests?before=3", &Value::Null).await.0, 400);
    assert_eq!(admin(&url, "DELETE", "/admin/requests", &Value::Null).await.0, 200);
    assert_eq!(sandbox.requests(), []);
}

#[tokio::test]
async fn the_calendar_is_set_and_sockets_go_on() {
    let (sandbox, url) = sandbox().await;
    admin(&url, "POST", "/admin/clock/freeze", &json!({})).await;
    let (status, clock) =
        admin(&url, "POST", "/admin/clock/set", &json!({"now": "2026-01-31T10:00:00Z"})).await;
    assert_eq!((status, clock), (200, json!({"now": "2026-01-31T10:00:00.000Z", "frozen": true})));
    let (_, clock) = admin(&url, "POST", "/admin/clock/advance", &json!({"by": "1 month"})).await;
    assert_eq!(clock["now"], "2026-02-28T10:00:00.000Z");
    for wrong in [json!({"by": "soon"}), json!({}), json!({"by": "9000 years"})] {
        assert_eq!(admin(&url, "POST", "/admin/clock/advance", &wrong).await.0, 400, "{wrong}");
    }
    let slow = json!({"rules": [{"fault": {"kind": "latency", "ms": 20}}]});
    admin(&url, "PUT", "/admin/faults", &slow).await;
    let asked = tokio::time::timeout(Duration::from_secs(20), ask_ordway(&sandbox)).await;
    assert_eq!(asked.unwrap(), Some(403), "a frozen calendar holds no answer up");
    let (_, invoice) = admin(&url, "POST", "/admin/ordway/invoices/INV-00006/reverse", &json!({})).await;
    assert_eq!(invoice["reversed_on"], "2026-02-28");
    let (_, clock) = admin(&url, "POST", "/admin/clock/run", &json!({})).await;
    assert_eq!(clock["frozen"], false);
    assert!(!sandbox.clock().is_frozen());
}

#[tokio::test]
async fn fakes_with_a_clock_of_their_own_keep_it() {
    let own: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let fakes = || (FakeOrdway::new(Arc::clone(&own)), FakeAnrok::new(Arc::clone(&own)));
    let (ordway, anrok) = fakes();
    let sandbox = Sandbox::builder().fakes(ordway, anrok).admin(0).start().await.unwrap();
    let url = sandbox.admin_url().unwrap();
    let (status, answer) = admin(&url, "POST", "/admin/clock/freeze", &json!({})).await;
    assert_eq!(status, 409);
    assert!(answer["remedy"].as_str().unwrap().contains("sandbox_clock"), "{answer}");

    let clock = SandboxClock::system();
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let (ordway, anrok) = (FakeOrdway::new(Arc::clone(&shared)), FakeAnrok::new(shared));
    let sandbox =
        Sandbox::builder().fakes(ordway, anrok).sandbox_clock(clock).admin(0).start().await.unwrap();
    let url = sandbox.admin_url().unwrap();
    assert_eq!(admin(&url, "POST", "/admin/clock/freeze", &json!({})).await.0, 200);
}

#[tokio::test]
async fn a_reset_starts_over_with_the_same_handles() {
    let (sandbox, url) = sandbox().await;
    let hook = json!({"name": "Mine", "url": "http://127.0.0.1:9/", "status": "inactive",
        "headers": [{"key": "X-Secret", "value": "s3cret"}]});
    admin(&url, "POST", "/admin/ordway/records/webhooks", &hook).await;
    admin(&url, "POST", "/admin/ordway/second-act", &json!({})).await;
    admin(&url, "POST", "/admin/anrok/freeze", &json!({"month": "2026-01"})).await;
    ask_ordway(&sandbox).await;
    let (status, answer) = admin(&url, "POST", "/admin/reset", &json!({})).await;
    assert_eq!((status, answer), (200, json!({"invoices": 21, "credits": 2})));
    assert_eq!(sandbox.ordway().get("invoices", "INV-00001").unwrap()["status"], "Draft");
    assert_eq!((sandbox.requests().len(), sandbox.anrok().frozen_months().len()), (0, 0));
    assert_eq!(sandbox.ordway().count("webhooks"), 1, "what is set up stays");
    assert!(!sandbox.dump().to_string().contains("s3cret"));
    assert_eq!(ask_ordway(&sandbox).await, Some(403), "credentials stay");
    assert_eq!(admin(&url, "POST", "/admin/reset", &json!({"seed": "empty"})).await.1["invoices"], 0);
    assert_eq!(admin(&url, "POST", "/admin/reset", &json!({"seed": "demo"})).await.1["invoices"], 21);
    assert_eq!(admin(&url, "POST", "/admin/reset", &json!({"seed": "spoons"})).await.0, 400);
    let broken =
        json!({"format": "ordway-anrok-sandbox/1", "ordway": {"invoices": [{"customer_id": "C-NOBODY"}]}});
    let (status, answer) = admin(&url, "POST", "/admin/reset", &json!({"seed": broken})).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(sandbox.ordway().count("invoices"), 21, "a refused reset changes nothing");

    admin(&url, "POST", "/admin/ordway/invoices/INV-00001/post", &json!({})).await;
    let (_, seed) = admin(&url, "GET", "/admin/seed", &Value::Null).await;
    assert!(!seed.to_string().contains("s3cret"));
    admin(&url, "POST", "/admin/reset", &json!({"seed": "empty"})).await;
    let (status, answer) = admin(&url, "POST", "/admin/reset", &json!({"seed": seed})).await;
    assert_eq!((status, answer), (200, json!({"invoices": 21, "credits": 2})));
    assert_eq!(sandbox.ordway().get("invoices", "INV-00001").unwrap()["status"], "Posted");
    assert_eq!(sandbox.anrok().products().len(), 5);
}

#[tokio::test]
async fn a_page_elsewhere_cannot_drive_it() {
    let (sandbox, url) = sandbox().await;
    let json = ("content-type", "application/json");
    let reset = |headers: Vec<(&'static str, &'static str)>| {
        let url = url.clone();
        async move { send(&url, "POST", "/admin/reset", &headers, r#"{"seed":"empty"}"#).await.unwrap().0 }
    };
    assert_eq!(reset(vec![json, ("host", "rebound.example:4012")]).await, 403);
    assert_eq!(reset(vec![json, ("origin", "https://evil.example")]).await, 403);
    assert_eq!(reset(vec![("content-type", "text/plain")]).await, 415);
    assert_eq!(sandbox.ordway().count("invoices"), 21);
    let (status, head, _) = send(&url, "GET", "/", &[], "").await.unwrap();
    assert_eq!(status, 200);
    for wanted in [
        "content-security-policy: default-src 'none'; script-src 'self'",
        "x-content-type-options: nosniff",
        "frame-ancestors 'none'",
    ] {
        assert!(head.contains(wanted), "{head}");
    }
    assert!(!head.to_lowercase().contains("access-control-allow"), "{head}");
    let (status, answer) = admin(&url, "POST", "/admin/nothing", &json!({})).await;
    assert_eq!((status, &answer["error"]), (404, &json!("there is no endpoint /admin/nothing")));
    let (status, answer) = admin(&url, "POST", "/admin/state", &json!({})).await;
    assert_eq!((status, &answer["error"]), (405, &json!("/admin/state takes GET")));
    assert_eq!(send(&url, "POST", "/admin/reset", &[json], "[1]").await.unwrap().0, 400);
    let bare = Sandbox::builder().empty().admin(0).without_page().start().await.unwrap();
    assert_eq!(send(&bare.admin_url().unwrap(), "GET", "/", &[], "").await.unwrap().0, 404);
    assert!(Sandbox::start().await.unwrap().admin_url().is_none(), "not unless asked for");
}

#[tokio::test]
async fn a_watcher_is_told_at_once() {
    let (sandbox, url) = sandbox().await;
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /admin/events HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    let mut changed = async |wanted: usize| {
        while seen.matches("event: change").count() < wanted {
            let mut part = [0; 4096];
            let read =
                tokio::time::timeout(Duration::from_secs(20), stream.read(&mut part)).await.unwrap().unwrap();
            assert!(read > 0, "the stream ended: {seen}");
            seen.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        seen.contains("text/event-stream")
    };
    assert!(changed(1).await);
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    assert!(changed(2).await, "a change behind the server's back");
    ask_ordway(&sandbox).await;
    assert!(changed(3).await, "a request");
    admin(&url, "POST", "/admin/clock/freeze", &json!({})).await;
    assert!(changed(4).await, "a button");
}
