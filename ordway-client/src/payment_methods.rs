//! Payment methods of a customer. Card data is never sent: use the gateway's tokens.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{
    Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, id, open_enum, record,
};

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{Error, OrdwayError, Result};
use crate::ids::CustomerId;
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /customers/{customer}/payment_methods` (grade A).
pub const LIST: Endpoint<(), Listed<PaymentMethod>> =
    list_endpoint("paymentMethods.list", "/customers/{customer}/payment_methods");
/// `GET /customers/{customer}/payment_methods/{id}` (grade B).
pub const GET: Endpoint<(), PaymentMethod> = Endpoint::decoded_by(
    "paymentMethods.get",
    Method::Get,
    "/customers/{customer}/payment_methods/{id}",
    Safety::Read,
    one,
)
.grade(Grade::B);
/// `POST /customers/{customer}/payment_methods` (grade B).
pub const CREATE: Endpoint<NewPaymentMethod, Option<PaymentMethod>> = Endpoint::decoded_by(
    "paymentMethods.create",
    Method::Post,
    "/customers/{customer}/payment_methods",
    Safety::Once,
    maybe,
)
.grade(Grade::B);
/// `DELETE /customers/{customer}/payment_methods/{id}` (grade B). Once: a second try would answer 404 and
/// hide the success of the first.
pub const DELETE: Endpoint<(), ()> = Endpoint::decoded_by(
    "paymentMethods.delete",
    Method::Delete,
    "/customers/{customer}/payment_methods/{id}",
    Safety::Once,
    decode::nothing,
)
.grade(Grade::B);
/// `PUT /customers/{customer}/payment_methods/{id}/set_default` (grade B; no body).
pub const SET_DEFAULT: Endpoint<(), Option<PaymentMethod>> = Endpoint::decoded_by(
    "paymentMethods.setDefault",
    Method::Put,
    "/customers/{customer}/payment_methods/{id}/set_default",
    Safety::Once,
    maybe,
)
.grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), DELETE.info(), SET_DEFAULT.info()];

id! {
    /// A payment method.
    pub struct PaymentMethodId
}

open_enum! {
    /// What a payment method is (grade B).
    pub enum PaymentMethodType {
        /// A card.
        CreditCard = "Credit Card",
        /// A bank account.
        BankAccount = "Bank Account",
    }
}

record! {
    /// A payment method (grade A by the official tap where nothing else is said).
    pub struct PaymentMethod {
        /// Its id.
        id: Option<PaymentMethodId>,
        /// Its id under the other name that some sources have.
        payment_method_id: Option<PaymentMethodId>,
        /// The customer it belongs to.
        customer_id: Option<CustomerId>,
        /// The gateway's id of the customer.
        customer_payment_gateway_id: Option<String> => secret,
        /// Card or bank account.
        payment_type: Option<PaymentMethodType>,
        /// Card brand or kind of account.
        kind: Option<String> = "type",
        /// Masked number or its last digits.
        account_number: Option<String> => secret,
        /// Routing number of the bank.
        routing_number: Option<String> => secret,
        /// Name of the holder.
        account_holder_name: Option<String> => personal,
        /// Kind of holder.
        account_holder_type: Option<String>,
        /// ACH account type (grade B).
        account_type: Option<String>,
        /// NACHA class of the entry (grade B).
        sec: Option<String>,
        /// The gateway's token (grade B).
        token: Option<String> => secret,
        /// Country.
        country: Option<String>,
        /// End of validity.
        expiry: Option<String> => secret,
        /// `Unverified` for a new bank account (grade B).
        status: Option<String>,
        /// Whether it is the one used by default.
        is_default: Option<bool> = "default",
        /// Card check value; expected in requests of others only, never sent by this client.
        cvc: Option<String> => secret,
        /// A link (grade B). May grant access: never log it.
        url: Option<String> => secret,
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

custom_fields!(PaymentMethod);

impl Listable for PaymentMethod {
    const COLLECTION: &'static str = "payment_methods";

    fn key(&self) -> &str {
        self.id.as_ref().or(self.payment_method_id.as_ref()).map_or("", PaymentMethodId::as_str)
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new payment method (grade B). There is no member for a card number or a check value, on purpose.
    pub struct NewPaymentMethod {
        /// Card or bank account.
        payment_type: Option<PaymentMethodType>,
        /// The gateway's token; the only way to add a card.
        token: Option<String> => secret,
        /// Account number, for bank accounts.
        account_number: Option<String> => secret,
        /// Routing number, for bank accounts.
        routing_number: Option<String> => secret,
        /// Name of the holder.
        account_holder_name: Option<String> => personal,
        /// Kind of holder.
        account_holder_type: Option<String>,
        /// ACH account type.
        account_type: Option<String>,
        /// NACHA class of the entry.
        sec: Option<String>,
        /// Country.
        country: Option<String>,
        /// Whether it becomes the default.
        is_default: Option<bool> = "default",
    }
}

impl NewPaymentMethod {
    /// A card, by the gateway's token.
    pub fn card(token: impl Into<String>) -> Self {
        Self {
            payment_type: Some(PaymentMethodType::CreditCard),
            token: Some(token.into()),
            ..Self::default()
        }
    }

    /// A bank account.
    pub fn bank_account(routing_number: impl Into<String>, account_number: impl Into<String>) -> Self {
        Self {
            payment_type: Some(PaymentMethodType::BankAccount),
            routing_number: Some(routing_number.into()),
            account_number: Some(account_number.into()),
            ..Self::default()
        }
    }
}

/// Members by which others send card data.
const CARD_MEMBERS: [&str; 8] =
    ["account_number", "card_number", "number", "cvc", "cvv", "expiry", "exp_month", "exp_year"];

fn refuse_card_data(method: &NewPaymentMethod) -> Result<()> {
    // A number is only taken for what is declared to be a bank account; a token is never digits alone.
    let is_bank = method.payment_type == Some(PaymentMethodType::BankAccount);
    let stray_number = method.account_number.is_some() && !is_bank;
    let in_token = method.token.as_deref().is_some_and(is_card_number);
    if stray_number || in_token || CARD_MEMBERS.iter().any(|member| method.extra.contains_key(*member)) {
        let text = "card data is not sent by this client; make a token at the gateway and set `token`";
        return Err(Error::config("ordway", CREATE.name(), text));
    }
    Ok(())
}

fn is_card_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (12..=19).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'))
}

/// The payment methods of one customer.
#[derive(Clone, Debug)]
pub struct PaymentMethods {
    core: Core<OrdwayError>,
    customer: CustomerId,
}

impl Client {
    /// The payment methods of `customer`.
    pub fn payment_methods(&self, customer: impl Into<CustomerId>) -> PaymentMethods {
        PaymentMethods { core: self.core.clone(), customer: customer.into() }
    }
}

impl PaymentMethods {
    /// Lists them by page number, for a quiet set. `GET /customers/{customer}/payment_methods` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<PaymentMethod> {
        pager(&self.core, LIST, vec![self.customer.to_string()], query)
    }

    /// One payment method. `GET /customers/{customer}/payment_methods/{id}` (grade B), read.
    pub async fn get(&self, id: &PaymentMethodId) -> Result<PaymentMethod> {
        self.core.call(&GET, Call::new(&()).id(&self.customer).id(id)).await
    }

    /// Adds one. `POST /customers/{customer}/payment_methods` (grade B), once: after an unknown outcome list
    /// them first. `None` where Ordway answers without the record.
    ///
    /// # Errors
    /// Card data is refused before anything is sent ([`ErrorKind::Config`](crate::ErrorKind::Config)): make a
    /// token at the gateway and give that.
    pub async fn create(&self, method: &NewPaymentMethod) -> Result<Option<PaymentMethod>> {
        refuse_card_data(method)?;
        self.core.call(&CREATE, Call::new(method).id(&self.customer)).await
    }

    /// Deletes one. `DELETE /customers/{customer}/payment_methods/{id}` (grade B), once: after an unknown
    /// outcome read it, a 404 means it is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, id: &PaymentMethodId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(&self.customer).id(id)).await
    }

    /// Makes one the default. `PUT /customers/{customer}/payment_methods/{id}/set_default` (grade B), once:
    /// after an unknown outcome read it again. `None` where Ordway answers without the record.
    pub async fn set_default(&self, id: &PaymentMethodId) -> Result<Option<PaymentMethod>> {
        self.core.call(&SET_DEFAULT, Call::new(&()).id(&self.customer).id(id)).await
    }
}

api! {
    /// What [`PaymentMethods`] does.
    pub trait PaymentMethodsApi for PaymentMethods {
        lists { list(query: ListQuery) -> List<PaymentMethod>; }
        calls {
            get(id: &PaymentMethodId) -> Result<PaymentMethod>;
            create(method: &NewPaymentMethod) -> Result<Option<PaymentMethod>>;
            delete(id: &PaymentMethodId) -> Result<()>;
            set_default(id: &PaymentMethodId) -> Result<Option<PaymentMethod>>;
        }
    }
}
