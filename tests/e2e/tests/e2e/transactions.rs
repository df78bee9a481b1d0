//! Transactions that DynamoDB cancels, as the embedded one says why.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::proxy::Fault;
use lambda_http::http::StatusCode;
use serde_json::json;

use crate::{
    enrolled::{active_run, demo_workflow, post},
    logs::Logs,
    proxied::Proxied,
    support::items_of,
};

/// Largest item that DynamoDB takes, in bytes.
const LARGEST_ITEM: usize = 400 * 1024;

/// Returns how large a value is, by "DynamoDB Item sizes and formats" in AWS's developer guide.
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

/// Writes so much metadata into a lead that there is no room for a start.
async fn fill(proxied: &Proxied, id: &str) {
    let mut item = items_of(&proxied.services, id).await.remove(0);
    let room = LARGEST_ITEM - size_of_item(&item) - 100;
    let note = AttributeValue::S(format!("\"{}\"", "x".repeat(room)));
    let note = HashMap::from([("note".to_owned(), note)]);
    item.insert("metadata".to_owned(), AttributeValue::M(note));
    let put = proxied.services.clients.dynamodb.put_item();
    let put = put
        .table_name(proxied.services.table())
        .set_item(Some(item));
    put.send().await.unwrap();
}

#[tokio::test]
async fn a_start_for_which_a_lead_has_no_room_is_413() {
    let proxied = Proxied::start().await;
    let id = proxied
        .create(&json!({"first_name": "John", "phone": "+1234567890"}))
        .await;
    fill(&proxied, &id).await;
    let workflow = json!({"workflowId": demo_workflow()["workflow_id"]});
    let reply = post(&proxied, &id, "assign-workflow", &workflow).await;
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
    assert!(active_run(&proxied, &id).await.is_null());
    proxied.stop().await;
}

#[tokio::test]
async fn a_write_of_ours_that_dynamodb_finds_invalid_is_500_with_an_error_line() {
    let proxied = Proxied::start().await;
    let id = proxied
        .create(&json!({"first_name": "John", "phone": "+1234567890"}))
        .await;
    let (logs, _guard) = Logs::capture();
    // A path into a text, as only a fault of this code can name it.
    proxied.dynamodb.set(
        "TransactWriteItems",
        Fault::Rewrite("SET #start = :start", "SET first_name.x = :start"),
    );
    let workflow = json!({"workflowId": demo_workflow()["workflow_id"]});
    let reply = post(&proxied, &id, "assign-workflow", &workflow).await;
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
    assert!(active_run(&proxied, &id).await.is_null());
    proxied.stop().await;
}
