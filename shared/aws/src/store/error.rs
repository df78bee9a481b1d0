//! What can go wrong with the store, sorted once, by what a caller can do about it.

use aws_sdk_dynamodb::{
    Error as DynamoDbError,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use thiserror::Error;

/// Why a call of the store failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The write's condition did not hold: another write was there first.
    #[error("a condition of the write did not hold")]
    Conflict,
    /// An answer that asks to come back later.
    #[error("DynamoDB is throttling or failing")]
    Unavailable(#[source] Box<DynamoDbError>),
    /// No answer: a write may be done, or may still be.
    #[error("DynamoDB did not answer")]
    NoAnswer(#[source] Box<DynamoDbError>),
    /// The item would be larger than the 400 KB that DynamoDB takes.
    #[error("the item would be too large")]
    TooLarge,
    /// DynamoDB refused the request: the table, the permissions or this code are wrong.
    #[error("DynamoDB refused a request")]
    Unexpected(#[source] Box<DynamoDbError>),
    /// An item has not the shape that this version writes.
    #[error("a {entity} item is damaged")]
    Damaged {
        /// The item's entity (`et`).
        entity: &'static str,
        /// What is wrong with it; names attributes, never values.
        #[source]
        cause: DamageError,
    },
}

/// What is wrong with an item.
#[derive(Debug, Error)]
pub enum DamageError {
    /// An attribute is missing, or is not what it must be.
    #[error("{0}")]
    Shape(String),
    /// An attribute's value is not one that this version accepts.
    #[error("the attribute {0} has a value that cannot be read")]
    Value(&'static str),
    /// The item's `et` or `v` is another than expected.
    #[error("it is of another kind or version")]
    Kind,
}

/// Beginnings of serde's own messages. Each quotes a value, and ends in what was expected.
const WITH_EXPECTED: [&str; 4] = [
    "invalid type: ",
    "invalid value: ",
    "invalid length ",
    "unknown variant ",
];

impl From<serde_dynamo::Error> for DamageError {
    /// Keeps the parts of a message that hold no value, as a value may be personal. These are what
    /// serde expected, and the name of a missing attribute.
    fn from(error: serde_dynamo::Error) -> Self {
        let said = error.to_string();
        let is_serde = WITH_EXPECTED.iter().any(|it| said.starts_with(it));
        // The last one is serde's: before it, a value can say the same.
        let shape = match said.rsplit_once(", expected ") {
            Some((_, expected)) if is_serde => format!("an attribute is not {expected}"),
            None if said.starts_with("missing field `") => said,
            _ => "an attribute has a value that cannot be read".to_owned(),
        };
        Self::Shape(shape)
    }
}

impl StoreError {
    /// Whether the same call may work later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoAnswer(_))
    }

    /// Whether DynamoDB has refused to begin: nothing was done.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.code().is_some_and(is_throttle))
    }

    /// Whether the write's condition did not hold.
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

/// Beginnings of the messages with which DynamoDB refuses an item over 400 KB: put, and updated.
const TOO_LARGE: [&str; 2] = [
    "Item size has exceeded the maximum allowed size",
    "Item size to update has exceeded the maximum allowed size",
];

/// Returns whether a message of DynamoDB says that an item is too large. A message can quote text
/// that a client chose, but never begins with it.
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
        // The keys of a lead's metadata are names of attributes, and DynamoDB quotes those.
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
        // The message of a time quotes what follows it.
        let time = shown::<Timestamp>("2026-02-10T12:00:00Z, expected secret");
        assert_eq!(time, "an attribute has a value that cannot be read");
    }
}
