//! State of one sweep.

use aws::{
    queue::{QueueError, StartQueue},
    store::{Store, StoreError},
    telemetry::ErrorChain,
};
use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use tokio::time::Instant;

/// One sweep over the pending starts and the unfinished erasures.
pub struct Sweep<'a> {
    pub store: &'a Store,
    pub queue: &'a StartQueue,
    pub now: Timestamp,
    /// Time from which the sweep makes no more calls.
    pub until: Instant,
    pub requeued: Requeued,
    /// Last failure. `None` if nothing has failed.
    pub failed: Option<Cause>,
}

/// Counts of a sweep, as the function's reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requeued {
    /// Number of starts that were sent.
    pub sent: u32,
    /// Number of starts that could not be sent or read, and stay pending.
    #[serde(rename = "unsent")]
    pub pending: u32,
    /// Seconds that the oldest of them all had waited.
    pub oldest_s: u64,
    /// Number of leads whose erasure was finished.
    pub erased: u32,
}

/// Reason of a failure.
#[derive(Debug, Error)]
pub enum Cause {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Sweep<'_> {
    /// Logs a failure and keeps it. The sweep goes on.
    pub fn fail(&mut self, error: impl Into<Cause>, message: &'static str) {
        let error = error.into();
        tracing::error!(error = %ErrorChain(&error), "{message}");
        self.failed = Some(error);
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}
