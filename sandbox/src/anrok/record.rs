//! What the control surface shows of the account's past.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Whether a stored transaction counts, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransactionState {
    /// It counts in returns and totals.
    Live,
    /// It was voided and counts nowhere.
    Void,
    /// It is the inverse of another one, and counts.
    Negation,
}

/// What made a version of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// `createOrUpdate` with a new id.
    Created,
    /// `createOrUpdate` with a known id.
    Updated,
    /// `void`.
    Voided,
    /// `createNegation`.
    Negated,
    /// The engine itself (a certificate, a registration, [`FakeAnrok::reprocess`](super::FakeAnrok::reprocess)).
    Reprocessed,
}

/// One version of a transaction as the fake keeps it.
///
/// `body` and `response` hold names, addresses and tax ids; `Debug` leaves them out.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredTransaction {
    /// The caller's id.
    pub id: String,
    /// Starts at 1 and rises with every change, the engine's own included.
    pub version: u32,
    /// Whether it counts.
    pub state: TransactionState,
    /// What made this version.
    pub cause: Cause,
    /// The request as it came in; a negation has the inverse amounts.
    pub body: Value,
    /// The answer with the tax.
    pub response: Value,
    /// ISO 4217, in capitals.
    pub currency_code: String,
    /// The day that decides the return it belongs to.
    pub accounting_date: Date,
    /// The day whose rates hold.
    pub tax_date: Date,
    /// The customer, where one was given.
    pub customer_id: Option<String>,
    /// The original, where this is a negation.
    pub negates: Option<String>,
    /// Sum of the line amounts as sent, in minor units.
    pub input_amount: i64,
    /// Sum before tax, in minor units.
    pub pre_tax_amount: Decimal,
    /// Sum of the breakdown, in minor units, whoever bears it.
    pub tax_amount: Decimal,
    /// What to collect from the customer, in minor units.
    pub tax_amount_to_collect: i64,
    /// When the first version came.
    pub created_at: Timestamp,
    /// When this version came.
    pub modified_at: Timestamp,
}

impl fmt::Debug for StoredTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTransaction")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("cause", &self.cause)
            .field("currency_code", &self.currency_code)
            .field("accounting_date", &self.accounting_date)
            .field("input_amount", &self.input_amount)
            .field("tax_amount_to_collect", &self.tax_amount_to_collect)
            .finish_non_exhaustive()
    }
}

/// A product as the control surface shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredProduct {
    /// The id that transactions name.
    pub external_id: String,
    /// The engine's own id (`sp…`).
    pub internal_id: String,
    /// The display name.
    pub name: String,
    /// The id of its tax category.
    pub category_id: String,
}

/// One request the fake saw, refused ones included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// `transactions.createOrUpdate` and so on; `unknown` where no operation matched.
    pub operation: &'static str,
    /// The path as sent. Holds the caller's ids, nothing else.
    pub path: String,
    /// The status that was answered.
    pub status: u16,
    /// Monotonic time of arrival.
    pub at: Duration,
    /// The body with names, streets, e-mails, tax ids and files replaced by `[redacted]`; null where it was no JSON.
    pub body: Value,
}

/// Keys whose values name a person or carry a document.
const PRIVATE_KEYS: &[&str] = &[
    "customerName",
    "line1",
    "city",
    "postalCode",
    "zipCode",
    "customerTaxIds",
    "emailAddress",
    "contentsBase64",
    "exemptionNumber",
    "registrationId",
    "notes",
    // Ordway's, for the reports of the conformance suite.
    "tax_id",
];

/// The body with everything private replaced. Blank and null values stay, so that a test can see them.
pub(crate) fn redacted(body: &Value) -> Value {
    match body {
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| {
                let shown = match value {
                    Value::Null => Value::Null,
                    Value::String(text) if text.is_empty() => Value::String(String::new()),
                    _ if PRIVATE_KEYS.contains(&key.as_str()) => Value::String("[redacted]".to_owned()),
                    other => redacted(other),
                };
                (key.clone(), shown)
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
