//! Short ways to make customers, invoices and credits in tests.

use std::fmt;

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::render::{set, text};
use super::{FakeOrdway, money};

/// A postal address as Ordway keeps it: free text, the country by its English name. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Address {
    fields: [(&'static str, String); 5],
}

impl Address {
    /// Street, city, state, postal code, country.
    pub fn new(street: &str, city: &str, state: &str, zip: &str, country: &str) -> Self {
        Self {
            fields: [
                ("address1", street.to_owned()),
                ("city", city.to_owned()),
                ("state", state.to_owned()),
                ("zip", zip.to_owned()),
                ("country", country.to_owned()),
            ],
        }
    }

    /// Nothing filled in.
    pub fn blank() -> Self {
        Self::new("", "", "", "", "")
    }

    pub(super) fn write_to(&self, contact: &mut Value) {
        for (name, value) in &self.fields {
            if !name.is_empty() {
                set(contact, name, value.as_str());
            }
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// A line of an invoice or credit. Amounts are text, taken as they are.
#[derive(Clone)]
pub struct Line(Map<String, Value>);

impl Line {
    /// One unit of a product at a price.
    pub fn new(product_id: &str, unit_price: &str) -> Self {
        let mut line = Map::new();
        line.insert("product_id".to_owned(), json!(product_id));
        line.insert("unit_price".to_owned(), json!(unit_price));
        Self(line)
    }

    /// How many units, for instance `"3"` or `"-1"`.
    #[must_use]
    pub fn quantity(self, quantity: &str) -> Self {
        let quantity = money::parse_text(quantity).map_or_else(|| json!(quantity), money::quantity);
        self.with("quantity", quantity)
    }

    /// Discount in percent, for instance `"31.42857142857143"`.
    #[must_use]
    pub fn discount(self, percent: &str) -> Self {
        self.with("discount", json!(percent))
    }

    /// The net amount of the line, where it is not quantity × unit price less the discount.
    #[must_use]
    pub fn amount(self, effective_price: &str) -> Self {
        self.with("effective_price", json!(effective_price))
    }

    /// A one-time charge: `end_date` is `"-"`.
    #[must_use]
    pub fn one_time(self) -> Self {
        self.with("charge_type", json!("one_time"))
    }

    /// What the line calls taxable.
    #[must_use]
    pub fn taxable(self, taxable: bool) -> Self {
        self.with("taxable", json!(taxable))
    }

    /// Any member of the line.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line(..)")
    }
}

/// Makes a customer. See [`FakeOrdway::customer`].
#[derive(Debug)]
#[must_use]
pub struct CustomerBuilder {
    fake: FakeOrdway,
    body: Draft,
    billing: Option<Address>,
    shipping: Option<Address>,
}

/// Makes an invoice. See [`FakeOrdway::invoice`].
#[derive(Debug)]
#[must_use]
pub struct InvoiceBuilder {
    fake: FakeOrdway,
    body: Draft,
    status: String,
}

/// Makes a credit. See [`FakeOrdway::credit`].
#[derive(Debug)]
#[must_use]
pub struct CreditBuilder {
    fake: FakeOrdway,
    body: Draft,
}

/// A body under construction; silent in `Debug`.
#[derive(Clone)]
struct Draft(Value);

impl Draft {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        set(&mut self.0, name, value);
    }

    fn set_custom(&mut self, name: &str, value: &str) {
        let mut custom = self.0.get("custom_fields").cloned().unwrap_or_else(|| json!({}));
        set(&mut custom, name, value);
        self.set("custom_fields", custom);
    }

    fn push(&mut self, list: &str, row: Value) {
        if let Some(Value::Array(rows)) = self.0.get_mut(list) {
            rows.push(row);
        } else {
            self.set(list, vec![row]);
        }
    }

    fn set_contact(&mut self, side: &str, address: &Address, name: &str) {
        let mut contact = json!({"display_name": name, "first_name": "", "last_name": "", "email": "", "phone": "",
            "mobile": "", "job_title": "", "department": "", "address2": "", "county": ""});
        address.write_to(&mut contact);
        self.set(side, contact);
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(..)")
    }
}

impl FakeOrdway {
    /// Begins a customer; [`CustomerBuilder::create`] stores it.
    pub fn customer(&self, name: &str) -> CustomerBuilder {
        let body = Draft(json!({"name": name, "custom_fields": {}}));
        CustomerBuilder { fake: self.clone(), body, billing: None, shipping: None }
    }

    /// Begins an invoice of a customer: a draft dated today, in the customer's currency, with snapshots of its
    /// contacts. [`InvoiceBuilder::create`] stores it.
    pub fn invoice(&self, customer_id: &str) -> InvoiceBuilder {
        let body = Draft(json!({"customer_id": customer_id, "custom_fields": {}}));
        InvoiceBuilder { fake: self.clone(), body, status: "Draft".to_owned() }
    }

    /// Begins a credit of a customer, dated today. [`CreditBuilder::create`] stores it.
    pub fn credit(&self, customer_id: &str) -> CreditBuilder {
        CreditBuilder { fake: self.clone(), body: Draft(json!({"customer_id": customer_id})) }
    }

    /// Stores an active, taxable product.
    pub fn product(&self, id: &str, name: &str) -> String {
        self.insert(
            "products",
            json!({"id": id, "name": name, "sku": "", "description": "", "status": "Active", "taxable": true,
                "price": "0.00", "currency": "USD", "custom_fields": {}}),
        )
    }
}

impl CustomerBuilder {
    /// An id of your own.
    pub fn id(mut self, id: &str) -> Self {
        self.body.set("id", id);
        self
    }

    /// The billing address; it is the shipping address too unless one is given.
    pub fn bill_to(mut self, address: Address) -> Self {
        self.billing = Some(address);
        self
    }

    /// The shipping address, as a contact of its own.
    pub fn ship_to(mut self, address: Address) -> Self {
        self.shipping = Some(address);
        self
    }

    /// ISO code of the customer's currency; USD where none is given.
    pub fn currency(mut self, code: &str) -> Self {
        self.body.set("currency", code);
        self
    }

    /// The custom field `tax_id`, which invoices inherit.
    pub fn tax_id(mut self, tax_id: &str) -> Self {
        self.body.set_custom("tax_id", tax_id);
        self
    }

    /// Any member.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.body.set(name, value);
        self
    }

    /// Stores the customer and gives its id.
    pub fn create(mut self) -> Result<String, Refusal> {
        let mut contacts = Vec::new();
        for address in [self.billing.as_ref(), self.shipping.as_ref()].into_iter().flatten() {
            let mut contact = json!({});
            address.write_to(&mut contact);
            contacts.push(contact);
        }
        let separate = self.billing.is_some() && self.shipping.is_some();
        self.body.set("contacts", contacts);
        let customer = self.fake.create("customers", &self.body.0)?;
        let id = text(&customer, "id").to_owned();
        if separate {
            let second = customer.pointer("/contacts/1/id").cloned().unwrap_or_default();
            self.fake.edit("customers", &id, |customer| set(customer, "shipping_contact_id", second))?;
        }
        Ok(id)
    }
}

impl InvoiceBuilder {
    /// An id of your own.
    pub fn id(mut self, id: &str) -> Self {
        self.body.set("id", id);
        self
    }

    /// Invoice date, `YYYY-MM-DD`.
    pub fn date(mut self, date: &str) -> Self {
        self.body.set("invoice_date", date);
        self
    }

    /// ISO code of the currency.
    pub fn currency(mut self, code: &str) -> Self {
        self.body.set("currency", code);
        self
    }

    /// Any status word, `Draft` where none is given. Totals are the same for all.
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// The shipping snapshot, in place of the customer's.
    pub fn ship_to(mut self, address: &Address) -> Self {
        self.body.set_contact("shipping_contact", address, "");
        self
    }

    /// The billing snapshot, in place of the customer's.
    pub fn bill_to(mut self, address: &Address) -> Self {
        self.body.set_contact("billing_contact", address, "");
        self
    }

    /// The custom field `tax_id`, in place of the customer's.
    pub fn tax_id(mut self, tax_id: &str) -> Self {
        self.body.set_custom("tax_id", tax_id);
        self
    }

    /// Adds a line.
    pub fn line(mut self, line: Line) -> Self {
        self.body.push("line_items", Value::Object(line.0));
        self
    }

    /// Any member.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.body.set(name, value);
        self
    }

    /// Stores the invoice with the totals that follow from its lines, and gives its id. Product names are looked up.
    pub fn create(mut self) -> Result<String, Refusal> {
        self.body.set("status", self.status);
        name_products(&self.fake, &mut self.body, "line_items");
        let invoice = self.fake.create("invoices", &self.body.0)?;
        Ok(text(&invoice, "id").to_owned())
    }
}

impl CreditBuilder {
    /// An id of your own.
    pub fn id(mut self, id: &str) -> Self {
        self.body.set("id", id);
        self
    }

    /// Credit date, `YYYY-MM-DD`.
    pub fn date(mut self, date: &str) -> Self {
        self.body.set("credit_date", date);
        self
    }

    /// ISO code of the currency.
    pub fn currency(mut self, code: &str) -> Self {
        self.body.set("currency", code);
        self
    }

    /// Adds a line; amounts of a credit are positive.
    pub fn line(mut self, line: Line) -> Self {
        self.body.push("credit_line_items", Value::Object(line.0));
        self
    }

    /// Applies `amount` to an open invoice.
    pub fn apply_to(mut self, invoice_id: &str, amount: &str) -> Self {
        self.body.push("invoices", json!({"id": invoice_id, "amount_applied": amount}));
        self
    }

    /// Any member.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.body.set(name, value);
        self
    }

    /// Stores the credit and gives its id.
    pub fn create(mut self) -> Result<String, Refusal> {
        name_products(&self.fake, &mut self.body, "credit_line_items");
        let credit = self.fake.create("credits", &self.body.0)?;
        Ok(text(&credit, "id").to_owned())
    }
}

fn name_products(fake: &FakeOrdway, body: &mut Draft, list: &str) {
    for line in super::invoice::rows_mut(&mut body.0, list) {
        let product = fake.get("products", text(line, "product_id"));
        let name = product.as_ref().map(|product| text(product, "name").to_owned()).unwrap_or_default();
        for field in ["product_name", "description", "charge_name"] {
            super::work::default(line, field, json!(name));
        }
    }
}
