//! `leadgate queue status`: the numbers of messages.

use aws::store::{PENDING_SHARDS, Store, StoreError};
use clap::Args;
use serde::Serialize;

use super::{
    counts::{Counts, HEADINGS},
    error::QueueCommandError,
    queues::{Queue, Queues, QueuesArgs},
};
use crate::{
    output::{OutputArg, table},
    target::Target,
};

/// Options of `leadgate queue status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Queue to count [default: both]
    #[arg(long, value_name = "QUEUE", value_enum)]
    queue: Option<Queue>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    queues: QueuesArgs,
}

/// Output of the command. A queue that was not counted is `None`.
#[derive(Serialize)]
struct Status {
    start: Option<Counts>,
    dead_letter: Option<Counts>,
    dispatch: Option<Counts>,
    dispatch_dead_letter: Option<Counts>,
    /// `None` if no table is given.
    unsent: Option<Unsent>,
}

/// Pending starts: their message could not be sent yet.
#[derive(Serialize)]
struct Unsent {
    starts: usize,
    /// Whether there are more than were counted.
    more: bool,
}

pub async fn print(args: &StatusArgs) -> Result<(), QueueCommandError> {
    let target = args
        .queues
        .target(args.queue.unwrap_or(Queue::Start))
        .await?;
    let (start, dead_letter) = counts(&target, args.queue, Queue::Start).await?;
    let (dispatch, dispatch_dead_letter) = counts(&target, args.queue, Queue::Dispatch).await?;
    let unsent = match target.known_store().filter(|_| start.is_some()) {
        None => None,
        Some(store) => Some(unsent(&store).await?),
    };
    let status = Status {
        start,
        dead_letter,
        dispatch,
        dispatch_dead_letter,
        unsent,
    };
    args.output.print(&status, text)?;
    Ok(())
}

/// Counts a queue and its dead letters, if it is asked for. Without --queue, a queue whose URL is not
/// known is left out, if it is not the start queue.
async fn counts(
    target: &Target,
    asked: Option<Queue>,
    queue: Queue,
) -> Result<(Option<Counts>, Option<Counts>), QueueCommandError> {
    let is_asked = asked.is_none_or(|it| it == queue);
    let is_known = target.known_urls(queue.name()).queue.is_some();
    let is_needed = asked.is_some() || queue == Queue::Start;
    if !is_asked || !is_known && !is_needed {
        return Ok((None, None));
    }
    let queues = Queues::in_target(target, queue)?;
    let messages = Counts::of(&queues.sqs, &queues.url).await?;
    let dead_letters = Counts::of(&queues.sqs, &queues.dead_letter_url).await?;
    Ok((Some(messages), Some(dead_letters)))
}

fn text(status: &Status) -> String {
    let counted = [
        ("start", &status.start),
        ("start, dead letters", &status.dead_letter),
        ("dispatch", &status.dispatch),
        ("dispatch, dead letters", &status.dispatch_dead_letter),
    ];
    let rows = counted
        .into_iter()
        .filter_map(|(name, counts)| Some(counts.as_ref()?.row(name)));
    let rows: Vec<_> = rows.collect();
    let mut text = table(HEADINGS, &rows, "QUEUE");
    if let Some(Unsent { starts, more }) = &status.unsent {
        let least = if *more { "at least " } else { "" };
        text += &format!("\nPending starts: {least}{starts}\n");
    }
    text
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
