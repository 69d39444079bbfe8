//! The inventory of endpoints, its rules, and the table in the README.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ordway_client::{Grade, Method, Safety, endpoints};

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = endpoints().map(|endpoint| endpoint.name).collect();
    assert_eq!(names.len(), endpoints().count());
}

#[test]
fn safety_follows_the_rules() {
    for endpoint in endpoints() {
        let sets_fields = endpoint.method == Method::Put
            && (endpoint.path.ends_with('}') || endpoint.path == "/notifications")
            // A user may post the draft between two tries.
            && endpoint.name != "invoices.writeTax";
        let expected = match endpoint.method {
            Method::Get => Safety::Read,
            _ if sets_fields => Safety::Repeatable,
            // Creations, actions, and deletions: their second try would answer 404.
            _ => Safety::Once,
        };
        assert_eq!(endpoint.safety, expected, "{endpoint}");
    }
}

/// Every operation of the reference's matrix that is graded A, B or C, with its grade.
const MATRIX: &str = "
customers list A, get A, create A, update A, delete B
products list A, get B, create B, update B, delete B
plans list A, get B, create B, update B, delete B
charges list B, get B, create B
subscriptions list A, get B, create B, update B, delete B, activate B, cancel B, change B, renew D
orders list A, get B, create B, update B, cancel B
usages list A, get B, create B, delete B
invoices list A, get B, create C, update C, reverse B, refund B
credits list A, get B, create B, reverse B, refund B
debit_memos list A, get C
payments list A, get B, create B, reverse B, refund B
refunds list A, get B, create C
payment_runs list A, get B, create B, reverse B
billing_runs list A, get B, create B, delete B
billing_schedules list A, get B, update B, managePrepaymentLines B
revenue_schedules list A, get B
revenue_rules list A, get B, create B, update B, delete B
journal_entries list A, get C, create B
chart_of_accounts list A, get B, create B
coupons list A, get B, create B, update B
statements list A, get B
webhooks list A, get B, create B, update B, delete B
notifications get B, update B
contacts get B, create B, update B
customer_notes list A
payment_methods list A, get B, create B, delete B, setDefault B
";

/// `payment_methods` as endpoint names have it: `paymentMethods`.
fn camel_case(text: &str) -> String {
    let mut words = text.split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

#[test]
fn the_matrix_is_covered() {
    for line in MATRIX.trim().lines() {
        let (resource, operations) = line.split_once(' ').unwrap();
        for operation in operations.split(", ") {
            let (operation, grade) = operation.split_once(' ').unwrap();
            let name = format!("{}.{operation}", camel_case(resource));
            let endpoint = endpoints().find(|endpoint| endpoint.name == name);
            let endpoint = endpoint.unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(endpoint.grade.to_string(), grade, "{name}");
            if !matches!(operation, "list" | "get" | "create" | "update" | "delete") {
                let action = endpoint.path.rsplit('/').next().unwrap();
                assert_eq!(
                    (endpoint.method, camel_case(action).as_str()),
                    (Method::Put, operation),
                    "{endpoint}"
                );
            }
        }
    }
}

#[test]
fn the_readme_lists_every_operation_with_its_grade() {
    let mut table: Vec<(&str, String)> = Vec::new();
    for endpoint in endpoints() {
        let (resource, operation) = endpoint.name.split_once('.').unwrap();
        let mark = if endpoint.grade == Grade::D { " (guess)" } else { "" };
        let entry = format!("{operation} {}{mark}", endpoint.grade);
        match table.iter_mut().find(|(name, _)| *name == resource) {
            Some((_, row)) => write!(row, ", {entry}").unwrap(),
            None => table.push((resource, entry)),
        }
    }
    table.sort_unstable();
    let expected: Vec<String> =
        table.into_iter().map(|(resource, row)| format!("| `{resource}` | {row} |")).collect();
    let readme = include_str!("../../README.md");
    let found: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(found, expected, "README.md should hold:\n{}\n", expected.join("\n"));
}
