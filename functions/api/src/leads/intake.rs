//! Storing a lead and queueing its start, side by side: one round trip. The table of outcomes is in
//! docs/architecture.md, "No lost start".

use aws::{
    queue::{QueueError, WorkflowStart},
    store::{Sought, StoreError, Stored},
    telemetry::Chain,
};
use domain::{account::Account, idempotency::Receipt, ids::LeadId, lead::Lead};

use super::{
    enrolment::{Enrolment, Named, Warning},
    reply::created_body,
};
use crate::{error::ApiError, state::AppState};

/// The reply for a lead that is stored.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The lead.
    pub(crate) lead_id: LeadId,
    /// The reply's body: JSON.
    pub(crate) body: String,
    /// It is the reply to an earlier request of the same name.
    pub(crate) replayed: bool,
    /// Its start could not be sent, and follows.
    pub(crate) delayed: bool,
}

/// Takes one lead in, unless it could not be enrolled. A named request leaves a receipt, and finds that
/// of an earlier one, whatever has changed since.
pub(crate) async fn take_in(
    state: &AppState,
    account: &Account,
    named: Option<Named<'_>>,
    enrolment: Result<Enrolment, ApiError>,
) -> Result<Taken, ApiError> {
    match (enrolment, named) {
        (Ok(enrolment), _) => store_and_order(state, enrolment, named).await,
        (Err(error @ ApiError::Validation(_)), Some(named)) => {
            let id = LeadId::of_request(account.id, named.key, named.index);
            let before = state.store.receipt(account.id, id).await?;
            match before.filter(|before| before.request_hash == named.request_hash) {
                Some(before) => Ok(Taken {
                    lead_id: id,
                    body: before.reply,
                    replayed: true,
                    delayed: false,
                }),
                None => Err(error),
            }
        }
        (Err(error), _) => Err(error),
    }
}

async fn store_and_order(
    state: &AppState,
    Enrolment { lead, warnings }: Enrolment,
    named: Option<Named<'_>>,
) -> Result<Taken, ApiError> {
    let id = lead.profile.id;
    let body = created_body(&lead, &warnings)?;
    let is_named = named.is_some();
    let receipt = named.map(|named| Receipt {
        request_hash: named.request_hash.to_owned(),
        reply: body.clone(),
    });
    let (stored, sent) = tokio::join!(
        state.store.create_lead(&lead, receipt.as_ref()),
        send_start(state, &lead)
    );
    let stored = match stored {
        Err(error) if error.is_retryable() => confirm(state, &lead, is_named, error).await,
        stored => stored.map_err(ApiError::from),
    };
    let delayed = match sent {
        Ok(()) => None,
        Err(error) => {
            tracing::error!(lead.id = %id, error = %Chain(&error), "a start could not be queued");
            match &stored {
                // Not stored: a message that did go out is an orphan, which start-workflow sorts out.
                Err(not_stored) if !matches!(not_stored, ApiError::Unconfirmed(_)) => None,
                // A lead that is there, now or from an earlier request, or may be, must not miss its
                // start. One that is sent twice builds its run once.
                stored => {
                    let is_new = matches!(stored, Ok(Stored::New));
                    Some(delay(state, lead, warnings, is_new, is_named).await?)
                }
            }
        }
    };
    match (stored?, receipt) {
        (Stored::New, _) => Ok(delayed.unwrap_or(Taken {
            lead_id: id,
            body,
            replayed: false,
            delayed: false,
        })),
        (Stored::Before(before), Some(receipt)) if before.request_hash == receipt.request_hash => {
            Ok(Taken {
                lead_id: id,
                body: before.reply,
                replayed: true,
                delayed: false,
            })
        }
        (Stored::Before(_), _) => Err(ApiError::IdempotencyKeyReused),
        (Stored::Erased, _) => Err(ApiError::IdempotencyKeyOfErased),
    }
}

/// Whether a lead was stored by a write that was not confirmed.
async fn confirm(
    state: &AppState,
    lead: &Lead,
    is_named: bool,
    error: StoreError,
) -> Result<Stored, ApiError> {
    match state.store.lead(lead.account_id, lead.profile.id).await {
        // A random id is there through this request only.
        Ok(Sought::Found(_)) if !is_named => Ok(Stored::New),
        // Refused, and not there.
        Ok(Sought::Absent) if matches!(error, StoreError::Unavailable(_)) => Err(error.into()),
        // There, but named: it can be an earlier request's, and is told apart when it is sent again. Not
        // there, but without an answer: it can still come.
        _ => Err(ApiError::Unconfirmed(Some(error))),
    }
}

async fn send_start(state: &AppState, lead: &Lead) -> Result<(), QueueError> {
    match WorkflowStart::of(lead, state.clock.now()) {
        Some(start) => state.queue.send(&start).await,
        None => Ok(()),
    }
}

/// Leaves a mark for requeue-starts, and gives the reply that says so. A new lead's start that cannot be
/// marked either is not promised; that of a lead which is not new may have been. `is_named`: a replay is to
/// say the same.
pub(super) async fn delay(
    state: &AppState,
    mut lead: Lead,
    mut warnings: Vec<Warning>,
    is_new: bool,
    is_named: bool,
) -> Result<Taken, ApiError> {
    warnings.push(Warning::Delayed);
    let body = created_body(&lead, &warnings)?;
    let id = lead.profile.id;
    let reply = (is_new && is_named).then_some(body.as_str());
    let now = state.clock.now();
    let Err(error) = state
        .store
        .mark_unsent(lead.account_id, id, now, reply)
        .await
    else {
        return Ok(Taken {
            lead_id: id,
            body,
            replayed: false,
            delayed: true,
        });
    };
    tracing::error!(lead.id = %id, error = %Chain(&error), "a start could not be marked");
    if !is_new && !error.is_conflict() {
        return Err(ApiError::Unconfirmed(Some(error)));
    }
    // Neither sent nor marked: nothing promises a run.
    warnings.pop();
    warnings.push(Warning::NotAssigned);
    lead.start = None;
    Ok(Taken {
        lead_id: id,
        body: created_body(&lead, &warnings)?,
        replayed: false,
        delayed: false,
    })
}
