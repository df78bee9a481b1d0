//! Limits of accounts and of keys, with four or more containers on one table and on simulated time
//! ([ADR 12](../../../../docs/adr/0012-containers-lease-tokens-from-a-bucket.md)).

mod arrays;
mod buckets;
mod outages;

use std::time::Duration;

use aws::{clock::Clock, randomness::Randomness, store::Store};
use domain::{
    account::AccountSettings,
    api_key::ApiKey,
    ids::{AccountId, ApiKeyId},
    limit::{Limit, Limits},
};
use fastrand::Rng;
use local::demo;
use simulation::{Cloud, Fleet};
use tokio::{task::JoinSet, time::Instant};

/// The key of an account with a limit. The demo account has no limit.
pub const KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
const PATH: &str = "/campaigns";

fn limit(rate: u32, burst: u32) -> Option<Limit> {
    Some(Limit::new(rate, burst).unwrap())
}

fn of_account(rate: u32, burst: u32) -> Limits {
    Limits {
        account: limit(rate, burst),
        key: None,
    }
}

pub async fn create_key(store: &Store, clock: &Clock, limits: Limits) -> AccountId {
    let key: ApiKey = KEY.parse().unwrap();
    let account = AccountSettings {
        id: AccountId::new(clock.now(), Randomness::System.bits()),
        default_country: None,
        limits,
    };
    let now = clock.now();
    let id = account.id;
    let record = key.record(
        ApiKeyId::new(now, Randomness::System.bits()),
        account,
        "Limited",
        now,
    );
    store.create_api_key(&key.hash(), &record).await.unwrap();
    id
}

async fn fleet(containers: usize, limits: Limits) -> Fleet {
    fastrand::seed(11);
    let fleet = Fleet::new(&Cloud::new().await, containers);
    create_key(&fleet.store, &fleet.clock, limits).await;
    fleet
}

/// A load: requests at random times, to containers drawn by their weights.
#[derive(Clone)]
struct Load {
    key: &'static str,
    a_second: f64,
    weights: Vec<u32>,
    seconds: usize,
    seed: u64,
}

/// Number of requests that passed and that were refused, by second.
struct Seconds {
    passed: Vec<u32>,
    refused: Vec<u32>,
    /// Mean time of the requests that passed, in milliseconds.
    mean_ms: f64,
}

impl Load {
    fn new(key: &'static str, a_second: f64, weights: &[u32]) -> Self {
        Self {
            key,
            a_second,
            weights: weights.to_vec(),
            seconds: 8,
            seed: 7,
        }
    }

    async fn offer(self, fleet: Fleet) -> Seconds {
        let mut rng = Rng::with_seed(self.seed);
        let (started, mut at) = (Instant::now(), 0.0);
        let mut requests = JoinSet::new();
        loop {
            at -= (1.0 - rng.f64()).ln() / self.a_second;
            let second = at as usize;
            if second >= self.seconds {
                break;
            }
            let mut drawn = rng.u32(0..self.weights.iter().sum());
            let container = self.weights.iter().position(|weight| {
                let is_it = drawn < *weight;
                drawn = drawn.saturating_sub(*weight);
                is_it
            });
            tokio::time::sleep_until(started + Duration::from_secs_f64(at)).await;
            let (fleet, key) = (fleet.clone(), self.key);
            requests.spawn(async move {
                let begun = Instant::now();
                let reply = fleet.call(container.unwrap(), key, "GET", PATH, None).await;
                // At most three calls of 24 ms: its own, its limit's, and its key's the first time.
                let took = begun.elapsed();
                assert!(took < Duration::from_millis(150));
                (second, took, reply)
            });
        }
        let mut seconds = Seconds {
            passed: vec![0; self.seconds],
            refused: vec![0; self.seconds],
            mean_ms: 0.0,
        };
        let mut of_passed = Duration::ZERO;
        for (second, took, reply) in requests.join_all().await {
            let is_limited = reply.headers.contains_key("ratelimit");
            assert_eq!(is_limited, self.key == KEY, "{reply:?}");
            match reply.status {
                200 => {
                    seconds.passed[second] += 1;
                    of_passed += took;
                }
                429 => seconds.refused[second] += 1,
                _ => panic!("{reply:?}"),
            }
        }
        let passed: u32 = seconds.passed.iter().sum();
        seconds.mean_ms = of_passed.as_secs_f64() * 1_000.0 / f64::from(passed);
        seconds
    }
}

fn updates(fleet: &Fleet) -> usize {
    let calls = fleet.calls();
    calls.iter().filter(|call| *call == "UpdateItem").count()
}

#[tokio::test(start_paused = true)]
async fn four_containers_let_through_what_an_account_may_send_and_others_are_untouched() {
    // At a load little above the limit, chance moves requests from one second to the next. The last
    // column is the number of seconds over which a sum is even.
    const LOADS: [(f64, [u32; 4], usize); 5] = [
        (300.0, [60, 25, 10, 5], 1),
        (1_000.0, [60, 25, 10, 5], 1),
        (300.0, [1, 0, 0, 0], 1),
        (300.0, [97, 1, 1, 1], 1),
        (150.0, [40, 30, 20, 10], 2),
    ];
    let loads = LOADS
        .into_iter()
        .flat_map(|load| [1, 2, 3].map(|seed| (load, seed)));
    for ((a_second, weights, window), seed) in loads {
        let fleet = fleet(4, of_account(100, 100)).await;
        fastrand::seed(seed);
        let limited = Load {
            seed,
            ..Load::new(KEY, a_second, &weights)
        };
        let other = Load::new(demo::API_KEY, 20.0, &[1, 1, 1, 1]);
        let (limited, other) =
            tokio::join!(limited.offer(fleet.clone()), other.offer(fleet.clone()));
        assert_eq!(other.refused.iter().sum::<u32>(), 0);
        // The burst passes first. Chance decides in which second it ends.
        let burst = (100.0 / (a_second - 100.0)) as usize + 1;
        let passed = &limited.passed[burst..];
        let mean = f64::from(passed.iter().sum::<u32>()) / passed.len() as f64;
        let writes = updates(&fleet);
        println!(
            "{a_second} a second over {weights:?}: {mean:.1} a second pass, by second {:?}, {writes} writes",
            limited.passed
        );
        assert!((95.0..=105.0).contains(&mean), "{mean}");
        for passed in passed.windows(window) {
            let sum = passed.iter().sum::<u32>() as usize;
            let allowed = 85 * window..=115 * window;
            assert!(allowed.contains(&sum), "{:?}", limited.passed);
        }
        let first: u32 = limited.passed[..burst].iter().sum();
        // ADR 12, "How exact": the burst, the rate, and a lease of ten for each container and once
        // more.
        let most = 100 + 100 * burst + 40 + 10;
        assert!(first as usize <= most, "{:?}", limited.passed);
        assert!(writes <= 8 * 40, "{writes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_below_the_limit_is_never_refused_and_costs_few_writes_and_little_time() {
    for (a_second, weights, most_writes) in [
        (85.0, vec![60, 25, 10, 5], 0.2),
        (85.0, vec![1], 0.12),
        (60.0, vec![1; 50], 0.3),
        (85.0, vec![1; 50], 0.3),
        (90.0, vec![1; 20], 0.3),
    ] {
        let fleet = fleet(weights.len(), of_account(100, 100)).await;
        let load = Load {
            seconds: 15,
            ..Load::new(KEY, a_second, &weights)
        };
        let seconds = load.offer(fleet.clone()).await;
        assert_eq!(seconds.refused.iter().sum::<u32>(), 0);
        let passed: u32 = seconds.passed.iter().sum();
        let writes = updates(&fleet) as f64 / f64::from(passed);
        println!(
            "{a_second} a second over {} containers: {writes:.3} writes a request, {:.2} ms",
            weights.len(),
            seconds.mean_ms
        );
        assert!(writes <= most_writes, "{writes}");
        // A call takes 13 ms on average. Withdrawals run beside the request's own call.
        assert!(seconds.mean_ms <= 17.0, "{}", seconds.mean_ms);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_when_to_come_back_and_costs_no_call() {
    let fleet = fleet(1, of_account(2, 3)).await;
    let call = || fleet.call(0, KEY, "POST", "/leads", None);
    for remaining in [2, 1, 0] {
        let reply = call().await;
        assert_eq!(reply.status, 400, "a body was read: {reply:?}");
        assert_eq!(reply.headers["ratelimit-policy"], r#""account";q=3;w=2"#);
        let standing = reply.headers["ratelimit"].to_str().unwrap();
        assert!(
            standing.starts_with(&format!(r#""account";r={remaining};t="#)),
            "{standing}"
        );
    }
    let refused = call().await;
    let before = fleet.calls().len();
    let again = call().await;
    assert_eq!(fleet.calls().len(), before, "the lease remembers it");
    for reply in [refused, again] {
        assert_eq!(reply.status, 429);
        assert_eq!(reply.body["error"], "Too many requests");
        assert_eq!(reply.body["code"], "rate_limited");
        assert_eq!(reply.headers["retry-after"], "1");
        assert_eq!(reply.headers["ratelimit"], r#""account";r=0;t=1"#);
        assert_eq!(
            reply.body["request_id"],
            reply.headers["x-request-id"].to_str().unwrap()
        );
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(call().await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_key_keeps_to_its_own_limit_and_to_its_accounts() {
    for (account, key, name) in [((1, 5), (1, 2), "key"), ((1, 2), (1, 5), "account")] {
        let limits = Limits {
            account: limit(account.0, account.1),
            key: limit(key.0, key.1),
        };
        let fleet = fleet(1, limits).await;
        for _ in 0..2 {
            let reply = fleet.call(0, KEY, "GET", PATH, None).await;
            assert_eq!(reply.status, 200);
            let policy = |burst| format!("q={burst};w={burst}");
            let (key, account) = (policy(key.1), policy(account.1));
            let policy = format!(r#""key";{key}, "account";{account}"#);
            assert_eq!(reply.headers["ratelimit-policy"], policy);
        }
        let reply = fleet.call(0, KEY, "GET", PATH, None).await;
        assert_eq!(reply.status, 429);
        let message = reply.body["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("of this {name} is 1 ")),
            "{message}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_containers_keep_an_accounts_rate_and_do_not_storm_its_bucket() {
    let fleet = fleet(1_000, of_account(100, 100)).await;
    let load = Load {
        seconds: 14,
        ..Load::new(KEY, 500.0, &[1; 1_000])
    };
    let seconds = load.offer(fleet.clone()).await;
    let writes = updates(&fleet);
    println!("{:?}, {writes} writes", seconds.passed);
    // Tokens lie unused until most containers hold a lease: about ten seconds.
    let passed: u32 = seconds.passed[11..].iter().sum();
    assert!((85 * 3..=115 * 3).contains(&passed), "{passed}");
    let passed: u32 = seconds.passed.iter().sum();
    assert!(passed <= 100 + 14 * 115 + 9 * 100, "{passed}");
    assert!(writes < 5_500, "{writes}");
}

#[tokio::test(start_paused = true)]
async fn a_sudden_flood_over_warm_containers_passes_one_lease_of_each_at_most() {
    const CONTAINERS: u32 = 50;
    const SECONDS: u32 = 4;
    let fleet = fleet(CONTAINERS as usize, of_account(100, 100)).await;
    let quiet = Load {
        seconds: 10,
        ..Load::new(KEY, 60.0, &[1; CONTAINERS as usize])
    };
    let seconds = quiet.offer(fleet.clone()).await;
    assert_eq!(seconds.refused.iter().sum::<u32>(), 0);
    let before = updates(&fleet);
    let flood = Load {
        seconds: SECONDS as usize,
        ..Load::new(KEY, 1_000.0, &[1; CONTAINERS as usize])
    };
    let seconds = flood.offer(fleet.clone()).await;
    let writes = updates(&fleet) - before;
    println!("{:?}, {writes} writes", seconds.passed);
    let passed: u32 = seconds.passed.iter().sum();
    let most = 100 + 100 * SECONDS + (CONTAINERS + 1) * 10;
    assert!(passed <= most, "{passed} of {most}");
    let passed: u32 = seconds.passed[1..].iter().sum();
    assert!((85 * 3..=115 * 3).contains(&passed), "{passed}");
}
