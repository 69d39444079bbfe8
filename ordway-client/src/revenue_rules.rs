//! Revenue rules: how the revenue of a product is recognised.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::customers::ActiveStatus;
use crate::error::{OrdwayError, Result};
use crate::ids::RevenueRuleId;
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::patch::Patch;
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /revenue_rules` (grade A).
pub const LIST: Endpoint<(), Listed<RevenueRule>> = list_endpoint("revenueRules.list", "/revenue_rules");
/// `GET /revenue_rules/{id}` (grade B).
pub const GET: Endpoint<(), RevenueRule> =
    Endpoint::decoded_by("revenueRules.get", Method::Get, "/revenue_rules/{id}", Safety::Read, one)
        .grade(Grade::B);
/// `POST /revenue_rules` (grade B).
pub const CREATE: Endpoint<NewRevenueRule, Option<RevenueRule>> =
    Endpoint::decoded_by("revenueRules.create", Method::Post, "/revenue_rules", Safety::Once, maybe)
        .grade(Grade::B);
/// `PUT /revenue_rules/{id}` (grade B).
pub const UPDATE: Endpoint<UpdateRevenueRule, Option<RevenueRule>> = Endpoint::decoded_by(
    "revenueRules.update",
    Method::Put,
    "/revenue_rules/{id}",
    Safety::Repeatable,
    maybe,
)
.grade(Grade::B);
/// `DELETE /revenue_rules/{id}` (grade B). Once: a second try would answer 404 and hide the success of the
/// first.
pub const DELETE: Endpoint<(), ()> = Endpoint::decoded_by(
    "revenueRules.delete",
    Method::Delete,
    "/revenue_rules/{id}",
    Safety::Once,
    decode::nothing,
)
.grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info(), DELETE.info()];

record! {
    /// The share of one period (grade A by the official tap).
    pub struct RevenueRuleEntry {
        /// Periods after the first.
        period_offset: Option<i64>,
        /// Share in percent.
        percent_to_recognize: Option<Decimal>,
    }
}

record! {
    /// A revenue rule (grade A).
    pub struct RevenueRule {
        /// Its id.
        id: RevenueRuleId,
        /// Name.
        name: Option<String>,
        /// `Recognize on invoicing`, …
        recognition_method: Option<String>,
        /// `Monthly`, …
        recognition_schedule_period: Option<String>,
        /// `Invoice Date`, …
        posting_day: Option<String>,
        /// `Automatic`, …
        posting_method: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Over how long.
        recognition_term: Option<String>,
        /// Shares by period; one object or several on the wire.
        revenue_rule_entries: Vec<RevenueRuleEntry>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created, UTC.
        created_date: Option<OrdwayTime>,
        /// When it was last changed, UTC.
        updated_date: Option<OrdwayTime>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

custom_fields!(RevenueRule);

impl Listable for RevenueRule {
    const COLLECTION: &'static str = "revenue_rules";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new revenue rule (names grade A, requirement unknown).
    pub struct NewRevenueRule {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<RevenueRuleId>,
        /// Name.
        name: String,
        /// `Recognize on invoicing`, …
        recognition_method: Option<String>,
        /// `Monthly`, …
        recognition_schedule_period: Option<String>,
        /// `Invoice Date`, …
        posting_day: Option<String>,
        /// `Automatic`, …
        posting_method: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Over how long.
        recognition_term: Option<String>,
        /// Shares by period.
        revenue_rule_entries: Vec<RevenueRuleEntry>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewRevenueRule {
    /// A rule of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

input! {
    /// A change of a revenue rule; what is left out stays.
    pub struct UpdateRevenueRule {
        /// Name.
        name: Option<String>,
        /// `Recognize on invoicing`, …
        recognition_method: Option<String>,
        /// `Monthly`, …
        recognition_schedule_period: Patch<String>,
        /// `Invoice Date`, …
        posting_day: Patch<String>,
        /// `Automatic`, …
        posting_method: Patch<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Over how long.
        recognition_term: Patch<String>,
        /// Shares by period.
        revenue_rule_entries: Vec<RevenueRuleEntry>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The revenue rules of the company.
#[derive(Clone, Debug)]
pub struct RevenueRules {
    core: Core<OrdwayError>,
}

impl Client {
    /// The revenue rules.
    pub fn revenue_rules(&self) -> RevenueRules {
        RevenueRules { core: self.core.clone() }
    }
}

impl RevenueRules {
    /// Lists revenue rules by page number, for a quiet set. `GET /revenue_rules` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<RevenueRule> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One revenue rule. `GET /revenue_rules/{id}` (grade B), read.
    pub async fn get(&self, id: &RevenueRuleId) -> Result<RevenueRule> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a rule. `POST /revenue_rules` (grade B), once: after an unknown outcome look for it first.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, rule: &NewRevenueRule) -> Result<Option<RevenueRule>> {
        self.core.call(&CREATE, Call::new(rule)).await
    }

    /// Changes a rule. `PUT /revenue_rules/{id}` (grade B), repeatable. `None` where Ordway answers without
    /// the record.
    pub async fn update(
        &self,
        id: &RevenueRuleId,
        change: &UpdateRevenueRule,
    ) -> Result<Option<RevenueRule>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Deletes a rule. `DELETE /revenue_rules/{id}` (grade B), once: after an unknown outcome read it, a 404
    /// means it is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, id: &RevenueRuleId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`RevenueRules`] does.
    pub trait RevenueRulesApi for RevenueRules {
        lists { list(query: ListQuery) -> List<RevenueRule>; }
        calls {
            get(id: &RevenueRuleId) -> Result<RevenueRule>;
            create(rule: &NewRevenueRule) -> Result<Option<RevenueRule>>;
            update(id: &RevenueRuleId, change: &UpdateRevenueRule) -> Result<Option<RevenueRule>>;
            delete(id: &RevenueRuleId) -> Result<()>;
        }
    }
}
