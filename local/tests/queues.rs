//! Tests of the embedded SQS by a clock that the test moves, over HTTP with the SDK's client.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use aws::clock::Clock;
use aws_sdk_sqs::{
    Client,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, Message, QueueAttributeName,
        SendMessageBatchRequestEntry,
    },
};
use jiff::{SignedDuration, Timestamp};
use local::{Ports, Services, Storage};
use serde_json::json;

/// Services whose clock stands still, with a queue of the test and its dead-letter queue.
struct Queue {
    services: Services,
    clock: Clock,
    url: String,
    dead: String,
}

impl Queue {
    /// Returns a queue that hides messages for 30 seconds, keeps them for an hour, and delivers each
    /// twice.
    async fn start() -> Self {
        let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
        let services = Services::start(&Storage::Memory, Ports::ANY, &clock).await;
        let services = services.unwrap();
        let dead = create(&services.clients.sqs, "test-dlq", &[]).await;
        let redrive = json!({
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:test-dlq",
            "maxReceiveCount": 2,
        });
        let url = create(
            &services.clients.sqs,
            "test",
            &[
                (QueueAttributeName::VisibilityTimeout, "30"),
                (QueueAttributeName::MessageRetentionPeriod, "3600"),
                (QueueAttributeName::RedrivePolicy, &redrive.to_string()),
            ],
        )
        .await;
        Self {
            services,
            clock,
            url,
            dead,
        }
    }

    fn client(&self) -> &Client {
        &self.services.clients.sqs
    }

    fn pass(&self, milliseconds: i64) {
        self.clock
            .advance(SignedDuration::from_millis(milliseconds));
    }

    async fn send(&self, body: &str, delay: Option<i32>) {
        let send = self.client().send_message().queue_url(&self.url);
        let send = send.message_body(body).set_delay_seconds(delay);
        send.send().await.unwrap();
    }

    async fn receive(&self) -> Vec<Message> {
        self.receive_from(&self.url).await
    }

    async fn receive_from(&self, url: &str) -> Vec<Message> {
        let receive = self.client().receive_message().queue_url(url);
        let reply = receive.max_number_of_messages(10).send().await.unwrap();
        reply.messages.unwrap_or_default()
    }

    /// Returns the bodies of the messages that are visible.
    async fn bodies(&self) -> Vec<String> {
        bodies(self.receive().await)
    }

    /// Returns the numbers of messages that are visible, in flight and delayed.
    async fn counts(&self, url: &str) -> [String; 3] {
        use QueueAttributeName as Name;
        let get = self.client().get_queue_attributes().queue_url(url);
        let get = get.attribute_names(Name::All).send().await.unwrap();
        let all = get.attributes.unwrap();
        [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ]
        .map(|name| all.get(&name).unwrap().clone())
    }
}

async fn create(client: &Client, name: &str, values: &[(QueueAttributeName, &str)]) -> String {
    let create = client.create_queue().queue_name(name);
    let create = values.iter().fold(create, |create, (name, value)| {
        create.attributes(name.clone(), *value)
    });
    create.send().await.unwrap().queue_url.unwrap()
}

fn bodies(messages: Vec<Message>) -> Vec<String> {
    messages.into_iter().filter_map(|it| it.body).collect()
}

#[tokio::test]
async fn a_delayed_message_comes_when_the_clock_has_passed_its_delay() {
    let queue = Queue::start().await;
    queue.send("later", Some(900)).await;
    queue.send("now", None).await;
    assert_eq!(queue.counts(&queue.url).await, ["1", "0", "1"]);
    assert_eq!(queue.bodies().await, ["now"]);
    queue.pass(899_999);
    assert_eq!(queue.bodies().await, ["now"]);
    queue.pass(1);
    assert_eq!(queue.bodies().await, ["later"]);
}

#[tokio::test]
async fn each_entry_of_a_batch_has_its_own_delay() {
    let queue = Queue::start().await;
    let entry = |id: &str, delay| {
        let entry = SendMessageBatchRequestEntry::builder().id(id);
        let entry = entry.message_body(id).set_delay_seconds(delay);
        entry.build().unwrap()
    };
    let entries = vec![entry("a", None), entry("b", Some(60)), entry("c", Some(5))];
    let send = queue.client().send_message_batch().queue_url(&queue.url);
    let sent = send.set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(sent.successful.len(), 3);
    assert_eq!(queue.bodies().await, ["a"]);
    queue.pass(5_000);
    assert_eq!(queue.bodies().await, ["c"]);
    queue.pass(55_000);
    let mut bodies = queue.bodies().await;
    bodies.sort();
    assert_eq!(bodies, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_queue_can_delay_all_of_its_messages() {
    let queue = Queue::start().await;
    let change = queue.client().set_queue_attributes().queue_url(&queue.url);
    let change = change.attributes(QueueAttributeName::DelaySeconds, "10");
    change.send().await.unwrap();
    queue.send("slow", None).await;
    queue.send("fast", Some(1)).await;
    queue.pass(1_000);
    assert_eq!(queue.bodies().await, ["fast"]);
    queue.pass(9_000);
    assert_eq!(queue.bodies().await, ["slow"]);
}

#[tokio::test]
async fn a_received_message_comes_again_only_when_the_clock_moves() {
    let queue = Queue::start().await;
    queue.send("a", None).await;
    let [first] = queue.receive().await.try_into().unwrap();
    assert_eq!(queue.counts(&queue.url).await, ["0", "1", "0"]);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    queue.pass(29_999);
    assert!(queue.receive().await.is_empty());
    queue.pass(1);
    assert_eq!(queue.counts(&queue.url).await, ["1", "0", "0"]);
    let [second] = queue.receive().await.try_into().unwrap();
    assert_eq!(second.message_id, first.message_id);
    let system = |message: &Message, name: &str| {
        let attributes = message.attributes.as_ref().unwrap();
        let found = attributes.iter().find(|(it, _)| it.as_str() == name);
        found.unwrap().1.clone()
    };
    let sent: Timestamp = "2026-02-10T12:00:00Z".parse().unwrap();
    let sent = sent.as_millisecond().to_string();
    for message in [&first, &second] {
        assert_eq!(system(message, "SentTimestamp"), sent);
        assert_eq!(system(message, "ApproximateFirstReceiveTimestamp"), sent);
    }
    assert_eq!(system(&second, "ApproximateReceiveCount"), "2");
    let delete = queue.client().delete_message().queue_url(&queue.url);
    let handle = second.receipt_handle.unwrap();
    delete.receipt_handle(handle).send().await.unwrap();
    queue.pass(3_000_000);
    assert_eq!(queue.counts(&queue.url).await, ["0", "0", "0"]);
}

#[tokio::test]
async fn the_visibility_of_messages_can_be_changed_one_by_one_and_in_a_batch() {
    let queue = Queue::start().await;
    queue.send("a", None).await;
    let [message] = queue.receive().await.try_into().unwrap();
    let handle = message.receipt_handle.unwrap();
    let change = queue.client().change_message_visibility();
    let change = change.queue_url(&queue.url).receipt_handle(&handle);
    change.visibility_timeout(120).send().await.unwrap();
    queue.pass(119_999);
    assert!(queue.receive().await.is_empty());
    let batch = async |handle: &str| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id("1");
        let entry = entry.receipt_handle(handle).visibility_timeout(0);
        let change = queue.client().change_message_visibility_batch();
        let change = change.queue_url(&queue.url).entries(entry.build().unwrap());
        change.send().await.unwrap().successful.len()
    };
    assert_eq!(batch("no handle").await, 0);
    assert_eq!(batch(&handle).await, 1);
    assert_eq!(queue.bodies().await, ["a"]);
}

#[tokio::test]
async fn a_message_that_is_not_deleted_becomes_a_dead_letter() {
    let queue = Queue::start().await;
    queue.send("a", None).await;
    for _ in 0..2 {
        assert_eq!(queue.bodies().await, ["a"]);
        assert!(queue.receive_from(&queue.dead).await.is_empty());
        queue.pass(30_000);
    }
    assert!(queue.receive().await.is_empty());
    assert_eq!(queue.counts(&queue.url).await, ["0", "0", "0"]);
    assert_eq!(queue.counts(&queue.dead).await, ["1", "0", "0"]);
    assert_eq!(bodies(queue.receive_from(&queue.dead).await), ["a"]);
}

#[tokio::test]
async fn a_message_is_gone_after_the_retention_of_its_queue() {
    let queue = Queue::start().await;
    queue.send("a", None).await;
    queue.pass(3_599_999);
    assert_eq!(queue.counts(&queue.url).await, ["1", "0", "0"]);
    queue.pass(1);
    assert_eq!(queue.counts(&queue.url).await, ["0", "0", "0"]);
    assert!(queue.receive().await.is_empty());
}
