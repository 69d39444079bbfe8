//! Reading what a webhook delivers: a plain function of headers and bytes, for any web framework.
//!
//! Ordway signs nothing. The one protection is a secret header of your own, set on the webhook
//! ([`WebhookInput::headers`](crate::webhooks::WebhookInput)) and checked here. The payload was never seen by
//! the
//! authors of any source (grade D); its form is inferred from the feed that Ordway's own tap reads.
//!
//! A delivery is a hint. Answer 200 at once (Ordway waits 60 seconds, grade B), read the record again through
//! the
//! API, and also follow the collections with `seek`: deliveries may be lost, late or repeated. Your own
//! writes come
//! back as edits.
//!
//! ```
//! use ordway_client::webhook_receiver::{ObjectClass, Verb, WebhookReceiver};
//!
//! let receiver = WebhookReceiver::new("X-Webhook-Secret", "a long random text".into())?;
//! let headers = [("x-webhook-secret", b"a long random text".as_slice())];
//! let body = br#"{"object":"Invoice","event":"edit","record":{"id":"INV-00042","updated_date":"2025-09-15T02:36:19.472Z"}}"#;
//!
//! let delivery = receiver.receive(headers, body)?;
//! assert_eq!(delivery.class, Some(ObjectClass::Invoice));
//! assert_eq!((delivery.id.as_str(), delivery.verb), ("INV-00042", Some(Verb::Edit)));
//! assert!(receiver.receive([], body).is_err_and(|refusal| refusal.status() == 401));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use ordway_anrok_http::json::{Object, Wire};
use ordway_anrok_http::{encode_id, open_enum};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::time::OrdwayTime;

/// The largest body that is read unless [`WebhookReceiver::max_body`] says otherwise: 4 MiB.
pub const MAX_BODY: usize = 4 << 20;
/// Shorter secrets can be guessed.
const MIN_SECRET: usize = 16;

open_enum! {
    /// The class of a changed object. The first nine are seen in settings (grade A), the others inferred
    /// (grade D).
    pub enum ObjectClass {
        /// An invoice.
        Invoice = "Invoice",
        /// A credit.
        Credit = "Credit",
        /// A payment.
        Payment = "Payment",
        /// A refund.
        Refund = "Refund",
        /// A product.
        Product = "Product",
        /// A customer.
        Customer = "Customer",
        /// A contact.
        Contact = "Contact",
        /// A journal entry.
        JournalEntry = "JournalEntry",
        /// An account; its id is its code.
        ChartOfAccount = "ChartOfAccount",
        /// A subscription.
        Subscription = "Subscription",
        /// An order.
        Order = "Order",
        /// A plan.
        Plan = "Plan",
        /// A usage.
        Usage = "Usage",
        /// A debit memo.
        DebitMemo = "DebitMemo",
    }
}

impl ObjectClass {
    /// The class meant by a word in any of its spellings: `JournalEntry`, `journal_entry`, `journal_entries`.
    fn of(text: &str) -> Self {
        let plain = |text: &str| -> String {
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
        };
        let word = plain(text);
        let singular = match word.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
        };
        let known = Self::KNOWN.iter().find(|class| [&word, &singular].contains(&&plain(class.as_str())));
        known.cloned().unwrap_or_else(|| Self::Other(text.trim().into()))
    }

    /// The class of a bare record, by the member that only this class has.
    fn of_record(record: &Object) -> Option<Self> {
        const TELLING: [(&str, ObjectClass); 12] = [
            ("invoice_amount", ObjectClass::Invoice),
            ("credit_amount", ObjectClass::Credit),
            ("payment_amount", ObjectClass::Payment),
            ("refund_amount", ObjectClass::Refund),
            ("debit_amount", ObjectClass::DebitMemo),
            ("order_amount", ObjectClass::Order),
            ("transaction_amount", ObjectClass::JournalEntry),
            ("account_type", ObjectClass::ChartOfAccount),
            ("customer_type", ObjectClass::Customer),
            ("contract_effective_date", ObjectClass::Subscription),
            ("charges", ObjectClass::Plan),
            ("address1", ObjectClass::Contact),
        ];
        TELLING.into_iter().find(|(member, _)| record.contains_key(*member)).map(|(_, class)| class)
    }
}

/// What happened to an object (grade A: settings know exactly these three). Posting an invoice is an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// It is new.
    Create,
    /// It changed.
    Edit,
    /// It is gone.
    Remove,
}

impl Verb {
    fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "create" | "created" => Some(Self::Create),
            "edit" | "edited" | "update" | "updated" => Some(Self::Edit),
            "remove" | "removed" | "delete" | "deleted" => Some(Self::Remove),
            _ => None,
        }
    }
}

/// What a delivery says. The record's content is left out on purpose: read it again through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The class of the object; `None` where neither the envelope nor the record tells.
    pub class: Option<ObjectClass>,
    /// The object's id, usable in a path.
    pub id: String,
    /// What happened, where the envelope tells.
    pub verb: Option<Verb>,
    /// When the object was changed, where the record tells.
    pub updated_date: Option<OrdwayTime>,
}

/// Two deliveries of the same key report the same change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeliveryKey {
    /// The class of the object.
    pub class: ObjectClass,
    /// Its id.
    pub id: String,
    /// When it was changed.
    pub updated_date: OrdwayTime,
}

impl Delivery {
    /// The key by which repeated deliveries are dropped: (class, id, `updated_date`). `None` where one of
    /// them is
    /// missing; such a delivery must be worked on, because nothing tells it from a later one. So must a
    /// removal,
    /// whose `updated_date` may be that of the last edit.
    pub fn key(&self) -> Option<DeliveryKey> {
        if self.verb == Some(Verb::Remove) {
            return None;
        }
        let (class, updated_date) = (self.class.clone()?, self.updated_date.clone()?);
        Some(DeliveryKey { class, id: self.id.clone(), updated_date })
    }
}

/// A receiver that cannot be made. Without a secret anybody could send deliveries, so there is no default.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiverError {
    /// The header's name is empty or no header name.
    #[error("the webhook header's name is not a header name; use letters, digits and `-`")]
    HeaderName,
    /// The secret is not set.
    #[error(
        "the webhook secret is not set; set it to at least {MIN_SECRET} characters, here and on the webhook"
    )]
    SecretUnset,
    /// The secret can be guessed.
    #[error("the webhook secret is too short; use at least {MIN_SECRET} characters")]
    SecretTooShort,
}

/// A delivery that is refused. Holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The secret header is missing, repeated or wrong: not from your webhook, or the two secrets differ.
    #[error(
        "the delivery's secret header is missing or wrong; compare it with the webhook's headers in Ordway"
    )]
    Unauthorized,
    /// The body is larger than allowed.
    #[error("the delivery is {size} bytes long; {limit} is the limit")]
    TooLarge {
        /// Bytes of the body.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The body is not a JSON object.
    #[error("the delivery is not a JSON object")]
    NotAnObject,
    /// No id that could be read again through the API.
    #[error("the delivery names no usable id")]
    NoId,
}

impl DeliveryError {
    /// The HTTP status to answer with.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::TooLarge { .. } => 413,
            Self::NotAnObject | Self::NoId => 422,
        }
    }
}

/// Checks and reads deliveries. Knows one webhook's secret header.
#[derive(Clone)]
pub struct WebhookReceiver {
    header: String,
    secret: SecretString,
    max_body: usize,
}

impl fmt::Debug for WebhookReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiver")
            .field("header", &self.header)
            .field("max_body", &self.max_body)
            .finish_non_exhaustive()
    }
}

impl WebhookReceiver {
    /// A receiver that expects `secret` in the header `header`.
    ///
    /// # Errors
    /// [`ReceiverError`]: no or too short a secret (16 characters at least), or no header name.
    pub fn new(header: impl Into<String>, secret: SecretString) -> Result<Self, ReceiverError> {
        let header = header.into();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if header.is_empty() || !header.chars().all(is_name) {
            return Err(ReceiverError::HeaderName);
        }
        match secret.expose_secret().trim().len() {
            0 => Err(ReceiverError::SecretUnset),
            1..MIN_SECRET => Err(ReceiverError::SecretTooShort),
            _ => Ok(Self { header, secret, max_body: MAX_BODY }),
        }
    }

    /// Reads bodies up to this many bytes. Limit the framework's own reading, too.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Checks the secret, then reads the body. Calls nothing.
    ///
    /// Accepts an envelope (`object`, `event` or `type`; `record`, `data` or the object's own name) and the
    /// bare
    /// record. Everything else of the body is ignored.
    ///
    /// # Errors
    /// [`DeliveryError`]; answer with its [`status`](DeliveryError::status).
    pub fn receive<'a>(
        &self,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        body: &[u8],
    ) -> Result<Delivery, DeliveryError> {
        let mut given = headers.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(&self.header));
        let (Some((_, value)), None) = (given.next(), given.next()) else {
            return Err(DeliveryError::Unauthorized);
        };
        if !bool::from(value.ct_eq(self.secret.expose_secret().as_bytes())) {
            return Err(DeliveryError::Unauthorized);
        }
        if body.len() > self.max_body {
            return Err(DeliveryError::TooLarge { size: body.len(), limit: self.max_body });
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(envelope)) => read(&envelope),
            // One record where an array of one is sent, as the API itself does.
            Ok(Value::Array(elements)) => match elements.as_slice() {
                [Value::Object(envelope)] => read(envelope),
                _ => Err(DeliveryError::NotAnObject),
            },
            _ => Err(DeliveryError::NotAnObject),
        }
    }
}

fn read(envelope: &Object) -> Result<Delivery, DeliveryError> {
    let record = record_of(envelope);
    let bare = record.is_none();
    let record = record.unwrap_or(envelope);
    let mut class = None;
    let mut verb = None;
    for name in ["object", "object_type", "event", "event_type", "action", "type"] {
        // In a bare record `type` and its like are the record's own members.
        let Some(text) = envelope.get(name).and_then(Value::as_str).filter(|_| !bare) else { continue };
        for word in text.split(['.', ':', '/', ' ']).filter(|word| !word.is_empty()) {
            match Verb::of(word) {
                Some(said) => verb = verb.or(Some(said)),
                None => class = class.or_else(|| Some(ObjectClass::of(word))),
            }
        }
    }
    let class = class.or_else(|| named_class(envelope)).or_else(|| ObjectClass::of_record(record));
    let id = id_of(record, class.as_ref()).ok_or(DeliveryError::NoId)?;
    let updated_date = record.get("updated_date").and_then(|value| OrdwayTime::read(value).ok().flatten());
    Ok(Delivery { class, id, verb, updated_date })
}

/// The record inside an envelope; `None` where the body is the record itself.
fn record_of(envelope: &Object) -> Option<&Object> {
    for name in ["record", "data", "payload"] {
        if let Some(Value::Object(record)) = envelope.get(name) {
            return Some(record);
        }
    }
    if envelope.contains_key("id") {
        return None;
    }
    envelope
        .iter()
        .find(|(name, _)| ObjectClass::of(name).is_known())
        .and_then(|(_, value)| value.as_object())
}

/// The class by the name under which the record stands: `{"invoice":{…}}`.
fn named_class(envelope: &Object) -> Option<ObjectClass> {
    if envelope.contains_key("id") {
        return None;
    }
    let known = |(name, value): (&String, &Value)| {
        Some(ObjectClass::of(name)).filter(|class| class.is_known() && value.is_object())
    };
    envelope.iter().find_map(known)
}

fn id_of(record: &Object, class: Option<&ObjectClass>) -> Option<String> {
    let key = if class == Some(&ObjectClass::ChartOfAccount) { "code" } else { "id" };
    let text = |name: &str| record.get(name).and_then(|value| String::read(value).ok().flatten());
    // What cannot be put into a path cannot be read again.
    text(key).or_else(|| text("id")).filter(|id| encode_id(id).is_ok())
}
