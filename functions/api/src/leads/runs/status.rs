//! `POST /leads/{id}/status`.

use std::slice;

use axum::{Json, extract::State};
use serde::Serialize;
use shared::domain::{
    activity::{Activity, ActivityKind},
    ids::{LeadId, RunId, WorkflowId},
    workflow::{Status, Workflow},
};

use super::{Changed, change_run};
use crate::{
    auth::Caller,
    error::{ApiError, Problem},
    leads::{body::JsonBody, reader::Reader},
    path_id::PathId,
    state::AppState,
};

#[derive(Serialize)]
pub(crate) struct StatusReply {
    success: bool,
    changed: bool,
    previous_status: String,
    new_status: String,
    workflow_run: StatusRun,
}

#[derive(Serialize)]
struct StatusRun {
    id: RunId,
    workflow_id: WorkflowId,
}

pub(crate) async fn change(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    JsonBody(body): JsonBody,
) -> Result<Json<StatusReply>, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let key: String = reader.required("status_key").unwrap_or_default();
    let reason = reader.note("reason");
    let workflow = reader.id("workflow_id");
    reader.finish()?;
    let now = state.clock.now();
    change_run(&state, &account, id, workflow, |run, workflow| {
        let previous = run.current_status.clone();
        let status = find(&key, &previous, workflow)?;
        let changed = run.move_to(status);
        let reply = Json(StatusReply {
            success: true,
            changed,
            previous_status: previous.key.clone(),
            new_status: status.key.clone(),
            workflow_run: StatusRun {
                id: run.id,
                workflow_id: run.workflow.id,
            },
        });
        if !changed {
            return Ok(Changed::Nothing(reply));
        }
        let subject = format!("{} -> {}", previous.label, status.label);
        let activity = Activity {
            reason: reason.clone(),
            ..Activity::new(ActivityKind::StatusChanged, &subject, now)
        };
        Ok(Changed::Run(reply, activity))
    })
    .await
}

/// The status of that key in the workflow as it is now; of one that is gone, only the present one is known.
fn find<'a>(
    key: &str,
    present: &'a Status,
    workflow: Option<&'a Workflow>,
) -> Result<&'a Status, ApiError> {
    let known = workflow.map_or(slice::from_ref(present), |workflow| &workflow.statuses);
    known
        .iter()
        .find(|status| status.key == key)
        .ok_or_else(|| {
            let keys: Vec<&str> = known.iter().map(|status| status.key.as_str()).collect();
            let what = format!("must be one of {}", keys.join(", "));
            ApiError::Validation(vec![Problem::new("status_key", what)])
        })
}
