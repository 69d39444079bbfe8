//! Answers made from schemas.

use serde_json::{Map, Value, json};

/// How an answer is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// With the members that may be missing.
    pub(crate) full: bool,
    /// With `null` wherever the schema allows it.
    pub(crate) nulls: bool,
    /// Which alternative of a `oneOf`.
    pub(crate) alternative: usize,
}

impl Style {
    pub(crate) const FULL: [Self; 2] = [
        Self { full: true, nulls: false, alternative: 0 },
        Self { full: true, nulls: false, alternative: 1 },
    ];
    pub(crate) const ALL: [Self; 4] = [
        Self::FULL[0],
        Self::FULL[1],
        Self { full: true, nulls: true, alternative: 0 },
        Self { full: false, nulls: false, alternative: 0 },
    ];
}

/// Oddity 11: the document marks hardly any member of an answer as required. These are, whatever it says: without
/// them an answer is of no use. `type` tells the shapes of listed transactions apart (oddity 6).
const ALSO_REQUIRED: &[&str] =
    &["taxAmountToCollect", "lineItems", "version", "id", "type", "transactions", "filings"];

pub(crate) fn value(schema: &Value, style: Style) -> Value {
    named("", schema, style)
}

fn named(name: &str, schema: &Value, style: Style) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|words| words.first()) {
        return first.clone();
    }
    if let Some(parts) = schema.get("oneOf").or(schema.get("anyOf")).and_then(Value::as_array) {
        // Oddity 3: `type: 'null'` as an alternative.
        let is_null = |part: &&Value| part["type"] == "null";
        if parts.iter().any(|part| is_null(&part)) {
            let other = parts.iter().find(|part| !is_null(part)).unwrap();
            return if style.nulls { Value::Null } else { named(name, other, style) };
        }
        return named(name, &parts[style.alternative.min(parts.len() - 1)], style);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) if style.nulls => {
            assert_eq!(kinds[1], "null");
            return Value::Null;
        }
        Value::Array(kinds) => kinds[0].as_str().unwrap(),
        kind => kind.as_str().unwrap_or("object"),
    };
    match kind {
        "object" => object(schema, style),
        // Of items in several shapes, one of each.
        "array" => {
            let items = &schema["items"];
            let shapes = items["oneOf"].as_array().cloned().unwrap_or_else(|| vec![items.clone()]);
            shapes.iter().map(|shape| named(name, shape, style)).collect()
        }
        "integer" => json!(7),
        "boolean" => json!(true),
        "string" => json!(match schema["format"].as_str() {
            Some("date") => "2025-01-31".to_owned(),
            Some("date-time") => "2025-01-15T18:23:45.000Z".to_owned(),
            Some("Decimal") => "12.3400".to_owned(),
            Some("uri") => "https://app.example/x".to_owned(),
            _ if schema["maxLength"] == 3 => "USD".to_owned(),
            _ => format!("{name}-1"),
        }),
        other => panic!("{name}: {other}"),
    }
}

fn object(schema: &Value, style: Style) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut members = Map::new();
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        let wanted = required.iter().any(|r| r == name) || ALSO_REQUIRED.contains(&name.as_str());
        if style.full || wanted {
            members.insert(name.clone(), named(name, part, style));
        }
    }
    if let Some(any) = schema.get("additionalProperties") {
        // Oddity 17: mappings are a list of objects with one member each.
        members.insert("billing_system_id_1".to_owned(), named("any", any, style));
    }
    members.into()
}

/// The places of all members in a value, as JSON pointers.
pub(crate) fn members(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", value, &mut found);
    found
}

fn collect(at: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let at = format!("{at}/{name}");
                found.push(at.clone());
                collect(&at, member, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(&format!("{at}/{index}"), item, found);
            }
        }
        _ => {}
    }
}
