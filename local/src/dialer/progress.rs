//! Progress of a call: its outcome, and the next contact of its run.

use aws::store::{ListedRun, Store, StoreError};
use domain::{
    cadence::{Channel, Touchpoint, TouchpointState},
    outcome::Outcome,
    run::{CadenceState, HeldBy, Run},
    touchpoint_id::TouchpointRef,
};
use jiff::Timestamp;
use serde::Serialize;

/// Progress of a call.
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

/// Reads the progress of the call of each touchpoint, in one read. `None` if its lead was erased.
pub(super) async fn of(
    store: &Store,
    touchpoints: &[TouchpointRef],
) -> Result<Vec<Option<Progress>>, StoreError> {
    let mut listed: Vec<ListedRun> = Vec::new();
    for it in touchpoints {
        if listed.iter().all(|listed| listed.run_id != it.run_id) {
            listed.push(ListedRun {
                account_id: it.account_id,
                lead_id: it.lead_id,
                run_id: it.run_id,
            });
        }
    }
    let found = store.runs_of_leads(&listed).await?;
    // `leadgate doctor` names a damaged run.
    let runs: Vec<Run> = found.into_iter().flatten().map(|it| it.run).collect();
    let progress = touchpoints.iter().map(|it| {
        let run = runs.iter().find(|run| run.id == it.run_id)?;
        Progress::of(run, it.index)
    });
    Ok(progress.collect())
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
