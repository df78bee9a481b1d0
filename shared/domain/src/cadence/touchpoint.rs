//! Touchpoints, their states and their reasons.

use std::fmt;

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::first_message::FirstMessage;

/// Addresses by which a lead can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reachability {
    /// Whether calls, WhatsApp and text messages can reach the lead.
    pub phone: bool,
    /// Whether email can reach the lead.
    pub email: bool,
}

/// One planned contact with a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touchpoint {
    /// Index of the step, from 0.
    pub step_index: u16,
    pub channel: Channel,
    /// Number of the attempt, from 1.
    pub attempt: u8,
    /// Number of attempts of the step.
    pub max_attempts: u8,
    pub due_at: Timestamp,
    /// Offset of the workflow's zone at `due_at`, by the rules at the time of the planning.
    pub offset: Offset,
    pub state: TouchpointState,
    /// Reasons why the touchpoint was moved, skipped or replaced, in order.
    pub reasons: Vec<Reason>,
    /// Message that replaces the step's. Only a forced first touchpoint has one.
    pub message: Option<FirstMessage>,
}

/// State of a touchpoint ([contract](../../../../docs/contract.md#run-values)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TouchpointState {
    /// It goes out when it is due.
    Scheduled,
    /// The lead cannot be reached on its channel.
    Skipped,
    /// It was scheduled, and the cadence was stopped first.
    Cancelled,
    /// A sender has it.
    Dispatched,
    /// The contact was made.
    Done,
    /// The contact failed.
    Failed,
}

/// Reason why a touchpoint differs from its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Moved: the day has windows, but none of them is open at the time.
    #[serde(rename = "window.closed")]
    WindowClosed,
    /// Moved: the weekday has no window.
    #[serde(rename = "weekday.closed")]
    WeekdayClosed,
    /// Moved: the clocks skip the time, or the opening of a window.
    #[serde(rename = "clock.gap")]
    ClockGap,
    /// Skipped: the lead has no phone number.
    #[serde(rename = "no_phone")]
    NoPhone,
    /// Skipped: the lead has no email address.
    #[serde(rename = "no_email")]
    NoEmail,
    /// Replaced: the client set the first message.
    #[serde(rename = "forced_first_message")]
    ForcedFirstMessage,
}

/// First touchpoint of a cadence, as the reply to `POST /leads` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstTouchpoint {
    /// Index of the step, from 0.
    pub step_index: u16,
    pub channel: Channel,
    /// Number of attempts of the step.
    pub max_attempts: u8,
    /// Number of steps of the workflow.
    pub total_steps: u16,
}

impl Touchpoint {
    /// Returns the wall-clock time at `due_at` in the workflow's zone, by the rules at the time of
    /// the planning. The zone's rules can change later.
    pub fn local(&self) -> DateTime {
        self.offset.to_datetime(self.due_at)
    }
}

impl fmt::Display for TouchpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheduled => "scheduled",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Dispatched => "dispatched",
            Self::Done => "done",
            Self::Failed => "failed",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WindowClosed => "window.closed",
            Self::WeekdayClosed => "weekday.closed",
            Self::ClockGap => "clock.gap",
            Self::NoPhone => "no_phone",
            Self::NoEmail => "no_email",
            Self::ForcedFirstMessage => "forced_first_message",
        })
    }
}

impl Reachability {
    /// Returns whether the channel can reach the lead.
    pub fn has(self, channel: Channel) -> bool {
        self.missing_for(channel).is_none()
    }

    /// Returns the address that the lead lacks for the channel. `None` if the channel can reach the
    /// lead.
    pub(super) fn missing_for(self, channel: Channel) -> Option<Reason> {
        match channel {
            Channel::Email => (!self.email).then_some(Reason::NoEmail),
            Channel::Call | Channel::Whatsapp | Channel::Sms => {
                (!self.phone).then_some(Reason::NoPhone)
            }
        }
    }
}
