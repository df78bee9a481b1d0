//! Named examples of requests and replies. tests/e2e records them from the API.

use serde_json::{Value, json};

use super::errors;
use crate::http::error::ApiError;

const RECORDED: &str = include_str!("examples.json");

/// Returns the recorded examples, by operation and by status. Those of request bodies have the
/// status `request`.
///
/// # Errors
/// [`serde_json::Error`] if the file is not JSON.
pub fn recorded() -> Result<Value, serde_json::Error> {
    serde_json::from_str(RECORDED)
}

/// Returns one example for each of the errors.
pub fn of_errors<'a>(errors: impl Iterator<Item = &'a ApiError>) -> Value {
    let examples = (1..).zip(errors).map(|(number, error)| {
        let example = json!({"summary": error.title(), "value": errors::body(error)});
        (format!("{}_{number}", error.code()), example)
    });
    Value::Object(examples.collect())
}

/// Returns whether an operation can get the error. The id is empty for a reply that operations share.
pub fn belongs(error: &ApiError, id: &str, has_body: bool) -> bool {
    let is_suppression = ["addSuppressions", "removeSuppression"].contains(&id);
    match error {
        // They belong to no operation.
        ApiError::UnknownRoute(_) | ApiError::MethodNotAllowed { .. } | ApiError::Unreadable => {
            false
        }
        ApiError::MalformedJson { .. } | ApiError::EmptyBody | ApiError::IncompleteBody => has_body,
        ApiError::WorkflowIdRequired(_) => ["stopAutomation", "resumeAutomation"].contains(&id),
        ApiError::NoActiveRun => {
            ["stopAutomation", "resumeAutomation", "changeStatus"].contains(&id)
        }
        ApiError::NotDispatched | ApiError::HasOutcome => id == "reportOutcome",
        ApiError::LeaseLapsed => ["extendLease", "releaseTouchpoint"].contains(&id),
        ApiError::Suppressed => id == "extendLease",
        ApiError::KeyOfOtherArray | ApiError::IdempotencyKeyOfErased => id == "createLeads",
        ApiError::NotStored | ApiError::Unconfirmed(_) => id == "createLeads",
        ApiError::NotTaken => ["addSuppressions", "reportOutcomes"].contains(&id),
        ApiError::SuppressionUnconfirmed(_) => is_suppression,
        ApiError::ChangeUnconfirmed(_) => {
            let reads = id.is_empty() || id.starts_with("list") || id.starts_with("show");
            let others = [
                "createLeads",
                "previewWorkflow",
                "isPaused",
                "checkSuppression",
            ];
            !reads && !is_suppression && !others.contains(&id)
        }
        _ => true,
    }
}

/// Returns the description and the examples of a reply with these errors.
pub fn of_status(errors: &[&ApiError]) -> (String, Value) {
    let mut titles: Vec<_> = errors.iter().map(|it| it.title()).collect();
    let mut seen = std::collections::HashSet::new();
    titles.retain(|title| seen.insert(*title));
    let description = format!("{}.", titles.join(", or "));
    (description, of_errors(errors.iter().copied()))
}

/// Adds the examples to an operation. An error reply that it shares with other operations becomes its own,
/// unless the shared one is true for it.
pub fn add(operation: &mut Value, recorded: &Value, shared: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    // PUT has the same replies as PATCH.
    let id = id.trim_end_matches("ByPut").to_owned();
    let has_body = operation.get("requestBody").is_some();
    let errors = errors::errors();
    let replies = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, reply) in replies {
        let Some(name) = reply["$ref"].as_str().and_then(|it| it.rsplit('/').next()) else {
            continue;
        };
        let of_operation = |id: &str, has_body| -> Vec<&ApiError> {
            let errors = errors.iter().filter(|it| it.status().as_str() == status);
            errors.filter(|it| belongs(it, id, has_body)).collect()
        };
        let (own, of_all) = (of_operation(&id, has_body), of_operation("", true));
        let is_same = |(own, of_all): (&&ApiError, &&ApiError)| std::ptr::eq(*own, *of_all);
        if own.len() == of_all.len() && own.iter().zip(&of_all).all(is_same) {
            continue;
        }
        let (description, examples) = of_status(&own);
        *reply = shared[name].clone();
        reply["description"] = description.into();
        set(reply, examples);
    }
    let by_status = recorded[&id].as_object().into_iter().flatten();
    for (status, examples) in by_status {
        match status.as_str() {
            "request" => set(&mut operation["requestBody"], examples.clone()),
            status => own(operation, status, shared, examples),
        }
    }
}

/// Gives an operation a reply of its own, with these examples. Of each error that has none among them, the reply
/// keeps one.
fn own(operation: &mut Value, status: &str, shared: &Value, examples: &Value) {
    let reply = &mut operation["responses"][status];
    let name = reply["$ref"].as_str().and_then(|it| it.rsplit('/').next());
    if let Some(name) = name {
        *reply = shared[name].clone();
    }
    let of = |examples: &Value| examples.as_object().cloned().unwrap_or_default();
    let code = |example: &Value| example["value"]["code"].as_str().map(str::to_owned);
    let mut all = of(examples);
    let mut codes: Vec<_> = all.values().filter_map(code).collect();
    let mut others = of(&reply["content"]["application/json"]["examples"]);
    others.retain(|_, it| {
        let code = code(it).filter(|code| !codes.contains(code));
        codes.extend(code.clone());
        code.is_some()
    });
    all.extend(others);
    set(reply, all.into());
}

fn set(content: &mut Value, examples: Value) {
    content["content"]["application/json"]["examples"] = examples;
}
