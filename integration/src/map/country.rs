//! Country names as people write them into a billing system.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The ISO 3166 two-letter code of a country given by code, three-letter code or English name, in any case.
///
/// `None` where the text is not recognised: it is then sent as it is, because Anrok takes full names too and
/// knows more spellings than this table.
pub fn iso_code(text: &str) -> Option<&'static str> {
    CODES.get(&fold(text)).copied()
}

/// Every spelling that is known, folded once: a sync asks several times for each document.
static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut codes = HashMap::new();
    for (alias, code) in ALIASES {
        codes.insert((*alias).to_owned(), *code);
    }
    for country in rust_iso3166::ALL {
        for spelling in [country.alpha2, country.alpha3, country.name] {
            codes.entry(fold(spelling)).or_insert(country.alpha2);
        }
    }
    codes
});

fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Spellings that ISO's own English names do not cover.
const ALIASES: &[(&str, &str)] = &[
    ("us", "US"),
    ("unitedstates", "US"),
    ("theunitedstates", "US"),
    ("america", "US"),
    ("uk", "GB"),
    ("unitedkingdom", "GB"),
    ("greatbritain", "GB"),
    ("britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northernireland", "GB"),
    ("southkorea", "KR"),
    ("korea", "KR"),
    ("republicofkorea", "KR"),
    ("northkorea", "KP"),
    ("russia", "RU"),
    ("vietnam", "VN"),
    ("czechrepublic", "CZ"),
    ("czechia", "CZ"),
    ("turkey", "TR"),
    ("turkiye", "TR"),
    ("holland", "NL"),
    ("netherlands", "NL"),
    ("thenetherlands", "NL"),
    ("taiwan", "TW"),
    ("bolivia", "BO"),
    ("venezuela", "VE"),
    ("tanzania", "TZ"),
    ("moldova", "MD"),
    ("iran", "IR"),
    ("syria", "SY"),
    ("laos", "LA"),
    ("brunei", "BN"),
    ("macedonia", "MK"),
    ("northmacedonia", "MK"),
    ("ivorycoast", "CI"),
    ("congo", "CG"),
    ("palestine", "PS"),
    ("uae", "AE"),
    ("republicofireland", "IE"),
    ("deutschland", "DE"),
    ("espana", "ES"),
    ("españa", "ES"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_in_any_spelling() {
        for (text, code) in [
            ("United States of America", "US"),
            ("United States", "US"),
            (" usa ", "US"),
            ("U.S.A.", "US"),
            ("us", "US"),
            ("UK", "GB"),
            ("England", "GB"),
            ("Germany", "DE"),
            ("DEU", "DE"),
            ("Japan", "JP"),
            ("Kuwait", "KW"),
            ("The Netherlands", "NL"),
            ("Australia", "AU"),
            ("canada", "CA"),
            ("France", "FR"),
        ] {
            assert_eq!(iso_code(text), Some(code), "{text}");
        }
        assert_eq!(iso_code("Atlantis"), None);
        assert_eq!(iso_code(""), None);
    }
}
