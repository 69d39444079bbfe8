//! What is refused before any call, how clients are made, and what they print.

use std::sync::Arc;
use std::time::Duration;

use anrok_client::certificate_requests::CreateCertificateRequest;
use anrok_client::certificates::{CertificateFile, CertificateJuris, CreateCertificate};
use anrok_client::product_mappings::AddMapping;
use anrok_client::products::{CreateProduct, TaxCategoryId};
use anrok_client::tax_ids::ValidateTaxIds;
use anrok_client::transactions::{CreateNegation, Line};
use anrok_client::{Address, BuildError, CallOptions, Client, Environment, ErrorKind, UsJuris, endpoints};
use ordway_anrok_http::testing::ScriptedTransport;

use crate::{SECRET, invoice, key, scripted};

#[tokio::test]
async fn what_anrok_would_refuse_is_never_sent() {
    let script = ScriptedTransport::new();
    let anrok = Client::builder(key()).transport(Arc::new(script.clone())).line_limit(1).build().unwrap();
    let t = anrok.transactions();
    let two = invoice().line(Line::new("P-2", 1));
    let mut errors = vec![
        t.create_ephemeral(&two).await.unwrap_err(),
        t.create_or_update(&"t".into(), &two).await.unwrap_err(),
        t.create_or_update(&" ".into(), &invoice()).await.unwrap_err(),
        t.create_negation(&CreateNegation::new("t", "")).await.unwrap_err(),
        t.void(&"".into(), None).await.unwrap_err(),
        t.void(&"..".into(), None).await.unwrap_err(),
    ];
    let product = CreateProduct::new("a  b", TaxCategoryId::standard("x"), "n");
    errors.push(anrok.products().create(&product).await.unwrap_err());
    let mapping = AddMapping::new("", "x");
    errors.push(anrok.data_source("si1").product_mappings().add(&mapping).await.unwrap_err());
    let request = CreateCertificateRequest::new("c", " ");
    errors.push(anrok.certificate_requests().create(&request).await.unwrap_err());
    let query =
        ValidateTaxIds { customer_address: Address::default(), customer_tax_ids: vec![String::new()] };
    errors.push(anrok.tax_ids().validate(&query).await.unwrap_err());
    let certificate = CreateCertificate {
        customer_id: "c".into(),
        customer_name: None,
        effective_date_begin: "2022-01-01".parse().unwrap(),
        exemption_number: None,
        notes: None,
        certificate_file: CertificateFile { name: "a.pdf".into(), contents_base64: "YQ==".into() },
        jurises: vec![CertificateJuris::new(UsJuris::MA), CertificateJuris::new(UsJuris::MA)],
    };
    errors.push(anrok.certificates().create(&certificate).await.unwrap_err());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
    assert_eq!((anrok.requests_sent(), script.sent().len()), (0, 0));
}

#[tokio::test]
async fn ids_are_encoded_as_one_segment() {
    let script =
        ScriptedTransport::new().answer(200, "{}").answer(409, r#"{"type":"productExternalIdNotFound"}"#);
    let anrok = scripted(&script);
    anrok.transactions().void(&"ordway:INV/1 ?".into(), None).await.unwrap();
    anrok.products().get("sku 1").await.unwrap();
    let paths: Vec<_> = script.sent().iter().map(|sent| sent.uri.path().to_owned()).collect();
    assert_eq!(
        paths,
        [
            "/v1/seller/transactions/id:ordway:INV%2F1%20%3F/void",
            "/v1/seller/products/externalId:sku%201/get"
        ]
    );
}

#[test]
fn a_key_of_another_account_is_refused() {
    let builder = || Client::builder(key()).transport(Arc::new(ScriptedTransport::new()));
    let client = builder().expect_seller("s1abc").environment(Environment::Test).build().unwrap();
    assert_eq!((client.seller_id(), client.key_id()), ("s1abc", "sa2def"));
    assert_eq!(client.environment(), Environment::Test);
    assert_eq!(client.base_url().as_str(), "https://api.anrok.com");
    let error = builder().expect_seller("s9").build().unwrap_err();
    assert!(matches!(&error, BuildError::OtherSeller { found, .. } if found == "s1abc"));
    assert!(builder().base_url("http://api.anrok.com").build().is_err());
}

#[test]
fn nothing_prints_the_key() {
    let builder = Client::builder(key()).transport(Arc::new(ScriptedTransport::new()));
    let printed = format!("{builder:?}");
    let client = builder.build().unwrap();
    let printed = format!("{printed} {client:?} {:?} {:?}", client.transactions(), client.pacer());
    assert!(!printed.contains(SECRET), "{printed}");
}

#[test]
fn clones_share_one_pace() {
    let client = Client::builder(key()).transport(Arc::new(ScriptedTransport::new())).build().unwrap();
    let clone = client.with(CallOptions::interactive());
    let rate = |client: &Client| client.pacer().stats().rate.unwrap();
    let before = rate(&clone);
    client.pacer().refused(Duration::ZERO);
    assert!(rate(&clone) < before && rate(&clone) == rate(&client));
}

#[test]
fn the_readme_lists_every_endpoint() {
    let readme = include_str!("../../README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    let wanted: Vec<String> = endpoints()
        .iter()
        .map(|endpoint| format!("| `{}` | `{}` | {:?} |", endpoint.name, endpoint.path, endpoint.safety))
        .collect();
    assert_eq!(rows, wanted);
}
