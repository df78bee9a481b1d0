//! `POST /leads` with one lead.

use domain::{account::AccountSettings, idempotency::IdempotencyKey};

use super::{
    accept::accept,
    enrol::{Enrolled, Refused, enrol},
    idempotency::{Place, Shape},
    lead_request::LeadRequest,
    outcome::Outcome,
    references::References,
};
use crate::{http::error::ApiError, state::AppState};

/// Creates the lead of a body.
pub async fn create(
    state: &AppState,
    account: &AccountSettings,
    key: Option<&IdempotencyKey>,
    body: &[u8],
) -> Outcome {
    let enrolled = read(state, account, key, body).await?;
    accept(state, account, enrolled).await
}

/// Makes the lead of a body, and stores nothing.
///
/// # Errors
/// Same as [`LeadRequest::parse`] and [`References::load`].
pub async fn read(
    state: &AppState,
    account: &AccountSettings,
    key: Option<&IdempotencyKey>,
    body: &[u8],
) -> Result<Result<Enrolled, Refused>, ApiError> {
    let place = key.map(|key| Place {
        key,
        index: 0,
        shape: Shape::Single,
    });
    let request = LeadRequest::parse(body, account, place)?;
    let references = References::load(state, account, &[&request]).await?;
    Ok(enrol(
        request,
        account,
        &references,
        &state.randomness,
        state.clock.now(),
    ))
}
