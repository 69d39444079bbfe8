//! Lists end, resume and survive odd servers.

use anrok_client::certificates::{CertificateFilter, ListCertificates};
use anrok_client::filings::ListFilings;
use anrok_client::transactions::{ListTransactions, TransactionFilter};
use anrok_client::{Checkpoint, OnBadRecord};
use ordway_anrok_http::testing::ScriptedTransport;
use serde_json::{Value, json};

use crate::{bodies, scripted};

fn page(ids: &[&str], rest: Value) -> String {
    let mut page = rest;
    page["transactions"] = ids.iter().map(|id| json!({"type": "void", "id": id})).collect();
    page.to_string()
}

async fn ids(script: &ScriptedTransport) -> Vec<String> {
    let time = "2025-01-01T00:00:00.1234Z".parse().unwrap();
    let filter = Some(TransactionFilter::LastModifiedAfter(time));
    let mut pages = scripted(script).transactions().list(ListTransactions { filter, limit: Some(2) });
    let mut ids = Vec::new();
    while let Some(transaction) = pages.try_next().await.unwrap() {
        ids.push(transaction.id);
    }
    ids
}

#[tokio::test]
async fn the_filter_goes_first_and_then_only_the_cursor() {
    let script = ScriptedTransport::new()
        .answer(200, page(&["a", "b"], json!({"nextCursor": "c1", "hasMore": true})))
        .answer(200, page(&[], json!({"nextCursor": "c2", "hasMore": true})))
        .answer(200, page(&["c"], json!({"nextCursor": "c3", "hasMore": false})));
    assert_eq!(ids(&script).await, ["a", "b", "c"]);
    assert_eq!(
        bodies(&script),
        [
            json!({"filter": {"type": "lastModifiedAfter", "value": "2025-01-01T00:00:00.123Z"}, "limit": 2}),
            json!({"cursor": "c1", "limit": 2}),
            json!({"cursor": "c2", "limit": 2}),
        ]
    );
}

#[tokio::test]
async fn a_list_ends_without_cursor_and_with_one_that_was_there_before() {
    let ends = [
        json!({"hasMore": true}),
        json!({"hasMore": true, "nextCursor": null}),
        json!({"hasMore": true, "nextCursor": ""}),
        json!({}),
        json!({"hasMore": true, "nextCursor": "c1"}),
    ];
    for end in ends {
        let script = ScriptedTransport::new()
            .answer(200, page(&["a"], json!({"nextCursor": "c1"})))
            .answer(200, page(&["b"], end.clone()));
        assert_eq!(ids(&script).await, ["a", "b"], "{end}");
        assert_eq!(script.left(), 0);
    }
}

#[tokio::test]
async fn cursors_in_a_circle_end_the_list() {
    let script = ScriptedTransport::new()
        .answer(200, page(&["a"], json!({"nextCursor": "x", "hasMore": true})))
        .answer(200, page(&["b"], json!({"nextCursor": "y", "hasMore": true})))
        .answer(200, page(&["c"], json!({"nextCursor": "x", "hasMore": true})));
    assert_eq!(ids(&script).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_left() {
    let script = ScriptedTransport::new().answer(200, json!({"filings": [], "hasMore": false}).to_string());
    let mut pages = scripted(&script).filings().list(ListFilings::default()).resume(Checkpoint::new("c9"));
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(bodies(&script), [json!({"cursor": "c9"})]);
}

#[tokio::test]
async fn a_page_that_is_read_again_does_not_end_the_list() {
    let first = page(&["a"], json!({"nextCursor": "c1", "hasMore": true}));
    let script = ScriptedTransport::new()
        .answer(200, first.clone())
        .answer(200, first)
        .answer(200, page(&["b"], json!({"hasMore": false})));
    let mut pages = scripted(&script).transactions().list(ListTransactions::default());
    assert_eq!(pages.try_next().await.unwrap().unwrap().id, "a");
    let start = pages.checkpoint().unwrap().clone();
    let mut pages = pages.resume(start);
    assert_eq!(pages.try_next().await.unwrap().unwrap().id, "a");
    assert_eq!(pages.try_next().await.unwrap().unwrap().id, "b");
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn page_sizes_and_filters_that_the_api_refuses_are_refused_here() {
    let anrok = scripted(&ScriptedTransport::new());
    for limit in [0, 21] {
        let mut pages = anrok.transactions().list(ListTransactions { filter: None, limit: Some(limit) });
        assert!(pages.try_next().await.unwrap_err().to_string().contains("1 to 20"));
    }
    let filter = Some(TransactionFilter::Filing { juris_id: " ".into(), juris_filing_id: "2025-01".into() });
    let mut pages = anrok.transactions().list(ListTransactions { filter, limit: None });
    assert!(pages.try_next().await.unwrap_err().to_string().contains("blank"));
    let filter = CertificateFilter { customer_id: Some("".into()), status: None };
    let mut pages = anrok.certificates().list(ListCertificates { filter, limit: None });
    assert!(pages.try_next().await.unwrap_err().to_string().contains("blank"));
    let mut pages = anrok.certificates().list(ListCertificates { limit: Some(101), ..Default::default() });
    assert!(pages.try_next().await.is_err());
    let mut pages = anrok.filings().list(ListFilings { limit: Some(101), ..Default::default() });
    assert!(pages.try_next().await.is_err());
    assert_eq!(anrok.requests_sent(), 0);
}

#[tokio::test]
async fn one_bad_record_does_not_lose_its_page() {
    let body =
        json!({"transactions": [{"id": "a"}, {"id": {"x": 1}}, {"id": "c"}], "hasMore": false}).to_string();
    let script = ScriptedTransport::new().answer(200, body);
    let mut pages = scripted(&script)
        .transactions()
        .list(ListTransactions::default())
        .on_bad_record(OnBadRecord::Collect);
    assert_eq!(pages.try_next().await.unwrap().unwrap().id, "a");
    assert_eq!(pages.try_next().await.unwrap().unwrap().id, "c");
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(pages.take_rejects()[0].path, "[1].id");
}

#[tokio::test]
async fn an_answer_without_its_list_or_with_an_odd_cursor_is_no_end() {
    for body in ["{}", r#"{"transactions":{}}"#, r#"{"transactions":[],"hasMore":true,"nextCursor":7}"#] {
        let script = ScriptedTransport::new().answer(200, body).answer(200, body);
        let mut pages = scripted(&script).transactions().list(ListTransactions::default());
        assert!(pages.try_next().await.unwrap_err().is_decode(), "{body}");
    }
}
