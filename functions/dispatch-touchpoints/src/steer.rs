//! The outcome in the answer for a run that has ended. It concerns the person, so it steers the run
//! that the lead has now.

use std::sync::Arc;

use aws::store::{CurrentRun, RunOrigin, StoreError};
use domain::{
    channel::Channel,
    run::{Report, Run},
};

use crate::state::DispatchTouchpoints;

/// Applies an outcome of `ended` to the lead's active run, if there is one.
///
/// # Errors
/// [`StoreError::Conflict`] if something else has changed that run. Errors of the store.
pub async fn steer_active_run(
    state: &DispatchTouchpoints,
    ended: &Run,
    channel: Channel,
    report: Report,
) -> Result<(), StoreError> {
    let (account, id) = (ended.account_id, ended.lead_id);
    let Some(lead) = state.store.lead(account, id).await?.found() else {
        return Ok(());
    };
    let Some(start) = lead.start.as_ref().filter(|it| it.run_id != ended.id) else {
        return Ok(());
    };
    let (mut run, workflow, origin) = match state.store.run(account, id, start.run_id).await? {
        Some(run) => {
            let workflow = state.catalogue.version(account, &run.workflow).await?;
            (run, workflow, RunOrigin::Stored)
        }
        // start-workflow has not built the run yet. It is built here, and start-workflow finds it.
        None => {
            let workflow = state.store.workflow_of_run(account, start.workflow.id);
            let Some(workflow) = workflow.await? else {
                return Ok(());
            };
            let run = Run::build(&lead, start, Some(&workflow), state.clock.now());
            (run, Arc::new(workflow), RunOrigin::New)
        }
    };
    if !run.is_active() || run.is_waiting() {
        return Ok(());
    }
    // Read after the run, so that the change is not older than the run.
    let now = state.clock.now();
    let before = run.clone();
    run.apply_contact(report, channel, &workflow, now);
    if run == before {
        return Ok(());
    }
    let entry = run.outside_contact(&before, report.outcome, channel, now);
    state
        .store
        .change_run(&CurrentRun { run, origin }, &entry)
        .await
}
