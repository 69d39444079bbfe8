//! Sums per month, currency and jurisdiction.

use std::collections::BTreeMap;

use serde::Serialize;

use super::compare::Judged;
use super::facts::Case;
use super::finding::Figures;
use super::{Compared, Method};

/// The sums of one month, currency and jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TotalRow {
    /// `2026-09`, by the documents' own dates; `None` for documents without one.
    pub month: Option<String>,
    /// Currency of the sums.
    pub currency: Option<String>,
    /// `US-NY`, `DE`; `None` where nobody knows.
    pub jurisdiction: Option<String>,
    /// Documents in force in Ordway, or counting elsewhere.
    pub documents: u64,
    /// Amounts before tax, minor units. Anrok's is `None` where its list was not read.
    pub amount: Figures,
    /// Tax, minor units.
    pub tax: Figures,
}

type Group = (Option<String>, Option<String>, Option<String>);

/// Sums while documents are compared.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<Group, TotalRow>);

impl Totals {
    /// Every system's figures count under its own currency, the document under its own.
    fn add(&mut self, case: &Case, judged: &Judged, method: Method) {
        let Judged { amount, tax, .. } = judged;
        let own = case.currency();
        let ledger = case.ledger.as_ref().and_then(|ledger| ledger.currency.as_deref());
        let anrok =
            case.listed().filter(|listed| listed.counts).find_map(|listed| listed.currency.as_deref());
        self.row(case, own, method).documents += 1;
        for (currency, amount, tax) in [
            (own, Figures::new(amount.ordway, None, None), Figures::new(tax.ordway, None, None)),
            (ledger.or(own), Figures::new(None, amount.ledger, None), Figures::new(None, tax.ledger, None)),
            (anrok.or(own), Figures::new(None, None, amount.anrok), Figures::new(None, None, tax.anrok)),
        ] {
            if (amount, tax) != (Figures::default(), Figures::default()) {
                let row = self.row(case, currency, method);
                row.amount.add(&amount);
                row.tax.add(&tax);
            }
        }
    }

    fn row(&mut self, case: &Case, currency: Option<&str>, method: Method) -> &mut TotalRow {
        let month = case.date().map(|date| format!("{:04}-{:02}", date.year(), date.month()));
        let currency = currency.map(str::to_owned);
        let jurisdiction = case.place().map(|place| place.to_string());
        let group = (month.clone(), currency.clone(), jurisdiction.clone());
        let anrok = (method == Method::AnrokList).then_some(0);
        let nothing = Figures::new(Some(0), Some(0), anrok);
        self.0.entry(group).or_insert_with(|| TotalRow {
            month,
            currency,
            jurisdiction,
            documents: 0,
            amount: nothing,
            tax: nothing,
        })
    }

    pub(super) fn into_rows(self) -> Vec<TotalRow> {
        self.0.into_values().collect()
    }
}

impl Compared {
    pub(super) fn count(&mut self, case: &Case, judged: &Judged, method: Method) {
        if !judged.counts {
            return;
        }
        self.documents += 1;
        self.in_step += u64::from(judged.findings.is_empty());
        self.totals.add(case, judged, method);
    }
}
