//! Products: what is sold, and what tax engines key on.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::customers::ActiveStatus;
use crate::error::{OrdwayError, Result};
use crate::ids::{ProductId, RevenueRuleId};
use crate::input::input;
use crate::list::{List, Listable, Listed, list_endpoint, list_query, maybe, one, pager};
use crate::patch::Patch;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::OrdwayTime;

/// `GET /products` (grade A).
pub const LIST: Endpoint<(), Listed<Product>> = list_endpoint("products.list", "/products");
/// `GET /products/{id}` (grade B).
pub const GET: Endpoint<(), Product> =
    Endpoint::decoded_by("products.get", Method::Get, "/products/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /products` (grade B).
pub const CREATE: Endpoint<NewProduct, Option<Product>> =
    Endpoint::decoded_by("products.create", Method::Post, "/products", Safety::Once, maybe).grade(Grade::B);
/// `PUT /products/{id}` (grade B).
pub const UPDATE: Endpoint<UpdateProduct, Option<Product>> =
    Endpoint::decoded_by("products.update", Method::Put, "/products/{id}", Safety::Repeatable, maybe)
        .grade(Grade::B);
/// `DELETE /products/{id}` (grade B).
pub const DELETE: Endpoint<(), ()> =
    Endpoint::decoded_by("products.delete", Method::Delete, "/products/{id}", Safety::Once, decode::nothing)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info(), DELETE.info()];

record! {
    /// Which accounts a kind of transaction is posted to (grade A).
    pub struct PostingEntry {
        /// `Orders/Contract`, `Invoice Posting`, `Revenue Schedule`, `Debit Memo`, `Credit`.
        transaction_type: Option<String>,
        /// Account code.
        debit_account: Option<String>,
        /// Account code.
        credit_account: Option<String>,
    }
}

record! {
    /// A product. Field names and kinds are grade A where nothing else is said.
    pub struct Product {
        /// Its id.
        id: ProductId,
        /// Name; may end in blanks.
        name: Option<String>,
        /// SKU.
        sku: Option<String>,
        /// Description.
        description: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Whether its lines are taxed by the built-in rules.
        taxable: Option<bool>,
        /// Name of the product tax group (2025).
        product_tax_group_name: Option<String>,
        /// Price, in `currency`.
        price: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// How revenue is recognised.
        revenue_rule_id: Option<RevenueRuleId>,
        /// `Invoice Date`, `Billing Start Date`, `Charge Start Date`, `Completion Date`.
        recognition_start_date: Option<String>,
        /// In the same style.
        recognition_end_date: Option<String>,
        /// Accounts by kind of transaction.
        transaction_posting_entries: Vec<PostingEntry>,
        /// Revenue schedules are shown.
        show_revenue_schedules: Option<bool>,
        /// Account code; older accounting set-up, as are the ten below (official tap only).
        income_account: Option<String>,
        /// Revenue is deferred.
        deferred_revenue_enabled: Option<bool>,
        /// Orders are posted.
        order_journal_entry_enabled: Option<bool>,
        /// Account code.
        order_debit_account: Option<String>,
        /// Account code.
        order_credit_account: Option<String>,
        /// Invoices are posted.
        invoice_journal_entry_enabled: Option<bool>,
        /// Account code.
        invoice_debit_account: Option<String>,
        /// Account code.
        invoice_credit_account: Option<String>,
        /// Revenue is posted.
        revenue_journal_entry_enabled: Option<bool>,
        /// Account code.
        revenue_debit_account: Option<String>,
        /// Account code.
        revenue_credit_account: Option<String>,
        /// State of the last export to another system.
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
        /// Custom fields; Avalara's `avalara_tax_code` among them.
        custom_fields: Object => personal,
    }
}

custom_fields!(Product);

impl Listable for Product {
    const COLLECTION: &'static str = "products";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

list_query! {
    /// What to list.
    pub struct ListProducts {
        /// Exactly this name (grade B).
        name: String = "name",
        /// In this state (grade B).
        status: ActiveStatus = "status",
    }
}

input! {
    /// A new product (grade B: which fields are required is unknown).
    pub struct NewProduct {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<ProductId>,
        /// Name.
        name: String,
        /// SKU.
        sku: Option<String>,
        /// Description.
        description: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Whether its lines are taxed by the built-in rules.
        taxable: Option<bool>,
        /// Name of the product tax group.
        product_tax_group_name: Option<String>,
        /// Price, in `currency`.
        price: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// How revenue is recognised.
        revenue_rule_id: Option<RevenueRuleId>,
        /// `Invoice Date`, …
        recognition_start_date: Option<String>,
        /// In the same style.
        recognition_end_date: Option<String>,
        /// Accounts by kind of transaction.
        transaction_posting_entries: Vec<PostingEntry>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewProduct {
    /// A product of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

input! {
    /// A change of a product; what is left out stays.
    pub struct UpdateProduct {
        /// Name.
        name: Option<String>,
        /// SKU.
        sku: Patch<String>,
        /// Description.
        description: Patch<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Whether its lines are taxed by the built-in rules.
        taxable: Option<bool>,
        /// Name of the product tax group.
        product_tax_group_name: Patch<String>,
        /// Price, in `currency`.
        price: Option<Decimal>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// How revenue is recognised.
        revenue_rule_id: Patch<RevenueRuleId>,
        /// `Invoice Date`, …
        recognition_start_date: Patch<String>,
        /// In the same style.
        recognition_end_date: Patch<String>,
        /// Accounts by kind of transaction.
        transaction_posting_entries: Vec<PostingEntry>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The products of the company.
#[derive(Clone, Debug)]
pub struct Products {
    core: Core<OrdwayError>,
}

impl Client {
    /// The products.
    pub fn products(&self) -> Products {
        Products { core: self.core.clone() }
    }
}

impl Products {
    /// Lists products by page number, for a quiet set. `GET /products` (grade A), read.
    pub fn list(&self, query: ListProducts) -> List<Product> {
        pager(&self.core, LIST, Vec::new(), query.into())
    }

    /// Reads products in order of change, losing none while they change. `GET /products` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Product> {
        seek(&self.core, LIST, from)
    }

    /// One product. `GET /products/{id}` (grade B), read.
    pub async fn get(&self, id: &ProductId) -> Result<Product> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a product. `POST /products` (grade B), once: after an unknown outcome look for it by name.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, product: &NewProduct) -> Result<Option<Product>> {
        self.core.call(&CREATE, Call::new(product)).await
    }

    /// Changes a product. `PUT /products/{id}` (grade B), repeatable.
    /// `None` where Ordway answers without the record.
    pub async fn update(&self, id: &ProductId, change: &UpdateProduct) -> Result<Option<Product>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Deletes a product. `DELETE /products/{id}` (grade B), once; any success is accepted, with or without body.
    pub async fn delete(&self, id: &ProductId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}
