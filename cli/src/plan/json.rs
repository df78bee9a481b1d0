//! A plan for programs, named as the API names touchpoints (CONTRACT section 6).

use domain::cadence::{Channel, Reason, Touchpoint, TouchpointState};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;

use super::Plan;

#[derive(Serialize)]
struct PlanOut<'a> {
    name: &'a str,
    timezone: Option<&'a str>,
    enrolled_at: Timestamp,
    touchpoints: Vec<TouchpointOut<'a>>,
}

#[derive(Serialize)]
struct TouchpointOut<'a> {
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
    fn new(index: usize, touchpoint: &'a Touchpoint) -> Self {
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

pub(super) fn of(plan: &Plan) -> Result<String, serde_json::Error> {
    let touchpoints = plan.touchpoints.iter().enumerate();
    let plan = PlanOut {
        name: &plan.definition.name,
        timezone: plan.definition.timezone.iana_name(),
        enrolled_at: plan.enrolled_at,
        touchpoints: touchpoints
            .map(|(index, touchpoint)| TouchpointOut::new(index, touchpoint))
            .collect(),
    };
    Ok(serde_json::to_string(&plan)? + "\n")
}
