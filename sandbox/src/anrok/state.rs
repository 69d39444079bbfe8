//! Everything a fake seller account remembers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::certificates::Certificate;
use super::config::AnrokConfig;
use super::quirk::Quirk;
use super::record::{LoggedRequest, StoredTransaction};
use super::tax_table::Category;
use super::transactions::Record;
use super::validate::Refusal;

/// A product of the seller.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) internal_id: String,
    pub(super) external_id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) category: Category,
}

/// The state behind one [`FakeAnrok`](super::FakeAnrok).
#[derive(Default)]
pub(super) struct State {
    pub(super) config: AnrokConfig,
    pub(super) key_revoked: bool,
    /// By external id.
    pub(super) products: BTreeMap<String, Product>,
    /// Names by customer id.
    pub(super) customers: BTreeMap<String, String>,
    pub(super) certificates: Vec<Certificate>,
    /// Product mappings by integration id: source id to target id.
    pub(super) integrations: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) transactions: BTreeMap<String, Record>,
    pub(super) history: Vec<StoredTransaction>,
    pub(super) frozen_through: Option<Date>,
    /// Years and months.
    pub(super) frozen_months: BTreeSet<(i16, i8)>,
    pub(super) paid_by_seller: BTreeSet<String>,
    pub(super) not_collecting: BTreeSet<String>,
    /// Category id and jurisdiction id.
    pub(super) unsupported_categories: BTreeSet<(String, String)>,
    /// Rates in place of the table's, by jurisdiction.
    pub(super) rates: BTreeMap<String, Decimal>,
    pub(super) external_failures: u32,
    pub(super) emails_sent: u64,
    /// Monotonic times of the requests that count against the limit.
    pub(super) arrivals: VecDeque<Duration>,
    pub(super) served: u64,
    pub(super) refused_429: u64,
    pub(super) log: VecDeque<LoggedRequest>,
    /// The wall clock at the current call.
    pub(super) now: Timestamp,
    serial: u64,
}

impl State {
    /// An empty account.
    pub(super) fn new(config: AnrokConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// A copy of what a seed can change.
    pub(super) fn set_up(&self) -> Self {
        Self {
            config: self.config.clone(),
            products: self.products.clone(),
            customers: self.customers.clone(),
            certificates: self.certificates.clone(),
            now: self.now,
            ..Self::default()
        }
    }

    /// The next number of a sequence that never repeats.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// An id as the server would mint it: a known prefix and an opaque rest.
    // rule: minted-ids
    pub(super) fn mint(&mut self, prefix: &str) -> String {
        format!("{prefix}fake{:06}", self.next_serial())
    }

    /// Today where the server is.
    // rule: today-is-utc
    pub(super) fn today(&self) -> Date {
        let sellers = self.config.seller_time_zone.as_deref();
        let zone = sellers
            .filter(|_| self.config.has(Quirk::TodayIsSellers))
            .and_then(|name| TimeZone::get(name).ok())
            .unwrap_or(TimeZone::UTC);
        self.now.to_zoned(zone).date()
    }

    /// Whether the return that holds this day is locked.
    // rule: frozen-by-accounting-date
    pub(super) fn is_frozen(&self, day: Date) -> bool {
        self.frozen_through.is_some_and(|through| day <= through)
            || self.frozen_months.contains(&(day.year(), day.month()))
    }

    /// Stands for the services the real engine asks while it calculates.
    // rule: external-service-error
    pub(super) fn external_service(&mut self) -> Result<(), Refusal> {
        if self.external_failures == 0 {
            return Ok(());
        }
        self.external_failures -= 1;
        Err(Refusal::conflict("externalServiceError"))
    }

    /// Knows the customer, or learns it from its name.
    // rule: customer-created-by-name
    pub(super) fn know_customer(&mut self, id: &str, name: Option<&str>) -> Result<(), Refusal> {
        if self.customers.contains_key(id) {
            return Ok(());
        }
        let name = name.ok_or_else(|| Refusal::conflict("customerIdNotFound"))?;
        self.customers.insert(id.to_owned(), name.to_owned());
        Ok(())
    }
}
