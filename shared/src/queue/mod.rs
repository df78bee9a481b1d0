//! The queue of workflow starts: an SQS standard queue. Owns the message's shape and the sending;
//! receiving is the Lambda event source's. Knows no HTTP and no table.

mod error;
mod message;

use std::sync::Arc;

use aws_sdk_sqs::{Client, types::QueueAttributeName};

pub use self::{
    error::QueueError,
    message::{MessageError, WorkflowStart},
};

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
        self.client
            .send_message()
            .queue_url(&*self.url)
            .message_group_id(start.account_id.to_string())
            .message_body(start.to_body())
            .send()
            .await?;
        Ok(())
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
