//! Finishes, once a minute, what a request could not finish. Sends the starts whose message could not be
//! sent when their lead came in, and takes their marks off (docs/architecture.md, "No lost start"): sent but
//! not cleared, a start is sent again, and start-workflow builds its run once. And erases what an erasure
//! that was cut short has left (docs/adr/0008).

use jiff::SignedDuration;
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

/// A request that erases is over by then.
const ERASURE_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The schedule's event. There is nothing in it that is needed.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {}

/// What was done, as the function's reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requeued {
    /// Starts that were sent.
    pub sent: u32,
    /// Leads whose erasure was finished.
    pub erased: u32,
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

/// Sends what is marked as unsent, shard by shard, and finishes erasures. One that fails holds up no other.
///
/// # Errors
/// The last, after all shards were tried; the next run tries what is left.
pub async fn requeue(
    store: &Store,
    queue: &StartQueue,
    clock: &Clock,
) -> Result<Requeued, RequeueError> {
    let mut requeued = Requeued::default();
    let mut failed = None;
    for shard in 0..UNSENT_SHARDS {
        if let Err(error) = requeue_shard(store, queue, clock, shard, &mut requeued).await {
            tracing::error!(shard, error = %Chain(&error), "a shard was not finished");
            failed = Some(error);
        }
    }
    if let Err(error) = finish_erasures(store, clock, &mut requeued).await {
        tracing::error!(error = %Chain(&error), "an erasure was not finished");
        failed = Some(error.into());
    }
    tracing::info!(sent = requeued.sent, erased = requeued.erased, "requeued");
    match failed {
        None => Ok(requeued),
        Some(error) => Err(error),
    }
}

async fn finish_erasures(
    store: &Store,
    clock: &Clock,
    requeued: &mut Requeued,
) -> Result<(), StoreError> {
    let now = clock.now();
    let begun_before = now.saturating_sub(ERASURE_AGE).unwrap_or(now);
    for (account, lead) in store.unfinished_erasures(begun_before).await? {
        requeued.erased += u32::from(store.erase_lead(account, lead, now).await?);
    }
    Ok(())
}

async fn requeue_shard(
    store: &Store,
    queue: &StartQueue,
    clock: &Clock,
    shard: u8,
    requeued: &mut Requeued,
) -> Result<(), RequeueError> {
    let mut failed = Ok(());
    for unsent in store.unsent_starts(shard, STARTS_PER_SHARD).await? {
        let unsent = match unsent {
            Ok(unsent) => unsent,
            Err(damaged) => {
                tracing::error!(shard, error = %Chain(&damaged), "an unsent start cannot be read");
                failed = Err(damaged.into());
                continue;
            }
        };
        let (account, lead) = (unsent.account_id, unsent.lead_id);
        let start = WorkflowStart::new(account, lead, &unsent.start, clock.now());
        queue.send(&start).await?;
        requeued.sent += 1;
        match store.clear_unsent(&unsent).await {
            // The lead is gone, or was marked anew: the index will tell next time.
            Err(error) if !error.is_conflict() => return Err(error.into()),
            _ => {}
        }
    }
    failed
}
