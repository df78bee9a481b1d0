//! `leadgate dispatch settle`: a person has looked at a touchpoint.

use aws::store::StoreError;
use clap::Args;
use domain::{activity::ActivityKind, cadence::TouchpointState};
use serde::Serialize;

use super::{
    error::DispatchError,
    find::{entry, named},
};
use crate::{
    output::OutputArg,
    reason::reason,
    target::{Target, TargetArgs},
};

/// Options of `leadgate dispatch settle`.
#[derive(Args, Clone, Debug)]
pub struct SettleArgs {
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
struct Settled {
    id: String,
    state: TouchpointState,
    settled: bool,
}

pub async fn settle(args: &SettleArgs) -> Result<(), DispatchError> {
    let reason = reason(args.reason.as_deref())?;
    let target = Target::of(&args.target).await?;
    let store = target.store()?;
    let (id, place) = named(&target, &args.id).await?;
    let run = store
        .run(place.account_id, place.lead_id, place.run_id)
        .await?;
    let run = run.ok_or(DispatchError::Absent)?;
    let touchpoint = run.touchpoint(place.index).ok_or(DispatchError::Absent)?;
    let (name, state) = (touchpoint.name(), touchpoint.state);
    if !state.needs_a_person() {
        return Err(DispatchError::NeedsNone(state));
    }
    let kind = ActivityKind::TouchpointEnded;
    let what = format!("{state}, settled");
    let entry = entry(kind, &run, place.index, &what, reason, target.clock.now());
    let entry = entry.ok_or(DispatchError::Absent)?;
    match store.settle_attention(&place, &entry).await {
        Err(StoreError::Conflict) => return Err(DispatchError::Settled),
        settled => settled?,
    }
    let settled = Settled {
        id,
        state,
        settled: true,
    };
    args.output.print(&settled, |_| {
        format!("Settled: {name} stays {state}, and needs no person any more.\n")
    })?;
    Ok(())
}
