//! What a tracing subscriber sees: the operation and the path template, never an id, a body or a header.

// A binary of its own: tracing decides once per process whether anybody listens to a call site.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]
#![allow(clippy::unchecked_time_subtraction)] // a panic is a failed test

#[path = "pipeline/rig.rs"]
mod rig;

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use ordway_anrok_http::Call;
use ordway_anrok_http::http::{HeaderMap, HeaderValue};
use ordway_anrok_http::testing::ScriptedTransport;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use rig::{GOOD, STORE, Thing, builder};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_new_span(&self, attrs: &tracing::span::Attributes<'_>, _: &tracing::span::Id, _: Context<'_, S>) {
        let mut line = Line(format!("span {}", attrs.metadata().name()));
        attrs.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line(format!("event {}", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
}

#[tokio::test(start_paused = true)]
async fn one_span_per_call_one_event_per_attempt() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(lines.clone()));
    let mut headers = HeaderMap::new();
    headers.insert("x-user-token", HeaderValue::from_static("CANARY-token"));
    let script = ScriptedTransport::new().answer(503, "CANARY-answer").answer(200, GOOD);
    let core = builder(script).headers(headers).build::<rig::Api>();
    let input = Thing { id: "CANARY-body".into(), count: 1 };
    core.call(&STORE, Call::new(&input).id("CANARY-id").query("q", "CANARY-query")).await.unwrap();

    let lines = lines.0.lock().unwrap().clone();
    assert!(lines.iter().all(|l| !l.contains("CANARY")), "{lines:#?}");
    let spans: Vec<_> = lines.iter().filter(|l| l.starts_with("span")).collect();
    assert_eq!(
        spans,
        ["span http.call otel.name=things.store otel.kind=\"client\" service=\"shop\" \
          http.request.method=\"PUT\" url.template=\"/things/{id}\""]
    );
    let events: Vec<_> = lines.iter().filter(|l| l.starts_with("event")).collect();
    assert_eq!(events.len(), 2, "{lines:#?}");
    assert!(events[0].contains("ServerTrouble") && events[0].contains("status=503"), "{events:?}");
    assert!(events[1].contains("answered") && events[1].contains("attempts=2"), "{events:?}");
}
