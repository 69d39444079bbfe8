//! Reading a request body the way the real API does: the first fault wins and is told as a path and a message.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::address::Address;

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refusal {
    /// HTTP 400; the text that follows `Request body: `.
    BadRequest(String),
    /// HTTP 409; the whole body.
    Conflict(Value),
}

impl Refusal {
    /// A 409 that carries nothing but its reason.
    pub(super) fn conflict(reason: &str) -> Self {
        Self::Conflict(json!({ "type": reason }))
    }
}

/// What every operation returns: the body of a 200, or why not.
pub(super) type Outcome = Result<Value, Refusal>;

/// One JSON object of a request body, and where it stands in there.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
    strict: bool,
}

impl<'a> Fields<'a> {
    /// The body itself. `strict` refuses keys that the document does not name.
    // rule: unknown-keys-refused
    pub(super) fn root(body: &'a Value, strict: bool) -> Result<Self, Refusal> {
        let map =
            body.as_object().ok_or_else(|| Refusal::BadRequest(format!("{}.", expected("object", body))))?;
        Ok(Self { map, path: String::new(), strict })
    }

    fn fault(&self, key: &str, message: &str) -> Refusal {
        Refusal::BadRequest(format!("{}\"{key}\": {message}.", self.path))
    }

    /// Refuses every key that is not among `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let strangers: Vec<String> =
            self.map.keys().filter(|k| !known.contains(&k.as_str())).map(|k| format!("'{k}'")).collect();
        if strangers.is_empty() || !self.strict {
            return Ok(());
        }
        let list = strangers.join(", ");
        Err(Refusal::BadRequest(format!("{}Unrecognized key(s) in object: {list}.", self.path)))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    fn required(&self, key: &str) -> Result<&'a Value, Refusal> {
        // rule: bad-request-text
        self.map.get(key).ok_or_else(|| self.fault(key, "Required"))
    }

    /// A string that must be there and not be empty.
    pub(super) fn string(&self, key: &str) -> Result<&'a str, Refusal> {
        self.required(key)?;
        self.optional_string(key).map(Option::unwrap_or_default)
    }

    /// A string that may be left out. `null` and `""` are refused.
    pub(super) fn optional_string(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        let text = self.any_string(key)?;
        if text == Some("") {
            return Err(self.fault(key, "String must contain at least 1 character(s)"));
        }
        Ok(text)
    }

    /// A string that may be left out and may be empty. `null` is refused.
    pub(super) fn any_string(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.fault(key, &expected("string", other))),
        }
    }

    /// A string that must be there, though it may be empty: the caller has an answer of its own to that.
    pub(super) fn required_text(&self, key: &str) -> Result<&'a str, Refusal> {
        self.required(key)?;
        self.any_string(key).map(Option::unwrap_or_default)
    }

    /// A string that may be left out, `null` or empty.
    pub(super) fn nullable_text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        if self.map.get(key) == Some(&Value::Null) { Ok(None) } else { self.any_string(key) }
    }

    /// A string that may be left out or `null`, but not empty (address fields).
    // rule: empty-address-strings-refused
    pub(super) fn nullable_string(&self, key: &str) -> Result<Option<String>, Refusal> {
        match self.map.get(key) {
            Some(Value::Null) => Ok(None),
            _ => Ok(self.optional_string(key)?.map(str::to_owned)),
        }
    }

    pub(super) fn optional_bool(&self, key: &str) -> Result<Option<bool>, Refusal> {
        match self.map.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(self.fault(key, &expected("boolean", other))),
        }
    }

    /// A whole number between `low` and `high`. `10.0` counts as whole, as it does in JavaScript.
    pub(super) fn optional_integer(&self, key: &str, low: i64, high: i64) -> Result<Option<i64>, Refusal> {
        let number = match self.map.get(key) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => return Err(self.fault(key, &expected("number", other))),
        };
        let exact = Decimal::from_str_exact(&number).or_else(|_| Decimal::from_scientific(&number));
        let Ok(value) = exact else {
            return Err(self.fault(key, &format!("Number must be less than or equal to {high}")));
        };
        if !value.is_integer() {
            return Err(self.fault(key, "Expected integer, received float"));
        }
        if value < Decimal::from(low) {
            return Err(self.fault(key, &format!("Number must be greater than or equal to {low}")));
        }
        match i64::try_from(value) {
            Ok(value) if value <= high => Ok(Some(value)),
            _ => Err(self.fault(key, &format!("Number must be less than or equal to {high}"))),
        }
    }

    pub(super) fn integer(&self, key: &str, low: i64, high: i64) -> Result<i64, Refusal> {
        self.required(key)?;
        self.optional_integer(key, low, high).map(Option::unwrap_or_default)
    }

    /// A string out of a closed list.
    pub(super) fn optional_choice(&self, key: &str, choices: &[&str]) -> Result<Option<&'a str>, Refusal> {
        match self.any_string(key)? {
            Some(text) if !choices.contains(&text) => Err(self.fault(key, "Invalid enum value")),
            other => Ok(other),
        }
    }

    pub(super) fn choice(&self, key: &str, choices: &[&str]) -> Result<&'a str, Refusal> {
        self.required(key)?;
        self.optional_choice(key, choices).map(Option::unwrap_or_default)
    }

    /// A calendar date, exactly `YYYY-MM-DD`.
    pub(super) fn optional_date(&self, key: &str) -> Result<Option<Date>, Refusal> {
        match self.any_string(key)? {
            None => Ok(None),
            Some(text) => parse_date(text)
                .map(Some)
                .ok_or_else(|| self.fault(key, "Invalid format; expecting \"YYYY-MM-DD\"")),
        }
    }

    /// An instant with an offset.
    pub(super) fn optional_instant(&self, key: &str) -> Result<Option<Timestamp>, Refusal> {
        match self.any_string(key)? {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.fault(key, "Invalid datetime")),
        }
    }

    /// An optional decimal written as a string.
    pub(super) fn optional_decimal_text(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        match self.any_string(key)? {
            Some(text) if Decimal::from_str_exact(text).is_err() => Err(self.fault(key, "Invalid decimal")),
            other => Ok(other),
        }
    }

    /// An object that must be there.
    pub(super) fn object(&self, key: &str) -> Result<Self, Refusal> {
        let value = self.required(key)?;
        let map = value.as_object().ok_or_else(|| self.fault(key, &expected("object", value)))?;
        Ok(Self { map, path: format!("{}\"{key}\": ", self.path), strict: self.strict })
    }

    pub(super) fn optional_object(&self, key: &str) -> Result<Option<Self>, Refusal> {
        if self.has(key) { self.object(key).map(Some) } else { Ok(None) }
    }

    /// A filter that is one of several shapes: anything but an object is an invalid input.
    pub(super) fn filter_object(&self) -> Result<Option<Self>, Refusal> {
        match self.map.get("filter") {
            None | Some(Value::Object(_)) => self.optional_object("filter"),
            Some(_) => Err(self.fault("filter", "Invalid input")),
        }
    }

    /// The objects of a list that must be there.
    pub(super) fn objects(&self, key: &str) -> Result<Vec<Self>, Refusal> {
        let value = self.required(key)?;
        let items = value.as_array().ok_or_else(|| self.fault(key, &expected("array", value)))?;
        let read = |(index, item): (usize, &'a Value)| {
            let path = format!("{}\"{key}\": {index}: ", self.path);
            let map = item
                .as_object()
                .ok_or_else(|| Refusal::BadRequest(format!("{path}{}.", expected("object", item))))?;
            Ok(Self { map, path, strict: self.strict })
        };
        items.iter().enumerate().map(read).collect()
    }

    /// A list of at least one and, with `most`, at most so many objects.
    // rule: empty-line-items-refused
    pub(super) fn some_objects(&self, key: &str, most: Option<usize>) -> Result<Vec<Self>, Refusal> {
        let items = self.objects(key)?;
        if items.is_empty() {
            return Err(self.fault(key, "Array must contain at least 1 element(s)"));
        }
        match most {
            // rule: line-limit
            Some(most) if items.len() > most => {
                Err(self.fault(key, &format!("Array must contain at most {most} element(s)")))
            }
            _ => Ok(items),
        }
    }

    /// An ISO 4217 code by its length only; whether it is known is a question for later.
    pub(super) fn currency(&self, key: &str) -> Result<String, Refusal> {
        self.required(key)?;
        let text = self.any_string(key)?.unwrap_or_default();
        if text.chars().count() != 3 {
            return Err(self.fault(key, "String must contain exactly 3 character(s)"));
        }
        Ok(text.to_ascii_uppercase())
    }

    /// An address in the current or the deprecated US form.
    // rule: legacy-us-address
    pub(super) fn address(&self, key: &str) -> Result<Address, Refusal> {
        let Some(Value::Object(map)) = self.map.get(key) else {
            return Err(self.fault(key, "Invalid input"));
        };
        let fields = Self { map, path: format!("{}\"{key}\": ", self.path), strict: self.strict };
        let legacy = fields.has("state") || fields.has("zipCode");
        let us = map.get("country").and_then(Value::as_str) == Some("us");
        if legacy && us && !fields.has("region") && !fields.has("postalCode") {
            return fields.read_address("state", "zipCode");
        }
        fields.read_address("region", "postalCode")
    }

    /// An address in the current form only.
    pub(super) fn plain_address(&self, key: &str) -> Result<Address, Refusal> {
        self.object(key)?.read_address("region", "postalCode")
    }

    fn read_address(&self, region: &str, postal_code: &str) -> Result<Address, Refusal> {
        let address = Address {
            country: self.nullable_string("country")?,
            line1: self.nullable_string("line1")?,
            city: self.nullable_string("city")?,
            region: self.nullable_string(region)?,
            postal_code: self.nullable_string(postal_code)?,
        };
        self.only(&["country", "line1", "city", region, postal_code])?;
        Ok(address)
    }

    /// A filter value of a known shape but with a content that the server cannot use.
    pub(super) fn invalid(&self, key: &str, message: &str) -> Refusal {
        self.fault(key, message)
    }
}

fn expected(what: &str, got: &Value) -> String {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Expected {what}, received {got}")
}

/// A date written exactly as `YYYY-MM-DD`.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

/// An instant as the API writes it: UTC with milliseconds.
pub(super) fn instant_text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
