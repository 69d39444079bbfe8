//! Ids travel as exactly one path segment and arrive as they were.

use std::sync::Arc;

use ordway_anrok_http::testing::{NoApi, ScriptedTransport};
use ordway_anrok_http::{
    BaseUrl, BaseUrlError, Call, Core, CoreBuilder, Endpoint, ErrorKind, RawCall, ReqwestTransport, Safety,
};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::Value;

use crate::client;
use crate::server::{Act, Wire, json as ok};

const TWO: Endpoint<(), Value> = Endpoint::get("things.part", "/things/{id}/parts/id:{part}/x", Safety::Read);

/// The two ids as the server reads them off its path.
fn received(target: &str) -> (String, String) {
    let path = target.split('?').next().unwrap();
    assert!(target.is_ascii() && !target.contains([' ', '\\', '#']), "{target}");
    let segments: Vec<&str> = path.split('/').collect();
    let ["", "api", "things", id, "parts", part, "x"] = segments[..] else { panic!("segments of {target}") };
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    (decode(id), decode(part.strip_prefix("id:").unwrap()))
}

fn usable(id: &str) -> bool {
    !matches!(id, "" | "." | "..") && id.len() <= 255 && !id.chars().any(char::is_control)
}

/// Ids that have bitten somebody.
const NASTY: &[&str] = &[
    "",
    ".",
    "..",
    "...",
    ". ",
    "a/b",
    "/",
    "//",
    "%",
    "%2F",
    "%2e%2e",
    "%00",
    "a\nb",
    "\r\n",
    "\t",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "x/../../admin",
    "..\\..",
    "a?b=c",
    "a#b",
    "a;b",
    "a&b",
    "a+b",
    " a ",
    "ä",
    "日本",
    "🦀",
    "\u{202e}abc",
    "ordway:INV-1:r1",
    "C-00001",
    "a@b",
    "*",
    "'",
    "\"",
    "<x>",
    "{id}",
    "[1]",
    "^",
    "|",
    "`",
    "~",
    "-",
    "_",
    "!$()=,",
];

#[tokio::test]
async fn nasty_ids_over_a_real_socket() {
    let server = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    let core = client(&format!("{}/api", server.url()));
    let long = "é".repeat(127) + "x";
    let too_long = "é".repeat(128);
    for id in NASTY.iter().copied().chain([long.as_str(), too_long.as_str()]) {
        let before = server.seen().len();
        let result = core.call(&TWO, Call::new(&()).id(id).id(id)).await;
        let seen = server.seen();
        if usable(id) {
            result.unwrap_or_else(|e| panic!("{id:?}: {e}"));
            assert_eq!(received(seen[before].target()), (id.to_owned(), id.to_owned()));
        } else {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Config, "{id:?}");
            assert_eq!(seen.len(), before, "{id:?} was sent");
        }
    }
}

fn ids() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(NASTY).prop_map(str::to_owned),
        any::<String>(),
        "[./%a-c:?# \\\\]{0,12}",
        "\\PC{0,90}",
        "[a-z]{250,260}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Through reqwest's own URL parser to a socket: nothing on the way may re-interpret an id.
    #[test]
    fn any_ids_over_a_real_socket(pairs in proptest::collection::vec((ids(), ids()), 1..100)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Wire::start(|_, _| Act::Send(ok("{}"))).await;
            let core = client(&format!("{}/api", server.url()));
            let mut sent = 0;
            for (id, part) in pairs {
                let result = core.call(&TWO, Call::new(&()).id(&id).id(&part)).await;
                if usable(&id) && usable(&part) {
                    result.unwrap();
                    assert_eq!(received(server.seen()[sent].target()), (id, part));
                    sent += 1;
                } else {
                    assert_eq!(result.unwrap_err().kind(), ErrorKind::Config);
                }
            }
            assert_eq!(server.seen().len(), sent);
        });
    }

    #[test]
    fn any_query_arrives_as_it_was(name in "\\PC{1,20}", value in any::<String>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = ScriptedTransport::new().answer(200, "{}");
            let base = BaseUrl::parse("https://shop.example/api").unwrap();
            let core: Core<NoApi> = CoreBuilder::new(base, Arc::new(script.clone())).build();
            let raw = RawCall::new(ordway_anrok_http::Method::Get, "/x", Safety::Read);
            core.raw(raw.query(name.as_str(), value.as_str())).await.unwrap();
            let query = script.sent()[0].uri.query().unwrap().to_owned();
            let (key, text) = query.split_once('=').unwrap();
            let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            assert_eq!((decode(key), decode(text)), (name, value));
        });
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for url in [
        "http://shop.example",
        "http://10.0.0.1",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://0.0.0.0:1",
        "http://[::2]",
        "http://2130706433.evil",
        "ws://127.0.0.1",
        "file:///etc/passwd",
    ] {
        assert!(BaseUrl::parse(url).is_err(), "{url}");
    }
    assert_eq!(BaseUrl::parse("http://shop.example"), Err(BaseUrlError::NotHttps));
    for url in [
        "http://127.0.0.1:1",
        "http://127.8.9.1",
        "http://[::1]:1",
        "http://localhost:1",
        "http://LOCALHOST",
        "https://shop.example",
    ] {
        assert!(BaseUrl::parse(url).is_ok(), "{url}");
    }
}

/// The transport itself refuses plain http to other machines, should a base URL ever slip through.
#[tokio::test]
async fn a_transport_for_https_sends_nothing_in_the_clear() {
    use ordway_anrok_http::bytes::Bytes;
    use ordway_anrok_http::http::Request;
    use ordway_anrok_http::{Exchange, FailureKind, Transport as _};
    let server = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    let transport = ReqwestTransport::new(&BaseUrl::parse("https://shop.example").unwrap()).unwrap();
    let request = Request::get(server.url()).body(Bytes::new()).unwrap();
    let error = transport.send(Exchange::new(request)).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unsendable);
    assert_eq!(server.connections(), 0);
}
