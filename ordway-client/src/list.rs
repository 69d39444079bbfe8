//! Lists: queries, envelopes, and pages by number.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use ordway_anrok_http::json::{Unreadable, Wire};
use ordway_anrok_http::{
    Bulk, Call, Checkpoint, Core, DecodeError, Endpoint, Method, Page, Pager, Reject, Safety,
};
use serde_json::Value;

use crate::error::{Error, OrdwayError};
use crate::time::OrdwayTime;

/// A list that is read page by page. See [`ordway_anrok_http::Pager`].
pub type List<T> = Pager<T, OrdwayError>;

/// A kind of object that Ordway lists.
pub trait Listable: Wire + Clone + Send + Sync + 'static {
    /// The collection's name, as in its path: `invoices`.
    const COLLECTION: &'static str;
    /// The member that identifies an object (`id` but for a few).
    const KEY: &'static str = "id";
    /// The order in which a seek reads.
    const SEEK_SORT: &'static str = "updated_date,id";
    /// The largest page Ordway gives (grade B).
    const MAX_PAGE: u32 = 50;

    /// The identifying text.
    fn key(&self) -> &str;

    /// When it was last changed.
    fn updated(&self) -> Option<&OrdwayTime>;
}

/// The records of one answer of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listed<T> {
    /// What could be read, in the server's order.
    pub items: Vec<T>,
    /// What could not.
    pub rejects: Vec<Reject>,
}

impl<T> Listed<T> {
    /// An answer with these records, for stubs.
    pub fn new(items: Vec<T>) -> Self {
        Self { items, rejects: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len() + self.rejects.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.rejects.is_empty()
    }
}

impl<T: Listable> Listed<T> {
    /// A hash of what is on the page, to notice a server that ignores the page number.
    pub(crate) fn signature(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for item in &self.items {
            item.key().hash(&mut hasher);
            item.updated().hash(&mut hasher);
        }
        for Reject { id, path, reason, .. } in &self.rejects {
            (id, path, reason).hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The direction of a [`Sort`]. Written as a word after the fields, as an independent client does (grade B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// `asc`.
    Ascending,
    /// `desc`.
    Descending,
}

/// An order. Never relied on for correctness: recorded lists were not in exact order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    fields: String,
    direction: Option<Direction>,
}

impl Sort {
    /// By these fields, separated by commas, in the server's own (ascending) direction: `updated_date,id`.
    pub fn by(fields: impl Into<String>) -> Self {
        Self { fields: fields.into(), direction: None }
    }

    /// States a direction; one holds for all fields.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// `None` for no fields: an empty `sort` makes Ordway fail (grade B).
    fn text(&self) -> Option<String> {
        let fields: Vec<_> = self.fields.split(',').map(str::trim).filter(|f| !f.is_empty()).collect();
        let word = match self.direction {
            None => "",
            Some(Direction::Ascending) => " asc",
            Some(Direction::Descending) => " desc",
        };
        (!fields.is_empty()).then(|| format!("{}{word}", fields.join(",")))
    }
}

/// What a list is asked for. `Default` asks for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only what changed at or after this instant (inclusive, grade A). Not every collection honours it.
    pub updated_since: Option<Timestamp>,
    /// The order.
    pub sort: Option<Sort>,
    /// Records per page; capped at what the collection gives.
    pub size: Option<u32>,
    /// The page number beyond which the list ends with an error, in place of 20,000.
    pub page_ceiling: Option<u32>,
    /// Further filters as (name, value), sent as they are: `("status", "Draft")`, `("due_date<", "2026-01-01")`.
    /// Anything but equality is a guess (grade D): filter again on your side.
    pub filters: Vec<(String, String)>,
}

const PAGE_CEILING: u32 = 20_000;

impl ListQuery {
    /// Records per page, within what the collection gives.
    pub(crate) fn page_size<T: Listable>(&self) -> usize {
        self.size.unwrap_or(T::MAX_PAGE).clamp(1, T::MAX_PAGE) as usize
    }

    /// The query pairs of one page, in the recorded order.
    pub(crate) fn pairs<T: Listable>(&self, page: u32) -> Vec<(String, String)> {
        let size = self.page_size::<T>();
        let mut pairs = Vec::with_capacity(4 + self.filters.len());
        if let Some(sort) = self.sort.as_ref().and_then(Sort::text) {
            pairs.push(("sort".to_owned(), sort));
        }
        pairs.push(("size".to_owned(), size.to_string()));
        pairs.push(("page".to_owned(), page.to_string()));
        if let Some(since) = self.updated_since {
            pairs.push(("updated_date>".to_owned(), filter_text(since)));
        }
        pairs.extend(self.filters.iter().cloned());
        pairs
    }

    pub(crate) fn ceiling(&self) -> u32 {
        self.page_ceiling.unwrap_or(PAGE_CEILING)
    }
}

/// An instant as the recorded filter has it: UTC, six decimals. Rounds down, which an inclusive filter forgives.
fn filter_text(at: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&at)
}

/// Makes the query struct of one collection: the common fields and its own equality filters.
macro_rules! list_query {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident : $ty:ty = $wire:literal ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: Option<$ty>, )*
            /// Only what changed at or after this instant (inclusive).
            pub updated_since: Option<jiff::Timestamp>,
            /// The order.
            pub sort: Option<$crate::list::Sort>,
            /// Records per page; capped at what the collection gives.
            pub size: Option<u32>,
            /// The page number beyond which the list ends with an error, in place of 20,000.
            pub page_ceiling: Option<u32>,
            /// Further filters as (name, value), sent as they are (grade D).
            pub filters: Vec<(String, String)>,
        }

        impl From<$name> for $crate::list::ListQuery {
            fn from(query: $name) -> Self {
                let mut filters = Vec::new();
                $( filters.extend(query.$field.map(|value| ($wire.to_owned(), value.to_string()))); )*
                filters.extend(query.filters);
                Self {
                    updated_since: query.updated_since,
                    sort: query.sort,
                    size: query.size,
                    page_ceiling: query.page_ceiling,
                    filters,
                }
            }
        }
    };
}
pub(crate) use list_query;

/// The endpoint of a list.
pub(crate) const fn list_endpoint<T: Listable>(
    name: &'static str,
    path: &'static str,
) -> Endpoint<(), Listed<T>> {
    Endpoint::decoded_by(name, Method::Get, path, Safety::Read, decode_list::<T>).bulk(Bulk::List)
}

/// A pager over `endpoint`: page numbers from 1 until an empty page. A short page is not the end (grade B).
pub(crate) fn pager<T: Listable>(
    core: &Core<OrdwayError>,
    endpoint: Endpoint<(), Listed<T>>,
    ids: Vec<String>,
    query: ListQuery,
) -> List<T> {
    let core = core.clone();
    Pager::new(endpoint.name(), Checkpoint::new("1"), move |at| {
        let (core, ids, query) = (core.clone(), ids.clone(), query.clone());
        Box::pin(async move {
            let number = page_number(&at).ok_or_else(|| {
                Error::config("ordway", endpoint.name(), "this checkpoint is of another list")
            })?;
            let listed = fetch(&core, &endpoint, &ids, &query, number).await?;
            let next = if listed.is_empty() { None } else { following(&at) };
            let signature = listed.signature();
            Ok(Page::new(listed.items, listed.rejects, next).signed(signature))
        })
    })
    .predictable(following)
}

/// One page of a list.
pub(crate) async fn fetch<T: Listable>(
    core: &Core<OrdwayError>,
    endpoint: &Endpoint<(), Listed<T>>,
    ids: &[String],
    query: &ListQuery,
    page: u32,
) -> Result<Listed<T>, Error> {
    if page > query.ceiling() {
        let text = format!(
            "stopped before page {page}: the list has no end within the page ceiling; raise `page_ceiling` or narrow the filter"
        );
        return Err(Error::config("ordway", endpoint.name(), text));
    }
    let call = ids.iter().fold(Call::new(&()), Call::id);
    let call = query.pairs::<T>(page).into_iter().fold(call, |call, (name, value)| call.query(name, value));
    core.call(endpoint, call).await
}

fn page_number(at: &Checkpoint) -> Option<u32> {
    at.as_str().parse().ok().filter(|n| *n > 0)
}

fn following(at: &Checkpoint) -> Option<Checkpoint> {
    Some(Checkpoint::new(page_number(at)?.checked_add(1)?.to_string()))
}

/// Reads a list in any envelope: an array; an object with the collection (or its only array); one record.
fn decode_list<T: Listable>(body: &[u8]) -> Result<Listed<T>, DecodeError> {
    let elements = elements_of::<T>(body)?;
    let mut listed = Listed::new(Vec::with_capacity(elements.len()));
    let mut failed: Vec<(usize, Unreadable)> = Vec::new();
    for (index, element) in elements.into_iter().enumerate() {
        match T::take(element) {
            Ok((Some(item), _)) => listed.items.push(item),
            Ok((None, _)) => failed.push((index, Unreadable::new("an empty record").in_element(index))),
            Err(error) => failed.push((index, error.in_element(index))),
        }
    }
    if !failed.is_empty() {
        // Reading consumes; the rare page with a bad record is parsed again for the originals.
        let mut originals = elements_of::<T>(body)?;
        for (index, error) in failed {
            let record = originals.get_mut(index).map(Value::take).unwrap_or_default();
            let id = record.get(T::KEY).and_then(|id| String::read(id).ok().flatten());
            listed.rejects.push(Reject::new(id, error.path(), error.reason().to_owned(), record));
        }
    }
    Ok(listed)
}

fn elements_of<T: Listable>(body: &[u8]) -> Result<Vec<Value>, DecodeError> {
    let mut members = match ordway_anrok_http::decode::any(body)? {
        Value::Array(elements) => return Ok(elements),
        Value::Object(members) => members,
        _ => return Err(DecodeError::new(".", "neither a list nor a record")),
    };
    if let Some(Value::Array(elements)) = members.get_mut(T::COLLECTION) {
        return Ok(std::mem::take(elements));
    }
    if members.contains_key(T::KEY) {
        return Ok(vec![Value::Object(members)]);
    }
    let mut arrays = members.values_mut().filter_map(Value::as_array_mut);
    match (arrays.next(), arrays.next()) {
        (Some(elements), None) => Ok(std::mem::take(elements)),
        // Not an empty list: that would end a sync as if it were complete.
        _ => Err(DecodeError::new(".", "neither a list nor a record")),
    }
}

/// Reads one record: an object, or an array of one.
pub(crate) fn one<T: Wire>(body: &[u8]) -> Result<T, DecodeError> {
    let value = ordway_anrok_http::decode::any(body)?;
    match T::take(value) {
        Ok((Some(record), _)) => Ok(record),
        Ok((None, _)) => Err(DecodeError::new(".", "the answer is empty")),
        Err(error) => Err(DecodeError::new(error.path(), error.reason())),
    }
}

/// Reads the record that a write may answer with; anything else that is complete is `None`.
#[allow(clippy::unnecessary_wraps)] // the signature of a decoder
pub(crate) fn maybe<T: Wire>(body: &[u8]) -> Result<Option<T>, DecodeError> {
    match ordway_anrok_http::decode::any(body) {
        Ok(value) => Ok(T::take(value).ok().and_then(|(record, _)| record)),
        // JSON that ends too early is a broken connection, other text is a foreign answer.
        Err(error) if body.trim_ascii_start().starts_with(b"{") => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::Invoice;

    fn ids(body: &str) -> Option<Vec<String>> {
        let listed = decode_list::<Invoice>(body.as_bytes()).ok()?;
        Some(listed.items.iter().map(|i| i.id.to_string()).collect())
    }

    #[test]
    fn every_envelope_is_opened() {
        let one = Some(vec!["I-1".to_owned()]);
        assert_eq!(ids(r#"[{"id":"I-1"}]"#), one);
        assert_eq!(ids(r#"{"invoices":[{"id":"I-1"}],"total":1}"#), one);
        assert_eq!(ids(r#"{"data":[{"id":"I-1"}],"total":1}"#), one);
        assert_eq!(ids(r#"{"id":"I-1","line_items":[{}]}"#), one);
        assert_eq!(ids(r#"{"invoices":[],"total":0}"#), Some(vec![]));
        assert_eq!(ids("[]"), Some(vec![]));
    }

    #[test]
    fn what_is_no_list_does_not_end_one() {
        for body in ["", "null", "7", r#"{"error":{"title":"x"}}"#, r#"{"message":"x"}"#, "{}", "[{"] {
            assert_eq!(ids(body), None, "{body}");
        }
    }

    #[test]
    fn a_bad_record_is_rejected_by_itself() {
        let body = r#"[{"id":"I-1"},{"id":"I-2","line_items":[{},{"quantity":"CANARY"}]},{"x":1},null,{"id":"I-3"}]"#;
        let listed = decode_list::<Invoice>(body.as_bytes()).unwrap();
        assert_eq!(listed.items.len(), 2);
        let told: Vec<_> =
            listed.rejects.iter().map(|r| (r.id.as_deref(), r.path.as_str(), r.reason.as_str())).collect();
        assert_eq!(
            told,
            [
                (
                    Some("I-2"),
                    "[1].line_items[1].quantity",
                    "not a number, or one with more digits than can be kept"
                ),
                (None, "[2].id", "missing"),
                (None, "[3]", "an empty record"),
            ]
        );
        assert_eq!(listed.rejects[0].record["id"], "I-2");
        assert!(!format!("{listed:?}").contains("CANARY"));
    }

    #[test]
    fn the_answer_of_a_write_may_be_anything_complete() {
        for body in ["", "OK", "null", "{}", "[]", r#"{"message":"done"}"#] {
            assert_eq!(maybe::<Invoice>(body.as_bytes()).unwrap(), None, "{body}");
        }
        assert!(maybe::<Invoice>(br#"{"id":"I-1","#).is_err());
        assert!(maybe::<Invoice>(br#"{"id":"I-1"}"#).unwrap().is_some());
        assert!(maybe::<Invoice>(br#"[{"id":"I-1"}]"#).unwrap().is_some());
    }

    #[test]
    fn an_empty_sort_is_never_sent() {
        let query = |sort| ListQuery { sort: Some(sort), size: Some(900), ..ListQuery::default() };
        let text = |sort| query(sort).pairs::<Invoice>(1).into_iter().find(|(n, _)| n == "sort").map(|p| p.1);
        assert_eq!(text(Sort::by("")), None);
        assert_eq!(text(Sort::by(" , ").direction(Direction::Descending)), None);
        assert_eq!(text(Sort::by("updated_date, id")).as_deref(), Some("updated_date,id"));
        assert_eq!(text(Sort::by("id").direction(Direction::Descending)).as_deref(), Some("id desc"));
        assert_eq!(
            query(Sort::by("id")).pairs::<Invoice>(3)[1..],
            [("size".into(), "50".into()), ("page".into(), "3".into())]
        );
    }
}
