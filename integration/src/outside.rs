//! What others changed at Anrok since our last write: reprocessing, a person, another program. Seen, told apart, and answered.
//!
//! The ledger remembers of every transaction what was sent, what came back and at which version. Anrok's list
//! (`transactions/list`, a premium call), or `transactions/get` for one document (grade C), says what stands there now.
//! Our own writes are what the ledger remembers, so they are never told.
//!
//! ```no_run
//! use ordway_anrok::outside::Answer;
//!
//! # async fn run(bridge: ordway_anrok::Bridge) -> Result<(), Box<dyn std::error::Error>> {
//! let looked = bridge.outside_changes(None).await?;
//! for change in &looked.changes {
//!     println!("{change}");
//!     if change.answers.contains(&Answer::Resend) {
//!         bridge.answer(change, Answer::Resend).await?; // Ordway's word counts
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod change;
mod look;

pub use answer::{Answer, AnswerError};
pub use change::{Cause, Change, Figure, What};
pub(crate) use look::Look;
pub use look::Looked;
