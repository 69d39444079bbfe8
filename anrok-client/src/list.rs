//! Lists with cursors: the request, the page, the pager.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use ordway_anrok_http::json::{Object, Wire};
use ordway_anrok_http::{Call, Checkpoint, DecodeError, Endpoint, Page, Pager, Reject};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::client::Client;
use crate::error::{AnrokError, Error};

/// A list that is read on demand, in the server's order (which is not documented).
///
/// Ends where `hasMore` is false, or where the cursor is missing or was there before.
pub type Pages<T> = Pager<T, AnrokError>;

/// Where a page begins. Anrok takes a filter or a cursor, never both (grade A): this type has no third state.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PageFrom<F> {
    /// At the beginning, of all records or of those that the filter picks.
    Start(Option<F>),
    /// After the page that gave this cursor.
    Cursor(String),
}

/// The body of a list call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListRequest<F> {
    /// Where the page begins.
    pub from: PageFrom<F>,
    /// Records on a page; the server's default where left out.
    pub limit: Option<u32>,
}

impl<F> ListRequest<F> {
    /// The body of one page.
    pub fn new(from: PageFrom<F>, limit: Option<u32>) -> Self {
        Self { from, limit }
    }
}

impl<F: Serialize> Serialize for ListRequest<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(None)?;
        match &self.from {
            PageFrom::Start(None) => {}
            PageFrom::Start(Some(filter)) => body.serialize_entry("filter", filter)?,
            PageFrom::Cursor(cursor) => body.serialize_entry("cursor", cursor)?,
        }
        if let Some(limit) = &self.limit {
            body.serialize_entry("limit", limit)?;
        }
        body.end()
    }
}

/// A record of a list: says under which member of the answer its list stands.
pub trait Listable: Wire + Send + 'static {
    /// The member, for instance `transactions`.
    const MEMBER: &'static str;
}

/// One page as it came. A record that cannot be read does not lose its page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listed<T> {
    /// The records.
    pub items: Vec<T>,
    /// The records that could not be read.
    pub rejects: Vec<Reject>,
    envelope: Envelope,
}

/// The answer without its records. Quiet in `Debug`: unknown members may hold anything.
#[derive(Clone, Default, PartialEq)]
struct Envelope(Object);

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<T> Listed<T> {
    /// A page, for stubs: the last one where there is no cursor.
    pub fn new(items: Vec<T>, next_cursor: Option<String>) -> Self {
        let mut envelope = Object::new();
        envelope.insert("hasMore".to_owned(), next_cursor.is_some().into());
        envelope.insert("nextCursor".to_owned(), next_cursor.into());
        Self { items, rejects: Vec::new(), envelope: Envelope(envelope) }
    }

    /// The cursor of the next page, where the answer had one.
    pub fn next_cursor(&self) -> Option<&str> {
        self.envelope.0.get("nextCursor")?.as_str().filter(|cursor| !cursor.is_empty())
    }

    /// Whether the answer says that there is more.
    pub fn has_more(&self) -> Option<bool> {
        self.envelope.0.get("hasMore")?.as_bool()
    }
}

impl<T: Listable> Serialize for Listed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = self.envelope.0.clone();
        let mut items: Vec<Value> = self.items.iter().map(Wire::write).collect();
        items.extend(self.rejects.iter().map(|reject| reject.record.clone()));
        body.insert(T::MEMBER.to_owned(), items.into());
        body.serialize(serializer)
    }
}

pub(crate) fn decode<T: Listable>(body: &[u8]) -> Result<Listed<T>, DecodeError> {
    let mut envelope: Object = ordway_anrok_http::decode::json(body)?;
    let Some(Value::Array(records)) = envelope.remove(T::MEMBER) else {
        return Err(DecodeError::new(T::MEMBER, "the list is missing"));
    };
    // A cursor that cannot be read would end the list early and lose its rest in silence.
    for (name, fits) in
        [("nextCursor", Value::is_string as fn(&Value) -> bool), ("hasMore", Value::is_boolean)]
    {
        if envelope.get(name).is_some_and(|value| !value.is_null() && !fits(value)) {
            return Err(DecodeError::new(name, "of an unexpected type"));
        }
    }
    let mut listed = Listed { items: Vec::new(), rejects: Vec::new(), envelope: Envelope(envelope) };
    for (index, record) in records.into_iter().enumerate() {
        match T::read(&record) {
            Ok(Some(item)) => listed.items.push(item),
            Ok(None) => {}
            Err(unreadable) => {
                let unreadable = unreadable.in_element(index);
                let id = record.get("id").and_then(Value::as_str).map(str::to_owned);
                let (path, reason) = (unreadable.path().to_owned(), unreadable.reason().to_owned());
                listed.rejects.push(Reject::new(id, path, reason, record));
            }
        }
    }
    Ok(listed)
}

/// A page size that the API does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page of {limit} records cannot be asked for: 1 to {max} are allowed")]
#[non_exhaustive]
pub struct LimitError {
    /// What was asked for.
    pub limit: u32,
    /// The most that is allowed.
    pub max: u32,
}

/// A filter with a blank member, which Anrok would refuse or take for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter of the list has a blank {0}")]
pub struct BlankFilter(pub &'static str);

/// A list of all records, or of those that the filter picks; refused before any call where filter or limit are of
/// no use.
pub(crate) fn pager<F, T>(
    client: &Client,
    endpoint: Endpoint<ListRequest<F>, Listed<T>>,
    filter: Result<Option<F>, BlankFilter>,
    limit: Option<u32>,
    max: u32,
) -> Pages<T>
where
    F: Serialize + Clone + Send + Sync + 'static,
    T: Listable,
{
    let client = client.clone();
    // Cursors given out so far and the page that gave them, as hashes: a server that hands out an old one again from
    // another page would loop for ever. From the same page it is the page that was asked for twice.
    let seen = Arc::new(Mutex::new(HashMap::new()));
    Pager::new(endpoint.name(), Checkpoint::new(""), move |at| {
        let (client, filter, seen) = (client.clone(), filter.clone(), Arc::clone(&seen));
        Box::pin(async move {
            if let Some(limit) = limit.filter(|limit| !(1..=max).contains(limit)) {
                return Err(Error::config("anrok", endpoint.name(), LimitError { limit, max }));
            }
            let filter = filter.map_err(|blank| Error::config("anrok", endpoint.name(), blank))?;
            let from = match at.as_str() {
                "" => PageFrom::Start(filter),
                cursor => PageFrom::Cursor(cursor.to_owned()),
            };
            let listed = client.call(&endpoint, Call::new(&ListRequest::new(from, limit))).await?;
            let next = listed
                .next_cursor()
                .filter(|_| listed.has_more() != Some(false))
                .filter(|cursor| *cursor != at.as_str() && is_new(&seen, at.as_str(), cursor))
                .map(Checkpoint::new);
            Ok(Page::new(listed.items, listed.rejects, next))
        })
    })
}

fn is_new(seen: &Mutex<HashMap<u64, u64>>, at: &str, cursor: &str) -> bool {
    let (at, cursor) = (hash(at), hash(cursor));
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    *seen.entry(cursor).or_insert(at) == at
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
