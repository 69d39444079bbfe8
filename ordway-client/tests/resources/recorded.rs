//! Recorded refunds must survive reading and writing without loss.

use std::path::Path;
use std::sync::Arc;

use ordway_anrok_http::Transport;
use ordway_anrok_http::testing::ScriptedTransport;
use ordway_client::{Client, Credentials, ListQuery};
use serde_json::Value;

#[tokio::test(start_paused = true)]
async fn refunds() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures/ordway-recorded"));
    let page = |n: u8| std::fs::read_to_string(folder.join(format!("refunds-page{n}.json")));
    let (Ok(first), Ok(second)) = (page(1), page(2)) else {
        eprintln!("SKIPPED: no recorded refunds in ../shared/fixtures/ordway-recorded");
        return;
    };
    let originals: Vec<Value> = serde_json::from_str(&first).unwrap();
    let script = ScriptedTransport::new().answer(200, first).answer(200, second);
    let transport: Arc<dyn Transport> = Arc::new(script.clone());
    let credentials =
        Credentials::new("Example Company", "ops@example.com", "token-token".into(), "key-key".into());
    let ordway = Client::builder(credentials).transport(transport).build().unwrap();
    let mut refunds = ordway.refunds().list(ListQuery::default());
    let mut read = Vec::new();
    while let Some(refund) = refunds.try_next().await.unwrap() {
        assert!(refund.extra.is_empty() && refund.refund_status.as_ref().unwrap().is_known());
        assert!(refund.refund_amount.is_some() && refund.refund_date.as_ref().unwrap().date().is_some());
        read.push(serde_json::to_value(&refund).unwrap());
    }
    assert_eq!(read, originals);
    assert!(refunds.take_rejects().is_empty());
}
