//! One document of a report, packed: nearly all say no more than an outcome and three amounts.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::{DocumentReport, LineReport, Outcome};
use crate::document::DocumentKey;
use crate::map::amounts::TaxAmounts;
use crate::map::money;

/// One document: what was told of it, and the tax that was computed for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    told: Told,
    computed: Option<Computed>,
}

/// What was told of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Told {
    /// Nothing yet.
    #[default]
    Nothing,
    /// An outcome, and perhaps an amount and its currency.
    Plain { outcome: Outcome, tax: Option<Amount>, currency: Option<Code> },
    /// More than that, as JSON without what is said elsewhere: the id, and a reason that is the first warning.
    More { outcome: Outcome, json: Box<str>, warned: bool },
}

/// The amounts of one computed tax, minor units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Computed {
    pub(super) currency: Code,
    pub(super) exponent: u32,
    pub(super) amounts: TaxAmounts,
    /// Line by line, where that says more.
    pub(super) lines: Box<[LineReport]>,
}

/// An ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Code([u8; 3]);

impl Code {
    pub(super) fn of(currency: &str) -> Option<Self> {
        let code = currency.as_bytes().try_into().ok().map(Self)?;
        currency.is_ascii().then_some(code)
    }

    pub(super) fn text(self) -> String {
        self.0.into_iter().map(char::from).collect()
    }
}

/// A decimal text of which nothing is lost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Amount {
    units: i64,
    scale: u32,
}

impl Amount {
    fn of(text: &str) -> Option<Self> {
        let decimal: Decimal = text.parse().ok()?;
        let amount = Self { units: decimal.mantissa().to_i64()?, scale: decimal.scale() };
        (amount.text() == text).then_some(amount)
    }

    fn text(self) -> String {
        money::text(self.units, self.scale)
    }
}

impl Row {
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match &self.told {
            Told::Nothing => None,
            Told::Plain { outcome, .. } | Told::More { outcome, .. } => Some(*outcome),
        }
    }

    pub(super) fn computed(&self) -> Option<&Computed> {
        self.computed.as_ref().filter(|_| self.outcome().is_some_and(Outcome::is_computed))
    }

    pub(super) fn compute(&mut self, computed: Computed) {
        self.computed = Some(computed);
    }

    /// The last word on it; warnings of earlier ones are kept.
    pub(super) fn tell(&mut self, key: &DocumentKey, mut report: DocumentReport) {
        for warning in self.unpack_told(key).warnings {
            if !report.warnings.contains(&warning) {
                report.warnings.push(warning);
            }
        }
        self.told = pack(report);
    }

    /// The tax that it shows without Anrok having been asked.
    pub(super) fn stand_in(&mut self, key: &DocumentKey, shown: String, currency: &str) {
        if self.outcome().is_none() {
            return;
        }
        let mut report = self.unpack_told(key);
        report.placeholder = Some(shown);
        report.currency = Some(currency.to_owned());
        self.told = pack(report);
    }

    pub(super) fn unpack(&self, key: &DocumentKey) -> DocumentReport {
        let mut report = self.unpack_told(key);
        if let Some(computed) = self.computed() {
            let text = |minor| Some(money::text(minor, computed.exponent));
            report.tax_shown = text(computed.amounts.shown);
            report.tax_borne = text(computed.amounts.borne);
            report.lines = computed.lines.to_vec();
        }
        report
    }

    fn unpack_told(&self, key: &DocumentKey) -> DocumentReport {
        match &self.told {
            Told::Nothing => DocumentReport::new(key, Outcome::Unchanged),
            Told::Plain { outcome, tax, currency } => {
                let mut report = DocumentReport::new(key, *outcome);
                report.tax = tax.map(Amount::text);
                report.currency = currency.map(Code::text);
                report
            }
            Told::More { outcome, json, warned } => {
                let mut report =
                    serde_json::from_str(json).unwrap_or_else(|_| DocumentReport::new(key, *outcome));
                report.id.clone_from(&key.id);
                if *warned {
                    report.reason = report.warnings.first().cloned();
                }
                report
            }
        }
    }
}

fn pack(mut report: DocumentReport) -> Told {
    if let Some(plain) = plain(&report) {
        return plain;
    }
    report.id.clear();
    let warned = report.reason.is_some() && report.reason.as_ref() == report.warnings.first();
    if warned {
        report.reason = None;
    }
    let json = serde_json::to_string(&report).unwrap_or_default();
    Told::More { outcome: report.outcome, json: json.into(), warned }
}

/// The report of a document that went through without a word.
fn plain(report: &DocumentReport) -> Option<Told> {
    let DocumentReport {
        id: _,
        kind: _,
        outcome,
        reason: None,
        remedy: None,
        code: None,
        disposition: None,
        late: false,
        tax,
        currency,
        tax_shown: None,
        tax_borne: None,
        lines,
        placeholder: None,
        warnings,
    } = report
    else {
        return None;
    };
    if !lines.is_empty() || !warnings.is_empty() {
        return None;
    }
    let tax = match tax {
        Some(text) => Some(Amount::of(text)?),
        None => None,
    };
    let currency = match currency {
        Some(text) => Some(Code::of(text)?),
        None => None,
    };
    Some(Told::Plain { outcome: *outcome, tax, currency })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_through_is_small() {
        let mut report = DocumentReport::new(&DocumentKey::invoice("INV-1"), Outcome::Recorded);
        (report.tax, report.currency) = (Some("-12.30".to_owned()), Some("USD".to_owned()));
        assert!(matches!(pack(report), Told::Plain { .. }));
        assert!(size_of::<(DocumentKey, Row)>() <= 128, "{}", size_of::<(DocumentKey, Row)>());
    }
}
