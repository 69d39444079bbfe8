//! The set-up of an account in and out of a seed document.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::FakeAnrok;
use super::state::State;
use super::tax_table::{CATEGORIES, is_juris_id};
use super::validate::parse_date;
use super::{certificates, products};
use crate::seed::{At, Seed, SeedError};

const MEMBERS: &[&str] = &[
    "products",
    "customers",
    "certificates",
    "integrations",
    "rates",
    "notCollecting",
    "paidBySeller",
    "unsupportedCategories",
    "frozenThrough",
    "frozenMonths",
];

impl FakeAnrok {
    /// Reads the Anrok part of a seed document (see [`Seed`]) into the account.
    ///
    /// # Errors
    /// Where the document is wrong, with the place and what to write instead. Nothing is stored then.
    pub fn seed_json(&self, document: &str) -> Result<(), SeedError> {
        Seed::parse(document)?.sow_anrok(self)
    }

    /// The tax of a jurisdiction (`us-NY`, `de`, `us-CO-denver`, `ca-QC`) has this rate from now on, for instance
    /// `"0.05"`; the taxes below it stay. False where there is no such jurisdiction or the rate is no decimal from 0 to 1.
    pub fn set_rate(&self, juris_id: &str, rate: &str) -> bool {
        let rate = rate.parse::<Decimal>().ok().filter(|rate| is_rate(*rate));
        let known = is_juris_id(juris_id).then_some(rate).flatten();
        if let Some(rate) = known {
            self.state().rates.insert(juris_id.to_owned(), rate);
        }
        known.is_some()
    }

    pub(crate) fn sow(&self, section: &At<'_>) -> Result<(), SeedError> {
        // Tried on a copy first, so that a mistake at the end leaves nothing behind.
        let mut state = self.state_now();
        let mut copy = state.set_up();
        put_all(&mut copy, section)?;
        put_all(&mut state, section)
    }

    /// The set-up, without what was recorded.
    pub(crate) fn export_section(&self) -> Value {
        let state = self.state();
        let products = state.products.values().map(|product| {
            json!({"externalId": product.external_id, "category": product.category.id, "name": product.name,
                "description": product.description})
        });
        let customers = state.customers.iter().map(|(id, name)| json!({"id": id, "name": name}));
        let rates: Map<String, Value> =
            state.rates.iter().map(|(id, rate)| (id.clone(), json!(rate.to_string()))).collect();
        let unsupported = state
            .unsupported_categories
            .iter()
            .map(|(category, juris)| json!({"category": category, "jurisId": juris}));
        let months = state.frozen_months.iter().map(|(year, month)| format!("{year:04}-{month:02}"));
        let mut section = json!({
            "products": products.collect::<Vec<_>>(),
            "customers": customers.collect::<Vec<_>>(),
            "certificates": state.certificates.iter().map(certificates::export).collect::<Vec<_>>(),
            "integrations": state.integrations,
            "rates": rates,
            "notCollecting": state.not_collecting,
            "paidBySeller": state.paid_by_seller,
            "unsupportedCategories": unsupported.collect::<Vec<_>>(),
            "frozenThrough": state.frozen_through.map(|day| day.to_string()),
            "frozenMonths": months.collect::<Vec<_>>(),
        });
        if let Some(members) = section.as_object_mut() {
            members.retain(|_, value| match value {
                Value::Null => false,
                Value::Array(rows) => !rows.is_empty(),
                Value::Object(map) => !map.is_empty(),
                _ => true,
            });
        }
        section
    }
}

fn is_rate(rate: Decimal) -> bool {
    (Decimal::ZERO..=Decimal::ONE).contains(&rate)
}

fn put_all(state: &mut State, section: &At<'_>) -> Result<(), SeedError> {
    section.only(MEMBERS)?;
    for row in section.rows("products")? {
        product(state, &row)?;
    }
    for row in section.rows("customers")? {
        row.only(&["id", "name"])?;
        state.customers.insert(row.text("id")?.to_owned(), row.text("name")?.to_owned());
    }
    for row in section.rows("certificates")? {
        certificates::restore(state, &row)?;
    }
    if let Some(integrations) = section.optional("integrations") {
        for id in integrations.object()?.keys() {
            let mapping = integrations.member(id);
            let mut pairs = std::collections::BTreeMap::new();
            for source in mapping.object()?.keys() {
                pairs.insert(source.clone(), mapping.text(source)?.to_owned());
            }
            state.integrations.insert(id.clone(), pairs);
        }
    }
    if let Some(rates) = section.optional("rates") {
        for id in rates.object()?.keys() {
            let member = rates.member(id);
            known_juris(&member, id)?;
            let text = rates.text(id)?;
            let rate = text.parse::<Decimal>().ok().filter(|rate| is_rate(*rate)).ok_or_else(|| {
                member
                    .wrong(format!("{text:?} is no rate"), "write a decimal from 0 to 1 as text, \"0.0875\"")
            })?;
            state.rates.insert(id.clone(), rate);
        }
    }
    for row in section.rows("notCollecting")? {
        known_juris(&row, row.as_text()?)?;
        state.not_collecting.insert(row.as_text()?.to_owned());
    }
    for row in section.rows("paidBySeller")? {
        known_juris(&row, row.as_text()?)?;
        state.paid_by_seller.insert(row.as_text()?.to_owned());
    }
    for row in section.rows("unsupportedCategories")? {
        row.only(&["category", "jurisId"])?;
        known_category(&row)?;
        known_juris(&row.member("jurisId"), row.text("jurisId")?)?;
        let pair = (row.text("category")?.to_owned(), row.text("jurisId")?.to_owned());
        state.unsupported_categories.insert(pair);
    }
    if let Some(day) = section.date("frozenThrough")? {
        state.frozen_through = Some(day);
    }
    for row in section.rows("frozenMonths")? {
        let text = row.as_text()?;
        let first = parse_date(&format!("{text}-01"))
            .ok_or_else(|| row.wrong(format!("{text:?} is no month"), "write it as \"2026-03\""))?;
        state.frozen_months.insert((first.year(), first.month()));
    }
    Ok(())
}

fn product(state: &mut State, row: &At<'_>) -> Result<(), SeedError> {
    row.only(&["externalId", "category", "name", "description"])?;
    let id = row.text("externalId")?;
    if state.products.contains_key(id) {
        let problem = format!("{id} is there already");
        return Err(row.member("externalId").wrong(problem, "leave it out, or seed an empty account"));
    }
    let category = known_category(row)?;
    let name = row.text_or_blank("name")?;
    let name = if name.is_empty() { id } else { name };
    products::add(state, id, name, row.text_or_blank("description")?, category);
    Ok(())
}

fn known_category(row: &At<'_>) -> Result<super::tax_table::Category, SeedError> {
    let id = row.text("category")?;
    CATEGORIES.iter().find(|category| category.id == id).copied().ok_or_else(|| {
        let known: Vec<&str> = CATEGORIES.iter().map(|category| category.id).collect();
        let remedy = format!("use one of: {}", known.join(", "));
        row.member("category").wrong(format!("there is no tax category {id:?}"), remedy)
    })
}

fn known_juris(at: &At<'_>, id: &str) -> Result<(), SeedError> {
    if is_juris_id(id) {
        return Ok(());
    }
    let remedy = "use an id of the tax table, for instance us-NY, us-CO-denver, ca-QC or de";
    Err(at.wrong(format!("there is no jurisdiction {id:?}"), remedy))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordway_anrok_http::SystemClock;

    use super::*;

    fn account(section: &str) -> Result<FakeAnrok, SeedError> {
        let fake = FakeAnrok::new(Arc::new(SystemClock::new()));
        let sown = fake.seed_json(&format!(r#"{{"format": "ordway-anrok-sandbox/1", "anrok": {section}}}"#));
        if sown.is_err() {
            assert_eq!(fake.export_section(), json!({}), "nothing is stored");
        }
        sown.map(|()| fake)
    }

    #[test]
    fn an_error_names_the_place_and_the_remedy() {
        let product = r#"{"externalId": "P-1", "category": "saasBusiness"}"#;
        for (section, at, says) in [
            (r#"{"product": []}"#.to_owned(), "anrok.product", "products"),
            (r#"{"products": [{"externalId": "P-1"}]}"#.to_owned(), "anrok.products[0].category", "text"),
            (
                r#"{"products": [{"externalId": "P-1", "category": "saas"}]}"#.to_owned(),
                "anrok.products[0].category",
                "saasBusiness",
            ),
            (format!(r#"{{"products": [{product}, {product}]}}"#), "anrok.products[1].externalId", "already"),
            (r#"{"rates": {"us-ZZ": "0.1"}}"#.to_owned(), "anrok.rates.us-ZZ", "us-NY"),
            (r#"{"rates": {"us-NY": "8.875"}}"#.to_owned(), "anrok.rates.us-NY", "from 0 to 1"),
            (r#"{"rates": {"us-NY": 0.08}}"#.to_owned(), "anrok.rates.us-NY", "text"),
            (r#"{"frozenMonths": ["2026-13"]}"#.to_owned(), "anrok.frozenMonths[0]", "2026-03"),
            (r#"{"frozenThrough": "soon"}"#.to_owned(), "anrok.frozenThrough", "2026-03-10"),
            (r#"{"certificates": [{}]}"#.to_owned(), "anrok.certificates[0].customerId", "text"),
        ] {
            let error = account(&section).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{at}: ")) && error.contains(says), "{error}");
        }
    }

    #[test]
    fn every_kind_of_set_up_goes_round() {
        let fake = account(
            r#"{"products": [{"externalId": "P-1", "category": "saasBusiness", "name": "Seat"}],
            "customers": [{"id": "C-1", "name": "Acme"}],
            "certificates": [{"customerId": "C-1", "effectiveDateBegin": "2026-01-01", "exemptionNumber": "7",
                "jurises": [{"jurisId": "us-NY", "effectiveDateEndi": "2027-01-01"}]}],
            "integrations": {"si1": {"sku-1": "P-1"}}, "rates": {"de": "0.16"}, "notCollecting": ["fr"],
            "paidBySeller": ["us-CO-denver"], "unsupportedCategories": [{"category": "digitalGoods", "jurisId": "jp"}],
            "frozenThrough": "2025-12-31", "frozenMonths": ["2026-02"]}"#,
        )
        .unwrap();
        let copy = FakeAnrok::new(Arc::new(SystemClock::new()));
        let section = fake.export_section();
        assert_eq!(section.as_object().unwrap().len(), MEMBERS.len());
        copy.sow(&At::root(&section)).unwrap();
        assert_eq!(copy.export_section(), section);
    }
}
