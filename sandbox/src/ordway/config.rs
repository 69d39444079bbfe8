//! Who may talk to the fake, its limits, and the switches for what nobody outside Ordway knows.

use std::collections::BTreeSet;
use std::fmt;

use super::quirk::Quirk;

/// How a tax write reaches the fake. The real contract is not public (grade D), so every form can be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaxWrite {
    /// `PUT /invoices/{id}` with the lines to change. The default.
    #[default]
    Invoice,
    /// Nothing accepts a tax write: `PUT /invoices/{id}` answers 404.
    Off,
    /// Another path below the base URL, for instance `/invoices/{id}/taxes`; `PUT /invoices/{id}` answers 404.
    At {
        /// `PUT`, `POST` or `PATCH`.
        method: http::Method,
        /// Begins with `/` and holds `{id}` as a whole segment.
        path: String,
    },
}

/// Settings of a [`FakeOrdway`](super::FakeOrdway). `Default` gives made-up credentials and no rate limit.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrdwayConfig {
    /// `X-User-Company`: the company's name.
    pub company: String,
    /// `X-User-Email` of the one user the fake knows.
    pub user_email: String,
    /// `X-User-Token` of that user. Secret.
    pub user_token: String,
    /// `X-API-KEY` of the company. Secret.
    pub api_key: String,
    /// Requests a second before 429. No limit is published, so the default is none.
    pub rate_limit: Option<u32>,
    /// Largest page of all collections but revenue schedules.
    pub page_cap: usize,
    /// Largest page of `/revenue_schedules`.
    pub revenue_schedules_page_cap: usize,
    /// Page size where the request names none.
    pub default_page_size: usize,
    /// Where tax is written.
    pub tax_write: TaxWrite,
    /// Behaviour other than the default where a rule is only assumed. [`OrdwayConfig::assume`] keeps it free of
    /// contradictions.
    pub quirks: BTreeSet<Quirk>,
}

impl OrdwayConfig {
    /// Switches a quirk on.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        self.assume(quirk);
        self
    }

    /// Chooses this alternative of its rule, in place of another one chosen before.
    pub fn assume(&mut self, quirk: Quirk) {
        self.assume_default(quirk.alternative().rule);
        self.quirks.insert(quirk);
    }

    /// Goes back to the default behaviour of a rule.
    pub fn assume_default(&mut self, rule: &str) {
        self.quirks.retain(|quirk| quirk.alternative().rule != rule);
    }

    /// Chooses where tax is written.
    #[must_use]
    pub fn with_tax_write(mut self, tax_write: TaxWrite) -> Self {
        self.tax_write = tax_write;
        self
    }

    /// Limits the requests in any one second.
    #[must_use]
    pub fn with_rate_limit(mut self, per_second: u32) -> Self {
        self.rate_limit = Some(per_second);
        self
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

impl Default for OrdwayConfig {
    fn default() -> Self {
        Self {
            company: "Demo Company".to_owned(),
            user_email: "integrations@demo.example".to_owned(),
            user_token: "sandbox-user-token".to_owned(),
            api_key: "sandbox-api-key".to_owned(),
            rate_limit: None,
            page_cap: 50,
            revenue_schedules_page_cap: 500,
            default_page_size: 20,
            tax_write: TaxWrite::default(),
            quirks: BTreeSet::new(),
        }
    }
}

impl fmt::Debug for OrdwayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrdwayConfig")
            .field("company", &self.company)
            .field("rate_limit", &self.rate_limit)
            .field("page_cap", &self.page_cap)
            .field("tax_write", &self.tax_write)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", OrdwayConfig::default().with(Quirk::InexactOrder));
        assert!(shown.contains("InexactOrder"));
        assert!(!shown.contains("sandbox-user-token") && !shown.contains("sandbox-api-key"), "{shown}");
        assert!(!shown.contains("integrations@"), "{shown}");
    }
}
