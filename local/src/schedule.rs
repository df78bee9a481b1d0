//! The schedules of requeue-starts and wake-runs: once a minute by the clock of the stack, as in
//! template.yaml.

use std::future::Future;

use aws::{queue::StartQueue, store::Store, telemetry::ErrorChain};
use jiff::SignedDuration;
use requeue_starts::{Requeued, requeue};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;
use wake_runs::{WakeRuns, wake};

use crate::{clock::KeptClock, journal::Journal, text::counted};

/// Time between two calls of a function.
pub(super) const PERIOD: Duration = Duration::from_secs(60);
/// Real time between two looks at the clock. A clock that is moved waits no longer for a call.
const LOOK: Duration = Duration::from_millis(100);

/// Calls a function every minute until `stop` is cancelled. Finishes a call that has begun. A clock
/// that passes many minutes at once gets one call.
pub(super) async fn every_minute<F: Future<Output = ()>>(
    clock: KeptClock,
    stop: CancellationToken,
    call: impl Fn() -> F,
) {
    let period = SignedDuration::from_secs(PERIOD.as_secs().cast_signed());
    let mut last = None;
    loop {
        let now = clock.clock.now();
        // The clock of the machine may go back, and must not stop the schedule.
        let is_early = |last| now >= last && now.duration_since(last) < period;
        if !last.is_some_and(is_early) {
            last = Some(now);
            call().await;
            clock.keep();
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(LOOK) => {}
        }
    }
    clock.keep();
}

/// Calls wake-runs.
pub(super) async fn wake_runs(state: &WakeRuns) {
    if let Err(error) = wake(state).await {
        tracing::error!(error = %ErrorChain(&error), "wake-runs failed");
    }
}

/// Calls requeue-starts, and prints its work.
pub(super) async fn requeue_starts(
    store: &Store,
    queue: &StartQueue,
    clock: &KeptClock,
    journal: Option<&Journal>,
) {
    let done = match requeue(store, queue, &clock.clock).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(error = %ErrorChain(&error), "requeue-starts failed");
            error.requeued
        }
    };
    if let Some(journal) = journal {
        note(journal, done);
    }
}

/// Prints the work of a call. Prints nothing if there was no work.
fn note(journal: &Journal, done: Requeued) {
    let Requeued { sent, erased, .. } = done;
    if sent > 0 {
        journal.note(format!(
            "requeue-starts sent {}",
            number(sent, "delayed start")
        ));
    }
    if erased > 0 {
        journal.note(format!(
            "requeue-starts finished {}",
            number(erased, "erasure")
        ));
    }
}

fn number(count: u32, noun: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}
