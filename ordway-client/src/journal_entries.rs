//! Journal entries: what the books are told.

use jiff::civil::Date;
use ordway_anrok_http::json::Object;
use ordway_anrok_http::{Call, Core, Endpoint, EndpointInfo, Grade, Method, Safety, record};
use rust_decimal::Decimal;

use crate::client::Client;
use crate::custom_fields::custom_fields;
use crate::error::{OrdwayError, Result};
use crate::ids::{CustomerId, JournalEntryId};
use crate::input::input;
use crate::list::{List, ListQuery, Listable, Listed, list_endpoint, maybe, one, pager};
use crate::seek::{SeekFrom, SeekReader, seek};
use crate::time::{OrdwayDate, OrdwayTime};
use crate::traits::api;

/// `GET /journal_entries` (grade A).
pub const LIST: Endpoint<(), Listed<JournalEntry>> = list_endpoint("journalEntries.list", "/journal_entries");
/// `GET /journal_entries/{id}` (grade C).
pub const GET: Endpoint<(), JournalEntry> =
    Endpoint::decoded_by("journalEntries.get", Method::Get, "/journal_entries/{id}", Safety::Read, one)
        .grade(Grade::C);
/// `POST /journal_entries` (grade B).
pub const CREATE: Endpoint<NewJournalEntry, Option<JournalEntry>> =
    Endpoint::decoded_by("journalEntries.create", Method::Post, "/journal_entries", Safety::Once, maybe)
        .grade(Grade::B);

/// All endpoints of this resource.
pub const ENDPOINTS: &[EndpointInfo] = &[LIST.info(), GET.info(), CREATE.info()];

record! {
    /// A line of a journal entry (grade A). Amounts are in the entry's currency and carry one decimal when
    /// whole.
    pub struct JournalLine {
        /// Number, unique in the entry; a text on the wire.
        line_no: Option<String>,
        /// Account code.
        account: Option<String>,
        /// Debit.
        debit: Option<Decimal>,
        /// Credit.
        credit: Option<Decimal>,
        /// Description.
        description: Option<String> => personal,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Its name.
        customer_name: Option<String> => personal,
        /// Custom fields.
        custom_fields: Object => personal,
    }
}

record! {
    /// A journal entry (grade A). Its debits equal its credits.
    pub struct JournalEntry {
        /// Its id.
        id: JournalEntryId,
        /// Date, in the company's zone.
        date: Option<OrdwayDate>,
        /// Description.
        description: Option<String> => personal,
        /// Class of its source: `Payment`, `RevenueScheduleLine`, `Invoice`.
        source_type: Option<String>,
        /// Id of its source: `PMT-00126`, `RS-01150`, `INV-00993`.
        source_id: Option<String>,
        /// Lines.
        entries: Vec<JournalLine>,
        /// ISO 4217 code.
        transaction_currency: Option<String>,
        /// Rate to the company's currency.
        conversion_rate: Option<Decimal>,
        /// Total, in `transaction_currency`.
        transaction_amount: Option<Decimal>,
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

custom_fields!(JournalEntry, JournalLine);

impl Listable for JournalEntry {
    const COLLECTION: &'static str = "journal_entries";
    const SEEK_SORT: &'static str = "updated_at,id";

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn updated(&self) -> Option<&OrdwayTime> {
        self.updated_date.as_ref()
    }
}

input! {
    /// A line of a new journal entry (names grade A). Give a debit or a credit.
    pub struct NewJournalLine {
        /// Account code.
        account: String,
        /// Debit, in the entry's currency.
        debit: Option<Decimal>,
        /// Credit, in the entry's currency.
        credit: Option<Decimal>,
        /// Description.
        description: Option<String> => personal,
        /// Customer.
        customer_id: Option<CustomerId>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

input! {
    /// A new journal entry (names grade A, requirement unknown). Ordway wants debits and credits to be equal.
    pub struct NewJournalEntry {
        /// Date, in the company's zone.
        date: Option<Date>,
        /// Description.
        description: Option<String> => personal,
        /// ISO 4217 code.
        transaction_currency: Option<String>,
        /// Rate to the company's currency.
        conversion_rate: Option<Decimal>,
        /// Lines.
        entries: Vec<NewJournalLine>,
        /// Custom fields by API name.
        custom_fields: Object => personal,
    }
}

/// The journal entries of the company.
#[derive(Clone, Debug)]
pub struct JournalEntries {
    core: Core<OrdwayError>,
}

impl Client {
    /// The journal entries.
    pub fn journal_entries(&self) -> JournalEntries {
        JournalEntries { core: self.core.clone() }
    }
}

impl JournalEntries {
    /// Lists journal entries by page number, for a quiet set. `GET /journal_entries` (grade A), read.
    pub fn list(&self, query: ListQuery) -> List<JournalEntry> {
        pager(&self.core, LIST, Vec::new(), query)
    }

    /// Reads journal entries in order of change, losing none while they change. `GET /journal_entries` (grade
    /// A), read.
    pub fn seek(&self, from: SeekFrom) -> SeekReader<JournalEntry> {
        seek(&self.core, LIST, from)
    }

    /// One journal entry. `GET /journal_entries/{id}` (grade C), read.
    pub async fn get(&self, id: &JournalEntryId) -> Result<JournalEntry> {
        self.core.call(&GET, Call::new(&()).id(id)).await
    }

    /// Creates an entry. `POST /journal_entries` (grade B), once: after an unknown outcome look for it first.
    /// `None` where Ordway answers without the record.
    pub async fn create(&self, entry: &NewJournalEntry) -> Result<Option<JournalEntry>> {
        self.core.call(&CREATE, Call::new(entry)).await
    }
}

api! {
    /// What [`JournalEntries`] does.
    pub trait JournalEntriesApi for JournalEntries {
        lists { list(query: ListQuery) -> List<JournalEntry>; }
        calls {
            get(id: &JournalEntryId) -> Result<JournalEntry>;
            create(entry: &NewJournalEntry) -> Result<Option<JournalEntry>>;
        }
    }
}
