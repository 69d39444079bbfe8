//! Amounts as Ordway writes them: decimal strings with the currency's decimals.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// Currencies without decimals (ISO 4217 exponent 0).
const NO_DECIMALS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
/// Currencies with three decimals.
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// Units of account with four decimals.
const FOUR_DECIMALS: &[&str] = &["CLF", "UYW"];

/// Decimals of a currency; 2 where the code is unknown.
pub(crate) fn exponent(currency: &str) -> u32 {
    if NO_DECIMALS.contains(&currency) {
        0
    } else if THREE_DECIMALS.contains(&currency) {
        3
    } else if FOUR_DECIMALS.contains(&currency) {
        4
    } else {
        2
    }
}

/// Reads an amount: a string (commas allowed) or a number. `None` for anything else.
pub(super) fn parse(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => parse_text(text),
        Value::Number(number) => parse_text(&number.to_string()),
        _ => None,
    }
}

/// Reads an amount from text; commas and a trailing `%` are dropped.
pub(super) fn parse_text(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_end_matches('%').replace(',', "");
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// The amount of a field, zero where it is missing or not a number.
pub(super) fn field(record: &Value, name: &str) -> Decimal {
    record.get(name).and_then(parse).unwrap_or_default()
}

/// Writes an amount with at least the currency's decimals; further decimals are kept, never rounded.
pub(super) fn text(amount: Decimal, currency: &str) -> String {
    let mut amount = amount.normalize();
    let wanted = exponent(currency);
    if amount.scale() < wanted {
        amount.rescale(wanted);
    }
    if amount.is_zero() {
        amount.set_sign_positive(true);
    }
    amount.to_string()
}

/// The same as a JSON string.
pub(super) fn json(amount: Decimal, currency: &str) -> Value {
    Value::String(text(amount, currency))
}

/// A quantity as the JSON float that Ordway writes (`1.0`).
pub(super) fn quantity(amount: Decimal) -> Value {
    let mut amount = amount.normalize();
    if amount.scale() == 0 {
        amount.rescale(1);
    }
    serde_json::from_str::<Number>(&amount.to_string()).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exponents_agree_with_the_iso_table() {
        for currency in [
            "USD", "EUR", "GBP", "AUD", "CAD", "JPY", "KWD", "BHD", "KRW", "CLP", "ISK", "TND", "VND", "CHF",
            "UGX", "XOF", "OMR", "MXN", "BIF", "DJF", "GNF", "KMF", "PYG", "RWF", "VUV", "XAF", "XPF", "IQD",
            "JOD", "LYD",
        ] {
            let known = iso_currency::Currency::from_code(currency).unwrap();
            assert_eq!(u32::from(known.exponent().unwrap()), exponent(currency), "{currency}");
        }
    }

    #[test]
    fn amounts_carry_the_decimals_of_their_currency() {
        assert_eq!(text(Decimal::new(5, 0), "USD"), "5.00");
        assert_eq!(text(Decimal::new(5, 0), "JPY"), "5");
        assert_eq!(text(Decimal::new(5, 0), "KWD"), "5.000");
        assert_eq!(text(Decimal::new(33_333, 3), "USD"), "33.333");
        assert_eq!(text(Decimal::new(-1000, 2), "USD"), "-10.00");
        assert_eq!(text("-0.00".parse().unwrap(), "USD"), "0.00");
    }

    #[test]
    fn amounts_are_read_from_text_and_numbers() {
        assert_eq!(parse(&json!("1,234.50")), Some(Decimal::new(123_450, 2)));
        assert_eq!(parse(&json!(12.5)), Some(Decimal::new(125, 1)));
        assert_eq!(parse(&json!(true)), None);
        assert_eq!(quantity(Decimal::new(2, 0)).to_string(), "2.0");
    }
}
