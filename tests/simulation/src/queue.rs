//! Queues inside the process.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, text},
    canaries::reveals,
};

/// Deliveries of a message before it becomes a dead letter, as in template.yaml.
pub const MAX_RECEIVE_COUNT: u32 = 5;

/// Body of a message that start-workflow cannot read.
pub const POISON: &str = "{}";

/// Message in the queue.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// Number of deliveries so far.
    pub deliveries: u32,
    /// Time before which SQS does not deliver it.
    pub visible_at: Timestamp,
}

/// A queue. Deliveries may come in any order.
#[derive(Debug, Default)]
pub struct Queue {
    pub messages: Vec<Message>,
    /// Number of messages that were ever sent.
    sent: usize,
}

impl Queue {
    /// Adds a message and returns its id.
    pub fn push(&mut self, body: &str) -> String {
        self.push_at(body, Timestamp::UNIX_EPOCH)
    }

    fn push_at(&mut self, body: &str, visible_at: Timestamp) -> String {
        assert!(!reveals(body), "a message reveals something: {body}");
        self.sent += 1;
        let id = format!("message-{}", self.sent);
        self.messages.push(Message {
            id: id.clone(),
            body: body.to_owned(),
            deliveries: 0,
            visible_at,
        });
        id
    }

    /// Does one call of SQS. The functions call two operations.
    pub fn answer(&mut self, operation: &str, request: &Value, now: Timestamp) -> Answer {
        let mut push = |message: &Value| {
            let delay =
                SignedDuration::from_secs(message["DelaySeconds"].as_i64().unwrap_or_default());
            self.push_at(text(&message["MessageBody"]), now + delay)
        };
        let reply = match operation {
            "SendMessage" => json!({"MessageId": push(request), "MD5OfMessageBody": ""}),
            "SendMessageBatch" => {
                let entries = request["Entries"].as_array().expect("entries");
                let taken = entries.iter().map(|entry| {
                    json!({"Id": entry["Id"], "MessageId": push(entry), "MD5OfMessageBody": ""})
                });
                json!({"Successful": taken.collect::<Vec<_>>(), "Failed": []})
            }
            unknown => panic!("a function calls {unknown}: add it to the simulation's queue"),
        };
        (200, reply)
    }
}
