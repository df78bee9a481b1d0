//! One record: from its message to its run.

use aws::store::Lookup;
use aws_lambda_events::sqs::SqsMessage;

use crate::{
    build::build_run,
    lookup::{Leads, read_lead, start_of},
    outcome::{Outcome, RecordError},
    state::StartWorkflow,
};

/// Builds the run that a message orders. `leads` are the leads of the batch that were read before.
///
/// # Errors
/// All of [`RecordError`] but [`RecordError::TimedOut`].
pub async fn start_run(
    state: &StartWorkflow,
    message: &SqsMessage,
    leads: &Leads,
) -> Result<Outcome, RecordError> {
    let message = start_of(message)?;
    let lead = match leads.get(&(message.account_id, message.lead_id)) {
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
        // The run does not wait any more, but an earlier delivery may have left a waiting note.
        let (account, workflow) = (message.account_id, message.workflow_id);
        let forgotten = state
            .store
            .forget_waiting(account, workflow, message.run_id);
        forgotten.await?;
    }
    Ok(outcome)
}
