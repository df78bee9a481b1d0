//! Limits while the table is slow, does not answer, or has a damaged bucket.

use std::time::Duration;

use aws::clock::Clock;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{api_key::ApiKey, limit::Limits};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulation::Fault;

use super::{KEY, PATH, create_key, limit, of_account};
use crate::fixtures::Container;

#[tokio::test]
async fn a_table_that_does_not_answer_lets_requests_pass_and_is_called_once_a_second() {
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
        for (millis, expected) in [(0, 1), (999, 0), (1_000, 1), (1_999, 0), (2_000, 1)] {
            clock.set(start + SignedDuration::from_millis(millis));
            container.dynamodb.take_calls();
            for _ in 0..5 {
                let reply = container.call_as(KEY, "GET", PATH, None).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                let policy = reply.headers.get("ratelimit-policy").unwrap();
                assert_eq!(policy, r#""account";q=1;w=1"#);
            }
            let calls = container.dynamodb.take_bodies();
            let withdrawals = calls.iter().filter(|body| body.contains("LIMIT")).count();
            assert_eq!(withdrawals, expected, "{fault:?} at {millis}: {calls:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{fault:?}");
    }
}

#[tokio::test]
async fn an_array_is_charged_to_a_slow_table_at_once_and_to_a_lost_one_later() {
    for (fault, pause, passing) in [
        (Fault::Slow(Duration::from_millis(200)), 0, 0),
        // A second later, the next request pays for itself and for the array.
        (Fault::Slow(Duration::from_secs(20)), 1_100, 1),
        (Fault::Failed, 1_100, 1),
        (Fault::Throttled, 1_100, 1),
    ] {
        let start: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let container = Container::at(clock.clone()).await;
        create_key(&container.services.store, &clock, of_account(100, 100)).await;
        // The first lease begins at a random point. After the third withdrawal, the container has a
        // whole lease, and the array passes without a call.
        let mut withdrawals = 0;
        while withdrawals < 3 {
            let reply = container.call_as(KEY, "GET", PATH, None).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let calls = container.dynamodb.take_bodies();
            withdrawals += calls.iter().filter(|body| body.contains("LIMIT")).count();
        }
        container.dynamodb.set("UpdateItem", fault);
        let leads: Value = (0..300).map(|_| json!({"first_name": "John"})).collect();
        let begun = std::time::Instant::now();
        let reply = container.call_as(KEY, "POST", "/leads", Some(&leads));
        assert_eq!(reply.await.status, 201, "an array passes");
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
        // The bucket of the smaller limit, which would refuse the second request.
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
            assert!(
                reply.headers.contains_key("ratelimit"),
                "of the other limit"
            );
            let is_named = reply.text.contains(&format!("of this {name} is 2 "));
            assert!(passes || is_named, "{}", reply.text);
        }
    }
}
