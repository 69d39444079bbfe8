//! The chart of accounts. Its key is `code`.

use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, id, open_enum, record};

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::customers::ActiveStatus;
use crate::error::{OrdwayError, Result};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::time::OrdwayTime;
use crate::traits::api;

/// `GET /chart_of_accounts` (grade A).
pub const LIST: Endpoint<(), Listed<Account>> = list_endpoint("chartOfAccounts.list", "/chart_of_accounts");
/// `GET /chart_of_accounts/{code}` (grade B).
pub const GET: Endpoint<(), Account> =
    Endpoint::decoded_by("chartOfAccounts.get", Method::Get, "/chart_of_accounts/{code}", Safety::Read, one)
        .grade(Grade::B);
/// `POST /chart_of_accounts` (grade B).
pub const CREATE: Endpoint<NewAccount, Option<Account>> =
    Endpoint::decoded_by("chartOfAccounts.create", Method::Post, "/chart_of_accounts", Safety::Once, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info()];

id! {
    /// The code of an account: `1200`.
    pub struct AccountCode
}

open_enum! {
    /// What an account is (grade A).
    pub enum AccountType {
        /// Assets.
        Assets = "Assets",
        /// Liability.
        Liability = "Liability",
        /// Equity.
        Equity = "Equity",
        /// Income.
        Income = "Income",
        /// Expenses.
        Expenses = "Expenses",
    }
}

record! {
    /// An account (grade A where nothing else is said).
    pub struct Account {
        /// Its code, which is its key.
        code: AccountCode,
        /// Name.
        name: Option<String>,
        /// What it is.
        account_type: Option<AccountType>,
        /// `Cash`, `Current Asset`, `Revenue`, …
        sub_type: Option<String>,
        /// The account above it.
        parent_account: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Description.
        description: Option<String>,
        /// State of the last export to another system.
        integration_status: Option<String>,
        /// Failed exports (official tap only).
        integration_failed_attempts: Option<i64>,
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

custom_fields!(Account);

impl Listable for Account {
    const COLLECTION: &'static str = "chart_of_accounts";
    const KEY: &'static str = "code";

    fn key(&self) -> &str {
        self.code.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A new account (names grade A, requirement unknown).
    pub struct NewAccount {
        /// Its code.
        code: String,
        /// Name.
        name: String,
        /// What it is.
        account_type: Option<AccountType>,
        /// `Cash`, `Current Asset`, `Revenue`, …
        sub_type: Option<String>,
        /// The account above it.
        parent_account: Option<String>,
        /// In use or not.
        status: Option<ActiveStatus>,
        /// Description.
        description: Option<String>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

impl NewAccount {
    /// An account of this code and name.
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { code: code.into(), name: name.into(), ..Self::default() }
    }
}

/// The accounts of the chart of the company.
#[derive(Clone, Debug)]
pub struct ChartOfAccounts {
    core: Core<OrdwayError>,
}

impl Client {
    /// The accounts of the chart.
    pub fn chart_of_accounts(&self) -> ChartOfAccounts {
        ChartOfAccounts { core: self.core.clone() }
    }
}

impl ChartOfAccounts {
    /// Lists accounts of the chart by page number, for a quiet set. `GET /chart_of_accounts` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<Account> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// One account. `GET /chart_of_accounts/{code}` (grade B), read.
    pub async fn get(&self, code: &AccountCode) -> Result<Account> {
        self.core.call(&GET, Call::new(&()).id(code)).await
    }

    /// Creates an account. `POST /chart_of_accounts` (grade B), once: after an unknown outcome look for it
    /// first. `None` where Ordway answers without the record.
    pub async fn create(&self, account: &NewAccount) -> Result<Option<Account>> {
        self.core.call(&CREATE, Call::new(account)).await
    }
}

api! {
    /// What [`ChartOfAccounts`] does.
    pub trait ChartOfAccountsApi for ChartOfAccounts {
        lists { list(query: ListQuery) -> List<Account>; }
        calls {
            get(code: &AccountCode) -> Result<Account>;
            create(account: &NewAccount) -> Result<Option<Account>>;
        }
    }
}
