//! Who is asking (CONTRACT section 1).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::{account::Account, api_key::ApiKey};
use http::request::Parts;

use crate::{error::ApiError, limit::Ticket, state::AppState};

/// The account whose key the request carries, and whose limits let it through. Taken before the body is read.
pub(crate) struct Caller(pub(crate) Arc<Account>);

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
        let account = state.account_of_key(hash.clone()).await?;
        let account = account.ok_or(ApiError::InvalidApiKey)?;
        if let Some(ticket) = parts.extensions.get::<Ticket>() {
            ticket.pay(&state.limiter, &account, hash).await?;
        }
        Ok(Self(account))
    }
}
