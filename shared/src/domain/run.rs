//! A run: one lead's way through one workflow.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    cadence::{Touchpoint, plan},
    ids::{AccountId, JobId, LeadId, RunId},
    lead::{Lead, Start},
    workflow::{Status, Workflow, WorkflowLabel},
};

/// How far a run is (CONTRACT section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Ordered, and not built yet.
    Queued,
    /// Built; its touchpoints are scheduled.
    Running,
    /// All touchpoints are done.
    Completed,
    /// Ended early.
    Stopped,
    /// It could not be built.
    Failed,
}

/// What the cadence of a run does (CONTRACT section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CadenceState {
    /// Not built yet.
    Pending,
    /// Touchpoints are made when they are due.
    Active,
    /// Nothing is made until it is resumed.
    Paused,
    /// All touchpoints are done.
    Completed,
    /// Nothing more will be made.
    Cancelled,
}

/// One lead's way through one workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Whose run it is.
    pub account_id: AccountId,
    /// The lead.
    pub lead_id: LeadId,
    /// Its id.
    pub id: RunId,
    /// The order that started it.
    pub job_id: JobId,
    /// The workflow as it was.
    pub workflow: WorkflowLabel,
    /// Where the lead stands.
    pub current_status: Status,
    /// How far the run is.
    pub status: RunStatus,
    /// What its cadence does.
    pub cadence_state: CadenceState,
    /// A person has taken over, and the automation waits.
    pub human_takeover: bool,
    /// The planned contacts, in order.
    pub touchpoints: Vec<Touchpoint>,
    /// When it was built.
    pub created_at: Timestamp,
}

impl Run {
    /// The run that `start` orders for `lead`, with its cadence planned. A paused workflow gives a run
    /// without touchpoints that waits; a workflow that is gone gives a failed one, so that the order is
    /// answered for and not lost.
    pub fn build(lead: &Lead, start: &Start, workflow: Option<&Workflow>, now: Timestamp) -> Self {
        let (status, cadence_state, touchpoints) = match workflow {
            None => (RunStatus::Failed, CadenceState::Cancelled, Vec::new()),
            Some(workflow) if workflow.is_paused => {
                (RunStatus::Queued, CadenceState::Paused, Vec::new())
            }
            Some(workflow) => {
                let reach = lead.reachability();
                let touchpoints = plan(
                    &workflow.cadence.steps,
                    &workflow.timezone,
                    reach,
                    start.first_message.as_ref(),
                    start.enrolled_at,
                );
                (RunStatus::Running, CadenceState::Active, touchpoints)
            }
        };
        Self {
            account_id: lead.account_id,
            lead_id: lead.profile.id,
            id: start.run_id,
            job_id: start.job_id,
            workflow: start.workflow.clone(),
            current_status: start.status.clone(),
            status,
            cadence_state,
            human_takeover: false,
            touchpoints,
            created_at: now,
        }
    }

    /// The run as it is between the order and its building.
    pub fn queued(lead: &Lead, start: &Start) -> Self {
        Self {
            status: RunStatus::Queued,
            cadence_state: CadenceState::Pending,
            ..Self::build(lead, start, None, start.enrolled_at)
        }
    }

    /// Whether it is the lead's active run: it has neither ended nor failed.
    pub fn is_active(&self) -> bool {
        matches!(self.status, RunStatus::Queued | RunStatus::Running)
    }
}
