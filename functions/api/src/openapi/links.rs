//! Links from replies to operations that take a part of them.

use serde_json::{Value, json};

/// For a reply (operation and status): the operations that it leads to, and the parts of it that go into their
/// parameters and, after `body.`, into their bodies.
const LINKS: [(&str, &str, &[&str], &str); 8] = [
    (
        "createLeads",
        "201",
        &[
            "showLead",
            "changeLead",
            "changeLeadByPut",
            "eraseLead",
            "isPaused",
            "showHistory",
            "assignWorkflow",
        ],
        "id=$response.body#/lead/id",
    ),
    (
        "assignWorkflow",
        "201",
        &["showRun"],
        "id=$request.path.id run_id=$response.body#/workflowRunId",
    ),
    (
        "assignWorkflow",
        "201",
        &["changeStatus", "stopAutomation", "resumeAutomation"],
        "id=$request.path.id body.workflow_id=$response.body#/workflowId",
    ),
    (
        "showRun",
        "200",
        &["showTouchpoint", "reportOutcome"],
        "id=$response.body#/workflow_run/touchpoints/0/id",
    ),
    (
        "createLeads",
        "201",
        &["reportEvent"],
        "id=$response.body#/lead/id",
    ),
    (
        "listWorkflows",
        "200",
        &["showWorkflow", "previewWorkflow"],
        "id=$response.body#/workflows/0/id",
    ),
    (
        "listWorkflows",
        "200",
        &["assignWorkflow"],
        "body.workflowId=$response.body#/workflows/0/id",
    ),
    (
        "showHistory",
        "200",
        &["showHistory"],
        "id=$request.path.id cursor=$response.body#/pagination/next_cursor",
    ),
];

/// Adds the links of an operation's reply.
pub fn add(operation: &str, status: &str, reply: &mut Value) {
    for (_, _, targets, values) in LINKS
        .iter()
        .filter(|it| (it.0, it.1) == (operation, status))
    {
        for target in *targets {
            reply["links"][target] = link(target, values);
        }
    }
}

fn link(target: &str, values: &str) -> Value {
    let mut link = json!({"operationId": target});
    for (name, value) in values.split(' ').filter_map(|it| it.split_once('=')) {
        match name.strip_prefix("body.") {
            Some(field) => link["requestBody"][field] = json!(value),
            None => link["parameters"][name] = json!(value),
        }
    }
    link
}
