//! What the handlers share.

use std::{num::NonZeroUsize, sync::Arc};

use jiff::SignedDuration;
use shared::{
    cache::Cache,
    catalogue::Catalogue,
    clock::Clock,
    domain::{account::Account, api_key::ApiKeyHash, ids::IdSource, phone},
    queue::StartQueue,
    store::{Store, StoreError},
    telemetry::Chain,
};

/// A key that was revoked opens nothing after this time.
const KNOWN_KEY_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// A key that was created works after this time, even where it was tried before.
const UNKNOWN_KEY_LIFETIME: SignedDuration = SignedDuration::from_secs(10);
const KEY_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// The store, the queue, the clock, and what is kept of them. Clones share it all.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) queue: StartQueue,
    pub(crate) catalogue: Catalogue,
    pub(crate) clock: Clock,
    pub(crate) ids: IdSource,
    keys: Arc<Cache<ApiKeyHash, Option<Arc<Account>>>>,
}

impl AppState {
    /// State with empty caches.
    pub fn new(store: Store, queue: StartQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            store,
            queue,
            clock,
            ids: IdSource::System,
            keys: Arc::new(Cache::new(KEY_CAPACITY)),
        }
    }

    /// The same, with new ids from `ids`.
    pub fn with_ids(self, ids: IdSource) -> Self {
        Self { ids, ..self }
    }

    /// Does once, in the init phase, where CPU is plentiful, what the first request would wait for: opens
    /// the connections and loads the phone numbers' metadata. What fails is logged; requests may still
    /// work.
    pub async fn warm_up(&self) {
        phone::load_metadata();
        let (store, queue) = tokio::join!(self.store.warm_up(), self.queue.warm_up());
        if let Err(error) = store {
            tracing::warn!(error = %Chain(&error), "the store is not warm");
        }
        if let Err(error) = queue {
            tracing::warn!(error = %Chain(&error), "the queue is not warm");
        }
    }

    /// The account that a key opens, as the process knows it; none: the key is not known.
    pub(crate) async fn account_of_key(
        &self,
        hash: ApiKeyHash,
    ) -> Result<Option<Arc<Account>>, StoreError> {
        let now = self.clock.now();
        if let Some(known) = self.keys.get(&hash, now) {
            return Ok(known);
        }
        let account = self.store.account_of_key(&hash).await?.map(Arc::new);
        let lifetime = match account {
            Some(_) => KNOWN_KEY_LIFETIME,
            None => UNKNOWN_KEY_LIFETIME,
        };
        self.keys.put(hash, account.clone(), now, lifetime);
        Ok(account)
    }
}
