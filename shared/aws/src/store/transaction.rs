//! Transactions: several writes, of which DynamoDB does all or none.

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{Put, TransactWriteItem, builders::PutBuilder, error::TransactionCanceledException},
};

use super::{Store, StoreError, error::is_about_size, item::Attributes};

impl Store {
    /// Returns a put of a transaction.
    pub(super) fn put(&self, item: Attributes) -> PutBuilder {
        Put::builder().table_name(&*self.table).set_item(Some(item))
    }

    /// Does all writes, or none. The SDK gives the transaction a token, so that DynamoDB does it
    /// once, even if the SDK sends it again.
    ///
    /// # Errors
    /// - The errors of a [write](StoreError#writes).
    /// - [`StoreError::Conflict`] if a condition did not hold, or if another write was in the way.
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
        Err(match reason {
            Some(Reason::Conflict) => StoreError::Conflict,
            Some(Reason::TooLarge) => StoreError::TooLarge,
            Some(Reason::Invalid) => StoreError::Unexpected(Box::new(error.into())),
            None => error.into(),
        })
    }
}

/// Reason for which DynamoDB cancelled a transaction, apart from load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// A condition did not hold, or another write was in the way.
    Conflict,
    /// An item would be over 400 KB.
    TooLarge,
    /// A write is invalid in another way: this code is wrong.
    Invalid,
}

/// Returns the first reason apart from load. `None` if DynamoDB was too busy.
fn reason(cancelled: &TransactionCanceledException) -> Option<Reason> {
    let reasons = cancelled.cancellation_reasons().iter();
    let mut reasons = reasons.filter_map(|it| Some((it.code()?, it.message().unwrap_or_default())));
    reasons.find_map(|(code, message)| match code {
        "ConditionalCheckFailed" | "TransactionConflict" => Some(Reason::Conflict),
        "ValidationError" if is_about_size(message) => Some(Reason::TooLarge),
        "ValidationError" => Some(Reason::Invalid),
        _ => None,
    })
}

/// Returns a put as a write of a transaction.
pub(super) fn written(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(incomplete)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Returns the error of a write that this code has left incomplete.
pub(super) fn incomplete(error: BuildError) -> StoreError {
    StoreError::Unexpected(Box::new(error.into()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;

    use super::*;

    const SIZE: &str = "Item size to update has exceeded the maximum allowed size";
    const PATH: &str = "The document path provided in the update expression is invalid for update";
    /// A message that quotes a key of a lead's metadata.
    const QUOTED: &str = "Invalid UpdateExpression: Two document paths overlap with each other; path \
                          one: [metadata, Item size to update has exceeded the maximum allowed size]";

    #[test]
    fn a_cancelled_transaction_is_sorted_by_its_first_reason_other_than_load() {
        for (reasons, expected) in [
            (
                &[
                    ("None", ""),
                    ("ConditionalCheckFailed", "The conditional request failed"),
                ][..],
                Some(Reason::Conflict),
            ),
            (
                &[("TransactionConflict", "Transaction is ongoing for the item")],
                Some(Reason::Conflict),
            ),
            (
                &[("None", ""), ("ValidationError", SIZE)],
                Some(Reason::TooLarge),
            ),
            (&[("ValidationError", PATH)], Some(Reason::Invalid)),
            (&[("ValidationError", QUOTED)], Some(Reason::Invalid)),
            (&[("ValidationError", "")], Some(Reason::Invalid)),
            (
                &[("ThrottlingError", SIZE), ("ValidationError", PATH)],
                Some(Reason::Invalid),
            ),
            (&[("ThrottlingError", SIZE)], None),
            (&[], None),
        ] {
            let builder = TransactionCanceledException::builder();
            let cancelled = reasons.iter().fold(builder, |builder, (code, message)| {
                let reason = CancellationReason::builder().code(*code).message(*message);
                builder.cancellation_reasons(reason.build())
            });
            assert_eq!(reason(&cancelled.build()), expected, "{reasons:?}");
        }
    }
}
