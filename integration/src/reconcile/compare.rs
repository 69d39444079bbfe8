//! The comparison: pure, one document at a time. Ordway is the measure; ledger and Anrok stand with it or against it.

use std::sync::Arc;

use super::facts::{Case, InLedger, InOrdway, Listed, Status, Unclear};
use super::finding::{Figures, Finding, FindingKind, Side};
use super::ids::Standing;
use super::{Compared, Method, Reprocessed, Scope};
use crate::document::DocumentKey;
use crate::hold::Disposition;
use crate::map::money;
use crate::map::transaction_id::IdPrefix;

/// Compares all cases; each document has one.
pub(super) fn compare(
    cases: impl IntoIterator<Item = Case>,
    scope: &Scope,
    prefix: &IdPrefix,
    method: Method,
) -> Compared {
    let mut compared = Compared::default();
    for case in cases {
        let judged = judge(&case, prefix);
        match scope.covers(&case) {
            Coverage::Within => {
                compared.count(&case, &judged, method);
                compared.findings.extend(judged.findings);
                compared.reprocessed.extend(judged.reprocessed);
            }
            // Ordway dates it elsewhere, another system inside: that difference belongs to both periods.
            Coverage::DatedElsewhere => {
                let strays = judged.findings.into_iter().filter(|f| f.kind == FindingKind::DateDiffers);
                compared.findings.extend(strays);
            }
            Coverage::Unknown => compared.unplaced += 1,
            Coverage::Outside => {}
        }
    }
    compared.findings.sort_by(|a, b| (a.kind, &a.document).cmp(&(b.kind, &b.document)));
    compared
}

/// Whether a case belongs to a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    Within,
    /// By its own date it does not; ledger or Anrok date it inside.
    DatedElsewhere,
    /// Its currency or jurisdiction is not known anywhere, and the scope asks for one.
    Unknown,
    Outside,
}

impl Scope {
    pub(super) fn covers(&self, case: &Case) -> Coverage {
        if !self.currencies.is_empty() {
            match case.currency() {
                None => return Coverage::Unknown,
                Some(code) if !self.currencies.iter().any(|wanted| wanted.eq_ignore_ascii_case(code)) => {
                    return Coverage::Outside;
                }
                Some(_) => {}
            }
        }
        if !self.jurisdictions.is_empty() {
            let places: Vec<Arc<str>> = case.places().collect();
            let wanted =
                |place: &Arc<str>| self.jurisdictions.iter().any(|w| super::place::lies_in(place, w));
            match places.as_slice() {
                [] => return Coverage::Unknown,
                places if !places.iter().any(wanted) => return Coverage::Outside,
                _ => {}
            }
        }
        // Without any date it belongs everywhere rather than nowhere.
        if case.date().is_none_or(|date| self.contains(date)) {
            return Coverage::Within;
        }
        let ledger =
            case.ledger.iter().filter(|ledger| ledger.live.is_some()).filter_map(|ledger| ledger.date);
        let anrok = case.listed().filter(|listed| listed.counts).filter_map(|listed| listed.date);
        if ledger.chain(anrok).any(|date| self.contains(date)) {
            Coverage::DatedElsewhere
        } else {
            Coverage::Outside
        }
    }
}

/// What the comparison of one document gives.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    pub(super) reprocessed: Option<Reprocessed>,
    pub(super) amount: Figures,
    pub(super) tax: Figures,
    /// Counted as a document: in force in Ordway, or counting elsewhere.
    pub(super) counts: bool,
}

/// Compares one document.
pub(super) fn judge(case: &Case, prefix: &IdPrefix) -> Judged {
    let standing = case.anrok.as_deref().map(|listed| Standing::of(prefix, &case.key, listed));
    let mut judge = Judge::new(case, standing.as_ref());
    match &case.ordway {
        None => judge.unknown_to_ordway(),
        Some(ordway) if ordway.status == Status::InForce => judge.in_force(ordway),
        Some(ordway) => judge.not_in_force(ordway.status),
    }
    let reprocessed =
        standing.as_ref().and_then(|standing| reprocessed(&case.key, standing, &judge.findings));
    Judged {
        counts: judge.counts(),
        amount: judge.amount,
        tax: judge.tax,
        findings: judge.findings,
        reprocessed,
    }
}

/// Transactions that Anrok made by itself, where all adds up: named, not an error.
fn reprocessed(key: &DocumentKey, standing: &Standing<'_>, findings: &[Finding]) -> Option<Reprocessed> {
    let explained = !findings.iter().any(|f| f.kind == FindingKind::SeveralLive);
    (explained && !standing.foreign.is_empty()).then(|| Reprocessed {
        document: key.clone(),
        transactions: standing.foreign.iter().map(|listed| listed.id.clone()).collect(),
    })
}

struct Judge<'a> {
    case: &'a Case,
    standing: Option<&'a Standing<'a>>,
    amount: Figures,
    tax: Figures,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    fn new(case: &'a Case, standing: Option<&'a Standing<'a>>) -> Self {
        let in_force = case.ordway.as_ref().filter(|ordway| ordway.status == Status::InForce);
        let ledger = case.ledger.as_ref().filter(|ledger| ledger.live.is_some());
        let summed = |of: fn(&Listed) -> Option<i64>| {
            let listed = case.anrok.as_deref()?;
            let counting = listed.iter().filter(|listed| listed.counts);
            counting.map(of).try_fold(0i64, |sum, figure| Some(sum.saturating_add(figure?)))
        };
        Self {
            case,
            standing,
            amount: Figures::new(
                in_force.and_then(|ordway| ordway.amount),
                ledger.and_then(|ledger| ledger.amount),
                summed(|listed| listed.amount),
            ),
            tax: Figures::new(
                in_force.and_then(|ordway| ordway.tax),
                ledger.and_then(|ledger| ledger.tax),
                summed(|listed| listed.tax),
            ),
            findings: Vec::new(),
        }
    }

    fn counts(&self) -> bool {
        let in_force = self.case.ordway.as_ref().is_some_and(|ordway| ordway.status == Status::InForce);
        in_force
            || self.live_in_ledger().is_some()
            || self.standing.is_some_and(|standing| !standing.is_empty())
    }

    fn live_in_ledger(&self) -> Option<&'a InLedger> {
        self.case.ledger.as_ref().filter(|ledger| ledger.live.is_some())
    }

    /// The systems by which the document counts.
    fn counted_by(&self) -> Vec<Side> {
        let ledger = self.live_in_ledger().map(|_| Side::Ledger);
        let anrok = self.standing.filter(|standing| !standing.is_empty()).map(|_| Side::Anrok);
        ledger.into_iter().chain(anrok).collect()
    }

    /// The transactions that count, by Anrok where it was asked.
    fn live_ids(&self) -> Vec<String> {
        let anrok = self.standing.map(Standing::ids).filter(|ids| !ids.is_empty());
        anrok.or_else(|| self.live_in_ledger().map(|ledger| ledger.chain.clone())).unwrap_or_default()
    }

    fn unknown_to_ordway(&mut self) {
        let against = self.counted_by();
        if against.is_empty() {
            if let Some(problem) = self.case.ledger.as_ref().and_then(|ledger| ledger.problem.clone()) {
                self.not_comparable(Vec::new(), problem);
            }
            return;
        }
        let ids = self.live_ids();
        let text =
            format!("Ordway does not have it; {} as {}", counted_by(&against, "it on record"), listed(&ids));
        let remedy = format!(
            "Find out why Ordway does not have it. If it must not count, void {} in Anrok; if it was moved to another id, see \
             that it is recorded under that one.",
            listed(&ids)
        );
        self.finding(FindingKind::Extra, against, ids, text, remedy, Disposition::Review);
    }

    fn not_in_force(&mut self, status: Status) {
        let against = self.counted_by();
        if against.is_empty() {
            return;
        }
        let ids = self.live_ids();
        let now = if status == Status::Draft { "a draft" } else { "reversed" };
        let text =
            format!("it is {now} in Ordway; {} as {}", counted_by(&against, "it on record"), listed(&ids));
        let ledger_knows = against.contains(&Side::Ledger);
        let (remedy, disposition) = if status == Status::Draft {
            let remedy = format!(
                "Find out in Ordway why a recorded document is a draft again. Void {} in Anrok if it must not count.",
                listed(&ids)
            );
            (remedy, Disposition::Review)
        } else if ledger_knows {
            ("Run a sync: it takes the document off record.".to_owned(), Disposition::RetryLater)
        } else {
            let remedy =
                format!("Void {} in Anrok: a sync does not know of it and leaves it alone.", listed(&ids));
            (remedy, Disposition::Review)
        };
        self.finding(FindingKind::VoidAgainstLive, against, ids, text, remedy, disposition);
    }

    fn in_force(&mut self, ordway: &InOrdway) {
        if let Some(unclear) = self.unclear(ordway) {
            return self.not_comparable(self.live_ids(), unclear);
        }
        if let Some(standing) = self.standing {
            if standing.mains.is_empty() {
                return self.not_on_record(standing);
            }
            if standing.mains.len() > 1 {
                return self.several(standing);
            }
        }
        let Some(ledger) = self.live_in_ledger() else { return self.not_in_ledger() };
        self.figures(ordway, Some(ledger));
    }

    /// Anything that makes a comparison a guess.
    fn unclear(&self, ordway: &InOrdway) -> Option<Unclear> {
        let listed = self.case.listed().find_map(|listed| listed.unclear.clone());
        let begun = self.case.ledger.as_ref().and_then(|ledger| ledger.begun.as_deref());
        // With the list the outcome of an unfinished write shows; without it nobody knows.
        let unfinished = begun.filter(|_| self.standing.is_none()).map(|transaction| Unclear {
            text: format!("a write to {transaction} was begun and its outcome is not known"),
            remedy: "Run a sync: it finishes or re-checks the write.".to_owned(),
            disposition: Disposition::RetryLater,
        });
        ordway.unclear.clone().or(listed).or(unfinished)
    }

    /// Nothing of it counts at Anrok.
    fn not_on_record(&mut self, standing: &Standing<'_>) {
        let known_ids: Vec<String> = self.case.listed().map(|listed| listed.id.clone()).collect();
        let mut against = vec![Side::Anrok];
        if self.live_in_ledger().is_none() {
            against.insert(0, Side::Ledger);
        }
        if known_ids.is_empty() {
            return self.missing(against);
        }
        let ids = if standing.is_empty() { known_ids } else { standing.ids() };
        let text = format!("it is in force in Ordway; at Anrok {} no longer counts", listed(&ids));
        let (remedy, disposition) = record_again(&against);
        self.finding(FindingKind::VoidAgainstLive, against, ids, text, remedy, disposition);
    }

    fn several(&mut self, standing: &Standing<'_>) {
        let ids = standing.ids();
        let ours = self.live_in_ledger().and_then(|ledger| ledger.live.clone());
        let others: Vec<String> = ids.iter().filter(|id| Some(*id) != ours.as_ref()).cloned().collect();
        let text = format!("{} transactions count for it: {}", standing.mains.len(), listed(&ids));
        let remedy = match &ours {
            Some(ours) => {
                format!("The ledger wrote {ours}. Void {} in Anrok if it is the same sale.", listed(&others))
            }
            None => "Void all but one of them in Anrok, then run a sync.".to_owned(),
        };
        self.finding(FindingKind::SeveralLive, vec![Side::Anrok], ids, text, remedy, Disposition::Review);
    }

    /// The ledger has no transaction in force.
    fn not_in_ledger(&mut self) {
        let ended = self.case.ledger.as_ref().is_some_and(|ledger| ledger.ended);
        if self.standing.is_some() {
            // Anrok has it: only the memory is missing.
            let ids = self.live_ids();
            let text = format!("Anrok has it on record as {}, the ledger does not know of it", listed(&ids));
            let remedy = "Run a sync: it records the document under the same id, which replaces and does not double it.";
            return self.finding(
                FindingKind::Missing,
                vec![Side::Ledger],
                ids,
                text,
                remedy.to_owned(),
                Disposition::RetryLater,
            );
        }
        if ended && self.case.ledger.as_ref().is_some_and(|ledger| ledger.problem.is_none()) {
            let text = "it is in force in Ordway; by the ledger its transaction was ended".to_owned();
            let remedy = "Run a sync: it records the document under the next id.".to_owned();
            return self.finding(
                FindingKind::VoidAgainstLive,
                vec![Side::Ledger],
                Vec::new(),
                text,
                remedy,
                Disposition::RetryLater,
            );
        }
        self.missing(vec![Side::Ledger]);
    }

    fn missing(&mut self, against: Vec<Side>) {
        let problem = self.case.ledger.as_ref().and_then(|ledger| ledger.problem.clone());
        let where_to = match against.as_slice() {
            [Side::Anrok] => "Anrok does not have it, although the ledger remembers that it was recorded",
            [Side::Ledger, Side::Anrok] => "it is in force in Ordway and not on record",
            _ => "it is in force in Ordway and by the ledger not on record",
        };
        let (text, remedy, disposition) = if let Some(problem) = problem {
            (format!("{where_to}: {}", problem.text), problem.remedy, problem.disposition)
        } else {
            let (remedy, disposition) = record_again(&against);
            (where_to.to_owned(), remedy, disposition)
        };
        let ids = self.live_in_ledger().map(|ledger| ledger.chain.clone()).unwrap_or_default();
        self.finding(FindingKind::Missing, against, ids, text, remedy, disposition);
    }

    /// One transaction for one document: what it says must agree.
    fn figures(&mut self, ordway: &InOrdway, ledger: Option<&InLedger>) {
        let main = self.standing.and_then(|standing| standing.mains.first().copied());
        let ids = self.live_ids();
        let is_foreign =
            |listed: &Listed| self.standing.is_some_and(|s| s.foreign.iter().any(|f| f.id == listed.id));
        let mut against = sides_that_differ(
            ordway.currency.as_deref(),
            ledger.and_then(|ledger| ledger.currency.as_deref()),
            main.and_then(|main| main.currency.as_deref()),
        );
        if !against.is_empty() {
            let told = |side| match side {
                Side::Ledger => ledger.and_then(|ledger| ledger.currency.as_deref()),
                Side::Anrok => main.and_then(|main| main.currency.as_deref()),
            };
            let text = difference(
                "its currency is",
                ordway.currency.as_deref().unwrap_or("none"),
                &against,
                |side| told(side).unwrap_or("none").to_owned(),
            );
            let (remedy, disposition) = mend(&against);
            self.finding(FindingKind::CurrencyDiffers, against.clone(), ids, text, remedy, disposition);
            // Figures of another currency have no place beside Ordway's.
            if let Some(finding) = self.findings.last_mut() {
                for figures in [&mut finding.amount, &mut finding.tax] {
                    for side in &against {
                        *(if *side == Side::Ledger { &mut figures.ledger } else { &mut figures.anrok }) =
                            None;
                    }
                }
            }
            return;
        }
        // Anrok dates what it makes anew by itself into the open period.
        let main_date = main.filter(|main| !is_foreign(main)).and_then(|main| main.date);
        let ledger_date = ledger.and_then(|ledger| ledger.date);
        against = sides_that_differ(ordway.date, ledger_date, main_date);
        if !against.is_empty() {
            let own = ordway.date.map(|date| date.to_string()).unwrap_or_default();
            let text = difference("it is dated", &own, &against, |side| {
                let date = if side == Side::Ledger { ledger_date } else { main_date };
                date.map(|date| date.to_string()).unwrap_or_default()
            });
            let (remedy, disposition) = mend(&against);
            self.finding(FindingKind::DateDiffers, against, ids.clone(), text, remedy, disposition);
        }
        for (kind, what, figures) in [
            (FindingKind::AmountDiffers, "its amount before tax is", self.amount),
            (FindingKind::TaxDiffers, "its tax is", self.tax),
        ] {
            let against = figures.against();
            if against.is_empty() {
                continue;
            }
            let text = difference(what, &self.money(figures.ordway), &against, |side| {
                self.money(if side == Side::Ledger { figures.ledger } else { figures.anrok })
            });
            let (remedy, disposition) =
                if kind == FindingKind::TaxDiffers { tax_mend(&against) } else { mend(&against) };
            self.finding(kind, against, ids.clone(), text, remedy, disposition);
        }
    }

    fn money(&self, figure: Option<i64>) -> String {
        let code = self.case.currency().unwrap_or_default();
        match figure.zip(money::exponent(code)) {
            Some((minor, exponent)) => format!("{} {code}", money::text(minor, exponent)),
            None => "not known".to_owned(),
        }
    }

    fn not_comparable(&mut self, ids: Vec<String>, unclear: Unclear) {
        let Unclear { text, remedy, disposition } = unclear;
        let text = format!("it cannot be compared: {text}");
        self.finding(FindingKind::NotComparable, Vec::new(), ids, text, remedy, disposition);
    }

    fn finding(
        &mut self,
        kind: FindingKind,
        against: Vec<Side>,
        transactions: Vec<String>,
        text: String,
        remedy: String,
        disposition: Disposition,
    ) {
        self.findings.push(Finding {
            kind,
            document: self.case.key.clone(),
            against,
            transactions,
            date: self.case.date(),
            currency: self.case.currency().map(str::to_owned),
            jurisdiction: self.case.place().map(|place| place.to_string()),
            amount: self.amount,
            tax: self.tax,
            text,
            remedy,
            disposition,
        });
    }
}

fn sides_that_differ<T: PartialEq + Copy>(
    ordway: Option<T>,
    ledger: Option<T>,
    anrok: Option<T>,
) -> Vec<Side> {
    let Some(ordway) = ordway else { return Vec::new() };
    let differs = |side: Option<T>| side.is_some_and(|side| side != ordway);
    let sides = [(differs(ledger), Side::Ledger), (differs(anrok), Side::Anrok)];
    sides.into_iter().filter(|(differs, _)| *differs).map(|(_, side)| side).collect()
}

/// `its tax is 1.00 USD in Ordway, 2.00 USD by the ledger and 2.00 USD by Anrok`.
fn difference(what: &str, own: &str, against: &[Side], told: impl Fn(Side) -> String) -> String {
    let others: Vec<String> =
        against.iter().map(|side| format!("{} by {}", told(*side), side.name())).collect();
    format!("{what} {own} in Ordway, {}", others.join(" and "))
}

/// `the ledger and Anrok have it on record`.
fn counted_by(sides: &[Side], what: &str) -> String {
    let names: Vec<&str> = sides.iter().map(|side| side.name()).collect();
    format!("{} {} {what}", names.join(" and "), if names.len() == 1 { "has" } else { "have" })
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "an id not known".to_owned() } else { ids.join(", ") }
}

/// What the ledger remembers differently was changed in Ordway since the last sync; what only Anrok has differently
/// was changed there.
fn mend(against: &[Side]) -> (String, Disposition) {
    if against.contains(&Side::Ledger) {
        return (
            "Run a sync: it records the document as Ordway has it now.".to_owned(),
            Disposition::RetryLater,
        );
    }
    let remedy = "Somebody changed it in Anrok: look at its history there and undo the change, or correct the document in Ordway. A \
                  sync records it anew only when Ordway changes it.";
    (remedy.to_owned(), Disposition::Review)
}

fn tax_mend(against: &[Side]) -> (String, Disposition) {
    let remedy = if against.contains(&Side::Ledger) {
        "Posted documents are not written to: credit and bill the difference in Ordway if the customer was charged the wrong tax, or \
         correct what made Anrok compute another one (address, product category, certificate) and run a sync."
    } else {
        "Anrok computed it anew since it was recorded (a certificate, a tax id, a registration), or somebody changed it there: look at \
         its history in Anrok. If its tax is right, credit and bill the difference in Ordway."
    };
    (remedy.to_owned(), Disposition::Review)
}

/// What puts a document (back) on record.
fn record_again(against: &[Side]) -> (String, Disposition) {
    if against.contains(&Side::Ledger) {
        return ("Run a sync: it records the document.".to_owned(), Disposition::RetryLater);
    }
    let remedy = "Find out in Anrok who took it off record, and undo that there. A sync does not repair it by itself: the \
                  document is unchanged in Ordway, and by the ledger it is on record.";
    (remedy.to_owned(), Disposition::Review)
}
