//! How do I embed the sync in the billing service that I already have?
//!
//! An axum service with four routes: a quote while somebody edits an invoice, a sync on demand, what is held, and
//! Ordway's webhook. One bridge is shared by all of them; two syncs at once are refused by the ledger and told apart.
//!
//! Look at: `AppState`, which is all there is to share; how each error becomes a status and a remedy for the person
//! in front of the screen. Without `--serve` the program asks itself and ends.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Parser;
use ordway_anrok::document::DocumentKey;
use ordway_anrok::ledger::LedgerError;
use ordway_anrok::{Bridge, Report, SyncError};
use ordway_anrok_examples::{Accounts, exit_code};
use ordway_anrok_http::{BaseUrl, Exchange, ReqwestTransport, Transport as _};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Embeds the sync in a web service.
#[derive(Debug, Parser)]
#[command(name = "embed_in_axum")]
struct Arguments {
    /// Keep serving instead of asking itself and ending.
    #[arg(long)]
    serve: bool,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// What the routes share.
#[derive(Clone)]
struct AppState {
    bridge: Bridge,
    last: Arc<Mutex<Option<Report>>>,
}

type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

fn router(state: AppState) -> Router {
    Router::new()
        .route("/invoices/{id}/explanation", get(explanation))
        .route("/sync", post(sync))
        .route("/held", get(held))
        .route("/health", get(|| async { "ok" }))
        .with_state(state)
}

/// Why an invoice is taxed as it is, for the person who looks at it.
async fn explanation(State(state): State<AppState>, Path(id): Path<String>) -> Answer {
    match state.bridge.explain(&DocumentKey::invoice(id)).await {
        Ok(explanation) => Ok(Json(json!(explanation))),
        Err(error) => Err(refusal(StatusCode::BAD_GATEWAY, &error.to_string())),
    }
}

/// A sync now. The ledger lets only one work at a time: a second one is told so, nothing happens twice.
async fn sync(State(state): State<AppState>) -> Answer {
    match state.bridge.sync().await {
        Ok(report) => {
            let counts = json!(report.counts);
            *state.last.lock().await = Some(report);
            Ok(Json(json!({ "counts": counts })))
        }
        Err(SyncError::Ledger { source: LedgerError::InUse { holder }, .. }) => Err(refusal(
            StatusCode::CONFLICT,
            &format!("a sync is running ({holder}); ask again when it is done"),
        )),
        Err(error) => Err(refusal(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())),
    }
}

/// What waits for a person.
async fn held(State(state): State<AppState>) -> Answer {
    let last = state.last.lock().await;
    let Some(report) = last.as_ref() else {
        return Err(refusal(StatusCode::NOT_FOUND, "no sync has run yet: POST /sync"));
    };
    Ok(Json(json!(report.held().collect::<Vec<_>>())))
}

fn refusal(status: StatusCode, reason: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({ "reason": reason })))
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let accounts = Accounts::from_env_or_demo()?;
    let bridge = Bridge::builder(accounts.ordway, accounts.anrok).connect().await?;
    let listener =
        tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await.context("cannot listen")?;
    let address = listener.local_addr()?;
    let app = router(AppState { bridge, last: Arc::default() });
    println!("Listening on http://{address}\n");
    if arguments.serve {
        let stop = async {
            let _ = tokio::signal::ctrl_c().await;
        };
        return Ok(axum::serve(listener, app).with_graceful_shutdown(stop).await?);
    }
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let asked = ask_itself(&format!("http://{address}")).await;
    server.abort();
    asked
}

async fn ask_itself(base: &str) -> anyhow::Result<()> {
    let (status, before) = ask(base, "GET", "/held").await?;
    println!("GET /held -> {status} {}", before["reason"]);
    anyhow::ensure!(status == 404, "nothing is known before the first sync");
    let (status, synced) = ask(base, "POST", "/sync").await?;
    println!("POST /sync -> {status} {}", synced["counts"]);
    anyhow::ensure!(
        status == 200 && synced["counts"]["recorded"].as_u64() > Some(0),
        "something is recorded"
    );
    let (status, held) = ask(base, "GET", "/held").await?;
    for document in held.as_array().into_iter().flatten() {
        println!("GET /held -> {status} {}: {}", document["id"], document["remedy"]);
    }
    let (status, why) = ask(base, "GET", "/invoices/INV-00001/explanation").await?;
    println!("GET /invoices/INV-00001/explanation -> {status}, {} bytes", why.to_string().len());
    anyhow::ensure!(status == 200, "an invoice can be explained: {why}");
    Ok(())
}

async fn ask(base: &str, method: &str, path: &str) -> anyhow::Result<(u16, Value)> {
    let request =
        http::Request::builder().method(method).uri(format!("{base}{path}")).body(bytes::Bytes::new())?;
    let answer = ReqwestTransport::new(&BaseUrl::parse(base)?)?.send(Exchange::new(request)).await?;
    Ok((answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default()))
}
