use aws::store::StoreError;

use super::*;
use crate::http::{error::Problems, routes::UnknownPath};

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
    use ApiError as E;
    let limited = E::RateLimited {
        name: "account",
        rate: 100,
        seconds: 3,
    };
    let malformed = E::MalformedJson {
        what: "The body is not valid JSON",
        line: 1,
        column: 2,
    };
    for (error, expected) in [
        (
            E::Validation(Problems::default()),
            "400 validation_error Validation error",
        ),
        (malformed, "400 malformed_json Malformed JSON"),
        (E::EmptyBody, "400 malformed_json Malformed JSON"),
        (E::IncompleteBody, "400 malformed_json Malformed JSON"),
        (
            E::WorkflowIdRequired(Problems::default()),
            "400 validation_error workflow_id is required",
        ),
        (E::Unreadable, "400 validation_error Validation error"),
        (
            E::MissingApiKey { found: None },
            "401 missing_api_key Missing API key",
        ),
        (
            E::InvalidApiKey { flaw: None },
            "401 invalid_api_key Invalid API key",
        ),
        (E::InvalidToken, "401 invalid_token Invalid token"),
        (
            E::NoActiveRun,
            "404 not_found No active workflow run found for this lead and workflow",
        ),
        (E::NotFound("Lead"), "404 not_found Not found"),
        (
            E::UnknownRoute(UnknownPath::new("/")),
            "404 not_found Not found",
        ),
        (
            E::MethodNotAllowed {
                allowed: String::new(),
            },
            "405 method_not_allowed Method not allowed",
        ),
        (StoreError::NotFound.into(), "404 not_found Not found"),
        (StoreError::Conflict.into(), "409 conflict Conflict"),
        (E::NotDispatched, "409 not_dispatched Not dispatched"),
        (E::HasOutcome, "409 conflict Conflict"),
        (
            E::PayloadTooLarge(""),
            "413 payload_too_large Payload too large",
        ),
        (
            StoreError::TooLarge.into(),
            "413 payload_too_large Payload too large",
        ),
        (
            E::UnsupportedMediaType,
            "415 unsupported_media_type Unsupported media type",
        ),
        (
            E::IdempotencyKeyReused,
            "422 idempotency_key_reused Idempotency key reused",
        ),
        (
            E::KeyOfOtherArray,
            "422 idempotency_key_reused Idempotency key reused",
        ),
        (
            E::IdempotencyKeyOfErased,
            "422 idempotency_key_reused Idempotency key reused",
        ),
        (limited, "429 rate_limited Too many requests"),
        (
            unexpected().into(),
            "500 internal_error Internal server error",
        ),
        (
            E::Internal(None),
            "500 internal_error Internal server error",
        ),
        (unavailable().into(), "503 unavailable Service unavailable"),
        (
            E::Unconfirmed(Some(unavailable())),
            "503 unavailable Service unavailable",
        ),
        (
            E::of_change(unavailable()),
            "503 unavailable Service unavailable",
        ),
        (
            E::of_suppression(unavailable()),
            "503 unavailable Service unavailable",
        ),
        (E::TimedOut, "503 unavailable Service unavailable"),
        (E::NotStored, "503 unavailable Service unavailable"),
        (E::NotTaken, "503 unavailable Service unavailable"),
    ] {
        let status = error.status().as_u16();
        let shown = format!("{status} {} {}", error.code(), error.title());
        assert_eq!(shown, expected);
        let can_wait = matches!(status, 429 | 503);
        assert_eq!(error.retry_after().is_some(), can_wait, "{error:?}");
        // The client never sees a cause.
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
