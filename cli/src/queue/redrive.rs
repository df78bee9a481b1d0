//! The way back into the start queue.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use aws::queue::{QueueError, WorkflowStart};
use aws_sdk_sqs::types::{ListMessageMoveTasksResultEntry, QueueAttributeName};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::time::{Duration, Instant, sleep};

use super::{
    CommandError, PlaceArgs, Target,
    letters::{DeadLetters, Letter},
};
use crate::output::OutputArg;

/// Between two looks at a move.
const PAUSE: Duration = Duration::from_millis(250);
/// A move that takes longer shows how far it is.
const QUICK: Duration = Duration::from_secs(1);
/// A move that was just begun need not be told of at once.
const UNSEEN: Duration = Duration::from_secs(10);
const RUNNING: &str = "RUNNING";
const COMPLETED: &str = "COMPLETED";

/// What `leadgate queue dlq redrive` can be told.
#[derive(Args, Clone, Debug)]
pub struct RedriveArgs {
    /// Only the dead letter with this message id; can be given several times
    #[arg(long, value_name = "MESSAGE ID")]
    id: Vec<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Form of what is printed as JSON.
#[derive(Serialize)]
struct Redriven {
    moved: i64,
}

pub(super) async fn redrive(args: &RedriveArgs) -> Result<(), CommandError> {
    let target = &Target::of(&args.place).await?;
    if args.id.is_empty() {
        let moved = move_all(target).await?;
        return Ok(print(args.output, moved)?);
    }
    let mut wanted = args.id.iter().cloned().collect();
    let mut dead_letters = DeadLetters::new(target);
    let moved = move_some(target, &mut dead_letters, &mut wanted, args.output).await;
    dead_letters.put_back().await;
    let moved = moved?;
    if args.output.is_json() {
        print(args.output, moved)?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut missing: Vec<_> = wanted.into_iter().collect();
    missing.sort();
    Err(CommandError::NotFound(missing))
}

fn print(output: OutputArg, moved: i64) -> io::Result<()> {
    let done = Redriven { moved };
    output.print(&done, |done| {
        format!("Moved to the start queue: {}.\n", done.moved)
    })
}

/// Moves the letters that are wanted, counts them, and leaves in `wanted` what is not there.
async fn move_some(
    target: &Target,
    dead_letters: &mut DeadLetters<'_>,
    wanted: &mut HashSet<String>,
    output: OutputArg,
) -> Result<i64, CommandError> {
    let mut moved = 0;
    while !wanted.is_empty() {
        let letters = dead_letters.receive(usize::MAX).await?;
        if letters.is_empty() {
            break;
        }
        for letter in letters {
            if wanted.remove(&letter.message_id) {
                send(target, &letter).await?;
                dead_letters.delete(&letter).await?;
                moved += 1;
                if !output.is_json() {
                    let id = &letter.message_id;
                    writeln!(io::stdout(), "Moved to the start queue: {id}.")?;
                }
            }
        }
    }
    Ok(moved)
}

/// Sends it as it was: the account is the group, as when it was first sent.
async fn send(target: &Target, letter: &Letter) -> Result<(), QueueError> {
    let account = || {
        let start = WorkflowStart::from_body(&letter.body).ok()?;
        Some(start.account_id.to_string())
    };
    target
        .sqs
        .send_message()
        .queue_url(&target.start_url)
        .set_message_group_id(letter.group.clone().or_else(account))
        .message_body(&letter.body)
        .send()
        .await?;
    Ok(())
}

/// Has SQS move all, and waits until it has. A move that is under way already is waited for.
async fn move_all(target: &Target) -> Result<i64, CommandError> {
    let source = arn(target, &target.dead_letter_url).await?;
    let before = newest(target, &source).await?;
    let since = match before {
        Some(task) if task.status() == Some(RUNNING) => task.started_timestamp(),
        before => {
            target
                .sqs
                .start_message_move_task()
                .source_arn(&source)
                .destination_arn(arn(target, &target.start_url).await?)
                .send()
                .await
                .map_err(QueueError::from)?;
            before.map_or(0, |before| before.started_timestamp() + 1)
        }
    };
    let begun = Instant::now();
    let mut bar = None;
    loop {
        let task = newest(target, &source).await?;
        let Some(task) = task.filter(|task| task.started_timestamp() >= since) else {
            if begun.elapsed() > UNSEEN {
                return Err(CommandError::Unsaid("what became of the move"));
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
                return Err(CommandError::MoveFailed {
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

/// Hidden where standard error is no terminal.
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
    target: &Target,
    source: &str,
) -> Result<Option<ListMessageMoveTasksResultEntry>, QueueError> {
    let reply = target
        .sqs
        .list_message_move_tasks()
        .source_arn(source)
        .max_results(10)
        .send()
        .await?;
    let tasks = reply.results.unwrap_or_default().into_iter();
    Ok(tasks.max_by_key(ListMessageMoveTasksResultEntry::started_timestamp))
}

async fn arn(target: &Target, url: &str) -> Result<String, CommandError> {
    let reply = target
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
    arn.ok_or(CommandError::Unsaid("the ARN of a queue"))
}
