//! Every operation, answer and 409 reason of the official document, against the document itself.
//!
//! The document is not part of the project; the test says so and passes where it is missing.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod anrok_support;

use std::collections::{BTreeMap, BTreeSet};

use anrok_support::{Desk, new_york, sale, with};
use serde_json::{Map, Value, json};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/anrok-openapi-1.1.yml");

fn document() -> Option<Value> {
    let Ok(text) = std::fs::read_to_string(DOCUMENT) else {
        eprintln!("SKIPPED: {DOCUMENT} is missing, nothing was compared with the official document");
        return None;
    };
    Some(serde_yaml_ng::from_str(&text).unwrap())
}

/// The node with every `$ref` followed, `allOf` merged and objects closed, as JSON schema 2020-12.
fn schema(document: &Value, node: &Value) -> Value {
    if let Some(target) = node.get("$ref").and_then(Value::as_str) {
        return schema(document, document.pointer(target.strip_prefix('#').unwrap()).unwrap());
    }
    let mut out = Map::new();
    if let Some(parts) = node.get("allOf").and_then(Value::as_array) {
        out.insert("type".into(), json!("object"));
        for part in parts {
            let part = schema(document, part);
            for key in ["properties", "required"] {
                match (out.get_mut(key), part.get(key)) {
                    (Some(Value::Object(all)), Some(Value::Object(more))) => all.extend(more.clone()),
                    (Some(Value::Array(all)), Some(Value::Array(more))) => all.extend(more.clone()),
                    (None, Some(value)) => drop(out.insert(key.into(), value.clone())),
                    _ => {}
                }
            }
        }
    }
    if let Some(properties) = node.get("properties").and_then(Value::as_object) {
        let closed: Map<_, _> = properties.iter().map(|(k, v)| (k.clone(), schema(document, v))).collect();
        out.insert("properties".into(), closed.into());
    }
    if out.contains_key("properties") {
        out.insert("additionalProperties".into(), json!(false));
    }
    for key in ["type", "enum", "required", "minimum", "maximum", "minLength", "maxLength"] {
        if let Some(value) = node.get(key) {
            out.insert(key.into(), value.clone());
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(value) = node.get(key) {
            out.insert(key.into(), schema(document, value));
        }
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = node.get(key).and_then(Value::as_array) {
            out.insert(key.into(), options.iter().map(|o| schema(document, o)).collect());
        }
    }
    if node.get("nullable") == Some(&json!(true)) {
        return json!({ "anyOf": [Value::Object(out), { "type": "null" }] });
    }
    out.into()
}

/// Calls the fake and holds each answer against the document.
struct Check {
    document: Value,
    desk: Desk,
    seen_reasons: BTreeMap<String, BTreeSet<String>>,
    seen_faults: BTreeSet<String>,
    seen_operations: BTreeSet<String>,
}

impl Check {
    /// `path` is the template of the document; `id` goes into its braces.
    fn call(&mut self, path: &str, id: &str, body: &Value) -> Value {
        let real = match path.split_once('{') {
            Some((before, rest)) => format!("{before}{id}{}", rest.split_once('}').unwrap().1),
            None => path.to_owned(),
        };
        let answer = self.desk.post(&format!("/v1/seller/{real}"), body);
        let template = format!("/v1/seller/{path}");
        let operation = &self.document["paths"][&template]["post"];
        assert!(operation.is_object(), "{template} is not in the document");
        self.seen_operations.insert(template.clone());
        let mut described = &operation["responses"][&answer.status.to_string()];
        if let Some(target) = described.get("$ref").and_then(Value::as_str) {
            described = self.document.pointer(target.strip_prefix('#').unwrap()).unwrap();
        }
        let kind = answer.content_type.split(';').next().unwrap();
        let node = &described["content"][kind]["schema"];
        assert!(
            node.is_object(),
            "{template}: {} as {kind} is not documented: {}",
            answer.status,
            answer.body
        );
        let validator = jsonschema::validator_for(&schema(&self.document, node)).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&answer.body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{template} {}: {faults:#?}\n{}", answer.status, answer.body);
        match answer.status {
            409 => {
                let reason = answer.body["type"].as_str().unwrap().to_owned();
                self.seen_reasons.entry(template).or_default().insert(reason);
            }
            400 => drop(self.seen_faults.insert(answer.body.as_str().unwrap().to_owned())),
            _ => {}
        }
        answer.body
    }

    /// The 409 reasons that the document lists, by path.
    fn documented_reasons(&self) -> BTreeMap<String, BTreeSet<String>> {
        fn reasons(node: &Value, into: &mut BTreeSet<String>) {
            if let Some(list) = node.pointer("/properties/type/enum").and_then(Value::as_array) {
                into.extend(list.iter().map(|v| v.as_str().unwrap().to_owned()));
            }
            for option in node.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
                reasons(option, into);
            }
        }
        let mut all = BTreeMap::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            let mut response = &item["post"]["responses"]["409"];
            if let Some(target) = response.get("$ref").and_then(Value::as_str) {
                response = self.document.pointer(target.strip_prefix('#').unwrap()).unwrap();
            }
            let mut found = BTreeSet::new();
            reasons(&schema(&self.document, &response["content"]["application/json"]["schema"]), &mut found);
            if !found.is_empty() {
                all.insert(path.clone(), found);
            }
        }
        all
    }

    /// The texts of 400s that the document gives as examples.
    fn documented_faults(&self) -> BTreeSet<String> {
        fn walk(node: &Value, into: &mut BTreeSet<String>) {
            match node {
                Value::String(text) if text.starts_with("Request body:") => drop(into.insert(text.clone())),
                Value::Array(items) => items.iter().for_each(|n| walk(n, into)),
                Value::Object(map) => map.values().for_each(|n| walk(n, into)),
                _ => {}
            }
        }
        let mut all = BTreeSet::new();
        walk(&self.document, &mut all);
        all
    }
}

fn certificate() -> Value {
    json!({
        "customerId": "c1",
        "customerName": "Acme",
        "effectiveDateBegin": "2022-01-01",
        "certificateFile": { "name": "cert.png", "contentsBase64": "Y2VydC5wbmc=" },
        "jurises": [{ "jurisId": "us-NY", "effectiveDateEndi": "2030-01-01" }],
    })
}

// covers: response-shape list-item-shape bad-request-text tax-id-answer
#[test]
fn every_answer_and_reason_of_the_document() {
    let Some(document) = document() else { return };
    let mut check = Check {
        document,
        desk: Desk::new(),
        seen_reasons: BTreeMap::new(),
        seen_faults: BTreeSet::new(),
        seen_operations: BTreeSet::new(),
    };
    calculations(&mut check);
    lives(&mut check);
    lists(&mut check);
    accounts(&mut check);
    certificates(&mut check);
    tax_ids(&mut check);

    let operations: BTreeSet<String> = check.document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(check.seen_operations, operations);
    assert_eq!(check.seen_reasons, check.documented_reasons());
    for text in check.documented_faults() {
        // One of the examples has lost its full stop.
        let full = format!("{}.", text.trim_end_matches('.'));
        assert!(check.seen_faults.contains(&full), "not said: {text}");
    }
}

fn calculations(check: &mut Check) {
    for path in ["transactions/createEphemeral", "transactions/createOrUpdate"] {
        let name = |body: Value| if path.ends_with("Update") { with(body, "/id", json!("t")) } else { body };
        let mut call = |body: Value| check.call(path, "", &name(body));
        for product in ["saasBusiness", "nonTaxable", "professionalServices"] {
            for address in [
                json!({ "country": "US", "region": "TX", "postalCode": "76622" }),
                json!({ "country": "US", "region": "NV" }),
                json!({ "country": "US", "city": "Denver", "region": "CO", "line1": null }),
                json!({ "country": "CA", "region": "QC" }),
                json!({ "country": "Kuwait" }),
            ] {
                call(sale(product, address));
            }
        }
        let vat = json!([{ "type": "euVrn", "value": "DE123456789" }]);
        call(with(sale("saasBusiness", json!({ "country": "DE" })), "/customerTaxIds", vat));
        call(with(new_york(), "/lineItems", Value::Null));
        call(with(new_york(), "/customerAddress", Value::Null));
        call(with(new_york(), "/customerAddress", json!({ "state": "NY", "zipCode": "1" })));
        call(with(new_york(), "/accountingTimeZone", json!("UTC")));
        let timed = with(new_york(), "/accountingDate", Value::Null);
        call(timed.clone());
        let timed = with(timed, "/accountingTime", json!("2026-08-01T00:00:00Z"));
        call(with(timed.clone(), "/accountingTimeZone", json!("Mars/Olympus")));
        call(with(new_york(), "/currencyCode", json!("XXX")));
        call(with(new_york(), "/customerAddress", json!({ "country": "US" })));
        call(with(new_york(), "/customerAddress", json!({ "country": "AQ" })));
        call(with(new_york(), "/customerId", json!("nobody")));
        call(sale("unknown", json!({ "country": "DE" })));
        call(with(new_york(), "/taxDate", json!("2030-01-01")));
        call(with(new_york(), "/taxDate", json!("1990-01-01")));
        check.desk.anrok.fail_external_service(1);
        check.call(path, "", &name(new_york()));
        check.desk.anrok.set_category_unsupported("digitalGoods", "us-NY");
        check.call(path, "", &name(sale("digitalGoods", new_york()["customerAddress"].clone())));
        check.desk.anrok.configure(|config| config.seller_time_zone = None);
        check.call(path, "", &name(timed));
        check.desk.anrok.configure(|config| config.seller_time_zone = Some("UTC".to_owned()));
    }
}

fn lives(check: &mut Check) {
    let update = "transactions/createOrUpdate";
    let void = "transactions/id:{transactionId}/void";
    let negate = "transactions/createNegation";
    let july = with(with(new_york(), "/accountingDate", json!("2026-07-01")), "/id", json!("july"));
    check.call(update, "", &july);
    check.desk.anrok.freeze_through("2026-07-31");
    check.call(update, "", &july);
    check.call(void, "july", &json!({}));
    check.call(void, "nobody", &json!({}));
    check.call(update, "", &with(new_york(), "/id", json!("gone")));
    check.call(void, "gone", &json!({ "transactionExpectedVersion": 9 }));
    check.call(void, "gone", &json!({ "transactionExpectedVersion": 1 }));
    let body =
        |original: &str, new: &str| json!({ "originalTransactionId": original, "newTransactionId": new });
    check.call(negate, "", &body("nobody", "x"));
    let mut expecting = body("july", "july:neg");
    expecting["originalTransactionExpectedVersion"] = json!(9);
    check.call(negate, "", &expecting);
    check.call(negate, "", &body("july", "july:neg"));
    check.call(negate, "", &body("july", "july:neg"));
    check.call(negate, "", &body("july:neg", "x"));
    check.call(negate, "", &json!({ "originalTransactionId": "july" }));
}

fn lists(check: &mut Check) {
    let (transactions, filings) = ("transactions/list", "filings/list");
    for (list, most) in [(transactions, 21), (filings, 101)] {
        let page = check.call(list, "", &json!({ "limit": 1 }));
        assert_eq!(page["hasMore"], true);
        check.call(list, "", &json!({ "cursor": page["nextCursor"], "limit": 2 }));
        check.call(list, "", &json!({ "cursor": "eyJhIjoxfQ" }));
        check.call(list, "", &json!({ "limit": most }));
        check.call(list, "", &json!({ "cursor": page["nextCursor"], "filter": { "type": "x" } }));
    }
    let filter = |body: Value| json!({ "filter": body });
    check.call(
        transactions,
        "",
        &filter(json!({ "type": "lastModifiedAfter", "value": "2026-01-01T00:00:00.000Z" })),
    );
    check.call(
        transactions,
        "",
        &filter(json!({ "type": "lastModifiedAfter", "value": "2026-01-01T00:00:00Z" })),
    );
    let filing = |juris: &str| {
        let value =
            json!({ "filingAssociationStatus": "associated", "jurisId": juris, "jurisFilingId": "2026-08" });
        json!({ "filter": { "type": "filingInfo", "value": value } })
    };
    check.call(transactions, "", &filing("us-NY"));
    check.call(transactions, "", &filing("invalid-juris-id"));
    let cursor = |list: &str| json!({ "cursor": list, "filter": { "type": "lastModifiedAfter", "value": "2026-01-01T00:00:00.000Z" } });
    check.call(transactions, "", &cursor("x"));
    check.call(filings, "", &json!({ "cursor": "x", "filter": { "jurisId": "us-NY" } }));
    check.call(filings, "", &filter(json!({ "jurisId": "fake-juris-id" })));
    check.call(filings, "", &filter(json!({ "periodEndDateRangeInclusive": "2026-08..2026-07" })));
    check.call(filings, "", &filter(json!({ "jurisId": "us-NY", "periodEndDateRangeInclusive": "2026" })));
    check.desk.anrok.configure(|config| {
        config.list_transactions_enabled = false;
        config.list_filings_enabled = false;
    });
    check.call(transactions, "", &json!({}));
    check.call(filings, "", &json!({}));
}

fn accounts(check: &mut Check) {
    let (create, get) = ("products/create", "products/externalId:{externalId}/get");
    let product = |id: &str, category: &str| json!({ "externalId": id, "taxCategoryId": { "type": "standard", "id": category }, "name": "Pro plan" });
    check.call(create, "", &product("sku-1001", "saasBusiness"));
    check.call(create, "", &product("sku-1001", "saasBusiness"));
    check.call(create, "", &product(" sku", "saasBusiness"));
    check.call(create, "", &product("sku-2", "unknown"));
    check.call(create, "", &with(product("x", "y"), "/externalId", Value::Null));
    check.call(get, "sku-1001", &json!({}));
    check.call(get, "nobody", &json!({}));
    check.call("productTaxCategories/list", "", &json!({}));
    let (add, list) = (
        "integrations/id:{integrationId}/productIdMapping/add",
        "integrations/id:{integrationId}/productIdMapping/list",
    );
    check.desk.anrok.add_integration("si1");
    let mapping = |target: &str| json!({ "sourceId": "ordway 1", "targetId": target });
    check.call(add, "si1", &mapping("sku-1001"));
    check.call(add, "si1", &mapping("sku-1001"));
    check.call(add, "si1", &mapping("nobody"));
    check.call(add, "nobody", &mapping("sku-1001"));
    check.call(list, "si1", &json!({}));
    check.call(list, "nobody", &json!({}));
}

fn certificates(check: &mut Check) {
    let create = "certificates/create";
    let (get, archive) = ("certificates/id:{certificateId}/get", "certificates/id:{certificateId}/archive");
    let list = "certificates/list";
    let id = check.call(create, "", &certificate())["id"].as_str().unwrap().to_owned();
    check.call(create, "", &with(certificate(), "/jurises", json!([{ "jurisId": "us-MA" }])));
    check.call(create, "", &with(certificate(), "/customerId", Value::Null));
    let twice = json!([{ "jurisId": "us-MA" }, { "jurisId": "us-MA" }]);
    check.call(create, "", &with(certificate(), "/jurises", twice));
    check.call(create, "", &with(certificate(), "/jurises", json!([{ "jurisId": "ca-QC" }])));
    check.call(create, "", &with(certificate(), "/certificateFile/name", json!("cert.exe")));
    let unnamed = with(certificate(), "/customerName", Value::Null);
    check.call(create, "", &with(unnamed, "/customerId", json!("nobody")));
    check.call(get, &id, &json!({}));
    check.call(get, "nobody", &json!({}));
    let page = check.call(list, "", &json!({ "limit": 1 }));
    check.call(list, "", &json!({ "cursor": page["nextCursor"] }));
    check.call(list, "", &json!({ "filter": { "customerId": "nobody" } }));
    check.call(list, "", &json!({ "filter": { "status": "lost" } }));
    check.call(list, "", &json!({ "filter": { "status": "active" }, "cursor": "x" }));
    check.call(list, "", &json!({ "limit": 101 }));
    check.call(list, "", &json!({ "cursor": "x" }));
    check.call(archive, &id, &json!({}));
    check.call(archive, "nobody", &json!({}));
    let request = "certificateRequests/create";
    let body = json!({ "customerId": "c1", "emailAddress": "contact@acme.com" });
    check.call(request, "", &body);
    check.call(request, "", &with(body.clone(), "/customerId", Value::Null));
    check.call(request, "", &with(body.clone(), "/customerId", json!("nobody")));
    check.call(request, "", &with(body.clone(), "/emailAddress", json!("acme")));
    check.desk.anrok.configure(|config| config.certificate_requests_enabled = false);
    check.call(request, "", &body);
}

fn tax_ids(check: &mut Check) {
    let path = "taxId/validate";
    let body = |country: &str| json!({ "customerAddress": { "country": country, "region": "Quebec" }, "customerTaxIds": [{ "value": "123456789" }] });
    check.call(path, "", &body("CA"));
    check.call(path, "", &body("DE"));
    check.call(path, "", &with(body("CA"), "/customerAddress", Value::Null));
    check.call(path, "", &body("Atlantis"));
    check.call(path, "", &with(body("US"), "/customerAddress/region", json!("NY")));
    check.desk.anrok.fail_external_service(1);
    check.call(path, "", &body("CA"));
    check.desk.anrok.configure(|config| config.tax_id_validation_enabled = false);
    check.call(path, "", &body("CA"));
}

/// A comparison that accepts anything would pass as well.
#[test]
fn the_comparison_is_strict() {
    let Some(document) = document() else { return };
    let node = json!({ "$ref": "#/components/schemas/CreateOrUpdateTransactionSuccess" });
    let validator = jsonschema::validator_for(&schema(&document, &node)).unwrap();
    let good = Desk::new().record("t", new_york()).ok();
    assert!(validator.is_valid(&good));
    for (pointer, value) in [
        ("/extra", json!(1)),
        ("/version", json!("1")),
        ("/lineItems/0/extra", json!(1)),
        ("/lineItems/0/preTaxAmount", json!(10_000)),
        ("/lineItems/0/jurises/0/taxes/0/rate", json!("0.04")),
        ("/lineItems/0/jurises/0/notTaxedReason", json!({ "type": "unheardOf" })),
    ] {
        assert!(!validator.is_valid(&with(good.clone(), pointer, value)), "{pointer}");
    }
}

/// The sample of the two calculating operations, digit by digit.
#[test]
fn the_sample_of_the_document() {
    let Some(document) = document() else { return };
    let desk = Desk::new();
    for (product, category) in [
        ("saas-product-1", "saasBusiness"),
        ("saas-product-2", "saasBusiness"),
        ("not-taxable-3", "nonTaxable"),
    ] {
        desk.anrok.add_product(product, category);
    }
    for call in ["createEphemeral", "createOrUpdate"] {
        let operation = &document["paths"][format!("/v1/seller/transactions/{call}")]["post"];
        let request = &operation["requestBody"]["content"]["application/json"]["example"];
        let expected = &operation["responses"]["200"]["content"]["application/json"]["example"];
        assert_eq!(desk.seller(&format!("transactions/{call}"), request).ok(), *expected, "{call}");
    }
}

/// The sample item of the list: Aquilla in Hill County, Texas.
#[test]
fn the_list_sample_of_the_document() {
    let Some(document) = document() else { return };
    let item = &document["components"]["schemas"]["NormalTransactionBody"]["properties"];
    let desk = Desk::new();
    let aquilla = json!({ "country": "US", "region": "TX", "postalCode": "76622" });
    desk.record("t", with(sale("saasBusiness", aquilla), "/lineItems/0/amount", json!(39_800))).ok();
    let listed = desk.seller("transactions/list", &json!({})).ok();
    let body = &listed["transactions"][0]["body"];
    for key in ["inputAmount", "preTaxAmount", "invoiceTotalAmountExpected"] {
        assert_eq!(body[key], item[key]["example"], "{key}");
    }
    assert_eq!(body["taxAmountDue"], item["taxAmountDue"]["allOf"][1]["example"]);
    assert_eq!(body["taxAmountAdded"], json!({ "expected": 2468, "seen": 2468 }));
    let line = &item["lineItems"]["items"]["allOf"][1]["example"];
    for key in ["inputAmount", "preTaxAmount", "taxAmountDue", "jurises", "quantity", "unitPrice"] {
        assert_eq!(body["lineItems"][0][key], line[key], "{key}");
    }
}

/// Rules beside the code, and a test or a reason for each.
#[test]
fn every_rule_is_named_in_the_code_and_exercised() {
    use ordway_anrok_sandbox::anrok::FakeAnrok;

    let root = env!("CARGO_MANIFEST_DIR");
    let read = |folder: &str, wanted: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(format!("{root}/{folder}")).unwrap().map(|f| f.unwrap().path());
        let text: String = files
            .filter(|p| p.extension().is_some_and(|e| e == "rs"))
            .map(|p| std::fs::read_to_string(p).unwrap())
            .collect();
        let names = text.lines().filter_map(|l| l.trim().strip_prefix(wanted).map(str::to_owned));
        names.flat_map(|l| l.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let names: BTreeSet<String> = FakeAnrok::RULES.iter().map(|r| r.id.to_owned()).collect();
    assert_eq!(names.len(), FakeAnrok::RULES.len(), "names are unique");
    assert_eq!(read("src/anrok", "// rule:"), names);
    assert_eq!(read("tests", "// covers:").intersection(&names).cloned().collect::<BTreeSet<_>>(), names);
}
