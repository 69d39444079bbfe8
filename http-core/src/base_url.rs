//! Where a client sends to.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use url::Url;

/// An address without trailing slash, query or credentials: https, or http on loopback only.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    loopback: bool,
}

/// A base URL that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Not a URL.
    #[error("the base URL is not a URL ({0}); it looks like https://host/path")]
    NotAUrl(String),
    /// http to another machine would send the credentials in the clear.
    #[error("the base URL must begin with https:// (plain http is accepted for loopback addresses only)")]
    NotHttps,
    /// Credentials, a query or a fragment inside the URL.
    #[error("the base URL must not contain {0}")]
    HasExtra(&'static str),
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    /// [`BaseUrlError`]: fix the setting it came from.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|e| BaseUrlError::NotAUrl(e.to_string()))?;
        let loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
            Some(url::Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
            None => return Err(BaseUrlError::NotAUrl("no host".to_owned())),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(BaseUrlError::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::HasExtra("user name or password"));
        }
        if url.query().is_some() {
            return Err(BaseUrlError::HasExtra("a query"));
        }
        if url.fragment().is_some() {
            return Err(BaseUrlError::HasExtra("a fragment"));
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), loopback })
    }

    /// An address that nobody answers at (reserved by RFC 6761), for clients that never send.
    pub fn unreachable() -> Self {
        Self { text: "https://stub.invalid".to_owned(), loopback: false }
    }

    /// Whether it points at this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The text without trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn uri(&self, path: &str, query: &str) -> Result<Uri, http::uri::InvalidUri> {
        format!("{}{path}{query}", self.text).parse()
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for good in [
            "https://api.example.com/api/v1",
            "http://127.0.0.1:8080",
            "http://[::1]:1/x/",
            "http://localhost:3",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        assert_eq!(BaseUrl::parse("http://example.com"), Err(BaseUrlError::NotHttps));
        assert_eq!(BaseUrl::parse("http://127.0.0.1.evil.example"), Err(BaseUrlError::NotHttps));
        assert_eq!(BaseUrl::parse("ftp://127.0.0.1"), Err(BaseUrlError::NotHttps));
        assert!(matches!(BaseUrl::parse("api.example.com"), Err(BaseUrlError::NotAUrl(_))));
        assert!(matches!(BaseUrl::parse("https://u:p@h/"), Err(BaseUrlError::HasExtra(_))));
        assert!(matches!(BaseUrl::parse("https://h/?a=b"), Err(BaseUrlError::HasExtra(_))));
    }

    #[test]
    fn paths_are_joined_with_one_slash() {
        let base = BaseUrl::parse("https://h/api/v1/").unwrap();
        assert_eq!(
            base.uri("/customers/C%201", "?a=b").unwrap().to_string(),
            "https://h/api/v1/customers/C%201?a=b"
        );
    }
}
