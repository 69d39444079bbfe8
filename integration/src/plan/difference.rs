//! The difference between what is on record and what a document is now, for a delta transaction. Pure.

use std::fmt;

use jiff::civil::Date;

use crate::fingerprint::Fingerprint;
use crate::ledger::{Entry, SentLine, by_product};
use crate::map::request::{TaxRequest, TaxRequestLine};

/// Amounts of a line, minor units (grade A).
const LINE_LIMIT: i64 = 100_000_000_000;

/// Why a difference cannot be recorded, so that the document is negated and recorded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoDifference {
    /// The address, the customer, a tax id, a date or the currency changed: the old part would stay in the wrong place.
    MoreThanLines,
    /// What is on record per product is not known: recorded by an earlier version, or an answer was lost.
    UnknownRecord,
    /// A product is never sent as one line: its tax does not follow from a sum.
    LinesThatStandAlone,
    /// A product's difference is beyond Anrok's limit for a line.
    TooLarge,
}

impl fmt::Display for NoDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MoreThanLines => {
                "more than its lines changed (address, customer, tax id, date or currency)"
            }
            Self::UnknownRecord => "this ledger does not know what is on record per product",
            Self::LinesThatStandAlone => "it has lines whose tax does not follow from their sum",
            Self::TooLarge => "the difference is too large for one line",
        })
    }
}

/// What has to be added to the record of each product, zero differences left out. Empty: only quantities or the
/// division into lines changed, and nothing is to be sent.
///
/// # Errors
/// [`NoDifference`].
pub fn difference(
    entry: &Entry,
    request: &TaxRequest,
    place: &Fingerprint,
) -> Result<Vec<SentLine>, NoDifference> {
    if entry.sent.is_empty() {
        return Err(NoDifference::UnknownRecord);
    }
    if entry.place.as_ref() != Some(place) {
        return Err(NoDifference::MoreThanLines);
    }
    if request.lines.iter().any(|line| line.alone) {
        return Err(NoDifference::LinesThatStandAlone);
    }
    let taken_back = entry.sent.iter().map(|line| {
        SentLine::new(line.product.clone(), line.amount_minor.saturating_neg(), line.tax_included)
    });
    let mut lines = by_product(sent_lines(request).into_iter().chain(taken_back));
    lines.retain(|line| line.amount_minor != 0);
    let fits = |line: &SentLine| (-LINE_LIMIT..=LINE_LIMIT).contains(&line.amount_minor);
    if lines.iter().all(fits) { Ok(lines) } else { Err(NoDifference::TooLarge) }
}

/// What a request puts on record per product.
pub(crate) fn sent_lines(request: &TaxRequest) -> Vec<SentLine> {
    let lines = request.lines.iter();
    by_product(lines.map(|line| SentLine::new(&line.product, line.amount, line.tax_included)))
}

/// The request that records a difference: the document's place and rates, lines of its own, a date of its own.
pub(crate) fn delta_request(request: &TaxRequest, lines: &[SentLine], date: Date) -> TaxRequest {
    let numbered = (1u32..).zip(lines).map(|(n, line)| {
        let mut numbered = TaxRequestLine::new(n.to_string(), line.product.clone(), line.amount_minor);
        numbered.tax_included = line.tax_included;
        numbered
    });
    TaxRequest { lines: numbered.collect(), ..dated(request, date) }
}

/// The same request on another accounting date, at the rates of its own.
pub(crate) fn dated(request: &TaxRequest, date: Date) -> TaxRequest {
    let tax_date = request.tax_date.unwrap_or(request.accounting_date);
    TaxRequest {
        accounting_date: date,
        tax_date: Some(tax_date).filter(|tax_date| *tax_date != date),
        ..request.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentKey;
    use proptest::prelude::*;

    fn lines() -> impl Strategy<Value = Vec<SentLine>> {
        let line = ("[A-C]", -1000i64..1000, any::<bool>());
        prop::collection::vec(
            line.prop_map(|(product, amount, included)| SentLine::new(product, amount, included)),
            1..6,
        )
    }

    fn request(lines: &[SentLine]) -> TaxRequest {
        let mut request = crate::map::request::tests::a_request();
        request.lines.clear();
        delta_request(&request, lines, request.accounting_date)
    }

    proptest! {
        /// On record and difference together are the document as it is now, product by product.
        #[test]
        fn record_and_difference_make_the_document(before in lines(), now in lines()) {
            let place = Fingerprint::from_text("here");
            let mut entry = Entry::new(DocumentKey::invoice("INV-1"));
            entry.sent = by_product(before);
            entry.place = Some(place.clone());
            let now = request(&now);
            let delta = difference(&entry, &now, &place).unwrap();
            let mut both = by_product(entry.sent.iter().cloned().chain(delta));
            both.retain(|line| line.amount_minor != 0);
            let mut wanted = sent_lines(&now);
            wanted.retain(|line| line.amount_minor != 0);
            prop_assert_eq!(both, wanted);
        }
    }

    #[test]
    fn a_difference_that_is_not_one_is_refused() {
        let here = Fingerprint::from_text("here");
        let mut entry = Entry::new(DocumentKey::invoice("INV-1"));
        let one = request(&[SentLine::new("A", LINE_LIMIT, false)]);
        assert_eq!(difference(&entry, &one, &here), Err(NoDifference::UnknownRecord));
        entry.sent = vec![SentLine::new("A", -1, false)];
        assert_eq!(difference(&entry, &one, &here), Err(NoDifference::MoreThanLines));
        entry.place = Some(here.clone());
        assert_eq!(difference(&entry, &one, &here), Err(NoDifference::TooLarge));
        entry.sent = vec![SentLine::new("A", LINE_LIMIT, false)];
        assert_eq!(difference(&entry, &one, &here), Ok(Vec::new()));
    }
}
