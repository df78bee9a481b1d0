//! API keys in the process, and the hourly write of their last use.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use aws::{
    cache::Cache,
    clock::Clock,
    store::{Store, StoreError},
    telemetry::ErrorChain,
};
use domain::{
    account::AccountSettings,
    api_key::{ApiKeyHash, ApiKeyRecord},
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

/// Cache lifetime of a valid key: a revoked key stops working within it.
const VALID_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// Cache lifetime of an invalid key: a new key works after at most this time, even if it was tried before it existed.
const INVALID_LIFETIME: SignedDuration = SignedDuration::from_secs(10);
/// Maximum number of valid keys in the cache.
const VALID_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// Maximum number of invalid keys in the cache.
const INVALID_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();
/// Maximum time that a request waits for the hourly write of `last_used`.
const LAST_USED_TIMEOUT: Duration = Duration::from_millis(100);

/// API keys that the process has read. Clones share them.
#[derive(Clone, Debug)]
pub struct KeyCache {
    store: Store,
    clock: Clock,
    valid: Arc<Cache<ApiKeyHash, Arc<AccountSettings>>>,
    /// Invalid keys have their own cache, so that a flood of made-up keys cannot evict valid ones.
    invalid: Arc<Cache<ApiKeyHash, ()>>,
}

impl KeyCache {
    /// Returns an empty cache.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            valid: Arc::new(Cache::new(VALID_CAPACITY)),
            invalid: Arc::new(Cache::new(INVALID_CAPACITY)),
        }
    }

    /// Returns the account of a key. `None` if the key is unknown, revoked or expired.
    pub async fn account(
        &self,
        hash: &ApiKeyHash,
    ) -> Result<Option<Arc<AccountSettings>>, StoreError> {
        let now = self.clock.now();
        if let Some(account) = self.valid.get(hash, now) {
            return Ok(Some(account));
        }
        if self.invalid.get(hash, now).is_some() {
            return Ok(None);
        }
        let found = self.store.api_key(hash).await?;
        let Some(key) = found.filter(|key| key.is_valid_at(now)) else {
            self.invalid.put(hash.clone(), (), now, INVALID_LIFETIME);
            return Ok(None);
        };
        if let Some(hour) = key.unrecorded_hour(now) {
            self.record_use(hash, &key, hour).await;
        }
        let lifetime = key.cache_lifetime(now, VALID_LIFETIME);
        let account = Arc::new(key.account);
        self.valid
            .put(hash.clone(), Arc::clone(&account), now, lifetime);
        Ok(Some(account))
    }

    /// Writes the hour of a key's last use. A failure is logged, and the request goes on.
    ///
    /// The request waits for it: Lambda freezes the process as soon as the request is answered, so a task
    /// of its own would not finish.
    async fn record_use(&self, hash: &ApiKeyHash, key: &ApiKeyRecord, hour: Timestamp) {
        let recorded = timeout(LAST_USED_TIMEOUT, self.store.record_use(hash, hour)).await;
        match recorded {
            // A conflict: another process has recorded it since the key was read.
            Ok(Ok(()) | Err(StoreError::Conflict)) => {}
            Ok(Err(error)) => {
                tracing::warn!(key.id = %key.id, error = %ErrorChain(&error), "the last use of a key was not recorded");
            }
            Err(_) => {
                tracing::warn!(key.id = %key.id, "the last use of a key was not recorded: it took too long")
            }
        }
    }
}
