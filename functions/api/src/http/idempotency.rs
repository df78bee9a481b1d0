//! The header `Idempotency-Key` ([contract](../../../../docs/contract.md#idempotency-key)).

use axum::extract::FromRequestParts;
use domain::idempotency::IdempotencyKey;
use http::request::Parts;

use super::error::ApiError;

/// The `Idempotency-Key` header. `None` if the request has none.
pub struct IdempotencyHeader(pub Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for IdempotencyHeader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        // A value that is not visible ASCII becomes "", which is no key either.
        match value.to_str().unwrap_or_default().parse() {
            Ok(key) => Ok(Self(Some(key))),
            Err(error) => Err(ApiError::invalid("Idempotency-Key", error)),
        }
    }
}
