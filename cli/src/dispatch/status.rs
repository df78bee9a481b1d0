//! `leadgate dispatch status`: what is due, who pulls, what is held, and the dispatch queue.

use aws::store::{HoldScope, ReleaseOrder, Store};
use clap::Args;
use domain::{channel::Channel, ids::AccountId};
use jiff::Timestamp;
use local::QueueName;

use super::{
    error::DispatchError,
    find::accounts,
    json::{DueOut, HoldOut, ReleaseOut, Status},
    lanes::count,
    text::text,
};
use crate::{
    output::{FullArg, OutputArg},
    queue::counts::Counts,
    stored::workflows,
    target::{QueueUrlArgs, Target, TargetArgs},
};

/// Options of `leadgate dispatch status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Name or id of one account, or the last characters of the id [default: all accounts]
    // Not parsed by clap: it would print a wrong value, which may be a key.
    #[arg(long, value_name = "NAME|ID")]
    account: Option<String>,
    #[command(flatten)]
    full: FullArg,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    queues: QueueUrlArgs,
}

pub async fn print(args: &StatusArgs) -> Result<(), DispatchError> {
    let target = Target::with_queue(&args.target, &args.queues, QueueName::Dispatch, None).await?;
    let store = target.store()?;
    let now = target.clock.now();
    let accounts = accounts(&target, args.account.as_deref()).await?;
    let mut lanes = Vec::new();
    for account in &accounts {
        for channel in Channel::ALL {
            lanes.extend(count(&store, *account, channel, now).await?);
        }
    }
    let mut due = store.due_runs(Timestamp::UNIX_EPOCH..now);
    let urls = target.known_urls(QueueName::Dispatch);
    let status = Status {
        lanes,
        oldest_due_run: due.next().await?.map(DueOut::from),
        holds: holds(&store, &accounts).await?,
        releases: releases(&store).await?,
        queue: counts(&target, urls.queue.as_deref()).await?,
        dead_letters: counts(&target, urls.dead_letters.as_deref()).await?,
    };
    args.output
        .print(&status, |status| text(status, args.full, now))?;
    Ok(())
}

async fn counts(target: &Target, url: Option<&str>) -> Result<Option<Counts>, DispatchError> {
    Ok(match url {
        Some(url) => Some(Counts::of(&target.clients.sqs, url).await?),
        None => None,
    })
}

/// Returns the holds of operators, and the paused workflows.
async fn holds(store: &Store, accounts: &[AccountId]) -> Result<Vec<HoldOut>, DispatchError> {
    let of_accounts = accounts.iter().map(|it| HoldScope::Account(*it));
    let mut holds = Vec::new();
    for scope in [HoldScope::All].into_iter().chain(of_accounts) {
        if let Some(hold) = store.hold_of(scope).await? {
            holds.push(HoldOut {
                scope: scope.into(),
                workflow: None,
                since: Some(hold.since),
                reason: hold.reason,
                held_runs: store.held_runs(scope).await?.len(),
            });
        }
    }
    for account in accounts {
        for workflow in workflows(store, *account).await? {
            let scope = HoldScope::Workflow(*account, workflow.id);
            if workflow.is_paused {
                holds.push(HoldOut {
                    scope: scope.into(),
                    workflow: Some(workflow.name),
                    since: None,
                    reason: None,
                    held_runs: store.held_runs(scope).await?.len(),
                });
            }
        }
    }
    Ok(holds)
}

async fn releases(store: &Store) -> Result<Vec<ReleaseOut>, DispatchError> {
    let mut releases = Vec::new();
    for ReleaseOrder {
        scope, empty_since, ..
    } in store.release_orders().await?
    {
        releases.push(ReleaseOut {
            scope: scope.into(),
            held_runs: store.held_runs(scope).await?.len(),
            empty_since,
        });
    }
    Ok(releases)
}
