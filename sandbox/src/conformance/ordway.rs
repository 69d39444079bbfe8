//! Ordway: credentials, lists, errors, customers and other records.

use http::Method;
use serde_json::{Value, json};

use super::checks;
use super::probe::{Checked, Probe, must, not_applicable, word};
use super::subject::Act;
use crate::fault::Service;

/// `GET /customers` with one header changed.
async fn with_header(probe: &mut Probe, name: &str, value: &str) -> Checked<super::probe::Answer> {
    let mut headers = probe.four_headers();
    for (header, given) in &mut headers {
        if *header == name {
            value.clone_into(given);
        }
    }
    probe.send(Service::Ordway, Method::GET, "/customers?size=1&page=1", &headers, "").await
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| word(row, "/id")).collect()
}

checks! {
    "bad-user-is-401" reads |p| {
        let answer = with_header(p, "x-user-token", "wrong").await?;
        must(!word(&answer.expect(401)?, "/error/title").is_empty(), "the 401 has no error.title")?;
    }
    "bad-company-is-401" reads |p| {
        with_header(p, "x-user-company", "No Such Company").await?.expect(401)?;
    }
    "bad-api-key-is-403" reads |p| {
        with_header(p, "x-api-key", "wrong").await?.expect(403)?;
    }
    "credentials-come-first" reads |p| {
        let mut headers = p.four_headers();
        headers.retain(|(name, _)| *name != "x-user-token");
        p.send(Service::Ordway, Method::GET, "/no_such_collection", &headers, "").await?.expect(401)?;
    }
    "rate-limit-is-429" reads |p| {
        p.act(Act::Limit(Service::Ordway, Some(2)))?;
        p.wait(1100).await;
        let headers = p.four_headers();
        let mut last = None;
        for _ in 0..4 {
            last = Some(p.send(Service::Ordway, Method::GET, "/customers?size=1", &headers, "").await?);
        }
        let last = last.ok_or_else(|| not_applicable("nothing was sent"))?;
        must(!last.has_retry_after, "the refusal says Retry-After")?;
        last.expect(429)?;
    }
    "page-cap" reads |p| {
        let rows = p.get("/customers?size=1000&page=1").await?.ok()?;
        let count = rows.as_array().map_or(0, Vec::len);
        must(count <= 50, format!("a page has {count} records"))?;
    }
    "default-page-size" writes |p| {
        for _ in 0..21 {
            p.customer(&json!({})).await?;
        }
        let rows = p.get("/customers?page=1").await?.ok()?;
        let count = rows.as_array().map_or(0, Vec::len);
        must(count == 20, format!("a page has {count} records where no size is asked for"))?;
    }
    "empty-page-past-the-end" reads |p| {
        let rows = p.get("/customers?size=50&page=99999").await?.ok()?;
        must(rows == json!([]), "a page past the end is not []")?;
    }
    "empty-sort-is-500" reads |p| {
        p.get("/customers?size=1&sort=").await?.expect(500)?;
    }
    "sort-is-exact" writes |p| {
        for _ in 0..3 {
            p.customer(&json!({})).await?;
        }
        let rows = p.get("/customers?size=50&page=1&sort=updated_date,id").await?.ok()?;
        let stamps: Vec<&str> =
            rows.as_array().into_iter().flatten().map(|row| word(row, "/updated_date")).collect();
        must(stamps.is_sorted(), "a list sorted by updated_date is not in order")?;
    }
    "sort-direction-suffix" writes |p| {
        for _ in 0..2 {
            p.customer(&json!({})).await?;
        }
        let rows = p.get("/customers?size=50&page=1&sort=name%20desc").await?.ok()?;
        let names: Vec<&str> = rows.as_array().into_iter().flatten().map(|row| word(row, "/name")).collect();
        let (first, last) = (names.first(), names.last());
        must(first > last, "a list sorted by 'name desc' does not descend")?;
    }
    "unsorted-is-arrival-order" writes |p| {
        let (first, second) = (p.customer(&json!({})).await?, p.customer(&json!({})).await?);
        let mut seen = Vec::new();
        for page in 1..200 {
            let rows = p.get(&format!("/customers?size=50&page={page}")).await?.ok()?;
            let rows = rows.as_array().cloned().unwrap_or_default();
            if rows.is_empty() {
                break;
            }
            seen.extend(ids(&rows).into_iter().map(str::to_owned));
        }
        let at = |id: &String| seen.iter().position(|seen| seen == id);
        must(at(&first) < at(&second) && at(&first).is_some(), "the older record does not come first")?;
    }
    "updated-filter-inclusive" writes |p| {
        let id = p.customer(&json!({})).await?;
        let customer = p.get(&format!("/customers/{id}")).await?.ok()?;
        let since = word(&customer, "/updated_date").parse().map_err(|_| not_applicable("no updated_date"))?;
        let rows = p.changed("customers", since).await?;
        must(ids(&rows).contains(&id.as_str()), "updated_date>= leaves out the very timestamp")?;
    }
    "bad-filter-date-is-400" reads |p| {
        p.get("/customers?size=1&updated_date%3E=soon").await?.expect(400)?;
    }
    "equality-filters" writes |p| {
        let (name, id) = (p.id(), p.customer(&json!({})).await?);
        p.put(&format!("/customers/{id}"), &json!({"name": name})).await?.ok()?;
        let rows = p.get(&format!("/customers?size=50&page=1&name={name}")).await?.ok()?;
        must(ids(rows.as_array().map_or(&[], Vec::as_slice)) == [id.as_str()], "name=… does not find exactly the customer")?;
    }
    "unknown-parameters-ignored" reads |p| {
        p.get("/customers?size=1&page=1&surprise=1").await?.ok()?;
    }
    "drafts-are-listed" writes |p| {
        let since = p.now();
        let id = p.draft("USD").await?;
        let earlier = since.saturating_sub(jiff::SignedDuration::from_mins(5)).unwrap_or(since);
        let rows = p.changed("invoices", earlier).await?;
        must(ids(&rows).contains(&id.as_str()), "a new draft is not among the invoices")?;
    }
    "usages-are-wrapped" reads |p| {
        let page = p.get("/usages?size=1&page=1").await?.ok()?;
        must(page.get("usages").is_some_and(Value::is_array), "there is no member usages")?;
    }
    "no-nulls" writes |p| {
        let id = p.customer(&json!({})).await?;
        let customer = p.get(&format!("/customers/{id}")).await?.ok()?;
        must(!customer.to_string().contains(":null"), "an empty member is null")?;
    }
    "custom-fields-twice" writes |p| {
        let id = p.customer(&json!({"custom_fields": {"tax_id": "DE123456789"}})).await?;
        let customer = p.get(&format!("/customers/{id}")).await?.ok()?;
        must(word(&customer, "/tax_id") == word(&customer, "/custom_fields/tax_id"), "a custom field is not repeated at top level")?;
    }
    "writes-answer-200" writes |p| {
        let name = p.id();
        let created = p.post("/customers", &json!({"name": name})).await?.expect(200)?;
        must(word(&created, "/name") == name, "POST does not answer with the resource")?;
    }
    "put-answers-with-body" writes |p| {
        let id = p.customer(&json!({})).await?;
        let changed = p.put(&format!("/customers/{id}"), &json!({"description": "x"})).await?.ok()?;
        must(word(&changed, "/id") == id, "PUT does not answer with the resource")?;
    }
    "delete-answers-empty-object" writes |p| {
        let product = p.post("/products", &json!({"name": "Conformance"})).await?.ok()?;
        let gone = p.delete(&format!("/products/{}", word(&product, "/id"))).await?;
        let is_json = gone.is_json;
        must(gone.expect(200)? == json!({}) && is_json, "DELETE does not answer {}")?;
    }
    "given-id-is-kept" writes |p| {
        let id = p.id();
        let created = p.customer(&json!({"id": id})).await?;
        must(created == id, "the id of a create is not kept")?;
        p.post("/customers", &json!({"id": id, "name": "Again"})).await?.expect(422)?;
    }
    "auto-contact" writes |p| {
        let id = p.customer(&json!({})).await?;
        let customer = p.get(&format!("/customers/{id}")).await?.ok()?;
        must(word(&customer, "/contacts/0/display_name") == word(&customer, "/name"), "there is no contact with the customer's name")?;
    }
    "contact-edit-moves-customer" writes |p| {
        let id = p.customer(&json!({})).await?;
        let before = p.get(&format!("/customers/{id}")).await?.ok()?;
        p.wait(1100).await;
        let contact = word(&before, "/contacts/0/id");
        p.put(&format!("/customers/{id}/contacts/{contact}"), &json!({"city": "Berlin"})).await?.ok()?;
        let after = p.get(&format!("/customers/{id}")).await?.ok()?;
        must(word(&after, "/updated_date") > word(&before, "/updated_date"), "the customer's updated_date stays")?;
    }
    "no-route-is-404" writes |p| {
        p.delete("/credits/no-such-credit").await?.expect(404)?;
    }
    "broken-json-is-400" writes |p| {
        let headers = p.four_headers();
        p.send(Service::Ordway, Method::POST, "/customers", &headers, "{").await?.expect(400)?;
    }
    "broken-rule-is-422" writes |p| {
        p.post("/customers", &json!({"name": ""})).await?.expect(422)?;
    }
    "error-shape" reads |p| {
        let answer = p.get("/customers/no-such-customer").await?.expect(404)?;
        must(answer.pointer("/errors/status") == Some(&json!(404)), "there is no errors.status")?;
    }
    "subscription-undo" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let body = json!({"customer_id": customer, "status": "Cancelled"});
        let created = p.post("/subscriptions", &body).await?.ok()?;
        let id = word(&created, "/id");
        p.put(&format!("/subscriptions/{id}/reactivate"), &json!({})).await?.ok()?;
        let after = p.get(&format!("/subscriptions/{id}")).await?.ok()?;
        must(word(&after, "/status") == "Active", "a reactivated subscription is not active")?;
    }
    "billing-run-makes-no-invoice" writes |p| {
        let id = p.draft("USD").await?;
        p.post("/billing_runs", &json!({})).await?.ok()?;
        must(word(&p.invoice(&id).await?, "/status") == "Draft", "a billing run changed a draft")?;
    }
    "webhook-payload" writes |p| {
        p.customer(&json!({})).await?;
        let payload = p.newest_webhook()?;
        must(payload.get("record").is_some_and(Value::is_object), "the payload shows no record")?;
    }
}
