//! What every record must hold: loss-free reading, all empty forms, nothing secret in `Debug`.

use std::fmt::Debug;

use ordway_anrok_http::json::{Object, Wire};
use serde_json::{Value, json};

/// All the ways in which Ordway writes "nothing".
fn empty_forms() -> [Value; 7] {
    [json!(null), json!(""), json!("-"), json!(" "), json!("\u{a0}"), json!([]), json!({})]
}

/// Values of which each kind of member can read at least one.
fn candidates() -> [Value; 5] {
    [json!("CANARY"), json!("7"), json!("true"), json!({"x": "CANARY"}), json!([{"x": "CANARY"}])]
}

fn read<T: Wire>(value: &Value) -> T {
    T::read(value).unwrap_or_else(|e| panic!("{e}: {value}")).expect("a record")
}

/// Checks one kind of record.
///
/// `sample` holds members as the reference lists them, `key` the one without which it is useless, `hidden` the
/// members that `Debug` must only mention.
pub(crate) fn check<T: Wire + Debug>(
    members: &[&str],
    key: Option<&str>,
    sample: &Value,
    hidden: &[&str],
) -> T {
    let record: T = read(sample);
    assert_eq!(record.write(), *sample, "loss-free");
    let sample_object = sample.as_object().unwrap();
    let custom = sample_object.get("custom_fields").and_then(Value::as_object).cloned().unwrap_or_default();
    for name in sample_object.keys().filter(|name| !custom.contains_key(*name)) {
        assert!(members.contains(&name.as_str()), "{name} is not typed");
    }
    if T::read(&json!({})).unwrap_or(None).is_some() {
        assert_eq!(key, None);
    }
    for member in members.iter().filter(|member| Some(**member) != key) {
        let mut sample = sample.clone();
        sample.as_object_mut().unwrap().remove(*member);
        assert_eq!(read::<T>(&sample).write(), sample, "without {member}");
        for empty in empty_forms() {
            sample[*member] = empty;
            assert_eq!(read::<T>(&sample).write(), sample, "{member}");
        }
    }
    if let Some(key) = key {
        for empty in empty_forms() {
            let mut sample = sample.clone();
            sample[key] = empty;
            let error = T::read(&sample).expect_err("useless without its key");
            assert_eq!(error.path(), key);
        }
    }
    assert_eq!(hidden_members::<T>(members, key), hidden, "hidden from Debug");
    let mut stranger = sample.clone();
    stranger["new_member"] = json!("CANARY");
    let record_with_stranger: T = read(&stranger);
    assert_eq!(record_with_stranger.write(), stranger);
    assert!(!format!("{record_with_stranger:?}").contains("CANARY"), "unknown members are not printed");
    record
}

fn hidden_members<T: Wire + Debug>(members: &[&str], key: Option<&str>) -> Vec<String> {
    let is_hidden = |member: &&&str| {
        candidates().into_iter().any(|candidate| {
            let mut object = Object::new();
            if let Some(key) = key {
                object.insert(key.to_owned(), json!("K-1"));
            }
            object.insert((**member).to_owned(), candidate);
            let Ok(Some(record)) = T::read(&Value::Object(object)) else { return false };
            let shown = format!("{record:?}");
            let said = shown.contains("[present]");
            assert!(!(said && shown.contains("CANARY")), "{member}: {shown}");
            said
        })
    };
    members.iter().filter(is_hidden).map(|member| (*member).to_owned()).collect()
}
