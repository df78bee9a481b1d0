//! The schedule of requeue-starts: once a minute, as in template.yaml.

use requeue_starts::requeue;
use shared::{clock::Clock, queue::StartQueue, store::Store, telemetry::Chain};
use tokio::time::{Duration, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub(super) const PERIOD: Duration = Duration::from_secs(60);

/// Runs requeue-starts every minute until `stop` is cancelled; a run that is under way is finished.
pub(super) async fn run(store: Store, queue: StartQueue, clock: Clock, stop: CancellationToken) {
    let mut minutes = interval(PERIOD);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minutes.tick() => {}
        }
        if let Err(error) = requeue(&store, &queue, &clock).await {
            tracing::error!(error = %Chain(&error), "requeue-starts failed");
        }
    }
}
