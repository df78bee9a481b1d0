//! Buckets, without containers.

use aws::{randomness::Randomness, store::Withdrawal};
use domain::{
    ids::AccountId,
    limit::{Limit, Limits},
    limited::Limited,
};
use jiff::{SignedDuration, Timestamp};

use super::fleet;

#[tokio::test(start_paused = true)]
async fn a_bucket_is_exact_whatever_its_callers_assume() {
    let fleet = fleet(0, Limits::default()).await;
    let account = Limited::Account(AccountId::new(fleet.clock.now(), Randomness::System.bits()));
    let start = fleet.clock.now();
    let at = |seconds: f64| start + SignedDuration::from_millis((seconds * 1_000.0) as i64);
    let take = async |now: Timestamp, tokens, is_debt, known| {
        let withdrawal = Withdrawal {
            limit: Limit::new(10, 20).unwrap(),
            tokens,
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
    // A new bucket is full: two seconds of the rate.
    assert_eq!(take(at(0.0), 10, false, None).await, (true, at(-1.0)));
    assert_eq!(take(at(0.0), 5, false, None).await, (true, at(-0.5)));
    // A bucket that holds one token grants ten.
    let wrong = Some(at(-90.0));
    assert_eq!(take(at(0.0), 10, false, wrong).await, (true, at(0.5)));
    let known = Some(at(0.5));
    assert_eq!(take(at(0.5), 1, false, known).await, (false, at(0.5)));
    assert_eq!(take(at(0.6), 1, false, known).await, (true, at(0.6)));
    assert_eq!(take(at(0.6), 100, true, None).await, (true, at(10.6)));
    assert_eq!(take(at(10.6), 1, false, None).await, (false, at(10.6)));
    // Long after, the bucket is full and no fuller, also for a caller that assumes less.
    let wrong = Some(at(98.0));
    assert_eq!(take(at(99.0), 10, false, wrong).await, (true, at(98.0)));
    // The same holds for a clock that is a part of a microsecond ahead.
    let known = Some(at(98.0));
    let full = at(100.0) + SignedDuration::from_nanos(300);
    assert_eq!(take(full, 5, false, known).await, (true, at(98.5)));
    // A clock that is a day ahead moves the instant there. Other clocks then take the bucket for
    // full.
    assert!(take(at(86_400.0), 10, false, None).await.0);
    assert_eq!(take(at(100.0), 10, false, wrong).await, (true, at(99.0)));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_assumes_too_much_debt_adds_only_its_own() {
    let fleet = fleet(0, Limits::default()).await;
    let now = fleet.clock.now();
    let after = |seconds| now + SignedDuration::from_secs(seconds);
    let account = Limited::Account(AccountId::new(now, Randomness::System.bits()));
    let withdraw = async |tokens, known| {
        let withdrawal = Withdrawal {
            limit: Limit::new(1, 1).unwrap(),
            tokens,
            is_debt: true,
            known,
        };
        let taken = fleet.store.withdraw(&account, &withdrawal, now).await;
        taken.unwrap().empty_at
    };
    assert_eq!(withdraw(1, None).await, now);
    // With the assumed debt, 3,000 tokens more would exceed an hour.
    let assumed = Some(after(800));
    assert_eq!(withdraw(3_000, assumed).await, after(3_000));
}

#[tokio::test(start_paused = true)]
async fn a_debt_beyond_an_hour_is_forgiven_and_the_hour_is_not() {
    let fleet = fleet(0, Limits::default()).await;
    let start = fleet.clock.now();
    let after = |seconds| start + SignedDuration::from_secs(seconds);
    for has_guess in [true, false] {
        let account = Limited::Account(AccountId::new(start, Randomness::System.bits()));
        let mut known = None;
        let take = async |now, tokens, is_debt, known| {
            let withdrawal = Withdrawal {
                limit: Limit::new(1, 1).unwrap(),
                tokens,
                is_debt,
                known,
            };
            let taken = fleet.store.withdraw(&account, &withdrawal, now).await;
            let taken = taken.unwrap();
            (taken.is_granted, taken.empty_at)
        };
        // After two arrays, the bucket is too far in debt for others. After 998 s, it grants a debt
        // that had to wait, and cuts it.
        for (now, tokens, expected) in [
            (0, 999, (true, 998)),
            (0, 999, (true, 1_997)),
            (0, 1, (false, 1_997)),
            (997, 1, (true, 1_998)),
            (998, 9_999, (true, 4_598)),
        ] {
            let (is_granted, empty_at) = take(after(now), tokens, true, known).await;
            assert_eq!(
                (is_granted, empty_at),
                (expected.0, after(expected.1)),
                "{has_guess}"
            );
            known = has_guess.then_some(empty_at);
        }
        // The debt also holds for a clock that is behind.
        for now in [after(998 - 50), after(998), after(4_598)] {
            let refused = take(now, 1, false, known).await;
            assert_eq!(refused, (false, after(4_598)), "{has_guess}");
        }
        assert_eq!(
            take(after(4_599), 1, false, known).await,
            (true, after(4_599))
        );
    }
    // A single charge of more than an hour is cut as well.
    let account = Limited::Account(AccountId::new(after(1), Randomness::System.bits()));
    let withdrawal = Withdrawal {
        limit: Limit::new(1, 1).unwrap(),
        tokens: 10_000,
        is_debt: true,
        known: None,
    };
    let taken = fleet.store.withdraw(&account, &withdrawal, start).await;
    assert_eq!(taken.unwrap().empty_at, after(3_600));
}
