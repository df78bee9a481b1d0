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

/// Returns the bytes of the keys and values of a lead's metadata.
async fn metadata_size(container: &Container, id: &str) -> usize {
    let lead = container.get(id).await.body["lead"].take();
    let metadata = lead["metadata"].as_object().unwrap().iter();
    metadata
        .map(|(key, value)| key.len() + value.to_string().len())
        .sum()
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
        let stored = metadata_size(&container, &id).await;
        assert!(stored <= MAX_SIZE && stored > fit * size, "{stored}");
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
        assert!(metadata_size(&container, &id).await > 64 * 900);
        // Half of them are replaced, and half are removed, all at the same moment.
        let changes: Vec<_> = (0..64)
            .map(|number| match number % 2 {
                0 => json!({"metadata": {format!("k{number}"): "w".repeat(900)}}),
                _ => json!({"metadata": {format!("k{number}"): null}}),
            })
            .collect();
        let replies = change_at_once(&container, &id, &changes).await;
        assert_eq!(count(&replies, StatusCode::OK), 64);
        let stored = metadata_size(&container, &id).await;
        assert!((32 * 900..33 * 900 + 500).contains(&stored), "{stored}");
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
    let changes = ["last_name", "company", "title"].map(|field| json!({ field: long }));
    let replies = change_at_once(&container, &id, &changes).await;
    assert_eq!(count(&replies, StatusCode::OK), 2);
    assert_eq!(count(&replies, StatusCode::PAYLOAD_TOO_LARGE), 1);
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
        (json!({"email": "john@example.com"}), StatusCode::OK),
        (json!({"metadata": {"one": null}}), StatusCode::OK),
        (json!({"metadata": {"b": 1}}), StatusCode::OK),
    ] {
        let reply = &change_at_once(&container, &id, &[change]).await[0];
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    container.stop().await;
}
