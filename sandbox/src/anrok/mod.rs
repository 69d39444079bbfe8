//! `FakeAnrok`: one seller account of the Anrok API 1.1, in memory.
//!
//! It speaks HTTP and JSON only and knows nothing of the client's types, so a mistake in a model cannot hide
//! in both. Every rule it follows is listed in [`FakeAnrok::RULES`] with what it rests on, and named beside
//! the code that follows it.

mod address;
mod calculate;
mod certificates;
mod config;
mod cursor;
mod filings;
mod http;
mod mappings;
mod months;
mod products;
mod quirk;
mod record;
mod rules;
mod seed;
mod state;
mod tax_ids;
pub mod tax_table;
mod transaction_list;
mod transactions;
mod validate;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::civil::Date;
use ordway_anrok_http::{Clock, Exchange, FailureKind, Transport, TransportError};

pub use self::config::AnrokConfig;
pub use self::quirk::Quirk;
#[cfg(feature = "conformance")]
pub(crate) use self::record::redacted;
pub use self::record::{Cause, LoggedRequest, StoredProduct, StoredTransaction, TransactionState};
use self::state::State;
use self::validate::parse_date;
use crate::rule::Rule;

/// A stateful fake of one Anrok seller account. Clones share the account.
///
/// It is a [`Transport`], so a client on top of it encodes, retries and paces as it would on the wire.
/// It waits for nothing: [`FakeAnrok::handle`] is a plain function of the account and the request.
///
/// ```
/// use std::sync::Arc;
/// use ordway_anrok_http::SystemClock;
/// use ordway_anrok_sandbox::anrok::FakeAnrok;
///
/// let anrok = FakeAnrok::new(Arc::new(SystemClock::new()));
/// anrok.add_product("P-00001", "saasBusiness");
/// let request = http::Request::post("https://api.anrok.com/v1/seller/transactions/createOrUpdate")
///     .header("authorization", format!("Bearer {}", anrok.api_key()))
///     .body(r#"{"id": "ordway:INV-1", "currencyCode": "EUR", "accountingDate": "2026-08-01",
///         "lineItems": [{"productExternalId": "P-00001", "amount": 10000}],
///         "customerAddress": {"country": "Germany"}}"#.into())?;
/// let answer = anrok.handle(&request);
/// assert_eq!(answer.status(), 200);
/// assert_eq!(anrok.transactions()[0].tax_amount_to_collect, 1900);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone)]
pub struct FakeAnrok {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl fmt::Debug for FakeAnrok {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("FakeAnrok")
            .field("products", &state.products.len())
            .field("transactions", &state.transactions.len())
            .field("requests_served", &state.served)
            .finish_non_exhaustive()
    }
}

impl FakeAnrok {
    /// Everything the fake does that a caller could rely on, with what it rests on.
    pub const RULES: &[Rule] = rules::RULES;

    /// An empty account with the default set-up; the key is `s1fake/sa1fake/secret.fake`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_config(clock, AnrokConfig::default())
    }

    /// An empty account.
    pub fn with_config(clock: Arc<dyn Clock>, config: AnrokConfig) -> Self {
        let state = State::new(config);
        Self { shared: Arc::new(Shared { clock, state: Mutex::new(state) }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account at the present time of the clock.
    fn state_now(&self) -> MutexGuard<'_, State> {
        let now = self.shared.clock.now();
        let mut state = self.state();
        state.now = now;
        state
    }

    /// Answers one request. Never panics, never waits; refused requests are logged as well.
    pub fn handle(&self, request: &::http::Request<Bytes>) -> ::http::Response<Bytes> {
        let at = self.shared.clock.monotonic();
        http::serve(&mut self.state_now(), request, at)
    }

    /// The valid key. It is a secret only by its shape.
    pub fn api_key(&self) -> String {
        self.state().config.api_key.clone()
    }

    /// The key stops working from the next request on.
    pub fn revoke_api_key(&self) {
        self.state().key_revoked = true;
    }

    /// A revoked key works again.
    pub fn restore_api_key(&self) {
        self.state().key_revoked = false;
    }

    /// Changes the set-up while the account is in use.
    pub fn configure(&self, change: impl FnOnce(&mut AnrokConfig)) {
        change(&mut self.state().config);
    }

    /// Chooses another behaviour where a rule is only assumed.
    pub fn assume(&self, quirk: Quirk) {
        self.state().config.assume(quirk);
    }

    /// Goes back to the default behaviour of a rule.
    pub fn assume_default(&self, rule: &str) {
        self.state().config.assume_default(rule);
    }

    /// Adds a product under a tax category, or gives a known one another category.
    ///
    /// Returns false, and adds nothing, where there is no such category. Categories: `saasBusiness`,
    /// `saasPersonal`, `digitalGoods`, `physicalGoods`, `professionalServices` (not taxed in the US, taxed where there is a value added
    /// tax), `nonTaxable` (taxed nowhere), `sptc95hf85bdcd` (custom).
    pub fn add_product(&self, external_id: &str, category_id: &str) -> bool {
        let category = tax_table::CATEGORIES.iter().find(|c| c.id == category_id);
        if let Some(category) = category {
            products::add(&mut self.state(), external_id, external_id, "", *category);
        }
        category.is_some()
    }

    /// All products, by external id.
    pub fn products(&self) -> Vec<StoredProduct> {
        let show = |p: &state::Product| StoredProduct {
            external_id: p.external_id.clone(),
            internal_id: p.internal_id.clone(),
            name: p.name.clone(),
            category_id: p.category.id.to_owned(),
        };
        self.state().products.values().map(show).collect()
    }

    /// Adds an Anrok-built integration (`si…`) without product mappings.
    pub fn add_integration(&self, id: &str) {
        self.state().integrations.entry(id.to_owned()).or_default();
    }

    /// Ids of the customers the account knows.
    pub fn customers(&self) -> Vec<String> {
        self.state().customers.keys().cloned().collect()
    }

    /// The newest version of every transaction, by id, voided ones included.
    pub fn transactions(&self) -> Vec<StoredTransaction> {
        self.state().transactions.values().map(|r| r.stored.clone()).collect()
    }

    /// The newest version of one transaction.
    pub fn transaction(&self, id: &str) -> Option<StoredTransaction> {
        self.state().transactions.get(id).map(|r| r.stored.clone())
    }

    /// Every version of every transaction in the order in which they were stored.
    pub fn history(&self) -> Vec<StoredTransaction> {
        self.state().history.clone()
    }

    /// Locks every return up to and including this accounting date (`YYYY-MM-DD`). False where it is no date.
    pub fn freeze_through(&self, date: &str) -> bool {
        let date = parse_date(date);
        if date.is_some() {
            self.state().frozen_through = date;
        }
        date.is_some()
    }

    /// Locks the returns of one month (`YYYY-MM`). False where it is no month.
    pub fn freeze_month(&self, month: &str) -> bool {
        let first: Option<Date> = parse_date(&format!("{month}-01"));
        if let Some(first) = first {
            self.state().frozen_months.insert((first.year(), first.month()));
        }
        first.is_some()
    }

    /// Opens everything that was locked.
    pub fn unfreeze(&self) {
        let mut state = self.state();
        state.frozen_through = None;
        state.frozen_months.clear();
    }

    /// The engine calculates a live transaction anew by itself, as the real one does after a registration
    /// or an id changed. An open one gets its next version; a frozen one is negated and made anew, today,
    /// under ids of the engine's own. Returns the version of what now counts; none where `id` is not live.
    pub fn reprocess(&self, id: &str) -> Option<u32> {
        transactions::reprocess(&mut self.state_now(), id)
    }

    /// The next `calls` calculations and tax id checks answer 409 `externalServiceError`.
    pub fn fail_external_service(&self, calls: u32) {
        self.state().external_failures = calls;
    }

    /// The seller bears the tax of this jurisdiction (`us-NY`, `de`, `us-CO-denver`): it is told, not collected.
    pub fn set_paid_by_seller(&self, juris_id: &str) {
        self.state().paid_by_seller.insert(juris_id.to_owned());
    }

    /// The seller is not registered in this jurisdiction: `notCollecting`.
    pub fn set_not_collecting(&self, juris_id: &str) {
        self.state().not_collecting.insert(juris_id.to_owned());
    }

    /// The seller registers in a jurisdiction that [`FakeAnrok::set_not_collecting`] named.
    pub fn set_collecting(&self, juris_id: &str) {
        self.state().not_collecting.remove(juris_id);
    }

    /// Calculations of this category in this jurisdiction answer 409 `productTaxCategoryNotSupportedForJuris`.
    pub fn set_category_unsupported(&self, category_id: &str, juris_id: &str) {
        self.state().unsupported_categories.insert((category_id.to_owned(), juris_id.to_owned()));
    }

    /// The newest requests (see [`AnrokConfig::log_limit`]), oldest first, refused ones included.
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.state().log.iter().cloned().collect()
    }

    /// Requests that passed routing, credentials and the rate limit.
    pub fn requests_served(&self) -> u64 {
        self.state().served
    }

    /// Requests that were one too many.
    pub fn refused_429(&self) -> u64 {
        self.state().refused_429
    }

    /// E-mails that certificate requests would have sent.
    pub fn emails_sent(&self) -> u64 {
        self.state().emails_sent
    }
}

#[async_trait]
impl Transport for FakeAnrok {
    async fn send(&self, exchange: Exchange) -> Result<::http::Response<Bytes>, TransportError> {
        let response = self.handle(&exchange.request);
        if response.body().len() > exchange.max_response_bytes {
            return Err(TransportError::new(FailureKind::TooLarge));
        }
        Ok(response)
    }
}
