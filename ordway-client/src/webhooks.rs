//! Webhooks: where Ordway reports changes to. Deliveries are read by
//! [`webhook_receiver`](crate::webhook_receiver).

use std::collections::BTreeMap;

use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, id, record};

use crate::client::Client;
use crate::customers::ActiveStatus;
use crate::error::{OrdwayError, Result};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /webhooks` (grade A).
pub const LIST: Endpoint<(), Listed<Webhook>> = list_endpoint("webhooks.list", "/webhooks");
/// `GET /webhooks/{key}` (grade B; what the key is, a name or a number, is unknown).
pub const GET: Endpoint<(), Webhook> =
    Endpoint::decoded_by("webhooks.get", Method::Get, "/webhooks/{key}", Safety::Read, one).grade(Grade::B);
/// `POST /webhooks` (grade B).
pub const CREATE: Endpoint<WebhookInput, Option<Webhook>> =
    Endpoint::decoded_by("webhooks.create", Method::Post, "/webhooks", Safety::Once, maybe).grade(Grade::B);
/// `PUT /webhooks/{key}` (grade B).
pub const UPDATE: Endpoint<WebhookInput, Option<Webhook>> =
    Endpoint::decoded_by("webhooks.update", Method::Put, "/webhooks/{key}", Safety::Repeatable, maybe)
        .grade(Grade::B);
/// `DELETE /webhooks/{key}` (grade B). Once: a second try would answer 404 and hide the success of the first.
pub const DELETE: Endpoint<(), ()> =
    Endpoint::decoded_by("webhooks.delete", Method::Delete, "/webhooks/{key}", Safety::Once, decode::nothing)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info(), DELETE.info()];

id! {
    /// What addresses a webhook in a path: its name, or a number that the list does not show (unknown, grade
    /// D). Where one is refused, try the other, or route the operation elsewhere with
    /// [`ClientBuilder::route`](crate::ClientBuilder::route).
    pub struct WebhookKey
}

record! {
    /// Which of the three verbs are reported (grade A). Posting an invoice arrives as an edit.
    pub struct WebhookVerbs {
        /// A new record.
        create: Option<bool>,
        /// A changed record.
        edit: Option<bool>,
        /// A removed record.
        remove: Option<bool>,
    }
}

impl WebhookVerbs {
    /// All three.
    pub fn all() -> Self {
        Self { create: Some(true), edit: Some(true), remove: Some(true), ..Self::default() }
    }
}

record! {
    /// A header of every delivery (grade A): the only authentication there is, so its value is a secret.
    pub struct WebhookHeader {
        /// Name of the header.
        name: Option<String> = "key",
        /// Its value.
        value: Option<String> => secret,
    }
}

impl WebhookHeader {
    /// A header of this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: Some(name.into()), value: Some(value.into()), ..Self::default() }
    }
}

record! {
    /// A webhook (grade A).
    pub struct Webhook {
        /// Its id, where it has one; never sampled.
        id: Option<WebhookKey>,
        /// Name; its key in every source.
        name: WebhookKey,
        /// Where deliveries go. May hold a token: never log it.
        url: Option<String> => secret,
        /// `active`; `inactive` (grade D).
        status: Option<ActiveStatus>,
        /// What is reported, by class of object: `Invoice`, `JournalEntry`, …
        events: BTreeMap<String, WebhookVerbs>,
        /// Headers of every delivery.
        headers: Vec<WebhookHeader>,
        /// E-mail of the user who created it.
        created_by: Option<String> => personal,
        /// E-mail of the user who last changed it.
        updated_by: Option<String> => personal,
        /// When it was created, UTC.
        created_date: Option<OrdwayTime>,
        /// When it was last changed, UTC.
        updated_date: Option<OrdwayTime>,
    }
}

impl Listable for Webhook {
    const COLLECTION: &'static str = "webhooks";
    const KEY: &'static str = "name";

    fn key(&self) -> &str {
        self.name.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new or changed webhook (names grade A).
    pub struct WebhookInput {
        /// Name.
        name: Option<String>,
        /// Where deliveries go: https.
        url: Option<String> => secret,
        /// `active`, …
        status: Option<ActiveStatus>,
        /// What to report, by class of object: `Invoice`, `Credit`, …
        events: Option<BTreeMap<String, WebhookVerbs>>,
        /// Headers of every delivery; give a secret one, which the receiver checks.
        headers: Vec<WebhookHeader>,
    }
}

impl WebhookInput {
    /// A webhook that reports everything about these classes of object.
    pub fn new<C: Into<String>>(
        name: impl Into<String>,
        url: impl Into<String>,
        classes: impl IntoIterator<Item = C>,
    ) -> Self {
        let events = classes.into_iter().map(|class| (class.into(), WebhookVerbs::all())).collect();
        Self { name: Some(name.into()), url: Some(url.into()), events: Some(events), ..Self::default() }
    }
}

/// The webhooks of the company.
#[derive(Clone, Debug)]
pub struct Webhooks {
    core: Core<OrdwayError>,
}

impl Client {
    /// The webhooks.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks { core: self.core.clone() }
    }
}

impl Webhooks {
    /// Lists webhooks by page number, for a quiet set. `GET /webhooks` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Webhook> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One webhook. `GET /webhooks/{key}` (grade B), read. What the key is, is grade D.
    pub async fn get(&self, key: &WebhookKey) -> Result<Webhook> {
        self.core.call(&GET, Call::new(&()).id(key)).await
    }

    /// Creates a webhook. `POST /webhooks` (grade B), once: after an unknown outcome look for it first.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, webhook: &WebhookInput) -> Result<Option<Webhook>> {
        self.core.call(&CREATE, Call::new(webhook)).await
    }

    /// Changes a webhook. `PUT /webhooks/{key}` (grade B, what the key is grade D), repeatable. Whether
    /// `events` and `headers` replace or add is unknown: give them whole. Where the name is the key, a repeated
    /// change of the name may end with a 404 although it worked. `None` where Ordway answers without the record.
    pub async fn update(&self, key: &WebhookKey, change: &WebhookInput) -> Result<Option<Webhook>> {
        self.core.call(&UPDATE, Call::new(change).id(key)).await
    }

    /// Deletes a webhook. `DELETE /webhooks/{key}` (grade B), once: after an unknown outcome read it, a 404
    /// means it is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, key: &WebhookKey) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(key)).await
    }
}

api! {
    /// What [`Webhooks`] does.
    pub trait WebhooksApi for Webhooks {
        lists { list(query: ListQuery) -> List<Webhook>; }
        calls {
            get(key: &WebhookKey) -> Result<Webhook>;
            create(webhook: &WebhookInput) -> Result<Option<Webhook>>;
            update(key: &WebhookKey, change: &WebhookInput) -> Result<Option<Webhook>>;
            delete(key: &WebhookKey) -> Result<()>;
        }
    }
}
