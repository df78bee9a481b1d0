//! Resends: an operator schedules a touchpoint that needs a person once more.

use jiff::Timestamp;

use super::{CadenceState, Run, RunStatus};
use crate::{
    cadence::{Reason, TouchpointState},
    time::whole_second,
    workflow::Workflow,
};

/// Reason why a touchpoint is not scheduled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotResent {
    /// The run has no touchpoint with this index.
    Absent,
    /// The touchpoint has this state, in which it needs no person.
    State(TouchpointState),
    /// The run has ended, or its start has failed.
    RunOver(RunStatus),
    /// A person has taken the lead over.
    TakenOver,
    /// The cadence does not go on.
    CadenceOver(CadenceState),
    /// Something holds the run. Its end would move the touchpoint by the time of the whole hold.
    Held,
}

impl Run {
    /// Schedules a failed or unconfirmed touchpoint again: for now, or for the next opening of its
    /// windows. Its claim moves the later touchpoints, so that each keeps its planned distance.
    /// Returns the time at which it is due.
    ///
    /// # Errors
    /// [`NotResent`].
    pub fn resend(
        &mut self,
        index: u16,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Result<Timestamp, NotResent> {
        let state = self.touchpoint(index).ok_or(NotResent::Absent)?.state;
        if !state.needs_a_person() {
            return Err(NotResent::State(state));
        }
        if !self.is_active() {
            return Err(NotResent::RunOver(self.status));
        }
        if self.human_takeover {
            return Err(NotResent::TakenOver);
        }
        if !self.goes_on() {
            return Err(NotResent::CadenceOver(self.cadence_state));
        }
        if self.held.is_some() {
            return Err(NotResent::Held);
        }
        let touchpoint = self.touchpoint_mut(index).ok_or(NotResent::Absent)?;
        // The lead may have the missing value now.
        touchpoint.reasons.retain(|it| *it != Reason::Template);
        let gate = workflow.gate();
        let due_at = gate.pass(
            touchpoint.channel,
            whole_second(now),
            &mut touchpoint.reasons,
        );
        touchpoint.move_to(due_at, gate.zone);
        touchpoint.state = TouchpointState::Scheduled;
        Ok(due_at)
    }
}
