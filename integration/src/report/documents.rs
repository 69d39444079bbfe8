//! The documents of a report, packed: a first run of a large company settles hundreds of thousands, and nearly all of them say
//! no more than an outcome and three amounts.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::{DocumentReport, LineReport, Outcome};
use crate::document::DocumentKey;
use crate::map::amounts::TaxAmounts;
use crate::map::money;

/// What became of documents, by kind and id, each once. A document is unpacked when it is looked at; packed, one that went
/// through takes some hundred bytes.
///
/// Serialises to a list, document by document: a report of any size is written without being built in memory.
#[derive(Clone, Default)]
pub struct Documents(pub(super) BTreeMap<DocumentKey, Row>);

impl Documents {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first one.
    pub fn first(&self) -> Option<DocumentReport> {
        self.iter().next()
    }

    /// What became of this document; `None` where it is unchanged or was not looked at.
    pub fn get(&self, key: &DocumentKey) -> Option<DocumentReport> {
        self.0.get(key).map(|row| row.unpack(key))
    }

    /// All of them, in the order of kind and id.
    pub fn iter(&self) -> DocumentsIter<'_> {
        DocumentsIter(self.0.iter())
    }

    /// Those with this outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = DocumentReport> {
        let wanted = self.0.iter().filter(move |(_, row)| row.outcome() == Some(outcome));
        wanted.map(|(key, row)| row.unpack(key))
    }
}

impl FromIterator<DocumentReport> for Documents {
    /// The last word on a document counts.
    fn from_iter<I: IntoIterator<Item = DocumentReport>>(reports: I) -> Self {
        let mut documents = Self::default();
        for report in reports {
            let key = DocumentKey::new(report.kind, report.id.clone());
            let row = documents.0.entry(key.clone()).or_default();
            row.tell(&key, report);
        }
        documents
    }
}

impl<'a> IntoIterator for &'a Documents {
    type Item = DocumentReport;
    type IntoIter = DocumentsIter<'a>;

    fn into_iter(self) -> DocumentsIter<'a> {
        self.iter()
    }
}

impl PartialEq for Documents {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Documents {}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Serialize for Documents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Documents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A list of documents is small where somebody reads it back: a plan, a test.
        Vec::<DocumentReport>::deserialize(deserializer).map(Self::from_iter)
    }
}

/// See [`Documents::iter`].
#[derive(Clone)]
pub struct DocumentsIter<'a>(btree_map::Iter<'a, DocumentKey, Row>);

impl fmt::Debug for DocumentsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl Iterator for DocumentsIter<'_> {
    type Item = DocumentReport;

    fn next(&mut self) -> Option<DocumentReport> {
        self.0.next().map(|(key, row)| row.unpack(key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for DocumentsIter<'_> {}

/// One document: what was told of it, and the tax that was computed for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    told: Told,
    computed: Option<Computed>,
}

/// What was told of a document.
#[derive(Clone, Debug, Default)]
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
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) currency: Code,
    pub(super) exponent: u32,
    pub(super) amounts: TaxAmounts,
    /// Line by line, where that says more.
    pub(super) lines: Box<[LineReport]>,
}

/// An ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug)]
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

    fn unpack(&self, key: &DocumentKey) -> DocumentReport {
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
    use proptest::prelude::*;

    use super::*;
    use crate::document::DocumentKind;

    fn documents() -> impl Strategy<Value = DocumentReport> {
        let text = proptest::option::of("[a-zß€ .:-]{0,12}");
        let tax = prop_oneof![
            Just(None),
            "-?[0-9]{1,12}(\\.[0-9]{0,4})?".prop_map(Some),
            Just(Some("99999999999999999999999.99".to_owned())),
            Just(Some("1e3".to_owned())),
        ];
        let currency = proptest::option::of(prop_oneof!["[A-Z]{3}", "[A-Zäü]{0,4}"]);
        let outcome = prop_oneof![Just(Outcome::Recorded), Just(Outcome::Held), Just(Outcome::Planned)];
        let memo = any::<bool>();
        let warnings = proptest::collection::vec("[a-z]{1,5}", 0..2);
        ("[A-Z]{1,3}-[0-9]{1,3}", memo, outcome, text, tax, currency, warnings).prop_map(
            |(id, memo, outcome, reason, tax, currency, warnings)| {
                let kind = if memo { DocumentKind::DebitMemo } else { DocumentKind::Invoice };
                let mut report = DocumentReport::new(&DocumentKey::new(kind, id), outcome);
                (report.reason, report.tax, report.currency) = (reason, tax, currency);
                report.warnings = warnings;
                if report.reason.as_deref().is_some_and(|reason| reason.len() < 4) {
                    report.reason = report.warnings.first().cloned();
                }
                report
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_was_told(told in proptest::collection::vec(documents(), 0..20)) {
            let packed: Documents = told.iter().cloned().collect();
            let mut last: BTreeMap<DocumentKey, DocumentReport> = BTreeMap::new();
            for mut report in told {
                let key = DocumentKey::new(report.kind, report.id.clone());
                for warning in last.remove(&key).map(|earlier| earlier.warnings).unwrap_or_default() {
                    if !report.warnings.contains(&warning) {
                        report.warnings.push(warning);
                    }
                }
                last.insert(key, report);
            }
            let unpacked: Vec<DocumentReport> = packed.iter().collect();
            prop_assert_eq!(&unpacked, &last.into_values().collect::<Vec<_>>());
            prop_assert_eq!(packed.len(), packed.iter().count());
            let json = serde_json::to_string(&packed).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Documents>(&json).unwrap(), &packed);
            let held: Vec<_> = packed.iter().filter(|d| d.outcome == Outcome::Held).collect();
            prop_assert_eq!(packed.with(Outcome::Held).collect::<Vec<_>>(), held);
        }
    }

    #[test]
    fn what_went_through_is_small() {
        let mut report = DocumentReport::new(&DocumentKey::invoice("INV-1"), Outcome::Recorded);
        (report.tax, report.currency) = (Some("-12.30".to_owned()), Some("USD".to_owned()));
        assert!(matches!(pack(report), Told::Plain { .. }));
        assert!(size_of::<(DocumentKey, Row)>() <= 128, "{}", size_of::<(DocumentKey, Row)>());
    }
}
