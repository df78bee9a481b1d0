//! `DELETE /leads/{id}` (CONTRACT section 5).

use axum::{Json, extract::State};
use serde::Serialize;
use shared::domain::ids::LeadId;

use crate::{auth::Caller, error::ApiError, path_id::PathId, state::AppState};

#[derive(Serialize)]
pub(crate) struct ErasedReply {
    success: bool,
}

pub(crate) async fn erase(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
) -> Result<Json<ErasedReply>, ApiError> {
    let erased = state
        .store
        .erase_lead(account.id, id, state.clock.now())
        .await;
    if erased.map_err(ApiError::of_change)? {
        Ok(Json(ErasedReply { success: true }))
    } else {
        Err(ApiError::NotFound("Lead"))
    }
}
