//! Finishes, once a minute, what a request could not finish. Sends the starts whose message could not be
//! sent when their lead came in, and takes their marks off (docs/architecture.md, "No lost start"): sent but
//! not cleared, a start is sent again, and start-workflow builds its run once. And erases what an erasure
//! that was cut short has left (docs/adr/0008).

use aws::{
    clock::Clock,
    queue::{QueueError, StartQueue, WorkflowStart},
    store::{PENDING_SHARDS, PendingStart, Store, StoreError},
    telemetry::{ErrorChain, METRICS},
};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::{Duration, Instant};

/// Nothing is begun after this time; what is left follows a minute later. What is under way then takes
/// three calls of 5 seconds at most, and the function has 50 seconds.
pub const BUDGET: Duration = Duration::from_secs(30);
const CLEARED_AT_ONCE: usize = 16;
/// A request that erases is over by then.
const ERASURE_AGE: SignedDuration = SignedDuration::from_secs(60);

/// The schedule's event. There is nothing in it that is needed.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {}

/// What was found and done, as the function's reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requeued {
    /// Starts that were sent.
    pub sent: u32,
    /// Starts that could not be sent, or read, and wait on.
    pub unsent: u32,
    /// How long the oldest had waited, in seconds.
    pub oldest_s: u64,
    /// Leads whose erasure was finished.
    pub erased: u32,
}

/// Not all could be done. What was done stays done, and the next go tries the rest.
#[derive(Debug, Error)]
#[error("something is left to do")]
pub struct RequeueError {
    /// What was done.
    pub requeued: Requeued,
    /// The last thing that failed.
    #[source]
    cause: Cause,
}

#[derive(Debug, Error)]
enum Cause {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// One go.
struct Go<'a> {
    store: &'a Store,
    queue: &'a StartQueue,
    now: Timestamp,
    until: Instant,
    requeued: Requeued,
    failed: Option<Cause>,
}

/// Sends what is marked as unsent, shard by shard, and finishes erasures. One that fails holds up no other.
///
/// # Errors
/// After everything was tried.
pub async fn requeue(
    store: &Store,
    queue: &StartQueue,
    clock: &Clock,
) -> Result<Requeued, RequeueError> {
    let now = clock.now();
    let mut go = Go {
        store,
        queue,
        now,
        until: Instant::now() + BUDGET,
        requeued: Requeued::default(),
        failed: None,
    };
    // Each minute another shard is first: none is always the one that there is no time for.
    let first = u8::try_from(
        now.as_second()
            .div_euclid(60)
            .rem_euclid(PENDING_SHARDS.into()),
    );
    for step in 0..PENDING_SHARDS {
        let shard = (first.unwrap_or_default() + step) % PENDING_SHARDS;
        if let Err(error) = go.requeue_shard(shard).await {
            go.fail(error.into(), "a shard was not finished");
        }
    }
    if let Err(error) = go.finish_erasures().await {
        go.fail(error.into(), "erasures could not be looked up");
    }
    let Requeued {
        sent,
        unsent,
        oldest_s,
        erased,
    } = go.requeued;
    tracing::info!(
        target: METRICS,
        starts_requeued = sent, starts_unsent = unsent, oldest_unsent_start = oldest_s,
        erasures_finished = erased, "requeued"
    );
    match go.failed {
        None => Ok(go.requeued),
        Some(cause) => Err(RequeueError {
            requeued: go.requeued,
            cause,
        }),
    }
}

impl Go<'_> {
    fn fail(&mut self, error: Cause, what: &'static str) {
        tracing::error!(error = %ErrorChain(&error), "{what}");
        self.failed = Some(error);
    }

    async fn requeue_shard(&mut self, shard: u8) -> Result<(), StoreError> {
        let mut after = None;
        while Instant::now() < self.until {
            let page = self.store.pending_starts(shard, after).await?;
            let mut starts = Vec::new();
            for start in page.starts {
                match start {
                    Ok(start) => starts.push(start),
                    Err(damaged) => {
                        self.requeued.unsent += 1;
                        self.fail(damaged.into(), "an unsent start cannot be read");
                    }
                }
            }
            self.send(&starts).await;
            match page.end {
                Some(end) => after = Some(end),
                None => break,
            }
        }
        Ok(())
    }

    /// Sends starts, and takes the marks off those that were sent.
    async fn send(&mut self, starts: &[PendingStart]) {
        let waited = starts.iter().filter_map(PendingStart::since).min();
        let waited = waited.map_or(0, |since| self.now.duration_since(since).as_secs());
        let waited = u64::try_from(waited).unwrap_or_default();
        self.requeued.oldest_s = self.requeued.oldest_s.max(waited);
        let message = |unsent: &PendingStart| {
            WorkflowStart::new(unsent.account_id, unsent.lead_id, &unsent.start, self.now)
        };
        let messages: Vec<_> = starts.iter().map(message).collect();
        let many = self.queue.send_many(&messages, self.until).await;
        for error in many.errors {
            self.fail(error.into(), "starts could not be sent");
        }
        let sent: Vec<_> = starts
            .iter()
            .zip(&many.sent)
            .filter_map(|(start, sent)| sent.then_some(start))
            .collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.requeued.sent += count(sent.len());
        self.requeued.unsent += count(starts.len() - sent.len());
        let (store, until) = (self.store, self.until);
        let clears: Vec<_> = sent
            .into_iter()
            .map(|start| async move {
                if Instant::now() < until {
                    store.clear_pending(start).await
                } else {
                    Ok(())
                }
            })
            .collect();
        let mut clears = stream::iter(clears).buffer_unordered(CLEARED_AT_ONCE);
        while let Some(cleared) = clears.next().await {
            match cleared {
                // The lead is gone, or was marked anew: the index will tell next time.
                Err(error) if !error.is_conflict() => {
                    self.fail(error.into(), "a mark could not be cleared");
                }
                _ => {}
            }
        }
    }

    async fn finish_erasures(&mut self) -> Result<(), StoreError> {
        let begun_before = self.now.saturating_sub(ERASURE_AGE).unwrap_or(self.now);
        for (account, lead) in self.store.unfinished_erasures(begun_before).await? {
            if Instant::now() >= self.until {
                break;
            }
            match self.store.erase_lead(account, lead, self.now).await {
                Ok(erased) => self.requeued.erased += u32::from(erased),
                Err(error) => self.fail(error.into(), "an erasure was not finished"),
            }
        }
        Ok(())
    }
}
