//! Storing a lead and queueing its start, side by side: one round trip. The table of outcomes is in
//! docs/architecture.md, "No lost start".

use shared::{
    domain::{idempotency::Receipt, lead::Lead},
    queue::{QueueError, WorkflowStart},
    store::{StoreError, Stored},
    telemetry::Chain,
};

use super::{
    enrolment::{Enrolment, Warning},
    reply::created_body,
};
use crate::{error::ApiError, state::AppState};

/// The reply for a lead that is stored.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The reply's body: JSON.
    pub(crate) body: String,
    /// It is the reply to an earlier request of the same name.
    pub(crate) replayed: bool,
}

/// Takes one lead in. A named request leaves a receipt, and finds that of an earlier one.
pub(crate) async fn take_in(
    state: &AppState,
    enrolment: Enrolment,
    is_named: bool,
) -> Result<Taken, ApiError> {
    let Enrolment {
        lead,
        mut warnings,
        request_hash,
    } = enrolment;
    let body = created_body(&lead, &warnings)?;
    let receipt = is_named.then(|| Receipt {
        request_hash,
        reply: body.clone(),
    });
    let (stored, sent) = tokio::join!(
        state.store.create_lead(&lead, receipt.as_ref()),
        send_start(state, &lead)
    );
    // Not stored: a message that did go out is an orphan, which start-workflow sorts out.
    let stored = match stored {
        Err(error) if error.is_retryable() => confirm(state, &lead, is_named, error).await?,
        stored => stored?,
    };
    if let (Stored::Before(before), Some(receipt)) = (stored, receipt) {
        // The start that was sent again finds its run built, or builds it: nothing is done twice.
        return if before.request_hash == receipt.request_hash {
            Ok(Taken {
                body: before.reply,
                replayed: true,
            })
        } else {
            Err(ApiError::IdempotencyKeyReused)
        };
    }
    let Err(error) = sent else {
        return Ok(Taken {
            body,
            replayed: false,
        });
    };
    tracing::error!(lead.id = %lead.id, error = %Chain(&error), "a start could not be queued");
    warnings.push(Warning::Delayed);
    let delayed = created_body(&lead, &warnings)?;
    match mark_unsent(state, &lead, is_named.then_some(delayed.as_str())).await {
        true => Ok(Taken {
            body: delayed,
            replayed: false,
        }),
        false => Ok(Taken {
            body: not_assigned(lead, warnings)?,
            replayed: false,
        }),
    }
}

/// Whether a lead was stored by a write that gave no answer: a timeout says nothing about it.
async fn confirm(
    state: &AppState,
    lead: &Lead,
    is_named: bool,
    error: StoreError,
) -> Result<Stored, ApiError> {
    match state.store.lead(lead.account_id, lead.id).await {
        Ok(None) => Err(error.into()),
        // A random id is there through this request only.
        Ok(Some(_)) if !is_named => Ok(Stored::New),
        // Named, it can be an earlier request's: sent again, it is told apart.
        Ok(Some(_)) | Err(_) => Err(ApiError::Unconfirmed(error)),
    }
}

async fn send_start(state: &AppState, lead: &Lead) -> Result<(), QueueError> {
    match WorkflowStart::of(lead, state.clock.now()) {
        Some(start) => state.queue.send(&start).await,
        None => Ok(()),
    }
}

/// Leaves a mark for requeue-starts, and says whether it is there.
pub(super) async fn mark_unsent(state: &AppState, lead: &Lead, reply: Option<&str>) -> bool {
    let now = state.clock.now();
    match state
        .store
        .mark_unsent(lead.account_id, lead.id, now, reply)
        .await
    {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(lead.id = %lead.id, error = %Chain(&error), "a start could not be marked");
            false
        }
    }
}

/// The reply for a lead whose start was neither sent nor marked: nothing promises a run.
pub(super) fn not_assigned(mut lead: Lead, mut warnings: Vec<Warning>) -> Result<String, ApiError> {
    lead.start = None;
    warnings.retain(|warning| *warning != Warning::Delayed);
    warnings.push(Warning::NotAssigned);
    created_body(&lead, &warnings)
}
