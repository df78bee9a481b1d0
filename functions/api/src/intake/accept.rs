//! Stores a lead and queues its start, side by side: one round trip. The table of outcomes is in
//! [architecture.md](../../../../docs/architecture.md#no-lost-start).

use aws::{
    queue::{QueueError, WorkflowStart},
    store::{Created, Lookup, StoreError},
    telemetry::ErrorChain,
};
use domain::{account::AccountSettings, idempotency::Receipt, lead::Lead};

use super::{
    enrol::{Enrolled, Refused, Remarks, Warning},
    outcome::{Acceptance, Accepted, Outcome},
    reply::{created_body, replayed_body, rest_of_body},
};
use crate::{http::error::ApiError, state::AppState};

/// Stores an enrolled lead. Looks for the receipt of a refused request that is idempotent: its first try may
/// have been accepted, before the workflow or the account changed.
pub async fn accept(
    state: &AppState,
    account: &AccountSettings,
    enrolled: Result<Enrolled, Refused>,
) -> Outcome {
    match enrolled {
        Ok(enrolled) => store_and_enqueue(state, enrolled).await,
        Err(Refused {
            error,
            idempotent: Some(request),
        }) => match state.store.replayable(account.id, request.lead_id).await? {
            Some((lead, receipt)) if receipt.fingerprint == request.fingerprint => {
                replay(&lead, &receipt)
            }
            Some(_) => Err(ApiError::IdempotencyKeyReused),
            None => Err(error),
        },
        Err(refused) => Err(refused.error),
    }
}

fn replay(lead: &Lead, receipt: &Receipt) -> Outcome {
    Ok(Accepted {
        lead_id: lead.profile.id,
        body: replayed_body(lead, receipt)?,
        how: Acceptance::Replayed,
    })
}

async fn store_and_enqueue(state: &AppState, enrolled: Enrolled) -> Outcome {
    let Enrolled {
        lead,
        remarks,
        idempotent,
    } = enrolled;
    let id = lead.profile.id;
    let body = created_body(&lead, &remarks)?;
    let receipt = match &idempotent {
        None => None,
        Some(request) => Some(Receipt {
            fingerprint: request.fingerprint.clone(),
            rest: rest_of_body(&lead, &remarks)?,
        }),
    };
    let is_idempotent = idempotent.is_some();
    let (created, sent) = tokio::join!(
        state.store.create_lead(&lead, receipt.as_ref()),
        send_start(state, &lead)
    );
    let created = match created {
        Err(error) if error.is_retryable() => confirm(state, &lead, is_idempotent, error).await,
        created => created.map_err(ApiError::from),
    };
    if let Err(error) = &sent {
        tracing::error!(lead.id = %id, error = %ErrorChain(error), "a start could not be queued");
    }
    let created = match (created, sent) {
        (created, Ok(())) => created?,
        (Ok(Created::New), Err(_)) => {
            return delay_new(state, lead, remarks, is_idempotent).await;
        }
        (created @ (Ok(_) | Err(ApiError::Unconfirmed(_))), Err(_)) => {
            ensure_pending(state, &lead).await?;
            created?
        }
        // Not stored: a message that did go out is an orphan, which start-workflow drops.
        (Err(error), Err(_)) => return Err(error),
    };
    match (created, idempotent) {
        (Created::New, _) => Ok(Accepted {
            lead_id: id,
            body,
            how: Acceptance::Created,
        }),
        (Created::Existing(lead, receipt), Some(request))
            if receipt.fingerprint == request.fingerprint =>
        {
            replay(&lead, &receipt)
        }
        (Created::Existing(..), _) => Err(ApiError::IdempotencyKeyReused),
        (Created::Erased, _) => Err(ApiError::IdempotencyKeyOfErased),
    }
}

/// Finds out whether a write that was not confirmed has stored the lead.
async fn confirm(
    state: &AppState,
    lead: &Lead,
    is_idempotent: bool,
    error: StoreError,
) -> Result<Created, ApiError> {
    match state.store.lead(lead.account_id, lead.profile.id).await {
        // Only this request can have stored a lead with a random id.
        Ok(Lookup::Found(_)) if !is_idempotent => Ok(Created::New),
        // The write was refused, and the lead is not there.
        Ok(Lookup::Missing) if matches!(error, StoreError::Unavailable(_)) => Err(error.into()),
        // Found under an idempotency key: it may be an earlier request's, and a retry will find out.
        // Not found after a timeout: the write may still arrive.
        _ => Err(ApiError::Unconfirmed(Some(error))),
    }
}

async fn send_start(state: &AppState, lead: &Lead) -> Result<(), QueueError> {
    match WorkflowStart::of(lead, state.clock.now()) {
        Some(start) => state.queue.send(&start).await,
        None => Ok(()),
    }
}

/// Lists the start of a new lead as pending, so that requeue-starts sends it, and returns the reply with a
/// warning. If it cannot be listed, the reply promises no run.
pub async fn delay_new(
    state: &AppState,
    mut lead: Lead,
    mut remarks: Remarks,
    is_idempotent: bool,
) -> Outcome {
    remarks.warnings.push(Warning::Delayed);
    let body = created_body(&lead, &remarks)?;
    let lead_id = lead.profile.id;
    // A replay has to return the warning.
    let rest = match is_idempotent {
        true => Some(rest_of_body(&lead, &remarks)?),
        false => None,
    };
    if set_pending(state, &lead, rest.as_deref()).await.is_ok() {
        let how = Acceptance::Delayed;
        return Ok(Accepted { lead_id, body, how });
    }
    remarks.warnings.pop();
    remarks.warnings.push(Warning::NotAssigned);
    lead.start = None;
    Ok(Accepted {
        lead_id,
        body: created_body(&lead, &remarks)?,
        how: Acceptance::Created,
    })
}

/// Lists the start of a lead as pending that an earlier request has stored, or that may be stored. A start
/// that is sent twice builds its run once.
///
/// # Errors
/// [`ApiError::Unconfirmed`] if it cannot be listed: an earlier reply may have promised the run.
pub async fn ensure_pending(state: &AppState, lead: &Lead) -> Result<(), ApiError> {
    match set_pending(state, lead, None).await {
        // The lead is not stored, or it was erased: there is no run to promise.
        Ok(()) | Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(ApiError::Unconfirmed(Some(error))),
    }
}

async fn set_pending(state: &AppState, lead: &Lead, rest: Option<&str>) -> Result<(), StoreError> {
    let (account, now) = (lead.account_id, state.clock.now());
    let id = lead.profile.id;
    let set = state.store.set_pending(account, id, now, rest).await;
    set.inspect_err(|error| {
        tracing::error!(lead.id = %id, error = %ErrorChain(error), "a start could not be listed as pending");
    })
}
