//! Writes of suppressions, by requests and by outcomes of a lead's contacts.

use domain::{
    account::AccountSettings, ids::AccountId, lead::Profile, outcome::Outcome,
    suppression::Suppression,
};
use futures::future::try_join_all;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    reply::{SuppressedReply, SuppressionOut},
    request::Request,
};
use crate::{http::error::ApiError, state::AppState};

/// Stores a suppression. Returns the body of the reply, and whether the suppression is new.
///
/// # Errors
/// The errors of the store, and [`ApiError::SuppressionUnconfirmed`].
pub async fn write(
    state: &AppState,
    account: &AccountSettings,
    Request {
        address,
        suppression,
    }: &Request,
) -> Result<(Box<RawValue>, bool), ApiError> {
    let written = state.store.suppress(account.id, *address, suppression);
    let (stored, is_new) = written.await.map_err(ApiError::of_suppression)?;
    let stored = stored.suppression.as_ref().unwrap_or(suppression);
    let reply = SuppressedReply {
        success: true,
        suppression: SuppressionOut::new(*address, stored),
        runs_stopped: 0,
    };
    let reply = to_raw_value(&reply).map_err(|_| ApiError::Internal(None))?;
    Ok((reply, is_new))
}

/// Suppresses the phone number and the e-mail address of a lead on all channels, if the outcome asks for it.
/// Returns the number of new suppressions.
///
/// They have no note: it may name the person, and a suppression outlives the erasure of the lead.
///
/// # Errors
/// The errors of the store, and [`ApiError::SuppressionUnconfirmed`].
pub async fn suppress_lead(
    state: &AppState,
    account: AccountId,
    lead: &Profile,
    outcome: Outcome,
) -> Result<u64, ApiError> {
    let Some(suppression) = Suppression::of_outcome(outcome, state.clock.now()) else {
        return Ok(0);
    };
    let secret = state.catalogue.secret(account).await?;
    let hashes = secret.hashes_of(lead).into_iter().flatten();
    let writes = hashes.map(|hash| state.store.suppress(account, hash, &suppression));
    let written = Box::pin(try_join_all(writes)).await;
    let written = written.map_err(ApiError::of_suppression)?;
    Ok(written.iter().map(|(_, is_new)| u64::from(*is_new)).sum())
}
