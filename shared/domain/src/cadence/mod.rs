//! Cadences, and the planner that makes touchpoints of them
//! ([contract](../../../../docs/contract.md#limits-and-timing)).

#[cfg(test)]
mod clock_changes;
mod gate;
mod interval;
mod plan;
mod touchpoint;
mod window;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use self::{
    gate::Gate,
    interval::{Interval, IntervalError},
    plan::{first_touchpoint, plan, plan_with_calls_from, shift, shift_after_late},
    touchpoint::{FirstTouchpoint, Reachability, Reason, Touchpoint, TouchpointState},
    window::{ClockTime, ClockTimeError, Day, Window, WindowError},
};
use super::first_message::MessageParts;
pub use crate::channel::Channel;

/// The contacts that a workflow makes with a lead.
#[derive(Clone, Debug)]
pub struct Cadence {
    /// Windows for calls, in the workflow's zone. If there are none, calls may be placed at any
    /// time.
    pub windows: Vec<Window>,
    /// Whether the windows also hold for the other channels.
    pub gate_all_channels: bool,
    pub steps: Vec<Step>,
}

impl Cadence {
    pub(crate) fn gate<'a>(&'a self, zone: &'a TimeZone) -> Gate<'a> {
        Gate {
            windows: &self.windows,
            all_channels: self.gate_all_channels,
            zone,
        }
    }
}

/// One step of a cadence: a channel, tried one or more times.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    pub channel: Channel,
    /// Number of attempts, 1 to 10.
    pub max_attempts: u8,
    /// Time from one attempt to the next.
    pub attempt_interval: Interval,
    /// Time from the last attempt of the previous step, or from the enrolment.
    pub delay: Interval,
    /// Message of the step. `None` if the sender has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageParts>,
}
