//! Reading hostile bodies and writing them back.
#![allow(dead_code, unreachable_pub, unused_qualifications)] // the macros make items for other crates to name

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Object, Wire};

crate::open_enum! {
    /// A state.
    pub enum State {
        /// One.
        PartlyDone = "Partly done",
        /// Two.
        Done = "Done",
    }
}

crate::id! {
    /// An id.
    pub struct LineId
}

crate::record! {
    /// An inner record.
    pub struct Line {
        /// Id.
        id: Option<LineId>,
        /// Amount.
        amount: Option<Decimal>,
        /// Flag.
        taxable: Option<bool>,
        /// Word.
        state: Option<State>,
        /// Count.
        count: Option<i64>,
        /// Text.
        note: Option<String> => personal,
        /// Kind.
        kind: Option<String> = "type",
        /// Numbers.
        tiers: Vec<Decimal>,
        /// Open.
        custom_fields: Object => personal,
        /// Typed map.
        flags: BTreeMap<String, bool>,
    }
}

crate::record! {
    /// An outer record.
    pub struct Document {
        /// Id.
        id: LineId,
        /// Lines.
        lines: Vec<Line>,
        /// One line.
        best: Option<Line>,
        /// Open elements.
        rest: Vec<Value>,
    }
}

fn empty() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("")),
        Just(json!("-")),
        Just(json!(" ")),
        Just(json!([])),
        Just(json!({})),
        Just(Value::Null)
    ]
}

fn decimal() -> impl Strategy<Value = Value> {
    prop_oneof![
        "-?[0-9]{1,12}\\.[0-9]{1,4}".prop_map(Value::from),
        "-?[1-9][0-9]{0,2}(,[0-9]{3}){0,3}(\\.[0-9]{2})?".prop_map(Value::from),
        "[0-9]{1,3}\\.[0-9]%".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1.0e8..1.0e8f64).prop_map(Value::from),
        Just(json!(1.0)),
        empty(),
    ]
}

fn flag() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        "(Yes|No|yes|NO|true|False|0|1)".prop_map(Value::from),
        Just(json!(0)),
        Just(json!(1)),
        empty(),
    ]
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{0,8}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        empty(),
    ]
}

fn open() -> impl Strategy<Value = Value> {
    let object = proptest::collection::btree_map("[a-zA-Z_]{1,6}", text(), 0..3);
    prop_oneof![object.prop_map(|m| Value::Object(m.into_iter().collect())), empty()]
}

fn flags() -> impl Strategy<Value = Value> {
    let object = proptest::collection::btree_map("[a-z]{1,4}", flag(), 0..4);
    prop_oneof![object.prop_map(|m| Value::Object(m.into_iter().collect())), empty()]
}

/// An object of some of these members.
fn some_of(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| proptest::option::of(value).prop_map(move |v| v.map(|v| (name.to_owned(), v))))
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect()))
}

fn line() -> impl Strategy<Value = Value> {
    some_of(vec![
        ("id", text().boxed()),
        ("amount", decimal().boxed()),
        ("taxable", flag().boxed()),
        (
            "state",
            prop_oneof!["(Done|done|PARTLY_DONE|partly-done|new)".prop_map(Value::from), empty()].boxed(),
        ),
        (
            "count",
            prop_oneof![any::<i64>().prop_map(Value::from), "[0-9]{1,9}".prop_map(Value::from), empty()]
                .boxed(),
        ),
        ("note", text().boxed()),
        ("type", text().boxed()),
        (
            "tiers",
            prop_oneof![proptest::collection::vec(decimal(), 0..4).prop_map(Value::from), decimal()].boxed(),
        ),
        ("custom_fields", open().boxed()),
        ("flags", flags().boxed()),
        ("unknown", open().boxed()),
    ])
}

fn document() -> impl Strategy<Value = Value> {
    let element = prop_oneof![8 => line(), 1 => empty()];
    let lines = prop_oneof![
        4 => proptest::collection::vec(element, 0..4).prop_map(Value::from),
        1 => line(),
        1 => empty(),
    ];
    let best = prop_oneof![3 => line(), 1 => line().prop_map(|l| json!([l])), 1 => empty()];
    some_of(vec![
        ("lines", lines.boxed()),
        ("best", best.boxed()),
        ("rest", proptest::collection::vec(text(), 0..3).prop_map(Value::from).boxed()),
    ])
    .prop_map(|mut body| {
        body["id"] = json!("D-1");
        body
    })
}

proptest! {
    #[test]
    fn hostile_bodies_are_read_and_written_back_without_loss(body in document()) {
        let read: Document = serde_json::from_value(body.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), body);
    }

    #[test]
    fn a_change_of_one_member_leaves_the_others_as_they_came(body in line(), amount in any::<i32>()) {
        let mut read: Line = serde_json::from_value(body.clone()).unwrap();
        read.amount = Some(Decimal::new(amount.into(), 2));
        let mut written = serde_json::to_value(&read).unwrap();
        let again: Line = serde_json::from_value(written.clone()).unwrap();
        prop_assert_eq!(again.amount, read.amount);
        let mut body = body;
        body.as_object_mut().unwrap().remove("amount");
        written.as_object_mut().unwrap().remove("amount");
        prop_assert_eq!(written, body);
    }
}

#[test]
fn a_changed_number_stays_a_number() {
    let mut line: Line = serde_json::from_value(json!({"amount": 1.0})).unwrap();
    line.amount = Some("2.50".parse().unwrap());
    assert_eq!(serde_json::to_value(&line).unwrap(), json!({"amount": 2.5}));
}

#[test]
fn a_failure_names_the_place_and_not_the_content() {
    let body = json!({"id": "D-1", "lines": [{}, {"amount": "CANARY"}]});
    let error = Document::read(&body).unwrap_err();
    assert_eq!(error.path(), "lines[1].amount");
    assert!(!error.to_string().contains("CANARY"));
    assert_eq!(Document::read(&json!({"lines": []})).unwrap_err().to_string(), "id: missing");
}

#[test]
fn debug_says_only_that_personal_members_are_there() {
    let body =
        json!({"id": "D-1", "best": {"note": "CANARY", "custom_fields": {"x": "CANARY"}, "x": "CANARY"}});
    let text = format!("{:?}", Document::read(&body).unwrap());
    assert!(!text.contains("CANARY") && text.contains("[present]") && text.contains("D-1"), "{text}");
}

#[test]
fn an_enum_keeps_unknown_words_and_round_trips_known_ones() {
    assert_eq!(State::from("PARTLY-done"), State::PartlyDone);
    assert_eq!(serde_json::to_value(State::PartlyDone).unwrap(), "Partly done");
    assert_eq!(serde_json::from_value::<State>(json!("Lost")).unwrap(), State::Other("Lost".into()));
    let body = json!({"state": "partly_done"});
    let line: Line = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(line.state, Some(State::PartlyDone));
    assert_eq!(serde_json::to_value(&line).unwrap(), body);
}

#[test]
fn repeated_keys_take_the_last() {
    let line: Line = serde_json::from_str(r#"{"note":"a","note":"b"}"#).unwrap();
    assert_eq!(line.note.as_deref(), Some("b"));
}
