//! What the handlers share.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use aws::randomness::Randomness;
use aws::{
    cache::Cache,
    catalogue::Catalogue,
    clock::Clock,
    queue::StartQueue,
    store::{Store, StoreError},
    telemetry::Chain,
};
use domain::{
    account::Account,
    api_key::{ApiKeyHash, ApiKeyRecord},
    ids::LeadId,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::limit::Limiter;

/// A key that was revoked opens nothing after this time.
const KNOWN_KEY_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// A key that was created works after this time, even where it was tried before.
const UNKNOWN_KEY_LIFETIME: SignedDuration = SignedDuration::from_secs(10);
/// So long a request waits, once an hour, until its key's use is noted down.
const NOTE_TIMEOUT: Duration = Duration::from_millis(100);
const KEY_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// Those that open nothing are kept apart: anybody can make them up, and they must not push out the others.
const UNKNOWN_KEY_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();
const REVIVED_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// The store, the queue, the clock, and what is kept of them. Clones share it all.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) queue: StartQueue,
    pub(crate) catalogue: Catalogue,
    pub(crate) clock: Clock,
    pub(crate) random: Randomness,
    pub(crate) limiter: Limiter,
    /// Leads whose stalled starts were revived.
    pub(crate) revived: Arc<Cache<LeadId, ()>>,
    keys: Arc<Cache<ApiKeyHash, Arc<Account>>>,
    unknown_keys: Arc<Cache<ApiKeyHash, ()>>,
}

impl AppState {
    /// State with empty caches.
    pub fn new(store: Store, queue: StartQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            limiter: Limiter::new(store.clone(), clock.clone()),
            store,
            queue,
            clock,
            random: Randomness::System,
            revived: Arc::new(Cache::new(REVIVED_CAPACITY)),
            keys: Arc::new(Cache::new(KEY_CAPACITY)),
            unknown_keys: Arc::new(Cache::new(UNKNOWN_KEY_CAPACITY)),
        }
    }

    /// Replaces the source of the random part of new ids.
    pub fn with_randomness(self, random: Randomness) -> Self {
        Self { random, ..self }
    }

    /// Does once, in the init phase, where CPU is plentiful, what the first request would wait for: opens
    /// the connections. What fails is logged; requests may still work.
    pub async fn warm_up(&self) {
        // Two to the store: a first lead's workflow and campaign are looked up side by side.
        let (store, second, queue) = tokio::join!(
            self.store.warm_up(),
            self.store.warm_up(),
            self.queue.warm_up()
        );
        if let Err(error) = store.and(second) {
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
        if let Some(account) = self.keys.get(&hash, now) {
            return Ok(Some(account));
        }
        if self.unknown_keys.get(&hash, now).is_some() {
            return Ok(None);
        }
        let found = self.store.api_key(&hash).await?;
        // From here on, a key that was revoked or has expired is one that was never known.
        let Some(key) = found.filter(|key| key.opens_at(now)) else {
            self.unknown_keys.put(hash, (), now, UNKNOWN_KEY_LIFETIME);
            return Ok(None);
        };
        if let Some(hour) = key.hour_to_note(now) {
            self.note_use(&hash, &key, hour).await;
        }
        let lifetime = key.good_for(now, KNOWN_KEY_LIFETIME);
        let account = Arc::new(key.account);
        self.keys.put(hash, Arc::clone(&account), now, lifetime);
        Ok(Some(account))
    }

    /// Notes down when a key was used; a request does not fail over it, and waits for it only so long. Not
    /// on a task of its own: the process is frozen as soon as the request is answered.
    async fn note_use(&self, hash: &ApiKeyHash, key: &ApiKeyRecord, hour: Timestamp) {
        let noted = timeout(NOTE_TIMEOUT, self.store.note_use(hash, hour)).await;
        match noted {
            // A conflict: another process has noted it since the key was read.
            Ok(Ok(()) | Err(StoreError::Conflict)) => {}
            Ok(Err(error)) => {
                tracing::warn!(key.id = %key.id, error = %Chain(&error), "a key's use is not noted");
            }
            Err(_) => {
                tracing::warn!(key.id = %key.id, "a key's use is not noted: it took too long")
            }
        }
    }
}
