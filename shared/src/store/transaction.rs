//! Writes that hold together or not at all.

use aws_sdk_dynamodb::{
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
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(it)) if is_conflict(it) => {
                Err(StoreError::Conflict)
            }
            _ => Err(error.into()),
        }
    }
}

fn is_conflict(cancelled: &TransactionCanceledException) -> bool {
    let mut codes = cancelled
        .cancellation_reasons()
        .iter()
        .filter_map(|reason| reason.code());
    codes.any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}
