//! State of the function.

use aws::{
    catalogue::Catalogue,
    clock::Clock,
    queue::{DispatchQueue, Hint},
    store::{Store, StoreError},
    telemetry::ErrorChain,
};
use tokio::time::{Duration, Instant};

/// Maximum time for the hints about runs that are due soon.
pub const HINT_TIMEOUT: Duration = Duration::from_secs(2);

/// Clients and caches of the function. Clones share them.
#[derive(Clone, Debug)]
pub struct StartWorkflow {
    pub store: Store,
    pub catalogue: Catalogue,
    /// Queue of the hints about runs that are due soon.
    pub dispatch: DispatchQueue,
    pub clock: Clock,
}

impl StartWorkflow {
    /// Returns a state with empty caches.
    pub fn new(store: Store, dispatch: DispatchQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            dispatch,
            clock,
        }
    }

    /// Sends the hints about runs that are due soon. wake-runs finds the runs whose hints cannot be
    /// sent.
    pub(crate) async fn hint(&self, hints: &[Hint]) {
        let until = Instant::now() + HINT_TIMEOUT;
        for error in self.dispatch.send_many(hints, until).await.errors {
            tracing::warn!(error = %ErrorChain(&error), "hints could not be sent");
        }
    }

    /// Opens the connections that a batch needs.
    ///
    /// # Errors
    /// Same as [`Store::warm_up`]. The function works without it.
    pub async fn warm_up(&self) -> Result<(), StoreError> {
        self.store.warm_up().await
    }
}
