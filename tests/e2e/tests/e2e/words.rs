//! Leads whose texts look like a part of this service: names of errors of DynamoDB and SQS, keys of
//! the table, expressions, JSON and templates. The service treats them like any other lead.

use lambda_http::http::StatusCode;
use local::demo;
use serde_json::{Value, json};

use crate::fixtures::Container;

/// Texts that this code, the SDK, DynamoDB or a log reader could take for their own.
pub const WORDS: [&str; 40] = [
    // Types and messages of failures that this code or the SDK acts on.
    "TransactionConflictException",
    "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
    "ThrottlingException",
    "ValidationError",
    "Item size has exceeded the maximum allowed size",
    "ConditionalCheckFailedException",
    "missing field `name`",
    "invalid type: string, expected a map",
    // Keys of the table, positions of lists, and cursors.
    "LEAD#x#y",
    "ACT#",
    "SELF",
    "KEY#x",
    "!",
    "~",
    "2026-02-10T12:00:00.000Z#1#x",
    "ERASING",
    "erased",
    // Attributes, and parts of expressions.
    "et",
    "pk",
    "metadata",
    "metadata.x[0]",
    "#0",
    ":0",
    ":lead",
    "SET #0=:0 REMOVE #1",
    "et = :lead",
    // Fields of requests and replies.
    "first_name",
    "force_first_message.content",
    "index",
    // JSON, format directives, templates and paths.
    "null",
    "{}",
    "[",
    "\"}, {\"success\":false",
    "\\u0000\\",
    "{0:?} %s %n ${x}",
    "{{ first_name }}",
    "_aws",
    "../../health",
    "%2F%23",
    "https://example.com/?a=b&c#d",
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

/// Does everything with a lead full of `word`, in a container with full caches. Returns each
/// request with its status and its calls.
async fn life_of(
    container: &Container,
    word: &str,
    key: &str,
) -> Vec<(String, StatusCode, Vec<String>)> {
    let lead = lead(word);
    let id = container.create(&lead).await;
    container.dynamodb.take_calls();
    container.sqs.take_calls();
    let path = format!("/leads/{id}");
    let mut life = Vec::new();
    let change = json!({"title": word, "metadata": {word: "changed", "new": word}});
    let status = json!({"status_key": "engaged", "reason": word});
    let assign = json!({"workflowId": demo::WORKFLOW_ID, "reason": word, "actorId": word});
    for (method, path, body, key) in [
        ("POST", "/leads", Some(&lead), Some(key)),
        ("POST", "/leads", Some(&lead), Some(key)),
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
        let (status, calls) = send(container, (method, path), body, key).await;
        life.push((
            format!("{method} {}", path.replace(&id, "id")),
            status,
            calls,
        ));
    }
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
    let container = Container::warm(&lead("John")).await;
    // The first run of a process also reads the version of its workflow.
    life_of(&container, "John", "first").await;
    let usual = life_of(&container, "John", "key").await;
    for (request, status, calls) in &usual {
        assert!(status.is_success(), "{request}: {status} {calls:?}");
    }
    for (number, word) in WORDS.iter().enumerate() {
        let life = life_of(&container, word, &format!("key-{number}")).await;
        assert_eq!(life, usual, "{word}");
    }
    container.stop().await;
}

#[tokio::test]
async fn every_word_of_a_client_comes_back_as_it_was_sent() {
    let container = Container::start().await;
    for word in WORDS {
        let mut sent = lead(word);
        sent["metadata"] = json!({word: word, "in": {word: [word]}});
        let id = container.create(&sent).await;
        let path = format!("/leads/{id}");
        let assign = json!({"workflowId": demo::WORKFLOW_ID, "reason": word, "actorId": word});
        let assigned = format!("{path}/assign-workflow");
        container.call("POST", &assigned, Some(&assign)).await;
        let read = container.get(&id).await.body["lead"].take();
        for field in ["first_name", "last_name"] {
            assert_eq!(read[field], word);
        }
        assert_eq!(read["metadata"][word], word);
        assert_eq!(read["metadata"]["in"], json!({word: [word]}));
        let history = container
            .call("GET", &format!("{path}/history"), None)
            .await;
        let mut entries = history.body["history"].as_array().unwrap().iter();
        assert!(entries.any(|entry| entry["actor_id"] == word), "{word}");

        let change = json!({"title": word, "company": word, "metadata": {word: null}});
        let changed = container.call("PATCH", &path, Some(&change)).await;
        let mut metadata = read["metadata"].clone();
        metadata.as_object_mut().unwrap().remove(word);
        assert_eq!(changed.body["lead"]["title"], word, "{}", changed.text);
        assert_eq!(changed.body["lead"]["metadata"], metadata);
    }
    container.stop().await;
}
