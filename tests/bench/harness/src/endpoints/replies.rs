//! The replies of DynamoDB and SQS to writes.

use axum::body::Bytes;
use md5::{Digest, Md5};
use serde_json::{Value, json};

const MESSAGE_ID: &str = "5fea7756-0ea4-451a-a703-a558b933e274";

/// Returns the reply to a successful write. `None` if the operation is not a write.
pub(super) fn to_write(operation: &str, request: &Value) -> Option<Bytes> {
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

/// Returns the MD5 digest in hexadecimal. Node's SDK compares it with its own.
fn md5(text: &Value) -> String {
    let digest = Md5::digest(text.as_str().unwrap_or_default());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
