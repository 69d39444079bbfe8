//! Payment runs: collecting many open invoices at once.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, open_enum, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /payment_runs` (grade A).
pub const LIST: Endpoint<(), Listed<PaymentRun>> = list_endpoint("paymentRuns.list", "/payment_runs");
/// `GET /payment_runs/{id}` (grade B).
pub const GET: Endpoint<(), PaymentRun> =
    Endpoint::decoded_by("paymentRuns.get", Method::Get, "/payment_runs/{id}", Safety::Read, one)
        .grade(Grade::B);
/// `POST /payment_runs` (grade B).
pub const CREATE: Endpoint<NewPaymentRun, Option<PaymentRun>> =
    Endpoint::decoded_by("paymentRuns.create", Method::Post, "/payment_runs", Safety::Once, maybe)
        .grade(Grade::B);
/// `PUT /payment_runs/{id}/reverse` (grade B; body `{}`).
pub const REVERSE: Endpoint<ReversePaymentRun, Option<PaymentRun>> = Endpoint::decoded_by(
    "paymentRuns.reverse",
    Method::Put,
    "/payment_runs/{id}/reverse",
    Safety::Once,
    maybe,
)
.grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info(), REVERSE.info()];

id! {
    /// A payment run: `PR-00002` (revenue rules use the same prefix).
    pub struct PaymentRunId
}

open_enum! {
    /// The state of a payment run.
    pub enum PaymentRunStatus {
        /// Done (grade A).
        Completed = "Completed",
        /// Working (grade D).
        InProgress = "in progress",
        /// Did not work (grade D).
        Failed = "failed",
    }
}

record! {
    /// A payment run (grade A where nothing else is said; "tap" is the official tap). It carries no times.
    pub struct PaymentRun {
        /// Its id.
        id: PaymentRunId,
        /// State.
        status: Option<PaymentRunStatus>,
        /// Invoices due by then (older name).
        target_date: Option<OrdwayDate>,
        /// Invoices due by then (2025).
        target_invoice_due_date: Option<OrdwayDate>,
        /// What it was limited to.
        filter_options: Object => personal,
        /// The same in words (tap).
        filter_options_named: Option<String> => personal,
        /// Payments that worked.
        success_count: Option<i64>,
        /// Payments that did not.
        failure_count: Option<i64>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// All payments, in `currency`.
        payments_total_value: Option<Decimal>,
        /// Payments that worked, in `currency`.
        payments_success_value: Option<Decimal>,
        /// Payments that did not, in `currency`.
        payments_failed_value: Option<Decimal>,
        /// All refunds, in `currency`.
        refunds_total_value: Option<Decimal>,
        /// Refunds that worked, in `currency`.
        refunds_success_value: Option<Decimal>,
        /// Refunds that did not, in `currency`.
        refunds_failed_value: Option<Decimal>,
        /// One payment per customer.
        payment_per_customer: Option<bool>,
        /// Negative invoices are paid out.
        refunds_for_negative_invoices: Option<bool>,
        /// Payers are told of success.
        send_email_on_payments_success: Option<bool>,
        /// Payers are told of failure.
        send_email_on_payment_fail: Option<bool>,
        /// Failed payments are tried again (tap).
        retry_failed_payments: Option<bool>,
        /// The same under another spelling (grade B).
        retry_failed_payment: Option<bool>,
        /// Surcharge.
        payment_processing_surcharge: Option<Decimal>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

custom_fields!(PaymentRun);

impl Listable for PaymentRun {
    const COLLECTION: &'static str = "payment_runs";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        None
    }
}

input! {
    /// A new payment run (names grade A, requirement unknown).
    pub struct NewPaymentRun {
        /// Invoices due by then.
        target_invoice_due_date: Option<Date>,
        /// The same under its older name.
        target_date: Option<Date>,
        /// What to limit it to. Without a limit it collects everything that is open.
        filter_options: Object => personal,
        /// ISO 4217 code.
        currency: Option<String>,
        /// One payment per customer.
        payment_per_customer: Option<bool>,
        /// Pay negative invoices out.
        refunds_for_negative_invoices: Option<bool>,
        /// Tell payers of success.
        send_email_on_payments_success: Option<bool>,
        /// Tell payers of failure.
        send_email_on_payment_fail: Option<bool>,
        /// Try failed payments again.
        retry_failed_payment: Option<bool>,
    }
}

input! {
    /// The undoing of a run. No member is known; `Default` sends `{}` (grade B).
    pub struct ReversePaymentRun {
        /// The day, in the company's zone (grade D).
        reversed_on: Option<Date>,
    }
}

/// The payment runs of the company.
#[derive(Clone, Debug)]
pub struct PaymentRuns {
    core: Core<OrdwayError>,
}

impl Client {
    /// The payment runs.
    pub fn payment_runs(&self) -> PaymentRuns {
        PaymentRuns { core: self.core.clone() }
    }
}

impl PaymentRuns {
    /// Lists payment runs by page number, for a quiet set. `GET /payment_runs` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<PaymentRun> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One payment run. `GET /payment_runs/{id}` (grade B), read.
    pub async fn get(&self, id: &PaymentRunId) -> Result<PaymentRun> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Starts a run. `POST /payment_runs` (grade B), once: a second run may charge payers twice. After an
    /// unknown outcome look for it first. `None` where Ordway answers without the record.
    pub async fn create(&self, run: &NewPaymentRun) -> Result<Option<PaymentRun>> {
        self.core.call(&CREATE, Call::new(run)).await
    }

    /// Undoes a run. `PUT /payment_runs/{id}/reverse` (grade B), once: after an unknown outcome read it
    /// again. `None` where Ordway answers without the record.
    pub async fn reverse(
        &self,
        id: &PaymentRunId,
        reversal: &ReversePaymentRun,
    ) -> Result<Option<PaymentRun>> {
        self.core.call(&REVERSE, Call::new(reversal).id(id)).await
    }
}

api! {
    /// What [`PaymentRuns`] does.
    pub trait PaymentRunsApi for PaymentRuns {
        lists { list(query: ListQuery) -> List<PaymentRun>; }
        calls {
            get(id: &PaymentRunId) -> Result<PaymentRun>;
            create(run: &NewPaymentRun) -> Result<Option<PaymentRun>>;
            reverse(id: &PaymentRunId, reversal: &ReversePaymentRun) -> Result<Option<PaymentRun>>;
        }
    }
}
