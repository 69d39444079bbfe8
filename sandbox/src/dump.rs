//! What both fakes hold, as JSON: whole for tests, in rows for the page.

use serde_json::{Map, Value, json};

use crate::anrok::{Cause, FakeAnrok, StoredTransaction, TransactionState};
use crate::ordway::FakeOrdway;
use crate::seed::Seed;

/// Rows of each kind in the summary.
const SHOWN: usize = 500;

/// Every record, product and version. Holds no credentials; header values of webhooks are masked, because a user's own
/// receiver may have a real one.
pub(crate) fn state(ordway: &FakeOrdway, anrok: &FakeAnrok) -> Value {
    let mut collections = Map::new();
    for name in ordway.collections() {
        let mut records = ordway.all(&name);
        if name == "webhooks" {
            records.iter_mut().for_each(mask_headers);
        }
        collections.insert(name, Value::Array(records));
    }
    let products: Vec<Value> = anrok
        .products()
        .into_iter()
        .map(|product| {
            json!({
                "external_id": product.external_id, "internal_id": product.internal_id,
                "name": product.name, "category_id": product.category_id,
            })
        })
        .collect();
    let versions = |all: Vec<StoredTransaction>| all.iter().map(whole).collect::<Vec<_>>();
    json!({
        "ordway": collections,
        "anrok": {
            "products": products,
            "customers": anrok.customers(),
            "transactions": versions(anrok.transactions()),
            "history": versions(anrok.history()),
            "frozen_months": anrok.frozen_months(),
            "frozen_through": anrok.frozen_through().map(|day| day.to_string()),
        },
    })
}

/// The present data as a seed document, header values of webhooks masked.
pub(crate) fn seed(ordway: &FakeOrdway, anrok: &FakeAnrok) -> Value {
    let mut document = Seed::of(ordway, anrok).as_value().clone();
    let webhooks = document.pointer_mut("/ordway/webhooks").and_then(Value::as_array_mut);
    webhooks.into_iter().flatten().for_each(mask_headers);
    document
}

/// One row for each document and transaction, the newest 500 of each, and how many there are.
pub(crate) fn summary(ordway: &FakeOrdway, anrok: &FakeAnrok) -> Value {
    let pick = |record: &Value, names: &[(&str, &str)]| -> Map<String, Value> {
        let member = |name| record.get(name).cloned().unwrap_or_default();
        names.iter().map(|(shown, name)| ((*shown).to_owned(), member(name))).collect()
    };
    let invoices: Vec<Value> = ordway
        .newest("invoices", SHOWN)
        .iter()
        .map(|invoice| {
            let first = invoice.get("line_items").and_then(|lines| lines.get(0)?.get("effective_price"));
            let mut row = pick(
                invoice,
                &[
                    ("id", "id"),
                    ("customer", "customer_name"),
                    ("date", "invoice_date"),
                    ("status", "status"),
                    ("currency", "currency"),
                    ("subtotal", "subtotal"),
                    ("tax", "invoice_tax"),
                    ("total", "invoice_amount"),
                    ("balance", "balance"),
                    ("updated", "updated_date"),
                ],
            );
            row.insert("first_line".to_owned(), first.cloned().unwrap_or_default());
            Value::Object(row)
        })
        .collect();
    let names: &[(&str, &str)] = &[
        ("id", "id"),
        ("customer", "customer_name"),
        ("date", "credit_date"),
        ("status", "status"),
        ("currency", "currency"),
        ("tax", "credit_tax"),
        ("total", "credit_amount"),
        ("updated", "updated_date"),
    ];
    let credits: Vec<Value> =
        ordway.newest("credits", SHOWN).iter().map(|credit| Value::Object(pick(credit, names))).collect();
    let transactions: Vec<Value> = anrok
        .newest_transactions(SHOWN)
        .iter()
        .map(|stored| {
            json!({
                "id": stored.id, "version": stored.version, "state": state_name(stored.state),
                "cause": cause_name(stored.cause), "currency": stored.currency_code,
                "date": stored.accounting_date.to_string(), "frozen": anrok.is_frozen(stored.accounting_date),
                "amount": major(stored.input_amount, &stored.currency_code),
                "tax": major(stored.tax_amount_to_collect, &stored.currency_code),
                "updated": format!("{:.3}", stored.modified_at),
            })
        })
        .collect();
    json!({
        "invoices": invoices, "credits": credits, "transactions": transactions,
        "counts": {
            "invoices": ordway.count("invoices"), "credits": ordway.count("credits"),
            "transactions": anrok.transaction_count(),
        },
        "frozen_months": anrok.frozen_months(),
        "products": anrok.products().into_iter().map(|product| product.external_id).collect::<Vec<_>>(),
    })
}

/// All fields of a version.
fn whole(stored: &StoredTransaction) -> Value {
    json!({
        "id": stored.id, "version": stored.version, "state": state_name(stored.state),
        "cause": cause_name(stored.cause), "body": stored.body, "response": stored.response,
        "currency_code": stored.currency_code, "accounting_date": stored.accounting_date.to_string(),
        "tax_date": stored.tax_date.to_string(), "customer_id": stored.customer_id, "negates": stored.negates,
        "input_amount": stored.input_amount, "pre_tax_amount": stored.pre_tax_amount.to_string(),
        "tax_amount": stored.tax_amount.to_string(), "tax_amount_to_collect": stored.tax_amount_to_collect,
        "created_at": format!("{:.3}", stored.created_at), "modified_at": format!("{:.3}", stored.modified_at),
    })
}

fn state_name(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Live => "live",
        TransactionState::Void => "void",
        TransactionState::Negation => "negation",
    }
}

fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Created => "created",
        Cause::Updated => "updated",
        Cause::Voided => "voided",
        Cause::Negated => "negated",
        Cause::Reprocessed => "reprocessed",
    }
}

/// Minor units as text with the decimals of the currency.
fn major(minor: i64, currency: &str) -> String {
    rust_decimal::Decimal::new(minor, crate::ordway::exponent(currency)).to_string()
}

fn mask_headers(webhook: &mut Value) {
    for header in webhook.get_mut("headers").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(value) = header.get_mut("value") {
            *value = Value::from("[masked]");
        }
    }
}
