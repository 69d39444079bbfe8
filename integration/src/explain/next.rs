//! The planner's step in words.

use super::parts::Next;
use crate::document::{DocumentKind, Standing};
use crate::engine::examining::Examined;
use crate::ledger::Operation;
use crate::plan::Step;

pub(super) fn next(examined: &Examined) -> Next {
    let (step, transaction, what) = match &examined.step {
        Step::Nothing => ("nothing", None, "It is left as it is.".to_owned()),
        Step::Calculate => {
            ("calculate", None, "Its tax is computed and written to the draft, where it differs.".to_owned())
        }
        Step::Record { transaction } => {
            let before = examined.first.as_ref().map(|invoice| format!(" after its invoice {invoice}"));
            let what = format!("It is recorded as {transaction}{}.", before.unwrap_or_default());
            ("record", Some(transaction), what)
        }
        Step::Update { transaction } => (
            "update",
            Some(transaction),
            format!("{transaction} is replaced; in a locked period it is corrected as the settings say."),
        ),
        Step::Delta { transaction, .. } => (
            "delta",
            Some(transaction),
            format!("The difference is recorded as {transaction}, beside what is on record."),
        ),
        Step::Adopt { transaction } => (
            "remember",
            Some(transaction),
            format!("Nothing is sent: {transaction} is what the document says, and the ledger is told."),
        ),
        Step::Void { transaction } => {
            ("void", Some(transaction), format!("{transaction} is voided; in a locked period it is negated."))
        }
        Step::Negate { transaction, negation } => {
            ("negate", Some(transaction), format!("{transaction} is taken back by {negation}."))
        }
        Step::Hold(_) => ("hold", None, "Nothing is done until what is named above is put right.".to_owned()),
    };
    let what = match &examined.answer {
        Some(Err(_)) if !matches!(examined.step, Step::Nothing | Step::Hold(_)) => {
            format!("{what} As long as Anrok answers as above it stays where it is, and is tried again.")
        }
        _ => what,
    };
    Next { step: step.to_owned(), transaction: transaction.cloned(), what, why: why(examined) }
}

fn why(examined: &Examined) -> String {
    let begun = examined.entry.intent.as_ref().filter(|intent| intent.operation != Operation::WriteTax);
    if let Some(begun) = begun {
        return format!(
            "A write to {} was begun and its outcome is not known; it is settled first.",
            begun.transaction
        );
    }
    let text = match (&examined.step, &examined.document.standing) {
        (Step::Hold(holds), _) => {
            let reasons: Vec<String> = holds.iter().map(ToString::to_string).collect();
            return examined.document.without_personal_data(&format!("Held: {}.", reasons.join("; ")));
        }
        (Step::Nothing, Standing::Draft) => {
            "Its inputs are those that were calculated, and the tax stands on it."
        }
        (Step::Nothing, Standing::Reversed) => "It is reversed, and nothing of it is on record.",
        (Step::Nothing, _) => "It is on record with these very inputs.",
        (Step::Calculate, _) if examined.entry.draft.is_none() => "Its tax has not been calculated yet.",
        (Step::Calculate, _) if examined.unchanged => {
            "Its inputs are those that were calculated, but the tax does not stand on it."
        }
        (Step::Calculate, _) => "Its inputs changed since its tax was calculated.",
        (Step::Record { .. }, _) if examined.document.key.kind == DocumentKind::Credit => {
            "It is processed in Ordway and not on record."
        }
        (Step::Record { .. }, _) => "It is in force in Ordway and not on record.",
        (Step::Update { .. }, _) => "Its inputs changed since it was recorded.",
        (Step::Delta { .. }, _) => "Its lines changed since it was recorded, and what is on record stays.",
        (Step::Adopt { .. }, _) => "What is on record adds up to what it says now.",
        (Step::Void { .. } | Step::Negate { .. }, Standing::Live) => {
            "It changed since it was recorded, and what is on record is undone before it is recorded anew."
        }
        (Step::Void { .. } | Step::Negate { .. }, _) => "It is reversed in Ordway and still on record.",
    };
    text.to_owned()
}
