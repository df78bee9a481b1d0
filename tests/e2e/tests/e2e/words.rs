//! Leads whose texts are names of errors of DynamoDB and SQS. The service treats them like any
//! other lead.

use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::Container;

/// Types and messages of failures that this code or the SDK acts on.
const WORDS: [&str; 5] = [
    "TransactionConflictException",
    "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
    "ThrottlingException",
    "ValidationError",
    "Item size has exceeded the maximum allowed size",
];

/// Returns a lead that has `word` in every field that takes it.
fn lead(word: &str) -> Value {
    json!({
        "first_name": word, "last_name": word, "phone": "+1234567890", "source": word, "company": word,
        "title": word, "metadata": {word: word, "__type": word}, "workflow_id": demo::WORKFLOW_ID,
        "force_first_message": {"channel": "sms", "content": word},
    })
}

/// Sends a request. Returns its status and its calls of AWS.
async fn send(
    container: &Container,
    (method, path): (&str, &str),
    body: Option<&Value>,
    key: Option<&str>,
) -> (StatusCode, Vec<String>) {
    let header = key.map(|key| ("idempotency-key", key));
    let reply = container
        .send(demo::API_KEY, method, path, body, header)
        .await;
    let mut calls = container.dynamodb.take_calls();
    calls.extend(container.sqs.take_calls());
    // Simultaneous calls have no order.
    calls.sort();
    (reply.status, calls)
}

/// Does everything with a lead full of `word`. Returns each request with its status and its calls.
async fn life_of(word: &str) -> Vec<(String, StatusCode, Vec<String>)> {
    let lead = lead(word);
    let container = Container::warm(&lead).await;
    let id = container.create(&lead).await;
    container.dynamodb.take_calls();
    container.sqs.take_calls();
    let path = format!("/leads/{id}");
    let mut life = Vec::new();
    let change = json!({"title": word, "metadata": {word: "changed", "new": word}});
    let status = json!({"status_key": "engaged", "reason": word});
    let assign = json!({"workflowId": demo::WORKFLOW_ID, "reason": word, "actorId": word});
    for (method, path, body, key) in [
        ("POST", "/leads", Some(&lead), Some("key")),
        ("POST", "/leads", Some(&lead), Some("key")),
        ("POST", "/leads", Some(&json!([lead, lead])), None),
        ("GET", &path, None, None),
        ("GET", "/leads", None, None),
        ("PATCH", &path, Some(&change), None),
        ("POST", &format!("{path}/status"), Some(&status), None),
        (
            "POST",
            &format!("{path}/assign-workflow"),
            Some(&assign),
            None,
        ),
        ("GET", &format!("{path}/history"), None, None),
        ("DELETE", &path, None, None),
    ] {
        let (status, calls) = send(&container, (method, path), body, key).await;
        life.push((
            format!("{method} {}", path.replace(&id, "id")),
            status,
            calls,
        ));
    }
    container.stop().await;
    life
}

#[tokio::test]
async fn a_lead_called_like_a_conflict_is_read_once_and_changed_once() {
    let lead = lead("TransactionConflictException");
    let container = Container::warm(&lead).await;
    let id = container.create(&lead).await;
    container.dynamodb.take_calls();
    let path = format!("/leads/{id}");
    assert_eq!(container.get(&id).await.status, StatusCode::OK);
    assert_eq!(container.dynamodb.take_calls(), ["Query"]);
    let change = json!({"title": "CTO"});
    let changed = container.call("PATCH", &path, Some(&change)).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(container.dynamodb.take_calls(), ["GetItem", "UpdateItem"]);
    container.stop().await;
}

#[tokio::test]
async fn no_word_of_a_client_changes_what_is_called() {
    let usual = life_of("John").await;
    for (request, status, calls) in &usual {
        assert!(status.is_success(), "{request}: {status} {calls:?}");
    }
    for word in WORDS {
        assert_eq!(life_of(word).await, usual, "{word}");
    }
}
