//! Promises that hold at each step of the walk.

use jiff::{SignedDuration, Timestamp, civil::Weekday};

use super::events::{Event, OPEN, touchpoint_state};
use crate::{
    cadence::{Reason, Touchpoint, TouchpointState},
    channel::Channel,
    outcome::Outcome,
    run::{CadenceState, Run, Wake},
    time::whole_second,
    workflow::Workflow,
};

/// Checks every promise about a change of a run.
pub(super) fn check(before: &Run, after: &Run, event: Event, workflow: &Workflow, now: Timestamp) {
    one_wake(after);
    at_most_one_touchpoint_is_awaited(after);
    list_only_grows(before, after);
    open_try_is_never_dropped(before, after);
    outcomes_get_heavier(before, after);
    status_of_a_client_stays(before, after, event);
    rest_is_in_its_windows_and_never_earlier(before, after, event, workflow);
    ended_run_stays_ended(before, after);
    if matches!(event, Event::Resume | Event::Release) && before != after {
        let left = after.touchpoints.iter();
        let mut left = left.filter(|it| it.state == TouchpointState::Scheduled);
        let is_unchanged = before.cadence_state == after.cadence_state && before.held == after.held;
        assert!(is_unchanged || left.all(|it| it.due_at >= whole_second(now)));
    }
}

/// A run has an entry exactly if its cadence is active, or if it has a claim or an open try.
fn one_wake(run: &Run) {
    let may_be_out = run
        .hand_over
        .as_ref()
        .is_some_and(|it| it.is_open || it.claim.is_some());
    let is_active = run.cadence_state == CadenceState::Active;
    let wake = run.wake();
    assert_eq!(wake.is_some(), is_active || may_be_out, "{run:?}");
    let is_held = run.held.is_some() && !may_be_out;
    assert_eq!(matches!(wake, Some(Wake::Held(_))), is_held, "{run:?}");
    if let Some(hand_over) = &run.hand_over {
        assert!(
            is_active || may_be_out,
            "a hand-over without a wake: {run:?}"
        );
        let state = run.touchpoint(hand_over.index).unwrap().state;
        let is_claimed = state == TouchpointState::Claimed;
        assert_eq!(is_claimed, may_be_out, "{run:?}");
        assert!(is_claimed || state == TouchpointState::Scheduled, "{run:?}");
    }
    if is_active {
        assert!(run.is_active() && !run.human_takeover, "{run:?}");
    }
}

fn at_most_one_touchpoint_is_awaited(run: &Run) {
    let touchpoints = run.touchpoints.iter();
    let dispatched = touchpoints.filter(|it| it.state == TouchpointState::Dispatched);
    let dispatched = dispatched.count();
    assert!(dispatched <= 1, "{run:?}");
    assert!(run.awaited.is_none() || dispatched == 1, "{run:?}");
    assert!(
        dispatched == 0 || run.awaited.is_some() || !run.is_active(),
        "{run:?}"
    );
}

fn list_only_grows(before: &Run, after: &Run) {
    assert!(after.touchpoints.len() >= before.touchpoints.len());
    for (one, other) in before.touchpoints.iter().zip(&after.touchpoints) {
        let place = |it: &Touchpoint| (it.step_index, it.channel, it.attempt, it.max_attempts);
        assert_eq!(place(one), place(other));
        assert!(other.was_claimed || !one.was_claimed);
    }
}

fn open_try_is_never_dropped(before: &Run, after: &Run) {
    for index in 0..before.touchpoints.len() {
        let state = touchpoint_state(after, index);
        let turn = before.hand_over.as_ref();
        let has_lapsed = turn.is_some_and(|it| usize::from(it.index) == index && it.lapses > 0);
        let goes_on = has_lapsed && ["scheduled", "claimed"].contains(&state);
        if touchpoint_state(before, index) == OPEN || has_lapsed {
            let is_kept = [OPEN, "dispatched", "done", "unconfirmed"].contains(&state);
            assert!(goes_on || is_kept, "{state} {before:?}");
        }
    }
}

fn outcomes_get_heavier(before: &Run, after: &Run) {
    for (one, other) in before.touchpoints.iter().zip(&after.touchpoints) {
        if one.outcome == other.outcome {
            continue;
        }
        let is_callback =
            (one.outcome, other.outcome) == (Some(Outcome::Answered), Some(Outcome::Callback));
        let weight = |it: &Touchpoint| it.outcome.map_or(0, Outcome::weight);
        assert!(
            is_callback || weight(other) > weight(one),
            "{one:?} {other:?}"
        );
        assert_eq!(other.state, TouchpointState::Done);
        assert!(one.was_claimed);
    }
}

fn status_of_a_client_stays(before: &Run, after: &Run, event: Event) {
    if before.is_status_set && event != Event::Status {
        assert_eq!(before.current_status, after.current_status);
    }
    assert!(after.is_status_set || !before.is_status_set);
}

fn ended_run_stays_ended(before: &Run, after: &Run) {
    assert!(before.is_active() || !after.is_active(), "{before:?}");
    if !after.is_active() {
        assert_ne!(after.cadence_state, CadenceState::Active);
    }
}

fn rest_is_in_its_windows_and_never_earlier(
    before: &Run,
    after: &Run,
    event: Event,
    workflow: &Workflow,
) {
    let asks = matches!(event, Event::Outcome | Event::Contact);
    for (index, touchpoint) in after.touchpoints.iter().enumerate() {
        let earlier = before.touchpoints.get(index);
        let is_moved = earlier.is_none_or(|it| it.due_at != touchpoint.due_at);
        if is_moved {
            let due_at = touchpoint.due_at;
            assert!(
                is_open(workflow, touchpoint.channel, due_at),
                "{touchpoint:?}"
            );
            assert_eq!(touchpoint.offset, workflow.timezone.to_offset(due_at));
            assert_eq!(due_at.subsec_nanosecond(), 0);
            let is_asked = asks && touchpoint.reasons.contains(&Reason::Callback);
            let is_later = earlier.is_none_or(|it| it.due_at < due_at);
            assert!(is_later || is_asked, "{event} {earlier:?} {touchpoint:?}");
        }
    }
}

/// Returns whether a channel may be used, by the clock on the wall alone.
pub(super) fn is_open(workflow: &Workflow, channel: Channel, at: Timestamp) -> bool {
    let cadence = &workflow.cadence;
    let is_gated = cadence.gate_all_channels || channel == Channel::Call;
    if !is_gated || cadence.windows.is_empty() {
        return true;
    }
    let local = workflow.timezone.to_datetime(at);
    let minute =
        u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    let weekday: Weekday = local.weekday();
    let mut hours = cadence.windows.iter().flat_map(|it| it.hours_on(weekday));
    hours.any(|it| (it.start.minutes()..it.end.minutes()).contains(&minute))
}

/// The last contact of a run, from which the next one keeps its distance.
#[derive(Clone, Copy)]
pub(super) struct Contact {
    pub index: u16,
    pub at: Timestamp,
}

impl Contact {
    /// Checks that a touchpoint which is claimed at `now` comes no sooner after this contact than
    /// planned. A contact may be a minute late, and a call that a person asked for is exempt.
    pub(super) fn check_distance(self, run: &Run, index: u16, workflow: &Workflow, now: Timestamp) {
        let asked = |it: u16| {
            run.touchpoint(it)
                .unwrap()
                .reasons
                .contains(&Reason::Callback)
        };
        if index <= self.index || asked(index) || asked(self.index) {
            return;
        }
        let touchpoint = run.touchpoint(index).unwrap();
        let step = &workflow.cadence.steps[usize::from(touchpoint.step_index)];
        let wait = if touchpoint.attempt == 1 {
            step.delay
        } else {
            step.attempt_interval
        };
        let text = String::from(wait);
        // A day can have 23 hours, and the intervals of the walk are whole days, hours or minutes.
        let least = match text.strip_prefix("PT") {
            Some("15M") => SignedDuration::from_mins(15),
            Some("0S") => SignedDuration::ZERO,
            Some(hours) => SignedDuration::from_hours(hours.trim_end_matches('H').parse().unwrap()),
            None => {
                let days = text.trim_start_matches('P').trim_end_matches('D');
                SignedDuration::from_hours(days.parse::<i64>().unwrap() * 24 - 1)
            }
        };
        let distance = now.duration_since(self.at) + SignedDuration::from_secs(61);
        assert!(
            distance >= least,
            "{} {index} {now} {} {run:?}",
            self.index,
            self.at
        );
    }
}
