//! One change under way: the data, the settings, the time and who acts.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::collections;
use super::config::OrdwayConfig;
use super::refusal::Refusal;
use super::render::{self, set, text};
use super::store::Store;

/// Borrowed state for the length of one request or one call of the control surface.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) store: &'a mut Store,
    pub(super) config: &'a OrdwayConfig,
    pub(super) now: Timestamp,
    /// E-mail for `created_by` and `updated_by`.
    pub(super) actor: &'a str,
}

impl Work<'_> {
    /// A copy of a record to change and [`Work::save`].
    pub(super) fn load(&self, collection: &str, id: &str) -> Result<Value, Refusal> {
        let source = collection.rsplit('/').next().unwrap_or(collection);
        let stored = self.store.get(collection, id).ok_or_else(|| Refusal::not_found(source))?;
        Ok(Value::clone(stored))
    }

    /// Stores a changed record with a new `updated_date` and gives its looks on the wire (rule write-bumps-updated-date).
    pub(super) fn save(&mut self, collection: &str, id: &str, mut record: Value) -> Value {
        let stamp = self.store.stamp(self.now);
        set(&mut record, "updated_date", stamp);
        set(&mut record, "updated_by", self.actor);
        self.store.put(collection, id, record);
        self.shown(collection, id)
    }

    /// Stores a new record: the id given or the next free one, audit fields, an empty `custom_fields`
    /// (rule given-id-is-kept).
    pub(super) fn create(&mut self, collection: &str, mut record: Value) -> Result<Value, Refusal> {
        let spec = collections::find(collection).ok_or_else(|| Refusal::not_found(collection))?;
        let id = match text(&record, spec.key) {
            "" => self.store.new_id(collection, spec.prefix),
            given if self.store.get(collection, given).is_some() => {
                return Err(Refusal::broken_rule(spec.name, format!("{} has already been taken", spec.key)));
            }
            given => given.to_owned(),
        };
        set(&mut record, spec.key, id.as_str());
        let stamp = self.store.stamp(self.now);
        for (name, value) in [
            ("created_date", json!(stamp)),
            ("updated_date", json!(stamp)),
            ("created_by", json!(self.actor)),
            ("updated_by", json!(self.actor)),
            ("custom_fields", json!({})),
        ] {
            default(&mut record, name, value);
        }
        self.store.put(collection, &id, record);
        Ok(self.shown(collection, &id))
    }

    /// A record as a `GET` shows it; `null` where there is none.
    pub(super) fn shown(&self, collection: &str, id: &str) -> Value {
        self.store.get(collection, id).map_or(Value::Null, |stored| render::record(stored))
    }

    /// Changes members of a record, the id and the audit fields excepted.
    pub(super) fn update(
        &mut self,
        collection: &str,
        id: &str,
        changes: &Map<String, Value>,
        skip: &[&str],
    ) -> Result<Value, Refusal> {
        let mut record = self.load(collection, id)?;
        let key = collections::find(collection).map_or("id", |spec| spec.key);
        let fixed = [key, "created_date", "updated_date", "created_by", "updated_by"];
        let skip: Vec<&str> = fixed.iter().chain(skip).copied().collect();
        render::merge(&mut record, changes, &skip);
        Ok(self.save(collection, id, record))
    }

    /// Today's date in UTC.
    pub(super) fn today(&self) -> String {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
    }
}

/// Sets a member that is missing, `null` or blank.
pub(super) fn default(record: &mut Value, name: &str, value: Value) {
    let missing = match record.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if missing {
        set(record, name, value);
    }
}

/// The `reversed_on` of a reverse request, which has to be a calendar date (rule reverse-needs-date).
pub(super) fn reversed_on<'a>(source: &str, body: &'a Map<String, Value>) -> Result<&'a str, Refusal> {
    body.get("reversed_on")
        .and_then(Value::as_str)
        .filter(|date| date.parse::<jiff::civil::Date>().is_ok())
        .ok_or_else(|| Refusal::broken_rule(source, "reversed_on must be a date (YYYY-MM-DD)"))
}
