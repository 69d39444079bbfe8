//! What Anrok says when it refuses, in every shape it says it.

use std::borrow::Cow;
use std::fmt;

use ordway_anrok_http::http::HeaderMap;
use ordway_anrok_http::{ApiError, Nature};
use serde_json::Value;

use crate::conflict::{Conflict, Disposition};

/// Why a call failed; `error.api()` holds the [`AnrokError`] where Anrok answered.
///
/// ```
/// use anrok_client::{Conflict, Error, Fault};
///
/// fn next_step(error: &Error) -> String {
///     match error.api().map(|answer| &answer.fault) {
///         Some(Fault::Conflict(Conflict::TransactionFrozenForFiling)) => "negate and record anew".to_owned(),
///         Some(_) => error.api().map(|answer| answer.remedy().into_owned()).unwrap_or_default(),
///         None => format!("no answer, the write is {:?}", error.write_state()),
///     }
/// }
/// # let _ = next_step;
/// ```
pub type Error = ordway_anrok_http::Error<AnrokError>;

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal by Anrok, classified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnrokError {
    /// What kind of refusal it is.
    pub fault: Fault,
    /// The HTTP status it came with.
    pub status: u16,
}

/// The kinds of refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// 409: understood, and refused for a reason.
    Conflict(Conflict),
    /// 400 `Request body: …`: the request does not have the form that Anrok takes.
    Validation {
        /// The member at fault, for instance `lineItems` or `filter.value`, where the answer named it.
        field_path: Option<String>,
        /// Anrok's words without the path; values that may be personal are blanked out.
        message: String,
    },
    /// The API key is missing, malformed or refused. Anrok says so with status 400 and plain text (grade C).
    Auth {
        /// What is wrong.
        message: String,
    },
    /// The address or method is not one of Anrok's API: a wrong base URL, or a call that this API does not have.
    Routing {
        /// What is wrong.
        message: String,
    },
    /// Anything else: rate limit, outage, an unreadable body.
    Other {
        /// The start of the text, values that may be personal blanked out; may be empty.
        message: String,
    },
}

/// Beginnings of the plain-text 400s about the key (grade C), and what to call them.
const AUTH: &[(&str, &str)] = &[
    ("missing \"authorization\" header", "none was received"),
    ("invalid \"authorization\" header", "its header was not understood"),
    ("invalid token", "malformed, or not known to Anrok"),
];
const NO_ENDPOINT: &str = "no api endpoint matches";

impl AnrokError {
    /// The reason of a 409.
    pub fn conflict(&self) -> Option<&Conflict> {
        match &self.fault {
            Fault::Conflict(conflict) => Some(conflict),
            _ => None,
        }
    }

    /// What to do, for programs. Outside of conflicts: keys and base URLs are configuration, a member that is named
    /// is data, the form of a request as a whole is a bug, limits and outages are worth another try later.
    pub fn disposition(&self) -> Disposition {
        match &self.fault {
            Fault::Conflict(conflict) => conflict.disposition(),
            Fault::Validation { field_path: Some(path), .. } => Disposition::FixData(path.clone().into()),
            Fault::Validation { field_path: None, .. } => Disposition::Bug,
            Fault::Auth { .. } | Fault::Routing { .. } => Disposition::FixConfig,
            Fault::Other { .. } if self.is_passing() => Disposition::Retry,
            Fault::Other { .. } => Disposition::Unknown,
        }
    }

    /// What to do, one sentence for a person.
    pub fn remedy(&self) -> Cow<'static, str> {
        match &self.fault {
            Fault::Conflict(conflict) => conflict.remedy(),
            Fault::Validation { field_path: Some(path), .. } => {
                format!("Correct {path} and send the document again.").into()
            }
            Fault::Validation { field_path: None, .. } => {
                "Anrok does not take the form of this request: correct the document, or report it to the makers of this software.".into()
            }
            Fault::Auth { .. } => {
                "Check ANROK_API_KEY against Anrok's Settings > Developers > API keys: it may be revoked, or of another account.".into()
            }
            Fault::Routing { .. } => {
                "Check ANROK_BASE_URL (default https://api.anrok.com): this address does not offer the call.".into()
            }
            Fault::Other { .. } if self.is_passing() => {
                "Try again in some minutes; if it stays, ask Anrok support.".into()
            }
            Fault::Other { .. } => "Anrok refused without a reason that can be read: ask Anrok support.".into(),
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether the answer says that this API has no such call ("No API endpoint matches").
    pub fn is_unknown_endpoint(&self) -> bool {
        matches!(&self.fault, Fault::Routing { message } if message.to_ascii_lowercase().starts_with(NO_ENDPOINT))
    }
}

impl fmt::Display for AnrokError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Conflict(conflict) => conflict.fmt(f),
            Fault::Validation { field_path: Some(path), message } => write!(f, "{path}: {message}"),
            Fault::Auth { message } => write!(f, "API key refused: {message}"),
            Fault::Other { message } if message.is_empty() => f.write_str("no reason given"),
            Fault::Validation { field_path: None, message }
            | Fault::Routing { message }
            | Fault::Other { message } => f.write_str(message),
        }
    }
}

impl ApiError for AnrokError {
    const SERVICE: &'static str = "anrok";

    fn read(status: u16, _headers: &HeaderMap, body: &[u8]) -> Self {
        Self { fault: classify(status, body), status }
    }

    fn nature(&self) -> Nature {
        match &self.fault {
            Fault::Auth { .. } => Nature::Auth,
            Fault::Conflict(Conflict::ExternalServiceError) => Nature::PassingFault,
            // A 409 without a readable reason was cut or replaced on its way: the call was refused, ask again.
            Fault::Other { .. } if self.status == 409 => Nature::PassingFault,
            _ => Nature::AsStatus,
        }
    }
}

fn classify(status: u16, body: &[u8]) -> Fault {
    // Both content types are in use for the same thing: a JSON string, or the bare text.
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(members)) => {
            let conflict = Conflict::from_body(&members);
            if (status == 409 && !conflict.code().is_empty()) || (status == 400 && conflict.is_known()) {
                return Fault::Conflict(conflict);
            }
            ["message", "error"]
                .iter()
                .find_map(|key| members.get(*key)?.as_str())
                .unwrap_or_default()
                .to_owned()
        }
        Ok(Value::String(text)) => text,
        Ok(_) => String::new(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    match status {
        401 | 403 => return Fault::Auth { message: "unknown, revoked or without permission".to_owned() },
        409 => return Fault::Other { message: "refused for a reason that did not arrive whole".to_owned() },
        400..=499 if status != 408 && status != 429 => {}
        _ => return Fault::Other { message: without_markup(text) },
    }
    if let Some(rest) = text.strip_prefix("Request body:") {
        let (field_path, message) = split_path(rest.trim_start());
        return Fault::Validation { field_path, message: without_values(message) };
    }
    if AUTH.iter().any(|(start, _)| lower.starts_with(start)) || speaks_of_the_key(&lower) {
        return Fault::Auth { message: auth_message(&lower) };
    }
    if lower.starts_with(NO_ENDPOINT) {
        return Fault::Routing { message: "No API endpoint matches the address".to_owned() };
    }
    if lower.starts_with("expecting http method") {
        return Fault::Routing { message: "another HTTP method than POST arrived".to_owned() };
    }
    if matches!(status, 404 | 405) {
        return Fault::Routing { message: without_markup(text) };
    }
    Fault::Other { message: without_markup(text) }
}

/// The seller-id message was reported by its meaning only, so it is matched by its words.
fn speaks_of_the_key(lower: &str) -> bool {
    let about_seller = lower.contains("seller") && (lower.contains("start with") || lower.contains("begin"));
    about_seller || ["api key", "apikey", "unauthorized", "authorization"].iter().any(|w| lower.contains(w))
}

fn auth_message(lower: &str) -> String {
    AUTH.iter()
        .find(|(start, _)| lower.starts_with(start))
        .map_or("malformed, unknown or revoked", |(_, message)| message)
        .to_owned()
}

/// Takes the quoted path off the front of `"filter": "value": message`.
fn split_path(text: &str) -> (Option<String>, &str) {
    let mut path = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = quoted_or_index(rest) {
        path.push(name);
        rest = after.trim_start();
    }
    ((!path.is_empty()).then(|| path.join(".")), rest)
}

fn quoted_or_index(text: &str) -> Option<(&str, &str)> {
    let (name, after) = match text.strip_prefix('"') {
        Some(inner) => inner.split_once('"')?,
        None => text.split_at(text.find(|c: char| !c.is_ascii_digit())?),
    };
    let after = after.strip_prefix(':')?;
    (!name.is_empty() && name.len() <= 64).then_some((name, after))
}

/// Keeps a message's words and blanks out what it quotes: a quoted value may be an e-mail address or a tax id.
/// Quoted member names and expected formats are kept.
fn without_values(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(at) = rest.find('"') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inner = from.get(1..).unwrap_or_default();
        let (quoted, after) = inner.split_once('"').unwrap_or((inner, ""));
        let kept = before.trim_end().ends_with("xpecting") || before.trim_end().ends_with("xpected");
        out.extend(["\"", if kept { quoted } else { "…" }, "\""]);
        rest = after;
    }
    out.push_str(rest);
    if let Some(at) = out.find("received ") {
        out.truncate(at);
        out.push_str("received …");
    }
    out.chars().take(300).collect()
}

/// The words of a page; a gateway's HTML is of no use to anybody.
fn without_markup(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars().take(2000) {
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
    without_values(&out.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> AnrokError {
        AnrokError::read(status, &HeaderMap::new(), body.as_bytes())
    }

    fn validation(path: Option<&str>, message: &str) -> Fault {
        Fault::Validation { field_path: path.map(str::to_owned), message: message.to_owned() }
    }

    #[test]
    fn a_400_is_read_from_both_content_types() {
        let text = r#"Request body: "customerId": Required."#;
        let json = serde_json::to_string(text).unwrap();
        assert_eq!(read(400, text).fault, validation(Some("customerId"), "Required."));
        assert_eq!(read(400, &json).fault, validation(Some("customerId"), "Required."));
    }

    #[test]
    fn the_path_of_a_400_is_taken_apart() {
        let table = [
            (
                r#"Request body: "filter": "status": Invalid enum value."#,
                Some("filter.status"),
                "Invalid enum value.",
            ),
            (r#"Request body: "lineItems": 0: "amount": Required."#, Some("lineItems.0.amount"), "Required."),
            (
                "Request body: cursor and filter cannot both be provided.",
                None,
                "cursor and filter cannot both be provided.",
            ),
            (
                r#"Request body: "filter": "value": Invalid format; expecting "YYYY-MM-DDTHH:mm:ss.dddZ"."#,
                Some("filter.value"),
                r#"Invalid format; expecting "YYYY-MM-DDTHH:mm:ss.dddZ"."#,
            ),
            (
                r#"Request body: "customerAddress": Unrecognized key(s) in object: 'state', 'zipCode'."#,
                Some("customerAddress"),
                "Unrecognized key(s) in object: 'state', 'zipCode'.",
            ),
        ];
        for (text, path, message) in table {
            assert_eq!(read(400, text).fault, validation(path, message), "{text}");
        }
    }

    #[test]
    fn values_in_a_400_are_not_repeated() {
        let table = [
            r#"Request body: "customerTaxIds": 0: "value": Invalid number "GB-CANARY"."#,
            "Request body: \"x\": Invalid enum value. Expected 'a', received 'CANARY'",
            "Something about \"CANARY\"",
        ];
        for text in table {
            let error = read(400, text);
            assert!(!format!("{error} {error:?} {}", error.remedy()).contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn faults_of_the_key_come_with_status_400() {
        let table = [
            "Missing \"Authorization\" header",
            "Invalid \"Authorization\" header: expecting \"Bearer\"",
            "Invalid token: Expecting 2 \"/\" characters",
            "Invalid token: Seller ID must start with \"s\"",
            "Seller ID must start with \"s\"",
        ];
        for text in table {
            let error = read(400, text);
            assert!(matches!(error.fault, Fault::Auth { .. }), "{text}");
            assert_eq!(error.nature(), Nature::Auth);
            assert_eq!(error.disposition(), Disposition::FixConfig);
        }
        for status in [401, 403] {
            assert_eq!(read(status, "").nature(), Nature::Auth);
        }
    }

    #[test]
    fn faults_of_the_address_are_told_from_faults_of_the_key() {
        let unknown = read(400, "No API endpoint matches the given URL");
        assert!(matches!(unknown.fault, Fault::Routing { .. }) && unknown.is_unknown_endpoint());
        let method = read(400, "Expecting HTTP method \"POST\"");
        assert!(matches!(method.fault, Fault::Routing { .. }) && !method.is_unknown_endpoint());
        assert!(matches!(read(404, "<html>nope</html>").fault, Fault::Routing { .. }));
        assert_eq!(method.nature(), Nature::AsStatus);
    }

    #[test]
    fn passing_faults_are_worth_repeating() {
        assert_eq!(read(409, r#"{"type":"externalServiceError"}"#).nature(), Nature::PassingFault);
        assert_eq!(read(409, r#"{"type":"transactionFrozenForFiling"}"#).nature(), Nature::AsStatus);
    }

    #[test]
    fn every_kind_of_refusal_has_a_remedy() {
        // A new kind does not compile here; the table of errors and remedies wants an answer of that kind as well
        // (`services` in integration/src/errors_and_remedies.rs).
        let kind = |fault: &Fault| match fault {
            Fault::Conflict(_) => "conflict",
            Fault::Validation { .. } => "validation",
            Fault::Auth { .. } => "auth",
            Fault::Routing { .. } => "routing",
            Fault::Other { .. } => "other",
        };
        for (status, body, expected) in [
            (409, r#"{"type":"new"}"#, "conflict"),
            (400, "Request body: no.", "validation"),
            (401, "", "auth"),
            (404, "", "routing"),
            (503, "", "other"),
        ] {
            let error = read(status, body);
            assert_eq!(kind(&error.fault), expected);
            assert!(error.remedy().ends_with('.'), "{expected}");
        }
    }

    #[test]
    fn unreadable_refusals_are_still_refusals() {
        for cut in ["", "[]", "{}", "{\"type\":\"transactionFroz", "\u{0}\u{1}{]"] {
            assert_eq!(
                (read(409, cut).conflict(), read(409, cut).nature()),
                (None, Nature::PassingFault),
                "{cut}"
            );
        }
        assert_eq!(read(409, r#"{"type":"new"}"#).conflict().map(Conflict::is_known), Some(false));
        let page = read(502, "<html><title>502 Bad Gateway</title></html>");
        assert_eq!(page.to_string(), "502 Bad Gateway");
        assert_eq!(read(500, "").to_string(), "no reason given");
        let limited = read(429, "You've exceeded your API limit of 10 per second");
        assert_eq!(limited.disposition(), Disposition::Retry);
        assert_eq!(read(422, "no").disposition(), Disposition::Unknown);
    }
}
