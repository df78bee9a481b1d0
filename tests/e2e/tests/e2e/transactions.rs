//! Transactions that DynamoDB cancels, with the reasons of the embedded DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::http::StatusCode;
use serde_json::json;
use simulation::Fault;

use crate::fixtures::{Container, Logs, active_run, demo_workflow, items_of, post};

/// Largest item that DynamoDB takes, in bytes.
const LARGEST_ITEM: usize = 400 * 1024;

/// Returns the size of a value in bytes, by "DynamoDB Item sizes and formats" in AWS's developer
/// guide.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::M(map) => 3 + map.len() + size_of_item(map),
        other => panic!("{other:?} is not expected in a lead"),
    }
}

fn size_of_item(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + size(value))
        .sum()
}

/// Writes metadata into a lead until it has no room for a start.
async fn fill(container: &Container, id: &str) {
    let mut item = items_of(&container.services, id).await.remove(0);
    let room = LARGEST_ITEM - size_of_item(&item) - 100;
    let note = AttributeValue::S(format!("\"{}\"", "x".repeat(room)));
    let note = HashMap::from([("note".to_owned(), note)]);
    item.insert("metadata".to_owned(), AttributeValue::M(note));
    let put = container.services.clients.dynamodb.put_item();
    let put = put
        .table_name(container.services.table())
        .set_item(Some(item));
    put.send().await.unwrap();
}

#[tokio::test]
async fn a_start_for_which_a_lead_has_no_room_is_413() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "John", "phone": "+1234567890"}))
        .await;
    fill(&container, &id).await;
    let workflow = json!({"workflowId": demo_workflow()["workflow_id"]});
    let reply = post(&container, &id, "assign-workflow", &workflow).await;
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("payload_too_large")),
        "{}",
        reply.text
    );
    let message = reply.body["message"].as_str().unwrap();
    assert!(
        message.starts_with("The lead would be over 400 KB"),
        "{message}"
    );
    assert!(active_run(&container, &id).await.is_null());
    container.stop().await;
}

#[tokio::test]
async fn a_write_of_ours_that_dynamodb_finds_invalid_is_500_with_an_error_line() {
    let container = Container::start().await;
    let id = container
        .create(&json!({"first_name": "John", "phone": "+1234567890"}))
        .await;
    let (logs, _guard) = Logs::capture();
    // A path into a text is invalid. Only a bug of this code can write such a path.
    container.dynamodb.set(
        "TransactWriteItems",
        Fault::Rewritten("SET #start = :start", "SET first_name.x = :start"),
    );
    let workflow = json!({"workflowId": demo_workflow()["workflow_id"]});
    let reply = post(&container, &id, "assign-workflow", &workflow).await;
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("internal_error")),
        "{}",
        reply.text
    );
    let errors = logs.errors();
    let [(message, error)] = errors.as_slice() else {
        panic!("{errors:?}");
    };
    assert_eq!(message, "request");
    let expected = "DynamoDB refused a request: TransactionCanceledException";
    assert!(
        error.starts_with(expected) && error.contains("ValidationError"),
        "{error}"
    );
    assert!(active_run(&container, &id).await.is_null());
    container.stop().await;
}
