//! Errors of `leadgate destination`.

use aws::{randomness::NoRandomness, store::StoreError};
use jiff::Timestamp;
use local::text::{PrintError, printable};
use webhook::TlsError;

use crate::{
    nearest::question,
    target::{TargetError, typed::quoted},
};

/// Reason why a command on destinations failed.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    #[error(
        "the account has no destination {}{}: `leadgate destination list` shows all",
        printable(.name), question(.nearest.as_deref())
    )]
    Unknown {
        name: String,
        nearest: Option<String>,
    },
    #[error(
        "callers pull the touchpoints of {}, so Leadgate sends it nothing: give it a webhook with `leadgate apply`",
        printable(.0)
    )]
    Pulled(String),
    #[error("{} has no secret: apply its file again, which makes one", printable(.0))]
    NoSecret(String),
    #[error(
        "the secret of {} was shown before: make a new one with `leadgate destination rotate {}{options}`",
        printable(.name), quoted(.name)
    )]
    Shown { name: String, options: String },
    #[error(
        "the last rotation of {} ends at {until}, and three secrets are never valid at once: end it before with \
         `leadgate destination rotate {} --finish{options}`",
        printable(.name), quoted(.name)
    )]
    Rotating {
        name: String,
        until: Timestamp,
        options: String,
    },
    #[error("{} has no rotation under way: nothing was changed", printable(.0))]
    NotRotating(String),
    #[error(
        "the destination was changed by another command at the same time: run the command again"
    )]
    Conflict,
    /// The test has failed, and the output has said why.
    #[error("the test has failed")]
    Failed,
    #[error("the sender of webhooks cannot start")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Print(#[from] PrintError),
}

impl DestinationError {
    /// Returns the error of a write.
    pub fn of_write(error: StoreError) -> Self {
        match error {
            error if error.is_conflict() => Self::Conflict,
            error => error.into(),
        }
    }
}
