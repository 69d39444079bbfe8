//! Recognisable secrets and personal data go through a whole life of the program, and both services quote them back in
//! every refusal: no output, log or file may hold one.
#![allow(unreachable_pub)] // shared by test programs
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use ordway_anrok_http::{Clock, SystemClock};
use ordway_anrok_sandbox::anrok::{AnrokConfig, FakeAnrok};
use ordway_anrok_sandbox::ordway::{Address, FakeOrdway, Line};
use serde_json::json;

use crate::support::{Ended, Program, Running, until};

/// What must be seen nowhere, in the words that the services get to hear.
const CANARIES: [&str; 13] = [
    "canary-user-token",
    "canary-api-key",
    "canarysecret",
    "Canary Customer",
    "DE999CANARY",
    "13 Canary Lane",
    "Canaryville",
    "CANARY-ZIP",
    "canary.person@",
    "555-CANARY",
    "canary-bank-field",
    "Canaryfirst",
    "canary-link",
];

/// A service that now and then refuses, and quotes all it was told: headers, address, body.
#[derive(Clone)]
struct Parrot {
    ordway: Option<FakeOrdway>,
    anrok: Option<FakeAnrok>,
    calls: Arc<AtomicU64>,
}

impl Parrot {
    async fn answer(State(parrot): State<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let heard = format!("{} {:?} {}", parts.uri, parts.headers, String::from_utf8_lossy(&body));
        let answered = |request: &http::Request<Bytes>| match (&parrot.ordway, &parrot.anrok) {
            (Some(ordway), _) => ordway.handle(request),
            (_, Some(anrok)) => anrok.handle(request),
            _ => unreachable!("one of the two"),
        };
        let number = parrot.calls.fetch_add(1, Ordering::Relaxed);
        // A refusal of one invoice may name its customer as well.
        let of_invoice = parts.uri.path().contains("/invoices/");
        let record = answered(&http::Request::from_parts(parts, body));
        let named = "Canary Customer, 13 Canary Lane, CANARY-ZIP Canaryville, DE999CANARY";
        let shown = if of_invoice { format!("{heard} {named}") } else { heard };
        let (status, kind, text) = match number % 23 {
            5 => (
                422,
                "application/json",
                json!({"errors": [{"detail": shown}], "message": shown}).to_string(),
            ),
            9 => (400, "text/plain", shown),
            13 => (500, "text/html", format!("<html>{shown}</html>")),
            17 => (409, "application/json", json!({"type": shown, "message": shown}).to_string()),
            19 => (200, "text/html", format!("<html>{shown}</html>")),
            _ => return record.map(Body::from),
        };
        let answer =
            Response::builder().status(status).header("content-type", kind).header("x-told", "canary-link");
        answer.header("location", "https://elsewhere.example/canary-link").body(Body::from(text)).unwrap()
    }
}

async fn serve(parrot: Parrot) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(Parrot::answer).with_state(parrot);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

fn company(ordway: &FakeOrdway, anrok: &FakeAnrok) {
    ordway.reconfigure(|config| {
        "canary-user-token".clone_into(&mut config.user_token);
        "canary-api-key".clone_into(&mut config.api_key);
    });
    for id in ["P-1", "P-2"] {
        ordway.product(id, id);
        anrok.add_product(id, "saasBusiness");
    }
    ordway.product("P-UNMAPPED", "Unmapped");
    for (id, country) in [("C-1", "Germany"), ("C-2", "United States"), ("C-3", "")] {
        let address = Address::new("13 Canary Lane", "Canaryville", "", "CANARY-ZIP", country);
        let customer = ordway.customer("Canary Customer").id(id).currency("EUR").tax_id("DE999CANARY");
        let customer =
            customer.with("bank_account", json!("canary-bank-field")).with("phone", json!("555-CANARY"));
        customer.with("email", json!("canary.person@example.com")).bill_to(address).create().unwrap();
    }
    for number in 0..24 {
        let customer = ["C-1", "C-1", "C-2", "C-3"][number % 4];
        let product = if number % 7 == 3 { "P-UNMAPPED" } else { "P-1" };
        let invoice = ordway.invoice(customer).status(if number % 2 == 0 { "Draft" } else { "Posted" });
        let invoice = invoice.with("public_url", json!("https://pay.example/canary-link"));
        invoice.line(Line::new(product, "12.34").with("description", json!("Canaryfirst"))).create().unwrap();
    }
}

fn assert_clean(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for canary in CANARIES {
        let canary = canary.to_lowercase();
        if let Some(at) = text.find(&canary) {
            let from = (0..=at.saturating_sub(200)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            panic!("{canary:?} in {place}: …{}", text[from..].chars().take(400).collect::<String>());
        }
    }
}

pub fn no_secret_and_no_personal_data_is_left_anywhere(program: &Program) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ordway = FakeOrdway::new(Arc::clone(&clock));
    let config =
        AnrokConfig { api_key: "s1fake/sa1fake/secret.canarysecret".to_owned(), ..AnrokConfig::default() };
    let anrok = FakeAnrok::with_config(clock, AnrokConfig { rate_limit: None, ..config });
    company(&ordway, &anrok);
    let parrot = Parrot { ordway: Some(ordway.clone()), anrok: None, calls: Arc::default() };
    let ordway_url = runtime.block_on(serve(parrot.clone()));
    let other = Parrot { ordway: None, anrok: Some(anrok.clone()), calls: Arc::default() };
    let anrok_url = runtime.block_on(serve(other));

    let folder = tempfile::tempdir().unwrap();
    let sync = |arguments: &[&str]| {
        let settings = ordway.config();
        let mut command = program.command();
        command.args(["--anrok-rps", "0", "--ordway-rps", "0", "--state", "ledger.db"]).args(arguments);
        command
            .env("ORDWAY_BASE_URL", format!("{ordway_url}/api/v1"))
            .env("ORDWAY_COMPANY", &settings.company);
        command.env("ORDWAY_USER_EMAIL", &settings.user_email).env("ORDWAY_USER_TOKEN", &settings.user_token);
        command.env("ORDWAY_API_KEY", &settings.api_key).env("ANROK_BASE_URL", &anrok_url);
        command.env("ANROK_API_KEY", anrok.api_key()).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut heard = 0;
    let mut check = |place: &str, ended: &Ended| {
        assert_clean(&format!("stdout of {place}"), ended.stdout.as_bytes());
        assert_clean(&format!("stderr of {place}"), ended.stderr.as_bytes());
        heard += ended.stderr.len();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            assert_clean(&format!("{} after {place}", path.display()), &fs::read(&path).unwrap());
        }
    };
    // Killed midway, so that the journal is there to be looked at.
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut first = sync(&["--json"]);
    first.stderr(said.reopen().unwrap());
    let mut running = Running::start(first);
    until("something is recorded or the run has ended", || running.has_ended() || anrok.history().len() > 2);
    std::thread::sleep(Duration::from_millis(30));
    running.kill();
    let mut killed = running.wait();
    killed.stderr = fs::read_to_string(said.path()).unwrap();
    check("a run that was killed", &killed);
    for (number, arguments) in [&["--json"][..], &[], &["--dry-run"], &["--json"]].into_iter().enumerate() {
        check(&format!("run {number} {arguments:?}"), &Ended::of(&sync(arguments).output().unwrap()));
    }
    // And with credentials that are refused.
    ordway.reconfigure(|config| config.user_token.push_str("-renewed"));
    let mut refused = sync(&["--json"]);
    refused.env("ORDWAY_USER_TOKEN", "canary-user-token-of-old");
    let refused = Ended::of(&refused.output().unwrap());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    check("a refused run", &refused);
    let mut refused = sync(&["--json"]);
    refused.env("ANROK_API_KEY", "s1fake/sa1fake/canarysecret malformed");
    let refused = Ended::of(&refused.output().unwrap());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    check("a run with a malformed key", &refused);
    assert!(heard > 10_000, "the log was on: {heard} bytes");
    assert!(!anrok.transactions().is_empty());
}
