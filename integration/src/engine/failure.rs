//! What was tried and could not be done, for a document or for the run, and what a person does about it.

use crate::hold::Disposition;
use crate::report::RunProblem;

use super::outage::Service;

/// Why a document failed. The reason in words is the service's; these are the code and the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A service does not answer.
    Unavailable(Service),
    /// Anrok refuses the API key.
    AnrokKey,
    /// Ordway refuses the credentials.
    OrdwayCredentials,
    /// Ordway refuses a call for a reason of its own.
    OrdwayRefused,
    /// Anrok's answer does not fit the request.
    AnswerMismatch,
    /// The document never stood still.
    KeptChanging,
    /// The ledger could not say what it knows of the invoice that a credit belongs to. It ends the run as well.
    Ledger,
    /// Ordway accepted the tax, and it is not there.
    WriteNotEffective,
    /// The write took lines or products off a draft.
    WriteDamages,
    /// Ordway refuses the tax.
    WriteRefused,
    /// It shows a stand-in for the tax that Anrok could not be asked for.
    Placeholder,
    /// A correction of several steps ended after one of them, with the process.
    Unfinished,
}

impl Failure {
    /// A stable word for machines.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::AnrokKey => "credentials",
            Self::OrdwayCredentials | Self::OrdwayRefused => "ordway-refused",
            Self::AnswerMismatch => "answer-mismatch",
            Self::KeptChanging => "kept-changing",
            Self::Ledger => "ledger",
            Self::WriteNotEffective => "write-not-effective",
            Self::WriteDamages => "write-damages",
            Self::WriteRefused => "write-refused",
            Self::Placeholder => "placeholder",
            Self::Unfinished => "unfinished",
        }
    }

    pub(crate) fn disposition(self) -> Disposition {
        match self {
            Self::Unavailable(_)
            | Self::AnswerMismatch
            | Self::KeptChanging
            | Self::Ledger
            | Self::Placeholder
            | Self::Unfinished => Disposition::RetryLater,
            Self::AnrokKey
            | Self::OrdwayCredentials
            | Self::WriteNotEffective
            | Self::WriteDamages
            | Self::WriteRefused => Disposition::FixConfiguration,
            Self::OrdwayRefused => Disposition::Review,
        }
    }

    pub(crate) fn remedy(self) -> String {
        let text = match self {
            Self::Unavailable(service) => {
                return format!(
                    "Nothing is lost: the next run takes it up again. If it lasts, check {}'s status page and the network.",
                    service.name()
                );
            }
            Self::AnrokKey => "Correct ANROK_API_KEY; the document is taken up again by the next run.",
            Self::OrdwayCredentials => {
                "Correct the Ordway credentials; the document is taken up again by the next run."
            }
            Self::OrdwayRefused => {
                "Correct the document or the API user's permissions in Ordway; an answer that is quoted says which. The next \
                 run tries again."
            }
            Self::AnswerMismatch => {
                "Nothing was written. The next run asks again; report it to Anrok support if it stays."
            }
            Self::KeptChanging => "Nothing to do: the next run takes it up again.",
            Self::Unfinished => {
                "Nothing to do: the next run takes the steps that are left. Do not correct the document at Anrok meanwhile."
            }
            Self::Ledger => "Nothing is lost: the next run takes it up again, once the ledger can be read.",
            Self::WriteNotEffective => {
                "Check how your Ordway takes tax (the request is not publicly documented): probe it in a sandbox and route \
                 invoices.writeTax to another method or path, give a request of your own (WriteBack::Custom), or use \
                 report-only mode. The draft must not be posted before its tax is right."
            }
            Self::WriteDamages => {
                "Your Ordway takes the lines of a tax write for all there is of them. Give a request of your own \
                 (WriteBack::Custom) that sends whole lines, or use report-only mode, and restore the lines of the draft that is \
                 named: until then no draft is written to."
            }
            Self::WriteRefused => {
                "Check that the API user may edit draft invoices, and how your Ordway takes tax (the request is not publicly \
                 documented): route invoices.writeTax to another method or path, give a request of your own \
                 (WriteBack::Custom), or use report-only mode."
            }
            Self::Placeholder => {
                "Nothing to do: the next run that reaches Anrok puts the right tax in its place. An invoice that is posted before \
                 that keeps it; its true tax is recorded then, and the report names the difference."
            }
        };
        text.to_owned()
    }
}

/// What ended a run, or a part of it, early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Somebody asked it to stop.
    Cancelled,
    /// A service refused the credentials.
    Refused(&'static str),
    /// A list of Ordway could not be read to its end.
    Reading(&'static str),
}

impl Broken {
    /// What the report says; `why` are the service's words.
    pub(super) fn problem(self, why: &str) -> RunProblem {
        match self {
            Self::Cancelled => RunProblem::new(
                "run",
                "it was asked to stop before its end",
                "Nothing is lost: the next run goes on where this one stopped.",
            ),
            Self::Refused(service) => RunProblem::new(
                service,
                why,
                "Correct the credential; the documents not reached stay pending and are taken up by the next run.",
            )
            .for_whom(Disposition::FixConfiguration),
            Self::Reading(list) => RunProblem::new(
                "ordway",
                format!("reading the {list} broke off: {why}"),
                "Nothing is lost: the next run goes on where this one stopped. If it lasts, check Ordway's status page, the \
                 network and the permissions of the API user.",
            ),
        }
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use super::{Broken, Failure};
    use crate::engine::outage::Service;
    use crate::errors_and_remedies::every;
    use crate::report::RunProblem;

    pub(crate) fn failures() -> Vec<Failure> {
        every!(Failure:
            Failure::Unavailable(_) => Failure::Unavailable(Service::Anrok),
            Failure::AnrokKey => Failure::AnrokKey,
            Failure::OrdwayCredentials => Failure::OrdwayCredentials,
            Failure::OrdwayRefused => Failure::OrdwayRefused,
            Failure::AnswerMismatch => Failure::AnswerMismatch,
            Failure::KeptChanging => Failure::KeptChanging,
            Failure::Ledger => Failure::Ledger,
            Failure::WriteNotEffective => Failure::WriteNotEffective,
            Failure::WriteDamages => Failure::WriteDamages,
            Failure::WriteRefused => Failure::WriteRefused,
            Failure::Placeholder => Failure::Placeholder,
            Failure::Unfinished => Failure::Unfinished,
        )
    }

    pub(crate) fn run_problems() -> Vec<RunProblem> {
        let all = every!(Broken:
            Broken::Cancelled => Broken::Cancelled,
            Broken::Refused(_) => Broken::Refused("anrok"),
            Broken::Reading(_) => Broken::Reading("invoices"),
        );
        all.into_iter().map(|one| one.problem("(what the service said)")).collect()
    }
}
