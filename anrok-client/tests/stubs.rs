//! How a user of this crate tests: typed stubs, and mocks of a handle's trait.
#![allow(clippy::unwrap_used, clippy::panic)]

use anrok_client::testing::{Stub, StubError};
use anrok_client::transactions::{
    self, Calculation, CreateNegation, Line, ListTransactions, Negated, RecordedTransaction, Transaction,
    TransactionId, TransactionsApi,
};
use anrok_client::{
    Address, Available, Client, Conflict, Currency, Error, ErrorKind, Pages, Result, WriteState,
};
use async_trait::async_trait;

fn draft() -> Transaction {
    let date: jiff::civil::Date = "2026-08-31".parse().unwrap();
    Transaction::new(Currency::USD, Address::default(), date).line(Line::new("P-1", 4900))
}

/// What a user's own code might look like: it knows the trait only.
async fn tax_of(anrok: &dyn TransactionsApi) -> Result<i64> {
    anrok.create_ephemeral(&draft()).await.map(|quote| quote.tax_amount_to_collect)
}

#[tokio::test]
async fn a_stubbed_client_answers_without_a_network() {
    let stub = Stub::new()
        .on(&transactions::CREATE_EPHEMERAL, |call| {
            assert_eq!(call.input.lines.len(), 1);
            let mut quote = Calculation::default();
            quote.tax_amount_to_collect = 435;
            Ok(quote)
        })
        .on(&transactions::VOID, |call| {
            assert_eq!(call.ids, ["t"]);
            Err(StubError::Answer(409, r#"{"type":"transactionFrozenForFiling"}"#.to_owned()))
        });
    let anrok = Client::stubbed(stub);
    assert_eq!(tax_of(&anrok.transactions()).await.unwrap(), 435);
    let error = anrok.transactions().void(&"t".into(), None).await.unwrap_err();
    assert_eq!(error.api().unwrap().conflict(), Some(&Conflict::TransactionFrozenForFiling));
    assert_eq!(anrok.check().await.unwrap_err().kind(), ErrorKind::NotStubbed);
    assert_eq!(anrok.requests_sent(), 0);
}

#[derive(Debug)]
struct Down;

impl Down {
    fn error() -> Error {
        Error::simulated("anrok", "mock", ErrorKind::Timeout, WriteState::Unknown)
    }
}

#[async_trait]
impl TransactionsApi for Down {
    async fn create_ephemeral(&self, _: &Transaction) -> Result<Calculation> {
        Err(Self::error())
    }
    async fn create_or_update(&self, _: &TransactionId, _: &Transaction) -> Result<Calculation> {
        Err(Self::error())
    }
    async fn create_negation(&self, _: &CreateNegation) -> Result<()> {
        Err(Self::error())
    }
    async fn create_negation_or_confirm(&self, _: &CreateNegation) -> Result<Negated> {
        Err(Self::error())
    }
    async fn void(&self, _: &TransactionId, _: Option<i32>) -> Result<()> {
        Err(Self::error())
    }
    async fn get(&self, _: &TransactionId) -> Result<Available<RecordedTransaction>> {
        Ok(Available::NotAvailable)
    }
    fn list(&self, query: ListTransactions) -> Pages<RecordedTransaction> {
        Client::stubbed(Stub::new()).transactions().list(query)
    }
}

#[tokio::test]
async fn a_handle_can_be_mocked_by_its_trait() {
    assert!(tax_of(&Down).await.unwrap_err().is_timeout());
}
