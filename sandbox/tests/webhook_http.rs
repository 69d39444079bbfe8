//! Webhooks that arrive at a real listener, or do not.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

use std::time::Duration;

use jiff::SignedDuration;
use ordway_anrok_sandbox::fault::{FaultPlan, WebhookFault, WebhookRule, When};
use ordway_anrok_sandbox::{Sandbox, SandboxBuilder, WebhookConfig, WebhookUrlError};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Head and body of one request.
type Got = (String, Value);

/// A receiver that answers with the statuses given, then 200.
async fn receiver(statuses: &'static [u16]) -> (String, mpsc::UnboundedReceiver<Got>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=t0ken", socket.local_addr().unwrap());
    let (sender, got) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut statuses = statuses.iter().copied();
        while let Ok((mut stream, _)) = socket.accept().await {
            let mut text = String::new();
            loop {
                let mut part = [0; 8192];
                let read = stream.read(&mut part).await.unwrap();
                text.push_str(&String::from_utf8_lossy(&part[..read]));
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let Ok(body) = serde_json::from_str(body) else { continue };
                let status = statuses.next().unwrap_or(200);
                let answer =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nlocation: /elsewhere\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                sender.send((head.to_owned(), body)).unwrap();
                break;
            }
        }
    });
    (url, got)
}

async fn next(got: &mut mpsc::UnboundedReceiver<Got>) -> Got {
    tokio::time::timeout(Duration::from_secs(20), got.recv()).await.unwrap().unwrap()
}

/// `(id, status of the record)` of the next request.
async fn next_invoice(got: &mut mpsc::UnboundedReceiver<Got>) -> (String, String) {
    let (_, body) = next(got).await;
    let part = |name: &str| body["record"][name].as_str().unwrap().to_owned();
    (part("id"), part("status"))
}

async fn attempts(sandbox: &Sandbox, count: usize) -> Vec<(String, u32, Option<u16>, Option<&'static str>)> {
    for _ in 0..2_000 {
        let rows = sandbox.deliveries();
        if rows.len() >= count {
            return rows.into_iter().map(|row| (row.id, row.attempt, row.status, row.fault)).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Vec::new()
}

async fn start(builder: SandboxBuilder, url: &str) -> Sandbox {
    let sandbox = builder.start().await.unwrap();
    sandbox.clock().freeze();
    sandbox.deliver_webhooks_to(url, &[("X-Company-Token", "s3cret")]).unwrap();
    sandbox
}

/// With the demo company, and one fault for the first invoice event.
fn with(fault: WebhookFault) -> SandboxBuilder {
    let rule = WebhookRule::new(fault).class("Invoice").when(When::Nth(1));
    Sandbox::builder().faults(FaultPlan::seeded(1).webhook(rule))
}

#[tokio::test]
async fn posting_an_invoice_reaches_a_listener() {
    let (url, mut got) = receiver(&[]).await;
    let sandbox = start(Sandbox::builder(), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    let (head, body) = next(&mut got).await;
    assert!(head.starts_with("POST /hook?token=t0ken HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("x-company-token: s3cret") && head.contains("content-type: application/json"),
        "{head}"
    );
    assert_eq!((&body["object"], &body["event"]), (&"Invoice".into(), &"edit".into()));
    assert_eq!((&body["record"]["id"], &body["record"]["status"]), (&"INV-00001".into(), &"Posted".into()));
    assert_eq!(attempts(&sandbox, 1).await[0], ("INV-00001".to_owned(), 1, Some(200), None));
    let shown = format!(
        "{:?} {} {}",
        sandbox.deliveries(),
        sandbox.dump(),
        serde_json::to_string(&sandbox.deliveries()).unwrap()
    );
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(sandbox.deliveries().iter().all(|row| row.arrived() && row.url.ends_with("/hook")));
}

#[tokio::test]
async fn a_lost_event_is_lost_and_the_log_says_so() {
    let (url, mut got) = receiver(&[]).await;
    let sandbox = start(with(WebhookFault::Drop), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    sandbox.ordway().post_invoice("INV-00002").unwrap();
    assert_eq!(next_invoice(&mut got).await.0, "INV-00002");
    let rows = attempts(&sandbox, 2).await;
    assert!(rows.contains(&("INV-00001".to_owned(), 1, None, Some("drop"))), "{rows:?}");
    sandbox.clock().advance(SignedDuration::from_hours(24));
    sandbox.ordway().post_invoice("INV-00003").unwrap();
    assert_eq!(next_invoice(&mut got).await.0, "INV-00003", "it is not tried again");
}

#[tokio::test]
async fn an_event_may_come_twice() {
    let (url, mut got) = receiver(&[]).await;
    let sandbox = start(with(WebhookFault::Duplicate), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    assert_eq!(next(&mut got).await.1, next(&mut got).await.1);
    let rows = attempts(&sandbox, 2).await;
    assert!(rows.iter().all(|row| row.3 == Some("duplicate")), "{rows:?}");
}

#[tokio::test]
async fn a_late_event_comes_when_the_clock_says_so() {
    let (url, mut got) = receiver(&[]).await;
    let sandbox = start(with(WebhookFault::Delay { ms: 60_000 }), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    sandbox.ordway().post_invoice("INV-00002").unwrap();
    assert_eq!(next_invoice(&mut got).await.0, "INV-00002");
    sandbox.clock().advance(SignedDuration::from_secs(60));
    assert_eq!(next_invoice(&mut got).await, ("INV-00001".to_owned(), "Posted".to_owned()));
}

#[tokio::test]
async fn an_event_may_be_overtaken() {
    let (url, mut got) = receiver(&[]).await;
    let sandbox = start(with(WebhookFault::Reorder), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    sandbox.ordway().edit_invoice("INV-00001", |invoice| invoice["status"] = "Paid".into()).unwrap();
    assert_eq!(next_invoice(&mut got).await.1, "Paid");
    assert_eq!(next_invoice(&mut got).await.1, "Posted");
}

#[tokio::test]
async fn a_receiver_that_refuses_is_asked_again_half_an_hour_later() {
    let (url, mut got) = receiver(&[302, 500]).await;
    let sandbox = start(Sandbox::builder(), &url).await;
    sandbox.ordway().post_invoice("INV-00001").unwrap();
    let first = next(&mut got).await;
    for wanted in [1, 2] {
        attempts(&sandbox, wanted).await;
        sandbox.clock().advance(SignedDuration::from_mins(30));
        assert_eq!(next(&mut got).await.1, first.1, "the same event, not the record as it is now");
    }
    let rows: Vec<_> = attempts(&sandbox, 3).await.into_iter().map(|row| (row.1, row.2)).collect();
    assert_eq!(rows, [(1, Some(302)), (2, Some(500)), (3, Some(200))]);
}

#[tokio::test]
async fn nobody_there_is_given_up_after_the_last_attempt() {
    let mut config = WebhookConfig::default();
    config.retries = 1;
    config.retry_after = Duration::ZERO;
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    drop(socket);
    let sandbox = start(Sandbox::builder().empty().webhooks(config), &url).await;
    sandbox.ordway().customer("Acme").create().unwrap();
    let rows = attempts(&sandbox, 2).await;
    assert_eq!(rows.iter().map(|row| (row.1, row.2)).collect::<Vec<_>>(), [(1, None), (2, None)]);
    assert_eq!(sandbox.deliveries()[0].failure, Some("nobody listens there"));
    sandbox.clock().advance(SignedDuration::from_hours(24));
    assert_eq!(sandbox.deliveries().len(), 2);
}

#[tokio::test]
async fn a_silent_receiver_holds_up_its_own_webhook_only() {
    let mut config = WebhookConfig::default();
    config.retries = 0;
    config.timeout = Duration::from_millis(300);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, mut got) = receiver(&[]).await;
    let sandbox = Sandbox::builder().empty().webhooks(config).start().await.unwrap();
    sandbox.deliver_webhooks_to(&format!("http://{}/", silent.local_addr().unwrap()), &[]).unwrap();
    sandbox.deliver_webhooks_to(&url, &[]).unwrap();
    sandbox.ordway().customer("Acme").create().unwrap();
    next(&mut got).await;
    let rows = attempts(&sandbox, 2).await;
    assert_eq!(rows.iter().map(|row| row.2).collect::<Vec<_>>(), [Some(200), None]);
    assert_eq!(sandbox.deliveries()[1].failure, Some("no answer in time"));
}

#[tokio::test]
async fn only_this_machine_gets_them() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let refused = |url: &str| sandbox.deliver_webhooks_to(url, &[]).unwrap_err();
    assert_eq!(refused("http://receiver.example/"), WebhookUrlError::NotLoopback);
    assert_eq!(refused("https://127.0.0.1/"), WebhookUrlError::NotHttp);
    assert_eq!(sandbox.ordway().count("webhooks"), 0);
    // Registered through Ordway's API, where the real one would accept it: it is logged, and nothing leaves.
    let record = serde_json::json!({"name": "W", "url": "http://receiver.example/", "status": "active",
        "events": {"Customer": {"create": true}}});
    sandbox.ordway().create("webhooks", &record).unwrap();
    sandbox.ordway().customer("Acme").create().unwrap();
    attempts(&sandbox, 1).await;
    assert_eq!(sandbox.deliveries()[0].failure, Some("the URL leads to another machine"));
    sandbox.clock().advance(SignedDuration::from_hours(24));
    sandbox.ordway().customer("Another").create().unwrap();
    let rows: Vec<_> = attempts(&sandbox, 2).await.into_iter().map(|row| row.1).collect();
    assert_eq!(rows, [1, 1], "what cannot leave is not tried again");
}
