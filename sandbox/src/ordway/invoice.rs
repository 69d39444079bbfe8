//! Invoices: totals, the tax write, posting, payment, reversal.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::config::OrdwayConfig;
use super::customer::snapshot;
use super::money;
use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render::{self, set, text};
use super::work::{Work, default, reversed_on};

/// Header members that a write cannot set: they follow from the lines or from the life of the document.
const COMPUTED: &[&str] = &[
    "line_items",
    "subtotal",
    "invoice_tax",
    "invoice_amount",
    "paid_amount",
    "balance",
    "subtotals",
    "status",
    "reversed_on",
    "payments",
    "credits",
    "refunds",
    "customer_id",
    "currency",
];

impl Work<'_> {
    /// `POST /invoices` (rule invoice-create) and the builder of tests: a draft with totals made from its lines.
    pub(super) fn create_invoice(&mut self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut invoice = Value::Object(body.clone());
        let customer = self
            .load("customers", text(&invoice, "customer_id"))
            .map_err(|_| Refusal::broken_rule("invoices", "customer does not exist"))?;
        for (field, value) in [
            ("customer_name", json!(text(&customer, "name"))),
            ("billing_contact", snapshot(&customer, "billing_contact_id")),
            ("shipping_contact", snapshot(&customer, "shipping_contact_id")),
            ("currency", json!(text(&customer, "currency"))),
            ("invoice_date", json!(self.today())),
            ("status", json!("Draft")),
            ("paid_amount", json!("0.00")),
            ("payment_terms", json!("30")),
            ("notes", json!("")),
            ("billing_run_id", json!("")),
            ("invoice_pdf_url", json!("")),
            ("line_items", json!([])),
            ("subtotals", json!([])),
            ("payments", json!([])),
            ("credits", json!([])),
            ("refunds", json!([])),
            ("custom_fields", json!({})),
        ] {
            default(&mut invoice, field, value);
        }
        let date = text(&invoice, "invoice_date").to_owned();
        for field in ["due_date", "start_date", "end_date"] {
            default(&mut invoice, field, json!(date));
        }
        inherit_tax_id(&mut invoice, &customer);
        let header = invoice.clone();
        for (number, line) in (1_u32..).zip(rows_mut(&mut invoice, "line_items")) {
            complete_line(line, &header, number);
        }
        sum_lines(&mut invoice);
        self.total(&mut invoice);
        self.create("invoices", invoice)
    }

    /// `PUT /invoices/{id}` or wherever the tax write was put (grade D): sets `line_tax` and `tax_lines` by
    /// `line_no` on a draft and makes the totals anew.
    pub(super) fn write_invoice(&mut self, id: &str, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut invoice = self.load("invoices", id)?;
        let status = text(&invoice, "status").to_owned();
        // rule draft-only-edit
        let editable = status == "Draft" || (status == "Posted" && self.config.has(Quirk::PostedTaxEditable));
        // rule closed-write-is-422
        if !editable && self.config.has(Quirk::ClosedWriteIgnored) {
            return Ok(self.shown("invoices", id));
        }
        if !editable {
            let status_code = if self.config.has(Quirk::ClosedWriteIs403) { 403 } else { 422 };
            return Err(Refusal::new(status_code, "invoices", format!("a {status} invoice can't be edited")));
        }
        let currency = text(&invoice, "currency").to_owned();
        let mut repriced = false;
        // rule tax-write-by-line-no
        let replaces = self.config.has(Quirk::TaxWriteReplacesLines);
        let mut sent = Vec::new();
        let changes = body.get("line_items").and_then(Value::as_array).cloned().unwrap_or_default();
        for change in changes {
            let Value::Object(mut change) = change else {
                return Err(Refusal::broken_rule("invoices", "line_items must hold objects"));
            };
            check_tax(&mut change, &currency, self.config)?;
            if self.config.has(Quirk::TaxWriteNeedsProduct) && !change.contains_key("product_id") {
                return Err(Refusal::broken_rule("invoices", "product_id can't be blank"));
            }
            if self.config.has(Quirk::TaxWriteOnHeader) {
                change.remove("line_tax");
                change.remove("tax_lines");
            }
            sent.push(Value::Object(change.clone()));
            repriced |= change.contains_key("effective_price");
            let number = change.get("line_no").map(plain).unwrap_or_default();
            let line = rows_mut(&mut invoice, "line_items")
                .find(|line| text(line, "line_no") == number)
                .ok_or_else(|| Refusal::broken_rule("invoices", format!("there is no line {number}")))?;
            render::merge(line, &change, &["line_no"]);
        }
        if replaces && !sent.is_empty() {
            set(&mut invoice, "line_items", sent);
            repriced = true;
        }
        // rule tax-write-takes-effect
        if self.config.has(Quirk::TaxWriteIgnored) {
            return Ok(self.shown("invoices", id));
        }
        let fixed = ["id", "created_date", "created_by", "updated_date", "updated_by"];
        let skip: Vec<&str> = COMPUTED.iter().chain(&fixed).copied().collect();
        render::merge(&mut invoice, body, &skip);
        if repriced {
            sum_lines(&mut invoice);
        }
        // rule tax-moves-header-totals
        if !self.config.has(Quirk::HeaderTotalsStale) {
            self.total(&mut invoice);
        }
        if self.config.has(Quirk::TaxWriteOnHeader)
            && let Some(tax) = body.get("invoice_tax").and_then(money::parse)
        {
            let amount = money::field(&invoice, "subtotal") + tax;
            set(&mut invoice, "invoice_tax", money::json(tax, &currency));
            set(&mut invoice, "invoice_amount", money::json(amount, &currency));
            set(&mut invoice, "balance", money::json(amount, &currency));
        }
        // rule tax-write-moves-updated-date
        if self.config.has(Quirk::TaxWriteKeepsUpdatedDate) {
            self.store.put("invoices", id, invoice);
            return Ok(self.shown("invoices", id));
        }
        Ok(self.save("invoices", id, invoice))
    }

    /// Draft to `Posted`.
    pub(super) fn post_invoice(&mut self, id: &str) -> Result<Value, Refusal> {
        let mut invoice = self.load("invoices", id)?;
        if text(&invoice, "status") != "Draft" {
            return Err(Refusal::broken_rule("invoices", "only a draft can be posted"));
        }
        set(&mut invoice, "status", "Posted");
        Ok(self.save("invoices", id, invoice))
    }

    /// `PUT /invoices/{id}/reverse` (rule reverse-only-posted, rule reversed-balance-is-zero).
    pub(super) fn reverse_invoice(&mut self, id: &str, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut invoice = self.load("invoices", id)?;
        let date = reversed_on("invoices", body)?;
        let is_draft = text(&invoice, "status") == "Draft" && !self.config.has(Quirk::DraftsReversible);
        if is_draft || text(&invoice, "status") == "Reversed" {
            return Err(Refusal::broken_rule("invoices", "only a posted invoice can be reversed"));
        }
        set(&mut invoice, "status", "Reversed");
        set(&mut invoice, "reversed_on", date);
        let currency = text(&invoice, "currency").to_owned();
        if !self.config.has(Quirk::ReversedBalanceStays) {
            set(&mut invoice, "balance", money::json(Decimal::ZERO, &currency));
        }
        Ok(self.save("invoices", id, invoice))
    }

    /// Adds `amount` to what was paid, embeds the payment, and moves the status on.
    pub(super) fn settle_payment(
        &mut self,
        id: &str,
        payment: &Value,
        amount: Decimal,
    ) -> Result<Value, Refusal> {
        let mut invoice = self.open_invoice(id)?;
        let currency = text(&invoice, "currency").to_owned();
        let paid = money::field(&invoice, "paid_amount") + amount;
        set(&mut invoice, "paid_amount", money::json(paid, &currency));
        embed(&mut invoice, "payments", payment);
        self.total(&mut invoice);
        self.settle(&mut invoice);
        Ok(self.save("invoices", id, invoice))
    }

    /// Takes `amount` back from what was paid, for a reversed payment.
    pub(super) fn unsettle_payment(&mut self, id: &str, payment: &Value, amount: Decimal) {
        let Ok(mut invoice) = self.load("invoices", id) else { return };
        let currency = text(&invoice, "currency").to_owned();
        let paid = money::field(&invoice, "paid_amount") - amount;
        set(&mut invoice, "paid_amount", money::json(paid, &currency));
        embed(&mut invoice, "payments", payment);
        self.total(&mut invoice);
        self.settle(&mut invoice);
        self.save("invoices", id, invoice);
    }

    /// Shows a credit on an invoice it is applied to. The credit is stored already.
    pub(super) fn settle_credit(&mut self, id: &str, credit: &Value) -> Result<Value, Refusal> {
        let mut invoice = self.load("invoices", id)?;
        embed(&mut invoice, "credits", credit);
        self.total(&mut invoice);
        self.settle(&mut invoice);
        Ok(self.save("invoices", id, invoice))
    }

    /// An invoice that money can be applied to.
    pub(super) fn open_invoice(&self, id: &str) -> Result<Value, Refusal> {
        let invoice = self.load("invoices", id)?;
        if matches!(text(&invoice, "status"), "Posted" | "Partially paid") {
            Ok(invoice)
        } else {
            Err(Refusal::broken_rule("invoices", "the invoice is not open"))
        }
    }

    /// Makes tax, amount, balance and the tax summary from the lines; the subtotal stays.
    pub(super) fn total(&self, invoice: &mut Value) {
        let currency = text(invoice, "currency").to_owned();
        let mut tax = Decimal::ZERO;
        let mut names: Vec<(String, Decimal)> = Vec::new();
        for line in rows(invoice, "line_items") {
            tax += money::field(line, "line_tax");
            for row in rows(line, "tax_lines") {
                let (name, value) = (text(row, "name"), money::field(row, "value"));
                match names.iter_mut().find(|(known, _)| known == name) {
                    Some((_, sum)) => *sum += value,
                    None => names.push((name.to_owned(), value)),
                }
            }
        }
        let amount = money::field(invoice, "subtotal") + tax;
        let balance = if text(invoice, "status") == "Reversed" {
            Decimal::ZERO
        } else {
            amount - money::field(invoice, "paid_amount") - self.credited(invoice)
        };
        let summary: Vec<Value> = names
            .into_iter()
            .map(|(name, value)| json!({"subtotal_name": name, "value": money::text(value, &currency)}))
            .collect();
        set(invoice, "invoice_tax", money::json(tax, &currency));
        set(invoice, "invoice_amount", money::json(amount, &currency));
        set(invoice, "balance", money::json(balance, &currency));
        set(invoice, "subtotals", summary);
    }

    /// The status that follows from amount and balance of an invoice that is out (rule payment-settles).
    fn settle(&self, invoice: &mut Value) {
        let is_out = !matches!(text(invoice, "status"), "Draft" | "Reversed");
        if !is_out || self.config.has(Quirk::PaymentLeavesStatus) {
            return;
        }
        let (amount, balance) = (money::field(invoice, "invoice_amount"), money::field(invoice, "balance"));
        let status = if balance.is_zero() || (balance.is_sign_negative() && amount.is_sign_positive()) {
            "Paid"
        } else if balance == amount {
            "Posted"
        } else {
            "Partially paid"
        };
        set(invoice, "status", status);
    }

    /// What the credits shown on the invoice take off it: their application rows, else what they applied in all.
    fn credited(&self, invoice: &Value) -> Decimal {
        let id = text(invoice, "id");
        let mut sum = Decimal::ZERO;
        for embedded in rows(invoice, "credits") {
            sum += match self.store.get("credits", text(embedded, "id")) {
                Some(credit) => rows(credit, "invoices")
                    .filter(|row| text(row, "id") == id)
                    .map(|row| money::field(row, "amount_applied"))
                    .sum(),
                None => money::field(embedded, "applied_amount"),
            };
        }
        sum
    }
}

/// The rows of an array member, none where it is `""` or missing.
pub(super) fn rows<'a>(record: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    record.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The same to change them.
pub(super) fn rows_mut<'a>(
    record: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = &'a mut Value> + use<'a> {
    record.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Makes `subtotal` the exact sum of the lines.
pub(super) fn sum_lines(invoice: &mut Value) {
    let sum = rows(invoice, "line_items").map(|line| money::field(line, "effective_price")).sum();
    let currency = text(invoice, "currency").to_owned();
    set(invoice, "subtotal", money::json(sum, &currency));
}

/// Fills what a line lacks. The amount is quantity × unit price less the discount, to at most four decimals.
fn complete_line(line: &mut Value, header: &Value, number: u32) {
    let currency = text(header, "currency");
    if line.get("quantity").and_then(money::parse).is_none() {
        set(line, "quantity", money::quantity(Decimal::ONE));
    }
    for (field, value) in [
        ("line_no", json!(number.to_string())),
        ("customer_id", json!(text(header, "customer_id"))),
        ("customer_name", json!(text(header, "customer_name"))),
        ("discount", json!("0.0")),
        ("taxable", json!(true)),
        ("charge_type", json!("recurring")),
        ("start_date", json!(text(header, "start_date"))),
        ("line_tax", money::json(Decimal::ZERO, currency)),
        ("tax_lines", json!([])),
        ("applied_tiers", json!("")),
        ("custom_fields", json!({})),
    ] {
        default(line, field, value);
    }
    let one_time = text(line, "charge_type") == "one_time";
    default(line, "end_date", json!(if one_time { "-" } else { text(header, "end_date") }));
    let kept = (Decimal::ONE_HUNDRED - money::field(line, "discount")) / Decimal::ONE_HUNDRED;
    let amount = money::field(line, "quantity")
        .checked_mul(money::field(line, "unit_price"))
        .and_then(|amount| amount.checked_mul(kept))
        .unwrap_or_default();
    default(line, "effective_price", money::json(amount.round_dp(4), currency));
    let price = text(line, "unit_price").to_owned();
    default(line, "list_price", json!(price));
    default(line, "list_price_base", json!("Billing Period"));
}

/// The inherited custom field "Customer Tax ID": the customer's `tax_id` custom field on each invoice.
fn inherit_tax_id(invoice: &mut Value, customer: &Value) {
    let Some(tax_id) = customer.pointer("/custom_fields/tax_id").cloned() else { return };
    if let Some(custom) = invoice.get_mut("custom_fields").and_then(Value::as_object_mut) {
        custom.entry("tax_id").or_insert(tax_id);
    }
}

/// Replaces or adds the embedded form of a payment or credit: no lines, no applications.
fn embed(invoice: &mut Value, list: &str, document: &Value) {
    let mut short = document.clone();
    if let Some(members) = short.as_object_mut() {
        for name in ["credit_line_items", "invoices", "debit_memos", "billing_contact", "shipping_contact"] {
            members.remove(name);
        }
    }
    let id = text(document, "id").to_owned();
    if let Some(known) = rows_mut(invoice, list).find(|row| text(row, "id") == id) {
        *known = short;
    } else if let Some(Value::Array(rows)) = invoice.get_mut(list) {
        rows.push(short);
    } else {
        set(invoice, list, vec![short]);
    }
}

/// Reads the tax of a changed line into money strings; refuses decimals that the currency has not (rule
/// tax-decimals-checked).
fn check_tax(change: &mut Map<String, Value>, currency: &str, config: &OrdwayConfig) -> Result<(), Refusal> {
    if let Some(tax) = change.get_mut("line_tax") {
        *tax = exact(tax, currency, config)?;
    }
    if let Some(Value::Array(rows)) = change.get_mut("tax_lines") {
        for row in rows {
            if let Some(value) = row.get_mut("value") {
                *value = exact(value, currency, config)?;
            }
        }
    }
    Ok(())
}

fn exact(value: &Value, currency: &str, config: &OrdwayConfig) -> Result<Value, Refusal> {
    let amount = money::parse(value)
        .ok_or_else(|| Refusal::broken_rule("invoices", "a tax amount must be a number"))?
        .normalize();
    // rule tax-decimals-of-currency
    let cut = config.has(Quirk::CutToTwoDecimals);
    let two = cut || config.has(Quirk::TwoDecimalsAtMost);
    let allowed = if two { 2 } else { money::exponent(currency) };
    if cut {
        return Ok(money::json(amount.trunc_with_scale(2), currency));
    }
    if config.has(Quirk::TaxDecimalsRounded) {
        return Ok(money::json(amount.round_dp(allowed), currency));
    }
    if amount.scale() > allowed && !config.has(Quirk::TaxDecimalsKept) {
        return Err(Refusal::broken_rule(
            "invoices",
            format!("a tax amount has more decimals than {currency}"),
        ));
    }
    Ok(money::json(amount, currency))
}

/// A line number as text, whether it was sent as string or number.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
