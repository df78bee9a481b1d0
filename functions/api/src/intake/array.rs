//! `POST /leads` with an array ([contract](../../../../docs/contract.md#many-at-once)): valid leads are created
//! even when others are not, and each lead has its own outcome, in order.

use aws::{
    queue::WorkflowStart,
    store::{Lookup, WriteStatus},
    telemetry::ErrorChain,
};
use domain::{
    account::AccountSettings,
    idempotency::{IdempotencyKey, Mark},
    ids::LeadId,
    lead::Lead,
};
use futures::{StreamExt, stream};
use http::StatusCode;
use serde_json::value::RawValue;
use tokio::time::{Duration, Instant};

use super::{
    accept::{accept, delay_new, ensure_pending},
    enrol::{Enrolled, Refused, Remarks, enrol},
    idempotency::{IdempotentRequest, Place, Shape},
    lead_request::{LEADS_EXPECTED, LeadRequest},
    outcome::{Acceptance, Accepted, Outcome},
    references::References,
    reply::created_body,
    reply_size,
};
use crate::{
    http::{body::malformed, error::ApiError, failed::of_element, fields::Elements},
    state::AppState,
};

/// Maximum number of concurrent PutItem calls for an array with an idempotency key. BatchWriteItem has no
/// conditions.
const CONCURRENT_PUTS: usize = 32;
/// Maximum number of leads that are resolved at the same time.
const CONCURRENT_RESOLVES: usize = 16;
/// Time after which no write is begun. Together with [`RESOLVE_BUDGET`] it leaves time to answer each lead
/// within [`crate::REQUEST_TIMEOUT`].
const WRITE_BUDGET: Duration = Duration::from_secs(6);
/// Time after which no lead is looked up, and no start is listed as pending.
const RESOLVE_BUDGET: Duration = Duration::from_secs(12);

const ONE_LEAD: &str = "The element must be a JSON object: one lead";

/// Splits the array into the JSON texts of its elements.
///
/// # Errors
/// [`ApiError::MalformedJson`], and [`ApiError::Validation`] for a wrong number of elements.
pub fn parse(body: &[u8]) -> Result<Vec<&RawValue>, ApiError> {
    let elements: Elements<'_> =
        serde_json::from_slice(body).map_err(|error| malformed(&error, body, LEADS_EXPECTED))?;
    if elements.count == 0 || elements.count > Elements::MOST {
        let what = format!(
            "must hold 1 to {} leads; it holds {}",
            Elements::MOST,
            elements.count
        );
        return Err(ApiError::invalid("the array", what));
    }
    Ok(elements.first)
}

/// Creates the valid leads of an array. `elements` are parts of `body`. `begun` is the time before its charge.
///
/// # Errors
/// Same as [`References::load`] and [`reply_size::check`]. With a key, also the errors of the manifest.
/// Errors of single leads are in their outcomes.
pub async fn create(
    state: &AppState,
    account: &AccountSettings,
    key: Option<&IdempotencyKey>,
    (body, elements): (&[u8], &[&RawValue]),
    begun: Instant,
) -> Result<Vec<Outcome>, ApiError> {
    let requests: Vec<_> = elements
        .iter()
        .enumerate()
        .map(|(index, element)| {
            let shape = Shape::Array;
            let place = key.map(|key| Place { key, index, shape });
            let request = LeadRequest::parse(element.get().as_bytes(), account, place);
            request.map_err(|error| Refused {
                error: of_element(error, (body, element), ONE_LEAD),
                idempotent: place.map(|place| IdempotentRequest::malformed(place, account)),
            })
        })
        .collect();
    let parsed: Vec<_> = requests
        .iter()
        .filter_map(|request| request.as_ref().ok())
        .collect();
    let references = References::load(state, account, &parsed).await?;
    let now = state.clock.now();
    let enrolled = requests.into_iter().map(|request| match request {
        Ok(request) => enrol(request, account, &references, &state.randomness, now),
        Err(refused) => Err(refused),
    });
    let enrolled: Vec<_> = enrolled.collect();
    reply_size::check(elements, &enrolled, &state.api_url)?;
    match key {
        None => Ok(accept_in_batches(state, enrolled, begun).await),
        Some(key) => accept_idempotently(state, account, key, enrolled, begun).await,
    }
}

/// Stores the leads of an idempotent array, unless the key belongs to another request.
///
/// # Errors
/// Same as [`Store::record_manifest`](aws::store::Store::record_manifest).
async fn accept_idempotently(
    state: &AppState,
    account: &AccountSettings,
    key: &IdempotencyKey,
    enrolled: Vec<Result<Enrolled, Refused>>,
    begun: Instant,
) -> Result<Vec<Outcome>, ApiError> {
    let total = enrolled.len();
    let reused = || Ok((0..total).map(|_| Err(ApiError::KeyOfOtherArray)).collect());
    let marks = enrolled.iter().filter_map(|enrolled| {
        let idempotent = match enrolled {
            Ok(enrolled) => &enrolled.idempotent,
            Err(refused) => &refused.idempotent,
        };
        let hash = idempotent.as_ref()?.hash(key);
        let is_claim = enrolled.is_ok();
        Some(Mark { hash, is_claim })
    });
    let marks: Vec<_> = marks.collect();
    let has_claims = marks.iter().any(|mark| mark.is_claim);
    if has_claims {
        let first = LeadId::of_request(account.id, key, 0);
        let (store, now) = (&state.store, state.clock.now());
        if !store
            .record_manifest(account.id, first, &marks, now)
            .await?
        {
            return reused();
        }
    }
    let accepted: Vec<_> = enrolled
        .into_iter()
        .map(|enrolled| async {
            if begun.elapsed() > WRITE_BUDGET {
                return Err(ApiError::NotStored);
            }
            match accept(state, account, enrolled).await {
                Err(ApiError::IdempotencyKeyReused) => Err(ApiError::KeyOfOtherArray),
                outcome => outcome,
            }
        })
        .collect();
    let mut accepted = accepted.into_iter();
    let mut outcomes = Vec::with_capacity(total);
    // A request for one lead has the id of the first one. So the first lead decides between that
    // request and the array, and the others wait for it.
    if let Some(first) = accepted.next() {
        let first = first.await;
        match &first {
            Err(ApiError::KeyOfOtherArray) => return reused(),
            Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => {
                outcomes.push(first);
                outcomes.resize_with(total, || Err(ApiError::NotStored));
                return Ok(outcomes);
            }
            _ => outcomes.push(first),
        }
    }
    let rest = stream::iter(accepted).buffered(CONCURRENT_PUTS);
    outcomes.extend(rest.collect::<Vec<_>>().await);
    // Without a lead to store, receipts alone show that the key belongs to another request.
    let is_reused = |outcome: &Outcome| matches!(outcome, Err(ApiError::KeyOfOtherArray));
    if !has_claims && outcomes.iter().any(is_reused) {
        return reused();
    }
    reply_size::leave_out_replays(&mut outcomes, &state.api_url)?;
    Ok(outcomes)
}

/// Stores leads in batches and, at the same time, queues their starts in batches.
async fn accept_in_batches(
    state: &AppState,
    enrolled: Vec<Result<Enrolled, Refused>>,
    begun: Instant,
) -> Vec<Outcome> {
    let mut refused = Vec::new();
    let (mut leads, mut remarks) = (Vec::new(), Vec::new());
    for enrolled in enrolled {
        match enrolled {
            Ok(enrolled) => {
                refused.push(None);
                leads.push(enrolled.lead);
                remarks.push(enrolled.remarks);
            }
            Err(refusal) => refused.push(Some(refusal.error)),
        }
    }
    let now = state.clock.now();
    let starts: Vec<_> = leads
        .iter()
        .filter_map(|lead| WorkflowStart::of(lead, now))
        .collect();
    let until = begun + WRITE_BUDGET;
    let (written, sent) = tokio::join!(
        state.store.create_leads(&leads, until),
        state.queue.send_many(&starts, until)
    );
    for error in &written.errors {
        tracing::error!(error = %ErrorChain(error), "a batch of leads was not stored");
    }
    for error in &sent.errors {
        tracing::error!(error = %ErrorChain(error), "starts were not queued");
    }
    let mut sent = sent.sent.into_iter();
    let resolved: Vec<_> = leads
        .into_iter()
        .zip(remarks)
        .zip(written.leads)
        .map(|((lead, remarks), status)| {
            let is_sent = lead.start.is_none() || sent.next().unwrap_or(false);
            resolve(state, lead, remarks, status, is_sent, begun)
        })
        .collect();
    let resolved: Vec<Outcome> = stream::iter(resolved)
        .buffered(CONCURRENT_RESOLVES)
        .collect()
        .await;
    let mut resolved = resolved.into_iter();
    refused
        .into_iter()
        .map(|refused| match refused {
            Some(error) => Err(error),
            None => resolved.next().unwrap_or(Err(ApiError::NotStored)),
        })
        .collect()
}

/// Returns the outcome of a lead of a batch. Looks the lead up if DynamoDB did not confirm its write, and
/// lists a start that was not sent as pending.
async fn resolve(
    state: &AppState,
    lead: Lead,
    remarks: Remarks,
    status: WriteStatus,
    is_sent: bool,
    begun: Instant,
) -> Outcome {
    let has_time = begun.elapsed() < RESOLVE_BUDGET;
    let is_stored = match status {
        WriteStatus::Stored => true,
        WriteStatus::NotStored => return Err(ApiError::NotStored),
        WriteStatus::Unknown if has_time => {
            let lookup = state.store.lead(lead.account_id, lead.profile.id).await;
            matches!(lookup, Ok(Lookup::Found(_)))
        }
        WriteStatus::Unknown => false,
    };
    match (is_stored, is_sent) {
        (true, true) => Ok(Accepted {
            lead_id: lead.profile.id,
            body: created_body(&lead, &remarks)?,
            how: Acceptance::Created,
        }),
        (true, false) if has_time => delay_new(state, lead, remarks, false).await,
        (false, false) if has_time => {
            ensure_pending(state, &lead).await?;
            Err(ApiError::Unconfirmed(None))
        }
        _ => Err(ApiError::Unconfirmed(None)),
    }
}

#[cfg(test)]
mod tests {
    use aws::clients::OPERATION_TIMEOUT as CALL;

    use super::*;
    use crate::REQUEST_TIMEOUT;

    /// Time of the call before the intake: the read of the key.
    const KEY: Duration = CALL;

    #[test]
    fn a_lead_that_meets_every_timeout_is_answered_within_the_requests_time() {
        // References are looked up; stored and sent; confirmed; listed as pending.
        assert!(KEY + 4 * CALL < REQUEST_TIMEOUT);
    }

    #[test]
    fn an_array_that_meets_every_timeout_is_answered_within_the_requests_time() {
        // An idempotent lead is stored and sent; confirmed; listed as pending.
        assert!(KEY + WRITE_BUDGET + 3 * CALL < REQUEST_TIMEOUT);
        // A lead that was begun in time is resolved: looked up; listed as pending.
        assert!(WRITE_BUDGET + CALL < RESOLVE_BUDGET);
        assert!(KEY + RESOLVE_BUDGET + 2 * CALL < REQUEST_TIMEOUT);
    }
}
