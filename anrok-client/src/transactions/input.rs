//! What goes into a calculation or a recording.

use jiff::Timestamp;
use jiff::civil::Date;
use ordway_anrok_http::{id, open_enum};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::address::Address;
use crate::currency::Currency;
use crate::time_zone::AccountingTimeZone;
use crate::wire::{debug_hiding, filled};

/// The largest amount of a line, either sign, in the currency's smallest unit (grade A).
pub const MAX_LINE_AMOUNT: i64 = 100_000_000_000;

id! {
    /// A transaction's id, chosen by the caller, unique in the whole seller account (grade A).
    ///
    /// Prefix it by system, for instance `ordway:INV-1`, and never use it again after a void.
    pub struct TransactionId
}

id! {
    /// A customer's id, chosen by the caller, unique in the whole seller account (grade A).
    ///
    /// Links transactions and exemption certificates. Use one prefix and keep it for ever.
    pub struct CustomerId
}

open_enum! {
    /// The kind of a tax id. Metadata only: it does not affect the calculation (grade A).
    pub enum TaxIdKind {
        /// A VAT number of any country.
        GenericVatNumber = "genericVatNumber",
        /// An EU VAT registration number.
        EuVrn = "euVrn",
    }
}

/// A tax id of the customer. `Debug` does not print the number.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct TaxId {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: TaxIdKind,
    /// The number.
    #[serde(serialize_with = "trimmed")]
    pub value: String,
}

fn trimmed<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.trim())
}

debug_hiding!(TaxId { kind } hides { value });

impl TaxId {
    /// A VAT number of any country.
    pub fn vat(value: impl Into<String>) -> Self {
        Self { kind: TaxIdKind::GenericVatNumber, value: value.into() }
    }
}

/// When a transaction occurred for accounting: which tax return it belongs to.
///
/// Anrok takes a date, or a time with a zone, never both (grade A): this type has no third state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // closed by the specification
pub enum Accounting {
    /// A local calendar date. Preferred: no time zone can go wrong.
    Date(Date),
    /// A point in time, from which Anrok computes the date.
    Time {
        /// The time.
        time: Timestamp,
        /// The zone; without it the seller's own, and where that is not set the call answers
        /// `accountingTimeZoneNotSetForSeller`.
        zone: Option<AccountingTimeZone>,
    },
}

impl From<Date> for Accounting {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

/// One line of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The product's external id in Anrok ("Product IDs"); unknown ones answer `productExternalIdUnknown`.
    pub product_external_id: String,
    /// Price of the line in the currency's smallest unit, -1e11 to 1e11; negative for credits.
    pub amount: i64,
    /// Echoed by the answer, not used otherwise. Make it unique per transaction.
    pub id: Option<String>,
    /// Whether the amount includes the tax. Left out: it does not.
    pub is_tax_included: Option<bool>,
    /// Quantity, for instance `3` or `0.5`.
    pub quantity: Option<Decimal>,
}

impl Line {
    /// A line of `amount` smallest units, tax not included.
    pub fn new(product_external_id: impl Into<String>, amount: i64) -> Self {
        Self { product_external_id: product_external_id.into(), amount, ..Self::default() }
    }

    /// Sets the id that the answer echoes.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            product_external_id: &'a str,
            amount: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            is_tax_included_in_amount: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            quantity: Option<String>,
        }
        Wire {
            id: self.id.as_deref().and_then(filled),
            product_external_id: self.product_external_id.trim(),
            amount: self.amount,
            is_tax_included_in_amount: self.is_tax_included,
            quantity: self.quantity.map(|quantity| quantity.to_string()),
        }
        .serialize(serializer)
    }
}

/// An invoice or credit as Anrok sees it: who, where, when, what. Used for calculations and recordings alike.
///
/// Optional members that are blank are not sent. `Debug` prints neither names nor addresses nor tax ids.
///
/// ```
/// use anrok_client::{Address, Currency, transactions::{Line, Transaction}};
///
/// let address = Address::builder().country("US").region("NY").postal_code("10001").build();
/// let mut transaction = Transaction::new(Currency::USD, address, "2026-08-31".parse::<jiff::civil::Date>()?);
/// transaction.lines.push(Line::new("saas-pro", 49_00));
/// assert!(transaction.check(None).is_ok());
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Currency of all amounts.
    pub currency: Currency,
    /// Where the product is delivered or used: decides the jurisdictions.
    pub customer_address: Address,
    /// Which tax return it belongs to.
    pub accounting: Accounting,
    /// The lines, at least one.
    pub lines: Vec<Line>,
    /// Links to the customer's certificates. Without `customer_name` the customer must exist in Anrok.
    pub customer_id: Option<CustomerId>,
    /// With `customer_id`: creates the customer where it does not exist yet. Display only.
    pub customer_name: Option<String>,
    /// Tax ids of the customer.
    pub customer_tax_ids: Vec<TaxId>,
    /// Where the product is shipped from. Left out: the seller's business address.
    pub ship_from: Option<Address>,
    /// Which rates apply, 1999-01-01 to 31 days ahead. Left out: the accounting date.
    pub tax_date: Option<Date>,
}

debug_hiding!(Transaction { currency, accounting, lines, customer_id, tax_date } hides {
    customer_address, customer_name, customer_tax_ids, ship_from
});

/// A transaction that Anrok would refuse, found before any call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// No line. Anrok answers 400; a document without taxable lines needs no call.
    #[error("a transaction needs at least one line")]
    NoLines,
    /// More lines than the client was told to send.
    #[error("the transaction has {lines} lines, {limit} are the limit set on the client")]
    TooManyLines {
        /// Lines of the transaction.
        lines: usize,
        /// The client's limit.
        limit: usize,
    },
    /// A line's amount is out of range.
    #[error("line {line} has an amount beyond 100000000000 smallest units")]
    AmountOutOfRange {
        /// Which line, from 1.
        line: usize,
    },
    /// A line names no product.
    #[error("line {line} names no product")]
    NoProduct {
        /// Which line, from 1.
        line: usize,
    },
    /// A tax id without a number.
    #[error("tax id {position} of the customer is blank")]
    BlankTaxId {
        /// Which one, from 1.
        position: usize,
    },
    /// A blank customer id.
    #[error("the customer id is blank")]
    BlankCustomerId,
    /// A blank transaction id.
    #[error("the transaction id is blank")]
    BlankTransactionId,
}

impl Transaction {
    /// A transaction without lines.
    pub fn new(currency: Currency, customer_address: Address, accounting: impl Into<Accounting>) -> Self {
        Self {
            currency,
            customer_address,
            accounting: accounting.into(),
            lines: Vec::new(),
            customer_id: None,
            customer_name: None,
            customer_tax_ids: Vec::new(),
            ship_from: None,
            tax_date: None,
        }
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    /// What Anrok would refuse whatever the account holds. Every call checks this first.
    ///
    /// # Errors
    /// The first [`TransactionError`].
    pub fn check(&self, line_limit: Option<usize>) -> Result<(), TransactionError> {
        if self.lines.is_empty() {
            return Err(TransactionError::NoLines);
        }
        if let Some(limit) = line_limit.filter(|limit| self.lines.len() > *limit) {
            return Err(TransactionError::TooManyLines { lines: self.lines.len(), limit });
        }
        for (line, number) in self.lines.iter().zip(1..) {
            if filled(&line.product_external_id).is_none() {
                return Err(TransactionError::NoProduct { line: number });
            }
            if !(-MAX_LINE_AMOUNT..=MAX_LINE_AMOUNT).contains(&line.amount) {
                return Err(TransactionError::AmountOutOfRange { line: number });
            }
        }
        if let Some(at) = self.customer_tax_ids.iter().position(|tax_id| filled(&tax_id.value).is_none()) {
            return Err(TransactionError::BlankTaxId { position: at + 1 });
        }
        if self.customer_id.as_ref().is_some_and(|id| filled(id.as_str()).is_none()) {
            return Err(TransactionError::BlankCustomerId);
        }
        Ok(())
    }
}

impl Serialize for Transaction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Body { id: None, transaction: self }.serialize(serializer)
    }
}

/// The body of `transactions/createOrUpdate`: a transaction with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTransaction {
    /// The id.
    pub id: TransactionId,
    /// The content.
    pub transaction: Transaction,
}

impl Serialize for RecordTransaction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Body { id: Some(&self.id), transaction: &self.transaction }.serialize(serializer)
    }
}

struct Body<'a> {
    id: Option<&'a TransactionId>,
    transaction: &'a Transaction,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a TransactionId>,
            currency_code: Currency,
            #[serde(skip_serializing_if = "Option::is_none")]
            accounting_date: Option<Date>,
            #[serde(skip_serializing_if = "Option::is_none")]
            accounting_time: Option<Timestamp>,
            #[serde(skip_serializing_if = "Option::is_none")]
            accounting_time_zone: Option<AccountingTimeZone>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tax_date: Option<Date>,
            line_items: &'a [Line],
            customer_address: &'a Address,
            #[serde(skip_serializing_if = "Option::is_none")]
            customer_id: Option<&'a CustomerId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            customer_name: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            customer_tax_ids: &'a [TaxId],
            #[serde(skip_serializing_if = "Option::is_none")]
            ship_from_address: Option<&'a Address>,
        }
        let Transaction {
            currency,
            customer_address,
            accounting,
            lines,
            customer_id,
            customer_name,
            customer_tax_ids,
            ship_from,
            tax_date,
        } = self.transaction;
        let (accounting_date, accounting_time, accounting_time_zone) = match *accounting {
            Accounting::Date(date) => (Some(date), None, None),
            Accounting::Time { time, zone } => (None, Some(time), zone),
        };
        Wire {
            id: self.id,
            currency_code: *currency,
            accounting_date,
            accounting_time,
            accounting_time_zone,
            tax_date: *tax_date,
            line_items: lines,
            customer_address,
            customer_id: customer_id.as_ref(),
            customer_name: customer_name.as_deref().and_then(filled),
            customer_tax_ids,
            // An empty object would be an address that resolves to nothing; left out it means the seller's own.
            ship_from_address: ship_from.as_ref().filter(|address| !address.is_empty()),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn transaction() -> Transaction {
        let address = Address::builder().country("US").postal_code("10001").build();
        Transaction::new(Currency::USD, address, "2026-08-31".parse::<Date>().unwrap())
    }

    #[test]
    fn blank_and_missing_parts_are_not_sent() {
        let mut minimal = transaction().line(Line { id: Some(" ".to_owned()), ..Line::new("P-1", 100) });
        minimal.customer_name = Some(String::new());
        minimal.ship_from = Some(Address::default());
        assert_eq!(
            serde_json::to_value(&minimal).unwrap(),
            json!({
                "currencyCode": "USD",
                "accountingDate": "2026-08-31",
                "lineItems": [{"productExternalId": "P-1", "amount": 100}],
                "customerAddress": {"country": "US", "postalCode": "10001"},
            })
        );
    }

    #[test]
    fn a_time_goes_with_its_zone_and_never_with_a_date() {
        let mut timed = transaction().line(Line::new("P-1", 1));
        let time = "2022-01-02T03:30:00Z".parse().unwrap();
        timed.accounting = Accounting::Time { time, zone: Some(AccountingTimeZone::Utc) };
        let body = serde_json::to_value(&timed).unwrap();
        assert_eq!(body["accountingTime"], "2022-01-02T03:30:00Z");
        assert_eq!(body["accountingTimeZone"], "UTC");
        assert!(body.get("accountingDate").is_none());
    }

    #[test]
    fn what_anrok_would_refuse_is_refused_here() {
        assert_eq!(transaction().check(None), Err(TransactionError::NoLines));
        let lines = |lines: Vec<Line>| Transaction { lines, ..transaction() };
        let two = lines(vec![Line::new("P-1", 1); 2]);
        assert_eq!(two.check(Some(1)), Err(TransactionError::TooManyLines { lines: 2, limit: 1 }));
        assert_eq!(two.check(Some(2)), Ok(()));
        for (amount, fits) in [
            (MAX_LINE_AMOUNT, true),
            (-MAX_LINE_AMOUNT, true),
            (MAX_LINE_AMOUNT + 1, false),
            (-MAX_LINE_AMOUNT - 1, false),
        ] {
            assert_eq!(lines(vec![Line::new("P-1", amount)]).check(None).is_ok(), fits, "{amount}");
        }
        assert_eq!(lines(vec![Line::new(" ", 1)]).check(None), Err(TransactionError::NoProduct { line: 1 }));
        let mut blank = transaction().line(Line::new("P-1", 1));
        blank.customer_tax_ids = vec![TaxId::vat("")];
        assert_eq!(blank.check(None), Err(TransactionError::BlankTaxId { position: 1 }));
        blank.customer_tax_ids.clear();
        blank.customer_id = Some(" ".into());
        assert_eq!(blank.check(None), Err(TransactionError::BlankCustomerId));
    }

    #[test]
    fn persons_are_not_printed() {
        let mut personal = transaction().line(Line::new("P-1", 1));
        personal.customer_address = Address::builder().line1("CANARY").build();
        personal.ship_from = Some(personal.customer_address.clone());
        personal.customer_name = Some("CANARY".to_owned());
        personal.customer_tax_ids = vec![TaxId::vat("CANARY")];
        let record = RecordTransaction { id: "t".into(), transaction: personal.clone() };
        assert!(!format!("{personal:?} {record:?} {:?}", personal.customer_tax_ids).contains("CANARY"));
    }
}
