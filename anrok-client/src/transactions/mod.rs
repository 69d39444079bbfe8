//! Transactions: calculate, record, negate, void, list.

mod calculation;
mod input;
mod negation;
mod recorded;

use jiff::Timestamp;
use ordway_anrok_http::{Bulk, Call, Endpoint, EndpointInfo, Method, Safety};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

pub use calculation::{
    Calculation, Exemption, ExemptionReason, JurisSummary, LineJuris, LineResult, Mismatch, NotTaxed,
    NotTaxedReason, Tax,
};
pub use input::{
    Accounting, CustomerId, Line, MAX_LINE_AMOUNT, RecordTransaction, TaxId, TaxIdKind, Transaction,
    TransactionError, TransactionId,
};
pub use negation::{CreateNegation, Negated};
pub use recorded::{
    ProcessedTaxId, RecordedAddress, RecordedAddressEntry, RecordedCalc, RecordedCustomer, RecordedExemption,
    RecordedJurisSummary, RecordedKind, RecordedLine, RecordedLineJuris, RecordedProduct, RecordedTax,
    RecordedTaxCategory, RecordedTransaction, SourceBillingSystem, TaxAmountAdded, TaxAmountDue,
    TaxIdValidation, TaxSplit, TransactionBody,
};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::list::{self, BlankFilter, ListRequest, Listed, Pages};
use crate::newer::Available;
use crate::wire::{Done, Nothing, filled, handle_trait, millis};

/// Calculates tax and saves nothing.
pub const CREATE_EPHEMERAL: Endpoint<Transaction, Calculation> =
    Endpoint::post("transactions.createEphemeral", "/v1/seller/transactions/createEphemeral", Safety::Read);

/// Records a transaction, or replaces it. The same id and body twice has the effect of once.
pub const CREATE_OR_UPDATE: Endpoint<RecordTransaction, Calculation> = Endpoint::decoded_by(
    "transactions.createOrUpdate",
    Method::Post,
    "/v1/seller/transactions/createOrUpdate",
    Safety::Repeatable,
    calculation::recorded,
);

/// Records the exact inverse of a transaction. Repeatable: the new id is chosen by the caller.
pub const CREATE_NEGATION: Endpoint<CreateNegation, Done> = Endpoint::post(
    "transactions.createNegation",
    "/v1/seller/transactions/createNegation",
    Safety::Repeatable,
);

/// Takes a transaction out of returns and totals.
pub const VOID: Endpoint<VoidTransaction, Done> = Endpoint::post(
    "transactions.void",
    "/v1/seller/transactions/id:{transactionId}/void",
    Safety::Repeatable,
);

/// Lists transactions. A premium feature.
pub const LIST: Endpoint<ListRequest<TransactionFilter>, Listed<RecordedTransaction>> = Endpoint::decoded_by(
    "transactions.list",
    Method::Post,
    "/v1/seller/transactions/list",
    Safety::Read,
    list::decode,
)
.bulk(Bulk::List);

/// Reads one transaction. Seen by third parties only.
pub const GET: Endpoint<Nothing, RecordedTransaction> =
    Endpoint::post("transactions.get", "/v1/seller/transactions/id:{transactionId}/get", Safety::Read)
        .grade(ordway_anrok_http::Grade::C);

/// The endpoints of this file that the API 1.1 document has.
pub const ENDPOINTS: &[EndpointInfo] =
    &[CREATE_EPHEMERAL.info(), CREATE_OR_UPDATE.info(), CREATE_NEGATION.info(), VOID.info(), LIST.info()];

/// The most transactions on a page of the list (grade A; 10 where the limit is left out).
pub const MAX_PAGE: u32 = 20;

/// The body of a void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VoidTransaction {
    /// Void only where this is the newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_expected_version: Option<i32>,
}

/// Which transactions to list, and how many at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListTransactions {
    /// The filter. An unfiltered list is allowed by the document and otherwise not described (grade D).
    pub filter: Option<TransactionFilter>,
    /// Transactions on a page, 1 to [`MAX_PAGE`].
    pub limit: Option<u32>,
}

/// Which transactions to list: one or the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionFilter {
    /// Changed in Anrok after this time. Sent in UTC with three digits of milliseconds, rounded down.
    LastModifiedAfter(Timestamp),
    /// Associated with this filing; see [`filings`](crate::filings).
    Filing {
        /// The jurisdiction, for instance `us-MA`.
        juris_id: String,
        /// The filing within the jurisdiction, for instance `2025-01`.
        juris_filing_id: String,
    },
}

impl Serialize for TransactionFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Filing<'a> {
            #[serde(rename = "filingAssociationStatus")]
            status: &'static str,
            juris_id: &'a str,
            #[serde(rename = "jurisFilingId")]
            id: &'a str,
        }
        let mut filter = serializer.serialize_map(Some(2))?;
        match self {
            Self::LastModifiedAfter(time) => {
                filter.serialize_entry("type", "lastModifiedAfter")?;
                filter.serialize_entry("value", &millis(*time))?;
            }
            Self::Filing { juris_id, juris_filing_id } => {
                filter.serialize_entry("type", "filingInfo")?;
                let value = Filing { status: "associated", juris_id, id: juris_filing_id };
                filter.serialize_entry("value", &value)?;
            }
        }
        filter.end()
    }
}

/// Calls on transactions. From [`Client::transactions`].
#[derive(Clone, Debug)]
pub struct Transactions {
    client: Client,
}

impl Client {
    /// Calculate, record, negate, void and list transactions.
    pub fn transactions(&self) -> Transactions {
        Transactions { client: self.clone() }
    }
}

impl Transactions {
    /// Calculates the tax of a document and saves nothing: for drafts and quotes.
    ///
    /// `POST transactions/createEphemeral`, a read: repeated freely. Where a person waits, ask on
    /// `client.with(CallOptions::interactive())`.
    ///
    /// Errors: [`TransactionError`] before any call; conflicts about address, customer, product, currency, date and
    /// zone. A new `customer_id` with a name may answer `customerIdNotFound` here although recording would create
    /// the customer (grade D): ask again without the id.
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client, draft: anrok_client::transactions::Transaction)
    /// # -> Result<(), anrok_client::Error> {
    /// let quote = anrok.transactions().create_ephemeral(&draft).await?;
    /// println!("tax to collect: {}", quote.tax_amount_to_collect);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_ephemeral(&self, transaction: &Transaction) -> Result<Calculation> {
        self.check(CREATE_EPHEMERAL.name(), transaction)?;
        self.client.call(&CREATE_EPHEMERAL, Call::new(transaction)).await
    }

    /// Calculates the tax of a document and records it under `id`, replacing what was recorded there.
    ///
    /// `POST transactions/createOrUpdate`, repeatable: after an unknown outcome repeat it with the same id and body.
    /// The last writer wins, there is no expected version; keep writes of one id in sequence.
    ///
    /// Errors: those of [`Transactions::create_ephemeral`], and `transactionFrozenForFiling`: negate and record under
    /// a new id.
    ///
    /// ```no_run
    /// # async fn run(anrok: anrok_client::Client, invoice: anrok_client::transactions::Transaction)
    /// # -> Result<(), anrok_client::Error> {
    /// let done = anrok.transactions().create_or_update(&"ordway:INV-1".into(), &invoice).await?;
    /// println!("recorded, version {:?}", done.version);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_or_update(
        &self,
        id: &TransactionId,
        transaction: &Transaction,
    ) -> Result<Calculation> {
        self.check(CREATE_OR_UPDATE.name(), transaction)?;
        if filled(id.as_str()).is_none() {
            return Err(refused(CREATE_OR_UPDATE.name(), TransactionError::BlankTransactionId));
        }
        let body = RecordTransaction { id: id.clone(), transaction: transaction.clone() };
        self.client.call(&CREATE_OR_UPDATE, Call::new(&body)).await
    }

    /// Records the exact inverse of a transaction under a new id; both add up to zero.
    ///
    /// `POST transactions/createNegation`, repeatable. Derive the new id from the original's, so that a second try
    /// answers `duplicateTransactionId` instead of crediting twice; [`Transactions::create_negation_or_confirm`]
    /// then looks. Works on frozen transactions. The accounting date of the negation is not documented (grade D).
    ///
    /// Errors: `transactionIdNotFound`, `transactionExpectedVersionMismatch`, `transactionIsAlreadyANegation`,
    /// `duplicateTransactionId`.
    pub async fn create_negation(&self, negation: &CreateNegation) -> Result<()> {
        if [&negation.original_transaction_id, &negation.new_transaction_id]
            .iter()
            .any(|id| filled(id.as_str()).is_none())
        {
            return Err(refused(CREATE_NEGATION.name(), TransactionError::BlankTransactionId));
        }
        self.client.call(&CREATE_NEGATION, Call::new(negation)).await.map(drop)
    }

    /// As [`Transactions::create_negation`]; where the new id exists already, compares it with the original before
    /// believing that it is the negation.
    ///
    /// The comparison reads both with `transactions/get`, which not every account's API has: the outcome is then
    /// [`Negated::Unconfirmed`].
    pub async fn create_negation_or_confirm(&self, negation: &CreateNegation) -> Result<Negated> {
        negation::create_or_confirm(self, negation).await
    }

    /// Takes a transaction out of returns and totals. Never use its id again.
    ///
    /// `POST transactions/id:{id}/void`, repeatable: a second void may answer `transactionIdNotFound` or success
    /// (grade D); with an expected version the second may mismatch.
    ///
    /// Errors: `transactionIdNotFound`, `transactionExpectedVersionMismatch`, `transactionFrozenForFiling` (negate
    /// instead).
    pub async fn void(&self, id: &TransactionId, expected_version: Option<i32>) -> Result<()> {
        let body = VoidTransaction { transaction_expected_version: expected_version };
        self.client.call(&VOID, Call::new(&body).id(id)).await.map(drop)
    }

    /// Lists transactions. A premium feature: `listTransactionsApiNotEnabled` where it is off.
    ///
    /// `POST transactions/list`, a read. No order is documented. After `invalidCursor` start again from the highest
    /// `anrok_modified_time` seen, a little before it.
    pub fn list(&self, query: ListTransactions) -> Pages<RecordedTransaction> {
        let filter = match &query.filter {
            Some(TransactionFilter::Filing { juris_id, juris_filing_id })
                if filled(juris_id).is_none() || filled(juris_filing_id).is_none() =>
            {
                Err(BlankFilter("jurisdiction or filing id"))
            }
            _ => Ok(query.filter),
        };
        list::pager(&self.client, LIST, filter, query.limit, MAX_PAGE)
    }

    /// Reads the newest version of one transaction, where the API offers it.
    ///
    /// `POST transactions/id:{id}/get`, a read, seen by third parties only (grade C): never rely on it.
    pub async fn get(&self, id: &TransactionId) -> Result<Available<RecordedTransaction>> {
        Available::detect(self.client.call(&GET, Call::new(&Nothing {}).id(id)).await)
    }

    fn check(&self, operation: &'static str, transaction: &Transaction) -> Result<()> {
        transaction.check(self.client.line_limit()).map_err(|error| refused(operation, error))
    }
}

fn refused(operation: &'static str, error: TransactionError) -> Error {
    Error::config("anrok", operation, error)
}

handle_trait! {
    /// [`Transactions`] as a trait, for mocking.
    trait TransactionsApi for Transactions {
        /// See [`Transactions::create_ephemeral`].
        async fn create_ephemeral(&self, transaction: &Transaction) -> Result<Calculation>;
        /// See [`Transactions::create_or_update`].
        async fn create_or_update(&self, id: &TransactionId, transaction: &Transaction) -> Result<Calculation>;
        /// See [`Transactions::create_negation`].
        async fn create_negation(&self, negation: &CreateNegation) -> Result<()>;
        /// See [`Transactions::create_negation_or_confirm`].
        async fn create_negation_or_confirm(&self, negation: &CreateNegation) -> Result<Negated>;
        /// See [`Transactions::void`].
        async fn void(&self, id: &TransactionId, expected_version: Option<i32>) -> Result<()>;
        /// See [`Transactions::get`].
        async fn get(&self, id: &TransactionId) -> Result<Available<RecordedTransaction>>;
        ;
        /// See [`Transactions::list`].
        fn list(&self, query: ListTransactions) -> Pages<RecordedTransaction>;
    }
}
