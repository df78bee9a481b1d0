//! `POST /touchpoints/{id}/extend` and `POST /touchpoints/{id}/release`: the lease of a caller.

use aws::store::{ListedRun, RunOfLead, StoreError};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    account::AccountSettings,
    activity::{Activity, ActivityKind, Contact},
    run::{Answer, Owner, Run},
    touchpoint_id::TouchpointRef,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    due::{LeaseOut, owner_of},
    outcome::{hold_again, read_run},
};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::{ExtendBody, ReleaseBody},
    domain_types,
    refusals::{Checked, Keyed, Naming, Raced, WithBody},
};
use crate::{
    auth::Caller,
    http::{body::JsonBody, error::ApiError, path::TouchpointId, reader::Reader},
    retry::{TRIES, pause},
    state::AppState,
};

/// Lease of a claim without one.
const DEFAULT: SignedDuration = SignedDuration::from_mins(5);
const SHORTEST: SignedDuration = SignedDuration::from_secs(30);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// Takes the length of a lease.
pub fn read_lease(reader: &mut Reader) -> SignedDuration {
    let Some(text) = reader.text("lease") else {
        return DEFAULT;
    };
    let lease: Option<SignedDuration> = text.trim().parse().ok();
    let lease = lease.filter(|it| (SHORTEST..=LONGEST).contains(it) && text.contains('P'));
    if lease.is_none() {
        reader.refuse(
            "lease",
            &text,
            "must be an ISO 8601 duration from PT30S to PT1H",
        );
    }
    lease.unwrap_or(DEFAULT)
}

/// Takes the token of a lease. A text that is no token is the token of no lease.
fn read_token(reader: &mut Reader) -> Option<String> {
    let token = reader.text("token");
    if token.is_none() && !reader.has_problem_with("token") {
        reader.problem("token", "is required");
    }
    token
}

/// The reply to `extend`.
#[derive(Serialize, ToSchema)]
struct ExtendedReply {
    success: bool,
    lease: LeaseOut,
}

/// The reply to `release`.
#[derive(Serialize, ToSchema)]
struct ReleasedReply {
    success: bool,
}

/// Extend a lease
///
/// Lets the caller keep a touchpoint for another `lease` from now on, but not beyond its `not_after`.
/// Use it while a long call goes on.
///
/// A 409 `lease_lapsed` means that the touchpoint is not yours any more: the lease has ended, or the run
/// was stopped. A 409 `suppressed` means that the person must not be contacted any more.
#[utoipa::path(
    post,
    path = "/api/public/touchpoints/{id}/extend",
    operation_id = "extendLease",
    tag = "Touchpoints",
    params(("id" = domain_types::TouchpointId, Path, description = "The touchpoint's id.")),
    request_body = ExtendBody,
    responses(
        (status = 200, description = "The lease, with its new end.", body = ExtendedReply),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn extend(
    State(state): State<AppState>,
    Caller(account): Caller,
    TouchpointId(id): TouchpointId,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let (token, lease) = (read_token(&mut reader), read_lease(&mut reader));
    let token = reader.finish_with(&["token", "lease"], token)?;
    let touchpoint = named(&state, &account, &id).await?;
    let owner = owner_of(&token).ok_or(ApiError::LeaseLapsed)?;
    not_suppressed(&state, touchpoint).await?;
    let until = change(&state, touchpoint, None, |run, workflow, now| {
        let until = run.extend(owner, lease, workflow, now);
        until.map_err(|_| ApiError::LeaseLapsed)
    })
    .await?;
    let lease = LeaseOut::new(owner, until);
    let reply = ExtendedReply {
        success: true,
        lease,
    };
    Ok(Json(reply).into_response())
}

/// Give a touchpoint back
///
/// Ends the caller's lease without a contact. The next caller can claim the touchpoint at once, and the
/// try does not count.
#[utoipa::path(
    post,
    path = "/api/public/touchpoints/{id}/release",
    operation_id = "releaseTouchpoint",
    tag = "Touchpoints",
    params(("id" = domain_types::TouchpointId, Path, description = "The touchpoint's id.")),
    request_body = ReleaseBody,
    responses(
        (status = 200, description = "The touchpoint has gone back.", body = ReleasedReply),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Raced,
    ),
)]
pub async fn release(
    State(state): State<AppState>,
    Caller(account): Caller,
    TouchpointId(id): TouchpointId,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut reader = Reader::of_object(&body)?;
    let (token, reason) = (read_token(&mut reader), reader.note("reason"));
    let token = reader.finish_with(&["token", "reason"], token)?;
    let touchpoint = named(&state, &account, &id).await?;
    let owner = owner_of(&token).ok_or(ApiError::LeaseLapsed)?;
    change(&state, touchpoint, Some(reason), |run, workflow, now| {
        release_by(run, owner, workflow, now)
    })
    .await?;
    Ok(Json(ReleasedReply { success: true }).into_response())
}

fn release_by(
    run: &mut Run,
    owner: Owner,
    workflow: &Workflow,
    now: Timestamp,
) -> Result<(), ApiError> {
    let claim = run.hand_over.as_ref().and_then(|it| it.claim);
    let is_over = claim.is_none_or(|claim| claim.owner != owner || claim.until <= now);
    let back = Answer::Back { retry_at: now };
    match is_over || run.settle(owner, back, workflow, now).is_err() {
        true => Err(ApiError::LeaseLapsed),
        false => Ok(()),
    }
}

async fn named(
    state: &AppState,
    account: &AccountSettings,
    id: &str,
) -> Result<TouchpointRef, ApiError> {
    let secret = state.catalogue.secret(account.id).await?;
    let touchpoint = secret.touchpoint(id, account.id);
    touchpoint.ok_or(ApiError::NotFound("Touchpoint"))
}

/// Checks that the person may still be contacted on the channel of a touchpoint.
async fn not_suppressed(state: &AppState, touchpoint: TouchpointRef) -> Result<(), ApiError> {
    let account = touchpoint.account_id;
    let run = ListedRun::of_touchpoint(&touchpoint);
    let found = state.store.runs_of_leads(&[run]).await?.pop();
    let RunOfLead { run, lead } = found.ok_or(ApiError::LeaseLapsed)??;
    let channel = run.touchpoint(touchpoint.index).map(|it| it.channel);
    let hashes = state
        .catalogue
        .secret(account)
        .await?
        .hashes_of(&lead.profile);
    let suppressions = state.store.suppressions_of(account, hashes).await?;
    match channel {
        Some(channel) if suppressions.covers(channel) => Err(ApiError::Suppressed),
        _ => Ok(()),
    }
}

/// Changes the run of a touchpoint that a caller has. A change with a `reason` gets an entry in the
/// history.
async fn change<T>(
    state: &AppState,
    touchpoint: TouchpointRef,
    reason: Option<Option<String>>,
    change: impl Fn(&mut Run, &Workflow, Timestamp) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let (_, mut run, workflow) = match read_run(state, touchpoint).await {
            // The id is one of Leadgate's, so the lead was erased.
            Err(ApiError::NotFound(_)) => return Err(ApiError::LeaseLapsed),
            read => read?,
        };
        let hand_over = run.hand_over.as_ref();
        if hand_over.is_none_or(|it| it.index != touchpoint.index) {
            return Err(ApiError::LeaseLapsed);
        }
        // Read after the run, so that the change is not older than the run.
        let (before, now) = (run.clone(), state.clock.now());
        let changed = change(&mut run, &workflow, now)?;
        let entry = reason.clone().and_then(|reason| {
            let released = run.touchpoint(touchpoint.index)?;
            let contact = Contact::of(run.id, touchpoint.index, released);
            Some(Activity {
                reason,
                contact: Some(contact),
                ..Activity::new(ActivityKind::TouchpointReleased, &released.name(), now)
            })
        });
        if entry.is_some() {
            hold_again(state, &mut run, now).await?;
        }
        let entries: Vec<_> = entry.into_iter().collect();
        match state.store.write_run(&before, &run, &entries, now).await {
            Err(StoreError::Conflict) => {}
            written => {
                written.map_err(ApiError::of_change)?;
                state.hint(&before, &run).await;
                return Ok(changed);
            }
        }
    }
    Err(ApiError::Conflict)
}
