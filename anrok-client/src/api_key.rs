//! The API key: parsed without any call, its ids printable, its secret never.

use std::fmt;
use std::str::FromStr;

use ordway_anrok_http::secrecy::{ExposeSecret, SecretString};

/// Name of the environment variable that [`ApiKey::from_env`] reads.
pub const ENV_API_KEY: &str = "ANROK_API_KEY";

/// An Anrok API key, `s…/sa…/secret.…`.
///
/// The first part is the seller (account), the second the key: both may be logged. The third is the secret and
/// appears in no `Debug`, `Display` or error text. Shape of the key: grade B (setup articles, official samples).
///
/// ```
/// use anrok_client::ApiKey;
///
/// let key: ApiKey = "s1abc/sa2def/secret.hush-hush".parse()?;
/// assert_eq!((key.seller_id(), key.key_id()), ("s1abc", "sa2def"));
/// assert_eq!(key.to_string(), "s1abc/sa2def/[redacted]");
/// # Ok::<(), anrok_client::ApiKeyError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey {
    seller: Box<str>,
    key: Box<str>,
    whole: SecretString,
}

/// A text that is not an API key. Names what is wrong, never the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// The environment variable is not set or empty.
    #[error("{ENV_API_KEY} is not set: create a key in Anrok under Settings > Developers > API keys")]
    NotSet,
    /// Not two slashes.
    #[error(
        "the Anrok API key (ANROK_API_KEY) has {0} \"/\" characters, 2 are expected: it looks like s…/sa…/secret.…"
    )]
    WrongParts(usize),
    /// The first part is not a seller id.
    #[error(
        "the first part of the Anrok API key (ANROK_API_KEY) must be the seller id, which begins with \"s\""
    )]
    SellerId,
    /// The second part is not a key id.
    #[error(
        "the second part of the Anrok API key (ANROK_API_KEY) must be the key id, which begins with \"sa\""
    )]
    KeyId,
    /// The third part is not the secret.
    #[error(
        "the third part of the Anrok API key (ANROK_API_KEY) must begin with \"secret.\" and go on after it"
    )]
    Secret,
    /// Pasted together with the header's name or scheme, or with quotes.
    #[error("the Anrok API key (ANROK_API_KEY) must be given without {0}")]
    Wrapped(&'static str),
}

impl ApiKey {
    /// Reads a key. Spaces and line ends around it are forgiven.
    ///
    /// # Errors
    /// [`ApiKeyError`]; no call has been made.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
            return Err(ApiKeyError::Wrapped("quotes around it"));
        }
        if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
            return Err(ApiKeyError::Wrapped("the word \"Bearer\" before it"));
        }
        let parts: Vec<&str> = text.split('/').collect();
        let &[seller, key, secret] = parts.as_slice() else {
            return Err(ApiKeyError::WrongParts(parts.len() - 1));
        };
        if !is_id(seller, "s") {
            return Err(ApiKeyError::SellerId);
        }
        if !is_id(key, "sa") {
            return Err(ApiKeyError::KeyId);
        }
        match secret.strip_prefix("secret.") {
            Some(hush) if !hush.is_empty() && hush.bytes().all(|b| b.is_ascii_graphic()) => {}
            _ => return Err(ApiKeyError::Secret),
        }
        Ok(Self { seller: seller.into(), key: key.into(), whole: text.to_owned().into() })
    }

    /// Reads the key from the environment variable `ANROK_API_KEY`.
    ///
    /// # Errors
    /// [`ApiKeyError`]; [`ApiKeyError::NotSet`] names the variable.
    pub fn from_env() -> Result<Self, ApiKeyError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// As [`ApiKey::from_env`], from any source of settings.
    ///
    /// # Errors
    /// [`ApiKeyError`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ApiKeyError> {
        match lookup(ENV_API_KEY) {
            Some(text) if !text.trim().is_empty() => Self::parse(&text),
            _ => Err(ApiKeyError::NotSet),
        }
    }

    /// The seller (account) id, for instance `s1abc`. Not a secret.
    pub fn seller_id(&self) -> &str {
        &self.seller
    }

    /// The id of the key itself, for instance `sa2def`. Not a secret.
    pub fn key_id(&self) -> &str {
        &self.key
    }

    pub(crate) fn expose(&self) -> &str {
        self.whole.expose_secret()
    }

    /// Everything that must be blanked out of answers: the key, its third part, and what follows `secret.`.
    pub(crate) fn secrets(&self) -> [SecretString; 3] {
        let whole = self.expose();
        let third = whole.rsplit('/').next().unwrap_or(whole);
        let hush = third.strip_prefix("secret.").unwrap_or(third);
        [whole, third, hush].map(|text| text.to_owned().into())
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/[redacted]", self.seller, self.key)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_keys() {
        for good in ["s1/sa1/secret.x", " sxxx/saxxx/secret.xxx\n", "sa9/sa9/secret.a.b-c_d=+"] {
            assert!(ApiKey::parse(good).is_ok(), "{good}");
        }
        let bad = [
            ("", ApiKeyError::WrongParts(0)),
            ("s1", ApiKeyError::WrongParts(0)),
            ("s1/sa1", ApiKeyError::WrongParts(1)),
            ("s1/sa1/secret.a/b", ApiKeyError::WrongParts(3)),
            ("x1/sa1/secret.a", ApiKeyError::SellerId),
            ("s/sa1/secret.a", ApiKeyError::SellerId),
            ("s 1/sa1/secret.a", ApiKeyError::SellerId),
            ("S1/sa1/secret.a", ApiKeyError::SellerId),
            ("s1/s1/secret.a", ApiKeyError::KeyId),
            ("s1/sa/secret.a", ApiKeyError::KeyId),
            ("s1/sa1/secret.", ApiKeyError::Secret),
            ("s1/sa1/hush", ApiKeyError::Secret),
            ("s1/sa1/secret.a b", ApiKeyError::Secret),
            ("s1/sa1/secret.ä", ApiKeyError::Secret),
            ("Bearer s1/sa1/secret.a", ApiKeyError::Wrapped("the word \"Bearer\" before it")),
            ("\"s1/sa1/secret.a\"", ApiKeyError::Wrapped("quotes around it")),
        ];
        for (text, error) in bad {
            assert_eq!(ApiKey::parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn the_secret_is_never_printed() {
        let key = ApiKey::parse("s1/sa1/secret.CANARY").unwrap();
        assert!(!format!("{key} {key:?} {key:#?}").contains("CANARY"));
        for text in ["s1/sa1/CANARY", "CANARY/sa1/secret.CANARY", "CANARY", "s1/CANARY/secret.CANARY"] {
            let error = ApiKey::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }

    #[test]
    fn the_environment_is_named_when_it_is_empty() {
        assert_eq!(ApiKey::from_lookup(|_| None).err(), Some(ApiKeyError::NotSet));
        let error = ApiKey::from_lookup(|_| Some("  ".to_owned())).unwrap_err();
        assert!(error.to_string().contains("ANROK_API_KEY"));
        let key = ApiKey::from_lookup(|name| (name == ENV_API_KEY).then(|| "s1/sa1/secret.x".to_owned()));
        assert_eq!(key.unwrap().seller_id(), "s1");
    }
}
