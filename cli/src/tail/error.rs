//! Errors of `leadgate tail`.

use std::{io, path::PathBuf};

use crate::target::{TargetError, logs::LogsError};

/// Reason why `leadgate tail` failed.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    #[error(
        "no local stack is running in {} or a folder above it: start one with `cargo dev`, or pass --stack NAME \
         for one on AWS (a stack in memory keeps no log)",
        .0.display()
    )]
    NoLocalStack(PathBuf),
    #[error("the log of the local stack in {} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("cannot write to standard output")]
    Print(#[source] io::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Logs(#[from] LogsError),
}
