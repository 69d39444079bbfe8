//! How do I receive what Ordway reports, and what do I do with it?
//!
//! A server on the loopback interface checks and reads deliveries with `ordway_client::webhook_receiver`. Without
//! `--serve` it delivers one event of the fake to itself, works on it and ends; with it, it serves until Ctrl-C.
//!
//! Look at: the secret header, which is all the protection there is; the answer 204 before any work is done; and that
//! the delivery is only a hint: the record is read again through the API.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clap::Parser;
use ordway_anrok_examples::{Rates, exit_code, ordway_or_demo, table, variable};
use ordway_anrok_http::{BaseUrl, Exchange, ReqwestTransport, Transport as _, http};
use ordway_client::Client;
use ordway_client::webhook_receiver::{Delivery, ObjectClass, WebhookReceiver};
use tokio::sync::mpsc;

/// The header that the webhook in Ordway is set up to send, with a secret of your own.
const HEADER: &str = "X-Webhook-Secret";

/// Receives Ordway's webhooks on the loopback interface.
#[derive(Debug, Parser)]
#[command(name = "webhook_receiver")]
struct Arguments {
    /// Serve until Ctrl-C. Put a proxy with TLS in front, and set WEBHOOK_SECRET to what Ordway sends in the header
    /// X-Webhook-Secret, 16 characters at least.
    #[arg(long)]
    serve: bool,
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[derive(Clone)]
struct Inbox {
    receiver: Arc<WebhookReceiver>,
    work: mpsc::Sender<Delivery>,
}

/// Checks, reads, queues, answers. Everything slow happens after the answer.
async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    match inbox.receiver.receive(given, &body) {
        // A full queue answers 503: Ordway may deliver again, and the next seek finds the change in any case.
        Ok(delivery) => {
            inbox.work.try_send(delivery).map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::NO_CONTENT)
        }
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (ordway, fake) = ordway_or_demo(Rates::default())?;
    // Never a flag: arguments are seen by everybody on the machine.
    let secret = match variable("WEBHOOK_SECRET") {
        Some(secret) => secret,
        None if arguments.serve => anyhow::bail!("set WEBHOOK_SECRET: without it anybody could deliver"),
        None => "only-for-this-demo".to_owned(),
    };
    let receiver = Arc::new(WebhookReceiver::new(HEADER, secret.as_str().into())?);
    let (work, mut todo) = mpsc::channel(1_000);
    let listener =
        tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await.context("cannot listen")?;
    let address = listener.local_addr()?;
    let app = Router::new().route("/ordway", post(receive)).with_state(Inbox { receiver, work });
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    println!("Listening on http://{address}/ordway");

    if arguments.serve {
        loop {
            tokio::select! {
                Some(delivery) = todo.recv() => {
                    if let Err(error) = show(&ordway, &delivery).await {
                        eprintln!("{} could not be read again: {error:#}", delivery.id);
                    }
                }
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
    }
    let Some(fake) = fake else {
        anyhow::bail!("a real account delivers when something changes: say --serve to wait for it");
    };
    fake.post_invoice("INV-00001").map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let event = fake.events().pop().context("posting an invoice is an event")?;
    let body = event.payload().to_string();
    println!("Delivering to itself: {event:?}, {} bytes\n", body.len());
    let forged = deliver(address, "not the secret at all", &body).await?;
    let accepted = deliver(address, &secret, &body).await?;
    println!("With a wrong secret the answer was {forged}, with the right one {accepted}.\n");
    let delivery =
        tokio::time::timeout(Duration::from_secs(5), todo.recv()).await?.context("nothing arrived")?;
    show(&ordway, &delivery).await?;
    server.abort();
    anyhow::ensure!((forged, accepted) == (401, 204), "only the right secret is let in");
    Ok(())
}

/// Works on a delivery: reads the record again, for the delivery may be late, repeated or forged.
async fn show(ordway: &Client, delivery: &Delivery) -> anyhow::Result<()> {
    let mut rows = table(&["class", "id", "verb", "read again through the API"]);
    let now = match delivery.class {
        Some(ObjectClass::Invoice) => match ordway.invoices().get(&delivery.id.as_str().into()).await {
            Ok(invoice) => {
                let status = invoice.status.map(|status| status.to_string()).unwrap_or_default();
                let amount = invoice.invoice_amount.unwrap_or_default();
                format!("{status}, {amount} {}", invoice.currency.unwrap_or_default())
            }
            Err(error) if error.is_not_found() => "gone".to_owned(),
            Err(error) => return Err(error.into()),
        },
        Some(ObjectClass::Customer) => match ordway.customers().get(&delivery.id.as_str().into()).await {
            Ok(customer) => customer.status.map(|status| status.to_string()).unwrap_or_default(),
            Err(error) if error.is_not_found() => "gone".to_owned(),
            Err(error) => return Err(error.into()),
        },
        _ => "of no interest here".to_owned(),
    };
    let verb = delivery.verb.map(|verb| format!("{verb:?}")).unwrap_or_default();
    let class = delivery.class.as_ref().map(ToString::to_string).unwrap_or_default();
    rows.add_row([class, delivery.id.clone(), verb, now]);
    println!("{rows}");
    Ok(())
}

/// Posts as Ordway would.
async fn deliver(address: SocketAddr, secret: &str, body: &str) -> anyhow::Result<u16> {
    let base = BaseUrl::parse(&format!("http://{address}"))?;
    let request = http::Request::post(format!("http://{address}/ordway"))
        .header("content-type", "application/json")
        .header(HEADER, secret)
        .body(Bytes::copy_from_slice(body.as_bytes()))?;
    Ok(ReqwestTransport::new(&base)?.send(Exchange::new(request)).await?.status().as_u16())
}
