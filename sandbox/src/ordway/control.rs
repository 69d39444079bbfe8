//! The control surface: what a test does behind Ordway's back, as a person in the UI would.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::collections;
use super::event::Event;
use super::invoice::sum_lines;
use super::refusal::Refusal;
use super::render::{self, set, text};
use super::work::Work;
use super::{FakeOrdway, OrdwayConfig, RequestLogEntry, Write, money};
use crate::seed::{self, SeedError};

/// Who acts where no request does.
const OPERATOR: &str = "operations@demo.example";

impl FakeOrdway {
    /// A copy of the settings.
    pub fn config(&self) -> OrdwayConfig {
        self.lock().config.clone()
    }

    /// Changes the settings of the running company, for instance to revoke a token.
    pub fn reconfigure(&self, change: impl FnOnce(&mut OrdwayConfig)) {
        self.locked(|state| {
            change(&mut state.config);
            state.store.follow(&state.config);
        });
    }

    /// Chooses another behaviour where a rule is only assumed.
    pub fn assume(&self, quirk: super::Quirk) {
        self.reconfigure(|config| config.assume(quirk));
    }

    /// Goes back to the default behaviour of a rule.
    pub fn assume_default(&self, rule: &str) {
        self.reconfigure(|config| config.assume_default(rule));
    }

    /// Stores a record as it is, any fields, in place of one with the same id, and gives its id. Missing are added:
    /// the id, `created_date` and `updated_date`. A record with an `updated_date` keeps it. Unknown collections are
    /// stored too, but no request can see them.
    pub fn insert(&self, collection: &str, record: Value) -> String {
        self.work(|work| {
            let (key, prefix) =
                collections::find(collection).map_or(("id", ""), |spec| (spec.key, spec.prefix));
            let mut record = if record.is_object() { record } else { json!({}) };
            if record.get(key).and_then(Value::as_str).is_none_or(str::is_empty) {
                let id = work.store.new_id(collection, prefix);
                set(&mut record, key, id);
            }
            if record.get("updated_date").is_none() {
                let stamp = work.store.stamp(work.now);
                super::work::default(&mut record, "created_date", json!(stamp));
                set(&mut record, "updated_date", stamp);
            }
            let id = text(&record, key).to_owned();
            work.store.put(collection, &id, record);
            id
        })
    }

    /// A record as a `GET` would show it.
    pub fn get(&self, collection: &str, id: &str) -> Option<Value> {
        self.lock().store.get(collection, id).map(|stored| render::record(stored))
    }

    /// All records of a collection in order of arrival, as a `GET` would show them.
    pub fn all(&self, collection: &str) -> Vec<Value> {
        self.lock().store.iter(collection).map(|stored| render::record(stored)).collect()
    }

    /// How many records a collection holds.
    pub fn count(&self, collection: &str) -> usize {
        self.lock().store.len(collection)
    }

    /// Names of the collections that hold records.
    pub fn collections(&self) -> Vec<String> {
        self.lock().store.names().map(str::to_owned).collect()
    }

    /// Removes a record; whether there was one.
    pub fn remove(&self, collection: &str, id: &str) -> bool {
        self.work(|work| work.store.remove(collection, id).is_some())
    }

    /// Creates a record by the rules of `POST /{collection}`: defaults, totals, applications.
    pub fn create(&self, collection: &str, body: &Value) -> Result<Value, Refusal> {
        let body = body.as_object().cloned().unwrap_or_default();
        self.work(|work| work.create_in(collection, &body))
    }

    /// Changes any members of any record and stamps a new `updated_date`. Nothing is checked or recomputed.
    pub fn edit(
        &self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Value, Refusal> {
        self.work(|work| {
            let mut record = work.load(collection, id)?;
            change(&mut record);
            Ok(work.save(collection, id, record))
        })
    }

    /// [`FakeOrdway::edit`] of an invoice.
    pub fn edit_invoice(&self, id: &str, change: impl FnOnce(&mut Value)) -> Result<Value, Refusal> {
        self.edit("invoices", id, change)
    }

    /// Changes the lines of an invoice in any status and makes subtotal and totals anew. `line_tax` stays.
    pub fn edit_lines(&self, id: &str, change: impl FnOnce(&mut Vec<Value>)) -> Result<Value, Refusal> {
        self.work(|work| {
            let mut invoice = work.load("invoices", id)?;
            if let Some(Value::Array(lines)) = invoice.get_mut("line_items") {
                change(lines);
            }
            sum_lines(&mut invoice);
            work.total(&mut invoice);
            Ok(work.save("invoices", id, invoice))
        })
    }

    /// Writes an address over both the billing and the shipping contact of an invoice and of its customer.
    pub fn repair_address(&self, id: &str, address: &super::Address) -> Result<Value, Refusal> {
        self.work(|work| {
            let mut invoice = work.load("invoices", id)?;
            let customer_id = text(&invoice, "customer_id").to_owned();
            if let Ok(mut customer) = work.load("customers", &customer_id) {
                for contact in super::invoice::rows_mut(&mut customer, "contacts") {
                    address.write_to(contact);
                }
                work.save("customers", &customer_id, customer);
            }
            for side in ["billing_contact", "shipping_contact"] {
                if let Some(contact) = invoice.get_mut(side) {
                    address.write_to(contact);
                }
            }
            Ok(work.save("invoices", id, invoice))
        })
    }

    /// Posts a draft. An invoice in another status is refused (422).
    pub fn post_invoice(&self, id: &str) -> Result<Value, Refusal> {
        self.work(|work| work.post_invoice(id))
    }

    /// Processes a draft credit: it is applied to the invoices that it names. Drafts are made under
    /// [`Quirk::CreditsBeginAsDraft`](super::Quirk::CreditsBeginAsDraft) only.
    pub fn process_credit(&self, id: &str) -> Result<Value, Refusal> {
        self.work(|work| work.process_credit(id))
    }

    /// Reverses a posted invoice on a calendar date (`YYYY-MM-DD`).
    pub fn reverse_invoice(&self, id: &str, date: &str) -> Result<Value, Refusal> {
        self.work(|work| work.reverse_invoice(id, &reversal(date)))
    }

    /// Records an external payment over `amount` and applies it; the answer is the payment.
    pub fn pay_invoice(&self, id: &str, amount: &str) -> Result<Value, Refusal> {
        self.work(|work| {
            let invoice = work.open_invoice(id)?;
            let amount = if amount.is_empty() { text(&invoice, "balance") } else { amount };
            let body = json!({
                "customer_id": text(&invoice, "customer_id"), "payment_amount": amount,
                "currency": text(&invoice, "currency"),
                "invoices": [{"id": id, "amount_applied": amount}],
            });
            work.create_payment(body.as_object().unwrap_or(&Map::new()))
        })
    }

    /// Credits `amount` (before tax) on the first line's product of an invoice, applies it, and gives the credit.
    pub fn credit_invoice(&self, id: &str, amount: &str) -> Result<Value, Refusal> {
        self.work(|work| {
            let invoice = work.open_invoice(id)?;
            let line = super::invoice::rows(&invoice, "line_items").next().cloned().unwrap_or_default();
            let value = money::parse_text(amount)
                .filter(|value| *value > Decimal::ZERO)
                .ok_or_else(|| Refusal::broken_rule("credits", "the amount must be greater than 0"))?;
            let amount = money::text(value, text(&invoice, "currency"));
            let body = json!({
                "customer_id": text(&invoice, "customer_id"), "currency": text(&invoice, "currency"),
                "billing_contact": invoice.get("billing_contact"),
                "shipping_contact": invoice.get("shipping_contact"),
                "credit_line_items": [{
                    "product_id": text(&line, "product_id"), "product_name": text(&line, "product_name"),
                    "description": "Goodwill", "unit_price": amount,
                }],
                "invoices": [{"id": id, "amount_applied": amount}],
            });
            work.create_credit(body.as_object().unwrap_or(&Map::new()))
        })
    }

    /// Reverses a processed credit on a calendar date (`YYYY-MM-DD`).
    pub fn reverse_credit(&self, id: &str, date: &str) -> Result<Value, Refusal> {
        self.work(|work| work.reverse_credit(id, &reversal(date)))
    }

    /// Gives a record a new `updated_date` and nothing else, as a background job would.
    pub fn touch(&self, collection: &str, id: &str) -> Result<Value, Refusal> {
        self.edit(collection, id, |_| {})
    }

    /// While on, all changes share the `updated_date` of the latest one.
    pub fn tie_timestamps(&self, on: bool) {
        self.locked(|state| state.store.tied = on);
    }

    /// Reads `NAME-pageN.json` files of a folder (arrays of records, `index.json` and other names ignored) as the
    /// data of collection NAME, as they are. Gives the number of records. Documents that are only embedded in others
    /// stay there. Records that share an id, as anonymised recordings do, are all listed; a read by id gives the first.
    ///
    /// # Errors
    /// The folder or a file cannot be read, is not a JSON array of objects with ids, or names no collection; the
    /// error says which file. Nothing is stored then.
    pub fn seed_folder(&self, folder: impl AsRef<Path>) -> Result<usize, SeedError> {
        let pages = seed::read_folder(folder.as_ref())?;
        Ok(self.work(|work| {
            let mut count = 0;
            let mut repeats: HashMap<(&str, String), usize> = HashMap::new();
            for (spec, record) in pages {
                let id = text(&record, spec.key).to_owned();
                let earlier = repeats.entry((spec.name, id.clone())).or_default();
                // A key no request can name: lists show the record, a read by id finds the first one.
                let key = if *earlier == 0 { id } else { format!("{id}\u{0}{earlier}") };
                *earlier += 1;
                work.store.put(spec.name, &key, record);
                count += 1;
            }
            count
        }))
    }

    /// Every PUT, POST and DELETE received, refused ones included; the newest 100,000.
    pub fn writes(&self) -> Vec<Write> {
        self.lock().writes.iter().cloned().collect()
    }

    /// Every request received; the newest 100,000.
    pub fn request_log(&self) -> Vec<RequestLogEntry> {
        self.lock().log.iter().cloned().collect()
    }

    /// How many requests were answered since the start.
    pub fn requests_served(&self) -> u64 {
        self.lock().requests
    }

    /// The newest 10,000 events, the outbox of the webhooks.
    pub fn events(&self) -> Vec<Event> {
        self.lock().store.events()
    }

    /// Calls `hook` for every event from now on, after the change is stored. The hook may call the fake.
    pub fn on_event(&self, hook: impl Fn(&Event) + Send + Sync + 'static) {
        self.lock().hooks.push(Arc::new(hook));
    }

    /// Today's date in UTC by the fake's clock.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// Runs a change as the company's own staff.
    pub(super) fn work<R>(&self, change: impl FnOnce(&mut Work<'_>) -> R) -> R {
        let now = self.clock.now();
        self.locked(|state| {
            change(&mut Work { store: &mut state.store, config: &state.config, now, actor: OPERATOR })
        })
    }
}

fn reversal(date: &str) -> Map<String, Value> {
    Map::from_iter([("reversed_on".to_owned(), Value::from(date))])
}
