//! Jurisdictions as a reconciliation groups by them: the country, in the US the state.

use std::sync::Arc;

use crate::map::address::PostalAddress;
use crate::map::country;

/// `DE`, `US-NY`, `US` where the state cannot be told; `None` without a country.
pub(super) fn of(address: &PostalAddress) -> Option<String> {
    let country = address.country_to_send()?.to_uppercase();
    if country != "US" {
        return Some(country);
    }
    let state = address.state.as_deref().and_then(state);
    Some(state.map_or(country, str::to_owned))
}

/// Anrok's id of a jurisdiction in the same spelling: `us-NY` → `US-NY`, `us-CO-denver` → `US-CO`, `eu-DE` → `DE`.
pub(super) fn of_id(id: &str) -> Arc<str> {
    let upper = id.trim().to_uppercase();
    let mut parts = upper.split('-');
    match (parts.next(), parts.next()) {
        (Some("US"), Some(state)) => Arc::from(format!("US-{state}")),
        (Some(country), Some(_)) if country::iso_code(country).is_some() && country.len() == 2 => {
            Arc::from(country)
        }
        _ => Arc::from(upper),
    }
}

/// Whether `place` is `wanted` or lies in it: `US-NY` in `us`, `us-NY` or `US-NY`; names match whole.
pub(super) fn lies_in(place: &str, wanted: &str) -> bool {
    let (place, wanted) = (place.trim().to_uppercase(), wanted.trim().to_uppercase());
    place == wanted || place.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-'))
}

/// A US state by code or name, as ISO 3166-2 writes it.
fn state(text: &str) -> Option<&'static str> {
    let wanted = text.trim();
    let country = rust_iso3166::from_alpha2("US")?;
    let states = country.subdivisions()?;
    let known = |code: &str| code.get(3..).is_some_and(|code| code.eq_ignore_ascii_case(wanted));
    let found = states.iter().find(|state| known(state.code) || state.name.eq_ignore_ascii_case(wanted));
    found.map(|state| state.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(state: Option<&str>, country: Option<&str>) -> Option<String> {
        of(&PostalAddress::new([None, None, None, state, Some("10001"), country]))
    }

    #[test]
    fn countries_and_states() {
        assert_eq!(place(Some("NY"), Some("United States of America")).as_deref(), Some("US-NY"));
        assert_eq!(place(Some("new york"), Some("US")).as_deref(), Some("US-NY"));
        assert_eq!(place(Some("Nowhere"), Some("US")).as_deref(), Some("US"));
        assert_eq!(place(None, Some("usa")).as_deref(), Some("US"));
        assert_eq!(place(Some("BY"), Some("Germany")).as_deref(), Some("DE"));
        assert_eq!(place(Some("NY"), None), None);
    }

    #[test]
    fn ids_of_anrok_read_the_same() {
        for (id, place) in [("us-NY", "US-NY"), ("us-CO-denver", "US-CO"), ("de", "DE"), ("ca-BC", "CA")] {
            assert_eq!(&*of_id(id), place);
        }
        assert_eq!(&*of_id("Denver (local)"), "DENVER (LOCAL)");
    }

    #[test]
    fn a_country_holds_its_states() {
        assert!(lies_in("US-NY", "us") && lies_in("US-NY", "US-ny") && lies_in("us-CO-denver", "US-CO"));
        assert!(!lies_in("US", "US-NY") && !lies_in("USX", "US"));
    }
}
