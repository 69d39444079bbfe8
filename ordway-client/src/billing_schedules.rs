//! Billing schedules: what a charge of a subscription will bill, and when.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, record};
use rust_decimal::Decimal;

use crate::charges::ChargeKind;
use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ChargeId, CustomerId, ProductId, SubscriptionId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /billing_schedules` (grade A).
pub const LIST: Endpoint<(), Listed<BillingSchedule>> =
    list_endpoint("billingSchedules.list", "/billing_schedules");
/// `GET /billing_schedules/{id}` (grade B).
pub const GET: Endpoint<(), BillingSchedule> =
    Endpoint::decoded_by("billingSchedules.get", Method::Get, "/billing_schedules/{id}", Safety::Read, one)
        .grade(Grade::B);
/// `PUT /billing_schedules/{id}` (grade B; the body is inferred).
pub const UPDATE: Endpoint<UpdateBillingSchedule, Option<BillingSchedule>> = Endpoint::decoded_by(
    "billingSchedules.update",
    Method::Put,
    "/billing_schedules/{id}",
    Safety::Repeatable,
    maybe,
)
.grade(Grade::B);
/// `PUT /billing_schedules/{id}/manage_prepayment_lines` (grade B).
pub const MANAGE_PREPAYMENT_LINES: Endpoint<ManagePrepaymentLines, Option<BillingSchedule>> =
    Endpoint::decoded_by(
        "billingSchedules.managePrepaymentLines",
        Method::Put,
        "/billing_schedules/{id}/manage_prepayment_lines",
        Safety::Once,
        maybe,
    )
    .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), UPDATE.info(), MANAGE_PREPAYMENT_LINES.info()];

id! {
    /// A billing schedule: `BS-00002`.
    pub struct BillingScheduleId
}

record! {
    /// Sums over a schedule (grade A), in its currency.
    pub struct BillingKeyMetrics {
        /// Monthly recurring revenue.
        monthly_recurring_revenue: Option<Decimal>,
        /// Annual contract revenue.
        annual_contract_revenue: Option<Decimal>,
        /// Total contract revenue.
        total_contract_revenue: Option<Decimal>,
        /// Billed so far.
        amount_invoiced: Option<Decimal>,
    }
}

record! {
    /// A line of a billing schedule (grade A). Amounts are in the schedule's currency.
    pub struct BillingScheduleLine {
        /// Internal number.
        id: Option<i64>,
        /// Internal id as text.
        uid: Option<String>,
        /// `Regular`, …
        line_type: Option<String>,
        /// From when it can be billed.
        charge_ready_date: Option<OrdwayDate>,
        /// First day.
        start_date: Option<OrdwayDate>,
        /// Last day.
        end_date: Option<OrdwayDate>,
        /// Price per unit.
        unit_price: Option<Decimal>,
        /// List price per unit.
        list_price: Option<Decimal>,
        /// `Billing Period`; sometimes a number.
        list_price_base: Option<String>,
        /// How many.
        quantity: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Amount.
        amount: Option<Decimal>,
        /// Included units that are left.
        remaining_included_units: Option<Decimal>,
        /// Included units.
        total_included_units: Option<Decimal>,
        /// Units paid in advance and not used.
        unused_prepayment_units: Option<Decimal>,
        /// Units that expired.
        expired_units: Option<i64>,
        /// Whether it is billed; `Yes` or `No` on the wire.
        invoiced: Option<bool>,
        /// Usages of the period.
        usages: Object,
        /// Description; may be missing.
        description: Option<String> => personal,
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

record! {
    /// A billing schedule (grade A).
    pub struct BillingSchedule {
        /// Its id.
        id: BillingScheduleId,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Its name.
        customer_name: Option<String> => personal,
        /// Subscription.
        subscription_id: Option<SubscriptionId>,
        /// Product.
        product_id: Option<ProductId>,
        /// Its name.
        product_name: Option<String>,
        /// Charge.
        charge_id: Option<ChargeId>,
        /// Its name.
        charge_name: Option<String>,
        /// `Usage Based`, `Recurring`.
        charge_type: Option<ChargeKind>,
        /// `In Arrears`, `In Advance`.
        charge_timing: Option<String>,
        /// First day.
        start_date: Option<OrdwayDate>,
        /// Last day, or `Evergreen`.
        end_date: Option<OrdwayDate>,
        /// Sums.
        key_metrics: Option<BillingKeyMetrics>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Lines.
        schedule_lines: Vec<BillingScheduleLine>,
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

custom_fields!(BillingSchedule, BillingScheduleLine);

impl Listable for BillingSchedule {
    const COLLECTION: &'static str = "billing_schedules";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A change of a line of a schedule. The body is not public; names are those of the line (grade D).
    pub struct ScheduleLineChange {
        /// Which line, by its internal number.
        id: Option<i64>,
        /// From when it can be billed.
        charge_ready_date: Option<Date>,
        /// First day.
        start_date: Option<Date>,
        /// Last day.
        end_date: Option<Date>,
        /// Price per unit, in the schedule's currency.
        unit_price: Option<Decimal>,
        /// How many.
        quantity: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Amount, in the schedule's currency.
        amount: Option<Decimal>,
        /// Description.
        description: Option<String> => personal,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// A change of a schedule. The body is not public; names are those of the schedule (grade D).
    pub struct UpdateBillingSchedule {
        /// Lines to change.
        schedule_lines: Vec<ScheduleLineChange>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// A change of the lines paid in advance. The body is not public (grade D): use `extra` for other names.
    pub struct ManagePrepaymentLines {
        /// Lines to change.
        schedule_lines: Vec<ScheduleLineChange>,
    }
}

/// The billing schedules of the company.
#[derive(Clone, Debug)]
pub struct BillingSchedules {
    core: Core<OrdwayError>,
}

impl Client {
    /// The billing schedules.
    pub fn billing_schedules(&self) -> BillingSchedules {
        BillingSchedules { core: self.core.clone() }
    }
}

impl BillingSchedules {
    /// Lists billing schedules by page number, for a quiet set. `GET /billing_schedules` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<BillingSchedule> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One billing schedule. `GET /billing_schedules/{id}` (grade B), read.
    pub async fn get(&self, id: &BillingScheduleId) -> Result<BillingSchedule> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Changes a schedule. `PUT /billing_schedules/{id}` (grade B), repeatable. `None` where Ordway answers
    /// without the record.
    pub async fn update(
        &self,
        id: &BillingScheduleId,
        change: &UpdateBillingSchedule,
    ) -> Result<Option<BillingSchedule>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Changes the lines that are paid in advance. `PUT /billing_schedules/{id}/manage_prepayment_lines`
    /// (grade B, body grade D), once: after an unknown outcome read it again. `None` where Ordway answers
    /// without the record.
    pub async fn manage_prepayment_lines(
        &self,
        id: &BillingScheduleId,
        lines: &ManagePrepaymentLines,
    ) -> Result<Option<BillingSchedule>> {
        self.core.call(&MANAGE_PREPAYMENT_LINES, Call::new(lines).id(id)).await
    }
}

api! {
    /// What [`BillingSchedules`] does.
    pub trait BillingSchedulesApi for BillingSchedules {
        lists { list(query: ListQuery) -> List<BillingSchedule>; }
        calls {
            get(id: &BillingScheduleId) -> Result<BillingSchedule>;
            update(id: &BillingScheduleId, change: &UpdateBillingSchedule) -> Result<Option<BillingSchedule>>;
            manage_prepayment_lines(id: &BillingScheduleId, lines: &ManagePrepaymentLines) -> Result<Option<BillingSchedule>>;
        }
    }
}
