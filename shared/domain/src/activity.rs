//! What has happened to a lead, as its history tells it (CONTRACT section 6).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lead::Start;

/// One entry of a lead's history. `Debug` shows nothing that a client wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// What has happened.
    pub kind: ActivityKind,
    /// What it was about, such as a workflow's name or a status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why, in the words of who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for it, if the client says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What can happen to a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// It was taken in.
    LeadCreated,
    /// It was enrolled in a workflow.
    WorkflowAssigned,
    /// It moved to another status.
    StatusChanged,
    /// A person took it over.
    AutomationStopped,
    /// It was handed back.
    AutomationResumed,
}

impl Activity {
    /// Something that a client without a name has done, and about what.
    pub fn new(kind: ActivityKind, subject: &str, at: Timestamp) -> Self {
        Self {
            kind,
            subject: Some(subject.to_owned()),
            reason: None,
            actor: None,
            at,
        }
    }

    /// The enrolment that a start has ordered.
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
