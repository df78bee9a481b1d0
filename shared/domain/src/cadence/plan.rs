//! The planner: from a cadence and an enrolment's instant to touchpoints with due times. Pure functions:
//! no clock, no store, no chance.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Cadence, FirstTouchpoint, Gate, Interval, Reachability, Reason, Step, Touchpoint,
    TouchpointState, gate::add,
};
use crate::first_message::FirstMessage;

/// The first touchpoint that reaches the lead, without planning the rest; none: no step does. A first
/// message takes the place of the very first touchpoint.
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

/// Every touchpoint of a cadence, in order. Each is due its interval or its step's delay after the one
/// before, the first after `enrolled_at`, and then at the next time that the cadence's windows allow; the
/// one after counts from there. Touchpoints that cannot reach the lead are skipped and keep their place in
/// time. A first message takes the place of the first touchpoint, at its time and on its own channel.
pub fn plan(
    cadence: &Cadence,
    zone: &TimeZone,
    reach: Reachability,
    mut message: Option<&FirstMessage>,
    enrolled_at: Timestamp,
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
            });
        }
    }
    touchpoints
}

/// The touchpoints that a pause held up, which ends `now`: each is due that much later, and then at the next
/// time that the windows allow, but neither in the past nor before the one that it follows.
pub fn shift(
    touchpoints: &mut [Touchpoint],
    gate: Gate<'_>,
    pause: SignedDuration,
    now: Timestamp,
) {
    let mut before = Timestamp::from_second(now.as_second()).unwrap_or(now);
    for touchpoint in touchpoints {
        let reasons = &mut touchpoint.reasons;
        let later = touchpoint.due_at.saturating_add(pause);
        let later = later.unwrap_or(touchpoint.due_at);
        let later = gate.pass(touchpoint.channel, later, reasons);
        before = gate.pass(touchpoint.channel, later.max(before), reasons);
        touchpoint.due_at = before;
        touchpoint.offset = gate.zone.to_offset(before);
    }
}

/// `wait` after `start`: first its calendar part in the zone's wall-clock time, where a time that the
/// clocks skip becomes as much later as they skip, then its exact part.
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
