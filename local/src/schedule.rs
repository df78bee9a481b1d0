//! Schedule of requeue-starts: once a minute by the clock of the stack, as in template.yaml.

use aws::{queue::StartQueue, store::Store, telemetry::ErrorChain};
use jiff::SignedDuration;
use requeue_starts::{Requeued, requeue};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use crate::{clock::KeptClock, journal::Journal, text::counted};

/// Time between two runs of requeue-starts.
pub(super) const PERIOD: Duration = Duration::from_secs(60);
/// Real time between two looks at the clock. A clock that is moved waits no longer for a run.
const LOOK: Duration = Duration::from_millis(100);

/// Runs requeue-starts every minute until `stop` is cancelled. Finishes a run that has begun. A clock
/// that passes many minutes at once gets one run.
pub(super) async fn run(
    store: Store,
    queue: StartQueue,
    clock: KeptClock,
    journal: Option<Journal>,
    stop: CancellationToken,
) {
    let period = SignedDuration::from_secs(PERIOD.as_secs().cast_signed());
    let mut last = None;
    loop {
        let now = clock.clock.now();
        // The clock of the machine may go back, and must not stop the schedule.
        let is_early = |last| now >= last && now.duration_since(last) < period;
        if !last.is_some_and(is_early) {
            last = Some(now);
            send(&store, &queue, &clock, journal.as_ref()).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(LOOK) => {}
        }
    }
    clock.keep();
}

async fn send(store: &Store, queue: &StartQueue, clock: &KeptClock, journal: Option<&Journal>) {
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
    clock.keep();
}

/// Prints the work of a run. Prints nothing if there was no work.
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
