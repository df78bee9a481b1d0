//! Errors of `leadgate queue`.

use aws::{queue::QueueError, store::StoreError};
use local::text::PrintError;

use crate::target::TargetError;

/// Reason why a command on the queues failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueCommandError {
    #[error("no dead letter has the id {}: `leadgate queue dlq list` shows the ids", .0.join(" or "))]
    NotFound(Vec<String>),
    #[error(
        "SQS stopped after {moved} messages ({reason}): run the command again to move the others"
    )]
    MoveFailed { moved: i64, reason: String },
    #[error("SQS did not report {0}: run the command again")]
    NotReported(&'static str),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}
