//! The resources beside invoices and what they hang on: records, calls, inventory, webhook deliveries.
#![recursion_limit = "512"]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr
)]

mod calls;
mod coverage;
mod documents;
mod inputs;
mod money;
mod recorded;
mod records;
mod selling;
mod setup;
mod webhooks;
