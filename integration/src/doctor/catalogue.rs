//! Invoices, and what of them Anrok has to know: products and currencies.

use std::collections::{BTreeMap, BTreeSet};

use anrok_client::products::is_external_id;
use anrok_client::transactions::{Line, Transaction};
use anrok_client::{Address, AnrokError, Conflict, Currency};
use futures_util::stream;
use futures_util::{FutureExt as _, StreamExt as _};
use jiff::tz::TimeZone;
use ordway_client::customers::ActiveStatus;
use ordway_client::invoices::{Invoice, InvoiceStatus, ListInvoices};
use ordway_client::products::ListProducts;
use ordway_client::{Direction, Sort};

use super::code::Code;
use super::{Doctor, Severity, counted};
use crate::map::money;

/// Invoices that a sync would work on, by what they need.
#[derive(Default)]
pub(super) struct Invoices {
    seen: BTreeSet<String>,
    /// Ordway product → invoices with it.
    products: BTreeMap<String, BTreeSet<String>>,
    /// Currency as written → invoices in it.
    currencies: BTreeMap<String, BTreeSet<String>>,
}

impl Invoices {
    fn take(&mut self, invoice: &Invoice) {
        let works = matches!(
            &invoice.status,
            Some(
                InvoiceStatus::Draft
                    | InvoiceStatus::Posted
                    | InvoiceStatus::PartiallyPaid
                    | InvoiceStatus::Paid
            )
        );
        let id = invoice.id.to_string();
        if !works || !self.seen.insert(id.clone()) {
            return;
        }
        for product in invoice.line_items.iter().filter_map(|line| line.product_id.as_ref()) {
            self.products.entry(product.to_string()).or_default().insert(id.clone());
        }
        let currency = invoice.currency.as_deref().unwrap_or_default().trim().to_ascii_uppercase();
        self.currencies.entry(currency).or_default().insert(id);
    }
}

/// Ordway's products.
#[derive(Default)]
pub(super) struct Products {
    /// All that were seen, in use or not.
    pub(super) known: BTreeSet<String>,
    active: BTreeSet<String>,
    more: bool,
}

impl Doctor<'_> {
    /// Drafts are asked for by status too: whether the plain list holds them is not proven.
    pub(super) async fn invoices(&mut self) -> Invoices {
        let mut invoices = Invoices::default();
        let newest = Sort::by("updated_date").direction(Direction::Descending);
        let drafts = ListInvoices { status: Some(InvoiceStatus::Draft), ..ListInvoices::default() };
        let latest = ListInvoices { sort: Some(newest), ..ListInvoices::default() };
        for (what, query) in [("drafts", drafts), ("invoices", latest)] {
            let list = self.bridge.ordway.invoices().list(query);
            self.read(what, list, self.limits.invoices, |invoice| invoices.take(&invoice)).await;
        }
        invoices
    }

    pub(super) async fn products(&mut self, invoices: &Invoices) -> Products {
        let mut products = Products::default();
        let list = self.bridge.ordway.products().list(ListProducts::default());
        products.more = self
            .read("products", list, self.limits.products, |product| {
                let id = product.id.to_string();
                if product.status.is_none_or(|status| status == ActiveStatus::Active) {
                    products.active.insert(id.clone());
                }
                products.known.insert(id);
            })
            .await;
        // A product may be on an invoice and no longer on the list.
        products.known.extend(invoices.products.keys().cloned());
        products
    }

    /// Looks every product up in Anrok. Gives the id of one that is there, or that is assumed to be.
    pub(super) async fn mapped_products(
        &mut self,
        products: &Products,
        invoices: &Invoices,
    ) -> Option<String> {
        let rules = &self.bridge.settings.rules.products;
        let used = invoices.products.keys();
        let unused = products.active.iter().filter(|id| !invoices.products.contains_key(*id));
        let wanted: Vec<&String> = used.chain(unused).collect();
        let checked = wanted.len().min(self.limits.products);
        if products.more || checked < wanted.len() {
            let text = format!("Only {} looked up in Anrok; there may be more.", counted(checked, "product"));
            self.found(Severity::Info, Code::ProductsLimit, "products", text);
        }
        // Several Ordway products may be one in Anrok.
        let mut by_external: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for id in wanted.into_iter().take(checked) {
            by_external.entry(rules.external_id(id)).or_default().push(id);
        }
        let (usable, unusable): (Vec<_>, Vec<_>) =
            by_external.into_iter().partition(|(external, _)| is_external_id(external));
        for id in unusable.into_iter().flat_map(|(_, ids)| ids) {
            let text = format!(
                "Anrok product ids take letters, digits, single inner spaces and . - _ : only; {:?} is none.{}",
                rules.external_id(id),
                self.used_by(id, invoices)
            );
            self.found(severity(id, invoices), Code::ProductIdUnusable(id), format!("product {id}"), text);
        }
        let anrok = &self.bridge.anrok;
        let lookups = usable
            .into_iter()
            .map(|(external, ids)| {
                async move { (external, ids, anrok.products().get(external).await) }.boxed()
            })
            .collect::<Vec<_>>();
        let mut lookups = stream::iter(lookups).buffered(self.bridge.settings.in_flight.max(1));
        let mut mapped = None;
        while let Some((external, ids, answer)) = lookups.next().await {
            match answer {
                Ok(Some(_)) => mapped = mapped.or_else(|| Some(external.to_owned())),
                Ok(None) => ids.into_iter().for_each(|id| self.unmapped(id, external, invoices)),
                Err(error) => {
                    self.failed(Severity::Warning, "products in Anrok", &error);
                    break;
                }
            }
        }
        mapped
    }

    fn unmapped(&mut self, id: &str, external: &str, invoices: &Invoices) {
        let named = if id == external { String::new() } else { format!(" (mapped to {external})") };
        let text = format!("Anrok does not know the product {id}{named}.{}", self.used_by(id, invoices));
        let code = Code::ProductUnmapped { id, external };
        self.found(severity(id, invoices), code, format!("product {id}"), text);
    }

    fn used_by(&self, product: &str, invoices: &Invoices) -> String {
        invoices.products.get(product).map_or_else(
            || " No invoice that was looked at has it.".to_owned(),
            |ids| format!(" It is on {}.", self.some(ids)),
        )
    }

    /// Whether every currency in use is one, and one that Anrok takes. Anrok answers the latter only to a calculation, so
    /// one is asked for per currency, with a product that exists; it stores nothing.
    pub(super) async fn currencies(&mut self, invoices: &Invoices, product: Option<&str>) {
        let mut to_ask = Vec::new();
        for (code, ids) in &invoices.currencies {
            match code.parse::<Currency>() {
                Ok(currency) if money::exponent(code).is_some() => to_ask.push((currency, ids)),
                _ => {
                    let subject =
                        if code.is_empty() { "no currency".to_owned() } else { format!("currency {code:?}") };
                    let text = format!("Not an ISO 4217 currency: {} will be held.", self.some(ids));
                    self.found(Severity::Error, Code::CurrencyNotIso, subject, text);
                }
            }
        }
        let Some(product) = product else { return };
        let settings = &self.bridge.settings;
        let today = settings.today.unwrap_or_else(|| self.bridge.clock.now().to_zoned(TimeZone::UTC).date());
        for (currency, ids) in to_ask {
            let address = Address::builder().country("US").region("NY").postal_code("10001").build();
            let mut preview = Transaction::new(currency, address, today);
            preview.lines = vec![Line::new(product, 100)];
            let Err(error) = self.bridge.anrok.transactions().create_ephemeral(&preview).await else {
                continue;
            };
            match error.api().and_then(AnrokError::conflict) {
                Some(Conflict::CurrencyCodeNotSupported) => {
                    let text = format!("Anrok does not take this currency: {} will be held.", self.some(ids));
                    let subject = format!("currency {currency}");
                    self.found(Severity::Error, Code::CurrencyUnsupported, subject, text);
                }
                // Another refusal is not about the currency.
                Some(_) => {}
                None => return self.failed(Severity::Warning, "currencies", &error),
            }
        }
    }
}

fn severity(product: &str, invoices: &Invoices) -> Severity {
    if invoices.products.contains_key(product) { Severity::Error } else { Severity::Warning }
}
