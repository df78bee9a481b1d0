//! The state that handlers share.

use std::{num::NonZeroUsize, sync::Arc};

use aws::{
    cache::Cache,
    catalogue::Catalogue,
    clock::Clock,
    queue::{DispatchQueue, Hint, StartQueue},
    randomness::Randomness,
    store::Store,
    telemetry::ErrorChain,
};
use domain::{
    channel::Channel,
    ids::{AccountId, LeadId, RunId},
    run::Run,
};
use jiff::Timestamp;
use tokio::time::{Duration, timeout};

use crate::{auth::KeyCache, limit::Limiter};

/// Maximum number of leads in [`AppState::repaired`].
const REPAIRED_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();
/// Maximum number of lanes in [`AppState::pulled`], and of buckets in [`AppState::buckets`].
const PULLED_CAPACITY: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();
/// Maximum number of runs in [`AppState::taken`].
const TAKEN_CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Maximum time for the hint about a changed run. The reply waits for it.
const HINT_TIMEOUT: Duration = Duration::from_secs(1);

/// The store, the queues, the clock and the caches. Clones share them.
#[derive(Clone, Debug)]
pub struct AppState {
    pub store: Store,
    pub queue: StartQueue,
    /// Queue of the hints about runs that are due soon. `None` if wake-runs finds them alone.
    pub dispatch: Option<DispatchQueue>,
    pub catalogue: Catalogue,
    pub clock: Clock,
    pub randomness: Randomness,
    pub limiter: Limiter,
    pub keys: KeyCache,
    /// Address of the API, for links in replies. Empty if the links are relative.
    pub api_url: Arc<str>,
    /// Leads whose stalled start this process has repaired.
    pub repaired: Arc<Cache<LeadId, ()>>,
    /// Lanes that this process has noted as pulled.
    pub pulled: Arc<Cache<(AccountId, Channel), ()>>,
    /// Last known state of the buckets of destinations, by account and name.
    pub buckets: Arc<Cache<(AccountId, String), Timestamp>>,
    /// Runs that another caller had when this process last looked.
    pub taken: Arc<Cache<RunId, ()>>,
}

impl AppState {
    /// Returns state with empty caches.
    pub fn new(store: Store, queue: StartQueue, clock: Clock) -> Self {
        Self {
            catalogue: Catalogue::new(store.clone(), clock.clone()),
            limiter: Limiter::new(store.clone(), clock.clone()),
            keys: KeyCache::new(store.clone(), clock.clone()),
            repaired: Arc::new(Cache::new(REPAIRED_CAPACITY)),
            pulled: Arc::new(Cache::new(PULLED_CAPACITY)),
            buckets: Arc::new(Cache::new(PULLED_CAPACITY)),
            taken: Arc::new(Cache::new(TAKEN_CAPACITY)),
            randomness: Randomness::System,
            api_url: Arc::default(),
            dispatch: None,
            store,
            queue,
            clock,
        }
    }

    /// Replaces the source of the random part of new ids.
    pub fn with_randomness(self, randomness: Randomness) -> Self {
        Self { randomness, ..self }
    }

    /// Replaces the clock of the limits.
    pub fn with_limits_by(self, clock: Clock) -> Self {
        let limiter = Limiter::new(self.store.clone(), clock);
        Self { limiter, ..self }
    }

    /// Sets the address of the API, such as `https://leads.example.com`.
    pub fn with_api_url(self, api_url: &str) -> Self {
        Self {
            api_url: api_url.into(),
            ..self
        }
    }

    /// Lets changes of runs send hints.
    pub fn with_dispatch(self, dispatch: DispatchQueue) -> Self {
        Self {
            dispatch: Some(dispatch),
            ..self
        }
    }

    /// Sends the hint about a run that was written, if it is due within 15 minutes and was due at another
    /// time before. wake-runs finds the run if this fails.
    pub async fn hint(&self, before: &Run, run: &Run) {
        let is_moved = before.wake() != run.wake();
        let hint = Hint::of(run, self.clock.now()).filter(|_| is_moved);
        let (Some(dispatch), Some(hint)) = (&self.dispatch, hint) else {
            return;
        };
        match timeout(HINT_TIMEOUT, dispatch.send(&hint)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = %ErrorChain(&error), "a hint could not be sent");
            }
            Err(_) => tracing::warn!("a hint could not be sent in time"),
        }
    }

    /// Opens the connections to DynamoDB and SQS in the init phase, where CPU is plentiful. A failure is
    /// logged; requests may still work.
    pub async fn warm_up(&self) {
        // Two to the store: a first lead's workflow and campaign are read side by side.
        let (store, second, queue) = tokio::join!(
            self.store.warm_up(),
            self.store.warm_up(),
            self.queue.warm_up()
        );
        if let Err(error) = store.and(second) {
            tracing::warn!(error = %ErrorChain(&error), "the store is not warm");
        }
        if let Err(error) = queue {
            tracing::warn!(error = %ErrorChain(&error), "the queue is not warm");
        }
    }
}
