//! The workflow to store for a definition.

use aws::randomness::Randomness;
use domain::{
    ids::{StatusId, WorkflowId},
    time::whole_second,
    workflow::{Status, Workflow},
};
use jiff::Timestamp;

use crate::definition::{StatusDefinition, WorkflowDefinition};

/// Returns the workflow to store for a definition: a new one, or the next version of `before`. A
/// status keeps its id while its key stays the same.
pub fn stored_workflow(
    definition: WorkflowDefinition,
    before: Option<&Workflow>,
    now: Timestamp,
) -> Workflow {
    let WorkflowDefinition {
        name,
        goal_type,
        timezone,
        is_paused,
        statuses,
        cadence,
        outcomes,
    } = definition;
    let status = |status| {
        let StatusDefinition {
            key,
            label,
            category,
            is_initial,
            is_terminal,
        } = status;
        let stored = before.and_then(|before| before.statuses.iter().find(|it| it.key == key));
        Status {
            id: stored.map_or_else(
                || StatusId::new(now, Randomness::System.bits()),
                |stored| stored.id,
            ),
            key,
            label,
            category,
            is_initial,
            is_terminal,
        }
    };
    Workflow {
        id: before.map_or_else(
            || WorkflowId::new(now, Randomness::System.bits()),
            |before| before.id,
        ),
        version: before.map_or(1, |before| before.version.saturating_add(1)),
        name,
        goal_type,
        is_paused,
        timezone,
        statuses: statuses.into_iter().map(status).collect(),
        cadence,
        outcomes,
        created_at: before.map_or_else(|| whole_second(now), |before| before.created_at),
    }
}
