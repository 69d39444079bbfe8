use super::*;
use std::fmt::Write as _;

#[test]
fn a_path_matches_whole_and_decodes_its_parts() {
    assert_eq!(matched("/admin/x/{id}/y", "/admin/x/INV%2D1/y"), Some(vec!["INV-1".to_owned()]));
    for other in ["/admin/x//y", "/admin/x/1", "/admin/x/1/y/", "/admin/x/1/z", "/admin/x/%FF/y"] {
        assert_eq!(matched("/admin/x/{id}/y", other), None, "{other}");
    }
    assert_eq!(matched("/", "/"), Some(vec![]));
}

#[test]
fn no_two_routes_share_a_method_and_path() {
    for (index, one) in ROUTES.iter().enumerate() {
        assert!(!one.endpoint.about.is_empty());
        for other in &ROUTES[index + 1..] {
            assert!(
                one.endpoint.method != other.endpoint.method
                    || matched(one.endpoint.path, other.endpoint.path).is_none(),
                "{} {}",
                other.endpoint.method,
                other.endpoint.path
            );
        }
    }
}

#[test]
fn the_readme_lists_every_endpoint() {
    let mut table = "| Method | Path | What it does |\n|---|---|---|\n".to_owned();
    for Route { endpoint, .. } in ROUTES {
        writeln!(table, "| {} | `{}` | {} |", endpoint.method, endpoint.path, endpoint.about).unwrap();
    }
    crate::readme::holds("admin endpoints", &table);
}
