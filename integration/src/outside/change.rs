//! One transaction as the ledger remembers it and as it stands at Anrok: pure.

use std::fmt;

use anrok_client::transactions::{RecordedKind, RecordedTransaction, TransactionBody};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::document::DocumentKey;
use crate::ledger::{Entry, Link, LinkKind, Recording};
use crate::map::money;
use crate::reconcile::tax_to_collect;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// It was voided.
    Voided,
    /// It was voided by us and counts again.
    CountsAgain,
    /// A transaction of this document that we did not write.
    Beside,
    /// Another amount before tax.
    Amount,
    /// Another currency.
    Currency,
    /// Another accounting date.
    Date,
    /// Another tax.
    Tax,
    /// A newer version, and nothing else that can be seen.
    Version,
}

/// Who probably changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Anrok itself: it computes tax anew when a certificate, a tax id, an address, a registration or a rate changes.
    Reprocessed,
    /// A person in Anrok, or another program with a key of this account: Anrok by itself keeps what was sent.
    SomebodyElse,
}

/// A figure in minor units, or nothing where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Figure {
    /// As our last write left it.
    pub ours: Option<i64>,
    /// As it stands at Anrok.
    pub theirs: Option<i64>,
}

impl Figure {
    fn differs(self) -> bool {
        self.ours.zip(self.theirs).is_some_and(|(ours, theirs)| ours != theirs)
    }
}

/// A transaction that others changed. Holds ids, dates and figures; no names, addresses or tax ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// The document it belongs to.
    pub document: DocumentKey,
    /// The transaction.
    pub transaction: String,
    /// What differs, the gravest first.
    pub what: Vec<What>,
    /// Who probably did it.
    pub cause: Cause,
    /// What that is read from.
    pub evidence: String,
    /// When it last changed, by Anrok.
    pub changed_at: Option<Timestamp>,
    /// Currency of our figures.
    pub currency: Option<String>,
    /// Before tax.
    pub amount: Figure,
    /// To collect.
    pub tax: Figure,
    /// Its version there, where `transactions/get` told it.
    pub version: Option<i64>,
    /// What [`Bridge::answer`](crate::Bridge::answer) can do about it.
    pub answers: Vec<Answer>,
    /// What to do, a sentence.
    pub remedy: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, transaction, evidence, remedy, .. } = self;
        write!(f, "{document}: {transaction} was changed at Anrok since our last write")?;
        let exponent = self.currency.as_deref().and_then(money::exponent).unwrap_or(2);
        let currency = self.currency.as_deref().unwrap_or_default();
        let text = |minor: Option<i64>| minor.map_or("unknown".to_owned(), |m| money::text(m, exponent));
        for (name, figure) in [("amount", self.amount), ("tax", self.tax)] {
            if figure.differs() {
                write!(f, ", {name} {} {currency} then, {} now", text(figure.ours), text(figure.theirs))?;
            }
        }
        write!(f, ". {evidence}.\n  What to do: {remedy}")
    }
}

/// What stands at Anrok, in the few facts that a comparison needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Theirs {
    pub(super) id: String,
    pub(super) counts: bool,
    pub(super) amount: Option<i64>,
    pub(super) tax: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) date: Option<Date>,
    pub(super) version: Option<i64>,
    pub(super) changed_at: Option<Timestamp>,
    /// Some of it is exempt.
    pub(super) exempt: bool,
    /// A tax id of the customer was looked at.
    pub(super) tax_id: bool,
}

impl Theirs {
    pub(super) fn of(record: &RecordedTransaction) -> Self {
        let body = record.body.as_ref();
        Self {
            id: record.id.clone(),
            counts: record.kind != Some(RecordedKind::Void),
            amount: body.and_then(|body| body.input_amount),
            tax: body.and_then(tax_to_collect),
            currency: body.and_then(|body| body.currency_code.as_deref()).map(str::to_ascii_uppercase),
            date: body.and_then(|body| body.accounting_date.as_ref()).and_then(anrok_client::wire::Day::date),
            version: record.version,
            changed_at: record.anrok_modified_time.as_ref().and_then(anrok_client::wire::Moment::timestamp),
            exempt: body.is_some_and(is_exempt),
            tax_id: body.is_some_and(|body| {
                let validations = body.juris_summaries.iter().filter_map(|j| j.tax_id_validation.as_ref());
                validations.into_iter().any(|validation| !validation.processed_tax_ids.is_empty())
            }),
        }
    }
}

fn is_exempt(body: &TransactionBody) -> bool {
    let jurises = body.line_items.iter().flat_map(|line| &line.jurises);
    jurises
        .filter_map(|juris| juris.calc.as_ref())
        .flat_map(|calc| &calc.taxes)
        .any(|t| !t.exemptions.is_empty())
}

/// How a transaction that we wrote differs from what stands there; `None` where it does not.
pub(super) fn compare(entry: &Entry, link: &Link, theirs: &Theirs) -> Option<Change> {
    // A write whose answer is not known yet is cleared up by the next sync.
    if entry.intent.as_ref().is_some_and(|intent| intent.transaction == link.transaction) {
        return None;
    }
    let amount = Figure { ours: Some(link.amount_minor), theirs: theirs.amount };
    let tax = Figure { ours: link.tax_minor, theirs: theirs.tax };
    // How a negation is dated is not documented.
    let date = link.date.or(entry.date).filter(|_| link.kind != LinkKind::Negation);
    let mut what = Vec::new();
    match (link.voided, theirs.counts) {
        (false, false) => what.push(What::Voided),
        (true, true) => what.push(What::CountsAgain),
        (true, false) => return None,
        (false, true) => {
            let differs = |ours: Option<&str>, theirs: Option<&str>| {
                ours.zip(theirs).is_some_and(|(ours, theirs)| !ours.eq_ignore_ascii_case(theirs))
            };
            let found = [
                (amount.differs(), What::Amount),
                (differs(entry.currency.as_deref(), theirs.currency.as_deref()), What::Currency),
                (date.zip(theirs.date).is_some_and(|(ours, theirs)| ours != theirs), What::Date),
                (tax.differs(), What::Tax),
            ];
            what.extend(found.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what));
            if what.is_empty() && link.version.zip(theirs.version).is_some_and(|(ours, theirs)| theirs > ours)
            {
                what.push(What::Version);
            }
        }
    }
    let first = *what.first()?;
    let (cause, evidence) = cause(first, theirs);
    let is_live =
        matches!(&entry.recording, Recording::Live { transaction, .. } if *transaction == link.transaction);
    let answers = answers(&what, is_live);
    Some(Change {
        document: entry.key.clone(),
        transaction: link.transaction.clone(),
        cause,
        evidence: evidence.to_owned(),
        changed_at: theirs.changed_at,
        currency: entry.currency.clone(),
        amount,
        tax,
        version: theirs.version,
        remedy: remedy(first, &answers).to_owned(),
        answers,
        what,
    })
}

/// A transaction of this document that we did not write.
pub(super) fn beside(entry: &Entry, theirs: &Theirs) -> Option<Change> {
    let ours = entry.links().iter().any(|link| link.transaction == theirs.id);
    let begun = entry.intent.is_some();
    if ours || begun || !theirs.counts {
        return None;
    }
    let (cause, evidence) = cause(What::Beside, theirs);
    Some(Change {
        document: entry.key.clone(),
        transaction: theirs.id.clone(),
        what: vec![What::Beside],
        cause,
        evidence: evidence.to_owned(),
        changed_at: theirs.changed_at,
        currency: theirs.currency.clone(),
        amount: Figure { ours: None, theirs: theirs.amount },
        tax: Figure { ours: None, theirs: theirs.tax },
        version: theirs.version,
        answers: Vec::new(),
        remedy: remedy(What::Beside, &[]).to_owned(),
    })
}

/// Never more than the data show.
fn cause(what: What, theirs: &Theirs) -> (Cause, &'static str) {
    match what {
        What::Voided => (Cause::SomebodyElse, "It is void, and Anrok does not void by itself"),
        What::CountsAgain => (Cause::SomebodyElse, "We voided it and it counts: somebody recorded it again"),
        What::Amount | What::Currency | What::Date => (
            Cause::SomebodyElse,
            "What was sent differs, and Anrok's reprocessing keeps that: it was edited by hand, or by another program \
             with a key of this account",
        ),
        What::Tax if theirs.exempt => (
            Cause::Reprocessed,
            "Everything is as sent but the tax, and an exemption is shown: probably reprocessed with a certificate",
        ),
        What::Tax if theirs.tax_id => (
            Cause::Reprocessed,
            "Everything is as sent but the tax, and a tax id was looked at: probably reprocessed after a tax id changed",
        ),
        What::Tax => (
            Cause::Reprocessed,
            "Everything is as sent but the tax: probably reprocessed (a certificate, address, registration or rate changed)",
        ),
        What::Version => {
            (Cause::Reprocessed, "Only the version is another: probably reprocessed without effect")
        }
        What::Beside => (
            Cause::Reprocessed,
            "Its id is none that this SDK writes: probably Anrok's own correction of a locked period, else another program",
        ),
    }
}

fn answers(what: &[What], is_live: bool) -> Vec<Answer> {
    match what.first() {
        Some(What::Voided) if is_live => vec![Answer::Resend],
        None | Some(What::Voided | What::CountsAgain | What::Beside) => Vec::new(),
        Some(_) => {
            // Our figures have one currency a document.
            let accept = (!what.contains(&What::Currency)).then_some(Answer::Accept);
            let ours = is_live.then_some([Answer::Resend, Answer::Negate]);
            accept.into_iter().chain(ours.into_iter().flatten()).collect()
        }
    }
}

fn remedy(what: What, answers: &[Answer]) -> &'static str {
    match (what, answers) {
        (What::Voided, [_, ..]) => {
            "If the sale stands, send it again (it gets the next id); if not, reverse the document in Ordway."
        }
        (What::Voided, []) => {
            "Compare the document's sums (reconcile), and record what is missing by hand in Anrok."
        }
        (What::CountsAgain, _) => {
            "Void it in Anrok: the document is on record under another id, or reversed."
        }
        (What::Beside, _) => {
            "Nothing, if its sums still agree (reconcile tells); else find out in Anrok who made it, and void it there."
        }
        (What::Version, _) => "Nothing; accept it, so that a later void or negation expects this version.",
        (What::Tax, _) => {
            "If the new tax is right, accept it and settle the difference with the customer; else correct the reason in \
             Anrok (certificate, tax id, registration) and send it again."
        }
        _ => {
            "Find out who changed it. Accept it if it is meant; send it again to restore what Ordway says; negate it if \
             its return may be locked."
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::ledger::{Intent, Operation, Put};

    const AT: Timestamp = Timestamp::UNIX_EPOCH;
    const ID: &str = "ordway:INV-1";

    fn entry(amount: i64, tax: i64) -> Entry {
        let mut entry = Entry::new(DocumentKey::invoice("INV-1"));
        let put = Put { amount_minor: amount, tax_minor: Some(tax), version: Some(1), lines: Vec::new() };
        entry.put_on_record(ID, put, &Fingerprint::from_text("sent"), AT);
        entry.currency = Some("USD".to_owned());
        entry.date = Some(jiff::civil::date(2026, 2, 10));
        entry
    }

    fn echo(entry: &Entry, link: &Link) -> Theirs {
        Theirs {
            id: link.transaction.clone(),
            counts: !link.voided,
            amount: Some(link.amount_minor),
            tax: link.tax_minor,
            currency: entry.currency.clone(),
            date: entry.date,
            version: link.version,
            ..Theirs::default()
        }
    }

    proptest! {
        /// Whatever we wrote, voided or took back: standing there as written, it is no change of others.
        #[test]
        fn our_own_writes_are_never_told(amount in -1000i64..1000, tax in -90i64..90, steps in prop::collection::vec(0u8..4, 0..6)) {
            let mut entry = entry(amount, tax);
            for (number, step) in steps.into_iter().enumerate() {
                let id = format!("{ID}:r{number}");
                match step {
                    0 => entry.undo(ID, None, AT),
                    1 => entry.undo(ID, Some(&format!("{ID}:neg")), AT),
                    2 => {
                        let put = Put { amount_minor: amount + 1, tax_minor: None, version: None, lines: Vec::new() };
                        entry.put_on_record(&id, put, &Fingerprint::from_text("again"), AT);
                    }
                    _ => entry.intent = Some(Intent::new(Operation::Record, &id, None, AT)),
                }
            }
            for link in entry.links().iter() {
                let theirs = echo(&entry, link);
                prop_assert_eq!(compare(&entry, link, &theirs), None);
                prop_assert_eq!(beside(&entry, &theirs), None);
            }
        }

        /// Every difference has one cause, evidence and a remedy; the figures are what both sides say.
        #[test]
        fn every_difference_is_told(amount in -9i64..9, tax in -9i64..9, counts: bool, day in 9i8..12, version in 1i64..3, exempt: bool) {
            let entry = entry(5, 4);
            let links = entry.links();
            let link = links.first().unwrap();
            let mut theirs = Theirs { amount: Some(amount), tax: Some(tax), counts, exempt, ..echo(&entry, link) };
            theirs.date = Some(jiff::civil::date(2026, 2, day));
            theirs.version = Some(version);
            let same = amount == 5 && tax == 4 && counts && day == 10 && version == 1;
            match compare(&entry, link, &theirs) {
                None => prop_assert!(same),
                Some(change) => {
                    prop_assert!(!same);
                    let sent = change.what.iter().any(|w| matches!(w, What::Amount | What::Date | What::Voided));
                    prop_assert_eq!(change.cause == Cause::SomebodyElse, sent);
                    prop_assert!(!change.evidence.is_empty() && !change.remedy.is_empty() && !change.answers.is_empty());
                    prop_assert_eq!((change.amount.theirs, change.tax.theirs), (Some(amount), Some(tax)));
                    prop_assert_eq!(change.answers.contains(&Answer::Accept), counts);
                }
            }
        }
    }
}
