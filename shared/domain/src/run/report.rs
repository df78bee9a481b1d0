//! Outcomes of touchpoints, and contacts outside of touchpoints.

use jiff::Timestamp;

use super::{
    CadenceState, Run, RunStatus,
    hand_over::{Delivery, HandOver, Receiver},
    wake::WakeKind,
};
use crate::{
    cadence::{Reason, Touchpoint, TouchpointState},
    channel::Channel,
    outcome::{CONTACTED, CadenceEffect, ENGAGED, Outcome},
    time::whole_second,
    workflow::Workflow,
};

/// Maximum number of touchpoints of a run. A cadence has at most 500; the others are calls that
/// persons asked for.
const MOST_TOUCHPOINTS: usize = 1_000;

/// A contact and its result, as a client reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub outcome: Outcome,
    /// Time at which the person wants a call. Only [`Outcome::Callback`] has one.
    pub callback_at: Option<Timestamp>,
}

/// Result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// The outcome is the touchpoint's now.
    Changed,
    /// The touchpoint had this outcome already.
    Before,
    /// The touchpoint has an outcome of the same weight or more. The report is only kept in the
    /// history.
    Lighter,
}

/// Error for a touchpoint that was never claimed, so no contact can have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDispatched;

/// Error for a touchpoint that cannot be put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDeferred {
    /// It was never claimed.
    NotDispatched,
    /// It has an outcome, or its turn is over.
    HasOutcome,
}

impl Run {
    /// Takes in the outcome of a touchpoint, and applies its effect if it still concerns the run.
    /// It ends a claim of the touchpoint. `None` if there is no such touchpoint.
    ///
    /// # Errors
    /// [`NotDispatched`].
    pub fn report(
        &mut self,
        index: u16,
        report: Report,
        workflow: &Workflow,
        now: Timestamp,
    ) -> Option<Result<Reported, NotDispatched>> {
        let touchpoint = self.touchpoint(index)?;
        if !touchpoint.was_claimed {
            return Some(Err(NotDispatched));
        }
        let (before, channel) = (touchpoint.outcome, touchpoint.channel);
        let step = touchpoint.step_index;
        match before {
            Some(before) if before == report.outcome => return Some(Ok(Reported::Before)),
            Some(before) if !report.outcome.replaces(before) => {
                return Some(Ok(Reported::Lighter));
            }
            _ => {}
        }
        let is_late = self.is_overtaken(index);
        let hand_over = self.hand_over.take_if(|it| it.index == index);
        if let Some(touchpoint) = self.touchpoint_mut(index) {
            touchpoint.outcome = Some(report.outcome);
            touchpoint.state = TouchpointState::Done;
        }
        if self.index_of(TouchpointState::Dispatched).is_none() {
            self.awaited = None;
        }
        if let Some(hand_over) = hand_over {
            self.enter(CONTACTED, workflow);
            if hand_over.delivery.is_push() && !hand_over.is_open {
                // The outcome was faster than the settlement.
                self.plan_after(index, workflow, now);
            }
        }
        let reopens = (report.outcome, before) == (Outcome::Callback, Some(Outcome::Answered));
        if reopens && !is_late {
            self.reopen(workflow, now);
        }
        if self.is_active() && (!is_late || report.outcome.steers_late()) {
            self.apply(report, channel, Some(step), workflow, now);
        } else if self.status == RunStatus::Completed && report.outcome.steers_late() {
            self.apply_after_end(report.outcome, workflow);
        }
        self.finish_if_run_out();
        Some(Ok(Reported::Changed))
    }

    /// Puts a touchpoint back, because the receiver could not make the contact yet. It keeps its id,
    /// and an open try stays open. A pushed touchpoint is tried again at `retry_at`, and a pulled one
    /// can be claimed at once. `None` if there is no such touchpoint.
    ///
    /// # Errors
    /// [`NotDeferred`].
    pub fn defer(&mut self, index: u16, retry_at: Timestamp) -> Option<Result<(), NotDeferred>> {
        let touchpoint = self.touchpoint(index)?;
        if !touchpoint.was_claimed {
            return Some(Err(NotDeferred::NotDispatched));
        }
        let state = touchpoint.state;
        let due_at = touchpoint.due_at;
        let is_its_turn = self.hand_over.as_ref().is_some_and(|it| it.index == index);
        match (state, self.awaited) {
            (TouchpointState::Claimed | TouchpointState::Scheduled, _) if is_its_turn => {}
            (TouchpointState::Dispatched, Some(awaited)) if self.hand_over.is_none() => {
                self.awaited = None;
                self.hand_over = Some(HandOver {
                    index,
                    // The next claim names the receiver.
                    delivery: Delivery::Push(Receiver::default()),
                    expires_at: awaited.expires_at,
                    tries: awaited.tries,
                    lapses: 0,
                    refusals: 0,
                    misses: 0,
                    is_open: false,
                    claim: None,
                    wake_at: due_at,
                    wake: WakeKind::Retry,
                });
            }
            _ => return Some(Err(NotDeferred::HasOutcome)),
        }
        if let Some(hand_over) = &mut self.hand_over {
            hand_over.claim = None;
        }
        self.back(retry_at);
        self.finish_if_run_out();
        Some(Ok(()))
    }

    /// Applies a contact that happened outside of a touchpoint, if the run is active.
    pub fn apply_contact(
        &mut self,
        report: Report,
        channel: Channel,
        workflow: &Workflow,
        now: Timestamp,
    ) {
        if !self.is_active() {
            return;
        }
        // The contact is one of the step that is under way.
        let touchpoints = self.touchpoints.iter().filter(|it| it.was_claimed);
        let step = touchpoints.max_by_key(|it| it.due_at);
        let step = step.map(|touchpoint| touchpoint.step_index);
        self.apply(report, channel, step, workflow, now);
        self.finish_if_run_out();
    }

    /// Gives the touchpoints that wait for an outcome [`Outcome::NoOutcome`].
    pub(super) fn settle_missing_outcome(&mut self, workflow: &Workflow, now: Timestamp) {
        let report = Report {
            outcome: Outcome::NoOutcome,
            callback_at: None,
        };
        while let Some(index) = self.index_of(TouchpointState::Dispatched) {
            if self.report(index, report, workflow, now) != Some(Ok(Reported::Changed)) {
                // A dispatched touchpoint was claimed and has no outcome, so this is never reached.
                return;
            }
        }
    }

    /// Returns whether a later touchpoint was claimed. One that went back and was then moved by a
    /// callback counts as new.
    fn is_overtaken(&self, index: u16) -> bool {
        let position = |(index, it): (usize, &Touchpoint)| (it.due_at, index);
        let Some(this) = self.touchpoint(index) else {
            return false;
        };
        let this = position((usize::from(index), this));
        let handed_over = self.hand_over.as_ref().map(|it| usize::from(it.index));
        let mut touchpoints = self.touchpoints.iter().enumerate();
        touchpoints.any(|it| {
            let is_new = it.1.state == TouchpointState::Scheduled && handed_over != Some(it.0);
            it.1.was_claimed && !is_new && position(it) > this
        })
    }

    fn apply(
        &mut self,
        report: Report,
        channel: Channel,
        step: Option<u16>,
        workflow: &Workflow,
        now: Timestamp,
    ) {
        let outcome = report.outcome;
        if outcome.suppresses() {
            return self.end(RunStatus::Stopped);
        }
        if outcome.is_of_wrong_address() {
            self.skip(Reason::AddressInvalid, |it| it.channel == channel);
        }
        let effect = workflow.outcomes.effect(outcome);
        match effect.cadence {
            CadenceEffect::Continue => {}
            CadenceEffect::NextStep => {
                let is_other_attempt = |it: &Touchpoint| {
                    Some(it.step_index) == step && !it.reasons.contains(&Reason::Callback)
                };
                self.skip(Reason::NextStep, is_other_attempt);
            }
            CadenceEffect::Complete => self.complete(now),
            CadenceEffect::Cancel => self.cancel_cadence(),
        }
        if let Some(at) = report.callback_at.filter(|_| self.goes_on()) {
            self.schedule_callback(at.max(now), workflow);
        }
        if effect.human_takeover && !self.human_takeover {
            match self.cadence_state {
                CadenceState::Active => {
                    self.stop(now);
                }
                _ => self.human_takeover = true,
            }
        }
        if let Some(key) = &effect.status {
            self.enter(key, workflow);
        }
    }

    /// Applies a late outcome to a run whose cadence has run out. The cadence stays completed.
    fn apply_after_end(&mut self, outcome: Outcome, workflow: &Workflow) {
        if !self.has_open_status() {
            return;
        }
        if outcome.suppresses() {
            return self.end(RunStatus::Stopped);
        }
        let effect = workflow.outcomes.effect(outcome);
        self.human_takeover |= effect.human_takeover;
        if let Some(key) = &effect.status {
            self.enter(key, workflow);
        }
    }

    /// Completes the cadence. A resume can reopen it.
    pub(super) fn complete(&mut self, now: Timestamp) {
        if matches!(
            self.cadence_state,
            CadenceState::Active | CadenceState::Paused | CadenceState::Pending
        ) {
            self.cadence_state = CadenceState::Completed;
            self.paused_at.get_or_insert(now);
            self.cancel_scheduled();
        }
    }

    /// Cancels the cadence for good.
    pub(super) fn cancel_cadence(&mut self) {
        self.cadence_state = CadenceState::Cancelled;
        self.cancel_scheduled();
    }

    /// Moves the next call to the time for which the person asked, or to the opening after it. All
    /// other touchpoints keep their times. Adds a call if none is left.
    fn schedule_callback(&mut self, at: Timestamp, workflow: &Workflow) {
        let gate = workflow.gate();
        let mut reasons = Vec::new();
        let due_at = gate.pass(Channel::Call, whole_second(at), &mut reasons);
        reasons.push(Reason::Callback);
        if let Some(next) = self.next_where(|it| it.channel == Channel::Call) {
            self.hand_over.take_if(|it| it.index == next);
            if let Some(touchpoint) = self.touchpoint_mut(next) {
                reasons.retain(|it| !touchpoint.reasons.contains(it));
                touchpoint.reasons.extend(reasons);
                touchpoint.move_to(due_at, gate.zone);
            }
            return;
        }
        let calls = self.touchpoints.iter().rev();
        let last = calls.clone().find(|it| it.channel == Channel::Call);
        let last = last.or_else(|| self.touchpoints.last());
        let (Some(last), true) = (last, self.touchpoints.len() < MOST_TOUCHPOINTS) else {
            return;
        };
        let attempt = last.attempt.saturating_add(1);
        let added = Touchpoint {
            channel: Channel::Call,
            attempt,
            max_attempts: last.max_attempts.max(attempt),
            due_at,
            offset: gate.zone.to_offset(due_at),
            state: TouchpointState::Scheduled,
            reasons,
            message: None,
            was_claimed: false,
            outcome: None,
            ..*last
        };
        self.touchpoints.push(added);
    }

    /// Makes a completed cadence active again, with the touchpoints that its completion cancelled.
    /// Has no effect while a person has the lead.
    fn reopen(&mut self, workflow: &Workflow, now: Timestamp) {
        let is_over = self.cadence_state == CadenceState::Completed;
        if !is_over || !self.is_active() || self.human_takeover {
            return;
        }
        let since = self.paused_at.take().unwrap_or(now);
        self.cadence_state = CadenceState::Active;
        self.reschedule(workflow, since, now);
    }

    /// Moves the lead to a status on Leadgate's own account, if the workflow has it. It never
    /// replaces a status that a client has set. `contacted` and `engaged` follow only the initial
    /// status and `contacted`.
    pub(super) fn enter(&mut self, key: &str, workflow: &Workflow) {
        let is_early = self.current_status.is_initial || self.current_status.key == CONTACTED;
        let is_early_only = matches!(key, CONTACTED | ENGAGED);
        if self.is_status_set || !self.has_open_status() || is_early_only && !is_early {
            return;
        }
        if let Some(status) = workflow.status(key) {
            self.enter_status(status);
        }
    }
}
