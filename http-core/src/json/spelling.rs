//! How values were written, where that is not how they would be written.

use std::fmt;

use serde_json::Value;

/// The original spellings of a record's members, kept only where they differ from the canonical ones, so that
/// an unchanged member is written back exactly as it came.
///
/// Not part of a record's identity: two records that differ in spelling only are equal.
#[derive(Clone, Default)]
pub struct Spelling(Vec<(&'static str, Kept)>);

/// The common empty forms take no memory of their own.
#[derive(Clone)]
enum Kept {
    Null,
    EmptyText,
    Dash,
    EmptyArray,
    EmptyObject,
    Other(Box<Value>),
}

impl Spelling {
    /// Keeps the original of `member`.
    pub fn keep(&mut self, member: &'static str, original: Value) {
        let kept = match original {
            Value::Null => Kept::Null,
            Value::String(text) if text.is_empty() => Kept::EmptyText,
            Value::String(text) if text == "-" => Kept::Dash,
            Value::Array(items) if items.is_empty() => Kept::EmptyArray,
            Value::Object(members) if members.is_empty() => Kept::EmptyObject,
            other => Kept::Other(Box::new(other)),
        };
        self.0.push((member, kept));
    }

    /// The original of `member`, where one is kept.
    pub fn original(&self, member: &str) -> Option<Value> {
        let (_, kept) = self.0.iter().find(|(name, _)| *name == member)?;
        Some(match kept {
            Kept::Null => Value::Null,
            Kept::EmptyText => Value::String(String::new()),
            Kept::Dash => Value::String("-".to_owned()),
            Kept::EmptyArray => Value::Array(Vec::new()),
            Kept::EmptyObject => Value::Object(serde_json::Map::new()),
            Kept::Other(value) => Value::clone(value),
        })
    }
}

impl PartialEq for Spelling {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spelling({})", self.0.len())
    }
}
