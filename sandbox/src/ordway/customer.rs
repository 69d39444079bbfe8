//! Customers with the defaults Ordway fills in, and their contacts.

use serde_json::{Map, Value, json};

use super::quirk::Quirk;
use super::refusal::Refusal;
use super::render::{self, set, text};
use super::work::{Work, default};

/// Text fields of a contact, `""` when empty.
const CONTACT_FIELDS: &[&str] = &[
    "first_name",
    "last_name",
    "email",
    "phone",
    "mobile",
    "job_title",
    "department",
    "notes",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "county",
    "country",
];

impl Work<'_> {
    /// `POST /customers`: fills the recorded defaults (rule customer-defaults) and adds one contact named like the
    /// customer where none is given (rule auto-contact).
    pub(super) fn create_customer(&mut self, body: &Map<String, Value>) -> Result<Value, Refusal> {
        let mut customer = Value::Object(body.clone());
        if text(&customer, "name").trim().is_empty() {
            return Err(Refusal::broken_rule("customers", "name can't be blank"));
        }
        let id = match text(&customer, "id") {
            "" => self.store.new_id("customers", "C-"),
            given => given.to_owned(),
        };
        set(&mut customer, "id", id.as_str());
        let given = match body.get("contacts") {
            Some(Value::Array(contacts)) => contacts.clone(),
            Some(contact @ Value::Object(_)) => vec![contact.clone()],
            _ => Vec::new(),
        };
        let given = if given.is_empty() { vec![json!({})] } else { given };
        let name = text(&customer, "name").to_owned();
        let contacts: Vec<Value> =
            given.into_iter().map(|contact| self.new_contact(contact, &id, &name)).collect();
        let first = contacts.first().map(|contact| text(contact, "id").to_owned()).unwrap_or_default();
        let email = contacts.first().map(|contact| text(contact, "email").to_owned()).unwrap_or_default();
        set(&mut customer, "contacts", contacts);
        for (field, value) in [
            ("customer_type", json!("business")),
            ("description", json!("")),
            ("website", json!("")),
            ("status", json!("Active")),
            ("payment_terms", json!("Net 30")),
            ("billing_cycle_day", json!("1st Day Of The Month")),
            ("billing_batch", json!("Default")),
            ("billing_contact_id", json!(first)),
            ("shipping_contact_id", json!(first)),
            ("billing_contact_email", json!(email)),
            ("shipping_contact_email", json!(email)),
            ("currency", json!("USD")),
            ("tax_exempt", json!(false)),
            ("balance", json!("0.00")),
            ("cmrr", json!("0.00")),
            ("discounted_cmrr", json!("0.00")),
            ("auto_pay", json!(true)),
            ("edit_auto_pay", json!(false)),
            ("payment_gateway_id", json!("")),
            ("payment_options", json!({})),
            ("delivery_preferences", json!({"print": true, "email": false})),
            ("print_preference", json!(true)),
            ("email_preference", json!(false)),
        ] {
            default(&mut customer, field, value);
        }
        self.create("customers", customer)
    }

    /// `POST /customers/{id}/contacts`, and the older `POST /contacts` with `customer_id` in the body.
    pub(super) fn create_contact(
        &mut self,
        customer_id: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let mut customer = self.load("customers", customer_id)?;
        let name = text(&customer, "name").to_owned();
        let contact = self.new_contact(Value::Object(body.clone()), customer_id, &name);
        let shown = render::record(&contact);
        if let Some(Value::Array(contacts)) = customer.get_mut("contacts") {
            contacts.push(contact);
        } else {
            set(&mut customer, "contacts", vec![contact]);
        }
        self.save("customers", customer_id, customer);
        Ok(shown)
    }

    /// `PUT /customers/{id}/contacts/{contact id}`. The customer's own `updated_date` moves with it (rule
    /// contact-edit-moves-customer).
    pub(super) fn update_contact(
        &mut self,
        customer_id: &str,
        contact_id: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let stamp = self.store.stamp(self.now);
        let mut customer = self.load("customers", customer_id)?;
        let contact = customer
            .get_mut("contacts")
            .and_then(Value::as_array_mut)
            .and_then(|contacts| contacts.iter_mut().find(|contact| text(contact, "id") == contact_id))
            .ok_or_else(|| Refusal::not_found("contacts"))?;
        render::merge(contact, body, &["id", "customer_id", "created_date", "updated_date"]);
        set(contact, "updated_date", stamp);
        set(contact, "updated_by", self.actor);
        let shown = render::record(contact);
        if self.config.has(Quirk::ContactEditLeavesCustomer) {
            self.store.put("customers", customer_id, customer);
        } else {
            self.save("customers", customer_id, customer);
        }
        Ok(shown)
    }

    /// The customer that owns a contact, for the older flat paths.
    pub(super) fn owner_of_contact(&self, contact_id: &str) -> Result<String, Refusal> {
        self.store
            .iter("customers")
            .find(|customer| contacts(customer).iter().any(|contact| text(contact, "id") == contact_id))
            .map(|customer| text(customer, "id").to_owned())
            .ok_or_else(|| Refusal::not_found("contacts"))
    }

    fn new_contact(&mut self, mut contact: Value, customer_id: &str, name: &str) -> Value {
        if text(&contact, "id").is_empty() {
            let id = self.store.new_id("contacts", "CT-");
            set(&mut contact, "id", id);
        }
        set(&mut contact, "customer_id", customer_id);
        default(&mut contact, "display_name", json!(name));
        for field in CONTACT_FIELDS {
            default(&mut contact, field, json!(""));
        }
        let stamp = self.store.stamp(self.now);
        for (field, value) in [
            ("created_date", json!(stamp)),
            ("updated_date", json!(stamp)),
            ("created_by", json!(self.actor)),
            ("updated_by", json!(self.actor)),
            ("custom_fields", json!({})),
        ] {
            default(&mut contact, field, value);
        }
        contact
    }
}

/// The contacts embedded in a customer.
pub(super) fn contacts(customer: &Value) -> &[Value] {
    customer.get("contacts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The snapshot of a contact that an invoice or credit carries: names and address, all strings.
pub(super) fn snapshot(customer: &Value, id_field: &str) -> Value {
    let id = text(customer, id_field);
    let contact = contacts(customer).iter().find(|contact| text(contact, "id") == id);
    let mut shot = Map::new();
    for field in CONTACT_FIELDS.iter().filter(|field| **field != "notes").chain(&["display_name"]) {
        let value = contact.map(|contact| text(contact, field)).unwrap_or_default();
        shot.insert((*field).to_owned(), Value::from(value));
    }
    Value::Object(shot)
}
