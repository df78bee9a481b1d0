//! `POST /leads/{id}/events`: a contact that happened outside of a touchpoint.

use aws::store::{EventReceipt, StoreError};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    account::AccountSettings,
    activity::{Activity, ActivityKind, Contact},
    channel::Channel,
    ids::LeadId,
    outcome::Outcome,
    run::Run,
};
use http::{HeaderValue, header};
use jiff::SignedDuration;

#[cfg(feature = "description")]
use super::reply::ReportedReply as Reply;
use super::{
    outcome::contact_entry,
    reply::ReportedReply,
    report::{Kind, Report, check_channel},
};
#[cfg(feature = "description")]
use crate::schema::{
    bodies::LeadEvent,
    domain_types,
    parameters::IdempotencyParams,
    refusals::{Checked, Keyed, Naming, Replayable, WithBody},
};
use crate::{
    auth::Caller,
    http::{
        body::JsonBody, error::ApiError, fields::Fields, idempotency::IdempotencyHeader,
        path::PathId, reader::Reader,
    },
    leads::{ActiveRun, NextTouchpoint},
    retry::{TRIES, pause},
    runs::{Current, planned_by},
    state::AppState,
};

/// Fields of the body.
const FIELDS: [&str; 5] = ["type", "channel", "at", "note", "callback_at"];
/// Time after which a request without a reply counts as ended. It is longer than a request takes.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(60);

/// A contact outside of a touchpoint.
struct Event {
    outcome: Outcome,
    channel: Channel,
    report: Report,
}

/// Report a contact outside of a touchpoint
///
/// Records a contact that Leadgate did not plan, such as a reply to an earlier message, and steers
/// the lead's active run by it. Use it with or without an active run.
///
/// `type` is an outcome, except `delivered` and `deferred`. The effects are those of the outcome of
/// a touchpoint.
#[utoipa::path(
    post,
    path = "/api/public/leads/{id}/events",
    operation_id = "reportEvent",
    tag = "Touchpoints",
    params(("id" = domain_types::LeadId, Path, description = "The lead's id."), IdempotencyParams),
    request_body = LeadEvent,
    responses(
        (status = 200, description = "The lead's active run, if it has one.", body = Reply<'static>),
        Keyed,
        Checked,
        Naming,
        WithBody,
        Replayable,
    ),
)]
pub async fn report(
    State(state): State<AppState>,
    Caller(account): Caller,
    PathId(id): PathId<LeadId>,
    IdempotencyHeader(key): IdempotencyHeader,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let event = read(&state, &body)?;
    let Some(key) = key else {
        return Ok(json(apply(&state, &account, id, &event).await?));
    };
    let fields: Fields = serde_json::from_slice(&body).map_err(|_| ApiError::Internal(None))?;
    let now = state.clock.now();
    let mut receipt = EventReceipt::new(&key, fields.fingerprint("event"), now);
    let before = state.store.claim_event(account.id, id, &receipt).await?;
    if let Some(before) = before {
        if before.fingerprint != receipt.fingerprint {
            return Err(ApiError::IdempotencyKeyReused);
        }
        if let Some(reply) = before.reply {
            let mut response = json(reply);
            let replayed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert("idempotency-replayed", replayed);
            return Ok(response);
        }
        if now.duration_since(before.begun_at) < IN_FLIGHT {
            return Err(ApiError::InFlight);
        }
    }
    let reply = apply(&state, &account, id, &event).await?;
    receipt.reply = Some(reply.clone());
    match state.store.finish_event(account.id, id, &receipt).await {
        // The lead was erased since.
        Err(StoreError::Conflict) => Err(ApiError::NotFound("Lead")),
        Err(error) => Err(ApiError::of_change(error)),
        Ok(()) => Ok(json(reply)),
    }
}

fn json(body: String) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], body).into_response()
}

fn read(state: &AppState, body: &[u8]) -> Result<Event, ApiError> {
    let mut reader = Reader::of_object(body)?;
    let channel = reader.channel("channel");
    if channel.is_none() && !reader.has_problem_with("channel") {
        reader.problem("channel", "is required");
    }
    let report = Report::read_event(&mut reader, state.clock.now());
    let (report, channel) = reader.finish_with(&FIELDS, report.zip(channel))?;
    let Kind::Outcome(outcome) = report.kind else {
        return Err(ApiError::Internal(None));
    };
    check_channel("type", outcome, channel)?;
    Ok(Event {
        outcome,
        channel,
        report,
    })
}

/// Records an event, and applies it to the lead's active run. Returns the body of the reply.
async fn apply(
    state: &AppState,
    account: &AccountSettings,
    id: LeadId,
    event: &Event,
) -> Result<String, ApiError> {
    let secret = state.catalogue.secret(account.id).await?;
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let mut enrolment = Current::read(state, account, id).await?.active(None);
        // Read after the run, so that the change is not older than the run.
        let now = state.clock.now();
        let mut changed = false;
        let entry = match &mut enrolment {
            None => Activity::new(
                ActivityKind::ContactReported,
                &format!("{}: {}", event.channel, event.outcome),
                now,
            ),
            Some(current) => {
                let before = current.run.clone();
                let workflow = planned_by(state, &current.run).await?;
                let in_run = event.report.for_run();
                if let (Some(workflow), Some(in_run)) = (workflow, in_run) {
                    current
                        .run
                        .apply_contact(in_run, event.channel, &workflow, now);
                }
                changed = current.run != before;
                let what = event.channel.to_string();
                contact_entry(&before, &current.run, event.outcome, what, now)
            }
        };
        let contact = Contact {
            outcome: Some(event.outcome),
            details: event.report.details.clone(),
            ..Contact::new(event.channel)
        };
        let entry = Activity {
            reason: event.report.details.note.clone(),
            contact: Some(contact),
            ..entry
        };
        let written = match &enrolment {
            Some(current) if changed => state.store.change_run(current, &entry).await,
            _ => state.store.add_contact(account.id, id, &entry).await,
        };
        match written {
            // A concurrent change, or the lead was erased: the next read finds out.
            Err(StoreError::Conflict) => continue,
            written => written.map_err(ApiError::of_change)?,
        }
        let run = enrolment.as_ref().map(|current| &current.run);
        let reply = ReportedReply {
            success: true,
            changed,
            touchpoint: None,
            workflow_run: run.map(ActiveRun::from),
            next: run.and_then(|run: &Run| NextTouchpoint::of(run, &secret, false)),
        };
        return serde_json::to_string(&reply).map_err(|_| ApiError::Internal(None));
    }
    Err(ApiError::Conflict)
}
