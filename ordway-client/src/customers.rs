//! Customers.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{
    Call, Core, DecodeError, Endpoint, EndpointInfo, Grade, Method, Safety, decode, open_enum, record,
};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::contacts::{Contact, ContactInput};
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ContactId, CustomerId};
use crate::input::input;
use crate::list::{List, Listable, Listed, list_endpoint, list_query, one, pager};
use crate::patch::Patch;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::OrdwayTime;

/// `GET /customers` (grade A).
pub const LIST: Endpoint<(), Listed<Customer>> = list_endpoint("customers.list", "/customers");
/// `GET /customers/{id}` (grade A).
pub const GET: Endpoint<(), Customer> =
    Endpoint::decoded_by("customers.get", Method::Get, "/customers/{id}", Safety::Read, one);
/// `GET /customers/{id}/verbose` (grade B, seen in 2020).
pub const VERBOSE: Endpoint<(), Customer> =
    Endpoint::decoded_by("customers.verbose", Method::Get, "/customers/{id}/verbose", Safety::Read, one)
        .grade(Grade::B);
/// `POST /customers` (grade A).
pub const CREATE: Endpoint<NewCustomer, Customer> =
    Endpoint::decoded_by("customers.create", Method::Post, "/customers", Safety::Once, one);
/// `PUT /customers/{id}` (grade A).
pub const UPDATE: Endpoint<UpdateCustomer, Customer> =
    Endpoint::decoded_by("customers.update", Method::Put, "/customers/{id}", Safety::Repeatable, one);
/// `DELETE /customers/{id}` (grade B).
pub const DELETE: Endpoint<(), ()> = Endpoint::decoded_by(
    "customers.delete",
    Method::Delete,
    "/customers/{id}",
    Safety::Once,
    decode::nothing,
)
.grade(Grade::B);
/// `GET /customers?size=1&page=1`, the credential check (grade A).
pub const CHECK: Endpoint<(), ()> =
    Endpoint::decoded_by("credentials.check", Method::Get, "/customers", Safety::Read, any_list);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), VERBOSE.info(), CREATE.info(), UPDATE.info(), DELETE.info(), CHECK.info()];

/// The check reads no customer: it must not fail for one bad record, nor hold anybody's data.
fn any_list(body: &[u8]) -> std::result::Result<(), DecodeError> {
    match decode::any(body)? {
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => Ok(()),
        _ => Err(DecodeError::new(".", "a list expected")),
    }
}

open_enum! {
    /// Whether a customer, product or plan is in use.
    pub enum ActiveStatus {
        /// In use (grade A).
        Active = "Active",
        /// Not in use (grade D for customers).
        Inactive = "Inactive",
    }
}

open_enum! {
    /// What kind of customer.
    pub enum CustomerType {
        /// A company (grade A).
        Business = "business",
        /// A person (grade D).
        Individual = "individual",
    }
}

record! {
    /// How invoices reach a customer (grade A).
    pub struct DeliveryPreferences {
        /// On paper.
        print: Option<bool>,
        /// By e-mail.
        email: Option<bool>,
    }
}

record! {
    /// Which ways to pay are open to a customer (grade A). Empty flags are `None`.
    pub struct PaymentOptions {
        /// ACH debit.
        ach_enabled: Option<bool>,
        /// Credit card.
        credit_enabled: Option<bool>,
        /// ACH credit.
        ach_credit_enabled: Option<bool>,
        /// Canadian pre-authorised debit.
        ca_pad_enabled: Option<bool>,
        /// Affirm.
        affirm_enabled: Option<bool>,
        /// A processing fee is charged.
        processing_fee_enabled: Option<bool>,
    }
}

record! {
    /// A customer. Field names and kinds are grade A where nothing else is said.
    pub struct Customer {
        /// Its id; may be the caller's own.
        id: CustomerId,
        /// Name.
        name: Option<String> => personal,
        /// Business or individual.
        customer_type: Option<CustomerType>,
        /// Description.
        description: Option<String> => personal,
        /// Id of the parent customer.
        parent_customer: Option<CustomerId>,
        /// Invoices go to the parent.
        bill_to_parent: Option<bool>,
        /// Website.
        website: Option<String> => personal,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Payment terms as shown: `Net 30`, `Due on Receipt`.
        payment_terms: Option<String>,
        /// `1st Day Of The Month` … `31st Day Of The Month`.
        billing_cycle_day: Option<String>,
        /// Name of the billing batch.
        billing_batch: Option<String>,
        /// The contact that is billed.
        billing_contact_id: Option<ContactId>,
        /// The contact that is shipped to; its address decides the built-in tax rules.
        shipping_contact_id: Option<ContactId>,
        /// E-mail of the billing contact (since 2024).
        billing_contact_email: Option<String> => personal,
        /// E-mail of the shipping contact (since 2024).
        shipping_contact_email: Option<String> => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// No tax is charged where true.
        tax_exempt: Option<bool>,
        /// Open balance, in `currency`.
        balance: Option<Decimal>,
        /// Committed monthly recurring revenue, in `currency`.
        cmrr: Option<Decimal>,
        /// The same after discounts.
        discounted_cmrr: Option<Decimal>,
        /// Committed annual recurring revenue, in `currency`.
        carr: Option<Decimal>,
        /// The same after discounts.
        discounted_carr: Option<Decimal>,
        /// Invoices are paid automatically.
        auto_pay: Option<bool>,
        /// The customer may change `auto_pay`.
        edit_auto_pay: Option<bool>,
        /// Price book.
        price_book_id: Option<String>,
        /// The gateway's id of the customer (`cus_…`).
        payment_gateway_id: Option<String> => secret,
        /// `Stripe`, `CardConnect`, …
        gateway_name: Option<String>,
        /// Name of the gateway account.
        gateway_account_name: Option<String>,
        /// Ways to pay.
        payment_options: Option<PaymentOptions>,
        /// ACH debit, at top level (2024).
        ach_enabled: Option<bool>,
        /// Credit card, at top level (2024).
        credit_enabled: Option<bool>,
        /// ACH credit, at top level (2024).
        ach_credit_enabled: Option<bool>,
        /// Canadian pre-authorised debit, at top level (2024).
        ca_pad_enabled: Option<bool>,
        /// Affirm, at top level (2024).
        affirm_enabled: Option<bool>,
        /// Processing fee, at top level (2024).
        processing_fee_enabled: Option<bool>,
        /// How invoices are delivered.
        delivery_preferences: Option<DeliveryPreferences>,
        /// On paper; repeats `delivery_preferences`.
        print_preference: Option<bool>,
        /// By e-mail; repeats `delivery_preferences`.
        email_preference: Option<bool>,
        /// Link that pays without a login. Grants access: never log it.
        pay_now_url: Option<String> => secret,
        /// Link that changes the payment method without a login.
        update_payment_method_url: Option<String> => secret,
        /// Link to the open invoices without a login.
        open_invoices_url: Option<String> => secret,
        /// When the last invoice was made; may be a date.
        last_invoiced_at: Option<OrdwayTime>,
        /// State of the customer portal.
        portal_status: Option<String>,
        /// Virtual bank account for ACH credit.
        account_number: Option<String> => secret,
        /// Its routing number.
        routing_number: Option<String> => secret,
        /// Its bank.
        bank_name: Option<String> => secret,
        /// Its SWIFT code.
        swift_code: Option<String> => secret,
        /// ACH credit balance, in `currency`.
        ach_credit_balance: Option<Decimal>,
        /// Further bank details.
        banking_info: Option<serde_json::Value> => secret,
        /// State of the last export to another system: `failed`.
        integration_status: Option<String>,
        /// When that export failed.
        integration_failed_at: Option<OrdwayTime>,
        /// Messages of exports by integration.
        integration_messages: Object => personal,
        /// Contacts, embedded.
        contacts: Vec<Contact>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created, UTC.
        created_date: Option<OrdwayTime>,
        /// When it was last changed, UTC.
        updated_date: Option<OrdwayTime>,
        /// Custom fields: `tax_id` is what Anrok's guide expects here.
        custom_fields: Object => personal,
    }
}

custom_fields!(Customer);

impl Listable for Customer {
    const COLLECTION: &'static str = "customers";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

list_query! {
    /// What to list. Whether `updated_since` is honoured for customers is grade A by code only.
    pub struct ListCustomers {
        /// Exactly this name (grade B).
        name: String = "name",
        /// In this state (grade B).
        status: ActiveStatus = "status",
    }
}

input! {
    /// A new customer. Ordway fills in defaults and one contact (recorded).
    pub struct NewCustomer {
        /// An id of the caller's own (grade A).
        id: Option<CustomerId>,
        /// Name.
        name: String => personal,
        /// Business or individual.
        customer_type: Option<CustomerType>,
        /// Description.
        description: Option<String> => personal,
        /// Id of the parent customer.
        parent_customer: Option<CustomerId>,
        /// Invoices go to the parent.
        bill_to_parent: Option<bool>,
        /// Website.
        website: Option<String> => personal,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Payment terms as shown: `Net 30`.
        payment_terms: Option<String>,
        /// `1st Day Of The Month` …
        billing_cycle_day: Option<String>,
        /// Name of the billing batch.
        billing_batch: Option<String>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// No tax is charged where true.
        tax_exempt: Option<bool>,
        /// Invoices are paid automatically.
        auto_pay: Option<bool>,
        /// The customer may change `auto_pay`.
        edit_auto_pay: Option<bool>,
        /// Price book.
        price_book_id: Option<String>,
        /// How invoices are delivered.
        delivery_preferences: Option<DeliveryPreferences>,
        /// Contacts to create with it.
        contacts: Vec<ContactInput>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewCustomer {
    /// A customer of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

input! {
    /// A change of a customer; what is left out stays (grade A).
    pub struct UpdateCustomer {
        /// Name.
        name: Option<String> => personal,
        /// Business or individual.
        customer_type: Option<CustomerType>,
        /// Description.
        description: Patch<String> => personal,
        /// Id of the parent customer.
        parent_customer: Patch<CustomerId>,
        /// Invoices go to the parent.
        bill_to_parent: Option<bool>,
        /// Website.
        website: Patch<String> => personal,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Payment terms as shown.
        payment_terms: Patch<String>,
        /// `1st Day Of The Month` …
        billing_cycle_day: Patch<String>,
        /// Name of the billing batch.
        billing_batch: Patch<String>,
        /// The contact that is billed.
        billing_contact_id: Patch<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Patch<ContactId>,
        /// ISO 4217 code.
        currency: Patch<String>,
        /// No tax is charged where true.
        tax_exempt: Option<bool>,
        /// Invoices are paid automatically.
        auto_pay: Option<bool>,
        /// The customer may change `auto_pay`.
        edit_auto_pay: Option<bool>,
        /// Price book.
        price_book_id: Patch<String>,
        /// How invoices are delivered.
        delivery_preferences: Patch<DeliveryPreferences>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The customers of the company.
#[derive(Clone, Debug)]
pub struct Customers {
    core: Core<OrdwayError>,
}

impl Client {
    /// The customers.
    pub fn customers(&self) -> Customers {
        Customers { core: self.core.clone() }
    }
}

impl Customers {
    /// Lists customers by page number, for a quiet set. `GET /customers` (grade A), read.
    pub fn list(&self, query: ListCustomers) -> List<Customer> {
        pager(&self.core, LIST, Vec::new(), query.into())
    }

    /// Reads customers in order of change, losing none while they change. `GET /customers` (grade A), read.
    /// Whether the filter is honoured for customers is not proven; where it is not, all are read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Customer> {
        seek(&self.core, LIST, from)
    }

    /// One customer. `GET /customers/{id}` (grade A), read.
    pub async fn get(&self, id: &CustomerId) -> Result<Customer> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// One customer with more detail (links). `GET /customers/{id}/verbose` (grade B), read.
    pub async fn verbose(&self, id: &CustomerId) -> Result<Customer> {
        self.core.call(&VERBOSE, Call::new(&()).id(id)).await
    }

    /// Creates a customer. `POST /customers` (grade A), once: after an unknown outcome look for it by id or name.
    pub async fn create(&self, customer: &NewCustomer) -> Result<Customer> {
        self.core.call(&CREATE, Call::new(customer)).await
    }

    /// Changes a customer. `PUT /customers/{id}` (grade A), repeatable.
    pub async fn update(&self, id: &CustomerId, change: &UpdateCustomer) -> Result<Customer> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Deletes a customer. `DELETE /customers/{id}` (grade B), once; any success is accepted, with or without body.
    pub async fn delete(&self, id: &CustomerId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}
