//! The planner turns a cadence and the time of an enrolment into touchpoints with due times.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Cadence, FirstTouchpoint, Gate, Interval, Reachability, Reason, Step, Touchpoint,
    TouchpointState, gate::add,
};
use crate::{channel::Channel, first_message::FirstMessage, time::whole_second};

/// Returns the first touchpoint that reaches the lead, without planning the others. `None` if no
/// step reaches the lead.
///
/// A first message replaces the very first touchpoint.
pub fn first_touchpoint(
    steps: &[Step],
    reach: Reachability,
    message: Option<&FirstMessage>,
) -> Option<FirstTouchpoint> {
    let total_steps = u16::try_from(steps.len()).ok()?;
    if let (Some(message), Some(step)) = (message, steps.first()) {
        return Some(FirstTouchpoint {
            step_index: 0,
            channel: message.channel(),
            max_attempts: step.max_attempts,
            total_steps,
        });
    }
    (0..).zip(steps).find_map(|(step_index, step)| {
        reach.has(step.channel).then_some(FirstTouchpoint {
            step_index,
            channel: step.channel,
            max_attempts: step.max_attempts,
            total_steps,
        })
    })
}

/// Plans all touchpoints of a cadence, in order.
///
/// A touchpoint counts from the previous one, and the first from `enrolled_at`. The wait is the
/// step's delay for a first attempt, and its interval for the others. Then the touchpoint moves to
/// the next time that the windows allow, and the next one counts from there.
///
/// A touchpoint that cannot reach the lead is skipped, and keeps its place in time. A first message
/// replaces the first touchpoint, at its time and on the message's channel.
pub fn plan(
    cadence: &Cadence,
    zone: &TimeZone,
    reach: Reachability,
    message: Option<&FirstMessage>,
    enrolled_at: Timestamp,
) -> Vec<Touchpoint> {
    plan_with_calls_from(cadence, zone, reach, message, enrolled_at, None)
}

/// Same as [`plan`], but no call is due before `calls_from`. The touchpoints behind a call that has
/// to wait count from its time.
pub fn plan_with_calls_from(
    cadence: &Cadence,
    zone: &TimeZone,
    reach: Reachability,
    mut message: Option<&FirstMessage>,
    enrolled_at: Timestamp,
    calls_from: Option<Timestamp>,
) -> Vec<Touchpoint> {
    let gate = cadence.gate(zone);
    let mut due_at = enrolled_at;
    let mut touchpoints = Vec::new();
    for (step_index, step) in (0..).zip(&cadence.steps) {
        for attempt in 1..=step.max_attempts {
            let wait = if attempt == 1 {
                step.delay
            } else {
                step.attempt_interval
            };
            let message = message.take();
            let channel = message.map_or(step.channel, FirstMessage::channel);
            let missing = reach.missing_for(channel);
            let mut reasons = Vec::new();
            due_at = after(due_at, wait, zone, &mut reasons);
            let from = calls_from.filter(|_| channel == Channel::Call && missing.is_none());
            if let Some(from) = from.filter(|from| due_at < *from) {
                due_at = from;
                reasons.push(Reason::MinGap);
            }
            due_at = gate.pass(channel, due_at, &mut reasons);
            reasons.extend(message.map(|_| Reason::ForcedFirstMessage));
            reasons.extend(missing);
            touchpoints.push(Touchpoint {
                step_index,
                channel,
                attempt,
                max_attempts: step.max_attempts,
                due_at,
                offset: zone.to_offset(due_at),
                state: if missing.is_some() {
                    TouchpointState::Skipped
                } else {
                    TouchpointState::Scheduled
                },
                reasons,
                message: message.cloned(),
                was_claimed: false,
                outcome: None,
            });
        }
    }
    touchpoints
}

/// Moves touchpoints, which are in the order of their due times, by the length of a pause that ends
/// at `now`, and then to the next time that the windows allow. No touchpoint is due in the past or
/// before the one that it follows. A call that a person asked for keeps its time.
pub fn shift<'a>(
    touchpoints: impl IntoIterator<Item = &'a mut Touchpoint>,
    gate: Gate<'_>,
    pause: SignedDuration,
    now: Timestamp,
) {
    let mut before = whole_second(now);
    for touchpoint in touchpoints {
        let reasons = &mut touchpoint.reasons;
        if reasons.contains(&Reason::Callback) {
            let due_at = touchpoint.due_at.max(whole_second(now));
            let due_at = gate.pass(touchpoint.channel, due_at, reasons);
            touchpoint.move_to(due_at, gate.zone);
            continue;
        }
        let later = touchpoint.due_at.saturating_add(pause);
        let later = later.unwrap_or(touchpoint.due_at);
        let later = gate.pass(touchpoint.channel, later, reasons);
        before = gate.pass(touchpoint.channel, later.max(before), reasons);
        touchpoint.move_to(before, gate.zone);
    }
}

/// Moves the touchpoints after a late contact at `contacted_at`. Each is due at the later of its
/// time and the time that the planner gives it from the contact on. The list begins after the late
/// touchpoint, in the order of the plan. Touchpoints for which `is_open` is false count, but do not
/// move.
pub fn shift_after_late(
    touchpoints: &mut [Touchpoint],
    cadence: &Cadence,
    zone: &TimeZone,
    contacted_at: Timestamp,
    is_open: impl Fn(&Touchpoint) -> bool,
) {
    let gate = cadence.gate(zone);
    let mut planned = whole_second(contacted_at);
    for touchpoint in touchpoints {
        // A call that a person asked for keeps its time, and the plan does not count from it.
        if touchpoint.reasons.contains(&Reason::Callback) {
            continue;
        }
        let step = cadence.steps.get(usize::from(touchpoint.step_index));
        let wait = step.map_or(Interval::default(), |step| match touchpoint.attempt {
            1 => step.delay,
            _ => step.attempt_interval,
        });
        let mut reasons = touchpoint.reasons.clone();
        planned = after(planned, wait, zone, &mut reasons);
        planned = gate.pass(touchpoint.channel, planned, &mut reasons);
        if is_open(touchpoint) && touchpoint.due_at < planned {
            add(&mut reasons, Reason::Late);
            touchpoint.reasons = reasons;
            touchpoint.move_to(planned, zone);
        }
        planned = planned.max(touchpoint.due_at);
    }
}

/// Adds `wait` to `start`: first the calendar part in the zone's wall-clock time, then the exact
/// part. A wall-clock time that the clocks skip moves by as much as they skip.
fn after(
    start: Timestamp,
    wait: Interval,
    zone: &TimeZone,
    reasons: &mut Vec<Reason>,
) -> Timestamp {
    let start = start.to_zoned(zone.clone());
    let days_later = start.saturating_add(wait.days());
    if days_later.datetime() != start.datetime().saturating_add(wait.days()) {
        add(reasons, Reason::ClockGap);
    }
    days_later.saturating_add(wait.hours()).timestamp()
}

#[cfg(test)]
mod tests;
