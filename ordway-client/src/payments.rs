//! Payments.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::embedded::{CreditApplication, EmbeddedRefund, PaymentStatus, PaymentType};
use crate::error::{OrdwayError, Result};
use crate::ids::{CustomerId, InvoiceId, PaymentId};
use crate::input::input;
use crate::invoices::{RefundRequest, Reversal};
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::payment_runs::PaymentRunId;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /payments` (grade A).
pub const LIST: Endpoint<(), Listed<Payment>> = list_endpoint("payments.list", "/payments");
/// `GET /payments/{id}` (grade B).
pub const GET: Endpoint<(), Payment> =
    Endpoint::decoded_by("payments.get", Method::Get, "/payments/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /payments` (grade B).
pub const CREATE: Endpoint<NewPayment, Option<Payment>> =
    Endpoint::decoded_by("payments.create", Method::Post, "/payments", Safety::Once, maybe).grade(Grade::B);
/// `PUT /payments/{id}/reverse` (grade B).
pub const REVERSE: Endpoint<Reversal, Option<Payment>> =
    Endpoint::decoded_by("payments.reverse", Method::Put, "/payments/{id}/reverse", Safety::Once, maybe)
        .grade(Grade::B);
/// `PUT /payments/{id}/refund` (grade B).
pub const REFUND: Endpoint<RefundRequest, Option<Payment>> =
    Endpoint::decoded_by("payments.refund", Method::Put, "/payments/{id}/refund", Safety::Once, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), REVERSE.info(), REFUND.info()];

record! {
    /// A payment (grade A where nothing else is said; "tap" is the official tap). Amounts are in `currency`.
    pub struct Payment {
        /// Its id.
        id: PaymentId,
        /// Who paid.
        customer_id: Option<CustomerId>,
        /// When, in the company's zone.
        payment_date: Option<OrdwayDate>,
        /// State.
        status: Option<PaymentStatus>,
        /// Amount.
        payment_amount: Option<Decimal>,
        /// Applied to documents.
        applied_amount: Option<Decimal>,
        /// Not yet applied.
        unapplied_amount: Option<Decimal>,
        /// Given back.
        refunded_amount: Option<Decimal>,
        /// Fee.
        fee_amount: Option<Decimal>,
        /// Surcharge (tap).
        surcharge_fee: Option<Decimal>,
        /// Electronic or external.
        payment_type: Option<PaymentType>,
        /// Shown text of the method; may hold the last digits of an account.
        payment_method: Option<String> => personal,
        /// A gateway's token; in requests (grade B).
        payment_token: Option<String> => secret,
        /// The method is kept; in requests (grade B).
        save_for_later: Option<bool>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// Account code.
        gl_account: Option<String>,
        /// Rate to the company's currency (tap).
        conversion_rate: Option<Decimal>,
        /// Applied by itself; `None` on reversed ones.
        auto_apply: Option<bool>,
        /// What went to which invoice (grade B).
        invoices: Vec<CreditApplication>,
        /// Refunds of it; the amount is `amount_applied` here (grade B).
        refunds: Vec<EmbeddedRefund>,
        /// Retried attempts.
        retried_attempts: Option<i64>,
        /// Failed attempts.
        failed_attempt: Option<i64>,
        /// Why it failed (tap).
        failure_reason: Option<String> => personal,
        /// `Stripe`, …; missing on external payments.
        gateway_name: Option<String>,
        /// Whether a message was sent (tap).
        email_status: Option<bool>,
        /// The run that made it (tap).
        payment_run_id: Option<PaymentRunId>,
        /// When it was given back (tap).
        refunded_on: Option<OrdwayTime>,
        /// When it was reversed (grade D).
        reversed_on: Option<OrdwayDate>,
        /// What the gateway added (tap).
        opt: Option<serde_json::Value> => secret,
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

custom_fields!(Payment);

impl Listable for Payment {
    const COLLECTION: &'static str = "payments";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// How much of a new payment goes to an invoice (names grade B).
    pub struct PaymentAllocation {
        /// The invoice.
        id: Option<InvoiceId>,
        /// Amount, in the payment's currency.
        amount_applied: Option<Decimal>,
    }
}

input! {
    /// A new payment (names grade A, requirement unknown). Card data is not sent: use a gateway's token.
    pub struct NewPayment {
        /// Who pays.
        customer_id: CustomerId,
        /// Amount, in `currency`.
        payment_amount: Decimal,
        /// When, in the company's zone.
        payment_date: Option<Date>,
        /// Electronic or external.
        payment_type: Option<PaymentType>,
        /// For external ones: `Check`, `ACH`, …
        payment_method: Option<String> => personal,
        /// A gateway's token.
        payment_token: Option<String> => secret,
        /// Keep the method.
        save_for_later: Option<bool>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// Account code.
        gl_account: Option<String>,
        /// Apply it to open invoices.
        auto_apply: Option<bool>,
        /// What goes to which invoice.
        invoices: Vec<PaymentAllocation>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewPayment {
    /// A payment of this amount, in `currency`, by this customer.
    pub fn new(customer_id: impl Into<CustomerId>, payment_amount: Decimal) -> Self {
        Self { customer_id: customer_id.into(), payment_amount, ..Self::default() }
    }
}

/// The payments of the company.
#[derive(Clone, Debug)]
pub struct Payments {
    core: Core<OrdwayError>,
}

impl Client {
    /// The payments.
    pub fn payments(&self) -> Payments {
        Payments { core: self.core.clone() }
    }
}

impl Payments {
    /// Lists payments by page number, for a quiet set. `GET /payments` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Payment> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads payments in order of change, losing none while they change. `GET /payments` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Payment> {
        seek(&self.core, LIST, from)
    }

    /// One payment. `GET /payments/{id}` (grade B), read.
    pub async fn get(&self, id: &PaymentId) -> Result<Payment> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Takes or records a payment. `POST /payments` (grade B), once: a second try may charge the payer twice.
    /// After an unknown outcome look for it first. `None` where Ordway answers without the record.
    pub async fn create(&self, payment: &NewPayment) -> Result<Option<Payment>> {
        self.core.call(&CREATE, Call::new(payment)).await
    }

    /// Undoes an external payment. `PUT /payments/{id}/reverse` (grade B), once: after an unknown outcome
    /// read it again. `None` where Ordway answers without the record.
    pub async fn reverse(&self, id: &PaymentId, reversal: &Reversal) -> Result<Option<Payment>> {
        self.core.call(&REVERSE, Call::new(reversal).id(id)).await
    }

    /// Gives a payment back. `PUT /payments/{id}/refund` (grade B, body grade D), once: after an unknown
    /// outcome read it again. `None` where Ordway answers without the record.
    pub async fn refund(&self, id: &PaymentId, refund: &RefundRequest) -> Result<Option<Payment>> {
        self.core.call(&REFUND, Call::new(refund).id(id)).await
    }
}

api! {
    /// What [`Payments`] does.
    pub trait PaymentsApi for Payments {
        lists { list(query: ListQuery) -> List<Payment>; }
        calls {
            get(id: &PaymentId) -> Result<Payment>;
            create(payment: &NewPayment) -> Result<Option<Payment>>;
            reverse(id: &PaymentId, reversal: &Reversal) -> Result<Option<Payment>>;
            refund(id: &PaymentId, refund: &RefundRequest) -> Result<Option<Payment>>;
        }
    }
}
