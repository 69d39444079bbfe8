//! Invoices, and the write of tax into them.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, open_enum, record};
use rust_decimal::Decimal;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::client::Client;
use crate::contacts::ContactSnapshot;
use crate::custom_fields::custom_fields;
use crate::embedded::{EmbeddedCredit, EmbeddedPayment, EmbeddedRefund, TaxLine, TaxSubtotal};
use crate::error::{OrdwayError, Result};
use crate::ids::{
    BillingRunId, ChargeId, CustomerId, InvoiceId, OrderId, PlanId, ProductId, SubscriptionId,
    SubscriptionLineId,
};
use crate::input::input;
use crate::list::{List, Listable, Listed, list_endpoint, list_query, maybe, one, pager};
use crate::patch::Patch;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};

/// `GET /invoices` (grade A).
pub const LIST: Endpoint<(), Listed<Invoice>> = list_endpoint("invoices.list", "/invoices");
/// `GET /invoices/{id}` (grade B).
pub const GET: Endpoint<(), Invoice> =
    Endpoint::decoded_by("invoices.get", Method::Get, "/invoices/{id}", Safety::Read, one).grade(Grade::B);
/// `PUT /invoices/{id}/reverse` (grade B).
pub const REVERSE: Endpoint<Reversal, Option<Invoice>> =
    Endpoint::decoded_by("invoices.reverse", Method::Put, "/invoices/{id}/reverse", Safety::Once, maybe)
        .grade(Grade::B);
/// `PUT /invoices/{id}/refund` (grade B; the body is unknown).
pub const REFUND: Endpoint<RefundRequest, Option<Invoice>> =
    Endpoint::decoded_by("invoices.refund", Method::Put, "/invoices/{id}/refund", Safety::Once, maybe)
        .grade(Grade::B);
/// `POST /invoices` (grade C).
pub const CREATE: Endpoint<NewInvoice, Option<Invoice>> =
    Endpoint::decoded_by("invoices.create", Method::Post, "/invoices", Safety::Once, maybe).grade(Grade::C);
/// `PUT /invoices/{id}` (grade C).
pub const UPDATE: Endpoint<UpdateInvoice, Option<Invoice>> =
    Endpoint::decoded_by("invoices.update", Method::Put, "/invoices/{id}", Safety::Repeatable, maybe)
        .grade(Grade::C);
/// `PUT /invoices/{id}` with the lines' tax (path grade C, body grade D).
///
/// Once, although it sets field values: between two tries a user may post the draft, and a posted invoice must not
/// be written to. Read the invoice again before a repeat.
pub const WRITE_TAX: Endpoint<TaxWrite, Option<Invoice>> =
    Endpoint::decoded_by("invoices.writeTax", Method::Put, "/invoices/{id}", Safety::Once, maybe)
        .grade(Grade::D);
/// `PUT /invoices/{id}/post` (grade D).
pub const POST: Endpoint<(), Option<Invoice>> =
    Endpoint::decoded_by("invoices.post", Method::Put, "/invoices/{id}/post", Safety::Once, maybe)
        .grade(Grade::D);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[
    LIST.info(),
    GET.info(),
    REVERSE.info(),
    REFUND.info(),
    CREATE.info(),
    UPDATE.info(),
    WRITE_TAX.info(),
    POST.info(),
];

open_enum! {
    /// The state of an invoice. The list is closed (grade B), its spelling recorded but for `Draft`.
    pub enum InvoiceStatus {
        /// Not sent; tax may be written.
        Draft = "Draft",
        /// Sent, unpaid.
        Posted = "Posted",
        /// Paid in part.
        PartiallyPaid = "Partially paid",
        /// Paid.
        Paid = "Paid",
        /// Undone.
        Reversed = "Reversed",
    }
}

open_enum! {
    /// What kind of charge a line comes from.
    pub enum ChargeType {
        /// Charged once (grade A).
        OneTime = "one_time",
        /// Charged every period (grade A).
        Recurring = "recurring",
        /// Charged by usage (grade D).
        UsageBased = "usage_based",
    }
}

record! {
    /// A line of an invoice (grade A where nothing else is said). Amounts are in the invoice's currency.
    pub struct LineItem {
        /// Number, unique in the invoice; a text on the wire.
        line_no: Option<String>,
        /// Subscription it comes from.
        subscription_id: Option<SubscriptionId>,
        /// Line of that subscription.
        subscription_line_id: Option<SubscriptionLineId>,
        /// Order it comes from (grade B).
        order_id: Option<OrderId>,
        /// Customer; may differ from the invoice's when the parent is billed.
        customer_id: Option<CustomerId>,
        /// That customer's name.
        customer_name: Option<String> => personal,
        /// Product: what tax engines key on.
        product_id: Option<ProductId>,
        /// Its name.
        product_name: Option<String>,
        /// Plan.
        plan_id: Option<PlanId>,
        /// Its name.
        plan_name: Option<String>,
        /// Charge; the kind of id varies.
        charge_id: Option<ChargeId>,
        /// Its name.
        charge_name: Option<String>,
        /// Its kind.
        charge_type: Option<ChargeType>,
        /// Description.
        description: Option<String> => personal,
        /// Start of the service.
        start_date: Option<OrdwayDate>,
        /// End of the service; `None` on one-time lines.
        end_date: Option<OrdwayDate>,
        /// Price per unit actually charged.
        unit_price: Option<Decimal>,
        /// List price per unit.
        list_price: Option<Decimal>,
        /// `Billing Period`, or a number in text on one-time lines.
        list_price_base: Option<String>,
        /// How many; may be negative.
        quantity: Option<Decimal>,
        /// Included units (grade B).
        included_quantity: Option<Decimal>,
        /// Discount in percent, not rounded.
        discount: Option<Decimal>,
        /// Net amount of the line after discount and before tax; the lines add up to the subtotal (meaning grade D).
        effective_price: Option<Decimal>,
        /// Copied from the product: whether the built-in rules tax it.
        taxable: Option<bool>,
        /// Tax of the line.
        line_tax: Option<Decimal>,
        /// That tax by jurisdiction.
        tax_lines: Vec<TaxLine>,
        /// Price tiers applied.
        applied_tiers: Vec<serde_json::Value>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// An invoice (grade A where nothing else is said). Amounts are in `currency`.
    pub struct Invoice {
        /// Its id, always generated by Ordway.
        id: InvoiceId,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// That customer's name.
        customer_name: Option<String> => personal,
        /// Who is billed, as of then.
        billing_contact: Option<ContactSnapshot>,
        /// Who is shipped to, as of then. Present even when all of it is blank: [`ContactSnapshot::has_address`].
        shipping_contact: Option<ContactSnapshot>,
        /// Date of the invoice, in the company's zone.
        invoice_date: Option<OrdwayDate>,
        /// Due date.
        due_date: Option<OrdwayDate>,
        /// Start of the service period.
        start_date: Option<OrdwayDate>,
        /// End of the service period.
        end_date: Option<OrdwayDate>,
        /// The billing run that made it.
        billing_run_id: Option<BillingRunId>,
        /// Sum of the lines before tax.
        subtotal: Option<Decimal>,
        /// Total tax.
        invoice_tax: Option<Decimal>,
        /// Total with tax; negative on credit-like invoices.
        invoice_amount: Option<Decimal>,
        /// Paid so far.
        paid_amount: Option<Decimal>,
        /// Still open.
        balance: Option<Decimal>,
        /// State.
        status: Option<InvoiceStatus>,
        /// When it was reversed; missing on others.
        reversed_on: Option<OrdwayDate>,
        /// The reversal was e-mailed.
        reversal_email: Option<bool>,
        /// It was e-mailed.
        emailed: Option<bool>,
        /// Notes.
        notes: Option<String> => personal,
        /// Link to the PDF without a login. Grants access: never log it.
        invoice_pdf_url: Option<String> => secret,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Rate to the company's currency.
        exchange_rate: Option<Decimal>,
        /// `0`, `30`, `Due on Receipt`.
        payment_terms: Option<String>,
        /// Payment term by id (since 2021).
        payment_term_id: Option<String>,
        /// Shown name of the discount.
        discount_display_name: Option<String>,
        /// Lines.
        line_items: Vec<LineItem>,
        /// Tax summary; empty on untaxed invoices.
        subtotals: Vec<TaxSubtotal>,
        /// Payments applied.
        payments: Vec<EmbeddedPayment>,
        /// Credits applied.
        credits: Vec<EmbeddedCredit>,
        /// Refunds.
        refunds: Vec<EmbeddedRefund>,
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

custom_fields!(Invoice, LineItem);

impl Listable for Invoice {
    const COLLECTION: &'static str = "invoices";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

list_query! {
    /// What to list. Whether drafts come without asking is not proven (assumed: yes).
    pub struct ListInvoices {
        /// Of this customer (grade B).
        customer_id: CustomerId = "customer_id",
        /// In this state (grade B).
        status: InvoiceStatus = "status",
        /// Of this date (grade B).
        date: Date = "date",
    }
}

input! {
    /// The day a document is undone on.
    pub struct Reversal {
        /// The day, in the company's zone.
        reversed_on: Option<Date>,
    }
}

impl Reversal {
    /// On this day.
    pub fn on(day: Date) -> Self {
        Self { reversed_on: Some(day), ..Self::default() }
    }
}

input! {
    /// A refund of an invoice, credit or payment. The body is not public; names are those of the refund (grade D).
    pub struct RefundRequest {
        /// Amount, in the document's currency.
        refund_amount: Option<Decimal>,
        /// When.
        refund_date: Option<Date>,
        /// Electronic or external.
        refund_type: Option<crate::embedded::PaymentType>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
    }
}

input! {
    /// A line of a new invoice (grade D).
    pub struct NewInvoiceLine {
        /// Product.
        product_id: Option<ProductId>,
        /// Description.
        description: Option<String> => personal,
        /// How many.
        quantity: Option<Decimal>,
        /// Price per unit, in the invoice's currency.
        unit_price: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A new invoice (grade C: invoices normally come from billing runs).
    pub struct NewInvoice {
        /// Customer.
        customer_id: CustomerId,
        /// Date, in the company's zone.
        invoice_date: Option<Date>,
        /// Due date.
        due_date: Option<Date>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// `30`, `Due on Receipt`.
        payment_terms: Option<String>,
        /// Notes.
        notes: Option<String> => personal,
        /// Lines.
        line_items: Vec<NewInvoiceLine>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewInvoice {
    /// An invoice for this customer.
    pub fn new(customer_id: impl Into<CustomerId>) -> Self {
        Self { customer_id: customer_id.into(), ..Self::default() }
    }
}

input! {
    /// A change of an invoice (grade C); what is left out stays.
    pub struct UpdateInvoice {
        /// Date, in the company's zone.
        invoice_date: Option<Date>,
        /// Due date.
        due_date: Option<Date>,
        /// `30`, `Due on Receipt`.
        payment_terms: Patch<String>,
        /// Notes.
        notes: Patch<String> => personal,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The tax to write into a draft invoice: `{"line_items":[{"line_no","line_tax","tax_lines":[{"name","value"}]}]}`.
///
/// No public source shows this request (grade D). Where it is another one, re-route [`WRITE_TAX`] or use
/// [`Client::raw`]; in any case read the invoice again and compare `invoice_tax`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxWrite {
    /// One entry per line.
    pub lines: Vec<LineTax>,
}

/// The tax of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineTax {
    /// The line's number.
    pub line_no: String,
    /// The tax as exact text with the currency's decimals: `8.75`.
    pub line_tax: String,
    /// The same by jurisdiction, as name and amount; the amounts add up to `line_tax`.
    pub tax_lines: Vec<(String, String)>,
}

#[derive(Serialize)]
struct TaxLineBody<'a> {
    name: &'a str,
    value: &'a str,
}

impl Serialize for TaxWrite {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("TaxWrite", 1)?;
        body.serialize_field("line_items", &self.lines)?;
        body.end()
    }
}

impl Serialize for LineTax {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let rows: Vec<_> = self.tax_lines.iter().map(|(name, value)| TaxLineBody { name, value }).collect();
        let mut body = serializer.serialize_struct("LineTax", 3)?;
        body.serialize_field("line_no", &self.line_no)?;
        body.serialize_field("line_tax", &self.line_tax)?;
        body.serialize_field("tax_lines", &rows)?;
        body.end()
    }
}

/// The invoices of the company.
#[derive(Clone, Debug)]
pub struct Invoices {
    core: Core<OrdwayError>,
}

impl Client {
    /// The invoices.
    pub fn invoices(&self) -> Invoices {
        Invoices { core: self.core.clone() }
    }
}

impl Invoices {
    /// Lists invoices by page number, for a quiet set. `GET /invoices` (grade A), read.
    pub fn list(&self, query: ListInvoices) -> List<Invoice> {
        pager(&self.core, LIST, Vec::new(), query.into())
    }

    /// Reads invoices in order of change, losing none while they change. `GET /invoices` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Invoice> {
        seek(&self.core, LIST, from)
    }

    /// One invoice. `GET /invoices/{id}` (grade B), read.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use ordway_client::{Client, invoices, testing::Stub};
    ///
    /// let ordway = Client::stubbed(Stub::new().on(&invoices::GET, |call| {
    ///     let mut invoice = invoices::Invoice::default();
    ///     invoice.id = call.ids[0].as_str().into();
    ///     Ok(invoice)
    /// }));
    /// # let run = async {
    /// let invoice = ordway.invoices().get(&"INV-00042".into()).await?;
    /// assert_eq!(invoice.id.as_str(), "INV-00042");
    /// # Ok::<(), ordway_client::Error>(()) };
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run).unwrap();
    /// # }
    /// ```
    pub async fn get(&self, id: &InvoiceId) -> Result<Invoice> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Undoes an invoice. `PUT /invoices/{id}/reverse` (grade B), once: after an unknown outcome read it again.
    /// `None` where Ordway answers without the record.
    pub async fn reverse(&self, id: &InvoiceId, reversal: &Reversal) -> Result<Option<Invoice>> {
        self.core.call(&REVERSE, Call::new(reversal).id(id)).await
    }

    /// Pays a *negative* invoice out. `PUT /invoices/{id}/refund` (grade B, body grade D), once.
    /// `None` where Ordway answers without the record.
    pub async fn refund(&self, id: &InvoiceId, refund: &RefundRequest) -> Result<Option<Invoice>> {
        self.core.call(&REFUND, Call::new(refund).id(id)).await
    }

    /// Creates an invoice. `POST /invoices` (grade C: prefer a billing run), once.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, invoice: &NewInvoice) -> Result<Option<Invoice>> {
        self.core.call(&CREATE, Call::new(invoice)).await
    }

    /// Changes an invoice. `PUT /invoices/{id}` (grade C), repeatable.
    /// `None` where Ordway answers without the record; read it again to see the effect.
    pub async fn update(&self, id: &InvoiceId, change: &UpdateInvoice) -> Result<Option<Invoice>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Writes tax into a draft. `PUT /invoices/{id}` (grade D), once: a draft may be posted between two tries.
    ///
    /// Check right before that the status is Draft, and after that the tax arrived: an answer of success proves
    /// nothing. `None` where Ordway answers without the record.
    pub async fn write_tax(&self, id: &InvoiceId, tax: &TaxWrite) -> Result<Option<Invoice>> {
        self.core.call(&WRITE_TAX, Call::new(tax).id(id)).await
    }

    /// Posts a draft. `PUT /invoices/{id}/post` (grade D: a guess), once. Prefer a billing run with `auto_post`.
    /// `None` where Ordway answers without the record.
    pub async fn post(&self, id: &InvoiceId) -> Result<Option<Invoice>> {
        self.core.call(&POST, Call::new(&()).id(id)).await
    }
}
