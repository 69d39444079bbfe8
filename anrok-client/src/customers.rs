//! Customers. Not in the API 1.1 document, seen by third parties only (grade C): optional, never required.
//!
//! Customers come into being by the first transaction or certificate that names them.

use ordway_anrok_http::{Bulk, Call, Endpoint, EndpointInfo, Grade, Method, Safety, record};
use serde::Serialize;

use crate::client::Client;
use crate::error::Result;
use crate::list::{self, ListRequest, Listable, Listed, Pages};
use crate::newer::Available;
use crate::transactions::CustomerId;
use crate::wire::{Nothing, handle_trait};

/// Lists customers.
pub const LIST: Endpoint<ListRequest<CustomerFilter>, Listed<Customer>> = Endpoint::decoded_by(
    "customers.list",
    Method::Post,
    "/v1/seller/customers/list",
    Safety::Read,
    list::decode,
)
.bulk(Bulk::List)
.grade(Grade::C);

/// Reads a customer.
pub const GET: Endpoint<Nothing, Customer> =
    Endpoint::post("customers.get", "/v1/seller/customers/id:{customerId}/get", Safety::Read).grade(Grade::C);

/// The endpoints of this file. None of them is in the API 1.1 document.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info()];

/// The most customers on a page of the list (grade C).
pub const MAX_PAGE: u32 = 100;

/// No filter of customers is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CustomerFilter {}

record! {
    /// A customer.
    pub struct Customer {
        /// Its id.
        id: CustomerId,
        /// Its name.
        name: Option<String> => personal,
        /// The contact's e-mail address.
        email_address: Option<String> = "emailAddress" => personal,
    }
}

impl Listable for Customer {
    const MEMBER: &'static str = "customers";
}

/// Calls on customers. From [`Client::customers`].
#[derive(Clone, Debug)]
pub struct Customers {
    client: Client,
}

impl Client {
    /// List and read customers, where the API offers it (grade C).
    pub fn customers(&self) -> Customers {
        Customers { client: self.clone() }
    }
}

impl Customers {
    /// Whether the API lists customers at all: reads one.
    pub async fn is_available(&self) -> Result<bool> {
        let request = ListRequest::new(list::PageFrom::Start(None), Some(1));
        let outcome = Available::detect(self.client.call(&LIST, Call::new(&request)).await)?;
        Ok(outcome.answer().is_some())
    }

    /// Lists customers. Ask [`Customers::is_available`] first; where it is not, the first page fails with
    /// [`Fault::Routing`](crate::Fault::Routing).
    ///
    /// `POST customers/list`, a read, `limit` 1 to [`MAX_PAGE`] (grade C).
    pub fn list(&self, limit: Option<u32>) -> Pages<Customer> {
        list::pager(&self.client, LIST, Ok(None), limit, MAX_PAGE)
    }

    /// Reads a customer.
    ///
    /// `POST customers/id:{id}/get`, a read (grade C). An unknown id probably answers `customerIdNotFound`.
    pub async fn get(&self, id: &CustomerId) -> Result<Available<Customer>> {
        Available::detect(self.client.call(&GET, Call::new(&Nothing {}).id(id)).await)
    }
}

handle_trait! {
    /// [`Customers`] as a trait, for mocking.
    trait CustomersApi for Customers {
        /// See [`Customers::is_available`].
        async fn is_available(&self) -> Result<bool>;
        /// See [`Customers::get`].
        async fn get(&self, id: &CustomerId) -> Result<Available<Customer>>;
        ;
        /// See [`Customers::list`].
        fn list(&self, limit: Option<u32>) -> Pages<Customer>;
    }
}
