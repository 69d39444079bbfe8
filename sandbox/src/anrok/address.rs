//! From an address to the place whose tax rules apply.

use std::fmt;

use super::config::AnrokConfig;
use super::quirk::Quirk;
use super::tax_table::{PROVINCES, Province, US_STATES, UsState};

/// An address as it came in. Says nothing of itself in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) country: Option<String>,
    pub(super) line1: Option<String>,
    pub(super) city: Option<String>,
    pub(super) region: Option<String>,
    pub(super) postal_code: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

/// Where a customer is, as far as tax cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A state of the United States.
    State(&'static UsState),
    /// Canada; the province where it is known.
    Canada(Option<&'static Province>),
    /// Any other country, as ISO 3166-1 alpha-2 in capitals and its name.
    Country { code: &'static str, name: &'static str },
}

impl Place {
    /// ISO 3166-1 alpha-2 in capitals.
    pub(super) fn country(self) -> &'static str {
        match self {
            Self::State(_) => "US",
            Self::Canada(_) => "CA",
            Self::Country { code, .. } => code,
        }
    }
}

/// Names in use that ISO 3166-1 does not list, in lower case.
const COUNTRY_ALIASES: &[(&str, &str)] = &[
    ("usa", "US"),
    ("u.s.", "US"),
    ("u.s.a.", "US"),
    ("united states", "US"),
    ("the united states", "US"),
    ("the united states of america", "US"),
    ("uk", "GB"),
    ("u.k.", "GB"),
    ("united kingdom", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("czech republic", "CZ"),
    ("holland", "NL"),
    ("the netherlands", "NL"),
    ("netherlands", "NL"),
    ("deutschland", "DE"),
    ("el", "GR"),
    ("south korea", "KR"),
    ("korea", "KR"),
    ("republic of korea", "KR"),
    ("taiwan", "TW"),
    ("vietnam", "VN"),
    ("russia", "RU"),
    ("bolivia", "BO"),
    ("venezuela", "VE"),
    ("iran", "IR"),
    ("tanzania", "TZ"),
    ("moldova", "MD"),
    ("turkey", "TR"),
    ("ivory coast", "CI"),
    ("uae", "AE"),
    ("republic of ireland", "IE"),
];

/// The country that a text names: ISO alpha-2, ISO name or a name in common use, in any case.
// rule: country-by-name-or-code
fn country(text: &str) -> Option<(&'static str, &'static str)> {
    let wanted = text.trim().to_lowercase();
    let alias = COUNTRY_ALIASES.iter().find(|(name, _)| *name == wanted).map(|(_, code)| *code);
    let found = match alias {
        Some(code) => rust_iso3166::from_alpha2(code),
        None if wanted.len() == 2 => rust_iso3166::from_alpha2(&wanted.to_ascii_uppercase()),
        None => rust_iso3166::ALL.iter().find(|c| c.name.to_lowercase() == wanted).copied(),
    };
    found.map(|country| (country.alpha2, country.name))
}

/// The place an address stands for, or none where it is not enough to settle the top-level jurisdiction.
// rule: us-needs-state-or-zip
pub(super) fn resolve(address: &Address, config: &AnrokConfig) -> Option<Place> {
    let (code, name) = country(address.country.as_deref()?)?;
    match code {
        "US" => us_state(address, config).map(Place::State),
        "CA" => Some(Place::Canada(province(address))),
        _ => {
            // Territories of the US have ISO codes of their own.
            let territory = US_STATES.iter().find(|s| s.code == code && s.territory);
            Some(territory.map_or(Place::Country { code, name }, Place::State))
        }
    }
}

fn us_state(address: &Address, config: &AnrokConfig) -> Option<&'static UsState> {
    let by_region = address.region.as_deref().and_then(|region| {
        let region = region.trim();
        US_STATES
            .iter()
            .find(|state| state.code.eq_ignore_ascii_case(region) || state.name.eq_ignore_ascii_case(region))
    });
    let by_zip = || {
        let prefix: u16 = zip(address)?.get(..3)?.parse().ok()?;
        let code = ZIP_PREFIXES.iter().find(|(low, high, _)| (*low..=*high).contains(&prefix))?.2;
        US_STATES.iter().find(|state| state.code == code)
    };
    if config.has(Quirk::StateAndZipNeeded) {
        by_zip().and(by_region)
    } else if config.has(Quirk::ZipWins) {
        by_zip().or(by_region)
    } else {
        by_region.or_else(by_zip)
    }
}

/// The five digits of a US ZIP code.
fn zip(address: &Address) -> Option<&str> {
    let five = address.postal_code.as_deref()?.trim().get(..5)?;
    five.bytes().all(|byte| byte.is_ascii_digit()).then_some(five)
}

fn province(address: &Address) -> Option<&'static Province> {
    let by_region = address.region.as_deref().and_then(|region| {
        let region = region.trim();
        PROVINCES.iter().find(|p| p.code.eq_ignore_ascii_case(region) || p.name.eq_ignore_ascii_case(region))
    });
    by_region.or_else(|| {
        let first = address.postal_code.as_deref()?.trim().chars().next()?.to_ascii_uppercase();
        PROVINCES.iter().find(|p| p.postal_letters.contains(first))
    })
}

/// Whether the address lies in a locality that is known by its city name or a ZIP prefix.
pub(super) fn in_locality(address: &Address, city: &str, zip_prefixes: &[&str]) -> bool {
    let by_city = address.city.as_deref().is_some_and(|c| c.trim().eq_ignore_ascii_case(city));
    by_city || zip(address).is_some_and(|zip| zip_prefixes.iter().any(|prefix| zip.starts_with(prefix)))
}

/// First three digits of US ZIP codes by state, as the postal service assigns them.
const ZIP_PREFIXES: &[(u16, u16, &str)] = &[
    (5, 5, "NY"),
    (6, 7, "PR"),
    (8, 8, "VI"),
    (9, 9, "PR"),
    (10, 27, "MA"),
    (28, 29, "RI"),
    (30, 38, "NH"),
    (39, 49, "ME"),
    (50, 54, "VT"),
    (55, 55, "MA"),
    (56, 59, "VT"),
    (60, 69, "CT"),
    (70, 89, "NJ"),
    (100, 149, "NY"),
    (150, 196, "PA"),
    (197, 199, "DE"),
    (200, 200, "DC"),
    (201, 201, "VA"),
    (202, 205, "DC"),
    (206, 219, "MD"),
    (220, 246, "VA"),
    (247, 268, "WV"),
    (270, 289, "NC"),
    (290, 299, "SC"),
    (300, 319, "GA"),
    (320, 349, "FL"),
    (350, 369, "AL"),
    (370, 385, "TN"),
    (386, 397, "MS"),
    (398, 399, "GA"),
    (400, 427, "KY"),
    (430, 459, "OH"),
    (460, 479, "IN"),
    (480, 499, "MI"),
    (500, 528, "IA"),
    (530, 549, "WI"),
    (550, 567, "MN"),
    (569, 569, "DC"),
    (570, 577, "SD"),
    (580, 588, "ND"),
    (590, 599, "MT"),
    (600, 629, "IL"),
    (630, 658, "MO"),
    (660, 679, "KS"),
    (680, 693, "NE"),
    (700, 714, "LA"),
    (716, 729, "AR"),
    (730, 732, "OK"),
    (733, 733, "TX"),
    (734, 749, "OK"),
    (750, 799, "TX"),
    (800, 816, "CO"),
    (820, 831, "WY"),
    (832, 838, "ID"),
    (840, 847, "UT"),
    (850, 865, "AZ"),
    (870, 884, "NM"),
    (885, 885, "TX"),
    (889, 898, "NV"),
    (900, 961, "CA"),
    (967, 968, "HI"),
    (969, 969, "GU"),
    (970, 979, "OR"),
    (980, 994, "WA"),
    (995, 999, "AK"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zip_prefixes_rise_and_name_states() {
        assert!(ZIP_PREFIXES.iter().all(|(low, high, _)| low <= high));
        assert!(ZIP_PREFIXES.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for (_, _, code) in ZIP_PREFIXES {
            assert!(US_STATES.iter().any(|s| s.code == *code), "{code}");
        }
    }

    #[test]
    fn countries_by_name_code_and_alias() {
        for (text, code) in [
            ("US", "US"),
            (" united states ", "US"),
            ("United States of America", "US"),
            ("Great Britain", "GB"),
            ("wales", "GB"),
            ("GB", "GB"),
            ("CZECHIA", "CZ"),
            ("Czech Republic", "CZ"),
            ("the Netherlands", "NL"),
            ("South Korea", "KR"),
            ("\u{c5}land Islands", "AX"),
        ] {
            assert_eq!(country(text).map(|(code, _)| code), Some(code), "{text}");
        }
        for text in ["", "-", "ZZ", "Atlantis", "Unitd States"] {
            assert_eq!(country(text), None, "{text}");
        }
        for (alias, code) in COUNTRY_ALIASES {
            assert!(country(alias).is_some_and(|(found, _)| found == *code), "{alias}");
        }
    }

    #[test]
    fn addresses_stay_out_of_debug() {
        let address = Address { line1: Some("1 Hidden Lane".to_owned()), ..Address::default() };
        assert_eq!(format!("{address:?}"), "Address(..)");
    }
}
