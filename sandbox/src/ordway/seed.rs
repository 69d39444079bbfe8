//! Records in and out of a seed document.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::FakeOrdway;
use super::collections::{self, SPECS};
use crate::seed::{At, Seed, SeedError};

impl FakeOrdway {
    /// Reads the Ordway part of a seed document (see [`Seed`]) into the company; gives the number of records. A record
    /// with an `updated_date` is taken as it is; another one is created by the rules of `POST`, with defaults and totals.
    ///
    /// # Errors
    /// Where the document is wrong, with the place and what to write instead. Nothing is stored then.
    pub fn seed_json(&self, document: &str) -> Result<usize, SeedError> {
        Seed::parse(document)?.sow_ordway(self)
    }

    /// Tries a section on a copy first, so that a mistake in its last record leaves nothing behind.
    pub(crate) fn sow(&self, section: &At<'_>) -> Result<usize, SeedError> {
        let copy = Self::with_config(std::sync::Arc::clone(&self.clock), self.config());
        let present = self.export_section();
        copy.put_all(&At::root(&present))?;
        copy.put_all(section)?;
        self.put_all(section)
    }

    fn put_all(&self, section: &At<'_>) -> Result<usize, SeedError> {
        let mut count = 0;
        for name in in_order(section)? {
            let list = section.member(name);
            if name == "notifications" {
                self.work(|work| work.store.put(name, "", list.value.clone()));
                continue;
            }
            let mut seen = BTreeSet::new();
            for record in list.elements()? {
                record.object()?;
                self.put_one(name, &record, &mut seen)?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn put_one(&self, name: &str, record: &At<'_>, seen: &mut BTreeSet<String>) -> Result<(), SeedError> {
        let Some(spec) = collections::find(name) else { return Ok(()) };
        let id = record.text_or_blank(spec.key)?;
        let is_whole = !record.text_or_blank("updated_date")?.is_empty();
        if is_whole && id.is_empty() {
            return Err(record.member(spec.key).wrong("it is missing", "give every whole record its id"));
        }
        if !id.is_empty() && (!seen.insert(id.to_owned()) || self.get(name, id).is_some()) {
            let remedy = "give it another id, or seed an empty company";
            return Err(record.member(spec.key).wrong(format!("{id} is there already"), remedy));
        }
        if is_whole || !spec.offers('C') || name.contains('/') {
            if spec.key != "id" && id.is_empty() {
                return Err(record.member(spec.key).wrong("it is missing", "give the record its key"));
            }
            self.insert(name, record.value.clone());
            return Ok(());
        }
        self.create(name, record.value).map(drop).map_err(|refusal| {
            let remedy = "correct the record, or give it an updated_date to have it taken as it is";
            record.wrong(format!("the rules of Ordway refuse it: {}", refusal.details()), remedy)
        })
    }

    /// Every record as it is stored.
    pub(crate) fn export_section(&self) -> Value {
        let state = self.lock();
        let mut section = Map::new();
        for name in state.store.names() {
            let records = if name == "notifications" {
                state.store.get(name, "").map_or(Value::Null, |stored| Value::clone(stored))
            } else {
                state.store.iter(name).map(|record| Value::clone(record)).collect()
            };
            section.insert(name.to_owned(), records);
        }
        Value::Object(section)
    }
}

/// The collections of a section in an order in which what is referred to comes first.
fn in_order<'a>(section: &At<'a>) -> Result<Vec<&'a str>, SeedError> {
    let object = section.object()?;
    let mut names = Vec::new();
    for spec in SPECS {
        names.extend(object.keys().filter(|name| *name == spec.name).map(String::as_str));
    }
    for name in object.keys().map(String::as_str).filter(|name| !SPECS.iter().any(|spec| spec.name == *name))
    {
        if name != "notifications" && collections::find(name).is_none() {
            let known: Vec<&str> = SPECS.iter().map(|spec| spec.name).collect();
            let remedy = format!("use one of: {}", known.join(", "));
            return Err(section.member(name).wrong("there is no such collection", remedy));
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordway_anrok_http::SystemClock;

    use super::super::render::text;
    use super::*;

    fn error(section: &str) -> String {
        let fake = FakeOrdway::new(Arc::new(SystemClock::new()));
        let document = format!(r#"{{"format": "ordway-anrok-sandbox/1", "ordway": {section}}}"#);
        let error = fake.seed_json(&document).unwrap_err().to_string();
        assert_eq!(fake.collections(), [""; 0], "nothing is stored: {error}");
        error
    }

    #[test]
    fn an_error_names_the_place_and_the_remedy() {
        let customer = r#"{"id": "C-1", "name": "Acme"}"#;
        for (section, at, says) in [
            (r#"{"invoces": []}"#.to_owned(), "ordway.invoces", "invoices"),
            (r#"{"invoices": {}}"#.to_owned(), "ordway.invoices", "a list"),
            (r#"{"invoices": [7]}"#.to_owned(), "ordway.invoices[0]", "an object"),
            (format!(r#"{{"customers": [{customer}, {customer}]}}"#), "ordway.customers[1].id", "already"),
            (
                format!(r#"{{"customers": [{customer}], "invoices": [{{"customer_id": "C-2"}}]}}"#),
                "ordway.invoices[0]",
                "customer does not exist",
            ),
            (r#"{"debit_memos": [{"id": 7}]}"#.to_owned(), "ordway.debit_memos[0].id", "text"),
            (
                r#"{"invoices": [{"updated_date": "2026-03-10"}]}"#.to_owned(),
                "ordway.invoices[0].id",
                "missing",
            ),
        ] {
            let error = error(&section);
            assert!(error.starts_with(&format!("{at}: ")) && error.contains(says), "{error}");
        }
    }

    #[test]
    fn every_kind_of_record_goes_round() {
        let fake = FakeOrdway::new(Arc::new(SystemClock::new()));
        let document = r#"{"format": "ordway-anrok-sandbox/1", "ordway": {
            "webhooks": [{"name": "sync", "url": "https://example.com/hook"}],
            "debit_memos": [{"id": "DM-1", "status": "Open", "debit_amount": "5.00"}],
            "notifications": {"notification_settings": []},
            "customers/C-1/payment_methods": [{"payment_method_id": "PM-1", "default": true}],
            "credits": [{"customer_id": "C-1", "credit_line_items": [{"product_id": "P-1", "unit_price": "2.00"}]}],
            "customers": [{"id": "C-1", "name": "Acme", "custom_fields": {"tax_id": "X"}}]}}"#;
        assert_eq!(fake.seed_json(document).unwrap(), 5);
        assert_eq!(fake.get("credits", "CR-00001").unwrap()["credit_amount"], "2.00");
        let copy = FakeOrdway::new(Arc::new(SystemClock::new()));
        let section = fake.export_section();
        copy.sow(&At::root(&section)).unwrap();
        assert_eq!(copy.export_section(), section);
        assert_eq!(text(&copy.get("customers", "C-1").unwrap(), "tax_id"), "X");
    }
}
