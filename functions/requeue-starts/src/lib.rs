//! Sends the starts whose message could not be sent when their lead came in, and takes their marks off
//! (docs/architecture.md, "No lost start"). Sent but not cleared, a start is sent again: start-workflow
//! builds its run once.

use serde::{Deserialize, Serialize};
use shared::{
    clock::Clock,
    queue::{QueueError, StartQueue, WorkflowStart},
    store::{Store, StoreError, UNSENT_SHARDS},
    telemetry::Chain,
};
use thiserror::Error;

/// How many starts of a shard are sent at most in one go; the rest follows a minute later.
const STARTS_PER_SHARD: u16 = 100;

/// The schedule's event. There is nothing in it that is needed.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {}

/// What was done, as the function's reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requeued {
    /// Starts that were sent.
    pub sent: u32,
}

/// Why not all could be sent. What was sent stays sent.
#[derive(Debug, Error)]
pub enum RequeueError {
    /// The unsent starts could not be read or cleared.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A start could not be sent.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Sends what is marked as unsent, shard by shard.
///
/// # Errors
/// The first that sending or reading gave; the next run goes on from there.
pub async fn requeue(
    store: &Store,
    queue: &StartQueue,
    clock: &Clock,
) -> Result<Requeued, RequeueError> {
    let mut requeued = Requeued::default();
    for shard in 0..UNSENT_SHARDS {
        for unsent in store.unsent_starts(shard, STARTS_PER_SHARD).await? {
            let (account, lead) = (unsent.account_id, unsent.lead_id);
            let start = WorkflowStart::new(account, lead, &unsent.start, clock.now());
            queue.send(&start).await?;
            requeued.sent += 1;
            match store.clear_unsent(&unsent).await {
                Ok(()) => {}
                // The lead is gone, or was marked anew: the index will tell next time.
                Err(error) if error.is_conflict() => {
                    tracing::warn!(lead.id = %lead, error = %Chain(&error), "a mark was not cleared");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    tracing::info!(sent = requeued.sent, "requeued");
    Ok(requeued)
}
