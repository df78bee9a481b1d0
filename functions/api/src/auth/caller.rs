//! The caller of a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{account::AccountSettings, api_key::ApiKey};
use http::request::Parts;

use crate::{http::error::ApiError, limit::Charges, state::AppState};

/// The account of the request's API key.
///
/// The extractor authenticates the request and charges its limits, in this order, before the body is read.
pub struct Caller(pub Arc<AccountSettings>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let header = parts
            .headers
            .get("x-api-key")
            .ok_or(ApiError::MissingApiKey)?;
        if header.is_empty() {
            return Err(ApiError::MissingApiKey);
        }
        // A malformed key is refused here, without a read of the table.
        let key: ApiKey = header
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::InvalidApiKey)?;
        let hash = key.hash();
        let account = state.keys.account(&hash).await?;
        let account = account.ok_or(ApiError::InvalidApiKey)?;
        if let Some(charges) = parts.extensions.get::<Charges>() {
            charges.charge(&state.limiter, &account, hash).await?;
        }
        Ok(Self(account))
    }
}
