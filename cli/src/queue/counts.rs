//! Numbers of messages in a queue.

use aws::queue::QueueError;
use aws_sdk_sqs::{Client, types::QueueAttributeName as Name};
use serde::Serialize;

use super::error::QueueCommandError;

/// Approximate numbers of messages in a queue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Counts {
    pub visible: u64,
    pub in_flight: u64,
    pub delayed: u64,
}

impl Counts {
    /// Asks SQS for the numbers.
    ///
    /// # Errors
    /// [`QueueCommandError::Queue`], or [`QueueCommandError::NotReported`].
    pub async fn of(sqs: &Client, url: &str) -> Result<Self, QueueCommandError> {
        let reply = sqs
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(Name::ApproximateNumberOfMessages)
            .attribute_names(Name::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(Name::ApproximateNumberOfMessagesDelayed)
            .send()
            .await
            .map_err(QueueError::from)?;
        let count = |name| {
            let text = reply.attributes().and_then(|all| all.get(&name));
            text.and_then(|text| text.parse().ok())
                .ok_or(QueueCommandError::NotReported("the number of messages"))
        };
        Ok(Self {
            visible: count(Name::ApproximateNumberOfMessages)?,
            in_flight: count(Name::ApproximateNumberOfMessagesNotVisible)?,
            delayed: count(Name::ApproximateNumberOfMessagesDelayed)?,
        })
    }

    /// Returns the row of a table: the name of the queue, and the numbers.
    pub fn row(&self, name: &str) -> [String; 4] {
        let numbers = [self.visible, self.in_flight, self.delayed];
        let [visible, in_flight, delayed] = numbers.map(|it| it.to_string());
        [name.to_owned(), visible, in_flight, delayed]
    }
}

/// Headings of the rows.
pub const HEADINGS: [&str; 4] = ["QUEUE", "VISIBLE", "IN FLIGHT", "DELAYED"];
