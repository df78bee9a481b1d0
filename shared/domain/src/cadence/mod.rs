//! A workflow's cadence: which contacts with a lead, on which channels, and when (CONTRACT section 7).

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
    plan::{first_touchpoint, plan, shift},
    touchpoint::{FirstTouchpoint, Reachability, Reason, Touchpoint, TouchpointState},
    window::{ClockTime, ClockTimeError, Day, Window, WindowError},
};
use super::first_message::MessageParts;
pub use crate::channel::Channel;

/// The contacts that a workflow makes with a lead.
#[derive(Clone, Debug)]
pub struct Cadence {
    /// When calls may be placed, in the workflow's time zone; none: at any time.
    pub windows: Vec<Window>,
    /// Whether the other channels keep to the windows as well.
    pub gate_all_channels: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Cadence {
    /// The hours that it keeps to in `zone`.
    fn gate<'a>(&'a self, zone: &'a TimeZone) -> Gate<'a> {
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
    /// How the lead is reached.
    pub channel: Channel,
    /// How often, 1 to 10.
    pub max_attempts: u8,
    /// From one attempt to the next.
    pub attempt_interval: Interval,
    /// From the due time of the last attempt of the step before, or from enrolment.
    pub delay: Interval,
    /// What is said; none: what the sender says by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageParts>,
}
