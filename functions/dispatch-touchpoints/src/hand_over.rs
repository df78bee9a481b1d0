//! The hand-over of a claimed touchpoint to a webhook: the checks, the request, and what follows from
//! the answer.

use std::{sync::Arc, time::Duration};

use aws::{
    queue::Hint,
    store::{Allowed, Place, RunOfLead, StoreError},
    telemetry::ErrorChain,
};
use domain::{
    cadence::Reason,
    destination::WebhookSecrets,
    first_message::MessageParts,
    lane::{Lane, LaneState},
    lead::Lead,
    run::{Answer, HeldBy, Run},
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use webhook::{CONNECT_TIMEOUT, Delivery};

use crate::{
    answer::{Answered, read},
    claimed::Claimed,
    looked::{LookError, Looked},
    receivers::Receivers,
    request::{Parts, Request},
    seen::Seen,
    settle::{Settlement, settle},
    state::DispatchTouchpoints,
};

/// Time from the delivery of a hint after which no request begins: its answer could come too late.
const LATEST: Duration = Duration::from_secs(10);
/// Maximum age of the checks when the request begins.
const FRESH: Duration = Duration::from_secs(1);
/// Maximum number of times that the checks are read.
const CHECKS: u32 = 3;
/// Pause after a try of a webhook that has no secret.
const NO_SECRET: SignedDuration = SignedDuration::from_mins(1);

/// Everything that the checks have read.
struct Checked {
    lead: Lead,
    lane: Lane,
    /// The message. `Err` if the touchpoint must not go out.
    message: Result<Option<MessageParts>, (Answer, Option<HeldBy>)>,
    not_after: Timestamp,
    at: Instant,
}

/// A touchpoint that may go out now.
struct Ready<'a> {
    receivers: &'a Receivers,
    secrets: Arc<WebhookSecrets>,
    request: Request,
    lane: Lane,
}

/// Result of the checks.
enum Verdict<'a> {
    Ready(Ready<'a>),
    /// The touchpoint must not go out now. Something may hold the run.
    Unsent(Answer, Option<HeldBy>),
    /// The lead was erased, and its runs are about to be.
    Erased,
}

/// Hands a touchpoint over, and settles its claim.
///
/// # Errors
/// Errors of the store.
pub async fn hand_over(
    state: &DispatchTouchpoints,
    claimed: Claimed,
    begun: Instant,
) -> Result<Looked, LookError> {
    let prepared = prepare(state, &claimed, begun).await;
    let now = state.clock.now();
    let Ready {
        receivers,
        secrets,
        request,
        lane,
    } = match prepared {
        Ok(Verdict::Ready(ready)) => ready,
        Ok(Verdict::Unsent(answer, held_by)) => {
            return back(state, &claimed, answer, held_by).await;
        }
        Ok(Verdict::Erased) => return Ok(Looked::default()),
        Err(error) => {
            // Without this, the claim would lapse, and count as a request that may have gone out.
            back(state, &claimed, Answer::Back { retry_at: now }, None).await?;
            return Err(error);
        }
    };
    let delivery = Delivery {
        url: &claimed.url,
        id: &request.id,
        timestamp: now,
        secrets: &secrets.valid_at(now),
        body: &request.body,
    };
    let sent = receivers.send(&delivery).await;
    let took = SignedDuration::try_from(sent.took).unwrap_or(SignedDuration::MAX);
    let answered = read(state, &claimed, sent, state.clock.now());
    // A failure of the lane's write does not keep the settlement from being written.
    let (lane_written, settled) = tokio::join!(
        note(state, &claimed, &lane, &answered, took),
        settle(state, &claimed, Settlement::Sent(&answered, took)),
    );
    if let Err(error) = lane_written {
        tracing::warn!(error = %ErrorChain(&error), "the health of a lane could not be written");
    }
    let mut seen = Seen::default();
    seen.count(&answered);
    looked(settled?, seen, state)
}

/// Checks that a touchpoint may go out, and makes its request.
async fn prepare<'a>(
    state: &'a DispatchTouchpoints,
    claimed: &Claimed,
    begun: Instant,
) -> Result<Verdict<'a>, LookError> {
    let account = claimed.run.account_id;
    let back = |retry_at| Ok(Verdict::Unsent(Answer::Back { retry_at }, None));
    for _ in 0..CHECKS {
        let Some(checked) = check(state, claimed).await? else {
            return Ok(Verdict::Erased);
        };
        let now = state.clock.now();
        let message = match checked.message {
            Ok(_) if !has_time(checked.not_after, now) => return back(checked.not_after),
            Ok(message) if begun.elapsed() < LATEST => message,
            Ok(_) => return back(now),
            Err((answer, held_by)) => return Ok(Verdict::Unsent(answer, held_by)),
        };
        let secrets = state
            .catalogue
            .webhook_secrets(account, &claimed.destination)
            .await?;
        let (Some(secrets), Some(receivers)) = (secrets, state.receivers.as_ref()) else {
            tracing::error!(
                destination = claimed.destination,
                "the webhook has no secret"
            );
            return back(now.saturating_add(NO_SECRET).unwrap_or(now));
        };
        let request = request(state, claimed, &checked.lead, message, checked.not_after).await?;
        if checked.at.elapsed() <= FRESH {
            return Ok(Verdict::Ready(Ready {
                receivers,
                secrets,
                request,
                lane: checked.lane,
            }));
        }
    }
    back(state.clock.now())
}

/// Returns whether a request begins before the end of its touchpoint, even if its connection takes long.
fn has_time(not_after: Timestamp, now: Timestamp) -> bool {
    let longest = SignedDuration::try_from(FRESH + CONNECT_TIMEOUT);
    let begin = longest.and_then(|longest| now.checked_add(longest));
    begin.is_ok_and(|begin| begin < not_after)
}

/// Puts a touchpoint back, or ends it, without a request.
async fn back(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    answer: Answer,
    held_by: Option<HeldBy>,
) -> Result<Looked, LookError> {
    let settled = settle(state, claimed, Settlement::Unsent(answer, held_by)).await?;
    looked(settled, Seen::default(), state)
}

fn looked(
    settled: Option<(Seen, Run)>,
    mut seen: Seen,
    state: &DispatchTouchpoints,
) -> Result<Looked, LookError> {
    let next = settled.and_then(|(of_settlement, run)| {
        seen.add(&of_settlement);
        Hint::of(&run, state.clock.now())
    });
    Ok(Looked { seen, next })
}

/// Reads everything that can forbid the contact. `None` if the lead or the run was erased.
async fn check(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
) -> Result<Option<Checked>, StoreError> {
    let run = &claimed.run;
    let account = run.account_id;
    let secret = state.catalogue.secret(account).await?;
    let Some(lead) = state.store.lead(account, run.lead_id).await?.found() else {
        return Ok(None);
    };
    let hashes = secret.hashes_of(&lead.profile);
    let at = Instant::now();
    let run_of_lead = RunOfLead {
        run: run.clone(),
        lead,
    };
    let places: [Place; 1] = [(run_of_lead, hashes)];
    let (allowed, lane, current) = tokio::try_join!(
        state.store.allowed(&places),
        state.store.lane(account, &claimed.destination),
        state.store.run(account, run.lead_id, run.id),
    )?;
    let Some(current) = current else {
        return Ok(None);
    };
    let Some(Allowed {
        lead: Some(lead),
        held_by,
        suppressions,
    }) = allowed.into_iter().next()
    else {
        return Ok(None);
    };
    let now = state.clock.now();
    let lane = lane.of(claimed.receiver);
    // The suppressions are those of the lead's address before, or the run was stopped, has ended or has
    // an outcome since its claim. The next look reads everything again.
    let has_changed = secret.hashes_of(&lead.profile) != hashes || current.revision != run.revision;
    let message = message(
        claimed,
        &lead,
        (held_by, &lane),
        has_changed,
        now,
        |channel| suppressions.covers(channel),
    );
    Ok(Some(Checked {
        not_after: run.not_after(&claimed.workflow, now).unwrap_or(now),
        lead,
        lane,
        message,
        at,
    }))
}

/// Returns the message, or the reason why the touchpoint must not go out.
fn message(
    claimed: &Claimed,
    lead: &Lead,
    (held_by, lane): (Option<HeldBy>, &Lane),
    has_changed: bool,
    now: Timestamp,
    is_suppressed: impl Fn(domain::channel::Channel) -> bool,
) -> Result<Option<MessageParts>, (Answer, Option<HeldBy>)> {
    let back = |retry_at, held_by| Err((Answer::Back { retry_at }, held_by));
    let Some(touchpoint) = claimed.run.touchpoint(claimed.index) else {
        return back(now, None);
    };
    if held_by.is_some() {
        return back(now, held_by);
    }
    if let Some(until) = closed_until(lane, now) {
        return back(until, None);
    }
    if has_changed {
        return back(now, None);
    }
    if let Some(missing) = lead.reachability().missing_for(touchpoint.channel) {
        return Err((Answer::Skipped(missing), None));
    }
    if is_suppressed(touchpoint.channel) {
        return Err((Answer::Skipped(Reason::Suppressed), None));
    }
    let filled = claimed.workflow.filled_message(touchpoint, &lead.profile);
    filled.map_err(|_| (Answer::Template, None))
}

/// Returns the time until which the lane is closed. `None` if it is open, or closed by a probe only: this
/// touchpoint may be the probe.
fn closed_until(lane: &Lane, now: Timestamp) -> Option<Timestamp> {
    let cooling = Lane {
        probe_until: None,
        ..lane.clone()
    };
    match cooling.state(now) {
        LaneState::Paused => Some(now),
        LaneState::Closed(until) => Some(until),
        LaneState::Open | LaneState::Probe => None,
    }
}

async fn request(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    lead: &Lead,
    message: Option<MessageParts>,
    not_after: Timestamp,
) -> Result<Request, LookError> {
    let run = &claimed.run;
    let account = run.account_id;
    let campaign = match lead.profile.campaign_id {
        Some(id) => state.catalogue.campaign(account, id).await?,
        None => None,
    };
    let touchpoint = run.touchpoint(claimed.index);
    let touchpoint = touchpoint.ok_or(StoreError::NotFound)?;
    let parts = Parts {
        run,
        index: claimed.index,
        touchpoint,
        lead,
        campaign: campaign.as_deref(),
        message,
        not_after,
        now: state.clock.now(),
        secret: &state.catalogue.secret(account).await?,
        api_url: &state.api_url,
    };
    Ok(parts.request()?)
}

/// Notes an answer in the health of the lane. A healthy lane with a quick answer is not written.
async fn note(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    known: &Lane,
    answered: &Answered,
    took: SignedDuration,
) -> Result<(), StoreError> {
    let now = state.clock.now();
    let change = |lane: &mut Lane| {
        *lane = std::mem::take(lane).of(claimed.receiver);
        lane.answered(answered.lane, claimed.mark(), took, now);
    };
    let mut expected = known.clone();
    change(&mut expected);
    if expected == *known {
        return Ok(());
    }
    let (account, name) = (claimed.run.account_id, &claimed.destination);
    let lane = state.store.change_lane(account, name, change).await?;
    if lane.is_broken() && !known.is_broken() {
        tracing::error!(%account, destination = %name, "a receiver fails, so its lane cools");
    }
    if lane.paused.is_some() && known.paused.is_none() {
        tracing::error!(%account, destination = %name, "a receiver wants no more touchpoints (410), so its lane is paused");
    }
    Ok(())
}
