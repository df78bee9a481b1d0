//! `POST /leads/{id}/status`.

use axum::{Json, extract::State};
use domain::{
    activity::{Activity, ActivityKind},
    ids::{LeadId, RunId, WorkflowId},
    run::Run,
    workflow::{Status, Workflow},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::{Changed, Current, change_run_if};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::StatusChange,
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::JsonBody,
        error::ApiError,
        misspelling::nearest,
        path::PathId,
        problem::{MOST_SHOWN, Problem, joined, shown_name},
        reader::Reader,
    },
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct StatusReply {
    success: bool,
    changed: bool,
    #[schema(example = "new")]
    previous_status: String,
    #[schema(example = "won")]
    new_status: String,
    workflow_run: StatusRun,
}

#[derive(Serialize, ToSchema)]
struct StatusRun {
    #[schema(value_type = domain_types::RunId)]
    id: RunId,
    #[schema(value_type = domain_types::WorkflowId)]
    workflow_id: WorkflowId,
}

/// Move a lead to another status
///
/// Sets the status of a lead's run to one of its workflow's statuses. Use it when you learn more
/// about the lead, for example that it has bought.
///
/// It works until the run's status is terminal, also after the cadence has run out. A terminal status ends the run and
/// cancels its scheduled touchpoints. `changed` in the reply is
/// `false` if the run had the status already.
#[utoipa::path(
    post,
    path = "/api/public/leads/{id}/status",
    operation_id = "changeStatus",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id.")),
    request_body = StatusChange,
    responses(
        (status = 200, description = "The status before and after the request.", body = StatusReply),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn change(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Json<StatusReply>, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let key: String = reader.required("status_key").unwrap_or_default();
    let reason = reader.note("reason");
    let workflow = reader.id("workflow_id");
    reader.finish(&["status_key", "reason", "workflow_id"])?;
    let current = Current::read(&state, &account, id).await?;
    let enrolment = current.enrolment.ok_or(ApiError::NoActiveRun)?;
    let run = enrolment.run;
    if !run.has_open_status() && is_of(&run, workflow) && run.current_status.key == key {
        // A repeated request, after the first one has ended the run.
        return Ok(reply(&run, &run.current_status, false));
    }
    let definition = state
        .store
        .workflow_of_run(account.id, run.workflow.id)
        .await?;
    let which = (workflow, Run::has_open_status as fn(&Run) -> bool);
    change_run_if(&state, &account, id, which, |run, _, now| {
        let previous = run.current_status.clone();
        if previous.key == key {
            return Ok(Changed::Nothing(reply(run, &previous, false)));
        }
        // The lead was reassigned after the statuses were read.
        let definition = definition.as_ref().filter(|it| it.id == run.workflow.id);
        let status = find(&key, definition)?;
        run.move_to(status);
        let subject = format!("{} -> {}", previous.label, status.label);
        let activity = Activity {
            reason: reason.clone(),
            ..Activity::new(ActivityKind::StatusChanged, &subject, now)
        };
        Ok(Changed::Run(
            reply(run, &previous, true),
            Box::new(activity),
        ))
    })
    .await
}

fn is_of(run: &Run, workflow: Option<WorkflowId>) -> bool {
    workflow.is_none_or(|id| run.workflow.id == id)
}

fn reply(run: &Run, previous: &Status, changed: bool) -> Json<StatusReply> {
    Json(StatusReply {
        success: true,
        changed,
        previous_status: previous.key.clone(),
        new_status: run.current_status.key.clone(),
        workflow_run: StatusRun {
            id: run.id,
            workflow_id: run.workflow.id,
        },
    })
}

/// Returns the status with a key, in the current workflow.
fn find<'a>(key: &str, workflow: Option<&'a Workflow>) -> Result<&'a Status, ApiError> {
    let workflow = workflow.ok_or(ApiError::Conflict)?;
    let statuses = &workflow.statuses;
    statuses
        .iter()
        .find(|status| status.key == key)
        .ok_or_else(|| {
            let keys = statuses.iter().map(|status| shown_name(&status.key));
            let keys: Vec<_> = keys.take(MOST_SHOWN).collect();
            let keys = joined(keys.iter().map(|key| &**key), ", ", statuses.len());
            let known: Vec<_> = statuses.iter().map(|status| &*status.key).collect();
            let meant =
                nearest(key, &known).map(|it| format!("; did you mean {}?", shown_name(it)));
            let what = format!("must be one of {keys}{}", meant.unwrap_or_default());
            ApiError::Validation(Problem::of_value("status_key", key, what).into())
        })
}
