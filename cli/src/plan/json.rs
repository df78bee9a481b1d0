//! JSON form of a plan. Its touchpoints have the names of those in
//! [GET /leads/{id}/runs/{run_id}](../../../docs/contract.md#get-leadsidrunsrun_id).

use domain::cadence::{Channel, Reason, Touchpoint, TouchpointState};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;

use super::preview::Preview;

#[derive(Serialize)]
pub struct PlanOut<'a> {
    name: &'a str,
    timezone: Option<&'a str>,
    enrolled_at: Timestamp,
    touchpoints: Vec<TouchpointOut<'a>>,
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
    let touchpoints = preview.touchpoints.iter().enumerate();
    PlanOut {
        name: &preview.definition.name,
        timezone: preview.definition.timezone.iana_name(),
        enrolled_at: preview.enrolled_at,
        touchpoints: touchpoints
            .map(|(index, touchpoint)| TouchpointOut::new(index, touchpoint))
            .collect(),
    }
}
