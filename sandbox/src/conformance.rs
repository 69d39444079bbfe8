//! Checks that any implementation of the two APIs can be run against: these fakes, other ones, or an account of the vendor.
//!
//! Each check is named after the rule of [`crate::rule`] that it looks at, so that a failed one says what that rule rests on: where
//! it was assumed, the fakes have to learn, not the implementation. What a check needs and cannot have (a write in a read-only run, a
//! hand behind the scenes, a feature that is off) makes it not applicable, never passed.
//!
//! ```
//! use ordway_anrok_sandbox::Fakes;
//! use ordway_anrok_sandbox::conformance::{Subject, Suite};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let fakes = Fakes::empty();
//! let report = Suite::new().only("void-twice").run(&Subject::of(&fakes)).await;
//! assert!(report.is_passed(), "{report}");
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Against an account: [`Subject::anrok_at`] and [`Subject::ordway_at`] with base URL and credentials, and [`Suite::read_only`], which
//! sends only what stores nothing. Without it the suite creates customers, products, invoices and transactions: never run it against
//! an account whose returns are filed.

mod account;
mod anrok;
mod anrok_life;
mod ordway;
mod ordway_money;
mod probe;
mod report;
mod subject;

use std::future::Future;
use std::pin::Pin;

pub use report::{CheckReport, ConformanceReport, Verdict};
pub use subject::{Act, Control, OrdwayAccess, Subject, SubjectError};

use crate::fault::Service;
use crate::rule;
use probe::{Probe, Stop};

type Checking<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// One check of one rule.
struct Check {
    rule: &'static str,
    /// It stores something.
    writes: bool,
    run: for<'a> fn(&'a mut Probe) -> Checking<'a>,
}

/// A table of checks: rule, `reads` or `writes`, and the body, in which `?` ends the check.
macro_rules! checks {
    ($($rule:literal $kind:ident |$probe:ident| $body:block)*) => {
        pub(super) const CHECKS: &[$crate::conformance::Check] = &[$($crate::conformance::Check {
            rule: $rule,
            writes: $crate::conformance::checks!(@ $kind),
            run: {
                fn run($probe: &mut $crate::conformance::probe::Probe) -> $crate::conformance::Checking<'_> {
                    Box::pin(async move {
                        $body;
                        Ok(())
                    })
                }
                run
            },
        }),*];
    };
    (@ reads) => { false };
    (@ writes) => { true };
}
use checks;

const TABLES: &[(Service, &[Check])] = &[
    (Service::Ordway, ordway::CHECKS),
    (Service::Ordway, ordway_money::CHECKS),
    (Service::Anrok, anrok::CHECKS),
    (Service::Anrok, anrok_life::CHECKS),
    (Service::Anrok, account::CHECKS),
];

/// Which checks to run.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Suite {
    read_only: bool,
    only: Vec<String>,
}

impl Suite {
    /// All checks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that store nothing: lists, reads, previews, and requests that must be refused.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Only the check of this rule; may be called several times.
    pub fn only(mut self, rule: impl Into<String>) -> Self {
        self.only.push(rule.into());
        self
    }

    /// The rules that have a check.
    pub fn rules() -> impl Iterator<Item = &'static str> {
        TABLES.iter().flat_map(|(_, checks)| checks.iter()).map(|check| check.rule)
    }

    /// Runs the checks one after the other. Waits where a limit says so.
    pub async fn run(&self, subject: &Subject) -> ConformanceReport {
        let mut checks = Vec::new();
        for (service, table) in TABLES {
            for check in *table {
                if self.only.is_empty() || self.only.iter().any(|rule| rule == check.rule) {
                    checks.push(self.run_one(*service, check, subject).await);
                }
            }
        }
        ConformanceReport::new(checks)
    }

    async fn run_one(&self, service: Service, check: &Check, subject: &Subject) -> CheckReport {
        let rule = rule::all().map(|(_, rule)| rule).find(|rule| rule.id == check.rule);
        let mut probe = Probe::new(subject);
        let result = if !subject.has(service) {
            Err(Stop::NotApplicable("the subject has no such service".to_owned()))
        } else if self.read_only && check.writes {
            Err(Stop::NotApplicable("it writes, and the run is read-only".to_owned()))
        } else {
            (check.run)(&mut probe).await
        };
        probe.tidy();
        CheckReport::new(service, check.rule, rule, result, probe.into_exchanges())
    }
}
