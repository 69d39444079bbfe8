//! Anrok: routing, credentials, the limit, what a calculation takes and says.

use http::Method;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::checks;
use super::probe::{Checked, Probe, SERVICES, SOFTWARE, must, not_applicable, word};
use super::subject::Act;
use crate::fault::Service;

const CHEAP: &str = "/v1/seller/productTaxCategories/list";

/// The cheapest call of all, with these headers.
async fn cheap(probe: &mut Probe, headers: &[(&'static str, String)]) -> Checked<super::probe::Answer> {
    probe.send(Service::Anrok, Method::POST, CHEAP, headers, "{}").await
}

/// Whether a line is taxed by anybody.
fn is_taxed(answer: &Value) -> bool {
    let jurises = answer.pointer("/lineItems/0/jurises").and_then(Value::as_array);
    jurises.into_iter().flatten().any(|juris| juris.get("taxes").is_some_and(Value::is_array))
}

fn decimal(value: &Value, pointer: &str) -> Decimal {
    word(value, pointer).parse().unwrap_or_default()
}

fn germany() -> Value {
    json!({"country": "Germany", "city": "Berlin", "postalCode": "10117"})
}

checks! {
    "routing-before-auth" reads |p| {
        let answer = p.send(Service::Anrok, Method::POST, "/v1/seller/noSuchCall", &[], "{}").await?;
        must(!answer.is_json, "the refusal is JSON")?;
        answer.fault("No API endpoint")?;
        p.send(Service::Anrok, Method::GET, CHEAP, &[], "").await?.fault("POST")?;
    }
    "double-slash-tolerated" reads |p| {
        let headers = p.bearer();
        p.send(Service::Anrok, Method::POST, "//v1/seller/productTaxCategories/list", &headers, "{}").await?.ok()?;
    }
    "auth-faults-are-400" reads |p| {
        cheap(p, &[]).await?.fault("Authorization")?;
        cheap(p, &[("authorization", "Bearer nonsense".to_owned())]).await?.fault("Invalid token")?;
    }
    "wrong-key-status" reads |p| {
        cheap(p, &[("authorization", "Bearer s1fake/sa1fake/secret.wrong".to_owned())]).await?.expect(401)?;
    }
    "limit-after-auth" reads |p| {
        p.act(Act::Limit(Service::Anrok, Some(2)))?;
        p.wait(1100).await;
        for _ in 0..3 {
            cheap(p, &[("authorization", "Bearer s1fake/sa1fake/secret.wrong".to_owned())]).await?;
        }
        let headers = p.bearer();
        cheap(p, &headers).await?.ok()?;
    }
    "rate-limit-sliding-second" reads |p| {
        p.act(Act::Limit(Service::Anrok, Some(2)))?;
        let headers = p.bearer();
        // Two at the end of one second, one at the beginning of the next.
        let rest = (2900 - p.millis_of_second()) % 1000;
        p.wait(1000 + rest).await;
        cheap(p, &headers).await?.ok()?;
        cheap(p, &headers).await?.ok()?;
        p.wait(200).await;
        let third = cheap(p, &headers).await?;
        must(third.has_retry_after || third.status != 429, "the 429 has no Retry-After")?;
        third.expect(429)?;
    }
    "refused-requests-do-not-count" reads |p| {
        p.act(Act::Limit(Service::Anrok, Some(2)))?;
        let headers = p.bearer();
        p.wait(1100).await;
        cheap(p, &headers).await?.ok()?;
        cheap(p, &headers).await?.ok()?;
        p.wait(500).await;
        cheap(p, &headers).await?.expect(429)?;
        p.wait(600).await;
        cheap(p, &headers).await?.ok()?;
        cheap(p, &headers).await?.ok()?;
    }
    "body-must-be-json" reads |p| {
        let headers = p.bearer();
        p.send(Service::Anrok, Method::POST, CHEAP, &headers, "").await?.expect(400)?;
    }
    "unknown-keys-refused" reads |p| {
        p.anrok("productTaxCategories/list", &json!({"surprise": 1})).await?.fault("surprise")?;
    }
    "category-ids" reads |p| {
        let list = p.anrok("productTaxCategories/list", &json!({})).await?.ok()?;
        let rows = list.get("productTaxCategories").and_then(Value::as_array);
        let known = rows.into_iter().flatten().any(|row| word(row, "/id/id") == "saasBusiness");
        must(known, "no category has the id saasBusiness")?;
    }
    "empty-line-items-refused" writes |p| {
        let sale = p.sale_with(&json!({"lineItems": []})).await?;
        p.preview(&sale).await?.fault("at least 1 element")?;
    }
    "empty-address-strings-refused" writes |p| {
        let sale = p.sale_with(&json!({"customerAddress": {"country": "US", "region": ""}})).await?;
        p.preview(&sale).await?.expect(400)?;
    }
    "accounting-date-or-time" writes |p| {
        let sale = p.sale_with(&json!({"accountingDate": null})).await?;
        p.preview(&sale).await?.fault("accountingDate")?;
    }
    "tax-date-range" writes |p| {
        let sale = p.sale_with(&json!({"taxDate": "1998-12-31"})).await?;
        p.preview(&sale).await?.refused("taxDateTooFarInPast")?;
    }
    "today-is-utc" writes |p| {
        // A place whose day is another one than UTC's right now.
        let hour = p.now().to_zoned(jiff::tz::TimeZone::UTC).hour();
        let zone = if hour < 10 { "Pacific/Honolulu" } else { "Pacific/Kiritimati" };
        p.act(Act::SellerTimeZone(zone.to_owned()))?;
        let day = |ahead: i64| p.today().saturating_add(jiff::Span::new().days(ahead)).to_string();
        let (last, beyond) = (day(31), day(32));
        let sale = p.sale_with(&json!({"taxDate": last})).await?;
        p.preview(&sale).await?.ok()?;
        let sale = p.sale_with(&json!({"taxDate": beyond})).await?;
        p.preview(&sale).await?.refused("taxDateTooFarInFuture")?;
    }
    "conflict-order" writes |p| {
        let line = json!([{"productExternalId": p.id(), "amount": 100}]);
        let sale = p.sale_with(&json!({"lineItems": line, "customerAddress": {"country": "Atlantis"}})).await?;
        p.preview(&sale).await?.refused("productExternalIdUnknown")?;
    }
    "unknown-product-names-one" writes |p| {
        let product = p.id();
        let sale = p.sale_with(&json!({"lineItems": [{"productExternalId": product, "amount": 100}]})).await?;
        let answer = p.preview(&sale).await?.expect(409)?;
        must(word(&answer, "/productExternalId") == product, "the product is not named")?;
    }
    "currency-list" writes |p| {
        let sale = p.sale_with(&json!({"currencyCode": "KWD"})).await?;
        p.preview(&sale).await?.ok()?;
    }
    "external-service-error" writes |p| {
        let sale = p.sale().await?;
        p.act(Act::FailExternalService)?;
        p.preview(&sale).await?.refused("externalServiceError")?;
        p.preview(&sale).await?.ok()?;
    }
    "ephemeral-new-customer" writes |p| {
        let customer = p.id();
        let sale = p.sale_with(&json!({"customerId": customer, "customerName": "Conformance"})).await?;
        p.preview(&sale).await?.ok()?;
    }
    "ephemeral-not-stored" writes |p| {
        let customer = p.id();
        let sale = p.sale_with(&json!({"customerId": customer, "customerName": "Conformance"})).await?;
        let answer = p.preview(&sale).await?;
        if answer.status != 200 {
            return Err(not_applicable("a new customer is not taken (rule ephemeral-new-customer)"));
        }
        let sale = p.sale_with(&json!({"customerId": customer})).await?;
        p.preview(&sale).await?.refused("customerIdNotFound")?;
    }
    "us-needs-state-or-zip" writes |p| {
        let state = json!({"customerAddress": {"country": "US", "region": "NY"}});
        let sale = p.sale_with(&state).await?;
        p.preview(&sale).await?.ok()?;
        let both = json!({"customerAddress": {"country": "US", "region": "WA", "postalCode": "10001"}});
        let sale = p.sale_with(&both).await?;
        let answer = p.preview(&sale).await?.ok()?;
        let name = word(&answer, "/jurisSummaries/0/name");
        must(name == "Washington", format!("WA with a ZIP of New York is {name}"))?;
    }
    "juris-not-found" writes |p| {
        let sale = p.sale_with(&json!({"customerAddress": {"country": "Antarctica"}})).await?;
        p.preview(&sale).await?.refused("jurisNotFound")?;
    }
    "category-not-supported" writes |p| {
        let product = p.product(SERVICES).await?;
        let sale = p.sale_with(&json!({"customerAddress": germany(),
            "lineItems": [{"productExternalId": product, "amount": 10_000}]})).await?;
        p.preview(&sale).await?.ok()?;
    }
    "tax-table-is-a-sample" writes |p| {
        let sale = p.sale_with(&json!({"customerAddress": germany()})).await?;
        let answer = p.preview(&sale).await?.ok()?;
        let rate = word(&answer, "/lineItems/0/jurises/0/taxes/0/taxRate");
        must(rate == "0.19", format!("the rate of Germany is {rate}"))?;
    }
    "reverse-charge" writes |p| {
        let ids = json!([{"type": "euVrn", "value": "DE123456789"}]);
        let body = json!({"customerAddress": germany(), "customerTaxIds": ids});
        let sale = p.sale_with(&body).await?;
        let answer = p.preview(&sale).await?.ok()?;
        must(!is_taxed(&answer), "a sale to a business abroad is taxed")?;
    }
    "origin-of-sale" writes |p| {
        let ids = json!([{"type": "euVrn", "value": "DE123456789"}]);
        let body = json!({"customerAddress": germany(), "shipFromAddress": germany(), "customerTaxIds": ids});
        let sale = p.sale_with(&body).await?;
        let answer = p.preview(&sale).await?.ok()?;
        must(is_taxed(&answer), "a sale within Germany is a reverse charge")?;
    }
    "tax-id-by-format-only" reads |p| {
        let body = json!({"customerAddress": germany(), "customerTaxIds": [{"value": "DE123456789"}]});
        let answer = p.anrok("taxId/validate", &body).await?;
        if answer.status == 409 && word(&answer.body, "/type") == "validationNotEnabled" {
            return Err(not_applicable("tax id validation is a premium feature that is off"));
        }
        let found = word(&answer.ok()?, "/jurises/0/validTaxIds/0/value").to_owned();
        must(found == "DE123456789", "a well-formed tax id is not valid")?;
    }
    "inclusive-lines" writes |p| {
        let product = p.product(SOFTWARE).await?;
        let line = json!([{"productExternalId": product, "amount": 11_900, "isTaxIncludedInAmount": true}]);
        let sale = p.sale_with(&json!({"customerAddress": germany(), "lineItems": line})).await?;
        let answer = p.preview(&sale).await?.ok()?;
        must(answer.get("taxAmountToCollect") == Some(&json!(0)), "something is to be collected")?;
        let pre_tax = decimal(&answer, "/lineItems/0/preTaxAmount");
        let tax = decimal(&answer, "/lineItems/0/jurises/0/taxes/0/taxAmount");
        must(pre_tax + tax == Decimal::from(11_900), format!("{pre_tax} and {tax} are not 11900"))?;
    }
    "paid-by-seller" writes |p| {
        p.act(Act::PayBySeller("it".to_owned()))?;
        let sale = p.sale_with(&json!({"customerAddress": {"country": "Italy"}})).await?;
        let answer = p.preview(&sale).await?.ok()?;
        let told = decimal(&answer, "/lineItems/0/jurises/0/taxes/0/taxAmount") > Decimal::ZERO;
        must(told && answer.get("taxAmountToCollect") == Some(&json!(0)), "the seller's tax is collected, or not told")?;
    }
    "line-rounding" writes |p| {
        let product = p.product(SOFTWARE).await?;
        let amounts = [50, 150, 250, 350, 450];
        let lines: Vec<Value> = amounts.iter().map(|amount| json!({"productExternalId": product, "amount": amount})).collect();
        let sale = p.sale_with(&json!({"customerAddress": germany(), "lineItems": lines})).await?;
        let answer = p.preview(&sale).await?.ok()?;
        for line in answer.get("lineItems").and_then(Value::as_array).into_iter().flatten() {
            let exact = decimal(line, "/jurises/0/taxes/0/taxAmount");
            let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64();
            let found = line.get("taxAmountToCollect").and_then(Value::as_i64);
            must(rounded == found, format!("{exact} is rounded to {found:?}"))?;
        }
    }
    "total-is-sum-of-lines" writes |p| {
        let answer = { let sale = p.sale().await?; p.preview(&sale).await?.ok()? };
        let lines = answer.get("lineItems").and_then(Value::as_array);
        let sum: i64 = lines.into_iter().flatten().filter_map(|line| line.get("taxAmountToCollect")?.as_i64()).sum();
        let total = answer.get("taxAmountToCollect").and_then(Value::as_i64);
        must(total == Some(sum), format!("the lines are {sum}, the total is {total:?}"))?;
    }
}
