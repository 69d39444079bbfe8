//! Method, path, headers and exact body of every operation, over real HTTP.

use anrok_client::certificate_requests::{self, CreateCertificateRequest};
use anrok_client::certificates::{
    self, CertificateFile, CertificateFilter, CertificateJuris, CertificateStatus, CreateCertificate,
    ListCertificates,
};
use anrok_client::filings::{self, FilingFilter, ListFilings};
use anrok_client::product_mappings::{self, AddMapping};
use anrok_client::products::{self, CreateProduct, TaxCategoryId};
use anrok_client::tax_ids::{self, ValidateTaxIds};
use anrok_client::transactions::{
    self, Accounting, CreateNegation, Line, ListTransactions, TaxId, TaxIdKind, TransactionFilter,
};
use anrok_client::{AccountingTimeZone, Address, Endpoint, UsJuris, product_tax_categories};
use httpmock::{Mock, MockServer};
use ordway_anrok_http::testing::MockServerExt as _;
use serde_json::{Value, json};

use crate::{SECRET, connected, invoice};

/// A mock that takes exactly this path and body, with the credentials.
fn expect<'a, Q, R>(
    server: &'a MockServer,
    endpoint: &Endpoint<Q, R>,
    path: &str,
    body: Value,
    answer: Value,
) -> Mock<'a> {
    server.on("", endpoint, |when, then| {
        when.path(path)
            .header("authorization", format!("Bearer s1abc/sa2def/secret.{SECRET}"))
            .header("content-type", "application/json")
            .json_body(body);
        then.status(200).json_body(answer);
    })
}

fn calculation() -> Value {
    json!({"taxAmountToCollect": 435, "version": 1, "lineItems": [{"id": "1", "taxAmountToCollect": 435, "jurises": []}]})
}

#[tokio::test]
async fn create_ephemeral() {
    let server = MockServer::start_async().await;
    let body = json!({
        "currencyCode": "USD", "accountingDate": "2026-08-31",
        "lineItems": [{"id": "1", "productExternalId": "P-1", "amount": 4900}],
        "customerAddress": {"country": "US", "region": "NY", "postalCode": "10001"},
    });
    let path = "/v1/seller/transactions/createEphemeral";
    let mock = expect(&server, &transactions::CREATE_EPHEMERAL, path, body, calculation());
    let anrok = connected(&server.base_url());
    let quote = anrok.transactions().create_ephemeral(&invoice()).await.unwrap();
    assert_eq!((quote.tax_amount_to_collect, quote.check_against(&invoice())), (435, Ok(())));
    assert_eq!(anrok.requests_sent(), 1);
    mock.assert();
}

#[tokio::test]
async fn create_or_update_with_everything() {
    let server = MockServer::start_async().await;
    let body = json!({
        "id": "ordway:INV-1", "currencyCode": "USD",
        "accountingTime": "2022-01-02T03:30:00Z", "accountingTimeZone": "America/New_York", "taxDate": "2022-01-01",
        "lineItems": [
            {"id": "1", "productExternalId": "P-1", "amount": 4900},
            {"productExternalId": "P 2", "amount": -100, "isTaxIncludedInAmount": true, "quantity": "12.30"},
        ],
        "customerAddress": {"country": "US", "region": "NY", "postalCode": "10001"},
        "customerId": "ordway:C-1", "customerName": "Acme",
        "customerTaxIds": [{"type": "euVrn", "value": "DE1"}, {"type": "genericVatNumber", "value": "GB1"}],
        "shipFromAddress": {"line1": "230 S LaSalle St", "city": "Chicago"},
    });
    let path = "/v1/seller/transactions/createOrUpdate";
    let mock = expect(&server, &transactions::CREATE_OR_UPDATE, path, body, calculation());
    let mut full = invoice().line(Line {
        is_tax_included: Some(true),
        quantity: Some("12.30".parse().unwrap()),
        ..Line::new("P 2", -100)
    });
    let zone = Some(AccountingTimeZone::NewYork);
    full.accounting = Accounting::Time { time: "2022-01-02T03:30:00Z".parse().unwrap(), zone };
    full.tax_date = Some("2022-01-01".parse().unwrap());
    full.customer_id = Some("ordway:C-1".into());
    full.customer_name = Some(" Acme ".to_owned());
    full.customer_tax_ids =
        vec![TaxId { kind: TaxIdKind::EuVrn, value: "DE1".to_owned() }, TaxId::vat("GB1")];
    full.ship_from = Some(Address::builder().line1("230 S LaSalle St").city("Chicago").build());
    let anrok = connected(&server.base_url());
    let done = anrok.transactions().create_or_update(&"ordway:INV-1".into(), &full).await.unwrap();
    assert_eq!(done.version, Some(1));
    mock.assert();
}

#[tokio::test]
async fn negate_and_void() {
    let server = MockServer::start_async().await;
    let negate = expect(
        &server,
        &transactions::CREATE_NEGATION,
        "/v1/seller/transactions/createNegation",
        json!({"originalTransactionId": "t", "newTransactionId": "t:neg", "originalTransactionExpectedVersion": 2}),
        json!({}),
    );
    let void_path = "/v1/seller/transactions/id:ordway:INV-1/void";
    let versioned = json!({"transactionExpectedVersion": 3});
    let void = expect(&server, &transactions::VOID, void_path, versioned, json!({}));
    let void_any =
        expect(&server, &transactions::VOID, "/v1/seller/transactions/id:t/void", json!({}), json!({}));
    let anrok = connected(&server.base_url()).transactions();
    let negation = CreateNegation {
        original_transaction_expected_version: Some(2),
        ..CreateNegation::new("t", "t:neg")
    };
    anrok.create_negation(&negation).await.unwrap();
    anrok.void(&"ordway:INV-1".into(), Some(3)).await.unwrap();
    anrok.void(&"t".into(), None).await.unwrap();
    [negate, void, void_any].iter().for_each(Mock::assert);
}

#[tokio::test]
async fn products_and_categories() {
    let server = MockServer::start_async().await;
    let create = expect(
        &server,
        &products::CREATE,
        "/v1/seller/products/create",
        json!({"externalId": "sku 1", "taxCategoryId": {"type": "custom", "id": "sptc1"}, "name": "Pro", "description": "D"}),
        json!({}),
    );
    // The path of a mock is compared decoded; that the space is encoded is seen in `guards`.
    let get = server.on("", &products::GET, |when, then| {
        when.json_body(json!({}));
        let id = json!({"type": "custom", "id": "sptc1", "new": 1});
        let body = json!({"externalId": "sku 1", "taxCategoryId": id, "name": "Pro", "description": ""});
        then.status(200).json_body(body);
    });
    let categories = expect(
        &server,
        &product_tax_categories::LIST,
        "/v1/seller/productTaxCategories/list",
        json!({}),
        json!({"productTaxCategories": [{"id": {"type": "standard", "id": "saasBusiness"}, "name": "SaaS"}]}),
    );
    let anrok = connected(&server.base_url());
    let mut product = CreateProduct::new("sku 1", TaxCategoryId::custom("sptc1"), "Pro");
    product.description = Some("D".to_owned());
    anrok.products().create(&product).await.unwrap();
    let found = anrok.products().get("sku 1").await.unwrap().unwrap();
    // A category as it was read, unknown members and all, is sent as documented.
    product.tax_category_id = found.tax_category_id.unwrap();
    anrok.products().create(&product).await.unwrap();
    anrok.check().await.unwrap();
    assert_eq!(
        anrok.product_tax_categories().list().await.unwrap()[0].id,
        TaxCategoryId::standard("saasBusiness")
    );
    create.assert_calls(2);
    get.assert();
    categories.assert_calls(2);
}

#[tokio::test]
async fn product_mappings_of_a_data_source() {
    let server = MockServer::start_async().await;
    let base = "/v1/seller/integrations/id:si1/productIdMapping";
    let list = expect(
        &server,
        &product_mappings::LIST,
        &format!("{base}/list"),
        json!({}),
        json!([{"a": "x"}, {"b": "y"}]),
    );
    let add = format!("{base}/add");
    let plain = json!({"sourceId": "a", "targetId": "x"});
    let add_plain = expect(&server, &product_mappings::ADD, &add, plain, json!({}));
    let overwriting = json!({"sourceId": "a", "targetId": "x", "shouldOverwrite": true});
    let add_over = expect(&server, &product_mappings::ADD, &add, overwriting, json!({}));
    let source = connected(&server.base_url()).data_source("si1");
    assert_eq!(source.integration_id().as_str(), "si1");
    let mappings = source.product_mappings();
    assert_eq!(mappings.list().await.unwrap().target_of("b"), Some("y"));
    let mut mapping = AddMapping::new("a", "x");
    mappings.add(&mapping).await.unwrap();
    mapping.should_overwrite = Some(true);
    mappings.add(&mapping).await.unwrap();
    [list, add_plain, add_over].iter().for_each(Mock::assert);
}

#[tokio::test]
async fn certificates_all_calls() {
    let server = MockServer::start_async().await;
    let create = expect(
        &server,
        &certificates::CREATE,
        "/v1/seller/certificates/create",
        json!({
            "customerId": "c", "customerName": "Acme", "effectiveDateBegin": "2022-01-01", "exemptionNumber": "n",
            "notes": "x", "certificateFile": {"name": "cert.png", "contentsBase64": "Y2VydC5wbmc="},
            "jurises": [
                {"jurisId": "us-MA", "registrationId": "r", "effectiveDateEndi": "2023-01-01", "notes": "y"},
                {"jurisId": "us-NY"},
            ],
        }),
        json!({"id": "ctec1"}),
    );
    let get = expect(
        &server,
        &certificates::GET,
        "/v1/seller/certificates/id:ctec1/get",
        json!({}),
        json!({"id": "ctec1"}),
    );
    let path = "/v1/seller/certificates/id:ctec1/archive";
    let archive = expect(&server, &certificates::ARCHIVE, path, json!({}), json!({}));
    let list = expect(
        &server,
        &certificates::LIST,
        "/v1/seller/certificates/list",
        json!({"filter": {"customerId": "c", "status": "expiringSoon"}, "limit": 5}),
        json!({"certificates": [], "nextCursor": null, "hasMore": false}),
    );
    let calls = connected(&server.base_url()).certificates();
    let text = |text: &str| Some(text.to_owned());
    let juris = CertificateJuris {
        registration_id: text("r"),
        effective_date_end: Some("2023-01-01".parse().unwrap()),
        notes: text("y"),
        ..CertificateJuris::new(UsJuris::MA)
    };
    let certificate = CreateCertificate {
        customer_id: "c".into(),
        customer_name: text("Acme"),
        effective_date_begin: "2022-01-01".parse().unwrap(),
        exemption_number: text("n"),
        notes: text("x"),
        certificate_file: CertificateFile { name: "cert.png".into(), contents_base64: "Y2VydC5wbmc=".into() },
        jurises: vec![juris, CertificateJuris::new(UsJuris::NY)],
    };
    let id = calls.create(&certificate).await.unwrap();
    assert_eq!(calls.get(&id).await.unwrap().unwrap().id, id);
    calls.archive(&id).await.unwrap();
    let filter =
        CertificateFilter { customer_id: Some("c".into()), status: Some(CertificateStatus::ExpiringSoon) };
    assert!(calls.list(ListCertificates { filter, limit: Some(5) }).try_next().await.unwrap().is_none());
    [create, get, archive, list].iter().for_each(Mock::assert);
}

#[tokio::test]
async fn certificate_requests_and_tax_ids() {
    let server = MockServer::start_async().await;
    let request = expect(
        &server,
        &certificate_requests::CREATE,
        "/v1/seller/certificateRequests/create",
        json!({"customerId": "c", "emailAddress": "a@b.c", "sendEmail": false}),
        json!({"requestId": "cre_1", "requestLink": "https://app.example/cre_1"}),
    );
    let validate = expect(
        &server,
        &tax_ids::VALIDATE,
        "/v1/seller/taxId/validate",
        json!({"customerAddress": {"country": "CA"}, "customerTaxIds": [{"value": "1"}, {"value": "2"}]}),
        json!({"jurises": [{"name": "Canada (federal)", "validTaxIds": [{"value": "1"}]}]}),
    );
    let ask = expect(
        &server,
        &tax_ids::VALIDATE,
        "/v1/seller/taxId/validate",
        json!({"customerAddress": {"country": "CA"}, "customerTaxIds": []}),
        json!({"jurises": []}),
    );
    let anrok = connected(&server.base_url());
    let mut create = CreateCertificateRequest::new("c", "a@b.c");
    create.send_email = Some(false);
    let made = anrok.certificate_requests().create(&create).await.unwrap();
    assert_eq!(made.request_id.as_str(), "cre_1");
    let mut query = ValidateTaxIds {
        customer_address: Address::builder().country("CA").build(),
        customer_tax_ids: vec!["1".to_owned(), " 2".to_owned()],
    };
    let answer = anrok.tax_ids().validate(&query).await.unwrap();
    assert!(answer.is_valid("1") && !answer.is_valid("2"));
    query.customer_tax_ids.clear();
    anrok.tax_ids().validate(&query).await.unwrap();
    [request, validate, ask].iter().for_each(Mock::assert);
}

#[tokio::test]
async fn lists_of_transactions_and_filings() {
    let server = MockServer::start_async().await;
    let path = "/v1/seller/transactions/list";
    let empty = || json!({"transactions": [], "filings": [], "hasMore": false});
    let modified = json!({"filter": {"type": "lastModifiedAfter", "value": "2025-08-08T16:00:00.000Z"}});
    let modified = expect(&server, &transactions::LIST, path, modified, empty());
    let filing = expect(
        &server,
        &transactions::LIST,
        path,
        json!({"filter": {"type": "filingInfo", "value":
            {"filingAssociationStatus": "associated", "jurisId": "us-MA", "jurisFilingId": "2025-01"}}, "limit": 20}),
        empty(),
    );
    let all = expect(&server, &transactions::LIST, path, json!({}), empty());
    let filings = expect(
        &server,
        &filings::LIST,
        "/v1/seller/filings/list",
        json!({"filter": {"jurisId": "us-MA", "periodEndDateRangeInclusive": "2025-01..2025-03"}}),
        empty(),
    );
    let anrok = connected(&server.base_url());
    let filters = [
        (Some(TransactionFilter::LastModifiedAfter("2025-08-08T16:00:00Z".parse().unwrap())), None),
        (
            Some(TransactionFilter::Filing { juris_id: "us-MA".into(), juris_filing_id: "2025-01".into() }),
            Some(20),
        ),
        (None, None),
    ];
    for (filter, limit) in filters {
        let mut pages = anrok.transactions().list(ListTransactions { filter, limit });
        assert!(pages.try_next().await.unwrap().is_none());
    }
    let filter = FilingFilter {
        juris_id: Some("us-MA".into()),
        period_ends: Some("2025-01..2025-03".parse().unwrap()),
    };
    let mut pages = anrok.filings().list(ListFilings { filter, limit: None });
    assert!(pages.try_next().await.unwrap().is_none());
    [modified, filing, all, filings].iter().for_each(Mock::assert);
}
