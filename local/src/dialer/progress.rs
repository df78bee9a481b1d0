//! What has become of a call: its outcome, and what the cadence does next.

use aws::store::{Store, StoreError};
use domain::{
    cadence::{Channel, Touchpoint, TouchpointState},
    outcome::Outcome,
    run::{CadenceState, HeldBy, Run},
};
use jiff::Timestamp;
use serde::Serialize;

use super::calls::Call;

/// What has become of a call.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Progress {
    state: TouchpointState,
    outcome: Option<Outcome>,
    cadence_state: CadenceState,
    human_takeover: bool,
    /// Label of the lead's status.
    status: String,
    /// Next contact. `None` if nothing more goes out.
    next: Option<Next>,
}

/// The next contact of a run.
#[derive(Debug, PartialEq, Serialize)]
struct Next {
    channel: Channel,
    due_at: Timestamp,
    attempt: u8,
    max_attempts: u8,
    /// The thing that holds the run. `None` if nothing does.
    held_by: Option<&'static str>,
}

/// Reads what has become of a call. `None` if its lead was erased.
pub(super) async fn of(store: &Store, call: &Call) -> Result<Option<Progress>, StoreError> {
    let it = call.touchpoint;
    let lead = store.lead(it.account_id, it.lead_id).await?.found();
    let run = match lead {
        Some(_) => store.run(it.account_id, it.lead_id, it.run_id).await?,
        None => None,
    };
    Ok(run.and_then(|run| Progress::of(&run, it.index)))
}

impl Progress {
    fn of(run: &Run, index: u16) -> Option<Self> {
        let called = run.touchpoint(index)?;
        // Without an outcome, the touchpoint itself can be the next.
        let next = run.next_index().filter(|it| *it != index && run.goes_on());
        let next = next.and_then(|index| run.touchpoint(index));
        Some(Self {
            state: called.state,
            outcome: called.outcome,
            cadence_state: run.cadence_state,
            human_takeover: run.human_takeover,
            status: run.current_status.label.clone(),
            next: next.map(|it| Next::of(it, run)),
        })
    }
}

impl Next {
    fn of(touchpoint: &Touchpoint, run: &Run) -> Self {
        Self {
            channel: touchpoint.channel,
            due_at: run.retry_at().unwrap_or(touchpoint.due_at),
            attempt: touchpoint.attempt,
            max_attempts: touchpoint.max_attempts,
            held_by: run.held.map(|held| HeldBy::as_str(held.by)),
        }
    }
}
