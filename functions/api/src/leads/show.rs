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
    let found = state.store.lead_with_newest_run(account.id, id).await?;
    let (lead, run) = found.ok_or(ApiError::NotFound("Lead"))?;
    let campaign = match lead.profile.campaign_id {
        Some(id) => state.catalogue.campaign(account.id, id).await?,
        None => None,
    };
    let run = active_run(&lead, run);
    let body = LeadReply {
        success: true,
        lead: LeadOut::new(&lead.profile, campaign.as_deref(), run.as_ref()),
        variables: Variables {},
    };
    Ok(Json(body).into_response())
}

/// The newest run, if it has not ended; before it is built, what the lead's start says of it.
fn active_run(lead: &Lead, newest: Option<Run>) -> Option<Run> {
    match (&lead.start, newest) {
        (Some(start), newest) if newest.as_ref().is_none_or(|run| run.id != start.run_id) => {
            Some(Run::queued(lead, start))
        }
        (_, newest) => newest.filter(Run::is_active),
    }
}
