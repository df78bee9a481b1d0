//! One record: from a message to a run.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use jiff::SignedDuration;
use shared::{
    domain::{lead::Lead, run::Run},
    queue::{MessageError, WorkflowStart},
    store::{Sought, StoreError},
};
use thiserror::Error;

use crate::StartWorkflow;

/// The lead is written while its message is sent, so the message can be first. Looking again for three
/// seconds outlasts an attempt of that write that timed out; after that, the message's visibility timeout
/// must pass before it comes again.
const REREAD_PAUSES: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_600),
];

/// A write that is to come has come by now: the API answers within 10 seconds. Older messages without a
/// lead belong to a request that failed.
const ORPHAN_AGE: SignedDuration = SignedDuration::from_secs(60);

/// What became of a message that is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its run is there: built now, or by an earlier delivery.
    Started,
    /// There is no such lead: it was never stored.
    Orphan,
    /// The lead was erased.
    Erased,
    /// The lead has another start by now, or none.
    Stale,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Orphan => "orphan",
            Self::Erased => "erased",
            Self::Stale => "stale",
        }
    }
}

/// Why a message must be delivered again.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    #[error("the message cannot be read")]
    Message(#[from] MessageError),
    #[error("the message has no body")]
    NoBody,
    #[error("the lead is not stored yet")]
    LeadNotYetStored,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) async fn start_run(
    state: &StartWorkflow,
    message: &SqsMessage,
) -> Result<Outcome, RecordError> {
    let body = message.body.as_deref().ok_or(RecordError::NoBody)?;
    let message = WorkflowStart::from_body(body)?;
    let lead = match read_lead(state, &message).await? {
        Sought::Found(lead) => lead,
        Sought::Erased => return Ok(Outcome::Erased),
        Sought::Absent => return Ok(Outcome::Orphan),
    };
    let Some(start) = lead
        .start
        .as_ref()
        .filter(|start| start.run_id == message.run_id)
    else {
        return Ok(Outcome::Stale);
    };
    let workflow = state
        .catalogue
        .workflow(lead.account_id, start.workflow.id)
        .await?;
    let run = Run::build(&lead, start, workflow.as_deref(), state.clock.now());
    match state.store.create_run(&run).await {
        Ok(()) => Ok(Outcome::Started),
        // An earlier delivery of the same start has built it; or the lead was erased since it was read,
        // and the run's trace is there.
        Err(error) if error.is_conflict() => Ok(Outcome::Started),
        Err(error) => Err(error.into()),
    }
}

/// The message's lead; absent: the message is an orphan.
async fn read_lead(
    state: &StartWorkflow,
    message: &WorkflowStart,
) -> Result<Sought<Lead>, RecordError> {
    let orphan_before = state
        .clock
        .now()
        .saturating_sub(ORPHAN_AGE)
        .unwrap_or_default();
    let is_old = message.enqueued_at < orphan_before;
    let mut pauses = REREAD_PAUSES.into_iter();
    loop {
        let lead = state
            .store
            .lead(message.account_id, message.lead_id)
            .await?;
        if is_old || lead != Sought::Absent {
            return Ok(lead);
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(RecordError::LeadNotYetStored),
        }
    }
}
