//! Results of a record.

use aws::{
    queue::{Hint, MessageError},
    store::StoreError,
};
use thiserror::Error;

use crate::metrics::RunMetrics;

/// Result of a record whose message is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The run is built. It has a hint if it is due soon.
    Started(RunMetrics, Option<Hint>),
    /// An earlier delivery has built the run.
    StartedBefore,
    /// The lead was never stored.
    Orphan,
    /// The lead was erased.
    Erased,
    /// The lead has no start, or a newer one.
    Stale,
    /// The workflow is paused, so the run waits. `leadgate apply` sends the start again when it
    /// resumes the workflow.
    Waiting,
}

impl Outcome {
    /// Returns the name for the log.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Started(..) => "started",
            Self::StartedBefore => "started before",
            Self::Orphan => "orphan",
            Self::Erased => "erased",
            Self::Stale => "stale",
            Self::Waiting => "waiting",
        }
    }
}

/// Reason why SQS must deliver a message again.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error("the message cannot be read")]
    Message(#[from] MessageError),
    #[error("the message has no body")]
    NoBody,
    #[error("the lead is not stored yet")]
    LeadNotYetStored,
    #[error("each write of the run lost to another change of it")]
    Contended,
    #[error("the record took too long")]
    TimedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}
