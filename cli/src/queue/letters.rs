//! Receives dead letters, and puts them back.

use std::collections::HashMap;

use aws::queue::QueueError;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName as Name,
};
use jiff::Timestamp;

use super::queues::Queues;

/// Maximum number of messages in one call of SQS.
const BATCH: usize = 10;
/// Seconds for which a received letter is hidden. That is longer than a command needs, and short
/// enough to wait for after an interrupted command.
const HIDDEN: i32 = 60;
/// Seconds for which a receive waits. With at least 1, SQS asks all of its servers, so an empty
/// reply means an empty queue. With more than 1, the timeout of an attempt would end the call.
const WAIT: i32 = 1;
/// Seconds for which a receive waits on a local stack. The embedded SQS is one server.
const WAIT_LOCALLY: i32 = 0;

/// A dead letter.
pub struct Letter {
    pub message_id: String,
    pub body: String,
    /// Time at which it was first sent.
    pub sent_at: Option<Timestamp>,
    /// Number of receives. SQS counts them from the sending, or from the move to the dead-letter
    /// queue.
    pub receive_count: Option<u32>,
    /// Message group. `None` if SQS keeps none.
    pub group: Option<String>,
    pub receipt: String,
}

impl Letter {
    fn of(message: Message) -> Option<Self> {
        let attribute = |name| message.attributes.as_ref()?.get(&name);
        let number = |name| attribute(name)?.parse::<i64>().ok();
        Some(Self {
            sent_at: number(Name::SentTimestamp)
                .and_then(|sent| Timestamp::from_millisecond(sent).ok()),
            receive_count: number(Name::ApproximateReceiveCount)
                .and_then(|count| count.try_into().ok()),
            group: attribute(Name::MessageGroupId).cloned(),
            message_id: message.message_id?,
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle?,
        })
    }
}

/// Iterates over the dead letters, each once.
pub struct DeadLetters<'a> {
    queues: &'a Queues,
    /// Receipt handles of the letters to put back, by message id.
    held: HashMap<String, String>,
}

impl<'a> DeadLetters<'a> {
    pub fn new(queues: &'a Queues) -> Self {
        Self {
            queues,
            held: HashMap::new(),
        }
    }

    /// Receives up to `most` letters that were not received before. There are no more letters if it
    /// returns none.
    pub async fn receive(&mut self, most: usize) -> Result<Vec<Letter>, QueueError> {
        let most = i32::try_from(most.min(BATCH)).unwrap_or(1);
        let wait = if self.queues.is_local {
            WAIT_LOCALLY
        } else {
            WAIT
        };
        let reply = self
            .queues
            .sqs
            .receive_message()
            .queue_url(&self.queues.dead_letter_url)
            .max_number_of_messages(most)
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(wait)
            .message_system_attribute_names(Name::All)
            .send()
            .await?;
        let letters = reply.messages.unwrap_or_default().into_iter();
        Ok(letters
            .filter_map(Letter::of)
            // A letter that comes again was hidden for its whole time, so all letters have been
            // received.
            .filter(|letter| {
                let (id, receipt) = (letter.message_id.clone(), letter.receipt.clone());
                self.held.insert(id, receipt).is_none()
            })
            .collect())
    }

    /// Receives `limit` letters, or all if there are fewer.
    pub async fn take(&mut self, limit: usize) -> Result<Vec<Letter>, QueueError> {
        let mut taken = Vec::new();
        while taken.len() < limit {
            let letters = self.receive(limit - taken.len()).await?;
            if letters.is_empty() {
                break;
            }
            taken.extend(letters);
        }
        Ok(taken)
    }

    /// Deletes a letter.
    pub async fn delete(&mut self, letter: &Letter) -> Result<(), QueueError> {
        self.held.remove(&letter.message_id);
        self.queues
            .sqs
            .delete_message()
            .queue_url(&self.queues.dead_letter_url)
            .receipt_handle(&letter.receipt)
            .send()
            .await?;
        Ok(())
    }

    /// Puts back the letters that were received and not deleted. If that fails, SQS shows them
    /// again after [`HIDDEN`].
    pub async fn put_back(self) {
        let receipts: Vec<_> = self.held.into_values().collect();
        for receipts in receipts.chunks(BATCH) {
            let entries = (0..).zip(receipts).filter_map(|(id, receipt): (usize, _)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(id.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            });
            let _ = self
                .queues
                .sqs
                .change_message_visibility_batch()
                .queue_url(&self.queues.dead_letter_url)
                .set_entries(Some(entries.collect()))
                .send()
                .await;
        }
    }
}
