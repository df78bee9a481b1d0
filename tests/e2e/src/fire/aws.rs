//! The two operations of SQS that the functions call, answered in the process.

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
