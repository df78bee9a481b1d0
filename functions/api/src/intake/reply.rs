//! Replies to `POST /leads` ([contract](../../../../docs/contract.md#reply)).

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use domain::{
    cadence::Channel,
    idempotency::Receipt,
    ids::{JobId, RunId, WorkflowId},
    lead::{Lead, Start},
    workflow::WorkflowLabel,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    enrol::{Remarks, Warning},
    outcome::{Acceptance, Accepted, counts},
};
#[cfg(feature = "description")]
use crate::schema::domain_types;
use crate::{
    http::{error::ApiError, problem::Hints},
    leads::CreatedLead,
};

const JSON: &str = "application/json";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The reply to one lead.
#[derive(Serialize, ToSchema)]
pub struct CreatedReply<'a> {
    success: bool,
    lead: CreatedLead<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    workflow_run: Option<CreatedRun<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "the campaign is unknown to this account: the lead has no campaign"
    )]
    warning: Option<String>,
    /// Sentences about what the lead may lack: a misspelt key, or a phone number and an e-mail address.
    #[serde(skip_serializing_if = "Hints::is_empty")]
    #[schema(required = false, example = json!(["Did you mean email? The key \"emial\" counts as metadata."]))]
    hints: &'a Hints,
}

#[derive(Serialize, ToSchema)]
struct CreatedRun<'a> {
    #[schema(value_type = domain_types::RunId)]
    id: RunId,
    #[schema(value_type = domain_types::JobId)]
    job_id: JobId,
    workflow: CreatedWorkflow<'a>,
    cadence: Cadence,
}

#[derive(Serialize, ToSchema)]
struct CreatedWorkflow<'a> {
    #[schema(value_type = domain_types::WorkflowId)]
    id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    name: &'a str,
}

/// Its names are in camel case, as the reference has them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FirstTouchpoint, description = "The first contact with the lead.")]
struct Cadence {
    #[schema(example = 0)]
    step_index: u16,
    #[schema(value_type = domain_types::Channel)]
    channel: Channel,
    #[schema(example = 1)]
    attempt_number: u8,
    #[schema(example = 3)]
    max_attempts: u8,
    #[schema(example = 5)]
    total_steps: u16,
}

/// The reply without the lead, for the receipt.
#[derive(Serialize)]
struct Rest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_run: Option<CreatedRun<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[serde(skip_serializing_if = "Hints::is_empty")]
    hints: &'a Hints,
}

impl<'a> Rest<'a> {
    fn new(lead: &'a Lead, Remarks { warnings, hints }: &'a Remarks) -> Self {
        let texts = || warnings.iter().map(Warning::to_string).collect::<Vec<_>>();
        Self {
            workflow_run: lead.start.as_ref().map(CreatedRun::from),
            warning: (!warnings.is_empty()).then(|| texts().join("; ")),
            hints,
        }
    }
}

/// Returns the body of the reply for a stored lead.
pub fn created_body(lead: &Lead, remarks: &Remarks) -> Result<String, ApiError> {
    json(&created_reply(lead, remarks))
}

/// Returns the reply for a lead.
pub fn created_reply<'a>(lead: &'a Lead, remarks: &'a Remarks) -> CreatedReply<'a> {
    let Rest {
        workflow_run,
        warning,
        hints,
    } = Rest::new(lead, remarks);
    CreatedReply {
        success: true,
        lead: CreatedLead::from(&lead.profile),
        workflow_run,
        warning,
        hints,
    }
}

/// Returns the part of the body that the receipt keeps: all but the lead.
pub fn rest_of_body(lead: &Lead, remarks: &Remarks) -> Result<String, ApiError> {
    json(&Rest::new(lead, remarks))
}

/// Returns the body of a replay: the lead as it is now, and the rest of the first reply.
pub fn replayed_body(lead: &Lead, receipt: &Receipt) -> Result<String, ApiError> {
    let head = json(&CreatedReply {
        success: true,
        lead: CreatedLead::from(&lead.profile),
        workflow_run: None,
        warning: None,
        hints: &Hints::default(),
    })?;
    // Two JSON objects become one. The second one can be empty.
    let rest = receipt.rest.strip_prefix('{').filter(|rest| *rest != "}");
    Ok(match (head.strip_suffix('}'), rest) {
        (Some(head), Some(rest)) => format!("{head},{rest}"),
        _ => head,
    })
}

fn json(body: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(body).map_err(|_| ApiError::Internal(None))
}

/// Returns the reply for one stored lead.
pub fn created(accepted: Accepted) -> Response {
    let counts = counts([Ok(&accepted)]);
    let location = format!("/api/public/leads/{}", accepted.lead_id);
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, JSON.to_owned()),
    ];
    let is_replay = accepted.how == Acceptance::Replayed;
    let response = (
        StatusCode::CREATED,
        headers,
        Extension(counts),
        accepted.body,
    );
    mark_replay(response.into_response(), is_replay)
}

/// Adds `Idempotency-Replayed` to a replay.
pub fn mark_replay(mut response: Response, is_replay: bool) -> Response {
    if is_replay {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

impl<'a> From<&'a Start> for CreatedRun<'a> {
    fn from(start: &'a Start) -> Self {
        let WorkflowLabel {
            id,
            name,
            goal_type: _,
            version: _,
        } = &start.workflow;
        Self {
            id: start.run_id,
            job_id: start.job_id,
            workflow: CreatedWorkflow { id: *id, name },
            cadence: Cadence {
                step_index: start.first.step_index,
                channel: start.first.channel,
                attempt_number: 1,
                max_attempts: start.first.max_attempts,
                total_steps: start.first.total_steps,
            },
        }
    }
}
