//! How many messages there are, and where.

use std::io::{self, Write};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde::Serialize;
use shared::store::{Store, StoreError, UNSENT_SHARDS};

use super::{CommandError, Target, letters::DeadLetters};

/// What `--json` prints.
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

pub(super) async fn print(target: &Target, json: bool) -> Result<(), CommandError> {
    let unsent = match &target.store {
        None => None,
        Some(store) => Some(unsent(store).await?),
    };
    let mut dead_letter = counts(target, &target.dead_letter_url).await?;
    if target.local.is_some() {
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
    let mut stdout = io::stdout();
    if json {
        writeln!(stdout, "{}", serde_json::to_string(&status)?)?;
        return Ok(());
    }
    writeln!(stdout, "QUEUE        VISIBLE  IN FLIGHT  DELAYED")?;
    for (name, counts) in [
        ("start", &status.start),
        ("dead letters", &status.dead_letter),
    ] {
        let Counts {
            visible,
            in_flight,
            delayed,
        } = counts;
        writeln!(
            stdout,
            "{name:<12} {visible:>7}  {in_flight:>9}  {delayed:>7}"
        )?;
    }
    if let Some(Unsent { starts, more }) = status.unsent {
        let least = if more { "at least " } else { "" };
        writeln!(stdout, "\nStarts that wait to be sent: {least}{starts}")?;
    }
    Ok(())
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
        .map_err(shared::queue::QueueError::from)?;
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
    for shard in 0..UNSENT_SHARDS {
        let page = store.unsent_starts(shard, None).await?;
        starts += page.starts.len();
        more |= page.end.is_some();
    }
    Ok(Unsent { starts, more })
}
