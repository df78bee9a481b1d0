//! Entries of a lead's history ([contract](../../../docs/contract.md#get-leadsidhistory)).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lead::Start;

/// One entry of a lead's history. `Debug` leaves out the texts of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub kind: ActivityKind,
    /// Name of the workflow or of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Reason, in the client's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Actor that the client names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    pub at: Timestamp,
}

/// Kind of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// The API created the lead.
    LeadCreated,
    /// The lead was enrolled in a workflow.
    WorkflowAssigned,
    /// The lead moved to another status.
    StatusChanged,
    /// A person took the lead over.
    AutomationStopped,
    /// The person handed the lead back.
    AutomationResumed,
}

impl Activity {
    /// Returns an activity of a client that names no actor.
    pub fn new(kind: ActivityKind, subject: &str, at: Timestamp) -> Self {
        Self {
            kind,
            subject: Some(subject.to_owned()),
            reason: None,
            actor: None,
            at,
        }
    }

    /// Returns the enrolment that `start` orders.
    pub fn of_start(start: &Start) -> Self {
        Self {
            kind: ActivityKind::WorkflowAssigned,
            subject: Some(start.workflow.name.clone()),
            reason: start.reason.clone(),
            actor: start.actor.clone(),
            at: start.enrolled_at,
        }
    }
}

impl std::fmt::Debug for Activity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Activity({:?}, {}, redacted)", self.kind, self.at)
    }
}
