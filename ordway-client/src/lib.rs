//! A typed client of Ordway's billing API v1.
//!
//! Ordway's answers are irregular (amounts as strings, `""` and `"-"` for nothing, custom fields repeated at top
//! level); this client reads all known forms, keeps what it does not know, and writes back what it read. One
//! unreadable record never loses its page.
//!
//! ```no_run
//! use ordway_client::{Client, Credentials, invoices::ListInvoices};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let ordway = Client::builder(Credentials::from_env()?).build()?;
//! ordway.check().await?;
//! let mut invoices = ordway.invoices().list(ListInvoices::default());
//! while let Some(invoice) = invoices.try_next().await? {
//!     println!("{} {:?} {:?}", invoice.id, invoice.status, invoice.invoice_amount);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is known, and how well
//! Ordway publishes no specification. Every operation states a [`Grade`]: A recorded on the wire, B documented by
//! others who called it, C a catalogue only, D inferred. Endpoints of grade C and D can be re-routed
//! ([`ClientBuilder::route`]); anything else is reached through [`Client::raw`]. [`endpoints`] is the inventory.
//!
//! # Lists
//! `list` pages by number, for a quiet set; `seek` follows changes and loses none. Both collect unreadable records.
//!
//! # Errors
//! Every call returns [`Error`]. Look at [`Error::write_state`](ordway_anrok_http::Error::write_state) before repeating
//! a write, and at [`OrdwayError::fault`] for the credential to fix.
//!
//! # What it does not do
//! It does not check bodies before sending, follow redirects, send card data, or guess: an unknown word stays a word.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod billing_runs;
pub mod billing_schedules;
pub mod charges;
pub mod chart_of_accounts;
mod client;
pub mod contacts;
pub mod coupons;
mod credentials;
pub mod credits;
mod custom_fields;
pub mod customer_notes;
pub mod customers;
pub mod debit_memos;
pub mod embedded;
mod environment;
mod error;
pub mod ids;
mod input;
pub mod invoices;
pub mod journal_entries;
mod list;
pub mod notifications;
pub mod orders;
mod patch;
pub mod payment_methods;
pub mod payment_runs;
pub mod payments;
pub mod plans;
pub mod products;
pub mod refunds;
pub mod revenue_rules;
pub mod revenue_schedules;
mod seek;
pub mod statements;
pub mod subscriptions;
mod time;
pub mod traits;
pub mod usages;
pub mod webhook_receiver;
pub mod webhooks;

pub use client::{BuildError, Client, ClientBuilder};
pub use credentials::{CredentialName, CredentialProblem, Credentials, CredentialsError};
pub use environment::Environment;
pub use error::{CredentialFault, Error, OrdwayError, Result};
pub use ids::{
    AccountCode, BillingRunId, BillingScheduleId, ChargeId, ContactId, CouponId, CreditId, CustomerId,
    CustomerNoteId, DebitMemoId, InvoiceId, JournalEntryId, OrderId, PaymentId, PaymentMethodId,
    PaymentRunId, PlanId, ProductId, RefundId, RevenueRuleId, RevenueScheduleId, StatementId, SubscriptionId,
    SubscriptionLineId, UsageId, WebhookKey,
};
pub use list::{Direction, List, ListQuery, Listable, Listed, Sort};
pub use patch::Patch;
pub use seek::{SeekFrom, SeekPage, SeekReader};
pub use time::{OrdwayDate, OrdwayTime};

#[cfg(feature = "testing")]
pub use ordway_anrok_http::testing;
pub use ordway_anrok_http::{
    ApiError, BaseUrl, BaseUrlError, CallOptions, Chance, Checkpoint, Clock, EndpointInfo, ErrorKind, Grade,
    Method, OnBadRecord, Pace, Pacer, Page, Pager, Priority, Rate, RawCall, Reject, RequestId, RetryPolicy,
    Safety, SystemClock, Transport, WriteState,
};

/// Every endpoint of this client: name, method, path, retry safety, grade.
pub fn endpoints() -> impl Iterator<Item = &'static EndpointInfo> {
    [
        billing_runs::ENDPOINTS,
        billing_schedules::ENDPOINTS,
        charges::ENDPOINTS,
        chart_of_accounts::ENDPOINTS,
        contacts::ENDPOINTS,
        coupons::ENDPOINTS,
        credits::ENDPOINTS,
        customer_notes::ENDPOINTS,
        customers::ENDPOINTS,
        debit_memos::ENDPOINTS,
        invoices::ENDPOINTS,
        journal_entries::ENDPOINTS,
        notifications::ENDPOINTS,
        orders::ENDPOINTS,
        payment_methods::ENDPOINTS,
        payment_runs::ENDPOINTS,
        payments::ENDPOINTS,
        plans::ENDPOINTS,
        products::ENDPOINTS,
        refunds::ENDPOINTS,
        revenue_rules::ENDPOINTS,
        revenue_schedules::ENDPOINTS,
        statements::ENDPOINTS,
        subscriptions::ENDPOINTS,
        usages::ENDPOINTS,
        webhooks::ENDPOINTS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
