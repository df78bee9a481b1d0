//! State of one tick.

use aws::{queue::QueueError, store::StoreError, telemetry::ErrorChain};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use thiserror::Error;
use tokio::time::Instant;

use crate::state::WakeRuns;

/// Time ahead of which hints are sent: until the next tick, and a quarter of a minute more.
pub const AHEAD: SignedDuration = SignedDuration::from_secs(75);

/// One look at everything that is due.
pub struct Tick<'a> {
    pub state: &'a WakeRuns,
    pub now: Timestamp,
    /// Time from which the tick makes no more calls.
    pub until: Instant,
    pub woken: Woken,
    /// Last failure. `None` if nothing has failed.
    pub failed: Option<Cause>,
}

/// Counts of a tick, as the function's reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Woken {
    /// Number of runs that were due. Those of the next minute are not among them.
    pub due: u32,
    /// Number of hints that were sent.
    pub sent: u32,
    /// Seconds for which the oldest run was due. Those that wait for a webhook are not among them.
    pub oldest_s: u64,
    /// Seconds for which the oldest touchpoint waits for its webhook. Only lanes that are open count.
    pub oldest_push_s: u64,
    /// Number of lanes whose receiver fails.
    pub lanes_broken: u32,
    /// Number of lanes whose receiver wants no more touchpoints.
    pub lanes_gone: u32,
    /// Number of runs that were released from a hold.
    pub released: u32,
    /// Seconds for which the oldest touchpoint waits for a caller. Only lanes from which callers have
    /// pulled count.
    pub oldest_open_s: u64,
}

/// Reason of a failure.
#[derive(Debug, Error)]
pub enum Cause {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Tick<'_> {
    /// Logs a failure and keeps it. The tick goes on.
    pub fn fail(&mut self, error: impl Into<Cause>, message: &'static str) {
        let error = error.into();
        tracing::error!(error = %ErrorChain(&error), "{message}");
        self.failed = Some(error);
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Returns the seconds since a time. 0 if it is to come.
    pub fn age_s(&self, since: Timestamp) -> u64 {
        u64::try_from(self.now.duration_since(since).as_secs()).unwrap_or_default()
    }
}
