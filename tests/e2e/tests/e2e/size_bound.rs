//! The 64 KiB bound of a lead under changes at the same moment
//! ([contract](../../../../docs/contract.md#patch-leadsid-and-put-leadsid)).

use domain::lead::MAX_SIZE;
use futures::future::join_all;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use crate::fixtures::{Container, Reply, items_of, john};

/// Sends all changes of a lead at the same moment.
async fn change_at_once(container: &Container, id: &str, changes: &[Value]) -> Vec<Reply> {
    let calls: Vec<_> = changes
        .iter()
        .map(|body| container.spawn("PATCH", format!("/leads/{id}"), body))
        .collect();
    let replies = join_all(calls).await;
    replies.into_iter().map(Result::unwrap).collect()
}

/// Maximum size of a reply beside the texts and the metadata of its lead, in bytes: the names of the
/// fields, ids, times and a run.
const FRAME: usize = 1_000;

/// Returns the bytes of the reply to `GET`.
async fn reply_size(container: &Container, id: &str) -> usize {
    container.get(id).await.text.len()
}

/// Returns changes that each set a key of their own to a value of `size` bytes.
fn growing(count: usize, size: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"metadata": {format!("k{number}"): "v".repeat(size)}}))
        .collect()
}

fn count(replies: &[Reply], status: StatusCode) -> usize {
    let replies = replies.iter();
    replies.filter(|reply| reply.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_bound_is_held_under_parallel_patches() {
    let container = Container::start().await;
    for (at_once, size, fit) in [
        (4, 60_000, 1),
        (8, 20_000, 3),
        (16, 30_000, 2),
        (64, 60_000, 1),
    ] {
        let id = container.create(&json!({"first_name": "John"})).await;
        let replies = change_at_once(&container, &id, &growing(at_once, size)).await;
        assert_eq!(count(&replies, StatusCode::OK), fit, "{at_once} of {size}");
        let refused = count(&replies, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(refused, at_once - fit, "{at_once} of {size}");
        let stored = reply_size(&container, &id).await;
        assert!(
            stored <= MAX_SIZE + FRAME && stored > fit * size,
            "{stored}"
        );
    }
    container.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn parallel_patches_that_fit_all_survive_and_a_removed_value_makes_room() {
    let container = Container::start().await;
    let id = container.create(&john()).await;
    for _ in 0..3 {
        // 64 changes of 900 bytes fill most of a lead.
        let replies = change_at_once(&container, &id, &growing(64, 900)).await;
        assert_eq!(count(&replies, StatusCode::OK), 64);
        assert!(reply_size(&container, &id).await > 64 * 900);
        // Half of them are replaced, and half are removed, all at the same moment.
        let changes: Vec<_> = (0..64)
            .map(|number| match number % 2 {
                0 => json!({"metadata": {format!("k{number}"): "w".repeat(900)}}),
                _ => json!({"metadata": {format!("k{number}"): null}}),
            })
            .collect();
        let replies = change_at_once(&container, &id, &changes).await;
        assert_eq!(count(&replies, StatusCode::OK), 64);
        let stored = reply_size(&container, &id).await;
        assert!((32 * 900..33 * 900 + FRAME).contains(&stored), "{stored}");
    }
    container.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn names_and_metadata_share_the_bound() {
    let container = Container::start().await;
    let id = container.create(&json!({"first_name": "John"})).await;
    let filler = json!({"metadata": {"filler": "v".repeat(MAX_SIZE - 500)}});
    assert_eq!(
        change_at_once(&container, &id, &[filler]).await[0].status,
        StatusCode::OK
    );
    let long = "n".repeat(200);
    let fields = ["first_name", "last_name", "source", "company", "title"];
    let changes = fields.map(|field| json!({ field: long }));
    let replies = change_at_once(&container, &id, &changes).await;
    assert_eq!(count(&replies, StatusCode::OK), 2);
    assert_eq!(count(&replies, StatusCode::PAYLOAD_TOO_LARGE), 3);
    container.stop().await;
}

/// Returns a lead with as many keys of one value as fit into [`MAX_SIZE`] bytes of JSON.
fn full(value: &str) -> Value {
    let mut text = r#"{"first_name":"J""#.to_owned();
    let mut number = 0_u32;
    loop {
        let entry = format!(r#","{number:x}":{value}"#);
        if text.len() + entry.len() >= MAX_SIZE {
            text.push('}');
            return serde_json::from_str(&text).unwrap();
        }
        text += &entry;
        number += 1;
    }
}

#[tokio::test]
async fn a_lead_stays_within_the_bound_as_its_reply_shows_it() {
    let container = Container::start().await;
    // Each value adds little beside its key, quotes, colon, comma and escapes.
    for value in ["1", r#""""#, r#""\"\\\n""#, r#""\u0001""#] {
        let id = container.create(&full(value)).await;
        let created = reply_size(&container, &id).await;
        assert!(created <= MAX_SIZE + FRAME, "{value}: {created}");
        let mut refused = 0;
        for change in 0..20 {
            let keys = (0..100).map(|key| (format!("{change}\n\"{key}"), json!(change)));
            let body = json!({"metadata": keys.collect::<serde_json::Map<_, _>>()});
            let reply = &change_at_once(&container, &id, &[body]).await[0];
            refused += usize::from(reply.status == StatusCode::PAYLOAD_TOO_LARGE);
        }
        for field in ["first_name", "last_name", "source", "company", "title"] {
            let body = json!({ field: "\"".repeat(200) });
            let reply = &change_at_once(&container, &id, &[body]).await[0];
            refused += usize::from(reply.status == StatusCode::PAYLOAD_TOO_LARGE);
        }
        for body in [
            json!({"email": format!("{}@example.com", "j".repeat(60))}),
            json!({"phone": "+442079460958"}),
        ] {
            change_at_once(&container, &id, &[body]).await;
        }
        let stored = reply_size(&container, &id).await;
        assert!(stored <= MAX_SIZE + FRAME, "{value}: {stored}");
        assert!(refused > 15, "{value}: {refused}");
    }
    container.stop().await;
}

#[tokio::test]
async fn a_lead_over_the_bound_can_still_lose_keys() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "John", "metadata": {"a": 1}}))
        .await;
    // An older version could store such a lead.
    let item = items_of(&container.services, &id).await.remove(0);
    let update = container.services.clients.dynamodb.update_item();
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let update = update
        .table_name(container.services.table())
        .key("pk", item["pk"].clone())
        .key("sk", item["sk"].clone())
        .update_expression("SET metadata.one = :large, metadata.two = :large")
        .expression_attribute_values(":large", text(format!("\"{}\"", "v".repeat(50_000))));
    update.send().await.unwrap();
    for (change, status) in [
        (json!({"metadata": {"b": 1}}), StatusCode::PAYLOAD_TOO_LARGE),
        (json!({"last_name": "Doe"}), StatusCode::PAYLOAD_TOO_LARGE),
        (json!({"first_name": "Jo"}), StatusCode::OK),
        (json!({"metadata": {"a": 2}}), StatusCode::OK),
        (json!({"metadata": {"one": null}}), StatusCode::OK),
        (json!({"metadata": {"b": 1}}), StatusCode::OK),
    ] {
        let reply = &change_at_once(&container, &id, &[change]).await[0];
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    container.stop().await;
}
