//! Connects an Ordway account with an Anrok account and keeps invoices, credits and tax in step.

mod bridge;
pub mod connect;
pub mod document;
mod engine;
pub mod fingerprint;
pub mod hold;
pub mod ledger;
pub mod map;
pub mod plan;
mod progress;
mod report;
mod settings;

pub use bridge::{Bridge, BridgeBuilder, Canceller, SyncError};
pub use progress::{Observer, Progress};
pub use report::{Counts, DocumentReport, Outcome, Report, Requests, RunProblem};
pub use settings::{ExemptPolicy, FrozenPolicy, Settings, WriteBack};
