//! Workflows ([contract](../../../docs/contract.md#workflow-definition)).

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    cadence::{Cadence, Gate},
    ids::{StatusId, WorkflowId},
    outcome::Outcomes,
};
use crate::{channel::Channel, time::zone_name};

/// Goal of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Returns the version of a workflow that was stored without one.
pub fn first_version() -> u32 {
    1
}

/// A workflow of an account.
#[derive(Clone, Debug)]
pub struct Workflow {
    pub id: WorkflowId,
    /// Number of the definition, from 1. Each change raises it.
    pub version: u32,
    /// Display name.
    pub name: String,
    pub goal_type: GoalType,
    /// Whether the workflow schedules nothing for now. Leads can still be enrolled.
    pub is_paused: bool,
    /// Zone of windows and calendar delays.
    pub timezone: TimeZone,
    /// Statuses that a lead can have. Exactly one is initial.
    pub statuses: Vec<Status>,
    pub cadence: Cadence,
    /// Effects of outcomes on runs.
    pub outcomes: Outcomes,
    pub created_at: Timestamp,
}

/// The part of a workflow that each start and run copies. Later edits do not change the copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowLabel {
    pub id: WorkflowId,
    pub name: String,
    pub goal_type: GoalType,
    /// Number of the definition that was copied.
    #[serde(default = "first_version")]
    pub version: u32,
}

/// A status that a lead can have in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub id: StatusId,
    /// Name for clients.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// Group of statuses, such as `active` or `won`.
    pub category: String,
    /// Whether a new lead has this status.
    #[serde(default)]
    pub is_initial: bool,
    /// Whether the status ends the run.
    #[serde(default)]
    pub is_terminal: bool,
}

impl Workflow {
    pub fn label(&self) -> WorkflowLabel {
        WorkflowLabel {
            id: self.id,
            name: self.name.clone(),
            goal_type: self.goal_type,
            version: self.version,
        }
    }

    /// Returns the IANA name of the zone.
    pub fn timezone_name(&self) -> &str {
        zone_name(&self.timezone)
    }

    /// Returns the channels of the cadence, each once, in the order of their first steps.
    pub fn channels(&self) -> Vec<Channel> {
        let mut channels = Vec::new();
        for step in &self.cadence.steps {
            if !channels.contains(&step.channel) {
                channels.push(step.channel);
            }
        }
        channels
    }

    /// Returns the windows in the workflow's zone.
    pub fn gate(&self) -> Gate<'_> {
        self.cadence.gate(&self.timezone)
    }

    /// Returns the status with a key.
    pub fn status(&self, key: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.key == key)
    }

    /// Returns the status of a new lead.
    pub fn initial_status(&self) -> Option<&Status> {
        self.statuses.iter().find(|status| status.is_initial)
    }

    /// Returns whether a step places a call. A lead then needs a phone number.
    pub fn has_call_step(&self) -> bool {
        self.cadence
            .steps
            .iter()
            .any(|step| step.channel == Channel::Call)
    }
}
