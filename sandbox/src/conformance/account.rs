//! Anrok: lists, filings, products, mappings, certificates.

use serde_json::{Value, json};

use super::checks;
use super::probe::{Checked, Probe, must, not_applicable, word};
use super::subject::Act;

/// A new certificate of a new customer for Colorado: the customer and the answer.
async fn certificate(probe: &mut Probe, file: &str) -> Checked<(String, super::probe::Answer)> {
    let customer = probe.id();
    let body = json!({
        "customerId": customer, "customerName": "Conformance", "effectiveDateBegin": "2020-01-01",
        "certificateFile": {"name": file, "contentsBase64": "JVBERi0="}, "jurises": [{"jurisId": "us-CO"}],
    });
    let answer = probe.anrok("certificates/create", &body).await?;
    Ok((customer, answer))
}

/// A sale to New York of last month, recorded, and the month.
async fn last_month(probe: &mut Probe) -> Checked<(String, String)> {
    let (id, day) = (probe.id(), probe.last_month());
    let sale = probe.sale_with(&json!({"accountingDate": day.to_string()})).await?;
    probe.record(&id, &sale).await?.ok()?;
    Ok((id, day.strftime("%Y-%m").to_string()))
}

checks! {
    "list-limits" reads |p| {
        p.anrok("filings/list", &json!({"limit": 101})).await?.fault("limit")?;
        p.anrok("transactions/list", &json!({"limit": 0})).await?.fault("limit")?;
    }
    "cursor-or-filter" reads |p| {
        p.anrok("certificates/list", &json!({"cursor": "x", "filter": {}})).await?.fault("cursor")?;
    }
    "invalid-cursor" reads |p| {
        p.anrok("certificates/list", &json!({"cursor": "nonsense"})).await?.refused("invalidCursor")?;
    }
    "last-modified-needs-milliseconds" reads |p| {
        let filter = json!({"type": "lastModifiedAfter", "value": "2026-01-01T00:00:00Z"});
        p.anrok("transactions/list", &json!({"filter": filter})).await?.expect(400)?;
    }
    "next-cursor-absent-at-the-end" reads |p| {
        let body = json!({"filter": {"periodEndDateRangeInclusive": "1999"}});
        let answer = p.anrok("filings/list", &body).await?;
        if answer.status == 409 {
            return Err(not_applicable("the list is a premium feature that is off"));
        }
        must(answer.ok()?.get("nextCursor").is_none(), "there is a nextCursor at the end")?;
    }
    "list-order" writes |p| {
        let since = p.now();
        let (first, _) = p.recorded().await?;
        p.wait(5).await;
        let (second, _) = p.recorded().await?;
        let listed = p.listed(since).await?;
        let at = |id: &str| listed.iter().position(|item| word(item, "/id") == id);
        must(at(&first).is_some() && at(&first) < at(&second), "the older change does not come first")?;
    }
    "list-source-is-null" writes |p| {
        let since = p.now();
        let (id, _) = p.recorded().await?;
        let listed = p.listed(since).await?;
        let found = listed.iter().find(|item| word(item, "/id") == id);
        must(found.is_some_and(|item| item.get("sourceBillingSystem") == Some(&Value::Null)), "the source is not null")?;
    }
    "filing-info-filter" writes |p| {
        let (id, _) = p.recorded().await?;
        p.void(&id, &json!({})).await?.ok()?;
        let filing = p.today().strftime("%Y-%m").to_string();
        let value = json!({"filingAssociationStatus": "associated", "jurisId": "us-NY", "jurisFilingId": filing});
        let mut body = json!({"limit": 20, "filter": {"type": "filingInfo", "value": value}});
        let found = p.all_of("transactions", &mut body).await?;
        must(!found.iter().any(|item| word(item, "/id") == id), "a voided transaction is in the return")?;
    }
    "filings-are-monthly" writes |p| {
        p.recorded().await?;
        let mut body = json!({"filter": {"jurisId": "us-NY"}});
        let filings = p.all_of("filings", &mut body).await?;
        must(!filings.is_empty(), "a recorded sale belongs to no return")?;
        for filing in &filings {
            let (begin, end) = (word(filing, "/period/begin"), word(filing, "/period/endInclusive"));
            must(begin.get(..7) == end.get(..7), format!("a return goes from {begin} to {end}"))?;
        }
    }
    "eu-oss-filing" writes |p| {
        let id = p.id();
        let sale = p.sale_with(&json!({"customerAddress": {"country": "Germany"}})).await?;
        p.record(&id, &sale).await?.ok()?;
        let mut body = json!({"filter": {"jurisId": "eu-oss"}});
        must(!p.all_of("filings", &mut body).await?.is_empty(), "eu-oss has no return")?;
    }
    "filing-locked-means-filed" writes |p| {
        let (_, month) = last_month(p).await?;
        p.act(Act::FreezeMonth(month.clone()))?;
        let mut body = json!({"filter": {"jurisId": "us-NY", "periodEndDateRangeInclusive": month}});
        let filings = p.all_of("filings", &mut body).await?;
        if filings.is_empty() {
            return Err(not_applicable("no return ends with the month (rule filings-are-monthly)"));
        }
        let filed = filings.iter().all(|filing| filing.get("isFiled") == Some(&json!(true)));
        must(filed, "a locked return is not filed")?;
    }
    "external-id-format" writes |p| {
        let list = p.anrok("productTaxCategories/list", &json!({})).await?.ok()?;
        let category = list.pointer("/productTaxCategories/0/id").cloned().unwrap_or_default();
        let body = json!({"externalId": "a/b", "name": "Conformance", "taxCategoryId": category});
        p.anrok("products/create", &body).await?.refused("externalIdInvalid")?;
    }
    "mapping-target-either-id" writes |p| {
        let since = p.now();
        let (id, _) = p.recorded().await?;
        let listed = p.listed(since).await?;
        let found = listed.iter().find(|item| word(item, "/id") == id);
        let internal = found.map(|item| word(item, "/body/lineItems/0/product/internalId")).unwrap_or_default();
        let integration = p.id();
        p.act(Act::AddIntegration(integration.clone()))?;
        let call = format!("integrations/id:{integration}/productIdMapping/add");
        p.anrok(&call, &json!({"sourceId": "sku", "targetId": internal})).await?.ok()?;
    }
    "mapping-overwrite" writes |p| {
        let product = p.product(super::probe::SOFTWARE).await?;
        let integration = p.id();
        p.act(Act::AddIntegration(integration.clone()))?;
        let call = format!("integrations/id:{integration}/productIdMapping/add");
        let body = json!({"sourceId": "sku", "targetId": product});
        p.anrok(&call, &body).await?.ok()?;
        p.anrok(&call, &body).await?.refused("sourceIdAlreadyMapped")?;
    }
    "certificate-jurisdictions" writes |p| {
        let body = json!({
            "customerId": p.id(), "customerName": "Conformance", "effectiveDateBegin": "2020-01-01",
            "certificateFile": {"name": "a.pdf", "contentsBase64": "JVBERi0="},
            "jurises": [{"jurisId": "us-CO"}, {"jurisId": "us-CO"}],
        });
        p.anrok("certificates/create", &body).await?.refused("duplicateJurisIds")?;
    }
    "certificate-file-types" writes |p| {
        certificate(p, "a.docx").await?.1.refused("fileTypeNotSupported")?;
    }
    "effective-date-endi" writes |p| {
        let id = word(&certificate(p, "a.pdf").await?.1.ok()?, "/id").to_owned();
        let found = p.anrok(&format!("certificates/id:{id}/get"), &json!({})).await?.ok()?;
        must(found.pointer("/jurises/0/effectiveDateEndi").is_some(), "there is no effectiveDateEndi")?;
    }
    "archive-twice" writes |p| {
        let id = word(&certificate(p, "a.pdf").await?.1.ok()?, "/id").to_owned();
        for _ in 0..2 {
            p.anrok(&format!("certificates/id:{id}/archive"), &json!({})).await?.ok()?;
        }
    }
    "certificate-exempts" writes |p| {
        let (customer, answer) = certificate(p, "a.pdf").await?;
        answer.ok()?;
        let sale = p.sale_with(&json!({"customerId": customer, "customerAddress":
            {"country": "US", "city": "Denver", "region": "CO", "postalCode": "80202"}})).await?;
        let answer = p.preview(&sale).await?.ok()?;
        must(answer.get("taxAmountToCollect") == Some(&json!(0)), "an exempt customer is taxed")?;
    }
    "email-shape" writes |p| {
        let body = json!({"customerId": p.id(), "customerName": "Conformance", "emailAddress": "nobody", "sendEmail": false});
        let answer = p.anrok("certificateRequests/create", &body).await?;
        if word(&answer.body, "/type") == "featureNotEnabled" {
            return Err(not_applicable("certificate requests are a premium feature that is off"));
        }
        answer.refused("invalidEmailAddress")?;
    }
}
