//! The client against the official document, by walking the document.
//!
//! The document is not part of this project. Where it is missing, every test says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod document;
mod generate;
mod requests;
mod responses;

use std::collections::BTreeSet;

use anrok_client::certificates::CertificateStatus;
use anrok_client::products::TaxCategoryKind;
use anrok_client::transactions::{Exemption, MAX_LINE_AMOUNT, NotTaxed, RecordedKind, TaxIdKind};
use anrok_client::{
    AccountingTimeZone, AnrokError, Conflict, Disposition, Fault, UsJuris, certificates, endpoints, filings,
    transactions,
};
use ordway_anrok_http::ApiError as _;
use ordway_anrok_http::http::HeaderMap;
use serde_json::{Value, json};

use document::{Document, Operation};

#[test]
fn every_path_has_an_endpoint_and_every_endpoint_a_path() {
    let Some(document) = Document::load() else { return };
    let documented: BTreeSet<(String, String)> = document
        .operations()
        .iter()
        .map(|operation| (operation.method.clone(), operation.path.clone()))
        .collect();
    let ours: BTreeSet<(String, String)> = endpoints()
        .iter()
        .map(|endpoint| (endpoint.method.as_str().to_owned(), endpoint.path.to_owned()))
        .collect();
    assert_eq!(documented, ours);
    println!("endpoint coverage {}/{}", ours.len(), documented.len());
}

/// All values of `type` in the 409 of an operation, with the schema each stands in.
fn reasons(operation: &Operation) -> Vec<(String, Value)> {
    let Some(schema) = operation.answer(409) else { return Vec::new() };
    let alternatives = match schema.get("oneOf") {
        Some(alternatives) => alternatives.as_array().unwrap().clone(),
        None => vec![schema],
    };
    let mut found = Vec::new();
    for schema in alternatives {
        for code in schema["properties"]["type"]["enum"].as_array().unwrap() {
            found.push((code.as_str().unwrap().to_owned(), schema.clone()));
        }
    }
    found
}

#[test]
fn every_reason_of_a_409_has_its_variant_class_and_remedy() {
    let Some(document) = Document::load() else { return };
    let mut codes = BTreeSet::new();
    let mut variants: Vec<Conflict> = Vec::new();
    for operation in document.operations() {
        for (code, schema) in reasons(&operation) {
            let mut body = json!({"type": code});
            for name in schema["properties"].as_object().unwrap().keys().filter(|name| *name != "type") {
                body[name] = json!("extra-value");
            }
            let error = AnrokError::read(409, &HeaderMap::new(), body.to_string().as_bytes());
            let conflict = error.conflict().unwrap();
            assert!(conflict.is_known(), "{} {code}", operation.path);
            assert_eq!(conflict.code(), code);
            assert_ne!(conflict.disposition(), Disposition::Unknown, "{code}");
            assert!(conflict.remedy().len() > 20 && conflict.remedy().ends_with('.'), "{code}");
            if codes.insert(code) {
                assert!(!variants.contains(conflict));
                variants.push(conflict.clone());
            }
        }
        // The examples too: they carry the extra members.
        for example in operation.examples(409) {
            let conflict = Conflict::from_body(example.as_object().unwrap());
            assert_eq!(Some(conflict.code()), example["type"].as_str());
            if let Some(id) = example["productExternalId"].as_str() {
                assert_eq!(conflict.disposition(), Disposition::FixData(id.to_owned().into()));
            }
        }
    }
    assert!(codes.len() >= 30, "{codes:?}");
    println!("409 reasons 100 % ({} of {})", variants.len(), codes.len());
}

#[test]
fn every_example_of_a_400_is_read_in_both_content_types() {
    let Some(document) = Document::load() else { return };
    let mut count = 0;
    for operation in document.operations() {
        for example in operation.examples(400) {
            // Oddity 9: the same refusals come as JSON strings here and as bare text there.
            let text = example.as_str().unwrap();
            for body in [text.to_owned(), example.to_string()] {
                let error = AnrokError::read(400, &HeaderMap::new(), body.as_bytes());
                let Fault::Validation { field_path, message } = &error.fault else {
                    panic!("{}: {body}", operation.path)
                };
                assert_eq!(field_path.is_some(), text.starts_with("Request body: \""), "{text}");
                assert!(!message.is_empty() && !message.starts_with('"'), "{message}");
            }
            count += 1;
        }
    }
    assert!(count > 10);
}

fn words<T: ToString>(known: &[T]) -> BTreeSet<String> {
    known.iter().map(ToString::to_string).collect()
}

/// Every list of allowed words in the document is known to the crate, exactly.
#[test]
fn every_enum_is_known_word_by_word() {
    let Some(document) = Document::load() else { return };
    let known = [
        words(AccountingTimeZone::ALL),
        words(UsJuris::ALL),
        words(TaxIdKind::KNOWN),
        words(CertificateStatus::KNOWN),
        words(TaxCategoryKind::KNOWN),
        words(NotTaxed::KNOWN),
        words(Exemption::KNOWN),
        words(RecordedKind::KNOWN),
    ];
    let sent = requests::all_text();
    for operation in document.operations() {
        for schema in operation.request().into_iter().chain(operation.answer(200)) {
            document::walk(&schema, &mut |_, part| {
                let Some(listed) = part.get("enum").and_then(Value::as_array) else { return };
                // `isRemitting` lists true or false to tell two shapes apart (oddity 6).
                let listed: BTreeSet<String> =
                    listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                match listed.iter().collect::<Vec<_>>()[..] {
                    [] => {}
                    // The deprecated US-only address is never sent.
                    [only] if only == "us" => {}
                    // One word tells a shape: it is sent as such, or is a state of a listed transaction.
                    [only] => {
                        let is_state = known[7].contains(only);
                        assert!(is_state || sent.contains(&format!("\"{only}\"")), "{only}");
                    }
                    _ => assert!(known.contains(&listed), "{}: {listed:?}", operation.path),
                }
            });
        }
    }
}

#[test]
fn limits_are_those_of_the_document() {
    let Some(document) = Document::load() else { return };
    let ours = [
        ("/v1/seller/certificates/list", certificates::MAX_PAGE),
        ("/v1/seller/transactions/list", transactions::MAX_PAGE),
        ("/v1/seller/filings/list", filings::MAX_PAGE),
    ];
    let mut limited = 0;
    for operation in document.operations() {
        let request = operation.request().unwrap();
        document::walk(&request, &mut |path, part| {
            let (Some(min), Some(max)) = (part["minimum"].as_i64(), part["maximum"].as_i64()) else { return };
            match path {
                "limit" => {
                    let most = ours.iter().find(|(path, _)| *path == operation.path).unwrap().1;
                    // That more and less are refused before any call is seen in the contract tests.
                    assert_eq!((min, max), (1, i64::from(most)), "{}", operation.path);
                }
                "lineItems[].amount" => assert_eq!((min, max), (-MAX_LINE_AMOUNT, MAX_LINE_AMOUNT)),
                other => panic!("{}: a limit of {other} that nobody keeps", operation.path),
            }
            limited += 1;
        });
        document::walk(&request, &mut |path, part| {
            for bound in ["minLength", "maxLength"] {
                if let Some(length) = part[bound].as_u64() {
                    // A `Currency` has three letters by construction.
                    assert_eq!((path, length), ("currencyCode", 3));
                }
            }
        });
    }
    assert_eq!(limited, 5);
}
