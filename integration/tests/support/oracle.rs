//! What must be true when the faults are over: worked out from the fakes' own data, without the engine's code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ordway_anrok::ledger::{Ledger, Stream};
use ordway_anrok::{Outcome, Report};
use ordway_anrok_http::Clock;
use ordway_anrok_sandbox::anrok::{StoredTransaction, TransactionState};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{Calls, World};

/// What a document has to have become.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Exactly this transaction counts at Anrok.
    Recorded(Box<Value>),
    /// Nothing of it counts.
    Nothing,
    /// The tax of this question stands on it.
    Taxed(Box<Value>),
    /// It is held.
    Held,
    /// Nothing of it counts, and that is no problem: a credit of which there is nothing to take back.
    Outside,
}

pub struct Oracle<'a> {
    world: &'a World,
    products: BTreeSet<String>,
    today: jiff::civil::Date,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn amount(value: &Value, name: &str) -> Decimal {
    text(value, name).replace(',', "").parse().unwrap_or_default()
}

fn decimals(currency: &str) -> u32 {
    u32::from(iso_currency::Currency::from_code(currency).unwrap().exponent().unwrap())
}

fn minor(amount: Decimal, currency: &str) -> Option<i64> {
    let mut scaled = amount * Decimal::from(10u64.pow(decimals(currency)));
    if !scaled.fract().is_zero() {
        return None;
    }
    scaled.rescale(0);
    i64::try_from(scaled.mantissa()).ok()
}

impl<'a> Oracle<'a> {
    pub fn new(world: &'a World) -> Self {
        let products = world.anrok.products().into_iter().map(|product| product.external_id).collect();
        let today = world.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { world, products, today }
    }

    /// One more sync without faults must put everything right, and a further one must change nothing.
    pub async fn verdict(&self) -> Result<Report, String> {
        let none = |problems: Vec<String>, report: &Report| {
            if problems.is_empty() { Ok(()) } else { Err(format!("{}\n{report:#?}", problems.join("\n"))) }
        };
        let report = self.world.try_sync(None).await.map_err(|error| error.to_string())?;
        none(self.compare(&report), &report)?;
        none(self.checkpoint_problems(&*self.world.store()).await, &report)?;
        let before = Calls::of(self.world);
        let (documents, transactions) = (self.world.ordway.all("invoices"), self.world.anrok.history().len());
        let again = self.world.try_sync(None).await.map_err(|error| error.to_string())?;
        let calls = Calls::of(self.world).since(&before);
        let mut problems = Vec::new();
        if report.counts.held == 0 && calls.effects() != 0 {
            problems.push(format!("a further sync is not idle: {calls:?}"));
        }
        if calls.write != 0 || self.world.ordway.all("invoices") != documents {
            problems.push("a further sync writes to Ordway".to_owned());
        }
        if self.world.anrok.history().len() != transactions {
            problems.push("a further sync records something".to_owned());
        }
        problems.extend(self.compare(&again));
        none(problems, &again)?;
        Ok(report)
    }

    /// Everything that is not as it should be.
    pub fn compare(&self, report: &Report) -> Vec<String> {
        let mut problems = self.world.watch.bad_writes();
        for problem in &mut problems {
            problem.insert_str(0, "written to although no draft: ");
        }
        let fates = self.fates();
        let mut groups = self.groups();
        for ((collection, id), (document, fate)) in &fates {
            let group = groups.remove(&(collection.clone(), id.clone())).unwrap_or_default();
            let mut wrong = |text: String| problems.push(format!("{collection} {id}: {text}"));
            match fate {
                Fate::Recorded(body) => Self::recorded(body, &group, &mut wrong),
                Fate::Nothing | Fate::Outside => nothing_counts(&group, &mut wrong),
                Fate::Taxed(body) => {
                    nothing_counts(&group, &mut wrong);
                    self.taxed(body, document, &mut wrong);
                }
                Fate::Held => {
                    if effective(&group).len() > 1 {
                        wrong("more than one transaction counts".to_owned());
                    }
                }
            }
        }
        for (document, group) in groups {
            if !group.is_empty() {
                problems.push(format!("{document:?} is recorded but not in Ordway: {group:?}"));
            }
        }
        problems.extend(Self::report_problems(report, &fates));
        problems
    }

    fn report_problems(report: &Report, fates: &BTreeMap<(String, String), (Value, Fate)>) -> Vec<String> {
        let mut problems = Vec::new();
        let held: BTreeSet<String> = report.held().map(|document| document.id).collect();
        let expected: BTreeSet<String> = fates
            .iter()
            .filter(|(_, (_, fate))| *fate == Fate::Held)
            .map(|((_, id), _)| id.clone())
            .collect();
        if held != expected {
            problems.push(format!("held {held:?}, expected {expected:?}"));
        }
        if let Some(failed) = report.failed().next() {
            problems.push(format!("failed: {failed:?}"));
        }
        if !report.problems.is_empty() {
            problems.push(format!("problems of the run: {:?}", report.problems));
        }
        for document in report.held() {
            let told = |text: &Option<String>| text.as_deref().is_some_and(|text| text.len() > 10);
            if !told(&document.reason) || !told(&document.remedy) {
                problems.push(format!("{} is held without reason or remedy", document.id));
            }
        }
        if report.documents.iter().any(|document| document.outcome == Outcome::Unchanged) {
            problems.push("an unchanged document is listed".to_owned());
        }
        let seen = u64::try_from(report.documents.len()).unwrap() + report.counts.unchanged;
        if seen > u64::try_from(fates.len()).unwrap() {
            problems.push(format!("{seen} documents reported, there are {}", fates.len()));
        }
        problems
    }

    fn recorded(body: &Value, group: &[StoredTransaction], wrong: &mut impl FnMut(String)) {
        let effective = effective(group);
        // What the engine itself negated and made anew is counted by its sum.
        if group.iter().any(|transaction| transaction.id.contains(":anrok")) {
            let sum: i64 = counted(group).map(|transaction| transaction.input_amount).sum();
            let expected: i64 = lines(body).map(|line| line["amount"].as_i64().unwrap_or_default()).sum();
            if sum != expected {
                wrong(format!("counts with {sum} in all, expected {expected}: {group:?}"));
            }
            return;
        }
        let [transaction] = effective.as_slice() else {
            wrong(format!("{} transactions count: {group:?}", effective.len()));
            return;
        };
        for (name, expected) in body.as_object().unwrap() {
            let found = &transaction.body[name];
            let same = match name.as_str() {
                "lineItems" => same_lines(expected, found),
                _ => expected == found,
            };
            if !same {
                wrong(format!("{name} is {found}, expected {expected}"));
            }
        }
        for (name, found) in transaction.body.as_object().unwrap() {
            if body.get(name).is_none() && !["id", "customerName"].contains(&name.as_str()) {
                wrong(format!("{name} = {found} was not expected"));
            }
        }
        let total: i64 = group.iter().filter(|t| t.negates.is_some()).map(|t| t.input_amount).sum();
        let negated: i64 = group
            .iter()
            .filter(|t| group.iter().any(|n| n.negates.as_deref() == Some(&t.id)))
            .map(|t| t.input_amount)
            .sum();
        if total + negated != 0 {
            wrong(format!("negations and their originals leave {}", total + negated));
        }
    }

    fn taxed(&self, body: &Value, document: &Value, wrong: &mut impl FnMut(String)) {
        let answer = self.ask(body);
        let currency = text(document, "currency");
        let lines = document["line_items"].as_array().unwrap();
        let mut total = 0;
        for (line, answered) in lines.iter().zip(answer["lineItems"].as_array().into_iter().flatten()) {
            let expected = answered["taxAmountToCollect"].as_i64().unwrap();
            total += expected;
            let stands = amount(line, "line_tax");
            if minor(stands, currency) != Some(expected) {
                wrong(format!(
                    "line {} shows tax {stands}, expected {expected} minor units",
                    line["line_no"]
                ));
            }
            if stands.scale() != decimals(currency) {
                wrong(format!("tax {stands} has not the decimals of {currency}"));
            }
            let parts: Decimal =
                line["tax_lines"].as_array().into_iter().flatten().map(|part| amount(part, "value")).sum();
            let named = line["tax_lines"].as_array().is_some_and(|parts| !parts.is_empty());
            if (named || expected != 0) && parts != stands {
                wrong(format!("its tax lines add up to {parts}, the line shows {stands}"));
            }
        }
        if minor(amount(document, "invoice_tax"), currency) != Some(total) {
            wrong(format!("shows tax {}, expected {total} minor units", document["invoice_tax"]));
        }
    }

    /// What a fault-free engine answers, asked of the fake directly.
    fn ask(&self, body: &Value) -> Value {
        let mut body = body.clone();
        body.as_object_mut().unwrap().insert("customerName".to_owned(), json!("x"));
        let request = http::Request::post("https://api.anrok.com/v1/seller/transactions/createEphemeral")
            .header("authorization", format!("Bearer {}", self.world.anrok.api_key()))
            .body(bytes::Bytes::from(body.to_string()))
            .unwrap();
        let mut limit = None;
        self.world.anrok.configure(|config| limit = config.rate_limit.take());
        let answer = self.world.anrok.handle(&request);
        self.world.anrok.configure(|config| config.rate_limit = limit);
        assert_eq!(answer.status(), 200, "{body}");
        serde_json::from_slice(answer.body()).unwrap()
    }

    fn fates(&self) -> BTreeMap<(String, String), (Value, Fate)> {
        let mut fates = BTreeMap::new();
        for collection in ["invoices", "credits"] {
            for document in self.world.ordway.all(collection) {
                let fate = self.fate(collection, &document);
                let id = text(&document, "id").to_owned();
                fates.insert((collection.to_owned(), id), (document, fate));
            }
        }
        // A credit waits for its invoice. On record before that was reversed or spoilt, it stays on record.
        let groups = self.groups();
        let on_record =
            |key: &(String, String)| groups.get(key).is_some_and(|group| !effective(group).is_empty());
        let amount_of = |key: &(String, String)| -> i64 {
            let group = groups.get(key).map(Vec::as_slice).unwrap_or_default();
            counted(group).map(|transaction| transaction.input_amount).sum()
        };
        let mut others = BTreeMap::new();
        for ((collection, id), (credit, fate)) in &fates {
            let key = (collection.clone(), id.clone());
            let Some(invoice) = parent(credit).filter(|_| collection == "credits") else { continue };
            let invoice = ("invoices".to_owned(), invoice.to_owned());
            let parent = fates.get(&invoice);
            let to_be = matches!(parent, Some((_, Fate::Recorded(_)))) || on_record(&invoice);
            let reversed = parent.is_some_and(|(invoice, _)| text(invoice, "status") == "Reversed");
            // Where there is nothing to take back, it does not matter what else is wrong with the credit.
            if matches!(fate, Fate::Held) && text(credit, "status") == "Processed" && !on_record(&key) {
                if reversed && !to_be {
                    others.insert(key, Fate::Outside);
                }
                continue;
            }
            let (Fate::Recorded(body), false) = (fate, on_record(&key)) else { continue };
            // What other credits have taken back is gone.
            let credits = fates.iter().filter(|((of, _), (credit, _))| {
                of == "credits" && self::parent(credit) == Some(invoice.1.as_str())
            });
            let taken: i64 = credits.map(|(key, _)| amount_of(key)).sum();
            let own: i64 = lines(body).map(|line| line["amount"].as_i64().unwrap_or_default()).sum();
            if !to_be {
                others.insert(key, if reversed { Fate::Outside } else { Fate::Held });
            } else if amount_of(&invoice) + taken + own < 0 {
                others.insert(key, Fate::Held);
            }
        }
        for (key, other) in others {
            if let Some((_, fate)) = fates.get_mut(&key) {
                *fate = other;
            }
        }
        fates
    }

    fn fate(&self, collection: &str, document: &Value) -> Fate {
        let status = text(document, "status");
        let live = match (collection, status) {
            (_, "Reversed") => return Fate::Nothing,
            ("invoices", "Draft") => false,
            ("invoices", "Posted" | "Partially paid" | "Paid") | ("credits", "Processed") => true,
            _ => return Fate::Held,
        };
        match self.body(collection, document) {
            Some(body) if live => Fate::Recorded(Box::new(body)),
            Some(body) => Fate::Taxed(Box::new(body)),
            None => Fate::Held,
        }
    }

    /// The transaction that the document has to become; `None` where it can become none.
    fn body(&self, collection: &str, document: &Value) -> Option<Value> {
        let credit = collection == "credits";
        let (sign, rows, date) =
            if credit { (-1, "credit_line_items", "credit_date") } else { (1, "line_items", "invoice_date") };
        let currency = text(document, "currency");
        let date_of: jiff::civil::Date = text(document, date).parse().ok()?;
        if date_of > self.today.saturating_add(jiff::Span::new().days(31)) {
            return None;
        }
        let mut lines = Vec::new();
        for line in document[rows].as_array()? {
            let product = text(line, "product_id");
            if !self.products.contains(product) {
                return None;
            }
            let mut item = json!({"id": line["line_no"], "productExternalId": product});
            if let Some(minor) = minor(amount(line, "effective_price"), currency) {
                item["amount"] = json!(minor * sign);
            }
            if self.world.settings.rules.products.tax_included.iter().any(|id| id == product) {
                item["isTaxIncludedInAmount"] = json!(true);
            }
            if let Some(quantity) = line["quantity"].as_f64() {
                item["quantity"] = json!(quantity.to_string());
            }
            lines.push(item);
        }
        if lines.is_empty() {
            return None;
        }
        let own = |document: &Value| {
            let sides = ["shipping_contact", "billing_contact"].map(|side| address(&document[side]));
            sides.into_iter().find(|address| !address.is_empty())
        };
        let credited =
            parent(document).filter(|_| credit).and_then(|id| self.world.ordway.get("invoices", id));
        let address = own(document).or_else(|| own(credited.as_ref()?))?;
        address.get("country")?;
        let customer = self.world.ordway.get("customers", text(document, "customer_id"))?;
        let mut body = json!({"currencyCode": currency, "accountingDate": text(document, date),
            "lineItems": lines, "customerAddress": address,
            "customerId": format!("ordway:{}", text(document, "customer_id"))});
        let tax_id = [document, &customer]
            .into_iter()
            .find_map(|from| from.pointer("/custom_fields/tax_id").or_else(|| from.get("tax_id")))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        if let Some(tax_id) = tax_id {
            body["customerTaxIds"] = json!([{"type": "genericVatNumber", "value": tax_id}]);
        }
        if let Some(invoice) = credited {
            let day = text(&invoice, "invoice_date");
            if day != text(document, date) {
                body["taxDate"] = json!(day);
            }
        }
        Some(body)
    }

    /// Transactions by the document that their ids name.
    fn groups(&self) -> BTreeMap<(String, String), Vec<StoredTransaction>> {
        let mut groups: BTreeMap<_, Vec<StoredTransaction>> = BTreeMap::new();
        for transaction in self.world.anrok.transactions() {
            let rest = transaction.id.strip_prefix("ordway:").expect("our prefix");
            let (collection, rest) = match rest.strip_prefix("credit:") {
                Some(rest) => ("credits", rest),
                None => ("invoices", rest),
            };
            let id = rest.split(':').next().unwrap().to_owned();
            groups.entry((collection.to_owned(), id)).or_default().push(transaction);
        }
        groups
    }

    /// A checkpoint must not be ahead of what is settled or stored as open.
    pub async fn checkpoint_problems(&self, ledger: &dyn Ledger) -> Vec<String> {
        let fence = ledger.claim("s1fake/ordway", "the oracle", self.world.clock.now()).await.unwrap();
        let (fates, groups) = (self.fates(), self.groups());
        let mut problems = Vec::new();
        for (stream, collection) in [(Stream::Invoices, "invoices"), (Stream::Credits, "credits")] {
            let Some(checkpoint) = ledger.checkpoint(&fence, stream).await.unwrap() else { continue };
            for ((_, id), (document, fate)) in fates.iter().filter(|((of, _), _)| of == collection) {
                let updated: Timestamp = text(document, "updated_date").parse().unwrap();
                // What changed at the very instant of the checkpoint is read again: the filter is inclusive.
                if updated >= checkpoint {
                    continue;
                }
                // What is committed late is found within the look-back of the next reading.
                let late = self.world.late.lock().unwrap().contains(id);
                if late && updated >= checkpoint - self.world.settings.look_back {
                    continue;
                }
                let kind = if collection == "credits" {
                    ordway_anrok::document::DocumentKey::credit(id)
                } else {
                    ordway_anrok::document::DocumentKey::invoice(id)
                };
                let open = ledger.entry(&fence, &kind).await.unwrap().is_some_and(|entry| entry.is_open());
                let group =
                    groups.get(&(collection.to_owned(), id.clone())).map(Vec::as_slice).unwrap_or_default();
                let mut wrong = Vec::new();
                match fate {
                    Fate::Recorded(body) => Self::recorded(body, group, &mut |text| wrong.push(text)),
                    Fate::Nothing => nothing_counts(group, &mut |text| wrong.push(text)),
                    Fate::Outside => wrong.push("it is to be looked at again".to_owned()),
                    Fate::Taxed(body) => self.taxed(body, document, &mut |text| wrong.push(text)),
                    Fate::Held => wrong.push("it is to be held".to_owned()),
                }
                if !wrong.is_empty() && !open {
                    problems.push(format!("behind the checkpoint, not open: {collection} {id}: {wrong:?}"));
                }
            }
        }
        ledger.release(&fence).await.unwrap();
        problems
    }
}

/// What counts in returns: everything but the voided.
fn counted(group: &[StoredTransaction]) -> impl Iterator<Item = &StoredTransaction> {
    group.iter().filter(|transaction| transaction.state != TransactionState::Void)
}

/// The live ones that no negation takes back.
fn effective(group: &[StoredTransaction]) -> Vec<&StoredTransaction> {
    let negated = |id: &str| counted(group).any(|other| other.negates.as_deref() == Some(id));
    group
        .iter()
        .filter(|transaction| transaction.state == TransactionState::Live && !negated(&transaction.id))
        .collect()
}

fn nothing_counts(group: &[StoredTransaction], wrong: &mut impl FnMut(String)) {
    let sum: i64 = counted(group).map(|transaction| transaction.input_amount).sum();
    let tax: i64 = counted(group).map(|transaction| transaction.tax_amount_to_collect).sum();
    let odd = counted(group).count() % 2;
    if sum != 0 || tax != 0 || odd != 0 {
        wrong(format!("counts with {sum} and tax {tax} although nothing of it may count: {group:?}"));
    }
}

fn parent(credit: &Value) -> Option<&str> {
    credit["invoices"].as_array()?.first()?["id"].as_str()
}

fn lines(body: &Value) -> impl Iterator<Item = &Value> {
    body["lineItems"].as_array().into_iter().flatten()
}

fn same_lines(expected: &Value, found: &Value) -> bool {
    let (expected, found) = (expected.as_array().unwrap(), found.as_array().unwrap());
    expected.len() == found.len()
        && expected.iter().zip(found).all(|(expected, found)| {
            let expected = expected.as_object().unwrap();
            expected.iter().all(|(name, value)| match name.as_str() {
                "quantity" => {
                    let number = |value: &Value| {
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned)
                            .parse::<Decimal>()
                            .ok()
                    };
                    number(value) == number(&found[name])
                }
                _ => found.get(name) == Some(value),
            })
        })
}

fn address(contact: &Value) -> Map<String, Value> {
    let mut address = Map::new();
    for (to, from) in [
        ("line1", "address1"),
        ("city", "city"),
        ("region", "state"),
        ("postalCode", "zip"),
        ("country", "country"),
    ] {
        let value = text(contact, from).trim();
        if !value.is_empty() && value != "-" {
            let value = match (to, value) {
                ("country", super::USA | "United States") => "US",
                ("country", "Germany") => "DE",
                ("country", "United Kingdom") => "GB",
                ("country", "France") => "FR",
                ("country", "Australia") => "AU",
                ("country", "Canada") => "CA",
                ("country", "Japan") => "JP",
                ("country", "Kuwait") => "KW",
                _ => value,
            };
            address.insert(to.to_owned(), json!(value));
        }
    }
    address
}
