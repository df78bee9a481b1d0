//! The event source mappings: each receives the messages of a queue, calls a function's own handler as
//! Lambda does, and deletes the messages that the handler did not report as failed. SQS delivers the
//! others again after their visibility timeout, and moves them to the dead-letter queue after
//! `maxReceiveCount` deliveries.

use std::future::Future;

use aws::telemetry::ErrorChain;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::{
    Client,
    types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName},
};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use crate::queue_names::REGION;

/// Pause after a receive without messages. A long poll of the embedded SQS looks as often, but
/// ending it early could hide a message.
const PAUSE: Duration = Duration::from_millis(100);
/// Pause after a receive that failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// A function that handles the messages of a queue.
pub(super) trait Consumer {
    /// Handles a batch, as on AWS.
    fn handle(&self, event: SqsEvent) -> impl Future<Output = SqsBatchResponse> + Send;

    /// Takes note of the messages that were handled.
    fn handled(&self, messages: &[Message]) -> impl Future<Output = ()> + Send;
}

/// A queue, and the function that handles its messages.
pub(super) struct EventSource<C> {
    pub(super) client: Client,
    pub(super) queue_url: String,
    pub(super) queue_arn: String,
    pub(super) batch_size: u8,
    pub(super) consumer: C,
}

impl<C: Consumer + Sync> EventSource<C> {
    /// Handles messages until `stop` is cancelled and the queue is empty.
    pub(super) async fn run(self, stop: CancellationToken) {
        loop {
            let stopping = stop.is_cancelled();
            let pause = match self.receive().await {
                Ok(messages) if messages.is_empty() => PAUSE,
                Ok(messages) => {
                    self.invoke(messages).await;
                    continue;
                }
                Err(error) => {
                    tracing::error!(error = %ErrorChain(&error), "a queue cannot be read");
                    PAUSE_AFTER_ERROR
                }
            };
            if stopping {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, aws_sdk_sqs::Error> {
        let reply = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(i32::from(self.batch_size))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await?;
        Ok(reply.messages.unwrap_or_default())
    }

    async fn invoke(&self, messages: Vec<Message>) {
        let mut event = SqsEvent::default();
        event.records = messages.iter().map(|it| self.record(it)).collect();
        let response = self.consumer.handle(event).await;
        let has_failed = |message: &Message| {
            response
                .batch_item_failures
                .iter()
                .any(|failure| Some(failure.item_identifier.as_str()) == message.message_id())
        };
        let handled: Vec<_> = messages
            .into_iter()
            .filter(|message| !has_failed(message))
            .collect();
        self.consumer.handled(&handled).await;
        let done: Vec<_> = (0..)
            .zip(handled)
            .filter_map(|(index, message)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(format!("{index}"))
                    .set_receipt_handle(message.receipt_handle)
                    .build()
                    .ok()
            })
            .collect();
        if done.is_empty() {
            return;
        }
        let deleted = self
            .client
            .delete_message_batch()
            .queue_url(&self.queue_url)
            .set_entries(Some(done))
            .send()
            .await
            .map_err(aws_sdk_sqs::Error::from);
        if let Err(error) = deleted {
            // SQS delivers the messages again, and the function finds its work done.
            tracing::error!(error = %ErrorChain(&error), "handled messages could not be deleted");
        }
    }

    /// Returns a message in the form of Lambda's events.
    fn record(&self, message: &Message) -> SqsMessage {
        let mut record = SqsMessage::default();
        record.message_id = message.message_id.clone();
        record.receipt_handle = message.receipt_handle.clone();
        record.body = message.body.clone();
        record.md5_of_body = message.md5_of_body.clone();
        record.attributes = message
            .attributes
            .iter()
            .flatten()
            .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
            .collect();
        record.event_source = Some("aws:sqs".to_owned());
        record.event_source_arn = Some(self.queue_arn.clone());
        record.aws_region = Some(REGION.to_owned());
        record
    }
}
