//! `GET /leads/{id}/runs/{run_id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{run::Run, workflow::Workflow};
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::RunOut;
#[cfg(feature = "description")]
use crate::schema::{
    domain_types,
    refusals::{Keyed, Naming},
};
use crate::{
    auth::Caller,
    http::{error::ApiError, path::RunPath},
    state::AppState,
};

#[derive(Serialize, ToSchema)]
struct RunReply<'a> {
    success: bool,
    workflow_run: RunOut<'a>,
}

/// Returns the version of the workflow that a run follows. `None` if nothing is planned.
///
/// # Errors
/// Errors of the store.
pub async fn planned_by(state: &AppState, run: &Run) -> Result<Option<Arc<Workflow>>, ApiError> {
    if !run.is_planned() {
        return Ok(None);
    }
    let version = state.catalogue.version(run.account_id, &run.workflow);
    Ok(Some(version.await?))
}

/// Show a run with its touchpoints
///
/// Returns a run with every planned contact in `touchpoints`. Use it to see what is due when, and
/// what was skipped.
///
/// `due_at` is the time of a touchpoint, and `state` its progress. The reply to a new lead and
/// `active_workflow_run` of a lead have the run's id. A run that is not built yet has no
/// touchpoints.
#[utoipa::path(
    get,
    path = "/api/public/leads/{id}/runs/{run_id}",
    operation_id = "showRun",
    tag = "Runs",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id."), ("run_id" = domain_types::RunId, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "The run.", body = RunReply<'static>),
        Keyed,
        Naming,
    ),
)]
pub async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    RunPath { lead: id, run }: RunPath,
) -> Result<Response, ApiError> {
    let lead = state.store.lead(account.id, id).await?.found();
    let lead = lead.ok_or(ApiError::NotFound("Lead"))?;
    // Read after the lead: a run that was replaced since then is stored by now.
    let built = state.store.run(account.id, id, run).await?;
    let ordered = lead.start.as_ref().filter(|start| start.run_id == run);
    let run = built.or_else(|| Some(Run::queued(&lead, ordered?)));
    let run = run.ok_or(ApiError::NotFound("Run"))?;
    let workflow = planned_by(&state, &run).await?;
    let secret = state.catalogue.secret(account.id).await?;
    let body = RunReply {
        success: true,
        workflow_run: RunOut::new(&run, workflow.as_deref(), &secret),
    };
    Ok(Json(body).into_response())
}
