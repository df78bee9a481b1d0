//! `GET /workflows` (CONTRACT section 4).

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::{
    ids::WorkflowId,
    page::List,
    workflow::{Channel, GoalType, Workflow},
};

use crate::{
    auth::Caller,
    error::ApiError,
    paging::{Pagination, Paging},
    state::AppState,
};

#[derive(Serialize)]
pub(crate) struct WorkflowsReply {
    success: bool,
    workflows: Vec<WorkflowOut>,
    pagination: Pagination,
}

#[derive(Serialize)]
struct WorkflowOut {
    id: WorkflowId,
    name: String,
    goal_type: GoalType,
    is_paused: bool,
    timezone: String,
    channels: Vec<Channel>,
    total_steps: usize,
    created_at: Timestamp,
}

impl From<Workflow> for WorkflowOut {
    fn from(workflow: Workflow) -> Self {
        let channels = workflow.channels();
        let Workflow {
            id,
            name,
            goal_type,
            is_paused,
            timezone,
            statuses: _,
            steps,
            created_at,
        } = workflow;
        Self {
            id,
            name,
            goal_type,
            is_paused,
            timezone: timezone.iana_name().unwrap_or("UTC").to_owned(),
            channels,
            total_steps: steps.len(),
            created_at,
        }
    }
}

pub(crate) async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    paging: Paging,
) -> Result<Json<WorkflowsReply>, ApiError> {
    let request = paging.read(account.id, List::Workflows)?;
    let page = state.store.workflows(account.id, &request).await?;
    Ok(Json(WorkflowsReply {
        success: true,
        pagination: Pagination::new(
            account.id,
            List::Workflows,
            request.limit,
            page.next.as_deref(),
        ),
        workflows: page.items.into_iter().map(WorkflowOut::from).collect(),
    }))
}
