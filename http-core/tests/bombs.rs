//! Answers that want to fill the memory, never end, or end too early.
#![cfg(any(feature = "rustls", feature = "native-tls"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "wire/server.rs"]
mod server;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordway_anrok_http::testing::NoApi;
use ordway_anrok_http::{
    BaseUrl, Bulk, Call, CallOptions, Core, CoreBuilder, Endpoint, Error, ErrorKind, ReqwestTransport,
    RetryPolicy, Safety, WriteState,
};
use serde_json::Value;
use server::{Act, Wire, answer, json};

const OBJECT: Endpoint<(), Value> = Endpoint::get("things.get", "/object", Safety::Read);
const LIST: Endpoint<(), Value> = Endpoint::get("things.list", "/list", Safety::Read).bulk(Bulk::List);
const ADD: Endpoint<(), Value> = Endpoint::post("things.add", "/add", Safety::Once);

fn client(server: &Wire, timeout: Duration) -> Core<NoApi> {
    let base = BaseUrl::parse(&server.url()).unwrap();
    let transport = Arc::new(ReqwestTransport::new(&base).unwrap());
    let mut policy = RetryPolicy::fast();
    policy.attempt_timeout = timeout;
    CoreBuilder::new(base, transport).policy(policy).build()
}

async fn call(core: &Core<NoApi>, endpoint: &Endpoint<(), Value>) -> Result<Value, Error<NoApi>> {
    core.call(endpoint, Call::new(&())).await
}

/// The most memory this process ever held, in KiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A JSON string of `mib` MiB of the letter a, compressed.
fn long_string(mib: usize) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b'a'; 1 << 20];
    gzip.write_all(b"\"").unwrap();
    for _ in 0..mib {
        gzip.write_all(&block).unwrap();
    }
    gzip.write_all(b"\"").unwrap();
    gzip.finish().unwrap()
}

/// The same without an end, made from one compressed block that is repeated: nobody should get that far.
fn bomb(mib: usize) -> Vec<u8> {
    let mut deflate = flate2::Compress::new(flate2::Compression::best(), false);
    let mut block = |plain: &[u8]| {
        let mut out = Vec::with_capacity(64 << 10);
        deflate.compress_vec(plain, &mut out, flate2::FlushCompress::Full).unwrap();
        out
    };
    let (quote, letters) = (block(b"\""), block(&vec![b'a'; 1 << 20]));
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(quote);
    bytes.extend(letters.repeat(mib));
    bytes
}

#[tokio::test]
async fn a_gzip_bomb_of_one_gib_is_refused_in_bounded_memory() {
    let bomb = bomb(1024);
    assert!(bomb.len() < 2 << 20);
    let body = answer("200 OK", &["content-type: application/json", "content-encoding: gzip"], &bomb);
    let server = Wire::start(move |_, _| Act::SendAndClose(body.clone())).await;
    let core = client(&server, Duration::from_secs(30));
    let before = peak();
    for endpoint in [OBJECT, LIST] {
        let error = call(&core, &endpoint).await.unwrap_err();
        assert_eq!((error.kind(), error.write_state()), (ErrorKind::Decode, WriteState::Unknown), "{error}");
    }
    assert_eq!(server.seen().len(), 2, "the next answer would be as large");
    match (before, peak()) {
        (Some(before), Some(after)) => assert!(after - before < 128 << 10, "{} KiB more", after - before),
        _ => eprintln!("SKIPPED: this system does not tell the peak memory of a process"),
    }
}

#[tokio::test]
async fn an_error_body_is_capped_too() {
    let body = answer("500 Internal Server Error", &["content-encoding: gzip"], bomb(64));
    let server = Wire::start(move |_, _| Act::SendAndClose(body.clone())).await;
    let error = call(&client(&server, Duration::from_secs(30)), &OBJECT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn what_fits_under_the_cap_is_read() {
    let body = answer("200 OK", &["content-encoding: gzip"], long_string(7));
    let server = Wire::start(move |_, _| Act::SendAndClose(body.clone())).await;
    let core = client(&server, Duration::from_secs(30));
    assert_eq!(call(&core, &OBJECT).await.unwrap().as_str().unwrap().len(), 7 << 20);

    let body = answer("200 OK", &["content-encoding: gzip"], long_string(9));
    let server = Wire::start(move |_, _| Act::SendAndClose(body.clone())).await;
    let core = client(&server, Duration::from_secs(30));
    assert!(call(&core, &LIST).await.is_ok());
    assert!(call(&core, &OBJECT).await.unwrap_err().is_decode());
}

#[tokio::test]
async fn a_body_without_end_is_refused_at_the_cap() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"] {
        let act = Act::Endless(head.into(), vec![b'7'; 64 << 10]);
        let server = Wire::start(move |_, _| act.clone()).await;
        let error = call(&client(&server, Duration::from_secs(30)), &OBJECT).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error}");
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let act = Act::Endless(
        "HTTP/1.1 200 OK\r\n".into(),
        b"x-filler: 0123456789012345678901234567890123456789\r\n".to_vec(),
    );
    let server = Wire::start(move |_, _| act.clone()).await;
    let core = client(&server, Duration::from_secs(30)).with(CallOptions::single_attempt());
    assert_eq!(call(&core, &OBJECT).await.unwrap_err().kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn a_server_that_drips_is_left_when_the_attempt_ends() {
    let body = json(r#"{"slow":true,"filler":"0123456789012345678901234567890123456789"}"#);
    let server = Wire::start(move |_, _| Act::Drip(body.clone(), Duration::from_millis(50))).await;
    let core = client(&server, Duration::from_millis(400)).with(CallOptions::default().attempts(2));
    #[allow(clippy::disallowed_methods)] // real time is what is measured
    let begun = Instant::now();
    let error = call(&core, &OBJECT).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    let error = call(&core, &ADD).await.unwrap_err();
    assert_eq!((error.write_state(), error.attempts()), (WriteState::Unknown, 1));
}

#[tokio::test]
async fn a_server_that_is_silent_is_a_timeout_with_unknown_outcome() {
    let server = Wire::start(|_, _| Act::Silent).await;
    let error = call(&client(&server, Duration::from_millis(200)), &ADD).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.write_state(), error.attempts()),
        (ErrorKind::Timeout, WriteState::Unknown, 1)
    );
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_is_an_interruption_never_a_value() {
    let whole = json(r#"{"id":"T-1","amounts":[1,2,3]}"#);
    let length = whole.len();
    let server = Wire::start(move |n, _| Act::SendAndClose(whole[..n - 1].to_vec())).await;
    let core = client(&server, Duration::from_secs(5)).with(CallOptions::single_attempt());
    for cut in 0..length {
        let error = call(&core, &ADD).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.write_state()),
            (ErrorKind::Interrupted, WriteState::Unknown),
            "cut at {cut}"
        );
    }
    assert_eq!(server.seen().len(), length);
}

#[tokio::test]
async fn a_cut_compressed_answer_is_an_interruption() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(br#"{"id":"T-1","amounts":[1,2,3]}"#).unwrap();
    let whole = gzip.finish().unwrap();
    for cut in [0, 1, 12, whole.len() - 9, whole.len() - 8, whole.len() - 1] {
        let part = answer("200 OK", &["content-encoding: gzip"], &whole[..cut]);
        let server = Wire::start(move |_, _| Act::Send(part.clone())).await;
        let core = client(&server, Duration::from_secs(5)).with(CallOptions::single_attempt());
        let error = call(&core, &ADD).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Decode), "cut at {cut}: {error}");
        assert_eq!(error.write_state(), WriteState::Unknown);
    }
}

#[tokio::test]
async fn deep_nesting_is_an_error_and_no_stack_overflow() {
    let deep = json(&"[".repeat(1 << 20));
    let server = Wire::start(move |_, _| Act::Send(deep.clone())).await;
    assert!(call(&client(&server, Duration::from_secs(30)), &OBJECT).await.unwrap_err().is_decode());
    let deep = answer("400 Bad Request", &[], "{\"error\":".repeat(1 << 16));
    let server = Wire::start(move |_, _| Act::Send(deep.clone())).await;
    assert_eq!(
        call(&client(&server, Duration::from_secs(30)), &OBJECT).await.unwrap_err().status(),
        Some(400)
    );
}
