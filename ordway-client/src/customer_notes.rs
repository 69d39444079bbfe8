//! Notes on a customer.

use ordway_anrok_http::{Core, Endpoint, EndpointInfo, id, record};

use crate::client::Client;
use crate::error::OrdwayError;
use crate::ids::CustomerId;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, pager};
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /customers/{customer}/customer_notes` (grade A).
pub const LIST: Endpoint<(), Listed<CustomerNote>> =
    list_endpoint("customerNotes.list", "/customers/{customer}/customer_notes");

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info()];

id! {
    /// A note; Ordway's internal number.
    pub struct CustomerNoteId
}

record! {
    /// A note on a customer (grade A, from the official tap). Its times are `created_at` and `updated_at` here.
    pub struct CustomerNote {
        /// Its id.
        id: CustomerNoteId,
        /// Title.
        title: Option<String> => personal,
        /// Text.
        description: Option<String> => personal,
        /// Name of the attached file.
        file_upload_file_name: Option<String> => personal,
        /// Its media type.
        file_upload_content_type: Option<String>,
        /// Its size in bytes.
        file_upload_file_size: Option<i64>,
        /// When it was attached.
        file_upload_updated_at: Option<OrdwayTime>,
        /// Whether there are older versions; a flag or a word.
        has_versions: Option<String>,
        /// When it was created, UTC.
        created_at: Option<OrdwayTime>,
        /// When it was last changed, UTC.
        updated_at: Option<OrdwayTime>,
        /// Internal number of the user, not an e-mail.
        user_id: Option<i64>,
        /// Internal number of the customer, not its [`CustomerId`].
        customer_id: Option<i64>,
        /// Internal number of the company.
        company_id: Option<String>,
    }
}

impl Listable for CustomerNote {
    const COLLECTION: &'static str = "customer_notes";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_at.as_ref()
    }
}

/// The notes of one customer.
#[derive(Clone, Debug)]
pub struct CustomerNotes {
    core: Core<OrdwayError>,
    customer: CustomerId,
}

impl Client {
    /// The notes of `customer`.
    pub fn customer_notes(&self, customer: impl Into<CustomerId>) -> CustomerNotes {
        CustomerNotes { core: self.core.clone(), customer: customer.into() }
    }
}

impl CustomerNotes {
    /// Lists them by page number, for a quiet set. `GET /customers/{customer}/customer_notes` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<CustomerNote> {
        pager(&self.core, LIST, vec![self.customer.to_string()], query)
    }
}

api! {
    /// What [`CustomerNotes`] does.
    pub trait CustomerNotesApi for CustomerNotes {
        lists { list(query: ListQuery) -> List<CustomerNote>; }
        calls {

        }
    }
}
