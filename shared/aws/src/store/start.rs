//! The order to start a run, as the lead's item and the index of unsent starts hold it.

use domain::{
    cadence::FirstTouchpoint,
    first_message::FirstMessage,
    ids::{JobId, RunId},
    lead::Start,
    workflow::{Status, WorkflowLabel},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct StartItem {
    run_id: RunId,
    job_id: JobId,
    workflow: WorkflowLabel,
    status: Status,
    first: FirstTouchpoint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_message: Option<FirstMessage>,
    enrolled_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

impl From<Start> for StartItem {
    fn from(start: Start) -> Self {
        let Start {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
            reason,
            actor,
        } = start;
        Self {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
            reason,
            actor,
        }
    }
}

impl From<StartItem> for Start {
    fn from(item: StartItem) -> Self {
        let StartItem {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
            reason,
            actor,
        } = item;
        Self {
            run_id,
            job_id,
            workflow,
            status,
            first,
            first_message,
            enrolled_at,
            reason,
            actor,
        }
    }
}
