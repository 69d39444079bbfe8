//! What a draft shows while Anrok cannot be asked: nothing new, no tax, or the tax as last known. Pure.
//!
//! Anrok's own advice for an outage is to hold the invoice, or to send it without tax and bear the cost, by its size
//! (reference: tutorials, FAQ). A stand-in is written to drafts only, remembered in the ledger before the write, listed
//! by every run and replaced as soon as Anrok answers. Recordings always wait.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::map::{country, money};

/// Which drafts get a stand-in during an outage of Anrok. The default holds all of them.
///
/// ```
/// use ordway_anrok::{OutageAction, OutagePolicy, OutageRule};
///
/// let mut policy = OutagePolicy::default();
/// policy.class_field = Some("segment".to_owned());
/// policy.rules = vec![
///     OutageRule::new(OutageAction::Hold).of_class("enterprise"),
///     OutageRule::new(OutageAction::ZeroPlaceholder).up_to("USD", 50.into()).up_to("EUR", 50.into()),
///     OutageRule::new(OutageAction::LastKnownTax).in_country("DE"),
/// ];
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutagePolicy {
    /// The first rule that fits a draft decides.
    pub rules: Vec<OutageRule>,
    /// What happens where no rule fits.
    pub otherwise: OutageAction,
    /// API name of the custom field that holds the customer class: on the invoice, else on the customer.
    pub class_field: Option<String>,
}

/// What happens to a draft whose tax cannot be computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutageAction {
    /// Nothing is written; the draft is reported and tried again.
    #[default]
    Hold,
    /// It shows no tax.
    ZeroPlaceholder,
    /// It shows the tax that Anrok last answered for this very draft, in proportion to its amount. Only where place,
    /// customer and currency are the same as then; otherwise it is held.
    LastKnownTax,
}

/// One rule. Conditions of one kind widen it, conditions of different kinds narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutageRule {
    /// What happens.
    pub then: OutageAction,
    /// Currency → largest amount before tax, in currency units. Where any is given, drafts in other currencies do not
    /// fit: an amount means nothing without its currency.
    pub at_most: BTreeMap<String, Decimal>,
    /// Countries of the taxed address, by code or English name; empty: all.
    pub countries: Vec<String>,
    /// Customer classes, case ignored; empty: all.
    pub classes: Vec<String>,
}

impl OutageRule {
    /// A rule that fits every draft.
    pub fn new(then: OutageAction) -> Self {
        Self { then, at_most: BTreeMap::new(), countries: Vec::new(), classes: Vec::new() }
    }

    /// Drafts in this currency of at most this amount.
    #[must_use]
    pub fn up_to(mut self, currency: impl Into<String>, amount: Decimal) -> Self {
        self.at_most.insert(currency.into(), amount);
        self
    }

    /// Drafts that are taxed in this country.
    #[must_use]
    pub fn in_country(mut self, country: impl Into<String>) -> Self {
        self.countries.push(country.into());
        self
    }

    /// Drafts of customers of this class.
    #[must_use]
    pub fn of_class(mut self, class: impl Into<String>) -> Self {
        self.classes.push(class.into());
        self
    }

    fn fits(&self, draft: &OutageFacts<'_>) -> bool {
        let amount = money::to_decimal(draft.amount_minor, draft.exponent).abs();
        let limit = self.at_most.iter().find(|(code, _)| code.eq_ignore_ascii_case(draft.currency));
        let small = self.at_most.is_empty() || limit.is_some_and(|(_, most)| amount <= *most);
        let code = |text: &str| country::iso_code(text).map_or_else(|| text.to_lowercase(), str::to_owned);
        let here = |country: &str| self.countries.iter().any(|listed| code(listed) == code(country));
        let of =
            |class: &str| self.classes.iter().any(|listed| listed.to_lowercase() == class.to_lowercase());
        small
            && (self.countries.is_empty() || draft.country.is_some_and(here))
            && (self.classes.is_empty() || draft.class.is_some_and(of))
    }
}

impl OutagePolicy {
    /// One action for every draft.
    pub fn always(action: OutageAction) -> Self {
        Self { otherwise: action, ..Self::default() }
    }

    /// Whether no draft ever gets a stand-in.
    pub fn only_holds(&self) -> bool {
        let mut actions = self.rules.iter().map(|rule| rule.then).chain([self.otherwise]);
        actions.all(|action| action == OutageAction::Hold)
    }
}

/// What the policy looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutageFacts<'a> {
    /// Amount of the draft before tax, minor units.
    pub amount_minor: i64,
    /// Its currency, ISO 4217.
    pub currency: &'a str,
    /// Decimals of the currency.
    pub exponent: u32,
    /// Country of the taxed address.
    pub country: Option<&'a str>,
    /// The customer's class.
    pub class: Option<&'a str>,
    /// What Anrok last answered for this draft at the same place, for the same customer and in the same currency.
    pub last: Option<LastTax>,
}

/// An earlier answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastTax {
    /// Tax to collect, minor units.
    pub tax_minor: i64,
    /// The amount it was for, before tax, minor units.
    pub amount_minor: i64,
}

impl LastTax {
    /// A tax for an amount.
    pub fn new(tax_minor: i64, amount_minor: i64) -> Self {
        Self { tax_minor, amount_minor }
    }

    /// The tax of `amount_minor` at the same effective rate. `None` where there is no such rate: nothing was taxed
    /// then, or the amount has changed its sign.
    fn of(self, amount_minor: i64) -> Option<i64> {
        if amount_minor == self.amount_minor {
            return Some(self.tax_minor);
        }
        if self.amount_minor == 0 || self.amount_minor.signum() != amount_minor.signum() {
            return None;
        }
        let tax = Decimal::from(self.tax_minor).checked_mul(Decimal::from(amount_minor))?;
        let tax = tax.checked_div(Decimal::from(self.amount_minor))?;
        i64::try_from(tax.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)).ok()
    }
}

impl<'a> OutageFacts<'a> {
    /// A draft of which nothing further is known.
    pub fn new(amount_minor: i64, currency: &'a str, exponent: u32) -> Self {
        Self { amount_minor, currency, exponent, country: None, class: None, last: None }
    }
}

/// The tax that a draft shows for the time being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandIn {
    /// None.
    Zero,
    /// As last known, minor units.
    LastKnown(i64),
}

/// The stand-in for a draft, or `None` where it is held.
///
/// The first rule that fits decides, also where it asks for a last known tax that is not known: the draft is held then,
/// and no later rule is asked.
pub fn decide(policy: &OutagePolicy, draft: &OutageFacts<'_>) -> Option<StandIn> {
    let rule = policy.rules.iter().find(|rule| rule.fits(draft));
    match rule.map_or(policy.otherwise, |rule| rule.then) {
        OutageAction::Hold => None,
        OutageAction::ZeroPlaceholder => Some(StandIn::Zero),
        OutageAction::LastKnownTax => draft.last?.of(draft.amount_minor).map(StandIn::LastKnown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts(amount_minor: i64) -> OutageFacts<'static> {
        OutageFacts { country: Some("DE"), class: Some("Small"), ..OutageFacts::new(amount_minor, "EUR", 2) }
    }

    fn policy(rules: Vec<OutageRule>) -> OutagePolicy {
        OutagePolicy { rules, ..OutagePolicy::default() }
    }

    #[test]
    fn everything_is_held_unless_somebody_decides_otherwise() {
        assert_eq!(decide(&OutagePolicy::default(), &facts(1)), None);
        assert!(OutagePolicy::default().only_holds());
        let zero = OutagePolicy::always(OutageAction::ZeroPlaceholder);
        assert_eq!(decide(&zero, &facts(1)), Some(StandIn::Zero));
        assert!(!zero.only_holds());
    }

    #[test]
    fn an_amount_counts_in_its_currency_only() {
        let small = policy(vec![OutageRule::new(OutageAction::ZeroPlaceholder).up_to("usd", 50.into())]);
        let usd = |minor| OutageFacts { currency: "USD", ..facts(minor) };
        assert_eq!(decide(&small, &usd(5000)), Some(StandIn::Zero));
        assert_eq!(decide(&small, &usd(-5000)), Some(StandIn::Zero));
        assert_eq!(decide(&small, &usd(5001)), None);
        assert_eq!(decide(&small, &facts(1)), None, "euros");
        let yen = OutageFacts { currency: "USD", exponent: 0, ..facts(51) };
        assert_eq!(decide(&small, &yen), None, "units of the currency, not minor ones");
    }

    #[test]
    fn country_and_class_narrow_a_rule_and_the_first_one_decides() {
        let rules = vec![
            OutageRule::new(OutageAction::Hold).of_class("enterprise"),
            OutageRule::new(OutageAction::ZeroPlaceholder).in_country("Germany").of_class("small"),
        ];
        let policy = policy(rules);
        assert_eq!(decide(&policy, &facts(1)), Some(StandIn::Zero));
        assert_eq!(decide(&policy, &OutageFacts { class: Some("Enterprise"), ..facts(1) }), None);
        assert_eq!(decide(&policy, &OutageFacts { class: None, ..facts(1) }), None);
        assert_eq!(decide(&policy, &OutageFacts { country: Some("FR"), ..facts(1) }), None);
        assert_eq!(decide(&policy, &OutageFacts { country: None, ..facts(1) }), None);
    }

    #[test]
    fn the_last_known_tax_goes_with_the_amount_and_is_never_invented() {
        let last = OutagePolicy::always(OutageAction::LastKnownTax);
        let with =
            |tax, of, now| decide(&last, &OutageFacts { last: Some(LastTax::new(tax, of)), ..facts(now) });
        assert_eq!(with(888, 10000, 10000), Some(StandIn::LastKnown(888)));
        assert_eq!(with(888, 10000, 20000), Some(StandIn::LastKnown(1776)));
        assert_eq!(with(1, 3, 1), Some(StandIn::LastKnown(0)));
        assert_eq!(with(888, 10000, -10000), None, "a refund is another thing");
        assert_eq!(with(0, 0, 100), None, "no rate is known");
        assert_eq!(decide(&last, &facts(100)), None);
    }

    proptest! {
        #[test]
        fn a_last_known_tax_keeps_its_rate(
            tax in 0i64..1_000_000, of in 1i64..10_000_000, now in 1i64..10_000_000,
        ) {
            let last = OutagePolicy::always(OutageAction::LastKnownTax);
            let draft = OutageFacts { last: Some(LastTax::new(tax, of)), ..facts(now) };
            let Some(StandIn::LastKnown(known)) = decide(&last, &draft) else { panic!() };
            // known / now = tax / of, up to half a minor unit.
            let off = i128::from(known) * i128::from(of) - i128::from(tax) * i128::from(now);
            prop_assert!(2 * off.abs() <= i128::from(of));
        }
    }
}
