//! Credits (credit memos).

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, open_enum, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::contacts::ContactSnapshot;
use crate::custom_fields::custom_fields;
use crate::embedded::{CreditApplication, EmbeddedRefund, TaxLine, TaxSubtotal};
use crate::error::{OrdwayError, Result};
use crate::ids::{CreditId, CustomerId, ProductId};
use crate::input::input;
use crate::invoices::{RefundRequest, Reversal};
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};

/// `GET /credits` (grade A).
pub const LIST: Endpoint<(), Listed<Credit>> = list_endpoint("credits.list", "/credits");
/// `GET /credits/{id}` (grade B).
pub const GET: Endpoint<(), Credit> =
    Endpoint::decoded_by("credits.get", Method::Get, "/credits/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /credits` (grade B; required fields unknown).
pub const CREATE: Endpoint<NewCredit, Option<Credit>> =
    Endpoint::decoded_by("credits.create", Method::Post, "/credits", Safety::Once, maybe).grade(Grade::B);
/// `PUT /credits/{id}/reverse` (grade B).
pub const REVERSE: Endpoint<Reversal, Option<Credit>> =
    Endpoint::decoded_by("credits.reverse", Method::Put, "/credits/{id}/reverse", Safety::Once, maybe)
        .grade(Grade::B);
/// `PUT /credits/{id}/refund` (grade B; the body is unknown).
pub const REFUND: Endpoint<RefundRequest, Option<Credit>> =
    Endpoint::decoded_by("credits.refund", Method::Put, "/credits/{id}/refund", Safety::Once, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), REVERSE.info(), REFUND.info()];

open_enum! {
    /// The state of a credit. Only `Processed` is recorded, the others are inferred (grade D).
    pub enum CreditStatus {
        /// In force (grade A).
        Processed = "Processed",
        /// Undone.
        Reversed = "Reversed",
        /// Paid out.
        Refunded = "Refunded",
        /// Paid out in part.
        PartiallyRefunded = "Partially refunded",
        /// Not in force yet.
        Draft = "Draft",
    }
}

record! {
    /// A line of a credit (grade A). Amounts are positive and in the credit's currency.
    pub struct CreditLine {
        /// Number, unique in the credit; a text on the wire.
        line_no: Option<String>,
        /// Product: what tax engines key on.
        product_id: Option<ProductId>,
        /// Its name.
        product_name: Option<String>,
        /// Description.
        description: Option<String> => personal,
        /// Account code.
        credit_account: Option<String>,
        /// Price per unit.
        unit_price: Option<Decimal>,
        /// How many.
        quantity: Option<Decimal>,
        /// Whether the built-in rules tax it.
        taxable: Option<bool>,
        /// The tax was set from outside (meaning grade D).
        tax_override: Option<bool>,
        /// Tax of the line.
        line_tax: Option<Decimal>,
        /// That tax by jurisdiction; never sampled, accepted where it appears.
        tax_lines: Vec<TaxLine>,
        /// Net amount of the line before tax.
        effective_price: Option<Decimal>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A credit (grade A where nothing else is said). Amounts are positive and in `currency`.
    pub struct Credit {
        /// Its id.
        id: CreditId,
        /// Its number (official tap only).
        credit_number: Option<String>,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Who is billed, as of then.
        billing_contact: Option<ContactSnapshot>,
        /// Who is shipped to, as of then.
        shipping_contact: Option<ContactSnapshot>,
        /// Date of the credit, in the company's zone.
        credit_date: Option<OrdwayDate>,
        /// State.
        status: Option<CreditStatus>,
        /// Before tax.
        subtotal: Option<Decimal>,
        /// Total tax.
        credit_tax: Option<Decimal>,
        /// Total with tax.
        credit_amount: Option<Decimal>,
        /// Applied to documents.
        applied_amount: Option<Decimal>,
        /// Not yet applied.
        unapplied_amount: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Rate to the company's currency.
        conversion_rate: Option<Decimal>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// Account code (2020; later per line).
        gl_account: Option<String>,
        /// Applied by itself; `None` on reversed ones.
        auto_apply: Option<bool>,
        /// Link to the PDF without a login. Grants access: never log it.
        credit_pdf_url: Option<String> => secret,
        /// Lines.
        credit_line_items: Vec<CreditLine>,
        /// Tax summary.
        subtotals: Vec<TaxSubtotal>,
        /// What went to which invoice.
        invoices: Vec<CreditApplication>,
        /// The same under the schema's second name; never sampled.
        invoices_applied: Vec<CreditApplication>,
        /// What went to which debit memo.
        debit_memos: Vec<serde_json::Value> => personal,
        /// Refunds.
        refunds: Vec<EmbeddedRefund>,
        /// When it was reversed; missing on others.
        reversed_on: Option<OrdwayDate>,
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

custom_fields!(Credit, CreditLine);

impl Listable for Credit {
    const COLLECTION: &'static str = "credits";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A line of a new credit (names grade A, requirement grade D).
    pub struct NewCreditLine {
        /// Product; without it a tax engine cannot judge the line.
        product_id: Option<ProductId>,
        /// Description.
        description: Option<String> => personal,
        /// Account code.
        credit_account: Option<String>,
        /// Price per unit, in the credit's currency.
        unit_price: Option<Decimal>,
        /// How many.
        quantity: Option<Decimal>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A new credit (names grade A, requirement grade D).
    pub struct NewCredit {
        /// Customer.
        customer_id: CustomerId,
        /// Date, in the company's zone.
        credit_date: Option<Date>,
        /// Total, in `currency`; or give lines.
        credit_amount: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Apply it to open invoices.
        auto_apply: Option<bool>,
        /// Reference number.
        reference_number: Option<String> => personal,
        /// Notes.
        notes: Option<String> => personal,
        /// Lines.
        credit_line_items: Vec<NewCreditLine>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewCredit {
    /// A credit for this customer.
    pub fn new(customer_id: impl Into<CustomerId>) -> Self {
        Self { customer_id: customer_id.into(), ..Self::default() }
    }
}

/// The credits of the company.
#[derive(Clone, Debug)]
pub struct Credits {
    core: Core<OrdwayError>,
}

impl Client {
    /// The credits.
    pub fn credits(&self) -> Credits {
        Credits { core: self.core.clone() }
    }
}

impl Credits {
    /// Lists credits by page number, for a quiet set. `GET /credits` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Credit> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads credits in order of change, losing none while they change. `GET /credits` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Credit> {
        seek(&self.core, LIST, from)
    }

    /// One credit. `GET /credits/{id}` (grade B), read.
    pub async fn get(&self, id: &CreditId) -> Result<Credit> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a credit. `POST /credits` (grade B), once: after an unknown outcome look for it first.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, credit: &NewCredit) -> Result<Option<Credit>> {
        self.core.call(&CREATE, Call::new(credit)).await
    }

    /// Undoes a credit. `PUT /credits/{id}/reverse` (grade B), once: after an unknown outcome read it again.
    /// `None` where Ordway answers without the record.
    pub async fn reverse(&self, id: &CreditId, reversal: &Reversal) -> Result<Option<Credit>> {
        self.core.call(&REVERSE, Call::new(reversal).id(id)).await
    }

    /// Pays a credit out. `PUT /credits/{id}/refund` (grade B, body grade D), once.
    /// `None` where Ordway answers without the record.
    pub async fn refund(&self, id: &CreditId, refund: &RefundRequest) -> Result<Option<Credit>> {
        self.core.call(&REFUND, Call::new(refund).id(id)).await
    }
}
