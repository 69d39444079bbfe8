//! Decimal numbers, exact or refused.

use rust_decimal::Decimal;
use serde_json::Number;

use super::wire::Unreadable;

/// Decimal digits that a binary float carries faithfully.
const FAITHFUL_DIGITS: usize = 15;
/// A float with more digits than that is read only below this many integer digits: there its error is under a
/// ten-millionth and it cannot be money; above, a cent may already be gone.
const SAFE_INTEGER_DIGITS: usize = 9;

/// Reads a decimal from text: thousands commas, blanks, a trailing `%` and exponents are accepted; digits are
/// never rounded away.
///
/// # Errors
/// Text that is no number, misplaced commas (`12,50` may mean 12.5), or more digits than a [`Decimal`] holds.
pub fn parse_decimal(text: &str) -> Result<Decimal, Unreadable> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let compact = compact.strip_suffix('%').unwrap_or(&compact);
    let digits = if compact.contains(',') { without_commas(compact)? } else { compact.to_owned() };
    exact(&digits)
}

pub(super) fn from_json_number(number: &Number) -> Result<Decimal, Unreadable> {
    let text = number.to_string();
    if number.is_f64() {
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
        let integer = mantissa.split('.').next().unwrap_or_default();
        let integer = integer.trim_start_matches('-').trim_start_matches('0').len();
        // An exponent that is not negative: the integer part is longer than it looks.
        let long = text.split_once(['e', 'E']).is_some_and(|(_, exponent)| !exponent.starts_with('-'));
        if significant > FAITHFUL_DIGITS && (long || integer > SAFE_INTEGER_DIGITS) {
            return Err(Unreadable::new("a float with so many digits may have lost a cent"));
        }
    }
    exact(&text)
}

/// Commas may stand between groups of digits before the point only; the last group has three digits.
fn without_commas(text: &str) -> Result<String, Unreadable> {
    let refused = || Unreadable::new("a comma stands where no thousands separator can");
    let (integer, fraction) = text.split_once('.').map_or((text, None), |(i, f)| (i, Some(f)));
    if fraction.is_some_and(|fraction| fraction.contains(',')) {
        return Err(refused());
    }
    let mut groups = integer.trim_start_matches(['-', '+']).split(',').rev();
    let last_is_three = groups.next().is_some_and(|group| group.len() == 3);
    // Two digits per further group are the Indian style.
    if !last_is_three || !groups.all(|group| (1..=3).contains(&group.len())) {
        return Err(refused());
    }
    Ok(text.replace(',', ""))
}

fn exact(text: &str) -> Result<Decimal, Unreadable> {
    let refused = || Unreadable::new("not a number, or one with more digits than can be kept");
    // `_` is a digit separator to the decimal parser, not to anybody who writes JSON.
    if text.contains('_') {
        return Err(refused());
    }
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(text).map_err(|_| refused());
    };
    let mantissa = Decimal::from_str_exact(mantissa).map_err(|_| refused())?;
    let exponent: i32 = exponent.parse().map_err(|_| refused())?;
    if mantissa.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let scale = i32::try_from(mantissa.scale()).map_err(|_| refused())?;
    let scale = scale.checked_sub(exponent).ok_or_else(refused)?;
    let mut number = mantissa;
    if let Ok(scale) = u32::try_from(scale) {
        number.set_scale(scale).map_err(|_| refused())?;
    } else {
        number.set_scale(0).map_err(|_| refused())?;
        for _ in 0..scale.unsigned_abs().min(30) {
            number = number.checked_mul(Decimal::TEN).ok_or_else(refused)?;
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<String> {
        parse_decimal(text).ok().map(|d| d.to_string())
    }

    fn json(text: &str) -> Option<String> {
        from_json_number(&text.parse().unwrap()).ok().map(|d| d.to_string())
    }

    #[test]
    fn text_in_all_its_forms() {
        for (text, number) in [
            ("12.00", "12.00"),
            ("-12.50", "-12.50"),
            ("1,234.50", "1234.50"),
            ("12,34,567.89", "1234567.89"),
            (" 1 234.5 ", "1234.5"),
            ("30.0%", "30.0"),
            ("31.42857142857143", "31.42857142857143"),
            ("0.12e2", "12"),
            ("1E3", "1000"),
            ("15e-1", "1.5"),
            ("+5", "5"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        for text in
            ["12,50", "1.234,50", "1,2,3", "12,5000", "abc", "1_000", "1.2.3", "1e99", "0x10", "1e-40"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(40)), None);
    }

    #[test]
    fn floats_are_read_only_where_no_cent_can_be_lost() {
        assert_eq!(json("1.0").as_deref(), Some("1.0"));
        assert_eq!(json("0.3333333333333333").as_deref(), Some("0.3333333333333333"));
        assert_eq!(json("9999999999999.99").as_deref(), Some("9999999999999.99"));
        assert_eq!(json("99999999999999.99"), None);
        assert_eq!(json("18446744073709551615").as_deref(), Some("18446744073709551615"));
        assert_eq!(json("-9223372036854775808").as_deref(), Some("-9223372036854775808"));
    }

    proptest! {
        #[test]
        fn amounts_up_to_fifteen_digits_survive_as_floats(cents in -999_999_999_999_999_i64..=999_999_999_999_999) {
            let amount = Decimal::new(cents, 2);
            let read = from_json_number(&amount.to_string().parse().unwrap());
            prop_assert_eq!(read, Ok(amount));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse_decimal(&text);
        }

        #[test]
        fn commas_do_not_change_an_amount(cents in any::<i64>()) {
            let plain = Decimal::new(cents, 2).to_string();
            let (whole, fraction) = plain.split_once('.').unwrap();
            let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
            let mut grouped = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(c);
            }
            let text = format!("{sign}{grouped}.{fraction}");
            prop_assert_eq!(parse_decimal(&text), Ok(Decimal::new(cents, 2)));
        }
    }
}
