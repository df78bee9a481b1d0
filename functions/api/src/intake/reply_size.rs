//! The size of the reply to an array, known before a lead is stored: afterwards, a reply that Lambda refuses
//! could not be given.

use domain::json::escaped_size;
use serde_json::value::RawValue;

use super::{
    enrol::{Enrolled, Refused},
    outcome::{Acceptance, Outcome},
    reply::created_reply,
};
use crate::http::{
    error::ApiError,
    failed::FailedOut,
    size::{FRAME, INDEX, REPLY_LIMIT, size_of},
};

/// Maximum growth of a result whose write or start fails later, in bytes, beside the address of the API: a
/// warning is added, or a short error with that address takes its place.
const LATE: usize = 300;
/// Maximum size of a run with a name of 200 characters, and of all warnings, in bytes. A replay has those of
/// the first reply.
const FIRST_RUN: usize = 1_500;
/// Maximum size of a first reply to a lead that is refused today, in bytes, beside the lead's own text. Names
/// and addresses can get longer when they are normalised.
const FIRST_REPLY: usize = 4_600;

/// Refuses an array if the reply could be over 6 MiB.
///
/// # Errors
/// [`ApiError::PayloadTooLarge`].
pub fn check(
    elements: &[&RawValue],
    enrolled: &[Result<Enrolled, Refused>],
    api_url: &str,
) -> Result<(), ApiError> {
    if longest(elements, enrolled, api_url)? > REPLY_LIMIT {
        let what = "The reply to so many leads would be over 6 MiB; send fewer leads at once";
        return Err(ApiError::PayloadTooLarge(what));
    }
    Ok(())
}

/// Returns a size that the reply does not exceed, whatever happens to the leads.
fn longest(
    elements: &[&RawValue],
    enrolled: &[Result<Enrolled, Refused>],
    api_url: &str,
) -> Result<usize, ApiError> {
    let late = LATE + api_url.len();
    let mut size = FRAME;
    for (element, enrolled) in elements.iter().zip(enrolled) {
        size += INDEX;
        size += match enrolled {
            Ok(lead) => {
                let growth = if lead.idempotent.is_some() {
                    FIRST_RUN
                } else {
                    late
                };
                size_of(&created_reply(&lead.lead, &lead.remarks))? + growth
            }
            Err(refused) => {
                let refusal = size_of(&FailedOut::new(&refused.error, api_url))?;
                match (&refused.error, &refused.idempotent) {
                    // It may be a replay of a request that was accepted.
                    (ApiError::Validation(problems), Some(_)) => {
                        let reply = size_of(element)? + size_of(problems.hints())?;
                        refusal.max(reply + FIRST_REPLY)
                    }
                    (_, Some(_)) => refusal + late,
                    (_, None) => refusal,
                }
            }
        };
    }
    Ok(size)
}

/// Leaves replays out of a reply that would be over 6 MiB. A change can have made their leads larger since the
/// first reply.
pub fn leave_out_replays(outcomes: &mut [Outcome], api_url: &str) -> Result<(), ApiError> {
    let left_out = || {
        let what = "The lead is stored, but has grown; the reply would be over 6 MiB with it";
        ApiError::PayloadTooLarge(what)
    };
    let size_left_out = size_of(&FailedOut::new(&left_out(), api_url))?;
    let is_replay = |outcome: &Outcome| {
        outcome
            .as_ref()
            .is_ok_and(|accepted| accepted.how == Acceptance::Replayed)
    };
    let mut size = FRAME;
    for outcome in outcomes.iter() {
        size += INDEX;
        size += match outcome {
            Ok(_) if is_replay(outcome) => size_left_out,
            Ok(accepted) => escaped_size(accepted.body.as_bytes()),
            Err(error) => size_of(&FailedOut::new(error, api_url))?,
        };
    }
    for outcome in outcomes.iter_mut().filter(|outcome| is_replay(outcome)) {
        let Ok(accepted) = outcome else { continue };
        let with_it = size - size_left_out + escaped_size(accepted.body.as_bytes());
        if with_it <= REPLY_LIMIT {
            size = with_it;
        } else {
            *outcome = Err(left_out());
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "reply_size/tests.rs"]
mod tests;
