//! The outcome of one lead of a `POST /leads` request.

use domain::ids::LeadId;

use crate::http::{error::ApiError, exchange::IntakeCounts};

/// The outcome of one lead.
pub type Outcome = Result<Accepted, ApiError>;

/// A lead that is stored.
#[derive(Debug)]
pub struct Accepted {
    pub lead_id: LeadId,
    /// The reply's body, as JSON.
    pub body: String,
    pub how: Acceptance,
}

/// How a lead came to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// This request created it.
    Created,
    /// This request created it, and requeue-starts has to send its start.
    Delayed,
    /// An earlier request with the same idempotency key created it.
    Replayed,
}

/// Counts outcomes for the metrics of the log line.
pub fn counts<'a>(
    outcomes: impl IntoIterator<Item = Result<&'a Accepted, &'a ApiError>>,
) -> IntakeCounts {
    let mut counts = IntakeCounts::default();
    for outcome in outcomes {
        match outcome.map(|accepted| accepted.how) {
            Ok(Acceptance::Replayed) => counts.replayed += 1,
            Ok(Acceptance::Created) => counts.created += 1,
            Ok(Acceptance::Delayed) => {
                counts.created += 1;
                counts.delayed += 1;
            }
            Err(error) => {
                counts.refused += 1;
                counts.reason.get_or_insert(error.code());
            }
        }
    }
    counts
}
