//! Anrok: recording, replacing, voiding, negating, locked periods.

use serde_json::{Value, json};

use super::checks;
use super::probe::{must, not_applicable, word};
use super::subject::Act;

fn month(day: jiff::civil::Date) -> String {
    day.strftime("%Y-%m").to_string()
}

checks! {
    "customer-created-by-name" writes |p| {
        let (id, customer) = (p.id(), p.id());
        let sale = p.sale_with(&json!({"customerId": customer})).await?;
        p.record(&id, &sale).await?.refused("customerIdNotFound")?;
        let named = p.sale_with(&json!({"customerId": customer, "customerName": "Conformance"})).await?;
        p.record(&id, &named).await?.ok()?;
        p.record(&id, &sale).await?.ok()?;
    }
    "version-rises" writes |p| {
        let (id, sale) = p.recorded().await?;
        let again = p.record(&id, &sale).await?.ok()?;
        must(again.get("version") == Some(&json!(2)), "the same body again is not version 2")?;
    }
    "update-after-void" writes |p| {
        let (id, sale) = p.recorded().await?;
        p.record(&id, &sale).await?.ok()?;
        p.void(&id, &json!({})).await?.ok()?;
        let again = p.record(&id, &sale).await?.ok()?;
        let version = again.get("version").and_then(Value::as_u64).unwrap_or_default();
        must(version > 2, format!("a voided id begins anew with version {version}"))?;
    }
    "void-makes-a-version" writes |p| {
        let (id, sale) = p.recorded().await?;
        p.void(&id, &json!({})).await?.ok()?;
        let again = p.record(&id, &sale).await?;
        match again.body.get("version").and_then(Value::as_u64) {
            Some(version @ 2..) => must(version == 3, "a void leaves the version")?,
            _ => return Err(not_applicable("a voided id is not revived (rule update-after-void)")),
        }
    }
    "void-twice" writes |p| {
        let (id, _) = p.recorded().await?;
        p.void(&id, &json!({})).await?.ok()?;
        p.void(&id, &json!({})).await?.ok()?;
    }
    "expected-version" writes |p| {
        let (id, _) = p.recorded().await?;
        let wrong = json!({"transactionExpectedVersion": 7});
        p.void(&id, &wrong).await?.refused("transactionExpectedVersionMismatch")?;
        p.void(&id, &json!({"transactionExpectedVersion": 1})).await?.ok()?;
    }
    "negation-is-the-inverse" writes |p| {
        let since = p.now();
        let (id, _) = p.recorded().await?;
        let (negation, answer) = p.negate(&id).await?;
        answer.ok()?;
        let listed = p.listed(since).await?;
        let amount = |id: &str| listed.iter().find(|item| word(item, "/id") == id)?.pointer("/body/inputAmount")?.as_i64();
        must(amount(&id) == Some(10_000) && amount(&negation) == Some(-10_000), "the amounts are no inverse")?;
    }
    "negation-not-negated" writes |p| {
        let (id, _) = p.recorded().await?;
        let (negation, answer) = p.negate(&id).await?;
        answer.ok()?;
        p.negate(&negation).await?.1.refused("transactionIsAlreadyANegation")?;
    }
    "update-of-negation" writes |p| {
        let (id, sale) = p.recorded().await?;
        let (negation, answer) = p.negate(&id).await?;
        answer.ok()?;
        p.record(&negation, &sale).await?.ok()?;
    }
    "negation-of-void" writes |p| {
        let (id, _) = p.recorded().await?;
        p.void(&id, &json!({})).await?.ok()?;
        p.negate(&id).await?.1.refused("transactionIdNotFound")?;
    }
    "negation-twice" writes |p| {
        let (id, _) = p.recorded().await?;
        p.negate(&id).await?.1.ok()?;
        p.negate(&id).await?.1.ok()?;
    }
    "negation-date" writes |p| {
        let since = p.now();
        let (id, day) = (p.id(), p.last_month().to_string());
        let sale = p.sale_with(&json!({"accountingDate": day})).await?;
        p.record(&id, &sale).await?.ok()?;
        let (negation, answer) = p.negate(&id).await?;
        answer.ok()?;
        let today = p.today().to_string();
        let listed = p.listed(since).await?;
        let found = listed.iter().find(|item| word(item, "/id") == negation);
        let date = found.map(|item| word(item, "/body/accountingDate")).unwrap_or_default();
        must(date == today, format!("the negation is dated {date}"))?;
    }
    "frozen-refuses-update" writes |p| {
        let (id, day) = (p.id(), p.last_month());
        let sale = p.sale_with(&json!({"accountingDate": day.to_string()})).await?;
        p.record(&id, &sale).await?.ok()?;
        p.act(Act::FreezeMonth(month(day)))?;
        p.record(&id, &sale).await?.refused("transactionFrozenForFiling")?;
    }
    "frozen-refuses-void" writes |p| {
        let (id, day) = (p.id(), p.last_month());
        let sale = p.sale_with(&json!({"accountingDate": day.to_string()})).await?;
        p.record(&id, &sale).await?.ok()?;
        p.act(Act::FreezeMonth(month(day)))?;
        p.void(&id, &json!({})).await?.refused("transactionFrozenForFiling")?;
        p.negate(&id).await?.1.ok()?;
    }
    "frozen-by-accounting-date" writes |p| {
        let (id, day) = (p.id(), p.last_month());
        p.act(Act::FreezeMonth(month(day)))?;
        let sale = p.sale_with(&json!({"accountingDate": day.to_string()})).await?;
        p.record(&id, &sale).await?.ok()?;
    }
}
