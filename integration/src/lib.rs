//! Connects an Ordway account with an Anrok account and keeps invoices, credits and tax in step.

pub mod document;
pub mod fingerprint;
pub mod hold;
pub mod ledger;
pub mod map;
pub mod plan;
