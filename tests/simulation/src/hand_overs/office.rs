//! The workflow of the schedules of hand-overs: its windows and its distances, said once for the
//! service and once for the rules.

use domain::{
    cadence::{Cadence, Channel, Day, Step, Window},
    first_message::MessageParts,
    workflow::Workflow,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::run_item::Line;

/// Id of the workflow.
pub const WORKFLOW_ID: &str = "019c0000-0000-7000-8000-0000000000a2";

const DAYS: [Day; 7] = [
    Day::Mon,
    Day::Tue,
    Day::Wed,
    Day::Thu,
    Day::Fri,
    Day::Sat,
    Day::Sun,
];
/// First hour in which a contact may happen, and the first one after, in UTC.
const HOURS: std::ops::Range<i8> = 8..18;

/// Channel, attempts, and the hours before the first and each later attempt.
const STEPS: [(Channel, u8, i64, i64); 4] = [
    (Channel::Call, 2, 0, 1),
    (Channel::Sms, 1, 2, 0),
    (Channel::Call, 1, 3, 0),
    (Channel::Email, 1, 20, 0),
];

/// Returns the workflow: `demo` with windows for all channels and a cadence of a few days.
pub fn workflow(demo: Workflow) -> Workflow {
    let clock = |hour: i8| format!("{hour:02}:00").parse().expect("a time");
    let window = Window::new(DAYS.to_vec(), clock(HOURS.start), clock(HOURS.end));
    let step = |(channel, max_attempts, delay, interval)| {
        let hours = |hours: i64| format!("PT{hours}H").parse().expect("an interval");
        let content = Some("Hello {{ first_name }}".to_owned());
        let message = MessageParts {
            content,
            ..MessageParts::default()
        };
        Step {
            channel,
            max_attempts,
            attempt_interval: hours(interval),
            delay: hours(delay),
            message: (channel != Channel::Call).then_some(message),
        }
    };
    Workflow {
        id: WORKFLOW_ID.parse().expect("an id"),
        version: 1,
        name: "Office hours".to_owned(),
        is_paused: false,
        timezone: TimeZone::UTC,
        cadence: Cadence {
            windows: vec![window.expect("a window")],
            gate_all_channels: true,
            steps: STEPS.into_iter().map(step).collect(),
        },
        ..demo
    }
}

/// Returns whether a contact of a workflow may happen at a time. The demo workflow has no windows.
pub fn is_open(workflow: &str, at: Timestamp) -> bool {
    workflow != WORKFLOW_ID || HOURS.contains(&TimeZone::UTC.to_datetime(at).hour())
}

/// Returns the least time from the contact before `touchpoints` to the last of them. Zero for another
/// workflow. The plan does not count a call that a person asked for.
pub fn distance(workflow: &str, touchpoints: &[Line]) -> SignedDuration {
    if workflow != WORKFLOW_ID {
        return SignedDuration::ZERO;
    }
    let hours = touchpoints.iter().filter(|it| !it.is_callback).map(|it| {
        match (STEPS[it.step], it.attempt) {
            ((_, _, delay, _), 1) => delay,
            ((_, _, _, interval), _) => interval,
        }
    });
    SignedDuration::from_hours(hours.sum())
}
