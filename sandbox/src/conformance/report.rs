//! What a run found.

use std::fmt;

use serde_json::{Value, json};

use super::probe::Stop;
use crate::fault::Service;
use crate::rule::{Evidence, Rule};

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The implementation does what the rule says.
    Passed,
    /// It does something else.
    Failed,
    /// It could not be found out.
    NotApplicable,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// One check: what was expected, sent and seen. Holds no credentials, and of answers only status and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// Whose rule.
    pub service: Service,
    /// Id of the rule.
    pub rule: &'static str,
    /// What the rule says.
    pub sentence: &'static str,
    /// How the rule is known. Where it is assumed, a failure is news about the real system, not a fault of it.
    pub evidence: Evidence,
    /// Where it is known from.
    pub source: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it failed or is not applicable; blank where it passed.
    pub note: String,
    /// `POST /v1/seller/… {…} -> 200 {…}`, in order.
    pub exchanges: Vec<String>,
}

impl CheckReport {
    pub(super) fn new(
        service: Service,
        id: &'static str,
        rule: Option<&Rule>,
        result: Result<(), Stop>,
        exchanges: Vec<String>,
    ) -> Self {
        let (verdict, note) = match result {
            Ok(()) => (Verdict::Passed, String::new()),
            Err(Stop::Failed(note)) => (Verdict::Failed, note),
            Err(Stop::NotApplicable(note)) => (Verdict::NotApplicable, note),
        };
        Self {
            service,
            rule: id,
            sentence: rule.map_or("", |rule| rule.sentence),
            evidence: rule.map_or(Evidence::Assumed, |rule| rule.evidence),
            source: rule.map_or("", |rule| rule.source),
            verdict,
            note,
            exchanges,
        }
    }
}

/// All checks of a run. `Display` is the report as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// In order of the run.
    pub checks: Vec<CheckReport>,
}

impl ConformanceReport {
    pub(super) fn new(checks: Vec<CheckReport>) -> Self {
        Self { checks }
    }

    /// How many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }

    /// Rules of the checks that ended so, in order of the run.
    pub fn rules(&self, verdict: Verdict) -> impl Iterator<Item = &'static str> {
        self.checks.iter().filter(move |check| check.verdict == verdict).map(|check| check.rule)
    }

    /// Something was checked and nothing failed.
    pub fn is_passed(&self) -> bool {
        self.count(Verdict::Failed) == 0 && self.count(Verdict::Passed) > 0
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| {
                json!({
                    "service": format!("{:?}", check.service).to_lowercase(),
                    "rule": check.rule,
                    "sentence": check.sentence,
                    "evidence": check.evidence.to_string(),
                    "source": check.source,
                    "verdict": check.verdict.word().to_lowercase(),
                    "note": check.note,
                    "exchanges": check.exchanges,
                })
            })
            .collect();
        json!({
            "passed": self.count(Verdict::Passed),
            "failed": self.count(Verdict::Failed),
            "not_applicable": self.count(Verdict::NotApplicable),
            "checks": checks,
        })
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let verdict = check.verdict.word();
            writeln!(f, "{verdict:<14} {:?} {} ({})", check.service, check.rule, check.evidence)?;
            if check.verdict != Verdict::Passed {
                writeln!(f, "    {}", check.note)?;
            }
            if check.verdict == Verdict::Failed {
                writeln!(f, "    the rule: {} ({})", check.sentence, check.source)?;
                for exchange in &check.exchanges {
                    writeln!(f, "    {exchange}")?;
                }
            }
        }
        write!(
            f,
            "{} passed, {} failed, {} not applicable",
            self.count(Verdict::Passed),
            self.count(Verdict::Failed),
            self.count(Verdict::NotApplicable)
        )
    }
}
