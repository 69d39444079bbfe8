//! What each system says about a document, in the few figures that a comparison needs.

use std::sync::Arc;

use anrok_client::transactions::{RecordedKind, RecordedTransaction};
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::place;
use crate::document::{Document, DocumentKey, DocumentKind, Standing};
use crate::hold::Disposition;
use crate::ledger::{Entry, Link, Operation, Problem, Recording};
use crate::map::request::{self, MappingRules};
use crate::map::{address, money};

/// Why a system's word about a document cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    pub(super) text: String,
    pub(super) remedy: String,
    pub(super) disposition: Disposition,
}

/// What Ordway's status means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// To be on record.
    InForce,
    /// Not yet to be on record.
    Draft,
    /// Not to be on record any more.
    Reversed,
}

/// What Ordway says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InOrdway {
    pub(super) status: Status,
    pub(super) date: Option<Date>,
    pub(super) currency: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) tax: Option<i64>,
    pub(super) place: Option<Arc<str>>,
    /// Anything that stands in the way of a comparison.
    pub(super) unclear: Option<Unclear>,
}

/// What the ledger remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InLedger {
    /// The transaction in force.
    pub(super) live: Option<String>,
    /// Every transaction that was written for it and counts.
    pub(super) chain: Vec<String>,
    pub(super) ended: bool,
    pub(super) date: Option<Date>,
    pub(super) currency: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) tax: Option<i64>,
    pub(super) problem: Option<Unclear>,
    /// A recording, void or negation whose outcome is not stored.
    pub(super) begun: Option<String>,
}

/// One transaction of Anrok's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    /// Counted in returns.
    pub(super) counts: bool,
    pub(super) date: Option<Date>,
    pub(super) currency: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) tax: Option<i64>,
    /// Ids and names of its jurisdictions.
    pub(super) jurisdictions: Vec<Arc<str>>,
    /// The record could not be read in full.
    pub(super) unclear: Option<Unclear>,
}

/// A document with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) key: DocumentKey,
    pub(super) ordway: Option<InOrdway>,
    pub(super) ledger: Option<InLedger>,
    /// `None` where the list was not read.
    pub(super) anrok: Option<Vec<Listed>>,
}

impl InOrdway {
    /// What `document` says. `place` is where its address lies, where that had to be found out elsewhere.
    pub(super) fn of(document: &Document, rules: &MappingRules) -> Self {
        let (status, mut unclear) = match &document.standing {
            Standing::Draft => (Status::Draft, None),
            Standing::Live => (Status::InForce, None),
            Standing::Reversed => (Status::Reversed, None),
            Standing::Unknown(status) => {
                let hold = crate::hold::Hold::UnknownStatus(status.clone());
                (Status::InForce, Some(Unclear::from_hold(&hold)))
            }
        };
        let sign = if document.key.kind == DocumentKind::Credit { -1 } else { 1 };
        let (currency, amount, tax) = match request::amount(document) {
            Ok((code, exponent, minor)) => {
                let charged = document.tax.unwrap_or(Decimal::ZERO);
                let tax = money::exact_minor(charged, exponent).map(|tax| tax.saturating_mul(sign));
                if tax.is_none() {
                    unclear.get_or_insert_with(|| Unclear {
                        text: format!("its tax {charged} has more decimals than {code} allows"),
                        remedy: format!("Correct its tax in Ordway to whole minor units of {code}."),
                        disposition: Disposition::FixData,
                    });
                }
                (Some(code), Some(minor.saturating_mul(sign)), tax)
            }
            Err(hold) => {
                unclear.get_or_insert_with(|| Unclear::from_hold(&hold));
                (document.currency.clone(), None, None)
            }
        };
        if document.date.is_none() {
            unclear.get_or_insert_with(|| Unclear::from_hold(&crate::hold::Hold::NoDate));
        }
        let (shipping, billing) = (document.shipping.as_ref(), document.billing.as_ref());
        let chosen = address::choose(shipping, billing, rules.address_fallback).ok();
        let place = chosen.and_then(|(_, address)| place::of(address)).map(Arc::from);
        Self { status, date: document.date, currency, amount, tax, place, unclear }
    }

    /// A record that Ordway has and that cannot be read.
    pub(super) fn unreadable(path: &str, reason: &str) -> Self {
        let hold = crate::hold::Hold::Unreadable { path: path.to_owned(), reason: reason.to_owned() };
        Self {
            status: Status::InForce,
            date: None,
            currency: None,
            amount: None,
            tax: None,
            place: None,
            unclear: Some(Unclear::from_hold(&hold)),
        }
    }
}

impl Unclear {
    fn from_hold(hold: &crate::hold::Hold) -> Self {
        Self { text: hold.to_string(), remedy: hold.remedy(), disposition: hold.disposition() }
    }

    fn from_problem(problem: &Problem) -> Self {
        Self {
            text: problem.reason.clone(),
            remedy: problem.remedy.clone(),
            disposition: problem.disposition,
        }
    }
}

impl InLedger {
    pub(super) fn of(entry: &Entry) -> Self {
        let live = match &entry.recording {
            Recording::Live { transaction, .. } => Some(transaction.clone()),
            Recording::None | Recording::Ended { .. } => None,
        };
        let known = live.is_some();
        let begun = entry.intent.as_ref().filter(|intent| intent.operation != Operation::WriteTax);
        let links: Vec<&Link> = entry.chain.iter().filter(|link| !link.voided).collect();
        let summed = |of: fn(&Link) -> Option<i64>| {
            let mut figures = links.iter().map(|link| of(link));
            let sum = figures.try_fold(0i64, |sum, figure| Some(sum.saturating_add(figure?)));
            sum.filter(|_| !links.is_empty())
        };
        let chain = links.iter().map(|link| link.transaction.clone());
        Self {
            // A ledger that began before chains were kept knows the transaction in force only.
            chain: if links.is_empty() { live.iter().cloned().collect() } else { chain.collect() },
            ended: matches!(entry.recording, Recording::Ended { .. }),
            date: entry.date,
            currency: entry.currency.clone(),
            amount: summed(|link| Some(link.amount_minor)).or(entry.amount_minor).filter(|_| known),
            tax: summed(|link| link.tax_minor).or(entry.tax_minor).filter(|_| known),
            problem: entry.problem.as_ref().map(Unclear::from_problem),
            begun: begun.map(|intent| intent.transaction.clone()),
            live,
        }
    }
}

impl Listed {
    pub(super) fn of(record: &RecordedTransaction) -> Self {
        let counts = record.kind != Some(RecordedKind::Void);
        let body = record.body.as_ref();
        let amount = body.and_then(|body| body.input_amount);
        let unclear = (counts && amount.is_none()).then(|| Unclear {
            text: format!("Anrok's list shows {} without an amount", record.id),
            remedy: "Look at the transaction in Anrok; report it if it looks fine there.".to_owned(),
            disposition: Disposition::Review,
        });
        let names = body.into_iter().flat_map(|body| &body.juris_summaries);
        let names = names.flat_map(|juris| [juris.id.as_deref(), juris.name.as_deref()]).flatten();
        Self {
            id: record.id.clone(),
            counts,
            date: body.and_then(|body| body.accounting_date.as_ref()).and_then(anrok_client::wire::Day::date),
            currency: body.and_then(|body| body.currency_code.as_deref()).map(str::to_ascii_uppercase),
            amount,
            tax: body.and_then(tax_to_collect),
            jurisdictions: names.map(Arc::from).collect(),
            unclear,
        }
    }

    /// A record of the list that cannot be read.
    pub(super) fn unreadable(id: String, path: &str, reason: &str) -> Self {
        let text = format!("Anrok's list shows {id}, which cannot be read at {path}: {reason}");
        Self {
            id,
            counts: true,
            date: None,
            currency: None,
            amount: None,
            tax: None,
            jurisdictions: Vec::new(),
            unclear: Some(Unclear {
                text,
                remedy: "Look at the transaction in Anrok; report it if it looks fine there.".to_owned(),
                disposition: Disposition::Review,
            }),
        }
    }
}

/// What was to be added to the invoice; else the tax due on top of the prices (grade D for API transactions).
pub(crate) fn tax_to_collect(body: &anrok_client::transactions::TransactionBody) -> Option<i64> {
    let expected = body.tax_amount_added.as_ref().and_then(|added| added.expected);
    let on_top = || {
        let total = body.invoice_total_amount_expected?.checked_sub(body.input_amount?)?;
        Some(total)
    };
    let due = || body.tax_amount_due.as_ref()?.exclusive?.round().to_i64();
    expected.or_else(on_top).or_else(due)
}

impl Case {
    /// The document's own accounting date.
    pub(super) fn date(&self) -> Option<Date> {
        let ordway = self.ordway.as_ref().map(|ordway| ordway.date);
        let others = || {
            let ledger = self.ledger.as_ref().and_then(|ledger| ledger.date);
            ledger.or_else(|| self.listed().find(|listed| listed.counts).and_then(|listed| listed.date))
        };
        ordway.unwrap_or_else(others)
    }

    pub(super) fn currency(&self) -> Option<&str> {
        let ordway = self.ordway.as_ref().and_then(|ordway| ordway.currency.as_deref());
        let ledger = || self.ledger.as_ref().and_then(|ledger| ledger.currency.as_deref());
        ordway.or_else(ledger).or_else(|| self.listed().find_map(|listed| listed.currency.as_deref()))
    }

    /// Where it is taxed: by its address, else by Anrok's first jurisdiction.
    pub(super) fn place(&self) -> Option<Arc<str>> {
        let own = self.ordway.as_ref().and_then(|ordway| ordway.place.clone());
        own.or_else(|| {
            self.listed().find_map(|listed| listed.jurisdictions.first()).map(|id| place::of_id(id))
        })
    }

    /// Everything that names where it is taxed.
    pub(super) fn places(&self) -> impl Iterator<Item = Arc<str>> {
        self.place().into_iter().chain(self.listed().flat_map(|listed| listed.jurisdictions.iter().cloned()))
    }

    pub(super) fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.anrok.iter().flatten()
    }
}
