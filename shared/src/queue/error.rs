//! What can go wrong with the queue, sorted once, by what a caller can do about it.

use aws_sdk_sqs::{
    Error as SqsError,
    config::http::HttpResponse,
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

impl<E> From<SdkError<E, HttpResponse>> for QueueError
where
    E: ProvideErrorMetadata,
    SqsError: From<SdkError<E, HttpResponse>>,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let is_refused = match &error {
            SdkError::ServiceError(service) => {
                let throttled = matches!(
                    service.err().code(),
                    Some("ThrottlingException" | "RequestThrottled" | "OverLimit")
                );
                !throttled && !service.raw().status().is_server_error()
            }
            SdkError::ConstructionFailure(_) => true,
            _ => false,
        };
        if is_refused {
            Self::Unexpected(Box::new(error.into()))
        } else {
            Self::Unavailable(Box::new(error.into()))
        }
    }
}
