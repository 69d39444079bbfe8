#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "server")]
mod admin;
pub mod anrok;
#[cfg(feature = "clients")]
mod clients;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "server")]
mod contents;
pub mod demo;
#[cfg(feature = "server")]
mod dump;
mod fakes;
pub mod fault;
pub mod ordway;
mod pulse;
#[cfg(test)]
mod readme;
mod request_log;
pub mod rule;
mod seed;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod webhook;

#[cfg(feature = "server")]
pub use admin::AdminEndpoint;
#[cfg(feature = "clients")]
pub use clients::ClientError;
pub use clock::SandboxClock;
pub use fakes::Fakes;
pub use request_log::{Logged, LoggedCall, RequestLog};
pub use seed::{Seed, SeedError};
#[cfg(feature = "server")]
pub use server::{Sandbox, SandboxBuilder, SandboxError};
#[cfg(feature = "server")]
pub use webhook::{Delivery, WebhookConfig, WebhookUrlError};
