//! Claims of touchpoints: the claim, then the checks, then the hand-over.

use std::sync::Arc;

use aws::store::{Allowed, Place, RunOfLead, StoreError};
use domain::{
    activity::{Activity, ActivityKind, Contact},
    address::AddressHash,
    cadence::Reason,
    first_message::MessageParts,
    lead::Lead,
    run::{Answer, Claim, Delivery, Owner, Run},
    timing::OpenTimes,
    workflow::Workflow,
};
use futures::future::{join_all, try_join_all};
use jiff::{SignedDuration, Timestamp};

use crate::{
    http::{dispatch_counts::DispatchCounts, error::ApiError},
    retry::{TRIES, pause},
    runs::planned_by,
    state::AppState,
};

/// A touchpoint that a caller has now.
pub struct Taken {
    pub run: Run,
    pub lead: Lead,
    pub index: u16,
    pub claim: Claim,
    pub not_after: Timestamp,
    pub message: Option<MessageParts>,
}

/// A claim that is written, and whose checks are to come.
struct Claimed {
    run: Run,
    workflow: Arc<Workflow>,
    index: u16,
    claim: Claim,
}

/// Claims the touchpoints of runs, and returns those that may go out. Another caller may be faster, so
/// the result can be empty.
///
/// # Errors
/// Errors of the store.
pub async fn take(
    state: &AppState,
    runs: Vec<RunOfLead>,
    lease: SignedDuration,
    open_times: OpenTimes,
    counts: &mut DispatchCounts,
) -> Result<Vec<Taken>, ApiError> {
    let claims = runs
        .into_iter()
        .map(|it| claim(state, it, lease, open_times));
    let claims: Vec<_> = claims.collect();
    let (mut claimed, mut places) = (Vec::new(), Vec::new());
    let mut failed = None;
    for result in join_all(claims).await {
        match result {
            Ok((done, of_claim)) => {
                counts.add(of_claim);
                if let Some((done, place)) = done {
                    claimed.push(done);
                    places.push(place);
                }
            }
            // The caller gets the other touchpoints. The lease of this one ends, if it was written.
            Err(error) => failed = Some(error),
        }
    }
    if claimed.is_empty() {
        return failed.map_or(Ok(Vec::new()), Err);
    }
    // Read after the claims: everything that forbids a contact and was written before is seen.
    let allowed = state.store.allowed(&places).await?;
    let checks = claimed.into_iter().zip(places).zip(allowed);
    let checks: Vec<_> = checks
        .map(|((it, (_, hashes)), allowed)| check(state, it, hashes, allowed))
        .collect();
    let (checked, mut taken) = (checks.len(), Vec::<Taken>::new());
    for (done, of_check) in try_join_all(checks).await? {
        counts.add(of_check);
        taken.extend(done);
    }
    // The checks of the others can take longer than a lease that ends with its touchpoint's time.
    let is_over = |it: &Taken| it.claim.until <= state.clock.now();
    while let Some(position) = taken.iter().position(is_over) {
        let Taken {
            run, index, claim, ..
        } = taken.remove(position);
        if let Some(workflow) = planned_by(state, &run).await? {
            let retry_at = state.clock.now();
            let (of_claim, answer) = ((claim.owner, index), Answer::Back { retry_at });
            counts.add(settle(state, run, &workflow, of_claim, answer, None).await?);
        }
    }
    counts.claimed += taken.len();
    counts.passed_over += checked - taken.len();
    Ok(taken)
}

/// Writes the claim of a run's touchpoint. `None` if there is nothing to claim.
async fn claim(
    state: &AppState,
    RunOfLead { mut run, lead }: RunOfLead,
    lease: SignedDuration,
    open_times: OpenTimes,
) -> Result<(Option<(Claimed, Place)>, DispatchCounts), ApiError> {
    let nothing = (None, DispatchCounts::default());
    let Some(workflow) = planned_by(state, &run).await? else {
        return Ok(nothing);
    };
    let secret = state.catalogue.secret(run.account_id).await?;
    let (before, now) = (run.clone(), state.clock.now());
    let owner = Owner(state.randomness.bits());
    let claimed = run.claim(owner, lease, Delivery::Pull, open_times, &workflow, now);
    let index = claimed.ok();
    let mut entries = run.entries_since(&before, now);
    entries.extend(index.and_then(|index| entry(&run, index, now)));
    if run == before {
        return Ok(nothing);
    }
    match state.store.write_run(&before, &run, &entries, now).await {
        // Another caller was faster.
        Err(StoreError::Conflict) => return Ok(nothing),
        written => written.map_err(ApiError::of_change)?,
    }
    let counts = DispatchCounts {
        passed_over: usize::from(index.is_none()),
        ..DispatchCounts::of(&before, &run)
    };
    run.revision += 1;
    let claim = run.hand_over.as_ref().and_then(|it| it.claim);
    let claimed = index.zip(claim).map(|(index, claim)| {
        let hashes = secret.hashes_of(&lead.profile);
        let run_of_lead = RunOfLead {
            run: run.clone(),
            lead,
        };
        let claimed = Claimed {
            run,
            workflow,
            index,
            claim,
        };
        (claimed, (run_of_lead, hashes))
    });
    Ok((claimed, counts))
}

/// Checks a claim against everything that can forbid a contact. A touchpoint that may not go out is
/// settled, and `None` is returned.
async fn check(
    state: &AppState,
    claimed: Claimed,
    hashes: [Option<AddressHash>; 2],
    Allowed {
        lead,
        held_by,
        mut suppressions,
    }: Allowed,
) -> Result<(Option<Taken>, DispatchCounts), ApiError> {
    let Claimed {
        run,
        workflow,
        index,
        claim,
    } = claimed;
    let now = state.clock.now();
    // An erased lead has no run any more.
    let Some(lead) = lead else {
        return Ok((None, DispatchCounts::default()));
    };
    let account = run.account_id;
    let fresh = state
        .catalogue
        .secret(account)
        .await?
        .hashes_of(&lead.profile);
    if fresh != hashes {
        // The lead has another address since the run was read.
        suppressions = state.store.suppressions_of(account, fresh).await?;
    }
    let touchpoint = run.touchpoint(index).ok_or(ApiError::Internal(None))?;
    let answer = match lead.reachability().missing_for(touchpoint.channel) {
        _ if held_by.is_some() => Err(Answer::Back { retry_at: now }),
        Some(missing) => Err(Answer::Skipped(missing)),
        None if suppressions.covers(touchpoint.channel) => Err(Answer::Skipped(Reason::Suppressed)),
        None => workflow
            .filled_message(touchpoint, &lead.profile)
            .map_err(|_| Answer::Template),
    };
    let not_after = run.not_after(&workflow, now);
    match (answer, not_after) {
        (Ok(message), Some(not_after)) => {
            let taken = Taken {
                run,
                lead,
                index,
                claim,
                not_after,
                message,
            };
            Ok((Some(taken), DispatchCounts::default()))
        }
        (answer, _) => {
            let answer = answer.err().unwrap_or(Answer::Back { retry_at: now });
            let counts =
                settle(state, run, &workflow, (claim.owner, index), answer, held_by).await?;
            Ok((None, counts))
        }
    }
}

/// Settles a claim whose touchpoint may not go out.
async fn settle(
    state: &AppState,
    mut run: Run,
    workflow: &Workflow,
    (owner, index): (Owner, u16),
    answer: Answer,
    held_by: Option<domain::run::HeldBy>,
) -> Result<DispatchCounts, ApiError> {
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let (before, now) = (run.clone(), state.clock.now());
        if run.settle(owner, answer, workflow, now).is_err() {
            // An outcome, a stop or an end came first.
            break;
        }
        let mut entries = run.entries_since(&before, now);
        if let Some(by) = held_by {
            run.hold(by, now);
            entries.extend(given_back(&run, index, now));
        }
        match state.store.write_run(&before, &run, &entries, now).await {
            Err(StoreError::Conflict) => {}
            written => {
                written.map_err(ApiError::of_change)?;
                return Ok(DispatchCounts::of(&before, &run));
            }
        }
        let again = state.store.run(run.account_id, run.lead_id, run.id).await?;
        let Some(again) = again else {
            break;
        };
        run = again;
    }
    Ok(DispatchCounts::default())
}

/// Returns the entry of a claim that was put back, because the run is held.
fn given_back(run: &Run, index: u16, now: Timestamp) -> Option<Activity> {
    let touchpoint = run.touchpoint(index)?;
    let kind = ActivityKind::TouchpointReleased;
    Some(Activity {
        reason: Some("the run is held".to_owned()),
        contact: Some(Contact::of(run.id, index, touchpoint)),
        ..Activity::new(kind, &touchpoint.name(), now)
    })
}

/// Returns the entry of a claim.
fn entry(run: &Run, index: u16, now: Timestamp) -> Option<Activity> {
    let touchpoint = run.touchpoint(index)?;
    let contact = Contact {
        try_number: run.hand_over.as_ref().map(|it| it.tries),
        ..Contact::of(run.id, index, touchpoint)
    };
    Some(Activity {
        contact: Some(contact),
        ..Activity::new(ActivityKind::TouchpointClaimed, &touchpoint.name(), now)
    })
}
