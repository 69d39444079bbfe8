//! Tolerant readers for JSON as Ordway writes it, and the macros that models are made of.
//!
//! * [`Wire`]: one value, read in every form seen on the wire.
//! * [`Field`]: a member of a record, which may be missing.
//! * [`record!`](crate::record), [`open_enum!`](crate::open_enum), [`id!`](crate::id): models, enums and ids.
//!
//! Reading is loss-free: what a typed value would not write back as it came is kept beside it ([`Spelling`]).

mod field;
mod id;
mod number;
mod open_enum;
mod record;
mod spelling;
mod wire;

#[cfg(test)]
mod tests;

pub use crate::{id, open_enum, record};
pub use field::{Field, Presence, put, take};
pub use number::parse_decimal;
pub use open_enum::same_word;
pub use spelling::Spelling;
pub use wire::{Object, Taken, Unreadable, Wire, is_empty_form};
