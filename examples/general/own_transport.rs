//! How do I put my own HTTP library, proxy, or log between the clients and the network?
//!
//! Look at: `Logged`, an implementation of the one-method trait `Transport` around another one. Credentials are headers
//! marked sensitive, and paths may name persons: log the method, the operation's path and the status, no more. A
//! transport sends exactly once; repeating, pacing and time are the client's business.

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use ordway_anrok_examples::{Accounts, Rates, Seed, exit_code};
use ordway_anrok_http::{Clock, Exchange, SystemClock, Transport, TransportError, http};

/// Writes a line per request to stderr.
#[derive(Debug)]
struct Logged {
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Transport for Logged {
    async fn send(&self, exchange: Exchange) -> Result<http::Response<Bytes>, TransportError> {
        let method = exchange.request.method().clone();
        let path = exchange.request.uri().path().to_owned();
        let begun = self.clock.monotonic();
        let outcome = self.inner.send(exchange).await;
        let took = self.clock.monotonic().saturating_sub(begun).as_micros();
        match &outcome {
            Ok(response) => {
                eprintln!(
                    "{method} {path} -> {}, {} bytes, {took} us",
                    response.status(),
                    response.body().len()
                );
            }
            Err(error) => eprintln!("{method} {path} -> {error}, {took} us"),
        }
        outcome
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> anyhow::Result<()> {
    // The inner transport is the fake. For a real account it is `ReqwestTransport::new(&base_url)?`.
    let Some(fakes) = Accounts::fakes(Seed::Demo, Rates::default())?.fakes else {
        anyhow::bail!("the fakes are missing")
    };
    let key = fakes.anrok.api_key().parse()?;
    let logged = Logged { inner: Arc::new(fakes.anrok), clock: Arc::new(SystemClock::new()) };
    let anrok = anrok_client::Client::builder(key).transport(Arc::new(logged)).build()?;

    anrok.check().await?;
    let product = anrok.products().get("P-00001").await?;
    println!("P-00001 is {}.", product.and_then(|product| product.name).unwrap_or_default());
    let missing = anrok.products().get("P-99999").await?;
    println!("P-99999 is {}.", if missing.is_some() { "there" } else { "unknown to Anrok" });
    Ok(())
}
