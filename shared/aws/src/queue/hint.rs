//! The hint that a run is due: dispatch-touchpoints looks at the run. A hint is never the truth, and
//! any number of hints about a run do no harm. It has ids only.

use domain::{
    channel::Channel,
    ids::{AccountId, LeadId, RunId},
    run::{Run, Wake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{message::MessageError, queue_message::QueueMessage};
use crate::store::DueRun;

/// Time ahead of which a run's hint can be sent: the longest delay of SQS.
pub const HINT_HORIZON: SignedDuration = SignedDuration::from_secs(900);

/// The hint to look at a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub account_id: AccountId,
    pub lead_id: LeadId,
    pub run_id: RunId,
    /// Channel of the touchpoint that is due. It names the lane.
    pub channel: Channel,
    /// Time at which the run is due.
    pub due_at: Timestamp,
    /// Number of looks that found no token for the touchpoint.
    #[serde(default, skip_serializing_if = "is_none")]
    pub looks: u8,
    #[serde(skip)]
    delay_s: i32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_none(looks: &u8) -> bool {
    *looks == 0
}

/// Body of a message on the queue. Its tag has a version, so that two versions of a consumer can run
/// side by side.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Body {
    #[serde(rename = "run_due.v1")]
    RunDueV1(Hint),
}

impl Hint {
    /// Returns the hint for a run that the index lists. SQS delivers it when the run is due.
    pub fn new(due: &DueRun, now: Timestamp) -> Self {
        // A delivery a moment early would find nothing to do.
        let delay = due.at.duration_since(now).as_millis().clamp(0, 900_000);
        Self {
            account_id: due.run.account_id,
            lead_id: due.run.lead_id,
            run_id: due.run.run_id,
            channel: due.channel,
            due_at: due.at,
            looks: 0,
            delay_s: i32::try_from((delay + 999) / 1_000).unwrap_or_default(),
        }
    }

    /// Returns the hint for a run that was just written. `None` if nothing must happen to it within
    /// 15 minutes: wake-runs finds it then.
    pub fn of(run: &Run, now: Timestamp) -> Option<Self> {
        let Some(Wake::Due { at, kind, channel }) = run.wake() else {
            return None;
        };
        let due = DueRun::of(run, at, kind, channel);
        (at.duration_since(now) <= HINT_HORIZON).then(|| Self::new(&due, now))
    }

    /// Returns the hint that SQS delivers after `seconds`, for the next look at the same run.
    pub fn again_after(&self, seconds: u16) -> Self {
        Self {
            looks: self.looks.saturating_add(1),
            delay_s: seconds.min(900).into(),
            ..self.clone()
        }
    }

    /// Returns the hint, not delivered before `at`.
    pub fn not_before(self, at: Timestamp, now: Timestamp) -> Self {
        let delay = at.duration_since(now).as_millis().clamp(0, 900_000);
        let delay = i32::try_from((delay + 999) / 1_000).unwrap_or_default();
        Self {
            delay_s: self.delay_s.max(delay),
            ..self
        }
    }

    /// Reads the body of a message.
    ///
    /// # Errors
    /// [`MessageError`] if it is not the message of this queue.
    pub fn from_body(body: &str) -> Result<Self, MessageError> {
        match serde_json::from_str(body) {
            Ok(Body::RunDueV1(hint)) => Ok(hint),
            Err(error) => Err(MessageError::new("run_due.v1", &error)),
        }
    }
}

impl QueueMessage for Hint {
    /// The lane, so that a backlog of one lane does not delay the others.
    fn group(&self) -> String {
        format!("{}.{}", self.account_id, self.channel)
    }

    fn to_body(&self) -> String {
        serde_json::to_string(&Body::RunDueV1(self.clone())).unwrap_or_default()
    }

    fn delay_s(&self) -> Option<i32> {
        Some(self.delay_s)
    }
}

#[cfg(test)]
mod tests {
    use domain::run::WakeKind;

    use super::*;
    use crate::store::ListedRun;

    /// A message that may be in a queue today. Never change it: a new shape gets a new type.
    const GOLDEN: &str = r#"{"type":"run_due.v1","account_id":"019c0000-0000-7000-8000-00000000000a","lead_id":"019c0000-0000-7000-8000-00000000000b","run_id":"019c0000-0000-7000-8000-00000000000c","channel":"call","due_at":"2026-02-10T12:00:00Z"}"#;

    #[test]
    fn the_hint_reads_and_writes_as_it_always_has() {
        let hint = Hint::from_body(GOLDEN).unwrap();
        assert_eq!(hint.to_body(), GOLDEN);
        assert!(Hint::from_body(&GOLDEN.replace(".v1", ".v2")).is_err());
    }

    #[test]
    fn a_hint_that_found_no_token_comes_again_and_counts() {
        let hint = Hint::from_body(GOLDEN).unwrap().again_after(7);
        assert_eq!((hint.looks, hint.delay_s()), (1, Some(7)));
        let again = Hint::from_body(&hint.to_body()).unwrap().again_after(60);
        assert_eq!((again.looks, again.delay_s()), (2, Some(60)));
        let later = again.due_at + SignedDuration::from_secs(90);
        let delayed = again.clone().not_before(later, again.due_at);
        assert_eq!(delayed.delay_s(), Some(90));
    }

    #[test]
    fn a_hint_comes_when_its_run_is_due_and_never_a_moment_before() {
        let now: Timestamp = "2026-02-10T12:00:00.2Z".parse().unwrap();
        let hint = Hint::from_body(GOLDEN).unwrap();
        let due = |seconds| DueRun {
            run: ListedRun {
                account_id: hint.account_id,
                lead_id: hint.lead_id,
                run_id: hint.run_id,
            },
            at: hint.due_at + SignedDuration::from_secs(seconds),
            kind: WakeKind::HandOver,
            channel: Channel::Call,
        };
        for (seconds, delay) in [(-60, 0), (0, 0), (1, 1), (60, 60), (10_000, 900)] {
            assert_eq!(Hint::new(&due(seconds), now).delay_s(), Some(delay));
        }
    }
}
