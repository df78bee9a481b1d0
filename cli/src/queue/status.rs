//! How many messages there are, and where.

use aws::store::{PENDING_SHARDS, Store, StoreError};
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde::Serialize;

use super::{CommandError, StatusArgs, Target, letters::DeadLetters};
use crate::output::table;

/// What is printed.
#[derive(Serialize)]
struct Status {
    start: Counts,
    dead_letter: Counts,
    /// None: the table was not given.
    unsent: Option<Unsent>,
}

/// The messages of a queue, approximately.
#[derive(Serialize)]
struct Counts {
    visible: u64,
    in_flight: u64,
    delayed: u64,
}

/// The starts whose message could not be sent yet.
#[derive(Serialize)]
struct Unsent {
    starts: usize,
    /// There are more than were counted.
    more: bool,
}

pub(super) async fn print(args: &StatusArgs) -> Result<(), CommandError> {
    let target = &Target::of(&args.place).await?;
    let unsent = match &target.store {
        None => None,
        Some(store) => Some(unsent(store).await?),
    };
    let mut dead_letter = counts(target, &target.dead_letter_url).await?;
    if target.is_local {
        // The embedded SQS does not count what was received before and is back.
        let mut dead_letters = DeadLetters::new(target);
        let visible = dead_letters.take(usize::MAX).await;
        dead_letters.put_back().await;
        dead_letter.visible = u64::try_from(visible?.len()).unwrap_or(u64::MAX);
    }
    let status = Status {
        start: counts(target, &target.start_url).await?,
        dead_letter,
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
        text += &format!("\nStarts that wait to be sent: {least}{starts}\n");
    }
    text
}

async fn counts(target: &Target, url: &str) -> Result<Counts, CommandError> {
    let reply = target
        .sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(Name::ApproximateNumberOfMessages)
        .attribute_names(Name::ApproximateNumberOfMessagesNotVisible)
        .attribute_names(Name::ApproximateNumberOfMessagesDelayed)
        .send()
        .await
        .map_err(aws::queue::QueueError::from)?;
    let count = |name| {
        let text = reply.attributes().and_then(|all| all.get(&name));
        text.and_then(|text| text.parse().ok())
            .ok_or(CommandError::Unsaid("how many messages there are"))
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
