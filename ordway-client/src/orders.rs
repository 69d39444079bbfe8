//! Orders: one-time sales.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, open_enum, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{ContactId, CustomerId, InvoiceId, OrderId, ProductId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::patch::Patch;
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /orders` (grade A).
pub const LIST: Endpoint<(), Listed<Order>> = list_endpoint("orders.list", "/orders");
/// `GET /orders/{id}` (grade B).
pub const GET: Endpoint<(), Order> =
    Endpoint::decoded_by("orders.get", Method::Get, "/orders/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /orders` (grade B).
pub const CREATE: Endpoint<NewOrder, Option<Order>> =
    Endpoint::decoded_by("orders.create", Method::Post, "/orders", Safety::Once, maybe).grade(Grade::B);
/// `PUT /orders/{id}` (grade B).
pub const UPDATE: Endpoint<UpdateOrder, Option<Order>> =
    Endpoint::decoded_by("orders.update", Method::Put, "/orders/{id}", Safety::Repeatable, maybe)
        .grade(Grade::B);
/// `PUT /orders/{id}/cancel` (grade B; the body may be empty).
pub const CANCEL: Endpoint<CancelOrder, Option<Order>> =
    Endpoint::decoded_by("orders.cancel", Method::Put, "/orders/{id}/cancel", Safety::Once, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info(), CANCEL.info()];

open_enum! {
    /// The state of an order.
    pub enum OrderStatus {
        /// Delivered: only such orders are billed (grade B).
        Fulfilled = "Fulfilled",
        /// Called off (grade D).
        Cancelled = "Cancelled",
        /// Not confirmed yet (grade D).
        Draft = "Draft",
    }
}

record! {
    /// A line of an order (grade A by the official tap). No tax is known on order lines.
    pub struct OrderLine {
        /// Number, unique in the order; a text on the wire.
        line_no: Option<String>,
        /// Product.
        product_id: Option<ProductId>,
        /// Its name.
        product_name: Option<String>,
        /// Description.
        description: Option<String> => personal,
        /// Price per unit, in the order's currency.
        unit_price: Option<Decimal>,
        /// How many.
        quantity: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Net amount of the line, in the order's currency.
        effective_price: Option<Decimal>,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// An order (grade A by the official tap where nothing else is said). Amounts are in `currency`.
    pub struct Order {
        /// Its id.
        id: OrderId,
        /// Its invoice; `None` until it is billed.
        invoice_id: Option<InvoiceId>,
        /// Date, in the company's zone.
        order_date: Option<OrdwayDate>,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// State.
        status: Option<OrderStatus>,
        /// Total.
        order_amount: Option<Decimal>,
        /// Estimated tax.
        estimated_tax: Option<Decimal>,
        /// It gets an invoice of its own.
        separate_invoice: Option<bool>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// Rate to the company's currency.
        exchange_rate: Option<Decimal>,
        /// The contact that is billed: `bill_contact_id` here, not `billing_contact_id`.
        bill_contact_id: Option<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Option<ContactId>,
        /// Payment terms as shown.
        payment_terms: Option<String>,
        /// Id of the payment terms.
        payment_term_id: Option<String>,
        /// Notes.
        notes: Option<String> => personal,
        /// Code of a coupon.
        coupon_code: Option<String>,
        /// Lines.
        line_items: Vec<OrderLine>,
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

custom_fields!(Order, OrderLine);

impl Listable for Order {
    const COLLECTION: &'static str = "orders";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A line of a new or changed order (names grade A).
    pub struct OrderLineInput {
        /// Number of the line, where an existing one is meant.
        line_no: Option<String>,
        /// Product.
        product_id: Option<ProductId>,
        /// Description.
        description: Option<String> => personal,
        /// Price per unit.
        unit_price: Option<Decimal>,
        /// How many.
        quantity: Option<Decimal>,
        /// Discount in percent.
        discount: Option<Decimal>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A new order (names grade A, requirement unknown).
    pub struct NewOrder {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<OrderId>,
        /// Customer.
        customer_id: CustomerId,
        /// Date, in the company's zone.
        order_date: Option<Date>,
        /// State.
        status: Option<OrderStatus>,
        /// It gets an invoice of its own.
        separate_invoice: Option<bool>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// The contact that is billed.
        bill_contact_id: Option<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Option<ContactId>,
        /// Payment terms as shown.
        payment_terms: Option<String>,
        /// Notes.
        notes: Option<String> => personal,
        /// Code of a coupon.
        coupon_code: Option<String>,
        /// Lines.
        line_items: Vec<OrderLineInput>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewOrder {
    /// An order of this customer.
    pub fn new(customer_id: impl Into<CustomerId>) -> Self {
        Self { customer_id: customer_id.into(), ..Self::default() }
    }
}

input! {
    /// A change of an order; what is left out stays.
    pub struct UpdateOrder {
        /// Date, in the company's zone.
        order_date: Option<Date>,
        /// State.
        status: Option<OrderStatus>,
        /// It gets an invoice of its own.
        separate_invoice: Option<bool>,
        /// ISO 4217 code.
        currency: Option<String>,
        /// The contact that is billed.
        bill_contact_id: Patch<ContactId>,
        /// The contact that is shipped to.
        shipping_contact_id: Patch<ContactId>,
        /// Payment terms as shown.
        payment_terms: Patch<String>,
        /// Notes.
        notes: Patch<String> => personal,
        /// Code of a coupon.
        coupon_code: Patch<String>,
        /// Lines. Whether the list replaces or adds is unknown (grade D): read the order again.
        line_items: Vec<OrderLineInput>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

input! {
    /// A cancellation of an order. No member is known; `Default` sends `{}`.
    pub struct CancelOrder {
        /// Why (grade D).
        notes: Option<String> => personal,
    }
}

/// The orders of the company.
#[derive(Clone, Debug)]
pub struct Orders {
    core: Core<OrdwayError>,
}

impl Client {
    /// The orders.
    pub fn orders(&self) -> Orders {
        Orders { core: self.core.clone() }
    }
}

impl Orders {
    /// Lists orders by page number, for a quiet set. `GET /orders` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Order> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads orders in order of change, losing none while they change. `GET /orders` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Order> {
        seek(&self.core, LIST, from)
    }

    /// One order. `GET /orders/{id}` (grade B), read.
    pub async fn get(&self, id: &OrderId) -> Result<Order> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates an order. `POST /orders` (grade B), once: after an unknown outcome look for it first. `None`
    /// where Ordway answers without the record.
    pub async fn create(&self, order: &NewOrder) -> Result<Option<Order>> {
        self.core.call(&CREATE, Call::new(order)).await
    }

    /// Changes an order. `PUT /orders/{id}` (grade B), repeatable. `None` where Ordway answers without the
    /// record.
    pub async fn update(&self, id: &OrderId, change: &UpdateOrder) -> Result<Option<Order>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Cancels an order. `PUT /orders/{id}/cancel` (grade B), once: after an unknown outcome read it again.
    /// `None` where Ordway answers without the record.
    pub async fn cancel(&self, id: &OrderId, request: &CancelOrder) -> Result<Option<Order>> {
        self.core.call(&CANCEL, Call::new(request).id(id)).await
    }
}

api! {
    /// What [`Orders`] does.
    pub trait OrdersApi for Orders {
        lists { list(query: ListQuery) -> List<Order>; }
        calls {
            get(id: &OrderId) -> Result<Order>;
            create(order: &NewOrder) -> Result<Option<Order>>;
            update(id: &OrderId, change: &UpdateOrder) -> Result<Option<Order>>;
            cancel(id: &OrderId, request: &CancelOrder) -> Result<Option<Order>>;
        }
    }
}
