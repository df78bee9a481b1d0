//! The planner: from a workflow's steps and an enrolment's instant to touchpoints with due times. A pure
//! function: no clock, no store, no chance.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Channel, Step};
use crate::domain::first_message::FirstMessage;

/// On which ways a lead can be reached at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reachability {
    /// By call, WhatsApp and text message.
    pub phone: bool,
    /// By e-mail.
    pub email: bool,
}

/// One planned contact with a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touchpoint {
    /// Which step of the workflow, from 0.
    pub step_index: u16,
    /// How the lead is reached.
    pub channel: Channel,
    /// Which attempt of the step, from 1.
    pub attempt: u8,
    /// How many attempts the step has.
    pub max_attempts: u8,
    /// When it is due.
    pub due_at: Timestamp,
    /// What becomes of it.
    pub state: TouchpointState,
    /// What is said, if not what the step says.
    pub message: Option<FirstMessage>,
}

/// What becomes of a touchpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchpointState {
    /// It will be made when it is due.
    Scheduled,
    /// It is left out: the lead has no phone number.
    NoPhone,
    /// It is left out: the lead has no e-mail address.
    NoEmail,
}

/// The first contact that a cadence will make, as the reply to an intake shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstTouchpoint {
    /// Which step of the workflow, from 0.
    pub step_index: u16,
    /// How the lead is reached.
    pub channel: Channel,
    /// How many attempts the step has.
    pub max_attempts: u8,
    /// How many steps the workflow has.
    pub total_steps: u16,
}

impl Reachability {
    /// Whether the lead can be reached on a channel.
    pub fn has(self, channel: Channel) -> bool {
        self.state_on(channel) == TouchpointState::Scheduled
    }

    fn state_on(self, channel: Channel) -> TouchpointState {
        match channel {
            Channel::Email if !self.email => TouchpointState::NoEmail,
            Channel::Call | Channel::Whatsapp | Channel::Sms if !self.phone => {
                TouchpointState::NoPhone
            }
            Channel::Call | Channel::Whatsapp | Channel::Email | Channel::Sms => {
                TouchpointState::Scheduled
            }
        }
    }
}

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

/// Every touchpoint of a cadence, in order. A step's delay counts from the due time of the last attempt
/// of the step before, the first step's from `enrolled_at`; calendar units are counted in `zone`. Steps
/// that cannot reach the lead keep their place in time and are marked. A first message takes the place
/// of the first touchpoint, at its time and on its own channel.
pub fn plan(
    steps: &[Step],
    zone: &TimeZone,
    reach: Reachability,
    message: Option<&FirstMessage>,
    enrolled_at: Timestamp,
) -> Vec<Touchpoint> {
    let mut due = enrolled_at.to_zoned(zone.clone());
    let mut touchpoints = Vec::new();
    for (step_index, step) in (0..).zip(steps) {
        for attempt in 1..=step.max_attempts {
            let wait = if attempt == 1 {
                step.delay
            } else {
                step.attempt_interval
            };
            due = due.saturating_add(wait.span());
            touchpoints.push(Touchpoint {
                step_index,
                channel: step.channel,
                attempt,
                max_attempts: step.max_attempts,
                due_at: due.timestamp(),
                state: reach.state_on(step.channel),
                message: None,
            });
        }
    }
    if let (Some(message), Some(first)) = (message, touchpoints.first_mut()) {
        first.channel = message.channel();
        first.state = reach.state_on(first.channel);
        first.message = Some(message.clone());
    }
    touchpoints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::first_message::MessageParts;

    fn step(channel: Channel, max_attempts: u8, attempt_interval: &str, delay: &str) -> Step {
        Step {
            channel,
            max_attempts,
            attempt_interval: attempt_interval.parse().unwrap(),
            delay: delay.parse().unwrap(),
            message: None,
        }
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    const BOTH: Reachability = Reachability {
        phone: true,
        email: true,
    };

    fn dues(plan: &[Touchpoint]) -> Vec<String> {
        plan.iter()
            .map(|touchpoint| touchpoint.due_at.to_string())
            .collect()
    }

    #[test]
    fn attempts_follow_at_their_interval_and_steps_after_the_last_attempt() {
        let steps = [
            step(Channel::Call, 3, "PT2H", "PT0S"),
            step(Channel::Whatsapp, 1, "PT0S", "P1D"),
        ];
        let plan = plan(
            &steps,
            &TimeZone::UTC,
            BOTH,
            None,
            "2026-02-10T12:00:00Z".parse().unwrap(),
        );
        assert_eq!(
            dues(&plan),
            [
                "2026-02-10T12:00:00Z",
                "2026-02-10T14:00:00Z",
                "2026-02-10T16:00:00Z",
                "2026-02-11T16:00:00Z",
            ]
        );
        let attempts: Vec<_> = plan
            .iter()
            .map(|t| (t.step_index, t.attempt, t.max_attempts))
            .collect();
        assert_eq!(attempts, [(0, 1, 3), (0, 2, 3), (0, 3, 3), (1, 1, 1)]);
    }

    #[test]
    fn a_day_keeps_the_wall_clock_and_24_hours_do_not() {
        // Clocks in New York go forward on 2026-03-08 at 02:00.
        let before: Timestamp = "2026-03-07T17:00:00Z".parse().unwrap();
        for (delay, due) in [
            ("P1D", "2026-03-08T16:00:00Z"),
            ("PT24H", "2026-03-08T17:00:00Z"),
        ] {
            let steps = [step(Channel::Call, 1, "PT0S", delay)];
            assert_eq!(
                dues(&plan(&steps, &zone("America/New_York"), BOTH, None, before)),
                [due]
            );
        }
    }

    #[test]
    fn steps_that_cannot_reach_the_lead_are_marked_and_keep_their_place() {
        let steps = [
            step(Channel::Email, 1, "PT0S", "PT1H"),
            step(Channel::Sms, 1, "PT0S", "PT1H"),
        ];
        let reach = Reachability {
            phone: true,
            email: false,
        };
        let plan = plan(&steps, &TimeZone::UTC, reach, None, Timestamp::UNIX_EPOCH);
        assert_eq!(
            dues(&plan),
            ["1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z"]
        );
        assert_eq!(plan[0].state, TouchpointState::NoEmail);
        assert_eq!(plan[1].state, TouchpointState::Scheduled);
        let first = first_touchpoint(&steps, reach, None).unwrap();
        assert_eq!((first.step_index, first.channel), (1, Channel::Sms));
        let unreachable = Reachability {
            phone: false,
            email: false,
        };
        assert_eq!(first_touchpoint(&steps, unreachable, None), None);
    }

    #[test]
    fn a_first_message_takes_the_place_of_the_first_touchpoint_alone() {
        let steps = [step(Channel::Email, 2, "PT1H", "PT1H")];
        let reach = Reachability {
            phone: true,
            email: false,
        };
        let parts = MessageParts {
            content: Some("Hello".to_owned()),
            ..MessageParts::default()
        };
        let message = FirstMessage::new(Channel::Sms, parts).unwrap();
        let plan = plan(
            &steps,
            &TimeZone::UTC,
            reach,
            Some(&message),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(
            dues(&plan),
            ["1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z"]
        );
        assert_eq!(
            (plan[0].channel, plan[0].state),
            (Channel::Sms, TouchpointState::Scheduled)
        );
        assert_eq!(plan[0].message.as_ref(), Some(&message));
        assert_eq!(
            (plan[1].channel, plan[1].state),
            (Channel::Email, TouchpointState::NoEmail)
        );
        assert_eq!(plan[1].message, None);
        let first = first_touchpoint(&steps, reach, Some(&message)).unwrap();
        assert_eq!(
            (first.step_index, first.channel, first.max_attempts),
            (0, Channel::Sms, 2)
        );
    }
}
