//! `leadgate dispatch resend`: schedules a touchpoint that needs a person again.

use aws::{
    queue::Hint,
    store::{Store, StoreError},
};
use clap::Args;
use domain::{
    activity::ActivityKind,
    run::{NotResent, Run},
    touchpoint_id::TouchpointRef,
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    error::DispatchError,
    find::{entry, named},
};
use crate::{
    output::{OutputArg, exact},
    reason::reason,
    run::version_of,
    target::{Target, TargetArgs},
};

/// Maximum number of times that a change of a run is tried.
const TRIES: usize = 5;

/// Options of `leadgate dispatch resend`.
#[derive(Args, Clone, Debug)]
pub struct ResendArgs {
    /// Id of the touchpoint, or its last characters as `leadgate dispatch attention` shows them
    // Not parsed by clap: it would print a wrong value, which may be a key.
    id: String,
    /// Reason, for people; the lead's history shows it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: OutputArg,
    #[command(flatten)]
    target: TargetArgs,
}

/// Output of the command.
#[derive(Serialize)]
struct Resent {
    id: String,
    due_at: Timestamp,
}

pub async fn resend(args: &ResendArgs) -> Result<(), DispatchError> {
    let reason = reason(args.reason.as_deref())?;
    let target = Target::of(&args.target).await?;
    let store = target.store()?;
    let (id, place) = named(&target, &args.id).await?;
    let now = target.clock.now();
    let (run, due_at) = write(&store, place, reason.as_ref(), now).await?;
    // Without the hint, wake-runs finds the run within a minute or two.
    if let (Some(queue), Some(hint)) = (target.dispatch_queue(), Hint::of(&run, now)) {
        let _ = queue.send(&hint).await;
    }
    let name = run.touchpoint(place.index).map(|it| it.name());
    let resent = Resent { id, due_at };
    args.output.print(&resent, |resent| {
        format!(
            "Scheduled again: {}, due at {}.\n",
            name.unwrap_or_default(),
            exact(resent.due_at, now)
        )
    })?;
    Ok(())
}

/// Changes the run, with its entry in the history. Returns the run, and the time at which the
/// touchpoint is due.
async fn write(
    store: &Store,
    place: TouchpointRef,
    reason: Option<&String>,
    now: Timestamp,
) -> Result<(Run, Timestamp), DispatchError> {
    let TouchpointRef {
        account_id,
        lead_id,
        run_id,
        index,
    } = place;
    for _ in 0..TRIES {
        let run = store.run(account_id, lead_id, run_id).await?;
        let before = run.ok_or(DispatchError::Absent)?;
        let workflow = version_of(store, &before).await?;
        let workflow = workflow.ok_or(DispatchError::Absent)?;
        let mut run = before.clone();
        let due_at = run.resend(index, &workflow, now);
        let due_at = due_at.map_err(DispatchError::NotResent)?;
        // A hold that has just begun has not reached each run yet.
        let held_by = store.held_by(account_id, before.workflow.id).await?;
        if held_by.is_some() {
            return Err(DispatchError::NotResent(NotResent::Held));
        }
        let kind = ActivityKind::TouchpointReleased;
        let what = "scheduled again";
        let entry = entry(kind, &run, index, what, reason.cloned(), now);
        let entries: Vec<_> = entry.into_iter().collect();
        match store.write_run(&before, &run, &entries, now).await {
            Err(StoreError::Conflict) => {}
            written => {
                written?;
                return Ok((run, due_at));
            }
        }
    }
    Err(DispatchError::Busy)
}
