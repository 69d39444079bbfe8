//! Revenue schedules: when the revenue of a charge is recognised.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, record};
use rust_decimal::Decimal;

use crate::charges::ChargeKind;
use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ChargeId, CustomerId, InvoiceId, PlanId, ProductId};
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, one, pager};
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /revenue_schedules` (grade A; up to 500 a page).
pub const LIST: Endpoint<(), Listed<RevenueSchedule>> =
    list_endpoint("revenueSchedules.list", "/revenue_schedules");
/// `GET /revenue_schedules/{id}` (grade B).
pub const GET: Endpoint<(), RevenueSchedule> =
    Endpoint::decoded_by("revenueSchedules.get", Method::Get, "/revenue_schedules/{id}", Safety::Read, one)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info()];

id! {
    /// A revenue schedule: `RS-00003`.
    pub struct RevenueScheduleId
}

record! {
    /// A line of a revenue schedule (grade A).
    pub struct RevenueScheduleLine {
        /// Internal id as text.
        uid: Option<String>,
        /// `May 2025`.
        financial_period: Option<String>,
        /// Whether it is in the books; `Yes` or `No` on the wire.
        posted: Option<bool>,
        /// When it was or will be.
        posting_date: Option<OrdwayDate>,
        /// Revenue of the period, in `currency`.
        period_revenue: Option<Decimal>,
        /// Amount, in `currency`.
        amount: Option<Decimal>,
        /// Its schedule.
        revenue_schedule_id: Option<RevenueScheduleId>,
        /// Internal id of the subscription's charge.
        subscription_charge_uid: Option<String>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Rate to the company's currency.
        exchange_rate: Option<Decimal>,
        /// Its invoice.
        invoice_id: Option<InvoiceId>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A revenue schedule (grade A where nothing else is said; "tap" is the official tap).
    pub struct RevenueSchedule {
        /// Its id.
        id: RevenueScheduleId,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Where it comes from, in words: `Order: ORD-00001`, `Subscription: S-00001`.
        source_transaction: Option<String>,
        /// Product.
        product_id: Option<ProductId>,
        /// Its name.
        product_name: Option<String>,
        /// Plan.
        plan_id: Option<PlanId>,
        /// Its name.
        plan_name: Option<String>,
        /// Charge.
        charge_id: Option<ChargeId>,
        /// Its name.
        charge_name: Option<String>,
        /// One time, recurring or by usage.
        charge_type: Option<ChargeKind>,
        /// `In Arrears`, `In Advance`.
        charge_timing: Option<String>,
        /// All of it, in the currency of the lines.
        total_revenue: Option<Decimal>,
        /// Recognised so far.
        recognized_revenue: Option<Decimal>,
        /// Not recognised yet.
        unrecognized_revenue: Option<Decimal>,
        /// First day (tap).
        start_date: Option<OrdwayDate>,
        /// Last day (tap).
        end_date: Option<OrdwayDate>,
        /// `Subscription/Order`.
        exchange_rate_source: Option<String>,
        /// Lines.
        schedule_lines: Vec<RevenueScheduleLine>,
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

custom_fields!(RevenueSchedule, RevenueScheduleLine);

impl Listable for RevenueSchedule {
    const COLLECTION: &'static str = "revenue_schedules";
    const MAX_PAGE: u32 = 500;

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

/// The revenue schedules of the company.
#[derive(Clone, Debug)]
pub struct RevenueSchedules {
    core: Core<OrdwayError>,
}

impl Client {
    /// The revenue schedules.
    pub fn revenue_schedules(&self) -> RevenueSchedules {
        RevenueSchedules { core: self.core.clone() }
    }
}

impl RevenueSchedules {
    /// Lists revenue schedules by page number, for a quiet set. `GET /revenue_schedules` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<RevenueSchedule> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads revenue schedules in order of change, losing none while they change. `GET /revenue_schedules`
    /// (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<RevenueSchedule> {
        seek(&self.core, LIST, from)
    }

    /// One revenue schedule. `GET /revenue_schedules/{id}` (grade B), read.
    pub async fn get(&self, id: &RevenueScheduleId) -> Result<RevenueSchedule> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`RevenueSchedules`] does.
    pub trait RevenueSchedulesApi for RevenueSchedules {
        lists { list(query: ListQuery) -> List<RevenueSchedule>; }
        calls {
            get(id: &RevenueScheduleId) -> Result<RevenueSchedule>;
        }
    }
}
