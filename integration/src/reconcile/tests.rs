//! The comparison over made-up worlds: in step there is no finding, a single damage gives exactly its own.

use std::sync::Arc;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::compare::compare;
use super::facts::{Case, InLedger, InOrdway, Listed, Status, Unclear};
use super::finding::{Figures, FindingKind, Side};
use super::{Compared, Method, Scope};
use crate::document::DocumentKey;
use crate::hold::Disposition;
use crate::map::transaction_id::IdPrefix;

const DAY: Date = date(2026, 9, 15);

fn id(key: &DocumentKey) -> String {
    IdPrefix::default().transaction_id(key, 0)
}

fn listed(id: &str, amount: i64, tax: i64) -> Listed {
    Listed {
        id: id.to_owned(),
        counts: true,
        date: Some(DAY),
        currency: Some("USD".into()),
        amount: Some(amount),
        tax: Some(tax),
        jurisdictions: vec![Arc::from("us-NY"), Arc::from("New York")],
        unclear: None,
    }
}

/// A document that is in force and in step everywhere.
fn in_step(key: DocumentKey, amount: i64, tax: i64) -> Case {
    Case {
        ordway: Some(InOrdway {
            status: Status::InForce,
            date: Some(DAY),
            currency: Some("USD".into()),
            amount: Some(amount),
            tax: Some(tax),
            place: Some(Arc::from("US-NY")),
            unclear: None,
        }),
        ledger: Some(InLedger {
            live: Some(id(&key)),
            chain: vec![id(&key)],
            date: Some(DAY),
            currency: Some("USD".into()),
            amount: Some(amount),
            tax: Some(tax),
            ..InLedger::default()
        }),
        anrok: Some(vec![listed(&id(&key), amount, tax)]),
        key,
    }
}

fn reversed(key: DocumentKey) -> Case {
    let mut case = in_step(key, 100, 8);
    case.ordway.as_mut().unwrap().status = Status::Reversed;
    let ledger = case.ledger.as_mut().unwrap();
    (ledger.live, ledger.ended, ledger.amount, ledger.tax) = (None, true, None, None);
    ledger.chain.clear();
    let void = &mut case.anrok.as_mut().unwrap()[0];
    (void.counts, void.amount, void.tax, void.date) = (false, None, None, None);
    case
}

fn run(cases: Vec<Case>, scope: &Scope) -> Compared {
    let method =
        if cases.iter().any(|case| case.anrok.is_some()) { Method::AnrokList } else { Method::Ledger };
    compare(cases, scope, &IdPrefix::default(), method)
}

/// The one finding of one case.
fn only(case: Case) -> (FindingKind, Vec<Side>) {
    let compared = run(vec![case], &Scope::all());
    let [finding] = compared.findings.as_slice() else { panic!("{:#?}", compared.findings) };
    assert!(finding.text.len() > 20 && finding.remedy.len() > 20, "{finding:?}");
    (finding.kind, finding.against.clone())
}

fn invoice() -> Case {
    in_step(DocumentKey::invoice("INV-1"), 10_000, 825)
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    NotRecorded,
    LostAtAnrok,
    LostInLedger,
    Deleted,
    Reversed,
    ReversedThoughEnded,
    DraftAgain,
    VoidedAtAnrok,
    Doubled,
    Copied,
    OtherCurrency,
    OtherDate,
    AmountInOrdway,
    AmountAtAnrok,
    AmountInLedger,
    TaxInOrdway,
    TaxAtAnrok,
    UnknownStatus,
}

const DAMAGES: [Damage; 18] = [
    Damage::NotRecorded,
    Damage::LostAtAnrok,
    Damage::LostInLedger,
    Damage::Deleted,
    Damage::Reversed,
    Damage::ReversedThoughEnded,
    Damage::DraftAgain,
    Damage::VoidedAtAnrok,
    Damage::Doubled,
    Damage::Copied,
    Damage::OtherCurrency,
    Damage::OtherDate,
    Damage::AmountInOrdway,
    Damage::AmountAtAnrok,
    Damage::AmountInLedger,
    Damage::TaxInOrdway,
    Damage::TaxAtAnrok,
    Damage::UnknownStatus,
];

/// Does the damage to a case in step; says what has to be found.
fn damage(case: &mut Case, damage: Damage, by: i64) -> (FindingKind, Vec<Side>) {
    use FindingKind as Kind;
    use Side::{Anrok, Ledger};
    let id = id(&case.key);
    let (ordway, ledger) = (case.ordway.as_mut().unwrap(), case.ledger.as_mut().unwrap());
    let anrok = case.anrok.as_mut().unwrap();
    match damage {
        Damage::NotRecorded => {
            *ledger = InLedger::default();
            anrok.clear();
            (Kind::Missing, vec![Ledger, Anrok])
        }
        Damage::LostAtAnrok => {
            anrok.clear();
            (Kind::Missing, vec![Anrok])
        }
        Damage::LostInLedger => {
            case.ledger = None;
            (Kind::Missing, vec![Ledger])
        }
        Damage::Deleted => {
            case.ordway = None;
            (Kind::Extra, vec![Ledger, Anrok])
        }
        Damage::Reversed => {
            ordway.status = Status::Reversed;
            (Kind::VoidAgainstLive, vec![Ledger, Anrok])
        }
        Damage::ReversedThoughEnded => {
            ordway.status = Status::Reversed;
            (ledger.live, ledger.ended) = (None, true);
            (Kind::VoidAgainstLive, vec![Anrok])
        }
        Damage::DraftAgain => {
            ordway.status = Status::Draft;
            (Kind::VoidAgainstLive, vec![Ledger, Anrok])
        }
        Damage::VoidedAtAnrok => {
            let void = &mut anrok[0];
            (void.counts, void.amount, void.tax) = (false, None, None);
            (Kind::VoidAgainstLive, vec![Anrok])
        }
        Damage::Doubled => {
            anrok.push(Listed { id: format!("{id}:r1"), ..anrok[0].clone() });
            (Kind::SeveralLive, vec![Anrok])
        }
        Damage::Copied => {
            anrok.push(Listed { id: format!("{id}:copy"), ..anrok[0].clone() });
            (Kind::SeveralLive, vec![Anrok])
        }
        Damage::OtherCurrency => {
            ordway.currency = Some("EUR".into());
            (Kind::CurrencyDiffers, vec![Ledger, Anrok])
        }
        Damage::OtherDate => {
            ordway.date = DAY.tomorrow().ok();
            (Kind::DateDiffers, vec![Ledger, Anrok])
        }
        Damage::AmountInOrdway => {
            ordway.amount = ordway.amount.map(|amount| amount + by);
            (Kind::AmountDiffers, vec![Ledger, Anrok])
        }
        Damage::AmountAtAnrok => {
            anrok[0].amount = anrok[0].amount.map(|amount| amount + by);
            (Kind::AmountDiffers, vec![Anrok])
        }
        Damage::AmountInLedger => {
            ledger.amount = ledger.amount.map(|amount| amount + by);
            (Kind::AmountDiffers, vec![Ledger])
        }
        Damage::TaxInOrdway => {
            ordway.tax = ordway.tax.map(|tax| tax + by);
            (Kind::TaxDiffers, vec![Ledger, Anrok])
        }
        Damage::TaxAtAnrok => {
            anrok[0].tax = anrok[0].tax.map(|tax| tax + by);
            (Kind::TaxDiffers, vec![Anrok])
        }
        Damage::UnknownStatus => {
            let text = "its status is odd".to_owned();
            let remedy = "Look at it in Ordway.".to_owned();
            ordway.unclear = Some(Unclear { text, remedy, disposition: Disposition::Review });
            (Kind::NotComparable, Vec::new())
        }
    }
}

#[test]
fn every_single_damage_gives_exactly_its_finding() {
    for kind in DAMAGES {
        let mut case = invoice();
        let expected = damage(&mut case, kind, 7);
        assert_eq!(only(case), expected, "{kind:?}");
    }
}

#[test]
fn without_the_list_the_ledger_decides() {
    let by_ledger = |kind| {
        let mut case = invoice();
        let (found, _) = damage(&mut case, kind, 7);
        case.anrok = None;
        (case, found)
    };
    for kind in [
        Damage::NotRecorded,
        Damage::LostInLedger,
        Damage::Deleted,
        Damage::Reversed,
        Damage::DraftAgain,
        Damage::OtherCurrency,
        Damage::OtherDate,
        Damage::AmountInOrdway,
        Damage::AmountInLedger,
        Damage::TaxInOrdway,
    ] {
        let (case, found) = by_ledger(kind);
        assert_eq!(only(case), (found, vec![Side::Ledger]), "{kind:?}");
    }
    // What happened in Anrok alone cannot be seen.
    for kind in [
        Damage::LostAtAnrok,
        Damage::VoidedAtAnrok,
        Damage::Doubled,
        Damage::AmountAtAnrok,
        Damage::TaxAtAnrok,
    ] {
        let (case, _) = by_ledger(kind);
        assert!(run(vec![case], &Scope::all()).findings.is_empty(), "{kind:?}");
    }
}

#[test]
fn a_write_without_outcome_is_no_agreement_by_the_ledger_alone() {
    let mut case = invoice();
    case.ledger.as_mut().unwrap().begun = Some("ordway:INV-1".into());
    assert!(run(vec![case.clone()], &Scope::all()).findings.is_empty(), "the list shows what came of it");
    case.anrok = None;
    assert_eq!(only(case).0, FindingKind::NotComparable);
}

#[test]
fn a_held_document_says_why_and_what_to_do() {
    let mut case = invoice();
    let _ = damage(&mut case, Damage::NotRecorded, 0);
    case.ledger.as_mut().unwrap().problem = Some(Unclear {
        text: "neither its shipping nor its billing address is filled".into(),
        remedy: "Enter the address.".into(),
        disposition: Disposition::FixData,
    });
    let compared = run(vec![case], &Scope::all());
    let finding = &compared.findings[0];
    assert_eq!((finding.kind, finding.disposition), (FindingKind::Missing, Disposition::FixData));
    assert!(finding.text.contains("address is filled") && finding.remedy == "Enter the address.");
}

#[test]
fn figures_of_another_currency_are_not_mixed() {
    let mut case = invoice();
    let _ = damage(&mut case, Damage::OtherCurrency, 0);
    let compared = run(vec![case], &Scope::all());
    assert_eq!(compared.findings[0].amount, Figures::new(Some(10_000), None, None));
    let rows = compared.totals.into_rows();
    let row = |code: &str| rows.iter().find(|row| row.currency.as_deref() == Some(code)).unwrap();
    assert_eq!((row("EUR").documents, row("EUR").amount), (1, Figures::new(Some(10_000), Some(0), Some(0))));
    assert_eq!(
        (row("USD").documents, row("USD").amount),
        (0, Figures::new(Some(0), Some(10_000), Some(10_000)))
    );
}

#[test]
fn the_chain_is_summed() {
    // Frozen and edited: negated, made again, then corrected by a delta.
    let mut case = invoice();
    let anrok = case.anrok.as_mut().unwrap();
    anrok[0] = listed("ordway:INV-1", 5_000, 400);
    anrok.push(Listed { date: Some(date(2026, 11, 1)), ..listed("ordway:INV-1:neg", -5_000, -400) });
    anrok.push(listed("ordway:INV-1:r1", 9_000, 725));
    anrok.push(Listed { date: Some(date(2026, 12, 1)), ..listed("ordway:INV-1:d1", 1_000, 100) });
    assert!(run(vec![case.clone()], &Scope::all()).findings.is_empty());
    case.anrok.as_mut().unwrap()[3].amount = Some(999);
    assert_eq!(only(case), (FindingKind::AmountDiffers, vec![Side::Anrok]));
}

#[test]
fn what_anrok_made_by_itself_is_named_and_no_error() {
    let mut case = invoice();
    let anrok = case.anrok.as_mut().unwrap();
    let today = Some(date(2026, 11, 22));
    anrok.push(Listed { date: today, ..listed("ordway:INV-1:anrok7:neg", -10_000, -825) });
    anrok.push(Listed { date: today, ..listed("ordway:INV-1:anrok7", 10_000, 825) });
    let compared = run(vec![case], &Scope::all());
    assert!(compared.findings.is_empty(), "{:?}", compared.findings);
    assert_eq!(compared.reprocessed[0].transactions, ["ordway:INV-1:anrok7:neg", "ordway:INV-1:anrok7"]);
}

#[test]
fn reversed_and_out_of_the_books_is_in_step() {
    let mut negated = reversed(DocumentKey::invoice("INV-2"));
    let anrok = negated.anrok.as_mut().unwrap();
    anrok[0] = listed("ordway:INV-2", 100, 8);
    anrok.push(listed("ordway:INV-2:neg", -100, -8));
    let compared = run(vec![reversed(DocumentKey::invoice("INV-1")), negated.clone()], &Scope::all());
    assert!(compared.findings.is_empty() && compared.documents == 0, "{compared:?}");
    // A negation whose original is gone takes money back that nobody reported.
    negated.anrok.as_mut().unwrap().remove(0);
    assert_eq!(only(negated).0, FindingKind::VoidAgainstLive);
}

#[test]
fn a_draft_is_out_of_scope() {
    let mut case = invoice();
    case.ordway.as_mut().unwrap().status = Status::Draft;
    (case.ledger, case.anrok) = (None, Some(Vec::new()));
    let compared = run(vec![case], &Scope::all());
    assert_eq!((compared.findings.len(), compared.documents), (0, 0));
}

#[test]
fn the_scope_goes_by_the_documents_own_date_currency_and_place() {
    let september = Scope::month(date(2026, 9, 30));
    assert_eq!((september.from, september.to), (Some(date(2026, 9, 1)), Some(date(2026, 10, 1))));
    let count = |scope: &Scope| run(vec![invoice()], scope).documents;
    assert_eq!(count(&september), 1);
    assert_eq!(count(&Scope::between(date(2026, 9, 1), DAY)), 0, "half open");
    assert_eq!(count(&Scope::between(DAY, date(2026, 9, 16))), 1);
    assert_eq!((count(&Scope::all().currency("usd")), count(&Scope::all().currency("EUR"))), (1, 0));
    for (place, documents) in [("US", 1), ("us-ny", 1), ("New York", 1), ("US-CA", 0), ("DE", 0)] {
        assert_eq!(count(&Scope::all().jurisdiction(place)), documents, "{place}");
    }
    let mut nowhere = invoice();
    nowhere.ordway.as_mut().unwrap().place = None;
    nowhere.anrok = None;
    assert_eq!(run(vec![nowhere], &Scope::all().jurisdiction("US")).unplaced, 1);
}

#[test]
fn a_document_that_moved_shows_in_both_months() {
    let mut case = invoice();
    case.ordway.as_mut().unwrap().date = Some(date(2026, 10, 2));
    case.ordway.as_mut().unwrap().amount = Some(1);
    let (september, october) = (Scope::month(DAY), Scope::month(date(2026, 10, 2)));
    let kinds = |scope: &Scope| {
        let compared = run(vec![case.clone()], scope);
        (compared.findings.iter().map(|f| f.kind).collect::<Vec<_>>(), compared.documents)
    };
    assert_eq!(kinds(&september), (vec![FindingKind::DateDiffers], 0));
    assert_eq!(kinds(&october), (vec![FindingKind::DateDiffers, FindingKind::AmountDiffers], 1));
}

/// A world of documents, some of them credits, some reversed.
fn world() -> impl Strategy<Value = Vec<Case>> {
    prop::collection::vec((any::<bool>(), any::<bool>(), 1i64..1_000_000, 0i64..100_000), 0..20).prop_map(
        |rows| {
            let case = |(n, (credit, undone, amount, tax)): (usize, (bool, bool, i64, i64))| {
                let key = if credit {
                    DocumentKey::credit(format!("CR-{n}"))
                } else {
                    DocumentKey::invoice(format!("INV-{n}"))
                };
                let sign = if credit { -1 } else { 1 };
                if undone { reversed(key) } else { in_step(key, amount * sign, tax * sign) }
            };
            rows.into_iter().enumerate().map(case).collect()
        },
    )
}

proptest! {
    #[test]
    fn worlds_in_step_have_no_finding(mut cases in world(), listed in any::<bool>()) {
        if !listed {
            for case in &mut cases {
                case.anrok = None;
            }
        }
        let compared = run(cases, &Scope::all());
        prop_assert!(compared.findings.is_empty(), "{:?}", compared.findings);
        prop_assert_eq!(compared.documents, compared.in_step);
    }

    #[test]
    fn one_damage_is_one_finding_in_any_world(
        mut cases in world(), kind in prop::sample::select(&DAMAGES[..]), by in 1i64..1000, credit in any::<bool>(),
    ) {
        let key = if credit { DocumentKey::credit("CR-X") } else { DocumentKey::invoice("INV-X") };
        let mut case = in_step(key.clone(), 5_000, 400);
        let (found, against) = damage(&mut case, kind, by);
        cases.push(case);
        let compared = run(cases, &Scope::all());
        prop_assert_eq!(compared.findings.len(), 1);
        let finding = &compared.findings[0];
        prop_assert_eq!((&finding.document, finding.kind, &finding.against), (&key, found, &against));
    }

    #[test]
    fn totals_add_up(cases in world(), damages in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&DAMAGES[..])), 0..4)) {
        let mut cases = cases;
        let mut hit = std::collections::BTreeSet::new();
        for (at, kind) in damages {
            if cases.is_empty() { break; }
            let at = at.index(cases.len());
            let whole = cases[at].ledger.as_ref().is_some_and(|ledger| ledger.live.is_some());
            if whole && hit.insert(at) {
                let _ = damage(&mut cases[at], kind, 3);
            }
        }
        let in_force = |case: &&Case| case.ordway.as_ref().is_some_and(|o| o.status == Status::InForce);
        let charged: i64 = cases.iter().filter(in_force).filter_map(|case| case.ordway.as_ref()?.tax).sum();
        let counted: i64 = cases.iter().flat_map(|case| case.anrok.iter().flatten()).filter(|l| l.counts).filter_map(|l| l.tax).sum();
        let compared = run(cases, &Scope::all());
        let (documents, in_step) = (compared.documents, compared.in_step);
        let rows = compared.totals.into_rows();
        let sum = |of: fn(&super::TotalRow) -> Option<i64>| rows.iter().filter_map(of).sum::<i64>();
        prop_assert_eq!(sum(|row| row.tax.ordway), charged);
        prop_assert_eq!(sum(|row| row.tax.anrok), counted);
        prop_assert_eq!(rows.iter().map(|row| row.documents).sum::<u64>(), documents);
        prop_assert!(in_step <= documents);
    }
}
