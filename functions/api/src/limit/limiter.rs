//! The limiter of a container: its leases, and its calls to the buckets.

use std::{
    fmt::Display,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use aws::{clock::Clock, store::Store, telemetry::ErrorChain};
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
    lease::{Decision, Lease},
};

/// Maximum number of leases in memory. The least recently used one is dropped, with its tokens.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// Maximum time of a withdrawal, 50 ms: a request waits for it, and then passes.
const PATIENCE: Duration = Duration::from_millis(50);
/// Maximum time of a further charge, 1 s: an array waits for it before its writes, and then passes.
const PATIENCE_FOR_DEBT: Duration = Duration::from_secs(1);

type SharedLease = Arc<AsyncMutex<Lease>>;

/// The limits of a request.
pub type Bounds = Vec<(Limited, Limit)>;

/// The leases of a container. Clones share them.
#[derive(Clone, Debug)]
pub struct Limiter {
    store: Store,
    clock: Clock,
    leases: Arc<Mutex<LruCache<Limited, SharedLease>>>,
}

/// The limiter's verdict on a request.
pub struct Verdict {
    /// The states of its limits, up to the first one that refuses, without those that are not
    /// checked.
    pub standings: Vec<Standing>,
    /// Withdrawals that go on beside the handler.
    pub renewals: Vec<JoinHandle<()>>,
}

impl Limiter {
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            leases: Arc::new(Mutex::new(LruCache::new(CAPACITY))),
        }
    }

    /// Charges one token to each limit of a request. A limit that is not checked lets the request
    /// pass.
    pub async fn admit(&self, bounds: &Bounds) -> Verdict {
        let mut checked: Vec<(&Limited, OwnedMutexGuard<Lease>, Standing)> = Vec::new();
        for (limited, limit) in bounds {
            let mut lease = self.lease(limited, *limit).lock_owned().await;
            let Some(passes) = self.check(limited, *limit, &mut lease).await else {
                continue;
            };
            let wait = (!passes).then(|| lease.wait(self.clock.now()));
            let standing = Standing::new(limited, *limit, lease.remaining(), wait);
            checked.push((limited, lease, standing));
            if !passes {
                break;
            }
        }
        let passes = checked.iter().all(|(.., standing)| standing.passes());
        let (mut standings, mut renewals) = (Vec::new(), Vec::new());
        for (limited, mut lease, standing) in checked {
            if !passes && standing.passes() {
                lease.put_back(1);
            }
            standings.push(standing);
            if passes && lease.is_overdrawn() {
                let (limiter, limited) = (self.clone(), limited.clone());
                renewals.push(tokio::spawn(async move {
                    limiter.withdraw(&limited, &mut lease, false).await;
                }));
            }
        }
        Verdict {
            standings,
            renewals,
        }
    }

    /// Charges more tokens for a request that has passed. What the leases lack becomes debts of the
    /// buckets. If a bucket is too far in debt, charges nothing and returns the state of its limit.
    pub async fn charge(&self, bounds: &Bounds, tokens: u32) -> Option<Standing> {
        let mut charged: Vec<(OwnedMutexGuard<Lease>, u32)> = Vec::new();
        for (limited, limit) in bounds {
            let mut lease = self.lease(limited, *limit).lock_owned().await;
            let spent = lease.charge(tokens);
            let granted = match lease.is_overdrawn() {
                true => self.withdraw(limited, &mut lease, true).await,
                false => Some(true),
            };
            let wait = lease.wait(self.clock.now());
            charged.push((lease, spent));
            if granted == Some(false) {
                for (lease, spent) in &mut charged {
                    lease.put_back(*spent);
                }
                let remaining = charged.last().map_or(0, |(lease, _)| lease.remaining());
                return Some(Standing::new(limited, *limit, remaining, Some(wait)));
            }
        }
        None
    }

    /// Returns whether a limit lets a request pass. `None` if the limit is not checked.
    async fn check(&self, limited: &Limited, limit: Limit, lease: &mut Lease) -> Option<bool> {
        lease.adopt(limit);
        let now = self.clock.now();
        if lease.is_open(now) {
            return None;
        }
        match lease.request(now) {
            Decision::Pass => Some(true),
            Decision::Refuse => Some(false),
            Decision::Withdraw => {
                let is_granted = self.withdraw(limited, lease, false).await;
                if is_granted != Some(true) {
                    lease.put_back(1);
                }
                is_granted
            }
        }
    }

    /// Returns whether the bucket granted a withdrawal. `None` if it did not answer, or was not
    /// called.
    async fn withdraw(&self, limited: &Limited, lease: &mut Lease, is_debt: bool) -> Option<bool> {
        let now = self.clock.now();
        if lease.is_open(now) {
            return None;
        }
        let (withdrawal, patience) = if is_debt {
            (lease.debt(now), PATIENCE_FOR_DEBT)
        } else {
            (lease.renewal(now), PATIENCE)
        };
        let answer = timeout(patience, self.store.withdraw(limited, &withdrawal, now)).await;
        let now = self.clock.now();
        match answer {
            Ok(Ok(withdrawn)) => {
                lease.answered(&withdrawal, withdrawn, now, fastrand::f64());
                return Some(withdrawn.is_granted);
            }
            Ok(Err(error)) => warn(limited, &ErrorChain(&error)),
            Err(_) => warn(limited, &"DynamoDB did not answer in time"),
        }
        lease.open(now);
        None
    }

    fn lease(&self, limited: &Limited, limit: Limit) -> SharedLease {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(AsyncMutex::new(Lease::new(limit)));
        Arc::clone(leases.get_or_insert_ref(limited, new))
    }
}

fn warn(limited: &Limited, why: &dyn Display) {
    let (name, account) = (fields::name(limited), account_of(limited));
    tracing::warn!(account.id = account, limit.name = name, error = %why, "a limit is not checked");
}

/// Returns the account to log. `None` for a key, whose hash must not be in the log.
fn account_of(limited: &Limited) -> Option<DisplayValue<&AccountId>> {
    match limited {
        Limited::Account(id) | Limited::Touchpoints(id) => Some(display(id)),
        Limited::Key(_) => None,
    }
}
