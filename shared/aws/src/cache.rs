//! A small cache in the process. Its size is bounded, and each entry has a lifetime by the caller's
//! clock.

use std::{
    hash::Hash,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;

/// Values by key. Each has its own end. A full cache drops the least recently used value.
#[derive(Debug)]
pub struct Cache<K: Hash + Eq, V> {
    entries: Mutex<LruCache<K, Entry<V>>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    good_until: Timestamp,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// Returns an empty cache for at most `capacity` entries.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            entries: Mutex::new(LruCache::new(capacity)),
        }
    }

    /// Returns the value of `key`. `None` if there is none, or if its lifetime is over at `now`.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(key)
            .filter(|entry| now < entry.good_until)
            .map(|entry| entry.value.clone())
    }

    /// Keeps `value` for `key` until `now + lifetime`.
    pub fn put(&self, key: K, value: V, now: Timestamp, lifetime: SignedDuration) {
        let good_until = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.put(key, Entry { value, good_until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_gone_when_its_lifetime_is_over() {
        let cache = Cache::new(NonZeroUsize::MIN);
        let start = Timestamp::UNIX_EPOCH;
        cache.put("key", 1, start, SignedDuration::from_secs(60));
        assert_eq!(
            cache.get(&"key", start + SignedDuration::from_secs(59)),
            Some(1)
        );
        assert_eq!(
            cache.get(&"key", start + SignedDuration::from_secs(60)),
            None
        );
    }

    #[test]
    fn a_full_cache_forgets_the_least_recently_used() {
        let cache = Cache::new(NonZeroUsize::new(2).unwrap());
        let (now, life) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(60));
        cache.put("a", 1, now, life);
        cache.put("b", 2, now, life);
        cache.get(&"a", now);
        cache.put("c", 3, now, life);
        assert_eq!(cache.get(&"b", now), None);
        assert_eq!(cache.get(&"a", now), Some(1));
    }
}
