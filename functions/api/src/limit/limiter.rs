//! Limits as a process keeps to them: its shares of the buckets, and when it asks the store for more.

use std::{
    fmt::Display,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;
use shared::{
    clock::Clock,
    domain::limit::{Limit, Limited},
    store::{Store, Taken, Withdrawal},
    telemetry::Chain,
};
use tokio::{
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    task::JoinHandle,
    time::{Duration, timeout},
};

use super::{
    fields::Standing,
    share::{Decision, Order, Share},
};

const CAPACITY: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();
/// No request waits longer for its limit. One whose bucket does not answer by then passes.
const PATIENCE: Duration = Duration::from_millis(50);
/// What an array owes is told beside its own writes, and delays only the reply.
const PATIENCE_OF_DEBTS: Duration = Duration::from_secs(1);
/// For so long after a failure nobody is asked, and all pass: twice as long after each.
const SHORTEST_OUTAGE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_OUTAGE: SignedDuration = SignedDuration::from_secs(30);

type Shared = Arc<AsyncMutex<Share>>;

/// The limits that bind a request: whom, and how much.
pub(super) type Bounds = Vec<(Limited, Limit)>;

/// Everything that the process knows of limits. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    store: Store,
    clock: Clock,
    shares: Arc<Mutex<LruCache<Limited, Shared>>>,
    outage: Arc<Mutex<Outage>>,
}

/// The time in which limits cannot be kept, as the store does not answer.
#[derive(Debug)]
struct Outage {
    until: Timestamp,
    next: SignedDuration,
    /// How many requests have passed unchecked.
    unchecked: u64,
}

impl Outage {
    const NONE: Self = Self {
        until: Timestamp::MIN,
        next: SHORTEST_OUTAGE,
        unchecked: 0,
    };
}

/// What became of a request.
pub(super) struct Verdict {
    /// Where each of its limits stands; none: they could not be looked at.
    pub(super) standings: Vec<Standing>,
    /// Whether all of them let it through.
    pub(super) passes: bool,
    /// What is taken in advance, beside it.
    pub(super) renewals: Vec<JoinHandle<()>>,
}

impl Limiter {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            shares: Arc::new(Mutex::new(LruCache::new(CAPACITY))),
            outage: Arc::new(Mutex::new(Outage::NONE)),
        }
    }

    /// Lets a request through, if each of its limits does. Its price is one request of each.
    pub(super) async fn admit(&self, bounds: &Bounds) -> Verdict {
        let mut open: Vec<(&Limited, OwnedMutexGuard<Share>, Standing)> = Vec::new();
        for (limited, limit) in bounds {
            let mut share = self.share(limited, *limit).lock_owned().await;
            let Some(passes) = self.decide(limited, *limit, &mut share).await else {
                self.outage().unchecked += 1;
                return Verdict {
                    standings: Vec::new(),
                    passes: true,
                    renewals: Vec::new(),
                };
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
    pub(super) async fn charge(&self, bounds: &Bounds, requests: u32) {
        for (limited, limit) in bounds {
            let mut share = self.share(limited, *limit).lock_owned().await;
            let rest = share.charge(requests);
            if rest == 0 {
                continue;
            }
            match self.ask(limited, &mut share, rest, true).await {
                Some(taken) => share.charged(taken.empty_at, self.clock.now()),
                None => share.owe(rest, self.clock.now()),
            }
        }
    }

    /// None: nobody knows.
    async fn decide(&self, limited: &Limited, limit: Limit, share: &mut Share) -> Option<bool> {
        let now = self.clock.now();
        if self.is_out(now) {
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
    ) -> Option<Taken> {
        let now = self.clock.now();
        if self.is_out(now) {
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
                self.is_back();
                if is_debt || taken.is_granted {
                    share.settle();
                }
                return Some(taken);
            }
            Ok(Err(error)) => self.is_gone(now, &Chain(&error)),
            Err(_) => self.is_gone(now, &"DynamoDB did not answer in time"),
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

    fn is_out(&self, now: Timestamp) -> bool {
        now < self.outage().until
    }

    fn is_gone(&self, now: Timestamp, why: &dyn Display) {
        let mut outage = self.outage();
        let pause = outage.next;
        outage.until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        outage.next = (pause * 2).min(LONGEST_OUTAGE);
        drop(outage);
        tracing::warn!(limit.pause_s = pause.as_secs(), error = %why, "limits are not checked");
    }

    fn is_back(&self) {
        let was = std::mem::replace(&mut *self.outage(), Outage::NONE);
        if was.until > Timestamp::MIN {
            tracing::warn!(limit.unchecked = was.unchecked, "limits are checked again");
        }
    }
}
