//! Ordway: invoices, tax, credits, payments.

use serde_json::json;

use super::checks;
use super::probe::{must, not_applicable, word};

const REVERSAL: &str = "reversed_on";

checks! {
    "invoice-create" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let id = p.id();
        let body = json!({"id": id, "customer_id": customer, "line_items": [{"product_id": id, "unit_price": "12.00"}]});
        let created = p.post("/invoices", &body).await?.ok()?;
        must(word(&created, "/status") == "Draft", "a new invoice is no draft")?;
    }
    "invoice-post" writes |p| {
        let id = p.draft("USD").await?;
        p.put(&format!("/invoices/{id}/post"), &json!({})).await?.ok()?;
        must(word(&p.invoice(&id).await?, "/status") == "Posted", "the invoice is not posted")?;
    }
    "tax-write-on-invoice" writes |p| {
        let id = p.draft("USD").await?;
        let answer = p.put(&format!("/invoices/{id}"), &json!({"notes": "Conformance"})).await?;
        must(answer.status != 404 && answer.status != 405, format!("PUT /invoices/{{id}} is a {}", answer.status))?;
    }
    "tax-write-by-line-no" writes |p| {
        let id = p.draft("USD").await?;
        let before = p.invoice(&id).await?;
        let body = json!({"line_items": [{"line_no": "1", "line_tax": "8.75",
            "tax_lines": [{"name": "Conformance", "value": "8.75"}]}]});
        let answer = p.put(&format!("/invoices/{id}"), &body).await?;
        if answer.status == 404 {
            return Err(not_applicable("tax is not written with PUT /invoices/{id}"));
        }
        answer.ok()?;
        let after = p.invoice(&id).await?;
        if word(&after, "/line_items/0/line_tax") == "0.00" && word(&after, "/invoice_tax") == "0.00" {
            // Nothing at all came through: another header total is tried before that is called a matter of lines.
            p.put(&format!("/invoices/{id}"), &json!({"invoice_tax": "8.75"})).await?.ok()?;
            must(word(&p.invoice(&id).await?, "/invoice_tax") != "8.75", "only a header invoice_tax is taken")?;
            return Err(not_applicable("no tax write has an effect (rule tax-write-takes-effect)"));
        }
        for member in ["/line_items/0/product_id", "/line_items/1/product_id", "/subtotal"] {
            must(word(&after, member) == word(&before, member), format!("a tax write changed {member}"))?;
        }
    }
    "tax-write-takes-effect" writes |p| {
        let id = p.draft("USD").await?;
        p.write_tax(&id, "8.75").await?.ok()?;
        must(word(&p.invoice(&id).await?, "/line_items/0/line_tax") == "8.75", "the tax does not stand on the line")?;
    }
    "tax-moves-header-totals" writes |p| {
        let id = p.draft("USD").await?;
        p.write_tax(&id, "8.75").await?.ok()?;
        let invoice = p.invoice(&id).await?;
        if word(&invoice, "/line_items/0/line_tax") != "8.75" {
            return Err(not_applicable("tax does not reach the line (rule tax-write-takes-effect)"));
        }
        let totals = (word(&invoice, "/invoice_tax"), word(&invoice, "/invoice_amount"));
        must(totals == ("8.75", "158.75"), format!("tax and amount are {totals:?}"))?;
    }
    "tax-write-moves-updated-date" writes |p| {
        let id = p.draft("USD").await?;
        let before = p.invoice(&id).await?;
        p.wait(1100).await;
        p.write_tax(&id, "8.75").await?.ok()?;
        let after = p.invoice(&id).await?;
        if word(&after, "/line_items/0/line_tax") != "8.75" {
            return Err(not_applicable("tax does not reach the line (rule tax-write-takes-effect)"));
        }
        must(word(&after, "/updated_date") > word(&before, "/updated_date"), "updated_date stays")?;
    }
    "tax-decimals-checked" writes |p| {
        let id = p.draft("USD").await?;
        let answer = p.write_tax(&id, "8.7512").await?;
        if answer.status == 200 && word(&p.invoice(&id).await?, "/line_items/0/line_tax") == "8.75" {
            must(false, "further decimals were taken away without a word")?;
        }
        answer.expect(422)?;
    }
    "tax-decimals-of-currency" writes |p| {
        let id = p.draft("KWD").await?;
        p.write_tax(&id, "8.755").await?.ok()?;
        let invoice = p.invoice(&id).await?;
        let tax = word(&invoice, "/line_items/0/line_tax");
        if tax == "0.000" {
            return Err(not_applicable("tax does not reach the line (rule tax-write-takes-effect)"));
        }
        must(tax == "8.755", format!("three decimals became {tax}"))?;
    }
    "draft-only-edit" writes |p| {
        let id = p.posted().await?;
        p.write_tax(&id, "8.75").await?;
        must(word(&p.invoice(&id).await?, "/invoice_tax") != "8.75", "a posted invoice was changed")?;
    }
    "closed-write-is-422" writes |p| {
        let id = p.posted().await?;
        let answer = p.write_tax(&id, "8.75").await?;
        if word(&p.invoice(&id).await?, "/invoice_tax") == "8.75" {
            return Err(not_applicable("posted invoices are open (rule draft-only-edit)"));
        }
        answer.expect(422)?;
    }
    "reverse-needs-date" writes |p| {
        let id = p.posted().await?;
        p.put(&format!("/invoices/{id}/reverse"), &json!({})).await?.expect(422)?;
        let date = p.today().to_string();
        p.put(&format!("/invoices/{id}/reverse"), &json!({REVERSAL: date})).await?.ok()?;
        must(word(&p.invoice(&id).await?, "/status") == "Reversed", "the invoice is not reversed")?;
    }
    "reverse-only-posted" writes |p| {
        let id = p.draft("USD").await?;
        let date = p.today().to_string();
        p.put(&format!("/invoices/{id}/reverse"), &json!({REVERSAL: date})).await?.expect(422)?;
    }
    "reversed-balance-is-zero" writes |p| {
        let id = p.posted().await?;
        let date = p.today().to_string();
        p.put(&format!("/invoices/{id}/reverse"), &json!({REVERSAL: date})).await?.ok()?;
        let invoice = p.invoice(&id).await?;
        must(word(&invoice, "/balance") == "0.00", format!("the balance is {}", word(&invoice, "/balance")))?;
    }
    "credits-are-processed" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let credit = p.post("/credits", &json!({"customer_id": customer, "credit_amount": "5.00"})).await?.ok()?;
        must(word(&credit, "/status") == "Processed", format!("a new credit is {}", word(&credit, "/status")))?;
    }
    "reversed-credit-reopens" writes |p| {
        let id = p.posted().await?;
        let customer = word(&p.invoice(&id).await?, "/customer_id").to_owned();
        let body = json!({"customer_id": customer, "credit_amount": "50.00", "invoices": [{"id": id, "amount_applied": "50.00"}]});
        let credit = p.post("/credits", &body).await?.ok()?;
        if word(&p.invoice(&id).await?, "/balance") != "100.00" {
            return Err(not_applicable("a credit is not applied at once (rule credits-are-processed)"));
        }
        let date = p.today().to_string();
        p.put(&format!("/credits/{}/reverse", word(&credit, "/id")), &json!({REVERSAL: date})).await?.ok()?;
        let invoice = p.invoice(&id).await?;
        must(word(&invoice, "/balance") == "150.00", "a reversed credit stays applied")?;
    }
    "payment-settles" writes |p| {
        let id = p.posted().await?;
        let customer = word(&p.invoice(&id).await?, "/customer_id").to_owned();
        let body = json!({"customer_id": customer, "payment_amount": "50.00", "invoices": [{"id": id, "amount_applied": "50.00"}]});
        p.post("/payments", &body).await?.ok()?;
        let invoice = p.invoice(&id).await?;
        must(word(&invoice, "/status") == "Partially paid", format!("a third paid is {}", word(&invoice, "/status")))?;
    }
    "refund-makes-record" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let payment = p.post("/payments", &json!({"customer_id": customer, "payment_amount": "10.00"})).await?.ok()?;
        let id = word(&payment, "/id");
        p.put(&format!("/payments/{id}/refund"), &json!({})).await?.ok()?;
        let payment = p.get(&format!("/payments/{id}")).await?.ok()?;
        let refund = word(&payment, "/refunds/0/id").to_owned();
        p.get(&format!("/refunds/{refund}")).await?.ok()?;
    }
    "refund-body" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let payment = p.post("/payments", &json!({"customer_id": customer, "payment_amount": "10.00"})).await?.ok()?;
        let id = word(&payment, "/id");
        p.put(&format!("/payments/{id}/refund"), &json!({"refund_amount": "4.00"})).await?.ok()?;
        let payment = p.get(&format!("/payments/{id}")).await?.ok()?;
        let refunded = word(&payment, "/refunded_amount");
        must(refunded == "4.00", format!("refunded were {refunded}"))?;
    }
    "refund-create" writes |p| {
        let customer = p.customer(&json!({})).await?;
        let payment = p.post("/payments", &json!({"customer_id": customer, "payment_amount": "10.00"})).await?.ok()?;
        let refund = p.post("/refunds", &json!({"payment_id": word(&payment, "/id")})).await?.ok()?;
        must(word(&refund, "/refund_amount") == "10.00", "the whole payment is not refunded")?;
    }
    "write-bumps-updated-date" writes |p| {
        let id = p.customer(&json!({})).await?;
        let mut stamps = Vec::new();
        for round in 0..5 {
            p.put(&format!("/customers/{id}"), &json!({"description": round.to_string()})).await?.ok()?;
            stamps.push(word(&p.get(&format!("/customers/{id}")).await?.ok()?, "/updated_date").to_owned());
            p.wait(5).await;
        }
        must(stamps.is_sorted_by(|one, next| one < next), "changes within a second share an updated_date")?;
    }
}
