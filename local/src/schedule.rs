//! Schedule of requeue-starts: once a minute, as in template.yaml.

use aws::{clock::Clock, queue::StartQueue, store::Store, telemetry::ErrorChain};
use requeue_starts::{Requeued, requeue};
use tokio::time::{Duration, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{journal::Journal, text::counted};

/// Time between two runs of requeue-starts.
pub(super) const PERIOD: Duration = Duration::from_secs(60);

/// Runs requeue-starts every minute until `stop` is cancelled. Finishes a run that has begun.
pub(super) async fn run(
    store: Store,
    queue: StartQueue,
    clock: Clock,
    journal: Option<Journal>,
    stop: CancellationToken,
) {
    let mut minutes = interval(PERIOD);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minutes.tick() => {}
        }
        let done = match requeue(&store, &queue, &clock).await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), "requeue-starts failed");
                error.requeued
            }
        };
        if let Some(journal) = &journal {
            note(journal, done);
        }
    }
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
