//! The reporter of an outcome: a caller with an API key, or the receiver of a touchpoint.

use std::sync::Arc;

use aws::store::StoreError;
use axum::{RequestPartsExt, extract::FromRequestParts};
use domain::{account::AccountSettings, touchpoint_id::TouchpointRef};
use http::request::Parts;

use super::Caller;
use crate::{
    http::{error::ApiError, path::TouchpointId},
    limit::Charges,
    state::AppState,
};

/// Parameter of the query with the token of a `reply_url`.
const TOKEN: &str = "token";

/// The party that reports the outcome of a touchpoint.
pub struct Reporter {
    pub account: Arc<AccountSettings>,
    /// The touchpoint that the token opens. `None` if the request has an API key.
    pub opened: Option<TouchpointRef>,
}

impl FromRequestParts<AppState> for Reporter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let token = pairs.find(|(name, _)| name == TOKEN);
        let Some(token) = token.map(|(_, token)| token.into_owned()) else {
            let Caller(account) = Caller::from_request_parts(parts, state).await?;
            return Ok(Self {
                account,
                opened: None,
            });
        };
        let TouchpointId(id) = parts.extract().await.map_err(|_| ApiError::InvalidToken)?;
        let (named, _) = TouchpointRef::parse(&id).ok_or(ApiError::InvalidToken)?;
        let secret = match state.catalogue.secret(named.account_id).await {
            Err(StoreError::NotFound) => return Err(ApiError::InvalidToken),
            read => read?,
        };
        let opened = secret.opened_by(&token, &id, state.clock.now());
        let opened = opened.ok_or(ApiError::InvalidToken)?;
        let account = state.catalogue.settings(opened.account_id).await?;
        let account = account.ok_or(ApiError::InvalidToken)?;
        if let Some(charges) = parts.extensions.get::<Charges>() {
            charges.charge_touchpoint(&state.limiter, &account).await?;
        }
        Ok(Self {
            account,
            opened: Some(opened),
        })
    }
}
