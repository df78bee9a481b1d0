//! Outcomes of touchpoints: from a report to the changed run and its entry in the history.

use std::sync::Arc;

use aws::{store::StoreError, telemetry::ErrorChain};
use domain::{
    account::AccountSettings,
    activity::{Activity, ActivityKind, Contact},
    cadence::Touchpoint,
    lane::Lane,
    lead::Lead,
    report_limits::DEFERRED_FOR,
    run::{NotDeferred, NotDispatched, Reported, Run},
    touchpoint_id::TouchpointRef,
    workflow::Workflow,
};
use jiff::Timestamp;

use super::report::{Kind, Report, check_channel};
use crate::{
    http::error::ApiError,
    retry::{TRIES, pause},
    runs::{Changed, change_run, planned_by},
    state::AppState,
    suppressions::suppress_lead,
};

/// A touchpoint after a report.
pub struct Settled {
    /// Whether the report is the touchpoint's outcome now, or has put it back.
    pub changed: bool,
    /// Whether the report is not a repeat.
    pub is_new: bool,
    /// Number of new suppressions.
    pub suppressed: u64,
    pub run: Run,
    pub workflow: Arc<Workflow>,
}

/// Reads the lead and the run of a touchpoint, and the version of the workflow that the run follows.
///
/// # Errors
/// [`ApiError::NotFound`] if there is no such touchpoint, or if its lead was erased. Errors of the
/// store.
pub async fn read_run(
    state: &AppState,
    touchpoint: TouchpointRef,
) -> Result<(Lead, Run, Arc<Workflow>), ApiError> {
    let TouchpointRef {
        account_id,
        lead_id,
        run_id,
        index,
    } = touchpoint;
    // An erased lead is gone at once, and its runs a little later.
    let lead = state.store.lead(account_id, lead_id).await?.found();
    let lead = lead.ok_or(ApiError::NotFound("Touchpoint"))?;
    let run = state.store.run(account_id, lead_id, run_id).await?;
    let run = run.filter(|run| run.touchpoint(index).is_some());
    let run = run.ok_or(ApiError::NotFound("Touchpoint"))?;
    let workflow = planned_by(state, &run).await?;
    let workflow = workflow.ok_or(ApiError::NotFound("Touchpoint"))?;
    Ok((lead, run, workflow))
}

/// Takes in a report about a touchpoint.
///
/// # Errors
/// [`ApiError::NotFound`], [`ApiError::NotDispatched`], [`ApiError::HasOutcome`] and
/// [`ApiError::Validation`]; [`ApiError::Conflict`] after the last try; errors of the store.
pub async fn settle(
    state: &AppState,
    account: &AccountSettings,
    touchpoint: TouchpointRef,
    report: &Report,
) -> Result<Settled, ApiError> {
    let mut has_steered = false;
    let mut suppressed = None;
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let (lead, mut run, workflow) = read_run(state, touchpoint).await?;
        // Read after the run, so that the change is not older than the run.
        let now = state.clock.now();
        let before = run.clone();
        match report.kind {
            Kind::Deferred => {
                defer(&mut run, touchpoint.index, now)?;
                hold_again(state, &mut run, now).await?;
            }
            Kind::Outcome(outcome) => {
                let channel = run.touchpoint(touchpoint.index).map(|it| it.channel);
                let channel = channel.ok_or(ApiError::NotFound("Touchpoint"))?;
                check_channel("outcome", outcome, channel)?;
                let in_run = report.for_run().ok_or(ApiError::Internal(None))?;
                let reported = run.report(touchpoint.index, in_run, &workflow, now);
                let reported = reported.ok_or(ApiError::NotFound("Touchpoint"))?;
                let reported = reported.map_err(|NotDispatched| ApiError::NotDispatched)?;
                if suppressed.is_none() {
                    // Before the run is written: a repeat makes sure of the suppression again.
                    let writes = suppress_lead(state, account.id, &lead.profile, outcome);
                    suppressed = Some(writes.await?);
                }
                if reported != Reported::Changed {
                    let is_new = remember(state, &run, touchpoint, report, reported, now).await?;
                    return Ok(Settled {
                        changed: false,
                        is_new,
                        suppressed: suppressed.unwrap_or_default(),
                        run,
                        workflow,
                    });
                }
            }
        }
        if !before.is_active() && !has_steered {
            // Before the outcome is written: after it, a repeat would not steer any more.
            steer_active_run(state, account, &run, touchpoint.index, report).await?;
            has_steered = true;
        }
        let entry = entry(&before, &run, touchpoint.index, report, now);
        match state.store.write_run(&before, &run, &[entry], now).await {
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(ApiError::of_change(error)),
            Ok(()) => {
                run.revision += 1;
                state.hint(&before, &run).await;
                if report.kind == Kind::Deferred {
                    cool(state, &run, touchpoint.index, now).await;
                }
                return Ok(Settled {
                    changed: true,
                    is_new: true,
                    suppressed: suppressed.unwrap_or_default(),
                    run,
                    workflow,
                });
            }
        }
    }
    Err(ApiError::Conflict)
}

fn defer(run: &mut Run, index: u16, now: Timestamp) -> Result<(), ApiError> {
    let retry_at = now.saturating_add(DEFERRED_FOR).unwrap_or(now);
    match run.defer(index, retry_at) {
        None => Err(ApiError::NotFound("Touchpoint")),
        Some(Err(NotDeferred::NotDispatched)) => Err(ApiError::NotDispatched),
        Some(Err(NotDeferred::HasOutcome)) => Err(ApiError::HasOutcome),
        Some(Ok(())) => Ok(()),
    }
}

/// Lets the lane of a deferred touchpoint cool, if its channel has a webhook. A failure is logged: the
/// touchpoint is back all the same.
async fn cool(state: &AppState, run: &Run, index: u16, now: Timestamp) {
    let account = run.account_id;
    let cooled = async {
        let destinations = state.catalogue.destinations(account).await?;
        let channel = run.touchpoint(index).map(|it| it.channel);
        let webhook = channel.and_then(|channel| destinations.webhook_of(channel));
        let Some((webhook, receiver)) = webhook.and_then(|it| Some((it, it.receiver()?))) else {
            return Ok::<_, StoreError>(());
        };
        let until = now.saturating_add(DEFERRED_FOR).unwrap_or(now);
        let change = |lane: &mut Lane| {
            *lane = std::mem::take(lane).of(receiver);
            lane.cool(until);
        };
        state
            .store
            .change_lane(account, &webhook.name, change)
            .await?;
        Ok(())
    };
    if let Err(error) = cooled.await {
        tracing::warn!(error = %ErrorChain(&error), "a lane does not cool");
    }
}

/// Holds a run whose touchpoint went back, if a hold has begun since its claim: its time stands still from now on.
pub async fn hold_again(state: &AppState, run: &mut Run, now: Timestamp) -> Result<(), ApiError> {
    let held_by = state.store.held_by(run.account_id, run.workflow.id).await?;
    held_by.inspect(|by| run.hold(*by, now));
    Ok(())
}

/// Keeps a report that does not change the touchpoint: fills in the details of the first report of
/// the same outcome, or adds an entry to the history. Returns whether the outcome is new.
async fn remember(
    state: &AppState,
    run: &Run,
    touchpoint: TouchpointRef,
    report: &Report,
    reported: Reported,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let outcome = report.for_run().map(|report| report.outcome);
    let of_outcome = |contact: &Contact| contact.outcome == outcome;
    let (account, lead) = (run.account_id, run.lead_id);
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let entries = state.store.contact_entries(touchpoint).await?;
        let first = entries
            .into_iter()
            .find(|entry| entry.activity.contact.as_ref().is_some_and(of_outcome));
        let Some(mut first) = first else {
            let mut entry = entry(run, run, touchpoint.index, report, now);
            if reported == Reported::Lighter {
                entry.subject = entry.subject.map(|subject| subject + ", recorded only");
            }
            return match state.store.add_contact(account, lead, &entry).await {
                // The lead was erased since the run was read.
                Err(StoreError::Conflict) => Err(ApiError::NotFound("Touchpoint")),
                written => written.map(|()| true).map_err(ApiError::of_change),
            };
        };
        let contact = first.activity.contact.as_mut();
        let details = report.details.clone();
        if !contact.is_some_and(|contact| contact.details.fill_in(details)) {
            return Ok(false);
        }
        let reason = first.activity.reason.take();
        first.activity.reason = reason.or_else(|| report.details.note.clone());
        match state.store.replace_contact(account, lead, &first).await {
            Err(StoreError::Conflict) => {}
            written => return written.map(|()| false).map_err(ApiError::of_change),
        }
    }
    Err(ApiError::Conflict)
}

/// Applies an outcome of an ended run to the lead's active run, if the outcome concerns the person
/// and not the run.
async fn steer_active_run(
    state: &AppState,
    account: &AccountSettings,
    ended: &Run,
    index: u16,
    report: &Report,
) -> Result<(), ApiError> {
    let in_run = report.for_run();
    let in_run = in_run.filter(|report| report.outcome.steers_another_run());
    let (Some(in_run), Some(touchpoint)) = (in_run, ended.touchpoint(index)) else {
        return Ok(());
    };
    let channel = touchpoint.channel;
    let changed = change_run(state, account, ended.lead_id, None, |run, workflow, now| {
        let before = run.clone();
        if let (Some(workflow), true) = (workflow, run.id != ended.id) {
            run.apply_contact(in_run, channel, workflow, now);
        }
        if *run == before {
            return Ok(Changed::Nothing(()));
        }
        let entry = run.outside_contact(&before, in_run.outcome, channel, now);
        Ok(Changed::Run((), Box::new(entry)))
    });
    match changed.await {
        // The lead has no active run, or was erased since.
        Err(ApiError::NoActiveRun | ApiError::NotFound(_)) => Ok(()),
        changed => changed,
    }
}

/// Returns the entry of a report about a touchpoint.
fn entry(before: &Run, after: &Run, index: u16, report: &Report, now: Timestamp) -> Activity {
    let touchpoint = after.touchpoint(index);
    let what = touchpoint.map(Touchpoint::name).unwrap_or_default();
    let outcome = report.for_run().map(|report| report.outcome);
    let activity = match outcome {
        Some(outcome) => Activity {
            kind: ActivityKind::TouchpointOutcome,
            ..after.contact_entry(before, outcome, what, now)
        },
        None => Activity::new(
            ActivityKind::TouchpointOutcome,
            &format!("{what}: deferred"),
            now,
        ),
    };
    let contact = touchpoint.map(|it| Contact {
        outcome,
        details: report.details.clone(),
        ..Contact::of(after.id, index, it)
    });
    Activity {
        reason: report.details.note.clone(),
        contact,
        ..activity
    }
}
