//! The tax of one transaction, exact to the last digit, and the shapes in which it is told.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::address::{self, Place};
use super::config::AnrokConfig;
use super::products::shown_id;
use super::quirk::Quirk;
use super::state::{Product, State};
use super::tax_ids;
use super::tax_table::{self, Levies, Levy, LevyKind};
use super::transactions::{Draft, DraftLine};
use super::validate::Refusal;

/// A transaction with its tax.
#[derive(Clone, Debug)]
pub(super) struct Calculation {
    pub(super) lines: Vec<Line>,
    pub(super) to_collect: i64,
    pub(super) pre_tax: Decimal,
}

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: Option<String>,
    pub(super) product: Product,
    pub(super) quantity: Option<String>,
    pub(super) amount: i64,
    pub(super) inclusive: bool,
    pub(super) pre_tax: Decimal,
    pub(super) to_collect: i64,
    pub(super) jurises: Vec<Juris>,
}

#[derive(Clone, Debug)]
pub(super) struct Juris {
    pub(super) id: String,
    pub(super) name: &'static str,
    /// Why there is no tax; none where it is taxed.
    pub(super) reason: Option<Reason>,
    /// The taxes; where the seller does not collect, those that would be due if it did.
    pub(super) taxes: Vec<Tax>,
}

#[derive(Clone, Debug)]
pub(super) struct Tax {
    region_id: &'static str,
    region_name: &'static str,
    label: &'static str,
    rate: Decimal,
    taxable: Decimal,
    amount: Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    JurisHasNoTax,
    NotCollecting,
    ProductNotTaxed,
    ReverseCharge,
    CustomerExempt,
}

impl Reason {
    // rule: not-taxed-reasons
    fn json(self) -> Value {
        match self {
            Self::JurisHasNoTax => json!({ "type": "jurisHasNoTax" }),
            Self::NotCollecting => json!({ "type": "notCollecting" }),
            Self::ProductNotTaxed => json!({ "type": "productNotTaxed" }),
            Self::ReverseCharge => json!({ "type": "exempt", "reason": { "type": "reverseCharge" } }),
            Self::CustomerExempt => json!({ "type": "exempt", "reason": { "type": "customerExempt" } }),
        }
    }

    fn exemption(self) -> Option<&'static str> {
        match self {
            Self::ReverseCharge => Some("reverseCharge"),
            Self::CustomerExempt => Some("customerExempt"),
            Self::JurisHasNoTax | Self::NotCollecting | Self::ProductNotTaxed => None,
        }
    }
}

/// A decimal as the API writes it: plain, no trailing zeros.
pub(super) fn text(value: Decimal) -> String {
    value.normalize().to_string()
}

/// Breakdown amounts of tax-inclusive lines carry four decimals, as in the document's sample.
const INCLUSIVE_DECIMALS: u32 = 4;

fn four_decimals(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(INCLUSIVE_DECIMALS, RoundingStrategy::MidpointAwayFromZero)
}

/// Settles every product, place and tax of a draft. Changes nothing but the external service's failures.
// rule: conflict-order
pub(super) fn calculate(state: &mut State, draft: &Draft) -> Result<Calculation, Refusal> {
    let few = state.config.has(Quirk::FewCurrencies);
    let currencies = if few { tax_table::FEW_CURRENCIES } else { tax_table::CURRENCIES };
    if !currencies.split(' ').any(|code| code == draft.currency) {
        return Err(Refusal::conflict("currencyCodeNotSupported"));
    }
    if state.config.has(Quirk::AddressComesFirst) {
        place_of(state, draft)?;
    }
    let mut products = Vec::with_capacity(draft.lines.len());
    for line in &draft.lines {
        // rule: unknown-product-names-one
        let product = state.products.get(&line.product).ok_or_else(|| {
            Refusal::Conflict(
                json!({ "type": "productExternalIdUnknown", "productExternalId": line.product }),
            )
        })?;
        products.push(product.clone());
    }
    state.external_service()?;
    let place = place_of(state, draft)?;
    let mut lines = Vec::with_capacity(draft.lines.len());
    for (line, product) in draft.lines.iter().zip(products) {
        lines.push(line_tax(state, draft, place, line, product)?);
    }
    // rule: total-is-sum-of-lines
    let mut to_collect: i64 = lines.iter().map(|l| l.to_collect).sum();
    if state.config.has(Quirk::TotalACentMore) && to_collect != 0 {
        to_collect += 1;
    }
    let pre_tax = lines.iter().map(|l| l.pre_tax).sum();
    Ok(Calculation { lines, to_collect, pre_tax })
}

fn place_of(state: &State, draft: &Draft) -> Result<Place, Refusal> {
    address::resolve(&draft.address, &state.config)
        .ok_or_else(|| Refusal::conflict("customerAddressCouldNotResolve"))
}

fn line_tax(
    state: &State,
    draft: &Draft,
    place: Place,
    line: &DraftLine,
    product: Product,
) -> Result<Line, Refusal> {
    let no_levies = || {
        let unresolved = state.config.has(Quirk::NoJurisdictionIsUnresolved);
        Refusal::conflict(if unresolved { "customerAddressCouldNotResolve" } else { "jurisNotFound" })
    };
    let mut levies =
        tax_table::levies(place, &draft.address, product.category, draft.tax_date).ok_or_else(no_levies)?;
    tax_table::replace_rates(&mut levies, &state.rates);
    if state.config.has(Quirk::EveryRateAPointHigher) {
        tax_table::raise(&mut levies);
    }
    // rule: category-not-supported
    let unsupported = |l: &Levies| {
        state.unsupported_categories.contains(&(product.category.id.to_owned(), l.juris_id.clone()))
    };
    let abroad = state.config.has(Quirk::ServicesUnsupportedAbroad)
        && product.category.is_service()
        && place.country() != "US";
    if abroad || levies.iter().any(unsupported) {
        return Err(Refusal::conflict("productTaxCategoryNotSupportedForJuris"));
    }
    let amount = Decimal::from(line.amount);
    let reasons: Vec<Option<Reason>> = levies.iter().map(|l| reason(state, draft, place, l)).collect();
    let rate: Decimal = levies
        .iter()
        .zip(&reasons)
        .filter(|(_, reason)| reason.is_none())
        .flat_map(|(levies, _)| taxes_of(levies))
        .map(|levy| levy.rate * share(levy))
        .sum();
    // rule: inclusive-lines
    let inclusive = line.inclusive;
    let pre_tax =
        if inclusive && !rate.is_zero() { four_decimals(amount / (Decimal::ONE + rate)) } else { amount };
    let mut jurises = Vec::with_capacity(levies.len());
    for (levies, reason) in levies.iter().zip(&reasons) {
        let taxes = taxes_of(levies).map(|levy| tax(levy, pre_tax, inclusive)).collect();
        jurises.push(Juris { id: levies.juris_id.clone(), name: levies.juris_name, reason: *reason, taxes });
    }
    if inclusive {
        settle_inclusive(&mut jurises, amount - pre_tax);
    }
    // rule: paid-by-seller
    let collected = |j: &&Juris| j.reason.is_none() && !state.paid_by_seller.contains(&j.id);
    let exact: Decimal = if inclusive {
        Decimal::ZERO
    } else {
        jurises.iter().filter(collected).flat_map(|j| &j.taxes).map(|t| t.amount).sum()
    };
    Ok(Line {
        id: line.id.clone(),
        product,
        quantity: line.quantity.clone(),
        amount: line.amount,
        inclusive,
        pre_tax,
        to_collect: round(exact, state.config.has(Quirk::HalfToEven)),
        jurises,
    })
}

/// The whole minor units to collect.
// rule: line-rounding
fn round(exact: Decimal, half_to_even: bool) -> i64 {
    let strategy = if half_to_even {
        RoundingStrategy::MidpointNearestEven
    } else {
        RoundingStrategy::MidpointAwayFromZero
    };
    i64::try_from(exact.round_dp_with_strategy(0, strategy)).unwrap_or_default()
}

fn taxes_of(levies: &Levies) -> impl Iterator<Item = &Levy> {
    let all: &[Levy] = match &levies.kind {
        LevyKind::Taxes(taxes) => taxes,
        LevyKind::NoTax | LevyKind::Unlisted => &[],
    };
    all.iter().filter(|levy| levy.percent > 0)
}

fn share(levy: &Levy) -> Decimal {
    Decimal::new(i64::from(levy.percent), 2)
}

// rule: partial-taxable-base
fn tax(levy: &Levy, pre_tax: Decimal, inclusive: bool) -> Tax {
    let (mut taxable, mut amount) = (pre_tax * share(levy), pre_tax * share(levy) * levy.rate);
    if inclusive {
        (taxable, amount) = (four_decimals(taxable), four_decimals(amount));
    }
    Tax {
        region_id: levy.region_id,
        region_name: levy.region_name,
        label: levy.tax_name,
        rate: levy.rate,
        taxable,
        amount,
    }
}

/// The taxes inside an inclusive amount add up to it: the last one takes what rounding left over.
fn settle_inclusive(jurises: &mut [Juris], inside: Decimal) {
    let mut left = inside;
    let due = jurises.iter_mut().filter(|j| j.reason.is_none()).flat_map(|j| &mut j.taxes);
    let mut last = None;
    for tax in due {
        left -= tax.amount;
        last = Some(tax);
    }
    if let Some(tax) = last {
        tax.amount += left;
    }
}

fn reason(state: &State, draft: &Draft, place: Place, levies: &Levies) -> Option<Reason> {
    // rule: seller-not-registered
    match &levies.kind {
        LevyKind::NoTax => return Some(Reason::JurisHasNoTax),
        LevyKind::Unlisted => return Some(Reason::NotCollecting),
        LevyKind::Taxes(_) if state.not_collecting.contains(&levies.juris_id) => {
            return Some(Reason::NotCollecting);
        }
        LevyKind::Taxes(_) => {}
    }
    if taxes_of(levies).next().is_none() {
        return Some(Reason::ProductNotTaxed);
    }
    // rule: reverse-charge
    let valid_id = || {
        let mut ids = draft.tax_ids.iter();
        ids.any(|id| tax_ids::is_valid(&state.config, place.country(), &levies.juris_id, id))
    };
    let reversible = levies.reverse_charge && !state.config.has(Quirk::NoReverseCharge);
    if reversible && draft.origin(&state.config) != place.country() && valid_id() {
        return Some(Reason::ReverseCharge);
    }
    // rule: certificate-exempts
    let state_only = state.config.has(Quirk::CertificatesExemptStateOnly);
    let own = levies.certificate_juris.filter(|juris| !state_only || *juris == levies.juris_id);
    let certified = own.zip(draft.customer_id.as_deref()).is_some_and(|(juris, customer)| {
        state.certificates.iter().any(|c| c.exempts(customer, juris, draft.tax_date))
    });
    certified.then_some(Reason::CustomerExempt)
}

fn due<'a>(jurises: impl Iterator<Item = &'a Juris>) -> Decimal {
    jurises.filter(|j| j.reason.is_none()).flat_map(|j| &j.taxes).map(|t| t.amount).sum()
}

fn amount_due(inclusive: Decimal, exclusive: Decimal) -> Value {
    json!({
        "inclusive": text(inclusive),
        "exclusive": text(exclusive),
        "total": text(inclusive + exclusive),
    })
}

impl Calculation {
    /// All taxes of the breakdown, whoever bears them.
    pub(super) fn tax(&self) -> Decimal {
        self.lines.iter().map(|l| due(l.jurises.iter())).sum()
    }

    /// The exact inverse.
    pub(super) fn negated(&self) -> Self {
        let mut other = self.clone();
        other.to_collect = -other.to_collect;
        other.pre_tax = -other.pre_tax;
        for line in &mut other.lines {
            line.amount = -line.amount;
            line.pre_tax = -line.pre_tax;
            line.to_collect = -line.to_collect;
            for tax in line.jurises.iter_mut().flat_map(|j| &mut j.taxes) {
                tax.taxable = -tax.taxable;
                tax.amount = -tax.amount;
            }
        }
        other
    }

    /// Ids of all jurisdictions, in the order of their first line.
    pub(super) fn juris_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for juris in self.lines.iter().flat_map(|l| &l.jurises) {
            if !ids.contains(&juris.id.as_str()) {
                ids.push(&juris.id);
            }
        }
        ids
    }

    /// Whether the seller files returns in that jurisdiction for this transaction.
    pub(super) fn remits_to(&self, id: &str) -> bool {
        self.lines.iter().flat_map(|l| &l.jurises).any(|j| j.id == id && j.remitting())
    }

    fn in_juris<'a>(&'a self, id: &'a str) -> impl Iterator<Item = (&'a Line, &'a Juris)> {
        self.lines.iter().flat_map(|l| l.jurises.iter().map(move |j| (l, j))).filter(move |(_, j)| j.id == id)
    }

    /// The answer of the two calculating calls; `version` for a recorded transaction only.
    // rule: response-shape
    pub(super) fn response(&self, version: Option<u32>) -> Value {
        let lines: Vec<Value> = self.lines.iter().map(Line::response).collect();
        let summaries: Vec<Value> =
            self.juris_ids().into_iter().map(|id| self.response_summary(id)).collect();
        let mut answer = json!({
            "taxAmountToCollect": self.to_collect,
            "lineItems": lines,
            "preTaxAmount": text(self.pre_tax),
            "jurisSummaries": summaries,
        });
        if let (Some(version), Some(answer)) = (version, answer.as_object_mut()) {
            answer.insert("version".to_owned(), json!(version));
        }
        answer
    }

    fn response_summary(&self, id: &str) -> Value {
        let mut reasons = Vec::new();
        let mut name = "";
        let mut taxed = false;
        for (_, juris) in self.in_juris(id) {
            name = juris.name;
            match juris.reason {
                None => taxed = true,
                Some(reason) if !reasons.contains(&reason) => reasons.push(reason),
                Some(_) => {}
            }
        }
        let reasons: Vec<Value> = reasons.into_iter().map(Reason::json).collect();
        json!({ "name": name, "notTaxedReasons": if taxed { Value::Null } else { Value::Array(reasons) } })
    }

    /// The money part of an item of the list call.
    // rule: list-item-shape
    pub(super) fn list_body(
        &self,
        state: &State,
        processed_tax_ids: &[String],
        place_country: &str,
    ) -> Value {
        let input: i64 = self.lines.iter().map(|l| l.amount).sum();
        let split = |inclusive: bool| -> Decimal {
            self.lines.iter().filter(|l| l.inclusive == inclusive).map(|l| due(l.jurises.iter())).sum()
        };
        let summaries: Vec<Value> = self
            .juris_ids()
            .into_iter()
            .map(|id| self.list_summary(&state.config, id, processed_tax_ids, place_country))
            .collect();
        let lines: Vec<Value> = self.lines.iter().map(|line| line.list_item(&state.config)).collect();
        json!({
            "inputAmount": input,
            "preTaxAmount": text(self.pre_tax),
            "taxAmountDue": amount_due(split(true), split(false)),
            "taxAmountAdded": { "expected": self.to_collect, "seen": self.to_collect },
            "invoiceTotalAmountExpected": input + self.to_collect,
            "jurisSummaries": summaries,
            "lineItems": lines,
        })
    }

    fn list_summary(&self, config: &AnrokConfig, id: &str, tax_ids: &[String], country: &str) -> Value {
        let (mut inclusive, mut exclusive, mut pre_tax) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let mut name = "";
        for (line, juris) in self.in_juris(id) {
            name = juris.name;
            pre_tax += line.pre_tax;
            let amount = due(std::iter::once(juris));
            if line.inclusive {
                inclusive += amount;
            } else {
                exclusive += amount;
            }
        }
        let processed: Vec<Value> = tax_ids
            .iter()
            .map(|value| json!({ "taxId": value, "isValid": tax_ids::is_valid(config, country, id, value) }))
            .collect();
        json!({
            "id": id,
            "name": name,
            "preTaxAmount": text(pre_tax),
            "taxAmountDue": amount_due(inclusive, exclusive),
            "taxIdValidation": { "processedTaxIds": processed },
        })
    }
}

impl Line {
    fn response(&self) -> Value {
        let jurises: Vec<Value> = self.jurises.iter().map(Juris::response).collect();
        json!({
            "id": self.id,
            "taxAmountToCollect": self.to_collect,
            "preTaxAmount": text(self.pre_tax),
            "jurises": jurises,
        })
    }

    fn list_item(&self, config: &AnrokConfig) -> Value {
        let due = due(self.jurises.iter());
        let (inclusive, exclusive) = if self.inclusive { (due, Decimal::ZERO) } else { (Decimal::ZERO, due) };
        let jurises: Vec<Value> = self.jurises.iter().map(|j| j.list_item(self)).collect();
        let category = self.product.category;
        json!({
            "id": self.id,
            "product": {
                "internalId": self.product.internal_id,
                "externalId": self.product.external_id,
                "name": self.product.name,
                "productTaxCategory": { "type": category.kind, "id": shown_id(config, &category), "name": category.name },
            },
            "quantity": self.quantity,
            "unitPrice": Value::Null,
            "inputAmount": self.amount,
            "preTaxAmount": text(self.pre_tax),
            "taxAmountDue": amount_due(inclusive, exclusive),
            "jurises": jurises,
        })
    }
}

impl Juris {
    fn remitting(&self) -> bool {
        !matches!(self.reason, Some(Reason::NotCollecting | Reason::JurisHasNoTax))
    }

    fn response(&self) -> Value {
        let Some(reason) = self.reason else {
            let taxes: Vec<Value> = self.taxes.iter().map(Tax::response).collect();
            return json!({ "name": self.name, "taxes": taxes, "notTaxedReason": Value::Null });
        };
        json!({ "name": self.name, "taxes": Value::Null, "notTaxedReason": reason.json() })
    }

    fn list_item(&self, line: &Line) -> Value {
        let exemption = self.reason.and_then(Reason::exemption);
        let rows: Vec<Value> = self.taxes.iter().map(|tax| tax.list_row(line, exemption)).collect();
        let calc = if self.remitting() {
            json!({ "isRemitting": true, "taxes": rows })
        } else {
            json!({ "isRemitting": false, "taxesIfWereRemitting": rows })
        };
        json!({ "id": self.id, "name": self.name, "calc": calc })
    }
}

impl Tax {
    fn response(&self) -> Value {
        json!({
            "taxName": self.label,
            "taxableAmount": text(self.taxable),
            "taxAmount": text(self.amount),
            "taxRate": text(self.rate),
        })
    }

    fn list_row(&self, line: &Line, exemption: Option<&str>) -> Value {
        let (exemptions, taxable, amount) = match exemption {
            Some(reason) => {
                (json!([{ "reason": reason, "amount": text(self.taxable) }]), Decimal::ZERO, Decimal::ZERO)
            }
            None => (json!([]), self.taxable, self.amount),
        };
        let (inclusive, exclusive) =
            if line.inclusive { (amount, Decimal::ZERO) } else { (Decimal::ZERO, amount) };
        json!({
            "id": self.region_id,
            "name": self.region_name,
            "nonTaxableAmount": text(line.pre_tax - self.taxable),
            "exemptions": exemptions,
            "taxableAmount": text(taxable),
            "rate": text(self.rate),
            "taxAmount": { "inclusive": text(inclusive), "exclusive": text(exclusive) },
        })
    }
}
