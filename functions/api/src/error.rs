//! Every error that a client can see (CONTRACT section 2), in one table.

use aws::store::StoreError;
use axum::{
    extract::rejection::BytesRejection,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The field, as the client named it.
    #[schema(example = "email")]
    pub(crate) field: String,
    /// What to change, as a sentence that starts with the field's name.
    #[schema(example = "email is not a valid email address")]
    pub(crate) message: String,
}

impl Problem {
    /// `what` reads on from the field's name: "is required".
    pub(crate) fn new(field: &str, what: impl std::fmt::Display) -> Self {
        Self {
            field: field.to_owned(),
            message: format!("{field} {what}"),
        }
    }
}

/// Why a request was not done. `Display` is what the client reads; a cause is for the log alone.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("{}", said(.0))]
    Validation(Vec<Problem>),
    #[error("{what} (line {line}, column {column})")]
    MalformedJson {
        what: &'static str,
        line: usize,
        column: usize,
    },
    #[error("Please provide your API key in the X-API-Key header")]
    MissingApiKey,
    #[error("The provided API key is not valid")]
    InvalidApiKey,
    #[error("{}", said(.0))]
    WorkflowIdRequired(Vec<Problem>),
    #[error("{0} not found or does not belong to your account")]
    NotFound(&'static str),
    #[error("The lead is on no run of that workflow that goes on; assign it to the workflow first")]
    NoActiveRun,
    #[error("There is nothing at this path; the API is under /api/public")]
    UnknownRoute,
    #[error("This path does not take this method; the Allow header lists the ones it takes")]
    MethodNotAllowed,
    #[error("{0}")]
    PayloadTooLarge(&'static str),
    #[error("The body could not be read to its end; send it again")]
    IncompleteBody,
    #[error("The body must be JSON: send it with Content-Type: application/json")]
    UnsupportedMediaType,
    #[error("Another request changed the same thing at the same moment; send it again")]
    Conflict,
    #[error("This Idempotency-Key was used for another request; use a new one")]
    IdempotencyKeyReused,
    #[error("The lead of this Idempotency-Key has been erased since; use a new key")]
    IdempotencyKeyOfErased,
    #[error(
        "The limit of this {name} is {rate} requests a second, and it is used up; send the request again in \
         {seconds} s"
    )]
    RateLimited {
        name: &'static str,
        rate: u32,
        seconds: u32,
    },
    #[error("The store did not take the lead; send it again")]
    NotStored,
    #[error(
        "The store did not answer, and the lead may be stored or not; with an Idempotency-Key, a \
         request can be sent again without storing it twice"
    )]
    Unconfirmed(#[source] Option<StoreError>),
    #[error(
        "The store did not confirm the change, and it may be done or not; read the lead before you send \
         it again"
    )]
    ChangeUnconfirmed(#[source] StoreError),
    #[error(
        "The request took too long, and it may be done or not; with an Idempotency-Key, it can be sent again \
         without storing a lead twice"
    )]
    TimedOut,
    #[error("The service cannot take the request right now and has stored nothing; send it again")]
    Unavailable(#[source] StoreError),
    #[error("Something went wrong on our side; quote the request_id when you report it")]
    Internal(#[source] Option<StoreError>),
}

fn said(problems: &[Problem]) -> String {
    let messages: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
    messages.join("; ")
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        self.row().0
    }

    pub(crate) fn title(&self) -> &'static str {
        self.row().1
    }

    pub(crate) fn code(&self) -> &'static str {
        self.row().2
    }

    /// The table of CONTRACT section 2.
    fn row(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::Validation(_) => (S::BAD_REQUEST, "Validation error", "validation_error"),
            Self::WorkflowIdRequired(_) => (
                S::BAD_REQUEST,
                "workflow_id is required",
                "validation_error",
            ),
            Self::NoActiveRun => (
                S::NOT_FOUND,
                "No active workflow run found for this lead and workflow",
                "not_found",
            ),
            Self::MalformedJson { .. } | Self::IncompleteBody => {
                (S::BAD_REQUEST, "Malformed JSON", "malformed_json")
            }
            Self::MissingApiKey => (S::UNAUTHORIZED, "Missing API key", "missing_api_key"),
            Self::InvalidApiKey => (S::UNAUTHORIZED, "Invalid API key", "invalid_api_key"),
            Self::NotFound(_) | Self::UnknownRoute => (S::NOT_FOUND, "Not found", "not_found"),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "Method not allowed",
                "method_not_allowed",
            ),
            Self::PayloadTooLarge(_) => (
                S::PAYLOAD_TOO_LARGE,
                "Payload too large",
                "payload_too_large",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "Unsupported media type",
                "unsupported_media_type",
            ),
            Self::Conflict => (S::CONFLICT, "Conflict", "conflict"),
            Self::IdempotencyKeyReused | Self::IdempotencyKeyOfErased => (
                S::UNPROCESSABLE_ENTITY,
                "Idempotency key reused",
                "idempotency_key_reused",
            ),
            Self::RateLimited { .. } => (S::TOO_MANY_REQUESTS, "Too many requests", "rate_limited"),
            Self::Unavailable(_)
            | Self::Unconfirmed(_)
            | Self::ChangeUnconfirmed(_)
            | Self::TimedOut
            | Self::NotStored => (S::SERVICE_UNAVAILABLE, "Service unavailable", "unavailable"),
            Self::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "Internal server error",
                "internal_error",
            ),
        }
    }

    pub(crate) fn problems(&self) -> Option<&[Problem]> {
        match self {
            Self::Validation(problems) | Self::WorkflowIdRequired(problems) => Some(problems),
            _ => None,
        }
    }

    /// What a change of a lead that failed in the store has come to. A call that got no answer, or that the
    /// SDK has sent more than once, may be done.
    pub(crate) fn of_change(error: StoreError) -> Self {
        if error.is_retryable() {
            Self::ChangeUnconfirmed(error)
        } else {
            error.into()
        }
    }

    /// Seconds after which the same request may work.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { seconds, .. } => Some(*seconds),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Conflict,
            StoreError::TooLarge => Self::PayloadTooLarge(
                "The lead would be over 400 KB; remove keys of its metadata before you add more",
            ),
            StoreError::Unavailable(_) | StoreError::NoAnswer(_) => Self::Unavailable(error),
            StoreError::Unexpected(_) | StoreError::Damaged { .. } => Self::Internal(Some(error)),
        }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::PayloadTooLarge("The body is over 5 MiB; send fewer leads at once")
        } else {
            Self::IncompleteBody
        }
    }
}

impl IntoResponse for ApiError {
    /// The status, with the error inside for [`crate::envelope::finish`], which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

pub(crate) async fn unknown_route() -> ApiError {
    ApiError::UnknownRoute
}

pub(crate) async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unexpected() -> StoreError {
        let error = aws_sdk_dynamodb::error::BuildError::missing_field("secret", "secret");
        StoreError::Unexpected(Box::new(error.into()))
    }

    fn unavailable() -> StoreError {
        let error = aws_sdk_dynamodb::error::BuildError::missing_field("secret", "secret");
        StoreError::Unavailable(Box::new(error.into()))
    }

    #[test]
    fn every_error_has_the_contracts_status_title_and_code() {
        let problem = Problem::new("email", "is not a valid email address");
        let malformed = ApiError::MalformedJson {
            what: "The body is not valid JSON",
            line: 1,
            column: 2,
        };
        for (error, status, title, code) in [
            (
                ApiError::Validation(vec![problem]),
                400,
                "Validation error",
                "validation_error",
            ),
            (malformed, 400, "Malformed JSON", "malformed_json"),
            (
                ApiError::IncompleteBody,
                400,
                "Malformed JSON",
                "malformed_json",
            ),
            (
                ApiError::WorkflowIdRequired(Vec::new()),
                400,
                "workflow_id is required",
                "validation_error",
            ),
            (
                ApiError::NoActiveRun,
                404,
                "No active workflow run found for this lead and workflow",
                "not_found",
            ),
            (
                ApiError::MissingApiKey,
                401,
                "Missing API key",
                "missing_api_key",
            ),
            (
                ApiError::InvalidApiKey,
                401,
                "Invalid API key",
                "invalid_api_key",
            ),
            (ApiError::NotFound("Lead"), 404, "Not found", "not_found"),
            (ApiError::UnknownRoute, 404, "Not found", "not_found"),
            (
                ApiError::MethodNotAllowed,
                405,
                "Method not allowed",
                "method_not_allowed",
            ),
            (StoreError::Conflict.into(), 409, "Conflict", "conflict"),
            (
                ApiError::PayloadTooLarge(""),
                413,
                "Payload too large",
                "payload_too_large",
            ),
            (
                ApiError::UnsupportedMediaType,
                415,
                "Unsupported media type",
                "unsupported_media_type",
            ),
            (
                ApiError::IdempotencyKeyReused,
                422,
                "Idempotency key reused",
                "idempotency_key_reused",
            ),
            (
                StoreError::TooLarge.into(),
                413,
                "Payload too large",
                "payload_too_large",
            ),
            (
                ApiError::IdempotencyKeyOfErased,
                422,
                "Idempotency key reused",
                "idempotency_key_reused",
            ),
            (
                ApiError::RateLimited {
                    name: "account",
                    rate: 100,
                    seconds: 3,
                },
                429,
                "Too many requests",
                "rate_limited",
            ),
            (
                unexpected().into(),
                500,
                "Internal server error",
                "internal_error",
            ),
            (
                ApiError::Internal(None),
                500,
                "Internal server error",
                "internal_error",
            ),
            (
                unavailable().into(),
                503,
                "Service unavailable",
                "unavailable",
            ),
            (
                ApiError::Unconfirmed(Some(unavailable())),
                503,
                "Service unavailable",
                "unavailable",
            ),
            (
                ApiError::of_change(unavailable()),
                503,
                "Service unavailable",
                "unavailable",
            ),
            (
                ApiError::TimedOut,
                503,
                "Service unavailable",
                "unavailable",
            ),
            (
                ApiError::NotStored,
                503,
                "Service unavailable",
                "unavailable",
            ),
        ] {
            assert_eq!(
                (error.status().as_u16(), error.title(), error.code()),
                (status, title, code)
            );
            let waits = matches!(status, 429 | 503);
            assert_eq!(error.retry_after().is_some(), waits, "{error:?}");
            // What a client reads never has a cause in it.
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn all_problems_stand_in_the_message() {
        let problems = vec![
            Problem::new("a", "is required"),
            Problem::new("b", "must be a string"),
        ];
        assert_eq!(
            ApiError::Validation(problems).to_string(),
            "a is required; b must be a string"
        );
    }
}
