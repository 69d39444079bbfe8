//! Refunds. They come from the `refund` action of a payment, credit or negative invoice.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, open_enum, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::embedded::PaymentType;
use crate::error::{OrdwayError, Result};
use crate::ids::{CreditId, CustomerId, InvoiceId, PaymentId, RefundId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::payment_runs::PaymentRunId;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /refunds` (grade A).
pub const LIST: Endpoint<(), Listed<Refund>> = list_endpoint("refunds.list", "/refunds");
/// `GET /refunds/{id}` (grade B).
pub const GET: Endpoint<(), Refund> =
    Endpoint::decoded_by("refunds.get", Method::Get, "/refunds/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /refunds` (grade C; prefer the `refund` action of the document).
pub const CREATE: Endpoint<NewRefund, Option<Refund>> =
    Endpoint::decoded_by("refunds.create", Method::Post, "/refunds", Safety::Once, maybe).grade(Grade::C);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info()];

open_enum! {
    /// The state of a refund: the member is `refund_status`, not `status`.
    pub enum RefundStatus {
        /// Done (grade A).
        Succeeded = "Succeeded",
        /// Did not work (grade D).
        Failed = "Failed",
    }
}

record! {
    /// A refund (grade A, recorded, where nothing else is said; "tap" is the official tap). Amounts are in
    /// `currency`.
    pub struct Refund {
        /// Its id.
        id: RefundId,
        /// Who gets it.
        customer_id: Option<CustomerId>,
        /// When, in the company's zone.
        refund_date: Option<OrdwayDate>,
        /// Amount.
        refund_amount: Option<Decimal>,
        /// Electronic or external.
        refund_type: Option<PaymentType>,
        /// State.
        refund_status: Option<RefundStatus>,
        /// The payment it gives back.
        payment_id: Option<PaymentId>,
        /// The credit it pays out (tap).
        credit_id: Option<CreditId>,
        /// The negative invoice it pays out (tap).
        invoice_id: Option<InvoiceId>,
        /// Notes.
        notes: Option<String> => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Rate to the company's currency.
        conversion_rate: Option<Decimal>,
        /// Why it failed (tap).
        failure_reason: Option<String> => personal,
        /// The run that made it (tap).
        payment_run_id: Option<PaymentRunId>,
        /// State of the last export to another system: `failed`.
        integration_status: Option<String>,
        /// When that export failed.
        integration_failed_at: Option<OrdwayTime>,
        /// Messages of exports by integration.
        integration_messages: Object => personal,
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

custom_fields!(Refund);

impl Listable for Refund {
    const COLLECTION: &'static str = "refunds";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new refund (grade C).
    pub struct NewRefund {
        /// Who gets it.
        customer_id: CustomerId,
        /// Amount, in `currency`.
        refund_amount: Decimal,
        /// When, in the company's zone.
        refund_date: Option<Date>,
        /// Electronic or external.
        refund_type: Option<PaymentType>,
        /// The payment it gives back.
        payment_id: Option<PaymentId>,
        /// The credit it pays out.
        credit_id: Option<CreditId>,
        /// The negative invoice it pays out.
        invoice_id: Option<InvoiceId>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
    }
}

impl NewRefund {
    /// A refund of this amount to this customer.
    pub fn new(customer_id: impl Into<CustomerId>, refund_amount: Decimal) -> Self {
        Self { customer_id: customer_id.into(), refund_amount, ..Self::default() }
    }
}

/// The refunds of the company.
#[derive(Clone, Debug)]
pub struct Refunds {
    core: Core<OrdwayError>,
}

impl Client {
    /// The refunds.
    pub fn refunds(&self) -> Refunds {
        Refunds { core: self.core.clone() }
    }
}

impl Refunds {
    /// Lists refunds by page number, for a quiet set. `GET /refunds` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Refund> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads refunds in order of change, losing none while they change. `GET /refunds` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Refund> {
        seek(&self.core, LIST, from)
    }

    /// One refund. `GET /refunds/{id}` (grade B), read.
    pub async fn get(&self, id: &RefundId) -> Result<Refund> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a refund. `POST /refunds` (grade C: a catalogue only), once: after an unknown outcome look for
    /// it first. Prefer the `refund` action of the payment, credit or invoice. `None` where Ordway answers
    /// without the record.
    pub async fn create(&self, refund: &NewRefund) -> Result<Option<Refund>> {
        self.core.call(&CREATE, Call::new(refund)).await
    }
}

api! {
    /// What [`Refunds`] does.
    pub trait RefundsApi for Refunds {
        lists { list(query: ListQuery) -> List<Refund>; }
        calls {
            get(id: &RefundId) -> Result<Refund>;
            create(refund: &NewRefund) -> Result<Option<Refund>>;
        }
    }
}
