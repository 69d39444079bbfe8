//! Paging, sorting and filtering of lists.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::collections::Spec;
use super::config::OrdwayConfig;
use super::money;
use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render;
use super::store::{Store, parse_time};

/// What a list request asks for.
#[derive(Debug)]
pub(super) struct Query {
    page: usize,
    size: usize,
    sort: Vec<String>,
    descending: bool,
    updated_from: Option<Timestamp>,
    equal: Vec<(&'static str, String)>,
}

impl Query {
    /// Reads the query string. `Err` carries the status: an empty `sort` makes the server fail.
    pub(super) fn parse(raw: &str, spec: &Spec, config: &OrdwayConfig) -> Result<Self, Refusal> {
        // rule page-cap, rule default-page-size
        let cap = if spec.name == "revenue_schedules" {
            config.revenue_schedules_page_cap
        } else {
            config.page_cap
        };
        let mut query = Self {
            page: 1,
            size: if config.has(Quirk::WholePageByDefault) { cap } else { config.default_page_size.min(cap) },
            sort: Vec::new(),
            descending: false,
            updated_from: None,
            equal: Vec::new(),
        };
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            match name.as_ref() {
                "page" => query.page = value.parse().unwrap_or(1).max(1),
                "size" => {
                    if let Some(size) = value.parse().ok().filter(|size| *size > 0) {
                        query.size = cap.min(size);
                    }
                }
                "sort" => query.read_sort(spec, &value)?,
                // rule updated-filter-inclusive, rule bad-filter-date-is-400
                "updated_date>" => {
                    let time = parse_time(&value);
                    if time.is_none() && !config.has(Quirk::BadFilterDateIgnored) {
                        return Err(Refusal::malformed(spec.name, "updated_date is not a date"));
                    }
                    query.updated_from = time;
                }
                // rule equality-filters, rule unknown-parameters-ignored
                other => {
                    if let Some(filter) = spec.filters.iter().find(|filter| **filter == other) {
                        query.equal.push((filter, value.into_owned()));
                    } else if config.has(Quirk::UnknownParametersRefused) {
                        return Err(Refusal::malformed(spec.name, format!("unknown parameter {other}")));
                    }
                }
            }
        }
        Ok(query)
    }

    /// rule empty-sort-is-500, rule sort-direction-suffix
    fn read_sort(&mut self, spec: &Spec, value: &str) -> Result<(), Refusal> {
        if value.trim().is_empty() {
            return Err(Refusal::new(500, spec.name, "Internal Server Error"));
        }
        let (fields, descending) = match value.trim().rsplit_once(' ') {
            Some((fields, "asc")) => (fields, false),
            Some((fields, "desc")) => (fields, true),
            _ => (value.trim(), false),
        };
        self.descending = descending;
        self.sort = fields
            .split(',')
            .map(|field| match field.trim() {
                "updated_at" => "updated_date".to_owned(),
                field => field.to_owned(),
            })
            .collect();
        Ok(())
    }

    /// The page asked for, and how many records match in all where the list is wrapped.
    pub(super) fn run(
        &self,
        store: &Store,
        collection: &str,
        spec: &Spec,
        config: &OrdwayConfig,
    ) -> (Vec<Value>, usize) {
        let skip = (self.page - 1).saturating_mul(self.size);
        let matches = |record: &&Arc<Value>| self.matches(record, spec, config);
        let from = self.updated_from.unwrap_or(Timestamp::MIN);
        let shuffled = config.has(Quirk::InexactOrder) && !self.sort.is_empty();
        if self.sorts_by_update(spec) && !shuffled && !spec.is_wrapped() {
            let records = store.iter_by_updated(collection, from);
            let page = if self.descending {
                take(records.rev().filter(matches), skip, self.size)
            } else {
                take(records.filter(matches), skip, self.size)
            };
            return (page, 0);
        }
        // rule unsorted-is-arrival-order
        let mut found: Vec<&Arc<Value>> = if self.updated_from.is_some() && self.sort.is_empty() {
            store.iter(collection).filter(matches).filter(|record| updated(record) >= from).collect()
        } else if self.sorts_by_update(spec) || self.updated_from.is_some() {
            store.iter_by_updated(collection, from).filter(matches).collect()
        } else {
            store.iter(collection).filter(matches).collect()
        };
        if !self.sort.is_empty() {
            found.sort_by(|a, b| self.compare(a, b));
            if self.descending {
                found.reverse();
            }
        }
        if self.sort.is_empty() && config.has(Quirk::UnsortedIsNewestFirst) {
            found.reverse();
        }
        // rule sort-is-exact
        if shuffled {
            for pair in found.chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
        }
        let total = found.len();
        (take(found.into_iter(), skip, self.size), total)
    }

    fn sorts_by_update(&self, spec: &Spec) -> bool {
        match self.sort.as_slice() {
            [first] => first == "updated_date",
            [first, second] => first == "updated_date" && second == spec.key,
            _ => false,
        }
    }

    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        self.sort
            .iter()
            .map(|field| compare_member(a.get(field), b.get(field)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Equality filters, and drafts unless hidden (rule drafts-are-listed).
    fn matches(&self, record: &Value, spec: &Spec, config: &OrdwayConfig) -> bool {
        let asks_status = self.equal.iter().any(|(name, _)| *name == "status");
        if config.has(Quirk::DraftsHidden)
            && spec.name == "invoices"
            && !asks_status
            && render::text(record, "status").eq_ignore_ascii_case("draft")
        {
            return false;
        }
        self.equal.iter().all(|(name, wanted)| match *name {
            "status" => render::text(record, "status").eq_ignore_ascii_case(wanted),
            "date" => render::text(record, "invoice_date") == wanted,
            name => render::text(record, name) == wanted,
        })
    }
}

/// One page; nothing past the end (rule empty-page-past-the-end).
fn take<'a>(records: impl Iterator<Item = &'a Arc<Value>>, skip: usize, size: usize) -> Vec<Value> {
    records.skip(skip).take(size).map(|record| render::record(record)).collect()
}

fn updated(record: &Value) -> Timestamp {
    parse_time(render::text(record, "updated_date")).unwrap_or(Timestamp::MIN)
}

fn compare_member(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::String(a)), Some(Value::String(b))) => match (parse_time(a), parse_time(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        (Some(a @ Value::Number(_)), Some(b @ Value::Number(_))) => money::parse(a).cmp(&money::parse(b)),
        _ => a.is_some().cmp(&b.is_some()),
    }
}
