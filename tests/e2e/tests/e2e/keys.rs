//! API keys: the lifetime of cached keys, and the calls that a key costs
//! ([contract](../../../../docs/contract.md#authentication)).

use std::time::{Duration, Instant};

use domain::{
    account::AccountSettings,
    api_key::{ApiKey, ApiKeyRecord},
    ids::ApiKeyId,
    limit::Limits,
};
use jiff::{SignedDuration, Timestamp};
use local::demo;
use serde_json::Value;
use simulation::Fault;

use crate::fixtures::{Container, START, account};

const NEW_KEY: &str = "nxr_live_LeadgateOtherAccountKeyLocalOnly0meheX";
const UNKNOWN_KEY: &str = "nxr_live_LeadgateWrongKeyNotInAnyTable0003kkIk0";

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

async fn status(container: &Container, key: &str) -> u16 {
    let reply = container.call_as(key, "GET", "/workflows", None).await;
    reply.status.as_u16()
}

/// Returns the body of a refusal, without the id of the request.
async fn refusal(container: &Container, key: &str) -> Value {
    let mut reply = container.call_as(key, "GET", "/workflows", None).await;
    assert_eq!(reply.status.as_u16(), 401);
    assert!(reply.body["request_id"].take().is_string());
    reply.body
}

/// Creates a key of the demo account.
async fn create(container: &Container, key: &str, expires_at: Option<Timestamp>) {
    let key: ApiKey = key.parse().unwrap();
    let owner = AccountSettings {
        id: account(),
        default_country: None,
        limits: Limits::default(),
    };
    let record = ApiKeyRecord {
        expires_at,
        ..key.record(
            ApiKeyId::new(at(0), aws::randomness::Randomness::System.bits()),
            owner,
            "New",
            at(0),
        )
    };
    let store = &container.services.store;
    store.create_api_key(&key.hash(), &record).await.unwrap();
}

async fn stored(container: &Container, key: &str) -> ApiKeyRecord {
    let key: ApiKey = key.parse().unwrap();
    let found = container.services.store.api_key(&key.hash()).await;
    found.unwrap().unwrap()
}

/// Returns the calls of DynamoDB that `key` costs in one request.
async fn calls(container: &Container, key: &str) -> Vec<String> {
    container.dynamodb.take_calls();
    status(container, key).await;
    let mut calls = container.dynamodb.take_calls();
    // The route itself queries the workflows.
    calls.retain(|call| call != "Query");
    calls
}

#[tokio::test]
async fn a_revoked_key_dies_within_a_minute_and_a_new_one_lives_within_ten_seconds() {
    let (container, clock) = Container::with_clock().await;
    let both = async || {
        let demo = status(&container, demo::API_KEY).await;
        (demo, status(&container, NEW_KEY).await)
    };
    assert_eq!(both().await, (200, 401));

    create(&container, NEW_KEY, None).await;
    let store = &container.services.store;
    let demo_key: ApiKey = demo::API_KEY.parse().unwrap();
    store.revoke_api_key(&demo_key.hash(), at(0)).await.unwrap();
    let again = store.revoke_api_key(&demo_key.hash(), at(5)).await;
    assert!(again.unwrap_err().is_conflict());
    for (seconds, revoked, new) in [
        (9, 200, 401),
        (10, 200, 200),
        (59, 200, 200),
        (60, 401, 200),
    ] {
        clock.set(at(seconds));
        assert_eq!(both().await, (revoked, new), "after {seconds} s");
    }
    // The key's item stays.
    let revoked = stored(&container, demo::API_KEY).await;
    assert_eq!(revoked.revoked_at, Some(at(0)));
    container.stop().await;
}

#[tokio::test]
async fn a_key_dies_in_the_second_of_its_end_though_it_is_known_for_longer() {
    let (container, clock) = Container::with_clock().await;
    create(&container, NEW_KEY, Some(at(30))).await;
    for (seconds, expected) in [(0, 200), (29, 200), (30, 401), (31, 401), (90, 401)] {
        clock.set(at(seconds));
        assert_eq!(
            status(&container, NEW_KEY).await,
            expected,
            "after {seconds} s"
        );
    }
    container.stop().await;
}

#[tokio::test]
async fn an_unknown_a_revoked_and_an_expired_key_are_refused_with_the_same_words() {
    let (container, _) = Container::with_clock().await;
    create(&container, NEW_KEY, Some(at(0))).await;
    let demo_key: ApiKey = demo::API_KEY.parse().unwrap();
    let store = &container.services.store;
    store.revoke_api_key(&demo_key.hash(), at(0)).await.unwrap();
    let unknown = refusal(&container, UNKNOWN_KEY).await;
    for key in [NEW_KEY, demo::API_KEY, "nxr_live_short"] {
        assert_eq!(refusal(&container, key).await, unknown);
    }
    // The use of a refused key is not written.
    for key in [NEW_KEY, demo::API_KEY] {
        assert_eq!(stored(&container, key).await.last_used, None);
    }
    container.stop().await;
}

#[tokio::test]
async fn a_malformed_key_costs_no_call_and_an_unknown_one_a_read_in_ten_seconds() {
    let (container, clock) = Container::with_clock().await;
    let wrong_checksum = format!("{}1", &UNKNOWN_KEY[..UNKNOWN_KEY.len() - 1]);
    let bearer = format!("Bearer {}", demo::API_KEY);
    let in_quotes = format!("\"{}\"", demo::API_KEY);
    for malformed in [
        "x",
        "nxr_live_",
        &wrong_checksum,
        &demo::API_KEY[1..],
        &bearer,
        &in_quotes,
    ] {
        assert_eq!(calls(&container, malformed).await, [""; 0], "{malformed}");
    }
    assert_eq!(calls(&container, UNKNOWN_KEY).await, ["GetItem"]);
    clock.set(at(9));
    assert_eq!(calls(&container, UNKNOWN_KEY).await, [""; 0]);
    clock.set(at(10));
    assert_eq!(calls(&container, UNKNOWN_KEY).await, ["GetItem"]);
    container.stop().await;
}

#[tokio::test]
async fn a_thousand_requests_note_down_once_an_hour_that_their_key_is_used() {
    let (container, clock) = Container::with_clock().await;
    let mut notes = Vec::new();
    for seconds in (0..7_000).step_by(7) {
        clock.set(at(seconds));
        let calls = calls(&container, demo::API_KEY).await;
        let noted = calls.iter().filter(|call| *call == "UpdateItem");
        notes.extend(noted.map(|_| seconds));
    }
    // The first read of the key in each hour notes the use. The key is read at least once a minute.
    assert_eq!((notes.len(), notes[0]), (2, 0));
    assert!((3_600..=3_660).contains(&notes[1]), "{notes:?}");
    let noted = stored(&container, demo::API_KEY).await.last_used;
    assert_eq!(noted, Some(at(3_600)));
    // Another container reads the noted hour from the table.
    let another = Container {
        api: container.fresh_api(clock),
        ..container
    };
    assert_eq!(calls(&another, demo::API_KEY).await, ["GetItem"]);
    another.stop().await;
}

#[tokio::test]
async fn a_request_goes_on_at_once_when_the_use_of_its_key_cannot_be_noted() {
    for fault in [Fault::Failed, Fault::Slow(Duration::from_secs(60))] {
        let (container, clock) = Container::with_clock().await;
        container.dynamodb.set("UpdateItem", fault);
        let started = Instant::now();
        assert_eq!(status(&container, demo::API_KEY).await, 200);
        assert!(started.elapsed() < Duration::from_secs(2), "{fault:?}");
        assert_eq!(stored(&container, demo::API_KEY).await.last_used, None);
        // The next read of the key tries to note the use again.
        container.dynamodb.end_fault("UpdateItem");
        assert_eq!(calls(&container, demo::API_KEY).await, [""; 0]);
        clock.set(at(60));
        let expected = ["GetItem", "UpdateItem"];
        assert_eq!(calls(&container, demo::API_KEY).await, expected);
        container.stop().await;
    }
}

#[tokio::test]
async fn an_hour_that_is_noted_is_not_noted_again_nor_moved_back() {
    let (container, _) = Container::with_clock().await;
    let store = &container.services.store;
    let key: ApiKey = demo::API_KEY.parse().unwrap();
    store.record_use(&key.hash(), at(3_600)).await.unwrap();
    for earlier in [at(3_600), at(0)] {
        let noted = store.record_use(&key.hash(), earlier).await;
        assert!(noted.unwrap_err().is_conflict());
    }
    let unknown: ApiKey = UNKNOWN_KEY.parse().unwrap();
    let noted = store.record_use(&unknown.hash(), at(0)).await;
    assert!(noted.unwrap_err().is_conflict());
    assert!(store.api_key(&unknown.hash()).await.unwrap().is_none());
    container.stop().await;
}
