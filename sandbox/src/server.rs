//! Both fakes over real HTTP on the loopback interface.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ordway_anrok_http::{Clock, Exchange, FailureKind, SystemClock, Transport, TransportError};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::anrok::FakeAnrok;
use crate::demo::Demo;
use crate::fault::{FaultPlan, Faults, Service};
use crate::ordway::{FakeOrdway, Refusal};
use crate::seed::SeedError;

/// Largest request that is read.
const MAX_REQUEST_BYTES: usize = 64 << 20;
/// How long a fault may keep a caller waiting; callers give up long before.
const PATIENCE: Duration = Duration::from_secs(600);

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
    ordway_address: SocketAddr,
    anrok_address: SocketAddr,
    servers: [JoinHandle<()>; 2],
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

/// What a sandbox holds at the start.
#[derive(Clone, Debug)]
enum Contents {
    Demo,
    Folder(PathBuf),
    Empty,
}

/// Settings of a [`Sandbox`]: the demo company, any ports, the machine's clock, no faults, unless told otherwise.
#[derive(Debug)]
#[must_use]
pub struct SandboxBuilder {
    clock: Option<Arc<dyn Clock>>,
    fakes: Option<(FakeOrdway, FakeAnrok)>,
    contents: Contents,
    ports: (u16, u16),
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
    /// The clock of both fakes and of the faults. Real sockets do not go with tokio's paused time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
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
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let (ordway, anrok) = self
            .fakes
            .unwrap_or_else(|| (FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(Arc::clone(&clock))));
        match self.contents {
            Contents::Empty => {}
            Contents::Demo => {
                Demo::seed(&ordway).map_err(SandboxError::Demo)?;
                Demo::seed_anrok(&anrok);
            }
            Contents::Folder(folder) => {
                ordway.seed_folder(folder)?;
                Demo::map_products_in_use(&ordway, &anrok);
            }
        }
        let (ordway_socket, ordway_address) = listen(self.ports.0).await?;
        let (anrok_socket, anrok_address) = listen(self.ports.1).await?;
        let faults = Faults::new(self.plan, clock);
        let servers = [
            tokio::spawn(serve(ordway_socket, Arc::new(faults.wrap(Service::Ordway, ordway.clone())))),
            tokio::spawn(serve(anrok_socket, Arc::new(faults.wrap(Service::Anrok, anrok.clone())))),
        ];
        Ok(Sandbox { ordway, anrok, faults, ordway_address, anrok_address, servers })
    }
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let failed = |source| SandboxError::Listen { port, source };
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok((socket, address))
}

/// Accepts until aborted; the connections end with it.
async fn serve(socket: TcpListener, transport: Arc<dyn Transport>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&transport)));
                }
                // Out of file handles, most likely: let some connections end.
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of one connection. A transport failure closes it without an answer.
async fn connection(stream: TcpStream, transport: Arc<dyn Transport>) {
    let service = service_fn(|request| answer(request, Arc::clone(&transport)));
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a sandbox connection ended early");
    }
}

async fn answer(
    request: http::Request<Incoming>,
    transport: Arc<dyn Transport>,
) -> Result<http::Response<Full<Bytes>>, TransportError> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_REQUEST_BYTES)
        .collect()
        .await
        .map_err(|cause| TransportError::with_source(FailureKind::Interrupted, cause))?
        .to_bytes();
    let mut exchange = Exchange::new(http::Request::from_parts(parts, body));
    exchange.timeout = PATIENCE;
    exchange.max_response_bytes = usize::MAX;
    Ok(transport.send(exchange).await?.map(Full::new))
}
