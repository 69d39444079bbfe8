//! Every kind of refusal, through the whole pipeline.

use anrok_client::certificates::{CertificateFile, CreateCertificate};
use anrok_client::{Conflict, Disposition, Error, ErrorKind, Fault, WriteState};
use ordway_anrok_http::testing::ScriptedTransport;

use crate::{SECRET, invoice, scripted};

async fn recording(script: &ScriptedTransport) -> Error {
    scripted(script).transactions().create_or_update(&"t".into(), &invoice()).await.unwrap_err()
}

#[tokio::test]
async fn a_conflict_is_refused_at_once_and_says_what_to_do() {
    let script = ScriptedTransport::new().answer(409, r#"{"type":"transactionFrozenForFiling"}"#);
    let error = recording(&script).await;
    assert_eq!(
        error.to_string(),
        "anrok transactions.createOrUpdate: transactionFrozenForFiling (HTTP 409, 1 attempt, write refused)"
    );
    let answer = error.api().unwrap();
    assert_eq!(answer.disposition(), Disposition::Alternate("transactions.createNegation"));
    assert_eq!((error.kind(), error.write_state()), (ErrorKind::Rejected, WriteState::Refused));
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_fault_behind_anrok_is_ridden_out() {
    let fault = r#"{"type":"externalServiceError"}"#;
    let fine = r#"{"taxAmountToCollect":0,"lineItems":[],"version":1}"#;
    let script = ScriptedTransport::new().answer(409, fault).answer(409, fault).answer(200, fine);
    scripted(&script).transactions().create_or_update(&"t".into(), &invoice()).await.unwrap();
    let script = (0..4).fold(ScriptedTransport::new(), |script, _| script.answer(409, fault));
    let error = recording(&script).await;
    assert_eq!(error.api().unwrap().conflict(), Some(&Conflict::ExternalServiceError));
    assert!(error.is_worth_retrying_later());
    assert_eq!(error.attempts(), 4);
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again() {
    let texts = [
        (400, "Missing \"Authorization\" header"),
        (400, "Invalid token: Expecting 2 \"/\" characters"),
        (401, ""),
        (403, "{}"),
    ];
    for (status, text) in texts {
        let script = ScriptedTransport::new().answer(status, text);
        let error = scripted(&script).check().await.unwrap_err();
        assert!(error.is_auth(), "{text}");
        assert!(matches!(error.api().unwrap().fault, Fault::Auth { .. }));
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_quotes_the_key_does_not_make_us_print_it() {
    let text = format!("Invalid token: s1abc/sa2def/secret.{SECRET} is {SECRET}");
    for (status, body) in
        [(400, text.clone()), (400, format!("Request body: \"x\": '{SECRET}'")), (500, text)]
    {
        let script = (0..4).fold(ScriptedTransport::new(), |script, _| script.answer(status, body.clone()));
        let client = scripted(&script);
        let error = client.check().await.unwrap_err();
        let printed = format!("{error} {error:?} {:?} {client:?}", error.body_excerpt());
        assert!(!printed.contains(SECRET), "{printed}");
    }
}

#[tokio::test]
async fn a_wrong_address_is_told_from_a_wrong_key() {
    let script = ScriptedTransport::new().answer(400, "No API endpoint matches the given URL");
    let error = scripted(&script).check().await.unwrap_err();
    assert!(matches!(error.api().unwrap().fault, Fault::Routing { .. }) && !error.is_auth());
    assert!(error.api().unwrap().remedy().contains("ANROK_BASE_URL"));
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_not_success() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let script = ScriptedTransport::new().answer(200, page).answer(200, "{}");
    scripted(&script).transactions().void(&"t".into(), None).await.unwrap();
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_of_a_certificate_is_not_repeated() {
    let script = ScriptedTransport::new().answer(504, "").answer(200, r#"{"id":"x"}"#);
    let certificate = CreateCertificate {
        customer_id: "c".into(),
        customer_name: None,
        effective_date_begin: "2022-01-01".parse().unwrap(),
        exemption_number: None,
        notes: None,
        certificate_file: CertificateFile { name: "a.pdf".into(), contents_base64: "YQ==".into() },
        jurises: vec![],
    };
    let error = scripted(&script).certificates().create(&certificate).await.unwrap_err();
    assert_eq!(error.write_state(), WriteState::Unknown);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn the_rate_limit_is_waited_out() {
    let limited = "You've exceeded your API limit of 10 per second";
    let script = ScriptedTransport::new()
        .answer_with(429, &[("retry-after", "0")], limited)
        .answer(200, r#"{"productTaxCategories":[]}"#);
    scripted(&script).check().await.unwrap();
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn ids_that_are_not_there_are_none() {
    let anrok = |body: &str| scripted(&ScriptedTransport::new().answer(409, body.to_owned()));
    let none = anrok(r#"{"type":"productExternalIdNotFound"}"#).products().get("P-1").await.unwrap();
    assert!(none.is_none());
    let none = anrok(r#"{"type":"certificateIdNotFound"}"#).certificates().get(&"c".into()).await.unwrap();
    assert!(none.is_none());
}
