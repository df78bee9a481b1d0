//! A workflow: its statuses and the steps of its cadence (CONTRACT section 7).

use std::{fmt, str::FromStr};

use jiff::{Span, Timestamp, civil::date, fmt::temporal::SpanParser, tz::TimeZone};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ids::{StatusId, WorkflowId};

/// How a touchpoint reaches the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A phone call.
    Call,
    /// A WhatsApp message.
    Whatsapp,
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 4] = [Self::Call, Self::Whatsapp, Self::Email, Self::Sms];
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
            Self::Sms => "sms",
        })
    }
}

/// What a workflow is meant to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the contract's own and say all there is to say"
)]
pub enum GoalType {
    Appointment,
    Sale,
    Qualification,
    Information,
    PaymentLink,
    Support,
    Custom,
    Quote,
    DocumentCollection,
}

/// A workflow of an account.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its id.
    pub id: WorkflowId,
    /// Its display name.
    pub name: String,
    /// What it is meant to reach.
    pub goal_type: GoalType,
    /// A paused workflow takes leads but schedules nothing.
    pub is_paused: bool,
    /// The zone in which calendar delays are counted.
    pub timezone: TimeZone,
    /// Where a lead can stand in it; exactly one is initial.
    pub statuses: Vec<Status>,
    /// The cadence, first step first.
    pub steps: Vec<Step>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// The name tag of a workflow, as a run keeps it: later edits do not reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowLabel {
    /// The workflow's id.
    pub id: WorkflowId,
    /// Its name at the time.
    pub name: String,
    /// Its goal at the time.
    pub goal_type: GoalType,
}

/// Where a lead can stand in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its id.
    pub id: StatusId,
    /// The name that clients use.
    pub key: String,
    /// The name that people see.
    pub label: String,
    /// A group of statuses, such as `active` or `won`.
    pub category: String,
    /// A new lead starts here.
    #[serde(default)]
    pub is_initial: bool,
    /// A lead that comes here has left the cadence.
    #[serde(default)]
    pub is_terminal: bool,
}

/// One step of a cadence: a channel, tried one or more times.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Step {
    /// How the lead is reached.
    pub channel: Channel,
    /// How often, 1 to 10.
    pub max_attempts: u8,
    /// From one attempt to the next.
    pub attempt_interval: Interval,
    /// From the due time of the last attempt of the step before, or from enrolment.
    pub delay: Interval,
}

/// A span of time as ISO 8601 writes it, from nothing to 366 days. `P1D` is the same wall-clock time on
/// the next day, `PT24H` is 24 hours: they differ when the clocks change.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval(Span);

/// Why a text is not an interval.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("must be an ISO 8601 duration from PT0S to P366D, such as PT2H or P1D")]
pub struct IntervalError;

impl Workflow {
    /// What a run keeps of the workflow.
    pub fn label(&self) -> WorkflowLabel {
        WorkflowLabel {
            id: self.id,
            name: self.name.clone(),
            goal_type: self.goal_type,
        }
    }

    /// The channels of the cadence, each once, in the order in which they first come up.
    pub fn channels(&self) -> Vec<Channel> {
        let mut channels = Vec::new();
        for step in &self.steps {
            if !channels.contains(&step.channel) {
                channels.push(step.channel);
            }
        }
        channels
    }

    /// Where a new lead stands.
    pub fn initial_status(&self) -> Option<&Status> {
        self.statuses.iter().find(|status| status.is_initial)
    }

    /// Whether some step places a call, for which a lead must have a phone number.
    pub fn has_call_step(&self) -> bool {
        self.steps.iter().any(|step| step.channel == Channel::Call)
    }
}

impl Interval {
    /// The span, for arithmetic in a time zone.
    pub fn span(self) -> Span {
        self.0
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        // `Span`'s own FromStr also takes jiff's "1 day" notation.
        let span: Span = SpanParser::new()
            .parse_span(text)
            .map_err(|_| IntervalError)?;
        let length = span
            .to_duration(date(2024, 1, 1))
            .map_err(|_| IntervalError)?;
        if length.is_negative() || length > jiff::SignedDuration::from_hours(366 * 24) {
            return Err(IntervalError);
        }
        Ok(Self(span))
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(text: String) -> Result<Self, IntervalError> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.0.to_string()
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interval({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_an_iso_8601_duration_of_at_most_a_year() {
        for (given, kept) in [
            ("PT0S", "PT0S"),
            ("PT2H", "PT2H"),
            ("P1D", "P1D"),
            ("P366D", "P366D"),
        ] {
            let interval: Interval = given.parse().unwrap();
            assert_eq!(String::from(interval), kept);
        }
        for wrong in ["", "1d", "-P1D", "P367D", "P2Y", "two hours"] {
            assert_eq!(
                wrong.parse::<Interval>().err(),
                Some(IntervalError),
                "{wrong}"
            );
        }
    }
}
