//! Who the client acts as.

use std::fmt;

use ordway_anrok_http::Secrets;
use ordway_anrok_http::http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// The four credentials that every request carries, and an optional fifth.
///
/// Known by [grade A](crate::Grade) (official tap, recordings). `Debug` prints none of them.
///
/// ```
/// let credentials =
///     ordway_client::Credentials::new("Example Company", "ops@example.com", "a-token".into(), "a-key".into());
/// assert!(!format!("{credentials:?}").contains("a-token"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The company's *name* exactly as in Setup → Organization Structure → Company Profile.
    pub company: String,
    /// Login e-mail of the user that owns the token.
    pub user_email: String,
    /// The user's token: Setup → Organization Structure → Users → (user) → Account Information.
    pub user_token: SecretString,
    /// The company's API key. Ordway support issues it on request, per environment.
    pub api_key: SecretString,
    /// `X-Company-Token`: only where Ordway support asked for it. Purpose undocumented.
    pub company_token: Option<SecretString>,
}

/// One of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialName {
    /// `X-User-Company`.
    Company,
    /// `X-User-Email`.
    UserEmail,
    /// `X-User-Token`.
    UserToken,
    /// `X-API-KEY`.
    ApiKey,
    /// `X-Company-Token`.
    CompanyToken,
}

impl CredentialName {
    const REQUIRED: [Self; 4] = [Self::Company, Self::UserEmail, Self::UserToken, Self::ApiKey];

    /// The environment variable that [`Credentials::from_env`] reads.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Company => "ORDWAY_COMPANY",
            Self::UserEmail => "ORDWAY_USER_EMAIL",
            Self::UserToken => "ORDWAY_USER_TOKEN",
            Self::ApiKey => "ORDWAY_API_KEY",
            Self::CompanyToken => "ORDWAY_COMPANY_TOKEN",
        }
    }

    /// Where an operator finds it.
    pub const fn where_to_find(self) -> &'static str {
        match self {
            Self::Company => {
                "the company's name as shown in Ordway under Setup, Organization Structure, Company Profile"
            }
            Self::UserEmail => {
                "the login e-mail shown in Ordway under Setup, Organization Structure, Users, (user), Account Information"
            }
            Self::UserToken => {
                "the token shown in Ordway under Setup, Organization Structure, Users, (user), Account Information"
            }
            Self::ApiKey => "ask Ordway support for a key for this environment",
            Self::CompanyToken => "leave it out unless Ordway support told you to send one",
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Company => "x-user-company",
            Self::UserEmail => "x-user-email",
            Self::UserToken => "x-user-token",
            Self::ApiKey => "x-api-key",
            Self::CompanyToken => "x-company-token",
        }
    }
}

impl fmt::Display for CredentialName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Company => "company",
            Self::UserEmail => "user e-mail",
            Self::UserToken => "user token",
            Self::ApiKey => "API key",
            Self::CompanyToken => "company token",
        })
    }
}

/// What is wrong with a credential. Never holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialProblem {
    /// Not set.
    Missing,
    /// Empty or blank.
    Blank,
    /// Holds a line break, another control character, or what a header cannot carry.
    Unsendable,
}

/// Credentials that cannot be used, each with its problem. Names, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsError(Vec<(CredentialName, CredentialProblem)>);

impl CredentialsError {
    /// Every credential at fault.
    pub fn problems(&self) -> &[(CredentialName, CredentialProblem)] {
        &self.0
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Ordway credentials cannot be used:")?;
        for (index, (name, problem)) in self.0.iter().enumerate() {
            let what = match problem {
                CredentialProblem::Missing => "is not set",
                CredentialProblem::Blank => "is blank",
                CredentialProblem::Unsendable => {
                    "holds a line break or another character that cannot be sent"
                }
            };
            let separator = if index == 0 { "" } else { ";" };
            write!(f, "{separator} {} ({name}) {what}: {}", name.variable(), name.where_to_find())?;
        }
        Ok(())
    }
}

impl std::error::Error for CredentialsError {}

impl Credentials {
    /// The four required credentials. They are checked when a client is built.
    pub fn new(
        company: impl Into<String>,
        user_email: impl Into<String>,
        user_token: SecretString,
        api_key: SecretString,
    ) -> Self {
        Self {
            company: company.into(),
            user_email: user_email.into(),
            user_token,
            api_key,
            company_token: None,
        }
    }

    /// Adds the optional `X-Company-Token`.
    #[must_use]
    pub fn company_token(mut self, token: SecretString) -> Self {
        self.company_token = Some(token);
        self
    }

    /// Reads `ORDWAY_COMPANY`, `ORDWAY_USER_EMAIL`, `ORDWAY_USER_TOKEN`, `ORDWAY_API_KEY` and, where it is set,
    /// `ORDWAY_COMPANY_TOKEN`.
    ///
    /// # Errors
    /// Names every variable that is missing, blank or cannot be sent, and where its value is found.
    pub fn from_env() -> Result<Self, CredentialsError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The same from any source of settings.
    ///
    /// # Errors
    /// As [`Credentials::from_env`].
    pub fn from_lookup(mut lookup: impl FnMut(&str) -> Option<String>) -> Result<Self, CredentialsError> {
        let mut values = CredentialName::REQUIRED.map(|name| (name, lookup(name.variable())));
        let missing = values
            .iter()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| (*name, CredentialProblem::Missing));
        let mut problems: Vec<_> = missing.collect();
        let mut value = |wanted: CredentialName| {
            let found = values.iter_mut().find(|(name, _)| *name == wanted);
            found.and_then(|(_, value)| value.take()).unwrap_or_default()
        };
        let company_token = lookup(CredentialName::CompanyToken.variable()).filter(|t| !t.trim().is_empty());
        let credentials = Self {
            company: value(CredentialName::Company),
            user_email: value(CredentialName::UserEmail),
            user_token: value(CredentialName::UserToken).into(),
            api_key: value(CredentialName::ApiKey).into(),
            company_token: company_token.map(Into::into),
        };
        if let Err(CredentialsError(found)) = credentials.headers() {
            for (name, problem) in found {
                if !problems.iter().any(|(known, _)| *known == name) {
                    problems.push((name, problem));
                }
            }
        }
        if problems.is_empty() { Ok(credentials) } else { Err(CredentialsError(problems)) }
    }

    /// The headers of every request, all marked sensitive.
    pub(crate) fn headers(&self) -> Result<HeaderMap, CredentialsError> {
        let mut headers = HeaderMap::new();
        let mut problems = Vec::new();
        for (name, value) in self.values() {
            match header_value(value) {
                Ok(value) => {
                    headers.insert(HeaderName::from_static(name.header()), value);
                }
                Err(problem) => problems.push((name, problem)),
            }
        }
        if problems.is_empty() { Ok(headers) } else { Err(CredentialsError(problems)) }
    }

    /// What must never be shown, even where a server quotes it.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = vec![self.user_token.clone(), self.api_key.clone(), self.user_email.clone().into()];
        secrets.extend(self.company_token.clone());
        let trimmed: Vec<SecretString> =
            secrets.iter().map(|s| s.expose_secret().trim().to_owned().into()).collect();
        secrets.extend(trimmed);
        Secrets::new(secrets)
    }

    fn values(&self) -> impl Iterator<Item = (CredentialName, &str)> {
        let company_token = self.company_token.as_ref().map(ExposeSecret::expose_secret);
        [
            (CredentialName::Company, self.company.as_str()),
            (CredentialName::UserEmail, self.user_email.as_str()),
            (CredentialName::UserToken, self.user_token.expose_secret()),
            (CredentialName::ApiKey, self.api_key.expose_secret()),
        ]
        .into_iter()
        .chain(company_token.map(|token| (CredentialName::CompanyToken, token)))
    }
}

/// Blanks around a pasted value are dropped, except line breaks: those hint at a wrong paste and are refused.
fn header_value(text: &str) -> Result<HeaderValue, CredentialProblem> {
    if text.trim().is_empty() {
        return Err(CredentialProblem::Blank);
    }
    if text.chars().any(char::is_control) {
        return Err(CredentialProblem::Unsendable);
    }
    let mut value =
        HeaderValue::from_bytes(text.trim().as_bytes()).map_err(|_| CredentialProblem::Unsendable)?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Credentials {
        Credentials::new("CANARY-company", "canary@example.com", "CANARY-token".into(), "CANARY-key".into())
            .company_token("CANARY-extra".into())
    }

    #[test]
    fn no_credential_is_ever_printed() {
        let credentials = good();
        let headers = credentials.headers().unwrap();
        let text = format!("{credentials:?} {headers:?} {:?}", credentials.secrets());
        assert!(!text.to_lowercase().contains("canary"), "{text}");
        assert_eq!(headers.len(), 5);
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn every_fault_is_named_with_its_remedy_and_without_its_value() {
        let error = Credentials::from_lookup(|name| match name {
            "ORDWAY_USER_EMAIL" => Some("  ".to_owned()),
            "ORDWAY_API_KEY" => Some("CANARY\nX-Evil: 1".to_owned()),
            _ => None,
        })
        .unwrap_err();
        let text = error.to_string();
        for part in [
            "ORDWAY_COMPANY (company) is not set",
            "ORDWAY_USER_TOKEN (user token) is not set",
            "ORDWAY_USER_EMAIL (user e-mail) is blank",
            "ORDWAY_API_KEY (API key) holds a line break",
            "ask Ordway support for a key for this environment",
            "Company Profile",
        ] {
            assert!(text.contains(part), "{part} not in {text}");
        }
        assert_eq!(error.problems().len(), 4);
        assert!(!text.contains("CANARY") && !format!("{error:?}").contains("CANARY"));
    }

    #[test]
    fn names_outside_ascii_are_sent_as_utf_8() {
        let credentials = Credentials { company: "Müller & Söhne".into(), ..good() };
        let headers = credentials.headers().unwrap();
        assert_eq!(headers["x-user-company"].as_bytes(), "Müller & Söhne".as_bytes());
    }
}
