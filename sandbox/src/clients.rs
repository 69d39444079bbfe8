//! Clients that are ready to use. The only place that knows the clients' crates; the fakes know nothing of them, so that a
//! mistake in a model cannot hide in both.

use std::sync::Arc;

use ordway_anrok_http::Pacer;
use thiserror::Error;

use crate::anrok::FakeAnrok;
use crate::fakes::Fakes;
use crate::ordway::FakeOrdway;
#[cfg(feature = "server")]
use crate::server::Sandbox;

/// Why a client could not be made: credentials that a test gave to a fake and that no client takes.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Of the Ordway client.
    #[error("the settings of the fake Ordway make no client; look at its credentials")]
    Ordway(#[from] ordway_client::BuildError),
    /// Of the Anrok client.
    #[error("the settings of the fake Anrok make no client; look at its key")]
    Anrok(#[from] anrok_client::BuildError),
    /// The fake's API key is not of the form `s…/sa…/secret.…`.
    #[error("the API key of the fake Anrok is malformed; write s…/sa…/secret.…")]
    Key(#[from] anrok_client::ApiKeyError),
}

/// Without a pace: the fake has no limit unless a test sets one.
fn ordway(fake: &FakeOrdway) -> ordway_client::ClientBuilder {
    let config = fake.config();
    let credentials = ordway_client::Credentials::new(
        config.company,
        config.user_email,
        config.user_token.into(),
        config.api_key.into(),
    );
    ordway_client::Client::builder(credentials).pacer(Pacer::unlimited())
}

fn anrok(fake: &FakeAnrok) -> Result<anrok_client::ClientBuilder, ClientError> {
    Ok(anrok_client::Client::builder(fake.api_key().parse()?))
}

impl Fakes {
    /// A client of the fake Ordway, in process, on the same clock.
    ///
    /// # Errors
    /// A test gave the fake credentials that no client takes.
    pub fn ordway_client(&self) -> Result<ordway_client::Client, ClientError> {
        let transport = Arc::new(self.ordway().clone());
        Ok(ordway(self.ordway()).transport(transport).clock(Arc::clone(self.clock())).build()?)
    }

    /// A client of the fake Anrok, in process, on the same clock, without a pace.
    ///
    /// # Errors
    /// A test gave the fake a key that no client takes.
    pub fn anrok_client(&self) -> Result<anrok_client::Client, ClientError> {
        let transport = Arc::new(self.anrok().clone());
        let builder = anrok(self.anrok())?.pacer(Pacer::unlimited());
        Ok(builder.transport(transport).clock(Arc::clone(self.clock())).build()?)
    }
}

#[cfg(feature = "server")]
impl Sandbox {
    /// A client of the fake Ordway, over HTTP and through the fault plan.
    ///
    /// # Errors
    /// A test gave the fake credentials that no client takes.
    pub fn ordway_client(&self) -> Result<ordway_client::Client, ClientError> {
        Ok(ordway(self.ordway()).base_url(self.ordway_base_url()).build()?)
    }

    /// A client of the fake Anrok, over HTTP and through the fault plan, at the pace of the documented limit.
    ///
    /// # Errors
    /// A test gave the fake a key that no client takes.
    pub fn anrok_client(&self) -> Result<anrok_client::Client, ClientError> {
        Ok(anrok(self.anrok())?.base_url(self.anrok_base_url()).build()?)
    }
}
