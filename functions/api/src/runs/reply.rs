//! Runs and touchpoints as clients see them ([contract](../../../../docs/contract.md#get-leadsidrunsrun_id)).

use aws::account_secret::AccountSecret;
use domain::{
    cadence::{Channel, Reason, Touchpoint, TouchpointState},
    first_message::FirstMessage,
    ids::JobId,
    outcome::Outcome,
    run::Run,
    time::whole_second,
    workflow::Workflow,
};
use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;
use utoipa::ToSchema;

#[cfg(feature = "description")]
use crate::schema::domain_types;
use crate::{ids::touchpoint_id, leads::ActiveRun, runs::MessageOut};

#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
pub struct RunOut<'a> {
    #[serde(flatten)]
    run: ActiveRun<'a>,
    #[schema(value_type = domain_types::JobId)]
    job_id: JobId,
    #[schema(required, example = "America/Santiago")]
    timezone: Option<&'a str>,
    created_at: Timestamp,
    touchpoints: Vec<TouchpointOut<'a>>,
}

/// Some names are in camel case, as the reference has them.
#[derive(Serialize, ToSchema)]
#[schema(as = Touchpoint, description = "One planned contact with the lead.")]
pub struct TouchpointOut<'a> {
    /// The id for requests about the touchpoint. A preview has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = domain_types::TouchpointId, required = false)]
    id: Option<String>,
    index: usize,
    #[serde(rename = "stepIndex")]
    step_index: u16,
    #[schema(value_type = domain_types::Channel)]
    channel: Channel,
    #[serde(rename = "attemptNumber")]
    attempt: u8,
    #[serde(rename = "maxAttempts")]
    max_attempts: u8,
    due_at: Timestamp,
    /// The due time on the clocks of the workflow's time zone.
    #[schema(value_type = String, example = "2026-02-10T09:00:00")]
    local: DateTime,
    #[schema(value_type = domain_types::TouchpointState)]
    state: TouchpointState,
    /// The reason why it is skipped.
    #[schema(value_type = Option<domain_types::Reason>, required)]
    reason: Option<Reason>,
    /// The reasons why it differs from its step, in order.
    #[schema(value_type = Vec<domain_types::Reason>)]
    reasons: &'a [Reason],
    /// The heaviest outcome so far.
    #[schema(value_type = Option<domain_types::Outcome>, required)]
    outcome: Option<Outcome>,
    #[schema(required)]
    message: Option<MessageOut>,
}

impl<'a> RunOut<'a> {
    /// `workflow` is the version that the run follows. `None` if nothing is planned.
    pub fn new(run: &'a Run, workflow: Option<&'a Workflow>, secret: &AccountSecret) -> Self {
        let mut planned = touchpoints(&run.touchpoints, workflow);
        for (index, touchpoint) in (0..).zip(&mut planned) {
            touchpoint.id = Some(touchpoint_id(secret, run, index));
        }
        Self {
            run: ActiveRun::from(run),
            job_id: run.job_id,
            timezone: workflow.map(Workflow::timezone_name),
            created_at: whole_second(run.created_at),
            touchpoints: planned,
        }
    }
}

/// Returns a touchpoint of a run, with its id. `None` if there is no such touchpoint.
pub fn touchpoint_out<'a>(
    run: &'a Run,
    index: u16,
    workflow: &Workflow,
    secret: &AccountSecret,
) -> Option<TouchpointOut<'a>> {
    let out = out(index.into(), run.touchpoint(index)?, Some(workflow));
    Some(TouchpointOut {
        id: Some(touchpoint_id(secret, run, index)),
        ..out
    })
}

/// Returns touchpoints in order, with their messages and without ids.
pub fn touchpoints<'a>(
    touchpoints: &'a [Touchpoint],
    workflow: Option<&Workflow>,
) -> Vec<TouchpointOut<'a>> {
    let touchpoints = touchpoints.iter().enumerate();
    touchpoints
        .map(|(index, touchpoint)| out(index, touchpoint, workflow))
        .collect()
}

fn out<'a>(
    index: usize,
    touchpoint: &'a Touchpoint,
    workflow: Option<&Workflow>,
) -> TouchpointOut<'a> {
    let Touchpoint {
        step_index,
        channel,
        attempt,
        max_attempts,
        due_at,
        offset: _,
        state,
        reasons,
        message,
        was_claimed: _,
        outcome,
    } = touchpoint;
    let steps = workflow.map_or(&[][..], |workflow| &workflow.cadence.steps);
    let step = steps.get(usize::from(*step_index));
    let step_says = step.and_then(|step| step.message.as_ref());
    let message = message.as_ref().map(FirstMessage::parts).or(step_says);
    let is_missing = |reason: &&Reason| matches!(reason, Reason::NoPhone | Reason::NoEmail);
    TouchpointOut {
        id: None,
        index,
        step_index: *step_index,
        channel: *channel,
        attempt: *attempt,
        max_attempts: *max_attempts,
        due_at: *due_at,
        local: touchpoint.local(),
        state: *state,
        reason: reasons.iter().find(is_missing).copied(),
        reasons,
        outcome: *outcome,
        message: message.cloned().map(MessageOut::from),
    }
}
