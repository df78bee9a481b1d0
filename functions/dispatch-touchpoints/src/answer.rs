//! Answers of receivers: what each means for the touchpoint and for its lane
//! ([contract](../../../docs/contract.md#answers)).

use domain::{lane::LaneAnswer, report_limits::DEFERRED_FOR, run::Answer};
use jiff::{SignedDuration, Timestamp};
use webhook::{Miss, Sent};

use crate::{
    claimed::{Claimed, next_try},
    outcome::{InAnswer, in_answer},
    state::DispatchTouchpoints,
};

/// An answer of a receiver.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer in a few words, for the history.
    pub words: String,
    pub run: Answer,
    pub lane: LaneAnswer,
    /// The outcome in the body of the answer.
    pub in_body: InAnswer,
}

/// Reads the answer to a request.
pub fn read(
    state: &DispatchTouchpoints,
    claimed: &Claimed,
    sent: Sent,
    now: Timestamp,
) -> Answered {
    let after = |by: SignedDuration| now.saturating_add(by).unwrap_or(now);
    let is_timeout = sent.answer.is_timeout();
    let failed = match is_timeout {
        true => LaneAnswer::Timeout,
        false => LaneAnswer::Error,
    };
    let words = words(&sent.answer);
    let mut in_body = InAnswer::Nothing;
    let (run, lane) = match sent.answer {
        webhook::Answer::Accepted { body, .. } => {
            let channel = claimed.run.touchpoint(claimed.index).map(|it| it.channel);
            if let (Some(channel), true) = (channel, body.is_whole) {
                in_body = in_answer(&body.bytes, channel, now);
            }
            let lane = match in_body {
                InAnswer::Deferred => LaneAnswer::Deferred(after(DEFERRED_FOR)),
                _ => LaneAnswer::Alive,
            };
            let outcome_timeout = claimed.outcome_timeout;
            (Answer::Taken { outcome_timeout }, lane)
        }
        webhook::Answer::Refused { .. } => (Answer::Refused, LaneAnswer::Alive),
        webhook::Answer::Missed(_) => (Answer::Missed, failed),
        webhook::Answer::Gone { .. } => (Answer::Back { retry_at: now }, LaneAnswer::Gone),
        webhook::Answer::Busy { cool_for, .. } => {
            let cool_for = SignedDuration::try_from(cool_for).unwrap_or(DEFERRED_FOR);
            let until = after(cool_for);
            (Answer::Back { retry_at: until }, LaneAnswer::Busy(until))
        }
        webhook::Answer::Unknown(_) => {
            let retry_at = next_try(state, claimed, now);
            (Answer::Unknown { retry_at }, failed)
        }
    };
    Answered {
        words,
        run,
        lane,
        in_body,
    }
}

/// Returns an answer in a few words: its status, or the reason for which there is none.
fn words(answer: &webhook::Answer) -> String {
    if let Some(status) = answer.status() {
        return status.to_string();
    }
    match answer {
        // The text of the TLS library may be long.
        webhook::Answer::Missed(Miss::Tls(_)) => {
            "no encrypted connection to the receiver could be made".to_owned()
        }
        webhook::Answer::Missed(miss) => miss.to_string(),
        webhook::Answer::Unknown(unknown) => unknown.to_string(),
        _ => String::new(),
    }
}
