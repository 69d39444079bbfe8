//! From HTTP to an operation and back: routing, credentials, the rate limit, the two shapes of a 400.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::quirk::Quirk;
use super::record::{LoggedRequest, redacted};
use super::state::State;
use super::validate::{Outcome, Refusal};
use super::{certificates, filings, mappings, products, tax_ids, transaction_list, transactions};

/// What runs an operation: the id out of the path (or `""`) and the body.
type Handler = fn(&mut State, &str, &Value) -> Outcome;

/// One operation of the API.
struct Route {
    operation: &'static str,
    /// Path below `/v1/seller`; `*` stands for an id behind its `id:` or `externalId:`.
    path: &'static [&'static str],
    /// Whether its 400 is a JSON string; else plain text.
    json_400: bool,
    run: Handler,
}

const fn route(
    operation: &'static str,
    path: &'static [&'static str],
    json_400: bool,
    run: Handler,
) -> Route {
    Route { operation, path, json_400, run }
}

/// The one call of a newer document that is played, where it is switched on.
const GET_TRANSACTION: &str = "transactions.get";

/// All 17 operations of the 1.1 document, and [`GET_TRANSACTION`].
// rule: bad-request-content-type
const ROUTES: &[Route] = &[
    route("transactions.createEphemeral", &["transactions", "createEphemeral"], true, |s, _, b| {
        transactions::create_ephemeral(s, b)
    }),
    route("transactions.createOrUpdate", &["transactions", "createOrUpdate"], true, |s, _, b| {
        transactions::create_or_update(s, b)
    }),
    route("transactions.createNegation", &["transactions", "createNegation"], true, |s, _, b| {
        transactions::create_negation(s, b)
    }),
    route("transactions.void", &["transactions", "id:*", "void"], false, transactions::void),
    route(GET_TRANSACTION, &["transactions", "id:*", "get"], false, transaction_list::get),
    route("transactions.list", &["transactions", "list"], false, |s, _, b| transaction_list::list(s, b)),
    route("products.create", &["products", "create"], true, |s, _, b| products::create(s, b)),
    route("products.get", &["products", "externalId:*", "get"], false, products::get),
    route("productTaxCategories.list", &["productTaxCategories", "list"], false, |s, _, b| {
        products::list_categories(s, b)
    }),
    route(
        "productIdMapping.list",
        &["integrations", "id:*", "productIdMapping", "list"],
        false,
        mappings::list,
    ),
    route("productIdMapping.add", &["integrations", "id:*", "productIdMapping", "add"], false, mappings::add),
    route("certificates.create", &["certificates", "create"], true, |s, _, b| certificates::create(s, b)),
    route("certificates.get", &["certificates", "id:*", "get"], false, certificates::get),
    route("certificates.archive", &["certificates", "id:*", "archive"], false, certificates::archive),
    route("certificates.list", &["certificates", "list"], false, |s, _, b| certificates::list(s, b)),
    route("certificateRequests.create", &["certificateRequests", "create"], false, |s, _, b| {
        certificates::create_request(s, b)
    }),
    route("taxId.validate", &["taxId", "validate"], true, |s, _, b| tax_ids::validate(s, b)),
    route("filings.list", &["filings", "list"], false, |s, _, b| filings::list(s, b)),
];

/// The route of a path and the id in it, decoded.
// rule: double-slash-tolerated
fn find(path: &str) -> Option<(&'static Route, String)> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let rest = segments.strip_prefix(["v1", "seller"].as_slice())?;
    ROUTES.iter().find_map(|route| Some((route, matched(route.path, rest)?)))
}

fn matched(pattern: &[&str], segments: &[&str]) -> Option<String> {
    if pattern.len() != segments.len() {
        return None;
    }
    let mut id = String::new();
    for (pattern, segment) in pattern.iter().zip(segments) {
        if let Some(prefix) = pattern.strip_suffix('*') {
            let raw = segment.strip_prefix(prefix)?;
            id = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
        } else if pattern != segment {
            return None;
        }
    }
    Some(id)
}

fn text(status: StatusCode, text: impl Into<String>) -> Response<Bytes> {
    let text: String = text.into();
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// Checks the credentials; the answer where they are not good.
// rule: auth-faults-are-400
fn refuse_credentials(state: &State, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let bad = |message: &str| Some(text(StatusCode::BAD_REQUEST, message));
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return bad("Missing \"Authorization\" header");
    };
    let header = header.to_str().unwrap_or_default();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    if token.is_empty() {
        return bad("Invalid \"Authorization\" header");
    }
    if token.matches('/').count() != 2 {
        return bad("Invalid token: Expecting 2 \"/\" characters");
    }
    if !token.starts_with('s') {
        return bad("Invalid token: Seller ID must start with \"s\"");
    }
    // rule: wrong-key-status
    if token != state.config.api_key || state.key_revoked {
        let status = if state.config.has(Quirk::WrongKeyIs400) {
            StatusCode::BAD_REQUEST
        } else if state.config.has(Quirk::WrongKeyIs403) {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::UNAUTHORIZED
        };
        return Some(text(status, "Invalid token"));
    }
    None
}

/// The width of the limiter's window.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts a request against the limit; the 429 where it is one too many.
// rule: rate-limit-sliding-second
fn refuse_rate(state: &mut State, at: Duration) -> Option<Response<Bytes>> {
    let limit = state.config.rate_limit?;
    let by_calendar = state.config.has(Quirk::LimitByCalendarSecond);
    let is_past = |arrival: &Duration| {
        if by_calendar { arrival.as_secs() < at.as_secs() } else { at.saturating_sub(*arrival) >= WINDOW }
    };
    while state.arrivals.front().is_some_and(is_past) {
        state.arrivals.pop_front();
    }
    let full = state.arrivals.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    // rule: refused-requests-do-not-count
    if !full || state.config.has(Quirk::RefusedRequestsCount) {
        state.arrivals.push_back(at);
    }
    if !full {
        return None;
    }
    state.refused_429 += 1;
    let message = format!("You've exceeded your API limit of {limit} per second");
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, message);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    Some(response)
}

/// One request from the first byte to the last, without waiting for anything.
pub(super) fn serve(state: &mut State, request: &Request<Bytes>, at: Duration) -> Response<Bytes> {
    let body: Result<Value, _> = serde_json::from_slice(request.body());
    let found = find(request.uri().path());
    let response = answer(state, request, found.as_ref(), body.as_ref().ok(), at);
    if state.log.len() >= state.config.log_limit {
        state.log.pop_front();
    }
    if state.config.log_limit > 0 {
        state.log.push_back(LoggedRequest {
            operation: found.map_or("unknown", |(route, _)| route.operation),
            path: request.uri().path().to_owned(),
            status: response.status().as_u16(),
            at,
            body: body.as_ref().map(redacted).unwrap_or_default(),
        });
    }
    response
}

fn answer(
    state: &mut State,
    request: &Request<Bytes>,
    found: Option<&(&'static Route, String)>,
    body: Option<&Value>,
    at: Duration,
) -> Response<Bytes> {
    // rule: transactions-get
    let offered = |(route, _): &&(&Route, _)| {
        route.operation != GET_TRANSACTION || state.config.get_transaction_enabled
    };
    // rule: routing-before-auth
    let Some((route, id)) = found.filter(offered) else {
        return text(StatusCode::BAD_REQUEST, "No API endpoint matches the given URL");
    };
    if request.method() != Method::POST {
        return text(StatusCode::BAD_REQUEST, "Expecting HTTP method \"POST\"");
    }
    // rule: limit-after-auth
    let limit_first = state.config.has(Quirk::LimitBeforeAuth);
    if limit_first && let Some(refusal) = refuse_rate(state, at) {
        return refusal;
    }
    if let Some(refusal) = refuse_credentials(state, request) {
        return refusal;
    }
    if !limit_first && let Some(refusal) = refuse_rate(state, at) {
        return refusal;
    }
    state.served += 1;
    // rule: body-must-be-json
    let empty = Value::Object(serde_json::Map::new());
    let is_empty = request.body().is_empty() && state.config.has(Quirk::EmptyBodyIsObject);
    let outcome = match body.or(is_empty.then_some(&empty)) {
        Some(body) => (route.run)(state, id, body),
        None => Err(Refusal::BadRequest("Invalid JSON.".to_owned())),
    };
    match outcome {
        Ok(value) => json(StatusCode::OK, &value),
        Err(Refusal::Conflict(value)) => json(StatusCode::CONFLICT, &value),
        Err(Refusal::BadRequest(message)) => {
            let message = format!("Request body: {message}");
            if route.json_400 {
                json(StatusCode::BAD_REQUEST, &Value::String(message))
            } else {
                text(StatusCode::BAD_REQUEST, message)
            }
        }
    }
}
