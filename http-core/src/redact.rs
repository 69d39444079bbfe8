//! What may be shown of an answer: nothing, unless it is on a list.

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// JSON members whose values describe an error and may be shown.
const SHOWN: &[&str] = &[
    "error", "errors", "message", "messages", "title", "detail", "details", "status", "source", "code",
    "type", "reason",
];
const EXCERPT: usize = 2048;
const BLANK: &str = "[redacted]";

/// The secrets of one client, blanked out of every text that comes back from a server.
///
/// A server may quote a credential in its refusal; what this SDK prints never does.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Vec<SecretString>>);

impl Secrets {
    /// These secrets. Values of less than four bytes are ignored: blanking them would garble every text.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        Self(Arc::new(secrets.into_iter().filter(|s| s.expose_secret().len() >= 4).collect()))
    }

    /// `text` with every secret replaced.
    pub fn scrub(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), BLANK))
    }

    /// The same for bytes that are probably text. In JSON, secrets are found however they are escaped.
    pub fn scrub_bytes(&self, body: &[u8]) -> Vec<u8> {
        if self.0.is_empty() {
            return body.to_vec();
        }
        let text = self.scrub(&String::from_utf8_lossy(body));
        if text.contains('\\')
            && let Ok(mut value) = serde_json::from_str::<Value>(&text)
            && self.scrub_value(&mut value)
        {
            return value.to_string().into_bytes();
        }
        text.into_bytes()
    }

    /// Whether anything was replaced.
    fn scrub_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let clean = self.scrub(text);
                let found = clean != *text;
                *text = clean;
                found
            }
            Value::Array(items) => items.iter_mut().fold(false, |found, v| self.scrub_value(v) | found),
            Value::Object(members) => {
                let mut found = false;
                let old = std::mem::take(members);
                for (key, mut member) in old {
                    found |= self.scrub_value(&mut member);
                    let clean = self.scrub(&key);
                    found |= clean != key;
                    members.insert(clean, member);
                }
                found
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// The start of an error body: of JSON only the members that describe the error, of other text the first lines
/// without markup.
pub(crate) fn excerpt(body: &[u8]) -> Option<String> {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(Value::String(text)) => text,
        Ok(mut value) => {
            blank(&mut value, false);
            value.to_string()
        }
        Err(_) => strip_markup(&String::from_utf8_lossy(body.get(..64 << 10).unwrap_or(body))),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(EXCERPT).collect())
}

fn blank(value: &mut Value, shown: bool) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                let shown = shown || SHOWN.contains(&key.as_str());
                blank(member, shown);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, shown)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) if shown => {}
        scalar => *scalar = Value::String(BLANK.to_owned()),
    }
}

fn strip_markup(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a body that should be JSON is a web page, as gateways send in a service's place.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_members_are_shown() {
        let body = br#"{"error":{"title":"Invalid Email/Token combination.","status":401},"customer":{"name":"Ada"},"tax_id":"GB1"}"#;
        let text = excerpt(body).unwrap();
        assert!(text.contains("Invalid Email/Token combination.") && text.contains("401"));
        assert!(!text.contains("Ada") && !text.contains("GB1"));
    }

    #[test]
    fn a_page_is_reduced_to_its_words() {
        assert_eq!(
            excerpt(b"<html><title>502 Bad Gateway</title></html>").as_deref(),
            Some("502 Bad Gateway")
        );
        assert!(is_page(b"\n <html>") && !is_page(b"{}"));
    }

    #[test]
    fn secrets_are_blanked_even_when_a_server_quotes_them() {
        let secrets = Secrets::new(["hunter22".to_owned().into()]);
        assert_eq!(secrets.scrub("bad token hunter22!"), "bad token [redacted]!");
        assert_eq!(format!("{secrets:?}"), "Secrets(1)");
    }

    #[test]
    fn escapes_do_not_hide_a_secret() {
        let secrets = Secrets::new(["hunter/22".to_owned().into()]);
        for body in [r#"{"message":"bad hunter\/22"}"#, r#"[{"hunter\u002f22":1}]"#, r#""\u0068unter/22""#] {
            let clean = String::from_utf8(secrets.scrub_bytes(body.as_bytes())).unwrap();
            assert!(clean.contains(BLANK) && !clean.contains("22"), "{clean}");
        }
        let kept = br#"{"b":"a\/b", "a":1}"#;
        assert_eq!(secrets.scrub_bytes(kept), kept);
    }
}
