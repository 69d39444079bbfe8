//! Three amounts that are easily taken for one: the tax that the customer sees, the tax that is collected on top of
//! the price, and the tax that the seller bears.

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::request::TaxRequestLine;
use super::write_back::TaxAnswerLine;

/// Tax in minor units. What is due to the authorities is `shown + borne`, up to the engine's rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaxAmounts {
    /// What the customer pays as tax: collected on top, or contained in a price that includes tax. For print.
    pub shown: i64,
    /// What is added to the price: Anrok's `taxAmountToCollect`. The only amount that is ever written to Ordway.
    pub to_collect: i64,
    /// Due, but neither added nor contained: jurisdictions that are set to "paid by seller" at Anrok.
    pub borne: i64,
}

impl TaxAmounts {
    /// The three amounts.
    pub fn new(shown: i64, to_collect: i64, borne: i64) -> Self {
        Self { shown, to_collect, borne }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            shown: self.shown.saturating_add(other.shown),
            to_collect: self.to_collect.saturating_add(other.to_collect),
            borne: self.borne.saturating_add(other.borne),
        }
    }

    /// Whether the three say more than one of them.
    pub fn differ(&self) -> bool {
        self.shown != self.to_collect || self.borne != 0
    }
}

/// The amounts of one answered line of which `to_collect` is collected.
///
/// Anrok tells what is collected and, by jurisdiction, what is due, but not what is borne (official document). Borne is
/// what is due and neither collected nor within the price. A line's tax is collected in whole minor units and due in
/// fractions of them, so up to half a unit a tax is rounding and not borne (assumed: the engine rounds by line).
pub fn of_line(asked: &TaxRequestLine, answered: &TaxAnswerLine, to_collect: i64) -> TaxAmounts {
    let taxes = answered.jurisdictions.iter().filter(|(_, amount)| !amount.is_zero());
    let (due, count) = taxes.fold((Decimal::ZERO, 0u32), |(due, count), (_, amount)| {
        (due.saturating_add(*amount), count.saturating_add(1))
    });
    let collected = Decimal::from(to_collect);
    let contained = match (asked.tax_included, answered.pre_tax) {
        (false, _) => Decimal::ZERO,
        (true, Some(pre_tax)) => Decimal::from(asked.amount).saturating_sub(pre_tax),
        (true, None) => due.saturating_sub(collected),
    };
    let rest = due.saturating_sub(contained).saturating_sub(collected);
    let rounding = Decimal::new(5, 1).saturating_mul(Decimal::from(count.max(1)));
    let is_borne = rest.abs() > rounding && rest.is_sign_negative() == due.is_sign_negative();
    let borne = if is_borne { whole(rest) } else { 0 };
    TaxAmounts { shown: to_collect.saturating_add(whole(contained)), to_collect, borne }
}

fn whole(amount: Decimal) -> i64 {
    let whole = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    whole.to_i64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(amount: i64, tax_included: bool) -> TaxRequestLine {
        let mut line = TaxRequestLine::new("1", "P", amount);
        line.tax_included = tax_included;
        line
    }

    fn answered(pre_tax: &str, taxes: &[&str]) -> TaxAnswerLine {
        let taxes = taxes.iter().map(|tax| ("J".to_owned(), tax.parse().unwrap())).collect();
        let mut line = TaxAnswerLine::new(None, 0, taxes);
        line.pre_tax = Some(pre_tax.parse().unwrap());
        line
    }

    #[test]
    fn the_official_sample() {
        // Lines 1 and 2 of the official document: added on top, and within the price.
        let on_top = of_line(&asked(15000, false), &answered("15000", &["721.5"]), 722);
        assert_eq!(on_top, TaxAmounts::new(722, 722, 0));
        let within = of_line(&asked(31000, true), &answered("29577.3304", &["1422.6696"]), 0);
        assert_eq!(within, TaxAmounts::new(1423, 0, 0));
    }

    #[test]
    fn what_the_seller_bears_is_not_shown() {
        let whole = of_line(&asked(10000, false), &answered("10000", &["825"]), 0);
        assert_eq!(whole, TaxAmounts::new(0, 0, 825));
        let city_only = of_line(&asked(10000, false), &answered("10000", &["400", "481.4"]), 400);
        assert_eq!(city_only, TaxAmounts::new(400, 400, 481));
        let refunded = of_line(&asked(-10000, false), &answered("-10000", &["-825"]), 0);
        assert_eq!(refunded, TaxAmounts::new(0, 0, -825));
        // A price that includes the tax, which the seller bears all the same: nothing is within the price.
        let included = of_line(&asked(10000, true), &answered("10000", &["825"]), 0);
        assert_eq!(included, TaxAmounts::new(0, 0, 825));
    }

    proptest! {
        /// A line is never taxed twice: what is due is either added, or contained, or borne.
        #[test]
        fn what_is_due_is_one_of_the_three(
            amount in -1_000_000i64..1_000_000, rate in 0i64..3000, included: bool, by_seller: bool,
        ) {
            let rate = Decimal::new(rate, 4);
            let exact = Decimal::from(amount);
            let pre_tax = if included && !by_seller { exact / (Decimal::ONE + rate) } else { exact };
            let pre_tax = pre_tax.round_dp(4);
            let due = if included && !by_seller { exact - pre_tax } else { (pre_tax * rate).round_dp(4) };
            let to_collect = if included || by_seller { 0 } else { whole(due) };
            let amounts = of_line(&asked(amount, included), &answered(&pre_tax.to_string(), &[&due.to_string()]), to_collect);
            let sum = Decimal::from(amounts.shown + amounts.borne);
            prop_assert!((sum - due).abs() <= Decimal::new(5, 1), "{:?} for {}", amounts, due);
            prop_assert_eq!(amounts.to_collect, to_collect);
            if included && !by_seller {
                // Nothing on top of a price that contains its tax, and price = net + tax.
                prop_assert_eq!((amounts.to_collect, amounts.borne), (0, 0));
                prop_assert!((pre_tax + Decimal::from(amounts.shown) - exact).abs() <= Decimal::new(5, 1));
            }
            if by_seller {
                prop_assert_eq!(amounts.shown, 0);
            } else {
                prop_assert_eq!(amounts.borne, 0);
            }
        }
    }
}
