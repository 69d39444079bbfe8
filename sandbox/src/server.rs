//! Both fakes over real HTTP on the loopback interface.

pub(crate) mod http;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ordway_anrok_http::{Clock, Transport};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::admin::{Admin, AdminEndpoint, ROUTES};
use crate::anrok::FakeAnrok;
use crate::clock::SandboxClock;
use crate::contents::{Contents, FillError};
use crate::dump;
use crate::fault::{FaultPlan, Faults, Service};
use crate::ordway::{FakeOrdway, Refusal};
use crate::pulse::Pulse;
use crate::request_log::{LoggedCall, RequestLog};
use crate::seed::{Seed, SeedError};
use crate::webhook::{Courier, Delivery, Means, WebhookConfig, WebhookUrlError};

/// Both fakes, served over HTTP on `127.0.0.1` until it is dropped.
///
/// ```
/// use ordway_anrok_sandbox::Sandbox;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let sandbox = Sandbox::start().await?;
/// for (name, value) in sandbox.env() {
///     println!("{name}={value}");
/// }
/// assert!(sandbox.ordway_base_url().ends_with("/api/v1"));
/// assert_eq!(sandbox.ordway().count("invoices"), 21);
/// # Ok(())
/// # })
/// # }
/// ```
pub struct Sandbox {
    ordway: FakeOrdway,
    anrok: FakeAnrok,
    faults: Faults,
    clock: SandboxClock,
    log: RequestLog,
    courier: Arc<Courier>,
    webhooks_anywhere: bool,
    ordway_address: SocketAddr,
    anrok_address: SocketAddr,
    admin_address: Option<SocketAddr>,
    servers: Vec<JoinHandle<()>>,
}

/// Why a sandbox could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A port is taken or not allowed.
    #[error("cannot listen on port {port}; choose another one")]
    Listen {
        /// The port asked for; 0 for any.
        port: u16,
        /// What the operating system says.
        source: io::Error,
    },
    /// The seed folder cannot be used.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The fakes handed in already hold the records of the demo company.
    #[error("the demo company cannot be seeded")]
    Demo(#[source] Refusal),
}

impl From<FillError> for SandboxError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Seed(error) => Self::Seed(error),
            FillError::Demo(refusal) => Self::Demo(refusal),
        }
    }
}

/// Settings of a [`Sandbox`]: the demo company, any ports, the machine's clock, no faults, unless told otherwise.
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    clock: Option<SandboxClock>,
    fakes: Option<(FakeOrdway, FakeAnrok)>,
    contents: Contents,
    ports: (u16, u16),
    admin_port: Option<u16>,
    with_page: bool,
    requests_kept: Option<usize>,
    webhooks: WebhookConfig,
    plan: FaultPlan,
}

impl Sandbox {
    /// Both fakes with the demo company, on free ports.
    pub async fn start() -> Result<Self, SandboxError> {
        Self::builder().start().await
    }

    /// A sandbox with other settings.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder {
            clock: None,
            fakes: None,
            contents: Contents::Demo,
            ports: (0, 0),
            admin_port: None,
            with_page: true,
            requests_kept: None,
            webhooks: WebhookConfig::default(),
            plan: FaultPlan::default(),
        }
    }

    /// The Ordway company behind the server.
    pub fn ordway(&self) -> &FakeOrdway {
        &self.ordway
    }

    /// The Anrok account behind the server.
    pub fn anrok(&self) -> &FakeAnrok {
        &self.anrok
    }

    /// The fault plan at work.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The present time of the sandbox: stops, sets and moves it.
    pub fn clock(&self) -> &SandboxClock {
        &self.clock
    }

    /// Every request to either fake, in order of the answers: the newest 2,000 unless
    /// [`SandboxBuilder::keep_requests`] says otherwise.
    ///
    /// ```
    /// # use ordway_anrok_sandbox::Sandbox;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let sandbox = Sandbox::start().await?;
    /// // … run what is to be tested, then:
    /// let refused = sandbox.requests().into_iter().filter(|call| call.status == Some(429)).count();
    /// assert_eq!(refused, 0);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<LoggedCall> {
        self.log.calls()
    }

    /// The log behind [`Sandbox::requests`].
    pub fn request_log(&self) -> &RequestLog {
        &self.log
    }

    /// Everything both fakes hold, as JSON: `ordway` by collection, `anrok` with products, transactions, history and locks.
    /// Holds no credentials.
    pub fn dump(&self) -> Value {
        dump::state(&self.ordway, &self.anrok)
    }

    /// Registers a webhook for every event, with headers of its own, and gives its name. From now on changes at the fake
    /// Ordway arrive at `url` as real HTTP requests; webhooks registered through Ordway's API do as well.
    ///
    /// # Errors
    /// The URL is not `http://…`, or leads to another machine without [`WebhookConfig::anywhere`].
    pub fn deliver_webhooks_to(
        &self,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, WebhookUrlError> {
        crate::webhook::address(url, self.webhooks_anywhere)?;
        Ok(self.ordway.register_webhook(url, headers))
    }

    /// The newest 2,000 attempts to deliver webhooks, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.courier.log.rows()
    }

    /// Where the page and the admin endpoints are, `http://127.0.0.1:PORT`; none unless [`SandboxBuilder::admin`] asked for
    /// them.
    pub fn admin_url(&self) -> Option<String> {
        self.admin_address.map(|address| format!("http://{address}"))
    }

    /// What the admin port answers to.
    pub fn admin_endpoints() -> impl Iterator<Item = &'static AdminEndpoint> {
        ROUTES.iter().map(|route| &route.endpoint)
    }

    /// Base URL of the fake Ordway, with `/api/v1`.
    pub fn ordway_base_url(&self) -> String {
        format!("http://{}/api/v1", self.ordway_address)
    }

    /// Base URL of the fake Anrok, without a path.
    pub fn anrok_base_url(&self) -> String {
        format!("http://{}", self.anrok_address)
    }

    /// The environment that points a program at the sandbox. The credentials in it open nothing else.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let config = self.ordway.config();
        vec![
            ("ORDWAY_BASE_URL", self.ordway_base_url()),
            ("ORDWAY_COMPANY", config.company),
            ("ORDWAY_USER_EMAIL", config.user_email),
            ("ORDWAY_USER_TOKEN", config.user_token),
            ("ORDWAY_API_KEY", config.api_key),
            ("ANROK_BASE_URL", self.anrok_base_url()),
            ("ANROK_API_KEY", self.anrok.api_key()),
        ]
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("ordway", &self.ordway_address)
            .field("anrok", &self.anrok_address)
            .finish_non_exhaustive()
    }
}

impl SandboxBuilder {
    /// The clock below the sandbox's own; the machine's where nothing is said. Real sockets do not go with tokio's paused
    /// time.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        self.sandbox_clock(SandboxClock::over(clock))
    }

    /// The clock of both fakes and of the faults. Where the fakes are handed in, give them a clone of it as well.
    pub fn sandbox_clock(mut self, clock: SandboxClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Serves fakes that exist already, with what they hold: nothing is seeded unless asked for afterwards.
    pub fn fakes(mut self, ordway: FakeOrdway, anrok: FakeAnrok) -> Self {
        self.fakes = Some((ordway, anrok));
        self.contents = Contents::Empty;
        self
    }

    /// Starts with the demo company.
    pub fn seed_demo(mut self) -> Self {
        self.contents = Contents::Demo;
        self
    }

    /// Starts with recorded Ordway pages (`NAME-pageN.json`); Anrok knows every product that occurs in them.
    pub fn seed_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.contents = Contents::Folder(folder.into());
        self
    }

    /// Starts with a seed document.
    ///
    /// # Errors
    /// The document is wrong; the error says where.
    pub fn seed_json(mut self, document: &str) -> Result<Self, SeedError> {
        self.contents = Contents::Document(Seed::parse(document)?);
        Ok(self)
    }

    /// Starts with a seed document in a file.
    ///
    /// # Errors
    /// The file cannot be read, or the document is wrong; the error says where.
    pub fn seed_file(mut self, path: impl AsRef<Path>) -> Result<Self, SeedError> {
        self.contents = Contents::Document(Seed::read(path)?);
        Ok(self)
    }

    /// Starts with nothing.
    pub fn empty(mut self) -> Self {
        self.contents = Contents::Empty;
        self
    }

    /// Fixed ports; 0 takes a free one.
    pub fn ports(mut self, ordway: u16, anrok: u16) -> Self {
        self.ports = (ordway, anrok);
        self
    }

    /// Opens a third port on loopback for the admin endpoints and the page; 0 takes a free one. Nothing there asks for
    /// credentials: whoever uses this machine can drive the sandbox.
    pub fn admin(mut self, port: u16) -> Self {
        self.admin_port = Some(port);
        self
    }

    /// The admin port serves its endpoints, but no page.
    pub fn without_page(mut self) -> Self {
        self.with_page = false;
        self
    }

    /// How webhooks are delivered.
    pub fn webhooks(mut self, config: WebhookConfig) -> Self {
        self.webhooks = config;
        self
    }

    /// Keeps so many rows of the request log.
    pub fn keep_requests(mut self, rows: usize) -> Self {
        self.requests_kept = Some(rows);
        self
    }

    /// What goes wrong.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.plan = plan;
        self
    }

    /// Seeds the fakes and opens both ports. Needs a tokio runtime.
    ///
    /// # Errors
    /// A port that is taken, a seed folder that cannot be read, fakes that hold the demo company already.
    pub async fn start(self) -> Result<Sandbox, SandboxError> {
        let owns_clock = self.clock.is_some() || self.fakes.is_none();
        let clock = self.clock.unwrap_or_else(SandboxClock::system);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (ordway, anrok) = self
            .fakes
            .unwrap_or_else(|| (FakeOrdway::new(Arc::clone(&shared)), FakeAnrok::new(Arc::clone(&shared))));
        self.contents.fill(&ordway, &anrok)?;
        for month in &self.plan.frozen_months {
            anrok.freeze_month(month);
        }
        let (ordway_socket, ordway_address) = listen(self.ports.0).await?;
        let (anrok_socket, anrok_address) = listen(self.ports.1).await?;
        let pulse = Pulse::new();
        let log = RequestLog::beating(Arc::clone(&shared), pulse.clone());
        if let Some(rows) = self.requests_kept {
            log.keep(rows);
        }
        let faults = Faults::new(self.plan, shared);
        let to_ordway = log.wrap(Service::Ordway, faults.wrap(Service::Ordway, ordway.clone()));
        let to_anrok = log.wrap(Service::Anrok, faults.wrap(Service::Anrok, anrok.clone()));
        let mut servers = vec![spawn(ordway_socket, to_ordway), spawn(anrok_socket, to_anrok)];
        let webhooks_anywhere = self.webhooks.anywhere;
        let means = Means {
            config: self.webhooks,
            clock: clock.clone(),
            faults: faults.clone(),
            pulse: pulse.clone(),
        };
        let courier = Arc::new(Courier::start(&ordway, means));
        let mut admin_address = None;
        if let Some(port) = self.admin_port {
            let (socket, address) = listen(port).await?;
            admin_address = Some(address);
            let heart = pulse.clone();
            ordway.on_event(move |_| heart.beat());
            let admin = Arc::new(Admin {
                ordway: ordway.clone(),
                anrok: anrok.clone(),
                faults: faults.clone(),
                clock: clock.clone(),
                owns_clock,
                log: log.clone(),
                courier: Arc::clone(&courier),
                pulse,
                contents: self.contents,
                with_page: self.with_page,
            });
            servers
                .push(tokio::spawn(http::serve(socket, move |request| Arc::clone(&admin).answer(request))));
        }
        Ok(Sandbox {
            ordway,
            anrok,
            faults,
            clock,
            log,
            courier,
            webhooks_anywhere,
            ordway_address,
            anrok_address,
            admin_address,
            servers,
        })
    }
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), SandboxError> {
    http::listen(port).await.map_err(|source| SandboxError::Listen { port, source })
}

/// Serves a transport until aborted.
fn spawn(socket: TcpListener, transport: impl Transport + 'static) -> JoinHandle<()> {
    let transport: Arc<dyn Transport> = Arc::new(transport);
    tokio::spawn(http::serve(socket, move |request| http::answer(request, Arc::clone(&transport))))
}
