//! Writes that hold together or not at all.

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{TransactWriteItem, error::TransactionCanceledException},
};

use super::{Store, StoreError};

impl Store {
    /// Does all writes, or none. The SDK gives the transaction a token, so one that it sends again is
    /// done once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a condition did not hold, or another write was in the way.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let done = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = done else {
            return Ok(());
        };
        let reason = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(it)) => reason(it),
            _ => None,
        };
        Err(reason.unwrap_or_else(|| error.into()))
    }
}

/// Why a transaction was cancelled, if it is not that DynamoDB has too much to do.
fn reason(cancelled: &TransactionCanceledException) -> Option<StoreError> {
    let reasons = cancelled.cancellation_reasons().iter();
    reasons
        .filter_map(|reason| reason.code())
        .find_map(|code| match code {
            "ConditionalCheckFailed" | "TransactionConflict" => Some(StoreError::Conflict),
            // The only thing that can be wrong with an item that this code has made.
            "ValidationError" => Some(StoreError::TooLarge),
            _ => None,
        })
}

/// A write that this code has not put together wholly.
pub(super) fn incomplete(error: BuildError) -> StoreError {
    StoreError::Unexpected(Box::new(error.into()))
}
