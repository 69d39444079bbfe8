//! Turning the bytes of an answer into a value, with the path of what did not fit.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer that is not what its endpoint promises. Names the place, never the content.
#[derive(Debug)]
pub struct DecodeError {
    path: String,
    message: String,
}

impl DecodeError {
    /// A failure at `path` (JSON path, `.` for the whole body). `message` must not quote the content.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// Where, for instance `line_items[3].quantity`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read the answer at {}: {}", self.path, self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Reads JSON straight into `R`; where that fails, reads it as a value first, which forgives repeated keys
/// (Ordway repeats custom fields at top level), and finally reports the path.
///
/// # Errors
/// [`DecodeError`] with the path of the first value that does not fit.
pub fn json<R: DeserializeOwned>(body: &[u8]) -> Result<R, DecodeError> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let value: Value = serde_json::from_slice(body).map_err(|e| not_json(&e))?;
    typed(value)
}

/// Reads an already parsed value into `R`, reporting the path of what does not fit.
///
/// # Errors
/// [`DecodeError`] with the path of the first value that does not fit.
pub fn typed<R: DeserializeOwned>(value: Value) -> Result<R, DecodeError> {
    serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        DecodeError::new(path, without_content(&e.into_inner().to_string()))
    })
}

/// Accepts any answer, the empty one included, and drops it.
///
/// # Errors
/// Never.
pub fn nothing(_body: &[u8]) -> Result<(), DecodeError> {
    Ok(())
}

/// Reads any JSON; an empty body is `null`.
///
/// # Errors
/// [`DecodeError`] where the body is neither empty nor JSON.
pub fn any(body: &[u8]) -> Result<Value, DecodeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|e| not_json(&e))
}

fn not_json(error: &serde_json::Error) -> DecodeError {
    let what = if error.is_eof() { "the JSON ends too early" } else { "this is not JSON" };
    DecodeError::new(format!("line {} column {}", error.line(), error.column()), what)
}

/// serde quotes the offending value between quotes or backticks; values may be personal data.
fn without_content(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut inside = false;
    for c in message.chars() {
        match c {
            '"' => {
                inside = !inside;
                if inside {
                    out.push_str("\"…\"");
                }
            }
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Row {
        id: String,
        n: u32,
    }

    #[test]
    fn repeated_keys_are_forgiven() {
        let row: Row = json(br#"{"id":"a","id":"b","n":1}"#).unwrap();
        assert_eq!((row.id.as_str(), row.n), ("b", 1));
    }

    #[test]
    fn the_path_is_named_and_the_content_is_not() {
        let error = json::<Vec<Row>>(br#"[{"id":"a","n":"CANARY"}]"#).unwrap_err();
        assert_eq!(error.path(), "[0].n");
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }

    #[test]
    fn a_cut_answer_says_so() {
        assert!(json::<Row>(br#"{"id":"a","n"#).unwrap_err().to_string().contains("ends too early"));
    }
}
