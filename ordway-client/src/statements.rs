//! Statements. Their key is `statement_id`.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, record};

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::CustomerId;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, one, pager};
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /statements` (grade A).
pub const LIST: Endpoint<(), Listed<Statement>> = list_endpoint("statements.list", "/statements");
/// `GET /statements/{id}` (grade B).
pub const GET: Endpoint<(), Statement> =
    Endpoint::decoded_by("statements.get", Method::Get, "/statements/{id}", Safety::Read, one)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info()];

id! {
    /// A statement: `STM-00001`.
    pub struct StatementId
}

record! {
    /// A statement of account (grade A where nothing else is said).
    pub struct Statement {
        /// Its id, which is not called `id`.
        statement_id: StatementId,
        /// Date, in the company's zone.
        statement_date: Option<OrdwayDate>,
        /// First day.
        start_date: Option<OrdwayDate>,
        /// Last day.
        end_date: Option<OrdwayDate>,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// `Balance Forward Statement Template`, …
        template_name: Option<String>,
        /// Id of the template (grade B).
        template_id: Option<String>,
        /// Link to the PDF in a storage, without a login. Grants access: never log it.
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

custom_fields!(Statement);

impl Listable for Statement {
    const COLLECTION: &'static str = "statements";
    const KEY: &'static str = "statement_id";
    const SEEK_SORT: &'static str = "updated_date,statement_id";

    fn key(&self) -> &str {
        self.statement_id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

/// The statements of the company.
#[derive(Clone, Debug)]
pub struct Statements {
    core: Core<OrdwayError>,
}

impl Client {
    /// The statements.
    pub fn statements(&self) -> Statements {
        Statements { core: self.core.clone() }
    }
}

impl Statements {
    /// Lists statements by page number, for a quiet set. `GET /statements` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Statement> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads statements in order of change, losing none while they change. `GET /statements` (grade A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<Statement> {
        seek(&self.core, LIST, from)
    }

    /// One statement. `GET /statements/{id}` (grade B), read.
    pub async fn get(&self, id: &StatementId) -> Result<Statement> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }
}

api! {
    /// What [`Statements`] does.
    pub trait StatementsApi for Statements {
        lists { list(query: ListQuery) -> List<Statement>; }
        calls {
            get(id: &StatementId) -> Result<Statement>;
        }
    }
}
