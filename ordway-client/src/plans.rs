//! Plans: bundles of charges that subscriptions are made from.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, decode, record};

use crate::charges::{Charge, NewCharge};
use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::customers::ActiveStatus;
use crate::error::{OrdwayError, Result};
use crate::ids::PlanId;
use crate::input::input;
use crate::list::{List, Listable, Listed, list_endpoint, list_query, maybe, one, pager};
use crate::patch::Patch;
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /plans` (grade A).
pub const LIST: Endpoint<(), Listed<Plan>> = list_endpoint("plans.list", "/plans");
/// `GET /plans/{id}` (grade B).
pub const GET: Endpoint<(), Plan> =
    Endpoint::decoded_by("plans.get", Method::Get, "/plans/{id}", Safety::Read, one).grade(Grade::B);
/// `POST /plans` (grade B).
pub const CREATE: Endpoint<NewPlan, Option<Plan>> =
    Endpoint::decoded_by("plans.create", Method::Post, "/plans", Safety::Once, maybe).grade(Grade::B);
/// `PUT /plans/{id}` (grade B).
pub const UPDATE: Endpoint<UpdatePlan, Option<Plan>> =
    Endpoint::decoded_by("plans.update", Method::Put, "/plans/{id}", Safety::Repeatable, maybe)
        .grade(Grade::B);
/// `DELETE /plans/{id}` (grade B). Once: a second try would answer 404 and hide the success of the first.
pub const DELETE: Endpoint<(), ()> =
    Endpoint::decoded_by("plans.delete", Method::Delete, "/plans/{id}", Safety::Once, decode::nothing)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] =
    &[LIST.info(), GET.info(), CREATE.info(), UPDATE.info(), DELETE.info()];

record! {
    /// A plan. Field names and kinds are grade A where nothing else is said.
    pub struct Plan {
        /// Its id.
        id: PlanId,
        /// Name.
        name: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Description.
        description: Option<String>,
        /// Charges, embedded.
        charges: Vec<Charge>,
        /// Public page of the plan.
        public_url: Option<String>,
        /// The stand-alone selling price is shown (official tap only).
        show_ssp: Option<bool>,
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

custom_fields!(Plan);

impl Listable for Plan {
    const COLLECTION: &'static str = "plans";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

list_query! {
    /// What to list. Whether `updated_since` is honoured for plans is unknown.
    pub struct ListPlans {
        /// Exactly this name (grade B).
        name: String = "name",
    }
}

input! {
    /// A new plan (grade B: which fields are required is unknown).
    pub struct NewPlan {
        /// An id of the caller's own, where the account's numbering allows it.
        id: Option<PlanId>,
        /// Name.
        name: String,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Description.
        description: Option<String>,
        /// Charges to create with it.
        charges: Vec<NewCharge>,
        /// The stand-alone selling price is shown.
        show_ssp: Option<bool>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewPlan {
    /// A plan of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

input! {
    /// A change of a plan; what is left out stays.
    pub struct UpdatePlan {
        /// Name.
        name: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Description.
        description: Patch<String>,
        /// Charges. Whether the list replaces or adds is unknown (grade D): read the plan again.
        charges: Vec<NewCharge>,
        /// The stand-alone selling price is shown.
        show_ssp: Option<bool>,
        /// Custom fields to change.
        custom_fields: Object => personal,
    }
}

/// The plans of the company.
#[derive(Clone, Debug)]
pub struct Plans {
    core: Core<OrdwayError>,
}

impl Client {
    /// The plans.
    pub fn plans(&self) -> Plans {
        Plans { core: self.core.clone() }
    }
}

impl Plans {
    /// Lists plans by page number, for a quiet set. `GET /plans` (grade A), read.
    pub fn list(&self, query: ListPlans) -> List<Plan> {
        pager(&self.core, LIST, Vec::new(), query.into())
    }

    /// One plan. `GET /plans/{id}` (grade B), read.
    pub async fn get(&self, id: &PlanId) -> Result<Plan> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates a plan. `POST /plans` (grade B), once: after an unknown outcome look for it first. `None`
    /// where Ordway answers without the record.
    pub async fn create(&self, plan: &NewPlan) -> Result<Option<Plan>> {
        self.core.call(&CREATE, Call::new(plan)).await
    }

    /// Changes a plan. `PUT /plans/{id}` (grade B), repeatable. `None` where Ordway answers without the
    /// record.
    pub async fn update(&self, id: &PlanId, change: &UpdatePlan) -> Result<Option<Plan>> {
        self.core.call(&UPDATE, Call::new(change).id(id)).await
    }

    /// Deletes a plan. `DELETE /plans/{id}` (grade B), once: after an unknown outcome read it, a 404 means it
    /// is gone. Any success is accepted, with or without body.
    pub async fn delete(&self, id: &PlanId) -> Result<()> {
        self.core.call(&DELETE, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`Plans`] does.
    pub trait PlansApi for Plans {
        lists { list(query: ListPlans) -> List<Plan>; }
        calls {
            get(id: &PlanId) -> Result<Plan>;
            create(plan: &NewPlan) -> Result<Option<Plan>>;
            update(id: &PlanId, change: &UpdatePlan) -> Result<Option<Plan>>;
            delete(id: &PlanId) -> Result<()>;
        }
    }
}
