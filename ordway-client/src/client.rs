//! The client and its builder.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ordway_anrok_http::{
    BaseUrl, BaseUrlError, Call, CallOptions, Chance, Clock, Core, CoreBuilder, Method, Pace, Pacer, Rate,
    RawCall, RetryPolicy, SystemClock, Transport, TransportError,
};
use secrecy::SecretString;
use serde_json::Value;

use crate::credentials::{Credentials, CredentialsError};
use crate::environment::Environment;
use crate::error::{Error, OrdwayError, Result};

/// A client of one Ordway company. Cheap to clone; clones share connections, pacing and counters.
///
/// ```
/// use ordway_client::{Client, Credentials, Environment};
///
/// let credentials = Credentials::new("Example Company", "ops@example.com", "token".into(), "key".into());
/// let ordway = Client::builder(credentials).environment(Environment::Sandbox).build()?;
/// assert_eq!(ordway.base_url().as_str(), "https://sandbox.ordwaylabs.com/api/v1");
/// assert_eq!(ordway.requests_sent(), 0);
/// # Ok::<(), ordway_client::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Core<OrdwayError>,
    company: Arc<str>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("core", &self.core).finish_non_exhaustive()
    }
}

/// A client that cannot be built. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The credentials. Names the field, never the value.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The base URL (`ORDWAY_BASE_URL`).
    #[error("ORDWAY_BASE_URL: {0}")]
    BaseUrl(#[from] BaseUrlError),
    /// The TLS library of the default transport cannot be set up.
    #[error("the default transport cannot be set up: {0}")]
    Transport(TransportError),
    /// No TLS feature is on and no transport was given.
    #[error("no transport: turn on a TLS feature (`rustls`) or give one with `transport`")]
    NoTransport,
}

/// Collects what a [`Client`] is made of.
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    credentials: Credentials,
    environment: Environment,
    base_url: Option<String>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    chance: Option<Chance>,
    policy: RetryPolicy,
    pacer: Option<Pacer>,
    pace: Pace,
    routes: Vec<(String, Method, String)>,
    #[cfg(feature = "testing")]
    stub: Option<ordway_anrok_http::testing::Stub>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The environment whose base URL is used. Production where nothing is said.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Another base URL, version included (`https://host/api/v1`): https, or http on loopback.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Another transport: a fake, a script, your own HTTP library.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Another clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Another source of chance for jitter.
    pub fn chance(mut self, chance: Chance) -> Self {
        self.chance = Some(chance);
        self
    }

    /// How often and how long calls are tried.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A pacer shared with other clients of the same account.
    pub fn pacer(mut self, pacer: Pacer) -> Self {
        self.pacer = Some(pacer);
        self
    }

    /// Exactly this rate. Ordway publishes no limit: without it, a client starts at 4 a second, climbs to 10
    /// while nothing is refused, and steps down after a refusal.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.pace = Pace::fixed(rate);
        self
    }

    /// Sends the operation `name` with another method or to another path. For the endpoints of grade C and D, whose
    /// contract is not public: `route("invoices.writeTax", Method::Put, "/invoices/{id}/taxes")`.
    pub fn route(mut self, name: impl Into<String>, method: Method, path: impl Into<String>) -> Self {
        self.routes.push((name.into(), method, path.into()));
        self
    }

    /// Sends `X-Company-Token` too. Only where Ordway support asked for it.
    pub fn company_token(mut self, token: SecretString) -> Self {
        self.credentials.company_token = Some(token);
        self
    }

    /// Answers calls from a stub: nothing is ever sent.
    #[cfg(feature = "testing")]
    pub fn stub(mut self, stub: ordway_anrok_http::testing::Stub) -> Self {
        self.stub = Some(stub);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`BuildError`]: a setting that cannot work; its text names it.
    pub fn build(self) -> std::result::Result<Client, BuildError> {
        let base = BaseUrl::parse(self.base_url.as_deref().unwrap_or(self.environment.base_url()))?;
        let headers = self.credentials.headers()?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&base)?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let pacer = self.pacer.unwrap_or_else(|| Pacer::new(self.pace, Arc::clone(&clock)));
        let mut core = CoreBuilder::new(base, transport)
            .headers(headers)
            .secrets(self.credentials.secrets())
            .clock(clock)
            .policy(self.policy)
            .pacer(pacer);
        if let Some(chance) = self.chance {
            core = core.chance(chance);
        }
        for (name, method, path) in self.routes {
            core = core.route(name, method, path);
        }
        #[cfg(feature = "testing")]
        if let Some(stub) = self.stub {
            core = core.stub(stub);
        }
        Ok(Client { core: core.build(), company: self.credentials.company.into() })
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
fn default_transport(base: &BaseUrl) -> std::result::Result<Arc<dyn Transport>, BuildError> {
    let transport = ordway_anrok_http::ReqwestTransport::new(base).map_err(BuildError::Transport)?;
    Ok(Arc::new(transport))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
fn default_transport(_base: &BaseUrl) -> std::result::Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

impl Client {
    /// A builder with these credentials, for production.
    pub fn builder(credentials: Credentials) -> ClientBuilder {
        ClientBuilder {
            credentials,
            environment: Environment::default(),
            base_url: None,
            transport: None,
            clock: None,
            chance: None,
            policy: RetryPolicy::default(),
            pacer: None,
            pace: Pace::unknown(Rate::per_second(4), Rate::per_second(10)),
            routes: Vec::new(),
            #[cfg(feature = "testing")]
            stub: None,
        }
    }

    /// A client whose calls are answered by `stub`.
    #[cfg(feature = "testing")]
    pub fn stubbed(stub: ordway_anrok_http::testing::Stub) -> Self {
        use ordway_anrok_http::testing::ScriptedTransport;

        let core =
            CoreBuilder::new(BaseUrl::unreachable(), Arc::new(ScriptedTransport::new())).stub(stub).build();
        Self { core, company: "stub".into() }
    }

    /// The company's name, as the credentials give it.
    pub fn company(&self) -> &str {
        &self.company
    }

    /// Asks for one customer, the cheapest call there is, to see whether the credentials work.
    ///
    /// `GET /customers?size=1&page=1` (grade A), at most three attempts within 45 seconds; a refusal is not repeated.
    ///
    /// # Errors
    /// A refusal names the credential at fault as far as the answer tells: [`OrdwayError::fault`].
    pub async fn check(&self) -> Result<()> {
        let options = CallOptions::interactive().attempts(3).deadline(Duration::from_secs(45));
        let call = Call::new(&()).query("size", "1").query("page", "1");
        self.core.with(options).call(&crate::customers::CHECK, call).await
    }

    /// A clone whose calls use these options.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { core: self.core.with(options), company: Arc::clone(&self.company) }
    }

    /// Calls something that this client does not list, with the same credentials, pacing and retries.
    ///
    /// # Errors
    /// As every call.
    pub async fn raw(&self, call: RawCall) -> std::result::Result<Value, Error> {
        self.core.raw(call).await
    }

    /// Requests sent by this client and its clones, retries included.
    pub fn requests_sent(&self) -> u64 {
        self.core.requests_sent()
    }

    /// How far Ordway's clock was ahead of this machine's (negative: behind), by the `Date` of the last answer that
    /// had one; a difference that a slow answer explains counts as zero. `None` before the first such answer.
    pub fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.core.clock_skew()
    }

    /// The pacer, to be shared with other clients of the same account.
    pub fn pacer(&self) -> &Pacer {
        self.core.pacer()
    }

    /// Where calls go.
    pub fn base_url(&self) -> &BaseUrl {
        self.core.base_url()
    }

    /// The clock of this client.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.core.clock()
    }
}
