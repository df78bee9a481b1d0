//! The result of a look at a run.

use aws::{
    queue::{Hint, MessageError},
    store::StoreError,
};
use thiserror::Error;

use crate::seen::Seen;

/// Result of a look.
#[derive(Debug, Default)]
pub struct Looked {
    pub seen: Seen,
    /// Hint for the next look. `None` if the run is not due within 15 minutes, or if wake-runs finds
    /// it.
    pub next: Option<Hint>,
}

/// Reason why SQS must deliver a hint again.
#[derive(Debug, Error)]
pub enum LookError {
    #[error("the hint cannot be read")]
    Message(#[from] MessageError),
    #[error("the message has no body")]
    NoBody,
    #[error("each write of the run lost to another change of it")]
    Contended,
    #[error("the look took too long")]
    TimedOut,
    #[error("the body of a request could not be written")]
    Body(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}
