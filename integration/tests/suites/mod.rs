//! The reliability suites as functions, so that the same code runs without a bug, where it must find nothing, and with
//! every deliberate bug that it is there to notice, where it must find something (`deliberate_bugs.rs`).
#![allow(dead_code, unreachable_pub)] // every test program runs another part of it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test that fails may panic

pub mod corrections;
pub mod cuts;
pub mod dying;
pub mod late;
pub mod ledger_steps;
pub mod money;
pub mod simulation;
pub mod skew;
pub mod takeover;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ordway_anrok::deliberate::Bug;

use crate::support::World;

/// What a suite found, and where.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The seed, the step, the byte: enough to run it again.
    pub case: String,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.what)
    }
}

impl Violation {
    pub fn new(case: impl Into<String>, what: impl Into<String>) -> Self {
        Self { case: case.into(), what: what.into() }
    }
}

pub type Verdict = Result<(), Violation>;

/// Runs one case on virtual time. An engine that panics has failed as well.
pub fn case<T>(name: &str, live: impl Future<Output = Result<T, String>>) -> Result<T, Violation> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    match catch_unwind(AssertUnwindSafe(|| runtime.block_on(live))) {
        Ok(lived) => lived.map_err(|what| Violation::new(name, what)),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            Err(Violation::new(name, format!("panicked: {said}")))
        }
    }
}

/// A world with this bug in it, or none.
pub fn with(mut world: World, bug: Option<Bug>) -> World {
    world.settings.bug = bug;
    world
}
