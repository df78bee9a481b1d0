//! Limits of requests (docs/adr/0012): containers side by side on one table, on simulated time.

use aws::randomness::Randomness;
use std::time::Duration;

use aws::{
    clock::Clock,
    store::{Store, Withdrawal},
};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    account::AccountSettings,
    api_key::ApiKey,
    ids::{AccountId, ApiKeyId},
    limit::{Limit, Limits},
    limited::Limited,
};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use local::demo;
use serde_json::{Value, json};
use simulation::{Cloud, Fault, Fleet};
use tokio::{task::JoinSet, time::Instant};

use crate::fixtures::Container;

/// Key of the account that has a limit. The demo account has no limit.
const KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
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

async fn create_key(store: &Store, clock: &Clock, limits: Limits) -> AccountId {
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

/// Load of requests at random times. A container gets them in proportion to its weight.
#[derive(Clone)]
struct Load {
    key: &'static str,
    a_second: f64,
    weights: Vec<u32>,
    seconds: usize,
    seed: u64,
}

/// Numbers of requests that passed and that were refused, in each second.
#[derive(Default)]
struct Seconds {
    passed: Vec<u32>,
    refused: Vec<u32>,
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
                // At most three calls of 24 ms each: the route's, the limit's, and the key's first
                // read.
                assert!(begun.elapsed() < Duration::from_millis(150));
                (second, reply)
            });
        }
        let mut seconds = Seconds {
            passed: vec![0; self.seconds],
            refused: vec![0; self.seconds],
        };
        for (second, reply) in requests.join_all().await {
            let is_limited = reply.headers.contains_key("ratelimit");
            assert_eq!(is_limited, self.key == KEY, "{reply:?}");
            match reply.status {
                200 => seconds.passed[second] += 1,
                429 => seconds.refused[second] += 1,
                _ => panic!("{reply:?}"),
            }
        }
        seconds
    }
}

fn updates(fleet: &Fleet) -> usize {
    let calls = fleet.calls();
    calls.iter().filter(|call| *call == "UpdateItem").count()
}

#[tokio::test(start_paused = true)]
async fn four_containers_let_through_what_an_account_may_send_and_others_are_untouched() {
    // A rate little above the limit leaves some requests of one second for the next, by chance.
    // The last number is the length of the window, in seconds, over which the rate must be exact.
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
        // The burst passes as well. Chance decides the second in which it ends.
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
        // The burst, the rate, one renewal in advance, and the tokens that four containers hold.
        let most = 100 + 100 * burst + 10 + 40;
        assert!(first as usize <= most, "{:?}", limited.passed);
        assert!(writes <= 8 * 40, "{writes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_below_the_limit_is_never_refused_and_does_not_cost_a_write_for_each_request() {
    for (a_second, weights, most_writes) in [
        (85.0, vec![60, 25, 10, 5], 0.25),
        (85.0, vec![1], 0.15),
        (60.0, vec![1; 50], 0.4),
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
            "{a_second} a second over {} containers: {writes:.3} writes a request",
            weights.len()
        );
        assert!(writes <= most_writes, "{writes}");
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
    assert_eq!(
        fleet.calls().len(),
        before,
        "the container refused without a call"
    );
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
async fn an_array_is_let_through_and_then_paid_for_lead_by_lead() {
    let fleet = fleet(2, of_account(10, 20)).await;
    let leads: Vec<Value> = (0..100).map(|_| json!({"first_name": "John"})).collect();
    let reply = fleet
        .call(0, KEY, "POST", "/leads", Some(&json!(leads)))
        .await;
    assert_eq!(reply.status, 201, "an array larger than the burst passes");
    assert_eq!(reply.headers["ratelimit"], r#""account";r=0;t=10"#);
    // 100 tokens came out of 20. The debt of 80 is paid in 8 seconds, and the bucket is full in 10.
    for container in [0, 1] {
        let reply = fleet.call(container, KEY, "GET", PATH, None).await;
        assert_eq!(reply.status, 429);
        let seconds: u32 = reply.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        // A container without traffic waits for up to two more seconds.
        assert!((8..=11).contains(&seconds), "{seconds}");
    }
    tokio::time::sleep(Duration::from_secs(11)).await;
    for container in [0, 1] {
        let reply = fleet.call(container, KEY, "GET", PATH, None).await;
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_exact_for_right_and_wrong_guesses_of_its_state() {
    let fleet = fleet(0, Limits::default()).await;
    let account = Limited::Account(AccountId::new(fleet.clock.now(), Randomness::System.bits()));
    let start = fleet.clock.now();
    let at = |seconds: f64| start + SignedDuration::from_millis((seconds * 1_000.0) as i64);
    let take = async |now: Timestamp, requests, is_debt, known| {
        let withdrawal = Withdrawal {
            limit: Limit::new(10, 20).unwrap(),
            requests,
            is_debt,
            known,
        };
        let taken = fleet
            .store
            .withdraw(&account, &withdrawal, now)
            .await
            .unwrap();
        (taken.is_granted, taken.empty_at)
    };
    // A new bucket is full: it has the tokens of two seconds.
    assert_eq!(take(at(0.0), 10, false, None).await, (true, at(-1.0)));
    assert_eq!(take(at(0.0), 5, false, None).await, (true, at(-0.5)));
    // A bucket with at least one token grants ten, also after a wrong guess.
    let wrong = Some(at(-90.0));
    assert_eq!(take(at(0.0), 10, false, wrong).await, (true, at(0.5)));
    let known = Some(at(0.5));
    assert_eq!(take(at(0.5), 1, false, known).await, (false, at(0.5)));
    assert_eq!(take(at(0.6), 1, false, known).await, (true, at(0.6)));
    assert_eq!(take(at(0.6), 100, true, None).await, (true, at(10.6)));
    assert_eq!(take(at(10.6), 1, false, None).await, (false, at(10.6)));
    // A bucket never gets fuller than full. A wrong guess does not matter.
    let wrong = Some(at(98.0));
    assert_eq!(take(at(99.0), 10, false, wrong).await, (true, at(98.0)));
    // A fraction of a microsecond does not matter either.
    let known = Some(at(98.0));
    let full = at(100.0) + SignedDuration::from_nanos(300);
    assert_eq!(take(full, 5, false, known).await, (true, at(98.5)));
    // A clock that is a day ahead moves the bucket there. A right clock finds it full again.
    assert!(take(at(86_400.0), 10, false, None).await.0);
    assert_eq!(take(at(100.0), 10, false, wrong).await, (true, at(99.0)));
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_beyond_an_hour_is_forgiven_and_the_hour_is_not() {
    let fleet = fleet(0, Limits::default()).await;
    let start = fleet.clock.now();
    let after = |seconds| start + SignedDuration::from_secs(seconds);
    for has_guess in [true, false] {
        let account = Limited::Account(AccountId::new(start, Randomness::System.bits()));
        let mut known = None;
        let take = async |now, requests, is_debt, known| {
            let withdrawal = Withdrawal {
                limit: Limit::new(1, 1).unwrap(),
                requests,
                is_debt,
                known,
            };
            let taken = fleet.store.withdraw(&account, &withdrawal, now).await;
            let taken = taken.unwrap();
            (taken.is_granted, taken.empty_at)
        };
        // Five arrays passed before the first one was paid for.
        for until in [998, 1_997, 2_996, 3_600, 3_600] {
            let (_, empty_at) = take(start, 999, true, known).await;
            assert_eq!(empty_at, after(until), "{has_guess}");
            known = has_guess.then_some(empty_at);
        }
        // A clock that is behind gets the same answer.
        for now in [after(-50), start, after(3_600)] {
            let refused = take(now, 1, false, known).await;
            assert_eq!(refused, (false, after(3_600)), "{has_guess}");
        }
        assert_eq!(
            take(after(3_601), 1, false, known).await,
            (true, after(3_601))
        );
    }
    // A price of more than an hour is cut, too.
    let account = Limited::Account(AccountId::new(after(1), Randomness::System.bits()));
    let withdrawal = Withdrawal {
        limit: Limit::new(1, 1).unwrap(),
        requests: 10_000,
        is_debt: true,
        known: None,
    };
    let taken = fleet.store.withdraw(&account, &withdrawal, start).await;
    assert_eq!(taken.unwrap().empty_at, after(3_600));
}

#[tokio::test]
async fn a_store_that_is_gone_lets_requests_pass_and_is_left_alone() {
    for fault in [
        Fault::Failed,
        Fault::Throttled,
        Fault::Slow(Duration::from_secs(20)),
    ] {
        let start: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let container = Container::at(clock.clone()).await;
        create_key(&container.services.store, &clock, of_account(1, 1)).await;
        container.dynamodb.set("UpdateItem", fault);
        let begun = std::time::Instant::now();
        for (millis, asked) in [(0, 1), (999, 0), (1_001, 1), (2_900, 0), (3_100, 1)] {
            clock.set(start + SignedDuration::from_millis(millis));
            container.dynamodb.take_calls();
            for _ in 0..5 {
                let reply = container.call_as(KEY, "GET", PATH, None).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                let policy = reply.headers.get("ratelimit-policy").unwrap();
                assert_eq!(policy, r#""account";q=1;w=1"#);
            }
            let calls = container.dynamodb.take_bodies();
            let asks = calls.iter().filter(|body| body.contains("LIMIT")).count();
            assert_eq!(asks, asked, "{fault:?} at {millis}: {calls:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{fault:?}");
    }
}

#[tokio::test]
async fn what_an_array_owes_is_told_to_a_slow_store_and_kept_for_one_that_is_gone() {
    for (fault, pause, passing) in [
        (Fault::Slow(Duration::from_millis(200)), 0, 0),
        // A second later, the container withdraws two tokens, and the whole debt with them.
        (Fault::Slow(Duration::from_secs(20)), 1_100, 2),
        (Fault::Failed, 1_100, 2),
        (Fault::Throttled, 1_100, 2),
    ] {
        let start: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let container = Container::at(clock.clone()).await;
        create_key(&container.services.store, &clock, of_account(100, 100)).await;
        for _ in 0..9 {
            let reply = container.call_as(KEY, "GET", PATH, None).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        container.dynamodb.take_calls();
        container.dynamodb.set("UpdateItem", fault);
        let leads: Value = (0..300).map(|_| json!({"first_name": "John"})).collect();
        let begun = std::time::Instant::now();
        let reply = container.call_as(KEY, "POST", "/leads", Some(&leads));
        assert_eq!(reply.await.status, 201, "its own request was held");
        assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?}");
        container.dynamodb.end_fault("UpdateItem");
        clock.set(start + SignedDuration::from_millis(pause));
        for number in 0..passing + 2 {
            let status = container.call_as(KEY, "GET", PATH, None).await.status;
            let expected = if number < passing { 200 } else { 429 };
            assert_eq!(status, expected, "{fault:?}, {number}");
        }
    }
}

#[tokio::test]
async fn a_bucket_that_cannot_be_read_leaves_the_others_in_force() {
    for (of_account, of_key) in [(1, 2), (2, 1)] {
        let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
        let container = Container::at(clock.clone()).await;
        let limits = Limits {
            account: limit(of_account, of_account),
            key: limit(of_key, of_key),
        };
        let account = create_key(&container.services.store, &clock, limits).await;
        // The bucket that would refuse the second request.
        let damaged = if of_account == 1 {
            format!("ACCOUNT#{account}")
        } else {
            format!("KEY#{}", KEY.parse::<ApiKey>().unwrap().hash().as_str())
        };
        let put = container.services.clients.dynamodb.put_item();
        let put = put.table_name(container.services.table());
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let put = put.item("pk", text(&damaged)).item("sk", text("LIMIT"));
        put.item("empty_at", text("soon")).send().await.unwrap();
        let name = if of_account == 1 { "key" } else { "account" };
        for passes in [true, true, false, false] {
            let reply = container.call_as(KEY, "GET", PATH, None).await;
            assert_eq!(reply.status == 200, passes, "{}", reply.text);
            assert!(reply.headers.contains_key("ratelimit"), "of the other");
            let is_named = reply.text.contains(&format!("of this {name} is 2 "));
            assert!(passes || is_named, "{}", reply.text);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_containers_come_to_an_accounts_rate_and_do_not_storm_its_bucket() {
    let fleet = fleet(1_000, of_account(100, 100)).await;
    let load = Load {
        seconds: 14,
        ..Load::new(KEY, 500.0, &[1; 1_000])
    };
    let seconds = load.offer(fleet.clone()).await;
    let writes = updates(&fleet);
    println!("{:?}, {writes} writes", seconds.passed);
    // A container that saw the bucket before it was empty samples for ten seconds.
    let passed: u32 = seconds.passed[11..].iter().sum();
    assert!((85 * 3..=115 * 3).contains(&passed), "{passed}");
    let passed: u32 = seconds.passed.iter().sum();
    assert!(passed <= 100 + 14 * 115 + 9 * 100, "{passed}");
    assert!(writes < 7_000, "{writes}");
}
