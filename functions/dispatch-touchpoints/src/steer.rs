//! The outcome in the answer for a run that has ended. It concerns the person, so it steers the run
//! that the lead has now.

use aws::store::StoreError;
use domain::{
    activity::{Activity, Contact},
    channel::Channel,
    run::{Report, Run},
};

use crate::state::DispatchTouchpoints;

/// Applies an outcome of `ended` to the lead's active run, if there is one.
///
/// # Errors
/// [`StoreError::Conflict`] if something else has changed that run, or if it is not built yet. Errors of
/// the store.
pub async fn steer_active_run(
    state: &DispatchTouchpoints,
    ended: &Run,
    channel: Channel,
    report: Report,
) -> Result<(), StoreError> {
    let (account, lead) = (ended.account_id, ended.lead_id);
    let found = state.store.lead(account, lead).await?.found();
    let Some(current) = found.and_then(|lead| lead.start).map(|start| start.run_id) else {
        return Ok(());
    };
    if current == ended.id {
        return Ok(());
    }
    let run = state.store.run(account, lead, current).await?;
    let mut run = run.ok_or(StoreError::Conflict)?;
    if !run.is_active() {
        return Ok(());
    }
    let workflow = state.catalogue.version(account, &run.workflow).await?;
    // Read after the run, so that the change is not older than the run.
    let now = state.clock.now();
    let before = run.clone();
    run.apply_contact(report, channel, &workflow, now);
    if run == before {
        return Ok(());
    }
    let outcome = report.outcome;
    let entry = run.contact_entry(&before, outcome, channel.to_string(), now);
    let contact = Contact {
        outcome: Some(outcome),
        ..Contact::new(channel)
    };
    let contact = Some(contact);
    let entry = Activity { contact, ..entry };
    state.store.write_run(&before, &run, &[entry], now).await
}
