//! The errors of the store. This module sorts DynamoDB's errors once, by what a caller can do.

use aws_sdk_dynamodb::{
    Error as DynamoDbError,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use thiserror::Error;

/// Error of a call of the store.
///
/// # Reads
/// A read fails with:
///
/// - [`Unavailable`](Self::Unavailable)
/// - [`NoAnswer`](Self::NoAnswer)
/// - [`Unexpected`](Self::Unexpected)
/// - [`Damaged`](Self::Damaged)
///
/// # Writes
/// A write fails with the errors of a read, or with [`TooLarge`](Self::TooLarge). A write with a
/// condition can also fail with [`Conflict`](Self::Conflict) or [`NotFound`](Self::NotFound). Its
/// method says when.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The condition of the write did not hold: another write came first.
    #[error("a condition of the write did not hold")]
    Conflict,
    /// The item to change does not exist.
    #[error("the item does not exist")]
    NotFound,
    /// DynamoDB asked for a later attempt.
    #[error("DynamoDB is throttling or failing")]
    Unavailable(#[source] Box<DynamoDbError>),
    /// DynamoDB did not answer. A write may be done, or may still be done later.
    #[error("DynamoDB did not answer")]
    NoAnswer(#[source] Box<DynamoDbError>),
    /// The item would be larger than 400 KB, DynamoDB's limit.
    #[error("the item would be larger than 400 KB")]
    TooLarge,
    /// DynamoDB refused the request: the table, the permissions or this code is wrong.
    #[error("DynamoDB refused a request")]
    Unexpected(#[source] Box<DynamoDbError>),
    /// An item does not have the shape that this version writes.
    #[error("the {entity} item is damaged")]
    Damaged {
        /// Entity of the item (`et`).
        entity: &'static str,
        /// The damage. Its message has names of attributes, but no values.
        #[source]
        cause: DamageError,
    },
}

/// Damage of an item.
#[derive(Debug, Error)]
pub enum DamageError {
    /// An attribute is missing, or has the wrong form.
    #[error("{0}")]
    Shape(String),
    /// This version does not accept the value of an attribute.
    #[error("the attribute {0} has an invalid value")]
    Value(&'static str),
    /// `et` or `v` of the item is not the expected one.
    #[error("`et` or `v` has an unexpected value")]
    Kind,
}

/// Beginnings of serde's own messages. Each message quotes a value, and ends in what serde
/// expected.
const WITH_EXPECTED: [&str; 4] = [
    "invalid type: ",
    "invalid value: ",
    "invalid length ",
    "unknown variant ",
];

impl From<serde_dynamo::Error> for DamageError {
    /// Keeps the parts of a message that have no value, because a value may be personal. These
    /// parts are what serde expected, and the name of a missing attribute.
    fn from(error: serde_dynamo::Error) -> Self {
        let message = error.to_string();
        let is_serde = WITH_EXPECTED.iter().any(|it| message.starts_with(it));
        // The last ", expected " is serde's. An earlier one can be part of the value.
        let shape = match message.rsplit_once(", expected ") {
            Some((_, expected)) if is_serde => format!("an attribute is not {expected}"),
            None if message.starts_with("missing field `") => message,
            _ => "an attribute has an invalid value".to_owned(),
        };
        Self::Shape(shape)
    }
}

impl StoreError {
    /// Sorts the error of a write whose only condition is that its item exists.
    pub(super) fn of_existing(error: impl Into<Self>) -> Self {
        match error.into() {
            Self::Conflict => Self::NotFound,
            error => error,
        }
    }

    /// Returns whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoAnswer(_))
    }

    /// Returns whether DynamoDB has throttled the call, and so has done nothing.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.code().is_some_and(is_throttle))
    }

    /// Returns whether the condition of the write did not hold.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException" | "ProvisionedThroughputExceededException" | "RequestLimitExceeded"
    )
}

/// Beginnings of the messages with which DynamoDB refuses an item over 400 KB, on a put and on an
/// update.
const TOO_LARGE: [&str; 2] = [
    "Item size has exceeded the maximum allowed size",
    "Item size to update has exceeded the maximum allowed size",
];

/// Returns whether a message of DynamoDB is about an item that is too large. A message can quote
/// text that a client chose, but never begins with it.
pub(super) fn is_about_size(message: &str) -> bool {
    TOO_LARGE.iter().any(|it| message.starts_with(it))
}

impl<E> From<SdkError<E, HttpResponse>> for StoreError
where
    E: ProvideErrorMetadata,
    DynamoDbError: From<SdkError<E, HttpResponse>>,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some("ConditionalCheckFailedException") => Self::Conflict,
                Some(code) if is_throttle(code) => Self::Unavailable(Box::new(error.into())),
                Some(
                    "TransactionCanceledException"
                    | "TransactionConflictException"
                    | "TransactionInProgressException",
                ) => Self::Unavailable(Box::new(error.into())),
                Some("ValidationException")
                    if service.err().message().is_some_and(is_about_size) =>
                {
                    Self::TooLarge
                }
                _ if service.raw().status().is_server_error() => {
                    Self::Unavailable(Box::new(error.into()))
                }
                _ => Self::Unexpected(Box::new(error.into())),
            },
            SdkError::ConstructionFailure(_) => Self::Unexpected(Box::new(error.into())),
            _ => Self::NoAnswer(Box::new(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use aws_sdk_dynamodb::{
        error::ErrorMetadata, operation::update_item::UpdateItemError, types::AttributeValue,
    };
    use jiff::Timestamp;
    use serde::de::DeserializeOwned;

    use super::*;
    use domain::run::RunStatus;

    fn refused(code: &str, message: &str) -> StoreError {
        let metadata = ErrorMetadata::builder().code(code).message(message);
        let error = UpdateItemError::generic(metadata.build());
        let response = HttpResponse::new(400.try_into().unwrap(), "".into());
        SdkError::service_error(error, response).into()
    }

    #[test]
    fn an_item_over_400_kb_is_too_large() {
        for message in [
            "Item size has exceeded the maximum allowed size",
            "Item size to update has exceeded the maximum allowed size",
        ] {
            let error = refused("ValidationException", message);
            assert!(matches!(error, StoreError::TooLarge), "{message}");
        }
    }

    #[test]
    fn a_message_that_quotes_a_client_is_not_taken_for_one_on_the_size() {
        // The keys of a lead's metadata are names of attributes, which DynamoDB quotes.
        let message = "Invalid UpdateExpression: Two document paths overlap with each other; must \
                       remove or rewrite one of these paths; path one: [metadata, Item size has \
                       exceeded the maximum allowed size], path two: [metadata, Item size]";
        let error = refused("ValidationException", message);
        assert!(matches!(error, StoreError::Unexpected(_)), "{error}");
    }

    fn shown<T: DeserializeOwned + Debug>(text: &str) -> String {
        let value = AttributeValue::S(text.to_owned());
        let error = serde_dynamo::from_attribute_value::<_, T>(value).unwrap_err();
        DamageError::from(error).to_string()
    }

    #[test]
    fn what_was_expected_of_an_attribute_is_shown_and_its_value_is_not() {
        assert_eq!(
            shown::<RunStatus>("secret, expected secret"),
            "an attribute is not one of `queued`, `running`, `completed`, `stopped`, `failed`"
        );
        // The message about a time quotes the text after the time.
        let time = shown::<Timestamp>("2026-02-10T12:00:00Z, expected secret");
        assert_eq!(time, "an attribute has an invalid value");
    }
}
