//! `POST /leads` with an array (CONTRACT section 3.4): the valid leads are taken in even when others are
//! not, and every element is told the truth about itself, in order.

use aws::{
    queue::WorkflowStart,
    store::{Batched, Sought},
    telemetry::Chain,
};
use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use domain::{account::Account, idempotency::IdempotencyKey, lead::Lead};
use futures::{StreamExt, stream};
use http::StatusCode;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};

use super::{
    body::{LEADS, malformed},
    create::read_draft,
    enrolment::{Enrolment, Named, Wanted, Warning, enrol},
    fields::Elements,
    intake::{Taken, delay, take_in},
    reply::{self, created_body},
};
use crate::{
    error::{ApiError, Problem},
    intake_counts::IntakeCounts,
    limit::Ticket,
    state::AppState,
};

/// Named leads need a conditional write each: so many are under way at once.
const NAMED_AT_ONCE: usize = 32;
const SETTLED_AT_ONCE: usize = 16;

/// When no write is begun any more, and no mark: all is done, and every element told the truth about,
/// before the request's own time is over.
const INTAKE_BUDGET: Duration = Duration::from_secs(6);
const SETTLE_BUDGET: Duration = Duration::from_secs(12);

/// What Lambda takes of a reply, as the string that it becomes inside the gateway's JSON.
const REPLY_LIMIT: usize = 6 * 1024 * 1024;
/// What a result has beside the lead's own fields, at most, for an ordinary element.
const RESULT_OVERHEAD: usize = 900;

type Outcome = Result<Taken, ApiError>;

pub(super) async fn create(
    state: &AppState,
    account: &Account,
    key: Option<&IdempotencyKey>,
    (request_id, ticket): (&str, &Ticket),
    body: &[u8],
) -> Result<Response, ApiError> {
    let begun = Instant::now();
    let elements = read(body)?;
    ticket.pay_more(&state.limiter, elements.len() - 1);
    let drafts: Vec<_> = elements
        .iter()
        // The same name for one lead and for an array of one is not the same request.
        .map(|element| {
            let kind = key.map(|_| "array");
            read_draft(element.get().as_bytes(), account, kind).map_err(of_element)
        })
        .collect();
    let readable = drafts.iter().filter_map(|draft| draft.as_ref().ok());
    let wanted = Wanted::look_up(state, account, readable).await?;
    let now = state.clock.now();
    let enrolments: Vec<_> = drafts
        .into_iter()
        .enumerate()
        .map(|(index, draft)| match draft {
            Ok(draft) => {
                let request_hash = draft.request_hash.clone();
                let named = Named::of(key, index, request_hash.as_deref());
                let enrolment = enrol(account, draft, &wanted, named, &state.random, now);
                (request_hash, enrolment)
            }
            Err(error) => (None, Err(error)),
        })
        .collect();
    let outcomes = if key.is_none() {
        take_in_batches(
            state,
            enrolments.into_iter().map(|(_, enrolment)| enrolment),
            begun,
        )
        .await
    } else {
        // One conditional write each, as for single leads.
        let taken: Vec<_> = enrolments
            .into_iter()
            .enumerate()
            .map(|(index, (request_hash, enrolment))| async move {
                if begun.elapsed() > INTAKE_BUDGET {
                    return Err(ApiError::NotStored);
                }
                let named = Named::of(key, index, request_hash.as_deref());
                take_in(state, account, named, enrolment).await
            })
            .collect();
        stream::iter(taken).buffered(NAMED_AT_ONCE).collect().await
    };
    reply_to(outcomes, request_id)
}

fn read(body: &[u8]) -> Result<Vec<Box<RawValue>>, ApiError> {
    let elements: Elements =
        serde_json::from_slice(body).map_err(|error| malformed(&error, LEADS))?;
    if elements.count == 0 || elements.count > Elements::MOST {
        let what = format!(
            "must hold 1 to {} leads; it holds {}",
            Elements::MOST,
            elements.count
        );
        return Err(ApiError::Validation(vec![Problem::new("the array", what)]));
    }
    // Found out now, and not when the leads are stored and the reply cannot be given.
    let escapes = body
        .iter()
        .filter(|byte| matches!(byte, b'"' | b'\\'))
        .count();
    if body.len() + escapes + elements.count * RESULT_OVERHEAD > REPLY_LIMIT {
        let what = "The reply to so many leads would be over 6 MiB; send fewer leads at once";
        return Err(ApiError::PayloadTooLarge(what));
    }
    Ok(elements.first)
}

/// Whatever an element is, it is JSON.
fn of_element(error: ApiError) -> ApiError {
    match error {
        ApiError::MalformedJson { line, column, .. } => {
            let what = "The element must be a JSON object: one lead";
            ApiError::MalformedJson { what, line, column }
        }
        error => error,
    }
}

/// Batches of writes and, at the same time, batches of messages.
async fn take_in_batches(
    state: &AppState,
    enrolments: impl Iterator<Item = Result<Enrolment, ApiError>>,
    begun: Instant,
) -> Vec<Outcome> {
    let mut refused = Vec::new();
    let (mut leads, mut warnings) = (Vec::new(), Vec::new());
    for enrolment in enrolments {
        match enrolment {
            Ok(enrolment) => {
                refused.push(None);
                leads.push(enrolment.lead);
                warnings.push(enrolment.warnings);
            }
            Err(error) => refused.push(Some(error)),
        }
    }
    let now = state.clock.now();
    let starts: Vec<_> = leads
        .iter()
        .filter_map(|lead| WorkflowStart::of(lead, now))
        .collect();
    let until = begun + INTAKE_BUDGET;
    let (stored, sent) = tokio::join!(
        state.store.create_leads(&leads, until),
        state.queue.send_many(&starts, until)
    );
    for error in &stored.errors {
        tracing::error!(error = %Chain(error), "a batch of leads was not stored");
    }
    for error in &sent.errors {
        tracing::error!(error = %Chain(error), "starts were not queued");
    }
    let mut sent = sent.sent.into_iter();
    let settled: Vec<_> = leads
        .into_iter()
        .zip(warnings)
        .zip(stored.leads)
        .map(|((lead, warnings), stored)| {
            let is_sent = lead.start.is_none() || sent.next().unwrap_or(false);
            settle(state, lead, warnings, stored, is_sent, begun)
        })
        .collect();
    let settled: Vec<Outcome> = stream::iter(settled)
        .buffered(SETTLED_AT_ONCE)
        .collect()
        .await;
    let mut settled = settled.into_iter();
    refused
        .into_iter()
        .map(|refused| match refused {
            Some(error) => Err(error),
            None => settled.next().unwrap_or(Err(ApiError::NotStored)),
        })
        .collect()
}

/// What is to be said of a lead of a batch; looks it up if nobody knows, and marks a start that was not
/// sent.
async fn settle(
    state: &AppState,
    lead: Lead,
    warnings: Vec<Warning>,
    stored: Batched,
    is_sent: bool,
    begun: Instant,
) -> Outcome {
    let has_time = begun.elapsed() < SETTLE_BUDGET;
    let is_stored = match stored {
        Batched::Stored => true,
        Batched::NotStored => return Err(ApiError::NotStored),
        Batched::Unknown if has_time => {
            matches!(
                state.store.lead(lead.account_id, lead.profile.id).await,
                Ok(Sought::Found(_))
            )
        }
        Batched::Unknown => false,
    };
    if is_sent && is_stored {
        return Ok(Taken {
            lead_id: lead.profile.id,
            body: created_body(&lead, &warnings)?,
            replayed: false,
            delayed: false,
        });
    }
    if is_sent || !has_time {
        return Err(ApiError::Unconfirmed(None));
    }
    // The mark is made only where there is a lead.
    let taken = delay(state, lead, warnings, is_stored, false).await?;
    if is_stored {
        Ok(taken)
    } else {
        Err(ApiError::Unconfirmed(None))
    }
}

fn reply_to(outcomes: Vec<Outcome>, request_id: &str) -> Result<Response, ApiError> {
    let created = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let failed_as =
        |is: fn(&ApiError) -> bool| move |outcome: &Outcome| outcome.as_ref().is_err_and(is);
    let all_refused = |error: ApiError| {
        let counts = IntakeCounts::of(outcomes.iter().map(Result::as_ref));
        Ok((Extension(counts), error).into_response())
    };
    let is_of_erased = |error: &ApiError| matches!(error, ApiError::IdempotencyKeyOfErased);
    if outcomes.iter().all(failed_as(is_of_erased)) {
        return all_refused(ApiError::IdempotencyKeyOfErased);
    }
    let is_reused = |error: &ApiError| error.code() == ApiError::IdempotencyKeyReused.code();
    if outcomes.iter().all(failed_as(is_reused)) {
        return all_refused(ApiError::IdempotencyKeyReused);
    }
    let is_unavailable = |error: &ApiError| error.status() == StatusCode::SERVICE_UNAVAILABLE;
    if outcomes.iter().all(failed_as(is_unavailable)) {
        let is_unconfirmed = |error: &ApiError| matches!(error, ApiError::Unconfirmed(_));
        return all_refused(match outcomes.iter().any(failed_as(is_unconfirmed)) {
            true => ApiError::Unconfirmed(None),
            false => ApiError::NotStored,
        });
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

#[cfg(test)]
mod tests {
    use aws::clients::OPERATION_TIMEOUT as CALL;

    use super::*;
    use crate::REQUEST_TIMEOUT;

    /// The longest that comes before: the key is looked up.
    const KEY: Duration = CALL;

    #[test]
    fn a_lead_that_meets_every_timeout_is_answered_within_the_requests_time() {
        // What it names is looked up; stored and sent; confirmed; marked.
        assert!(KEY + 4 * CALL < REQUEST_TIMEOUT);
    }

    #[test]
    fn an_array_that_meets_every_timeout_is_answered_within_the_requests_time() {
        // A named lead is stored and sent; confirmed; marked.
        assert!(KEY + INTAKE_BUDGET + 3 * CALL < REQUEST_TIMEOUT);
        // What was begun in time is settled: looked up; marked.
        assert!(INTAKE_BUDGET + CALL < SETTLE_BUDGET);
        assert!(KEY + SETTLE_BUDGET + 2 * CALL < REQUEST_TIMEOUT);
    }
}
