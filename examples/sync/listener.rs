//! Takes webhooks: checks the secret, puts the hint into the intake, answers. Everything else happens later.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ordway_anrok::{Intake, Received};
use ordway_anrok_examples::variable;
use ordway_client::webhook_receiver::{MAX_BODY, WebhookReceiver};
use tokio::task::JoinHandle;

#[derive(Clone)]
struct Inbox {
    receiver: Arc<WebhookReceiver>,
    intake: Intake,
    #[cfg(feature = "deliberate-bugs")]
    forged: HeaderMap,
}

/// Listens on `address`. `header` is `NAME=VARIABLE`: the header that the webhook in Ordway sends, and the environment
/// variable with its secret, which is the only protection there is.
pub async fn start(address: &str, header: Option<&str>, intake: &Intake) -> anyhow::Result<JoinHandle<()>> {
    let header = header.context(
        "--listen needs --webhook-header NAME=VARIABLE: the header that the webhook sends, and the environment variable \
         with its secret; without it anybody could deliver",
    )?;
    let (name, from) = header.split_once('=').context("--webhook-header is NAME=VARIABLE")?;
    let secret = variable(from)
        .with_context(|| format!("the environment variable {from} has no secret for {name}"))?;
    #[cfg(feature = "deliberate-bugs")]
    let forged = {
        let name: axum::http::HeaderName = name.parse()?;
        HeaderMap::from_iter([(name, secret.parse()?)])
    };
    let receiver = Arc::new(WebhookReceiver::new(name, secret.into())?);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let at: SocketAddr = listener.local_addr()?;
    if !at.ip().is_loopback() {
        eprintln!("{at} can be reached from outside without TLS: put a proxy with TLS in front");
    }
    eprintln!("listening on http://{at}/");
    let app =
        Router::new().route("/", post(receive)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(Inbox {
            receiver,
            intake: intake.clone(),
            #[cfg(feature = "deliberate-bugs")]
            forged,
        });
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            eprintln!("webhooks are no longer received ({error}); polling goes on");
        }
    }))
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    #[cfg(feature = "deliberate-bugs")]
    let headers = if crate::bug::is(ordway_anrok::deliberate::Bug::ForgedWebhookTaken) {
        inbox.forged.clone()
    } else {
        headers
    };
    let given = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    match inbox.receiver.receive(given, &body) {
        Ok(delivery) => match inbox.intake.deliver(&delivery) {
            Received::Full => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::NO_CONTENT,
        },
        Err(refusal) => {
            eprintln!("webhook refused: {refusal}");
            StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
        }
    }
}
