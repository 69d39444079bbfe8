//! From Ordway's documents to Anrok's requests, and back: pure functions.

pub mod address;
pub mod allocation;
pub mod amounts;
pub mod country;
pub mod grouping;
pub mod mixed_places;
pub mod money;
pub mod request;
pub mod transaction_id;
pub mod write_back;
