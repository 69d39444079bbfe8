//! Canary secrets go in everywhere and come out nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[path = "wire/server.rs"]
mod server;

use std::error::Error as StdError;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use ordway_anrok_http::bytes::Bytes;
use ordway_anrok_http::http::{HeaderMap, HeaderValue, Request};
use ordway_anrok_http::testing::{NoApi, ScriptedTransport};
use ordway_anrok_http::{
    BaseUrl, Call, CallOptions, Core, CoreBuilder, Endpoint, Error, Exchange, FailureKind, Method, RawCall,
    Reject, Safety, Secrets, Transport,
};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

/// Has a slash, which JSON may escape, and the characters that HTML would.
const TOKEN: &str = "CANARY/token-77";
const KEY: &str = "CANARY.key_42";
const STORE: Endpoint<Value, Row> = Endpoint::put("things.store", "/things/{id}", Safety::Repeatable);

#[derive(Debug, serde::Deserialize)]
#[allow(dead_code)]
struct Row {
    id: u32,
}

fn core(transport: impl Transport + 'static, base: &str) -> Core<NoApi> {
    builder(transport, base).build()
}

fn builder(transport: impl Transport + 'static, base: &str) -> CoreBuilder {
    let mut headers = HeaderMap::new();
    for (name, secret) in [("x-user-token", TOKEN), ("x-api-key", KEY)] {
        let mut value = HeaderValue::from_static(secret);
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    // Forgotten to be marked: still not printed by us.
    headers.insert("x-forgotten", HeaderValue::from_static(KEY));
    CoreBuilder::new(BaseUrl::parse(base).unwrap(), Arc::new(transport))
        .headers(headers)
        .secrets(Secrets::new([TOKEN.to_owned().into(), KEY.to_owned().into()]))
}

/// Everything that a program could print of an error.
fn everything(error: &Error<NoApi>) -> String {
    let mut text =
        format!("{error}\n{error:?}\n{error:#?}\n{:?}\n{:?}", error.request_id(), error.body_excerpt());
    write!(text, "\n{:?}", error.api()).unwrap();
    let mut cause = error.source();
    while let Some(next) = cause {
        write!(text, "\n{next}\n{next:?}").unwrap();
        cause = next.source();
    }
    text
}

fn clean(what: &str, text: &str) {
    assert!(!text.contains("CANARY"), "{what}: {text}");
}

/// Everything a subscriber could record, at every level and of every crate.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_new_span(&self, attrs: &tracing::span::Attributes<'_>, _: &tracing::span::Id, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        attrs.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn on_record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        write!(text, "{} {}", event.metadata().level(), event.metadata().target()).unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }
}

/// What a careless server may send back.
fn echoes() -> Vec<(&'static str, String)> {
    let padding = "<p>".repeat((64 << 10) / 3);
    vec![
        ("text", format!("bad token {TOKEN} or key {KEY}")),
        ("json", json!({"error": {"message": format!("unknown key {KEY}"), "detail": [TOKEN]}}).to_string()),
        ("escaped", r#"{"message":"bad token CANARY\/token-77, key \u0043ANARY.key_42"}"#.to_owned()),
        ("member name", format!(r#"{{"error":{{"{KEY}":"unknown"}}}}"#)),
        ("page", format!("<html><body>Forbidden: <b>{TOKEN}</b> x-api-key: {KEY}</body></html>")),
        ("bare page", format!("<html><title>{KEY}</title>")),
        ("at the cut", format!("{}{TOKEN}", &padding[..padding.len() - 3])),
        ("over the cut", format!("{padding}ab{TOKEN}")),
        ("not text", format!("\u{0}\u{1}{TOKEN}\u{fffd}")),
        ("wrong type", format!(r#"{{"id":"{KEY}"}}"#)),
    ]
}

#[tokio::test(start_paused = true)]
async fn whatever_a_server_echoes_is_not_told() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(lines.clone()));
    let body = json!({"name": "CANARY-body"});
    let headers = [("x-request-id", KEY), ("cf-ray", TOKEN), ("retry-after", KEY), ("location", TOKEN)];
    for (what, echo) in echoes() {
        for status in [200, 302, 400, 401, 403, 409, 429, 500, 503] {
            let script =
                (0..9).fold(ScriptedTransport::new(), |s, _| s.answer_with(status, &headers, echo.clone()));
            let core = core(script, "https://shop.example").with(CallOptions::default().attempts(2));
            let error = core.call(&STORE, Call::new(&body).id("CANARY-id")).await.unwrap_err();
            clean(&format!("{what} {status}"), &everything(&error));
        }
    }
    clean("log", &lines.0.lock().unwrap());
}

/// The excerpt shows members that describe an error; what else an answer holds is somebody's data.
#[tokio::test(start_paused = true)]
async fn an_excerpt_holds_nobodys_data() {
    let body =
        r#"{"message":"no such plan","customer":{"name":"CANARY"},"tax_id":"CANARY-GB1","amounts":[77123]}"#;
    for status in [200, 400, 500] {
        let core = core(ScriptedTransport::new().answer(status, body), "https://shop.example");
        let one = core.with(CallOptions::single_attempt());
        let error = one.call(&STORE, Call::new(&json!(1)).id("1")).await.unwrap_err();
        let excerpt = error.body_excerpt().unwrap();
        assert!(excerpt.contains("no such plan") && !excerpt.contains("77123"), "{excerpt}");
        clean("excerpt", excerpt);
    }
}

#[tokio::test(start_paused = true)]
async fn refused_arguments_are_not_told() {
    let core = core(ScriptedTransport::new(), "https://shop.example");
    for id in ["CANARY\n".to_owned(), "CANARY".repeat(99)] {
        let error = core.call(&STORE, Call::new(&json!(1)).id(id)).await.unwrap_err();
        clean("id", &everything(&error));
    }
    let raw = RawCall::new(Method::Get, "/x/{id}", Safety::Read).id("CANARY\r").query("q", "CANARY");
    clean("raw", &format!("{raw:?}"));
    clean("raw", &everything(&core.raw(raw).await.unwrap_err()));
}

#[tokio::test(start_paused = true)]
async fn the_parts_of_a_client_print_no_secret() {
    let script = ScriptedTransport::new().answer(200, r#"{"id":1}"#);
    let builder = builder(script.clone(), "https://shop.example");
    clean("builder", &format!("{builder:?} {builder:#?}"));
    let core = builder.build::<NoApi>();
    clean("core", &format!("{core:?} {core:#?} {:?} {:?}", core.pacer(), core.base_url()));
    let body = json!("CANARY");
    let call = Call::new(&body).id("CANARY").query("a", "CANARY");
    clean("call", &format!("{call:?}"));
    core.call(&STORE, call).await.unwrap();
    clean("sent", &format!("{:?} {script:?}", script.sent()));
    assert!(script.sent()[0].headers["x-user-token"].is_sensitive());
    clean("headers", &format!("{:?}", script.sent()[0].headers["x-user-token"]));
    clean("secrets", &format!("{:?}", Secrets::new([TOKEN.to_owned().into()])));

    let request = Request::put("https://shop.example/CANARY?CANARY")
        .header("x-key", KEY)
        .body(Bytes::from(TOKEN))
        .unwrap();
    clean("exchange", &format!("{:?}", Exchange::new(request)));
    let reject = Reject::new(Some("C-1".into()), "[0].x", "not a number", json!({"tax_id": "CANARY"}));
    clean("reject", &format!("{reject} {reject:?} {}", Error::<NoApi>::unreadable_record("s", "o", &reject)));
    for url in [
        "https://user:CANARY@shop.example",
        "https://shop.example/?key=CANARY",
        "https://shop.example#CANARY",
        "http://CANARY.example",
        "CANARY",
        "https://CANARY:port",
    ] {
        let error = BaseUrl::parse(url).unwrap_err();
        clean(url, &format!("{error} {error:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn transport_failures_print_no_secret() {
    for kind in [FailureKind::Connect, FailureKind::Interrupted, FailureKind::Timeout, FailureKind::TooLarge]
    {
        let script = (0..9).fold(ScriptedTransport::new(), |s, _| s.fail(kind));
        let core = core(script, "https://shop.example");
        let error = core.call(&STORE, Call::new(&json!("CANARY")).id("CANARY")).await.unwrap_err();
        clean("transport", &everything(&error));
        assert!(!everything(&error).contains("shop.example"));
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn the_http_libraries_below_tell_nothing_either() {
    use ordway_anrok_http::{ReqwestTransport, RetryPolicy};
    use server::{Act, Wire, answer};

    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(lines.clone()));
    let page = format!("<html>{TOKEN}</html>");
    let server = Wire::start(move |n, _| match n % 4 {
        0 => Act::Close,
        1 => Act::Send(answer("500 Oops", &[&format!("x-echo: {KEY}")], &page)),
        2 => Act::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
        _ => Act::SendAndClose(format!("{TOKEN} not http\r\n\r\n").into_bytes()),
    })
    .await;
    let base = BaseUrl::parse(&server.url()).unwrap();
    let transport = ReqwestTransport::new(&base).unwrap();
    clean("transport", &format!("{transport:?}"));
    let core = builder(transport, &server.url()).policy(RetryPolicy::fast()).build::<NoApi>();
    let one = core.with(CallOptions::single_attempt());
    let body = json!("CANARY-body");
    for _ in 0..4 {
        for core in [&core, &one] {
            let call = Call::new(&body).id("CANARY-id").query("q", "CANARY-query");
            let error = core.call(&STORE, call).await.unwrap_err();
            clean("error", &everything(&error));
            assert!(!everything(&error).contains("127.0.0.1"), "{}", everything(&error));
        }
    }
    drop(server);
    let error = core.call(&STORE, Call::new(&json!("CANARY")).id("CANARY")).await.unwrap_err();
    clean("gone", &everything(&error));
    let log = lines.0.lock().unwrap().clone();
    assert!(log.contains("http.call") || log.contains("things.store"), "{log}");
    clean("log", &log);
}
