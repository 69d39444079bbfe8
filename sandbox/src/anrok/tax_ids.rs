//! What a tax id looks like, by country, and the call that checks them.

use serde_json::{Value, json};

use super::address::{self, Place};
use super::config::AnrokConfig;
use super::quirk::Quirk;
use super::state::State;
use super::tax_table::VAT_COUNTRIES;
use super::validate::{Fields, Outcome, Refusal};

/// Countries outside the EU whose ids can be checked: code, name of the id, abbreviation.
const OTHER_IDS: &[(&str, &str, &str)] = &[
    ("AU", "Australian Business Number", "ABN"),
    ("CH", "UID number", "UID"),
    ("GB", "VAT registration number", "VRN"),
    ("JP", "Qualified invoice issuer number", "T-number"),
    ("NO", "VAT registration number", "MVA"),
    ("NZ", "GST number", "GST"),
];

/// Whether `value` is taken for a valid tax id of the jurisdiction (country in capitals, id in lower case).
// rule: tax-id-by-format-only
pub(super) fn is_valid(config: &AnrokConfig, country: &str, juris_id: &str, value: &str) -> bool {
    !config.has(Quirk::TaxIdsNeverValid) && looks_valid(country, juris_id, value)
}

fn looks_valid(country: &str, juris_id: &str, value: &str) -> bool {
    let compact: String = value
        .chars()
        .filter(|c| !matches!(c, ' ' | '.' | '-' | '/'))
        .collect::<String>()
        .to_ascii_uppercase();
    if !compact.is_ascii() || compact.bytes().filter(u8::is_ascii_digit).all(|digit| digit == b'0') {
        return false;
    }
    if juris_id == "ca-QC" {
        // Ten digits and, in full, `TQ` and the four digits of the account.
        return matches(&compact, "##########") || matches(&compact, "##########TQ####");
    }
    if country == "CA" {
        return juris_id == "ca" && (matches(&compact, "#########") || matches(&compact, "#########RT####"));
    }
    // The country prefix may be left out; Greece writes EL.
    let prefix = if country == "GR" { "EL" } else { country };
    let bare = compact.strip_prefix(prefix).unwrap_or(&compact);
    shapes(country).iter().any(|shape| matches(bare, shape))
}

/// Shapes without the country prefix: `#` digit, `@` letter, `*` either, anything else itself.
fn shapes(country: &str) -> &'static [&'static str] {
    match country {
        "AT" => &["U########"],
        "BE" => &["0#########", "1#########"],
        "BG" => &["#########", "##########"],
        "CH" => &["E#########", "E#########MWST", "E#########TVA", "E#########IVA"],
        "CY" => &["########@"],
        "CZ" => &["########", "#########", "##########"],
        "DE" | "EE" | "GR" | "PT" => &["#########"],
        "DK" | "FI" | "HU" | "LU" | "MT" | "SI" => &["########"],
        "ES" => &["*#######*"],
        "FR" => &["**#########"],
        "GB" => &["#########", "############", "GD###", "HA###"],
        "AU" | "HR" | "IT" | "LV" => &["###########"],
        "IE" => &["#######@", "#######@@", "#*#####@"],
        "JP" => &["T#############"],
        "LT" => &["#########", "############"],
        "NL" => &["#########B##"],
        "NO" => &["#########", "#########MVA"],
        "NZ" => &["########", "#########"],
        "PL" | "SK" => &["##########"],
        "RO" => &["##", "###", "####", "#####", "######", "#######", "########", "#########", "##########"],
        "SE" => &["############"],
        _ => &[],
    }
}

fn matches(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'#' => byte.is_ascii_digit(),
            b'@' => byte.is_ascii_alphabetic(),
            b'*' => byte.is_ascii_alphanumeric(),
            literal => byte == literal,
        })
}

/// `taxId/validate`.
// rule: tax-id-answer
pub(super) fn validate(state: &mut State, body: &Value) -> Outcome {
    let fields = Fields::root(body, !state.config.has(Quirk::UnknownKeysIgnored))?;
    let address = fields.plain_address("customerAddress")?;
    let mut values = Vec::new();
    for id in fields.objects("customerTaxIds")? {
        values.push(id.string("value")?.to_owned());
        id.only(&["value"])?;
    }
    fields.only(&["customerAddress", "customerTaxIds"])?;
    // rule: premium-switches
    if !state.config.tax_id_validation_enabled {
        return Err(Refusal::conflict("validationNotEnabled"));
    }
    state.external_service()?;
    let place = address::resolve(&address, &state.config)
        .ok_or_else(|| Refusal::conflict("customerAddressCouldNotResolve"))?;
    let wanted =
        ids_to_collect(place).ok_or_else(|| Refusal::conflict("validationNotSupportedForCountry"))?;
    let jurises: Vec<Value> = wanted
        .into_iter()
        .map(|id| {
            let valid: Vec<Value> = values
                .iter()
                .filter(|value| is_valid(&state.config, place.country(), &id.juris_id, value))
                .map(|value| json!({ "value": value }))
                .collect();
            let names = json!({ "name": id.name, "abbreviation": id.abbreviation });
            json!({ "name": id.juris_name, "taxIdNames": names, "validTaxIds": valid })
        })
        .collect();
    Ok(json!({ "jurises": jurises }))
}

struct TaxIdKind {
    juris_id: String,
    juris_name: &'static str,
    name: &'static str,
    abbreviation: Option<&'static str>,
}

fn ids_to_collect(place: Place) -> Option<Vec<TaxIdKind>> {
    match place {
        Place::State(_) => None,
        Place::Canada(province) => {
            let kind = |juris_id: &str, juris_name, name| TaxIdKind {
                juris_id: juris_id.to_owned(),
                juris_name,
                name,
                abbreviation: None,
            };
            let mut kinds = vec![kind("ca", "Canada (federal)", "GST/HST account number")];
            if province.is_some_and(|p| p.code == "QC") {
                kinds.push(kind("ca-QC", "Quebec", "QST registration number"));
            }
            Some(kinds)
        }
        Place::Country { code, .. } => {
            let country = VAT_COUNTRIES.iter().find(|c| c.code == code)?;
            let other = OTHER_IDS.iter().find(|(c, ..)| *c == code);
            let (name, abbreviation) = match other {
                Some((_, name, abbreviation)) => (*name, *abbreviation),
                None if country.eu => ("VAT identification number", "VAT ID"),
                None => return None,
            };
            Some(vec![TaxIdKind {
                juris_id: country.juris_id.to_owned(),
                juris_name: country.name,
                name,
                abbreviation: Some(abbreviation),
            }])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_checked_country_has_a_shape() {
        let eu = VAT_COUNTRIES.iter().filter(|c| c.eu).map(|c| c.code);
        for code in eu.chain(OTHER_IDS.iter().map(|(code, ..)| *code)) {
            assert!(!shapes(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn shapes_are_exact() {
        assert!(matches("U12345678", "U########"));
        assert!(!matches("X12345678", "U########"));
        assert!(looks_valid("IE", "ie", "IE1234567WA"));
        assert!(looks_valid("GB", "gb", "GB 123 4567 89"));
        assert!(looks_valid("CA", "ca", "123456789RT0001"));
        for junk in ["", "GB", "\u{20ac}23456789", "GB000000000"] {
            assert!(!looks_valid("GB", "gb", junk), "{junk}");
        }
    }
}
