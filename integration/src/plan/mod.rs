//! The planner: what Ordway says, what the ledger says → the one step to take. Pure; nothing else decides.

mod difference;
mod proposal;

pub use difference::{NoDifference, difference};
pub(crate) use difference::{dated, delta_request, sent_lines};
pub(crate) use proposal::Binding;
pub use proposal::{
    PLAN_VERSION, Period, Plan, PlanError, PlanRow, PlanTotal, PlannedCall, PlannedDocument, PlannedOperation,
};

use crate::document::{Document, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{DraftTax, Entry, Intent, LinkKind, Operation, Recording, SentLine};
use crate::map::transaction_id::negation_id;
use crate::settings::FrozenPolicy;

/// What to do next for one document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Nothing: everything is in step.
    Nothing,
    /// `createEphemeral`, write the tax to the draft, verify.
    Calculate,
    /// `createOrUpdate` under this id, for the first time or after a re-creation.
    Record {
        /// The id.
        transaction: String,
    },
    /// `createOrUpdate` of a live transaction whose inputs changed.
    Update {
        /// The id.
        transaction: String,
    },
    /// `createOrUpdate` of the difference to what is on record, beside a transaction that can no longer be changed.
    Delta {
        /// The delta's own id.
        transaction: String,
        /// What it adds per product.
        lines: Vec<SentLine>,
    },
    /// Nothing is to be sent: what stands there is what the document says, and only the ledger did not know.
    Adopt {
        /// The id.
        transaction: String,
    },
    /// `void`.
    Void {
        /// The id.
        transaction: String,
    },
    /// `createNegation` of this transaction under [`negation_id`].
    Negate {
        /// The original.
        transaction: String,
        /// The negation.
        negation: String,
    },
    /// Not possible now: say why, and what to do.
    Hold(Vec<Hold>),
}

/// What the planner looks at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// What Ordway says.
    pub document: &'a Document,
    /// Fingerprint of what would be sent, or why nothing can be sent.
    pub request: Result<&'a Fingerprint, &'a [Hold]>,
    /// What the ledger says.
    pub entry: &'a Entry,
    /// Whether the tax that the ledger expects stands on the document. Only asked for drafts.
    pub tax_in_place: bool,
    /// The id under which the document would be recorded now.
    pub transaction: &'a str,
    /// Whether tax is written to drafts (`false`: report only).
    pub writes_back: bool,
    /// The transactions that are known to be in a locked return.
    pub locked: &'a [String],
    /// What happens to a document that changed after its return was locked.
    pub frozen: FrozenPolicy,
    /// What a delta would add, or why there can be none.
    pub difference: Result<&'a [SentLine], NoDifference>,
}

impl<'a> Facts<'a> {
    /// The facts of one document.
    pub fn new(
        document: &'a Document,
        request: Result<&'a Fingerprint, &'a [Hold]>,
        entry: &'a Entry,
        transaction: &'a str,
    ) -> Self {
        Self {
            document,
            request,
            entry,
            tax_in_place: false,
            transaction,
            writes_back: true,
            locked: &[],
            frozen: FrozenPolicy::default(),
            difference: Err(NoDifference::UnknownRecord),
        }
    }

    /// Whether `transaction` can no longer be changed.
    fn is_locked(&self, transaction: &str) -> bool {
        self.locked.iter().any(|id| id == transaction)
    }

    /// The open intent, where it is of this kind.
    fn begun(&self, operation: Operation) -> Option<&'a Intent> {
        self.entry.intent.as_ref().filter(|intent| intent.operation == operation)
    }
}

/// The next step.
///
/// An open void or negation is finished first, whatever the document says now: its outcome is unknown, and every
/// other step would build on a guess. An open recording or delta is repeated under the same id, or undone where the
/// document was reversed meanwhile.
pub fn plan(facts: &Facts<'_>) -> Step {
    if let Some(intent) = facts.begun(Operation::Void) {
        return undo(facts, &intent.transaction);
    }
    if let Some(intent) = facts.begun(Operation::Negate) {
        return negate(&intent.transaction);
    }
    match &facts.document.standing {
        Standing::Unknown(status) => Step::Hold(vec![Hold::UnknownStatus(status.clone())]),
        Standing::Reversed => reversed(facts),
        Standing::Draft => draft(facts),
        Standing::Live => live(facts),
    }
}

/// All that counts is undone, the newest first: what is left at any moment is an older state of the document.
fn reversed(facts: &Facts<'_>) -> Step {
    if let Some(intent) = facts.begun(Operation::Delta) {
        return undo(facts, &intent.transaction);
    }
    let live = matches!(facts.entry.recording, Recording::Live { .. });
    let newest = facts.entry.in_force().pop().filter(|_| live);
    match (newest, facts.begun(Operation::Record)) {
        (Some(link), _) => undo(facts, &link.transaction),
        (None, Some(intent)) => undo(facts, &intent.transaction),
        (None, None) => Step::Nothing,
    }
}

fn draft(facts: &Facts<'_>) -> Step {
    let begun = facts.begun(Operation::Record).or_else(|| facts.begun(Operation::Delta));
    match (&facts.entry.recording, begun) {
        (Recording::Live { transaction, .. }, _) | (_, Some(Intent { transaction, .. })) => {
            return Step::Hold(vec![Hold::DraftAgain { transaction: transaction.clone() }]);
        }
        (Recording::None | Recording::Ended { .. }, None) => {}
    }
    let fingerprint = match facts.request {
        Ok(fingerprint) => fingerprint,
        Err(holds) => return Step::Hold(holds.to_vec()),
    };
    let unchanged = |draft: &DraftTax| {
        draft.fingerprint == *fingerprint && (!facts.writes_back || (draft.written && facts.tax_in_place))
    };
    // A stand-in for the tax is replaced by the first answer, though it may happen to be right.
    let in_step = facts.entry.placeholder.is_none() && facts.entry.draft.as_ref().is_some_and(unchanged);
    if in_step { Step::Nothing } else { Step::Calculate }
}

fn live(facts: &Facts<'_>) -> Step {
    let fingerprint = match facts.request {
        Ok(fingerprint) => fingerprint,
        Err(holds) => {
            let without_sale =
                |hold: &Hold| matches!(hold, Hold::WaitsForInvoice { .. } | Hold::NothingToCredit { .. });
            let waits = holds.iter().any(without_sale);
            let begun = facts.entry.intent.as_ref().filter(|intent| intent.operation == Operation::Record);
            return match (&facts.entry.recording, begun) {
                // Its invoice was undone while it was being recorded: it must not stand at Anrok without its sale.
                (Recording::None | Recording::Ended { .. }, Some(intent)) if waits => {
                    undo(facts, &intent.transaction)
                }
                _ => Step::Hold(holds.to_vec()),
            };
        }
    };
    match &facts.entry.recording {
        Recording::None | Recording::Ended { .. } => unrecorded(facts, fingerprint),
        Recording::Live { transaction, fingerprint: sent, .. } => {
            if let Some(intent) = facts.begun(Operation::Delta) {
                return begun_delta(facts, intent);
            }
            if sent == fingerprint && facts.begun(Operation::Record).is_none() {
                return Step::Nothing;
            }
            changed(facts, transaction)
        }
    }
}

fn unrecorded(facts: &Facts<'_>, fingerprint: &Fingerprint) -> Step {
    let transaction = facts.transaction.to_owned();
    if !facts.is_locked(&transaction) {
        return Step::Record { transaction };
    }
    // A new id cannot be in a locked return, unless an earlier try of ours, or somebody, put it there.
    match (facts.begun(Operation::Record).filter(|intent| intent.transaction == transaction), facts.frozen) {
        (Some(intent), _) if intent.fingerprint.as_ref() == Some(fingerprint) => Step::Adopt { transaction },
        (Some(_), FrozenPolicy::Report) => Step::Hold(vec![Hold::FrozenByPolicy { transaction }]),
        (Some(_), _) => negate(&transaction),
        (None, _) => {
            let negated = match &facts.entry.recording {
                Recording::Ended { transaction, negation: Some(_) } => Some(transaction.clone()),
                _ => None,
            };
            Step::Hold(vec![Hold::FrozenWithoutRecord { transaction, negated }])
        }
    }
}

/// The same delta again: as long as the place is the same, so is its body, whatever the lines are by now.
fn begun_delta(facts: &Facts<'_>, intent: &Intent) -> Step {
    let transaction = intent.transaction.clone();
    let same_place = facts.difference != Err(NoDifference::MoreThanLines);
    match facts.entry.begun_delta() {
        // Only what is recorded can be locked: the earlier try took effect.
        Some(_) if facts.is_locked(&transaction) => Step::Adopt { transaction },
        Some(link) if same_place && !link.lines.is_empty() => {
            Step::Delta { transaction, lines: link.lines.clone() }
        }
        _ => undo(facts, &transaction),
    }
}

/// A recorded document whose inputs changed.
fn changed(facts: &Facts<'_>, transaction: &str) -> Step {
    let newest = facts.entry.in_force().pop();
    let newest_delta = newest.filter(|link| link.kind == LinkKind::Delta);
    // Beside a delta the base must stay as it is: replaced by the whole document, both would count.
    if newest_delta.is_none() && !facts.is_locked(transaction) {
        return Step::Update { transaction: transaction.to_owned() };
    }
    if facts.frozen == FrozenPolicy::Report {
        return Step::Hold(vec![Hold::FrozenByPolicy { transaction: transaction.to_owned() }]);
    }
    // Where the outcome of an update is unknown, so is the difference to it.
    let known = facts.begun(Operation::Record).is_none();
    if facts.frozen == FrozenPolicy::Delta
        && known
        && let (Ok(lines), Some(delta)) = (facts.difference, facts.entry.next_delta())
    {
        if lines.is_empty() {
            return Step::Adopt { transaction: transaction.to_owned() };
        }
        return Step::Delta { transaction: delta, lines: lines.to_vec() };
    }
    match newest_delta {
        Some(delta) => undo(facts, &delta.transaction),
        None => negate(transaction),
    }
}

fn undo(facts: &Facts<'_>, transaction: &str) -> Step {
    if facts.is_locked(transaction) {
        return negate(transaction);
    }
    Step::Void { transaction: transaction.to_owned() }
}

fn negate(transaction: &str) -> Step {
    Step::Negate { transaction: transaction.to_owned(), negation: negation_id(transaction) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentKey;
    use jiff::Timestamp;
    use proptest::prelude::*;

    const ID: &str = "ordway:INV-1";

    fn fp(text: &str) -> Fingerprint {
        Fingerprint::from_text(text)
    }

    fn live_as(sent: &str) -> Recording {
        Recording::Live { transaction: ID.into(), version: Some(1), fingerprint: fp(sent) }
    }

    fn ended() -> Recording {
        Recording::Ended { transaction: ID.into(), negation: None }
    }

    #[test]
    fn a_credit_that_was_being_recorded_when_its_invoice_was_undone_is_taken_back() {
        let wait = Hold::WaitsForInvoice { invoice: "INV-1".into(), because: "it is reversed".into() };
        let case = |holds: Vec<Hold>, intent| {
            Case { request: Err(holds), intent, ..Case::new(Standing::Live) }.step()
        };
        let taken_back = Step::Void { transaction: ID.into() };
        assert_eq!(case(vec![Hold::NoDate, wait.clone()], Some(Operation::Record)), taken_back);
        let nothing = Hold::NothingToCredit { invoice: "INV-1".into() };
        assert_eq!(case(vec![nothing.clone()], Some(Operation::Record)), taken_back);
        assert_eq!(case(vec![nothing.clone()], None), Step::Hold(vec![nothing.clone()]));
        assert_eq!(case(vec![wait.clone()], None), Step::Hold(vec![wait]));
        assert_eq!(case(vec![Hold::NoDate], Some(Operation::Record)), Step::Hold(vec![Hold::NoDate]));
    }

    #[derive(Debug)]
    struct Case {
        standing: Standing,
        request: Result<Fingerprint, Vec<Hold>>,
        recording: Recording,
        draft: Option<DraftTax>,
        intent: Option<Operation>,
        in_place: bool,
        writes_back: bool,
    }

    impl Case {
        fn new(standing: Standing) -> Self {
            Self {
                standing,
                request: Ok(fp("now")),
                recording: Recording::None,
                draft: None,
                intent: None,
                in_place: false,
                writes_back: true,
            }
        }

        fn step(&self) -> Step {
            let mut document = Document::new(DocumentKey::invoice("INV-1"));
            document.standing = self.standing.clone();
            let mut entry = Entry::new(document.key.clone());
            entry.recording = self.recording.clone();
            entry.draft = self.draft.clone();
            entry.intent = self.intent.map(|op| Intent::new(op, ID, None, Timestamp::UNIX_EPOCH));
            let request = match &self.request {
                Ok(fingerprint) => Ok(fingerprint),
                Err(holds) => Err(holds.as_slice()),
            };
            let mut facts = Facts::new(&document, request, &entry, ID);
            facts.tax_in_place = self.in_place;
            facts.writes_back = self.writes_back;
            plan(&facts)
        }
    }

    fn taxed(fingerprint: &str) -> DraftTax {
        DraftTax::new(fp(fingerprint), vec![("1".into(), 870)], true)
    }

    #[test]
    fn the_life_of_a_draft() {
        let mut case = Case::new(Standing::Draft);
        assert_eq!(case.step(), Step::Calculate);
        case.draft = Some(taxed("before"));
        case.in_place = true;
        assert_eq!(case.step(), Step::Calculate);
        case.draft = Some(taxed("now"));
        assert_eq!(case.step(), Step::Nothing);
        case.in_place = false;
        assert_eq!(case.step(), Step::Calculate, "somebody changed the tax by hand");
        case.writes_back = false;
        assert_eq!(case.step(), Step::Nothing, "report only");
        case.request = Err(vec![Hold::NoAddress]);
        assert_eq!(case.step(), Step::Hold(vec![Hold::NoAddress]));
    }

    #[test]
    fn a_stand_in_is_replaced_though_it_may_happen_to_be_right() {
        let document = Document::new(DocumentKey::invoice("INV-1"));
        let mut entry = Entry::new(document.key.clone());
        entry.draft = Some(taxed("now"));
        let now = fp("now");
        let step = |entry: &Entry| {
            let mut facts = Facts::new(&document, Ok(&now), entry, ID);
            facts.tax_in_place = true;
            plan(&facts)
        };
        assert_eq!(step(&entry), Step::Nothing);
        let kind = crate::ledger::PlaceholderKind::LastKnown;
        entry.placeholder = Some(crate::ledger::Placeholder::new(kind, 870, 10000, Timestamp::UNIX_EPOCH));
        assert_eq!(step(&entry), Step::Calculate);
    }

    #[test]
    fn the_life_of_a_posted_document() {
        let mut case = Case::new(Standing::Live);
        assert_eq!(case.step(), Step::Record { transaction: ID.into() });
        case.recording = live_as("now");
        assert_eq!(case.step(), Step::Nothing);
        case.recording = live_as("before");
        assert_eq!(case.step(), Step::Update { transaction: ID.into() });
        case.recording = ended();
        assert_eq!(case.step(), Step::Record { transaction: ID.into() });
    }

    #[test]
    fn reversal_needs_neither_address_nor_product() {
        let mut case = Case::new(Standing::Reversed);
        case.request = Err(vec![Hold::NoAddress]);
        assert_eq!(case.step(), Step::Nothing);
        case.recording = live_as("before");
        assert_eq!(case.step(), Step::Void { transaction: ID.into() });
        case.recording = ended();
        assert_eq!(case.step(), Step::Nothing);
    }

    #[test]
    fn what_was_begun_is_finished_before_anything_else() {
        let mut case = Case::new(Standing::Live);
        case.recording = live_as("now");
        case.intent = Some(Operation::Negate);
        assert!(matches!(case.step(), Step::Negate { .. }));
        case.intent = Some(Operation::Void);
        assert!(matches!(case.step(), Step::Void { .. }));
        case.intent = Some(Operation::Record);
        assert_eq!(
            case.step(),
            Step::Update { transaction: ID.into() },
            "an update whose outcome is unknown"
        );
    }

    #[test]
    fn a_document_reversed_while_its_recording_was_in_flight_is_voided() {
        let mut case = Case::new(Standing::Reversed);
        case.intent = Some(Operation::Record);
        assert_eq!(case.step(), Step::Void { transaction: ID.into() });
        case.intent = Some(Operation::Void);
        assert_eq!(case.step(), Step::Void { transaction: ID.into() }, "its voiding was lost as well");
        case.intent = Some(Operation::Negate);
        assert!(matches!(case.step(), Step::Negate { .. }));
    }

    #[test]
    fn a_status_nobody_knows_is_held() {
        let mut case = Case::new(Standing::Unknown("Frobnicated".into()));
        assert!(matches!(case.step(), Step::Hold(_)));
        case.recording = live_as("now");
        assert!(matches!(case.step(), Step::Hold(_)));
    }

    fn any_case() -> impl Strategy<Value = Case> {
        let standing = prop_oneof![
            Just(Standing::Draft),
            Just(Standing::Live),
            Just(Standing::Reversed),
            Just(Standing::Unknown("x".into()))
        ];
        let request = prop_oneof![Just(Ok(fp("now"))), Just(Err(vec![Hold::NoLines]))];
        let recording =
            prop_oneof![Just(Recording::None), Just(live_as("now")), Just(live_as("before")), Just(ended())];
        let draft = prop_oneof![Just(None), Just(Some(taxed("now"))), Just(Some(taxed("before")))];
        let intent = prop::option::of(prop_oneof![
            Just(Operation::Record),
            Just(Operation::Void),
            Just(Operation::Negate),
            Just(Operation::WriteTax)
        ]);
        (standing, request, recording, draft, intent, any::<bool>(), any::<bool>()).prop_map(
            |(standing, request, recording, draft, intent, in_place, writes_back)| Case {
                standing,
                request,
                recording,
                draft,
                intent,
                in_place,
                writes_back,
            },
        )
    }

    proptest! {
        /// What must never happen, over every combination of facts.
        #[test]
        fn no_step_ever_breaks_a_rule(case in any_case()) {
            let step = case.step();
            if let Step::Record { .. } | Step::Update { .. } | Step::Calculate = &step {
                prop_assert!(case.request.is_ok(), "sent although it cannot be mapped");
            }
            if let Step::Record { .. } | Step::Update { .. } = &step {
                prop_assert_eq!(&case.standing, &Standing::Live, "recorded although not in force");
            }
            if step == Step::Calculate {
                prop_assert_eq!(&case.standing, &Standing::Draft, "written although not a draft");
            }
            if let Step::Record { .. } = &step {
                prop_assert!(!matches!(case.recording, Recording::Live { .. }), "two live transactions");
            }
            if let (Step::Void { .. } | Step::Negate { .. }, None) = (&step, case.intent) {
                prop_assert_eq!(&case.standing, &Standing::Reversed, "undone although in force");
            }
            if matches!(case.standing, Standing::Reversed) && matches!(case.recording, Recording::Live { .. }) {
                prop_assert!(matches!(step, Step::Void { .. } | Step::Negate { .. }), "left live although reversed");
            }
        }
    }
}
