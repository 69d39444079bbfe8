//! Why a document is not settled.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hold::Disposition;

/// Whether somebody has to act, or only time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Held: data, configuration or another document.
    Held,
    /// Failed: an outage, a broken answer, a write without effect.
    Failed,
    /// Settled without a transaction: nothing of it is a matter of tax. Looked at again now and then.
    Outside,
}

impl ProblemKind {
    /// `held`, `failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Outside => "outside",
        }
    }
}

/// Why a document is not settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// Held or failed.
    pub kind: ProblemKind,
    /// A stable word for machines.
    pub code: String,
    /// One sentence, no personal data.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// Who has to act.
    pub disposition: Disposition,
    /// How often in a row.
    pub attempts: u32,
    /// First time in a row.
    pub first_at: Timestamp,
    /// Last time.
    pub last_at: Timestamp,
    /// Not tried before this by itself; `None`: on every run.
    pub next_attempt_at: Option<Timestamp>,
    /// Set aside by a person: neither tried nor counted until the document changes or is asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
}

impl Problem {
    /// A problem seen for the first time at `at`.
    pub fn new(
        kind: ProblemKind,
        code: &str,
        reason: String,
        remedy: String,
        disposition: Disposition,
        at: Timestamp,
    ) -> Self {
        let code = code.to_owned();
        Self {
            kind,
            code,
            reason,
            remedy,
            disposition,
            attempts: 1,
            first_at: at,
            last_at: at,
            next_attempt_at: None,
            archived_at: None,
        }
    }

    /// The same problem after `earlier`: counted on, not begun anew.
    #[must_use]
    pub fn after(mut self, earlier: Option<&Self>) -> Self {
        if let Some(earlier) = earlier.filter(|e| e.kind == self.kind && e.code == self.code) {
            self.attempts = earlier.attempts.saturating_add(1);
            self.first_at = earlier.first_at;
        }
        self
    }
}
