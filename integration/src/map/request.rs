//! From a document to what Anrok is asked: one builder for previews, records and credits, so that they cannot
//! drift apart.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use serde::Serialize;

use super::address::{self, AddressFallback, AddressProblem, AddressSource, PostalAddress};
use super::grouping::{self, Sending, TooManyLines};
use super::money::{self, MoneyProblem};
use super::transaction_id::IdPrefix;
use crate::document::{Document, DocumentKind, DocumentLine, Standing};
use crate::hold::Hold;

/// Which Anrok product a line is, and whether its price includes tax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductMap {
    /// Ordway product id → Anrok external id. Products not listed keep their id.
    pub ids: BTreeMap<String, String>,
    /// Ordway product ids whose prices include tax. Ordway has no such flag (assumed: none does).
    pub tax_included: Vec<String>,
}

impl ProductMap {
    /// Every Ordway product has the same id at Anrok, and no price includes tax.
    pub fn same_ids() -> Self {
        Self::default()
    }

    /// The Anrok product of an Ordway product.
    pub fn external_id<'a>(&'a self, product: &'a str) -> &'a str {
        self.ids.get(product).map_or(product, String::as_str)
    }
}

/// The settings that decide what is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappingRules {
    /// First part of every id.
    pub prefix: IdPrefix,
    /// Products.
    pub products: ProductMap,
    /// Whether another address may stand in.
    pub address_fallback: AddressFallback,
    /// Where goods ship from; Anrok's default is the seller's address.
    pub ship_from: Option<PostalAddress>,
    /// At most so many lines are sent for a document; `None`: no limit. Where it has more, lines without amount are
    /// left out, then lines of one product are sent as one and their tax is spread back; where that is not enough,
    /// the document is held. Anrok documents no limit; 1200 is reported by a third party (grade C).
    pub line_limit: Option<usize>,
    /// Ordway product ids whose lines are never sent as one, because their tax has a cap, a threshold or a rate per
    /// item.
    pub never_group: Vec<String>,
}

/// What a credit takes from the invoice it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreditedInvoice {
    /// The invoice's id.
    pub id: String,
    /// Its date: the credit is taxed at that day's rates.
    pub date: Option<Date>,
    /// Its address, used where the credit carries none.
    pub address: Option<PostalAddress>,
}

/// What Anrok is asked, in minor units. `Debug` prints no names, addresses or tax ids.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaxRequest {
    /// ISO 4217.
    pub currency: String,
    /// Decimals of the currency.
    #[serde(skip)]
    pub exponent: u32,
    /// Which address was taken.
    #[serde(skip)]
    pub address_source: AddressSource,
    /// Country, ISO code where recognised.
    pub country: Option<String>,
    /// Street lines in one.
    pub line1: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// ZIP or postal code.
    pub postal_code: Option<String>,
    /// Where goods ship from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_from: Option<[Option<String>; 5]>,
    /// The lines; negative on credits.
    pub lines: Vec<TaxRequestLine>,
    /// `ordway:C-00007`.
    pub customer_id: String,
    /// The customer's name. Display only at Anrok, so a new name is no change of inputs.
    #[serde(skip)]
    pub customer_name: Option<String>,
    /// VAT numbers.
    pub tax_ids: Vec<String>,
    /// Invoice or credit date.
    pub accounting_date: Date,
    /// Another day's rates: the date of the credited invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<Date>,
    /// Whether lines were rounded to fit the subtotal.
    #[serde(skip)]
    pub rounded: bool,
    /// At most so many lines are sent. How lines are grouped is no part of the inputs: the same lines under another
    /// limit are unchanged.
    #[serde(skip)]
    pub line_limit: Option<usize>,
}

/// One line of a [`TaxRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaxRequestLine {
    /// The document's line number.
    pub id: String,
    /// Anrok product.
    pub product: String,
    /// Minor units.
    pub amount: i64,
    /// Whether `amount` includes tax.
    pub tax_included: bool,
    /// Quantity, plain decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Never sent as one with other lines of its product.
    #[serde(skip)]
    pub alone: bool,
}

impl TaxRequestLine {
    /// A line of unknown quantity whose amount is before tax.
    pub fn new(id: impl Into<String>, product: impl Into<String>, amount: i64) -> Self {
        Self {
            id: id.into(),
            product: product.into(),
            amount,
            tax_included: false,
            quantity: None,
            alone: false,
        }
    }
}

impl TaxRequest {
    /// Sum of the lines, minor units.
    pub fn amount(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.amount))
    }

    /// The lines as they are sent: grouped where there are more than the limit.
    ///
    /// # Errors
    /// [`TooManyLines`]; [`build`] gives no such request.
    pub fn sending(&self) -> Result<Sending, TooManyLines> {
        grouping::sending(&self.lines, self.line_limit)
    }
}

impl fmt::Debug for TaxRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaxRequest")
            .field("currency", &self.currency)
            .field("address_source", &self.address_source)
            .field("lines", &self.lines.len())
            .field("amount", &self.amount())
            .field("accounting_date", &self.accounting_date)
            .field("tax_date", &self.tax_date)
            .finish_non_exhaustive()
    }
}

/// Builds the request for a document, or says everything that stands in its way.
///
/// `today` is the date by which "too far ahead" is judged. `credited` is the invoice of a credit.
///
/// # Errors
/// All holds found, the most telling first; never empty.
pub fn build(
    document: &Document,
    credited: Option<&CreditedInvoice>,
    rules: &MappingRules,
    today: Date,
) -> Result<TaxRequest, Vec<Hold>> {
    let mut holds = Vec::new();
    let lines = take(&mut holds, lines(document, rules));
    let currency = take(&mut holds, currency(document));
    let amounts = match (&lines, &currency) {
        (Some(_), Some((code, exponent))) => take(&mut holds, amounts(document, code, *exponent)),
        _ => None,
    };
    let address = take(&mut holds, address(document, credited, rules));
    let date = take(&mut holds, due_date(document, today));
    let customer = take(&mut holds, document.customer_id.clone().ok_or(Hold::NoCustomer));
    let (
        Some(lines),
        Some((currency, exponent)),
        Some((minor, rounded)),
        Some(address),
        Some(date),
        Some(customer),
    ) = (lines, currency, amounts, address, date, customer)
    else {
        return Err(holds);
    };
    let sign = if document.key.kind == DocumentKind::Credit { -1 } else { 1 };
    let lines =
        lines.into_iter().zip(minor).map(|(line, minor)| TaxRequestLine { amount: minor * sign, ..line });
    let (address_source, address) = address;
    let request = TaxRequest {
        currency,
        exponent,
        address_source,
        country: address.country_to_send(),
        line1: address.street_lines(),
        city: address.city.clone(),
        region: address.state.clone(),
        postal_code: address.zip.clone(),
        ship_from: rules.ship_from.as_ref().map(|from| {
            [
                from.country_to_send(),
                from.street_lines(),
                from.city.clone(),
                from.state.clone(),
                from.zip.clone(),
            ]
        }),
        lines: lines.collect(),
        customer_id: rules.prefix.customer_id(&customer),
        customer_name: document.customer_name.clone(),
        tax_ids: document.tax_id.iter().cloned().collect(),
        accounting_date: date,
        tax_date: credited.and_then(|invoice| invoice.date).filter(|tax_date| *tax_date != date),
        rounded,
        line_limit: rules.line_limit,
    };
    match request.sending() {
        Ok(_) => Ok(request),
        Err(too_many) => Err(vec![Hold::TooManyLines(too_many)]),
    }
}

/// Currency, its decimals, and the amount before tax in minor units: what [`build`] would send in all, unsigned.
///
/// # Errors
/// The hold that [`build`] would give for them.
pub(crate) fn amount(document: &Document) -> Result<(String, u32, i64), Hold> {
    let (code, exponent) = currency(document)?;
    let (lines, _) = amounts(document, &code, exponent)?;
    let sum = lines.iter().fold(0, |sum: i64, line| sum.saturating_add(*line));
    Ok((code, exponent, sum))
}

fn take<T>(holds: &mut Vec<Hold>, result: Result<T, Hold>) -> Option<T> {
    result.map_err(|hold| holds.push(hold)).ok()
}

/// The line's number, or its place.
pub(crate) fn label(line: &DocumentLine, index: usize) -> String {
    line.line_no.clone().unwrap_or_else(|| (index + 1).to_string())
}

/// The lines without their amounts.
fn lines(document: &Document, rules: &MappingRules) -> Result<Vec<TaxRequestLine>, Hold> {
    if document.lines.is_empty() {
        return Err(Hold::NoLines);
    }
    let mut labels: HashMap<String, usize> = HashMap::with_capacity(document.lines.len());
    for (index, line) in document.lines.iter().enumerate() {
        *labels.entry(label(line, index)).or_default() += 1;
    }
    let repeated =
        |index: usize, line: &DocumentLine| labels.get(&label(line, index)).is_some_and(|n| *n > 1);
    let unclear = |(index, line): (usize, &DocumentLine)| line.line_no.is_none() || repeated(index, line);
    if document.standing == Standing::Draft && document.lines.iter().enumerate().any(unclear) {
        return Err(Hold::LineNumbers);
    }
    let with_product = |(index, line): (usize, &DocumentLine)| {
        let id = label(line, index);
        let product = line.product_id.as_deref().ok_or_else(|| Hold::LineWithoutProduct(id.clone()))?;
        let external = rules.products.external_id(product);
        if !is_external_id(external) {
            return Err(Hold::ProductId { line: id, product: external.to_owned() });
        }
        // Anrok echoes line ids and matches nothing by them; they only have to differ.
        let id = if repeated(index, line) { format!("{id}#{}", index + 1) } else { id };
        Ok(TaxRequestLine {
            id,
            product: external.to_owned(),
            amount: 0,
            tax_included: rules.products.tax_included.iter().any(|p| p == product),
            quantity: line.quantity.map(|q| q.normalize().to_string()),
            alone: rules.never_group.iter().any(|p| p == product),
        })
    };
    document.lines.iter().enumerate().map(with_product).collect()
}

/// Letters, digits, single inner spaces and `. - _ :` (official document, product creation).
fn is_external_id(id: &str) -> bool {
    !id.is_empty()
        && id.trim() == id
        && !id.contains("  ")
        && id.chars().all(|c| c.is_alphanumeric() || " .-_:".contains(c))
}

fn currency(document: &Document) -> Result<(String, u32), Hold> {
    let code = document.currency.as_deref().map(|code| code.trim().to_ascii_uppercase());
    match code.as_deref().and_then(money::exponent) {
        Some(exponent) => Ok((code.unwrap_or_default(), exponent)),
        None => Err(Hold::Currency(code)),
    }
}

fn amounts(document: &Document, currency: &str, exponent: u32) -> Result<(Vec<i64>, bool), Hold> {
    let amounts: Vec<Decimal> = document
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| line.amount.ok_or_else(|| Hold::LineWithoutAmount(label(line, index))))
        .collect::<Result<_, _>>()?;
    match money::lines_to_minor(&amounts, document.subtotal, exponent) {
        Ok(minor) => Ok((minor.lines, minor.rounded)),
        Err(MoneyProblem::DoesNotAddUp { lines, total }) => {
            Err(Hold::DoesNotAddUp { lines, subtotal: total, currency: currency.to_owned() })
        }
        Err(MoneyProblem::TotalTooFine(subtotal)) => {
            Err(Hold::TooFine { subtotal, currency: currency.to_owned() })
        }
        Err(MoneyProblem::TooLarge(amount)) => Err(Hold::TooLarge(amount)),
    }
}

/// The address that is taxed, and which one it is.
pub(crate) fn address(
    document: &Document,
    credited: Option<&CreditedInvoice>,
    rules: &MappingRules,
) -> Result<(AddressSource, PostalAddress), Hold> {
    let own = address::choose(document.shipping.as_ref(), document.billing.as_ref(), rules.address_fallback);
    match own {
        Ok((source, address)) => Ok((source, address.clone())),
        // A credit undoes the tax of its invoice, so the invoice's jurisdiction is the right one for it.
        Err(AddressProblem::None) => match credited.and_then(|invoice| invoice.address.clone()) {
            Some(address) if address.missing().is_none() => Ok((AddressSource::CreditedInvoice, address)),
            _ => Err(Hold::NoAddress),
        },
        Err(AddressProblem::Incomplete { source, missing }) => {
            Err(Hold::IncompleteAddress { which: source.to_string(), missing: missing.to_owned() })
        }
    }
}

/// Anrok takes dates from 1999-01-01 to 31 days ahead (official document).
fn due_date(document: &Document, today: Date) -> Result<Date, Hold> {
    let date_of = document.date.ok_or(Hold::NoDate)?;
    if date_of < date(1999, 1, 1) {
        return Err(Hold::TooOld(date_of));
    }
    let last = today.checked_add(31.days()).unwrap_or(Date::MAX);
    if date_of > last {
        let from = date_of.checked_sub(31.days()).unwrap_or(date_of);
        return Err(Hold::NotDueYet { date: date_of, from });
    }
    Ok(date_of)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::document::DocumentKey;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 22);

    /// A request as an invoice of one line makes it.
    pub(crate) fn a_request() -> TaxRequest {
        built(&invoice(&["100.00"], "100.00")).unwrap()
    }

    fn line(no: &str, amount: &str) -> DocumentLine {
        DocumentLine {
            line_no: Some(no.into()),
            product_id: Some("P-1".into()),
            amount: Some(amount.parse().unwrap()),
            ..DocumentLine::default()
        }
    }

    fn invoice(lines: &[&str], subtotal: &str) -> Document {
        let mut document = Document::new(DocumentKey::invoice("INV-1"));
        document.lines =
            lines.iter().enumerate().map(|(i, amount)| line(&(i + 1).to_string(), amount)).collect();
        document.subtotal = Some(subtotal.parse().unwrap());
        document.currency = Some("usd".into());
        document.date = Some(TODAY);
        document.customer_id = Some("C-1".into());
        document.shipping =
            Some(PostalAddress::new([None, None, None, Some("NY"), None, Some("United States")]));
        document
    }

    fn built(document: &Document) -> Result<TaxRequest, Vec<Hold>> {
        build(document, None, &MappingRules::default(), TODAY)
    }

    #[test]
    fn an_invoice_becomes_a_request() {
        let request = built(&invoice(&["12.00", "-2.50"], "9.50")).unwrap();
        assert_eq!(request.lines.iter().map(|l| l.amount).collect::<Vec<_>>(), [1200, -250]);
        assert_eq!((request.currency.as_str(), request.country.as_deref()), ("USD", Some("US")));
        assert_eq!(request.customer_id, "ordway:C-1");
        assert_eq!(request.tax_date, None);
    }

    #[test]
    fn a_credit_is_negative_and_keeps_the_invoices_date_and_address() {
        let mut credit = invoice(&["12.00"], "12.00");
        credit.key = DocumentKey::credit("CR-1");
        let address = credit.shipping.take();
        let credited = CreditedInvoice { id: "INV-1".into(), date: Some(date(2026, 10, 1)), address };
        let request = build(&credit, Some(&credited), &MappingRules::default(), TODAY).unwrap();
        assert_eq!(request.lines[0].amount, -1200);
        assert_eq!(request.tax_date, Some(date(2026, 10, 1)));
        assert_eq!(request.address_source, AddressSource::CreditedInvoice);
        assert_eq!(build(&credit, None, &MappingRules::default(), TODAY), Err(vec![Hold::NoAddress]));
    }

    #[test]
    fn everything_in_the_way_is_named_at_once() {
        let mut bad = invoice(&["12.00"], "13.00");
        bad.shipping = None;
        bad.date = Some(date(2027, 1, 1));
        bad.customer_id = None;
        let codes: Vec<String> = built(&bad).unwrap_err().iter().map(|h| h.code().to_owned()).collect();
        assert_eq!(codes, ["does-not-add-up", "no-address", "not-due-yet", "no-customer"]);
    }

    #[test]
    fn dates_are_held_and_not_clamped() {
        let mut document = invoice(&["1.00"], "1.00");
        document.date = Some(date(2026, 12, 23));
        assert!(built(&document).is_ok());
        document.date = Some(date(2026, 12, 24));
        let holds = built(&document).unwrap_err();
        assert_eq!(holds, [Hold::NotDueYet { date: date(2026, 12, 24), from: date(2026, 11, 23) }]);
        document.date = Some(date(1998, 12, 31));
        assert!(matches!(built(&document).unwrap_err()[..], [Hold::TooOld(_)]));
    }

    #[test]
    fn mapped_products_are_used_and_impossible_ones_named() {
        let mut rules = MappingRules::default();
        rules.products.ids.insert("P-1".into(), "saas pro".into());
        rules.products.tax_included.push("P-1".into());
        let request = build(&invoice(&["1.00"], "1.00"), None, &rules, TODAY).unwrap();
        assert_eq!((request.lines[0].product.as_str(), request.lines[0].tax_included), ("saas pro", true));
        rules.products.ids.insert("P-1".into(), "a/b".into());
        let holds = build(&invoice(&["1.00"], "1.00"), None, &rules, TODAY).unwrap_err();
        assert_eq!(holds[0].code(), "product-id");
    }

    #[test]
    fn currencies_without_and_with_three_decimals() {
        let mut yen = invoice(&["500"], "500");
        yen.currency = Some("JPY".into());
        assert_eq!(built(&yen).unwrap().lines[0].amount, 500);
        let mut dinar = invoice(&["1.234"], "1.234");
        dinar.currency = Some("KWD".into());
        assert_eq!(built(&dinar).unwrap().lines[0].amount, 1234);
        dinar.currency = Some("XYZ".into());
        assert_eq!(built(&dinar).unwrap_err()[0].code(), "currency");
    }

    #[test]
    fn the_same_lines_under_another_limit_are_unchanged_inputs() {
        let document = invoice(&["1.00", "2.00", "3.00"], "6.00");
        let mut rules = MappingRules::default();
        let all = build(&document, None, &rules, TODAY).unwrap();
        rules.line_limit = Some(1);
        let grouped = build(&document, None, &rules, TODAY).unwrap();
        assert_eq!(grouped.sending().unwrap().sent.len(), 1);
        assert_eq!(serde_json::to_string(&all).unwrap(), serde_json::to_string(&grouped).unwrap());
        rules.never_group.push("P-1".into());
        let holds = build(&document, None, &rules, TODAY).unwrap_err();
        assert_eq!(holds[0].code(), "too-many-lines");
        assert!(holds[0].remedy().contains("never_group"), "{}", holds[0].remedy());
    }

    proptest! {
        #[test]
        fn the_request_sums_to_the_subtotal(minors in prop::collection::vec(-1_000_000i64..1_000_000, 1..20), credit: bool) {
            let texts: Vec<String> = minors.iter().map(|n| money::text(*n, 2)).collect();
            let sum: i64 = minors.iter().sum();
            let mut document = invoice(&texts.iter().map(String::as_str).collect::<Vec<_>>(), &money::text(sum, 2));
            if credit {
                document.key = DocumentKey::credit("CR-1");
            }
            prop_assert_eq!(built(&document).unwrap().amount(), if credit { -sum } else { sum });
        }
    }
}
