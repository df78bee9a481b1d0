//! The functions that handle messages of queues.

use std::collections::HashSet;

use aws::{queue::WorkflowStart, store::Store};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::types::Message;
use dispatch_touchpoints::DispatchTouchpoints;
use domain::ids::RunId;
use start_workflow::StartWorkflow;

use crate::{event_source::Consumer, journal::Journal, text::counted};

/// start-workflow, with a line in the journal for each start.
pub(super) struct Starts {
    pub(super) function: StartWorkflow,
    pub(super) store: Store,
    pub(super) journal: Option<Journal>,
    /// Runs that were missing when the stack started. The journal has one line for all of them.
    pub(super) recovered: HashSet<RunId>,
}

impl Consumer for Starts {
    async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        start_workflow::handle(&self.function, event).await
    }

    async fn handled(&self, messages: &[Message]) {
        let Some(journal) = &self.journal else {
            return;
        };
        let bodies = messages.iter().filter_map(|message| message.body());
        let starts = bodies.filter_map(|body| WorkflowStart::from_body(body).ok());
        let (recovered, new): (Vec<_>, Vec<_>) =
            starts.partition(|start| self.recovered.contains(&start.run_id));
        if !recovered.is_empty() {
            let leads = counted(recovered.len(), "lead");
            journal.note(format!("planned runs for {leads} that had none yet"));
        }
        journal.starts(&self.store, &new).await;
    }
}

impl Consumer for DispatchTouchpoints {
    async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        dispatch_touchpoints::handle(self, event).await
    }

    async fn handled(&self, _messages: &[Message]) {}
}
