//! `leadgate queue`: counts the messages of the start queue, of the dispatch queue and of their
//! dead-letter queues, explains the dead letters and moves them back. It shows ids and times only: no message body, and no personal
//! data.

pub mod counts;
mod diagnosis;
pub mod error;
mod hint_diagnosis;
mod letters;
mod list;
mod queues;
mod reason;
mod redrive;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

use self::{list::ListArgs, redrive::RedriveArgs, status::StatusArgs};
use crate::failure;

/// Commands of `leadgate queue`.
#[derive(Subcommand, Clone, Debug)]
pub enum QueueCommand {
    /// Count the messages of the queues, and the starts that are not sent yet.
    ///
    /// With --output json, prints {"start": {"visible", "in_flight", "delayed"}, "dead_letter":
    /// {...}, "dispatch": {...}, "dispatch_dead_letter": {...}, "unsent": {"starts", "more"}}. A
    /// queue that is not counted is null, and so is unsent without a table.
    ///
    /// SQS counts approximately, with a delay of up to a minute. It does not report the age of the
    /// oldest message. On AWS, see the metric ApproximateAgeOfOldestMessage in CloudWatch.
    Status(StatusArgs),
    /// List the dead letters, or move them back.
    #[command(subcommand)]
    Dlq(DlqCommand),
}

/// Commands of `leadgate queue dlq`.
#[derive(Subcommand, Clone, Debug)]
pub enum DlqCommand {
    /// List the dead letters, each with the reason why its run is not built, or why its hint was not
    /// handled.
    ///
    /// Prints {"dead_letters": [{"message_id", "sent_at", "age_seconds", "receive_count",
    /// "account_id", "lead_id", "run_id", "workflow_id", "reason", "explanation"}], "more"} as
    /// JSON. A hint has no workflow_id.
    ///
    /// The reason is computed now, from the message and the table. The error of each delivery is in
    /// the log of start-workflow or of dispatch-touchpoints, under the message id.
    ///
    /// The command receives each message and puts it back, which adds one to its receive count.
    /// After an interruption, the message is back within a minute.
    List(ListArgs),
    /// Move dead letters back to their queue: all, or those with the given ids.
    ///
    /// Without --id, SQS moves all messages. Interrupting the command does not stop
    /// the move; run the command again to see its progress.
    ///
    /// With --id, each message is sent before it is deleted. An interruption can leave it in both
    /// queues, which does no harm.
    ///
    /// With --output json, prints {"moved"}.
    Redrive(RedriveArgs),
}

/// Runs the command. The exit code is 1 if it fails; standard error then has a line for each
/// problem.
pub async fn run(command: &QueueCommand) -> ExitCode {
    let done = match command {
        QueueCommand::Status(args) => status::print(args).await,
        QueueCommand::Dlq(DlqCommand::List(args)) => list::print(args).await,
        QueueCommand::Dlq(DlqCommand::Redrive(args)) => redrive::redrive(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report("queue", &error),
    }
}
