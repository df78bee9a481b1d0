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

/// Adds the examples to an operation. A reply that it shares with other operations becomes its own,
/// unless the shared examples are true for it.
pub fn add(operation: &mut Value, recorded: &Value, shared: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    // PUT has the same replies as PATCH.
    let id = id.trim_end_matches("ByPut").to_owned();
    let by_status = recorded[&id].as_object().into_iter().flatten();
    for (status, examples) in by_status {
        match status.as_str() {
            "request" => set(&mut operation["requestBody"], examples.clone()),
            status => own(operation, status, shared, examples.clone()),
        }
    }
    let errors = errors::errors();
    let writes = errors.iter().filter(|error| match error {
        ApiError::Unavailable(_) | ApiError::TimedOut => true,
        ApiError::NotStored | ApiError::Unconfirmed(_) => id == "createLeads",
        ApiError::SuppressionUnconfirmed(_) => {
            ["addSuppressions", "removeSuppression"].contains(&&*id)
        }
        ApiError::ChangeUnconfirmed(_) => {
            !["createLeads", "addSuppressions", "removeSuppression"].contains(&&*id)
        }
        _ => false,
    });
    // Only an operation that writes can meet a concurrent change.
    if operation["responses"].get("409").is_some() {
        own(operation, "503", shared, of_errors(writes));
    }
}

/// Gives an operation a reply of its own, with these examples.
fn own(operation: &mut Value, status: &str, shared: &Value, examples: Value) {
    let reply = &mut operation["responses"][status];
    let name = reply["$ref"].as_str().and_then(|it| it.rsplit('/').next());
    if let Some(name) = name {
        *reply = shared[name].clone();
    }
    set(reply, examples);
}

fn set(content: &mut Value, examples: Value) {
    content["content"]["application/json"]["examples"] = examples;
}
