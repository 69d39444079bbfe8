//! Fixtures without anybody's data: the shape of an answer stays, its content goes.

use serde_json::{Map, Value};

/// Members whose words are Ordway's own and tell what this probe is for.
const KEPT: &[&str] = &[
    "status",
    "title",
    "message",
    "source",
    "details",
    "currency",
    "charge_type",
    "charge_timing",
    "type",
    "object",
    "errors",
    "error",
    "payment_type",
    "list_price_base",
    "payment_terms",
    "line_no",
];

/// `value` with every text replaced by one of the same form: letters by `x` or `X`, digits by `1`, the rest as it is.
///
/// Numbers become ones of as many digits, so that decimals keep their number; `true`, `false`, `null`, empty texts and
/// the names of members stay, except below `custom_fields`, where names are a company's own.
pub fn redacted(value: &Value) -> Value {
    under(value, "")
}

fn under(value: &Value, name: &str) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) => serde_json::from_str(&masked(&number.to_string())).unwrap_or(Value::Null),
        Value::String(text) if KEPT.contains(&name) => Value::String(text.clone()),
        Value::String(text) => Value::String(masked(text)),
        Value::Array(items) => items.iter().map(|item| under(item, name)).collect(),
        Value::Object(members) if name == "custom_fields" => {
            let numbered = members.values().enumerate();
            Value::Object(numbered.map(|(n, member)| (format!("field_{n}"), under(member, ""))).collect())
        }
        Value::Object(members) => {
            let redacted = members.iter().map(|(name, member)| (name.clone(), under(member, name)));
            Value::Object(redacted.collect::<Map<_, _>>())
        }
    }
}

/// The form of a text.
pub fn masked(text: &str) -> String {
    let form = |c: char| match c {
        c if c.is_ascii_digit() => '1',
        c if c.is_uppercase() => 'X',
        c if c.is_alphanumeric() => 'x',
        c => c,
    };
    text.chars().map(form).collect()
}
