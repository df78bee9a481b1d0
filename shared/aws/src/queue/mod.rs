//! The queue of workflow starts: an SQS standard queue. Owns the message's shape and the sending;
//! receiving is the Lambda event source's. Knows no HTTP and no table.

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

/// What SendMessageBatch takes at most.
const BATCH: usize = 10;
const BATCHES_AT_ONCE: usize = 16;

/// What became of many starts, in their order.
#[derive(Debug, Default)]
pub struct SentMany {
    /// Which of them are queued.
    pub sent: Vec<bool>,
    /// Reasons for which the others are not, in their order. An error stands for a whole call that
    /// failed, or for one start that SQS refused.
    pub errors: Vec<QueueError>,
}

/// The queue of workflow starts. Clones share one client.
#[derive(Clone, Debug)]
pub struct StartQueue {
    client: Client,
    url: Arc<str>,
}

impl StartQueue {
    /// The queue at `url`.
    pub fn new(client: Client, url: &str) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Queues a start. The account is the message group: fair queues keep one account's flood from
    /// holding up the others.
    ///
    /// # Errors
    /// [`QueueError`]; after a timeout the message may have been taken all the same.
    pub async fn send(&self, start: &WorkflowStart) -> Result<(), QueueError> {
        let message = self
            .client
            .send_message()
            .queue_url(&*self.url)
            .message_group_id(start.account_id.to_string())
            .message_body(start.to_body());
        // In a box, as the store's calls on the way of a single lead.
        Box::pin(message.send()).await?;
        Ok(())
    }

    /// Queues many starts, ten at a time. No call is begun after `until`.
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
                    let mut taken = reply.successful().iter();
                    batch.sent.push(taken.any(|entry| entry.id() == id));
                    let mut failed = reply.failed().iter();
                    let failed = failed.find(|entry| entry.id() == id);
                    batch.errors.extend(failed.map(QueueError::from));
                }
                batch
            }
            Err(error) => none_sent(Some(error.into())),
        }
    }

    /// Opens the connection by asking for an attribute, so that the first request finds it open.
    ///
    /// # Errors
    /// [`QueueError`]; a caller can go on without.
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
