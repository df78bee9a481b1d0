//! The order of a run's touchpoints: by due time, then by index.

use jiff::{SignedDuration, Timestamp};

use super::{CadenceState, Held, HeldBy, Run, RunStatus};
use crate::{
    cadence::{Reason, Touchpoint, TouchpointState, shift},
    outcome::Outcome,
    workflow::Workflow,
};

impl Run {
    /// Returns a touchpoint by its index.
    pub fn touchpoint(&self, index: u16) -> Option<&Touchpoint> {
        self.touchpoints.get(usize::from(index))
    }

    pub(super) fn touchpoint_mut(&mut self, index: u16) -> Option<&mut Touchpoint> {
        self.touchpoints.get_mut(usize::from(index))
    }

    /// Returns the index of the touchpoint whose turn it is: the one that is handed over, or the
    /// next that is scheduled.
    pub fn next_index(&self) -> Option<u16> {
        let handed_over = self.hand_over.as_ref().map(|it| it.index);
        handed_over.or_else(|| self.next_where(|_| true))
    }

    /// Returns the index of the next scheduled touchpoint of which `is_meant` is true.
    pub(super) fn next_where(&self, is_meant: impl Fn(&Touchpoint) -> bool) -> Option<u16> {
        let touchpoints = (0..).zip(&self.touchpoints);
        touchpoints
            .filter(|(_, it)| it.state == TouchpointState::Scheduled && is_meant(it))
            .min_by_key(|(index, it)| (it.due_at, *index))
            .map(|(index, _)| index)
    }

    /// Returns the index of the first touchpoint in a state.
    pub(super) fn index_of(&self, state: TouchpointState) -> Option<u16> {
        let mut touchpoints = (0..).zip(&self.touchpoints);
        touchpoints
            .find(|(_, it)| it.state == state)
            .map(|(index, _)| index)
    }

    /// Returns whether the cadence goes on: the run is under way, and no person has the lead. A held
    /// run goes on later.
    pub fn goes_on(&self) -> bool {
        self.status == RunStatus::Running
            && self.cadence_state == CadenceState::Active
            && !self.human_takeover
    }

    /// Returns whether only an outcome is missing.
    pub(super) fn is_waiting_for_outcome(&self) -> bool {
        self.goes_on()
            && self.hand_over.is_none()
            && self.index_of(TouchpointState::Scheduled).is_none()
            && self.index_of(TouchpointState::Dispatched).is_some()
    }

    /// Completes the cadence if no touchpoint is left. The run is completed too, unless a person was
    /// reached.
    pub(super) fn finish_if_run_out(&mut self) {
        let is_left = |it: &Touchpoint| {
            matches!(
                it.state,
                TouchpointState::Scheduled | TouchpointState::Claimed | TouchpointState::Dispatched
            )
        };
        let is_active = self.cadence_state == CadenceState::Active;
        if !is_active || self.hand_over.is_some() || self.touchpoints.iter().any(is_left) {
            return;
        }
        self.cadence_state = CadenceState::Completed;
        self.held = None;
        let outcomes = self.touchpoints.iter().filter_map(|it| it.outcome);
        if !outcomes.into_iter().any(Outcome::reaches_a_person) {
            self.status = RunStatus::Completed;
        }
    }

    /// Holds the run at its hand-over. Has no effect on a run that is claimed or does not go on.
    pub fn hold(&mut self, by: HeldBy, now: Timestamp) {
        let is_claimed = self.hand_over.as_ref().is_some_and(|it| it.claim.is_some());
        if self.goes_on() && !is_claimed {
            self.held.get_or_insert(Held { by, since: now });
        }
    }

    /// Ends a hold. The rest of the run moves by the time for which it was held. Returns whether it
    /// was held.
    pub fn release(&mut self, workflow: &Workflow, now: Timestamp) -> bool {
        let Some(held) = self.held.take() else {
            return false;
        };
        let pause = now.duration_since(held.since).max(SignedDuration::ZERO);
        if let Some(hand_over) = &mut self.hand_over
            && !hand_over.is_open
        {
            for at in [&mut hand_over.expires_at, &mut hand_over.wake_at] {
                *at = at.saturating_add(pause).unwrap_or(*at);
            }
        }
        self.shift_scheduled(workflow, pause, now);
        true
    }

    /// Schedules the cancelled touchpoints again, later by the time since `since`.
    pub(super) fn reschedule(&mut self, workflow: &Workflow, since: Timestamp, now: Timestamp) {
        // Whole seconds, like due times. The pause can look negative, because clocks differ.
        let pause = SignedDuration::from_secs(now.as_second() - since.as_second());
        let pause = pause.max(SignedDuration::ZERO);
        for touchpoint in &mut self.touchpoints {
            if touchpoint.state == TouchpointState::Cancelled {
                touchpoint.state = TouchpointState::Scheduled;
            }
        }
        self.shift_scheduled(workflow, pause, now);
    }

    /// Moves the scheduled touchpoints by `pause`, in the order of their due times.
    fn shift_scheduled(&mut self, workflow: &Workflow, pause: SignedDuration, now: Timestamp) {
        let touchpoints = self.touchpoints.iter_mut();
        let mut left: Vec<_> = touchpoints
            .filter(|it| it.state == TouchpointState::Scheduled)
            .collect();
        left.sort_by_key(|it| it.due_at);
        shift(left, workflow.gate(), pause, now);
    }

    pub(super) fn skip(&mut self, reason: Reason, is_meant: impl Fn(&Touchpoint) -> bool) {
        for touchpoint in &mut self.touchpoints {
            if touchpoint.state == TouchpointState::Scheduled && is_meant(touchpoint) {
                touchpoint.state = TouchpointState::Skipped;
                touchpoint.reasons.push(reason);
            }
        }
        self.drop_unclaimed_hand_over();
    }

    /// Cancels the scheduled touchpoints, and returns their number.
    pub(super) fn cancel_scheduled(&mut self) -> usize {
        let mut cancelled = 0;
        for touchpoint in &mut self.touchpoints {
            if touchpoint.state == TouchpointState::Scheduled {
                touchpoint.state = TouchpointState::Cancelled;
                cancelled += 1;
            }
        }
        self.held = None;
        self.drop_unclaimed_hand_over();
        cancelled
    }

    /// Ends the hand-over of a touchpoint that is not scheduled any more and that has not gone out.
    fn drop_unclaimed_hand_over(&mut self) {
        let Some(hand_over) = &self.hand_over else {
            return;
        };
        let state = self.touchpoint(hand_over.index).map(|it| it.state);
        let may_go = [TouchpointState::Scheduled, TouchpointState::Claimed];
        if !state.is_some_and(|state| may_go.contains(&state)) {
            self.hand_over = None;
        }
    }
}
