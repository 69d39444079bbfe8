#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod address;
pub mod addresses;
pub mod api_key;
pub mod certificate_requests;
pub mod certificates;
pub mod client;
pub mod conflict;
pub mod currency;
pub mod customers;
pub mod error;
pub mod filings;
mod inventory;
pub mod list;
pub mod newer;
pub mod product_mappings;
pub mod product_tax_categories;
pub mod products;
pub mod tax_ids;
pub mod time_zone;
pub mod transactions;
pub mod us_juris;
pub mod wire;

pub use address::{Address, AddressBuilder};
pub use api_key::{ApiKey, ApiKeyError};
pub use client::{BuildError, Client, ClientBuilder, Environment};
pub use conflict::{Conflict, Disposition};
pub use currency::{Currency, CurrencyError};
pub use error::{AnrokError, Error, Fault, Result};
pub use inventory::{endpoints, newer_endpoints};
pub use list::Pages;
pub use newer::Available;
pub use time_zone::AccountingTimeZone;
pub use us_juris::UsJuris;

/// What the signatures of this crate name from its engine room.
pub use ordway_anrok_http::{
    BaseUrl, BaseUrlError, Call, CallOptions, Chance, Checkpoint, Clock, Endpoint, EndpointInfo, ErrorKind,
    Grade, Method, OnBadRecord, Pace, Pacer, Page, Pager, Priority, Rate, RawCall, Reject, RequestId,
    RetryPolicy, Safety, Transport, TransportError, WriteState,
};

/// Test doubles: typed stubs, a scripted transport and (feature `testing-httpmock`) httpmock matchers.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    #[cfg(feature = "testing-httpmock")]
    pub use ordway_anrok_http::testing::MockServerExt;
    pub use ordway_anrok_http::testing::{ScriptedTransport, Sent, Stub, StubCall, StubError};
}
