//! A billing document as the planner sees it: what Ordway says, without Ordway's types.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::map::address::PostalAddress;

/// What sort of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DocumentKind {
    /// An invoice, negative ones included.
    Invoice,
    /// A credit memo.
    Credit,
    /// A debit memo: a positive document like an invoice.
    DebitMemo,
}

impl DocumentKind {
    /// In their order.
    pub(crate) const ALL: [Self; 3] = [Self::Invoice, Self::Credit, Self::DebitMemo];

    /// `invoice`, `credit`, `debit_memo`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Credit => "credit",
            Self::DebitMemo => "debit_memo",
        }
    }

    /// Reads [`DocumentKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which document: its kind and Ordway's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentKey {
    /// Invoice or credit.
    pub kind: DocumentKind,
    /// `INV-00042`, `CR-00007`, `DM-00003`.
    pub id: String,
}

impl DocumentKey {
    /// A document of this kind.
    pub fn new(kind: DocumentKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// An invoice.
    pub fn invoice(id: impl Into<String>) -> Self {
        Self::new(DocumentKind::Invoice, id)
    }

    /// A credit.
    pub fn credit(id: impl Into<String>) -> Self {
        Self::new(DocumentKind::Credit, id)
    }

    /// A debit memo.
    pub fn debit_memo(id: impl Into<String>) -> Self {
        Self::new(DocumentKind::DebitMemo, id)
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str().replace('_', " "), self.id)
    }
}

/// What Ordway's status means for tax.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// Not sent yet: tax may still be written.
    Draft,
    /// In force: to be recorded.
    Live,
    /// Undone: must not count.
    Reversed,
    /// A status this version does not know, as Ordway wrote it. Held, never recorded by guess.
    Unknown(String),
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DocumentLine {
    /// Ordway's line number, text.
    pub line_no: Option<String>,
    /// Ordway's product id, which is the product's external id at Anrok unless mapped.
    pub product_id: Option<String>,
    /// The product's name, for messages.
    pub product_name: Option<String>,
    /// Net amount of the line (after discount, before tax), in currency units. Positive on credits.
    pub amount: Option<Decimal>,
    /// Quantity.
    pub quantity: Option<Decimal>,
    /// Ordway's own taxable flag: compared with the engine's answer, never obeyed.
    pub taxable: Option<bool>,
    /// The tax that stands on the line, in currency units.
    pub tax: Option<Decimal>,
    /// The customer the line is for, where it differs from the document's (bill-to-parent).
    pub customer_id: Option<String>,
    /// The subscription the line bills.
    pub subscription_id: Option<String>,
}

/// A document.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// Which one.
    pub key: DocumentKey,
    /// What its status means.
    pub standing: Standing,
    /// Invoice or credit date, where it is a date.
    pub date: Option<Date>,
    /// ISO 4217 code, upper case.
    pub currency: Option<String>,
    /// Total before tax, in currency units.
    pub subtotal: Option<Decimal>,
    /// The tax that stands on the document, in currency units.
    pub tax: Option<Decimal>,
    /// Whether the tax can be seen line by line; else only `tax` says what stands on it.
    pub tax_by_line: bool,
    /// The lines, in Ordway's order.
    pub lines: Vec<DocumentLine>,
    /// Ship-to.
    pub shipping: Option<PostalAddress>,
    /// Bill-to.
    pub billing: Option<PostalAddress>,
    /// Ordway's customer id.
    pub customer_id: Option<String>,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The customer's class, where a custom field for it is configured.
    pub class: Option<String>,
    /// `tax_id` custom field, from the document (inherited) or the customer.
    pub tax_id: Option<String>,
    /// Whether Ordway calls the customer exempt: compared with the engine's answer, never obeyed.
    pub tax_exempt: bool,
    /// The invoices that a credit is applied to, in Ordway's order.
    pub applied_to: Vec<String>,
    /// The credits that an invoice shows as applied.
    pub credits: Vec<String>,
    /// The refunds it shows: money, not tax.
    pub refunds: Vec<String>,
    /// When Ordway last changed it.
    pub updated: Option<Timestamp>,
}

impl Document {
    /// A draft without content.
    pub fn new(key: DocumentKey) -> Self {
        Self {
            key,
            standing: Standing::Draft,
            date: None,
            currency: None,
            subtotal: None,
            tax: None,
            tax_by_line: true,
            lines: Vec::new(),
            shipping: None,
            billing: None,
            customer_id: None,
            customer_name: None,
            class: None,
            tax_id: None,
            tax_exempt: false,
            applied_to: Vec::new(),
            credits: Vec::new(),
            refunds: Vec::new(),
            updated: None,
        }
    }
}

impl Document {
    /// `text` (what a server said) without the document's own names, addresses and tax ids, which it may quote.
    pub fn without_personal_data(&self, text: &str) -> String {
        let addresses = [&self.shipping, &self.billing].into_iter().flatten();
        let parts = addresses.flat_map(|a| [&a.street, &a.street2, &a.city, &a.state, &a.zip]);
        let personal = parts.chain([&self.customer_name, &self.tax_id]).flatten();
        let mut quoted: Vec<&str> = personal
            .flat_map(|value| std::iter::once(value.as_str()).chain(value.split_whitespace()))
            .collect();
        // Whole values before their words; two letters are a state, and half the words of a sentence.
        quoted.retain(|value| value.chars().count() >= 4);
        quoted.sort_by_key(|value| std::cmp::Reverse(value.len()));
        quoted.into_iter().fold(text.to_owned(), |text, value| text.replace(value, "…"))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No names, addresses or tax ids.
        f.debug_struct("Document")
            .field("key", &self.key)
            .field("standing", &self.standing)
            .field("date", &self.date)
            .field("currency", &self.currency)
            .field("subtotal", &self.subtotal)
            .field("tax", &self.tax)
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_quotes_is_blanked() {
        let mut document = Document::new(DocumentKey::invoice("INV-1"));
        document.customer_name = Some("Ada Lovelace".into());
        document.tax_id = Some("DE999".into());
        let address = [Some("1450 Cherokee St"), None, Some("Denver"), Some("CO"), Some("80204"), Some("US")];
        document.billing = Some(PostalAddress::new(address));
        let said = "customer Ada Lovelace (Lovelace) at 1450 Cherokee St, Denver CO 80204 (DE999) is locked on INV-1";
        assert_eq!(
            document.without_personal_data(said),
            "customer … (…) at …, … CO … (…) is locked on INV-1"
        );
    }
}
