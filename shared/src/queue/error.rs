//! What can go wrong with the queue, sorted once, by what a caller can do about it.

use aws_sdk_sqs::{
    Error as SqsError,
    error::{ProvideErrorMetadata, SdkError},
};
use thiserror::Error;

/// Why a call of the queue failed.
#[derive(Debug, Error)]
pub enum QueueError {
    /// No answer, or one that asks to come back later.
    #[error("SQS cannot be reached or is throttling")]
    Unavailable(#[source] Box<SqsError>),
    /// SQS refused the request: the queue, the permissions or this code are wrong.
    #[error("SQS refused a request")]
    Unexpected(#[source] Box<SqsError>),
}

impl<E, R> From<SdkError<E, R>> for QueueError
where
    E: ProvideErrorMetadata,
    SqsError: From<SdkError<E, R>>,
{
    fn from(error: SdkError<E, R>) -> Self {
        let refused = match &error {
            SdkError::ServiceError(service) => !matches!(
                service.err().code(),
                Some(
                    "ThrottlingException"
                        | "RequestThrottled"
                        | "OverLimit"
                        | "InternalError"
                        | "InternalFailure"
                        | "ServiceUnavailable"
                )
            ),
            SdkError::ConstructionFailure(_) => true,
            _ => false,
        };
        if refused {
            Self::Unexpected(Box::new(error.into()))
        } else {
            Self::Unavailable(Box::new(error.into()))
        }
    }
}
