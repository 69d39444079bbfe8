//! How tax is written to a draft, where it is not the default request, and where it is seen afterwards.

use std::fmt;
use std::sync::Arc;

use ordway_client::invoices::Invoice;
use ordway_client::{Method, RawCall, Safety};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::document::Document;
use crate::map::money;
use crate::map::write_back::DraftWrite;

type Body = dyn Fn(&Document, &DraftWrite) -> Value + Send + Sync;
type ReadBack = dyn Fn(&Invoice) -> StandingTax + Send + Sync;

/// A request of your own that writes the tax of one draft to Ordway.
///
/// How Ordway takes tax is not publicly documented (grade D). To find out, use a sandbox company: make a draft, and try
/// `PUT /invoices/{id}` with `line_items`, then the same with `invoice_tax`, then an action such as
/// `/invoices/{id}/taxes`, each with `ordway_client::Client::raw`; read the invoice again after each. What moved
/// `line_tax` or `invoice_tax` is the contract. Where only method or path differ, routing `invoices.writeTax` on the
/// client is enough; this is for other bodies and other places.
///
/// The request goes through the client's pipeline (credentials, pace, time-outs, redaction) and is declared
/// [`Safety::Once`]: it is not repeated blindly. Before every try the draft is read, so a lost answer costs a look and
/// never a second write of the same tax, and nothing but a draft is written to.
///
/// ```
/// use ordway_anrok::{Settings, StandingTax, WriteBack, WriteContract};
/// use serde_json::json;
///
/// // An Ordway that takes one total: PATCH /invoices/{id}/taxes {"invoice_tax": "8.70"}.
/// let contract = WriteContract::new(ordway_client::Method::Patch, "/invoices/{id}/taxes", |_draft, tax| {
///     json!({ "invoice_tax": tax.text(tax.total()) })
/// })
/// .read_back(|invoice| StandingTax::total(invoice.invoice_tax));
/// let mut settings = Settings::default();
/// settings.write_back = WriteBack::Custom(contract);
/// ```
#[derive(Clone)]
pub struct WriteContract {
    method: Method,
    path: String,
    body: Arc<Body>,
    read_back: Option<Arc<ReadBack>>,
}

/// The tax that stands on an invoice, in currency units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StandingTax {
    /// Per line, in the invoice's order; `None` where it cannot be seen by line. Then the total alone is compared.
    pub lines: Option<Vec<Option<Decimal>>>,
    /// Of the whole invoice; `None` is no tax.
    pub total: Option<Decimal>,
}

impl StandingTax {
    /// Seen as a total only.
    pub fn total(total: Option<Decimal>) -> Self {
        Self { lines: None, total }
    }

    /// Seen by line; the total is their sum.
    pub fn by_line(lines: Vec<Option<Decimal>>) -> Self {
        let total = lines.iter().flatten().fold(Decimal::ZERO, |sum, tax| sum.saturating_add(*tax));
        Self { lines: Some(lines), total: Some(total) }
    }
}

impl WriteContract {
    /// Writes the tax with this method to this path below the base URL; `{id}` in it is the invoice's id.
    ///
    /// `body` makes the JSON body from the draft as it is and the tax as it is to be. Amounts are text with the
    /// currency's decimals: [`DraftWrite::text`].
    pub fn new(
        method: Method,
        path: impl Into<String>,
        body: impl Fn(&Document, &DraftWrite) -> Value + Send + Sync + 'static,
    ) -> Self {
        Self { method, path: path.into(), body: Arc::new(body), read_back: None }
    }

    /// Where the tax is seen on an invoice, if not in `line_items[].line_tax` and `invoice_tax`. Must be quick: it is
    /// asked for every invoice that is read.
    #[must_use]
    pub fn read_back(mut self, read_back: impl Fn(&Invoice) -> StandingTax + Send + Sync + 'static) -> Self {
        self.read_back = Some(Arc::new(read_back));
        self
    }

    /// The call that writes `tax` to `draft`.
    pub(crate) fn call(&self, draft: &Document, tax: &DraftWrite) -> RawCall {
        let call = RawCall::new(self.method, self.path.clone(), Safety::Once).body((self.body)(draft, tax));
        if self.path.contains("{id}") { call.id(draft.key.id.as_str()) } else { call }
    }

    /// Puts what stands on `invoice` by this contract into its document.
    pub(crate) fn see(&self, invoice: &Invoice, document: &mut Document) {
        let Some(read_back) = &self.read_back else { return };
        let standing = read_back(invoice);
        document.tax = standing.total;
        document.tax_by_line = standing.lines.is_some();
        let mut taxes = standing.lines.unwrap_or_default().into_iter();
        for line in &mut document.lines {
            line.tax = taxes.next().flatten();
        }
    }
}

impl DraftWrite {
    /// Minor units as Ordway gets them: always with the currency's decimals.
    pub fn text(&self, minor: i64) -> String {
        money::text(minor, self.exponent)
    }
}

impl fmt::Debug for WriteContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteContract")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Equal where it is the same contract: two functions cannot be compared.
impl PartialEq for WriteContract {
    fn eq(&self, other: &Self) -> bool {
        let same = |one: &Option<Arc<ReadBack>>, other: &Option<Arc<ReadBack>>| match (one, other) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        self.method == other.method
            && self.path == other.path
            && Arc::ptr_eq(&self.body, &other.body)
            && same(&self.read_back, &other.read_back)
    }
}

impl Eq for WriteContract {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentKey, DocumentLine};
    use crate::map::write_back::stands_on;
    use serde_json::json;

    fn invoice() -> Invoice {
        let line = |no: &str| json!({"line_no": no, "product_id": "P-1", "effective_price": "5.00"});
        serde_json::from_value(json!({
            "id": "INV-1", "invoice_tax": "0.00", "line_items": [line("1"), line("2")],
            "custom_fields": {"anrok_tax": "0.87"}
        }))
        .unwrap()
    }

    fn document() -> Document {
        let mut document = Document::new(DocumentKey::invoice("INV-1"));
        document.lines = ["1", "2"]
            .map(|no| DocumentLine { line_no: Some(no.into()), ..DocumentLine::default() })
            .to_vec();
        document
    }

    #[test]
    fn tax_is_seen_where_the_contract_says() {
        let plain = WriteContract::new(Method::Put, "/invoices/{id}", |_, _| json!({}));
        let by_field = plain.clone().read_back(|invoice| {
            StandingTax::total(invoice.custom_text("anrok_tax").and_then(|text| text.parse().ok()))
        });
        let expected = [("1".to_owned(), 80), ("2".to_owned(), 7)];
        let mut seen = document();
        plain.see(&invoice(), &mut seen);
        assert!(!stands_on(&expected, 2, &seen));
        by_field.see(&invoice(), &mut seen);
        assert!(stands_on(&expected, 2, &seen), "only the total can be seen");
        assert!(!stands_on(&[("1".to_owned(), 80), ("2".to_owned(), 8)], 2, &seen));
        let by_line = plain.read_back(|invoice| {
            StandingTax::by_line(invoice.line_items.iter().map(|_| "0.40".parse().ok()).collect())
        });
        by_line.see(&invoice(), &mut seen);
        assert!(stands_on(&[("1".to_owned(), 40), ("2".to_owned(), 40)], 2, &seen));
    }

    #[test]
    fn the_call_names_the_invoice_and_is_never_repeated_blindly() {
        let contract = WriteContract::new(Method::Patch, "/tax/{id}", |draft, _| json!({"id": draft.key.id}));
        let write = DraftWrite { lines: Vec::new(), exponent: 2, corrected: 0 };
        let call = contract.call(&document(), &write);
        assert_eq!(
            (call.method, call.path.as_str(), call.safety),
            (Method::Patch, "/tax/{id}", Safety::Once)
        );
        assert_eq!((call.ids, call.body), (vec!["INV-1".to_owned()], json!({"id": "INV-1"})));
        assert_eq!(contract, contract.clone());
        assert_ne!(contract, WriteContract::new(Method::Patch, "/tax/{id}", |_, _| json!(1)));
    }
}
