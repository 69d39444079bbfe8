//! What a call is: one typed constant per endpoint.

use std::fmt;
use std::marker::PhantomData;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::decode::{self, DecodeError};

/// Whether a call may be repeated when nobody knows if it took effect.
///
/// Declared on every [`Endpoint`]; there is no default, because neither the HTTP verb nor the path tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Safety {
    /// Changes nothing on the server.
    Read,
    /// Changes something, but the same call twice has the effect of one.
    Repeatable,
    /// Every call may have a further effect: an unknown outcome is returned, never repeated.
    Once,
}

/// How well a fact about a remote API is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grade {
    /// Recorded on the wire, or in the vendor's own specification or code.
    A,
    /// The vendor's prose, or an independent client written against the live API.
    B,
    /// A third-party catalogue only.
    C,
    /// Inferred, never observed: configurable, never silently relied on.
    D,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        })
    }
}

/// The HTTP methods that the two APIs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`: no body.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`: neither API is known to use it; for requests of your own.
    Patch,
    /// `DELETE`: no body.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn carries_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// How large an answer may grow before it is refused, in decoded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bulk {
    /// One object: 8 MiB.
    Object,
    /// A page of a list: 32 MiB.
    List,
}

impl Bulk {
    pub(crate) const fn max_bytes(self) -> usize {
        match self {
            Self::Object => 8 << 20,
            Self::List => 32 << 20,
        }
    }
}

/// One remote operation with its input `Q` and its output `R`.
///
/// From the constant alone follow the call, the typed stub, the httpmock matcher, the span name, the retry
/// behaviour and a row of the inventory.
///
/// ```
/// use ordway_anrok_http::{Endpoint, Grade, Safety};
///
/// const GET_THING: Endpoint<(), serde_json::Value> =
///     Endpoint::get("things.get", "/things/{id}", Safety::Read).grade(Grade::A);
/// assert_eq!(GET_THING.info().to_string(), "GET /things/{id} things.get (Read, grade A)");
/// ```
pub struct Endpoint<Q: ?Sized, R> {
    info: EndpointInfo,
    decode: fn(&[u8]) -> Result<R, DecodeError>,
    input: PhantomData<fn(&Q)>,
}

impl<Q: ?Sized, R> Clone for Endpoint<Q, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q: ?Sized, R> Copy for Endpoint<Q, R> {}

impl<Q: ?Sized, R> fmt::Debug for Endpoint<Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
    }
}

impl<Q: ?Sized, R: serde::de::DeserializeOwned> Endpoint<Q, R> {
    /// A `GET` of `path`, decoded as JSON.
    pub const fn get(name: &'static str, path: &'static str, safety: Safety) -> Self {
        Self::decoded_by(name, Method::Get, path, safety, decode::json::<R>)
    }

    /// A `POST` to `path`, decoded as JSON.
    pub const fn post(name: &'static str, path: &'static str, safety: Safety) -> Self {
        Self::decoded_by(name, Method::Post, path, safety, decode::json::<R>)
    }

    /// A `PUT` to `path`, decoded as JSON.
    pub const fn put(name: &'static str, path: &'static str, safety: Safety) -> Self {
        Self::decoded_by(name, Method::Put, path, safety, decode::json::<R>)
    }
}

impl<Q: ?Sized, R> Endpoint<Q, R> {
    /// An endpoint whose answer is read by `decode` (lists, empty answers, tolerant envelopes).
    pub const fn decoded_by(
        name: &'static str,
        method: Method,
        path: &'static str,
        safety: Safety,
        decode: fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Self {
        let info = EndpointInfo { name, method, path, safety, grade: Grade::A, bulk: Bulk::Object };
        Self { info, decode, input: PhantomData }
    }

    /// States how well the endpoint itself is known.
    #[must_use]
    pub const fn grade(mut self, grade: Grade) -> Self {
        self.info.grade = grade;
        self
    }

    /// Allows the larger answers of lists.
    #[must_use]
    pub const fn bulk(mut self, bulk: Bulk) -> Self {
        self.info.bulk = bulk;
        self
    }

    /// The untyped part: name, method, path, safety, grade.
    pub const fn info(&self) -> EndpointInfo {
        self.info
    }

    /// The operation's name, for instance `transactions.void`.
    pub const fn name(&self) -> &'static str {
        self.info.name
    }

    pub(crate) fn decode(&self, body: &[u8]) -> Result<R, DecodeError> {
        (self.decode)(body)
    }
}

/// What an inventory, a span or a matcher needs to know about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointInfo {
    /// `resource.operation`.
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template below the base URL, ids in braces.
    pub path: &'static str,
    /// Retry safety.
    pub safety: Safety,
    /// How well the endpoint is known.
    pub grade: Grade,
    /// How large its answers may be.
    pub bulk: Bulk,
}

impl fmt::Display for EndpointInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, method, path, safety, grade, .. } = self;
        write!(f, "{method} {path} {name} ({safety:?}, grade {grade})")
    }
}

/// The arguments of one call: ids for the path, query pairs, and the input.
pub struct Call<'a, Q: ?Sized> {
    pub(crate) ids: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) input: &'a Q,
}

impl<'a, Q: ?Sized> Call<'a, Q> {
    /// A call with this input. Where the method carries a body, the input is the body.
    pub fn new(input: &'a Q) -> Self {
        Self { ids: Vec::new(), query: Vec::new(), input }
    }

    /// Fills the next `{…}` of the path.
    #[must_use]
    pub fn id(mut self, id: impl AsRef<str>) -> Self {
        self.ids.push(id.as_ref().to_owned());
        self
    }

    /// Adds a query pair; both sides are percent-encoded.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The ids, in path order.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The query pairs, not encoded.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The input.
    pub fn input(&self) -> &'a Q {
        self.input
    }
}

impl<Q: ?Sized> fmt::Debug for Call<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("ids", &self.ids.len())
            .field("query", &self.query.len())
            .finish_non_exhaustive()
    }
}

/// An id that cannot be put into a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// `""`, `.` and `..` would address another resource.
    #[error("the id {0:?} cannot be sent in a path; check where it comes from")]
    NotAnId(String),
    /// A control character, which URL libraries drop silently so that two ids collide.
    #[error("the id holds a control character; check where it comes from")]
    ControlCharacter,
    /// Longer than any real id.
    #[error("the id is {0} bytes long; 255 is the limit")]
    TooLong(usize),
    /// A path that does not begin with `/` would become part of the host name.
    #[error("the path {0:?} must begin with a slash")]
    NotRooted(String),
    /// The path has more or fewer `{…}` than ids were given.
    #[error("{path} takes {wanted} id(s), {given} given")]
    WrongCount {
        /// The template.
        path: String,
        /// Placeholders in it.
        wanted: usize,
        /// Ids of the call.
        given: usize,
    },
}

/// Everything but unreserved characters and `:` (Anrok's `id:{id}` segments keep it raw).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');
/// As recorded from Ordway: `updated_date%3E=2020-11-10T00%3A00…`, commas raw.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// Encodes `id` as one path segment, or says why it cannot be one.
///
/// # Errors
/// [`PathError`]; nothing has been sent.
pub fn encode_id(id: &str) -> Result<String, PathError> {
    match id {
        "" | "." | ".." => Err(PathError::NotAnId(id.to_owned())),
        _ if id.len() > 255 => Err(PathError::TooLong(id.len())),
        _ if id.chars().any(char::is_control) => Err(PathError::ControlCharacter),
        _ => Ok(utf8_percent_encode(id, SEGMENT).to_string()),
    }
}

/// Puts `ids` into the braces of `template`.
///
/// # Errors
/// [`PathError`] where an id is unusable, the counts differ or the path does not begin with `/`.
pub fn bind_path(template: &str, ids: &[String]) -> Result<String, PathError> {
    if !template.starts_with('/') {
        return Err(PathError::NotRooted(template.to_owned()));
    }
    let wanted = template.matches('{').count();
    if wanted != ids.len() {
        return Err(PathError::WrongCount { path: template.to_owned(), wanted, given: ids.len() });
    }
    let mut path = String::with_capacity(template.len() + 16 * ids.len());
    let mut ids = ids.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        if let Some(id) = ids.next() {
            path.push_str(&encode_id(id)?);
        }
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    path.push_str(rest);
    Ok(path)
}

/// Encodes query pairs; the empty string for none.
pub fn encode_query(pairs: &[(String, String)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.extend(utf8_percent_encode(name, QUERY));
        query.push('=');
        query.extend(utf8_percent_encode(value, QUERY));
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_would_address_something_else_are_refused() {
        for id in ["", ".", ".."] {
            assert_eq!(encode_id(id), Err(PathError::NotAnId(id.into())));
        }
        assert_eq!(encode_id("a\nb"), Err(PathError::ControlCharacter));
        assert_eq!(encode_id(&"x".repeat(256)), Err(PathError::TooLong(256)));
        assert_eq!(encode_id(&"x".repeat(255)).map(|s| s.len()), Ok(255));
    }

    #[test]
    fn ids_stay_one_segment() {
        assert_eq!(encode_id("a/b").as_deref(), Ok("a%2Fb"));
        assert_eq!(encode_id("%2F").as_deref(), Ok("%252F"));
        assert_eq!(encode_id("x/../../admin?y#z").as_deref(), Ok("x%2F..%2F..%2Fadmin%3Fy%23z"));
        assert_eq!(encode_id("ordway:INV-1:r1").as_deref(), Ok("ordway:INV-1:r1"));
        assert_eq!(encode_id("Ä b").as_deref(), Ok("%C3%84%20b"));
    }

    #[test]
    fn paths_are_bound_in_order() {
        let ids = ["C 1".to_owned(), "CT-2".to_owned()];
        assert_eq!(
            bind_path("/customers/{id}/contacts/{contact}/x", &ids).as_deref(),
            Ok("/customers/C%201/contacts/CT-2/x")
        );
        assert!(matches!(bind_path("/a/{id}", &ids), Err(PathError::WrongCount { wanted: 1, given: 2, .. })));
        assert!(matches!(bind_path("@evil.example/{id}", &ids[..1]), Err(PathError::NotRooted(_))));
    }

    #[test]
    fn the_filter_is_written_as_recorded() {
        let pairs = [
            ("sort".to_owned(), "updated_date,id".to_owned()),
            ("updated_date>".to_owned(), "2020-11-10T00:00:00.000000Z".to_owned()),
        ];
        assert_eq!(
            encode_query(&pairs),
            "?sort=updated_date,id&updated_date%3E=2020-11-10T00%3A00%3A00.000000Z"
        );
    }
}
