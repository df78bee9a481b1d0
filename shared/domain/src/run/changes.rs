//! Changes of a run ([contract](../../../../docs/contract.md#a-leads-run)). Each returns what it
//! has done, or that there was nothing to do.

use jiff::{SignedDuration, Timestamp};

use super::{CadenceState, Run, RunStatus};
use crate::{
    cadence::{Touchpoint, TouchpointState, shift},
    workflow::Status,
};

impl Run {
    /// Hands the lead to a person: the automation waits, and the scheduled touchpoints are
    /// cancelled.
    ///
    /// Returns the number of cancelled touchpoints. `None` if a person already has the lead.
    pub fn stop(&mut self, now: Timestamp) -> Option<usize> {
        if self.human_takeover {
            return None;
        }
        self.human_takeover = true;
        self.paused_at.get_or_insert(now);
        self.cadence_state = CadenceState::Paused;
        Some(self.cancel_scheduled())
    }

    /// Hands the lead back to the automation, and with `with_cadence` also resumes the cadence. The
    /// remaining touchpoints move by the length of the pause, and then into the windows.
    ///
    /// Returns whether the cadence goes on. `None` if there was nothing to resume.
    pub fn resume(&mut self, with_cadence: bool, now: Timestamp) -> Option<bool> {
        // A cadence that is not planned waits for its workflow. Only the automation is resumed
        // then.
        let planned = self.snapshot.as_ref().filter(|_| with_cadence);
        let Some((snapshot, since)) = planned.zip(self.paused_at) else {
            return std::mem::take(&mut self.human_takeover).then_some(false);
        };
        let is_held_up = |touchpoint: &Touchpoint| touchpoint.state == TouchpointState::Cancelled;
        let first = self.touchpoints.iter().position(is_held_up);
        let left = first.and_then(|first| self.touchpoints.get_mut(first..));
        if let Some(left) = left {
            // Whole seconds, like due times. The pause can look negative, because clocks differ.
            let pause = SignedDuration::from_secs(now.as_second() - since.as_second());
            shift(left, snapshot.gate(), pause.max(SignedDuration::ZERO), now);
            for touchpoint in left.iter_mut().filter(|it| is_held_up(it)) {
                touchpoint.state = TouchpointState::Scheduled;
            }
        }
        self.human_takeover = false;
        self.paused_at = None;
        self.cadence_state = CadenceState::Active;
        Some(true)
    }

    /// Moves the lead to a status, and returns whether that is a change. A terminal status
    /// completes the run.
    pub fn move_to(&mut self, status: &Status) -> bool {
        if self.current_status.key == status.key {
            return false;
        }
        self.current_status = status.clone();
        if status.is_terminal {
            self.end(RunStatus::Completed);
        }
        true
    }

    /// Ends the run, and cancels the scheduled touchpoints.
    pub fn end(&mut self, status: RunStatus) {
        self.status = status;
        self.cadence_state = CadenceState::Cancelled;
        self.cancel_scheduled();
    }

    fn cancel_scheduled(&mut self) -> usize {
        let mut cancelled = 0;
        for touchpoint in &mut self.touchpoints {
            if touchpoint.state == TouchpointState::Scheduled {
                touchpoint.state = TouchpointState::Cancelled;
                cancelled += 1;
            }
        }
        cancelled
    }
}
