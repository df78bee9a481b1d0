//! Preview of a workflow's contacts with one lead.

use domain::cadence::Touchpoint;
use jiff::Timestamp;

use crate::definition::WorkflowDefinition;

/// Touchpoints of a workflow for one lead.
pub struct Preview {
    pub definition: WorkflowDefinition,
    pub enrolled_at: Timestamp,
    pub touchpoints: Vec<Touchpoint>,
}
