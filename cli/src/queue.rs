//! `leadgate queue`: what is in the queues of workflow starts, why starts became dead letters, and the way
//! back for them. Shows ids and times: no body, and nothing of a lead.

mod diagnosis;
mod letters;
mod list;
mod redrive;
mod status;

use std::{io, process::ExitCode};

use aws::{
    clock::Clock,
    queue::QueueError,
    store::{Store, StoreError},
};
use aws_sdk_sqs::Client;
use clap::{Args, Subcommand};

use self::{list::ListArgs, redrive::RedriveArgs};
use crate::{
    failure,
    output::OutputArg,
    target::{QueueArgs, TargetArgs, TargetError},
};

/// What `leadgate queue` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum QueueCommand {
    /// Count the messages of both queues, and the starts that wait to be sent.
    ///
    /// Prints {"start": {"visible", "in_flight", "delayed"}, "dead_letter": {...}, "unsent": {"starts",
    /// "more"}} as JSON; unsent is null without a table.
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
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    place: PlaceArgs,
}

/// How the queues are named, and the table that their messages are about: without it, what only the table
/// tells is left out.
#[derive(Args, Clone, Debug)]
struct PlaceArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueArgs,
    /// The dead-letter queue on AWS
    #[arg(long, value_name = "URL", requires = "queue_url")]
    dlq_url: Option<String>,
}

/// Two queues, and the table that their messages are about.
struct Target {
    sqs: Client,
    start_url: String,
    dead_letter_url: String,
    /// None: its name was not given.
    store: Option<Store>,
    is_local: bool,
}

impl Target {
    async fn of(args: &PlaceArgs) -> Result<Self, TargetError> {
        let target =
            crate::target::Target::with_queues(&args.target, &args.queues, args.dlq_url.as_ref())
                .await?;
        let (start_url, dead_letter_url) = target.queue_urls()?;
        let dead_letter_url = dead_letter_url.ok_or(TargetError::Unnamed {
            what: "dead-letter queue",
            options: "--dlq-url URL",
        })?;
        Ok(Self {
            start_url: start_url.to_owned(),
            dead_letter_url: dead_letter_url.to_owned(),
            store: target.known_store(),
            is_local: target.is_local,
            sqs: target.clients.sqs,
        })
    }
}

/// What `leadgate queue dlq` can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum DlqCommand {
    /// Say of each dead letter what it is about and what stands in its way.
    ///
    /// Prints {"dead_letters": [{"message_id", "sent_at", "age_seconds", "receive_count", "account_id", "lead_id",
    /// "run_id", "workflow_id", "reason", "explanation"}], "more"} as JSON.
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
    ///
    /// Prints {"moved"} as JSON.
    Redrive(RedriveArgs),
}

/// Runs the command. Exit code 1, and a line for each problem on standard error, if it cannot.
pub async fn run(command: &QueueCommand) -> ExitCode {
    let now = Clock::System.now();
    let done = match command {
        QueueCommand::Status(args) => status::print(args).await,
        QueueCommand::Dlq(DlqCommand::List(args)) => list::print(args, now).await,
        QueueCommand::Dlq(DlqCommand::Redrive(args)) => redrive::redrive(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("queue", &error),
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("no such dead letter: {}", .0.join(", "))]
    NotFound(Vec<String>),
    #[error("SQS gave up after {moved} messages: {reason}")]
    MoveFailed { moved: i64, reason: String },
    #[error("SQS did not say {0}")]
    Unsaid(&'static str),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot print")]
    Terminal(#[from] io::Error),
}
