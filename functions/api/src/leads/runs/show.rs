//! `GET /leads/{id}/runs/{run_id}`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::domain::run::Run;

use super::reply::RunOut;
use crate::{auth::Caller, error::ApiError, path_id::RunPath, state::AppState};

#[derive(Serialize)]
struct RunReply<'a> {
    success: bool,
    workflow_run: RunOut<'a>,
}

pub(crate) async fn show(
    State(state): State<AppState>,
    Caller(account): Caller,
    RunPath { lead: id, run }: RunPath,
) -> Result<Response, ApiError> {
    let lead = state.store.lead(account.id, id).await?.found();
    let lead = lead.ok_or(ApiError::NotFound("Lead"))?;
    // After the lead: a run that was replaced since is written by then.
    let built = state.store.run(account.id, id, run).await?;
    let ordered = lead.start.as_ref().filter(|start| start.run_id == run);
    let run = built.or_else(|| Some(Run::queued(&lead, ordered?)));
    let run = run.ok_or(ApiError::NotFound("Run"))?;
    let body = RunReply {
        success: true,
        workflow_run: RunOut::from(&run),
    };
    Ok(Json(body).into_response())
}
