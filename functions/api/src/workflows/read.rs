//! `GET /workflows` and `GET /workflows/{id}` ([contract](../../../../docs/contract.md#get-workflows)).

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use domain::{
    cadence::{Cadence, Channel, Step, Window},
    ids::{StatusId, WorkflowId},
    outcome::{CadenceEffect, Effect, Outcome},
    page::List,
    workflow::{GoalType, Status, Workflow},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    parameters::PageParams,
    refusals::{Checked, Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{
        error::ApiError,
        paging::{Pagination, Parameters},
        path::PathId,
    },
    runs::MessageOut,
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub struct WorkflowsReply {
    success: bool,
    workflows: Vec<WorkflowOut>,
    pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
pub struct WorkflowReply {
    success: bool,
    workflow: WholeWorkflow,
}

/// A workflow in the list.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowSummary)]
struct WorkflowOut {
    #[schema(value_type = domain_types::WorkflowId)]
    id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    name: String,
    #[schema(value_type = domain_types::GoalType)]
    goal_type: GoalType,
    is_paused: bool,
    #[schema(example = "America/Santiago")]
    timezone: String,
    #[schema(value_type = Vec<domain_types::Channel>)]
    channels: Vec<Channel>,
    #[schema(example = 5)]
    total_steps: usize,
    created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Workflow)]
struct WholeWorkflow {
    #[serde(flatten)]
    workflow: WorkflowOut,
    statuses: Vec<StatusOut>,
    cadence: CadenceOut,
    /// The effect of each outcome on a run. `opted_out` and `complained` always end the run.
    #[schema(value_type = BTreeMap<String, EffectOut>)]
    outcomes: BTreeMap<Outcome, EffectOut>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OutcomeEffect)]
struct EffectOut {
    #[schema(value_type = domain_types::CadenceEffect)]
    cadence: CadenceEffect,
    /// The key of the status that the lead gets.
    #[schema(required, example = "engaged")]
    status: Option<String>,
    /// Whether a person takes the lead over.
    human_takeover: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
struct StatusOut {
    #[schema(value_type = domain_types::StatusId)]
    id: StatusId,
    #[schema(example = "won")]
    key: String,
    #[schema(example = "Won")]
    label: String,
    #[schema(example = "won")]
    category: String,
    is_initial: bool,
    is_terminal: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Cadence)]
struct CadenceOut {
    #[schema(value_type = Vec<domain_types::Window>)]
    windows: Vec<Window>,
    gate_all_channels: bool,
    steps: Vec<StepOut>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
struct StepOut {
    #[schema(value_type = domain_types::Channel)]
    channel: Channel,
    #[schema(example = 3)]
    max_attempts: u8,
    #[schema(example = "PT2H")]
    attempt_interval: String,
    #[schema(example = "P1D")]
    delay: String,
    #[schema(required)]
    message: Option<MessageOut>,
}

impl From<&Workflow> for WorkflowOut {
    fn from(workflow: &Workflow) -> Self {
        Self {
            id: workflow.id,
            name: workflow.name.clone(),
            goal_type: workflow.goal_type,
            is_paused: workflow.is_paused,
            timezone: workflow.timezone_name().to_owned(),
            channels: workflow.channels(),
            total_steps: workflow.cadence.steps.len(),
            created_at: workflow.created_at,
        }
    }
}

impl From<Workflow> for WholeWorkflow {
    fn from(workflow: Workflow) -> Self {
        let outcomes = Outcome::CONFIGURABLE.map(|it| (it, EffectOut::new(&workflow, it)));
        Self {
            outcomes: BTreeMap::from(outcomes),
            workflow: WorkflowOut::from(&workflow),
            statuses: workflow.statuses.into_iter().map(StatusOut::from).collect(),
            cadence: CadenceOut::from(workflow.cadence),
        }
    }
}

impl EffectOut {
    /// Returns the effect of an outcome, without a status that the workflow does not have.
    fn new(workflow: &Workflow, outcome: Outcome) -> Self {
        let Effect {
            cadence,
            status,
            human_takeover,
        } = workflow.outcomes.effect(outcome);
        Self {
            cadence,
            status: status.filter(|key| workflow.status(key).is_some()),
            human_takeover,
        }
    }
}

impl From<Status> for StatusOut {
    fn from(
        Status {
            id,
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }: Status,
    ) -> Self {
        Self {
            id,
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }
    }
}

impl From<Cadence> for CadenceOut {
    fn from(
        Cadence {
            windows,
            gate_all_channels,
            steps,
        }: Cadence,
    ) -> Self {
        Self {
            windows,
            gate_all_channels,
            steps: steps.into_iter().map(StepOut::from).collect(),
        }
    }
}

impl From<Step> for StepOut {
    fn from(
        Step {
            channel,
            max_attempts,
            attempt_interval,
            delay,
            message,
        }: Step,
    ) -> Self {
        Self {
            channel,
            max_attempts,
            attempt_interval: attempt_interval.into(),
            delay: delay.into(),
            message: message.map(MessageOut::from),
        }
    }
}

/// List workflows
///
/// Returns a page of the account's workflows. Use it to find the `workflow_id` for new leads.
///
/// To read on, send `pagination.next_cursor` as `cursor`.
#[utoipa::path(
    get,
    path = "/api/public/workflows",
    operation_id = "listWorkflows",
    tag = "Workflows",
    params(PageParams),
    responses(
        (status = 200, description = "A page of workflows.", body = WorkflowsReply),
        Keyed,
        Checked,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(account): Caller,
    parameters: Parameters,
) -> Result<Json<WorkflowsReply>, ApiError> {
    let request = parameters.page(account.id, List::Workflows)?;
    let page = state.store.workflows(account.id, &request).await?;
    Ok(Json(WorkflowsReply {
        success: true,
        pagination: Pagination::new(account.id, List::Workflows, &request, page.next.as_deref()),
        workflows: page.items.iter().map(WorkflowOut::from).collect(),
    }))
}

/// Show a workflow with its statuses and its cadence
///
/// Returns a workflow as its file defines it. Use it to find the keys of its statuses, the steps
/// that its leads go through, and the effects of outcomes.
#[utoipa::path(
    get,
    path = "/api/public/workflows/{id}",
    operation_id = "showWorkflow",
    tag = "Workflows",
    params(("id" = domain_types::WorkflowId, Path, description = "The workflow's id.")),
    responses(
        (status = 200, description = "The workflow.", body = WorkflowReply),
        Keyed,
        Naming,
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<WorkflowId>,
) -> Result<Json<WorkflowReply>, ApiError> {
    // Not from the catalogue's cache, so that a workflow that was just applied is shown.
    let workflow = state.store.workflow(account.id, id).await?;
    Ok(Json(WorkflowReply {
        success: true,
        workflow: workflow.ok_or(ApiError::NotFound("Workflow"))?.into(),
    }))
}
