//! The errors of the queue. This module sorts SQS's errors once, by what a caller can do.

use aws_sdk_sqs::{
    Error as SqsError,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::BatchResultErrorEntry,
};
use thiserror::Error;

/// Error of a call of the queue.
#[derive(Debug, Error)]
pub enum QueueError {
    /// SQS did not answer, or asked for a later attempt.
    #[error("SQS cannot be reached or is throttling")]
    Unavailable(#[source] Box<SqsError>),
    /// SQS refused the request: the queue, the permissions or this code is wrong.
    #[error("SQS refused a request")]
    Unexpected(#[source] Box<SqsError>),
    /// SQS accepted a batch without this message. It may accept the message later.
    #[error("SQS did not take a message of a batch, and may take it later (code {code})")]
    MessageUnavailable {
        /// SQS's code of the reason.
        code: String,
    },
    /// SQS refused this message of a batch: the message or this code is wrong.
    #[error("SQS refused a message of a batch (code {code})")]
    MessageUnexpected {
        /// SQS's code of the reason.
        code: String,
    },
}

fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "ThrottlingException" | "RequestThrottled" | "OverLimit"
    )
}

impl From<&BatchResultErrorEntry> for QueueError {
    /// Keeps only the code: SQS's text may quote the message.
    fn from(entry: &BatchResultErrorEntry) -> Self {
        let code = entry.code().to_owned();
        if entry.sender_fault() && !is_throttle(&code) {
            Self::MessageUnexpected { code }
        } else {
            Self::MessageUnavailable { code }
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for QueueError
where
    E: ProvideErrorMetadata,
    SqsError: From<SdkError<E, HttpResponse>>,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let is_refused = match &error {
            SdkError::ServiceError(service) => {
                let throttled = service.err().code().is_some_and(is_throttle);
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
