//! `leadgate dispatch attention`: the touchpoints that need a person.

use clap::Args;
use domain::{
    cadence::{Reason, Touchpoint, TouchpointState},
    channel::Channel,
    ids::{AccountId, LeadId, RunId},
};
use jiff::Timestamp;
use local::text::wrapped;
use serde::Serialize;

use super::{
    error::DispatchError,
    find::{Needing, accounts, needing},
};
use crate::{
    output::{FullArg, OutputArg, columns},
    target::{Target, TargetArgs},
};

/// Options of `leadgate dispatch attention`.
#[derive(Args, Clone, Debug)]
pub struct AttentionArgs {
    /// Name or id of one account, or the last characters of the id [default: all accounts]
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(long, value_name = "NAME|ID")]
    account: Option<String>,
    /// Maximum number of touchpoints to list
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Listed {
    touchpoints: Vec<Entry>,
    /// Whether there may be more than the limit.
    more: bool,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    account_id: AccountId,
    lead_id: LeadId,
    run_id: RunId,
    channel: Channel,
    attempt: u8,
    max_attempts: u8,
    state: TouchpointState,
    due_at: Timestamp,
    why: &'static str,
    #[serde(skip)]
    advice: &'static str,
}

pub async fn list(args: &AttentionArgs) -> Result<(), DispatchError> {
    let target = Target::of(&args.target).await?;
    let store = target.store()?;
    let limit = usize::from(args.limit);
    let (mut found, mut more) = (Vec::new(), false);
    for account in accounts(&target, args.account.as_deref()).await? {
        let left = limit - found.len();
        let (of_account, has_more) = needing(&store, account, left).await?;
        found.extend(of_account);
        more |= has_more;
        if found.len() >= limit {
            break;
        }
    }
    let listed = Listed {
        touchpoints: found.iter().filter_map(entry).collect(),
        more,
    };
    let now = target.clock.now();
    args.output.print(&listed, |listed| {
        text(listed, args.full, &args.target.typed(), limit, now)
    })?;
    Ok(())
}

fn entry(needing: &Needing) -> Option<Entry> {
    let touchpoint = needing.touchpoint()?;
    let (why, advice) = why(touchpoint);
    Some(Entry {
        id: needing.id.clone(),
        account_id: needing.place.account_id,
        lead_id: needing.place.lead_id,
        run_id: needing.place.run_id,
        channel: touchpoint.channel,
        attempt: touchpoint.attempt,
        max_attempts: touchpoint.max_attempts,
        state: touchpoint.state,
        due_at: touchpoint.due_at,
        why,
        advice,
    })
}

/// Returns why a touchpoint needs a person, and what to do.
fn why(touchpoint: &Touchpoint) -> (&'static str, &'static str) {
    match touchpoint.state {
        TouchpointState::Failed if touchpoint.reasons.contains(&Reason::Template) => (
            "its message needs a value that the lead does not have",
            "Give the lead the value, then resend it.",
        ),
        TouchpointState::Failed => (
            "its receiver has refused it twice",
            "Find out why, then resend or settle it.",
        ),
        _ => (
            "it may have gone out: no outcome came before its lease or its time ended",
            "Ask the caller, then report its outcome, settle it or resend it.",
        ),
    }
}

fn text(listed: &Listed, full: FullArg, options: &str, limit: usize, now: Timestamp) -> String {
    if listed.touchpoints.is_empty() {
        return "No touchpoint needs a person.\n".to_owned();
    }
    let mut text = String::new();
    for it in &listed.touchpoints {
        let (id, due) = (full.id(&it.id), full.time(it.due_at, now));
        text += &format!(
            "{id}  {} {}/{}, {}, due {due}\n",
            it.channel, it.attempt, it.max_attempts, it.state
        );
        let columns = columns().unwrap_or(usize::MAX);
        for line in [
            format!("  {}", it.why),
            format!("  {}", it.advice),
            format!(
                "  account {}, lead {}, run {}",
                full.id(it.account_id),
                full.id(it.lead_id),
                full.id(it.run_id)
            ),
        ] {
            text += &format!("{}\n", wrapped(&line, columns, 0, "    "));
        }
        text += "\n";
    }
    if listed.more {
        text += &format!("There may be more: pass a --limit above {limit} to list them.\n\n");
    }
    text + &format!(
        "Resend one:  leadgate dispatch resend ID{options}\n\
         Settle one:  leadgate dispatch settle ID{options}\n\
         Report one:  leadgate touchpoint outcome ID OUTCOME\n"
    )
}
