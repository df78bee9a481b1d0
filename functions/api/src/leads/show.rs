//! `GET /leads/{id}` (CONTRACT section 5).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use shared::domain::{ids::LeadId, lead::Lead, run::Run};

use super::reply::{LeadOut, LeadReply, Variables};
use crate::{auth::Caller, error::ApiError, path_id::PathId, state::AppState};

pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
) -> Result<Response, ApiError> {
    let found = state.store.lead_with_runs(account.id, id).await?;
    let (lead, runs) = found.ok_or(ApiError::NotFound("Lead"))?;
    let campaign = match lead.campaign_id {
        Some(id) => state.catalogue.campaign(account.id, id).await?,
        None => None,
    };
    let run = active_run(&lead, runs);
    let body = LeadReply {
        success: true,
        lead: LeadOut::new(&lead, campaign.as_deref(), run.as_ref()),
        variables: Variables {},
    };
    Ok(Json(body).into_response())
}

/// The newest run that has not ended; before it is built, what the lead's start says of it.
fn active_run(lead: &Lead, mut runs: Vec<Run>) -> Option<Run> {
    if let Some(start) = &lead.start
        && !runs.iter().any(|run| run.id == start.run_id)
    {
        return Some(Run::queued(lead, start));
    }
    runs.retain(Run::is_active);
    runs.pop()
}
