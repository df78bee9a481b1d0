//! `POST /leads` for one lead (CONTRACT section 3, DESIGN in docs/architecture.md).

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use shared::{
    domain::{
        account::Account,
        cadence::{Reachability, first_touchpoint},
        campaign::Campaign,
        ids::{JobId, LeadId, RunId},
        lead::{Lead, Start},
        workflow::Workflow,
    },
    queue::{QueueError, WorkflowStart},
    telemetry::Chain,
};

use super::{
    body::JsonBody,
    draft::Draft,
    reply::{CreatedLead, CreatedReply, CreatedRun},
};
use crate::{
    auth::Caller,
    error::{ApiError, Problem},
    state::AppState,
};

/// A lead's item must stay far below the 400 KB that DynamoDB takes.
const LEAD_LIMIT: usize = 64 * 1024;

const START_DELAYED: &str =
    "the workflow start could not be queued at once: it is delayed and will follow by itself";
const START_FAILED: &str = "the workflow could not be assigned: the lead is stored, in no workflow";

pub(crate) async fn create(
    State(state): State<AppState>,
    Caller(account): Caller,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    if body.len() > LEAD_LIMIT {
        return Err(ApiError::PayloadTooLarge("A lead must not be over 64 KiB"));
    }
    let draft = Draft::read(&body, &account)?;
    let (workflow, campaign) = wanted(&state, &account, &draft).await?;
    let mut warnings = Vec::new();
    let mut lead = lead(
        &account,
        draft,
        campaign.as_deref(),
        state.clock.now(),
        &mut warnings,
    );
    lead.start = match workflow {
        Wanted::Nothing => None,
        Wanted::Unknown => {
            warnings.push("the workflow is unknown to this account: the lead is in no workflow");
            None
        }
        Wanted::Workflow(workflow) => start(&lead, &workflow, &mut warnings)?,
    };
    store_and_order(&state, &mut lead, &mut warnings).await?;
    Ok(reply(&lead, &warnings))
}

/// What the draft's `workflow_id` leads to.
enum Wanted {
    Nothing,
    Unknown,
    Workflow(Arc<Workflow>),
}

async fn wanted(
    state: &AppState,
    account: &Account,
    draft: &Draft,
) -> Result<(Wanted, Option<Arc<Campaign>>), ApiError> {
    let workflow = async {
        match draft.workflow_id {
            None => Ok(Wanted::Nothing),
            Some(id) => state
                .catalogue
                .workflow(account.id, id)
                .await
                .map(|workflow| workflow.map_or(Wanted::Unknown, Wanted::Workflow)),
        }
    };
    let campaign = async {
        match draft.campaign_id {
            None => Ok(None),
            Some(id) => state.catalogue.campaign(account.id, id).await,
        }
    };
    Ok(tokio::try_join!(workflow, campaign)?)
}

fn lead(
    account: &Account,
    draft: Draft,
    campaign: Option<&Campaign>,
    now: Timestamp,
    warnings: &mut Vec<&'static str>,
) -> Lead {
    let Draft {
        first_name,
        last_name,
        email,
        phone,
        metadata,
        workflow_id: _,
        campaign_id,
    } = draft;
    if campaign_id.is_some() && campaign.is_none() {
        warnings.push("the campaign is unknown to this account: the lead has no campaign");
    }
    // CONTRACT, introduction: seconds precision. The id keeps the milliseconds.
    let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Lead {
        account_id: account.id,
        id: LeadId::new(now),
        first_name,
        last_name,
        email,
        phone,
        source: "api".to_owned(),
        metadata,
        campaign_id: campaign.map(|campaign| campaign.id),
        start: None,
        created_at,
        updated_at: created_at,
    }
}

/// The order to start `lead` in `workflow`; none, with a warning, if no step can reach the lead.
fn start(
    lead: &Lead,
    workflow: &Workflow,
    warnings: &mut Vec<&'static str>,
) -> Result<Option<Start>, ApiError> {
    let reach: Reachability = lead.reachability();
    if workflow.has_call_step() && !reach.phone {
        let what = "is required: the workflow has a call step";
        return Err(ApiError::Validation(vec![Problem::new("phone", what)]));
    }
    let (Some(first), Some(status)) = (
        first_touchpoint(&workflow.steps, reach),
        workflow.initial_status(),
    ) else {
        warnings.push("no step of the workflow can reach the lead: it is in no workflow");
        return Ok(None);
    };
    if workflow.is_paused {
        warnings.push("the workflow is paused: the cadence waits until it is resumed");
    }
    Ok(Some(Start {
        run_id: RunId::new(lead.created_at),
        job_id: JobId::new(lead.created_at),
        workflow: workflow.label(),
        status: status.clone(),
        first,
        enrolled_at: lead.created_at,
    }))
}

/// Stores the lead and queues its start side by side: one round trip. The table of outcomes is in
/// docs/architecture.md, "No lost start".
async fn store_and_order(
    state: &AppState,
    lead: &mut Lead,
    warnings: &mut Vec<&'static str>,
) -> Result<(), ApiError> {
    let (stored, sent) = tokio::join!(state.store.create_lead(lead), send_start(state, lead));
    // Not stored: a message that did go out is an orphan, which start-workflow sorts out.
    stored?;
    let Err(error) = sent else { return Ok(()) };
    tracing::error!(lead.id = %lead.id, error = %Chain(&error), "a start could not be queued");
    match state.store.mark_unsent(lead, state.clock.now()).await {
        Ok(()) => warnings.push(START_DELAYED),
        Err(error) => {
            tracing::error!(lead.id = %lead.id, error = %Chain(&error), "a start could not be marked");
            warnings.push(START_FAILED);
            lead.start = None;
        }
    }
    Ok(())
}

async fn send_start(state: &AppState, lead: &Lead) -> Result<(), QueueError> {
    match WorkflowStart::of(lead, state.clock.now()) {
        Some(start) => state.queue.send(&start).await,
        None => Ok(()),
    }
}

fn reply(lead: &Lead, warnings: &[&str]) -> Response {
    let body = CreatedReply {
        success: true,
        lead: CreatedLead::from(lead),
        workflow_run: lead.start.as_ref().map(CreatedRun::from),
        warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
    };
    let location = format!("/api/public/leads/{}", lead.id);
    (
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(body),
    )
        .into_response()
}
