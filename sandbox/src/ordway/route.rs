//! From a request to an answer: gateway, credentials, path, body, operation.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::collections::{self, Spec};
use super::config::{OrdwayConfig, TaxWrite};
use super::query::Query;
use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render;
use super::work::Work;

/// Path of version 1, part of every base URL.
const BASE: &str = "/api/v1";

/// The answer to be written: a status and a JSON body, or none.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    warden: bool,
    retry_after: bool,
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), warden: false, retry_after: false }
    }

    /// rule rate-limit-is-429
    pub(super) fn too_many(config: &OrdwayConfig) -> Self {
        let status = if config.has(Quirk::LimitIs503) { 503 } else { 429 };
        let retry_after = config.has(Quirk::LimitNamesDelay);
        let body = Some(json!({"message": "Too Many Requests"}));
        Self { status, body, warden: false, retry_after }
    }

    fn empty(status: u16) -> Self {
        Self { status, body: None, warden: false, retry_after: false }
    }

    fn unauthorized() -> Self {
        let error = json!({"error": {"status": 401, "title": "Invalid Email/Token combination."}});
        Self { status: 401, body: Some(error), warden: true, retry_after: false }
    }

    /// The HTTP answer with the headers that recordings show.
    pub(super) fn into_response(self, request_number: u64) -> Response<Bytes> {
        let bytes = self.body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let mut response = Response::new(bytes);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, "application/json; charset=utf-8".parse_or_empty());
        headers.insert(header::CACHE_CONTROL, "no-cache".parse_or_empty());
        headers.insert("x-request-id", format!("sandbox-{request_number:08}").parse_or_empty());
        if self.retry_after {
            headers.insert(header::RETRY_AFTER, "1".parse_or_empty());
        }
        if self.warden {
            headers.insert("warden", "timeout".parse_or_empty());
        }
        response
    }
}

/// Header values made of ASCII, which always parse.
trait HeaderText {
    fn parse_or_empty(&self) -> header::HeaderValue;
}

impl HeaderText for str {
    fn parse_or_empty(&self) -> header::HeaderValue {
        header::HeaderValue::from_str(self).unwrap_or_else(|_| header::HeaderValue::from_static(""))
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status(), body: Some(refusal.body()), warden: false, retry_after: false }
    }
}

/// The gateway's and the application's look at the four headers. `None` lets the request pass.
pub(super) fn check_credentials(headers: &http::HeaderMap, config: &OrdwayConfig) -> Option<Reply> {
    // rule bad-user-is-401, rule bad-company-is-401, rule bad-api-key-is-403
    let is = |name: &str, wanted: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes() == wanted.as_bytes())
    };
    let key_is_wrong = !is("x-api-key", &config.api_key) && !config.has(Quirk::ApiKeyNotEnforced);
    if key_is_wrong && config.has(Quirk::WrongApiKeyIs401) {
        return Some(Reply::unauthorized());
    }
    if key_is_wrong {
        return Some(Reply {
            status: 403,
            body: Some(json!({"message": "Forbidden"})),
            warden: false,
            retry_after: false,
        });
    }
    if !is("x-user-email", &config.user_email) || !is("x-user-token", &config.user_token) {
        return Some(Reply::unauthorized());
    }
    if is("x-user-company", &config.company) {
        return None;
    }
    if config.has(Quirk::WrongCompanyIs403) {
        return Some(Refusal::new(403, "companies", "You do not belong to this company").into());
    }
    Some(Reply::unauthorized())
}

/// A path that leads nowhere, where it is looked at before the credentials (rule credentials-come-first).
pub(super) fn check_path_first(request: &Request<Bytes>, config: &OrdwayConfig) -> Option<Reply> {
    if !config.has(Quirk::PathComesFirst) {
        return None;
    }
    let collection = request.uri().path().strip_prefix(BASE).and_then(|rest| rest.split('/').nth(1));
    let known = |name: &str| {
        collections::find(name).is_some() || matches!(name, "notifications" | "contacts" | "charges")
    };
    (!collection.is_some_and(known)).then(|| Refusal::not_found("routes").into())
}

/// Runs a request whose credentials are good.
pub(super) fn run(work: &mut Work<'_>, request: &Request<Bytes>) -> Reply {
    let path = request.uri().path();
    let Some(rest) = path.strip_prefix(BASE).filter(|rest| rest.starts_with('/')) else {
        return Refusal::not_found("routes").into();
    };
    let segments: Vec<String> = rest
        .split('/')
        .skip(1)
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = request.uri().query().unwrap_or_default();
    let done = match *request.method() {
        Method::GET => get(work, &segments, query),
        _ => read_body(request, segments.first().copied().unwrap_or_default())
            .and_then(|body| write(work, request.method(), &segments, &body)),
    };
    // rule writes-answer-200, rule put-answers-with-body
    match done {
        Ok(_) if *request.method() == Method::PUT && work.config.has(Quirk::EmptyPutAnswer) => {
            Reply::empty(200)
        }
        Ok(_) if *request.method() == Method::DELETE && work.config.has(Quirk::DeleteAnswersNothing) => {
            Reply::empty(204)
        }
        Ok(body) => Reply::ok(body),
        Err(refusal) => refusal.into(),
    }
}

/// An object or nothing (rule broken-json-is-400).
fn read_body(request: &Request<Bytes>, source: &str) -> Result<Map<String, Value>, Refusal> {
    if request.body().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(request.body()) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Refusal::malformed(source, "the body must be a JSON object")),
        Err(_) => Err(Refusal::malformed(source, "the body is not JSON")),
    }
}

fn get(work: &Work<'_>, segments: &[&str], query: &str) -> Result<Value, Refusal> {
    match *segments {
        ["notifications"] => Ok(notifications(work)),
        ["customers", id, "verbose"] => read(work, "customers", id),
        ["customers", id, "contacts"] => {
            let customer = work.load("customers", id)?;
            Ok(super::customer::contacts(&customer).iter().map(render::record).collect())
        }
        ["customers", id, "contacts", contact] => find_row(&work.load("customers", id)?, "contacts", contact)
            .ok_or_else(|| Refusal::not_found("contacts")),
        ["plans", id, "charges"] => {
            let plan = work.load("plans", id)?;
            Ok(super::invoice::rows(&plan, "charges").map(render::record).collect())
        }
        ["plans", id, "charges", charge] => {
            find_row(&work.load("plans", id)?, "charges", charge).ok_or_else(|| Refusal::not_found("charges"))
        }
        ["customers", id, list @ ("payment_methods" | "customer_notes")] => {
            work.load("customers", id)?;
            list_of(work, &format!("customers/{id}/{list}"), query)
        }
        ["customers", id, "payment_methods", method] => {
            read(work, &format!("customers/{id}/payment_methods"), method)
        }
        [collection] => list_of(work, collection, query),
        [collection, id] => {
            offered(work, collection, 'G')?;
            read(work, collection, id)
        }
        _ => Err(Refusal::not_found("routes")),
    }
}

fn write(
    work: &mut Work<'_>,
    method: &Method,
    segments: &[&str],
    body: &Map<String, Value>,
) -> Result<Value, Refusal> {
    if let Some(invoice) = tax_write_target(work.config, method, segments) {
        return work.write_invoice(&invoice, body);
    }
    match (method.as_str(), segments) {
        ("PUT", ["notifications"]) => set_notifications(work, body),
        ("POST", ["customers", id, "contacts"]) => work.create_contact(id, body),
        ("PUT", ["customers", id, "contacts", contact]) => work.update_contact(id, contact, body),
        ("POST", ["contacts"]) => {
            let owner = body.get("customer_id").and_then(Value::as_str).unwrap_or_default().to_owned();
            work.create_contact(&owner, body)
        }
        ("PUT", ["contacts", contact]) => {
            let owner = work.owner_of_contact(contact)?;
            work.update_contact(&owner, contact, body)
        }
        ("POST", ["customers", id, "payment_methods"]) => add_payment_method(work, id, body),
        ("DELETE", ["customers", id, "payment_methods", method]) => {
            work.delete(&format!("customers/{id}/payment_methods"), method)?;
            Ok(json!({}))
        }
        ("PUT", ["customers", id, "payment_methods", method, "set_default"]) => {
            set_default_method(work, id, method)
        }
        ("POST", ["charges"]) => add_charge(work, body),
        ("POST", [collection]) => {
            offered(work, collection, 'C')?;
            if *collection == "invoices" && work.config.has(Quirk::InvoiceCreateRefused) {
                return Err(Refusal::not_found("invoices"));
            }
            work.create_in(collection, body)
        }
        ("PUT", ["invoices", _]) => Err(Refusal::not_found("invoices")),
        ("PUT", [collection, id]) => {
            offered(work, collection, 'U')?;
            work.update_in(collection, id, body)
        }
        ("DELETE", [collection, id]) => {
            // rule delete-answers-empty-object
            offered(work, collection, 'D')?;
            work.delete(collection, id)?;
            Ok(json!({}))
        }
        ("PUT", [collection, id, action]) => {
            let spec = collections::find(collection).ok_or_else(|| Refusal::not_found("routes"))?;
            if !spec.actions.contains(action) {
                return Err(Refusal::not_found(spec.name));
            }
            work.act(collection, id, action, body)
        }
        _ => Err(Refusal::not_found("routes")),
    }
}

/// The collection offers the operation, or the path does not exist (rule no-route-is-404).
fn offered(work: &Work<'_>, collection: &str, operation: char) -> Result<&'static Spec, Refusal> {
    let spec = collections::find(collection)
        .filter(|_| !collection.contains('/'))
        .ok_or_else(|| Refusal::not_found("routes"))?;
    if spec.offers(operation) {
        Ok(spec)
    } else if work.config.has(Quirk::NoRouteIs405) {
        Err(Refusal::new(405, spec.name, "Method Not Allowed"))
    } else {
        Err(Refusal::not_found("routes"))
    }
}

fn read(work: &Work<'_>, collection: &str, id: &str) -> Result<Value, Refusal> {
    work.load(collection, id)?;
    Ok(work.shown(collection, id))
}

/// A page of a collection (rule usages-are-wrapped).
fn list_of(work: &Work<'_>, collection: &str, query: &str) -> Result<Value, Refusal> {
    let spec = collections::find(collection).ok_or_else(|| Refusal::not_found("routes"))?;
    let query = Query::parse(query, spec, work.config)?;
    let (page, total) = query.run(work.store, collection, spec, work.config);
    if spec.is_wrapped() { Ok(json!({spec.name: page, "total": total})) } else { Ok(Value::Array(page)) }
}

fn find_row(record: &Value, list: &str, id: &str) -> Option<Value> {
    super::invoice::rows(record, list).find(|row| render::text(row, "id") == id).map(render::record)
}

/// The invoice that a request writes tax to, where the configured contract matches it (rule tax-write-on-invoice).
fn tax_write_target(config: &OrdwayConfig, method: &Method, segments: &[&str]) -> Option<String> {
    let (wanted, path) = match &config.tax_write {
        TaxWrite::Off => return None,
        TaxWrite::Invoice if config.has(Quirk::TaxWriteNowhere) => return None,
        TaxWrite::Invoice if config.has(Quirk::TaxWriteOwnPath) => (&Method::PUT, "/invoices/{id}/taxes"),
        TaxWrite::Invoice => (&Method::PUT, "/invoices/{id}"),
        TaxWrite::At { method, path } => (method, path.as_str()),
    };
    let template: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if method != wanted || template.len() != segments.len() {
        return None;
    }
    let mut id = None;
    for (part, segment) in template.iter().zip(segments) {
        if *part == "{id}" {
            id = Some((*segment).to_owned());
        } else if part != segment {
            return None;
        }
    }
    id
}

fn add_payment_method(
    work: &mut Work<'_>,
    customer: &str,
    body: &Map<String, Value>,
) -> Result<Value, Refusal> {
    work.load("customers", customer)?;
    if body.contains_key("cvc") {
        return Err(Refusal::broken_rule("payment_methods", "use a gateway token, not card data"));
    }
    let collection = format!("customers/{customer}/payment_methods");
    let mut method = Value::Object(body.clone());
    render::set(&mut method, "customer_id", customer);
    super::work::default(&mut method, "default", json!(work.store.len(&collection) == 0));
    work.create(&collection, method)
}

fn set_default_method(work: &mut Work<'_>, customer: &str, method: &str) -> Result<Value, Refusal> {
    let collection = format!("customers/{customer}/payment_methods");
    work.load(&collection, method)?;
    let all: Vec<String> = work
        .store
        .iter(&collection)
        .map(|stored| render::text(stored, "payment_method_id").to_owned())
        .collect();
    for id in all {
        let chosen = json!({"default": id == method});
        work.update(&collection, &id, chosen.as_object().unwrap_or(&Map::new()), &[])?;
    }
    Ok(work.shown(&collection, method))
}

fn add_charge(work: &mut Work<'_>, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let plan_id = body.get("plan_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut plan = work.load("plans", &plan_id)?;
    let mut charge = Value::Object(body.clone());
    let id = work.store.new_id("charges", "CHG-");
    super::work::default(&mut charge, "id", json!(id));
    super::work::default(&mut charge, "custom_fields", json!({}));
    if let Some(Value::Array(charges)) = plan.get_mut("charges") {
        charges.push(charge.clone());
    } else {
        render::set(&mut plan, "charges", vec![charge.clone()]);
    }
    work.save("plans", &plan_id, plan);
    Ok(render::record(&charge))
}

fn notifications(work: &Work<'_>) -> Value {
    work.store.get("notifications", "").map_or_else(
        || {
            let row = |event: &str| json!({"event_type": event, "email_enabled": false, "notification_enabled": true});
            let events = ["Import Data", "Quotes", "Billing Run", "Payment Run", "Subscriptions"];
            json!({"notification_settings": events.map(row)})
        },
        |stored| Value::clone(stored),
    )
}

fn set_notifications(work: &mut Work<'_>, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let Some(settings) = body.get("notification_settings") else {
        return Err(Refusal::broken_rule("notifications", "notification_settings param is required"));
    };
    work.store.put("notifications", "", json!({"notification_settings": settings}));
    Ok(json!({"message": "Notification settings updated successfully"}))
}
