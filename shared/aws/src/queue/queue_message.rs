//! The trait of all messages.

/// A message of a queue.
pub trait QueueMessage {
    /// Returns the message group. A flood of one group does not delay the others (SQS fair queues).
    fn group(&self) -> String;

    /// Returns the body, as JSON.
    fn to_body(&self) -> String;

    /// Returns the seconds after which SQS delivers the message, at most 900. `None` for the delay of
    /// the queue.
    fn delay_s(&self) -> Option<i32>;
}
