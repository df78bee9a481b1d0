//! Reads the leads that messages point at.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws::{clients::ATTEMPT_TIMEOUT, queue::WorkflowStart, store::Lookup, telemetry::ErrorChain};
use aws_lambda_events::sqs::SqsMessage;
use domain::{
    ids::{AccountId, LeadId},
    lead::Lead,
};
use jiff::SignedDuration;
use tokio::time::timeout;

use crate::{outcome::RecordError, state::StartWorkflow};

/// Pauses before each new read of a missing lead: about 3 seconds in all.
///
/// The request writes the lead and sends the message at the same time, so the message can come
/// first. The pauses outlast one attempt of that write. After them, SQS delivers the message again
/// when its visibility timeout is over.
const REREAD_PAUSES: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_600),
];

/// Age from which a message without a lead is an orphan. The request writes the lead while it sends
/// the message, and the write takes at most 5 seconds.
const ORPHAN_AGE: SignedDuration = SignedDuration::from_secs(60);

/// Leads of a batch.
pub type Leads = HashMap<(AccountId, LeadId), Lead>;

/// Returns the start that a message holds.
pub fn start_of(message: &SqsMessage) -> Result<WorkflowStart, RecordError> {
    let body = message.body.as_deref().ok_or(RecordError::NoBody)?;
    Ok(WorkflowStart::from_body(body)?)
}

/// Reads the leads of a batch in one call.
///
/// The result lacks the leads that the call does not find. It is empty for a batch of one lead, and
/// if the call fails. [`read_lead`] reads the leads that are not in the result.
pub async fn read_leads(state: &StartWorkflow, messages: &[SqsMessage]) -> Leads {
    let ids: HashSet<_> = messages
        .iter()
        .filter_map(|message| start_of(message).ok())
        .map(|start| (start.account_id, start.lead_id))
        .collect();
    if ids.len() < 2 {
        return Leads::new();
    }
    match timeout(ATTEMPT_TIMEOUT, state.store.find_leads(&ids)).await {
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

/// Reads the lead that a message points at, again and again if it is missing.
///
/// Returns [`Lookup::Missing`] only for an orphan.
///
/// # Errors
/// [`RecordError::LeadNotYetStored`] and [`RecordError::Store`].
pub async fn read_lead(
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
        // Four calls: read the lead, read its workflow, write the run, delete the waiting note.
        let slow = 4 * OPERATION_TIMEOUT;
        assert!(REREAD_PAUSES.iter().sum::<Duration>() + slow < RECORD_TIMEOUT);
    }
}
