//! Calls of endpoints that this SDK does not list.

use std::fmt;

use serde_json::Value;

use crate::endpoint::{Method, Safety};

/// A call of an endpoint that this SDK does not list.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RawCall {
    /// HTTP method.
    pub method: Method,
    /// Path template below the base URL, ids in braces.
    pub path: String,
    /// Ids for the braces.
    pub ids: Vec<String>,
    /// Query pairs, not encoded.
    pub query: Vec<(String, String)>,
    /// JSON body; `null` for none.
    pub body: Value,
    /// Whether it may be repeated after an unknown outcome.
    pub safety: Safety,
}

impl RawCall {
    /// A call without ids, query and body.
    pub fn new(method: Method, path: impl Into<String>, safety: Safety) -> Self {
        Self { method, path: path.into(), ids: Vec::new(), query: Vec::new(), body: Value::Null, safety }
    }

    /// Fills the next `{…}` of the path.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.ids.push(id.into());
        self
    }

    /// Adds a query pair.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
