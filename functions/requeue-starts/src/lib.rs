//! Once a minute, finishes the work that requests could not finish.
//!
//! It sends pending starts ([architecture](../../../docs/architecture.md#no-lost-start)), and it
//! finishes erasures that were cut short.

mod erasures;
mod starts;
mod sweep;

use aws::{clock::Clock, queue::StartQueue, store::Store, telemetry::METRICS};
use serde::Deserialize;
use thiserror::Error;
use tokio::time::{Duration, Instant};

pub use self::sweep::Requeued;
use self::sweep::{Cause, Sweep};

/// Time after which a sweep begins nothing more. The next one follows within a minute.
///
/// The calls that are then under way take at most three times 5 seconds, and the function has 50
/// seconds.
pub const BUDGET: Duration = Duration::from_secs(30);

/// The schedule's event. The function needs none of its fields.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {}

/// Failure of a part of a sweep. The other parts are done, and the next sweep tries this one again.
#[derive(Debug, Error)]
#[error("some starts or erasures failed; the next sweep tries them again")]
pub struct RequeueError {
    pub requeued: Requeued,
    /// Last failure.
    #[source]
    cause: Cause,
}

/// Sends the pending starts and finishes erasures.
///
/// # Errors
/// [`RequeueError`] if any of them failed, after all were tried.
pub async fn requeue(
    store: &Store,
    queue: &StartQueue,
    clock: &Clock,
) -> Result<Requeued, RequeueError> {
    let mut sweep = Sweep {
        store,
        queue,
        now: clock.now(),
        until: Instant::now() + BUDGET,
        requeued: Requeued::default(),
        failed: None,
    };
    sweep.send_pending_starts().await;
    sweep.finish_erasures().await;
    let requeued = sweep.requeued;
    tracing::info!(
        target: METRICS,
        starts_requeued = requeued.sent,
        starts_unsent = requeued.pending,
        oldest_unsent_start = requeued.oldest_s,
        erasures_finished = requeued.erased,
        "requeued"
    );
    match sweep.failed {
        None => Ok(requeued),
        Some(cause) => Err(RequeueError { requeued, cause }),
    }
}
