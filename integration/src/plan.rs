//! The planner: what Ordway says, what the ledger says → the one step to take. Pure; nothing else decides.

use crate::document::{Document, Standing};
use crate::fingerprint::Fingerprint;
use crate::hold::Hold;
use crate::ledger::{DraftTax, Entry, Intent, Operation, Recording};
use crate::map::transaction_id::negation_id;

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
    /// `createOrUpdate` of a live transaction whose inputs changed; where frozen, as the correction policy says.
    Update {
        /// The id.
        transaction: String,
    },
    /// `void`; where frozen, negate.
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
}

impl<'a> Facts<'a> {
    /// The facts of one document.
    pub fn new(
        document: &'a Document,
        request: Result<&'a Fingerprint, &'a [Hold]>,
        entry: &'a Entry,
        transaction: &'a str,
    ) -> Self {
        Self { document, request, entry, tax_in_place: false, transaction, writes_back: true }
    }
}

/// The next step.
///
/// An open void or negation is finished first, whatever the document says now: its outcome is unknown, and every
/// other step would build on a guess. An open recording is repeated under the same id, or voided where the
/// document was reversed meanwhile.
pub fn plan(facts: &Facts<'_>) -> Step {
    let entry = facts.entry;
    if let Some(intent) = &entry.intent {
        match intent.operation {
            Operation::Void => return Step::Void { transaction: intent.transaction.clone() },
            Operation::Negate => return negate(&intent.transaction),
            Operation::Record | Operation::Delta | Operation::WriteTax => {}
        }
    }
    match &facts.document.standing {
        Standing::Unknown(status) => Step::Hold(vec![Hold::UnknownStatus(status.clone())]),
        Standing::Reversed => reversed(facts),
        Standing::Draft => draft(facts),
        Standing::Live => live(facts),
    }
}

fn reversed(facts: &Facts<'_>) -> Step {
    let begun = facts.entry.intent.as_ref().filter(|intent| intent.operation == Operation::Record);
    match (&facts.entry.recording, begun) {
        (Recording::Live { transaction, .. }, _) => Step::Void { transaction: transaction.clone() },
        (Recording::None | Recording::Ended { .. }, Some(intent)) => {
            Step::Void { transaction: intent.transaction.clone() }
        }
        (Recording::None | Recording::Ended { .. }, None) => Step::Nothing,
    }
}

fn draft(facts: &Facts<'_>) -> Step {
    let begun = facts.entry.intent.as_ref().filter(|intent| intent.operation == Operation::Record);
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
            let waits = holds.iter().any(|hold| matches!(hold, Hold::WaitsForInvoice { .. }));
            let begun = facts.entry.intent.as_ref().filter(|intent| intent.operation == Operation::Record);
            return match (&facts.entry.recording, begun) {
                // Its invoice was undone while it was being recorded: it must not stand at Anrok without its sale.
                (Recording::None | Recording::Ended { .. }, Some(intent)) if waits => {
                    Step::Void { transaction: intent.transaction.clone() }
                }
                _ => Step::Hold(holds.to_vec()),
            };
        }
    };
    match &facts.entry.recording {
        Recording::None | Recording::Ended { .. } => {
            Step::Record { transaction: facts.transaction.to_owned() }
        }
        Recording::Live { fingerprint: sent, .. } if sent == fingerprint && facts.entry.intent.is_none() => {
            Step::Nothing
        }
        Recording::Live { transaction, .. } => Step::Update { transaction: transaction.clone() },
    }
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
