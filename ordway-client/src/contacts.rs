//! Contacts: people and addresses of a customer, and the snapshots of them on documents.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, record};

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ContactId, CustomerId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::patch::Patch;
use crate::time::OrdwayTime;

/// `GET /customers/{customer}/contacts` (grade C; contacts are also embedded in the customer, grade A).
pub const LIST: Endpoint<(), Listed<Contact>> =
    list_endpoint("contacts.list", "/customers/{customer}/contacts").grade(Grade::C);
/// `GET /customers/{customer}/contacts/{id}` (grade B).
pub const GET: Endpoint<(), Contact> = Endpoint::decoded_by(
    "contacts.get",
    Method::Get,
    "/customers/{customer}/contacts/{id}",
    Safety::Read,
    one,
)
.grade(Grade::B);
/// `POST /customers/{customer}/contacts` (grade B; an older flat path is recorded).
pub const CREATE: Endpoint<ContactInput, Option<Contact>> = Endpoint::decoded_by(
    "contacts.create",
    Method::Post,
    "/customers/{customer}/contacts",
    Safety::Once,
    maybe,
)
.grade(Grade::B);
/// `PUT /customers/{customer}/contacts/{id}` (grade B).
pub const UPDATE: Endpoint<ContactPatch, Option<Contact>> = Endpoint::decoded_by(
    "contacts.update",
    Method::Put,
    "/customers/{customer}/contacts/{id}",
    Safety::Repeatable,
    maybe,
)
.grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info()];

record! {
    /// A contact of a customer (grade A). Addresses are free text: `country` is an English name, not a code.
    pub struct Contact {
        /// Its id.
        id: ContactId,
        /// The customer it belongs to.
        customer_id: Option<CustomerId>,
        /// Shown name; the customer's name where none was given.
        display_name: Option<String> => personal,
        /// First name.
        first_name: Option<String> => personal,
        /// Last name.
        last_name: Option<String> => personal,
        /// E-mail.
        email: Option<String> => personal,
        /// Phone.
        phone: Option<String> => personal,
        /// Mobile phone.
        mobile: Option<String> => personal,
        /// Job title.
        job_title: Option<String> => personal,
        /// Department.
        department: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// First line of the street address.
        address1: Option<String> => personal,
        /// Second line of the street address.
        address2: Option<String> => personal,
        /// City.
        city: Option<String> => personal,
        /// State: a code or a name.
        state: Option<String> => personal,
        /// Postal code.
        zip: Option<String> => personal,
        /// County.
        county: Option<String> => personal,
        /// Country: an English name (`United States of America`).
        country: Option<String> => personal,
        /// Not related to a customer (grade B).
        is_unrelated_contact: Option<bool>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created, UTC.
        created_date: Option<OrdwayTime>,
        /// When it was last changed, UTC.
        updated_date: Option<OrdwayTime>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A contact as it was when a document was made (grade A). Always present on invoices; judge by content.
    pub struct ContactSnapshot {
        /// Shown name.
        display_name: Option<String> => personal,
        /// First name.
        first_name: Option<String> => personal,
        /// Last name.
        last_name: Option<String> => personal,
        /// E-mail.
        email: Option<String> => personal,
        /// Phone.
        phone: Option<String> => personal,
        /// Mobile phone.
        mobile: Option<String> => personal,
        /// Job title.
        job_title: Option<String> => personal,
        /// Department.
        department: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// First line of the street address.
        address1: Option<String> => personal,
        /// Second line of the street address.
        address2: Option<String> => personal,
        /// City.
        city: Option<String> => personal,
        /// State: a code or a name.
        state: Option<String> => personal,
        /// Postal code.
        zip: Option<String> => personal,
        /// County.
        county: Option<String> => personal,
        /// Country: an English name.
        country: Option<String> => personal,
        /// Custom fields; on a rare variant only.
        custom_fields: Object => personal,
    }
}

custom_fields!(Contact, ContactSnapshot);

impl ContactSnapshot {
    /// Whether any of street, city, state, zip or country is filled in.
    pub fn has_address(&self) -> bool {
        [&self.address1, &self.address2, &self.city, &self.state, &self.zip, &self.country]
            .iter()
            .any(|part| part.as_deref().is_some_and(|text| !matches!(text.trim(), "" | "-")))
    }
}

impl Listable for Contact {
    const COLLECTION: &'static str = "contacts";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new contact.
    pub struct ContactInput {
        /// An id of the caller's own, where the account's numbering allows it (grade B).
        id: Option<ContactId>,
        /// Shown name.
        display_name: Option<String> => personal,
        /// First name.
        first_name: Option<String> => personal,
        /// Last name.
        last_name: Option<String> => personal,
        /// E-mail.
        email: Option<String> => personal,
        /// Phone.
        phone: Option<String> => personal,
        /// Mobile phone.
        mobile: Option<String> => personal,
        /// Job title.
        job_title: Option<String> => personal,
        /// Department.
        department: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// First line of the street address.
        address1: Option<String> => personal,
        /// Second line of the street address.
        address2: Option<String> => personal,
        /// City.
        city: Option<String> => personal,
        /// State.
        state: Option<String> => personal,
        /// Postal code.
        zip: Option<String> => personal,
        /// County.
        county: Option<String> => personal,
        /// Country, as an English name.
        country: Option<String> => personal,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A change of a contact.
    pub struct ContactPatch {
        /// Shown name.
        display_name: Patch<String> => personal,
        /// First name.
        first_name: Patch<String> => personal,
        /// Last name.
        last_name: Patch<String> => personal,
        /// E-mail.
        email: Patch<String> => personal,
        /// Phone.
        phone: Patch<String> => personal,
        /// Mobile phone.
        mobile: Patch<String> => personal,
        /// Job title.
        job_title: Patch<String> => personal,
        /// Department.
        department: Patch<String> => personal,
        /// Notes.
        notes: Patch<String> => personal,
        /// First line of the street address.
        address1: Patch<String> => personal,
        /// Second line of the street address.
        address2: Patch<String> => personal,
        /// City.
        city: Patch<String> => personal,
        /// State.
        state: Patch<String> => personal,
        /// Postal code.
        zip: Patch<String> => personal,
        /// County.
        county: Patch<String> => personal,
        /// Country, as an English name.
        country: Patch<String> => personal,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The contacts of one customer.
#[derive(Clone, Debug)]
pub struct Contacts {
    core: Core<OrdwayError>,
    customer: CustomerId,
}

impl Client {
    /// The contacts of `customer`.
    pub fn contacts(&self, customer: impl Into<CustomerId>) -> Contacts {
        Contacts { core: self.core.clone(), customer: customer.into() }
    }
}

impl Contacts {
    /// Lists them. `GET /customers/{customer}/contacts` (grade C), read.
    pub fn list(&self, query: ListQuery) -> List<Contact> {
        pager(&self.core, LIST, vec![self.customer.to_string()], query)
    }

    /// One of them. `GET /customers/{customer}/contacts/{id}` (grade B), read.
    pub async fn get(&self, id: &ContactId) -> Result<Contact> {
        self.core.call(&GET, Call::new(&()).id(&self.customer).id(id)).await
    }

    /// Adds one. `POST /customers/{customer}/contacts` (grade B), once: after an unknown outcome look for it first.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, contact: &ContactInput) -> Result<Option<Contact>> {
        self.core.call(&CREATE, Call::new(contact).id(&self.customer)).await
    }

    /// Changes one. `PUT /customers/{customer}/contacts/{id}` (grade B), repeatable.
    /// `None` where Ordway answers without the record.
    pub async fn update(&self, id: &ContactId, change: &ContactPatch) -> Result<Option<Contact>> {
        self.core.call(&UPDATE, Call::new(change).id(&self.customer).id(id)).await
    }
}
