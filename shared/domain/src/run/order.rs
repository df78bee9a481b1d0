//! The order of a run's touchpoints: by due time, then by index.

use jiff::{SignedDuration, Timestamp};

use super::{
    CadenceState, Run, RunStatus,
    hand_over::Delivery,
    wake::{Held, HeldBy, Wake, WakeKind},
};
use crate::{
    cadence::{Reason, Touchpoint, TouchpointState, shift},
    outcome::Outcome,
    time::whole_second,
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

    /// Returns whether the outcome of the dispatched touchpoint is missing: the next touchpoint is
    /// due, or the timeout is over if none follows.
    pub(super) fn is_outcome_missing(&self, now: Timestamp) -> bool {
        let next = self.next_index().and_then(|index| self.touchpoint(index));
        let due_at = next.map(|it| it.due_at);
        let due_at = due_at.or(self.awaited.map(|it| it.due_at));
        self.is_live() && self.awaited.is_some() && due_at.is_some_and(|it| it <= now)
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
        if self.next_index().is_none() {
            // No hand-over is left at which the run could wait.
            self.held = None;
        }
        if !is_active || self.hand_over.is_some() || self.touchpoints.iter().any(is_left) {
            return;
        }
        self.cadence_state = CadenceState::Completed;
        let outcomes = self.touchpoints.iter().filter_map(|it| it.outcome);
        if !outcomes.into_iter().any(Outcome::reaches_a_person) {
            self.status = RunStatus::Completed;
        }
    }

    /// Holds the run at its hand-over, from `since` on. The time of an opened touchpoint stands still
    /// since then, so a run that is held at an expiry is held before [`Run::advance`]. Has no effect
    /// on a run that is claimed, has no hand-over left or does not go on.
    pub fn hold(&mut self, by: HeldBy, since: Timestamp) {
        let is_claimed = self.hand_over.as_ref().is_some_and(|it| it.claim.is_some());
        if self.goes_on() && !is_claimed && self.next_index().is_some() {
            // The time of a run that something else holds runs on from the first hold.
            self.held.get_or_insert(Held { by, since }).by = by;
        }
    }

    /// Ends a hold. The rest of the run moves by the time for which it was held. Returns whether it
    /// was held.
    pub fn release(&mut self, workflow: &Workflow, now: Timestamp) -> bool {
        let Some(held) = self.held.take() else {
            return false;
        };
        let pause = length(held.since, now);
        let channel = self.next_index().and_then(|index| self.touchpoint(index));
        let channel = channel.map(|it| it.channel);
        if let (Some(hand_over), Some(channel)) = (&mut self.hand_over, channel)
            && !hand_over.is_open
        {
            let gate = workflow.gate();
            let left = gate.open_time(channel, held.since, hand_over.expires_at);
            hand_over.expires_at = whole_second(gate.after_open(channel, now, left));
            match hand_over.delivery {
                Delivery::Pull => hand_over.wake_at = hand_over.expires_at,
                Delivery::Push(_) => {
                    let later = hand_over.wake_at.saturating_add(pause);
                    hand_over.wake_for_try(later.unwrap_or(now));
                }
            }
        }
        self.shift_scheduled(workflow, pause, now);
        true
    }

    /// Schedules the cancelled touchpoints again, later by the time since `since`.
    pub(super) fn reschedule(&mut self, workflow: &Workflow, since: Timestamp, now: Timestamp) {
        for touchpoint in &mut self.touchpoints {
            if touchpoint.state == TouchpointState::Cancelled {
                touchpoint.state = TouchpointState::Scheduled;
            }
        }
        self.shift_scheduled(workflow, length(since, now), now);
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
        // A resume would bring cancelled touchpoints back.
        let is_left = [TouchpointState::Scheduled, TouchpointState::Cancelled];
        if let Some(lapsed) = self.lapsed().filter(|it| is_meant(it)) {
            lapsed.state = TouchpointState::Unconfirmed;
        }
        for touchpoint in &mut self.touchpoints {
            if is_left.contains(&touchpoint.state) && is_meant(touchpoint) {
                touchpoint.state = TouchpointState::Skipped;
                touchpoint.reasons.push(reason);
            }
        }
        self.drop_unclaimed_hand_over();
    }

    /// Cancels the scheduled touchpoints, and returns their number.
    pub(super) fn cancel_scheduled(&mut self) -> usize {
        let mut cancelled = 0;
        if let Some(lapsed) = self.lapsed() {
            lapsed.state = TouchpointState::Unconfirmed;
        }
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

    /// Returns the touchpoint that is scheduled again after a lapsed lease. `None` if there is none.
    fn lapsed(&mut self) -> Option<&mut Touchpoint> {
        let hand_over = self
            .hand_over
            .as_ref()
            .filter(|it| it.is_back_after_lapse())?;
        self.touchpoint_mut(hand_over.index)
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

/// Returns the length of a pause in whole seconds, like due times. It can look negative, because
/// clocks differ.
fn length(since: Timestamp, now: Timestamp) -> SignedDuration {
    let length = SignedDuration::from_secs(now.as_second() - since.as_second());
    length.max(SignedDuration::ZERO)
}
