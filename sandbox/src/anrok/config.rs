//! How a fake seller account is set up, and which assumptions hold in it.

use std::fmt;

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

    // Assumptions. Nobody outside the vendor knows which way these are.
    /// Status for a well-formed but wrong key: 400, 401 (default) or 403.
    pub wrong_key_status: u16,
    /// A request refused with 429 uses up a slot as well. Default off.
    pub refused_requests_count: bool,
    /// Keys that the document does not name are refused with a 400. Default on.
    pub refuse_unknown_keys: bool,
    /// `createEphemeral` takes a new `customerId` together with a name. Default on; off = `customerIdNotFound`.
    pub ephemeral_accepts_new_customer: bool,
    /// Half a minor unit goes to the even neighbour instead of away from zero. Default off.
    pub round_half_to_even: bool,
    /// The transaction's `taxAmountToCollect` is a cent more than its lines. Default off.
    pub total_differs_by_a_cent: bool,
    /// A second void answers 200; off = `transactionIdNotFound`. Default on.
    pub void_twice_succeeds: bool,
    /// `createOrUpdate` with the id of a voided transaction revives it; off = `transactionFrozenForFiling`. Default on.
    pub update_revives_void: bool,
    /// A negation is dated like its original; off (default) = today.
    pub negation_keeps_accounting_date: bool,
    /// `transactions/list` begins with the newest change. Default off (oldest first).
    pub list_newest_first: bool,
}

impl Default for AnrokConfig {
    fn default() -> Self {
        Self {
            api_key: "s1fake/sa1fake/secret.fake".to_owned(),
            seller_country: "US".to_owned(),
            seller_time_zone: Some("UTC".to_owned()),
            rate_limit: Some(10),
            list_transactions_enabled: true,
            list_filings_enabled: true,
            tax_id_validation_enabled: true,
            certificate_requests_enabled: true,
            line_limit: Some(1200),
            log_limit: 20_000,
            wrong_key_status: 401,
            refused_requests_count: false,
            refuse_unknown_keys: true,
            ephemeral_accepts_new_customer: true,
            round_half_to_even: false,
            total_differs_by_a_cent: false,
            void_twice_succeeds: true,
            update_revives_void: true,
            negation_keeps_accounting_date: false,
            list_newest_first: false,
        }
    }
}

impl fmt::Debug for AnrokConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnrokConfig")
            .field("rate_limit", &self.rate_limit)
            .field("line_limit", &self.line_limit)
            .finish_non_exhaustive()
    }
}
