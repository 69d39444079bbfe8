//! Documents with more lines than are sent at once: which lines are left out, and which are sent as one.
//!
//! Only what cannot change the tax is done: a line without amount owes nothing, and where rates are proportional the
//! tax of two lines of one product is the tax of their sum. Positive and negative lines are never netted: a cap or a
//! threshold would see another amount, and the tax could not be spread back (+100 and −100 sum to a tax of nothing).
//! Products with a cap or a rate per item must be named ([`MappingRules::never_group`](super::request::MappingRules)).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::money::MAX_LINE;
use super::request::TaxRequestLine;

/// One line as it is sent, and which of the document's lines it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// What is sent. Several lines go under the id of their first.
    pub line: TaxRequestLine,
    /// Indexes of the document's lines, in their order; never empty.
    pub members: Vec<usize>,
}

/// The lines of a document as they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sending {
    /// In the order of each first line.
    pub sent: Vec<Sent>,
    /// Lines without amount that are not sent.
    pub dropped: usize,
}

/// More lines than the limit, whatever is left out and grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooManyLines {
    /// Lines of the document.
    pub lines: usize,
    /// Lines that would have to be sent.
    pub sent: usize,
    /// The limit.
    pub limit: usize,
}

impl Sending {
    /// What a person should know of it; `None` where every line is sent as it is.
    pub fn told(&self) -> Option<String> {
        let grouped: Vec<&Sent> = self.sent.iter().filter(|sent| sent.members.len() > 1).collect();
        if self.dropped == 0 && grouped.is_empty() {
            return None;
        }
        let mut done = Vec::new();
        if self.dropped > 0 {
            done.push(format!("{} without amount were left out", self.dropped));
        }
        if !grouped.is_empty() {
            let lines = grouped.iter().fold(0usize, |sum, sent| sum.saturating_add(sent.members.len()));
            done.push(format!("{lines} were sent as {} by product", grouped.len()));
        }
        Some(format!(
            "it has more lines than are sent at once: {}; the tax is spread back over the lines by amount",
            done.join(", ")
        ))
    }
}

/// How `lines` are sent so that they are at most `limit`: as they are, else without those that have no amount, else
/// grouped by product, tax-included flag and sign. The same lines always give the same groups.
///
/// # Errors
/// [`TooManyLines`]: not even that is enough. The document is to be held.
pub fn sending(lines: &[TaxRequestLine], limit: Option<usize>) -> Result<Sending, TooManyLines> {
    let as_it_is = |index: usize, line: &TaxRequestLine| Sent { line: line.clone(), members: vec![index] };
    let Some(limit) = limit.filter(|limit| lines.len() > *limit) else {
        let sent = lines.iter().enumerate().map(|(index, line)| as_it_is(index, line)).collect();
        return Ok(Sending { sent, dropped: 0 });
    };
    // Anrok refuses a document without lines: where none has an amount, the first one goes.
    let keep_first = lines.iter().all(|line| line.amount == 0);
    let with_amount: Vec<(usize, &TaxRequestLine)> = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| line.amount != 0 || (keep_first && *index == 0))
        .collect();
    let dropped = lines.len().saturating_sub(with_amount.len());
    let sent: Vec<Sent> = if with_amount.len() <= limit {
        with_amount.into_iter().map(|(index, line)| as_it_is(index, line)).collect()
    } else {
        grouped(with_amount)
    };
    if sent.len() > limit {
        return Err(TooManyLines { lines: lines.len(), sent: sent.len(), limit });
    }
    Ok(Sending { sent, dropped })
}

fn grouped(lines: Vec<(usize, &TaxRequestLine)>) -> Vec<Sent> {
    let mut sent: Vec<Sent> = Vec::new();
    let mut open: BTreeMap<(&str, bool, bool), usize> = BTreeMap::new();
    for (index, line) in lines {
        let key = (line.product.as_str(), line.tax_included, line.amount < 0);
        let group = open.get(&key).copied().filter(|_| !line.alone).and_then(|at| sent.get_mut(at));
        // A sum beyond Anrok's largest line begins another one.
        let fits = group.and_then(|group| {
            let sum = group.line.amount.checked_add(line.amount)?;
            (-MAX_LINE..=MAX_LINE).contains(&sum).then_some((group, sum))
        });
        if let Some((group, sum)) = fits {
            group.line.amount = sum;
            group.line.quantity = both(group.line.quantity.as_deref(), line.quantity.as_deref());
            group.members.push(index);
        } else {
            if !line.alone {
                open.insert(key, sent.len());
            }
            sent.push(Sent { line: line.clone(), members: vec![index] });
        }
    }
    sent
}

/// The sum of two quantities; unknown where one of them is.
fn both(one: Option<&str>, other: Option<&str>) -> Option<String> {
    let number = |text: &str| text.parse::<Decimal>().ok();
    let sum = number(one?)?.checked_add(number(other?)?)?;
    Some(sum.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(id: usize, product: &str, amount: i64) -> TaxRequestLine {
        TaxRequestLine {
            id: id.to_string(),
            product: product.to_owned(),
            amount,
            tax_included: false,
            quantity: Some("1.5".to_owned()),
            alone: false,
        }
    }

    fn amounts(sending: &Sending) -> Vec<(String, i64, Vec<usize>)> {
        let sent = sending.sent.iter();
        sent.map(|sent| (sent.line.product.clone(), sent.line.amount, sent.members.clone())).collect()
    }

    #[test]
    fn first_the_lines_without_amount_go_then_products_are_summed() {
        let lines = [line(1, "A", 0), line(2, "A", 10), line(3, "B", 5), line(4, "A", -3), line(5, "A", 7)];
        assert_eq!(sending(&lines, None).unwrap().sent.len(), 5);
        assert_eq!(sending(&lines, Some(5)).unwrap().told(), None);
        let without_zero = sending(&lines, Some(4)).unwrap();
        assert_eq!((without_zero.sent.len(), without_zero.dropped), (4, 1));
        let by_product = sending(&lines, Some(3)).unwrap();
        let expected =
            [("A".into(), 17, vec![1, 4]), ("B".into(), 5, vec![2]), ("A".into(), -3, vec![3])].to_vec();
        assert_eq!(amounts(&by_product), expected, "what is negative stays apart");
        assert_eq!(by_product.sent[0].line.quantity.as_deref(), Some("3"));
        assert!(by_product.told().unwrap().contains("2 were sent as 1 by product"));
        assert_eq!(sending(&lines, Some(2)), Err(TooManyLines { lines: 5, sent: 3, limit: 2 }));
    }

    #[test]
    fn products_with_a_cap_and_other_inclusion_stay_apart() {
        let mut lines = vec![line(1, "A", 1), line(2, "A", 2), line(3, "A", 3), line(4, "A", 4)];
        lines[1].alone = true;
        lines[3].tax_included = true;
        let sent = sending(&lines, Some(3)).unwrap();
        assert_eq!(
            amounts(&sent).iter().map(|(_, amount, _)| *amount).collect::<Vec<_>>(),
            [4, 2, 4],
            "the capped line alone, the tax-included one alone"
        );
    }

    #[test]
    fn a_group_never_outgrows_the_largest_line() {
        let lines = [line(1, "A", MAX_LINE), line(2, "A", 1), line(3, "A", 2), line(4, "A", 0)];
        let sent = sending(&lines, Some(2)).unwrap();
        assert_eq!(amounts(&sent), [("A".into(), MAX_LINE, vec![0]), ("A".into(), 3, vec![1, 2])]);
    }

    #[test]
    fn where_no_line_has_an_amount_one_is_sent() {
        let lines = [line(1, "A", 0), line(2, "B", 0), line(3, "A", 0)];
        let sent = sending(&lines, Some(2)).unwrap();
        assert_eq!((amounts(&sent), sent.dropped), ([("A".into(), 0, vec![0])].to_vec(), 2));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_sent_twice(
            lines in prop::collection::vec((0usize..4, -50i64..50, any::<bool>(), any::<bool>()), 1..40),
            limit in 1usize..40,
        ) {
            let lines: Vec<TaxRequestLine> = lines.iter().enumerate().map(|(index, (product, amount, included, alone))| {
                let mut line = line(index, ["A", "B", "C", "D"][*product], *amount);
                line.tax_included = *included;
                line.alone = *alone;
                line
            }).collect();
            let Ok(sending) = sending(&lines, Some(limit)) else { return Ok(()) };
            prop_assert!(sending.sent.len() <= limit && !sending.sent.is_empty());
            let mut seen: Vec<usize> = sending.sent.iter().flat_map(|sent| sent.members.clone()).collect();
            prop_assert_eq!(seen.len() + sending.dropped, lines.len());
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len() + sending.dropped, lines.len());
            for sent in &sending.sent {
                let members: Vec<&TaxRequestLine> = sent.members.iter().map(|index| &lines[*index]).collect();
                prop_assert_eq!(members.iter().map(|line| line.amount).sum::<i64>(), sent.line.amount);
                let alike = |line: &&&TaxRequestLine| {
                    line.product == sent.line.product
                        && line.tax_included == sent.line.tax_included
                        && (line.amount < 0) == (sent.line.amount < 0)
                };
                prop_assert_eq!(members.iter().filter(alike).count(), members.len());
                prop_assert!(members.len() == 1 || members.iter().all(|line| !line.alone && line.amount != 0));
            }
            let total: i64 = lines.iter().map(|line| line.amount).sum();
            prop_assert_eq!(sending.sent.iter().map(|sent| sent.line.amount).sum::<i64>(), total);
        }
    }
}
