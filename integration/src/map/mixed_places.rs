//! Lines of one document that go to different places. Anrok takes one address a document, and Ordway's own integration
//! does not support consolidated invoices of subscriptions that ship to different ones (help centre of both vendors).

use super::address::PostalAddress;
use super::country;

/// Lines that go to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceGroup {
    /// Where to.
    pub place: PostalAddress,
    /// Indexes of the lines, in their order.
    pub lines: Vec<usize>,
}

/// The lines by the place they go to; first those of the document's `own` place, where there are any. A line without a
/// place of its own goes with the document.
pub fn group_by_place(own: &PostalAddress, places: &[Option<PostalAddress>]) -> Vec<PlaceGroup> {
    let mut groups = vec![PlaceGroup { place: own.clone(), lines: Vec::new() }];
    for (index, place) in places.iter().enumerate() {
        let place = place.as_ref().filter(|place| place.missing().is_none()).unwrap_or(own);
        match groups.iter_mut().find(|group| same_place(&group.place, place)) {
            Some(group) => group.lines.push(index),
            None => groups.push(PlaceGroup { place: place.clone(), lines: vec![index] }),
        }
    }
    groups.retain(|group| !group.lines.is_empty());
    groups
}

/// Whether two addresses are one place for tax, as far as both say: what one of them leaves open does not part them.
fn same_place(one: &PostalAddress, other: &PostalAddress) -> bool {
    let fold =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let country = |text: &str| country::iso_code(text).map_or_else(|| fold(text), str::to_owned);
    let agree =
        |one: &Option<String>, other: &Option<String>, fold: &dyn Fn(&str) -> String| match (one, other) {
            (Some(one), Some(other)) => fold(one) == fold(other),
            _ => true,
        };
    // Nine digits and five of the same ZIP.
    let zip = |text: &str| fold(text).chars().take(5).collect::<String>();
    agree(&one.country, &other.country, &country)
        && agree(&one.state, &other.state, &fold)
        && agree(&one.zip, &other.zip, &zip)
        && agree(&one.city, &other.city, &fold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(city: Option<&str>, state: Option<&str>, zip: Option<&str>, country: &str) -> PostalAddress {
        PostalAddress::new([None, None, city, state, zip, Some(country)])
    }

    #[test]
    fn lines_are_parted_by_what_matters_for_tax() {
        let own = place(Some("New York"), Some("NY"), Some("10036"), "United States of America");
        let same = [
            place(Some("new york"), Some("NY"), Some("10036-1234"), "US"),
            place(None, Some("NY"), None, "USA"),
        ];
        for other in same {
            assert_eq!(group_by_place(&own, &[None, Some(other)]).len(), 1);
        }
        let denver = place(Some("Denver"), Some("CO"), Some("80204"), "US");
        let groups = group_by_place(&own, &[Some(denver.clone()), None, Some(denver.clone())]);
        assert_eq!(groups.iter().map(|group| group.lines.clone()).collect::<Vec<_>>(), [vec![1], vec![0, 2]]);
        // All of it elsewhere is one place, and not the document's.
        assert_eq!(group_by_place(&own, &[Some(denver.clone())])[0].place, denver);
        // A contact without a usable address says nothing.
        let blank = PostalAddress::new([None; 6]);
        assert_eq!(group_by_place(&own, &[Some(blank)]).len(), 1);
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_group(at in prop::collection::vec(prop::option::of(0usize..3), 0..20)) {
            let cities = ["Denver", "Boston", "Albany"];
            let places: Vec<_> =
                at.iter().map(|at| at.map(|at| place(Some(cities[at]), None, None, "DE"))).collect();
            let groups = group_by_place(&place(Some("Berlin"), None, None, "DE"), &places);
            let mut lines: Vec<usize> = groups.iter().flat_map(|group| group.lines.clone()).collect();
            lines.sort_unstable();
            prop_assert_eq!(lines, (0..places.len()).collect::<Vec<_>>());
        }
    }
}
