//! A workflow as people read it.

use domain::workflow::Workflow;
use jiff::Timestamp;
use local::text::printable;

use crate::{
    output::{exact, heading},
    summary,
};

/// Returns the name, the id and the content of a workflow.
pub fn of(workflow: &Workflow, is_removed: bool, now: Timestamp) -> String {
    let removed = if is_removed { " (removed)" } else { "" };
    let title = heading(&format!("{}{removed}", printable(&workflow.name)));
    format!(
        "{title}\nId        {}\nVersion   {}\nCreated   {}\n{}",
        workflow.id,
        workflow.version,
        exact(workflow.created_at, now),
        summary::of(workflow)
    )
}
