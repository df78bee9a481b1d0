//! `POST /leads` with an array (CONTRACT section 3.4): the valid leads are taken in even when others are
//! not, and every element is told the truth about itself, in order.

use axum::response::Response;
use futures::{StreamExt, stream};
use http::StatusCode;
use serde_json::value::RawValue;
use shared::{
    domain::{account::Account, idempotency::IdempotencyKey, lead::Lead},
    queue::WorkflowStart,
    telemetry::Chain,
};

use super::{
    body::malformed,
    create::read_draft,
    draft::Draft,
    enrolment::{Enrolment, Named, Wanted, Warning, enrol},
    intake::{Taken, mark_unsent, not_assigned, take_in},
    reply::{self, created_body},
};
use crate::{
    error::{ApiError, Problem},
    state::AppState,
};

const MOST: usize = 1_000;
/// Named leads need a conditional write each: so many are under way at once.
const NAMED_AT_ONCE: usize = 32;
const MARKS_AT_ONCE: usize = 16;

type Outcome = Result<Taken, ApiError>;

pub(super) async fn create(
    state: &AppState,
    account: &Account,
    key: Option<&IdempotencyKey>,
    request_id: &str,
    body: &[u8],
) -> Result<Response, ApiError> {
    let elements = read(body)?;
    let drafts: Vec<_> = elements
        .iter()
        .map(|element| read_draft(element.get().as_bytes(), account))
        .collect();
    let valid = drafts.iter().filter_map(|draft| draft.as_ref().ok());
    let wanted = Wanted::look_up(state, account, valid).await?;
    let now = state.clock.now();
    let enrolments: Vec<_> = drafts
        .into_iter()
        .enumerate()
        .map(|(index, draft)| {
            let named = key.map(|key| Named { key, index });
            let draft = draft.map(|draft| Draft {
                // The same name for one lead and for an array of one is not the same request.
                request_hash: format!("array#{}", draft.request_hash),
                ..draft
            });
            draft.and_then(|draft| enrol(account, draft, &wanted, named, now))
        })
        .collect();
    let outcomes = match key {
        Some(_) => take_in_named(state, enrolments).await,
        None => take_in_batches(state, enrolments).await,
    };
    reply_to(outcomes, request_id)
}

fn read(body: &[u8]) -> Result<Vec<Box<RawValue>>, ApiError> {
    let elements: Vec<Box<RawValue>> =
        serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    if elements.is_empty() || elements.len() > MOST {
        let what = format!("must hold 1 to {MOST} leads; it holds {}", elements.len());
        return Err(ApiError::Validation(vec![Problem::new("the array", what)]));
    }
    Ok(elements)
}

/// One conditional write each, as for single leads.
async fn take_in_named(
    state: &AppState,
    enrolments: Vec<Result<Enrolment, ApiError>>,
) -> Vec<Outcome> {
    let taken: Vec<_> = enrolments
        .into_iter()
        .map(|enrolment| async {
            match enrolment {
                Ok(enrolment) => take_in(state, enrolment, true).await,
                Err(error) => Err(error),
            }
        })
        .collect();
    stream::iter(taken).buffered(NAMED_AT_ONCE).collect().await
}

/// Batches of writes and, at the same time, batches of messages.
async fn take_in_batches(
    state: &AppState,
    enrolments: Vec<Result<Enrolment, ApiError>>,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::new();
    let (mut places, mut leads, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (place, enrolment) in enrolments.into_iter().enumerate() {
        match enrolment {
            Ok(enrolment) => {
                outcomes.push(None);
                places.push(place);
                leads.push(enrolment.lead);
                warnings.push(enrolment.warnings);
            }
            Err(error) => outcomes.push(Some(Err(error))),
        }
    }
    let now = state.clock.now();
    let starts: Vec<_> = leads
        .iter()
        .filter_map(|lead| WorkflowStart::of(lead, now))
        .collect();
    let (stored, sent) = tokio::join!(
        state.store.create_leads(&leads),
        state.queue.send_many(&starts)
    );
    for error in &stored.errors {
        tracing::error!(error = %Chain(error), "a batch of leads could not be stored");
    }
    for error in &sent.errors {
        tracing::error!(error = %Chain(error), "a batch of starts could not be queued");
    }
    let mut sent = sent.sent.into_iter();
    let settled: Vec<_> = leads
        .into_iter()
        .zip(warnings)
        .zip(stored.stored)
        .map(|((lead, warnings), is_stored)| {
            let is_sent = lead.start.is_none() || sent.next().unwrap_or(false);
            async move {
                if is_stored {
                    settle(state, lead, warnings, is_sent).await
                } else {
                    Err(ApiError::NotStored)
                }
            }
        })
        .collect();
    let settled: Vec<_> = stream::iter(settled)
        .buffered(MARKS_AT_ONCE)
        .collect()
        .await;
    for (place, outcome) in places.into_iter().zip(settled) {
        if let Some(slot) = outcomes.get_mut(place) {
            *slot = Some(outcome);
        }
    }
    outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or(Err(ApiError::NotStored)))
        .collect()
}

/// The reply for a stored lead, whose start is marked if it was not sent.
async fn settle(
    state: &AppState,
    lead: Lead,
    mut warnings: Vec<Warning>,
    is_sent: bool,
) -> Outcome {
    let body = if is_sent {
        created_body(&lead, &warnings)?
    } else if mark_unsent(state, &lead, None).await {
        warnings.push(Warning::Delayed);
        created_body(&lead, &warnings)?
    } else {
        not_assigned(lead, warnings)?
    };
    Ok(Taken {
        body,
        replayed: false,
    })
}

fn reply_to(outcomes: Vec<Outcome>, request_id: &str) -> Result<Response, ApiError> {
    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let all_failed_as = |is: fn(&ApiError) -> bool| {
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref().is_err_and(is))
    };
    if all_failed_as(|error| matches!(error, ApiError::IdempotencyKeyReused)) {
        return Err(ApiError::IdempotencyKeyReused);
    }
    if all_failed_as(|error| error.status() == StatusCode::SERVICE_UNAVAILABLE) {
        return Err(ApiError::NotStored);
    }
    let replayed = created > 0
        && outcomes
            .iter()
            .all(|outcome| outcome.as_ref().map_or(true, |taken| taken.replayed));
    let status = match created {
        0 => StatusCode::BAD_REQUEST,
        _ if created == outcomes.len() => StatusCode::CREATED,
        _ => StatusCode::MULTI_STATUS,
    };
    reply::many(status, outcomes, created, replayed, request_id)
}
