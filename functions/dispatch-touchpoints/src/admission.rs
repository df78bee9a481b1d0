//! Admission of a touchpoint to its lane: the lane is open, and has a token.

use aws::store::{Draw, StoreError};
use domain::{
    destination::Destination,
    ids::AccountId,
    lane::{Lane, LaneState},
    run::Receiver,
};
use jiff::{SignedDuration, Timestamp};

use crate::state::DispatchTouchpoints;

/// Time for which a process keeps the last state of a bucket.
const KNOWN: SignedDuration = SignedDuration::from_hours(1);

/// Payment of one look for the hand-over. A claim that another change of the run delays keeps it: a
/// token is spent once, and a probe begins once.
#[derive(Debug, Default)]
pub struct Paid {
    /// Name of the destination and receiver of the token.
    token_of: Option<(String, Receiver)>,
}

/// Answer of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The touchpoint may go out.
    Admitted,
    /// The lane has no token now.
    NoToken,
    /// The lane is closed until this time.
    Closed(Timestamp),
    /// The lane is paused, so nothing goes out until an operator resumes it.
    Paused,
}

/// Lets a touchpoint into the lane of a destination.
///
/// # Errors
/// Errors of the store.
pub async fn admit(
    state: &DispatchTouchpoints,
    account: AccountId,
    destination: &Destination,
    receiver: Receiver,
    paid: &mut Paid,
    now: Timestamp,
) -> Result<Admission, StoreError> {
    let name = &destination.name;
    let payment = (name.clone(), receiver);
    if paid.token_of.as_ref() == Some(&payment) {
        return Ok(Admission::Admitted);
    }
    let mut lane = state.store.lane(account, name).await?.of(receiver);
    let is_probe = match lane.state(now) {
        LaneState::Paused => return Ok(Admission::Paused),
        LaneState::Closed(until) => return Ok(Admission::Closed(until)),
        LaneState::Probe => true,
        LaneState::Open => false,
    };
    if !draw(state, account, destination, &lane, now).await? {
        return Ok(Admission::NoToken);
    }
    if is_probe {
        lane.begin_probe(now);
        let until = lane.probe_until.unwrap_or(now);
        match state.store.write_lane(account, name, &lane).await {
            // Another touchpoint is the probe.
            Err(StoreError::Conflict) => return Ok(Admission::Closed(until)),
            written => written?,
        }
    }
    paid.token_of = Some(payment);
    Ok(Admission::Admitted)
}

/// Draws a token of the lane.
async fn draw(
    state: &DispatchTouchpoints,
    account: AccountId,
    destination: &Destination,
    lane: &Lane,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let key = (account, destination.name.clone());
    let draw = Draw {
        bucket: lane.bucket(destination.push_rate(), now),
        most: 1,
        known: state.buckets.get(&key, now),
    };
    let name = &destination.name;
    let drawn = state.store.draw_of_lane(account, name, draw, now).await?;
    if let Some(empty_at) = drawn.empty_at {
        state.buckets.put(key, empty_at, now, KNOWN);
    }
    Ok(drawn.tokens > 0)
}
