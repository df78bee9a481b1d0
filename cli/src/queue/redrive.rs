//! `leadgate queue dlq redrive`: moves dead letters back to their queue.

use std::collections::HashSet;

use aws::queue::{Hint, QueueError, QueueMessage, WorkflowStart};
use aws_sdk_sqs::types::{ListMessageMoveTasksResultEntry, QueueAttributeName};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use local::text::PrintError;
use serde::Serialize;
use tokio::time::{Duration, Instant, sleep};

use super::{
    error::QueueCommandError,
    letters::{DeadLetters, Letter},
    queues::{Queue, QueueArg, Queues, QueuesArgs},
};
use crate::output::{self, OutputArg};

/// Time between two reads of the progress.
const PAUSE: Duration = Duration::from_millis(250);
/// Time after which the progress is shown.
const QUICK: Duration = Duration::from_secs(1);
/// Maximum time until SQS lists a new move.
const UNSEEN: Duration = Duration::from_secs(10);
const RUNNING: &str = "RUNNING";
const COMPLETED: &str = "COMPLETED";

/// Options of `leadgate queue dlq redrive`.
#[derive(Args, Clone, Debug)]
pub struct RedriveArgs {
    #[command(flatten)]
    queue: QueueArg,
    /// Move only the dead letter with this message id; can be repeated
    #[arg(long, value_name = "MESSAGE ID")]
    id: Vec<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    queues: QueuesArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Redriven {
    moved: i64,
}

pub async fn redrive(args: &RedriveArgs) -> Result<(), QueueCommandError> {
    let queues = &Queues::of(&args.queues, args.queue.queue).await?;
    if args.id.is_empty() {
        let moved = move_all(queues).await?;
        return Ok(print(args.output, queues.queue, moved)?);
    }
    let mut wanted = args.id.iter().cloned().collect();
    let mut dead_letters = DeadLetters::new(queues);
    let moved = move_some(queues, &mut dead_letters, &mut wanted, args.output).await;
    dead_letters.put_back().await;
    let moved = moved?;
    if args.output.is_json() {
        print(args.output, queues.queue, moved)?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut missing: Vec<_> = wanted.into_iter().collect();
    missing.sort();
    Err(QueueCommandError::NotFound(missing))
}

fn print(output: OutputArg, queue: Queue, moved: i64) -> Result<(), PrintError> {
    let done = Redriven { moved };
    output.print(&done, |done| {
        format!("Moved to the {}: {}.\n", queue.words(), done.moved)
    })
}

/// Moves the letters with the wanted ids, and returns their number. Leaves the ids that were not
/// found in `wanted`.
async fn move_some(
    queues: &Queues,
    dead_letters: &mut DeadLetters<'_>,
    wanted: &mut HashSet<String>,
    format: OutputArg,
) -> Result<i64, QueueCommandError> {
    let mut moved = 0;
    while !wanted.is_empty() {
        let letters = dead_letters.receive(usize::MAX).await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            if wanted.remove(&letter.message_id) {
                send(queues, &letter).await?;
                dead_letters.delete(&letter).await?;
                moved += 1;
                if !format.is_json() {
                    let (queue, id) = (queues.queue.words(), &letter.message_id);
                    output::print(&format!("Moved to the {queue}: {id}.\n"))?;
                }
            }
        }
    }
    Ok(moved)
}

/// Sends a letter to its queue, in its message group, as at the first sending.
async fn send(queues: &Queues, letter: &Letter) -> Result<(), QueueError> {
    let group = || match queues.queue {
        Queue::Start => Some(WorkflowStart::from_body(&letter.body).ok()?.group()),
        Queue::Dispatch => Some(Hint::from_body(&letter.body).ok()?.group()),
    };
    queues
        .sqs
        .send_message()
        .queue_url(&queues.url)
        .set_message_group_id(letter.group.clone().or_else(group))
        .message_body(&letter.body)
        .send()
        .await?;
    Ok(())
}

/// Lets SQS move all letters, and waits for the end. If a move is running already, waits for that
/// one.
async fn move_all(queues: &Queues) -> Result<i64, QueueCommandError> {
    let source = arn(queues, &queues.dead_letter_url).await?;
    let before = newest(queues, &source).await?;
    let since = match before {
        Some(task) if task.status() == Some(RUNNING) => task.started_timestamp(),
        before => {
            queues
                .sqs
                .start_message_move_task()
                .source_arn(&source)
                .destination_arn(arn(queues, &queues.url).await?)
                .send()
                .await
                .map_err(QueueError::from)?;
            before.map_or(0, |before| before.started_timestamp() + 1)
        }
    };
    let begun = Instant::now();
    let mut bar = None;
    loop {
        let task = newest(queues, &source).await?;
        let Some(task) = task.filter(|task| task.started_timestamp() >= since) else {
            if begun.elapsed() > UNSEEN {
                return Err(QueueCommandError::NotReported("the progress of the move"));
            }
            sleep(PAUSE).await;
            continue;
        };
        let moved = task.approximate_number_of_messages_moved();
        match task.status() {
            Some(RUNNING) => {}
            Some(COMPLETED) => return Ok(moved),
            status => {
                let reason = task.failure_reason().or(status).unwrap_or_default();
                return Err(QueueCommandError::MoveFailed {
                    moved,
                    reason: reason.to_owned(),
                });
            }
        }
        if begun.elapsed() > QUICK {
            show(bar.get_or_insert_with(new_bar), &task);
        }
        sleep(PAUSE).await;
    }
}

/// Returns a progress bar. It is hidden if standard error is not a terminal.
fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} moved");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, task: &ListMessageMoveTasksResultEntry) {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let moved = count(task.approximate_number_of_messages_moved());
    let all = task.approximate_number_of_messages_to_move();
    bar.set_length(all.map_or(0, count).max(moved));
    bar.set_position(moved);
}

async fn newest(
    queues: &Queues,
    source: &str,
) -> Result<Option<ListMessageMoveTasksResultEntry>, QueueError> {
    let reply = queues
        .sqs
        .list_message_move_tasks()
        .source_arn(source)
        .max_results(10)
        .send()
        .await?;
    let tasks = reply.results.unwrap_or_default().into_iter();
    Ok(tasks.max_by_key(ListMessageMoveTasksResultEntry::started_timestamp))
}

async fn arn(queues: &Queues, url: &str) -> Result<String, QueueCommandError> {
    let reply = queues
        .sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(QueueError::from)?;
    let arn = reply
        .attributes
        .and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
    arn.ok_or(QueueCommandError::NotReported("the ARN of a queue"))
}
