//! The settlement: the write after a hand-over. It is repeated until it holds.

use std::sync::atomic::{AtomicBool, Ordering};

use aws::{store::StoreError, telemetry::ErrorChain};
use domain::{
    activity::{Activity, ActivityKind, Contact, ContactDetails, Sent},
    channel::Channel,
    report_limits::DEFERRED_FOR,
    run::{Answer, HeldBy, Report, Reported, Run},
    suppression::Suppression,
};
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use crate::{
    answer::Answered, claimed::Claimed, looked::LookError, outcome::InAnswer, retry::insist,
    seen::Seen, state::DispatchTouchpoints, steer::steer_active_run,
};

/// Result of a hand-over.
#[derive(Clone, Copy)]
pub enum Settlement<'a> {
    /// No request went out. Something may hold the run.
    Unsent(Answer, Option<HeldBy>),
    /// The receiver has answered, after this time.
    Sent(&'a Answered, SignedDuration),
}

/// Settles a claim. Returns the changed run and what has happened to it. `None` if the run was erased,
/// or if the claim is over and nothing has changed the run.
///
/// # Errors
/// [`LookError::Contended`] or the error of the store, each after the last try. Other errors of the store
/// than those of its load.
pub async fn settle(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    settlement: Settlement<'_>,
) -> Result<Option<(Seen, Run)>, LookError> {
    if let Settlement::Sent(answered, _) = settlement {
        suppress(state, claimed, &answered.in_body).await;
    }
    // Nothing has gone out, so the claim is most likely as it was written a moment ago.
    let mut known = match settlement {
        Settlement::Unsent(..) => Some(claimed.run.clone()),
        Settlement::Sent(..) => None,
    };
    let has_steered = AtomicBool::new(false);
    // The answer would be lost: SQS delivers the hint again, and not the answer.
    let settled = insist(state, || {
        settle_once(state, claimed, settlement, known.take(), &has_steered)
    });
    settled.await.map_err(|error| match error {
        StoreError::Conflict => LookError::Contended,
        error => error.into(),
    })
}

/// Settles a claim of the run as it is now, or as it is in `current`.
async fn settle_once(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    settlement: Settlement<'_>,
    current: Option<Run>,
    has_steered: &AtomicBool,
) -> Result<Option<(Seen, Run)>, StoreError> {
    let (account, lead) = (claimed.run.account_id, claimed.run.lead_id);
    let run = match current {
        Some(run) => Some(run),
        None => state.store.run(account, lead, claimed.run.id).await?,
    };
    let Some(mut run) = run else {
        return Ok(None);
    };
    let (before, now) = (run.clone(), state.clock.now());
    let entries = match settlement {
        Settlement::Unsent(answer, held_by) => unsent(&mut run, claimed, answer, held_by, now),
        Settlement::Sent(answered, took) => sent(&mut run, claimed, answered, took, now),
    };
    if run == before && entries.is_empty() {
        return Ok(None);
    }
    if let Settlement::Sent(answered, _) = settlement
        && let Some((channel, report)) = news_of_ended(&before, &run, claimed.index, answered)
        && !has_steered.swap(true, Ordering::Relaxed)
    {
        // Before the outcome is written: the next look does not see it any more.
        let steered = insist(state, || steer_active_run(state, &before, channel, report));
        if let Err(error) = steered.await {
            tracing::error!(lead.id = %lead, error = %ErrorChain(&error), "an outcome could not be applied to the lead's active run");
        }
    }
    if run == before {
        // The outcome was faster, and has ended the claim. The entry of the answer is left to write.
        add(state, claimed, &entries).await?;
    } else {
        let written = state.store.write_run(&before, &run, &entries, now);
        written.await?;
    }
    Ok(Some((Seen::of(&before, &run, now), run)))
}

/// Returns the outcome in an answer, and its channel, if the run had ended before, the outcome is new,
/// and it concerns the person.
fn news_of_ended(
    before: &Run,
    after: &Run,
    index: u16,
    answered: &Answered,
) -> Option<(Channel, Report)> {
    let InAnswer::Outcome(report, _) = answered.in_body else {
        return None;
    };
    let (old, new) = (before.touchpoint(index)?, after.touchpoint(index)?);
    let is_news = old.outcome != new.outcome && report.outcome.steers_another_run();
    (is_news && !before.is_active()).then_some((new.channel, report))
}

async fn add(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    entries: &[Activity],
) -> Result<(), StoreError> {
    let (account, lead) = (claimed.run.account_id, claimed.run.lead_id);
    for entry in entries {
        state.store.add_contact(account, lead, entry).await?;
    }
    Ok(())
}

/// Settles a claim without a request. Returns the entries of the history.
fn unsent(
    run: &mut Run,
    claimed: &Claimed,
    answer: Answer,
    held_by: Option<HeldBy>,
    now: Timestamp,
) -> Vec<Activity> {
    let before = run.clone();
    let (owner, workflow) = (claimed.owner, &claimed.workflow);
    if run.settle(owner, answer, workflow, now).is_err() {
        return Vec::new();
    }
    let mut entries = run.entries_since(&before, now);
    entries.retain(|entry| entry.kind != ActivityKind::TouchpointLapsed);
    held_by.inspect(|by| run.hold(*by, now));
    entries
}

/// Settles a claim after the answer, and applies the outcome in the answer. Returns the entries of the
/// history.
fn sent(
    run: &mut Run,
    claimed: &Claimed,
    answered: &Answered,
    took: SignedDuration,
    now: Timestamp,
) -> Vec<Activity> {
    let before = run.clone();
    let (owner, workflow, index) = (claimed.owner, &claimed.workflow, claimed.index);
    let retry_at = now.saturating_add(DEFERRED_FOR).unwrap_or(now);
    let is_open = run.hand_over.as_ref().is_some_and(|it| it.is_open);
    // An earlier try may be out all the same.
    let stays_open = is_open && answered.in_body == InAnswer::Deferred;
    let answer = match stays_open {
        true => Answer::Unknown { retry_at },
        false => answered.run,
    };
    let is_settled = run.settle(owner, answer, workflow, now).is_ok();
    let mut entries: Vec<_> = sent_entry(run, claimed, answered, took, now)
        .into_iter()
        .collect();
    match &answered.in_body {
        InAnswer::Nothing | InAnswer::Invalid => {}
        InAnswer::Deferred => {
            if is_settled && !stays_open && run.defer(index, retry_at) == Some(Ok(())) {
                let kind = ActivityKind::TouchpointOutcome;
                entries.extend(entry_of(run, claimed, kind, now).map(|entry| Activity {
                    subject: entry.subject.map(|it| it + ": deferred"),
                    ..entry
                }));
            }
        }
        InAnswer::Outcome(report, details) => {
            let reported = run.report(index, *report, workflow, now);
            if reported == Some(Ok(Reported::Changed)) {
                let entry = outcome_entry(&before, run, claimed, report, details, now);
                entries.extend(entry);
            }
        }
    }
    let reported = |entry: &Activity| {
        let contact = entry.contact.as_ref();
        contact.is_some_and(|it| it.index == Some(index) && it.outcome.is_some())
    };
    let has_outcome = entries.iter().any(reported);
    let mut since = run.entries_since(&before, now);
    // The outcome has its own entry, with its details. An answer is no lapse.
    since.retain(|entry| {
        let is_told = has_outcome && reported(entry);
        !is_told && entry.kind != ActivityKind::TouchpointLapsed
    });
    entries.extend(since);
    entries
}

/// Suppresses the person if the outcome in the answer asks for it: before the run is written. A failure
/// is logged, and the outcome still ends the run.
async fn suppress(state: &DispatchTouchpoints, claimed: &Claimed, in_body: &InAnswer) {
    let InAnswer::Outcome(report, _) = in_body else {
        return;
    };
    let Some(suppression) = Suppression::of_outcome(report.outcome, state.clock.now()) else {
        return;
    };
    if let Err(error) = insist(state, || suppress_once(state, claimed, &suppression)).await {
        let id = claimed.run.lead_id;
        tracing::error!(lead.id = %id, error = %ErrorChain(&error), "a person who has opted out could not be suppressed");
    }
}

async fn suppress_once(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    suppression: &Suppression,
) -> Result<(), StoreError> {
    let (account, lead) = (claimed.run.account_id, claimed.run.lead_id);
    let Some(lead) = state.store.lead(account, lead).await?.found() else {
        return Ok(());
    };
    let secret = state.catalogue.secret(account).await?;
    let hashes = secret.hashes_of(&lead.profile).into_iter().flatten();
    let writes = hashes.map(|hash| state.store.suppress(account, hash, suppression));
    try_join_all(writes).await?;
    Ok(())
}

fn entry_of(run: &Run, claimed: &Claimed, kind: ActivityKind, now: Timestamp) -> Option<Activity> {
    let touchpoint = run.touchpoint(claimed.index)?;
    Some(Activity {
        contact: Some(Contact::of(run.id, claimed.index, touchpoint)),
        ..Activity::new(kind, &touchpoint.name(), now)
    })
}

/// Returns the entry of a request and its answer.
fn sent_entry(
    run: &Run,
    claimed: &Claimed,
    answered: &Answered,
    took: SignedDuration,
    now: Timestamp,
) -> Option<Activity> {
    let entry = entry_of(run, claimed, ActivityKind::TouchpointSent, now)?;
    let sent = Sent {
        destination: claimed.destination.clone(),
        answer: answered.words.clone(),
        took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        may_be_out: matches!(answered.run, Answer::Taken { .. } | Answer::Unknown { .. }),
    };
    let subject = entry
        .subject
        .map(|name| format!("{name} to {}: {}", sent.destination, sent.answer));
    let invalid = answered.in_body == InAnswer::Invalid;
    let contact = entry.contact.map(|contact| Contact {
        try_number: claimed.run.hand_over.as_ref().map(|it| it.tries),
        sent: Some(sent),
        ..contact
    });
    Some(Activity {
        subject,
        contact,
        reason: invalid.then(|| "the outcome in the answer is not valid".to_owned()),
        ..entry
    })
}

fn outcome_entry(
    before: &Run,
    run: &Run,
    claimed: &Claimed,
    report: &Report,
    details: &ContactDetails,
    now: Timestamp,
) -> Option<Activity> {
    let touchpoint = run.touchpoint(claimed.index)?;
    let outcome = report.outcome;
    Some(Activity {
        kind: ActivityKind::TouchpointOutcome,
        reason: details.note.clone(),
        contact: Some(Contact {
            outcome: Some(outcome),
            details: details.clone(),
            ..Contact::of(run.id, claimed.index, touchpoint)
        }),
        ..run.contact_entry(before, outcome, touchpoint.name(), now)
    })
}
