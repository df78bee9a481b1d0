//! `leadgate queue status`: the numbers of messages.

use aws::{
    queue::QueueError,
    store::{PENDING_SHARDS, Store, StoreError},
};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use clap::Args;
use serde::Serialize;

use super::{
    error::QueueCommandError,
    queues::{Queues, QueuesArgs},
};
use crate::output::{OutputArg, table};

/// Options of `leadgate queue status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    queues: QueuesArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Status {
    start: Counts,
    dead_letter: Counts,
    /// `None` if no table is given.
    unsent: Option<Unsent>,
}

/// Approximate numbers of messages in a queue.
#[derive(Serialize)]
struct Counts {
    visible: u64,
    in_flight: u64,
    delayed: u64,
}

/// Pending starts: their message could not be sent yet.
#[derive(Serialize)]
struct Unsent {
    starts: usize,
    /// Whether there are more than were counted.
    more: bool,
}

pub async fn print(args: &StatusArgs) -> Result<(), QueueCommandError> {
    let queues = &Queues::of(&args.queues).await?;
    let unsent = match &queues.store {
        None => None,
        Some(store) => Some(unsent(store).await?),
    };
    let status = Status {
        start: counts(queues, &queues.start_url).await?,
        dead_letter: counts(queues, &queues.dead_letter_url).await?,
        unsent,
    };
    args.output.print(&status, text)?;
    Ok(())
}

fn text(status: &Status) -> String {
    let row = |name: &str, counts: &Counts| {
        let Counts {
            visible,
            in_flight,
            delayed,
        } = counts;
        [
            name.to_owned(),
            visible.to_string(),
            in_flight.to_string(),
            delayed.to_string(),
        ]
    };
    let headings = ["QUEUE", "VISIBLE", "IN FLIGHT", "DELAYED"];
    let rows = [
        row("start", &status.start),
        row("dead letters", &status.dead_letter),
    ];
    let mut text = table(headings, &rows, "QUEUE");
    if let Some(Unsent { starts, more }) = &status.unsent {
        let least = if *more { "at least " } else { "" };
        text += &format!("\nPending starts: {least}{starts}\n");
    }
    text
}

async fn counts(queues: &Queues, url: &str) -> Result<Counts, QueueCommandError> {
    let reply = queues
        .sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(Name::ApproximateNumberOfMessages)
        .attribute_names(Name::ApproximateNumberOfMessagesNotVisible)
        .attribute_names(Name::ApproximateNumberOfMessagesDelayed)
        .send()
        .await
        .map_err(QueueError::from)?;
    let count = |name| {
        let text = reply.attributes().and_then(|all| all.get(&name));
        text.and_then(|text| text.parse().ok())
            .ok_or(QueueCommandError::NotReported("the number of messages"))
    };
    Ok(Counts {
        visible: count(Name::ApproximateNumberOfMessages)?,
        in_flight: count(Name::ApproximateNumberOfMessagesNotVisible)?,
        delayed: count(Name::ApproximateNumberOfMessagesDelayed)?,
    })
}

async fn unsent(store: &Store) -> Result<Unsent, StoreError> {
    let (mut starts, mut more) = (0, false);
    for shard in 0..PENDING_SHARDS {
        let page = store.pending_starts(shard, None).await?;
        starts += page.starts.len();
        more |= page.end.is_some();
    }
    Ok(Unsent { starts, more })
}
