//! Stateful fakes of the Ordway and Anrok APIs.
pub mod anrok;
pub mod fault;
pub mod ordway;
pub mod rule;
mod seed;

pub use seed::SeedError;
