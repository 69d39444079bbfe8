//! Between `ordway-client`'s records and the core's [`Document`].

use ordway_client::contacts::{Contact, ContactSnapshot};
use ordway_client::credits::{Credit, CreditStatus};
use ordway_client::customers::Customer;
use ordway_client::debit_memos::{DebitMemo, DebitMemoStatus};
use ordway_client::embedded::EmbeddedRefund;
use ordway_client::invoices::{Invoice, InvoiceStatus, LineTax, TaxWrite};
use serde_json::Value;

use crate::document::{Document, DocumentKey, DocumentLine, Standing};
use crate::map::address::PostalAddress;
use crate::map::money;
use crate::map::write_back::DraftWrite;
use crate::settings::{Settings, WriteBack};

/// The custom field that carries a customer's VAT number (help centre of both vendors).
const TAX_ID: &str = "tax_id";

/// An invoice in the core's terms.
fn invoice(invoice: &Invoice) -> Document {
    let mut document = Document::new(DocumentKey::invoice(invoice.id.as_ref()));
    document.standing = match &invoice.status {
        Some(InvoiceStatus::Draft) => Standing::Draft,
        Some(InvoiceStatus::Posted | InvoiceStatus::PartiallyPaid | InvoiceStatus::Paid) => Standing::Live,
        Some(InvoiceStatus::Reversed) => Standing::Reversed,
        other => Standing::Unknown(other.as_ref().map(ToString::to_string).unwrap_or_default()),
    };
    document.date = invoice.invoice_date.as_ref().and_then(ordway_client::OrdwayDate::date);
    document.currency.clone_from(&invoice.currency);
    document.subtotal = invoice.subtotal;
    document.tax = invoice.invoice_tax;
    document.lines = invoice
        .line_items
        .iter()
        .map(|line| DocumentLine {
            line_no: line.line_no.clone(),
            product_id: line.product_id.as_ref().map(ToString::to_string),
            product_name: line.product_name.clone(),
            amount: line.effective_price,
            quantity: line.quantity,
            taxable: line.taxable,
            tax: line.line_tax,
            customer_id: line.customer_id.as_ref().map(ToString::to_string),
            subscription_id: line.subscription_id.as_ref().map(ToString::to_string),
        })
        .collect();
    document.shipping = invoice.shipping_contact.as_ref().map(address);
    document.billing = invoice.billing_contact.as_ref().map(address);
    document.customer_id = invoice.customer_id.as_ref().map(ToString::to_string);
    document.customer_name.clone_from(&invoice.customer_name);
    document.tax_id = invoice.custom_field(TAX_ID).and_then(filled);
    document.credits =
        invoice.credits.iter().filter_map(|credit| Some(credit.id.as_ref()?.to_string())).collect();
    let of_payments = invoice.payments.iter().flat_map(|payment| &payment.refunds);
    document.refunds = refunds(invoice.refunds.iter().chain(of_payments));
    document.updated = invoice.updated_date.as_ref().and_then(ordway_client::OrdwayTime::timestamp);
    document
}

/// An invoice as these settings see it: its tax where the write contract shows it, and its customer's class.
pub(crate) fn invoice_by(settings: &Settings, record: &Invoice) -> Document {
    let mut document = invoice(record);
    if let WriteBack::Custom(contract) = &settings.write_back {
        contract.see(record, &mut document);
    }
    let class = settings.outage.class_field.as_deref().and_then(|field| record.custom_field(field));
    document.class = class.and_then(filled);
    document
}

/// A line of a credit or a debit memo: records of one shape and of different types.
macro_rules! correction_line {
    ($line:expr) => {
        DocumentLine {
            line_no: $line.line_no.clone(),
            product_id: $line.product_id.as_ref().map(ToString::to_string),
            product_name: $line.product_name.clone(),
            amount: $line.effective_price,
            quantity: $line.quantity,
            taxable: $line.taxable,
            tax: $line.line_tax,
            customer_id: None,
            subscription_id: None,
        }
    };
}

/// A credit in the core's terms. Amounts stay positive; the request builder turns them.
pub(crate) fn credit(credit: &Credit) -> Document {
    let mut document = Document::new(DocumentKey::credit(credit.id.as_ref()));
    document.standing = match &credit.status {
        Some(CreditStatus::Processed) => Standing::Live,
        Some(CreditStatus::Reversed) => Standing::Reversed,
        other => Standing::Unknown(other.as_ref().map(ToString::to_string).unwrap_or_default()),
    };
    document.date = credit.credit_date.as_ref().and_then(ordway_client::OrdwayDate::date);
    document.currency.clone_from(&credit.currency);
    document.subtotal = credit.subtotal;
    document.tax = credit.credit_tax;
    document.lines = credit.credit_line_items.iter().map(|line| correction_line!(line)).collect();
    document.shipping = credit.shipping_contact.as_ref().map(address);
    document.billing = credit.billing_contact.as_ref().map(address);
    document.customer_id = credit.customer_id.as_ref().map(ToString::to_string);
    document.tax_id = credit.custom_field(TAX_ID).and_then(filled);
    document.applied_to =
        credit.invoices.iter().filter_map(|applied| Some(applied.id.as_ref()?.to_string())).collect();
    document.refunds = refunds(&credit.refunds);
    document.updated = credit.updated_date.as_ref().and_then(ordway_client::OrdwayTime::timestamp);
    document
}

/// A debit memo in the core's terms: a positive document that is never a draft.
pub(crate) fn debit_memo(memo: &DebitMemo) -> Document {
    let mut document = Document::new(DocumentKey::debit_memo(memo.id.as_ref()));
    document.standing = match &memo.status {
        _ if memo.reversed_on.is_some() => Standing::Reversed,
        Some(DebitMemoStatus::Open | DebitMemoStatus::PartiallyPaid | DebitMemoStatus::Paid) => {
            Standing::Live
        }
        Some(DebitMemoStatus::Reversed) => Standing::Reversed,
        other => Standing::Unknown(other.as_ref().map(ToString::to_string).unwrap_or_default()),
    };
    document.date = memo.debit_date.as_ref().and_then(ordway_client::OrdwayDate::date);
    document.currency.clone_from(&memo.currency);
    document.subtotal = memo.subtotal;
    document.tax = memo.debit_tax;
    document.lines = memo.debit_lines.iter().map(|line| correction_line!(line)).collect();
    document.shipping = memo.shipping_contact.as_ref().map(address);
    document.billing = memo.billing_contact.as_ref().map(address);
    document.customer_id = memo.customer_id.as_ref().map(ToString::to_string);
    document.tax_id = memo.custom_field(TAX_ID).and_then(filled);
    document.updated = memo.updated_date.as_ref().and_then(ordway_client::OrdwayTime::timestamp);
    document
}

/// What a sync needs to know of a customer.
#[derive(Clone, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub(crate) struct CustomerFacts {
    pub(crate) name: Option<String>,
    pub(crate) tax_id: Option<String>,
    pub(crate) exempt: bool,
    pub(crate) class: Option<String>,
}

impl std::fmt::Debug for CustomerFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerFacts").field("exempt", &self.exempt).finish_non_exhaustive()
    }
}

/// `class_field` names the custom field of the customer's class.
pub(crate) fn customer(customer: &Customer, class_field: Option<&str>) -> CustomerFacts {
    CustomerFacts {
        name: customer.name.clone(),
        tax_id: customer.custom_field(TAX_ID).and_then(filled),
        exempt: customer.tax_exempt.unwrap_or(false),
        class: class_field.and_then(|field| customer.custom_field(field)).and_then(filled),
    }
}

/// The request body for `write`: the currency's decimals, always.
pub(crate) fn tax_write(write: &DraftWrite) -> TaxWrite {
    let text = |minor: i64| money::text(minor, write.exponent);
    let lines = write.lines.iter().map(|line| {
        let tax_lines = line.jurisdictions.iter().map(|(name, part)| (name.clone(), text(*part))).collect();
        LineTax { line_no: line.line_no.clone(), line_tax: text(line.tax), tax_lines }
    });
    TaxWrite { lines: lines.collect() }
}

fn refunds<'a>(shown: impl IntoIterator<Item = &'a EmbeddedRefund>) -> Vec<String> {
    shown.into_iter().filter_map(|refund| Some(refund.id.as_ref()?.to_string())).collect()
}

fn address(contact: &ContactSnapshot) -> PostalAddress {
    PostalAddress::new([
        contact.address1.as_deref(),
        contact.address2.as_deref(),
        contact.city.as_deref(),
        contact.state.as_deref(),
        contact.zip.as_deref(),
        contact.country.as_deref(),
    ])
}

/// Where a contact is.
pub(crate) fn contact_address(contact: &Contact) -> PostalAddress {
    PostalAddress::new([
        contact.address1.as_deref(),
        contact.address2.as_deref(),
        contact.city.as_deref(),
        contact.state.as_deref(),
        contact.zip.as_deref(),
        contact.country.as_deref(),
    ])
}

fn filled(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty() && text != "-").then(|| text.to_owned())
}
