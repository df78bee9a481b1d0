//! Claims: one worker or one caller at a time takes the touchpoint that is due.

use jiff::{SignedDuration, Timestamp};

use super::{
    Run,
    hand_over::{Claim, ClaimOver, Delivery, HandOver, NotClaimed, Owner, Receiver},
    wake::WakeKind,
};
use crate::{
    cadence::{Reason, TouchpointState},
    channel::Channel,
    time::whole_second,
    timing::OpenTimes,
    workflow::Workflow,
};

impl Run {
    /// Returns whether touchpoints of the run may go out.
    pub fn is_live(&self) -> bool {
        self.goes_on() && self.held.is_none()
    }

    /// Opens the touchpoint that is due, for callers who pull: from now on its time counts. Returns
    /// its index. `None` if none is due, or if it is open already. First does everything that is
    /// overdue, so the caller writes the run in any case.
    pub fn open(
        &mut self,
        open_times: OpenTimes,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Option<u16> {
        let index = self.take_turn(Delivery::Pull, workflow, now).ok()?;
        let is_opened = |it: &HandOver| it.delivery == Delivery::Pull;
        if self.hand_over.as_ref().is_some_and(is_opened) {
            return None;
        }
        self.begin(index, Delivery::Pull, open_times, workflow, now);
        Some(index)
    }

    /// Returns the time of the next try. `None` if the touchpoint has not gone back.
    pub fn retry_at(&self) -> Option<Timestamp> {
        let hand_over = self.hand_over.as_ref()?;
        (hand_over.wake == WakeKind::Retry).then_some(hand_over.wake_at)
    }

    /// Returns whether a worker or a caller has a touchpoint of the run.
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        let claim = self.hand_over.as_ref().and_then(|it| it.claim);
        claim.is_some_and(|claim| now < claim.until)
    }

    /// Returns whether a call of the run may be under way, or out, without an entry in the history: its
    /// request has no answer yet.
    pub fn has_call_under_way(&self) -> bool {
        let is_under_way =
            |it: &&HandOver| it.delivery.is_push() && (it.claim.is_some() || it.is_open);
        let index = self
            .hand_over
            .as_ref()
            .filter(is_under_way)
            .map(|it| it.index);
        let touchpoint = index.and_then(|index| self.touchpoint(index));
        touchpoint.is_some_and(|it| it.channel == Channel::Call)
    }

    /// Returns the touchpoint that callers can pull: its channel, and the time since which it is due.
    /// It stays listed while a caller has it. `None` if none is open, or if the run is held.
    pub fn opened(&self) -> Option<(Channel, Timestamp)> {
        let hand_over = self.hand_over.as_ref()?;
        let is_listed = self.is_live() && hand_over.delivery == Delivery::Pull;
        let touchpoint = self.touchpoint(hand_over.index).filter(|_| is_listed)?;
        Some((touchpoint.channel, touchpoint.due_at))
    }

    /// Returns the time from which on the touchpoint must not be handed over any more: its window
    /// closes, or its time is used up. `None` if no hand-over has begun.
    pub fn not_after(&self, workflow: &Workflow, now: Timestamp) -> Option<Timestamp> {
        let hand_over = self.hand_over.as_ref()?;
        let channel = self.touchpoint(hand_over.index)?.channel;
        let closes = workflow.gate().closes_at(channel, now);
        Some(closes.map_or(hand_over.expires_at, |it| it.min(hand_over.expires_at)))
    }

    /// Lets a touchpoint that callers could pull wait for a webhook. Its time does not run while it waits. One
    /// that a caller may have contacted stays as it is.
    pub fn wait_for(&mut self, receiver: Receiver, now: Timestamp) {
        if let Some(hand_over) = &mut self.hand_over
            && hand_over.delivery == Delivery::Pull
            && hand_over.claim.is_none()
            && hand_over.lapses == 0
        {
            hand_over.delivery = Delivery::Push(receiver);
            // The tries of its callers have all gone back.
            hand_over.tries = 0;
            hand_over.wake_for_try(now);
        }
    }

    /// Claims the touchpoint whose turn it is, for one try. Returns its index. First does everything
    /// that is overdue.
    ///
    /// # Errors
    /// [`NotClaimed`].
    pub fn claim(
        &mut self,
        owner: Owner,
        lease: SignedDuration,
        delivery: Delivery,
        open_times: OpenTimes,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Result<u16, NotClaimed> {
        let index = self.take_turn(delivery, workflow, now)?;
        self.begin(index, delivery, open_times, workflow, now);
        let mut until = now.saturating_add(lease).unwrap_or(now);
        if delivery == Delivery::Pull {
            // A worker reads `not_after` itself, and must be able to settle after it.
            until = self
                .not_after(workflow, now)
                .map_or(until, |it| it.min(until));
        }
        let mut is_first = false;
        if let Some(hand_over) = &mut self.hand_over {
            hand_over.claim = Some(Claim { owner, until });
            is_first = hand_over.tries == 0;
            hand_over.tries = hand_over.tries.saturating_add(1);
        }
        if let Some(touchpoint) = self.touchpoint_mut(index) {
            touchpoint.state = TouchpointState::Claimed;
            touchpoint.was_claimed = true;
        }
        if delivery == Delivery::Pull && is_first {
            self.plan_after(index, workflow, now);
        }
        Ok(index)
    }

    /// Returns the index of the touchpoint that can be handed over now. First does everything that
    /// is overdue.
    fn take_turn(
        &mut self,
        delivery: Delivery,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Result<u16, NotClaimed> {
        self.advance(workflow, now);
        if let Some(claim) = self.hand_over.as_ref().and_then(|it| it.claim) {
            return Err(NotClaimed::Claimed(claim.until));
        }
        // A try that may be out is repeated only to the receiver that may have it.
        let may_be_out = |it: &HandOver| it.is_open || it.lapses > 0;
        let is_elsewhere = |it: &HandOver| may_be_out(it) && it.delivery != delivery;
        if self.hand_over.as_ref().is_some_and(is_elsewhere) {
            self.leave(TouchpointState::Unconfirmed, None);
            // The touchpoint that follows may have another destination.
            return Err(NotClaimed::Ended);
        }
        if !self.is_live() {
            return Err(NotClaimed::NotLive);
        }
        let index = self.next_index().ok_or(NotClaimed::NoneLeft)?;
        let (channel, due_at) = self
            .touchpoint(index)
            .map(|it| (it.channel, it.due_at))
            .ok_or(NotClaimed::NoneLeft)?;
        let before = self.hand_over.as_ref().map(|it| it.delivery);
        let is_replaced = before.is_some_and(|before| delivery.replaces(before));
        let retry_at = self.retry_at().filter(|_| !is_replaced);
        let due_at = retry_at.unwrap_or(due_at);
        if now < due_at {
            // The time of the next try at the receiver before does not count any more.
            let waits = self
                .hand_over
                .as_mut()
                .filter(|it| is_replaced && it.delivery.is_push());
            if let Some(hand_over) = waits {
                hand_over.wake_for_try(due_at);
            }
            return Err(NotClaimed::NotDue(due_at));
        }
        if !workflow.gate().is_open(channel, now) {
            // `advance` has ended a touchpoint with an open try.
            return Err(self.move_to_next_opening(index, workflow, now));
        }
        Ok(index)
    }

    /// Lets a caller keep its claim for another `lease`, but not beyond the touchpoint's own time.
    /// Returns the new end.
    ///
    /// # Errors
    /// [`ClaimOver`], also after a stop or an end of the run.
    pub fn extend(
        &mut self,
        owner: Owner,
        lease: SignedDuration,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Result<Timestamp, ClaimOver> {
        let is_live = self.is_live();
        let not_after = self.not_after(workflow, now).ok_or(ClaimOver)?;
        let hand_over = self.claimed_by(owner)?;
        let claim = hand_over.claim.as_mut().ok_or(ClaimOver)?;
        if claim.until <= now || !is_live {
            return Err(ClaimOver);
        }
        let until = now.saturating_add(lease).unwrap_or(now);
        // A short `lease` never makes the present one shorter.
        claim.until = until.max(claim.until).min(not_after);
        Ok(claim.until)
    }

    /// Begins the hand-over of a touchpoint, or goes on with it.
    fn begin(
        &mut self,
        index: u16,
        delivery: Delivery,
        open_times: OpenTimes,
        workflow: &Workflow,
        now: Timestamp,
    ) {
        let Some(touchpoint) = self.touchpoint(index) else {
            return;
        };
        let (channel, due_at) = (touchpoint.channel, touchpoint.due_at);
        let gate = workflow.gate();
        let expires_at = whole_second(gate.after_open(channel, now, open_times.of(channel)));
        if let Some(hand_over) = &mut self.hand_over {
            let is_opened = (hand_over.delivery, delivery) == (Delivery::Pull, Delivery::Pull);
            if hand_over.tries == 0 && !is_opened {
                hand_over.expires_at = expires_at;
            }
            if hand_over.delivery != delivery {
                // The channel has another destination now. A pulled touchpoint wakes the run at the
                // end of its time, and a pushed one for each try.
                hand_over.delivery = delivery;
                hand_over.misses = 0;
                match delivery {
                    Delivery::Push(_) => hand_over.wake_for_try(now),
                    Delivery::Pull => {
                        hand_over.wake_at = hand_over.expires_at;
                        hand_over.wake = WakeKind::Expiry;
                    }
                }
            }
            return;
        }
        let (wake_at, wake) = match delivery {
            // The claim leaves the wake where it is.
            Delivery::Push(_) => (due_at, WakeKind::HandOver),
            Delivery::Pull => (expires_at, WakeKind::Expiry),
        };
        self.hand_over = Some(HandOver {
            index,
            delivery,
            expires_at,
            tries: 0,
            lapses: 0,
            refusals: 0,
            misses: 0,
            is_open: false,
            claim: None,
            wake_at: whole_second(wake_at),
            wake,
        });
    }

    /// Moves a touchpoint whose window is closed to the next opening.
    fn move_to_next_opening(
        &mut self,
        index: u16,
        workflow: &Workflow,
        now: Timestamp,
    ) -> NotClaimed {
        let gate = workflow.gate();
        let mut opening = now;
        if let Some(touchpoint) = self.touchpoint_mut(index) {
            let reasons = &mut touchpoint.reasons;
            opening = gate.pass(touchpoint.channel, whole_second(now), reasons);
            if !reasons.contains(&Reason::Late) {
                reasons.push(Reason::Late);
            }
            touchpoint.move_to(opening, gate.zone);
        }
        if let Some(hand_over) = &mut self.hand_over
            && hand_over.delivery.is_push()
        {
            hand_over.wake_for_try(opening);
        }
        NotClaimed::NotDue(opening)
    }

    pub(super) fn claimed_by(&mut self, owner: Owner) -> Result<&mut HandOver, ClaimOver> {
        let is_owner = |it: &&mut HandOver| it.claim.is_some_and(|claim| claim.owner == owner);
        self.hand_over.as_mut().filter(is_owner).ok_or(ClaimOver)
    }
}
