//! `DELETE /leads/{id}` ([contract](../../../../docs/contract.md#delete-leadsid)).

use axum::{Json, extract::State};
use domain::ids::LeadId;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    refusals::{Keyed, Naming, Raced},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::PathId},
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct ErasedReply {
    success: bool,
}

/// Erase a lead, its runs and its history
///
/// Erases a lead for good: its data, its runs and its history. Its cadence stops. Use it when a
/// person asks for that.
///
/// The lead is gone from every reply at once. A second request gets 404.
#[utoipa::path(
    delete,
    path = "/api/public/leads/{id}",
    operation_id = "eraseLead",
    tag = "Leads",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    responses(
        (status = 200, description = "The lead is erased.", body = ErasedReply),
        Keyed,
        Naming,
        Raced,
    ),
)]
pub async fn erase(
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
