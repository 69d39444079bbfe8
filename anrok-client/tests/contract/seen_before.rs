//! "Already there" is compared before it is believed; calls that the API may lack say so.

use anrok_client::Available;
use anrok_client::product_mappings::{AddMapping, MappingAdded};
use anrok_client::products::{CreateProduct, ProductCreated, TaxCategoryId};
use anrok_client::transactions::{CreateNegation, Negated};
use ordway_anrok_http::testing::ScriptedTransport;
use serde_json::{Value, json};

use crate::scripted;

const UNKNOWN_CALL: &str = "No API endpoint matches the given URL";

fn conflict(script: ScriptedTransport, code: &str) -> ScriptedTransport {
    script.answer(409, json!({ "type": code }).to_string())
}

fn recorded(id: &str, input: i64, tax: &str, customer: &Value) -> String {
    json!({"type": "normal", "id": id, "version": 2, "body": {
        "currencyCode": "usd", "inputAmount": input, "taxAmountDue": {"total": tax}, "customer": customer}})
    .to_string()
}

#[tokio::test]
async fn a_negation_that_exists_is_compared_with_its_original() {
    let customer = json!({"id": "c"});
    let cases = [
        (recorded("t:neg", -4900, "-435.5", &customer), Negated::Confirmed),
        (recorded("t:neg", -4800, "-435.5", &customer), Negated::Different),
        (recorded("t:neg", -4900, "-400", &customer), Negated::Different),
        (recorded("t:neg", -4900, "-435.5", &json!({"id": "d"})), Negated::Different),
        (json!({"type": "void", "id": "t:neg"}).to_string(), Negated::Different),
        (json!({"type": "normal", "id": "t:neg", "body": {}}).to_string(), Negated::Unconfirmed),
    ];
    for (found, outcome) in cases {
        let script = conflict(ScriptedTransport::new(), "duplicateTransactionId")
            .answer(200, recorded("t", 4900, "435.50", &customer))
            .answer(200, found.clone());
        let calls = scripted(&script).transactions();
        let negated = calls.create_negation_or_confirm(&CreateNegation::new("t", "t:neg")).await.unwrap();
        assert_eq!(negated, outcome, "{found}");
    }
}

#[tokio::test]
async fn without_a_way_to_look_a_negation_stays_unconfirmed() {
    let script = conflict(ScriptedTransport::new(), "duplicateTransactionId")
        .answer(400, UNKNOWN_CALL)
        .answer(400, UNKNOWN_CALL);
    let calls = scripted(&script).transactions();
    let negation = CreateNegation::new("t", "t:neg");
    assert_eq!(calls.create_negation_or_confirm(&negation).await.unwrap(), Negated::Unconfirmed);
    let script = ScriptedTransport::new().answer(200, "{}");
    let calls = scripted(&script).transactions();
    assert_eq!(calls.create_negation_or_confirm(&negation).await.unwrap(), Negated::Created);
    let script = conflict(ScriptedTransport::new(), "transactionIdNotFound");
    assert!(scripted(&script).transactions().create_negation_or_confirm(&negation).await.is_err());
}

#[tokio::test]
async fn a_product_that_exists_is_compared() {
    let wanted = CreateProduct::new("P-1", TaxCategoryId::standard("saasBusiness"), "Pro");
    let product = |category: &str, name: &str| {
        let category = json!({"type": "standard", "id": category});
        json!({"externalId": "P-1", "taxCategoryId": category, "name": name, "description": ""}).to_string()
    };
    let ask = |body: String| {
        let script = conflict(ScriptedTransport::new(), "externalIdAlreadyExists").answer(200, body);
        scripted(&script).products()
    };
    let same = ask(product("saasBusiness", "Pro")).create_or_confirm(&wanted).await.unwrap();
    assert!(matches!(same, ProductCreated::Confirmed(_)));
    let other = ask(product("saasConsumer", "Pro 2")).create_or_confirm(&wanted).await.unwrap();
    assert!(
        matches!(other, ProductCreated::Different { members, .. } if members == ["taxCategoryId", "name"])
    );
    let created = scripted(&ScriptedTransport::new().answer(200, "{}")).products();
    assert_eq!(created.create_or_confirm(&wanted).await.unwrap(), ProductCreated::Created);
}

#[tokio::test]
async fn a_mapping_that_exists_is_compared() {
    let ask = |list: Value| {
        let script =
            conflict(ScriptedTransport::new(), "sourceIdAlreadyMapped").answer(200, list.to_string());
        scripted(&script).data_source("si1").product_mappings()
    };
    let mapping = AddMapping::new("a", "x");
    assert_eq!(ask(json!([{"a": "x"}])).add_or_confirm(&mapping).await.unwrap(), MappingAdded::Confirmed);
    let other = ask(json!([{"a": "y"}])).add_or_confirm(&mapping).await.unwrap();
    assert_eq!(other, MappingAdded::Different { target_id: Some("y".to_owned()) });
}

#[tokio::test]
async fn calls_that_the_api_may_lack_say_so() {
    let lacking = || scripted(&ScriptedTransport::new().answer(400, UNKNOWN_CALL));
    assert_eq!(lacking().transactions().get(&"t".into()).await.unwrap(), Available::NotAvailable);
    assert_eq!(lacking().customers().get(&"c".into()).await.unwrap(), Available::NotAvailable);
    assert!(!lacking().customers().is_available().await.unwrap());
    let address = anrok_client::Address::builder().country("US").build();
    assert_eq!(lacking().addresses().resolve(&address).await.unwrap(), Available::NotAvailable);
    let having = scripted(&ScriptedTransport::new().answer(200, recorded("t", 1, "0", &json!(null))));
    let found = having.transactions().get(&"t".into()).await.unwrap().answer().unwrap();
    assert_eq!(found.expected_version(), Some(2));
    // A wrong key is no missing feature.
    let refused = scripted(&ScriptedTransport::new().answer(400, "Missing \"Authorization\" header"));
    assert!(refused.customers().is_available().await.unwrap_err().is_auth());
}
