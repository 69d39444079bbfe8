//! Connects an Ordway account with an Anrok account and keeps invoices, credits and tax in step.
//!
//! Drafts are taxed before they go out, posted invoices and credits are recorded exactly once, changes are corrected, and
//! everything that cannot be settled is held with a reason and a remedy.
//!
//! ```
//! use std::sync::Arc;
//! use ordway_anrok::{Bridge, Outcome};
//! use ordway_anrok_http::{Clock, SystemClock};
//! use ordway_anrok_sandbox::{anrok::FakeAnrok, demo::Demo, ordway::FakeOrdway};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
//! let (fake_ordway, fake_anrok) = (FakeOrdway::new(Arc::clone(&clock)), FakeAnrok::new(clock));
//! fake_anrok.configure(|config| config.rate_limit = None);
//! Demo::seed_anrok(&fake_anrok);
//! let config = fake_ordway.config();
//! let credentials = ordway_client::Credentials::new(
//!     config.company.clone(), config.user_email.clone(), config.user_token.clone().into(), config.api_key.clone().into(),
//! );
//! let ordway = ordway_client::Client::builder(credentials).transport(Arc::new(fake_ordway.clone())).build()?;
//! let anrok = anrok_client::Client::builder(fake_anrok.api_key().parse()?).transport(Arc::new(fake_anrok.clone())).build()?;
//!
//! let report = Bridge::builder(ordway, anrok).connect().await?.sync().await?;
//! assert!(report.is_settled(), "an empty company has nothing to settle");
//! # Ok(())
//! # }
//! ```
//!
//! | Module | What it is |
//! |---|---|
//! | [`connect`] | the vendors' set-up steps as checks |
//! | [`plan`] | the pure planner: facts in, one step out |
//! | [`outage_policy`] | what drafts show while Anrok cannot be asked: pure |
//! | [`map`] | money, addresses, ids, requests, write-back: pure |
//! | [`dead_letters`] | what is not settled: listed, tried again, set aside, exported |
//! | [`hold`] | every reason to hold a document, with its remedy |
//! | [`ledger`] | the durable memory: in memory, `SQLite`, or your own |
//!
//! What it does not do: write to posted documents or credits, correct addresses, decide tax.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bridge;
pub mod connect;
pub mod dead_letters;
#[macro_use]
mod on_purpose;
#[cfg(feature = "deliberate-bugs")]
#[doc(hidden)]
pub mod deliberate;
pub mod doctor;
pub mod document;
mod engine;
#[cfg(test)]
mod errors_and_remedies;
pub mod explain;
pub mod fingerprint;
pub mod hold;
mod intake;
mod key_set;
pub mod ledger;
pub mod map;
pub mod outage_policy;
pub mod outside;
pub mod plan;
mod progress;
pub mod reconcile;
mod report;
mod retry;
mod settings;
mod watch;
mod write_contract;

pub use bridge::{ApplyError, Bridge, BridgeBuilder, Canceller, Correction, SyncError};
pub use intake::{Hint, HintCounts, Intake, Received, Subject};
pub use outage_policy::{OutageAction, OutagePolicy, OutageRule};
pub use plan::{Plan, PlanError};
pub use progress::{Observer, Progress};
pub use report::{
    Counts, CurrencyAmounts, DocumentReport, Documents, DocumentsIter, LineReport, Outcome, OutsideTax,
    PlaceholderTotal, Report, Requests, RunProblem,
};
pub use retry::RetryTimes;
pub use settings::{
    DebitMemos, DeltaDate, ExemptPolicy, FrozenPolicy, MixedAddresses, OutsideChanges, Redating, Settings,
    WriteBack,
};
pub use watch::{PassKind, WatchSettings, WatchTotals};
pub use write_contract::{StandingTax, WriteContract};

/// The README's Rust blocks compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
