//! The tax table for people.

use std::fmt::Write as _;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::StateTax::{None as NoTax, Rate, Unlisted};
use super::{ALWAYS, NO_TAX_COUNTRIES, PROVINCES, Rates, Taxed, US_STATES, VAT_COUNTRIES, millionths};

/// The table in Markdown: one row for each tax, with the part of the price that it is on, in percent.
pub fn describe() -> String {
    let mut text = "| Jurisdiction | Place | Tax | Rate | Business software | Personal software | Digital goods | Goods | Services |\n\
        |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let shown = |rate: u32| format!("{} %", (millionths(rate) * Decimal::ONE_HUNDRED).normalize());
    let history = |rates: Rates| -> String {
        let since = |(from, rate): &(Date, u32)| {
            if *from == ALWAYS { shown(*rate) } else { format!("{} from {from}", shown(*rate)) }
        };
        rates.iter().map(since).collect::<Vec<_>>().join(", ")
    };
    let mut row = |juris: &str, place: &str, tax: &str, rate: &str, shares: [u32; 5]| {
        let shares =
            shares.map(|share| if share == 0 { String::new() } else { share.to_string() }).join(" | ");
        let _ = writeln!(text, "| `{juris}` | {place} | {tax} | {rate} | {shares} |");
    };
    let us = |taxed: Taxed| [taxed.business, taxed.personal, taxed.digital, 100, 0];
    for state in US_STATES {
        match state.tax {
            NoTax => row(state.juris_id, state.name, "none", "", [0; 5]),
            Unlisted => row(state.juris_id, state.name, "not collected", "", [0; 5]),
            Rate(rate, taxed) => row(state.juris_id, state.name, "Tax", &shown(rate), us(taxed)),
        }
        for local in state.locals {
            let juris = local.juris_id.unwrap_or(state.juris_id);
            row(juris, local.name, "Tax", &shown(local.rate), us(local.taxed));
        }
    }
    for province in PROVINCES {
        let (tax, rates) = province.federal;
        row("ca", province.name, tax, &history(rates), [100; 5]);
        if let Some((tax, rates)) = province.own {
            row(province.juris_id, province.name, tax, &history(rates), [100; 5]);
        }
    }
    for country in VAT_COUNTRIES {
        row(country.juris_id, country.name, country.tax, &history(country.rates), [100; 5]);
    }
    for (code, juris) in NO_TAX_COUNTRIES {
        let name = rust_iso3166::from_alpha2(code).map_or(*code, |country| country.name);
        row(juris, name, "none", "", [0; 5]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table() {
        crate::readme::holds("tax table", &describe());
        for place in US_STATES.iter().flat_map(|state| state.locals).map(|local| local.name) {
            assert!(describe().contains(place), "{place}");
        }
    }
}
