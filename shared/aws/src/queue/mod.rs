//! The queues, SQS standard queues: workflow starts, and hints that a run is due. This module owns the
//! shapes of the messages, and sends them. Lambda's event sources receive them. There is no HTTP and
//! no table here.

mod error;
mod hint;
mod message;
mod queue_message;

use std::{fmt, marker::PhantomData, sync::Arc};

use aws_sdk_sqs::{
    Client,
    types::{QueueAttributeName, SendMessageBatchRequestEntry},
};
use futures::{StreamExt, stream};
use tokio::time::Instant;

pub use self::{
    error::QueueError,
    hint::{HINT_HORIZON, Hint},
    message::{MessageError, WorkflowStart},
    queue_message::QueueMessage,
};

/// Maximum number of messages in a call of SendMessageBatch. SQS sets it.
const BATCH: usize = 10;
/// Maximum number of calls of SendMessageBatch at once.
const BATCHES_AT_ONCE: usize = 16;

/// Result of sending many messages.
#[derive(Debug, Default)]
pub struct SentMany {
    /// Whether each message is queued, in the order of the messages.
    pub sent: Vec<bool>,
    /// Reasons for which the other messages are not queued, in their order. An error stands for a
    /// whole call that failed, or for one message that SQS refused.
    pub errors: Vec<QueueError>,
}

/// A queue of messages of one kind. Clones share one client.
#[derive(Clone)]
pub struct Queue<M> {
    client: Client,
    url: Arc<str>,
    messages: PhantomData<fn(M)>,
}

/// The queue of workflow starts.
pub type StartQueue = Queue<WorkflowStart>;
/// The queue of hints that a run is due.
pub type DispatchQueue = Queue<Hint>;

impl<M> fmt::Debug for Queue<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({})", self.url)
    }
}

impl<M: QueueMessage> Queue<M> {
    /// Returns the queue at `url`.
    pub fn new(client: Client, url: &str) -> Self {
        Self {
            client,
            url: url.into(),
            messages: PhantomData,
        }
    }

    /// Queues a message.
    ///
    /// # Errors
    /// - [`QueueError::Unavailable`]. After a timeout, SQS may have accepted the message.
    /// - [`QueueError::Unexpected`].
    pub async fn send(&self, message: &M) -> Result<(), QueueError> {
        let message = self
            .client
            .send_message()
            .queue_url(&*self.url)
            .message_group_id(message.group())
            .message_body(message.to_body())
            .set_delay_seconds(message.delay_s());
        // In a box, for the reason that the module `store` has.
        Box::pin(message.send()).await?;
        Ok(())
    }

    /// Queues many messages, ten in a call. Begins no call after `until`.
    pub async fn send_many(&self, messages: &[M], until: Instant) -> SentMany {
        let mut many = SentMany::default();
        let batches: Vec<_> = messages
            .chunks(BATCH)
            .map(|batch| self.send_batch(batch, until))
            .collect();
        let mut batches = stream::iter(batches).buffered(BATCHES_AT_ONCE);
        while let Some(batch) = batches.next().await {
            many.sent.extend(batch.sent);
            many.errors.extend(batch.errors);
        }
        many
    }

    async fn send_batch(&self, messages: &[M], until: Instant) -> SentMany {
        let none_sent = |error: Option<QueueError>| SentMany {
            sent: vec![false; messages.len()],
            errors: error.into_iter().collect(),
        };
        if Instant::now() >= until {
            return none_sent(None);
        }
        let entries = (0..).zip(messages).map(|(id, message): (usize, _)| {
            SendMessageBatchRequestEntry::builder()
                .id(id.to_string())
                .message_group_id(message.group())
                .message_body(message.to_body())
                .set_delay_seconds(message.delay_s())
                .build()
        });
        let entries = match entries.collect() {
            Ok(entries) => entries,
            Err(error) => {
                let error: aws_sdk_sqs::error::BuildError = error;
                let error = QueueError::Unexpected(Box::new(error.into()));
                return none_sent(Some(error));
            }
        };
        let batch = self.client.send_message_batch().queue_url(&*self.url);
        match batch.set_entries(Some(entries)).send().await {
            Ok(reply) => {
                let mut batch = SentMany::default();
                for id in (0..messages.len()).map(|id| id.to_string()) {
                    let mut sent = reply.successful().iter();
                    batch.sent.push(sent.any(|entry| entry.id() == id));
                    let mut failed = reply.failed().iter();
                    let failed = failed.find(|entry| entry.id() == id);
                    batch.errors.extend(failed.map(QueueError::from));
                }
                batch
            }
            Err(error) => none_sent(Some(error.into())),
        }
    }

    /// Opens the connection for the first request, by reading an attribute of the queue.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] and [`QueueError::Unexpected`]. The caller can ignore them.
    pub async fn warm_up(&self) -> Result<(), QueueError> {
        self.client
            .get_queue_attributes()
            .queue_url(&*self.url)
            .attribute_names(QueueAttributeName::QueueArn)
            .send()
            .await?;
        Ok(())
    }
}
