//! Single values.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Number, Value};

use super::number::parse_decimal;

/// A JSON object.
pub type Object = Map<String, Value>;

/// What [`Wire::take`] gives: the typed value, and the original where it must be kept to be written back as it came.
pub type Taken<T> = (T, Option<Value>);

/// A value that cannot be read: where, and why, never what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    path: String,
    reason: Cow<'static, str>,
}

impl Unreadable {
    /// Unreadable for this reason. The reason must not quote the content.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    /// The same failure, seen from the object that holds it as `name`.
    #[must_use]
    pub fn in_member(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }

    /// The same failure, seen from the array that holds it at `index`.
    #[must_use]
    pub fn in_element(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }

    /// Where: `line_items[0].quantity`; empty for the value itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.path, self.reason)
        }
    }
}

impl std::error::Error for Unreadable {}

/// A value that Ordway may write in several forms.
pub trait Wire: Sized + PartialEq {
    /// Reads any accepted form. `None` for the forms of "empty".
    ///
    /// # Errors
    /// [`Unreadable`] where the form is none of the accepted ones.
    fn read(value: &Value) -> Result<Option<Self>, Unreadable>;

    /// The form that is written where none was read.
    fn write(&self) -> Value;

    /// Writes a changed value in the kind of its original (a number stays a number).
    fn write_like(&self, _original: &Value) -> Value {
        self.write()
    }

    /// As [`Wire::read`], consuming: gives the original back where [`Wire::write`] would not write it.
    ///
    /// # Errors
    /// As [`Wire::read`].
    fn take(value: Value) -> Result<Taken<Option<Self>>, Unreadable> {
        let read = Self::read(&value)?;
        let kept = read.as_ref().is_none_or(|read| read.write() != value);
        Ok((read, kept.then_some(value)))
    }
}

/// `null`, `""`, `"-"`, blanks, `[]` and `{}`: Ordway writes all of them for "nothing".
pub fn is_empty_form(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => is_blank(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "-")
}

impl Wire for Value {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        Ok(Some(value.clone()))
    }

    fn write(&self) -> Value {
        self.clone()
    }

    fn take(value: Value) -> Result<Taken<Option<Self>>, Unreadable> {
        Ok((Some(value), None))
    }
}

impl Wire for String {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        match value {
            Value::String(text) if !is_blank(text) => Ok(Some(text.clone())),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::Bool(flag) => Ok(Some(flag.to_string())),
            empty if is_empty_form(empty) => Ok(None),
            _ => Err(Unreadable::new("text expected")),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }

    fn take(value: Value) -> Result<Taken<Option<Self>>, Unreadable> {
        match value {
            Value::String(text) if !is_blank(&text) => Ok((Some(text), None)),
            other => Ok((Self::read(&other)?, Some(other))),
        }
    }
}

impl Wire for bool {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        let refused = || Unreadable::new("yes or no expected");
        match value {
            Value::Bool(flag) => Ok(Some(*flag)),
            empty if is_empty_form(empty) => Ok(None),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" | "y" | "t" | "on" => Ok(Some(true)),
                "no" | "false" | "0" | "n" | "f" | "off" => Ok(Some(false)),
                _ => Err(refused()),
            },
            Value::Number(number) => match number.to_string().as_str() {
                "1" | "1.0" => Ok(Some(true)),
                "0" | "0.0" | "-0.0" => Ok(Some(false)),
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Wire for Decimal {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        match value {
            Value::Number(number) => super::number::from_json_number(number).map(Some),
            empty if is_empty_form(empty) => Ok(None),
            Value::String(text) => parse_decimal(text).map(Some),
            _ => Err(Unreadable::new("number expected")),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }

    fn write_like(&self, original: &Value) -> Value {
        // Through text: the digits are the decimal's own, never a binary float's.
        let number = if original.is_number() { self.to_string().parse::<Number>().ok() } else { None };
        number.map_or_else(|| self.write(), Value::Number)
    }
}

impl Wire for i64 {
    fn read(value: &Value) -> Result<Option<Self>, Unreadable> {
        if let Some(number) = value.as_i64() {
            return Ok(Some(number));
        }
        let Some(number) = Decimal::read(value)? else { return Ok(None) };
        let whole = number.trunc() == number;
        let count = if whole { number.to_i64() } else { None };
        count.map(Some).ok_or_else(|| Unreadable::new("whole number expected"))
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}
