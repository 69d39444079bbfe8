//! The actions `PUT /{collection}/{id}/{action}` and creation by collection.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::money;
use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render::{self, set, text};
use super::work::{Work, default};

impl Work<'_> {
    /// `POST /{collection}` with the defaults of the collection.
    pub(super) fn create_in(
        &mut self,
        collection: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        match collection {
            "customers" => return self.create_customer(body),
            "invoices" => return self.create_invoice(body),
            "credits" => return self.create_credit(body),
            "payments" => return self.create_payment(body),
            "refunds" => return self.create_refund(body),
            _ => {}
        }
        let mut record = Value::Object(body.clone());
        let defaults: &[(&str, Value)] = match collection {
            "products" => &[
                ("sku", json!("")),
                ("description", json!("")),
                ("status", json!("Active")),
                ("taxable", json!(true)),
                ("price", json!("0.00")),
                ("currency", json!("USD")),
            ],
            "plans" => &[("status", json!("Active")), ("description", json!("")), ("charges", json!([]))],
            "subscriptions" => {
                &[("status", json!("Draft")), ("version", json!(1)), ("version_type", json!("New"))]
            }
            "orders" => &[("status", json!("Fulfilled")), ("invoice_id", json!(""))],
            // rule billing-run-makes-no-invoice
            "billing_runs" => &[
                ("status", json!("Posted")),
                ("invoices_count", json!(0)),
                ("invoices_total", json!("0.00")),
                ("currency", json!("USD")),
            ],
            "payment_runs" => {
                &[("status", json!("Completed")), ("success_count", json!(0)), ("failure_count", json!(0))]
            }
            "usages" => &[("invoiced", json!(false)), ("status", json!("Processed"))],
            "webhooks" => &[("status", json!("active")), ("events", json!({})), ("headers", json!([]))],
            "coupons" | "revenue_rules" | "chart_of_accounts" => &[("status", json!("Active"))],
            _ => &[],
        };
        for (field, value) in defaults {
            default(&mut record, field, value.clone());
        }
        if collection == "billing_runs" && self.config.has(Quirk::BillingRunPostsDrafts) {
            let invoices = self.store.iter("invoices");
            let drafts: Vec<String> = invoices
                .filter(|invoice| text(invoice, "status") == "Draft")
                .map(|invoice| text(invoice, "id").to_owned())
                .collect();
            for id in drafts {
                self.post_invoice(&id)?;
            }
        }
        if collection == "journal_entries" {
            check_journal(&record)?;
        }
        self.create(collection, record)
    }

    /// `PUT /{collection}/{id}` for the collections that offer it.
    pub(super) fn update_in(
        &mut self,
        collection: &str,
        id: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let skip: &[&str] = if collection == "customers" { &["contacts", "balance"] } else { &[] };
        self.update(collection, id, body, skip)
    }

    /// `DELETE /{collection}/{id}`.
    pub(super) fn delete(&mut self, collection: &str, id: &str) -> Result<(), Refusal> {
        let record = self.load(collection, id)?;
        if collection == "subscriptions" && text(&record, "status") != "Draft" {
            return Err(Refusal::broken_rule("subscriptions", "only a draft can be deleted"));
        }
        self.store.remove(collection, id);
        Ok(())
    }

    /// `PUT /{collection}/{id}/{action}`.
    pub(super) fn act(
        &mut self,
        collection: &str,
        id: &str,
        action: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        match (collection, action) {
            ("invoices", "reverse") => self.reverse_invoice(id, body),
            // rule invoice-post
            ("invoices", "post") if !self.config.has(Quirk::InvoicePostNowhere) => self.post_invoice(id),
            ("credits", "reverse") => self.reverse_credit(id, body),
            ("payments", "reverse") => self.reverse_payment(id, body),
            ("invoices" | "credits" | "payments", "refund") => self.refund(collection, id, body),
            ("payment_runs", "reverse") => self.status(collection, id, body, &["Completed"], "Reversed"),
            ("orders", "cancel") => self.status(collection, id, body, &[], "Cancelled"),
            ("subscriptions", "activate") => self.status(collection, id, body, &["Draft"], "Active"),
            ("subscriptions", "cancel") => {
                self.status(collection, id, body, &["Active", "Paused"], "Cancelled")
            }
            ("subscriptions", "pause") => self.status(collection, id, body, &["Active"], "Paused"),
            ("subscriptions", "resume") => self.status(collection, id, body, &["Paused"], "Active"),
            ("subscriptions", "change") => self.new_version(id, body, "Change"),
            ("subscriptions", "renew") => self.new_version(id, body, "Renewal"),
            // rule subscription-undo
            ("subscriptions", "revert" | "reactivate") if self.config.has(Quirk::SubscriptionUndoNowhere) => {
                Err(Refusal::not_found(collection))
            }
            ("subscriptions", "reactivate") => self.status(collection, id, body, &["Cancelled"], "Active"),
            ("subscriptions", "revert") => self.revert_version(id),
            ("billing_schedules", "manage_prepayment_lines") => self.update(collection, id, body, &[]),
            _ => Err(Refusal::not_found(collection)),
        }
    }

    fn status(
        &mut self,
        collection: &str,
        id: &str,
        body: &Map<String, Value>,
        from: &[&str],
        to: &str,
    ) -> Result<Value, Refusal> {
        let mut record = self.load(collection, id)?;
        let current = text(&record, "status");
        if current == to || !(from.is_empty() || from.contains(&current)) {
            return Err(Refusal::broken_rule(collection, format!("not possible while {current}")));
        }
        render::merge(&mut record, body, &["id", "status"]);
        set(&mut record, "status", to);
        Ok(self.save(collection, id, record))
    }

    fn new_version(&mut self, id: &str, body: &Map<String, Value>, kind: &str) -> Result<Value, Refusal> {
        let mut record = self.load("subscriptions", id)?;
        if text(&record, "status") != "Active" {
            return Err(Refusal::broken_rule("subscriptions", "only an active subscription can change"));
        }
        let version = record.get("version").and_then(Value::as_u64).unwrap_or(1);
        render::merge(&mut record, body, &["id", "status", "version"]);
        set(&mut record, "version", version + 1);
        set(&mut record, "version_type", kind);
        Ok(self.save("subscriptions", id, record))
    }

    /// The number of the version goes back; what the version changed stays, for no older version is kept.
    fn revert_version(&mut self, id: &str) -> Result<Value, Refusal> {
        let mut record = self.load("subscriptions", id)?;
        let version = record.get("version").and_then(Value::as_u64).unwrap_or(1);
        if version <= 1 {
            return Err(Refusal::broken_rule("subscriptions", "there is no earlier version"));
        }
        set(&mut record, "version", version - 1);
        Ok(self.save("subscriptions", id, record))
    }
}

/// Debits equal credits in every entry.
fn check_journal(record: &Value) -> Result<(), Refusal> {
    let sum = |side: &str| -> Decimal {
        super::invoice::rows(record, "entries").map(|row| money::field(row, side)).sum()
    };
    if sum("debit") == sum("credit") {
        Ok(())
    } else {
        Err(Refusal::broken_rule("journal_entries", "debits and credits differ"))
    }
}
