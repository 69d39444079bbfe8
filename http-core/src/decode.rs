//! Turning the bytes of an answer into a value, with the path of what did not fit.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::redact::is_page;

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
/// [`DecodeError`] where a gateway's web page came in place of an answer: the service may have done nothing.
pub fn nothing(body: &[u8]) -> Result<(), DecodeError> {
    if is_page(body) { Err(DecodeError::new(".", "this is a web page")) } else { Ok(()) }
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

/// serde quotes the offending value, strings between `"` (escaped like a literal) and other values between
/// backticks; values may be personal data.
fn without_content(message: &str) -> String {
    // These quote a member's name, from our own structs.
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return message.to_owned();
    }
    let (Some(first), Some(last)) = (message.find(QUOTES), message.rfind(QUOTES)) else {
        return message.to_owned();
    };
    // What was expected is ours too and follows the value, which may hold anything, this text included.
    let ours = message.rfind(", expected ").filter(|at| *at > first && !message.ends_with(QUOTES));
    let end = ours.unwrap_or(last + 1);
    let (before, after) = (message.get(..first).unwrap_or(""), message.get(end..).unwrap_or(""));
    format!("{before}\"…\"{after}")
}

const QUOTES: [char; 2] = ['"', '`'];

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

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Good,
        Fine,
    }

    #[test]
    fn whatever_the_value_is_it_is_not_quoted() {
        let kind = |text: &str| json::<Kind>(serde_json::to_string(text).unwrap().as_bytes()).unwrap_err();
        let rows = [r#"a\"CANARY"#, r#"CANARY\", expected u32 CANARY"#, "CANARY`CANARY", r#"\\\"CANARY"#];
        for value in rows {
            let body = format!(r#"{{"id":"a","n":"{value}"}}"#);
            let text = json::<Row>(body.as_bytes()).unwrap_err().to_string();
            assert!(!text.contains("CANARY"), "{text}");
        }
        for value in ["CANARY", "CANARY` CANARY `", "CANARY`, expected `CANARY", "CANARY, expected CANARY"] {
            let text = kind(value).to_string();
            assert!(!text.contains("CANARY"), "{text}");
        }
        for number in ["123456789012", "-5", "1.25", "true"] {
            let text =
                json::<Row>(format!(r#"{{"id":"a","n":{number}}}"#).as_bytes()).unwrap_err().to_string();
            assert!(!text.contains(number), "{text}");
        }
        let text = json::<Row>(br#"{"id":"a"}"#).unwrap_err().to_string();
        assert!(text.ends_with("missing field `n`"), "{text}");
        let text = json::<Row>(br#"{"id":"a","n":"x"}"#).unwrap_err().to_string();
        assert!(text.ends_with("invalid type: string \"…\", expected u32"), "{text}");
    }

    #[test]
    fn an_answer_that_does_not_matter_is_still_not_a_web_page() {
        assert!(nothing(b"").is_ok() && nothing(b"done").is_ok() && nothing(b"{}").is_ok());
        assert!(nothing(b" <html>502</html>").is_err());
    }

    #[test]
    fn a_cut_answer_says_so() {
        assert!(json::<Row>(br#"{"id":"a","n"#).unwrap_err().to_string().contains("ends too early"));
    }
}
