//! State of the function.

use std::{num::NonZeroUsize, sync::Arc};

use aws::{
    cache::Cache,
    catalogue::Catalogue,
    clock::Clock,
    queue::{DispatchQueue, Hint},
    randomness::Randomness,
    store::Store,
    telemetry::ErrorChain,
};
use domain::ids::AccountId;
use jiff::Timestamp;
use tokio::time::{Duration, Instant};

use crate::receivers::Receivers;

/// Maximum time for the hints about runs that are due soon again.
pub const HINT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of lanes whose buckets are remembered.
const LANES: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// Clients and caches of the function. Clones share them.
#[derive(Clone, Debug)]
pub struct DispatchTouchpoints {
    pub store: Store,
    pub catalogue: Catalogue,
    pub queue: DispatchQueue,
    pub clock: Clock,
    pub randomness: Randomness,
    /// The way to webhooks. `None` if the function has no sender, and their touchpoints then wait.
    pub receivers: Option<Receivers>,
    /// Address of the API, for the links in requests. Empty if it is unknown.
    pub api_url: Arc<str>,
    /// The last known state of the buckets of lanes. It only saves writes.
    pub buckets: Arc<Cache<(AccountId, String), Timestamp>>,
}

impl DispatchTouchpoints {
    /// Returns a state with empty caches that reaches no webhook.
    pub fn new(store: Store, queue: DispatchQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            queue,
            clock,
            randomness: Randomness::System,
            receivers: None,
            api_url: Arc::default(),
            buckets: Arc::new(Cache::new(LANES)),
        }
    }

    /// Lets webhooks be reached over the network.
    pub fn with_sender(self, sender: webhook::Sender) -> Self {
        Self {
            receivers: Some(Receivers::Network(sender)),
            ..self
        }
    }

    /// Sets the address of the API: scheme and host, without a slash at the end.
    pub fn with_api_url(self, api_url: &str) -> Self {
        Self {
            api_url: api_url.into(),
            ..self
        }
    }

    /// Opens the connection that a batch needs. A failure is logged; batches may still work.
    pub async fn warm_up(&self) {
        if let Err(error) = self.store.warm_up().await {
            tracing::warn!(error = %ErrorChain(&error), "the store is not warm");
        }
    }

    /// Returns a random number below `limit`.
    pub(crate) fn draw(&self, limit: u16) -> u16 {
        let [.., high, low] = self.randomness.bits();
        u16::from_be_bytes([high, low])
            .checked_rem(limit)
            .unwrap_or_default()
    }

    /// Sends hints. wake-runs finds the runs whose hints cannot be sent.
    pub(crate) async fn hint(&self, hints: &[Hint]) {
        let until = Instant::now() + HINT_TIMEOUT;
        for error in self.queue.send_many(hints, until).await.errors {
            tracing::warn!(error = %ErrorChain(&error), "hints could not be sent");
        }
    }
}
