//! Records by collection, with the index that a sync reads by, stamps and events.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::collections;
use super::config::OrdwayConfig;
use super::event::{Event, Verb};
use super::quirk::Quirk;
use super::render;

/// Newest events kept; older ones are dropped so that a long run does not grow without end.
const EVENTS_KEPT: usize = 10_000;

#[derive(Debug)]
struct Entry {
    value: Arc<Value>,
    seq: u64,
    updated: Timestamp,
}

#[derive(Debug, Default)]
struct Collection {
    records: HashMap<String, Entry>,
    by_arrival: BTreeMap<u64, String>,
    by_updated: BTreeSet<(Timestamp, String)>,
    arrivals: u64,
    last_number: u64,
}

/// All data of the fake company.
#[derive(Debug, Default)]
pub(super) struct Store {
    collections: BTreeMap<String, Collection>,
    last_stamp: Option<Timestamp>,
    /// While set, every change gets the stamp of the one before.
    pub(super) tied: bool,
    pub(super) coarse: bool,
    pub(super) names_only: bool,
    events: VecDeque<Event>,
    fresh: Vec<Event>,
}

impl Store {
    /// Takes over what the settings say about stamps and events.
    pub(super) fn follow(&mut self, config: &OrdwayConfig) {
        self.coarse = config.has(Quirk::CoarseTimestamps);
        self.names_only = config.has(Quirk::WebhookNamesRecord);
    }

    /// The stamp of a change: the clock's milliseconds, moved on so that two changes differ unless ties are asked for.
    pub(super) fn stamp(&mut self, now: Timestamp) -> String {
        let millis = if self.coarse { now.as_second() * 1000 } else { now.as_millisecond() };
        let read = Timestamp::from_millisecond(millis).unwrap_or(now);
        let stamp = match self.last_stamp {
            Some(last) if self.tied => last,
            Some(last) if last >= read && !self.coarse => {
                Timestamp::from_millisecond(last.as_millisecond() + 1).unwrap_or(last)
            }
            _ => read,
        };
        self.last_stamp = Some(stamp);
        format!("{stamp:.3}")
    }

    pub(super) fn get(&self, collection: &str, id: &str) -> Option<&Arc<Value>> {
        Some(&self.collections.get(collection)?.records.get(id)?.value)
    }

    /// All records in order of arrival.
    pub(super) fn iter(&self, collection: &str) -> impl DoubleEndedIterator<Item = &Arc<Value>> {
        self.collections
            .get(collection)
            .into_iter()
            .flat_map(|c| c.by_arrival.values().filter_map(|id| c.records.get(id)).map(|entry| &entry.value))
    }

    /// Records updated at or after `from`, by time of update, then id.
    pub(super) fn iter_by_updated(
        &self,
        collection: &str,
        from: Timestamp,
    ) -> impl DoubleEndedIterator<Item = &Arc<Value>> {
        self.collections.get(collection).into_iter().flat_map(move |c| {
            c.by_updated
                .range((from, String::new())..)
                .filter_map(|(_, id)| c.records.get(id))
                .map(|entry| &entry.value)
        })
    }

    pub(super) fn len(&self, collection: &str) -> usize {
        self.collections.get(collection).map_or(0, |c| c.records.len())
    }

    /// Names of the collections that hold anything.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.collections.iter().filter(|(_, c)| !c.records.is_empty()).map(|(name, _)| name.as_str())
    }

    /// The next free generated id (`INV-00001`).
    pub(super) fn new_id(&mut self, collection: &str, prefix: &str) -> String {
        let c = self.collections.entry(collection.to_owned()).or_default();
        loop {
            c.last_number += 1;
            let id = format!("{prefix}{:05}", c.last_number);
            if !c.records.contains_key(&id) {
                return id;
            }
        }
    }

    /// Stores a record as it is, in place of one with the same id.
    pub(super) fn put(&mut self, collection: &str, id: &str, mut value: Value) {
        render::normalise(&mut value);
        let updated = updated_of(&value);
        let value = Arc::new(value);
        let c = self.collections.entry(collection.to_owned()).or_default();
        let (seq, verb) = if let Some(old) = c.records.get(id) {
            c.by_updated.remove(&(old.updated, id.to_owned()));
            (old.seq, Verb::Edit)
        } else {
            c.arrivals += 1;
            c.by_arrival.insert(c.arrivals, id.to_owned());
            (c.arrivals, Verb::Create)
        };
        c.by_updated.insert((updated, id.to_owned()));
        c.records.insert(id.to_owned(), Entry { value: Arc::clone(&value), seq, updated });
        self.note(collection, verb, value);
    }

    pub(super) fn remove(&mut self, collection: &str, id: &str) -> Option<Arc<Value>> {
        let c = self.collections.get_mut(collection)?;
        let entry = c.records.remove(id)?;
        c.by_arrival.remove(&entry.seq);
        c.by_updated.remove(&(entry.updated, id.to_owned()));
        self.note(collection, Verb::Remove, Arc::clone(&entry.value));
        Some(entry.value)
    }

    fn note(&mut self, collection: &str, verb: Verb, record: Arc<Value>) {
        let Some(spec) = collections::find(collection) else { return };
        let id = render::text(&record, spec.key).to_owned();
        let event = Event { class: spec.class, id, verb, record, names_only: self.names_only };
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event.clone());
        self.fresh.push(event);
    }

    pub(super) fn take_fresh(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.fresh)
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.iter().cloned().collect()
    }
}

/// Reads `2025-03-11T06:42:28.308Z` or `2025-03-11` (midnight UTC).
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

fn updated_of(value: &Value) -> Timestamp {
    value.get("updated_date").and_then(Value::as_str).and_then(parse_time).unwrap_or(Timestamp::MIN)
}
