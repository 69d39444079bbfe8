//! What goes over the wire, checked with httpmock.
#![allow(clippy::unwrap_used)]

use httpmock::MockServer;
use jiff::civil::date;
use ordway_anrok_http::testing::MockServerExt as _;
use ordway_client::customers::{self, ListCustomers, NewCustomer, UpdateCustomer};
use ordway_client::invoices::{self, InvoiceStatus, LineTax, ListInvoices, Reversal, TaxWrite};
use ordway_client::{
    Client, CredentialFault, Credentials, Direction, ErrorKind, Method, OrdwayError, Pacer, Patch, RawCall,
    RetryPolicy, Safety, Sort, WriteState, credits, debit_memos, products,
};
use serde_json::json;

fn client(server: &MockServer) -> Client {
    builder(server).build().unwrap()
}

fn builder(server: &MockServer) -> ordway_client::ClientBuilder {
    Client::builder(Credentials::new(
        "Example Company",
        "ops@example.com",
        "CANARY-token".into(),
        "CANARY-key".into(),
    ))
    .base_url(format!("{}/api/v1", server.base_url()))
    .retry_policy(RetryPolicy::fast())
    .pacer(Pacer::unlimited())
}

#[tokio::test]
async fn all_headers_go_with_every_request() {
    let server = MockServer::start_async().await;
    let mock = server.on("/api/v1", &customers::CHECK, |when, then| {
        when.header("x-user-company", "Example Company")
            .header("x-user-email", "ops@example.com")
            .header("x-user-token", "CANARY-token")
            .header("x-api-key", "CANARY-key")
            .header("x-company-token", "CANARY-extra")
            .header("accept", "application/json")
            .query_param("size", "1")
            .query_param("page", "1");
        then.status(200).body("[]");
    });
    let ordway = builder(&server).company_token("CANARY-extra".into()).build().unwrap();
    ordway.check().await.unwrap();
    mock.assert_calls(1);
    assert_eq!(ordway.requests_sent(), 1);
}

#[tokio::test]
async fn a_list_is_asked_for_as_recorded_and_to_the_empty_page() {
    let server = MockServer::start_async().await;
    let page = |n: &'static str, body: &'static str| {
        server.on("/api/v1", &invoices::LIST, move |when, then| {
            when.query_param("sort", "updated_date,id")
                .query_param("size", "50")
                .query_param("page", n)
                .query_param("updated_date>", "2020-11-10T00:00:00.000000Z")
                .query_param("status", "Partially paid")
                .query_param("due_date<", "2021-01-01");
            then.status(200).body(body);
        })
    };
    let pages = [
        page("1", r#"[{"id":"INV-1"}]"#),
        page("2", r#"{"invoices":[{"id":"INV-2"}],"total":2}"#),
        page("3", "[]"),
    ];
    let mut list = client(&server).invoices().list(ListInvoices {
        updated_since: Some("2020-11-10T00:00:00Z".parse().unwrap()),
        status: Some(InvoiceStatus::PartiallyPaid),
        sort: Some(Sort::by("updated_date,id")),
        filters: vec![("due_date<".into(), "2021-01-01".into())],
        ..ListInvoices::default()
    });
    let mut ids = Vec::new();
    while let Some(invoice) = list.try_next().await.unwrap() {
        ids.push(invoice.id.to_string());
    }
    assert_eq!(ids, ["INV-1", "INV-2"], "a short page is not the end");
    for page in pages {
        page.assert_calls(1);
    }
}

#[tokio::test]
async fn sizes_are_capped_and_directions_written() {
    let server = MockServer::start_async().await;
    let mock = server.on("/api/v1", &customers::LIST, |when, then| {
        when.query_param("size", "50").query_param("sort", "name desc").query_param("name", "A & B");
        then.status(200).body("[]");
    });
    let mut list = client(&server).customers().list(ListCustomers {
        name: Some("A & B".into()),
        size: Some(1_000),
        sort: Some(Sort::by("name").direction(Direction::Descending)),
        ..ListCustomers::default()
    });
    assert_eq!(list.try_next().await.unwrap(), None);
    mock.assert_calls(1);
}

#[tokio::test]
async fn the_tax_write_has_its_body_and_is_sent_once() {
    let server = MockServer::start_async().await;
    let mock = server.on("/api/v1", &invoices::WRITE_TAX, |when, then| {
        when.path("/api/v1/invoices/INV-00042").header("content-type", "application/json").json_body(json!({
            "line_items": [{"line_no": "1", "line_tax": "8.75", "tax_lines": [
                {"name": "CA State Tax", "value": "6.00"}, {"name": "Alameda County", "value": "2.75"}
            ]}]
        }));
        then.status(502);
    });
    let tax = TaxWrite {
        lines: vec![LineTax {
            line_no: "1".into(),
            line_tax: "8.75".into(),
            tax_lines: vec![("CA State Tax".into(), "6.00".into()), ("Alameda County".into(), "2.75".into())],
        }],
    };
    let error = client(&server).invoices().write_tax(&"INV-00042".into(), &tax).await.unwrap_err();
    assert_eq!(error.write_state(), WriteState::Unknown);
    mock.assert_calls(1);
}

#[tokio::test]
async fn a_rerouted_endpoint_goes_where_it_is_sent() {
    let server = MockServer::start_async().await;
    let mock = server.mock(|when, then| {
        when.method("POST").path("/api/v1/invoices/INV-1/update_taxes");
        then.status(204);
    });
    let ordway = builder(&server)
        .route("invoices.writeTax", Method::Post, "/invoices/{id}/update_taxes")
        .build()
        .unwrap();
    assert_eq!(ordway.invoices().write_tax(&"INV-1".into(), &TaxWrite::default()).await.unwrap(), None);
    mock.assert_calls(1);
}

#[tokio::test]
async fn writes_have_their_bodies_and_tolerate_their_answers() {
    let server = MockServer::start_async().await;
    let created = server.on("/api/v1", &customers::CREATE, |when, then| {
        when.json_body(json!({"name": "Organization 4", "id": "C-9", "segment": "smb"}));
        then.status(200).body(
            r#"{"id":"C-9","name":"Organization 4","payment_terms":"Net 30","contacts":{"id":"CT-1"}}"#,
        );
    });
    let updated = server.on("/api/v1", &customers::UPDATE, |when, then| {
        when.json_body(json!({"tax_exempt": true, "parent_customer": null, "description": "x"}));
        then.status(200).body(r#"[{"id":"C-9","tax_exempt":true}]"#);
    });
    let reversed = server.on("/api/v1", &credits::REVERSE, |when, then| {
        when.json_body(json!({"reversed_on": "2026-02-03"}));
        then.status(200).body(r#"{"message":"done"}"#);
    });
    let posted = server.on("/api/v1", &invoices::POST, |when, then| {
        when.body("");
        then.status(200);
    });
    let ordway = client(&server);
    let mut new = NewCustomer { id: Some("C-9".into()), ..NewCustomer::new("Organization 4") };
    new.extra.insert("segment".into(), json!("smb"));
    let customer = ordway.customers().create(&new).await.unwrap();
    assert_eq!(customer.contacts.len(), 1);
    let change = UpdateCustomer {
        tax_exempt: Some(true),
        parent_customer: Patch::Clear,
        description: Patch::Set("x".into()),
        ..UpdateCustomer::default()
    };
    assert_eq!(ordway.customers().update(&customer.id, &change).await.unwrap().tax_exempt, Some(true));
    let reversal = Reversal::on(date(2026, 2, 3));
    assert_eq!(ordway.credits().reverse(&"CR-1".into(), &reversal).await.unwrap(), None);
    assert_eq!(ordway.invoices().post(&"INV-1".into()).await.unwrap(), None);
    for mock in [created, updated, reversed, posted] {
        mock.assert_calls(1);
    }
}

#[tokio::test]
async fn reads_are_repeated_and_refusals_are_not() {
    let server = MockServer::start_async().await;
    let mut busy = server.on("/api/v1", &invoices::GET, |_, then| {
        then.status(503);
    });
    let error = client(&server).invoices().get(&"INV-1".into()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 4));
    busy.delete();
    let refused = server.on("/api/v1", &customers::CHECK, |_, then| {
        then.status(401)
            .header("x-request-id", "req-1")
            .body(r#"{"error":{"status":401,"title":"Invalid Email/Token combination. CANARY-token"}}"#);
    });
    let error = client(&server).check().await.unwrap_err();
    assert!(error.is_auth());
    assert_eq!(error.api().and_then(OrdwayError::fault), Some(CredentialFault::UserEmailOrToken));
    assert_eq!(error.request_id(), Some("req-1"));
    let text = format!("{error} {error:?} {:?}", error.body_excerpt());
    assert!(text.contains("ORDWAY_USER_TOKEN") && !text.contains("CANARY"), "{text}");
    refused.assert_calls(1);
}

#[tokio::test]
async fn other_shapes_of_one_record_and_raw_calls() {
    let server = MockServer::start_async().await;
    server.on("/api/v1", &products::GET, |_, then| {
        then.status(200).body(r#"[{"id":"P-1","price":"1,234.50","taxable":"Yes"}]"#);
    });
    server.on("/api/v1", &debit_memos::GET, |_, then| {
        then.status(404)
            .body(r#"{"errors":{"status":404,"source":"debit_memos","details":"No reason specified."}}"#);
    });
    server.mock(|when, then| {
        when.method("GET").path("/api/v1/currencies/US%20D");
        then.status(200).body("{}");
    });
    let ordway = client(&server);
    let product = ordway.products().get(&"P-1".into()).await.unwrap();
    assert_eq!((product.price, product.taxable), (Some("1234.50".parse().unwrap()), Some(true)));
    let error = ordway.debit_memos().get(&"DM/1".into()).await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("source: debit_memos"), "{error}");
    let call = RawCall::new(Method::Get, "/currencies/{code}", Safety::Read).id("US D");
    assert_eq!(ordway.raw(call).await.unwrap(), json!({}));
}

#[test]
fn the_inventory_is_whole_and_its_names_are_unique() {
    let rows: Vec<String> = ordway_client::endpoints().map(ToString::to_string).collect();
    let names: std::collections::BTreeSet<_> = ordway_client::endpoints().map(|e| e.name).collect();
    assert_eq!(names.len(), rows.len());
    for row in [
        "GET /invoices invoices.list (Read, grade A)",
        "PUT /invoices/{id} invoices.writeTax (Once, grade D)",
        "PUT /invoices/{id}/reverse invoices.reverse (Once, grade B)",
        "PUT /customers/{id} customers.update (Repeatable, grade A)",
        "POST /credits credits.create (Once, grade B)",
        "GET /debit_memos/{id} debitMemos.get (Read, grade C)",
    ] {
        assert!(rows.iter().any(|known| known == row), "{row} is missing");
    }
    for endpoint in ordway_client::endpoints() {
        let reads = endpoint.method == Method::Get;
        assert_eq!(reads, endpoint.safety == Safety::Read, "{endpoint}");
        assert!(endpoint.method != Method::Post || endpoint.safety == Safety::Once, "{endpoint}");
    }
}
