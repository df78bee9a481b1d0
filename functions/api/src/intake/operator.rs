//! Intake in the operator's own process: the code of `POST /leads`, without a request, an API key or a limit.

use domain::{account::AccountSettings, idempotency::IdempotencyKey};

use super::{one, outcome::Acceptance, reply::created_body};
use crate::{http::error::ApiError, state::AppState};

/// A lead that is stored.
pub struct CreatedLead {
    /// The body of the API's reply, as JSON.
    pub body: String,
    /// Whether an earlier call with the same idempotency key created it.
    pub is_replay: bool,
}

/// Creates a lead of an account. `body` is the JSON of the lead.
///
/// # Errors
/// The error that a request with this body gets.
pub async fn create_lead(
    state: &AppState,
    account: &AccountSettings,
    key: Option<&IdempotencyKey>,
    body: &str,
) -> Result<CreatedLead, ApiError> {
    let accepted = one::create(state, account, key, body.as_bytes()).await?;
    Ok(CreatedLead {
        body: accepted.body,
        is_replay: accepted.how == Acceptance::Replayed,
    })
}

/// Checks a lead as [`create_lead`] does, and stores nothing. Returns the body of the reply.
///
/// # Errors
/// Same as [`create_lead`], but for those of the idempotency key and of the write.
pub async fn check_lead(
    state: &AppState,
    account: &AccountSettings,
    body: &str,
) -> Result<String, ApiError> {
    let enrolled = one::read(state, account, None, body.as_bytes()).await?;
    let enrolled = enrolled.map_err(|refused| refused.error)?;
    created_body(&enrolled.lead, &enrolled.remarks)
}
