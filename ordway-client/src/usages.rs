//! Usages: what was consumed, to be billed.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, id, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ChargeId, CustomerId, SubscriptionId, SubscriptionLineId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /usages` (grade A; the list may be wrapped in an object, grade B).
pub const LIST: Endpoint<(), Listed<Usage>> = list_endpoint("usages.list", "/usages");
/// `GET /usages/{id}` (grade B).
pub const GET: Endpoint<(), Usage> =
    Endpoint::decoded_by("usages.get", Method::Get, "/usages/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /usages` (grade B).
pub const CREATE: Endpoint<NewUsage, Option<Usage>> =
    Endpoint::decoded_by("usages.create", Method::Post, "/usages", Safety::Once, maybe).grade(Grade::B);
/// `DELETE /usages/{id}` (grade B). Once: a second try would answer 404 and hide the success of the first.
pub const DELETE: Endpoint<(), ()> =
    Endpoint::decoded_by("usages.delete", Method::Delete, "/usages/{id}", Safety::Once, decode::nothing)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info(), DELETE.info()];

id! {
    /// A usage.
    pub struct UsageId
}

record! {
    /// A usage (grade A by the official tap where nothing else is said).
    pub struct Usage {
        /// Its id.
        id: UsageId,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Subscription.
        subscription_id: Option<SubscriptionId>,
        /// Line of the subscription.
        subscription_line_id: Option<SubscriptionLineId>,
        /// Charge.
        charge_id: Option<ChargeId>,
        /// How much.
        quantity: Option<Decimal>,
        /// When it was used: a date or an instant.
        date: Option<OrdwayTime>,
        /// Unit of measure.
        unit_of_measure: Option<String>,
        /// Description.
        description: Option<String> => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Whether it is on an invoice.
        invoiced: Option<bool>,
        /// State of its processing (grade B).
        status: Option<String>,
        /// What went wrong (grade B).
        error_message: Option<String> => personal,
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

custom_fields!(Usage);

impl Listable for Usage {
    const COLLECTION: &'static str = "usages";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new usage (names grade A). The subscription and its line, or the charge, locate it.
    pub struct NewUsage {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<UsageId>,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Subscription.
        subscription_id: Option<SubscriptionId>,
        /// Line of the subscription.
        subscription_line_id: Option<SubscriptionLineId>,
        /// Charge.
        charge_id: Option<ChargeId>,
        /// How much.
        quantity: Decimal,
        /// When it was used: a date or an instant.
        date: Option<OrdwayTime>,
        /// Unit of measure.
        unit_of_measure: Option<String>,
        /// Description.
        description: Option<String> => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewUsage {
    /// This much on a line of a subscription.
    pub fn on_line(
        subscription_id: impl Into<SubscriptionId>,
        line: impl Into<SubscriptionLineId>,
        quantity: Decimal,
    ) -> Self {
        Self {
            subscription_id: Some(subscription_id.into()),
            subscription_line_id: Some(line.into()),
            quantity,
            ..Self::default()
        }
    }
}

/// The usages of the company.
#[derive(Clone, Debug)]
pub struct Usages {
    core: Core<OrdwayError>,
}

impl Client {
    /// The usages.
    pub fn usages(&self) -> Usages {
        Usages { core: self.core.clone() }
    }
}

impl Usages {
    /// Lists usages by page number, for a quiet set. `GET /usages` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Usage> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads usages in order of change, losing none while they change. `GET /usages` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Usage> {
        seek(&self.core, LIST, from)
    }

    /// One usage. `GET /usages/{id}` (grade B), read.
    pub async fn get(&self, id: &UsageId) -> Result<Usage> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Reports a usage. `POST /usages` (grade B), once: a second report would be billed twice. After an
    /// unknown outcome look for it first, or give an id of your own. `None` where Ordway answers without the
    /// record.
    pub async fn create(&self, usage: &NewUsage) -> Result<Option<Usage>> {
        self.core.call(&CREATE, Call::new(usage)).await
    }

    /// Deletes a usage. `DELETE /usages/{id}` (grade B), once: after an unknown outcome read it, a 404 means
    /// it is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, id: &UsageId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`Usages`] does.
    pub trait UsagesApi for Usages {
        lists { list(query: ListQuery) -> List<Usage>; }
        calls {
            get(id: &UsageId) -> Result<Usage>;
            create(usage: &NewUsage) -> Result<Option<Usage>>;
            delete(id: &UsageId) -> Result<()>;
        }
    }
}
