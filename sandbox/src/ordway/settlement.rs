//! Credits, payments and refunds: what is applied to invoices, and what is taken back.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::customer::snapshot;
use super::invoice::{rows, rows_mut};
use super::money;
use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render::{set, text};
use super::work::{Work, default, reversed_on};

impl Work<'_> {
    /// `POST /credits` with `credit_line_items` or a bare `credit_amount`; `invoices: [{id, amount_applied}]` applies it.
    pub(super) fn create_credit(&mut self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut credit = Value::Object(body.clone());
        let customer = self
            .load("customers", text(&credit, "customer_id"))
            .map_err(|_| Refusal::broken_rule("credits", "customer does not exist"))?;
        // rule credits-are-processed
        let drafts = self.config.has(Quirk::CreditsBeginAsDraft);
        for (field, value) in [
            ("credit_date", json!(self.today())),
            ("status", json!(if drafts { "Draft" } else { "Processed" })),
            ("currency", json!(text(&customer, "currency"))),
            ("billing_contact", snapshot(&customer, "billing_contact_id")),
            ("shipping_contact", snapshot(&customer, "shipping_contact_id")),
            ("notes", json!("")),
            ("reference_number", json!("")),
            ("auto_apply", json!("-")),
            ("credit_pdf_url", json!("")),
            ("credit_line_items", json!([])),
            ("subtotals", json!([])),
            ("debit_memos", json!([])),
            ("refunds", json!([])),
            ("integration_status", json!("")),
            ("integration_messages", json!({})),
            ("conversion_rate", money::quantity(Decimal::ONE)),
            ("custom_fields", json!({})),
        ] {
            default(&mut credit, field, value);
        }
        let currency = text(&credit, "currency").to_owned();
        for (number, line) in (1_u32..).zip(rows_mut(&mut credit, "credit_line_items")) {
            complete_credit_line(line, number, &currency);
        }
        let has_lines = rows(&credit, "credit_line_items").next().is_some();
        let subtotal = if has_lines {
            rows(&credit, "credit_line_items").map(|line| money::field(line, "effective_price")).sum()
        } else {
            money::field(&credit, "credit_amount")
        };
        let tax: Decimal =
            rows(&credit, "credit_line_items").map(|line| money::field(line, "line_tax")).sum();
        let amount = subtotal + tax;
        if amount.is_zero() {
            return Err(Refusal::broken_rule("credits", "credit_amount or credit_line_items is required"));
        }
        let wanted: Vec<Value> = rows(&credit, "invoices").cloned().collect();
        let applied = self.applications(&wanted, amount, "credits", &currency)?;
        let sum: Decimal = applied.iter().map(|(_, amount)| *amount).sum();
        set(&mut credit, "subtotal", money::json(subtotal, &currency));
        set(&mut credit, "credit_tax", money::json(tax, &currency));
        set(&mut credit, "credit_amount", money::json(amount, &currency));
        set(&mut credit, "applied_amount", money::json(sum, &currency));
        set(&mut credit, "unapplied_amount", money::json(amount - sum, &currency));
        set(&mut credit, "invoices", self.application_rows(&applied, &currency));
        let created = self.create("credits", credit)?;
        if text(&created, "status") == "Draft" {
            return Ok(created);
        }
        for (invoice, _) in &applied {
            self.settle_credit(invoice, &created)?;
        }
        Ok(created)
    }

    /// Draft to `Processed`: what it names is applied.
    pub(super) fn process_credit(&mut self, id: &str) -> Result<Value, Refusal> {
        let mut credit = self.load("credits", id)?;
        if text(&credit, "status") != "Draft" {
            return Err(Refusal::broken_rule("credits", "only a draft can be processed"));
        }
        set(&mut credit, "status", "Processed");
        let invoices: Vec<String> = rows(&credit, "invoices").map(|row| text(row, "id").to_owned()).collect();
        let shown = self.save("credits", id, credit);
        for invoice in invoices {
            self.settle_credit(&invoice, &shown)?;
        }
        Ok(shown)
    }

    /// `PUT /credits/{id}/reverse`: the invoices it was applied to are open again (rule
    /// reversed-credit-reopens).
    pub(super) fn reverse_credit(&mut self, id: &str, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut credit = self.load("credits", id)?;
        let date = reversed_on("credits", body)?;
        if text(&credit, "status") != "Processed" {
            return Err(Refusal::broken_rule("credits", "only a processed credit can be reversed"));
        }
        let currency = text(&credit, "currency").to_owned();
        let invoices: Vec<String> = rows(&credit, "invoices").map(|row| text(row, "id").to_owned()).collect();
        set(&mut credit, "status", "Reversed");
        set(&mut credit, "reversed_on", date);
        set(&mut credit, "auto_apply", "-");
        if self.config.has(Quirk::ReversedCreditStaysApplied) {
            return Ok(self.save("credits", id, credit));
        }
        set(&mut credit, "applied_amount", money::json(Decimal::ZERO, &currency));
        set(&mut credit, "unapplied_amount", money::json(Decimal::ZERO, &currency));
        set(&mut credit, "invoices", json!([]));
        let shown = self.save("credits", id, credit);
        for invoice in invoices {
            self.settle_credit(&invoice, &shown).ok();
        }
        Ok(shown)
    }

    /// `POST /payments`; `invoices: [{id, amount_applied}]` applies it.
    pub(super) fn create_payment(&mut self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut payment = Value::Object(body.clone());
        let customer = self
            .load("customers", text(&payment, "customer_id"))
            .map_err(|_| Refusal::broken_rule("payments", "customer does not exist"))?;
        let amount = money::field(&payment, "payment_amount");
        if amount <= Decimal::ZERO {
            return Err(Refusal::broken_rule("payments", "payment_amount must be greater than 0"));
        }
        default(&mut payment, "currency", json!(text(&customer, "currency")));
        let currency = text(&payment, "currency").to_owned();
        for (field, value) in [
            ("payment_date", json!(self.today())),
            ("status", json!("Processed")),
            ("payment_type", json!("External")),
            ("payment_method", json!("Check")),
            ("notes", json!("")),
            ("reference_number", json!("")),
            ("fee_amount", money::json(Decimal::ZERO, &currency)),
            ("refunded_amount", money::json(Decimal::ZERO, &currency)),
            ("auto_apply", json!(false)),
            ("refunds", json!([])),
            ("failed_attempt", json!(0)),
            ("retried_attempts", json!(0)),
            ("gl_account", json!("")),
            ("custom_fields", json!({})),
        ] {
            default(&mut payment, field, value);
        }
        let wanted: Vec<Value> = rows(&payment, "invoices").cloned().collect();
        let applied = self.applications(&wanted, amount, "payments", &currency)?;
        let sum: Decimal = applied.iter().map(|(_, amount)| *amount).sum();
        set(&mut payment, "payment_amount", money::json(amount, &currency));
        set(&mut payment, "applied_amount", money::json(sum, &currency));
        set(&mut payment, "unapplied_amount", money::json(amount - sum, &currency));
        set(&mut payment, "invoices", self.application_rows(&applied, &currency));
        let created = self.create("payments", payment)?;
        for (invoice, part) in &applied {
            self.settle_payment(invoice, &created, *part)?;
        }
        Ok(created)
    }

    /// `PUT /payments/{id}/reverse`, for external payments only.
    pub(super) fn reverse_payment(&mut self, id: &str, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut payment = self.load("payments", id)?;
        let date = reversed_on("payments", body)?;
        if text(&payment, "payment_type") != "External" || text(&payment, "status") != "Processed" {
            return Err(Refusal::broken_rule(
                "payments",
                "only a processed external payment can be reversed",
            ));
        }
        let applied: Vec<(String, Decimal)> = rows(&payment, "invoices")
            .map(|row| (text(row, "id").to_owned(), money::field(row, "amount_applied")))
            .collect();
        let currency = text(&payment, "currency").to_owned();
        set(&mut payment, "status", "Reversed");
        set(&mut payment, "reversed_on", date);
        set(&mut payment, "auto_apply", "-");
        set(&mut payment, "applied_amount", money::json(Decimal::ZERO, &currency));
        set(&mut payment, "invoices", json!([]));
        let shown = self.save("payments", id, payment);
        for (invoice, amount) in applied {
            self.unsettle_payment(&invoice, &shown, amount);
        }
        Ok(shown)
    }

    /// `PUT /{payments,credits,invoices}/{id}/refund`: makes a refund record (rule
    /// refund-makes-record). Body fields are assumed (rule refund-body):
    /// `refund_amount` (all that is left where missing), `refund_date`, `notes`.
    pub(super) fn refund(
        &mut self,
        collection: &str,
        id: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let mut document = self.load(collection, id)?;
        let currency = text(&document, "currency").to_owned();
        let (left, origin) = match collection {
            "payments" => (
                money::field(&document, "payment_amount") - money::field(&document, "refunded_amount"),
                "payment_id",
            ),
            "credits" => (money::field(&document, "unapplied_amount"), "credit_id"),
            _ => (-money::field(&document, "balance"), "invoice_id"),
        };
        let member = if self.config.has(Quirk::RefundAmountIsAmount) { "amount" } else { "refund_amount" };
        let amount = body.get(member).and_then(money::parse).unwrap_or(left);
        if amount <= Decimal::ZERO || amount > left {
            return Err(Refusal::broken_rule(collection, "there is nothing to refund, or not that much"));
        }
        let date =
            body.get("refund_date").and_then(Value::as_str).map_or_else(|| self.today(), str::to_owned);
        let refund = self.create(
            "refunds",
            json!({
                "customer_id": text(&document, "customer_id"), "refund_date": date,
                "refund_amount": money::text(amount, &currency), "refund_type": "External",
                "refund_status": "Succeeded", origin: id, "currency": currency, "reference_number": "",
                "notes": body.get("notes").and_then(Value::as_str).unwrap_or_default(),
                "conversion_rate": money::quantity(Decimal::ONE),
            }),
        )?;
        let row = json!({
            "id": text(&refund, "id"), "refund_amount": text(&refund, "refund_amount"), "refund_date": date,
            "created_by": self.actor, "updated_by": self.actor,
            "created_date": self.today(), "updated_date": self.today(),
        });
        if let Some(Value::Array(refunds)) = document.get_mut("refunds") {
            refunds.push(row);
        } else {
            set(&mut document, "refunds", vec![row]);
        }
        match collection {
            "payments" => {
                let refunded = money::field(&document, "refunded_amount") + amount;
                set(&mut document, "refunded_amount", money::json(refunded, &currency));
                set(&mut document, "status", if amount == left { "Refunded" } else { "Partially refunded" });
            }
            "credits" => {
                set(&mut document, "unapplied_amount", money::json(left - amount, &currency));
            }
            _ => {
                set(&mut document, "balance", money::json(amount - left, &currency));
                set(&mut document, "status", if amount == left { "Paid" } else { "Partially paid" });
            }
        }
        Ok(self.save(collection, id, document))
    }

    /// `POST /refunds` of what `payment_id`, `credit_id` or `invoice_id` names (rule refund-create).
    pub(super) fn create_refund(&mut self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        if self.config.has(Quirk::RefundCreateNowhere) {
            return Err(Refusal::not_found("routes"));
        }
        for (member, collection) in
            [("payment_id", "payments"), ("credit_id", "credits"), ("invoice_id", "invoices")]
        {
            if let Some(id) = body.get(member).and_then(Value::as_str).filter(|id| !id.is_empty()) {
                let document = self.refund(collection, id, body)?;
                let refund = rows(&document, "refunds").last().map(|row| text(row, "id").to_owned());
                return Ok(self.shown("refunds", &refund.unwrap_or_default()));
            }
        }
        Err(Refusal::broken_rule("refunds", "payment_id, credit_id or invoice_id is required"))
    }

    /// Checks the applications asked for: open invoices, no more than their balance nor than the document's amount.
    fn applications(
        &self,
        wanted: &[Value],
        amount: Decimal,
        source: &str,
        currency: &str,
    ) -> Result<Vec<(String, Decimal)>, Refusal> {
        let mut left = amount;
        let mut applied = Vec::new();
        for row in wanted {
            let id = text(row, "id");
            let invoice = self.open_invoice(id).map_err(|refused| {
                Refusal::broken_rule(source, format!("invoice {id}: {}", refused.details()))
            })?;
            let part = row.get("amount_applied").and_then(money::parse).unwrap_or(left);
            if text(&invoice, "currency") != currency {
                return Err(Refusal::broken_rule(source, format!("invoice {id} has another currency")));
            }
            if part <= Decimal::ZERO || part > left || part > money::field(&invoice, "balance") {
                return Err(Refusal::broken_rule(source, format!("amount_applied of {id} is too large")));
            }
            left -= part;
            applied.push((id.to_owned(), part));
        }
        Ok(applied)
    }

    /// Nested applications carry plain dates instead of timestamps.
    fn application_rows(&self, applied: &[(String, Decimal)], currency: &str) -> Vec<Value> {
        let row = |(id, amount): &(String, Decimal)| {
            json!({"id": id, "amount_applied": money::text(*amount, currency), "created_by": self.actor,
                "updated_by": self.actor, "created_date": self.today(), "updated_date": self.today()})
        };
        applied.iter().map(row).collect()
    }
}

fn complete_credit_line(line: &mut Value, number: u32, currency: &str) {
    if line.get("quantity").and_then(money::parse).is_none() {
        set(line, "quantity", money::quantity(Decimal::ONE));
    }
    let amount = money::field(line, "quantity").checked_mul(money::field(line, "unit_price"));
    for (field, value) in [
        ("line_no", json!(number.to_string())),
        ("description", json!("")),
        ("credit_account", json!("1055")),
        ("taxable", json!(true)),
        ("tax_override", json!(false)),
        ("line_tax", money::json(Decimal::ZERO, currency)),
        ("effective_price", money::json(amount.unwrap_or_default().round_dp(4), currency)),
        ("custom_fields", json!({})),
    ] {
        default(line, field, value);
    }
}
