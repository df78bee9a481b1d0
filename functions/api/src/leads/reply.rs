//! Leads and runs as clients see them (CONTRACT sections 3.2 and 5).

use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use domain::{
    cadence::Channel,
    campaign::Campaign,
    ids::{CampaignId, JobId, LeadId, RunId, StatusId, WorkflowId},
    lead::{Lead, Profile, Start},
    metadata::Metadata,
    name::Name,
    run::{CadenceState, Run, RunStatus},
    workflow::{GoalType, WorkflowLabel},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{enrolment::Warning, intake::Taken};
use crate::{
    error::{ApiError, Problem},
    intake_counts::IntakeCounts,
    openapi::bodies::LeadResult,
    openapi::types,
    paging::Pagination,
};

const JSON: &str = "application/json";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The reply to an intake.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedReply<'a> {
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
}

/// The reply to an intake of many. With no lead created it is an error as well, in the envelope's names.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedManyReply, description = "The reply to an array: a result for each lead, in the order of the request.")]
pub(crate) struct ManyReply<'a> {
    success: bool,
    #[schema(example = 3)]
    total: usize,
    #[schema(example = 2)]
    created: usize,
    #[schema(example = 1)]
    failed: usize,
    #[schema(value_type = Vec<LeadResult>)]
    results: Vec<Box<RawValue>>,
    #[schema(ignore)]
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    error: Option<NoneCreated<'a>>,
}

#[derive(Serialize)]
struct NoneCreated<'a> {
    error: &'a str,
    message: &'a str,
    code: &'a str,
    request_id: &'a str,
}

/// A lead of many that was not created.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedLead)]
pub(crate) struct FailedOut<'a> {
    success: bool,
    error: &'a str,
    message: String,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<&'a [Problem]>,
}

#[derive(Serialize, ToSchema)]
struct CreatedLead<'a> {
    #[schema(value_type = types::LeadId)]
    id: LeadId,
    #[serde(flatten)]
    person: Person<'a>,
    #[schema(value_type = types::Metadata)]
    metadata: &'a Metadata,
    created_at: Timestamp,
}

/// The reply to a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedReply<'a> {
    pub(crate) success: bool,
    pub(crate) lead: ListedLead<'a>,
}

/// The reply to `GET /leads`.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadsReply<'a> {
    pub(crate) success: bool,
    pub(crate) leads: Vec<ListedLead<'a>>,
    pub(crate) pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Lead)]
pub(crate) struct ListedLead<'a> {
    #[serde(flatten)]
    lead: CreatedLead<'a>,
    #[schema(value_type = Option<types::CampaignId>, required)]
    campaign_id: Option<CampaignId>,
    updated_at: Timestamp,
}

/// What every shape of a lead has.
#[derive(Serialize, ToSchema)]
struct Person<'a> {
    #[schema(example = "John")]
    first_name: &'a str,
    #[schema(required, example = "Doe")]
    last_name: Option<&'a str>,
    #[schema(required, example = "john@example.com")]
    email: Option<&'a str>,
    #[schema(required, example = "+1234567890")]
    phone: Option<&'a str>,
    #[schema(example = "api")]
    source: &'a str,
    #[schema(required, example = "Acme")]
    company: Option<&'a str>,
    #[schema(required, example = "Buyer")]
    title: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
struct CreatedRun<'a> {
    #[schema(value_type = types::RunId)]
    id: RunId,
    #[schema(value_type = types::JobId)]
    job_id: JobId,
    workflow: CreatedWorkflow<'a>,
    cadence: Cadence,
}

#[derive(Serialize, ToSchema)]
struct CreatedWorkflow<'a> {
    #[schema(value_type = types::WorkflowId)]
    id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    name: &'a str,
}

/// Its names are in camel case, as documented.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FirstTouchpoint, description = "The first contact with the lead.")]
struct Cadence {
    #[schema(example = 0)]
    step_index: u16,
    #[schema(value_type = types::Channel)]
    channel: Channel,
    #[schema(example = 1)]
    attempt_number: u8,
    #[schema(example = 3)]
    max_attempts: u8,
    #[schema(example = 5)]
    total_steps: u16,
}

/// The reply to `GET /leads/{id}`.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadReply<'a> {
    pub(crate) success: bool,
    pub(crate) lead: LeadOut<'a>,
    pub(crate) variables: Variables,
}

/// Variables that a run has collected: none are yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Variables {}

#[derive(Serialize, ToSchema)]
#[schema(as = LeadDetails)]
pub(crate) struct LeadOut<'a> {
    #[schema(value_type = types::LeadId)]
    id: LeadId,
    #[serde(flatten)]
    person: Person<'a>,
    #[schema(value_type = types::Metadata)]
    metadata: &'a Metadata,
    tags: [&'a str; 0],
    #[schema(required)]
    campaign: Option<CampaignOut<'a>>,
    #[schema(required)]
    active_workflow_run: Option<ActiveRun<'a>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CampaignLabel)]
struct CampaignOut<'a> {
    #[schema(value_type = types::CampaignId)]
    id: CampaignId,
    #[schema(example = "Spring Launch")]
    name: &'a str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ActiveRun<'a> {
    #[schema(value_type = types::RunId)]
    id: RunId,
    #[schema(value_type = types::WorkflowId)]
    workflow_id: WorkflowId,
    is_active: bool,
    human_takeover: bool,
    #[schema(value_type = types::CadenceState)]
    cadence_state: CadenceState,
    #[schema(value_type = types::RunStatus)]
    run_status: RunStatus,
    workflow: RunWorkflow<'a>,
    current_status: CurrentStatus<'a>,
}

#[derive(Serialize, ToSchema)]
struct RunWorkflow<'a> {
    #[schema(value_type = types::WorkflowId)]
    id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    name: &'a str,
    #[schema(value_type = types::GoalType)]
    goal_type: GoalType,
}

#[derive(Serialize, ToSchema)]
struct CurrentStatus<'a> {
    #[schema(value_type = types::StatusId)]
    id: StatusId,
    #[schema(example = "new")]
    key: &'a str,
    #[schema(example = "New")]
    label: &'a str,
    #[schema(example = "active")]
    category: &'a str,
}

/// The body of the reply for a lead that is stored.
pub(crate) fn created_body(lead: &Lead, warnings: &[Warning]) -> Result<String, ApiError> {
    let body = CreatedReply {
        success: true,
        lead: CreatedLead::from(&lead.profile),
        workflow_run: lead.start.as_ref().map(CreatedRun::from),
        warning: (!warnings.is_empty()).then(|| {
            let texts: Vec<String> = warnings.iter().map(Warning::to_string).collect();
            texts.join("; ")
        }),
    };
    serde_json::to_string(&body).map_err(|_| ApiError::Internal(None))
}

/// The reply for one lead that is stored.
pub(crate) fn created(taken: Taken) -> Response {
    let counts = IntakeCounts::of([Ok(&taken)]);
    let location = format!("/api/public/leads/{}", taken.lead_id);
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, JSON.to_owned()),
    ];
    let mut response =
        (StatusCode::CREATED, headers, Extension(counts), taken.body).into_response();
    if taken.replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The reply for many leads, one result each.
pub(crate) fn many(
    status: StatusCode,
    outcomes: Vec<Result<Taken, ApiError>>,
    created: usize,
    replayed: bool,
    request_id: &str,
) -> Result<Response, ApiError> {
    let total = outcomes.len();
    let counts = IntakeCounts::of(outcomes.iter().map(Result::as_ref));
    let results = outcomes
        .into_iter()
        .enumerate()
        .map(|(index, outcome)| result(index, outcome))
        .collect::<Result<_, _>>()
        .map_err(|_| ApiError::Internal(None))?;
    let none_created = ApiError::Validation(Vec::new());
    let body = ManyReply {
        success: created > 0,
        total,
        created,
        failed: total - created,
        results,
        error: (created == 0).then_some(NoneCreated {
            error: none_created.title(),
            message: "None of the leads could be created; each result says why",
            code: none_created.code(),
            request_id,
        }),
    };
    let mut response = (status, Extension(counts), Json(body)).into_response();
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// One result: the body that the lead alone would have got, with its index in front.
fn result(
    index: usize,
    outcome: Result<Taken, ApiError>,
) -> Result<Box<RawValue>, serde_json::Error> {
    let body = match outcome {
        Ok(taken) => taken.body,
        Err(error) => serde_json::to_string(&FailedOut {
            success: false,
            error: error.title(),
            message: error.to_string(),
            code: error.code(),
            details: error.problems(),
        })?,
    };
    let fields = body.strip_prefix('{').unwrap_or_default();
    RawValue::from_string(format!(r#"{{"index":{index},{fields}"#))
}

impl<'a> From<&'a Profile> for Person<'a> {
    fn from(lead: &'a Profile) -> Self {
        Self {
            first_name: lead.first_name.as_str(),
            last_name: lead.last_name.as_ref().map(Name::as_str),
            email: lead.email.as_ref().map(|email| email.as_str()),
            phone: lead.phone.as_ref().map(|phone| phone.as_str()),
            source: lead.source.as_str(),
            company: lead.company.as_ref().map(Name::as_str),
            title: lead.title.as_ref().map(Name::as_str),
        }
    }
}

impl<'a> From<&'a Profile> for CreatedLead<'a> {
    fn from(lead: &'a Profile) -> Self {
        Self {
            id: lead.id,
            person: Person::from(lead),
            metadata: &lead.metadata,
            created_at: lead.created_at,
        }
    }
}

impl<'a> From<&'a Profile> for ListedLead<'a> {
    fn from(lead: &'a Profile) -> Self {
        Self {
            lead: CreatedLead::from(lead),
            campaign_id: lead.campaign_id,
            updated_at: lead.updated_at,
        }
    }
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

impl<'a> LeadOut<'a> {
    pub(crate) fn new(
        lead: &'a Profile,
        campaign: Option<&'a Campaign>,
        run: Option<&'a Run>,
    ) -> Self {
        Self {
            id: lead.id,
            person: Person::from(lead),
            metadata: &lead.metadata,
            tags: [],
            campaign: campaign.map(|campaign| CampaignOut {
                id: campaign.id,
                name: &campaign.name,
            }),
            active_workflow_run: run.map(ActiveRun::from),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
        }
    }
}

impl<'a> From<&'a Run> for ActiveRun<'a> {
    fn from(run: &'a Run) -> Self {
        let WorkflowLabel {
            id,
            name,
            goal_type,
            version: _,
        } = &run.workflow;
        let status = &run.current_status;
        Self {
            id: run.id,
            workflow_id: *id,
            is_active: run.is_active(),
            human_takeover: run.human_takeover,
            cadence_state: run.cadence_state,
            run_status: run.status,
            workflow: RunWorkflow {
                id: *id,
                name,
                goal_type: *goal_type,
            },
            current_status: CurrentStatus {
                id: status.id,
                key: &status.key,
                label: &status.label,
                category: &status.category,
            },
        }
    }
}
