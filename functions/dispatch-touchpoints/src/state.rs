//! State of the function.

use aws::{
    catalogue::Catalogue,
    clock::Clock,
    queue::{DispatchQueue, Hint},
    store::Store,
    telemetry::ErrorChain,
};
use tokio::time::{Duration, Instant};

/// Maximum time for the hints about runs that are due soon again.
pub const HINT_TIMEOUT: Duration = Duration::from_secs(5);

/// Clients and caches of the function. Clones share them.
#[derive(Clone, Debug)]
pub struct DispatchTouchpoints {
    pub store: Store,
    pub catalogue: Catalogue,
    pub queue: DispatchQueue,
    pub clock: Clock,
}

impl DispatchTouchpoints {
    /// Returns a state with empty caches.
    pub fn new(store: Store, queue: DispatchQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            queue,
            clock,
        }
    }

    /// Opens the connection that a batch needs. A failure is logged; batches may still work.
    pub async fn warm_up(&self) {
        if let Err(error) = self.store.warm_up().await {
            tracing::warn!(error = %ErrorChain(&error), "the store is not warm");
        }
    }

    /// Sends hints. wake-runs finds the runs whose hints cannot be sent.
    pub(crate) async fn hint(&self, hints: &[Hint]) {
        let until = Instant::now() + HINT_TIMEOUT;
        for error in self.queue.send_many(hints, until).await.errors {
            tracing::warn!(error = %ErrorChain(&error), "hints could not be sent");
        }
    }
}
