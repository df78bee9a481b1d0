//! Touchpoints: the planned contacts with one lead.

use std::fmt;

use jiff::{Timestamp, civil::DateTime, tz::Offset};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::first_message::FirstMessage;

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
    /// How far the workflow's zone is ahead of UTC then, as far as was known at the planning.
    pub offset: Offset,
    /// What becomes of it.
    pub state: TouchpointState,
    /// Why it is moved, skipped or not the workflow's own, in the order in which it came about.
    pub reasons: Vec<Reason>,
    /// What is said, if not what the step says: on a forced first touchpoint only.
    pub message: Option<FirstMessage>,
}

/// What becomes of a touchpoint (CONTRACT section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TouchpointState {
    /// It will be made when it is due.
    Scheduled,
    /// It is left out: the lead cannot be reached on its channel.
    Skipped,
    /// It was scheduled, and the cadence ended before.
    Cancelled,
    /// It was handed to a sender.
    Dispatched,
    /// It was made.
    Done,
    /// It was tried in vain.
    Failed,
}

/// Why a touchpoint is not as its step says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Moved: the day has windows, and the time lies in none of them.
    #[serde(rename = "window.closed")]
    WindowClosed,
    /// Moved: no window is open on that weekday.
    #[serde(rename = "weekday.closed")]
    WeekdayClosed,
    /// Moved: the clocks skip the time, or the opening of the window.
    #[serde(rename = "clock.gap")]
    ClockGap,
    /// Skipped: the lead has no phone number.
    #[serde(rename = "no_phone")]
    NoPhone,
    /// Skipped: the lead has no e-mail address.
    #[serde(rename = "no_email")]
    NoEmail,
    /// It is the client's first message instead of the step's.
    #[serde(rename = "forced_first_message")]
    ForcedFirstMessage,
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

impl Touchpoint {
    /// What the clocks of the workflow's zone are meant to show when it is due. Should the zone's rules
    /// change after the planning, they will show something else.
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
    /// Whether the lead can be reached on a channel.
    pub fn has(self, channel: Channel) -> bool {
        self.missing_for(channel).is_none()
    }

    /// What the lead lacks for a channel.
    pub(super) fn missing_for(self, channel: Channel) -> Option<Reason> {
        match channel {
            Channel::Email => (!self.email).then_some(Reason::NoEmail),
            Channel::Call | Channel::Whatsapp | Channel::Sms => {
                (!self.phone).then_some(Reason::NoPhone)
            }
        }
    }
}
