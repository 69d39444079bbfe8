//! What holds for any request.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod anrok_support;

use anrok_support::{Desk, sale};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "id",
        "lineItems",
        "amount",
        "productExternalId",
        "customerAddress",
        "country",
        "postalCode",
        "filter",
        "cursor",
        "limit",
        "value",
        "type",
        "currencyCode",
        "accountingDate",
        "jurises",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["US", "saasBusiness", "2026-08-01", "lastModifiedAfter", "EUR"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_address() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({ "country": "US", "postalCode": "10001" }),
        json!({ "country": "US", "postalCode": "78701", "region": "TX" }),
        json!({ "country": "US", "city": "Denver", "region": "CO" }),
        json!({ "country": "CA", "region": "QC" }),
        json!({ "country": "DE" }),
        json!({ "country": "KW" }),
    ])
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_gets_a_documented_status(body in any_json(), call in 0..17_usize) {
        let calls = [
            "transactions/createEphemeral", "transactions/createOrUpdate", "transactions/createNegation",
            "transactions/id:x/void", "transactions/list", "products/create", "products/externalId:x/get",
            "productTaxCategories/list", "integrations/id:x/productIdMapping/list",
            "integrations/id:x/productIdMapping/add", "certificates/create", "certificates/id:x/get",
            "certificates/id:x/archive", "certificates/list", "certificateRequests/create", "taxId/validate",
            "filings/list",
        ];
        let status = Desk::new().seller(calls[call], &body).status;
        prop_assert!(matches!(status, 200 | 400 | 409), "{status}");
    }

    #[test]
    fn amounts_add_up_and_negations_cancel(
        lines in prop::collection::vec((-100_000_000_000_i64..=100_000_000_000, any::<bool>()), 1..6),
        address in any_address(),
    ) {
        let desk = Desk::new();
        let items: Vec<Value> = lines
            .iter()
            .map(|(amount, inclusive)| json!({
                "productExternalId": "saasBusiness", "amount": amount, "isTaxIncludedInAmount": inclusive,
            }))
            .collect();
        let mut body = sale("saasBusiness", address);
        body["lineItems"] = json!(items);
        let answer = desk.record("t", body).ok();
        let mut to_collect = 0;
        for (line, (amount, inclusive)) in answer["lineItems"].as_array().unwrap().iter().zip(&lines) {
            let taxes = line["jurises"].as_array().unwrap().iter().filter_map(|j| j["taxes"].as_array());
            let tax: Decimal = taxes.flatten().map(|t| decimal(&t["taxAmount"])).sum();
            let collected = line["taxAmountToCollect"].as_i64().unwrap();
            to_collect += collected;
            if *inclusive {
                prop_assert_eq!(collected, 0);
                prop_assert_eq!(decimal(&line["preTaxAmount"]) + tax, Decimal::from(*amount));
            } else {
                prop_assert_eq!(decimal(&line["preTaxAmount"]), Decimal::from(*amount));
                prop_assert!((tax - Decimal::from(collected)).abs() <= Decimal::new(5, 1));
            }
        }
        prop_assert_eq!(answer["taxAmountToCollect"].as_i64().unwrap(), to_collect);
        desk.negate("t", "t:neg").ok();
        let (one, other) = (desk.anrok.transaction("t").unwrap(), desk.anrok.transaction("t:neg").unwrap());
        prop_assert!((one.tax_amount + other.tax_amount).is_zero());
        prop_assert!((one.pre_tax_amount + other.pre_tax_amount).is_zero());
        prop_assert_eq!(one.tax_amount_to_collect + other.tax_amount_to_collect, 0);
        prop_assert!(!other.response.to_string().contains("\"-0\""));
    }
}
