//! The message that orders start-workflow to start a run. Apart from its time it has ids only. So
//! no personal data reaches the queue, and no character that SQS would refuse.

use domain::{
    ids::{AccountId, JobId, LeadId, RunId, WorkflowId},
    lead::{Lead, Start},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::queue_message::QueueMessage;

/// The order to start a run. The start in the lead's item has the details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStart {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    /// The run to build.
    pub run_id: RunId,
    /// Id of the order itself.
    pub job_id: JobId,
    pub workflow_id: WorkflowId,
    /// Time at which the message was made.
    pub enqueued_at: Timestamp,
}

/// Body of a message on the queue. Its tag has a version, so that two versions of a consumer can
/// run side by side.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Body {
    #[serde(rename = "workflow_start.v1")]
    WorkflowStartV1(WorkflowStart),
}

/// Error of a body that is not a message of this queue. Has the place of the fault, never its text.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the message is not a {kind} (line {line}, column {column})")]
pub struct MessageError {
    kind: &'static str,
    line: usize,
    column: usize,
}

impl WorkflowStart {
    /// Returns the message for `start`.
    pub fn new(
        account_id: AccountId,
        lead_id: LeadId,
        start: &Start,
        enqueued_at: Timestamp,
    ) -> Self {
        Self {
            account_id,
            lead_id,
            run_id: start.run_id,
            job_id: start.job_id,
            workflow_id: start.workflow.id,
            enqueued_at,
        }
    }

    /// Returns the message for the start of a lead. `None` if the lead has no start.
    pub fn of(lead: &Lead, enqueued_at: Timestamp) -> Option<Self> {
        let start = lead.start.as_ref()?;
        Some(Self::new(
            lead.account_id,
            lead.profile.id,
            start,
            enqueued_at,
        ))
    }

    /// Reads the body of a message.
    ///
    /// # Errors
    /// [`MessageError`] if it is not the message of this queue.
    pub fn from_body(body: &str) -> Result<Self, MessageError> {
        match serde_json::from_str(body) {
            Ok(Body::WorkflowStartV1(start)) => Ok(start),
            Err(error) => Err(MessageError::new("workflow_start.v1", &error)),
        }
    }
}

impl QueueMessage for WorkflowStart {
    fn group(&self) -> String {
        self.account_id.to_string()
    }

    fn to_body(&self) -> String {
        // Ids and a time always serialise. SQS would refuse an empty body.
        serde_json::to_string(&Body::WorkflowStartV1(self.clone())).unwrap_or_default()
    }

    fn delay_s(&self) -> Option<i32> {
        None
    }
}

impl MessageError {
    pub(super) fn new(kind: &'static str, error: &serde_json::Error) -> Self {
        Self {
            kind,
            line: error.line(),
            column: error.column(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message that may be in a queue today. Never change it: a new shape gets a new type.
    const GOLDEN: &str = r#"{"type":"workflow_start.v1","account_id":"019c0000-0000-7000-8000-00000000000a","lead_id":"019c0000-0000-7000-8000-00000000000b","run_id":"019c0000-0000-7000-8000-00000000000c","job_id":"019c0000-0000-7000-8000-00000000000d","workflow_id":"019c0000-0000-7000-8000-00000000000e","enqueued_at":"2026-02-10T12:00:00Z"}"#;

    #[test]
    fn the_message_reads_and_writes_as_it_always_has() {
        let start = WorkflowStart::from_body(GOLDEN).unwrap();
        assert_eq!(start.to_body(), GOLDEN);
    }

    #[test]
    fn what_is_not_the_message_is_refused_without_showing_it() {
        for body in [
            "",
            "secret",
            "{}",
            &GOLDEN.replace(".v1", ".v2"),
            &GOLDEN.replace("-7000-", "-"),
        ] {
            let error = WorkflowStart::from_body(body).unwrap_err().to_string();
            assert!(
                error.starts_with("the message is not a workflow_start.v1"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
