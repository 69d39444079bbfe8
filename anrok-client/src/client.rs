//! The client: one per API key, cheap to clone.

use std::fmt;
use std::sync::Arc;

use ordway_anrok_http::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use ordway_anrok_http::serde::Serialize;
use ordway_anrok_http::{
    BaseUrl, BaseUrlError, Call, CallOptions, Chance, Clock, Core, CoreBuilder, Endpoint, Method, Pace,
    Pacer, RawCall, RetryPolicy, Secrets, SystemClock, Transport, TransportError,
};
use serde_json::Value;

use crate::api_key::{ApiKey, ApiKeyError};
use crate::error::{AnrokError, Result};

/// Where production lives (grade A); test accounts share the host (grade B).
pub const DEFAULT_BASE_URL: &str = "https://api.anrok.com";
/// Name of the environment variable that replaces [`DEFAULT_BASE_URL`].
pub const ENV_BASE_URL: &str = "ANROK_BASE_URL";
/// The documented default limit: requests a second for one seller, all its clients together (grade A).
pub const REQUESTS_PER_SECOND: u32 = 10;

/// What the account behind the key is for. Anrok's keys do not say, so it is a label that the user gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// The account whose returns are filed.
    #[default]
    Live,
    /// A separate seller account for tests, set up by Anrok on request.
    Test,
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Test => "test",
        })
    }
}

/// A client that cannot be built. No call has been made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is refused: fix `ANROK_BASE_URL` or the argument of `base_url`.
    #[error("{ENV_BASE_URL}: {0}")]
    BaseUrl(#[from] BaseUrlError),
    /// The key belongs to another account than expected.
    #[error("the Anrok API key belongs to seller {found}, {expected} is expected: check ANROK_API_KEY")]
    OtherSeller {
        /// The seller that was expected.
        expected: String,
        /// The seller of the key.
        found: String,
    },
    /// The API key cannot be read.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// The TLS library cannot be set up.
    #[error("Anrok: the connection cannot be set up")]
    Transport(#[from] TransportError),
    /// No TLS feature is on and no transport was given.
    #[error("Anrok: turn on one of the features rustls, native-tls, rustls-no-provider, or give a transport")]
    NoTransport,
}

/// A client of one Anrok account. Clones share pacer, retry budget and counters.
///
/// ```no_run
/// use anrok_client::{ApiKey, Client};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let anrok = Client::builder(ApiKey::from_env()?).expect_seller("s1abc").build()?;
/// anrok.check().await?;
/// println!("connected to seller {}", anrok.seller_id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    core: Core<AnrokError>,
    account: Arc<Account>,
}

struct Account {
    seller: Box<str>,
    key: Box<str>,
    environment: Environment,
    line_limit: Option<usize>,
}

/// Settings of a [`Client`]. Nothing is sent before the first call.
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    key: ApiKey,
    base_url: String,
    environment: Environment,
    expected_seller: Option<String>,
    line_limit: Option<usize>,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    chance: Chance,
    pacer: Option<Pacer>,
    policy: RetryPolicy,
    routes: Vec<(String, Method, String)>,
}

impl ClientBuilder {
    fn new(key: ApiKey) -> Self {
        Self {
            key,
            base_url: DEFAULT_BASE_URL.to_owned(),
            environment: Environment::default(),
            expected_seller: None,
            line_limit: None,
            transport: None,
            clock: None,
            chance: Chance::system(),
            pacer: None,
            policy: RetryPolicy::default(),
            routes: Vec::new(),
        }
    }

    /// Sends to this address instead of [`DEFAULT_BASE_URL`]: https, or http on loopback.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Labels the account; see [`Client::environment`].
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Refuses to build where the key belongs to another seller: a live key cannot slip into a test run.
    pub fn expect_seller(mut self, seller_id: impl Into<String>) -> Self {
        self.expected_seller = Some(seller_id.into());
        self
    }

    /// Refuses transactions with more lines before any call. Default: no limit, as in the document; third parties
    /// report 1200 (grade C).
    pub fn line_limit(mut self, lines: usize) -> Self {
        self.line_limit = Some(lines);
        self
    }

    /// Sends through this transport: a fake, a script, or one's own.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Time, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Chance (jitter of delays), for tests.
    pub fn chance(mut self, chance: Chance) -> Self {
        self.chance = chance;
        self
    }

    /// Paces with this pacer, shared with other clients of the same seller. Default: an own one for
    /// [`REQUESTS_PER_SECOND`].
    pub fn pacer(mut self, pacer: Pacer) -> Self {
        self.pacer = Some(pacer);
        self
    }

    /// How often and how long calls are tried.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sends the operation `name` (for instance `addresses.resolve`) to another path with the same ids. For calls
    /// whose path is known by hearsay only.
    pub fn route(mut self, name: &str, path: &str) -> Self {
        self.routes.push((name.to_owned(), Method::Post, path.to_owned()));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`BuildError`]; nothing has been sent.
    pub fn build(self) -> std::result::Result<Client, BuildError> {
        let key = &self.key;
        if let Some(expected) = self.expected_seller.filter(|expected| expected != key.seller_id()) {
            return Err(BuildError::OtherSeller { expected, found: key.seller_id().to_owned() });
        }
        let base = BaseUrl::parse(&self.base_url)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&base)?,
        };
        // An ApiKey is visible ASCII, so this cannot fail; a key that could would be reported as its secret part.
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", key.expose()))
            .map_err(|_| BuildError::ApiKey(ApiKeyError::Secret))?;
        bearer.set_sensitive(true);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let own_pacer = || Pacer::new(Pace::for_limit(REQUESTS_PER_SECOND), Arc::clone(&clock));
        let pacer = self.pacer.unwrap_or_else(own_pacer);
        let core = CoreBuilder::new(base, transport)
            .headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .secrets(Secrets::new(key.secrets()))
            .clock(clock)
            .pacer(pacer)
            .chance(self.chance)
            .policy(self.policy);
        let core =
            self.routes.into_iter().fold(core, |core, (name, method, path)| core.route(name, method, path));
        let account = Account {
            seller: key.seller_id().into(),
            key: key.key_id().into(),
            environment: self.environment,
            line_limit: self.line_limit,
        };
        Ok(Client { core: core.build(), account: Arc::new(account) })
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider"))]
fn default_transport(base: &BaseUrl) -> std::result::Result<Arc<dyn Transport>, BuildError> {
    Ok(Arc::new(ordway_anrok_http::ReqwestTransport::new(base)?))
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
fn default_transport(_base: &BaseUrl) -> std::result::Result<Arc<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}

impl Client {
    /// Settings for a client with this key.
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(key)
    }

    /// Settings from the environment: `ANROK_API_KEY`, and `ANROK_BASE_URL` where set.
    ///
    /// # Errors
    /// [`ApiKeyError`]; it names the variable.
    pub fn builder_from_env() -> std::result::Result<ClientBuilder, ApiKeyError> {
        let builder = Self::builder(ApiKey::from_env()?);
        Ok(match std::env::var(ENV_BASE_URL) {
            Ok(base_url) if !base_url.trim().is_empty() => builder.base_url(base_url),
            _ => builder,
        })
    }

    /// A client from the environment alone.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn from_env() -> std::result::Result<Self, BuildError> {
        Self::builder_from_env()?.build()
    }

    /// A client that answers from `stub` and never touches the network.
    #[cfg(any(test, feature = "testing"))]
    pub fn stubbed(stub: ordway_anrok_http::testing::Stub) -> Self {
        let (seller, key) = ("s0stub".into(), "sa0stub".into());
        let account = Account { seller, key, environment: Environment::Test, line_limit: None };
        let transport = Arc::new(ordway_anrok_http::testing::ScriptedTransport::new());
        let base = BaseUrl::unreachable();
        Self { core: CoreBuilder::new(base, transport).stub(stub).build(), account: Arc::new(account) }
    }

    /// The seller (account) id of the key.
    pub fn seller_id(&self) -> &str {
        &self.account.seller
    }

    /// The id of the key.
    pub fn key_id(&self) -> &str {
        &self.account.key
    }

    /// The label given to the account.
    pub fn environment(&self) -> Environment {
        self.account.environment
    }

    /// The address that calls go to.
    pub fn base_url(&self) -> &BaseUrl {
        self.core.base_url()
    }

    /// The most lines a transaction may have, where set.
    pub fn line_limit(&self) -> Option<usize> {
        self.account.line_limit
    }

    /// Requests sent so far by this client and its clones, retries included.
    pub fn requests_sent(&self) -> u64 {
        self.core.requests_sent()
    }

    /// How far Anrok's clock was ahead of this machine's (negative: behind), by the `Date` of the last answer that
    /// had one; a difference that a slow answer explains counts as zero. `None` before the first such answer.
    pub fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.core.clock_skew()
    }

    /// The pacer, to be given to other clients of the same seller.
    pub fn pacer(&self) -> &Pacer {
        self.core.pacer()
    }

    /// A clone whose calls use these options, for instance [`CallOptions::interactive`] for a quote that a person
    /// waits for.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { core: self.core.with(options), account: Arc::clone(&self.account) }
    }

    /// Proves that the key works, by `productTaxCategories/list`: it needs no data and is no premium call.
    ///
    /// Reads only. A refused key answers with [`Fault::Auth`](crate::Fault::Auth).
    pub async fn check(&self) -> Result<()> {
        self.product_tax_categories().list().await.map(drop)
    }

    /// Calls an endpoint by its constant. The handles do the same with less to write.
    pub async fn call<Q, R>(&self, endpoint: &Endpoint<Q, R>, call: Call<'_, Q>) -> Result<R>
    where
        Q: Serialize + Clone + Sync + 'static,
        R: Send + 'static,
    {
        self.core.call(endpoint, call).await
    }

    /// Calls something this SDK does not list, through the same pipeline.
    pub async fn raw(&self, call: RawCall) -> Result<Value> {
        self.core.raw(call).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("seller_id", &self.account.seller)
            .field("key_id", &self.account.key)
            .field("environment", &self.account.environment)
            .field("core", &self.core)
            .finish()
    }
}
