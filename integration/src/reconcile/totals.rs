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
    fn add(&mut self, case: &Case, judged: &Judged, method: Method) {
        let month = case.date().map(|date| format!("{:04}-{:02}", date.year(), date.month()));
        let currency = case.currency().map(str::to_owned);
        let jurisdiction = case.place().map(|place| place.to_string());
        let group = (month.clone(), currency.clone(), jurisdiction.clone());
        let anrok = (method == Method::AnrokList).then_some(0);
        let nothing = Figures::new(Some(0), Some(0), anrok);
        let row = self.0.entry(group).or_insert_with(|| TotalRow {
            month,
            currency,
            jurisdiction,
            documents: 0,
            amount: nothing,
            tax: nothing,
        });
        row.documents += 1;
        row.amount.add(&judged.amount);
        row.tax.add(&judged.tax);
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
