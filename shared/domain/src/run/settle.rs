//! Settlements: the result of a try, and everything that is overdue without one.

use jiff::{SignedDuration, Timestamp};

use super::{
    Awaited, Run,
    hand_over::{Answer, ClaimOver, Delivery, MOST_LAPSES, Owner, pause_after_miss},
};
use crate::{
    cadence::{Reason, Touchpoint, TouchpointState},
    outcome::CONTACTED,
    time::whole_second,
    workflow::Workflow,
};

/// Lateness from which the rest of a run is planned again from the actual contact.
const LATE: SignedDuration = SignedDuration::from_secs(60);
/// Time after which a refused touchpoint is tried once more.
const REFUSED: SignedDuration = SignedDuration::from_secs(60);

impl Run {
    /// Records the result of a try, and what follows from it.
    ///
    /// # Errors
    /// [`ClaimOver`] if the claim is not this owner's any more.
    pub fn settle(
        &mut self,
        owner: Owner,
        answer: Answer,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Result<(), ClaimOver> {
        let hand_over = self.claimed_by(owner)?;
        hand_over.claim = None;
        let (index, is_open) = (hand_over.index, hand_over.is_open);
        match answer {
            Answer::Taken { outcome_timeout } => {
                let (tries, expires_at) = (hand_over.tries, hand_over.expires_at);
                let due_at = now.saturating_add(outcome_timeout).unwrap_or(now);
                self.awaited = Some(Awaited {
                    due_at: whole_second(due_at),
                    tries,
                    expires_at,
                });
                self.leave(TouchpointState::Dispatched, None);
                self.enter(CONTACTED, workflow);
                self.plan_after(index, workflow, now);
            }
            Answer::Unknown { retry_at } => {
                hand_over.is_open = true;
                hand_over.misses = 0;
                self.back(retry_at);
                // Each of these tries may have been the contact.
                self.plan_after(index, workflow, now);
            }
            Answer::Back { retry_at } => {
                hand_over.tries = hand_over.tries.saturating_sub(1);
                self.back(retry_at);
            }
            Answer::Missed => {
                let pause = pause_after_miss(hand_over.misses);
                hand_over.misses = hand_over.misses.saturating_add(1);
                hand_over.tries = hand_over.tries.saturating_sub(1);
                self.back(now.saturating_add(pause).unwrap_or(now));
            }
            _ if is_open => self.leave(TouchpointState::Unconfirmed, None),
            Answer::Refused if hand_over.refusals == 0 => {
                hand_over.refusals = 1;
                self.back(now.saturating_add(REFUSED).unwrap_or(now));
            }
            Answer::Refused => self.leave(TouchpointState::Failed, None),
            Answer::Template => self.leave(TouchpointState::Failed, Some(Reason::Template)),
            Answer::Skipped(reason) => self.leave(TouchpointState::Skipped, Some(reason)),
        }
        self.finish_if_run_out();
        Ok(())
    }

    /// Does everything that is overdue without a hand-over: ends lapsed claims and used-up
    /// touchpoints, and settles a missing outcome. Returns whether the run has changed.
    pub fn advance(&mut self, workflow: &Workflow, now: Timestamp) -> bool {
        let before = self.clone();
        self.end_lapsed_claim(workflow, now);
        if let Some(hand_over) = &self.hand_over
            && hand_over.claim.is_none()
        {
            let channel = self.touchpoint(hand_over.index).map(|it| it.channel);
            let is_closed = channel.is_some_and(|it| !workflow.gate().is_open(it, now));
            let is_over = hand_over.end().is_some_and(|end| end <= now);
            let is_open = hand_over.is_open;
            let is_over = is_over || is_open && is_closed;
            if is_open && (is_over || !self.is_live()) {
                self.leave(TouchpointState::Unconfirmed, None);
            } else if is_over && self.held.is_none() {
                self.leave(TouchpointState::Expired, None);
            }
        }
        if self.is_outcome_missing(now) {
            self.settle_missing_outcome(workflow, now);
        }
        self.finish_if_run_out();
        *self != before
    }

    /// Ends a claim whose lease is over. A pushed touchpoint then has an open try. A pulled one goes
    /// back, at most three times and while it has time left.
    fn end_lapsed_claim(&mut self, workflow: &Workflow, now: Timestamp) {
        let is_live = self.is_live();
        let Some(hand_over) = &mut self.hand_over else {
            return;
        };
        let Some(claim) = hand_over.claim.filter(|claim| claim.until <= now) else {
            return;
        };
        hand_over.claim = None;
        match hand_over.delivery {
            Delivery::Push(_) => {
                let index = hand_over.index;
                hand_over.is_open = true;
                self.back(claim.until);
                self.plan_after(index, workflow, claim.until);
            }
            Delivery::Pull => {
                hand_over.lapses = hand_over.lapses.saturating_add(1);
                let is_over = hand_over.lapses > MOST_LAPSES || hand_over.expires_at <= now;
                if is_over || !is_live {
                    self.leave(TouchpointState::Unconfirmed, None);
                } else {
                    let expires_at = hand_over.expires_at;
                    self.back(expires_at);
                }
            }
        }
    }

    /// Puts the touchpoint back for another try. It stays claimed if it may have gone out. If the
    /// run does not go on, it ends.
    pub(super) fn back(&mut self, retry_at: Timestamp) {
        let goes_on = self.goes_on();
        let Some(hand_over) = &mut self.hand_over else {
            return;
        };
        let (index, is_open) = (hand_over.index, hand_over.is_open);
        if hand_over.delivery.is_push() {
            hand_over.wake_for_try(retry_at);
        }
        if is_open {
            return;
        }
        if !goes_on {
            return self.leave(TouchpointState::Cancelled, None);
        }
        if let Some(touchpoint) = self.touchpoint_mut(index) {
            touchpoint.state = TouchpointState::Scheduled;
        }
    }

    /// Ends the hand-over: the touchpoint leaves with `state`. A touchpoint that did not go out is
    /// cancelled instead if the run does not go on. It is unconfirmed if a lease has lapsed: that caller
    /// may have made the contact.
    pub(super) fn leave(&mut self, state: TouchpointState, reason: Option<Reason>) {
        let Some(hand_over) = self.hand_over.take() else {
            return;
        };
        let went_out = matches!(
            state,
            TouchpointState::Dispatched | TouchpointState::Unconfirmed
        );
        let has_lapsed = hand_over.lapses > 0;
        let state = match state {
            state if went_out => state,
            _ if has_lapsed => TouchpointState::Unconfirmed,
            state if self.goes_on() => state,
            _ => TouchpointState::Cancelled,
        };
        if let Some(touchpoint) = self.touchpoint_mut(hand_over.index) {
            touchpoint.state = state;
            let reason = reason.filter(|it| !has_lapsed && !touchpoint.reasons.contains(it));
            touchpoint.reasons.extend(reason);
        }
        self.finish_if_run_out();
    }

    /// Plans the later touchpoints from a contact on, if it is late or if an earlier touchpoint was:
    /// each keeps its planned distance at least.
    pub(super) fn plan_after(&mut self, index: u16, workflow: &Workflow, contacted_at: Timestamp) {
        let Some(touchpoint) = self.touchpoint(index) else {
            return;
        };
        let is_late = contacted_at.duration_since(touchpoint.due_at) > LATE;
        let contacted_at = match is_late {
            true => contacted_at,
            // A call that a person asked for moves nothing else.
            false if touchpoint.reasons.contains(&Reason::Callback) => return,
            false => touchpoint.due_at,
        };
        // A resume can bring back what a stop during the hand-over has cancelled.
        let is_active = self.is_active();
        let is_cancelled = |it: &Touchpoint| is_active && it.state == TouchpointState::Cancelled;
        if let Some(later) = self.touchpoints.get_mut(usize::from(index) + 1..) {
            crate::cadence::shift_after_late(
                later,
                &workflow.cadence,
                &workflow.timezone,
                contacted_at,
                |it| it.state == TouchpointState::Scheduled || is_cancelled(it),
            );
        }
    }
}
