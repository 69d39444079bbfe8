//! Why the fake said no, in one of the shapes Ordway uses.

use std::fmt;

use serde_json::{Value, json};

/// A refusal by the fake's rules, the same for a request and for a call of the control surface.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    source: String,
    details: String,
}

impl Refusal {
    pub(super) fn new(status: u16, source: &str, details: impl Into<String>) -> Self {
        Self { status, source: source.to_owned(), details: details.into() }
    }

    pub(super) fn not_found(source: &str) -> Self {
        Self::new(404, source, "No reason specified.")
    }

    pub(super) fn malformed(source: &str, details: impl Into<String>) -> Self {
        Self::new(400, source, details)
    }

    /// rule broken-rule-is-422
    pub(super) fn broken_rule(source: &str, details: impl Into<String>) -> Self {
        Self::new(422, source, details)
    }

    /// The HTTP status a request gets for it.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Which rule was broken, in words.
    pub fn details(&self) -> &str {
        &self.details
    }

    /// `{"errors":{"status","source","details"}}`, the general error of the API (rule error-shape).
    ///
    /// The setup API has a shape of its own, without status and source (grade B).
    pub(super) fn body(&self) -> Value {
        if self.source == "notifications" {
            return json!({"errors": {"details": {"message": self.details}}});
        }
        json!({"errors": {"status": self.status, "source": self.source, "details": self.details}})
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.source, self.status, self.details)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Refusal {}
