//! What a webhook would be told.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::render;

/// What happened to a record. Ordway has exactly these three: posting an invoice is an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// The record is new.
    Create,
    /// The record changed.
    Edit,
    /// The record is gone.
    Remove,
}

impl Verb {
    /// The word in a webhook's `events` settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Remove => "remove",
        }
    }
}

/// A change of a record, as a webhook would report it. `Debug` leaves the record out: it names persons.
#[derive(Clone)]
#[non_exhaustive]
pub struct Event {
    /// Class name in CamelCase: `Invoice`, `Credit`, `Customer`…
    pub class: &'static str,
    /// Id of the record.
    pub id: String,
    /// What happened.
    pub verb: Verb,
    /// The record after the change; the last state for a removal.
    pub record: Arc<Value>,
    /// Its payload does not show the record.
    pub(super) names_only: bool,
}

impl Event {
    /// `{"object":"Invoice","event":"edit","record":{…}}`. The real payload was never seen (grade D); this is the
    /// shape of Ordway's parallel Kafka feed with the verb added (rule webhook-payload).
    ///
    /// Under [`Quirk::WebhookNamesRecord`](super::Quirk::WebhookNamesRecord) it has the `id` in place of the record.
    pub fn payload(&self) -> Value {
        if self.names_only {
            return json!({"object": self.class, "event": self.verb.as_str(), "id": self.id});
        }
        json!({"object": self.class, "event": self.verb.as_str(), "record": render::record(&self.record)})
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} {} {})", self.class, self.id, self.verb.as_str())
    }
}
