//! Which webhook wants which event.

use std::fmt;
use std::sync::{Arc, PoisonError};

use serde_json::{Map, Value, json};

use super::event::Event;
use super::render::text;
use super::{FakeOrdway, State, collections};

/// The class of the webhooks themselves. Their records hold the secret headers of all receivers, so that no event tells of them.
const WEBHOOK: &str = "Webhook";

/// Where a webhook wants its events. `Debug` leaves the headers out: they are its only credential.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("name", &self.name).finish_non_exhaustive()
    }
}

impl FakeOrdway {
    /// Registers a webhook for all events of all classes, as `POST /webhooks` would, and gives its name.
    pub(crate) fn register_webhook(&self, url: &str, headers: &[(&str, &str)]) -> String {
        let all = json!({"create": true, "edit": true, "remove": true});
        let classes = collections::SPECS.iter().map(|spec| spec.class).filter(|class| *class != WEBHOOK);
        let events: Map<String, Value> = classes.map(|class| (class.to_owned(), all.clone())).collect();
        let headers: Vec<Value> =
            headers.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        self.insert("webhooks", json!({"url": url, "status": "active", "events": events, "headers": headers}))
    }

    /// Calls `deliver` for every event and every webhook that wants it, as the webhooks are registered at that moment.
    pub(crate) fn on_webhook(&self, deliver: impl Fn(Target, &Event) + Send + Sync + 'static) {
        // Weak: the hook lives in the state it looks at.
        let state = Arc::downgrade(&self.state);
        self.on_event(move |event| {
            let Some(state) = state.upgrade() else { return };
            let targets = subscribers(&state.lock().unwrap_or_else(PoisonError::into_inner), event);
            for target in targets {
                deliver(target, event);
            }
        });
    }
}

/// The active webhooks that want an event.
fn subscribers(state: &State, event: &Event) -> Vec<Target> {
    if event.class == WEBHOOK {
        return Vec::new();
    }
    let wants = |webhook: &Value| {
        let flag = webhook.get("events").and_then(|events| events.get(event.class)?.get(event.verb.as_str()));
        text(webhook, "status").eq_ignore_ascii_case("active") && flag == Some(&Value::Bool(true))
    };
    let wanting = state.store.iter("webhooks").filter(|webhook| wants(webhook));
    wanting
        .map(|webhook| Target {
            name: text(webhook, "name").to_owned(),
            url: text(webhook, "url").to_owned(),
            headers: super::invoice::rows(webhook, "headers")
                .map(|header| (text(header, "key").to_owned(), text(header, "value").to_owned()))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ordway::{Address, Line};
    use ordway_anrok_http::SystemClock;
    use std::sync::Mutex;

    #[test]
    fn a_webhook_gets_the_classes_and_verbs_it_asked_for_while_active() {
        let fake = FakeOrdway::new(Arc::new(SystemClock::new()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        fake.on_webhook(move |target, event| {
            sink.lock().unwrap().push((target.name, event.class, event.verb.as_str()));
        });
        let name = fake.insert(
            "webhooks",
            json!({"url": "http://127.0.0.1/", "status": "active", "headers": [],
                "events": {"Invoice": {"create": "", "edit": true, "remove": ""}}}),
        );
        let all = fake.register_webhook("http://127.0.0.1/", &[("X-Secret", "s3cret")]);
        let customer = fake.customer("Acme").bill_to(Address::blank()).create().unwrap();
        let invoice = fake.invoice(&customer).line(Line::new("P-1", "1.00")).create().unwrap();
        fake.edit("webhooks", &all, |webhook| webhook["status"] = "inactive".into()).unwrap();
        fake.post_invoice(&invoice).unwrap();
        let seen: Vec<_> = seen.lock().unwrap().drain(..).collect();
        assert_eq!(
            seen,
            [(all.clone(), "Customer", "create"), (all, "Invoice", "create"), (name, "Invoice", "edit"),]
        );
    }

    #[test]
    fn the_secret_header_is_not_shown() {
        let target = Target {
            name: "Webhook 1".to_owned(),
            url: "http://127.0.0.1/?token=s3cret".to_owned(),
            headers: vec![("X-Secret".to_owned(), "s3cret".to_owned())],
        };
        assert!(!format!("{target:?}").contains("s3cret"));
    }
}
