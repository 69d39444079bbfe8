//! Redirects are answers, never followed: credentials would go along.

use std::error::Error as StdError;
use std::fmt::Write as _;

use ordway_anrok_http::{Call, ErrorKind, WriteState};
use serde_json::json;

use crate::server::{Act, Wire, answer, json as ok};
use crate::{ADD, GET, STORE, client};

const REDIRECTS: [&str; 5] = [
    "301 Moved Permanently",
    "302 Found",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
];

#[tokio::test]
async fn the_second_host_receives_nothing_and_the_error_names_no_address() {
    let other = Wire::start(|_, _| Act::Send(ok("{}"))).await;
    for status in REDIRECTS {
        let location = format!("location: {}/stolen?q=CANARY-location", other.url());
        let first = Wire::start(move |_, _| Act::Send(answer(status, &[&location], ""))).await;
        let core = client(&first.url());
        let body = json!({"name": "CANARY-body"});
        let errors = [
            core.call(&GET, Call::new(&()).id("CANARY-id")).await.unwrap_err(),
            core.call(&STORE, Call::new(&body).id("CANARY-id")).await.unwrap_err(),
            core.call(&ADD, Call::new(&body).id("CANARY-id")).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Rejected, "{status}");
            assert_eq!(error.write_state(), WriteState::Refused, "{status}");
            assert_eq!(error.status().map(|s| s.to_string()).as_deref(), status.split(' ').next());
            let mut text = format!("{error} {error:?}");
            let mut cause = error.source();
            while let Some(next) = cause {
                write!(text, "{next} {next:?}").unwrap();
                cause = next.source();
            }
            for leak in ["CANARY", "http://", "127.0.0.1", "stolen", "location"] {
                assert!(!text.contains(leak), "{leak} in {text}");
            }
        }
        assert_eq!(first.seen().len(), 3, "{status}: one request each");
    }
    assert_eq!((other.connections(), other.seen().len()), (0, 0));
}

#[tokio::test]
async fn no_referer_and_no_cookie_is_ever_sent() {
    let server = Wire::start(|_, _| Act::Send(answer("200 OK", &["set-cookie: s=1; path=/"], "{}"))).await;
    let core = client(&server.url());
    for _ in 0..3 {
        core.call(&GET, Call::new(&()).id("1")).await.unwrap();
    }
    for seen in server.seen() {
        assert_eq!((seen.header("referer"), seen.header("cookie")), (None, None));
        assert_eq!(seen.header("x-api-key"), Some("CANARY-credential"));
    }
}
