//! `GET /leads/{id}` ([contract](../../../../docs/contract.md#get-leadsid)).

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

use super::{
    next::NextTouchpoint,
    reply::{LeadOut, LeadReply, Variables},
};
#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    refusals::{Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::PathId},
    state::AppState,
};

/// Time after which a start without a run counts as stalled: it has no message and is not listed as pending, because
/// its request ended early. No reply has promised its run.
const STALLED: SignedDuration = SignedDuration::from_mins(15);

/// Show a lead with its run
///
/// Returns a lead, and its active run in `active_workflow_run`. Use it to see where a lead stands.
///
/// `run_status` is `queued` until the run is built, usually within two seconds. Show the run to see
/// its touchpoints.
#[utoipa::path(
    get,
    path = "/api/public/leads/{id}",
    operation_id = "showLead",
    tag = "Leads",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
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
    let next = match &run {
        Some(run) => next_touchpoint(&state, run).await?,
        None => None,
    };
    let body = LeadReply {
        success: true,
        lead: LeadOut::new(&lead.profile, campaign.as_deref(), run.as_ref(), next),
        variables: Variables {},
    };
    Ok(Json(body).into_response())
}

/// Returns the touchpoint of a run that comes next. `None` if there is none.
async fn next_touchpoint(state: &AppState, run: &Run) -> Result<Option<NextTouchpoint>, ApiError> {
    if !run.goes_on() {
        return Ok(None);
    }
    let account = run.account_id;
    let workflow = state.catalogue.workflow(account, run.workflow.id).await?;
    let is_paused = workflow.is_some_and(|workflow| workflow.is_paused);
    let secret = state.catalogue.secret(account).await?;
    Ok(NextTouchpoint::of(run, &secret, is_paused))
}

/// Time until this process repairs the same start again. It may be a dead letter, and each repair would add another
/// one.
const REPAIRED_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// Maximum time that a request waits for a repair.
const REPAIR_TIMEOUT: Duration = Duration::from_millis(100);

/// Lists a stalled start as pending, so that requeue-starts sends it. A start that is sent twice builds its run
/// once.
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

/// Returns the newest run, if it is active. Before it is built, the lead's start describes it.
fn active_run(lead: &Lead, newest: Option<Run>) -> Option<Run> {
    match (&lead.start, newest) {
        (Some(start), newest) if newest.as_ref().is_none_or(|run| run.id != start.run_id) => {
            Some(Run::queued(lead, start))
        }
        (_, newest) => newest.filter(Run::is_active),
    }
}
