//! Leads as clients see them ([contract](../../../../docs/contract.md#leads)).

use domain::{
    campaign::Campaign,
    ids::{CampaignId, LeadId, RunId, StatusId, WorkflowId},
    lead::Profile,
    metadata::Metadata,
    name::Name,
    run::{CadenceState, Run, RunStatus},
    workflow::{GoalType, Status, WorkflowLabel},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::next::NextTouchpoint;
use crate::http::paging::Pagination;
#[cfg(feature = "description")]
use crate::schema::domain_types;

#[derive(Serialize, ToSchema)]
pub struct CreatedLead<'a> {
    #[schema(value_type = domain_types::LeadId)]
    id: LeadId,
    #[serde(flatten)]
    person: Person<'a>,
    #[schema(value_type = domain_types::Metadata)]
    metadata: &'a Metadata,
    created_at: Timestamp,
}

/// The reply to a change.
#[derive(Serialize, ToSchema)]
pub struct ChangedReply<'a> {
    pub success: bool,
    pub lead: ListedLead<'a>,
}

/// The reply to `GET /leads`.
#[derive(Serialize, ToSchema)]
pub struct LeadsReply<'a> {
    pub success: bool,
    pub leads: Vec<ListedLead<'a>>,
    pub pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Lead)]
pub struct ListedLead<'a> {
    #[serde(flatten)]
    lead: CreatedLead<'a>,
    #[schema(value_type = Option<domain_types::CampaignId>, required)]
    campaign_id: Option<CampaignId>,
    updated_at: Timestamp,
}

/// The fields of every shape of a lead.
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

/// The reply to `GET /leads/{id}`.
#[derive(Serialize, ToSchema)]
pub struct LeadReply<'a> {
    pub success: bool,
    pub lead: LeadOut<'a>,
    pub variables: Variables,
}

/// Variables that a run has collected. There are none yet.
#[derive(Serialize, ToSchema)]
pub struct Variables {}

#[derive(Serialize, ToSchema)]
#[schema(as = LeadDetails)]
pub struct LeadOut<'a> {
    #[schema(value_type = domain_types::LeadId)]
    id: LeadId,
    #[serde(flatten)]
    person: Person<'a>,
    #[schema(value_type = domain_types::Metadata)]
    metadata: &'a Metadata,
    tags: [&'a str; 0],
    #[schema(required)]
    campaign: Option<CampaignOut<'a>>,
    #[schema(required)]
    active_workflow_run: Option<RunWithNext<'a>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A lead as the receiver of a touchpoint gets it.
#[derive(Serialize, ToSchema)]
pub struct ContactedLead<'a> {
    #[schema(value_type = domain_types::LeadId)]
    id: LeadId,
    #[serde(flatten)]
    person: Person<'a>,
    #[schema(value_type = domain_types::Metadata)]
    metadata: &'a Metadata,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CampaignLabel)]
pub struct CampaignOut<'a> {
    #[schema(value_type = domain_types::CampaignId)]
    id: CampaignId,
    #[schema(example = "Spring Launch")]
    name: &'a str,
}

#[derive(Serialize, ToSchema)]
pub struct ActiveRun<'a> {
    #[schema(value_type = domain_types::RunId)]
    id: RunId,
    #[schema(value_type = domain_types::WorkflowId)]
    workflow_id: WorkflowId,
    is_active: bool,
    human_takeover: bool,
    #[schema(value_type = domain_types::CadenceState)]
    cadence_state: CadenceState,
    #[schema(value_type = domain_types::RunStatus)]
    run_status: RunStatus,
    workflow: RunWorkflow<'a>,
    current_status: CurrentStatus<'a>,
}

/// An active run, with the touchpoint that comes next.
#[derive(Serialize, ToSchema)]
#[schema(as = ActiveRunDetails)]
struct RunWithNext<'a> {
    #[serde(flatten)]
    run: ActiveRun<'a>,
    #[schema(required)]
    next_touchpoint: Option<NextTouchpoint>,
}

#[derive(Serialize, ToSchema)]
pub struct RunWorkflow<'a> {
    #[schema(value_type = domain_types::WorkflowId)]
    id: WorkflowId,
    #[schema(example = "Sales Outreach")]
    name: &'a str,
    #[schema(value_type = domain_types::GoalType)]
    goal_type: GoalType,
}

#[derive(Serialize, ToSchema)]
pub struct CurrentStatus<'a> {
    #[schema(value_type = domain_types::StatusId)]
    id: StatusId,
    #[schema(example = "new")]
    key: &'a str,
    #[schema(example = "New")]
    label: &'a str,
    #[schema(example = "active")]
    category: &'a str,
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

impl<'a> LeadOut<'a> {
    pub fn new(
        lead: &'a Profile,
        campaign: Option<&'a Campaign>,
        run: Option<&'a Run>,
        next_touchpoint: Option<NextTouchpoint>,
    ) -> Self {
        Self {
            id: lead.id,
            person: Person::from(lead),
            metadata: &lead.metadata,
            tags: [],
            campaign: campaign.map(CampaignOut::from),
            active_workflow_run: run.map(|run| RunWithNext {
                run: ActiveRun::from(run),
                next_touchpoint,
            }),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
        }
    }
}

impl<'a> From<&'a Profile> for ContactedLead<'a> {
    fn from(lead: &'a Profile) -> Self {
        Self {
            id: lead.id,
            person: Person::from(lead),
            metadata: &lead.metadata,
        }
    }
}

impl<'a> From<&'a Campaign> for CampaignOut<'a> {
    fn from(campaign: &'a Campaign) -> Self {
        Self {
            id: campaign.id,
            name: &campaign.name,
        }
    }
}

impl<'a> From<&'a WorkflowLabel> for RunWorkflow<'a> {
    fn from(workflow: &'a WorkflowLabel) -> Self {
        let WorkflowLabel {
            id,
            name,
            goal_type,
            version: _,
        } = workflow;
        Self {
            id: *id,
            name,
            goal_type: *goal_type,
        }
    }
}

impl<'a> From<&'a Status> for CurrentStatus<'a> {
    fn from(status: &'a Status) -> Self {
        Self {
            id: status.id,
            key: &status.key,
            label: &status.label,
            category: &status.category,
        }
    }
}

impl<'a> From<&'a Run> for ActiveRun<'a> {
    fn from(run: &'a Run) -> Self {
        Self {
            id: run.id,
            workflow_id: run.workflow.id,
            is_active: run.is_active(),
            human_takeover: run.human_takeover,
            cadence_state: run.cadence_state,
            run_status: run.status,
            workflow: RunWorkflow::from(&run.workflow),
            current_status: CurrentStatus::from(&run.current_status),
        }
    }
}
