//! The sandbox over real sockets.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test that fails may panic

use std::collections::HashMap;
use std::fmt::Write as _;

use ordway_anrok_sandbox::fault::{Fault, FaultPlan, FaultRule, Service, When};
use ordway_anrok_sandbox::{Sandbox, SandboxError};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends one request by hand; the status and body, or `None` where the connection closed without an answer.
async fn send(
    base: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
    let rest = base.strip_prefix("http://").unwrap();
    let (host, prefix) =
        rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    let mut stream = TcpStream::connect(host).await.unwrap();
    let mut text = format!("{method} {prefix}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    write!(text, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

async fn ordway(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let env: HashMap<_, _> = sandbox.env().into_iter().collect();
    let headers = [
        ("X-User-Company", env["ORDWAY_COMPANY"].as_str()),
        ("X-User-Email", env["ORDWAY_USER_EMAIL"].as_str()),
        ("X-User-Token", env["ORDWAY_USER_TOKEN"].as_str()),
        ("X-API-KEY", env["ORDWAY_API_KEY"].as_str()),
    ];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, body) = send(&env["ORDWAY_BASE_URL"], method, path, &headers, &body).await?;
    Some((status, serde_json::from_str(&body).unwrap_or_default()))
}

#[tokio::test]
async fn both_fakes_answer_with_the_demo_company() {
    let sandbox = Sandbox::start().await.unwrap();
    assert!(sandbox.ordway_base_url().ends_with("/api/v1"));
    let (status, page) =
        ordway(&sandbox, "GET", "/invoices?status=Draft&size=50&page=1", &Value::Null).await.unwrap();
    assert_eq!((status, page.as_array().unwrap().len()), (200, 5));
    assert_eq!(send(&sandbox.ordway_base_url(), "GET", "/invoices", &[], "").await.unwrap().0, 403);

    let path = "/invoices/INV-00001";
    let tax = json!({"line_items": [{"line_no": "1", "line_tax": "43.49"}]});
    let (status, invoice) = ordway(&sandbox, "PUT", path, &tax).await.unwrap();
    assert_eq!((status, &invoice["invoice_amount"]), (200, &json!("533.49")));
    assert_eq!(sandbox.ordway().get("invoices", "INV-00001").unwrap()["invoice_tax"], "43.49");

    let key = format!("Bearer {}", sandbox.anrok().api_key());
    let list = "/v1/seller/productTaxCategories/list";
    let (status, body) =
        send(&sandbox.anrok_base_url(), "POST", list, &[("authorization", &key)], "{}").await.unwrap();
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn a_reset_closes_the_connection_without_an_answer() {
    let plan = FaultPlan::seeded(1)
        .rule(FaultRule::new(Fault::ResetAfter).service(Service::Ordway).when(When::OncePerCall));
    let sandbox = Sandbox::builder().empty().faults(plan).start().await.unwrap();
    let body = json!({"id": "C-1", "name": "Acme"});
    assert_eq!(ordway(&sandbox, "POST", "/customers", &body).await, None);
    assert_eq!(sandbox.ordway().count("customers"), 1, "the server had acted");
    assert_eq!(ordway(&sandbox, "POST", "/customers", &body).await.unwrap().0, 422, "so the id is taken");
    assert_eq!(sandbox.faults().fired().len(), 1);
}

#[tokio::test]
async fn a_connection_is_kept_for_several_requests() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let address = sandbox.ordway_base_url().replace("http://", "").replace("/api/v1", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"POST /api/v1/customers HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}")
            .await
            .unwrap();
        let mut part = [0; 1024];
        assert!(stream.read(&mut part).await.unwrap() > 0);
    }
    assert_eq!(sandbox.ordway().requests_served(), 3);
}

#[tokio::test]
async fn dropping_the_sandbox_frees_its_ports() {
    let sandbox = Sandbox::builder().empty().start().await.unwrap();
    let url = sandbox.ordway_base_url();
    let port: u16 = url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let taken = Sandbox::builder().empty().ports(port, 0).start().await.unwrap_err();
    assert!(matches!(taken, SandboxError::Listen { port: p, .. } if p == port), "{taken}");
    assert!(taken.to_string().contains(&port.to_string()));
    drop(sandbox);
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn a_missing_seed_folder_is_named() {
    let refused = Sandbox::builder().seed_folder("/no/such/folder").start().await.unwrap_err();
    assert!(refused.to_string().contains("/no/such/folder"), "{refused}");
}
