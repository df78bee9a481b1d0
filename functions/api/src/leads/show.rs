//! `GET /leads/{id}` (CONTRACT section 5).

use std::time::Duration;

use aws::telemetry::ErrorChain;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{ids::LeadId, lead::Lead, run::Run};
use jiff::SignedDuration;
use tokio::time::timeout;

use super::reply::{LeadOut, LeadReply, Variables};
#[cfg(feature = "description")]
use crate::schema::{
    refusals::{Keyed, Naming},
    types,
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::PathId},
    state::AppState,
};

/// A start that has waited for longer has no message and no mark: its request ended between its calls, or
/// could make neither. Nobody was promised its run.
const STALLED: SignedDuration = SignedDuration::from_mins(15);

/// Show a lead with its run
#[utoipa::path(
    get,
    path = "/api/public/leads/{id}",
    operation_id = "showLead",
    tag = "Leads",
    params(("id" = types::LeadId, Path, description = "The lead's id.")),
    responses(
        (status = 200, description = "The lead.", body = LeadReply<'static>),
        Keyed,
        Naming,
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
) -> Result<Response, ApiError> {
    let found = state.store.lead_with_newest_run(account.id, id).await?;
    let (lead, run) = found.ok_or(ApiError::NotFound("Lead"))?;
    repair_stalled_start(&state, &lead, run.as_ref()).await;
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

/// A start that was revived is not revived again by this process for so long: it may be a dead letter, and
/// would be one more each time.
const REPAIRED_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// So long a reader waits until a start is revived.
const REPAIR_TIMEOUT: Duration = Duration::from_millis(100);

/// Marks a start that stalled: requeue-starts sends it. One that was under way all the same is sent twice,
/// and builds its run once.
async fn repair_stalled_start(state: &AppState, lead: &Lead, newest: Option<&Run>) {
    let now = state.clock.now();
    let is_stalled = lead.start.as_ref().is_some_and(|start| {
        newest.is_none_or(|run| run.id != start.run_id)
            && start
                .enrolled_at
                .saturating_add(STALLED)
                .is_ok_and(|end| end < now)
    });
    let (account, id) = (lead.account_id, lead.profile.id);
    if !is_stalled || state.repaired.get(&id, now).is_some() {
        return;
    }
    let marked = timeout(
        REPAIR_TIMEOUT,
        state.store.set_pending(account, id, now, None),
    );
    match marked.await {
        Ok(Ok(())) => {
            state.repaired.put(id, (), now, REPAIRED_LIFETIME);
            tracing::warn!(lead.id = %id, "a stalled start is sent again");
        }
        Ok(Err(error)) => {
            tracing::error!(lead.id = %id, error = %ErrorChain(&error), "a stalled start could not be listed as pending");
        }
        Err(_) => {
            tracing::error!(lead.id = %id, "a stalled start could not be listed as pending: it took too long");
        }
    }
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
