//! The third port: what a person or a test does to a running sandbox, as JSON over HTTP, and the page.
//!
//! Each family of endpoints has a file. [`ROUTES`] is the whole of it; the README's table is checked against it.

mod actions;
mod data;
mod events;
mod guard;
mod network;
mod page;
mod reset;
mod time;
mod watch;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use ordway_anrok_http::TransportError;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::anrok::FakeAnrok;
use crate::clock::SandboxClock;
use crate::contents::Contents;
use crate::fault::Faults;
use crate::ordway::{FakeOrdway, Refusal};
use crate::pulse::Pulse;
use crate::request_log::RequestLog;
use crate::server::http::whole;
use crate::webhook::Courier;

use events::Events;

/// One endpoint of the admin port. Listed by [`Sandbox::admin_endpoints`](crate::Sandbox::admin_endpoints).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdminEndpoint {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
}

/// All that the endpoints work on.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) ordway: FakeOrdway,
    pub(crate) anrok: FakeAnrok,
    pub(crate) faults: Faults,
    pub(crate) clock: SandboxClock,
    /// Whether `clock` is the clock of the fakes as well.
    pub(crate) owns_clock: bool,
    pub(crate) log: RequestLog,
    pub(crate) courier: Arc<Courier>,
    pub(crate) pulse: Pulse,
    pub(crate) contents: Contents,
    pub(crate) with_page: bool,
}

/// One request to an endpoint.
struct Call<'a> {
    /// What stood for the `{name}`s of the path, decoded.
    parts: Vec<String>,
    query: &'a str,
    body: Map<String, Value>,
}

/// What an endpoint answers.
enum Answer {
    Json(Value),
    /// A file of the page: content type and text.
    File(&'static str, &'static str),
    /// A stream of server-sent events.
    Live(Events),
}

/// Why an endpoint refuses.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    status: StatusCode,
    error: String,
    remedy: &'static str,
}

type Outcome = Result<Answer, Problem>;
type Handler = fn(&Admin, &Call<'_>) -> Outcome;
type Body = Either<Full<Bytes>, Events>;

/// An endpoint and what runs it.
pub(crate) struct Route {
    pub(crate) endpoint: AdminEndpoint,
    run: Handler,
}

const fn route(method: &'static str, path: &'static str, about: &'static str, run: Handler) -> Route {
    Route { endpoint: AdminEndpoint { method, path, about }, run }
}

/// Every endpoint of the admin port.
pub(crate) const ROUTES: &[Route] = &[
    route("GET", "/", "the page", |_, _| Ok(page::index())),
    route("GET", "/page.css", "its looks", |_, _| Ok(page::style())),
    route("GET", "/page.js", "its script", |_, _| Ok(page::script())),
    route("GET", "/admin/state", "everything both fakes hold", data::state),
    route("GET", "/admin/seed", "the same as a seed document, to start with another time", data::seed),
    route(
        "GET",
        "/admin/summary",
        "what the page shows: documents, transactions, clock, network",
        data::summary,
    ),
    route("GET", "/admin/requests", "the request log; `?after=SEQ` for newer rows only", watch::requests),
    route("DELETE", "/admin/requests", "forgets the request log", watch::forget_requests),
    route("GET", "/admin/deliveries", "the attempts to deliver webhooks", watch::deliveries),
    route("GET", "/admin/events", "server-sent events: `change` whenever anything changed", watch::events),
    route(
        "POST",
        "/admin/ordway/records/{collection}",
        "creates a record by Ordway's rules; body: the record",
        actions::create,
    ),
    route("POST", "/admin/ordway/invoices/{id}/post", "posts a draft", actions::post_invoice),
    route(
        "POST",
        "/admin/ordway/invoices/{id}/edit",
        "changes a line: `{\"amount\", \"line_no\"}`",
        actions::edit_invoice,
    ),
    route(
        "POST",
        "/admin/ordway/invoices/{id}/reverse",
        "reverses: `{\"date\"}`, today where missing",
        actions::reverse_invoice,
    ),
    route(
        "POST",
        "/admin/ordway/invoices/{id}/credit",
        "credits and applies: `{\"amount\"}` before tax",
        actions::credit_invoice,
    ),
    route(
        "POST",
        "/admin/ordway/invoices/{id}/pay",
        "pays: `{\"amount\"}`, the balance where missing",
        actions::pay_invoice,
    ),
    route(
        "POST",
        "/admin/ordway/invoices/{id}/address",
        "repairs the address: `{\"street\", \"city\", \"state\", \"zip\", \"country\"}`",
        actions::repair_address,
    ),
    route(
        "POST",
        "/admin/ordway/credits/{id}/reverse",
        "reverses a credit: `{\"date\"}`, today where missing",
        actions::reverse_credit,
    ),
    route(
        "POST",
        "/admin/ordway/second-act",
        "plays the second act of the demo company",
        actions::second_act,
    ),
    route(
        "POST",
        "/admin/anrok/products",
        "maps a product: `{\"external_id\", \"category_id\"}`",
        actions::map_product,
    ),
    route(
        "POST",
        "/admin/anrok/freeze",
        "locks a month at Anrok: `{\"month\": \"YYYY-MM\"}`",
        actions::freeze,
    ),
    route("POST", "/admin/anrok/unfreeze", "opens a month, or all where none is named", actions::unfreeze),
    route("GET", "/admin/faults", "the fault plan, the outages and what fired", network::show),
    route("PUT", "/admin/faults", "begins another fault plan; body: the plan", network::replace),
    route("DELETE", "/admin/faults", "ends the fault plan and all outages", network::clear),
    route(
        "POST",
        "/admin/faults/break",
        "breaks the network: `{\"preset\", \"service\", \"seconds\"}`",
        network::break_network,
    ),
    route("POST", "/admin/faults/mend", "ends all outages; the plan goes on", network::mend),
    route("GET", "/admin/clock", "the fakes' present time", time::show),
    route("POST", "/admin/clock/set", "sets it: `{\"now\"}`", time::set),
    route("POST", "/admin/clock/advance", "moves it: `{\"by\": \"30 days\"}`", time::advance),
    route("POST", "/admin/clock/freeze", "stops it", time::freeze),
    route("POST", "/admin/clock/run", "lets it go on", time::run),
    route(
        "POST",
        "/admin/reset",
        "starts over: `{\"seed\": \"demo\"}`, `\"empty\"`, a seed document, or as at the start",
        reset::reset,
    ),
];

impl Admin {
    /// Answers one request; never fails towards hyper.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, TransportError> {
        let request = whole(request).await?;
        Ok(self.handle(&request))
    }

    fn handle(&self, request: &Request<Bytes>) -> Response<Body> {
        let outcome = guard::check(request.method(), request.uri().path(), request.headers())
            .and_then(|()| self.run(request));
        let response = match outcome {
            Ok(answer) => answer.into_response(),
            Err(problem) => problem.into_response(),
        };
        if *request.method() != Method::GET && response.status().is_success() {
            self.pulse.beat();
        }
        response
    }

    fn run(&self, request: &Request<Bytes>) -> Outcome {
        let path = request.uri().path();
        let mut allowed = Vec::new();
        for route in
            ROUTES.iter().filter(|route| self.with_page || route.endpoint.path.starts_with("/admin/"))
        {
            let Some(parts) = matched(route.endpoint.path, path) else { continue };
            if route.endpoint.method != request.method().as_str() {
                allowed.push(route.endpoint.method);
                continue;
            }
            let call = Call { parts, query: request.uri().query().unwrap_or_default(), body: body(request)? };
            return (route.run)(self, &call);
        }
        if allowed.is_empty() {
            let error = format!("there is no endpoint {path}");
            return Err(Problem::new(StatusCode::NOT_FOUND, error, "see the table in the sandbox's README"));
        }
        let error = format!("{path} takes {}", allowed.join(" or "));
        Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, error, "use that method"))
    }
}

/// What stood for the `{name}`s; none where the path is another one.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with('{') {
            let part = percent_decode_str(segment).decode_utf8().ok().filter(|part| !part.is_empty())?;
            parts.push(part.into_owned());
        } else if wanted != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(parts)
}

/// An object, or nothing at all.
fn body(request: &Request<Bytes>) -> Result<Map<String, Value>, Problem> {
    if request.body().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Problem::bad("the body is JSON, but no object", "send {…}")),
        Err(error) => Err(Problem::bad(format!("the body is not JSON: {error}"), "send a JSON object")),
    }
}

impl Call<'_> {
    /// The first part of the path that varies.
    fn part(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Refuses a query that the endpoint would not look at.
    fn no_query(&self) -> Result<(), Problem> {
        if self.query.is_empty() {
            return Ok(());
        }
        Err(Problem::bad("this endpoint takes no query", "leave out what follows the ?"))
    }

    /// A text member; none where it is missing, null or blank.
    fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(Problem::bad(format!("{name} must be a text"), "put it in quotes")),
        }
    }

    fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)?.ok_or_else(|| Problem::bad(format!("{name} is missing"), "add it to the body"))
    }

    /// Refuses members that the endpoint would not look at.
    fn only(&self, names: &[&str]) -> Result<(), Problem> {
        match self.body.keys().find(|key| !names.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
                Err(Problem::bad(format!("{key} is not known here; the body holds {known}"), "leave it out"))
            }
        }
    }
}

impl Problem {
    fn new(status: StatusCode, error: impl Into<String>, remedy: &'static str) -> Self {
        Self { status, error: error.into(), remedy }
    }

    fn bad(error: impl Into<String>, remedy: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, remedy)
    }

    fn into_response(self) -> Response<Body> {
        let mut response = Answer::Json(json!({"error": self.error, "remedy": self.remedy})).into_response();
        *response.status_mut() = self.status;
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        let error = if status == StatusCode::NOT_FOUND {
            "Ordway holds no such record".to_owned()
        } else {
            refusal.details().to_owned()
        };
        Self::new(status, error, "see its present state in /admin/summary")
    }
}

impl Answer {
    fn into_response(self) -> Response<Body> {
        let (content_type, body) = match self {
            Self::Json(value) => {
                ("application/json", Either::Left(Full::new(Bytes::from(value.to_string()))))
            }
            Self::File(kind, text) => (kind, Either::Left(Full::new(Bytes::from_static(text.as_bytes())))),
            Self::Live(events) => ("text/event-stream", Either::Right(events)),
        };
        let mut response = Response::new(body);
        harden(response.headers_mut());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

/// The page loads nothing from elsewhere, runs nothing inline, and no other page can frame or read it.
fn harden(headers: &mut HeaderMap) {
    const FIXED: [(HeaderName, &str); 6] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
#[path = "admin/tests.rs"]
mod tests;
