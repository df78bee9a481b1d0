//! `leadgate queue dlq list`: the dead letters, oldest first.

use std::fmt::{self, Write};

use aws::{
    queue::{Hint, WorkflowStart},
    store::{Store, StoreError},
};
use clap::Args;
use domain::ids::{AccountId, LeadId, RunId, WorkflowId};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    diagnosis,
    error::QueueCommandError,
    hint_diagnosis,
    letters::{DeadLetters, Letter},
    queues::{Queue, QueueArg, Queues, QueuesArgs},
    reason::Reason,
};
use crate::output::{FullArg, OutputArg};

/// Number of dead letters that are looked up in the table at the same time.
const LOOKED_UP_AT_ONCE: usize = 16;

/// Options of `leadgate queue dlq list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    queue: QueueArg,
    /// Maximum number of dead letters to list
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    queues: QueuesArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Listed {
    dead_letters: Vec<Entry>,
    /// Whether there may be more than the limit.
    more: bool,
}

#[derive(Serialize)]
struct Entry {
    message_id: String,
    sent_at: Option<Timestamp>,
    age_seconds: Option<i64>,
    receive_count: Option<u32>,
    #[serde(flatten)]
    ids: Option<Ids>,
    #[serde(flatten)]
    reason: Reason,
}

/// Ids in the message of a start or of a hint.
#[derive(Serialize)]
struct Ids {
    account_id: AccountId,
    lead_id: LeadId,
    run_id: RunId,
    /// `None` for a hint, which has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow_id: Option<WorkflowId>,
}

pub async fn print(args: &ListArgs) -> Result<(), QueueCommandError> {
    let queues = &Queues::of(&args.queues, args.queue.queue).await?;
    let now = queues.clock.now();
    let limit = usize::from(args.limit);
    let mut dead_letters = DeadLetters::new(queues);
    let found = dead_letters.take(limit).await;
    dead_letters.put_back().await;
    let mut found = found?;
    found.sort_by_key(|letter| letter.sent_at);
    let entries: Vec<_> = found
        .into_iter()
        .map(|letter| entry(letter, queues, now))
        .collect();
    let listed = Listed {
        more: entries.len() == limit,
        dead_letters: stream::iter(entries)
            .buffered(LOOKED_UP_AT_ONCE)
            .try_collect()
            .await?,
    };
    args.output
        .print(&listed, |listed| text(listed, limit, args.full, now))?;
    Ok(())
}

fn text(listed: &Listed, limit: usize, full: FullArg, now: Timestamp) -> String {
    let mut text = String::new();
    if listed.dead_letters.is_empty() {
        text.push_str("There are no dead letters.\n");
    }
    for entry in &listed.dead_letters {
        // Writing to a String cannot fail.
        let _ = write(&mut text, entry, full, now);
    }
    if listed.more {
        text += &format!("There may be more: pass a --limit above {limit} to list them.\n");
    }
    text
}

async fn entry(letter: Letter, queues: &Queues, now: Timestamp) -> Result<Entry, StoreError> {
    let store = queues.store.as_ref();
    let (reason, ids) = match queues.queue {
        Queue::Start => of_start(&letter.body, store).await?,
        Queue::Dispatch => of_hint(&letter.body, store, now).await?,
    };
    let age = letter.sent_at.map(|sent| now.duration_since(sent));
    Ok(Entry {
        message_id: letter.message_id,
        sent_at: letter.sent_at,
        age_seconds: age.map(|age| age.as_secs().max(0)),
        receive_count: letter.receive_count,
        ids,
        reason,
    })
}

async fn of_start(body: &str, store: Option<&Store>) -> Result<(Reason, Option<Ids>), StoreError> {
    let start = WorkflowStart::from_body(body);
    let reason = diagnosis::of(&start, store).await?;
    let ids = start.ok().map(|start| Ids {
        account_id: start.account_id,
        lead_id: start.lead_id,
        run_id: start.run_id,
        workflow_id: Some(start.workflow_id),
    });
    Ok((reason, ids))
}

async fn of_hint(
    body: &str,
    store: Option<&Store>,
    now: Timestamp,
) -> Result<(Reason, Option<Ids>), StoreError> {
    let hint = Hint::from_body(body);
    let reason = hint_diagnosis::of(&hint, store, now).await?;
    let ids = hint.ok().map(|hint| Ids {
        account_id: hint.account_id,
        lead_id: hint.lead_id,
        run_id: hint.run_id,
        workflow_id: None,
    });
    Ok((reason, ids))
}

fn write(out: &mut String, entry: &Entry, full: FullArg, now: Timestamp) -> fmt::Result {
    write!(out, "{}", entry.message_id)?;
    if let Some(sent) = entry.sent_at {
        write!(out, "  sent {}", full.time(sent, now))?;
    }
    if let Some(count) = entry.receive_count {
        write!(out, ", receive count {count}")?;
    }
    writeln!(out, "\n  {}", entry.reason.text)?;
    if let Some(ids) = &entry.ids {
        let Ids {
            account_id,
            lead_id,
            run_id,
            workflow_id,
        } = ids;
        let (account, lead) = (full.id(account_id), full.id(lead_id));
        writeln!(out, "  account {account}, lead {lead}")?;
        write!(out, "  run {}", full.id(run_id))?;
        if let Some(workflow) = workflow_id {
            write!(out, ", workflow {}", full.id(workflow))?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}
