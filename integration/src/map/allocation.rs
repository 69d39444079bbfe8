//! The tax of a group of lines, given back to its lines to the last minor unit.

use rust_decimal::Decimal;

use super::money;

/// Splits amounts that belong together (a line's jurisdictions) over lines of these weights.
///
/// The answer has one row per weight and in it one part per amount. Each line's sum is its share of the whole by
/// largest remainder, each column sums to its amount, and every part is near its share: both sums are exact. The
/// amounts must not differ in sign; the signs of the weights do not count.
pub fn spread(amounts: &[i64], weights: &[Decimal]) -> Vec<Vec<i64>> {
    let total = amounts.iter().fold(0i64, |sum, amount| sum.saturating_add(*amount));
    let rows: Vec<u64> = money::allocate(total, weights).iter().map(|row| row.unsigned_abs()).collect();
    let columns: Vec<u64> = amounts.iter().map(|amount| amount.unsigned_abs()).collect();
    let parts = both_sums(&rows, &columns, total.unsigned_abs());
    let signed = |part: u64| i64::try_from(part).unwrap_or(i64::MAX) * total.signum();
    parts.into_iter().map(|row| row.into_iter().map(signed).collect()).collect()
}

/// Whole numbers with these row and column sums (both sum to `total`), each the whole part of its proportional share
/// or a little more.
fn both_sums(rows: &[u64], columns: &[u64], total: u64) -> Vec<Vec<u64>> {
    let share = |row: u64, column: u64| {
        let product = u128::from(row) * u128::from(column);
        product.checked_div(u128::from(total)).and_then(|share| u64::try_from(share).ok()).unwrap_or(0)
    };
    let mut parts: Vec<Vec<u64>> =
        rows.iter().map(|row| columns.iter().map(|column| share(*row, *column)).collect()).collect();
    // What the whole parts leave is less than one unit a cell: given out from the first line and column on.
    let mut left: Vec<u64> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let given = parts.iter().filter_map(|row| row.get(at)).sum::<u64>();
            column.saturating_sub(given)
        })
        .collect();
    for (row, parts) in rows.iter().zip(&mut parts) {
        let mut missing = row.saturating_sub(parts.iter().sum());
        for (part, left) in parts.iter_mut().zip(&mut left) {
            let more = missing.min(*left);
            *part += more;
            *left -= more;
            missing -= more;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weights(amounts: &[i64]) -> Vec<Decimal> {
        amounts.iter().map(|amount| Decimal::from(*amount)).collect()
    }

    #[test]
    fn three_equal_lines_share_a_tax_that_does_not_divide() {
        // 10.00 of state and city tax over three equal lines.
        let parts = spread(&[700, 300], &weights(&[50, 50, 50]));
        let lines: Vec<i64> = parts.iter().map(|line| line.iter().sum()).collect();
        assert_eq!(lines, [334, 333, 333]);
        assert_eq!(parts.iter().map(|line| line[0]).sum::<i64>(), 700);
    }

    #[test]
    fn nothing_and_no_jurisdiction() {
        assert_eq!(spread(&[], &weights(&[1, 2])), [Vec::<i64>::new(), Vec::new()]);
        assert_eq!(spread(&[0, 0], &weights(&[1, 2])), [[0, 0], [0, 0]]);
        assert!(spread(&[5], &[]).is_empty());
    }

    proptest! {
        #[test]
        fn both_sums_are_exact_and_parts_are_near_their_share(
            amounts in prop::collection::vec(0i64..1_000_000, 1..6),
            shares in prop::collection::vec(0i64..100_000_000, 1..30),
            negative: bool,
        ) {
            let sign = if negative { -1 } else { 1 };
            let amounts: Vec<i64> = amounts.iter().map(|amount| amount * sign).collect();
            let parts = spread(&amounts, &weights(&shares));
            prop_assert_eq!(parts.len(), shares.len());
            let total: i64 = amounts.iter().sum();
            let rows = money::allocate(total, &weights(&shares));
            for (line, row) in parts.iter().zip(&rows) {
                prop_assert_eq!(line.iter().sum::<i64>(), *row);
                prop_assert!(line.iter().all(|part| part * sign >= 0));
            }
            for (at, amount) in amounts.iter().enumerate() {
                prop_assert_eq!(parts.iter().map(|line| line[at]).sum::<i64>(), *amount);
            }
            for (line, row) in parts.iter().zip(&rows) {
                for (part, amount) in line.iter().zip(&amounts) {
                    let exact = i128::from(*row) * i128::from(*amount) / i128::from(total.abs().max(1));
                    let off = (i128::from(part.abs()) - exact).abs();
                    prop_assert!(off <= i128::try_from(amounts.len()).unwrap(), "{} {}", part, exact);
                }
            }
        }

        #[test]
        fn a_line_without_amount_gets_nothing(total in 1i64..1_000_000, at in 0usize..5) {
            let mut shares = vec![3, 1, 4, 1, 5];
            shares[at] = 0;
            prop_assert_eq!(&spread(&[total], &weights(&shares))[at], &vec![0]);
        }
    }
}
