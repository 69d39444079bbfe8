//! From Anrok's answer to what stands on a draft: `taxAmountToCollect` per line, jurisdictions as explanation, and the
//! tax that is contained in a price or borne by the seller kept apart from it.

use rust_decimal::Decimal;

use super::allocation;
use super::amounts::{self, TaxAmounts};
use super::grouping::Sending;
use super::money;
use super::request::{TaxRequest, TaxRequestLine};
use crate::document::Document;

/// Anrok's answer, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaxAnswer {
    /// Tax to collect, whole document. The truth: where the lines differ from it, they are made to fit.
    pub tax_to_collect: i64,
    /// The lines, in request order.
    pub lines: Vec<TaxAnswerLine>,
    /// The transaction's version, where it was recorded.
    pub version: Option<i64>,
}

/// One line of a [`TaxAnswer`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaxAnswerLine {
    /// The line id that was sent, echoed.
    pub id: Option<String>,
    /// Tax to collect, minor units.
    pub tax_to_collect: i64,
    /// Jurisdiction and tax amount, decimal minor units. Information: the sum may differ from what is collected
    /// (inclusive lines, tax borne by the seller).
    pub jurisdictions: Vec<(String, Decimal)>,
    /// The line without tax, decimal minor units, where told: what a tax-included price contains is the rest.
    pub pre_tax: Option<Decimal>,
}

impl TaxAnswer {
    /// An answer.
    pub fn new(tax_to_collect: i64, lines: Vec<TaxAnswerLine>, version: Option<i64>) -> Self {
        Self { tax_to_collect, lines, version }
    }
}

impl TaxAnswerLine {
    /// A line.
    pub fn new(id: Option<String>, tax_to_collect: i64, jurisdictions: Vec<(String, Decimal)>) -> Self {
        Self { id, tax_to_collect, jurisdictions, pre_tax: None }
    }
}

/// The tax that is to stand on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DraftWrite {
    /// Per line.
    pub lines: Vec<DraftWriteLine>,
    /// Decimals of the currency.
    pub exponent: u32,
    /// Where Anrok's lines did not sum to its total: by how many minor units they were corrected.
    pub corrected: i64,
}

/// The tax of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DraftWriteLine {
    /// The line's number.
    pub line_no: String,
    /// What is collected and written, minor units.
    pub tax: i64,
    /// What the customer sees, what is collected, what the seller bears.
    pub amounts: TaxAmounts,
    /// Jurisdictions; they sum to `tax`. Empty where nothing is collected.
    pub jurisdictions: Vec<(String, i64)>,
}

/// The name under which a tax stands on a draft that Anrok has not confirmed.
const PROVISIONAL: &str = "Provisional tax";

impl DraftWrite {
    /// A tax that nobody answered, spread by amount over the lines that are taxed on top of their price. `None` where
    /// there is no such line to carry it.
    pub fn provisional(request: &TaxRequest, tax: i64) -> Option<Self> {
        let sign = request.amount().signum();
        let carries = |line: &TaxRequestLine| !line.tax_included && line.amount.signum() == sign;
        let weight = |line: &TaxRequestLine| if carries(line) { line.amount } else { 0 };
        let weights: Vec<Decimal> = request.lines.iter().map(|line| Decimal::from(weight(line))).collect();
        if tax != 0 && weights.iter().all(Decimal::is_zero) {
            return None;
        }
        let taxes = money::allocate(tax, &weights);
        let lines = request.lines.iter().zip(taxes).map(|(line, tax)| DraftWriteLine {
            line_no: line.id.clone(),
            tax,
            amounts: TaxAmounts::new(tax, tax, 0),
            jurisdictions: if tax == 0 { Vec::new() } else { vec![(PROVISIONAL.to_owned(), tax)] },
        });
        Some(Self { lines: lines.collect(), exponent: request.exponent, corrected: 0 })
    }

    /// Sum of the lines, minor units.
    pub fn total(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.tax))
    }

    /// The three amounts of all lines.
    pub fn amounts(&self) -> TaxAmounts {
        self.lines.iter().fold(TaxAmounts::default(), |sum, line| sum.plus(line.amounts))
    }

    /// Line number → minor units, as the ledger keeps it.
    pub fn per_line(&self) -> Vec<(String, i64)> {
        self.lines.iter().map(|line| (line.line_no.clone(), line.tax)).collect()
    }
}

/// An answer that does not fit the question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerMismatch {
    /// Another number of lines.
    #[error("Anrok answered {answered} lines for {asked}")]
    Count {
        /// Lines sent.
        asked: usize,
        /// Lines answered.
        answered: usize,
    },
    /// A line nobody asked for.
    #[error("Anrok's answer has no line {0}")]
    Missing(String),
}

/// What to write for `answer`.
///
/// Lines are matched by id where all are unique and echoed, else by position. Where lines were sent as one, their tax
/// is spread back over them by amount; lines that were not sent have none.
///
/// # Errors
/// [`AnswerMismatch`]: nothing is written.
pub fn draft_write(request: &TaxRequest, answer: &TaxAnswer) -> Result<DraftWrite, AnswerMismatch> {
    let count = |asked| AnswerMismatch::Count { asked, answered: answer.lines.len() };
    let sending = request.sending().map_err(|too_many| count(too_many.sent))?;
    if sending.sent.len() != answer.lines.len() {
        return Err(count(sending.sent.len()));
    }
    let matched = matched(&sending, answer)?;
    let (collected, corrected) = collected(&sending, &matched, answer.tax_to_collect);
    let mut lines: Vec<DraftWriteLine> = request
        .lines
        .iter()
        .map(|line| DraftWriteLine {
            line_no: line.id.clone(),
            tax: 0,
            amounts: TaxAmounts::default(),
            jurisdictions: Vec::new(),
        })
        .collect();
    for ((sent, answered), tax) in sending.sent.iter().zip(matched).zip(collected) {
        let amounts = amounts::of_line(&sent.line, answered, tax);
        let (names, parts): (Vec<String>, Vec<i64>) = jurisdictions(answered, tax).into_iter().unzip();
        let amount_of = |index: &usize| request.lines.get(*index).map_or(0, |line| line.amount);
        let weights: Vec<Decimal> =
            sent.members.iter().map(|index| Decimal::from(amount_of(index))).collect();
        let shares = money::allocate(tax, &weights);
        let contained = money::allocate(amounts.shown.saturating_sub(tax), &weights);
        let borne = money::allocate(amounts.borne, &weights);
        let by_jurisdiction = allocation::spread(&parts, &weights);
        let shares = shares.into_iter().zip(contained).zip(borne).zip(by_jurisdiction);
        for (index, (((share, contained), borne), own)) in sent.members.iter().zip(shares) {
            if let Some(line) = lines.get_mut(*index) {
                line.tax = share;
                line.amounts = TaxAmounts::new(share.saturating_add(contained), share, borne);
                let by_name = names.iter().cloned().zip(own);
                line.jurisdictions = by_name.filter(|(_, part)| *part != 0).collect();
            }
        }
    }
    Ok(DraftWrite { lines, exponent: request.exponent, corrected })
}

/// What is collected for each sent line, and by how much the lines had to be made to fit the total.
fn collected(sending: &Sending, answered: &[&TaxAnswerLine], total: i64) -> (Vec<i64>, i64) {
    let mut taxes: Vec<i64> = answered.iter().map(|line| line.tax_to_collect).collect();
    let sum = taxes.iter().fold(0i64, |sum, tax| sum.saturating_add(*tax));
    let corrected = total.saturating_sub(sum);
    if corrected == 0 {
        return (taxes, 0);
    }
    let mut weights: Vec<Decimal> = taxes.iter().map(|tax| Decimal::from(*tax)).collect();
    if weights.iter().all(Decimal::is_zero) {
        // Not on top of a price that includes its tax.
        let by_amount = sending.sent.iter().map(|sent| &sent.line);
        let weight = |included: bool, amount: i64| if included { 0 } else { amount };
        weights = by_amount.map(|line| Decimal::from(weight(line.tax_included, line.amount))).collect();
    }
    for (tax, more) in taxes.iter_mut().zip(money::allocate(corrected, &weights)) {
        *tax = tax.saturating_add(more);
    }
    (taxes, corrected)
}

fn matched<'a>(sending: &Sending, answer: &'a TaxAnswer) -> Result<Vec<&'a TaxAnswerLine>, AnswerMismatch> {
    let ids: std::collections::HashSet<&str> =
        sending.sent.iter().map(|sent| sent.line.id.as_str()).collect();
    let by_id = ids.len() == sending.sent.len() && answer.lines.iter().all(|line| line.id.is_some());
    if !by_id {
        return Ok(answer.lines.iter().collect());
    }
    let answered: std::collections::HashMap<&str, &TaxAnswerLine> =
        answer.lines.iter().filter_map(|line| Some((line.id.as_deref()?, line))).collect();
    let find = |id: &str| answered.get(id).copied().ok_or_else(|| AnswerMismatch::Missing(id.to_owned()));
    sending.sent.iter().map(|sent| find(&sent.line.id)).collect()
}

/// The names of the jurisdictions with the line's tax spread over them in proportion to their own amounts.
fn jurisdictions(line: &TaxAnswerLine, tax: i64) -> Vec<(String, i64)> {
    let mut named: Vec<(String, Decimal)> = Vec::new();
    for (name, amount) in &line.jurisdictions {
        match named.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum = sum.saturating_add(*amount),
            None => named.push((name.clone(), *amount)),
        }
    }
    named.retain(|(_, amount)| !amount.is_zero());
    if tax == 0 || named.is_empty() {
        return Vec::new();
    }
    let weights: Vec<Decimal> = named.iter().map(|(_, amount)| *amount).collect();
    let parts = money::allocate(tax, &weights);
    named.into_iter().map(|(name, _)| name).zip(parts).filter(|(_, part)| *part != 0).collect()
}

/// Whether exactly this tax stands on `document`: every line, no other line, and the total; where lines cannot be seen,
/// the total.
pub fn stands_on(lines: &[(String, i64)], exponent: u32, document: &Document) -> bool {
    if lines.len() != document.lines.len() {
        return false;
    }
    let line_fits = |(index, line): (usize, &crate::document::DocumentLine)| {
        let number = line.line_no.clone().unwrap_or_else(|| (index + 1).to_string());
        // Position first: line numbers are unique in recordings, but nothing promises it.
        let expected = lines
            .get(index)
            .filter(|(no, _)| *no == number)
            .or_else(|| lines.iter().find(|(no, _)| *no == number));
        let stands = line.tax.unwrap_or(Decimal::ZERO);
        expected.is_some_and(|(_, minor)| money::exact_minor(stands, exponent) == Some(*minor))
    };
    let total = lines.iter().fold(0i64, |sum, (_, minor)| sum.saturating_add(*minor));
    (!document.tax_by_line || document.lines.iter().enumerate().all(line_fits))
        && money::exact_minor(document.tax.unwrap_or(Decimal::ZERO), exponent) == Some(total)
}

/// Whether the document already carries the tax of `write`, so that nothing has to be written.
pub fn already_there(write: &DraftWrite, document: &Document) -> bool {
    stands_on(&write.per_line(), write.exponent, document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentKey, DocumentLine};
    use crate::map::address::PostalAddress;
    use crate::map::request::{MappingRules, build};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn document(amounts: &[&str]) -> Document {
        let mut document = Document::new(DocumentKey::invoice("INV-1"));
        document.lines = amounts
            .iter()
            .enumerate()
            .map(|(i, amount)| DocumentLine {
                line_no: Some((i + 1).to_string()),
                product_id: Some("P".into()),
                amount: Some(amount.parse().unwrap()),
                ..DocumentLine::default()
            })
            .collect();
        document.currency = Some("USD".into());
        document.date = Some(date(2026, 11, 1));
        document.customer_id = Some("C".into());
        document.billing = Some(PostalAddress::new([None, None, None, None, None, Some("DE")]));
        document
    }

    fn request(amounts: &[&str]) -> TaxRequest {
        build(&document(amounts), None, &MappingRules::default(), date(2026, 11, 22)).unwrap()
    }

    fn line(id: &str, tax: i64, jurisdictions: &[(&str, &str)]) -> TaxAnswerLine {
        let jurisdictions =
            jurisdictions.iter().map(|(n, a)| ((*n).to_owned(), a.parse().unwrap())).collect();
        TaxAnswerLine::new(Some(id.into()), tax, jurisdictions)
    }

    #[test]
    fn what_is_collected_is_written_and_not_the_breakdown() {
        // Tax borne by the seller: the breakdown shows tax, nothing is collected.
        let borne = TaxAnswer::new(0, vec![line("1", 0, &[("Texas", "825")])], None);
        let write = draft_write(&request(&["100.00"]), &borne).unwrap();
        assert_eq!((write.total(), write.lines[0].jurisdictions.len()), (0, 0));
    }

    #[test]
    fn jurisdictions_sum_to_the_line() {
        let answer = TaxAnswer::new(
            888,
            vec![line("1", 888, &[("New York", "400"), ("NYC", "450.25"), ("MCTD", "37.5")])],
            None,
        );
        let write = draft_write(&request(&["100.00"]), &answer).unwrap();
        let parts = &write.lines[0].jurisdictions;
        assert_eq!(parts.iter().map(|p| p.1).sum::<i64>(), 888);
        assert_eq!(parts[0], ("New York".to_owned(), 400));
    }

    #[test]
    fn lines_are_matched_by_id_and_counted() {
        let swapped = TaxAnswer::new(3, vec![line("2", 2, &[]), line("1", 1, &[])], None);
        let write = draft_write(&request(&["1.00", "2.00"]), &swapped).unwrap();
        assert_eq!(write.per_line(), [("1".into(), 1), ("2".into(), 2)]);
        let short = TaxAnswer::new(1, vec![line("1", 1, &[])], None);
        assert!(matches!(
            draft_write(&request(&["1.00", "2.00"]), &short),
            Err(AnswerMismatch::Count { .. })
        ));
        let foreign = TaxAnswer::new(1, vec![line("1", 1, &[]), line("9", 1, &[])], None);
        assert!(matches!(
            draft_write(&request(&["1.00", "2.00"]), &foreign),
            Err(AnswerMismatch::Missing(_))
        ));
    }

    #[test]
    fn the_total_is_the_truth() {
        let answer = TaxAnswer::new(12, vec![line("1", 5, &[]), line("2", 6, &[])], None);
        let write = draft_write(&request(&["1.00", "2.00"]), &answer).unwrap();
        assert_eq!((write.total(), write.corrected), (12, 1));
    }

    #[test]
    fn what_stands_on_a_draft_is_compared_line_by_line_and_in_total() {
        let mut document = document(&["1.00", "2.00"]);
        let expected = vec![("1".to_owned(), 7), ("2".to_owned(), 0)];
        assert!(!stands_on(&expected, 2, &document));
        document.lines[0].tax = Some("0.07".parse().unwrap());
        assert!(!stands_on(&expected, 2, &document), "the header still says zero");
        document.tax = Some("0.0700".parse().unwrap());
        assert!(stands_on(&expected, 2, &document));
        document.lines[1].tax = Some("0.01".parse().unwrap());
        assert!(!stands_on(&expected, 2, &document));
    }

    #[test]
    fn a_correction_never_goes_on_top_of_a_price_that_includes_its_tax() {
        let mut asked = request(&["100.00", "50.00"]);
        asked.lines[0].tax_included = true;
        let answer = TaxAnswer::new(1, vec![line("1", 0, &[("X", "800")]), line("2", 0, &[])], None);
        let write = draft_write(&asked, &answer).unwrap();
        assert_eq!((write.per_line(), write.corrected), (vec![("1".into(), 0), ("2".into(), 1)], 1));
    }

    #[test]
    fn a_provisional_tax_is_carried_by_lines_that_are_taxed_on_top() {
        let mut asked = request(&["10.00", "20.00", "-5.00", "30.00"]);
        asked.lines[3].tax_included = true;
        let write = DraftWrite::provisional(&asked, 100).unwrap();
        assert_eq!(write.lines.iter().map(|line| line.tax).collect::<Vec<_>>(), [33, 67, 0, 0]);
        assert_eq!(write.lines[1].jurisdictions, [("Provisional tax".to_owned(), 67)]);
        assert_eq!(DraftWrite::provisional(&asked, 0).unwrap().total(), 0);
        asked.lines.iter_mut().for_each(|line| line.tax_included = true);
        assert_eq!(DraftWrite::provisional(&asked, 100), None);
    }

    #[test]
    fn the_tax_of_grouped_lines_goes_back_to_the_lines() {
        let mut asked = request(&["10.00", "0.00", "20.00", "-5.00", "30.01"]);
        asked.line_limit = Some(2);
        let sent = vec![line("1", 533, &[("S", "433"), ("C", "100.4")]), line("4", -44, &[("S", "-44")])];
        let write = draft_write(&asked, &TaxAnswer::new(489, sent, None)).unwrap();
        assert_eq!((write.total(), write.corrected), (489, 0));
        let taxes: Vec<i64> = write.lines.iter().map(|line| line.tax).collect();
        assert_eq!(taxes, [89, 0, 178, -44, 266]);
        let of = |name: &str| {
            let all = write.lines.iter().flat_map(|line| &line.jurisdictions);
            all.filter(|(of, _)| of == name).map(|(_, part)| part).sum::<i64>()
        };
        assert_eq!((of("S"), of("C")), (433 - 44, 100));
    }

    proptest! {
        /// However the lines are sent: sums hold, every line is explained, and nothing is added to what includes it.
        #[test]
        fn grouping_keeps_every_sum(
            lines in prop::collection::vec((0usize..3, -5_000i64..5_000, any::<bool>()), 1..30),
            limit in 1usize..30, rate in 1i64..2_500, borne: bool,
        ) {
            let mut asked = request(&["1.00"]);
            asked.lines = lines.iter().enumerate().map(|(index, (product, amount, included))| {
                let mut line = TaxRequestLine::new(index.to_string(), ["A", "B", "C"][*product], *amount);
                line.tax_included = *included;
                line
            }).collect();
            asked.line_limit = Some(limit);
            let Ok(sending) = asked.sending() else { return Ok(()) };
            let rate = Decimal::new(rate, 4);
            let answered: Vec<TaxAnswerLine> = sending.sent.iter().map(|sent| {
                let exact = Decimal::from(sent.line.amount);
                let pre_tax = if sent.line.tax_included { (exact / (Decimal::ONE + rate)).round_dp(4) } else { exact };
                let due = if sent.line.tax_included { exact - pre_tax } else { (pre_tax * rate).round_dp(4) };
                let collected = if sent.line.tax_included || borne { Decimal::ZERO } else { due.round() };
                let minor = i64::try_from(collected.mantissa()).unwrap();
                let halves = vec![("S".to_owned(), due / Decimal::TWO), ("C".to_owned(), due / Decimal::TWO)];
                let mut line = TaxAnswerLine::new(Some(sent.line.id.clone()), minor, halves);
                line.pre_tax = Some(pre_tax);
                line
            }).collect();
            let total = answered.iter().map(|line| line.tax_to_collect).sum();
            let write = draft_write(&asked, &TaxAnswer::new(total, answered.clone(), None)).unwrap();
            prop_assert_eq!((write.total(), write.corrected), (total, 0));
            let sent_amounts = sending.sent.iter().zip(&answered)
                .map(|(sent, line)| amounts::of_line(&sent.line, line, line.tax_to_collect))
                .fold(TaxAmounts::default(), TaxAmounts::plus);
            prop_assert_eq!(write.amounts(), sent_amounts);
            for (line, asked) in write.lines.iter().zip(&asked.lines) {
                let parts: i64 = line.jurisdictions.iter().map(|(_, part)| part).sum();
                prop_assert_eq!(parts, line.tax);
                prop_assert_eq!(line.amounts.to_collect, line.tax);
                prop_assert!(!asked.tax_included || line.tax == 0, "taxed twice");
                prop_assert!(asked.amount != 0 || line.amounts == TaxAmounts::default());
                prop_assert!(line.tax == 0 || (line.tax < 0) == (asked.amount < 0), "a tax of the other sign");
            }
        }

        #[test]
        fn every_line_is_explained_exactly(
            tax in -100_000i64..100_000, parts in prop::collection::vec(1i64..1_000_000, 1..6),
        ) {
            let jurisdictions: Vec<(String, Decimal)> =
                parts.iter().enumerate().map(|(i, n)| (format!("J{i}"), Decimal::new(*n, 2))).collect();
            let answer = TaxAnswer::new(tax, vec![TaxAnswerLine::new(Some("1".into()), tax, jurisdictions)], None);
            let write = draft_write(&request(&["1000.00"]), &answer).unwrap();
            prop_assert_eq!(write.total(), tax);
            prop_assert_eq!(write.lines[0].jurisdictions.iter().map(|p| p.1).sum::<i64>(), tax);
        }
    }
}
