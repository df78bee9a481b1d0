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
    idempotency::IdempotencyKey,
    ids::LeadId,
    outcome::Outcome,
    run::Run,
};
use http::{HeaderValue, header};
use jiff::Timestamp;

#[cfg(feature = "description")]
use super::reply::ReportedReply as Reply;
use super::{
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
        outcome_counts::OutcomeCounts, path::PathId, reader::Reader,
    },
    leads::{ActiveRun, NextTouchpoint},
    retry::{TRIES, pause},
    runs::{Current, followed_by},
    state::AppState,
    suppressions::suppress_lead,
};

/// Fields of the body.
const FIELDS: [&str; 5] = ["type", "channel", "at", "note", "callback_at"];

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
/// a touchpoint: `opted_out` and `complained` also suppress the lead's phone number and e-mail address.
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
    let once = match &key {
        None => None,
        Some(key) => {
            let fields: Fields =
                serde_json::from_slice(&body).map_err(|_| ApiError::Internal(None))?;
            Some((key, fields.fingerprint("event")))
        }
    };
    let once = once
        .as_ref()
        .map(|(key, fingerprint)| (*key, &**fingerprint));
    record(&state, &account, id, &event, once).await
}

fn json(body: String) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], body).into_response()
}

fn replayed(body: String) -> Response {
    let mut response = json(body);
    let headers = response.headers_mut();
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
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

/// Records an event, and applies it to the lead's active run. `once` is an idempotency key with the
/// fingerprint of its request.
async fn record(
    state: &AppState,
    account: &AccountSettings,
    id: LeadId,
    event: &Event,
    once: Option<(&IdempotencyKey, &str)>,
) -> Result<Response, ApiError> {
    let secret = state.catalogue.secret(account.id).await?;
    let mut suppressed = None;
    for try_number in 0..TRIES {
        pause(&state.randomness, try_number).await;
        let current = Current::read(state, account, id).await?;
        if let Some((key, fingerprint)) = once
            && let Some(receipt) = state.store.event_receipt(account.id, id, key).await?
        {
            if receipt.fingerprint != fingerprint {
                return Err(ApiError::IdempotencyKeyReused);
            }
            return Ok(replayed(receipt.reply));
        }
        if suppressed.is_none() {
            // Before the event is written: a repeat makes sure of the suppression again.
            let lead = &current.lead.profile;
            suppressed = Some(suppress_lead(state, account.id, lead, event.outcome).await?);
        }
        let mut enrolment = current.active(None);
        let before = enrolment.as_ref().map(|current| current.run.clone());
        if let Some(current) = &mut enrolment
            && let Some(in_run) = event.report.for_run()
            && let Some(workflow) = followed_by(state, &current.run).await?
        {
            let now = state.clock.now();
            current
                .run
                .apply_contact(in_run, event.channel, &workflow, now);
        }
        // Read after the run, so that the entry is not older than the run.
        let now = state.clock.now();
        let run = enrolment.as_ref().map(|current| &current.run);
        let changed = run != before.as_ref();
        let reply = ReportedReply {
            success: true,
            changed,
            touchpoint: None,
            workflow_run: run.map(ActiveRun::from),
            next: run.and_then(|run| NextTouchpoint::of(run, &secret, false)),
        };
        let reply = serde_json::to_string(&reply).map_err(|_| ApiError::Internal(None))?;
        let entry = entry(event, before.as_ref().zip(run), now);
        let receipt = once.map(|(key, fingerprint)| {
            let receipt = EventReceipt::new(fingerprint.to_owned(), reply.clone(), now);
            (key, receipt)
        });
        let receipt = receipt.as_ref().map(|(key, receipt)| (*key, receipt));
        let current = enrolment.as_ref().filter(|_| changed);
        let place = (account.id, id);
        match state
            .store
            .record_event(place, &entry, current, receipt)
            .await
        {
            // The next read shows the change that came first.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(ApiError::of_change(error)),
            Ok(()) => {
                let mut response = json(reply);
                let mut counts = OutcomeCounts::default();
                counts.add(event.outcome.as_str());
                counts.suppressions = suppressed.unwrap_or_default();
                response.extensions_mut().insert(counts);
                return Ok(response);
            }
        }
    }
    Err(ApiError::Conflict)
}

/// Returns the entry of an event. `runs` are the lead's active run before and after it.
fn entry(event: &Event, runs: Option<(&Run, &Run)>, now: Timestamp) -> Activity {
    let Event {
        outcome,
        channel,
        report,
    } = event;
    let entry = match runs {
        Some((before, after)) => after.contact_entry(before, *outcome, channel.to_string(), now),
        None => {
            let what = format!("{channel}: {outcome}");
            Activity::new(ActivityKind::ContactReported, &what, now)
        }
    };
    let contact = Contact {
        outcome: Some(*outcome),
        details: report.details.clone(),
        ..Contact::new(*channel)
    };
    Activity {
        reason: report.details.note.clone(),
        contact: Some(contact),
        ..entry
    }
}
