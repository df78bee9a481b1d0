//! Dead letters as SQS hands them out: received, hidden meanwhile, and put back.

use std::collections::HashMap;

use aws::queue::QueueError;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName as Name,
};
use jiff::Timestamp;

use super::Target;

/// What SQS hands out at once, at most.
const BATCH: usize = 10;
/// Seconds for which a letter is hidden, unless it is put back: longer than a command looks at it, and
/// short for one that comes after a command that was interrupted.
const HIDDEN: i32 = 60;
/// Seconds for which a receive waits. With any, SQS asks all of its servers, so that none found means that
/// there is none; with more than one, the attempt's timeout would end it.
const WAIT: i32 = 1;
/// The embedded SQS is one server.
const WAIT_LOCALLY: i32 = 0;

/// A dead letter.
pub(super) struct Letter {
    pub(super) message_id: String,
    pub(super) body: String,
    /// When it was first sent.
    pub(super) sent_at: Option<Timestamp>,
    /// How often it was received since it is a dead letter, or since it was sent: SQS decides.
    pub(super) receive_count: Option<u32>,
    /// Its message group, where SQS keeps one.
    pub(super) group: Option<String>,
    pub(super) receipt: String,
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

/// The dead letters, each handed out once.
pub(super) struct DeadLetters<'a> {
    target: &'a Target,
    /// The receipts of those that are to be put back, by their ids.
    held: HashMap<String, String>,
}

impl<'a> DeadLetters<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            target,
            held: HashMap::new(),
        }
    }

    /// The next letters, `most` of them or fewer. None: there are no more.
    pub(super) async fn receive(&mut self, most: usize) -> Result<Vec<Letter>, QueueError> {
        let most = i32::try_from(most.min(BATCH)).unwrap_or(1);
        let wait = if self.target.is_local {
            WAIT_LOCALLY
        } else {
            WAIT
        };
        let reply = self
            .target
            .sqs
            .receive_message()
            .queue_url(&self.target.dead_letter_url)
            .max_number_of_messages(most)
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(wait)
            .message_system_attribute_names(Name::All)
            .send()
            .await?;
        let letters = reply.messages.unwrap_or_default().into_iter();
        Ok(letters
            .filter_map(Letter::of)
            // One that is seen again: its time was over, and so are all.
            .filter(|letter| {
                let (id, receipt) = (letter.message_id.clone(), letter.receipt.clone());
                self.held.insert(id, receipt).is_none()
            })
            .collect())
    }

    /// `limit` letters, or all that are left if they are fewer.
    pub(super) async fn take(&mut self, limit: usize) -> Result<Vec<Letter>, QueueError> {
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
    pub(super) async fn delete(&mut self, letter: &Letter) -> Result<(), QueueError> {
        self.held.remove(&letter.message_id);
        self.target
            .sqs
            .delete_message()
            .queue_url(&self.target.dead_letter_url)
            .receipt_handle(&letter.receipt)
            .send()
            .await?;
        Ok(())
    }

    /// Puts back what was received and not deleted. Where that fails, SQS does it when the time is over.
    pub(super) async fn put_back(self) {
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
                .target
                .sqs
                .change_message_visibility_batch()
                .queue_url(&self.target.dead_letter_url)
                .set_entries(Some(entries.collect()))
                .send()
                .await;
        }
    }
}
