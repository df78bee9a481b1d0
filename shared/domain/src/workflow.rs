//! A workflow: its statuses and its cadence (CONTRACT section 7).

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    cadence::Cadence,
    ids::{StatusId, WorkflowId},
};
use crate::channel::Channel;

/// What a workflow is meant to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the contract's own and say all there is to say"
)]
pub enum GoalType {
    Appointment,
    Sale,
    Qualification,
    Information,
    PaymentLink,
    Support,
    Custom,
    Quote,
    DocumentCollection,
}

/// Returns the version of workflows that were stored without one.
pub fn first_version() -> u32 {
    1
}

/// A workflow of an account.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its id.
    pub id: WorkflowId,
    /// Counts its definitions, from 1.
    pub version: u32,
    /// Its display name.
    pub name: String,
    /// What it is meant to reach.
    pub goal_type: GoalType,
    /// A paused workflow takes leads but schedules nothing.
    pub is_paused: bool,
    /// The zone in which calendar delays and windows are counted.
    pub timezone: TimeZone,
    /// Where a lead can stand in it; exactly one is initial.
    pub statuses: Vec<Status>,
    /// Which contacts, and when.
    pub cadence: Cadence,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The name tag of a workflow, as a run keeps it: later edits do not reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowLabel {
    /// The workflow's id.
    pub id: WorkflowId,
    /// Its name at the time.
    pub name: String,
    /// Its goal at the time.
    pub goal_type: GoalType,
    /// Which of its definitions.
    #[serde(default = "first_version")]
    pub version: u32,
}

/// Where a lead can stand in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its id.
    pub id: StatusId,
    /// The name that clients use.
    pub key: String,
    /// The name that people see.
    pub label: String,
    /// A group of statuses, such as `active` or `won`.
    pub category: String,
    /// A new lead starts here.
    #[serde(default)]
    pub is_initial: bool,
    /// A lead that comes here has left the cadence.
    #[serde(default)]
    pub is_terminal: bool,
}

impl Workflow {
    /// What a run keeps of the workflow.
    pub fn label(&self) -> WorkflowLabel {
        WorkflowLabel {
            id: self.id,
            name: self.name.clone(),
            goal_type: self.goal_type,
            version: self.version,
        }
    }

    /// The zone's IANA name. A workflow's zone is read by its name, so it has one; UTC is the zone without.
    pub fn timezone_name(&self) -> &str {
        self.timezone.iana_name().unwrap_or("UTC")
    }

    /// The channels of the cadence, each once, in the order in which they first come up.
    pub fn channels(&self) -> Vec<Channel> {
        let mut channels = Vec::new();
        for step in &self.cadence.steps {
            if !channels.contains(&step.channel) {
                channels.push(step.channel);
            }
        }
        channels
    }

    /// Where a new lead stands.
    pub fn initial_status(&self) -> Option<&Status> {
        self.statuses.iter().find(|status| status.is_initial)
    }

    /// Whether some step places a call, for which a lead must have a phone number.
    pub fn has_call_step(&self) -> bool {
        self.cadence
            .steps
            .iter()
            .any(|step| step.channel == Channel::Call)
    }
}
