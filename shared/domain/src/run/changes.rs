//! Changes of a run by clients ([contract](../../../../docs/contract.md#a-leads-run)). Each returns
//! what it has done, or that there was nothing to do.

use jiff::Timestamp;

use super::{CadenceState, Run, RunStatus};
use crate::workflow::{Status, Workflow};

impl Run {
    /// Hands the lead to a person: the automation waits, and the scheduled touchpoints are
    /// cancelled. A touchpoint that is claimed stays claimed until its settlement.
    ///
    /// Returns the number of cancelled touchpoints. `None` if a person already has the lead.
    pub fn stop(&mut self, now: Timestamp) -> Option<usize> {
        if self.human_takeover {
            return None;
        }
        self.human_takeover = true;
        let is_over = matches!(
            self.cadence_state,
            CadenceState::Completed | CadenceState::Cancelled
        );
        if !is_over {
            self.paused_at.get_or_insert(now);
            self.cadence_state = CadenceState::Paused;
        }
        Some(self.cancel_scheduled())
    }

    /// Hands the lead back to the automation. With `workflow`, the version of the workflow that the
    /// run follows, it also resumes the cadence. The cancelled touchpoints then move by the length
    /// of the pause, and into the windows.
    ///
    /// Returns whether the cadence goes on. `None` if there was nothing to resume.
    pub fn resume(&mut self, workflow: Option<&Workflow>, now: Timestamp) -> Option<bool> {
        // A cadence that is not planned waits for its workflow. Only the automation is resumed
        // then.
        let is_over = match self.cadence_state {
            // Only a reply that a person has taken over can be handed back.
            CadenceState::Completed => !self.human_takeover,
            state => state == CadenceState::Cancelled,
        };
        let can_go_on = self.is_planned() && self.is_active() && !is_over;
        let workflow = workflow.filter(|_| can_go_on);
        let Some((workflow, since)) = workflow.zip(self.paused_at) else {
            return std::mem::take(&mut self.human_takeover).then_some(false);
        };
        self.human_takeover = false;
        self.paused_at = None;
        self.cadence_state = CadenceState::Active;
        self.reschedule(workflow, since, now);
        self.finish_if_run_out();
        Some(self.cadence_state == CadenceState::Active)
    }

    /// Moves the lead to a status that a client has set, and returns whether that is a change. A
    /// terminal status completes the run.
    pub fn move_to(&mut self, status: &Status) -> bool {
        if self.current_status.key == status.key {
            return false;
        }
        self.is_status_set = true;
        self.enter_status(status);
        true
    }

    pub(super) fn enter_status(&mut self, status: &Status) {
        self.current_status = status.clone();
        if status.is_terminal {
            self.end(RunStatus::Completed);
        }
    }

    /// Ends the run, and cancels the scheduled touchpoints.
    pub fn end(&mut self, status: RunStatus) {
        self.status = status;
        if self.cadence_state != CadenceState::Completed {
            self.cadence_state = CadenceState::Cancelled;
        }
        self.awaited = None;
        self.cancel_scheduled();
    }
}
