//! Money: decimals on Ordway's side, integer minor units on Anrok's, and nothing lost between them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The digits after the point that a currency has, by ISO 4217. `None` for a code that is not a currency.
///
/// Anrok documents "the smallest denomination" only; that it means the ISO exponent for currencies without or
/// with three decimals is assumed (grade D).
pub fn exponent(currency: &str) -> Option<u32> {
    let code = currency.trim();
    if NO_DECIMALS.contains(&code) {
        Some(0)
    } else if THREE_DECIMALS.contains(&code) {
        Some(3)
    } else if FOUR_DECIMALS.contains(&code) {
        Some(4)
    } else if TWO_DECIMALS.contains(&code) {
        Some(2)
    } else {
        None
    }
}

const NO_DECIMALS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
const FOUR_DECIMALS: &[&str] = &["CLF", "UYW"];
const TWO_DECIMALS: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD",
    "BND", "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY",
    "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR",
    "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD",
    "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS",
    "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU", "UZS", "VED", "VES", "WST", "XCD",
    "XCG", "YER", "ZAR", "ZMW", "ZWG",
];

/// `amount` in minor units, or `None` where it has more decimals than the currency or does not fit.
pub fn exact_minor(amount: Decimal, exponent: u32) -> Option<i64> {
    let minor = scaled(amount, exponent)?;
    minor.fract().is_zero().then(|| minor.to_i64()).flatten()
}

/// `minor` units as a decimal with exactly the currency's decimals: 870 cents → `8.70`.
pub fn to_decimal(minor: i64, exponent: u32) -> Decimal {
    Decimal::new(minor, exponent)
}

/// The text that Ordway gets: always the currency's decimals, never an exponent or a plus sign.
pub fn text(minor: i64, exponent: u32) -> String {
    to_decimal(minor, exponent).to_string()
}

fn scaled(amount: Decimal, exponent: u32) -> Option<Decimal> {
    amount.checked_mul(Decimal::from(10u64.checked_pow(exponent)?))
}

/// Why amounts could not be turned into minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyProblem {
    /// The total has more decimals than the currency.
    TotalTooFine(Decimal),
    /// The lines do not add up to the total.
    DoesNotAddUp {
        /// Sum of the lines as they are.
        lines: Decimal,
        /// The document's total.
        total: Decimal,
    },
    /// An amount is beyond ±1e11 minor units, the limit of Anrok's document, or beyond what can be counted.
    TooLarge(Decimal),
}

/// Lines in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MinorLines {
    /// Per line, in order; their sum is the total.
    pub lines: Vec<i64>,
    /// Whether any line had more decimals than the currency and was rounded by largest remainder.
    pub rounded: bool,
}

/// The largest line amount that Anrok takes, in minor units (official document).
pub const MAX_LINE: i64 = 100_000_000_000;

/// Turns line amounts into minor units whose sum is exactly `total`.
///
/// Lines that fit the currency are taken as they are. Lines with more decimals are rounded by largest remainder
/// so that the sum is `total`; that is allowed only as far as each such line may be off by half a unit. Anything
/// else does not add up, and is never made to.
///
/// # Errors
/// [`MoneyProblem`]: the document is to be held.
pub fn lines_to_minor(
    lines: &[Decimal],
    total: Option<Decimal>,
    exponent: u32,
) -> Result<MinorLines, MoneyProblem> {
    let mut sum = Decimal::ZERO;
    let mut exact = Vec::with_capacity(lines.len());
    for amount in lines {
        sum = sum.checked_add(*amount).ok_or(MoneyProblem::TooLarge(*amount))?;
        exact.push(scaled(*amount, exponent).ok_or(MoneyProblem::TooLarge(*amount))?);
    }
    let total = total.unwrap_or(sum);
    let total_minor = exact_minor(total, exponent).ok_or(MoneyProblem::TotalTooFine(total))?;
    let fine = exact.iter().filter(|minor| !minor.fract().is_zero()).count();
    let off = sum.checked_sub(total).ok_or(MoneyProblem::TooLarge(total))?.abs();
    let tolerance = Decimal::new(5, exponent + 1) * Decimal::from(fine);
    if off > tolerance {
        return Err(MoneyProblem::DoesNotAddUp { lines: sum, total });
    }
    let floors: Vec<i64> = exact
        .iter()
        .zip(lines)
        .map(|(minor, amount)| minor.floor().to_i64().ok_or(MoneyProblem::TooLarge(*amount)))
        .collect::<Result<_, _>>()?;
    let remainders: Vec<Decimal> = exact.iter().map(|minor| minor - minor.floor()).collect();
    let spread = distribute(floors, &remainders, total_minor)
        .ok_or(MoneyProblem::DoesNotAddUp { lines: sum, total })?;
    if let Some((_, amount)) =
        spread.iter().zip(lines).find(|(minor, _)| !(-MAX_LINE..=MAX_LINE).contains(*minor))
    {
        return Err(MoneyProblem::TooLarge(*amount));
    }
    Ok(MinorLines { lines: spread, rounded: fine > 0 })
}

/// Adds single units to `floors`, largest remainder first (ties: first line first), until they sum to `total`.
/// `None` where more units are missing than there are remainders, or none may be taken away.
fn distribute(mut floors: Vec<i64>, remainders: &[Decimal], total: i64) -> Option<Vec<i64>> {
    let sum = floors.iter().try_fold(0i64, |sum, n| sum.checked_add(*n))?;
    let missing = usize::try_from(total.checked_sub(sum)?).ok()?;
    let mut order: Vec<usize> =
        (0..floors.len()).filter(|i| remainders.get(*i).is_some_and(|r| !r.is_zero())).collect();
    order.sort_by(|a, b| remainders.get(*b).cmp(&remainders.get(*a)).then(a.cmp(b)));
    if missing > order.len() {
        return None;
    }
    for index in order.into_iter().take(missing) {
        let unit = floors.get_mut(index)?;
        *unit = unit.checked_add(1)?;
    }
    Some(floors)
}

/// Splits `total` minor units in proportion to `weights` so that the parts sum to `total` (largest remainder;
/// ties: first part first). With no weight at all, everything goes to the first part.
pub fn allocate(total: i64, weights: &[Decimal]) -> Vec<i64> {
    if weights.is_empty() {
        return Vec::new();
    }
    let weights = in_range(weights);
    let sum = weights.iter().fold(Decimal::ZERO, |sum, weight| sum.saturating_add(*weight));
    let mut parts = vec![0i64; weights.len()];
    if sum.is_zero() {
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        return parts;
    }
    let magnitude = total.unsigned_abs();
    let sign = if total < 0 { -1 } else { 1 };
    let shares: Vec<Decimal> =
        weights.iter().map(|w| Decimal::from(magnitude).saturating_mul(*w) / sum).collect();
    let floors: Vec<i64> = shares.iter().map(|s| s.floor().to_i64().unwrap_or(0)).collect();
    let remainders: Vec<Decimal> = shares.iter().map(|s| s - s.floor()).collect();
    let given: i64 = floors.iter().sum();
    let mut missing = i64::try_from(magnitude).unwrap_or(i64::MAX).saturating_sub(given);
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| remainders.get(*b).cmp(&remainders.get(*a)).then(a.cmp(b)));
    parts = floors;
    for index in order.into_iter().cycle() {
        if missing <= 0 {
            break;
        }
        if let Some(part) = parts.get_mut(index) {
            *part += 1;
            missing -= 1;
        }
    }
    parts.iter().map(|part| part * sign).collect()
}

/// The same proportions without sign, small enough to be multiplied by any amount of money. What no amount of money is, a
/// server may still send.
fn in_range(weights: &[Decimal]) -> Vec<Decimal> {
    const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
    let largest = weights.iter().map(Decimal::abs).max().unwrap_or_default();
    let scale = if largest > LARGEST { largest / LARGEST } else { Decimal::ONE };
    weights.iter().map(|weight| weight.abs() / scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// The table is ours; a maintained crate checks it. Codes where the two differ are named with the reason.
    #[test]
    fn exponents_agree_with_a_maintained_table() {
        // Retired from ISO 4217 since, or no longer issued; invoices cannot be in them.
        let retired = ["CUC", "HRK", "SLL", "ZWL", "VED"];
        for currency in <iso_currency::Currency as iso_currency::IntoEnumIterator>::iter() {
            let code = currency.code();
            let theirs = currency.exponent().map(u32::from);
            if theirs.is_none() || retired.contains(&code) {
                continue; // precious metals, funds, test codes
            }
            assert_eq!(exponent(code), theirs, "{code}");
        }
        assert_eq!((exponent("JPY"), exponent("USD"), exponent("KWD")), (Some(0), Some(2), Some(3)));
        assert_eq!(exponent("XXX"), None);
        assert_eq!(exponent("usd"), None);
    }

    #[test]
    fn amounts_carry_the_currencys_decimals() {
        assert_eq!(text(870, 2), "8.70");
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(0, 2), "0.00");
        assert_eq!(text(870, 0), "870");
        assert_eq!(text(1234, 3), "1.234");
    }

    #[test]
    fn nothing_is_rounded_silently() {
        assert_eq!(exact_minor(d("8.70"), 2), Some(870));
        assert_eq!(exact_minor(d("8.7000"), 2), Some(870));
        assert_eq!(exact_minor(d("8.705"), 2), None);
        assert_eq!(exact_minor(d("0.5"), 0), None);
        assert_eq!(exact_minor(Decimal::MAX, 2), None);
    }

    #[test]
    fn fractional_lines_are_rounded_to_the_subtotal() {
        let third = [d("3.333"), d("3.333"), d("3.334")];
        let minor = lines_to_minor(&third, Some(d("10.00")), 2).unwrap();
        assert_eq!((minor.lines, minor.rounded), (vec![333, 333, 334], true));
        let each = [d("0.335"), d("0.335"), d("0.335")];
        assert_eq!(lines_to_minor(&each, Some(d("1.01")), 2).unwrap().lines, [34, 34, 33]);
        assert_eq!(lines_to_minor(&each, Some(d("1.00")), 2).unwrap().lines, [34, 33, 33]);
        let negative = [d("-3.333"), d("-3.333"), d("-3.334")];
        assert_eq!(lines_to_minor(&negative, Some(d("-10.00")), 2).unwrap().lines.iter().sum::<i64>(), -1000);
    }

    #[test]
    fn the_largest_weights_are_weighed() {
        assert_eq!(allocate(101, &[Decimal::MAX; 3]), [34, 34, 33]);
        assert_eq!(allocate(-100, &[Decimal::MAX, Decimal::MIN, Decimal::ZERO]), [-50, -50, 0]);
        assert_eq!(allocate(100, &[Decimal::MAX, Decimal::ONE]), [100, 0]);
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let lines = [d("10.00"), d("20.00")];
        assert!(matches!(
            lines_to_minor(&lines, Some(d("30.01")), 2),
            Err(MoneyProblem::DoesNotAddUp { .. })
        ));
        assert!(matches!(
            lines_to_minor(&[d("3.333")], Some(d("3.40")), 2),
            Err(MoneyProblem::DoesNotAddUp { .. })
        ));
        assert!(matches!(lines_to_minor(&[d("5.5")], Some(d("5.5")), 0), Err(MoneyProblem::TotalTooFine(_))));
        let huge = [d("1000000000.01")];
        assert!(matches!(lines_to_minor(&huge, None, 2), Err(MoneyProblem::TooLarge(_))));
        assert_eq!(lines_to_minor(&[d("1000000000.00")], None, 2).unwrap().lines, [MAX_LINE]);
    }

    proptest! {
        #[test]
        fn rounded_lines_always_sum_to_the_total(
            minors in prop::collection::vec(-10_000_000i64..10_000_000, 1..40), exponent in 0u32..4, extra in 0u32..4,
        ) {
            let lines: Vec<Decimal> = minors.iter().map(|n| Decimal::new(*n, exponent + extra)).collect();
            let sum: Decimal = lines.iter().sum();
            let total = sum.round_dp_with_strategy(exponent, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            let minor = lines_to_minor(&lines, Some(total), exponent).unwrap();
            prop_assert_eq!(Some(minor.lines.iter().sum::<i64>()), exact_minor(total, exponent));
            for (amount, minor) in lines.iter().zip(&minor.lines) {
                prop_assert!((amount - to_decimal(*minor, exponent)).abs() < Decimal::new(1, exponent));
            }
        }

        /// Whatever a server calls the weight of a part, up to the largest number there is.
        #[test]
        fn allocated_parts_sum_to_the_total(
            total in -1_000_000_000_000i64..1_000_000_000_000,
            weights in prop::collection::vec((any::<i64>(), any::<u32>(), any::<u32>(), 0u32..29), 1..20),
        ) {
            let weights: Vec<Decimal> =
                weights.into_iter().map(|(low, mid, high, scale)| {
                    let low = low.unsigned_abs();
                    let (bottom, next) = (u32::try_from(low & 0xffff_ffff).unwrap(), mid);
                    Decimal::from_parts(bottom, next, high, low % 2 == 0, scale)
                }).collect();
            let parts = allocate(total, &weights);
            prop_assert_eq!((parts.len(), parts.iter().sum::<i64>()), (weights.len(), total));
            prop_assert!(parts.iter().all(|part| part.signum() * total.signum() >= 0));
        }

        #[test]
        fn exact_lines_are_never_changed(minors in prop::collection::vec(-10_000_000i64..10_000_000, 0..40), exponent in 0u32..4) {
            let lines: Vec<Decimal> = minors.iter().map(|n| Decimal::new(*n, exponent)).collect();
            let minor = lines_to_minor(&lines, Some(lines.iter().sum()), exponent).unwrap();
            prop_assert_eq!(minor.lines, minors);
            prop_assert!(!minor.rounded);
        }

        #[test]
        fn a_wrong_total_is_always_refused(minors in prop::collection::vec(-10_000i64..10_000, 1..10), off in prop::sample::select(vec![-5i64, -1, 1, 7])) {
            let lines: Vec<Decimal> = minors.iter().map(|n| Decimal::new(*n, 2)).collect();
            let total = lines.iter().sum::<Decimal>() + Decimal::new(off, 2);
            let refused = matches!(lines_to_minor(&lines, Some(total), 2), Err(MoneyProblem::DoesNotAddUp { .. }));
            prop_assert!(refused);
        }

        #[test]
        fn parts_sum_to_the_whole(total in -1_000_000_000i64..1_000_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..12)) {
            let weights: Vec<Decimal> = weights.iter().map(|n| Decimal::new(*n, 4)).collect();
            let parts = allocate(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| part.signum() * total.signum() >= 0));
        }

        #[test]
        fn text_round_trips(minor: i64, exponent in 0u32..5) {
            prop_assert_eq!(exact_minor(text(minor, exponent).parse().unwrap(), exponent), Some(minor));
        }
    }
}
