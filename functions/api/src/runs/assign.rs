//! `POST /leads/{id}/assign-workflow`.

use aws::{
    queue::WorkflowStart,
    store::{PendingStart, StoreError},
    telemetry::ErrorChain,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    account::AccountSettings,
    ids::{JobId, LeadId, RunId, WorkflowId},
    lead::{Lead, Start},
    run::{Run, RunStatus},
    timing::{MIN_GAP, MinGap},
    workflow::Workflow,
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::change::Current;
#[cfg(feature = "description")]
use crate::schema::{
    bodies::Assignment,
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, error::ApiError, path::PathId, reader::Reader},
    retry::{TRIES, pause},
    state::AppState,
};

/// Its names are in camel case, as the reference has them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(description = "The new run.")]
struct AssignedReply<'a> {
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
    #[schema(value_type = domain_types::WorkflowId)]
    workflow_id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    workflow_name: &'a str,
    movement_type: MovementType,
    paused: bool,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum MovementType {
    Enrollment,
    Reassignment,
}

/// The reason and the actor of an assignment, for the history.
struct AssignmentNote {
    reason: Option<String>,
    actor: Option<String>,
}

/// Enrol a lead in a workflow
///
/// Puts a stored lead into a workflow. Use it for a lead that was created without a workflow, or to
/// move a lead to another one. It ends the lead's active run.
///
/// Keep `workflowRunId` of the reply to show the run. If `paused` is true, the workflow is paused,
/// and the cadence waits.
#[utoipa::path(
    post,
    path = "/api/public/leads/{id}/assign-workflow",
    operation_id = "assignWorkflow",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    request_body = Assignment,
    responses(
        (status = 201, description = "The lead is on a new run.", body = AssignedReply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn assign(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let workflow_id: Option<WorkflowId> = reader.required("workflowId");
    let note = AssignmentNote {
        reason: reader.note("reason"),
        actor: reader.note("actorId"),
    };
    let workflow_id = reader.finish_with(&["workflowId", "reason", "actorId"], workflow_id)?;
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        // The lead before the workflow: if both are unknown, the error names the lead.
        let current = Current::read(&state, &account, id).await?;
        let workflow = state.catalogue.workflow(account.id, workflow_id).await?;
        let workflow = workflow.ok_or(ApiError::NotFound("Workflow"))?;
        let lead = current.lead.clone();
        let min_gap = state.catalogue.destinations(account.id).await?.min_gap();
        // Read after the run: a claim that comes later changes the run, and then this is tried again.
        let gap = min_gap.map_or(MIN_GAP, MinGap::duration);
        let since = state.clock.now().saturating_sub(gap);
        let since = since.unwrap_or(Timestamp::MIN);
        let last_call = state.store.last_call(account.id, id, since).await?;
        // The start before has those of its own time, and a call that is under way has no entry yet.
        let earlier = lead.start.as_ref().and_then(|start| start.last_call);
        let newest = current.enrolment.as_ref().map(|it| &it.run);
        let is_calling = newest.is_some_and(Run::has_call_under_way);
        let under_way = is_calling.then(|| state.clock.now());
        let last_call = last_call
            .max(earlier.filter(|at| *at >= since))
            .max(under_way);
        let start = Start {
            last_call,
            min_gap: min_gap.filter(|_| last_call.is_some()),
            ..order(&state, &lead, &workflow, &note)?
        };
        let mut ended = current.active(None);
        let movement_type = match &mut ended {
            None => MovementType::Enrollment,
            Some(ended) => {
                ended.run.end(RunStatus::Stopped);
                MovementType::Reassignment
            }
        };
        let now = state.clock.now();
        match state.store.assign(&lead, &start, ended.as_ref(), now).await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(ApiError::of_change(error)),
            Ok(()) => {
                let reply = AssignedReply {
                    workflow_run_id: start.run_id,
                    workflow_id: workflow.id,
                    workflow_name: &workflow.name,
                    movement_type,
                    paused: workflow.is_paused,
                };
                let reply = (StatusCode::CREATED, Json(reply)).into_response();
                send(&state, &account, id, start, now).await;
                return Ok(reply);
            }
        }
    }
    Err(ApiError::Conflict)
}

/// Returns the start of `lead` in `workflow`.
fn order(
    state: &AppState,
    lead: &Lead,
    workflow: &Workflow,
    note: &AssignmentNote,
) -> Result<Start, ApiError> {
    let refused = ApiError::invalid;
    if workflow.has_call_step() && lead.profile.phone.is_none() {
        return Err(refused(
            "workflowId",
            "has a call step, and the lead has no phone number",
        ));
    }
    let before = lead.start.as_ref().map(|start| start.run_id);
    let now = state.clock.now();
    let run_id = RunId::new_after(before, now, state.randomness.bits());
    let job_id = JobId::new(now, state.randomness.bits());
    let start = Start::new(lead, workflow, None, run_id, job_id);
    let start =
        start.ok_or_else(|| refused("workflowId", "has no step that can reach the lead"))?;
    Ok(Start {
        enrolled_at: now,
        reason: note.reason.clone(),
        actor: note.actor.clone(),
        ..start
    })
}

/// Sends the start. It is listed as pending until it is sent, so that requeue-starts sends it if this fails.
async fn send(
    state: &AppState,
    account: &AccountSettings,
    id: LeadId,
    start: Start,
    since: Timestamp,
) {
    let message = WorkflowStart::new(account.id, id, &start, since);
    if let Err(error) = state.queue.send(&message).await {
        tracing::error!(lead.id = %id, error = %ErrorChain(&error), "a start could not be queued");
        return;
    }
    let unsent = PendingStart::new(account.id, id, start, since);
    match state.store.clear_pending(&unsent).await {
        Err(error) if !error.is_conflict() => {
            tracing::error!(lead.id = %id, error = %ErrorChain(&error), "a start could not be taken off the list of pending starts");
        }
        _ => {}
    }
}
