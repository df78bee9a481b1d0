//! Limits as a process keeps to them: its shares of the buckets, and when it asks the store for more.

use std::{
    fmt::Display,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws::{
    clock::Clock,
    store::{Store, StoreError, Withdrawal, Withdrawn},
    telemetry::ErrorChain,
};
use domain::{ids::AccountId, limit::Limit, limited::Limited};
use lru::LruCache;
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    task::JoinHandle,
    time::{Duration, timeout},
};
use tracing::field::{DisplayValue, display};

use super::{
    fields::{self, Standing},
    outage::Outage,
    share::{Decision, Order, Share},
};

const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// No request waits longer for its limit. One whose bucket does not answer by then passes.
const PATIENCE: Duration = Duration::from_millis(50);
/// What an array owes is told beside its own writes, and delays only the reply.
const PATIENCE_OF_DEBTS: Duration = Duration::from_secs(1);

type Shared = Arc<AsyncMutex<Share>>;

/// The limits that bind a request: whom, and how much.
pub type Bounds = Vec<(Limited, Limit)>;

/// Everything that the process knows of limits. Clones share it.
#[derive(Clone, Debug)]
pub struct Limiter {
    store: Store,
    clock: Clock,
    shares: Arc<Mutex<LruCache<Limited, Shared>>>,
    /// Of the store: no bucket can be asked.
    outage: Arc<Mutex<Outage>>,
}

/// What became of a request.
pub struct Verdict {
    /// Where its limits stand, without those that could not be looked at.
    pub standings: Vec<Standing>,
    /// Whether all of them let it through.
    pub passes: bool,
    /// What is taken in advance, beside it.
    pub renewals: Vec<JoinHandle<()>>,
}

impl Limiter {
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            shares: Arc::new(Mutex::new(LruCache::new(CAPACITY))),
            outage: Arc::new(Mutex::new(Outage::NONE)),
        }
    }

    /// Lets a request through, if each of its limits does. Its price is one request of each.
    pub async fn admit(&self, bounds: &Bounds) -> Verdict {
        let mut open: Vec<(&Limited, OwnedMutexGuard<Share>, Standing)> = Vec::new();
        for (limited, limit) in bounds {
            let mut share = self.share(limited, *limit).lock_owned().await;
            let Some(passes) = self.decide(limited, *limit, &mut share).await else {
                let mut outage = self.outage();
                if outage.is_on(self.clock.now()) {
                    outage.count();
                    break;
                }
                share.outage.count();
                continue;
            };
            let wait = (!passes).then(|| share.wait(self.clock.now()));
            let standing = Standing::new(limited, *limit, share.remaining(), wait);
            open.push((limited, share, standing));
            if !passes {
                break;
            }
        }
        let passes = open.iter().all(|(.., standing)| standing.passes());
        let (mut standings, mut renewals) = (Vec::new(), Vec::new());
        for (limited, mut share, standing) in open {
            if !passes && standing.passes() {
                share.put_back();
            }
            standings.push(standing);
            if let (true, Some(order)) = (passes, share.renewal(self.clock.now())) {
                let (limiter, limited) = (self.clone(), limited.clone());
                renewals.push(tokio::spawn(async move {
                    limiter.order(&limited, order, &mut share).await;
                }));
            }
        }
        Verdict {
            standings,
            passes,
            renewals,
        }
    }

    /// Takes the rest of the price of a request that was let through, whatever is left in its buckets.
    pub async fn charge(&self, bounds: &Bounds, requests: u32) {
        for (limited, limit) in bounds {
            let mut share = self.share(limited, *limit).lock_owned().await;
            let rest = share.charge(requests);
            if rest == 0 {
                continue;
            }
            match self.ask(limited, &mut share, rest, true).await {
                Some(taken) => share.told(taken.empty_at, self.clock.now()),
                None => share.owe(rest, self.clock.now()),
            }
        }
    }

    /// None: nobody knows.
    async fn decide(&self, limited: &Limited, limit: Limit, share: &mut Share) -> Option<bool> {
        let now = self.clock.now();
        if share.outage.is_on(now) || self.outage().is_on(now) {
            return None;
        }
        match share.request(limit, now, fastrand::f64()) {
            Decision::Pass => Some(true),
            Decision::Refuse => Some(false),
            Decision::Ask(order) => {
                let is_granted = self.order(limited, order, share).await?;
                Some(is_granted && share.spend())
            }
        }
    }

    async fn order(&self, limited: &Limited, order: Order, share: &mut Share) -> Option<bool> {
        let taken = self.ask(limited, share, order.take, false).await?;
        let now = self.clock.now();
        if taken.is_granted {
            share.granted(order, taken.empty_at, now);
        } else {
            share.refused(taken.empty_at, now, fastrand::f64());
        }
        Some(taken.is_granted)
    }

    /// Asks the store, and tells it of what is owed; none: it did not say.
    async fn ask(
        &self,
        limited: &Limited,
        share: &mut Share,
        requests: u32,
        is_debt: bool,
    ) -> Option<Withdrawn> {
        let now = self.clock.now();
        if share.outage.is_on(now) || self.outage().is_on(now) {
            return None;
        }
        let withdrawal = Withdrawal {
            limit: share.limit(),
            requests: requests.saturating_add(share.owed(now)),
            is_debt,
            known: share.known(now),
        };
        let patience = if is_debt { PATIENCE_OF_DEBTS } else { PATIENCE };
        match timeout(patience, self.store.withdraw(limited, &withdrawal, now)).await {
            Ok(Ok(taken)) => {
                self.is_back(limited, share);
                if is_debt || taken.is_granted {
                    share.settle();
                }
                return Some(taken);
            }
            Ok(Err(error)) => {
                let is_silent = matches!(error, StoreError::NoAnswer(_));
                self.is_gone(limited, share, is_silent, &ErrorChain(&error));
            }
            // A debt's time is also that of the SDK's pauses between its tries.
            Err(_) => self.is_gone(limited, share, !is_debt, &"DynamoDB did not answer in time"),
        }
        None
    }

    fn share(&self, limited: &Limited, limit: Limit) -> Shared {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(AsyncMutex::new(Share::new(limit, self.clock.now())));
        Arc::clone(shares.get_or_insert_ref(limited, new))
    }

    fn outage(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A store that is silent is so for all; what it says of one bucket concerns no other.
    fn is_gone(&self, limited: &Limited, share: &mut Share, is_silent: bool, why: &dyn Display) {
        let now = self.clock.now();
        if is_silent {
            let pause = self.outage().start(now).as_secs();
            tracing::warn!(limit.pause_s = pause, error = %why, "limits are not checked");
        } else {
            let pause = share.outage.start(now).as_secs();
            let (name, account) = (fields::name(limited), account_of(limited));
            tracing::warn!(account.id = account, limit.name = name, limit.pause_s = pause, error = %why,
                "a limit is not checked");
        }
    }

    fn is_back(&self, limited: &Limited, share: &mut Share) {
        if let Some(unchecked) = self.outage().end() {
            tracing::warn!(limit.unchecked = unchecked, "limits are checked again");
        }
        if let Some(unchecked) = share.outage.end() {
            let (name, account) = (fields::name(limited), account_of(limited));
            tracing::warn!(
                account.id = account,
                limit.name = name,
                limit.unchecked = unchecked,
                "a limit is checked again"
            );
        }
    }
}

/// For a log; a key has nothing that may stand there.
fn account_of(limited: &Limited) -> Option<DisplayValue<&AccountId>> {
    match limited {
        Limited::Account(id) => Some(display(id)),
        Limited::Key(_) => None,
    }
}
