//! The looks of a record on the wire: no nulls, custom fields twice.

use serde_json::{Map, Value};

/// Arrays whose elements carry custom fields of their own.
const NESTED: &[&str] =
    &["line_items", "credit_line_items", "contacts", "entries", "plans", "charges", "payments", "credits"];

/// Brings a record into the stored form: `null` becomes `""` (`"-"` for the end date of a one-time line), and the
/// top-level copies of custom fields are dropped, to be made again by [`record`] (rule no-nulls).
pub(super) fn normalise(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let one_time = object.get("charge_type").and_then(Value::as_str) == Some("one_time");
            for (name, member) in object.iter_mut() {
                if member.is_null() {
                    let empty = if one_time && name == "end_date" { "-" } else { "" };
                    *member = Value::from(empty);
                } else {
                    normalise(member);
                }
            }
            if let Some(Value::Object(custom)) = object.get("custom_fields").cloned() {
                object.retain(|name, member| custom.get(name) != Some(member));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

/// The stored record with its custom fields repeated at top level, lines and contacts included (rule
/// custom-fields-twice).
pub(super) fn record(stored: &Value) -> Value {
    let mut shown = stored.clone();
    if let Value::Object(object) = &mut shown {
        repeat_custom_fields(object);
        for name in NESTED {
            if let Some(Value::Array(rows)) = object.get_mut(*name) {
                rows.iter_mut().filter_map(Value::as_object_mut).for_each(repeat_custom_fields);
            }
        }
    }
    shown
}

fn repeat_custom_fields(object: &mut Map<String, Value>) {
    let Some(Value::Object(custom)) = object.get("custom_fields").cloned() else { return };
    for (name, value) in custom {
        object.entry(name).or_insert(value);
    }
}

/// Writes the members of `changes` over those of `target`. A top-level member that is a custom field goes to
/// `custom_fields`, and `custom_fields` themselves are merged key by key.
pub(super) fn merge(target: &mut Value, changes: &Map<String, Value>, skip: &[&str]) {
    let Some(object) = target.as_object_mut() else { return };
    for (name, value) in changes {
        if skip.contains(&name.as_str()) {
            continue;
        }
        let custom = object.get_mut("custom_fields").and_then(Value::as_object_mut);
        match (custom, value) {
            (Some(custom), Value::Object(new)) if name == "custom_fields" => {
                custom.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            (Some(custom), value) if custom.contains_key(name) => {
                custom.insert(name.clone(), value.clone());
            }
            (_, value) => {
                object.insert(name.clone(), value.clone());
            }
        }
    }
}

/// A text member, `""` where it is missing or no text.
pub(super) fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a member of an object; nothing where `record` is none.
pub(super) fn set(record: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = record.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn empties_are_never_null() {
        let mut record = json!({"a": null, "line_items": [
            {"charge_type": "one_time", "end_date": null}, {"charge_type": "recurring", "end_date": null}]});
        normalise(&mut record);
        assert_eq!(record["a"], "");
        assert_eq!(record["line_items"][0]["end_date"], "-");
        assert_eq!(record["line_items"][1]["end_date"], "");
    }

    #[test]
    fn custom_fields_are_repeated_and_follow_changes() {
        let mut stored = json!({"custom_fields": {"tax_id": "A"}, "tax_id": "A", "notes": ""});
        normalise(&mut stored);
        assert_eq!(stored, json!({"custom_fields": {"tax_id": "A"}, "notes": ""}));
        let changes = json!({"tax_id": "B", "custom_fields": {"x": "1"}});
        merge(&mut stored, changes.as_object().unwrap(), &[]);
        let shown = record(&stored);
        assert_eq!(shown["tax_id"], "B");
        assert_eq!(shown["custom_fields"], json!({"tax_id": "B", "x": "1"}));
        assert_eq!(shown["x"], "1");
    }
}
