//! Country names as people write them into a billing system.

/// The ISO 3166 two-letter code of a country given by code, three-letter code or English name, in any case.
///
/// `None` where the text is not recognised: it is then sent as it is, because Anrok takes full names too and
/// knows more spellings than this table.
pub fn iso_code(text: &str) -> Option<&'static str> {
    let wanted = fold(text);
    if let Some((_, code)) = ALIASES.iter().find(|(alias, _)| *alias == wanted) {
        return Some(code);
    }
    rust_iso3166::ALL
        .iter()
        .find(|country| {
            fold(country.alpha2) == wanted || fold(country.alpha3) == wanted || fold(country.name) == wanted
        })
        .map(|country| country.alpha2)
}

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
