//! JSON form of a plan. Its touchpoints have the names of those in
//! [GET /leads/{id}/runs/{run_id}](../../../docs/contract.md#get-leadsidrunsrun_id).

use domain::{
    cadence::{Channel, Reason, Touchpoint, TouchpointState},
    filled_message::FillError,
    first_message::MessageParts,
};
use jiff::{Timestamp, civil::DateTime};
use serde::{Serialize, Serializer};

use super::preview::Preview;
use crate::definition::message_form;

#[derive(Serialize)]
pub struct PlanOut<'a> {
    name: &'a str,
    timezone: Option<&'a str>,
    enrolled_at: Timestamp,
    touchpoints: Vec<PlannedOut<'a>>,
    /// Sentences about likely mistakes.
    hints: &'a [String],
}

/// A touchpoint with its message.
#[derive(Serialize)]
struct PlannedOut<'a> {
    #[serde(flatten)]
    touchpoint: TouchpointOut<'a>,
    /// Message, filled in for the lead if there is one. `None` if it cannot be filled in.
    #[serde(serialize_with = "message")]
    message: Option<&'a MessageParts>,
    failure: Option<FailureOut>,
}

/// Reason why a message cannot be filled in. If the touchpoint is not skipped, it fails when it is due.
#[derive(Serialize)]
struct FailureOut {
    reason: &'static str,
    message: String,
    /// Variables for which the lead has no value.
    variables: Vec<String>,
}

#[derive(Serialize)]
pub struct TouchpointOut<'a> {
    index: usize,
    #[serde(rename = "stepIndex")]
    step_index: u16,
    channel: Channel,
    #[serde(rename = "attemptNumber")]
    attempt: u8,
    #[serde(rename = "maxAttempts")]
    max_attempts: u8,
    due_at: Timestamp,
    local: DateTime,
    state: TouchpointState,
    reasons: &'a [Reason],
}

impl<'a> TouchpointOut<'a> {
    pub fn new(index: usize, touchpoint: &'a Touchpoint) -> Self {
        let Touchpoint {
            step_index,
            channel,
            attempt,
            max_attempts,
            due_at,
            offset: _,
            state,
            ref reasons,
            message: _,
            was_claimed: _,
            outcome: _,
        } = *touchpoint;
        Self {
            index,
            step_index,
            channel,
            attempt,
            max_attempts,
            due_at,
            local: touchpoint.local(),
            state,
            reasons,
        }
    }
}

pub fn of(preview: &Preview) -> PlanOut<'_> {
    let touchpoints = preview.planned().enumerate();
    PlanOut {
        name: &preview.definition.name,
        timezone: preview.definition.timezone.iana_name(),
        enrolled_at: preview.enrolled_at,
        touchpoints: touchpoints
            .map(|(index, (touchpoint, message))| PlannedOut {
                touchpoint: TouchpointOut::new(index, touchpoint),
                message: message.and_then(|it| it.as_ref().ok()),
                failure: message
                    .and_then(|it| it.as_ref().err())
                    .map(FailureOut::from),
            })
            .collect(),
        hints: &preview.hints,
    }
}

impl From<&FillError> for FailureOut {
    fn from(error: &FillError) -> Self {
        Self {
            reason: "template",
            message: error.to_string(),
            variables: error.variables(),
        }
    }
}

fn message<S: Serializer>(parts: &Option<&MessageParts>, serializer: S) -> Result<S::Ok, S::Error> {
    message_form(*parts, serializer)
}
