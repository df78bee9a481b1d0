//! The replies to writes.

use axum::body::Bytes;
use md5::{Digest, Md5};
use serde_json::{Value, json};

const MESSAGE_ID: &str = "5fea7756-0ea4-451a-a703-a558b933e274";

/// The reply to a write that succeeds; none: the operation is no write.
pub(super) fn to(operation: &str, request: &Value) -> Option<Bytes> {
    let reply = match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" => json!({}),
        "BatchWriteItem" => json!({"UnprocessedItems": {}}),
        "GetQueueAttributes" => json!({"Attributes": {
            "QueueArn": "arn:aws:sqs:us-east-1:123456789012:leadgate-starts",
        }}),
        "SendMessage" => json!({
            "MessageId": MESSAGE_ID, "MD5OfMessageBody": md5(&request["MessageBody"]),
        }),
        "SendMessageBatch" => {
            let entries = request["Entries"].as_array()?;
            let sent: Vec<Value> = entries
                .iter()
                .map(|entry| {
                    json!({
                        "Id": entry["Id"], "MessageId": MESSAGE_ID,
                        "MD5OfMessageBody": md5(&entry["MessageBody"]),
                    })
                })
                .collect();
            json!({"Successful": sent, "Failed": []})
        }
        _ => return None,
    };
    Some(reply.to_string().into())
}

/// In hexadecimal, as SQS gives it; Node's SDK checks it.
fn md5(text: &Value) -> String {
    let digest = Md5::digest(text.as_str().unwrap_or_default());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
