//! What both fakes hold, as one JSON document that people can write and programs can export.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::SeedError;
use crate::anrok::FakeAnrok;
use crate::ordway::FakeOrdway;

/// The value of `format`.
const FORMAT: &str = "ordway-anrok-sandbox/1";

/// A seed: records of Ordway and set-up of Anrok. The README describes the format.
///
/// ```
/// use ordway_anrok_sandbox::{Fakes, Seed};
///
/// let seed = Seed::parse(r#"{
///     "format": "ordway-anrok-sandbox/1",
///     "ordway": {
///         "customers": [{"id": "C-1", "name": "Acme", "contacts": [{"country": "Germany"}]}],
///         "invoices": [{"customer_id": "C-1", "status": "Posted",
///             "line_items": [{"product_id": "P-1", "unit_price": "12.00"}]}]
///     },
///     "anrok": {"products": [{"externalId": "P-1", "category": "saasBusiness"}], "frozenMonths": ["2026-01"]}
/// }"#)?;
/// let fakes = Fakes::empty();
/// fakes.seed(&seed)?;
/// assert_eq!(fakes.ordway().get("invoices", "INV-00001").unwrap()["subtotal"], "12.00");
/// // What the fakes hold now, every member filled in; the same again in other fakes.
/// let copy = Fakes::empty();
/// copy.seed(&fakes.export())?;
/// assert_eq!(copy.export(), fakes.export());
/// # Ok::<(), ordway_anrok_sandbox::SeedError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Seed(Value);

impl Seed {
    /// Reads a document.
    ///
    /// # Errors
    /// It is not JSON, not an object, of another format, or has a section that this version does not know.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let value: Value = serde_json::from_str(text).map_err(|source| SeedError::Syntax { source })?;
        let root = At::root(&value);
        root.only(&["format", "ordway", "anrok"])?;
        let format = root.text("format")?;
        if format != FORMAT {
            let problem = format!("{format:?} is a format that this version does not read");
            return Err(root.member("format").wrong(problem, format!("write {FORMAT:?}")));
        }
        for section in ["ordway", "anrok"] {
            if let Some(section) = root.optional(section) {
                section.object()?;
            }
        }
        Ok(Self(value))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or as for [`Seed::parse`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SeedError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|source| SeedError::Unreadable { path: path.to_path_buf(), source })?;
        Self::parse(&text).map_err(|error| match error {
            SeedError::Syntax { source } => SeedError::NotJson { path: path.to_path_buf(), source },
            other => other,
        })
    }

    /// What both fakes hold at present. What was recorded at Anrok and who asked for what are not part of it.
    pub(crate) fn of(ordway: &FakeOrdway, anrok: &FakeAnrok) -> Self {
        Self(json!({"format": FORMAT, "ordway": ordway.export_section(), "anrok": anrok.export_section()}))
    }

    /// The Ordway part goes into `ordway`. Nothing is stored where any of it is wrong.
    pub(crate) fn sow_ordway(&self, ordway: &FakeOrdway) -> Result<usize, SeedError> {
        let root = At::root(&self.0);
        root.optional("ordway").map_or(Ok(0), |section| ordway.sow(&section))
    }

    /// The Anrok part goes into `anrok`. Nothing is stored where any of it is wrong.
    pub(crate) fn sow_anrok(&self, anrok: &FakeAnrok) -> Result<(), SeedError> {
        let root = At::root(&self.0);
        root.optional("anrok").map_or(Ok(()), |section| anrok.sow(&section))
    }

    /// The document as a value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The document as indented text, ending with a line break.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// A value of the document and where it stands.
#[derive(Clone)]
pub(crate) struct At<'a> {
    pub(crate) value: &'a Value,
    path: String,
}

impl<'a> At<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(crate) fn wrong(&self, problem: impl Into<String>, remedy: impl Into<String>) -> SeedError {
        let at = if self.path.is_empty() { "the document".to_owned() } else { self.path.clone() };
        SeedError::Wrong { at, problem: problem.into(), remedy: remedy.into() }
    }

    fn expected(&self, what: &str) -> SeedError {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.wrong(format!("it is {found}"), format!("write {what}"))
    }

    pub(crate) fn object(&self) -> Result<&'a Map<String, Value>, SeedError> {
        self.value.as_object().ok_or_else(|| self.expected("an object, {…}"))
    }

    pub(crate) fn only(&self, known: &[&str]) -> Result<(), SeedError> {
        match self.object()?.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                let remedy = format!("remove it, or use one of: {}", known.join(", "));
                Err(self.member(key).wrong("there is no such member", remedy))
            }
            None => Ok(()),
        }
    }

    /// A member, `null` where it is missing.
    pub(crate) fn member(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value: self.value.get(name).unwrap_or(&Value::Null), path }
    }

    /// A member that is there and not `null`.
    pub(crate) fn optional(&self, name: &str) -> Option<Self> {
        Some(self.member(name)).filter(|member| !member.value.is_null())
    }

    /// The elements of a member, none where it is missing.
    pub(crate) fn rows(&self, name: &str) -> Result<Vec<Self>, SeedError> {
        self.optional(name).map_or_else(|| Ok(Vec::new()), |list| list.elements())
    }

    pub(crate) fn elements(&self) -> Result<Vec<Self>, SeedError> {
        let rows = self.value.as_array().ok_or_else(|| self.expected("a list, […]"))?;
        let row = |(index, value)| Self { value, path: format!("{}[{index}]", self.path) };
        Ok(rows.iter().enumerate().map(row).collect())
    }

    pub(crate) fn as_text(&self) -> Result<&'a str, SeedError> {
        self.value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| self.expected("text, \"…\""))
    }

    /// A member that is text and not blank.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, SeedError> {
        self.member(name).as_text()
    }

    /// A member that is text, `""` where it is missing.
    pub(crate) fn text_or_blank(&self, name: &str) -> Result<&'a str, SeedError> {
        match self.optional(name) {
            Some(member) => member.value.as_str().ok_or_else(|| member.expected("text, \"…\"")),
            None => Ok(""),
        }
    }

    /// A member that is `true` or `false`, `false` where it is missing.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, SeedError> {
        self.optional(name).map_or(Ok(false), |member| {
            member.value.as_bool().ok_or_else(|| member.expected("true or false"))
        })
    }

    /// A member that is a calendar date, none where it is missing.
    pub(crate) fn date(&self, name: &str) -> Result<Option<jiff::civil::Date>, SeedError> {
        let Some(member) = self.optional(name) else { return Ok(None) };
        let text = member.as_text()?;
        let date = text.parse().map_err(|_| {
            member.wrong(format!("{text:?} is no calendar date"), "write it as \"2026-03-10\"")
        })?;
        Ok(Some(date))
    }
}
