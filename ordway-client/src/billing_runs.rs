//! Billing runs: they make invoices of what is ready to be billed.

use jiff::civil::Date;
use ordway_anrok_http::json::{Object, Wire as _};
use ordway_anrok_http::{
    Call, Core, DecodeError, Endpoint, EndpointInfo, Grade, Method, Reject, Safety, decode, open_enum, record,
};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{BillingRunId, CustomerId, OrderId, SubscriptionId};
use crate::input::input;
use crate::invoices::Invoice;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /billing_runs` (grade A).
pub const LIST: Endpoint<(), Listed<BillingRun>> = list_endpoint("billingRuns.list", "/billing_runs");
/// `GET /billing_runs/{id}` (grade B).
pub const GET: Endpoint<(), BillingRun> =
    Endpoint::decoded_by("billingRuns.get", Method::Get, "/billing_runs/{id}", Safety::Read, one)
        .grade(Grade::B);
/// `POST /billing_runs` (grade B; asynchronous, but for a single subscription or order).
pub const CREATE: Endpoint<NewBillingRun, BillingRunStart> =
    Endpoint::decoded_by("billingRuns.create", Method::Post, "/billing_runs", Safety::Once, started)
        .grade(Grade::B);
/// `DELETE /billing_runs/{id}` (grade B). Once: a second try would answer 404 and hide the success of the
/// first.
pub const DELETE: Endpoint<(), ()> = Endpoint::decoded_by(
    "billingRuns.delete",
    Method::Delete,
    "/billing_runs/{id}",
    Safety::Once,
    decode::nothing,
)
.grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info(), DELETE.info()];

open_enum! {
    /// The state of a billing run.
    pub enum BillingRunStatus {
        /// Its invoices are posted (grade A).
        Posted = "Posted",
        /// Waiting (grade D).
        Queued = "Queued",
        /// Its invoices are drafts (grade D).
        Draft = "Draft",
        /// Done (grade D).
        Completed = "Completed",
        /// Did not work (grade D).
        Failed = "Failed",
    }
}

record! {
    /// One object that a run is limited to (grade A).
    pub struct RunFilterItem {
        /// Its id.
        id: Option<String>,
    }
}

record! {
    /// What a run is limited to (grade A).
    pub struct BillingRunFilter {
        /// Customers. Alone they never make a run real-time.
        customer: Vec<RunFilterItem>,
        /// Orders.
        order: Vec<RunFilterItem>,
        /// Subscriptions.
        subscription: Vec<RunFilterItem>,
    }
}

impl BillingRunFilter {
    /// This customer only.
    pub fn customer(id: impl Into<CustomerId>) -> Self {
        Self { customer: vec![item(id.into().as_str())], ..Self::default() }
    }

    /// This order only.
    pub fn order(id: impl Into<OrderId>) -> Self {
        Self { order: vec![item(id.into().as_str())], ..Self::default() }
    }

    /// This subscription only.
    pub fn subscription(id: impl Into<SubscriptionId>) -> Self {
        Self { subscription: vec![item(id.into().as_str())], ..Self::default() }
    }
}

fn item(id: &str) -> RunFilterItem {
    RunFilterItem { id: Some(id.to_owned()), ..RunFilterItem::default() }
}

record! {
    /// A billing run (grade A where nothing else is said).
    pub struct BillingRun {
        /// Its id.
        id: BillingRunId,
        /// State.
        status: Option<BillingRunStatus>,
        /// Everything that is ready by then is billed.
        target_date: Option<OrdwayDate>,
        /// Date of the invoices.
        invoice_date: Option<OrdwayDate>,
        /// Total of the invoices, in `currency`.
        invoices_total: Option<Decimal>,
        /// How many invoices.
        invoices_count: Option<i64>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// A list in one text: `one_time,recurring,usage_based`.
        charge_type: Option<String>,
        /// `Default`, …
        payment_term: Option<String>,
        /// What it was limited to.
        filter_options: Option<BillingRunFilter>,
        /// Customers it was limited to, in a form of its own.
        customer_filter_options: Option<Value> => personal,
        /// Subscriptions it was limited to, in a form of its own.
        subscription_filter_options: Option<Value> => personal,
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

custom_fields!(BillingRun);

impl Listable for BillingRun {
    const COLLECTION: &'static str = "billing_runs";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new billing run (names grade A, flags grade B, requirement unknown).
    pub struct NewBillingRun {
        /// Bill everything that is ready by then.
        target_date: Option<Date>,
        /// Date of the invoices.
        invoice_date: Option<Date>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// A list in one text: `one_time,recurring,usage_based`.
        charge_type: Option<String>,
        /// `Default`, …
        payment_term: Option<String>,
        /// What to limit it to. Without a limit it bills everything that is ready.
        filter_options: Option<BillingRunFilter>,
        /// Post the invoices: no draft is left for a tax engine to work on.
        auto_post: Option<bool>,
        /// E-mail the posted invoices to customers.
        send_after_post: Option<bool>,
        /// Leave out lines of zero.
        skip_zero_lines: Option<bool>,
        /// No e-mail where nothing is open.
        do_not_email_if_invoice_balance_zero: Option<bool>,
        /// No e-mail where the amount is zero.
        do_not_email_if_invoice_amount_zero: Option<bool>,
        /// No e-mail where the customer pays automatically.
        do_not_email_if_auto_pay_is_on_with_payment_method: Option<bool>,
    }
}

impl NewBillingRun {
    /// Bills what is ready by `target_date`, within `filter`.
    pub fn new(target_date: Date, filter: BillingRunFilter) -> Self {
        Self { target_date: Some(target_date), filter_options: Some(filter), ..Self::default() }
    }
}

/// What a new run answered: the queued run, or the invoices of one that ran at once (grade B for the fact, D
/// for the form). Both may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BillingRunStart {
    /// The run.
    pub run: Option<BillingRun>,
    /// Its invoices, where it ran at once.
    pub invoices: Vec<Invoice>,
    /// Invoices of the answer that could not be read.
    pub rejects: Vec<Reject>,
}

/// Sorts the answer by what its objects look like: an invoice has lines or a customer, a run has neither.
fn started(body: &[u8]) -> std::result::Result<BillingRunStart, DecodeError> {
    let mut start = BillingRunStart::default();
    // Text that is no JSON object or array proves nothing and is dropped, as for every write.
    let objects = match maybe::<Value>(body)? {
        Some(Value::Array(objects)) => objects,
        Some(object @ Value::Object(_)) => vec![object],
        _ => Vec::new(),
    };
    for mut object in objects {
        if let Some(Value::Array(invoices)) = object.get_mut("invoices").map(Value::take) {
            for invoice in invoices {
                start.add_invoice(invoice);
            }
        }
        if object.get("line_items").is_some() || object.get("customer_id").is_some() {
            start.add_invoice(object);
        } else if let Ok((Some(run), _)) = BillingRun::take(object) {
            start.run = Some(run);
        }
    }
    Ok(start)
}

impl BillingRunStart {
    fn add_invoice(&mut self, invoice: Value) {
        match Invoice::read(&invoice) {
            Ok(Some(invoice)) => self.invoices.push(invoice),
            Ok(None) => {}
            Err(error) => {
                let id = invoice.get("id").and_then(Value::as_str).map(str::to_owned);
                self.rejects.push(Reject::new(id, error.path(), error.reason(), invoice));
            }
        }
    }
}

/// The billing runs of the company.
#[derive(Clone, Debug)]
pub struct BillingRuns {
    core: Core<OrdwayError>,
}

impl Client {
    /// The billing runs.
    pub fn billing_runs(&self) -> BillingRuns {
        BillingRuns { core: self.core.clone() }
    }
}

impl BillingRuns {
    /// Lists billing runs by page number, for a quiet set. `GET /billing_runs` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<BillingRun> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One billing run. `GET /billing_runs/{id}` (grade B), read.
    pub async fn get(&self, id: &BillingRunId) -> Result<BillingRun> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Starts a run. `POST /billing_runs` (grade B), once: a second run may bill twice. After an unknown
    /// outcome look for it first. It is queued; one limited to a single subscription or order runs at once
    /// where the company has turned on real-time invoices, and then the invoices are in the answer.
    pub async fn create(&self, run: &NewBillingRun) -> Result<BillingRunStart> {
        self.core.call(&CREATE, Call::new(run)).await
    }

    /// Deletes a run. `DELETE /billing_runs/{id}` (grade B), once: after an unknown outcome read it, a 404
    /// means it is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, id: &BillingRunId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`BillingRuns`] does.
    pub trait BillingRunsApi for BillingRuns {
        lists { list(query: ListQuery) -> List<BillingRun>; }
        calls {
            get(id: &BillingRunId) -> Result<BillingRun>;
            create(run: &NewBillingRun) -> Result<BillingRunStart>;
            delete(id: &BillingRunId) -> Result<()>;
        }
    }
}
