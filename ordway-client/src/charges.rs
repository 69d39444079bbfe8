//! Charges: the priced parts of a plan.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, open_enum, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ChargeId, PlanId, ProductId, RevenueRuleId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::products::PostingEntry;
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /plans/{plan}/charges` (grade B).
pub const LIST: Endpoint<(), Listed<Charge>> =
    list_endpoint("charges.list", "/plans/{plan}/charges").grade(Grade::B);
/// `GET /plans/{plan}/charges/{id}` (grade B).
pub const GET: Endpoint<(), Charge> =
    Endpoint::decoded_by("charges.get", Method::Get, "/plans/{plan}/charges/{id}", Safety::Read, one)
        .grade(Grade::B);
/// `POST /charges` (grade B; not below the plan).
pub const CREATE: Endpoint<NewCharge, Option<Charge>> =
    Endpoint::decoded_by("charges.create", Method::Post, "/charges", Safety::Once, maybe).grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info()];

open_enum! {
    /// When a charge falls due (grade A but for usage, grade B).
    pub enum ChargeKind {
        /// Once.
        OneTime = "One time",
        /// Every period.
        Recurring = "Recurring",
        /// By what was used.
        UsageBased = "Usage based",
    }
}

record! {
    /// A step of a price (grade A by the official tap).
    pub struct ChargeTier {
        /// Number of the step.
        tier: Option<String>,
        /// First unit of the step.
        starting_unit: Option<Decimal>,
        /// Last unit of the step; may be a word where it has no end (grade D).
        ending_unit: Option<String>,
        /// Price.
        price: Option<Decimal>,
        /// What the price is for.
        kind: Option<String> = "type",
    }
}

record! {
    /// A charge of a plan. Field names and kinds are grade A where nothing else is said; "tap" is the
    /// official tap.
    pub struct Charge {
        /// Its id.
        id: Option<ChargeId>,
        /// Number (tap).
        line_no: Option<String>,
        /// Its plan; missing where the charge is embedded in it.
        plan_id: Option<PlanId>,
        /// Product.
        product_id: Option<ProductId>,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// One time, recurring or by usage.
        kind: Option<ChargeKind> = "type",
        /// `Initial` (one time), `In_advance`.
        timing: Option<String>,
        /// `In advance`; `In arrears` (grade D).
        charge_timing: Option<String>,
        /// `Contract effective date`: a word, no date.
        effective_date: Option<String>,
        /// `Contract effective date`.
        charge_billing_date: Option<String>,
        /// The same under another name (tap).
        billing_date: Option<String>,
        /// End of the work (grade B).
        completion_date: Option<String>,
        /// `Per unit`; others grade D.
        pricing_model: Option<String>,
        /// Price per unit.
        list_price: Option<Decimal>,
        /// `Billing Period`; sometimes a number.
        list_price_base: Option<String>,
        /// `Monthly`, …
        billing_period: Option<String>,
        /// `Service Start Date`, `Customer's Billing Cycle Day`.
        billing_period_start_alignment: Option<String>,
        /// How the start is aligned (tap).
        start_alignment_type: Option<String>,
        /// Month of the alignment (tap).
        billing_period_start_alignment_month: Option<String>,
        /// `Align with Billing Period`, `Customer's Billing Cycle Day`.
        billing_day: Option<String>,
        /// Partial periods are charged in proportion.
        prorate_partial_periods: Option<bool>,
        /// The running period is charged too.
        backcharge_current_period: Option<bool>,
        /// Periods paid in advance.
        prepayment_periods: Option<i64>,
        /// Paid in advance (tap).
        prepayment_amount: Option<Decimal>,
        /// Unit of measure (tap).
        unit_of_measure: Option<String>,
        /// Units included in the price (tap).
        included_units: Option<Decimal>,
        /// Units paid in advance and not used (tap).
        unused_prepayment_units: Option<Decimal>,
        /// Price tiers (tap).
        tiers: Vec<ChargeTier>,
        /// Units are paid in advance (tap).
        prepaid_units_enable: Option<bool>,
        /// Unused units are refunded on cancellation (tap).
        refund_units_on_cancel: Option<bool>,
        /// Unused units are removed on cancellation (tap).
        remove_units_on_cancel: Option<bool>,
        /// Every usage is rated by itself (tap).
        per_usage_rating: Option<bool>,
        /// Revenue is allocated by fair market value (tap).
        fmv_allocation_enabled: Option<bool>,
        /// When prepaid units expire (tap).
        prepaid_units_expiry: Option<String>,
        /// Prepaid units are refilled: a flag or a count (tap).
        auto_refill_prepaid_units: Option<String>,
        /// The same under another spelling (grade B).
        auto_refill_prepayment_units: Option<String>,
        /// Units per refill (tap).
        refill_qty: Option<Decimal>,
        /// What a refill is for (tap).
        refill_prepaid_units_for: Option<String>,
        /// Fair market value (tap).
        fmv: Option<Decimal>,
        /// Period over which usage counts (tap).
        usage_period: Option<String>,
        /// State (tap).
        status: Option<String>,
        /// How revenue is recognised; in place of the product's (grade B).
        revenue_rule_id: Option<RevenueRuleId>,
        /// In place of the product's (grade B).
        recognition_start_date: Option<String>,
        /// Accounts; in place of the product's (grade B).
        transaction_posting_entries: Vec<PostingEntry>,
        /// The product's settings are used (grade B).
        default_from_product: Option<bool>,
        /// The same under another spelling (grade B).
        defaults_from_product: Option<bool>,
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

custom_fields!(Charge);

impl Listable for Charge {
    const COLLECTION: &'static str = "charges";

    fn key(&self) -> &str {
        self.id.as_ref().map_or("", ChargeId::as_str)
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new charge (names grade A, requirement unknown).
    pub struct NewCharge {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<ChargeId>,
        /// Its plan; not needed inside a plan.
        plan_id: Option<PlanId>,
        /// Product.
        product_id: Option<ProductId>,
        /// Name.
        name: Option<String>,
        /// Description.
        description: Option<String>,
        /// One time, recurring or by usage.
        kind: Option<ChargeKind> = "type",
        /// `Initial` (one time), `In_advance`.
        timing: Option<String>,
        /// `In advance`, `In arrears`.
        charge_timing: Option<String>,
        /// `Contract effective date`.
        effective_date: Option<String>,
        /// `Contract effective date`.
        charge_billing_date: Option<String>,
        /// `Per unit`, …
        pricing_model: Option<String>,
        /// Price per unit.
        list_price: Option<Decimal>,
        /// `Billing Period`.
        list_price_base: Option<String>,
        /// `Monthly`, …
        billing_period: Option<String>,
        /// `Service Start Date`, `Customer's Billing Cycle Day`.
        billing_period_start_alignment: Option<String>,
        /// `Align with Billing Period`, …
        billing_day: Option<String>,
        /// Partial periods are charged in proportion.
        prorate_partial_periods: Option<bool>,
        /// The running period is charged too.
        backcharge_current_period: Option<bool>,
        /// Periods paid in advance.
        prepayment_periods: Option<i64>,
        /// Unit of measure.
        unit_of_measure: Option<String>,
        /// Units included in the price.
        included_units: Option<Decimal>,
        /// Price tiers.
        tiers: Vec<ChargeTier>,
        /// How revenue is recognised; in place of the product's.
        revenue_rule_id: Option<RevenueRuleId>,
        /// In place of the product's.
        recognition_start_date: Option<String>,
        /// Accounts; in place of the product's.
        transaction_posting_entries: Vec<PostingEntry>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

/// The charges of one plan.
#[derive(Clone, Debug)]
pub struct Charges {
    core: Core<OrdwayError>,
    plan: PlanId,
}

impl Client {
    /// The charges of `plan`.
    pub fn charges(&self, plan: impl Into<PlanId>) -> Charges {
        Charges { core: self.core.clone(), plan: plan.into() }
    }
}

impl Charges {
    /// Lists them by page number, for a quiet set. `GET /plans/{plan}/charges` (grade B), read.
    pub fn list(&self, query: ListQuery) -> List<Charge> {
        pager(&self.core, LIST, vec![self.plan.to_string()], query)
    }

    /// One charge. `GET /plans/{plan}/charges/{id}` (grade B), read.
    pub async fn get(&self, id: &ChargeId) -> Result<Charge> {
        self.core.call(&GET, Call::new(&()).id(&self.plan).id(id)).await
    }

    /// Adds one. `POST /charges` with the plan's id in the body (grade B), once: after an unknown outcome
    /// list them first. A `plan_id` of the charge wins over the handle's. `None` where Ordway answers without
    /// the record.
    pub async fn create(&self, charge: &NewCharge) -> Result<Option<Charge>> {
        let plan_id = charge.plan_id.clone().or_else(|| Some(self.plan.clone()));
        let charge = NewCharge { plan_id, ..charge.clone() };
        self.core.call(&CREATE, Call::new(&charge)).await
    }
}

api! {
    /// What [`Charges`] does.
    pub trait ChargesApi for Charges {
        lists { list(query: ListQuery) -> List<Charge>; }
        calls {
            get(id: &ChargeId) -> Result<Charge>;
            create(charge: &NewCharge) -> Result<Option<Charge>>;
        }
    }
}
