//! Once a minute, finds the runs that are due, and releases the runs whose hold has ended
//! ([architecture](../../../docs/architecture.md#touchpoints)).
//!
//! It writes no run that is due: it sends a hint for each, and dispatch-touchpoints looks at it. A run
//! that was looked at leaves the index, so a tick that is missed, doubled or cut short does no harm.

mod hints;
mod lanes;
mod pushes;
mod releases;
mod state;
mod tick;

use aws::telemetry::METRICS;
use serde::Deserialize;
use thiserror::Error;
use tokio::time::{Duration, Instant};

use self::tick::{Cause, Tick};
pub use self::{state::WakeRuns, tick::Woken};

/// Time after which a tick sends no more hints, so that a backlog leaves time for the releases.
const HINTS_BUDGET: Duration = Duration::from_secs(20);
/// Time for the lanes, from the end of the hints on.
const LANES_BUDGET: Duration = Duration::from_secs(6);
/// Time after which a tick begins nothing more. The next one follows within a minute.
///
/// The calls that are then under way take at most three times 5 seconds, and the function has 50
/// seconds.
pub const BUDGET: Duration = Duration::from_secs(30);

/// The schedule's event. The function needs none of its fields.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {}

/// Failure of a part of a tick. The other parts are done, and the next tick tries this one again.
#[derive(Debug, Error)]
#[error("a part of the tick failed; the next tick tries it again")]
pub struct WakeError {
    pub woken: Woken,
    /// Last failure.
    #[source]
    cause: Cause,
}

/// Sends hints for the runs that are due, and releases runs whose hold has ended.
///
/// # Errors
/// [`WakeError`] if any of it failed, after all was tried.
pub async fn wake(state: &WakeRuns) -> Result<Woken, WakeError> {
    let begun = Instant::now();
    let mut tick = Tick {
        state,
        now: state.clock.now(),
        until: begun + HINTS_BUDGET,
        woken: Woken::default(),
        failed: None,
    };
    let mut pushes = tick.send_hints().await;
    tick.until = (Instant::now() + LANES_BUDGET).min(begun + BUDGET);
    tick.watch_lanes().await;
    // After the hints, so that a backlog does not hide a lane that does not work.
    tick.watch_webhooks(&mut pushes).await;
    tick.until = begun + BUDGET;
    tick.release_runs().await;
    let woken = tick.woken;
    tracing::info!(
        target: METRICS,
        runs_due = woken.due,
        hints_sent = woken.sent,
        oldest_due = woken.oldest_s,
        oldest_push = woken.oldest_push_s,
        lanes_broken = woken.lanes_broken,
        lanes_gone = woken.lanes_gone,
        runs_released = woken.released,
        oldest_open = woken.oldest_open_s,
        "woken"
    );
    match tick.failed {
        None => Ok(woken),
        Some(cause) => Err(WakeError { woken, cause }),
    }
}
