//! Sends the requests of one check and keeps what was sent and seen.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ordway_anrok_http::{Chance, Exchange};
use serde_json::{Value, json};

use super::subject::{Act, Door, Subject};
use crate::anrok::redacted;
use crate::fault::Service;

/// How often a request that was one too many is sent again.
const TRIES: u32 = 5;
/// Pages of a list that are looked through for something that was made a moment ago.
const PAGES: usize = 200;

/// Why a check ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    NotApplicable(String),
    Failed(String),
}

pub(super) type Checked<T> = Result<T, Stop>;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) is_json: bool,
    pub(super) has_retry_after: bool,
    /// The JSON body; a plain text body as a JSON string; `null` where it is empty.
    pub(super) body: Value,
}

impl Answer {
    /// The body of a 200.
    pub(super) fn ok(self) -> Checked<Value> {
        self.expect(200)
    }

    pub(super) fn expect(self, status: u16) -> Checked<Value> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(Stop::Failed(format!("expected status {status}, got {}: {}", self.status, self.brief())))
    }

    /// A 409 with this reason.
    pub(super) fn refused(self, reason: &str) -> Checked<()> {
        let found = self.body.get("type").and_then(Value::as_str).unwrap_or_default();
        must(
            self.status == 409 && found == reason,
            format!("expected 409 {reason}, got {} {}", self.status, self.brief()),
        )
    }

    /// A 400 whose text has these words.
    pub(super) fn fault(self, words: &str) -> Checked<()> {
        let text = self.body.as_str().unwrap_or_default();
        must(
            self.status == 400 && text.contains(words),
            format!("expected 400 with {words:?}, got {} {}", self.status, self.brief()),
        )
    }

    /// Refusals are short and name no person; of other answers only the shape.
    pub(super) fn brief(&self) -> String {
        if self.status >= 400 {
            return self.body.to_string().chars().take(300).collect();
        }
        match &self.body {
            Value::Object(map) => format!("{{{}}}", map.keys().cloned().collect::<Vec<_>>().join(", ")),
            Value::Array(rows) => format!("[{} rows]", rows.len()),
            Value::Null => "nothing".to_owned(),
            other => other.to_string().chars().take(100).collect(),
        }
    }
}

/// The check fails with `otherwise` unless it holds.
pub(super) fn must(holds: bool, otherwise: impl Into<String>) -> Checked<()> {
    if holds { Ok(()) } else { Err(Stop::Failed(otherwise.into())) }
}

pub(super) fn not_applicable(why: impl Into<String>) -> Stop {
    Stop::NotApplicable(why.into())
}

/// A text member, `""` where there is none.
pub(super) fn word<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// One check's way to the subject.
pub(super) struct Probe {
    subject: Subject,
    /// Part of every id that the check makes up.
    run: String,
    made: u32,
    exchanges: Vec<String>,
    done: Vec<Act>,
}

impl Probe {
    pub(super) fn new(subject: &Subject) -> Self {
        let run = format!("{:08x}", Chance::system().u64() & 0xffff_ffff);
        Self { subject: subject.clone(), run, made: 0, exchanges: Vec::new(), done: Vec::new() }
    }

    pub(super) fn into_exchanges(self) -> Vec<String> {
        self.exchanges
    }

    /// Takes back limits, locks and the time zone: no limit, nothing locked, UTC.
    pub(super) fn tidy(&self) {
        if let Some(control) = &self.subject.control {
            for act in self.done.iter().rev() {
                let back = match act {
                    Act::Limit(service, Some(_)) => Act::Limit(*service, None),
                    Act::FreezeMonth(_) => Act::Unfreeze,
                    Act::SellerTimeZone(_) => Act::SellerTimeZone("UTC".to_owned()),
                    _ => continue,
                };
                control.act(&back);
            }
        }
    }

    /// An id that nobody else has.
    pub(super) fn id(&mut self) -> String {
        self.made += 1;
        format!("conformance-{}-{}", self.run, self.made)
    }

    pub(super) async fn wait(&self, millis: u64) {
        self.subject.clock.sleep(Duration::from_millis(millis)).await;
    }

    /// Milliseconds into the current second of the monotonic clock.
    pub(super) fn millis_of_second(&self) -> u64 {
        self.subject.clock.monotonic().subsec_millis().into()
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.subject.clock.now()
    }

    pub(super) fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// A day of the month before the present one.
    pub(super) fn last_month(&self) -> Date {
        let first = self.today().first_of_month();
        first.yesterday().unwrap_or(first)
    }

    /// Does something behind the scenes; where nobody can, the check is not applicable.
    pub(super) fn act(&mut self, act: Act) -> Checked<()> {
        let done = self.subject.control.as_ref().is_some_and(|control| control.act(&act));
        if !done {
            return Err(not_applicable("it needs a hand behind the scenes (Control)"));
        }
        self.done.push(act);
        Ok(())
    }

    pub(super) fn newest_webhook(&self) -> Checked<Value> {
        let control = self.subject.control.as_ref();
        control
            .and_then(|control| control.newest_webhook())
            .ok_or_else(|| not_applicable("no webhook can be seen"))
    }

    /// One request as it is, without a second try.
    pub(super) async fn send(
        &mut self,
        service: Service,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Checked<Answer> {
        let door: Option<&Door> = match service {
            Service::Ordway => self.subject.ordway.as_ref().map(|(door, _)| door),
            Service::Anrok => self.subject.anrok.as_ref().map(|(door, _)| door),
        };
        let door = door.ok_or_else(|| not_applicable("there is no such service"))?.clone();
        let mut request = Request::builder().method(method.clone()).uri(format!("{}{path}", door.base));
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| not_applicable("the credentials are no header values"))?;
            value.set_sensitive(true);
            request = request.header(*name, value);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(Bytes::from(body.to_owned()))
            .map_err(|error| not_applicable(format!("the request cannot be made: {error}")))?;
        let sent = serde_json::from_str::<Value>(body).map(|body| redacted(&body).to_string());
        let line = format!("{method} {path} {}", sent.unwrap_or_default());
        let response = match door.transport.send(Exchange::new(request)).await {
            Ok(response) => response,
            Err(error) => {
                self.exchanges.push(format!("{line} -> no answer"));
                return Err(Stop::Failed(format!("no answer: {error}")));
            }
        };
        let text = String::from_utf8_lossy(response.body()).into_owned();
        let parsed = serde_json::from_str(&text);
        let is_json = parsed.is_ok();
        let plain = if text.is_empty() { Value::Null } else { Value::String(text) };
        let answer = Answer {
            status: response.status().as_u16(),
            is_json,
            has_retry_after: response.headers().contains_key("retry-after"),
            body: parsed.unwrap_or(plain),
        };
        self.exchanges.push(format!("{line} -> {} {}", answer.status, answer.brief()));
        Ok(answer)
    }

    /// The same, sent again after a second where it was one too many.
    async fn send_patiently(
        &mut self,
        service: Service,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Checked<Answer> {
        let mut tries = 0;
        loop {
            let answer = self.send(service, method.clone(), path, headers, body).await?;
            tries += 1;
            if answer.status != 429 || tries == TRIES {
                return Ok(answer);
            }
            self.wait(1100).await;
        }
    }

    pub(super) fn bearer(&self) -> Vec<(&'static str, String)> {
        let key = self.subject.anrok.as_ref().map(|(_, key)| key.as_str()).unwrap_or_default();
        vec![("authorization", format!("Bearer {key}"))]
    }

    /// A call of Anrok with the good key: `transactions/list`.
    pub(super) async fn anrok(&mut self, call: &str, body: &Value) -> Checked<Answer> {
        let (path, headers) = (format!("/v1/seller/{call}"), self.bearer());
        self.send_patiently(Service::Anrok, Method::POST, &path, &headers, &body.to_string()).await
    }

    pub(super) fn four_headers(&self) -> Vec<(&'static str, String)> {
        let access = self.subject.ordway.as_ref().map(|(_, access)| access.clone()).unwrap_or_default();
        vec![
            ("x-user-company", access.company),
            ("x-user-email", access.user_email),
            ("x-user-token", access.user_token),
            ("x-api-key", access.api_key),
        ]
    }

    pub(super) async fn get(&mut self, path: &str) -> Checked<Answer> {
        let headers = self.four_headers();
        self.send_patiently(Service::Ordway, Method::GET, path, &headers, "").await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Checked<Answer> {
        let headers = self.four_headers();
        self.send_patiently(Service::Ordway, Method::POST, path, &headers, &body.to_string()).await
    }

    pub(super) async fn put(&mut self, path: &str, body: &Value) -> Checked<Answer> {
        let headers = self.four_headers();
        self.send_patiently(Service::Ordway, Method::PUT, path, &headers, &body.to_string()).await
    }

    pub(super) async fn delete(&mut self, path: &str) -> Checked<Answer> {
        let headers = self.four_headers();
        self.send_patiently(Service::Ordway, Method::DELETE, path, &headers, "").await
    }

    /// All records of a list that changed since `since`, as far as they matter here.
    pub(super) async fn changed(&mut self, collection: &str, since: jiff::Timestamp) -> Checked<Vec<Value>> {
        let mut all = Vec::new();
        for page in 1..=PAGES {
            let path = format!(
                "/{collection}?size=50&page={page}&sort=updated_date,id&updated_date%3E={}",
                since.to_string().replace(':', "%3A")
            );
            let Value::Array(rows) = self.get(&path).await?.ok()? else { break };
            if rows.is_empty() {
                break;
            }
            all.extend(rows);
        }
        Ok(all)
    }

    // ---- what Ordway's checks begin with

    /// Id of a new customer.
    pub(super) async fn customer(&mut self, more: &Value) -> Checked<String> {
        let mut body = json!({"name": self.id()});
        merge(&mut body, more);
        let created = self.post("/customers", &body).await?.ok()?;
        Ok(word(&created, "/id").to_owned())
    }

    /// Id of a new draft over two lines of 100 and 50 in this currency.
    pub(super) async fn draft(&mut self, currency: &str) -> Checked<String> {
        let customer = self.customer(&json!({"currency": currency})).await?;
        let (id, product) = (self.id(), self.id());
        let line = |price: &str| json!({"product_id": product, "quantity": 1, "unit_price": price});
        let body = json!({"id": id, "customer_id": customer, "currency": currency,
            "line_items": [line("100.00"), line("50.00")]});
        if self.act(Act::CreateDraft(body.clone())).is_ok() {
            return Ok(id);
        }
        let answer = self.post("/invoices", &body).await?;
        if answer.status != 200 {
            return Err(not_applicable(format!("a draft cannot be made: {}", answer.brief())));
        }
        Ok(word(&answer.body, "/id").to_owned())
    }

    pub(super) async fn posted(&mut self) -> Checked<String> {
        let id = self.draft("USD").await?;
        if self.act(Act::PostInvoice(id.clone())).is_err() {
            let answer = self.put(&format!("/invoices/{id}/post"), &json!({})).await?;
            if answer.status != 200 {
                return Err(not_applicable(format!("an invoice cannot be posted: {}", answer.brief())));
            }
        }
        Ok(id)
    }

    pub(super) async fn invoice(&mut self, id: &str) -> Checked<Value> {
        self.get(&format!("/invoices/{id}")).await?.ok()
    }

    /// Writes tax to the first line.
    pub(super) async fn write_tax(&mut self, id: &str, tax: &str) -> Checked<Answer> {
        let body = json!({"line_items": [{"line_no": "1", "line_tax": tax,
            "tax_lines": [{"name": "Conformance", "value": tax}]}]});
        let answer = self.put(&format!("/invoices/{id}"), &body).await?;
        if answer.status == 404 {
            return Err(not_applicable(
                "tax is not written with PUT /invoices/{id} (rule tax-write-on-invoice)",
            ));
        }
        if answer.status == 422 && answer.body.to_string().contains("product_id") {
            return Err(not_applicable(
                "a tax write needs more than it is given (rule tax-write-by-line-no)",
            ));
        }
        Ok(answer)
    }

    // ---- what Anrok's checks begin with

    /// A product of this category, made for the check. The category is found by its name.
    pub(super) async fn product(&mut self, category_name: &str) -> Checked<String> {
        let categories = self.anrok("productTaxCategories/list", &json!({})).await?.ok()?;
        let rows = categories.get("productTaxCategories").and_then(Value::as_array);
        let found = rows.into_iter().flatten().find(|row| word(row, "/name") == category_name);
        let category = found.and_then(|row| row.get("id")).cloned();
        let category =
            category.ok_or_else(|| not_applicable(format!("there is no category {category_name:?}")))?;
        let id = self.id();
        let body =
            json!({"externalId": id, "name": "Conformance", "description": "", "taxCategoryId": category});
        self.anrok("products/create", &body).await?.ok()?;
        Ok(id)
    }

    /// A sale of 100.00 of business software to New York City, today.
    pub(super) async fn sale(&mut self) -> Checked<Value> {
        let product = self.product(SOFTWARE).await?;
        Ok(json!({
            "currencyCode": "USD", "accountingDate": self.today().to_string(),
            "lineItems": [{"id": "1", "productExternalId": product, "amount": 10_000}],
            "customerAddress": {"country": "US", "city": "New York", "region": "NY", "postalCode": "10001"},
        }))
    }

    pub(super) async fn sale_with(&mut self, changes: &Value) -> Checked<Value> {
        let mut sale = self.sale().await?;
        merge(&mut sale, changes);
        Ok(sale)
    }

    pub(super) async fn preview(&mut self, body: &Value) -> Checked<Answer> {
        self.anrok("transactions/createEphemeral", body).await
    }

    pub(super) async fn record(&mut self, id: &str, sale: &Value) -> Checked<Answer> {
        let mut body = sale.clone();
        merge(&mut body, &json!({"id": id}));
        self.anrok("transactions/createOrUpdate", &body).await
    }

    /// A recorded sale to New York, and its body.
    pub(super) async fn recorded(&mut self) -> Checked<(String, Value)> {
        let (id, sale) = (self.id(), self.sale().await?);
        self.record(&id, &sale).await?.ok()?;
        Ok((id, sale))
    }

    pub(super) async fn void(&mut self, id: &str, body: &Value) -> Checked<Answer> {
        self.anrok(&format!("transactions/id:{id}/void"), body).await
    }

    pub(super) async fn negate(&mut self, original: &str) -> Checked<(String, Answer)> {
        let new = self.id();
        let body = json!({"originalTransactionId": original, "newTransactionId": new});
        let answer = self.anrok("transactions/createNegation", &body).await?;
        Ok((new, answer))
    }

    /// Transactions changed since `since`, in the order of the list. Not applicable without the premium feature.
    pub(super) async fn listed(&mut self, since: jiff::Timestamp) -> Checked<Vec<Value>> {
        let after = since.saturating_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(since);
        let after = after.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let mut body = json!({"limit": 20, "filter": {"type": "lastModifiedAfter", "value": after}});
        self.all_of("transactions", &mut body).await
    }

    /// All items of a paged list.
    pub(super) async fn all_of(&mut self, list: &str, body: &mut Value) -> Checked<Vec<Value>> {
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let answer = self.anrok(&format!("{list}/list"), body).await?;
            if answer.status == 409 && word(&answer.body, "/type").ends_with("ApiNotEnabled") {
                return Err(not_applicable("the list is a premium feature that is off"));
            }
            let page = answer.ok()?;
            all.extend(page.get(list).and_then(Value::as_array).cloned().unwrap_or_default());
            match page.get("nextCursor").filter(|cursor| cursor.is_string()) {
                Some(cursor) => *body = json!({"limit": 20, "cursor": cursor}),
                None => break,
            }
        }
        Ok(all)
    }
}

pub(super) const SOFTWARE: &str = "SaaS - General, B2B";
pub(super) const SERVICES: &str = "Professional services - General";

/// Sets members; `null` takes one out.
pub(super) fn merge(body: &mut Value, changes: &Value) {
    if let (Some(body), Some(changes)) = (body.as_object_mut(), changes.as_object()) {
        for (name, value) in changes {
            if value.is_null() {
                body.remove(name);
            } else {
                body.insert(name.clone(), value.clone());
            }
        }
    }
}
