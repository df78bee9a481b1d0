//! The touchpoint of a run that comes next.

use aws::account_secret::AccountSecret;
use domain::{
    cadence::Channel,
    run::{HeldBy, Run},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::touchpoint_id;
#[cfg(feature = "description")]
use crate::schema::domain_types;

/// The touchpoint that comes next.
#[derive(Serialize, ToSchema)]
pub struct NextTouchpoint {
    #[schema(value_type = domain_types::TouchpointId)]
    id: String,
    #[schema(value_type = domain_types::Channel)]
    channel: Channel,
    due_at: Timestamp,
    /// The thing that holds the run. Absent if nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "workflow")]
    held_by: Option<&'static str>,
}

impl NextTouchpoint {
    /// Returns the next touchpoint of an active run. `None` if there is none. `is_paused`: the run's
    /// workflow is paused.
    pub fn of(run: &Run, secret: &AccountSecret, is_paused: bool) -> Option<Self> {
        if !run.goes_on() {
            return None;
        }
        let index = run.next_index()?;
        let touchpoint = run.touchpoint(index)?;
        let pause = HeldBy::Workflow(run.workflow.id);
        let held_by = run.held.map(|held| held.by).or(is_paused.then_some(pause));
        Some(Self {
            id: touchpoint_id(secret, run, index),
            channel: touchpoint.channel,
            due_at: run.retry_at().unwrap_or(touchpoint.due_at),
            held_by: held_by.map(HeldBy::as_str),
        })
    }
}
