//! anrok-client

pub mod address;
pub mod api_key;
pub mod client;
pub mod conflict;
pub mod currency;
pub mod error;
pub mod list;
pub mod newer;
pub mod product_tax_categories;
pub mod products;
pub mod time_zone;
pub mod transactions;
pub mod wire;

pub use address::{Address, AddressBuilder};
pub use api_key::{ApiKey, ApiKeyError};
pub use client::{BuildError, Client, ClientBuilder, Environment};
pub use conflict::{Conflict, Disposition};
pub use currency::{Currency, CurrencyError};
pub use error::{AnrokError, Error, Fault, Result};
pub use newer::Available;
pub use time_zone::AccountingTimeZone;
