//! Negations, and the proof that one exists.

use serde::Serialize;

use super::Transactions;
use super::input::TransactionId;
use super::recorded::{RecordedTransaction, TransactionBody};
use crate::conflict::Conflict;
use crate::error::{AnrokError, Result};
use crate::newer::Available;

/// The body of `transactions/createNegation`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNegation {
    /// The transaction to negate. It must not be a negation itself.
    pub original_transaction_id: TransactionId,
    /// The id of the negation. Derive it from the original's, for instance `{id}:neg`: nothing else stops a second
    /// negation of the same original.
    pub new_transaction_id: TransactionId,
    /// Negate only where this is the original's newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_transaction_expected_version: Option<i32>,
}

impl CreateNegation {
    /// The negation of `original` under `new`, whatever its version.
    pub fn new(original: impl Into<TransactionId>, new: impl Into<TransactionId>) -> Self {
        Self {
            original_transaction_id: original.into(),
            new_transaction_id: new.into(),
            original_transaction_expected_version: None,
        }
    }
}

/// What became of a negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Negated {
    /// It was recorded by this call.
    Created,
    /// It was there already, with the inverse amounts of the original.
    Confirmed,
    /// A transaction of the new id is there, but this API offers no way to look at it (`transactions/get`). With
    /// derived ids it is an earlier try of ours.
    Unconfirmed,
    /// A transaction of the new id is there and is not the inverse of the original: a person must look.
    Different,
}

pub(super) async fn create_or_confirm(calls: &Transactions, negation: &CreateNegation) -> Result<Negated> {
    let error = match calls.create_negation(negation).await {
        Ok(()) => return Ok(Negated::Created),
        Err(error) => error,
    };
    if error.api().and_then(AnrokError::conflict) != Some(&Conflict::DuplicateTransactionId) {
        return Err(error);
    }
    let original = calls.get(&negation.original_transaction_id).await?;
    let found = calls.get(&negation.new_transaction_id).await?;
    let (Available::Answer(original), Available::Answer(found)) = (original, found) else {
        return Ok(Negated::Unconfirmed);
    };
    Ok(compare(&original, &found))
}

/// Inverse in amount and tax, in the same currency, for the same customer.
fn compare(original: &RecordedTransaction, found: &RecordedTransaction) -> Negated {
    let (Some(original), Some(found)) = (&original.body, &found.body) else {
        // A void one has no body: nothing can be said about its amounts.
        return Negated::Different;
    };
    let Some(inverse) = inverse_amounts(original, found) else { return Negated::Unconfirmed };
    let currency = |body: &TransactionBody| body.currency_code.as_deref().map(str::to_ascii_uppercase);
    let customer = |body: &TransactionBody| body.customer.as_ref().and_then(|customer| customer.id.clone());
    if inverse && currency(original) == currency(found) && customer(original) == customer(found) {
        Negated::Confirmed
    } else {
        Negated::Different
    }
}

/// `None` where an answer lacks the amounts to compare.
fn inverse_amounts(original: &TransactionBody, found: &TransactionBody) -> Option<bool> {
    let inputs = original.input_amount?.checked_neg()? == found.input_amount?;
    let due = |body: &TransactionBody| body.tax_amount_due.as_ref().and_then(|due| due.total);
    Some(inputs && due(original).zip(due(found)).is_none_or(|(a, b)| a == -b))
}
