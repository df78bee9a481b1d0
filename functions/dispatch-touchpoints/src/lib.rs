//! Looks at each run that is due ([architecture](../../../docs/architecture.md#touchpoints)).
//!
//! A hint only points at a run, and the run decides what is done. A touchpoint that is due is sent to
//! the webhook of its channel. If there is none, it is opened, so that callers can claim it. Everything
//! that is overdue without a hand-over is done too. Each record of a batch is handled on its own.

mod admission;
mod answer;
mod claimed;
mod hand_over;
mod look;
mod looked;
mod outcome;
mod receivers;
mod request;
mod retry;
mod seen;
mod settle;
mod state;
mod steer;

use std::time::Duration;

use aws::{
    queue::Hint,
    telemetry::{ErrorChain, METRICS},
};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use tokio::time::{Instant, timeout};

use self::{
    look::look,
    looked::{LookError, Looked},
    seen::Seen,
};
pub use self::{
    receivers::{Receivers, Request},
    state::{DispatchTouchpoints, HINT_TIMEOUT},
};

/// Maximum time for one record: ten seconds until the request, 15 for the answer, and four for the
/// settlement. With [`HINT_TIMEOUT`], it is shorter than the function's timeout, so that the other records
/// of the batch are acknowledged before that.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(29);

/// Handles the records of a batch side by side. The reply names the records that failed.
pub async fn handle(state: &DispatchTouchpoints, event: SqsEvent) -> SqsBatchResponse {
    let started = Instant::now();
    let records = event.records.len();
    let records_of = event.records.iter();
    let results = join_all(records_of.map(|message| handle_record(state, message, started))).await;
    let mut response = SqsBatchResponse::default();
    let mut seen = Seen::default();
    for result in results {
        match result {
            Ok(of_record) => seen.add(&of_record),
            Err(failure) => response.batch_item_failures.push(failure),
        }
    }
    tracing::info!(
        target: METRICS,
        records,
        hints_failed = response.batch_item_failures.len(),
        touchpoints_opened = seen.opened,
        touchpoints_expired = seen.expired,
        touchpoints_unconfirmed = seen.unconfirmed,
        leases_lapsed = seen.lapsed,
        outcomes_missing = seen.missing,
        runs_held = seen.held,
        touchpoints_sent = seen.sent,
        touchpoints_accepted = seen.accepted,
        touchpoints_refused = seen.refused,
        touchpoints_missed = seen.missed,
        touchpoints_unknown = seen.unknown,
        touchpoints_waiting = seen.waiting,
        // The largest of the batch. A batch without an opened touchpoint has none.
        open_lag = seen.open_lag_ms,
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "batch"
    );
    response
}

async fn handle_record(
    state: &DispatchTouchpoints,
    message: &SqsMessage,
    begun: Instant,
) -> Result<Seen, BatchItemFailure> {
    let looked = timeout(RECORD_TIMEOUT, look_at(state, message, begun)).await;
    let looked = looked.unwrap_or(Err(LookError::TimedOut)).map_err(|error| {
        let message_id = message.message_id.clone().unwrap_or_default();
        tracing::error!(queue.message_id = message_id, error = %ErrorChain(&error), "a run that is due was not looked at");
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message_id;
        failure
    })?;
    // At once: another record of the batch may wait for a slow receiver.
    state.hint(looked.next.as_slice()).await;
    Ok(looked.seen)
}

async fn look_at(
    state: &DispatchTouchpoints,
    message: &SqsMessage,
    begun: Instant,
) -> Result<Looked, LookError> {
    let body = message.body.as_deref().ok_or(LookError::NoBody)?;
    look(state, &Hint::from_body(body)?, begun).await
}
