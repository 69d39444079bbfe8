//! The pipeline end to end on a paused clock: what is sent, how often, when, and what the caller is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::unchecked_time_subtraction)] // a panic is a failed test

mod budget;
mod properties;
mod requests;
mod rig;
mod table;
mod texts;
mod throttling;
mod waiting;
