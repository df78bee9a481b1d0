//! `POST /leads/{id}/automation/stop`, `.../resume` and `GET /leads/{id}/is_paused`.

use axum::{Json, extract::State};
use domain::{
    activity::{Activity, ActivityKind},
    ids::{LeadId, RunId, WorkflowId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::{Changed, Current, change_run};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::{AutomationResume, AutomationStop},
    domain_types,
    parameters::RunParams,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, error::ApiError, paging::Parameters, path::PathId, reader::Reader},
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct StoppedReply {
    success: bool,
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
    cadence_paused: bool,
    tasks_cancelled: usize,
}

#[derive(Serialize, ToSchema)]
pub struct AlreadyStoppedReply {
    success: bool,
    already_stopped: bool,
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
}

#[derive(Serialize, ToSchema)]
pub struct ResumedReply {
    success: bool,
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
    cadence_resumed: bool,
}

#[derive(Serialize, ToSchema)]
pub struct AlreadyRunningReply {
    success: bool,
    already_running: bool,
    #[schema(value_type = domain_types::RunId)]
    workflow_run_id: RunId,
}

/// The replies to a stop.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Stopped {
    Now(StoppedReply),
    Before(AlreadyStoppedReply),
}

/// The replies to a resume.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Resumed {
    Now(ResumedReply),
    Before(AlreadyRunningReply),
}

#[derive(Serialize, ToSchema)]
pub struct IsPausedReply {
    success: bool,
    paused: bool,
}

/// Stop a lead's automation: a person takes over
///
/// Pauses the cadence of a lead's active run, and cancels its scheduled touchpoints. Use it when a
/// person talks to the lead, so that no planned message interferes.
///
/// `tasks_cancelled` in the reply is the number of cancelled touchpoints. A second request changes
/// nothing, and its reply has `already_stopped`.
#[utoipa::path(
    post,
    path = "/api/public/leads/{id}/automation/stop",
    operation_id = "stopAutomation",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    request_body = AutomationStop,
    responses(
        (status = 200, description = "The automation is stopped.", body = inline(Stopped)),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn stop(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Json<Stopped>, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let workflow = reader.id("workflow_id");
    let workflow = with_workflow_id(reader, &["workflow_id"], workflow)?;
    change_run(&state, &account, id, Some(workflow), |run, _, now| {
        let workflow_run_id = run.id;
        let Some(tasks_cancelled) = run.stop(now) else {
            let reply = AlreadyStoppedReply {
                success: true,
                already_stopped: true,
                workflow_run_id,
            };
            return Ok(Changed::Nothing(Json(Stopped::Before(reply))));
        };
        let reply = StoppedReply {
            success: true,
            workflow_run_id,
            cadence_paused: true,
            tasks_cancelled,
        };
        let activity = Activity::new(ActivityKind::AutomationStopped, &run.workflow.name, now);
        Ok(Changed::Run(Json(Stopped::Now(reply)), Box::new(activity)))
    })
    .await
}

/// Resume a lead's automation
///
/// Ends the takeover by a person. Use it when the lead may be contacted automatically again.
///
/// The cadence stays paused unless the body has `"resume_cadence": true`. `cadence_resumed` in the
/// reply shows which of the two happened. If the automation was not stopped, the reply has
/// `already_running`.
#[utoipa::path(
    post,
    path = "/api/public/leads/{id}/automation/resume",
    operation_id = "resumeAutomation",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    request_body = AutomationResume,
    responses(
        (status = 200, description = "The automation is active.", body = inline(Resumed)),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn resume(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Json<Resumed>, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let workflow = reader.id("workflow_id");
    let with_cadence = reader.flag("resume_cadence").unwrap_or(false);
    let workflow = with_workflow_id(reader, &["workflow_id", "resume_cadence"], workflow)?;
    change_run(&state, &account, id, Some(workflow), |run, version, now| {
        let workflow_run_id = run.id;
        let version = version.filter(|_| with_cadence);
        let Some(cadence_resumed) = run.resume(version, now) else {
            let reply = AlreadyRunningReply {
                success: true,
                already_running: true,
                workflow_run_id,
            };
            return Ok(Changed::Nothing(Json(Resumed::Before(reply))));
        };
        let reply = ResumedReply {
            success: true,
            workflow_run_id,
            cadence_resumed,
        };
        let activity = Activity::new(ActivityKind::AutomationResumed, &run.workflow.name, now);
        Ok(Changed::Run(Json(Resumed::Now(reply)), Box::new(activity)))
    })
    .await
}

/// Show whether a lead's automation is stopped
///
/// Returns whether a person has taken over the lead. Ask before you contact the lead automatically
/// from another program.
///
/// If `paused` in the reply is true, do not contact the lead.
#[utoipa::path(
    get,
    path = "/api/public/leads/{id}/is_paused",
    operation_id = "isPaused",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id."), RunParams),
    responses(
        (status = 200, description = "Whether a person has taken over.", body = IsPausedReply),
        Keyed,
        Checked,
        Naming,
    ),
)]
pub async fn is_paused(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    mut parameters: Parameters,
) -> Result<Json<IsPausedReply>, ApiError> {
    let workflow: Option<WorkflowId> = parameters.take("workflow_id");
    parameters.finish()?;
    let active = Current::read(&state, &account, id).await?.active(workflow);
    Ok(Json(IsPausedReply {
        success: true,
        paused: active.is_some_and(|enrolment| enrolment.run.human_takeover),
    }))
}

/// Returns the workflow of a body. A missing one is an error of its own
/// ([contract](../../../../docs/contract.md#post-leadsidautomationresume)).
fn with_workflow_id(
    mut reader: Reader,
    known: &[&str],
    workflow: Option<WorkflowId>,
) -> Result<WorkflowId, ApiError> {
    let is_missing = workflow.is_none() && !reader.has_problem_with("workflow_id");
    if is_missing {
        reader.problem("workflow_id", "is required");
    }
    match (reader.finish(known), workflow) {
        (Err(ApiError::Validation(problems)), _) if is_missing => {
            Err(ApiError::WorkflowIdRequired(problems))
        }
        (Err(error), _) => Err(error),
        (Ok(()), Some(workflow)) => Ok(workflow),
        (Ok(()), None) => Err(ApiError::Internal(None)),
    }
}
