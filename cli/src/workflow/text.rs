//! A workflow as people read it.

use domain::workflow::Workflow;
use jiff::Timestamp;

use crate::{
    output::{exact, fields, heading},
    summary,
};

/// Returns the name, the ids and the content of a workflow.
pub fn of(workflow: &Workflow, is_removed: bool, now: Timestamp) -> String {
    let name = if is_removed { "removed" } else { "" };
    let title = [workflow.name.as_str(), name].join(" ");
    let head = [
        ("Id", workflow.id.to_string()),
        ("Version", workflow.version.to_string()),
        ("Created", exact(workflow.created_at, now)),
    ];
    let head = fields(&head, true);
    format!("{}{head}\n{}", heading(title.trim()), summary::of(workflow))
}
