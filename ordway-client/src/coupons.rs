//! Coupons.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::patch::Patch;
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /coupons` (grade A).
pub const LIST: Endpoint<(), Listed<Coupon>> = list_endpoint("coupons.list", "/coupons");
/// `GET /coupons/{id}` (grade B).
pub const GET: Endpoint<(), Coupon> =
    Endpoint::decoded_by("coupons.get", Method::Get, "/coupons/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /coupons` (grade B).
pub const CREATE: Endpoint<NewCoupon, Option<Coupon>> =
    Endpoint::decoded_by("coupons.create", Method::Post, "/coupons", Safety::Once, maybe).grade(Grade::B);
/// `PUT /coupons/{id}` (grade B).
pub const UPDATE: Endpoint<UpdateCoupon, Option<Coupon>> =
    Endpoint::decoded_by("coupons.update", Method::Put, "/coupons/{id}", Safety::Repeatable, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info()];

id! {
    /// A coupon.
    pub struct CouponId
}

record! {
    /// A coupon (grade A by the official tap).
    pub struct Coupon {
        /// Its id.
        id: CouponId,
        /// What a customer types in.
        code: Option<String>,
        /// What a customer is shown.
        display_text: Option<String>,
        /// State.
        status: Option<String>,
        /// `amount`, or a share in percent (grade D).
        discount_type: Option<String>,
        /// How much.
        discount_value: Option<Decimal>,
        /// For how many periods.
        duration_period: Option<i64>,
        /// Kind of the trial.
        trial_type: Option<String>,
        /// Length of the trial.
        trial_value: Option<String>,
        /// What it holds for: `product_and_plan` (grade D).
        discount_criteria: Option<String>,
        /// Which of them.
        criteria_value: Option<serde_json::Value>,
        /// Last day.
        expiration_date: Option<OrdwayDate>,
        /// How often it may be used.
        usage_limit: Option<i64>,
        /// How often it was used.
        usage_count: Option<i64>,
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

custom_fields!(Coupon);

impl Listable for Coupon {
    const COLLECTION: &'static str = "coupons";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new coupon (names grade A, requirement unknown).
    pub struct NewCoupon {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<CouponId>,
        /// What a customer types in.
        code: String,
        /// What a customer is shown.
        display_text: Option<String>,
        /// State.
        status: Option<String>,
        /// `amount`, or a share in percent (grade D).
        discount_type: Option<String>,
        /// How much.
        discount_value: Option<Decimal>,
        /// For how many periods.
        duration_period: Option<i64>,
        /// Kind of the trial.
        trial_type: Option<String>,
        /// Length of the trial.
        trial_value: Option<String>,
        /// What it holds for: `product_and_plan` (grade D).
        discount_criteria: Option<String>,
        /// Which of them.
        criteria_value: Option<serde_json::Value>,
        /// Last day.
        expiration_date: Option<Date>,
        /// How often it may be used.
        usage_limit: Option<i64>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewCoupon {
    /// A coupon of this code.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::default() }
    }
}

input! {
    /// A change of a coupon; what is left out stays.
    pub struct UpdateCoupon {
        /// What a customer types in.
        code: Option<String>,
        /// What a customer is shown.
        display_text: Patch<String>,
        /// State.
        status: Option<String>,
        /// `amount`, or a share in percent (grade D).
        discount_type: Option<String>,
        /// How much.
        discount_value: Option<Decimal>,
        /// For how many periods.
        duration_period: Patch<i64>,
        /// Kind of the trial.
        trial_type: Patch<String>,
        /// Length of the trial.
        trial_value: Patch<String>,
        /// What it holds for: `product_and_plan` (grade D).
        discount_criteria: Patch<String>,
        /// Which of them.
        criteria_value: Patch<serde_json::Value>,
        /// Last day.
        expiration_date: Patch<Date>,
        /// How often it may be used.
        usage_limit: Patch<i64>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The coupons of the company.
#[derive(Clone, Debug)]
pub struct Coupons {
    core: Core<OrdwayError>,
}

impl Client {
    /// The coupons.
    pub fn coupons(&self) -> Coupons {
        Coupons { core: self.core.clone() }
    }
}

impl Coupons {
    /// Lists coupons by page number, for a quiet set. `GET /coupons` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Coupon> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One coupon. `GET /coupons/{id}` (grade B), read.
    pub async fn get(&self, id: &CouponId) -> Result<Coupon> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a coupon. `POST /coupons` (grade B), once: after an unknown outcome look for it first. `None`
    /// where Ordway answers without the record.
    pub async fn create(&self, coupon: &NewCoupon) -> Result<Option<Coupon>> {
        self.core.call(&CREATE, Call::new(coupon)).await
    }

    /// Changes a coupon. `PUT /coupons/{id}` (grade B), repeatable. `None` where Ordway answers without the
    /// record.
    pub async fn update(&self, id: &CouponId, change: &UpdateCoupon) -> Result<Option<Coupon>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }
}

api! {
    /// What [`Coupons`] does.
    pub trait CouponsApi for Coupons {
        lists { list(query: ListQuery) -> List<Coupon>; }
        calls {
            get(id: &CouponId) -> Result<Coupon>;
            create(coupon: &NewCoupon) -> Result<Option<Coupon>>;
            update(id: &CouponId, change: &UpdateCoupon) -> Result<Option<Coupon>>;
        }
    }
}
