//! What a fake's rule rests on.

use std::fmt;

/// How a rule of a fake is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The vendor documents it.
    Documented,
    /// It was seen on the wire, or a third party saw it and wrote it down.
    Observed,
    /// Nobody outside the vendor knows; the fake has to do something.
    Assumed,
}

/// One behaviour of a fake and what it rests on. Listed by `FakeAnrok::RULES` and `FakeOrdway::RULES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Stable name, for instance `frozen-refuses-update`.
    pub name: &'static str,
    /// What the fake does.
    pub behaviour: &'static str,
    /// What that rests on.
    pub evidence: Evidence,
}

impl Rule {
    /// A rule.
    pub const fn new(name: &'static str, evidence: Evidence, behaviour: &'static str) -> Self {
        Self { name, behaviour, evidence }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:?})", self.name, self.behaviour, self.evidence)
    }
}
