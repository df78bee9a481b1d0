//! Errors of `leadgate apply`.

use std::io;

use aws::{queue::QueueError, randomness::NoRandomness, store::StoreError};
use local::text::{PrintError, counted, printable};

use crate::{definition::FileError, target::TargetError};

/// Reason why a file is not applied, or not completely.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "the {kind}s {} and {} are both named {}: give each a name of its own",
        .ids[0],
        .ids[1],
        printable(.name)
    )]
    Ambiguous {
        kind: &'static str,
        name: String,
        ids: [String; 2],
    },
    #[error(
        "the workflow {} cannot be removed while it is paused, because starts may wait for it: apply it with \
         is_paused: false first",
        printable(.0)
    )]
    PausedWorkflow(String),
    #[error(
        "the workflow {} cannot be removed, because {} for it: apply it unchanged first, to send them",
        printable(.name),
        waiting(*.starts)
    )]
    AwaitedWorkflow { name: String, starts: usize },
    #[error(
        "the webhook of the destination {} is on this machine, and only a local stack can call it: give an address \
         on the internet, with https://",
        printable(.0)
    )]
    ThisMachine(String),
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(
        "the file is applied, but a touchpoint that is open could not be held, so its time may run out: {0}; run the \
         command again"
    )]
    NotHeld(StoreError),
    #[error(
        "nothing was changed, because there is no terminal to ask on: pass --yes to apply without a question"
    )]
    NoTerminal,
    #[error(
        "nothing was changed, because --output json does not ask: pass --yes to apply without a question"
    )]
    NoQuestion,
    #[error(
        "nothing was changed, because standard input is the file and cannot answer: pass --yes to apply it, or \
         --dry-run to see the changes"
    )]
    FileIsInput,
    #[error("nothing was changed, because the answer was not y")]
    Declined,
    #[error("the account was changed by another command at the same time: run the command again")]
    Conflict,
    #[error(
        "only {sent} of {all} waiting starts were queued: run the command again to queue the others"
    )]
    Unsent {
        sent: usize,
        all: usize,
        #[source]
        cause: Option<QueueError>,
    },
    #[error("cannot ask on this terminal: pass --yes to apply without a question")]
    Ask(#[source] io::Error),
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApplyError {
    /// Returns the error of a write.
    pub fn of_write(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::NotFound => Self::Conflict,
            error => error.into(),
        }
    }
}

fn waiting(starts: usize) -> String {
    let verb = if starts == 1 { "waits" } else { "wait" };
    format!("{} {verb}", counted(starts, "start"))
}
