#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod anrok;
pub mod demo;
pub mod fault;
pub mod ordway;
#[cfg(test)]
mod readme;
pub mod rule;
mod seed;
#[cfg(feature = "server")]
mod server;

pub use seed::SeedError;
#[cfg(feature = "server")]
pub use server::{Sandbox, SandboxBuilder, SandboxError};
