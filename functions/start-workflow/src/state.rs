//! State of the function.

use aws::{
    catalogue::Catalogue,
    clock::Clock,
    store::{Store, StoreError},
};

/// Clients and caches of the function. Clones share them.
#[derive(Clone, Debug)]
pub struct StartWorkflow {
    pub store: Store,
    pub catalogue: Catalogue,
    pub clock: Clock,
}

impl StartWorkflow {
    /// Returns a state with empty caches.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            clock,
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
