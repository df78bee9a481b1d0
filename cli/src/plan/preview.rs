//! Preview of a workflow's contacts with one lead.

use domain::cadence::Touchpoint;
use jiff::Timestamp;

use crate::definition::WorkflowDefinition;

/// Touchpoints of a workflow for one lead.
pub(super) struct Preview {
    pub(super) definition: WorkflowDefinition,
    pub(super) enrolled_at: Timestamp,
    pub(super) touchpoints: Vec<Touchpoint>,
}
