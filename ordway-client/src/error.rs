//! What Ordway says when it says no.

use std::fmt;

use ordway_anrok_http::ApiError;
use ordway_anrok_http::http::HeaderMap;
use serde_json::Value;

use crate::credentials::CredentialName;

/// The error of every call: where it failed, whether it may have taken effect, and what Ordway said.
pub type Error = ordway_anrok_http::Error<OrdwayError>;

/// `Result` with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// An error answer of Ordway, read from any of its known shapes.
///
/// Shapes (reference 3.11): `{"error":{"status","title"}}` (recorded), `{"errors":{"details":{…}}}` and
/// `{"errors":{"status","source","details"}}` (documented by others), `{"message"}` (gateway), HTML and nothing
/// at all (inferred).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrdwayError {
    /// HTTP status.
    pub status: u16,
    /// What the body says, in one line of at most 500 characters; empty where it says nothing.
    pub message: String,
    /// The `source` member: the part of Ordway that refused.
    pub source: Option<String>,
    /// Whether a gateway in front of Ordway answered (no `error` and no `errors` member).
    pub from_gateway: bool,
}

/// Which credential a refusal points at, as far as the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialFault {
    /// The user's e-mail and token do not belong together, or one of them is wrong (recorded, grade A).
    UserEmailOrToken,
    /// The gateway refused the API key (inferred, grade D).
    ApiKey,
    /// The credentials were accepted, the user may not do this (grade B). A wrong company may look the same.
    Permission,
}

impl CredentialFault {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::UserEmailOrToken, Self::ApiKey, Self::Permission];

    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::UserEmailOrToken => {
                "check ORDWAY_USER_EMAIL and ORDWAY_USER_TOKEN: both must be of the same user, in this environment and \
                 company (Setup, Organization Structure, Users, Account Information)"
            }
            Self::ApiKey => "check ORDWAY_API_KEY: ask Ordway support for a key for this environment",
            Self::Permission => {
                "give the user the role for this (an Admin user is recommended for integrations), and check that \
                 ORDWAY_COMPANY is the company's name as in its profile"
            }
        }
    }

    /// The credentials to look at.
    pub const fn suspects(self) -> &'static [CredentialName] {
        match self {
            Self::UserEmailOrToken => &[CredentialName::UserEmail, CredentialName::UserToken],
            Self::ApiKey => &[CredentialName::ApiKey],
            Self::Permission => &[CredentialName::Company, CredentialName::UserEmail],
        }
    }
}

impl OrdwayError {
    /// Which credential is at fault; `None` where the answer is not about credentials.
    pub fn fault(&self) -> Option<CredentialFault> {
        match self.status {
            401 => Some(CredentialFault::UserEmailOrToken),
            403 if self.from_gateway && !self.message.is_empty() => Some(CredentialFault::ApiKey),
            403 => Some(CredentialFault::Permission),
            _ => None,
        }
    }
}

impl fmt::Display for OrdwayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.status {
            400 => "the request is malformed; do not repeat it unchanged",
            401 => "missing or invalid user credentials",
            403 => "not allowed",
            404 => "not found",
            422 => "refused by a rule",
            429 => "too many requests",
            500.. => "the service failed",
            _ => "refused",
        };
        f.write_str(if self.message.is_empty() { meaning } else { &self.message })?;
        if let Some(source) = &self.source {
            write!(f, " (source: {source})")?;
        }
        if let Some(fault) = self.fault() {
            write!(f, "; {}", fault.remedy())?;
        }
        Ok(())
    }
}

impl ApiError for OrdwayError {
    const SERVICE: &'static str = "ordway";

    fn read(status: u16, _headers: &HeaderMap, body: &[u8]) -> Self {
        let mut read = Self { status, message: String::new(), source: None, from_gateway: true };
        let mut parts = Vec::new();
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(members)) => {
                for name in ["error", "errors"] {
                    let Some(error) = members.get(name) else { continue };
                    read.from_gateway = false;
                    read.source = read.source.or_else(|| text_of(error.get("source")?));
                    describe(error, &mut parts);
                }
                if parts.is_empty() {
                    parts.extend(members.get("message").and_then(text_of));
                }
            }
            Ok(Value::String(text)) => parts.push(text),
            // Markup and anything else: the status says more than a gateway's page.
            Ok(_) | Err(_) => {
                let text = String::from_utf8_lossy(body);
                let text = text.trim();
                if !text.starts_with(['<', '{', '[']) {
                    parts.push(text.chars().take(500).collect());
                }
            }
        }
        let message = parts.join("; ");
        read.message = message.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect();
        read
    }
}

/// A scalar as text; `None` for empty ones and for containers.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn describe(error: &Value, parts: &mut Vec<String>) {
    match error {
        Value::Object(members) => {
            let known = ["title", "message", "details", "detail"];
            for name in known {
                match members.get(name) {
                    Some(Value::Object(details)) => parts.extend(details.iter().map(|(field, detail)| {
                        let detail = flat(detail);
                        if field == "message" { detail } else { format!("{field}: {detail}") }
                    })),
                    Some(Value::Array(details)) => parts.extend(details.iter().map(flat)),
                    Some(detail) => parts.extend(text_of(detail)),
                    None => {}
                }
            }
            if parts.is_empty() {
                // Rails' own form: {"name": ["can't be blank"]}.
                let others = members.iter().filter(|(name, _)| !matches!(name.as_str(), "status" | "source"));
                parts.extend(others.map(|(field, detail)| format!("{field}: {}", flat(detail))));
            }
        }
        Value::Array(errors) => errors.iter().for_each(|error| match error {
            Value::Object(_) => describe(error, parts),
            other => parts.extend(text_of(other)),
        }),
        other => parts.extend(text_of(other)),
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}: {}", flat(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(status: u16, body: &str) -> OrdwayError {
        OrdwayError::read(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn all_known_shapes_are_read() {
        for (body, message) in [
            (
                r#"{"error":{"status":401,"title":"Invalid Email/Token combination."}}"#,
                "Invalid Email/Token combination.",
            ),
            (
                r#"{"errors":{"details":{"message":"notification_settings param is required"}}}"#,
                "notification_settings param is required",
            ),
            (
                r#"{"errors":{"status":404,"source":"refunds","details":"No reason specified."}}"#,
                "No reason specified.",
            ),
            (
                r#"{"errors":{"details":{"name":["is too short","is taken"]}}}"#,
                "name: is too short, is taken",
            ),
            (r#"{"errors":{"name":["can't be blank"]}}"#, "name: can't be blank"),
            (r#"{"errors":["one","two"]}"#, "one; two"),
            (r#"{"errors":"gone"}"#, "gone"),
            (r#"{"error":"gone"}"#, "gone"),
            (r#"{"message":"Forbidden"}"#, "Forbidden"),
            (r#""bare""#, "bare"),
            ("busy\ntoday", "busy today"),
            ("<html>bad</html>", ""),
            ("", ""),
            ("{\"cut", ""),
        ] {
            assert_eq!(read(422, body).message, message, "{body}");
        }
        assert_eq!(
            read(404, r#"{"errors":{"source":"refunds","details":"x"}}"#).source.as_deref(),
            Some("refunds")
        );
    }

    #[test]
    fn all_faults_of_credentials_are_listed() {
        for (index, fault) in CredentialFault::ALL.into_iter().enumerate() {
            // A new variant does not compile here; it goes into `ALL` as well.
            let place = match fault {
                CredentialFault::UserEmailOrToken => 0,
                CredentialFault::ApiKey => 1,
                CredentialFault::Permission => 2,
            };
            assert_eq!(place, index);
        }
    }

    #[test]
    fn the_credential_at_fault_is_named() {
        let wrong_token = read(401, r#"{"error":{"status":401,"title":"Invalid Email/Token combination."}}"#);
        assert_eq!(wrong_token.fault(), Some(CredentialFault::UserEmailOrToken));
        assert!(wrong_token.to_string().contains("ORDWAY_USER_TOKEN"));
        let wrong_key = read(403, r#"{"message":"Forbidden"}"#);
        assert_eq!(wrong_key.fault(), Some(CredentialFault::ApiKey));
        assert!(wrong_key.to_string().contains("ask Ordway support for a key for this environment"));
        assert_eq!(read(403, r#"{"errors":{"details":"no"}}"#).fault(), Some(CredentialFault::Permission));
        assert_eq!(read(403, "").fault(), Some(CredentialFault::Permission));
        assert_eq!(read(404, "").fault(), None);
    }

    proptest! {
        #[test]
        fn any_body_is_read(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let error = OrdwayError::read(status, &HeaderMap::new(), &body);
            prop_assert!(error.message.chars().count() <= 500);
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}
