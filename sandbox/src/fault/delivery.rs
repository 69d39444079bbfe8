//! What goes wrong with webhooks on their way out of Ordway.

use serde::{Deserialize, Serialize};

use super::plan::When;

/// One fault of the webhook delivery and the events it hits. The first rule that fires decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookRule {
    /// Only events of this class (`Invoice`, `Credit`…); all where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Which of the matching events; every one where missing. `once_per_call` is the first event of each record.
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub fault: WebhookFault,
}

/// What happens to an event on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum WebhookFault {
    /// It never leaves Ordway.
    Drop,
    /// It is sent twice.
    Duplicate,
    /// It is sent later, by the sandbox's clock: a frozen one holds it, an advanced one brings it.
    Delay {
        /// How much later, in milliseconds.
        ms: u64,
    },
    /// It is sent after the next event of the same webhook; after five seconds of the sandbox's clock if none comes.
    Reorder,
}

impl WebhookRule {
    /// The fault for every event.
    pub fn new(fault: WebhookFault) -> Self {
        Self { class: None, when: When::Always, fault }
    }

    /// Only for events of one class.
    #[must_use]
    pub fn class(mut self, class: &str) -> Self {
        self.class = Some(class.to_owned());
        self
    }

    /// Only for some of the matching events.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

impl WebhookFault {
    /// The name of the fault in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Delay { .. } => "delay",
            Self::Reorder => "reorder",
        }
    }
}
