//! Wakes: the next thing that must happen to a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CadenceState, Run};
use crate::{cadence::TouchpointState, channel::Channel, ids::WorkflowId};

/// Kind of a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeKind {
    /// A touchpoint is due.
    HandOver,
    /// A touchpoint is tried again.
    Retry,
    /// A pulled touchpoint has used up its time.
    Expiry,
    /// The outcome of the last touchpoint is missing.
    MissingOutcome,
}

impl WakeKind {
    pub const ALL: [Self; 4] = [
        Self::HandOver,
        Self::Retry,
        Self::Expiry,
        Self::MissingOutcome,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::Retry => "retry",
            Self::Expiry => "expiry",
            Self::MissingOutcome => "missing_outcome",
        }
    }
}

/// The thing that holds a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// The run's workflow is paused.
    Workflow(WorkflowId),
}

/// A run that waits at a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub by: HeldBy,
    pub since: Timestamp,
}

/// The entry of a run in the second index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Something happens at this time.
    Due {
        at: Timestamp,
        kind: WakeKind,
        channel: Channel,
    },
    /// The run waits for the end of the hold.
    Held(HeldBy),
}

impl Run {
    /// Returns the run's entry in the second index. `None` if nothing must happen to the run any
    /// more: its cadence is over or stopped, and it has no claim and no open try.
    pub fn wake(&self) -> Option<Wake> {
        let held = self.held.map(|held| Wake::Held(held.by));
        if let Some(hand_over) = &self.hand_over {
            let due = Wake::Due {
                at: hand_over.wake_at,
                kind: hand_over.wake,
                channel: self.touchpoint(hand_over.index)?.channel,
            };
            let may_be_out = hand_over.claim.is_some() || hand_over.is_open;
            return match held {
                Some(held) if !may_be_out => Some(held),
                _ => Some(due),
            };
        }
        if self.cadence_state != CadenceState::Active {
            return None;
        }
        if held.is_some() {
            return held;
        }
        if let Some(next) = self.next_index() {
            let touchpoint = self.touchpoint(next)?;
            return Some(Wake::Due {
                at: touchpoint.due_at,
                kind: WakeKind::HandOver,
                channel: touchpoint.channel,
            });
        }
        let mut touchpoints = self.touchpoints.iter();
        let dispatched = touchpoints.find(|it| it.state == TouchpointState::Dispatched)?;
        Some(Wake::Due {
            at: self.awaited?.due_at,
            kind: WakeKind::MissingOutcome,
            channel: dispatched.channel,
        })
    }
}
