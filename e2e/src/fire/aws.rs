//! What is behind the wire: dynoxide's operations, and the two of SQS that the functions call. Their server
//! halves listen on ports; these answer a call where it is made.

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::schedule::reveals;

/// A status and a body.
pub(super) type Answer = (u16, Value);

/// What SQS has taken, as it will deliver it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    /// How often it was delivered.
    pub(super) deliveries: u32,
}

/// Does one call of DynamoDB.
pub(super) fn dynamodb(database: &Database, operation: &str, request: Value) -> Answer {
    let done = match operation {
        "CreateTable" => call(request, |it| database.create_table(it)),
        "UpdateTimeToLive" => call(request, |it| database.update_time_to_live(it)),
        "GetItem" => call(request, |it| database.get_item(it)),
        "BatchGetItem" => call(request, |it| database.batch_get_item(it)),
        "PutItem" => call(request, |it| database.put_item(it)),
        "UpdateItem" => call(request, |it| database.update_item(it)),
        "DeleteItem" => call(request, |it| database.delete_item(it)),
        "Query" => call(request, |it| database.query(it)),
        "Scan" => call(request, |it| database.scan(it)),
        "BatchWriteItem" => call(request, |it| database.batch_write_item(it)),
        "TransactWriteItems" => call(request, |it| database.transact_write_items(it)),
        unknown => panic!("the functions call {unknown}, and the wire does not know it"),
    };
    match done {
        Ok(reply) => (200, reply),
        Err(error) => {
            let body = serde_json::from_str(&error.to_json()).expect("an error is JSON");
            (error.status_code(), body)
        }
    }
}

fn call<Q: DeserializeOwned, R: Serialize>(
    request: Value,
    operation: impl FnOnce(Q) -> Result<R, DynoxideError>,
) -> Result<Value, DynoxideError> {
    let request = serde_json::from_value(request).expect("a request as the SDK makes it");
    Ok(serde_json::to_value(operation(request)?).expect("a reply is JSON"))
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) messages: Vec<Message>,
    taken: usize,
}

impl Queue {
    /// Takes a message, and gives its id.
    pub(super) fn push(&mut self, body: &str) -> String {
        assert!(!reveals(body), "a message reveals something: {body}");
        self.taken += 1;
        let id = format!("message-{}", self.taken);
        self.messages.push(Message {
            id: id.clone(),
            body: body.to_owned(),
            deliveries: 0,
        });
        id
    }
}

/// Does one call of SQS: puts what it sends behind what is there.
pub(super) fn sqs(queue: &mut Queue, operation: &str, request: &Value) -> Answer {
    let mut take = |message: &Value| queue.push(text(&message["MessageBody"]));
    match operation {
        "SendMessage" => (
            200,
            json!({"MessageId": take(request), "MD5OfMessageBody": ""}),
        ),
        "SendMessageBatch" => {
            let entries = request["Entries"].as_array().expect("entries");
            let taken = entries.iter().map(|entry| {
                json!({"Id": entry["Id"], "MessageId": take(entry), "MD5OfMessageBody": ""})
            });
            (
                200,
                json!({"Successful": taken.collect::<Vec<_>>(), "Failed": []}),
            )
        }
        unknown => panic!("the functions call {unknown}, and the wire does not know it"),
    }
}

/// The text in a JSON value; empty if it is none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
