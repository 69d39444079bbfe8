//! One document looked at as a run would, without taking the step that the planner names.

use anrok_client::transactions::Calculation;

use crate::document::{Document, DocumentKey, DocumentKind, Standing};
use crate::hold::Hold;
use crate::ledger::{Entry, Problem, Recording};
use crate::map::request::{CreditedInvoice, TaxRequest};
use crate::map::write_back::{self, AnswerMismatch, DraftWrite};
use crate::plan::Step;

use super::settling::{Prepared, why_not_recorded};
use super::{Run, Stop, anrok};

/// A document, what would be sent for it, what Anrok says to that, and the step a sync would take.
pub(crate) struct Examined {
    pub(crate) document: Document,
    pub(crate) entry: Entry,
    pub(crate) credited: Option<CreditedInvoice>,
    pub(crate) request: Result<TaxRequest, Vec<Hold>>,
    /// Whether what would be sent is what the ledger remembers to have sent.
    pub(crate) unchanged: bool,
    pub(crate) warnings: Vec<String>,
    pub(crate) step: Step,
    /// Asked only for what is to be taxed: drafts and documents in force that can be sent.
    pub(crate) answer: Option<Result<Answered, Box<Problem>>>,
    /// The invoice that a sync records before this credit.
    pub(crate) first: Option<String>,
}

/// What Anrok computes, and what of it belongs on a draft.
pub(crate) struct Answered {
    pub(crate) calculation: Calculation,
    pub(crate) write: Result<DraftWrite, AnswerMismatch>,
}

/// Why there is nothing to look at.
pub(crate) enum NotExamined {
    /// Ordway does not have it; what the ledger remembers of it.
    Unknown(Option<Box<Entry>>),
    Failed(Box<Problem>),
    Stopped(Stop),
}

impl From<Stop> for NotExamined {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Box<Problem>> for NotExamined {
    fn from(problem: Box<Problem>) -> Self {
        Self::Failed(problem)
    }
}

impl Run<'_> {
    /// Reads one document, maps it, plans, and asks for its tax (`createEphemeral`, which records nothing). Only for a
    /// run with `dry_run`, in which nothing is settled on the way.
    pub(crate) async fn examine(&self, key: &DocumentKey) -> Result<Examined, NotExamined> {
        let entry = self.entry(key).await?;
        let Some(document) = self.fetch(key).await? else {
            let known = entry != Entry::new(key.clone());
            return Err(NotExamined::Unknown(known.then(|| Box::new(entry))));
        };
        let mut prepared = self.prepare(document, &entry).await?;
        let first = self.waits_for(&mut prepared, &entry).await?;
        let step = self.next_step(&prepared, &entry, &[]);
        let Prepared { document, request, credited, warnings, .. } = prepared;
        let fingerprint = request.as_ref().ok().map(|(_, fingerprint)| fingerprint);
        let unchanged = match (&entry.recording, &entry.draft) {
            (Recording::Live { fingerprint: sent, .. }, _) => fingerprint == Some(sent),
            (_, Some(draft)) => fingerprint == Some(&draft.fingerprint),
            _ => false,
        };
        let request = request.map(|(request, _)| request);
        let taxed = matches!(document.standing, Standing::Draft | Standing::Live);
        let answer = match &request {
            Ok(request) if taxed => Some(self.calculation(request).await.map(|calculation| {
                let write = write_back::draft_write(request, &anrok::answer(&calculation));
                Answered { calculation, write }
            })),
            _ => None,
        };
        Ok(Examined { document, entry, credited, request, unchanged, warnings, step, answer, first })
    }

    /// A credit waits for its invoice. One that is in force itself is recorded right before it, any other holds it.
    async fn waits_for(&self, prepared: &mut Prepared, entry: &Entry) -> Result<Option<String>, NotExamined> {
        let live = |entry: &Entry| matches!(entry.recording, Recording::Live { .. });
        let credit = prepared.document.key.kind == DocumentKind::Credit;
        let Some(invoice) = prepared.credited.as_ref().map(|credited| credited.id.clone()) else {
            return Ok(None);
        };
        let parent = DocumentKey::invoice(&invoice);
        let known = self.entry(&parent).await?;
        if !credit || live(entry) || live(&known) {
            return Ok(None);
        }
        let document = self.fetch(&parent).await?;
        let in_force = document.as_ref().is_some_and(|document| document.standing == Standing::Live);
        if in_force && known.problem.is_none() {
            return Ok(Some(invoice));
        }
        let because = why_not_recorded(Some(&known), document.as_ref());
        let hold = Hold::WaitsForInvoice { invoice, because };
        match &mut prepared.request {
            Ok(_) => prepared.request = Err(vec![hold]),
            Err(holds) => holds.push(hold),
        }
        Ok(None)
    }
}
