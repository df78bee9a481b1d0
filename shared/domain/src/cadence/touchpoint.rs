//! Touchpoints, their states and their reasons.

use std::fmt;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

use crate::{channel::Channel, first_message::FirstMessage, outcome::Outcome};

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
    /// Whether it was claimed at least once. Outcomes are accepted from then on.
    pub was_claimed: bool,
    /// The heaviest outcome so far.
    pub outcome: Option<Outcome>,
}

/// State of a touchpoint ([contract](../../../../docs/contract.md#run-values)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TouchpointState {
    /// It goes out when it is due.
    Scheduled,
    /// A worker or a client has it, until its settlement or its outcome.
    Claimed,
    /// The receiver has it, and its outcome is missing.
    Dispatched,
    /// It may have gone out. An outcome settles it.
    Unconfirmed,
    /// It has an outcome.
    Done,
    /// The receiver has refused it.
    Failed,
    /// It does not go out, for a reason of its own.
    Skipped,
    /// The run was stopped or has ended first.
    Cancelled,
    /// Its time is used up.
    Expired,
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
    /// Moved: an earlier touchpoint went out late.
    #[serde(rename = "late")]
    Late,
    /// Moved or added: the person asked for a call at this time.
    #[serde(rename = "callback")]
    Callback,
    /// Skipped: an outcome ended the attempts of its step.
    #[serde(rename = "next_step")]
    NextStep,
    /// Skipped: the address of its channel does not work.
    #[serde(rename = "address_invalid")]
    AddressInvalid,
    /// Skipped: the person may not be contacted.
    #[serde(rename = "suppressed")]
    Suppressed,
    /// Moved: the lead was called for another run shortly before.
    #[serde(rename = "min_gap")]
    MinGap,
    /// Failed: its message needs a value that the lead does not have.
    #[serde(rename = "template")]
    Template,
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

    /// Returns the channel and the attempt for people, such as `call 1/3`.
    pub fn name(&self) -> String {
        format!("{} {}/{}", self.channel, self.attempt, self.max_attempts)
    }

    /// Sets the due time, in the workflow's zone.
    pub(crate) fn move_to(&mut self, due_at: Timestamp, zone: &TimeZone) {
        self.due_at = due_at;
        self.offset = zone.to_offset(due_at);
    }
}

impl TouchpointState {
    /// Returns whether a touchpoint in this state needs a person: it may have gone out, or its
    /// receiver has refused it.
    pub fn needs_a_person(self) -> bool {
        matches!(self, Self::Unconfirmed | Self::Failed)
    }

    /// Returns whether a touchpoint in this state has ended without an outcome, for a reason of its
    /// own.
    pub fn ends_without_outcome(self) -> bool {
        matches!(
            self,
            Self::Unconfirmed | Self::Failed | Self::Skipped | Self::Expired
        )
    }

    pub const ALL: [Self; 9] = [
        Self::Scheduled,
        Self::Claimed,
        Self::Dispatched,
        Self::Unconfirmed,
        Self::Done,
        Self::Failed,
        Self::Skipped,
        Self::Cancelled,
        Self::Expired,
    ];
}

impl Reason {
    pub const ALL: [Self; 13] = [
        Self::WindowClosed,
        Self::WeekdayClosed,
        Self::ClockGap,
        Self::NoPhone,
        Self::NoEmail,
        Self::ForcedFirstMessage,
        Self::Late,
        Self::Callback,
        Self::NextStep,
        Self::AddressInvalid,
        Self::Suppressed,
        Self::Template,
        Self::MinGap,
    ];
}

impl fmt::Display for TouchpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheduled => "scheduled",
            Self::Claimed => "claimed",
            Self::Dispatched => "dispatched",
            Self::Unconfirmed => "unconfirmed",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
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
            Self::Late => "late",
            Self::Callback => "callback",
            Self::NextStep => "next_step",
            Self::AddressInvalid => "address_invalid",
            Self::Suppressed => "suppressed",
            Self::MinGap => "min_gap",
            Self::Template => "template",
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
    pub fn missing_for(self, channel: Channel) -> Option<Reason> {
        match channel {
            Channel::Email => (!self.email).then_some(Reason::NoEmail),
            Channel::Call | Channel::Whatsapp | Channel::Sms => {
                (!self.phone).then_some(Reason::NoPhone)
            }
        }
    }
}
