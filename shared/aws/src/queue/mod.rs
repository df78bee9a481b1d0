//! The queue of workflow starts, an SQS standard queue. This module owns the shape of the message,
//! and sends it. Lambda's event source receives it. There is no HTTP and no table here.

mod error;
mod message;

use std::sync::Arc;

use aws_sdk_sqs::{
    Client,
    types::{QueueAttributeName, SendMessageBatchRequestEntry},
};
use futures::{StreamExt, stream};
use tokio::time::Instant;

pub use self::{
    error::QueueError,
    message::{MessageError, WorkflowStart},
};

/// Maximum number of messages in a call of SendMessageBatch. SQS sets it.
const BATCH: usize = 10;
/// Maximum number of calls of SendMessageBatch at once, for one array of leads.
const BATCHES_AT_ONCE: usize = 16;

/// Result of sending many starts.
#[derive(Debug, Default)]
pub struct SentMany {
    /// Whether each start is queued, in the order of the starts.
    pub sent: Vec<bool>,
    /// Reasons for which the other starts are not queued, in their order. An error stands for a
    /// whole call that failed, or for one start that SQS refused.
    pub errors: Vec<QueueError>,
}

/// The queue of workflow starts. Clones share one client.
#[derive(Clone, Debug)]
pub struct StartQueue {
    client: Client,
    url: Arc<str>,
}

impl StartQueue {
    /// Returns the queue at `url`.
    pub fn new(client: Client, url: &str) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Queues a start. The account is the message group, so that a flood of one account does not
    /// delay the starts of the others (SQS fair queues).
    ///
    /// # Errors
    /// - [`QueueError::Unavailable`]. After a timeout, SQS may have accepted the message.
    /// - [`QueueError::Unexpected`].
    pub async fn send(&self, start: &WorkflowStart) -> Result<(), QueueError> {
        let message = self
            .client
            .send_message()
            .queue_url(&*self.url)
            .message_group_id(start.account_id.to_string())
            .message_body(start.to_body());
        // In a box, for the reason that the module `store` has.
        Box::pin(message.send()).await?;
        Ok(())
    }

    /// Queues many starts, ten in a call. Begins no call after `until`.
    pub async fn send_many(&self, starts: &[WorkflowStart], until: Instant) -> SentMany {
        let mut many = SentMany::default();
        let batches: Vec<_> = starts
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

    async fn send_batch(&self, starts: &[WorkflowStart], until: Instant) -> SentMany {
        let none_sent = |error: Option<QueueError>| SentMany {
            sent: vec![false; starts.len()],
            errors: error.into_iter().collect(),
        };
        if Instant::now() >= until {
            return none_sent(None);
        }
        let entries = (0..).zip(starts).map(|(id, start): (usize, _)| {
            SendMessageBatchRequestEntry::builder()
                .id(id.to_string())
                .message_group_id(start.account_id.to_string())
                .message_body(start.to_body())
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
                for id in (0..starts.len()).map(|id| id.to_string()) {
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
