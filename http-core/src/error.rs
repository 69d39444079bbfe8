//! The one error type of both clients.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;

use crate::retry::WriteState;

/// What a client knows about its API's error bodies.
pub trait ApiError: fmt::Debug + fmt::Display + Send + Sync + Sized + 'static {
    /// The service's name in error texts and spans: `ordway`, `anrok`.
    const SERVICE: &'static str;

    /// Reads an error body of any shape. Never fails; secrets have already been blanked out of `body`.
    fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Self;

    /// Where the status alone would be misread, what the answer really is.
    fn nature(&self) -> Nature {
        Nature::AsStatus
    }
}

/// How an error body changes the meaning of its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Nature {
    /// The status says it all.
    AsStatus,
    /// Credentials or permissions, whatever the status.
    Auth,
    /// A passing fault of the service: refused, worth repeating.
    PassingFault,
}

/// The coarse kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call could not be made as asked: unusable id, setting, or input.
    Config,
    /// No connection. Nothing was sent.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection broke, or a gateway answered in the service's place.
    Interrupted,
    /// Credentials or permissions.
    Auth,
    /// Too many requests, for longer than the client waits.
    RateLimited,
    /// The service understood and said no.
    Rejected,
    /// The service failed (5xx).
    Server,
    /// The answer cannot be read, or is larger than allowed.
    Decode,
    /// Too many retries lately; the service seems to be down.
    BudgetSpent,
    /// A stubbed client was asked for a call that has no stub.
    NotStubbed,
}

/// Why a call failed, whether it may have taken effect, and how hard it was tried.
///
/// One pointer wide. The text is one line without URL, body or personal data:
/// `anrok transactions.createOrUpdate: transactionFrozenForFiling (HTTP 409, 1 attempt, write refused)`.
pub struct Error<E>(Box<Inner<E>>);

pub(crate) struct Inner<E> {
    pub(crate) service: &'static str,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) kind: ErrorKind,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    pub(crate) api: Option<E>,
    pub(crate) write_state: WriteState,
    pub(crate) reads_only: bool,
    pub(crate) attempts: u32,
    pub(crate) not_repeated: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) elapsed: Duration,
    pub(crate) excerpt: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl<E> Error<E> {
    pub(crate) fn from_inner(inner: Inner<E>) -> Self {
        Self(Box::new(inner))
    }

    /// An error found before any call was made.
    pub fn config(
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let source = source.into();
        Self(Box::new(Inner {
            service,
            operation: operation.into(),
            kind: ErrorKind::Config,
            status: None,
            request_id: None,
            api: None,
            write_state: WriteState::NotSent,
            reads_only: false,
            attempts: 0,
            not_repeated: false,
            retry_after: None,
            elapsed: Duration::ZERO,
            excerpt: None,
            detail: Some(source.to_string()),
            source: None,
        }))
    }

    /// An answer of the API, for stubs and tests.
    pub fn answered(
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        status: u16,
        api: E,
    ) -> Self {
        let mut error = Self::config(service, operation, "");
        error.0.detail = None;
        error.0.kind = kind_of_status(status);
        error.0.status = Some(status);
        error.0.api = Some(api);
        error.0.attempts = 1;
        error.0.write_state = if status >= 500 { WriteState::Unknown } else { WriteState::Refused };
        error
    }

    /// A failure of this kind with this effect, for stubs and tests.
    pub fn simulated(
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        kind: ErrorKind,
        write_state: WriteState,
    ) -> Self {
        let mut error = Self::config(service, operation, "");
        error.0.detail = None;
        error.0.kind = kind;
        error.0.write_state = write_state;
        error.0.attempts = 1;
        error
    }

    /// A record of a list that cannot be read. Names its id and place, not its content.
    pub fn unreadable_record(
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        reject: &crate::page::Reject,
    ) -> Self {
        let mut error = Self::config(service, operation, reject.to_string());
        error.0.kind = ErrorKind::Decode;
        error.0.reads_only = true;
        error
    }

    /// A method that a test's own implementation of a trait does not have. The traits' methods return it unless
    /// they are written.
    pub fn not_mocked(service: &'static str, method: &'static str) -> Self {
        let mut error =
            Self::config(service, method, "write this method in the test's implementation of the trait");
        error.0.kind = ErrorKind::NotStubbed;
        error
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn not_stubbed(service: &'static str, operation: &'static str) -> Self {
        Self::unstubbed(service, operation, "no stub is set for this call: add `.on(&…)` for its constant")
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn unstubbed(
        service: &'static str,
        operation: impl Into<Cow<'static, str>>,
        advice: &'static str,
    ) -> Self {
        let mut error = Self::config(service, operation, advice);
        error.0.kind = ErrorKind::NotStubbed;
        error
    }

    /// `ordway` or `anrok`.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The operation's name, for instance `invoices.get`.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The coarse kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where an answer came back.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The server's id of the request: give it to the vendor's support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The API's own error, where an answer came back.
    pub fn api(&self) -> Option<&E> {
        self.0.api.as_ref()
    }

    /// Whether the effect of the call may exist on the server: unknown as soon as one attempt may have acted,
    /// whatever became of the later ones.
    pub fn write_state(&self) -> WriteState {
        self.0.write_state
    }

    /// Attempts made; 429 answers are not counted.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the server asked to wait, where it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Time spent on attempts and delays.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The start of the answer with everything blanked out that is not on the allow-list.
    ///
    /// Not part of `Display` or `Debug`: print it on purpose only.
    pub fn body_excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// 404.
    ///
    /// *Likely causes:* a wrong id, another environment or company than expected, a deleted document.
    /// *What to do:* check the id against the environment's base URL and company.
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(404)
    }

    /// Refused for its credentials or permissions.
    ///
    /// *Likely causes:* a revoked or mistyped token or key, a key of another environment, a user without the role.
    /// *What to do:* do not repeat; fix the credential that the text names.
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Auth
    }

    /// Too many requests for longer than this client was willing to wait.
    ///
    /// *Likely causes:* other processes or integrations on the same account.
    /// *What to do:* wait [`Error::retry_after`], lower the rate, or ask the vendor for a higher limit.
    pub fn is_rate_limited(&self) -> bool {
        self.0.kind == ErrorKind::RateLimited
    }

    /// No answer in time.
    ///
    /// *Likely causes:* a slow or unreachable service.
    /// *What to do:* look at [`Error::write_state`] before repeating a write.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// The answer could not be read.
    ///
    /// *Likely causes:* a proxy's page, a cut connection, a change of the API.
    /// *What to do:* look at [`Error::body_excerpt`]; the effect of a write is unknown.
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// Whether the same call may succeed later without any change: outages, limits, broken connections.
    ///
    /// The client has already retried. *What to do:* try again in minutes, not in a loop.
    pub fn is_worth_retrying_later(&self) -> bool {
        match self.0.kind {
            ErrorKind::Connect
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Decode
            | ErrorKind::BudgetSpent => true,
            ErrorKind::Config | ErrorKind::Auth | ErrorKind::Rejected | ErrorKind::NotStubbed => false,
        }
    }
}

pub(crate) fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Auth,
        408 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimited,
        500.. => ErrorKind::Server,
        _ => ErrorKind::Rejected,
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        write!(f, "{} {}: ", e.service, e.operation)?;
        match (&e.api, &e.detail) {
            (Some(api), _) => write!(f, "{api}")?,
            (None, Some(detail)) => f.write_str(detail)?,
            (None, None) => f.write_str(match e.kind {
                ErrorKind::Config => "the call cannot be made as asked",
                ErrorKind::Connect => "no connection to the service",
                ErrorKind::Timeout => "no answer in time",
                ErrorKind::Interrupted => {
                    "the connection broke, or a gateway answered in the service's place"
                }
                ErrorKind::Auth => "credentials or permissions refused",
                ErrorKind::RateLimited => "too many requests",
                ErrorKind::Rejected => "refused",
                ErrorKind::Server => "the service failed",
                ErrorKind::Decode => "the answer cannot be read",
                ErrorKind::BudgetSpent => {
                    "given up early: too many calls failed lately, the service seems to be down"
                }
                ErrorKind::NotStubbed => "no stub is set for this call",
            })?,
        }
        if e.attempts == 0 {
            return Ok(());
        }
        f.write_str(" (")?;
        if let Some(status) = e.status {
            write!(f, "HTTP {status}, ")?;
        }
        if let Some(id) = &e.request_id {
            write!(f, "request {id}, ")?;
        }
        write!(f, "{} attempt{}", e.attempts, if e.attempts == 1 { "" } else { "s" })?;
        if let Some(wait) = e.retry_after {
            write!(f, ", told to wait {} s", wait.as_secs())?;
        }
        if !e.reads_only {
            f.write_str(match e.write_state {
                WriteState::NotSent => ", nothing sent",
                WriteState::Refused => ", write refused",
                WriteState::Unknown if e.not_repeated => ", outcome unknown and the call is not repeatable",
                WriteState::Unknown => ", outcome unknown",
            })?;
        }
        f.write_str(")")
    }
}

impl<E: fmt::Debug> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        f.debug_struct("Error")
            .field("service", &e.service)
            .field("operation", &e.operation)
            .field("kind", &e.kind)
            .field("status", &e.status)
            .field("request_id", &e.request_id)
            .field("api", &e.api)
            .field("write_state", &e.write_state)
            .field("attempts", &e.attempts)
            .field("retry_after", &e.retry_after)
            .field("elapsed", &e.elapsed)
            .field("detail", &e.detail)
            .field("source", &e.source)
            .finish_non_exhaustive()
    }
}

impl<E: fmt::Debug + fmt::Display> StdError for Error<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

/// The request id of anything that may carry one, so that it can be asked of a `Result` too.
pub trait RequestId {
    /// The server's id of the request.
    fn request_id(&self) -> Option<&str>;
}

impl RequestId for HeaderMap {
    fn request_id(&self) -> Option<&str> {
        ["x-request-id", "x-amzn-requestid", "cf-ray"]
            .iter()
            .filter_map(|name| self.get(*name)?.to_str().ok())
            .find(|id| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
    }
}

impl<E> RequestId for Error<E> {
    fn request_id(&self) -> Option<&str> {
        Self::request_id(self)
    }
}

impl<T, E> RequestId for Result<T, Error<E>> {
    fn request_id(&self) -> Option<&str> {
        self.as_ref().err().and_then(Error::request_id)
    }
}
