//! `leadgate queue`: what is in the queues of workflow starts, why starts became dead letters, and the way
//! back for them. Shows ids and times: no body, and nothing of a lead.

mod diagnosis;
mod letters;
mod list;
mod redrive;
mod status;
mod target;

use std::{io, process::ExitCode};

use clap::{Args, Subcommand};
use shared::{clock::Clock, queue::QueueError, store::StoreError};

use self::{
    list::ListArgs,
    redrive::RedriveArgs,
    target::{Target, TargetArgs},
};
use crate::failure;

/// What `leadgate queue` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum QueueCommand {
    /// Count the messages of both queues, and the starts that wait to be sent.
    ///
    /// SQS counts approximately, and a minute late. How old the oldest message is, it does not say: on AWS
    /// that is CloudWatch's ApproximateAgeOfOldestMessage.
    Status(StatusArgs),
    /// Look at the starts that failed, and send them again.
    #[command(subcommand)]
    Dlq(DlqCommand),
}

/// What `leadgate queue status` can be told.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// What `leadgate queue dlq` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum DlqCommand {
    /// Say of each dead letter what it is about and what stands in its way.
    ///
    /// Each is received and put back, which adds one to the number of its receives; if this is interrupted,
    /// it is back after a minute. The reason is what the table says now: what went wrong when it
    /// was delivered stands in start-workflow's log, under its message id.
    List(ListArgs),
    /// Put dead letters back into the start queue: all, or those with the ids given.
    ///
    /// SQS moves all of them by itself, and goes on when this is interrupted; run again, this shows how
    /// far it is. One by one, each is sent before it is deleted, so that an interruption can double it, which
    /// does no harm, and cannot lose it.
    Redrive(RedriveArgs),
}

/// Runs the command. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(command: &QueueCommand) -> ExitCode {
    let now = Clock::System.now();
    let args = match command {
        QueueCommand::Status(args) => &args.target,
        QueueCommand::Dlq(DlqCommand::List(args)) => &args.target,
        QueueCommand::Dlq(DlqCommand::Redrive(args)) => &args.target,
    };
    let target = Target::of(args).await;
    let done = match command {
        QueueCommand::Status(args) => status::print(&target, args.json).await,
        QueueCommand::Dlq(DlqCommand::List(args)) => list::print(&target, args, now).await,
        QueueCommand::Dlq(DlqCommand::Redrive(args)) => redrive::redrive(&target, args).await,
    };
    match (done, target.local) {
        (Ok(()), _) => ExitCode::SUCCESS,
        (
            Err(
                CommandError::Queue(QueueError::Unavailable(_))
                | CommandError::Store(StoreError::NoAnswer(_)),
            ),
            Some(url),
        ) => failure::report("queue", &CommandError::NoStack { url }),
        (Err(error), _) => failure::report("queue", &error),
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(
        "no local stack answers on {url}: start one with `cargo dev`, or pass --queue-url and --dlq-url"
    )]
    NoStack { url: String },
    #[error("no such dead letter: {}", .0.join(", "))]
    NotFound(Vec<String>),
    #[error("SQS gave up after {moved} messages: {reason}")]
    MoveFailed { moved: i64, reason: String },
    #[error("SQS did not say {0}")]
    Unsaid(&'static str),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print")]
    Terminal(#[from] io::Error),
    #[error("cannot print")]
    Json(#[from] serde_json::Error),
}
