//! How a fake seller account is set up, and which assumptions hold in it.

use std::collections::BTreeSet;
use std::fmt;

use super::quirk::Quirk;

/// The set-up of a [`FakeAnrok`](super::FakeAnrok). Start from `AnrokConfig::default()` and change what the test is about.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // independent switches, each of them one rule
pub struct AnrokConfig {
    /// The one valid key, `s…/sa…/secret.…`. Default `s1fake/sa1fake/secret.fake`.
    pub api_key: String,
    /// Country of the seller's business address, ISO alpha-2; sales to elsewhere cross a border. Default `US`.
    pub seller_country: String,
    /// Time zone of the seller account, for `accountingTime` without a zone. Default `UTC`; `None` = not set.
    pub seller_time_zone: Option<String>,
    /// Accepted requests in any second; `None` switches the limiter off. Default 10 (documented).
    pub rate_limit: Option<u32>,
    /// `transactions/list` is a premium feature. Default on.
    pub list_transactions_enabled: bool,
    /// `transactions/id:{id}/get`, a call of a newer document that third parties saw. Default off.
    pub get_transaction_enabled: bool,
    /// `filings/list` is a premium feature. Default on.
    pub list_filings_enabled: bool,
    /// `taxId/validate` is a premium feature. Default on.
    pub tax_id_validation_enabled: bool,
    /// `certificateRequests/create` is a premium feature. Default on.
    pub certificate_requests_enabled: bool,
    /// More lines than this are refused with a 400. Default 1200 (reported by a third party); `None` = no limit.
    pub line_limit: Option<usize>,
    /// Requests kept by [`FakeAnrok::request_log`](super::FakeAnrok::request_log); the oldest are dropped. Default 20,000.
    pub log_limit: usize,
    /// Behaviour other than the default where a rule is only assumed. [`AnrokConfig::assume`] keeps it free of
    /// contradictions.
    pub quirks: BTreeSet<Quirk>,
}

impl AnrokConfig {
    /// Chooses this alternative of its rule, in place of another one chosen before.
    pub fn assume(&mut self, quirk: Quirk) {
        self.assume_default(quirk.alternative().rule);
        self.quirks.insert(quirk);
    }

    /// Goes back to the default behaviour of a rule.
    pub fn assume_default(&mut self, rule: &str) {
        self.quirks.retain(|quirk| quirk.alternative().rule != rule);
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

impl Default for AnrokConfig {
    fn default() -> Self {
        Self {
            api_key: "s1fake/sa1fake/secret.fake".to_owned(),
            seller_country: "US".to_owned(),
            seller_time_zone: Some("UTC".to_owned()),
            rate_limit: Some(10),
            list_transactions_enabled: true,
            get_transaction_enabled: false,
            list_filings_enabled: true,
            tax_id_validation_enabled: true,
            certificate_requests_enabled: true,
            line_limit: Some(1200),
            log_limit: 20_000,
            quirks: BTreeSet::new(),
        }
    }
}

impl fmt::Debug for AnrokConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnrokConfig")
            .field("rate_limit", &self.rate_limit)
            .field("line_limit", &self.line_limit)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}
