//! The message that says that a run is to be started. It carries ids only: no personal data reaches the
//! queue, and nothing that SQS would refuse.

use domain::{
    ids::{AccountId, JobId, LeadId, RunId, WorkflowId},
    lead::{Lead, Start},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Says that a run is to be started; the lead's item says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStart {
    /// Whose lead it is.
    pub account_id: AccountId,
    /// The lead.
    pub lead_id: LeadId,
    /// The run that is to be built.
    pub run_id: RunId,
    /// The order's own id.
    pub job_id: JobId,
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// When the message was made.
    pub enqueued_at: Timestamp,
}

/// What travels: tagged and versioned, so that two versions of a consumer can live side by side.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Body {
    #[serde(rename = "workflow_start.v1")]
    WorkflowStartV1(WorkflowStart),
}

/// A body that is not a message of this queue. Shows where, never what.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the message is not a workflow_start.v1 (line {line}, column {column})")]
pub struct MessageError {
    line: usize,
    column: usize,
}

impl WorkflowStart {
    /// The message for the start that `lead` carries.
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

    /// The message for the start that a lead carries; none: it carries none.
    pub fn of(lead: &Lead, enqueued_at: Timestamp) -> Option<Self> {
        let start = lead.start.as_ref()?;
        Some(Self::new(
            lead.account_id,
            lead.profile.id,
            start,
            enqueued_at,
        ))
    }

    /// The JSON that travels.
    pub fn to_body(&self) -> String {
        // Ids and a time always serialise; an empty body would be refused by SQS and reported.
        serde_json::to_string(&Body::WorkflowStartV1(self.clone())).unwrap_or_default()
    }

    /// Reads what travelled.
    ///
    /// # Errors
    /// [`MessageError`] if it is anything else.
    pub fn from_body(body: &str) -> Result<Self, MessageError> {
        match serde_json::from_str(body) {
            Ok(Body::WorkflowStartV1(start)) => Ok(start),
            Err(error) => Err(MessageError {
                line: error.line(),
                column: error.column(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in queues today; this text never changes, a new shape gets a new type.
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
