//! One record: from a message to a run.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use aws::{
    clients::ATTEMPT_TIMEOUT,
    queue::{MessageError, WorkflowStart},
    store::{Lookup, StoreError},
    telemetry::ErrorChain,
};
use aws_lambda_events::sqs::SqsMessage;
use domain::{
    cadence::{Reason, TouchpointState},
    ids::{AccountId, LeadId},
    lead::{Lead, Start},
    run::Run,
};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::time::timeout;

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

/// A write that is to come has come by now: it is sent with the message, and takes 5 seconds at most. Older messages without a
/// lead belong to a request that failed.
const ORPHAN_AGE: SignedDuration = SignedDuration::from_secs(60);

/// How often a run is looked at again that was changed meanwhile.
const TRIES: u32 = 5;

/// A run that was built, as the metrics tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    /// From the sending of its start, in milliseconds.
    pub(crate) lag_ms: u64,
    /// Touchpoints that will be made.
    pub(crate) planned: usize,
    /// Touchpoints that are left out, as the lead has no phone number.
    pub(crate) no_phone: usize,
    /// Touchpoints that are left out, as the lead has no e-mail address.
    pub(crate) no_email: usize,
}

impl Built {
    fn of(run: &Run, sent: Timestamp, now: Timestamp) -> Self {
        let skipped = |reason| {
            let touchpoints = run.touchpoints.iter();
            touchpoints
                .filter(|touchpoint| touchpoint.reasons.contains(&reason))
                .count()
        };
        let lag = now.duration_since(sent).as_millis();
        Self {
            lag_ms: u64::try_from(lag).unwrap_or_default(),
            planned: run
                .touchpoints
                .iter()
                .filter(|touchpoint| touchpoint.state == TouchpointState::Scheduled)
                .count(),
            no_phone: skipped(Reason::NoPhone),
            no_email: skipped(Reason::NoEmail),
        }
    }
}

/// What became of a message that is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its run is built now.
    Started(Built),
    /// An earlier delivery has built its run, or a client has changed it before it was built.
    StartedBefore,
    /// There is no such lead: it was never stored.
    Orphan,
    /// The lead was erased.
    Erased,
    /// The lead has another start by now, or none.
    Stale,
    /// The workflow is paused: the run waits, and its start is sent again when that is over.
    Waiting,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Started(_) => "started",
            Self::StartedBefore => "started before",
            Self::Orphan => "orphan",
            Self::Erased => "erased",
            Self::Stale => "stale",
            Self::Waiting => "waiting",
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
    #[error("the run is being changed by others all the time")]
    Contended,
    #[error("it took too long")]
    TimedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Leads that were read for a batch.
pub(crate) type Leads = HashMap<(AccountId, LeadId), Lead>;

/// The leads of a batch, read in one call; those that it does not find are looked for one by one. So are all,
/// if it fails, and the one of a batch of one.
pub(crate) async fn look_up(state: &StartWorkflow, messages: &[SqsMessage]) -> Leads {
    let wanted: HashSet<_> = messages
        .iter()
        .filter_map(|message| start_of(message).ok())
        .map(|start| (start.account_id, start.lead_id))
        .collect();
    if wanted.len() < 2 {
        return Leads::new();
    }
    match timeout(ATTEMPT_TIMEOUT, state.store.find_leads(&wanted)).await {
        Ok(Ok(leads)) => leads,
        Ok(Err(error)) => {
            tracing::warn!(error = %ErrorChain(&error), "a batch's leads are read one by one");
            Leads::new()
        }
        Err(_) => {
            tracing::warn!(
                "a batch's leads are read one by one: the call for all of them takes too long"
            );
            Leads::new()
        }
    }
}

fn start_of(message: &SqsMessage) -> Result<WorkflowStart, RecordError> {
    let body = message.body.as_deref().ok_or(RecordError::NoBody)?;
    Ok(WorkflowStart::from_body(body)?)
}

pub(crate) async fn start_run(
    state: &StartWorkflow,
    message: &SqsMessage,
    known: &Leads,
) -> Result<Outcome, RecordError> {
    let message = start_of(message)?;
    let lead = match known.get(&(message.account_id, message.lead_id)) {
        Some(lead) => Lookup::Found(lead.clone()),
        None => read_lead(state, &message).await?,
    };
    let outcome = match lead {
        Lookup::Missing => Outcome::Orphan,
        Lookup::Erased => Outcome::Erased,
        Lookup::Found(lead) => match &lead.start {
            Some(start) if start.run_id == message.run_id => {
                build_run(state, &lead, start, message.enqueued_at).await?
            }
            _ => Outcome::Stale,
        },
    };
    if matches!(
        outcome,
        Outcome::Erased | Outcome::Stale | Outcome::StartedBefore
    ) {
        // It may have waited, and what it waited for will not come.
        let (account, workflow) = (message.account_id, message.workflow_id);
        let forgotten = state
            .store
            .forget_waiting(account, workflow, message.run_id);
        forgotten.await?;
    }
    Ok(outcome)
}

/// Builds the run that `start` orders, or plans it if it was built when its workflow was paused.
async fn build_run(
    state: &StartWorkflow,
    lead: &Lead,
    start: &Start,
    sent: Timestamp,
) -> Result<Outcome, RecordError> {
    let (account, id) = (lead.account_id, start.workflow.id);
    for _ in 0..TRIES {
        let mut workflow = state.catalogue.workflow(account, id).await?;
        if workflow.as_ref().is_none_or(|workflow| workflow.is_paused) {
            // What is kept in the process may be older than the end of its pause. And one that was removed
            // since the run was ordered still counts for it.
            workflow = state
                .store
                .workflow_of_run(account, id)
                .await?
                .map(Arc::new);
        }
        let now = state.clock.now();
        let run = Run::build(lead, start, workflow.as_deref(), now);
        let built = Built::of(&run, sent, now);
        let created = if run.is_waiting() {
            match state.store.create_waiting_run(run).await {
                // If the workflow was unpaused before the wait was noted down, nobody sends the start
                // again: so look once more.
                Ok(()) => continue,
                created => created,
            }
        } else {
            state.store.create_run(&run).await
        };
        match created {
            Ok(()) => return Ok(Outcome::Started(built)),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        // An earlier delivery of the same start has built it; or the lead was erased since it was read, and
        // the run's trace is there.
        let there = state
            .store
            .run(account, lead.profile.id, start.run_id)
            .await?;
        let Some(there) = there else {
            return Ok(Outcome::Erased);
        };
        if !there.is_waiting() {
            return Ok(Outcome::StartedBefore);
        }
        // Read after the wait was seen: if it is paused still, whoever ends that will find the wait.
        let workflow = state.store.workflow_of_run(account, id).await?;
        let Some(workflow) = workflow.filter(|workflow| !workflow.is_paused) else {
            return Ok(Outcome::Waiting);
        };
        let planned = there.after_wait(lead, start, &workflow, now);
        let built = Built::of(&planned, sent, now);
        match state.store.plan_waiting_run(planned).await {
            Ok(()) => return Ok(Outcome::Started(built)),
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(RecordError::Contended)
}

/// The message's lead; absent: the message is an orphan.
async fn read_lead(
    state: &StartWorkflow,
    message: &WorkflowStart,
) -> Result<Lookup<Lead>, RecordError> {
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
        if is_old || lead != Lookup::Missing {
            return Ok(lead);
        }
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(RecordError::LeadNotYetStored),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws::clients::OPERATION_TIMEOUT;

    use super::*;
    use crate::RECORD_TIMEOUT;

    #[test]
    fn looking_for_a_lead_outlasts_an_attempt_of_its_write() {
        assert!(REREAD_PAUSES.iter().sum::<Duration>() > ATTEMPT_TIMEOUT);
    }

    #[test]
    fn a_lead_that_comes_late_has_the_time_of_a_slow_start_left() {
        // The lead is read, its workflow, the run is written, and what it waited for is forgotten.
        let slow = 4 * OPERATION_TIMEOUT;
        assert!(REREAD_PAUSES.iter().sum::<Duration>() + slow < RECORD_TIMEOUT);
    }
}
